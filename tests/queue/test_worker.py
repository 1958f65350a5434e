"""What workers promise: the order of a record, once and not twice, and that a bad request harms only itself."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import msgspec

from fairlead import app
from fairlead.wire.operation import Call, Plan, Registry
from fairlead.wire.queue.status import FAULT
from fairlead.wire.queue.worker import DELAYS
from world.queue import Clock, Queue
from world.serving import Log

UPDATE = "/opportunity/update"
BAD = "a fault of ours"
NewQueue = Callable[[], Awaitable[Queue]]


def faulty() -> Registry:
    """The operations, of which the opportunity update fails over one note."""
    found = Registry()
    for operation in app.registry().all():
        found.add(msgspec.structs.replace(operation, function=_failing(operation.function)))
    return found


def _failing(function: Callable[[Any], Plan[Any]]) -> Callable[[Any], Plan[Any]]:
    def started(call: Call[Any, Any]) -> Plan[Any]:
        if getattr(call.body, "OpportunityNote", None) == BAD:
            raise RuntimeError(BAD)
        return (yield from function(call))

    return started


def noted(opportunity: str, note: str) -> dict[str, str]:
    return {"ProspectOpportunityId": opportunity, "OpportunityNote": note}


async def submit_all(queue: Queue, bodies: list[Any]) -> list[str]:
    """One after the other: the order of acceptance is the order of the list."""
    return [await queue.submit(UPDATE, body) for body in bodies]


async def notes(queue: Queue, opportunity: str) -> list[str]:
    """The notes that the opportunity had, in order, from its history."""
    rows = await queue.db.fetch(
        "select changes::text from change where org_id = $1 and record_id = $2 order by id",
        queue.world.org_id,
        opportunity,
    )
    changes = [json.loads(row["changes"]) for row in rows]
    return [new for change in changes for name, (_, new) in change.items() if "note" in name.lower()]


async def test_a_thousand_updates_of_one_record_by_eight_workers_keep_their_order(queue: Queue) -> None:
    opportunity = queue.world.values["opp.1"]
    wanted = [f"note {number}" for number in range(1000)]
    async with queue.working(8):
        await submit_all(queue, [noted(opportunity, note) for note in wanted])
        await queue.until("success", 1000)
    assert await notes(queue, opportunity) == wanted
    stored = await queue.db.fetchval(
        "select note from activity where org_id = $1 and id = $2", queue.world.org_id, opportunity
    )
    assert stored == wanted[-1]


async def test_eight_workers_apply_every_request_once(new_queue: NewQueue) -> None:
    queues = [await new_queue() for _ in range(3)]
    for queue in queues:
        lead = queue.world.values["lead.1"]
        for number in range(200):
            body = {"RelatedProspectId": lead, "ActivityEvent": 206, "ActivityNote": f"call {number}"}
            await queue.submit("/activity/create", body)
    async with queues[0].working(8):
        for queue in queues:
            await queue.until("success", 200)
    for queue in queues:
        rows = await queue.db.fetch(
            "select note from activity where org_id = $1 and code = 206 order by id", queue.world.org_id
        )
        assert [row["note"] for row in rows] == [f"call {number}" for number in range(200)]


async def test_a_fault_is_tried_again_ten_times_and_is_then_a_failure(queue: Queue, log: Log) -> None:
    clock, opportunity = Clock(), queue.world.values["opp.1"]
    request = await queue.submit(UPDATE, noted(opportunity, BAD))
    async with queue.working(registry=faulty(), clock=clock):
        for attempt, delay in enumerate(DELAYS, 1):
            await queue.until("retry", 1)
            row = await queue.db.fetchrow("select attempts, due_on from async_request where id = $1", request)
            assert (row["attempts"], row["due_on"]) == (attempt, clock.now + delay)
            assert (await queue.status(UPDATE, request))["Status"] == "In-Queue"
            clock.now += delay - timedelta(seconds=1)
            await asyncio.sleep(0)
            clock.now += timedelta(seconds=1)
            for _ in range(200):
                if await queue.count("retry") == 0 or await attempts(queue, request) > attempt:
                    break
                await asyncio.sleep(0.02)
        await queue.until("failure", 1)
    status = await queue.status(UPDATE, request)
    assert (status["Status"], status["StatusReason"]) == ("FAILURE", FAULT)
    assert sum(DELAYS, timedelta()) == timedelta(hours=9, minutes=9, seconds=30)
    log.faults.clear()


async def attempts(queue: Queue, request: str) -> int:
    found: int = await queue.db.fetchval("select attempts from async_request where id = $1", request)
    return found


async def test_a_bad_request_harms_only_itself(queue: Queue, log: Log) -> None:
    opportunity = queue.world.values["opp.1"]
    await submit_all(queue, [noted(opportunity, BAD)])
    for _ in range(20):
        lead = {"RelatedProspectId": queue.world.values["lead.1"], "ActivityEvent": 206}
        await queue.submit("/activity/create", lead)
    async with queue.working(2, registry=faulty(), clock=Clock()):
        await queue.until("success", 20)
        assert await queue.count("retry") == 1
    log.faults.clear()


async def test_a_statement_that_fails_harms_only_its_request(queue: Queue, log: Log) -> None:
    """A fault that only the database finds: the batch is narrowed down to its cause."""
    opportunity = queue.world.values["opp.1"]
    await queue.db.execute(f"alter table activity add constraint only_here check (note <> '{BAD}') not valid")
    try:
        for number in range(30):
            body = {
                "RelatedProspectId": queue.world.values["lead.1"],
                "ActivityEvent": 206,
                "ActivityNote": f"call {number}",
            }
            await queue.submit("/activity/create", body)
        await queue.submit(UPDATE, noted(opportunity, BAD))
        async with queue.working():
            await queue.until("success", 30)
            await queue.until("retry", 1)
    finally:
        await queue.db.execute("alter table activity drop constraint only_here")
    log.faults.clear()


async def test_a_small_organisation_does_not_wait_for_a_big_one(new_queue: NewQueue) -> None:
    big, small = await new_queue(), await new_queue()
    await big.db.execute(
        """insert into async_request (org_id, id, operation, record, user_id, query, body, state, attempts, crashes,
            accepted_on, due_on)
        select $1, uuidv7(), $2, 'none ' || n, $3, '{}', '{"ProspectOpportunityId":"none"}', 'queued', 0, 0, now(), now()
        from generate_series(1, 5000) n""",
        big.world.org_id, UPDATE, big.world.user_id,
    )  # fmt: skip
    await small.submit(UPDATE, noted(small.world.values["opp.1"], "at once"))
    async with big.working():
        await small.until("success", 1)
        waiting = await big.count("queued")
        await big.until("error", 5000)
    assert waiting > 3000


async def test_accepted_work_is_done_although_its_key_is_disabled_meanwhile(queue: Queue) -> None:
    await queue.submit(UPDATE, noted(queue.world.values["opp.1"], "accepted"))
    await queue.db.execute("update api_key set active = false where org_id = $1", queue.world.org_id)
    await queue.world.definitions_changed()
    async with queue.working():
        await queue.until("success", 1)
