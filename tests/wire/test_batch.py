"""The batcher when its database misbehaves: connections that break under it lose nothing and do nothing twice."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import asyncpg
import pytest

from world import Client, World, Worlds
from world.serving import Log

PATH = "/v2/ProspectActivity.svc/CreateCustom"


async def test_a_connection_that_breaks_under_load(client: Client, log: Log) -> None:
    world = client.world

    async def post(number: int) -> None:
        await asyncio.sleep(number % 50 / 100)
        lead = [{"Attribute": "EmailAddress", "Value": f"b{number % 100}@example.com"}]
        await client.post(
            PATH, {"LeadDetails": lead, "Activity": {"ActivityEvent": 105, "ActivityNote": f"{number}"}}
        )

    async def breaker() -> None:
        for _ in range(8):
            await asyncio.sleep(0.06)
            await world.db.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'fairlead batch'"
            )

    async with asyncio.TaskGroup() as group:
        group.create_task(breaker())
        for number in range(1000):
            group.create_task(post(number))
    assert any("connected to the database again" in line for line in log.lines)
    assert await world.count("lead") == 100
    notes = [row["note"] for row in await world.rows("activity")]
    assert sorted(notes) == sorted(str(number) for number in range(1000))


async def test_calls_of_many_organisations_share_batches(
    client: Client, worlds: Worlds, client_of: Callable[[World], Client]
) -> None:
    """Same ids, same values, at the same moment: each organisation gets its own."""
    clients = [client, *[client_of(await worlds.copy()) for _ in range(7)]]
    for one in clients:
        await one.world.need("lead.1")
    lead = [{"Attribute": "EmailAddress", "Value": clients[0].world.values["lead.1.email"]}]
    body = {"LeadDetails": lead, "Activity": {"ActivityEvent": 105}}
    await asyncio.gather(*[one.post(PATH, body) for _ in range(20) for one in clients])
    for one in clients:
        assert await one.world.count("lead") == 1
        assert await one.world.count("activity") == 20


HOLD_LEADS = "select 1 from lead where org_id = $1 for update"
HOLD_NUMBERS = """insert into counter (org_id, name, next) values ($1, 'lead', 1000)
on conflict (org_id, name) do update set next = counter.next returning 1"""


@pytest.mark.parametrize("hold", [HOLD_LEADS, HOLD_NUMBERS], ids=["in its write", "before its write"])
async def test_what_is_committed_is_answered_while_the_next_batch_is_held_up(
    client: Client, worlds: Worlds, client_of: Callable[[World], Client], database_url: str, hold: str
) -> None:
    clients = [client, client_of(await worlds.copy())]
    holders = [await asyncpg.connect(database_url) for _ in clients]
    held = [holder.transaction() for holder in holders]
    calls = []
    try:
        for one, holder, transaction, holding in zip(clients, holders, held, (HOLD_LEADS, hold), strict=True):
            await one.world.need("lead.1")
            await transaction.start()
            assert await holder.fetchval(holding, one.world.org_id)
            lead = [{"Attribute": "EmailAddress", "Value": one.world.values["lead.1.email"]}]
            body = {"LeadDetails": lead, "Activity": {"ActivityEvent": 105}}
            calls.append(asyncio.create_task(one.post(PATH, body)))
            await _held_up(client.world)
        await asyncio.sleep(0.1)  # the second call waits for the batch of the first
        await held[0].rollback()
        await asyncio.wait_for(calls[0], 20)
        await _held_up(client.world)
        assert not calls[1].done()
        await held[1].rollback()
        await asyncio.wait_for(calls[1], 20)
    finally:
        for holder in holders:
            await holder.close()
    for one in clients:
        assert await one.world.count("activity") == 1


async def _held_up(world: World) -> None:
    """Return when a batcher waits for a lock."""
    waiting = "select count(*) from pg_stat_activity where application_name = 'fairlead batch' and wait_event_type = 'Lock'"
    for _ in range(400):
        if await world.db.fetchval(waiting) == 1:
            return
        await asyncio.sleep(0.01)
    raise TimeoutError
