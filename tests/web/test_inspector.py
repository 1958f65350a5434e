"""The inspector: what is written down of a call, who sees it, and that no secret is ever shown."""

from __future__ import annotations

import json
import re
from time import perf_counter
from typing import Any

import httpx
import pytest

from browsing import Browser, entitled
from fairlead.app import Application
from fairlead.settings import Settings
from fairlead.web.inspector import log, redaction
from fairlead.web.inspector.log import Log, Seen
from fairlead.wire.operation import Registry
from world import Client, World, Worlds
from world.keys import SECRET
from world.queue import queue_of
from world.serving import running

NASTY = '<script>alert("x")</script>'
CREATE = "/v2/LeadManagement.svc/Lead.Create"


@pytest.fixture
def api(browser: Browser, registry: Registry, world: World) -> Client:
    """Calls of the organisation into the application that the browser looks at."""
    return Client(browser.http, registry, world)


def pairs(**values: str) -> list[dict[str, str]]:
    return [{"Attribute": name, "Value": value} for name, value in values.items()]


async def shown(browser: Browser) -> str:
    """The page of the newest call in the list."""
    found = re.search(r'href="(/app/inspector/[0-9a-f-]{36})"', (await browser.get("/app/inspector")).text)
    assert found, browser.text
    response = await browser.get(found[1])
    assert response.status_code == 200
    return browser.text


async def test_before_the_first_call_it_says_what_to_do(browser: Browser) -> None:
    await browser.get("/app/inspector")
    assert "No calls yet" in browser.text
    await browser.get("/app/inspector?status=5")
    assert "No call is like that" in browser.text


async def test_a_call_is_shown_both_ways(browser: Browser, api: Client) -> None:
    await api.post(CREATE, pairs(FirstName="Ada", Nope="x", EmailAddress="ada@example.com")[:1])
    text = await shown(browser)
    assert "Create a Lead" in text
    assert "&#34;Value&#34;: &#34;Ada&#34;" in text
    assert "&#34;Status&#34;: &#34;Success&#34;" in text
    assert api.world.access_key in text
    assert 'href="/app/reference/create-a-lead"' in text
    assert "curl -X POST http://crm.example.com/v2/LeadManagement.svc/Lead.Create" in text
    assert "x-LSQ-SecretKey: $SECRET_KEY" in text


async def test_no_secret_is_shown_wherever_it_was_sent(browser: Browser, api: Client, world: World) -> None:
    query = [("accessKey", world.access_key), ("secretKey", world.secret), ("id", world.secret)]
    await api.send("GET", "/v2/LeadManagement.svc/Leads.GetById", query=query, signed=False)
    assert SECRET not in await shown(browser)
    assert "accessKey" in browser.text
    body = json.dumps(
        {"Password": "hunter22", "Attribute": "ApiToken", "Value": "t0ken", "Note": world.secret}
    )
    for content in (body, body[:-1], json.dumps({"In": body})):
        await api.send("POST", CREATE, content=content, headers={"content-type": "application/json"})
        text = await shown(browser)
        assert SECRET not in text
        assert "hunter22" not in text
    assert SECRET not in (await browser.get("/app/inspector")).text


async def test_the_key_of_the_queue_is_hidden_too(
    browser: Browser, database_url: str, registry: Registry, world: World
) -> None:
    queue = await queue_of(database_url, browser.http, registry, world)
    await queue.submit("/opportunity/update", {"ProspectOpportunityId": "x"})
    text = await shown(browser)
    assert queue.key["x-api-key"] not in text
    assert "x-api-key: $ASYNC_KEY" in text
    await queue.client.send("GET", "/opportunity/update/metrics", headers=queue.key, signed=False)
    assert "/opportunity/update/metrics" in await shown(browser)


async def test_what_was_sent_is_shown_as_text(browser: Browser, api: Client) -> None:
    await api.send("POST", CREATE, json=pairs(FirstName=NASTY), query=[(NASTY, NASTY)])
    await api.send("POST", f"/v2/{NASTY}", json=NASTY, query=[("accessKey", api.world.access_key)])
    assert "<script>" not in await shown(browser)
    for path in ("/app/inspector", f"/app/inspector?operation={NASTY}", "/app/inspector/rows"):
        await browser.get(path)
        assert "<script>" not in browser.text


