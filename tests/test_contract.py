"""Every exchange of the contract files whose operation exists, as its page promises it.

Each runs in an organisation of its own, which holds what the exchange names and what its `# given:` words say.
The client checks the declared shape of every reply besides.
"""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from contract_file import Exchange, all_exchanges, fill, match
from fairlead import app
from world import Client, World, prepare
from world.states import Prepared

CONTRACT = Path(__file__).parent / "contract"
EXCHANGES = all_exchanges(CONTRACT)
BY_PATH = app.registry().by_path
LOST = 404
PATIENCE = 10
"""Seconds until a queued request must be done."""


def queued_paths() -> set[str]:
    """Submit, status and metrics of every operation that can be queued."""
    found: set[str] = set()
    for operation in app.registry().all():
        if (queued := operation.queued) is not None:
            found |= {queued.path, f"{queued.path}/status", f"{queued.path}/metrics", *queued.aliases}
    return {path.lower() for path in found}


QUEUED = queued_paths()


def built(exchange: Exchange) -> bool:
    """True when the server has the operation, or the exchange says that there is none."""
    path = exchange.path.lower()
    return exchange.method in BY_PATH.get(path, {}) or path in QUEUED or exchange.status == LOST


def named(entry: tuple[str, str, Exchange]) -> str:
    """The name of a test: family/page/title."""
    family, page, exchange = entry
    return f"{family}/{page}/{exchange.title}".replace(" ", "-")


@pytest.mark.parametrize("entry", [entry for entry in EXCHANGES if built(entry[2])], ids=named)
async def test_exchange(
    entry: tuple[str, str, Exchange], world: World, client_of: Callable[[World], Client]
) -> None:
    family, page, exchange = entry
    client = client_of(world)
    prepared = await prepare(world, exchange)
    if prepared.submit:
        prepared.values |= await submitted(client, prepared, exchange.path)
    if prepared.calls:
        await world.settings(rate_limit="25/5s")
    for _ in range(prepared.calls):
        await send(client, exchange, prepared.values)
    response = await send(client, exchange, prepared.values)
    known = dict(prepared.values)
    wrong = [] if response.status_code == exchange.status else [f"status {response.status_code}"]
    headers = {name: response.headers.get(name) for name in exchange.response_headers}
    wrong += match(exchange.response_headers, headers, known, partial=False)
    wrong += match(exchange.response, response.json(), known, partial=exchange.partial)
    place = f"tests/contract/{family}/{page}.http:{exchange.line} [{exchange.evidence}]"
    assert not wrong, "\n".join([place, *wrong, response.text[:4000]])


async def submitted(client: Client, prepared: Prepared, status: str) -> dict[str, str]:
    """Send the first exchange of a page, wait until it is processed; the values of the request and its id."""
    exchange = next(exchange for _, page, exchange in EXCHANGES if page == prepared.submit)
    values = (await prepare(client.world, exchange)).values
    values |= {name: str(uuid.uuid4()) for name in prepared.unknown}
    accepted = await send(client, exchange, values)
    request_id = accepted.json()["RequestID"]
    values |= {"request.1": request_id, "request.1.body": fill(exchange.body_text, values)}
    key = {"x-api-key": values["async.key"]}
    for _ in range(PATIENCE * 50):
        reply = await client.send("GET", status, query=[("RequestID", request_id)], headers=key)
        if '"In-Queue"' not in reply.text:
            break
        await asyncio.sleep(0.02)
    return values


async def send(client: Client, exchange: Exchange, values: dict[str, str]) -> httpx.Response:
    """Send the request of an exchange."""
    body = fill(exchange.body_text, {name: json.dumps(text)[1:-1] for name, text in values.items()})
    return await client.send(
        exchange.method,
        exchange.path,
        query=fill(exchange.query, values),
        content=body.encode(),
        headers=fill(exchange.headers, values),
    )


def test_what_is_not_built_is_known() -> None:
    """The pages of the contract that have no operation yet; the list is printed with `pytest -s`."""
    missing = sorted({f"{family}/{page}" for family, page, exchange in EXCHANGES if not built(exchange)})
    print(f"\n{len(missing)} pages without an operation: {', '.join(missing)}")
    pages = {page for _, page, _ in EXCHANGES}
    without = sorted({page for op in app.registry().all() for page in op.pages} - pages)
    print(f"{len(without)} operations without a contract file: {', '.join(without)}")
