"""Submit, status and metrics: who may, what is refused at once, and what is only judged later."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest

from fairlead.app import Application
from fairlead.orgs import queries as orgs
from fairlead.orgs import rules
from fairlead.settings import Settings
from fairlead.wire.operation import Registry
from fairlead.wire.queue import queries
from world import Worlds
from world.client import envelope
from world.queue import Clock, Queue, queue_of
from world.serving import http_to, running

UPDATE = "/opportunity/update"
NewQueue = Callable[[], Awaitable[Queue]]


def opportunity(queue: Queue, note: str = "Called back") -> dict[str, Any]:
    return {"ProspectOpportunityId": queue.world.values["opp.1"], "OpportunityNote": note}


async def post(queue: Queue, content: bytes, **headers: str) -> httpx.Response:
    return await queue.client.send("POST", UPDATE, content=content, headers=queue.key | headers)


@pytest.mark.parametrize("path", [UPDATE, f"{UPDATE}/status", f"{UPDATE}/metrics"])
@pytest.mark.parametrize("key", [None, "", "x" * 40])
async def test_nothing_without_a_good_x_api_key(queue: Queue, path: str, key: str | None) -> None:
    headers = {} if key is None else {"x-api-key": key}
    verb = "POST" if path == UPDATE else "GET"
    answer = await queue.client.send(verb, path, json=opportunity(queue), headers=headers)
    assert envelope(answer)[:2] == (401, "MXInvalidAccessDetailsException")


async def test_a_submit_needs_the_key_pair_of_the_same_organisation(new_queue: NewQueue) -> None:
    queue, other = await new_queue(), await new_queue()
    body = opportunity(queue)
    assert (
        envelope(await queue.client.send("POST", UPDATE, json=body, headers=queue.key, signed=False)).status
        == 401
    )
    assert envelope(await queue.client.send("POST", UPDATE, json=body, headers=other.key)).status == 401
    assert await queue.count("queued") == 0


async def test_a_disabled_key_opens_nothing_from_the_next_call_on(queue: Queue) -> None:
    request = await queue.submit(UPDATE, opportunity(queue))
    key = queue.key["x-api-key"]
    async with queue.db.transaction():
        await rules.set_async_key_active(queue.db, key, active=False)
        await orgs.definitions_changed(queue.db, queue.world.org_id)
    assert envelope(await post(queue, json.dumps(opportunity(queue)).encode())).status == 401
    for path in (f"{UPDATE}/status?RequestID={request}", f"{UPDATE}/metrics"):
        assert envelope(await queue.client.send("GET", path, headers=queue.key)).status == 401
    async with queue.db.transaction():
        await rules.set_async_key_active(queue.db, key, active=True)
        await orgs.definitions_changed(queue.db, queue.world.org_id)
    await queue.submit(UPDATE, opportunity(queue))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"null",
        b"[]",
        b'"{}"',
        b"{",
        b'{"a":\xff}',
        b'{"a":"\\ud800"}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"a":1e999999}',
        b'{"OpportunityNote":"' + b"x" * (10 * 1024 * 1024) + b'"}',
    ],
    ids=lambda content: content[:12].decode("latin-1"),
)
async def test_a_body_that_is_not_an_object_is_refused_at_once(queue: Queue, content: bytes) -> None:
    assert envelope(await post(queue, content))[:2] == (400, "MXInvalidInputException")
    assert await queue.count("queued") == 0


async def test_a_body_of_another_type_is_refused_at_once(queue: Queue) -> None:
    answer = await post(queue, b"{}", **{"Content-Type": "text/plain"})
    assert envelope(answer).status == 400


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (UPDATE, {"ProspectOpportunityId": ["x"], "Fields": {"a": 1}}),
        (UPDATE, {"ProspectOpportunityId": "a\x00b"}),
        (UPDATE, {"ProspectOpportunityId": "ä" * 5000}),
        ("/opportunity/capture", {"LeadDetails": 5, "Opportunity": []}),
        ("/opportunity/capture", {"LeadDetails": [5, None, {"Attribute": 7}]}),
        ("/lead/capture", [5, None, [], {"Attribute": ["x"], "Value": {}}]),
        ("/lead/update", ["x"]),
        ("/activity/create", {"RelatedProspectId": {"x": 1}, "EmailAddress": 5}),
        ("/activity/createcustom", {"LeadDetails": {"Attribute": "EmailAddress"}}),
        ("/activity/createcustom", {"LeadDetails": [{"Attribute": "EmailAddress", "Value": ["x"]}, 3]}),
    ],
)
async def test_whatever_is_json_is_accepted_and_judged_later(queue: Queue, path: str, body: Any) -> None:
    request = await queue.submit(path, body, leadId="a\x00b", other="\x00")
    assert (await queue.status(path, request))["Status"] == "In-Queue"
    async with queue.working():
        await queue.until("error", 1)
    status = await queue.status(path, request)
    assert status["Status"] == "ERROR"
    assert status["StatusReason"]
    assert status["Message"] is None


async def test_the_status_shows_the_body_byte_for_byte(queue: Queue) -> None:
    text = '\ufeff {"ProspectOpportunityId" : "x",\r\n\t"OpportunityNote":"\\u00e4 \\/ 🙂 \\u0000 ä", "n":1.50, "n":2 }\n\n'
    accepted = (await post(queue, text.encode())).json()
    assert (await queue.status(UPDATE, accepted["RequestID"]))["RequestBody"] == text


async def test_an_unknown_opportunity_is_an_error_with_the_reason(queue: Queue) -> None:
    unknown = {"ProspectOpportunityId": "00000000-0000-0000-0000-000000000000", "OpportunityNote": "x"}
    request = await queue.submit(UPDATE, unknown)
    async with queue.working():
        await queue.until("error", 1)
    assert await queue.status(UPDATE, request) == {
        "TaskType": "Opportunity Update",
        "Status": "ERROR",
        "StatusReason": "Opportunity does not exist",
        "TaskCurrentStep": None,
        "TaskLastStep": "In-Process-Queue",
        "RequestBody": json.dumps(unknown, separators=(",", ":")),
        "Message": None,
    }


async def test_what_waits_is_in_queue_and_counted(queue: Queue) -> None:
    request = await queue.submit(UPDATE, opportunity(queue))
    status = await queue.status(UPDATE, request)
    assert [status[name] for name in ("Status", "StatusReason", "TaskCurrentStep", "TaskLastStep")] == [
        "In-Queue",
        "Request is in queue",
        "In-Process-Queue",
        None,
    ]
    metrics = await queue.client.send("GET", f"{UPDATE}/metrics", headers=queue.key, signed=False)
    found = metrics.json()
    assert list(found) == [
        "PendingMessages",
        "MaxDelayInSeconds",
        "ProcessingRatePerMinute",
        "ProcessingratePerMinute",
    ]
    assert found["PendingMessages"] == 1
    other = await queue.client.send("GET", "/lead/capture/metrics", headers=queue.key, signed=False)
    assert other.json() == dict.fromkeys(found, 0)


async def test_what_waits_is_written_down_once_a_minute(queue: Queue) -> None:
    clock = Clock()
    await queue.submit(UPDATE, opportunity(queue))
    await queue.db.execute(
        "update async_request set state = 'retry', due_on = $2, accepted_on = $3 where org_id = $1",
        queue.world.org_id,
        clock.now + timedelta(hours=3),
        clock.now - timedelta(seconds=90),
    )
    for minutes in (0, 0, 1):
        clock.now += timedelta(minutes=minutes)
        async with queue.db.transaction():
            await queries.gauge(queue.db, clock.now)
    rows = await queue.db.fetch(
        "select slot, waiting, delay from async_gauge where org_id = $1 order by slot", queue.world.org_id
    )
    slot = clock.now.replace(second=0, microsecond=0)
    assert [tuple(row) for row in rows] == [(slot - timedelta(minutes=1), 1, 90), (slot, 1, 150)]


@pytest.mark.parametrize(
    "asked", ["", "x", "00000000-0000-0000-0000-00000000000g", "00000000-0000-0000-0000-000000000000"]
)
async def test_an_unknown_request_has_no_status(queue: Queue, asked: str) -> None:
    answer = await queue.client.send(
        "GET", f"{UPDATE}/status", query=[("RequestID", asked)], headers=queue.key
    )
    assert envelope(answer) == (500, "MXInvalidInputException", "Invalid Input! Parameter Name: RequestID")


async def test_a_request_shows_only_to_its_organisation_and_its_operation(new_queue: NewQueue) -> None:
    queue, other = await new_queue(), await new_queue()
    request = await queue.submit(UPDATE, opportunity(queue))
    for path, key in (
        (f"{UPDATE}/status", other.key),
        ("/lead/status", queue.key),
        ("/opportunity/capture/status", queue.key),
    ):
        answer = await queue.client.send(
            "GET", path, query=[("RequestID", request)], headers=key, signed=False
        )
        assert envelope(answer).type == "MXInvalidInputException"
    answer = await queue.client.send(
        "GET", "/opportunity/status", query=[("requestid", request.upper())], headers=queue.key
    )
    assert answer.json()["RequestID"] == request


async def test_a_wrong_verb_is_told_before_the_key(queue: Queue) -> None:
    assert envelope(await queue.client.send("GET", UPDATE)).status == 405
    assert envelope(await queue.client.send("POST", f"{UPDATE}/status", json={})).status == 405


async def test_a_full_queue_refuses_and_says_when_to_come_again(
    queue_url: str, queue_worlds: Worlds, registry: Registry
) -> None:
    settings = Settings(queue_workers=0, queue_limit=3)
    async with running(Application(settings, queue_url)) as full, http_to(full) as http:
        queue = await queue_of(queue_url, http, registry, await queue_worlds.copy())
        for _ in range(3):
            await queue.submit(UPDATE, opportunity(queue))
        answer = await post(queue, json.dumps(opportunity(queue)).encode())
        assert envelope(answer)[:2] == (429, "MXAPIRateLimitExceededException")
        assert int(answer.headers["retry-after"]) >= 1
        assert await queue.count("queued") == 3


async def test_what_was_accepted_is_told_again_by_a_full_queue(
    queue_url: str, queue_worlds: Worlds, registry: Registry
) -> None:
    settings = Settings(queue_workers=0, queue_limit=1)
    async with running(Application(settings, queue_url)) as full, http_to(full) as http:
        queue = await queue_of(queue_url, http, registry, await queue_worlds.copy())
        body = json.dumps(opportunity(queue)).encode()
        first = await post(queue, body, **{"Idempotency-Key": "k"})
        assert first.status_code == 200
        assert (await post(queue, body, **{"Idempotency-Key": "k"})).content == first.content
        assert (await post(queue, body, **{"Idempotency-Key": "other"})).status_code == 429
        assert (await post(queue, b"{}", **{"Idempotency-Key": "k"})).status_code == 422
        assert await queue.count("queued") == 1


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/lead/update", '[{"Attribute":"x\\u0000","Value":"y"}]'),
        ("/opportunity/update", '{"ProspectOpportunityId":"{opp.1}","Fields":[{"SchemaName":"x\\u0000"}]}'),
        (
            "/activity/create",
            '{"RelatedProspectId":"{lead.1}","ActivityEvent":206,"Fields":[{"SchemaName":"\\u0000"}]}',
        ),
    ],
)
async def test_nul_in_what_a_refusal_repeats_stops_nobody(queue: Queue, path: str, body: str) -> None:
    for name, value in queue.world.values.items():
        body = body.replace("{" + name + "}", value)
    lead = queue.world.values["lead.1"]
    query = [("leadId", lead)] if path == "/lead/update" else []
    sent = await queue.client.send("POST", path, content=body, query=query, headers=queue.key)
    assert sent.status_code == 200, sent.text
    async with queue.working():
        await queue.until("error", 1)
    status = await queue.status(path, sent.json()["RequestID"])
    assert status["Status"] == "ERROR"
    assert "does not exist" in status["StatusReason"]
    assert status["RequestBody"] == body


async def test_what_was_finished_long_ago_is_forgotten(queue: Queue) -> None:
    request = await queue.submit(UPDATE, opportunity(queue))
    clock = Clock()
    async with queue.working(clock=clock):
        await queue.until("success", 1)
    clock.now = clock.now.replace(year=clock.now.year + 1)
    async with queue.working(clock=clock):
        await queue.until("success", 0)
    answer = await queue.client.send(
        "GET", f"{UPDATE}/status", query=[("RequestID", request)], headers=queue.key
    )
    assert envelope(answer).type == "MXInvalidInputException"
