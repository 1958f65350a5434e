"""The batcher when its database misbehaves: connections that break under it lose nothing and do nothing twice."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

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
