"""The asynchronous twin does what the direct call does: every exchange of the contract files of the queued operations.

Each is sent directly in one organisation and queued in another of the same making, worked off there, and what the
status tells is what the direct call answered: the same reply as JSON text, or the same refusal. Ids differ.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from contract_file import GUID, Exchange, all_exchanges, fill, match
from fairlead import app
from fairlead.wire.operation import Operation, Queued, Registry
from world import Client, Worlds, prepare
from world.queue import Queue

CONTRACT = Path(__file__).parents[1] / "contract"
ID = re.compile(GUID)
NewQueue = Callable[[], Awaitable[Queue]]
"""Makes an organisation of which nothing is made yet but the key, and its queue."""

TWINS = {op.path.lower(): op for op in app.registry().all() if op.queued is not None}
EXCHANGES = [
    entry for entry in all_exchanges(CONTRACT) if entry[2].method == "POST" and entry[2].path.lower() in TWINS
]
AT_ONCE = (400, 401, 429)
"""What is judged before a request is stored, or may be."""


def named(entry: tuple[str, str, Exchange]) -> str:
    """The name of a test: family/page/title."""
    family, page, exchange = entry
    return f"{family}/{page}/{exchange.title}".replace(" ", "-")


@pytest.fixture
def bare_queue(
    queue_url: str, queue_worlds: Worlds, queue_http: httpx.AsyncClient, registry: Registry
) -> NewQueue:
    """What an exchange names is made as the exchange says, so nothing of it may be there before."""

    async def made() -> Queue:
        world = await queue_worlds.copy()
        values = await world.need("async.key")
        return Queue(queue_url, Client(queue_http, registry, world), values["async.key"])

    return made


def twin(exchange: Exchange) -> tuple[Operation, Queued]:
    operation = TWINS[exchange.path.lower()]
    assert operation.queued is not None
    return operation, operation.queued


async def send(
    client: Client, exchange: Exchange, path: str, key: dict[str, str]
) -> tuple[httpx.Response, dict[str, str]]:
    """Send the request of an exchange to this path, in an organisation that has what it names."""
    values = (await prepare(client.world, exchange)).values
    body = fill(exchange.body_text, {name: json.dumps(text)[1:-1] for name, text in values.items()})
    answer = await client.send(
        exchange.method,
        path,
        query=fill(exchange.query, values),
        content=body.encode(),
        headers=fill(exchange.headers, values) | key,
    )
    return answer, values


def refusal(operation: Operation, queued: Queued, answer: httpx.Response) -> str | None:
    """Why the direct call was refused; None when it was not. One operation refuses without an error."""
    if answer.status_code != 200:
        return str(answer.json()["ExceptionMessage"])
    if queued.refusal is None:
        return None
    return queued.refusal(msgspec.json.decode(answer.content, type=operation.reply))


def without_ids(reply: Any) -> Any:
    """The reply with every id as the same word: which are equal to which is what `match` compares."""
    return json.loads(ID.sub("id", json.dumps(reply)))


@pytest.mark.parametrize("entry", EXCHANGES, ids=named)
async def test_both_roads_lead_to_the_same(entry: tuple[str, str, Exchange], bare_queue: NewQueue) -> None:
    _, _, exchange = entry
    operation, queued = twin(exchange)
    direct, other = await bare_queue(), await bare_queue()
    answer, _ = await send(direct.client, exchange, exchange.path, {})
    accepted, values = await send(other.client, exchange, queued.path, other.key)
    if accepted.status_code != 200:
        # No JSON of the right outer type, or wrong keys: refused by both, in the same words, and nothing is stored.
        assert accepted.status_code in AT_ONCE
        assert (accepted.status_code, accepted.json()) == (answer.status_code, answer.json())
        assert await other.count("queued") == 0
        return
    request = accepted.json()["RequestID"]
    async with other.working():
        for _ in range(1500):
            status = await other.status(queued.path, request)
            if status["Status"] != "In-Queue":
                break
            await asyncio.sleep(0.02)
    direct_reply = answer.json()
    refused = refusal(operation, queued, answer)
    if refused is not None:
        assert (status["Status"], status["StatusReason"], status["Message"]) == ("ERROR", refused, None)
        return
    assert (status["Status"], status["StatusReason"]) == ("Success", "Request was successfully completed")
    told = json.loads(status["Message"])
    assert list(told) == list(direct_reply)
    assert without_ids(told) == without_ids(direct_reply)
    # The queued reply keeps the promise of the contract file by itself: its ids are those of its own organisation.
    assert match(exchange.response, told, dict(values), partial=exchange.partial) == []
    assert await counts(direct) == await counts(other)


async def counts(queue: Queue) -> dict[str, int]:
    """How many records there are: both roads leave the same behind."""
    return {table: await queue.world.count(table) for table in ("lead", "lead_key", "activity", "change")}


def test_every_queued_operation_has_exchanges() -> None:
    assert {exchange.path.lower() for _, _, exchange in EXCHANGES} == set(TWINS)
    assert len(EXCHANGES) > 70