async def test_the_list_is_filtered_by_operation_and_status(browser: Browser, api: Client) -> None:
    await api.post(CREATE, pairs(FirstName="Ada"))
    await api.refused(CREATE, pairs(Nope="x"))
    await api.send("POST", CREATE, json=[], headers={"x-LSQ-AccessKey": api.world.access_key})
    asked = {
        "": 3,
        "?status=2": 1,
        "?status=5": 1,
        "?status=4": 1,
        "?status=refused": 2,
        "?operation=create+lead": 3,
        "?operation=lead.create&status=2": 1,
        "?operation=nothing": 0,
    }
    for query, wanted in asked.items():
        await browser.get(f"/app/inspector{query}")
        assert len(re.findall(r'href="/app/inspector/[0-9a-f-]{36}"', browser.text)) == wanted, query


async def test_the_list_is_filtered_by_the_lead_it_is_about(browser: Browser, api: Client) -> None:
    made = await api.post(CREATE, pairs(FirstName="Ada", EmailAddress="Ada@example.com"))
    await api.post(CREATE, pairs(FirstName="Eve", EmailAddress="eve@example.com"))
    await api.get("/v2/LeadManagement.svc/Leads.GetByEmailaddress", emailaddress="ada@example.com")
    id = made["Message"]["Id"]
    for about, wanted in (("ada@EXAMPLE.com", 2), (id, 2), ("eve@example.com", 1), ("nobody@example.com", 0)):
        for place in ("", "/rows"):
            await browser.get(f"/app/inspector{place}?about={about}")
            assert len(re.findall(r'href="/app/inspector/[0-9a-f-]{36}"', browser.text)) == wanted, about
    assert "No call is like that" in browser.text
    await browser.get(f"/app/inspector?about={id}")
    assert f'hx-get="/app/inspector/rows?about={id}"' in browser.text


async def test_nobody_finds_out_a_secret_by_looking_for_it(browser: Browser, api: Client) -> None:
    await api.refused(CREATE, [{"Attribute": "Password", "Value": "hunter22"}])
    await browser.get("/app/inspector?about=Password")
    assert len(re.findall(r'href="/app/inspector/[0-9a-f-]{36}"', browser.text)) == 1
    for secret in ("hunter22", SECRET):
        await browser.get(f"/app/inspector?about={secret}")
        assert "No call is like that" in browser.text


async def test_a_refusal_says_why_in_the_list(browser: Browser, api: Client) -> None:
    await api.refused(CREATE, pairs(Nope=NASTY))
    await browser.get("/app/inspector")
    assert re.search(
        r'<span class="soft mono">MX\w+Exception</span><br><span class="said-why">[^<]*Nope', browser.text
    )
    assert "<script>alert" not in browser.text
    await api.send("POST", CREATE, json=[], headers={"x-LSQ-AccessKey": api.world.access_key})
    await browser.get("/app/inspector?status=4")
    assert "MXInvalidAccessDetailsException" in browser.text


async def test_headers_of_the_answer_are_shown_and_the_command_can_be_copied(
    browser: Browser, api: Client
) -> None:
    answer = await api.send("POST", CREATE, json=pairs(FirstName="Ada"))
    text = await shown(browser)
    assert f"<dt>x-request-id</dt><dd>{answer.headers['x-request-id']}</dd>" in text
    assert 'data-copy="curl"' in text
    assert '<textarea id="curl"' in text


async def test_ids_lead_to_their_records(
    browser: Browser, api: Client, database_url: str, registry: Registry, world: World
) -> None:
    await world.need("lead.1", "opp.1", "activity.1", "sales.1", "company.1", "task.1")
    values = world.values
    lead = values["lead.1"]
    named = [values[name] for name in ("lead.1", "opp.1", "activity.1", "sales.1", "company.1", "task.1")]
    unknown = "01a1fa94-53e6-7436-b94f-b3e3f348a232"
    await api.send("POST", CREATE, json=[*named, unknown, world.user_id, NASTY])
    text = await shown(browser)
    for place in (
        f"leads/{lead}", f"opportunities/{values['opp.1']}", f"sales/{values['sales.1']}",
        f"accounts/{values['company.1']}", f"tasks/{values['task.1']}", f"settings/users/{world.user_id}",
    ):  # fmt: skip
        assert f'<a href="/app/{place}">{place.rpartition("/")[2]}</a>' in text, place
    assert f'<a href="/app/leads/{lead}">{values["activity.1"]}</a>' in text, "an activity stands on its lead"
    assert f">{unknown}</a>" not in text
    assert "<script>alert" not in text
    queue = await queue_of(database_url, browser.http, registry, world)
    id = await queue.submit("/opportunity/update", {"ProspectOpportunityId": values["opp.1"]})
    text = await shown(browser)
    assert f'<a href="/app/async/{id}">{id}</a>' in text
    await browser.get(f"/app/async/{id}")
    assert f'<a href="/app/opportunities/{values["opp.1"]}">{values["opp.1"]}</a>' in browser.text


