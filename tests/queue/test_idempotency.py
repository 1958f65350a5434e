"""The header Idempotency-Key: the same write twice is done once, whatever kind of write it is."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from fairlead.app import Application
from fairlead.settings import Settings
from fairlead.wire import idempotency
from fairlead.wire.operation import Registry
from world import Client
from world.client import envelope
from world.queue import Queue
from world.serving import Log, http_to, running

CREATE = "/v2/ProspectActivity.svc/CreateCustom"
PRODUCT = "/v2/SalesActivity.svc/CreateProduct"


def activity(note: str = "Called") -> dict[str, Any]:
    return {
        "LeadDetails": [{"Attribute": "EmailAddress", "Value": "ada@example.com"}],
        "Activity": {"ActivityEvent": 206, "ActivityNote": note},
    }


async def post(client: Client, path: str, body: Any, key: str | None, **query: str) -> httpx.Response:
    headers = {} if key is None else {"Idempotency-Key": key}
    return await client.send("POST", path, json=body, query=query.items(), headers=headers)


async def test_the_same_call_again_gets_the_first_answer_and_does_nothing(client: Client) -> None:
    first = await post(client, CREATE, activity(), "k")
    again = await post(client, CREATE, activity(), "k")
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.content == first.content
    assert await client.world.count("activity") == 1
    assert (await post(client, CREATE, activity(), "another")).json() != first.json()
    assert (await post(client, CREATE, activity(), None)).json() != first.json()
    assert await client.world.count("activity") == 3


async def test_another_call_under_the_key_is_refused(client: Client) -> None:
    await post(client, CREATE, activity(), "k")
    for answer in (
        await post(client, CREATE, activity("Something else"), "k"),
        await post(client, CREATE, activity(), "k", leadId="x"),
        await post(client, PRODUCT, {"ProductSku": "A-1", "Name": "A"}, "k"),
    ):
        assert envelope(answer)[:2] == (422, "MXInvalidInputException")
    assert await client.world.count("activity") == 1
    assert await client.world.count("product") == 0


async def test_a_refused_capture_leaves_its_key_free(client: Client) -> None:
    """Its refusal is an answer with status 200."""
    path = "/v2/OpportunityManagement.svc/Capture"
    body = {
        "LeadDetails": [
            {"Attribute": "EmailAddress", "Value": "ada@example.com"},
            {"Attribute": "FirstName", "Value": "Ada"},
            {"Attribute": "SearchBy", "Value": "FirstName"},
        ],
        "Opportunity": {
            "OpportunityEventCode": 12005,
            "Fields": [{"SchemaName": "mx_Custom_1", "Value": "A"}],
        },
    }
    refused = await post(client, path, body, "k")
    assert refused.json()["Status"] == 1, refused.text
    body["LeadDetails"][2]["Value"] = "EmailAddress"  # type: ignore[index]  # a body as JSON
    good = await post(client, path, body, "k")
    assert good.json()["Status"] == 0, good.text
    assert (await post(client, path, body, "k")).content == good.content


async def test_a_hundred_at_once_are_done_once(client: Client) -> None:
    answers = await asyncio.gather(*(post(client, CREATE, activity(), "k") for _ in range(100)))
    done = {answer.content for answer in answers if answer.status_code == 200}
    assert len(done) == 1
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert await client.world.count("activity") == 1
    assert (await post(client, CREATE, activity(), "k")).content == done.pop()


@contextlib.asynccontextmanager
async def held_up(client: Client, table: str) -> AsyncIterator[None]:
    """Nobody can write to the table for the length of the block: calls that do are under way until then."""
    async with client.world.db.transaction():
        await client.world.db.execute(f"lock table {table} in share mode")
        yield


async def under_way(queries: int, client: Client) -> None:
    """Wait until so many sessions wait for a lock: the calls are in the middle of their work."""
    waiting = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
    for _ in range(500):
        if await client.world.db.fetchval(waiting) >= queries:
            return
        await asyncio.sleep(0.01)
    raise AssertionError("nothing is under way")


@pytest.mark.parametrize(
    ("path", "body", "table"),
    [(CREATE, activity(), "activity"), (PRODUCT, {"ProductSku": "A-1", "Name": "A"}, "product")],
    ids=["plan", "rare write"],
)
async def test_while_the_first_is_done_the_second_is_told_so_at_once(
    client: Client, path: str, body: Any, table: str
) -> None:
    async with held_up(client, table):
        first = asyncio.create_task(post(client, path, body, "k"))
        await under_way(1, client)
        begin = time.monotonic()
        second = await post(client, path, body, "k")
        other = await post(client, path, body, "k", leadId="x")
        assert time.monotonic() - begin < 2
        assert not first.done()
    assert envelope(second) == (
        409,
        "RequestInProgressException",
        "A request with this Idempotency-Key is still being processed; send it again in a moment.",
    )
    assert second.json()["IsMXException"] is False
    assert envelope(other).status == 422
    assert (await first).status_code == 200
    assert (await post(client, path, body, "k")).content == (await first).content
    assert await client.world.count(table) == 1


async def test_while_a_submit_is_accepted_the_second_is_told_so_at_once(queue: Queue) -> None:
    body = {"RelatedProspectId": queue.world.values["lead.1"], "ActivityEvent": 206}
    headers = queue.key | {"Idempotency-Key": "k"}

    async def submit() -> httpx.Response:
        return await queue.client.send("POST", "/activity/create", json=body, headers=headers)

    async with held_up(queue.client, "async_request"):
        first = asyncio.create_task(submit())
        await under_way(1, queue.client)
        assert envelope(await submit()).status == 409
        # The same key means something else on the other surface; there, too, it is in use.
        assert envelope(await post(queue.client, CREATE, activity(), "k")).status == 422
    accepted = await first
    assert (await submit()).content == accepted.content
    assert await queue.count("queued") == 1


async def test_a_call_that_was_refused_or_fell_over_gives_its_key_back(client: Client, log: Log) -> None:
    wrong = activity() | {"Activity": {"ActivityEvent": 9999}}
    answers = await asyncio.gather(*(post(client, CREATE, wrong, "k") for _ in range(2)))
    assert {answer.status_code for answer in answers} <= {409, 500}
    async with client.world.db.transaction():
        await client.world.db.execute("alter table activity add constraint no_more check (false) not valid")
    try:
        assert (await post(client, CREATE, activity(), "k")).json()["IsMXException"] is False
    finally:
        await client.world.db.execute("alter table activity drop constraint no_more")
    assert (await post(client, CREATE, activity(), "k")).status_code == 200
    log.faults.clear()


async def test_two_processes_do_it_once(client: Client, database_url: str, registry: Registry) -> None:
    """The second application is another process to the first: it has its own batches and its own connections."""
    async with running(Application(Settings(), database_url)) as second, http_to(second) as http:
        other = Client(http, registry, client.world)
        for number in range(20):
            answers = await asyncio.gather(
                *(post(who, CREATE, activity(), f"k{number}") for who in (client, other) * 4)
            )
            assert done_once(answers)
        products = await asyncio.gather(
            *(post(who, PRODUCT, {"ProductSku": "A-1", "Name": "A"}, "p") for who in (client, other) * 4)
        )
    assert done_once(products)
    assert await client.world.count("activity") == 20
    assert await client.world.count("product") == 1


async def test_in_another_process_the_second_gets_the_answer_of_the_first(
    client: Client, database_url: str, registry: Registry
) -> None:
    async with running(Application(Settings(), database_url)) as started, http_to(started) as http:
        other = Client(http, registry, client.world)
        async with held_up(client, "activity"):
            first = asyncio.create_task(post(client, CREATE, activity(), "k"))
            second = asyncio.create_task(post(other, CREATE, activity(), "k"))
            await under_way(2, client)
        assert (await first).status_code == 200
        assert (await second).content == (await first).content
    assert await client.world.count("activity") == 1


def done_once(answers: list[httpx.Response]) -> bool:
    """One answer for all that were answered; the others were told to come again."""
    assert {answer.status_code for answer in answers} <= {200, 409}
    return len({answer.content for answer in answers if answer.status_code == 200}) == 1


async def test_a_rare_write_is_done_once(client: Client) -> None:
    body = {"ProductSku": "A-1", "Name": "A"}
    first = await post(client, PRODUCT, body, "k")
    assert first.status_code == 200, first.text
    assert (await post(client, PRODUCT, body, "k")).content == first.content
    assert envelope(await post(client, PRODUCT, body, None)).type == "MXDuplicateEntryException"


async def test_a_refused_call_leaves_its_key_free(client: Client) -> None:
    body = activity()
    body["Activity"]["ActivityEvent"] = 9999
    assert envelope(await post(client, CREATE, body, "k")).type == "MXInvalidActivityException"
    assert (await post(client, CREATE, activity(), "k")).status_code == 200


async def test_a_submit_is_accepted_once(queue: Queue) -> None:
    body = {"RelatedProspectId": queue.world.values["lead.1"], "ActivityEvent": 206}
    headers = queue.key | {"Idempotency-Key": "k"}
    answers = [
        await queue.client.send("POST", "/activity/create", json=body, headers=headers) for _ in range(3)
    ]
    assert {answer.content for answer in answers} == {answers[0].content}
    assert await queue.count("queued") == 1


@pytest.mark.parametrize("key", ["", " ", "x" * 256, "a\tb", "ä"])
async def test_a_key_that_is_none_is_refused(client: Client, key: str) -> None:
    answer = await client.send(
        "POST",
        CREATE,
        json=activity(),
        headers=[("Idempotency-Key", key.encode("latin-1"))],  # type: ignore[arg-type]
    )
    assert envelope(answer)[:2] == (400, "MXInvalidInputException")
    assert await client.world.count("activity") == 0


async def test_keys_are_forgotten_after_a_day(client: Client) -> None:
    now = datetime.now(UTC)
    await post(client, CREATE, activity(), str(uuid4()))
    assert await client.world.count("idempotency") == 1
    db = client.world.db
    await idempotency.expire(db, now + timedelta(hours=23), 1000)
    assert await client.world.count("idempotency") == 1
    await idempotency.expire(db, now + timedelta(hours=25), 1000)
    assert await client.world.count("idempotency") == 0
