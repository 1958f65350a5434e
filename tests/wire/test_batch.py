"""The batcher when its database misbehaves: connections that break under it lose nothing and do nothing twice."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import asyncpg

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


async def test_what_is_committed_is_answered_while_the_next_batch_is_held_up(
    client: Client, database_url: str
) -> None:
    world = client.world
    await world.need("lead.1", "lead.2")

    def post(lead: str) -> asyncio.Task[object]:
        named = [{"Attribute": "EmailAddress", "Value": world.values[f"{lead}.email"]}]
        return asyncio.create_task(
            client.post(PATH, {"LeadDetails": named, "Activity": {"ActivityEvent": 105}})
        )

    first_holder, second_holder = await asyncpg.connect(database_url), await asyncpg.connect(database_url)
    try:
        first_held, second_held = first_holder.transaction(), second_holder.transaction()
        await first_held.start()
        await second_held.start()
        hold = "select 1 from lead where org_id = $1 and id = $2 for update"
        assert await first_holder.fetchval(hold, world.org_id, world.values["lead.1"])
        assert await second_holder.fetchval(hold, world.org_id, world.values["lead.2"])
        first = post("lead.1")
        await _is_waiting(world, 1)
        second = post("lead.2")
        await asyncio.sleep(0.05)
        await first_held.rollback()
        await asyncio.wait_for(first, 20)
        await _is_waiting(world, 1)
        assert not second.done()
        await second_held.rollback()
        await asyncio.wait_for(second, 20)
    finally:
        await first_holder.close()
        await second_holder.close()
    assert await world.count("activity") == 2


async def _is_waiting(world: World, sessions: int) -> None:
    """Return when so many sessions of batchers wait for a lock."""
    waiting = "select count(*) from pg_stat_activity where application_name = 'fairlead batch' and wait_event_type = 'Lock'"
    for _ in range(400):
        if await world.db.fetchval(waiting) == sessions:
            return
        await asyncio.sleep(0.01)
    raise TimeoutError
