"""Every exchange of the contract files whose operation exists, as its page promises it.

Each runs in an organisation of its own, which holds what the exchange names and what its `# given:` words say.
One that is refused changes nothing, which is looked at row by row, in every table.
The client checks the declared shape of every reply besides.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from contract_file import Exchange, all_exchanges, fill, match, refused
from fairlead import app
from world import Client, World, prepare
from world.contents import DRAWN, differences, stored
from world.states import Prepared

CONTRACT = Path(__file__).parent / "contract"
EXCHANGES = all_exchanges(CONTRACT)
BY_PATH = app.registry().by_path
FINISHED = {"accounts", "activities", "async_", "leads", "metadata", "opportunities", "sales", "users"}
"""Families of which every page has its operation."""
LOST, WRONG_VERB = 404, 405
PATIENCE = 10
"""Seconds until a queued request must be done."""


def queued_paths() -> set[str]:
    """Submit, status and metrics of every operation that can be queued, and the short status paths of families."""
    found: set[str] = set()
    for operation in app.registry().all():
        if (queued := operation.queued) is not None:
            family = queued.path.split("/")[1]
            found |= {queued.path, f"{queued.path}/status", f"{queued.path}/metrics", f"/{family}/status"}
            found |= set(queued.aliases)
    return {path.lower() for path in found}


QUEUED = queued_paths()


def built(exchange: Exchange) -> bool:
    """True when the server has the operation, or the exchange says that there is none."""
    path = exchange.path.lower()
    verbs = BY_PATH.get(path, {})
    refused = exchange.status == WRONG_VERB and bool(verbs)
    return exchange.method in verbs or refused or path in QUEUED or exchange.status == LOST


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
    before = await stored(world, but=DRAWN) if refused(exchange) else {}
    response = await send(client, exchange, prepared.values)
    changed = differences(before, await stored(world, but=DRAWN)) if before else []
    known = dict(prepared.values)
    wrong = [] if response.status_code == exchange.status else [f"status {response.status_code}"]
    headers = {name: response.headers.get(name) for name in exchange.response_headers}
    wrong += match(exchange.response_headers, headers, known, partial=False)
    wrong += match(exchange.response, response.json(), known, partial=exchange.partial)
    place = f"tests/contract/{family}/{page}.http:{exchange.line} [{exchange.evidence}]"
    assert not wrong, "\n".join([place, *wrong, response.text[:4000]])
    assert not changed, f"{place} is refused and yet changes {changed}"


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


async def worked(client: Client, exchange: Exchange, path: str, values: dict[str, str]) -> dict[str, Any]:
    """The TaskStatus of the same request, sent to the queue at this path, once it is done."""
    key = {"x-api-key": (await client.world.need("async.key"))["async.key"]}
    accepted = await send(client, dataclasses.replace(exchange, path=path, headers=key), values)
    assert accepted.status_code == 200, accepted.text
    request = [("RequestID", accepted.json()["RequestID"])]
    for _ in range(PATIENCE * 50):
        reply = await client.send("GET", f"{path}/status", query=request, headers=key, signed=False)
        task: dict[str, Any] = reply.json()["TaskStatus"]
        if task["Status"] != "In-Queue":
            return task
        await asyncio.sleep(0.02)
    raise AssertionError(task)


def test_what_is_not_built_is_known() -> None:
    """The pages of the contract that have no operation yet, none of them of a finished family; `pytest -s` prints them."""
    missing = sorted({f"{family}/{page}" for family, page, exchange in EXCHANGES if not built(exchange)})
    assert not {page.partition("/")[0] for page in missing} & FINISHED
    print(f"\n{len(missing)} pages without an operation: {', '.join(missing)}")