async def test_records_of_others_are_not_linked(browser: Browser, api: Client, worlds: Worlds) -> None:
    other = await worlds.copy()
    await other.need("lead.1")
    await api.send("POST", CREATE, json=[other.values["lead.1"]])
    assert f">{other.values['lead.1']}</a>" not in await shown(browser)


async def test_what_the_server_noticed_is_told(browser: Browser, api: Client) -> None:
    await api.send("POST", CREATE, json=[{"Attribute": "FirstName", "Value": "Ada", "Colour": "red"}])
    text = await shown(browser)
    assert "unknown" in text
    assert "Colour" in text


async def test_the_page_asks_for_its_rows_unless_it_is_held(browser: Browser, api: Client) -> None:
    await api.post(CREATE, pairs(FirstName="Ada"))
    await browser.get("/app/inspector?status=2")
    assert 'hx-get="/app/inspector/rows?status=2"' in browser.text
    rows = (await browser.get("/app/inspector/rows?status=2", hx_request="true")).text
    assert rows.lstrip().startswith('<section id="calls">')
    await browser.get("/app/inspector?pause=1&status=2")
    assert "hx-trigger" not in browser.text
    assert '<span class="badge ">Paused</span>' in browser.text
    assert '<a class="button " href="/app/inspector?status=2">Resume</a>' in browser.text
    await browser.get("/app/inspector?status=2")
    assert "Live</span>" in browser.text
    assert ">Pause</a>" in browser.text


@pytest.mark.parametrize("role", ["Sales_User", "Sales_Manager", "Marketing_User"])
async def test_it_is_for_administrators(strange: Any, world: World, role: str) -> None:
    found = strange(await entitled(world, role=role))
    await found.sign_in()
    assert "/app/inspector" not in found.text
    for path in ("", "/rows", "/01a1fa9f-c0b3-73c9-a9d0-1c52b429f3d6"):
        assert (await found.get(f"/app/inspector{path}")).status_code == 403


async def test_calls_of_another_organisation_are_not_there(
    browser: Browser, worlds: Worlds, registry: Registry
) -> None:
    other = Client(browser.http, registry, await worlds.copy())
    answer = await other.send("POST", CREATE, json=pairs(FirstName="Theirs"))
    stranger = await other.send("POST", CREATE, json=[], headers={"x-LSQ-AccessKey": "u$nobody"})
    await browser.get("/app/inspector")
    assert "No calls yet" in browser.text
    for response in (answer, stranger):
        request = response.headers["x-request-id"]
        assert (await browser.get(f"/app/inspector/{request}")).status_code == 404


async def test_a_wrong_secret_is_seen_by_who_owns_the_key(browser: Browser, api: Client) -> None:
    keys = {"x-LSQ-AccessKey": api.world.access_key, "x-LSQ-SecretKey": "wrong-one"}
    await api.send("POST", CREATE, json=[], headers=keys)
    text = await shown(browser)
    assert ">401<" in text
    assert "wrong-one" not in text


async def test_switched_off_it_keeps_nothing_until_somebody_switches_it_on(
    database_url: str, world: World, registry: Registry
) -> None:
    email = await entitled(world)
    async with running(Application(Settings(queue_workers=0, inspector="off"), database_url)) as started:
        transport = httpx.ASGITransport(started, client=("203.0.113.7", 4711))
        async with httpx.AsyncClient(transport=transport, base_url="http://crm.example.com") as http:
            found = Browser(http, email)
            await found.sign_in()
            api = Client(http, registry, world)
            await api.post(CREATE, pairs(FirstName="Ada"))
            await found.get("/app/inspector")
            assert "Nothing is written down" in found.text
            assert "Lead.Create" not in found.text
            await found.send("/app/inspector", on="1")
            assert "No calls yet" in found.text
            await api.post(CREATE, pairs(FirstName="Eve"))
            assert "&#34;Eve&#34;" in await shown(found)
            await found.send("/app/inspector", on="0")
            assert "Nothing is written down" in found.text
            await found.send("/app/inspector", on="1")
            assert "No calls yet" in found.text, "what was kept is forgotten"


