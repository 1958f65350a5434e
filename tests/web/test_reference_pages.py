"""The reference: every operation has its page, words find it, and what is not there is said so."""

from __future__ import annotations

import re

import pytest

import examples as made
from browsing import Browser
from fairlead.web import curl
from fairlead.web.reference import description, examples
from fairlead.wire.operation import Registry
from world import World, Worlds

NASTY = '<script>alert("x")</script>'


async def test_every_operation_of_the_registry_is_listed_and_has_a_page(
    browser: Browser, registry: Registry
) -> None:
    await browser.get("/app/reference")
    for operation in registry.all():
        assert f"{operation.verb} {operation.path}" in browser.text
    slugs = re.findall(r'href="/app/reference/([a-z0-9-]+)">', browser.text)
    shown = [slug for slug in slugs if slug not in ("coverage", "errors")]
    assert len(shown) == len(set(shown)) >= len(registry.all())
    for slug in shown:
        response = await browser.get(f"/app/reference/{slug}")
        assert response.status_code == 200, slug
        assert "Reply" in browser.text


async def test_a_page_says_what_to_send_and_what_comes_back(browser: Browser) -> None:
    await browser.get("/app/reference/create-a-lead-and-activity")
    assert "POST /v2/ProspectActivity.svc/CreateCustom" in browser.text
    assert "<code>LeadDetails[].Attribute</code>" in browser.text
    assert "https://apidocs.leadsquared.com/create-lead-and-activity/" in browser.text
    assert "x-LSQ-SecretKey: $SECRET_KEY" in browser.text
    assert 'href="/app/reference/create-a-lead-and-activity-async"' in browser.text
    await browser.get("/app/reference/create-a-lead-and-activity-async")
    assert "header x-api-key" in browser.text
    assert "x-api-key: $ASYNC_KEY" in browser.text


async def test_what_is_needed_is_marked_and_each_value_has_an_example(browser: Browser) -> None:
    await browser.get("/app/reference/create-a-lead-and-activity")
    required = '<span class="badge warn">required</span>'
    row = browser.text.partition("<code>LeadDetails</code>")[2].partition("</tr>")[0]
    assert required in row
    row = browser.text.partition("<code>Activity.ActivityEvent</code>")[2].partition("</tr>")[0]
    assert "<code>105</code>" in row
    assert "text, number or boolean" not in browser.text
    await browser.get("/app/reference/get-a-lead-by-id")
    row = browser.text.partition("<code>id</code>")[2].partition("</tr>")[0]
    assert required in row
    assert re.search(r"curl &#39;?http://[^ ]*Leads.GetById\?id=[0-9a-f-]{36}", browser.text)
    assert "<h3>Refused, such as:" in browser.text


def test_the_examples_are_what_the_contract_files_say() -> None:
    assert made.FILE.read_text("utf-8") == made.text(), "run `make docs`"
    assert "{lead" not in made.text()


def test_nearly_every_operation_has_an_example_without_gaps() -> None:
    empty = [
        slug for slug in description._operations() if "…" in "".join(description.operation(slug).replies)
    ]
    assert len(empty) <= 6, empty
    for slug in description._operations():
        found = description.operation(slug)
        needed = {line.name.lower() for line in found.parameters if line.required}
        assert needed <= {name.lower() for name, _ in found.query}, slug


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("[].Attribute", '"FirstName"'),
        ("A.Fields[].Value", "7"),
        ("A", ""),
        ("A.No", ""),
        ("Long", ""),
        ("Blank", ""),
    ],
)
def test_a_value_of_the_example_is_found_by_its_path(path: str, value: str) -> None:
    body = {"A": {"Fields": [{"Value": 7}]}, "Long": "x" * 60, "Blank": ""}
    rows = [{"Attribute": "FirstName"}]
    assert examples.value_at(rows if path.startswith("[]") else body, path) == value


async def test_words_narrow_the_list(browser: Browser) -> None:
    await browser.get("/app/reference?find=lead.capture")
    assert "/v2/LeadManagement.svc/Lead.Capture" in browser.text
    assert "Lead.Merge" not in browser.text
    await browser.get("/app/reference", hx_request="true")
    assert not browser.text.lstrip().startswith("<!doctype")


async def test_words_that_nothing_has_are_shown_as_text(browser: Browser) -> None:
    await browser.get(f"/app/reference?find={NASTY}")
    assert NASTY not in browser.text
    assert "No operation has these words" in browser.text


@pytest.mark.parametrize(
    ("asked", "done", "missing"),
    [("", False, False), ("show=done", True, False), ("show=missing", False, True), ("family=sales", True, False),
     ("show=else&family=webhooks", False, True), ("family=nonsense", False, False)],
)  # fmt: skip
async def test_the_coverage_says_what_is_done(
    browser: Browser, asked: str, done: bool, missing: bool
) -> None:
    await browser.get(f"/app/reference/coverage?{asked}")
    assert browser.response.status_code == 200
    assert (">Done</span>" in browser.text) == done
    assert (">Not yet</span>" in browser.text) == missing
    assert ('href="/app/reference/coverage?family=sales"' in browser.text) == (asked == "")
    assert "All operations" in browser.text
    assert "tier" not in browser.text.lower()


