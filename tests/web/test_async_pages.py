"""The queue's screens: what is shown to whom, the filters, and running again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from browsing import Browser, entitled
from fairlead.records.picture import new_id
from fairlead.web.requests import pages as requests
from world import World, Worlds

NASTY = '<script>alert("x")</script>'
INSERT = """insert into async_request (org_id, id, operation, record, user_id, query, body, state, attempts, crashes,
    accepted_on, due_on, finished_on, reason, reply)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, $10, $11, $12, $13, $14)"""


LOCK = "select 1 from async_request where org_id = $1 and id = $2 for key share"
pytestmark = pytest.mark.usefixtures("withheld")


async def queued(world: World, state: str = "success", **given: Any) -> str:
    """A request of the organisation in this state; its id."""
    now = datetime.now(UTC)
    values: dict[str, Any] = {
        "operation": "/activity/createcustom",
        "record": "emailaddress:ada@example.com",
        "user_id": world.user_id,
        "body": '{"Activity":{"ActivityEvent":206}}',
        "attempts": 0,
        "due_on": now + timedelta(hours=1) if state in ("queued", "retry") else now,
        "reason": None,
        "reply": '{"Status":"Success"}' if state == "success" else None,
    } | given
    made = new_id()
    finished = None if state in ("queued", "retry", "held") else now
    await world.db.execute(
        INSERT,
        world.org_id,
        made,
        values["operation"],
        values["record"],
        values["user_id"],
        '{"leadid":"x"}',
        values["body"],
        "held" if state == "queued" else state,
        values["attempts"],
        now,
        values["due_on"],
        finished,
        values["reason"],
        values["reply"],
    )
    if world.withholding is not None:
        await world.withholding.execute(LOCK, world.org_id, made)
    if state == "queued":
        await world.db.execute(
            "update async_request set state = $3 where org_id = $1 and id = $2", world.org_id, made, state
        )
    return made


async def state_of(world: World, request: str) -> str:
    found: str = await world.db.fetchval(
        "select state from async_request where org_id = $1 and id = $2", world.org_id, request
    )
    return found


async def test_an_empty_queue_says_what_would_be_in_it(browser: Browser) -> None:
    await browser.get("/app/async")
    assert "No requests yet" in browser.text
    assert "Nothing was finished lately" in browser.text
    await browser.get("/app/async?state=failure")
    assert "No request is like that" in browser.text


async def test_the_list_is_filtered_by_status_kind_and_record(browser: Browser, world: World) -> None:
    done = await queued(world)
    failed = await queued(world, "failure", attempts=11, reason="There was an error")
    waits = await queued(world, "retry", operation="/lead/update", record="+91-1", attempts=2)
    asked = {
        "": {done, failed, waits},
        "?state=waiting": {waits},
        "?state=failure": {failed},
        "?kind=/lead/update": {waits},
        "?record=ADA@example.com": {done, failed},
        "?record=emailaddress:ada@example.com&state=success": {done},
        f"?record={done}": {done},
        "?state=nonsense": set(),
    }
    for query, wanted in asked.items():
        await browser.get(f"/app/async{query}")
        assert browser.response.status_code == 200
        assert {some for some in (done, failed, waits) if some in browser.text} == wanted, query


async def test_the_numbers_and_the_chart_count_what_waits_and_what_was_finished(
    browser: Browser, world: World
) -> None:
    await queued(world, "queued", operation="/lead/capture")
    now = datetime.now(UTC)
    for minutes in (1, 20):
        slot = (now - timedelta(minutes=minutes)).replace(second=0, microsecond=0)
        await world.db.execute(
            "insert into async_tally values ($1, '/lead/capture', $2, 30)", world.org_id, slot
        )
    await browser.get("/app/async")
    assert "Capture a Lead: 30 at" in browser.text
    assert '<p class="figure-said">3</p>' in browser.text


async def test_what_waited_and_how_long_is_drawn(browser: Browser, world: World) -> None:
    await browser.get("/app/async")
    assert "Seconds the oldest waited" not in browser.text
    minute = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=3)
    await world.db.execute("insert into async_gauge values ($1, $2, 1234, 77)", world.org_id, minute)
    await browser.get("/app/async")
    assert "1,234 waiting at" in browser.text
    assert "77 s at" in browser.text


async def test_more_than_a_page_is_turned(browser: Browser, world: World) -> None:
    made = [await queued(world) for _ in range(51)]
    await browser.get("/app/async?state=success")
    assert made[-1] in browser.text
    assert made[0] not in browser.text
    assert "state=success&amp;page=2" in browser.text
    await browser.get("/app/async?state=success&page=2")
    assert made[0] in browser.text


async def test_how_many_there_are_is_counted_as_far_as_it_is_quick(
    browser: Browser, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(53):
        await queued(world)
    await browser.get("/app/async?state=success")
    assert '<p class="soft counted" role="status">53 requests</p>' in browser.text
    assert "page 1 of 2" in browser.text
    monkeypatch.setattr(requests, "COUNTED", 52)
    await browser.get("/app/async?state=success")
    assert "more than 52 requests" in browser.text
    await browser.get("/app/async?state=success&page=2")
    assert "53 requests" in browser.text, "the last page tells"
    monkeypatch.undo()
    await browser.get("/app/async?state=success&page=9")
    assert browser.path == "/app/async?state=success&page=2"


async def test_attempts_are_all_attempts(browser: Browser, world: World) -> None:
    await queued(world)
    await browser.get("/app/async")
    assert '<td class="right">1</td>' in browser.text
    waits = await queued(world, "queued")
    await browser.get("/app/async?state=waiting")
    assert '<td class="right">–</td>' in browser.text
    await browser.get(f"/app/async/{waits}")
    assert "0 of 11" in browser.text


async def test_a_request_that_waits_is_looked_at_again_by_itself(browser: Browser, world: World) -> None:
    for state, waits in (("queued", True), ("retry", True), ("held", True), ("success", False)):
        request = await queued(world, state)
        await browser.get(f"/app/async/{request}")
        assert (f'hx-get="/app/async/{request}" hx-trigger="every 2s"' in browser.text) == waits


async def test_one_request_shows_what_was_sent_and_what_came_of_it(browser: Browser, world: World) -> None:
    done = await queued(world, body=f'{{"Note":"{NASTY[:8]}"}}', reply='{"Message":{"Id":"<b>"}}')
    await browser.get(f"/app/async/{done}")
    assert "&#34;Note&#34;: &#34;&lt;script&gt;&#34;" in browser.text
    assert "&lt;b&gt;" in browser.text
    assert "Run again" not in browser.text
    retry = await queued(world, "retry", attempts=3, due_on=datetime.now(UTC) + timedelta(hours=2))
    await browser.get(f"/app/async/{retry}")
    assert "in 2 h" in browser.text
    assert "3 of 11" in browser.text
    assert "Try now" in browser.text


async def test_what_was_sent_is_shown_as_text(browser: Browser, world: World) -> None:
    request = await queued(
        world, "error", record=NASTY, body=NASTY, reason=NASTY, operation=f"/x{NASTY}", reply=None
    )
    for path in ("/app/async", f"/app/async/{request}", "/app/async?record=%3Cscript%3Ealert(%22x%22)"):
        await browser.get(path)
        assert browser.response.status_code == 200
        assert "<script>" not in browser.text


async def test_a_long_body_is_cut(browser: Browser, world: World) -> None:
    request = await queued(world, body='"' + "a" * 60_000 + '"')
    await browser.get(f"/app/async/{request}")
    assert "a" * 49_000 in browser.text
    assert "a" * 50_001 not in browser.text
    assert "60,002 characters" in browser.text


@pytest.mark.parametrize("state", ["failure", "error", "retry"])
async def test_what_did_not_succeed_is_run_again(browser: Browser, world: World, state: str) -> None:
    request = await queued(world, state, attempts=11, reason="no")
    await browser.get(f"/app/async/{request}")
    await browser.send(f"/app/async/{request}/again")
    assert browser.path == f"/app/async/{request}"
    assert "It is back in the queue." in browser.text
    assert await state_of(world, request) == "queued"


@pytest.mark.parametrize("state", ["queued", "retry", "held"])
async def test_what_waits_is_given_up(browser: Browser, world: World, state: str) -> None:
    request = await queued(world, state)
    behind = await queued(world, "held")
    await browser.get(f"/app/async/{request}")
    assert "Give up this request?" in browser.text
    await browser.send(f"/app/async/{request}/fail")
    assert "It is given up." in browser.text
    assert "It was given up by hand" in browser.text
    assert await state_of(world, request) == "failure"
    assert await state_of(world, behind) == "queued"
    await browser.send(f"/app/async/{request}/fail")
    assert "It has ended meanwhile" in browser.text


async def test_one_that_waits_for_another_says_so(browser: Browser, world: World) -> None:
    request = await queued(world, "held")
    await browser.get(f"/app/async/{request}")
    assert "waits until that one has ended" in browser.text
    await browser.get("/app/async?state=waiting")
    assert request in browser.text


async def test_the_callback_of_a_request_is_shown(browser: Browser, world: World) -> None:
    request = await queued(world)
    await world.db.execute(
        "update async_request set callback_url = $3 where org_id = $1 and id = $2",
        world.org_id,
        request,
        f"https://example.com/{NASTY}",
    )
    await browser.get(f"/app/async/{request}")
    assert "Its end will be told there." in browser.text
    made = [new_id() for _ in range(3)]
    now = datetime.now(UTC)
    insert = """insert into delivery (org_id, id, kind, about, url, body, state, attempts, created_on, due_on, finished_on,
        status, reason) values ($1, $2, 'callback', $3, 'https://example.com', '{}', $4, $5, $6, $7, null, $8, $9)"""
    for delivery, state, attempts, due, status, reason in (
        (made[0], "sent", 1, now, 200, None),
        (made[1], "failed", 3, now, None, f"ConnectError: {NASTY}"),
        (made[2], "due", 1, now + timedelta(hours=2), 503, "it answered with HTTP status 503"),
    ):
        await world.db.execute(
            insert, world.org_id, delivery, request, state, attempts, now, due, status, reason
        )
    await browser.get(f"/app/async/{request}")
    for text in (*made, "3 of 3", "1 of 3", "HTTP status 200", "HTTP status 503", "in 2 h", "ConnectError"):
        assert text in browser.text, text
    assert "<script>" not in browser.text


async def test_what_is_done_is_not_done_twice(browser: Browser, world: World) -> None:
    request = await queued(world)
    await browser.get("/app/async")
    await browser.send(f"/app/async/{request}/again")
    assert "not to be run again" in browser.text
    assert await state_of(world, request) == "success"


async def test_without_the_token_nothing_is_run(browser: Browser, world: World) -> None:
    request = await queued(world, "failure")
    await browser.send(f"/app/async/{request}/again", csrf="wrong")
    assert browser.response.status_code == 403
    assert await state_of(world, request) == "failure"


async def test_a_seller_sees_and_repeats_their_own_only(seller: Browser, world: World) -> None:
    own_id = next(user.id for user in world.defs.users.values() if user.email == seller.email)
    other = await queued(world, "failure")
    own = await queued(world, "failure", user_id=own_id)
    await seller.get("/app/async")
    assert own in seller.text
    assert other not in seller.text
    waits = await queued(world, "retry")
    for path in (f"{other}/again", f"{waits}/fail"):
        await seller.send(f"/app/async/{path}")
        assert seller.response.status_code == 404
        await seller.get("/app/async")
    assert (await state_of(world, other), await state_of(world, waits)) == ("failure", "retry")
    await seller.get(f"/app/async/{other}")
    assert seller.response.status_code == 404
    await seller.get(f"/app/async/{own}")
    await seller.send(f"/app/async/{own}/again")
    assert await state_of(world, own) == "queued"


async def test_a_manager_sees_but_does_not_repeat_what_others_sent(
    strange: Callable[..., Browser], world: World
) -> None:
    manager = strange(await entitled(world, role="Sales_Manager"))
    await manager.sign_in()
    other = await queued(world, "failure")
    await manager.get(f"/app/async/{other}")
    assert manager.response.status_code == 200
    assert "Run again" not in manager.text
    await manager.send(f"/app/async/{other}/again")
    assert manager.response.status_code == 403
    assert await state_of(world, other) == "failure"


async def test_another_organisation_is_not_there(browser: Browser, worlds: Worlds) -> None:
    other = await worlds.copy()
    request = await queued(other, "failure", reason="theirs")
    await browser.get("/app/async")
    assert request not in browser.text
    assert (await browser.get(f"/app/async/{request}")).status_code == 404
    await browser.get("/app/async")
    await browser.send(f"/app/async/{request}/again")
    assert browser.response.status_code == 404
    assert await state_of(other, request) == "failure"
    for path in (f"/app/async/{uuid4()}", "/app/async/nonsense"):
        assert (await browser.get(path)).status_code == 404