async def test_each_organisation_switches_its_own(
    browser: Browser, api: Client, strange: Any, worlds: Worlds
) -> None:
    other = await worlds.copy()
    theirs = strange(await entitled(other))
    await theirs.sign_in()
    await api.post(CREATE, pairs(FirstName="Ada"))
    await theirs.get("/app/inspector")
    await theirs.send("/app/inspector", on="0")
    await Client(browser.http, api.registry, other).post(CREATE, pairs(FirstName="Eve"))
    await theirs.send("/app/inspector", on="1")
    assert "No calls yet" in theirs.text
    assert "&#34;Ada&#34;" in await shown(browser)


async def test_only_administrators_switch_it(seller: Browser) -> None:
    await seller.get("/app")
    assert (await seller.send("/app/inspector", on="0")).status_code == 403


# the log itself ------------------------------------------------------------------------------------------


def seen(at: float = 0, size: int = 0, org: int | None = None) -> Seen:
    made = Seen({"method": "GET", "path": "/", "query_string": b"", "headers": [], "org_id": org})
    made.at = at
    made.answer = b"x" * size
    return made


def test_it_is_bounded_in_number_in_room_and_in_age() -> None:
    kept = Log(most=3, room=100_000, now=lambda: 10_000)
    for at in range(9_990, 9_995):
        kept.add(seen(at))
    assert [some.at for some in kept] == [9_994, 9_993, 9_992]
    for _ in range(10):
        kept.add(seen(9_999, size=60_000))
    found = list(kept)
    assert len(found) == 2
    assert {len(some.answer) for some in found} == {log.LONGEST}
    kept = Log(now=lambda: 10_000)
    kept.add(seen(10_000 - log.AGE.total_seconds() - 1))
    kept.add(seen(9_999))
    assert [some.at for some in kept] == [9_999]


def test_each_organisation_has_it_on_or_off() -> None:
    for usually in (True, False):
        kept = Log(on=usually, now=lambda: 10_000)
        assert (kept.is_on, kept.keeps(1)) == (usually, usually)
        kept.switch(1, on=True)
        kept.switch(2, on=False)
        assert kept.is_on
        for org in (1, 2, 3, None):
            kept.add(seen(9_999, org=org))
        assert [some.org_id for some in kept] == ([None, 3, 1] if usually else [None, 1])
        kept.switch(1, on=False)
        assert [some.org_id for some in kept] == ([None, 3] if usually else [])
        kept.switch(1, on=usually)
        kept.switch(2, on=usually)
        assert (kept.is_on, kept.keeps(1), kept.keeps(2)) == (usually, usually, usually)


async def test_bodies_in_pieces_are_put_together_and_cut() -> None:
    pieces = [b"a" * 20_000, b"b" * 20_000, b"c"]
    heard: list[bytes] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": pieces.pop(0), "more_body": bool(pieces)}

    async def send(_: Any) -> None:
        pass

    async def app(_: Any, receive: Any, send: Any) -> None:
        while pieces:
            heard.append((await receive())["body"])
        await send({"type": "http.response.start", "status": 204, "headers": []})
        raise RuntimeError

    kept = Log()
    scope = {"method": "POST", "path": "/", "query_string": b"", "headers": []}
    with pytest.raises(RuntimeError):
        await kept.watch(app, scope, receive, send)
    found = next(iter(kept))
    assert (found.status, found.body_size, len(found.body)) == (204, 40_001, log.LONGEST)
    assert found.body.endswith(b"b")
    assert [len(some) for some in heard] == [20_000, 20_000, 1]