async def test_every_error_is_explained(browser: Browser) -> None:
    await browser.get("/app/reference/errors")
    assert "MXInvalidAccessDetailsException" in browser.text


@pytest.mark.parametrize("path", ["no-such-operation", "%3Cscript%3E", "create-a-lead/more"])
async def test_there_is_no_page_for_what_is_not_there(browser: Browser, path: str) -> None:
    response = await browser.get(f"/app/reference/{path}")
    assert response.status_code == 404
    assert "<script>" not in browser.text.replace("<script src", "")


async def test_everybody_who_is_signed_in_may_read_it(seller: Browser) -> None:
    assert (await seller.get("/app/reference")).status_code == 200
    assert 'href="/app/reference"' in seller.text


def test_a_path_is_found_in_any_case() -> None:
    assert description.by_path("/V2/leadmanagement.svc/lead.create/", "POST") == "create-a-lead"
    assert description.by_path("/v2/LeadManagement.svc/Lead.Create", "GET") is None
    assert description.by_path("/nothing") is None


def test_a_command_line_is_safe_to_paste() -> None:
    made = curl.command("POST", "http://x/y z", query=[("a", "'; rm -rf / #")], body="it's $(id)")
    assert made.splitlines()[0].startswith("curl -X POST 'http://x/y z?a=%27%3B%20rm%20-rf%20%2F%20%23'")
    assert made.splitlines()[-1].strip() == "--data-binary 'it'\"'\"'s $(id)'"


# trying it -----------------------------------------------------------------------------------------------

LEAD = '[{"Attribute": "FirstName", "Value": "Ada"}]'


async def test_a_call_is_tried_in_the_name_of_a_key(browser: Browser, world: World) -> None:
    await browser.get("/app/reference/create-a-lead")
    before = await world.count("lead")
    keys = {"access_key": world.access_key, "secret_key": world.secret}
    await browser.send("/app/reference/create-a-lead", **keys, body=LEAD)
    assert browser.response.status_code == 200
    assert "&#34;Status&#34;: &#34;Success&#34;" in browser.text
    assert world.secret not in browser.text
    assert await world.count("lead") == before + 1
    await browser.send("/app/reference/get-a-lead-by-id", **{**keys, "q-id": "nothing"})
    assert "Answer" in browser.text


async def test_an_answer_comes_beside_the_form_and_leads_on(browser: Browser, world: World) -> None:
    await browser.get("/app/reference/create-a-lead")
    assert 'hx-target="#answer" hx-select="#answer"' in browser.text
    assert 'action="/app/reference/create-a-lead#try"' in browser.text, "without scripts one lands there"
    keys = {"access_key": world.access_key, "secret_key": world.secret}
    await browser.send("/app/reference/create-a-lead", **keys, body=LEAD)
    made = next(iter(await world.rows("lead")))["id"]
    assert f'<a href="/app/leads/{made}">{made}</a>' in browser.text
    assert "<!doctype html>" in browser.text
    await browser.send("/app/reference/create-a-lead", access_key="u$nobody", secret_key="", body=LEAD)
    answer = browser.text.partition('<div id="answer"')[2].partition("</div>")[0]
    assert "This is no access key of your organisation." in answer


async def test_a_call_that_is_refused_shows_why(browser: Browser, world: World) -> None:
    await browser.get("/app/reference/create-a-lead")
    keys = {"access_key": world.access_key, "secret_key": "wrong-secret"}
    await browser.send("/app/reference/create-a-lead", **keys, body=f'"{NASTY}"')
    assert "MXInvalidAccessDetailsException" in browser.text
    assert "wrong-secret" not in browser.text
    assert NASTY not in browser.text


async def test_keys_are_asked_for_beside_their_fields(browser: Browser, worlds: Worlds) -> None:
    other = await worlds.copy()
    await browser.get("/app/reference/create-a-lead-and-activity-async")
    await browser.send(
        "/app/reference/create-a-lead-and-activity-async",
        access_key=other.access_key,
        secret_key=other.secret,
        body="{}",
    )
    assert browser.response.status_code == 422
    assert "This is no access key of your organisation." in browser.text
    assert "Type the x-api-key of your organisation." in browser.text
    assert other.secret not in browser.text


async def test_without_the_token_nothing_is_tried(browser: Browser, world: World) -> None:
    before = await world.count("lead")
    keys = {"access_key": world.access_key, "secret_key": world.secret}
    await browser.send("/app/reference/create-a-lead", csrf="wrong", **keys, body=LEAD)
    assert browser.response.status_code == 403
    assert await world.count("lead") == before
