"""StatusWebhookURL of Delete Activities: told once the activities are gone, as the contract says, and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from fairlead.app import Application
from fairlead.settings import Settings
from fairlead.wire.operation import Registry
from world import Client, Worlds
from world.queue import Clock, Queue
from world.receiver import Receiver, answered, receiving
from world.serving import http_to, running

DELETE = "/v2/ProspectActivity.svc/DeleteActivities"
FAR = {"ToDate": "9999-12-31 23:59:59"}


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """Who is told."""
    async with receiving() as opened:
        yield opened


@pytest.fixture
async def order(queue: Queue) -> dict[str, Any]:
    """An order to delete two activities of a lead that has three."""
    two = {"code": "163"}
    await queue.world.need("lead.1", activity_1=two, activity_2=two, activity_3={"code": "206"})
    return {"ProspectId": queue.world.values["lead.1"], "ActivityEventList": ["163"]} | FAR


async def told(client: Client) -> list[Any]:
    found: list[Any] = await client.world.db.fetch(
        "select * from delivery where org_id = $1", client.world.org_id
    )
    return found


async def until(client: Client, state: str, attempts: int) -> Any:
    for _ in range(1000):
        [found] = await told(client)
        if (found["state"], found["attempts"]) == (state, attempts):
            return found
        await asyncio.sleep(0.02)
    raise AssertionError(dict(found))


async def deleted(client: Client, order: dict[str, Any], **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = await client.send("POST", DELETE, json=order, headers=named)
    assert answer.status_code == 200, answer.text
    return answer


async def test_it_gets_how_many_were_deleted(queue: Queue, receiver: Receiver, order: dict[str, Any]) -> None:
    answer = await deleted(queue.client, order | {"StatusWebhookURL": f" {receiver.address}/done?x=1 "})
    assert "fairlead-notice" not in answer.headers
    async with queue.working(private_callbacks=True):
        [arrived] = await receiver.until(1)
        row = await until(queue.client, "sent", 1)
    assert arrived.target == "/done?x=1"
    assert arrived.body == (
        b'{"Status":"Success","Operation":"Delete Activities","DeletedCount":2,"FailureReason":null}'
    )
    assert arrived.headers["content-type"] == "application/json; charset=utf-8"
    assert arrived.headers["fairlead-delivery"] == str(row["id"])
    assert "fairlead-signature" not in arrived.headers
    assert (row["kind"], str(row["about"])) == ("status-webhook", answer.headers["x-request-id"])


async def test_it_is_tried_three_times(queue: Queue, receiver: Receiver, order: dict[str, Any]) -> None:
    receiver.answers = [answered(500)] * 3
    await deleted(queue.client, order | {"StatusWebhookURL": receiver.address})
    clock = Clock()
    async with queue.working(clock=clock, private_callbacks=True):
        for attempt in (1, 2):
            await until(queue.client, "due", attempt)
            clock.now += timedelta(minutes=1)
        await until(queue.client, "failed", 3)
    assert len({some.headers["fairlead-delivery"] for some in receiver.arrived}) == 1


async def test_a_private_address_is_not_told_unless_the_sender_may(
    queue: Queue, receiver: Receiver, order: dict[str, Any]
) -> None:
    await deleted(queue.client, order | {"StatusWebhookURL": receiver.address})
    async with queue.working():
        row = await until(queue.client, "failed", 1)
    assert row["reason"] == "refused: 127.0.0.1 is not a public address"
    assert receiver.arrived == []


async def test_what_is_sent_twice_under_one_key_is_told_once(
    queue: Queue, receiver: Receiver, order: dict[str, Any]
) -> None:
    for _ in range(2):
        await deleted(queue.client, order | {"StatusWebhookURL": receiver.address}, Idempotency_Key="k")
    assert len(await told(queue.client)) == 1


async def test_an_order_that_is_refused_tells_nothing(queue: Queue, order: dict[str, Any]) -> None:
    url = {"StatusWebhookURL": "https://example.com/done"}
    await queue.client.refused(DELETE, order | url | {"ActivityEventList": ["163", "22"]})
    assert await told(queue.client) == []


@pytest.mark.parametrize(
    "address",
    [
        "done", "ftp://example.com", "https://", "https://user:secret@example.com/", "https://example.com/a b", 5,
        "http://127.0.0.1:8080/done", "https://localhost/", "https://169.254.169.254/latest", "x" * 3000, "a\0b",
    ],
)  # fmt: skip
async def test_an_address_that_nothing_is_sent_to_is_noticed(
    address: Any, queue_url: str, queue_worlds: Worlds, registry: Registry
) -> None:
    async with (
        running(Application(Settings(queue_workers=0), queue_url)) as strict,
        http_to(strict) as http,
    ):
        client = Client(http, registry, await queue_worlds.copy())
        lead = (await client.world.need("lead.1"))["lead.1"]
        order = {"ProspectId": lead, "ActivityEventList": [163], "StatusWebhookURL": address}
        answer = await deleted(client, order)
        assert answer.headers["fairlead-notice"].startswith("status-webhook-not-sent;")
        assert await told(client) == []


async def test_http_is_enough_for_a_public_address(
    queue_url: str, queue_worlds: Worlds, registry: Registry
) -> None:
    async with (
        running(Application(Settings(queue_workers=0), queue_url)) as strict,
        http_to(strict) as http,
    ):
        client = Client(http, registry, await queue_worlds.copy())
        lead = (await client.world.need("lead.1"))["lead.1"]
        order = {
            "ProspectId": lead,
            "ActivityEventList": [163],
            "StatusWebhookURL": "http://example.com/done",
        }
        assert "fairlead-notice" not in (await deleted(client, order)).headers
        [row] = await told(client)
        # Nobody here may send it: tests reach for no address but their own.
        await client.world.db.execute("delete from delivery where org_id = $1", client.world.org_id)
    assert (row["url"], row["key_id"]) == ("http://example.com/done", None)
