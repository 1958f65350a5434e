"""The order of a record holds also around a retry: what was accepted later waits until the earlier one has ended."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from fairlead import app
from fairlead.wire.operation import Call, Plan, Registry
from fairlead.wire.queue.worker import DELAYS
from world.queue import Clock, Queue
from world.serving import Log

UPDATE = "/opportunity/update"
BAD = "a fault of ours"
FILL = """
insert into async_request (org_id, id, operation, record, user_id, query, body, state, attempts, crashes, accepted_on,
    due_on)
select $1, uuidv7(), $2, $3, $4, '{}', $5, 'queued', 0, 0, now(), now() from generate_series(1, $6)
"""


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


async def submit(queue: Queue, *notes: str) -> list[str]:
    """One after the other, about one opportunity."""
    opportunity = queue.world.values["opp.1"]
    return [
        await queue.submit(UPDATE, {"ProspectOpportunityId": opportunity, "OpportunityNote": note})
        for note in notes
    ]


async def test_two_names_of_one_opportunity_are_one_record(queue: Queue) -> None:
    """Its id, and the auto number that its type shows."""
    opportunity = queue.world.values["opp.1"]
    statement = "select auto_id from activity where org_id = $1 and id = $2"
    number = await queue.db.fetchval(statement, queue.world.org_id, opportunity)
    for reference in (opportunity, number, str(number), opportunity.upper(), f" {number} "):
        await queue.submit(UPDATE, {"ProspectOpportunityId": reference, "OpportunityNote": "x"})
    await queue.submit(UPDATE, {"ProspectOpportunityId": "99999999", "OpportunityNote": "x"})
    rows = await queue.db.fetch(
        "select record from async_request where org_id = $1 order by id", queue.world.org_id
    )
    assert [row["record"] for row in rows] == [opportunity] * 5 + ["99999999"]


async def notes(queue: Queue) -> list[str]:
    """The notes that the opportunity had, in order, from its history."""
    rows = await queue.db.fetch(
        "select changes::text from change where org_id = $1 and record_id = $2 order by id",
        queue.world.org_id,
        queue.world.values["opp.1"],
    )
    changes = [json.loads(row["changes"]) for row in rows]
    return [new for change in changes for name, (_, new) in change.items() if "note" in name.lower()]


@pytest.mark.parametrize("workers", [1, 4])
async def test_later_ones_wait_for_the_one_that_is_tried_again(queue: Queue, log: Log, workers: int) -> None:
    clock = Clock()
    await submit(queue, "one", BAD, "two", "three")
    async with queue.working(workers, registry=faulty(), clock=clock):
        await queue.until("held", 2)
        assert await queue.count("retry") == 1
        late = (await submit(queue, "four"))[0]
        await queue.until("held", 3)
        assert (await queue.status(UPDATE, late))["Status"] == "In-Queue"
        clock.now += DELAYS[0]
        await attempted(queue, 2)
        await asyncio.sleep(0.3)
        assert await queue.count("success") == 1
    assert await notes(queue) == ["one"]
    clock.now += DELAYS[1]
    async with queue.working(workers, clock=clock):  # what was wrong is mended
        await queue.until("success", 5)
    assert await notes(queue) == ["one", BAD, "two", "three", "four"]
    log.faults.clear()


async def attempted(queue: Queue, times: int) -> None:
    """Wait until the one in retry was tried so often."""
    for _ in range(500):
        found = await queue.db.fetchval(
            "select max(attempts) from async_request where org_id = $1 and state = 'retry'",
            queue.world.org_id,
        )
        if found == times:
            return
        await asyncio.sleep(0.02)
    raise AssertionError(found)


async def test_they_go_on_when_it_is_given_up(queue: Queue, log: Log) -> None:
    clock = Clock()
    _, bad, held, _ = await submit(queue, "one", BAD, "two", "three")
    async with queue.working(registry=faulty(), clock=clock):
        await queue.until("held", 2)
        await queue.give_up(held)
        await queue.until("held", 1)
        await queue.give_up(bad)
        await queue.until("success", 2)
    assert await notes(queue) == ["one", "three"]
    assert (await queue.status(UPDATE, bad))["Status"] == "FAILURE"
    assert (await queue.status(UPDATE, held))["Status"] == "FAILURE"
    log.faults.clear()


async def test_they_go_on_when_its_attempts_are_used_up(queue: Queue, log: Log) -> None:
    clock = Clock()
    await submit(queue, BAD, "two")
    await queue.db.execute(
        "update async_request set attempts = $2 where org_id = $1 and body like $3",
        queue.world.org_id,
        len(DELAYS) - 1,
        f"%{BAD}%",
    )
    async with queue.working(registry=faulty(), clock=clock):
        await queue.until("held", 1)
        clock.now += DELAYS[-1]
        await queue.until("failure", 1)
        await queue.until("success", 1)
    assert await notes(queue) == ["two"]
    log.faults.clear()


async def test_one_that_is_run_by_hand_is_run_at_once_and_first(queue: Queue, log: Log) -> None:
    clock = Clock()
    bad = (await submit(queue, BAD, "two"))[0]
    async with queue.working(registry=faulty(), clock=clock):
        await queue.until("held", 1)
    async with queue.db.transaction():
        assert await queue.again(bad)
    async with queue.working(clock=clock):
        await queue.until("success", 2)
    assert await notes(queue) == [BAD, "two"]
    log.faults.clear()


async def test_a_failed_one_that_is_run_again_does_not_let_the_next_overtake(queue: Queue, log: Log) -> None:
    """Three about one record: the first has failed and is put back, the second waits for its next attempt."""
    clock = Clock()
    first, _, _ = await submit(queue, "one", BAD, "three")
    await queue.give_up(first)
    async with queue.working(registry=faulty(), clock=clock):
        await queue.until("held", 1)
        assert await queue.again(first)
        await queue.until("success", 1)
        await asyncio.sleep(0.3)
        assert await notes(queue) == ["one"]
    clock.now += DELAYS[0]
    async with queue.working(clock=clock):
        await queue.until("success", 3)
    assert await notes(queue) == ["one", BAD, "three"]
    log.faults.clear()


async def test_a_record_that_waits_for_hours_stops_no_other(queue: Queue, log: Log) -> None:
    """Far more wait behind it than a worker looks at in one go; the other records are behind all of them."""
    clock = Clock()
    opportunity, lead = queue.world.values["opp.1"], queue.world.values["lead.1"]
    await queue.db.execute("analyze async_request")  # the burst comes after PostgreSQL has seen nothing wait
    await submit(queue, BAD)
    body = json.dumps({"ProspectOpportunityId": opportunity, "OpportunityNote": "behind"})
    world = queue.world
    await queue.db.execute(FILL, world.org_id, UPDATE, opportunity, world.user_id, body, 6000)
    for _ in range(5):
        await queue.submit("/activity/create", {"RelatedProspectId": lead, "ActivityEvent": 206})
    async with queue.working(registry=faulty(), clock=clock):
        await queue.until("success", 5)
        await queue.until("held", 6000)
        assert await queue.count("retry") == 1
        clock.now += sum(DELAYS, timedelta())
    log.faults.clear()
    async with queue.working(clock=clock):
        await queue.until("success", 6006)
    assert (await notes(queue))[:2] == [BAD, "behind"]