@pytest.mark.parametrize(
    ("sent", "left"),
    [
        ('{"secretKey": "abc", "a": 1}', "abc"),
        ('[{"Attribute": "mx_Password", "Value": "abc"}]', "abc"),
        ('{"a": {"Authorization": ["abc"]}}', "abc"),
        ('{"In": "{\\"Token\\":\\"abc\\",\\"b\\":\\"kept\\"}"}', "abc"),
        ('{"password": "abc', "abc"),
        ('{"password": 12345', "12345"),
        ('{"x": "y", "api_key" : "ab\\"c", "z', 'c"'),
        ("given-secret stands alone", "given-secret"),
    ],
)
def test_secrets_are_taken_out_of_bodies(sent: str, left: str) -> None:
    for whole in (True, False):
        said = redaction.text(sent.encode(), ["given-secret"], whole=whole)
        assert left not in said
        assert redaction.HIDDEN in said


def test_a_secret_attribute_is_hidden_in_what_was_cut_too() -> None:
    sent = '[{"Attribute": "Password", "Value": "abc", "Note": "kept"}, {"Attr'
    said = redaction.text(sent.encode(), [], whole=False)
    assert "abc" not in said
    assert '"Note": "kept"' in said


@pytest.mark.parametrize(
    "sent", ["\\" * 32_000, '"' * 32_000, '"token' * 5_000, '\\"token\\":' * 2_500, '"Attribute":"' * 2_500]
)
def test_odd_texts_take_no_time(sent: str) -> None:
    begun = perf_counter()
    redaction.text(sent.encode(), [], whole=False)
    assert perf_counter() - begun < 1


@pytest.mark.parametrize("sent", ['{"Secretary": "Ada", "Key": "x"}', "", "[]", "null", '{"a":', "\xff"])
def test_what_is_no_secret_stays(sent: str) -> None:
    said = redaction.text(sent.encode("latin-1"), [], whole=True)
    assert redaction.HIDDEN not in said


# sending it again ----------------------------------------------------------------------------------------


async def test_a_call_is_sent_again_with_the_keys_that_it_carried(browser: Browser, api: Client) -> None:
    await api.post(CREATE, pairs(FirstName="Ada", EmailAddress="ada@example.com"))
    await shown(browser)
    first = browser.path
    await browser.send(f"{first}/again")
    assert browser.path.startswith("/app/inspector/")
    assert browser.path != first
    assert "Sent again: 500." in browser.text
    assert "MXDuplicateEntryException" in browser.text
    assert SECRET not in browser.text
    assert await api.world.count("lead") == 1


async def test_a_call_is_sent_again_with_another_body(browser: Browser, api: Client) -> None:
    await api.post(CREATE, pairs(FirstName="Ada", EmailAddress="ada@example.com"))
    await shown(browser)
    await browser.send(f"{browser.path}/again", body=json.dumps(pairs(FirstName="Eve")).replace("\n", "\r\n"))
    assert "Sent again: 200." in browser.text
    assert "&#34;Eve&#34;" in browser.text
    assert await api.world.count("lead") == 2


async def test_what_is_hidden_in_a_body_is_not_sent_as_it_is_shown(browser: Browser, api: Client) -> None:
    secret = {"Attribute": "Password", "Value": "four quiet words"}
    await api.refused(CREATE, [*pairs(FirstName="Ada"), secret])
    assert "Send it changed" not in await shown(browser)
    await browser.send(f"{browser.path}/again", body="[]")
    assert "Sent again: 500." in browser.text
    assert "does not exist - Password" in browser.text, "as it was"


async def test_a_body_that_was_cut_is_not_sent_again(browser: Browser, api: Client) -> None:
    await api.send("POST", CREATE, json=pairs(FirstName="x" * log.LONGEST))
    assert "Send again" not in await shown(browser)
    await browser.send(f"{browser.path}/again")
    assert browser.response.status_code == 422
    assert "was cut" in browser.text


async def test_only_administrators_of_the_organisation_send_a_call_again(
    browser: Browser, seller: Browser, api: Client, strange: Any, worlds: Worlds
) -> None:
    await api.post(CREATE, pairs(FirstName="Ada"))
    await shown(browser)
    again = f"{browser.path}/again"
    await seller.get("/app")
    assert (await seller.send(again)).status_code == 403
    other = strange(await entitled(await worlds.copy()))
    await other.sign_in()
    assert (await other.send(again)).status_code == 404
    assert await api.world.count("lead") == 1
