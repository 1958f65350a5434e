"""What was acknowledged is there, however the server ends: a real process, killed in the middle of its work."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from fairlead.db.embedded import Embedded
from fairlead.db.migrate import upgrade
from world import Worlds

PATH = "/v2/ProspectActivity.svc/CreateCustom"
CLIENTS = 32
LOAD = 150
"""Calls acknowledged before the kill."""

# Serves the folder in its first argument; says its port when it answers.
SERVE = """
import pathlib, socket, sys
import uvicorn
from fairlead.app import Application
from fairlead.db.embedded import Embedded
from fairlead.settings import Settings

class Server(uvicorn.Server):
    async def startup(self, sockets=None):
        await super().startup(sockets)
        print(sockets[0].getsockname()[1], flush=True)

with Embedded.start(pathlib.Path(sys.argv[1])) as database, socket.socket() as bound:
    bound.bind(("127.0.0.1", 0))
    config = uvicorn.Config(Application(Settings(), database.url), log_level="warning", access_log=False)
    Server(config).run(sockets=[bound])
"""


@contextmanager
def serving(home: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server process on the folder and its address; killed at the end if it lives."""
    process = subprocess.Popen([sys.executable, "-c", SERVE, str(home)], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        port = process.stdout.readline().strip()
        assert port, "the server did not start"
        yield process, f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def home(reachable: Path, anyio_backend: Any) -> Iterator[Path]:
    """A folder with a database of its own, made and left."""
    folder = reachable / "durable"
    with Embedded.start(folder) as database:
        upgrade(database.url)
    yield folder
    with Embedded.attach(folder):
        pass


def postmaster(home: Path) -> int:
    return int((home / "postgres" / "postmaster.pid").read_text().split()[0])


async def test_kill_9_loses_nothing_that_was_acknowledged(home: Path) -> None:
    """First the server alone is killed, then the server and PostgreSQL together; each time under load."""
    with Embedded.attach(home) as database:
        worlds = Worlds(database.url)
        await worlds.open()
        world = await worlds.copy()
        await worlds.close()
    key = {"x-LSQ-AccessKey": world.access_key, "x-LSQ-SecretKey": world.secret}
    acknowledged: dict[str, str] = {}
    for both in (False, True):
        with serving(home) as (process, address):
            end = partial(kill, process, home, both=both)
            await load(address, key, acknowledged, end, f"{both}".lower())
    assert len(acknowledged) >= 2 * LOAD
    with serving(home) as (_, address):
        async with httpx.AsyncClient(base_url=address, headers=key) as http:
            reply = await http.post(PATH, json=body("after@example.com"))
            assert reply.status_code == 200, reply.text
        with Embedded.attach(home) as database:
            await everything_is_there(database.url, world.org_id, acknowledged)


def kill(process: subprocess.Popen[str], home: Path, *, both: bool) -> None:
    """End it without a word; also PostgreSQL if wanted."""
    database = postmaster(home)
    process.kill()
    if both:
        os.kill(database, signal.SIGKILL)


def body(email: str) -> dict[str, Any]:
    return {
        "LeadDetails": [{"Attribute": "EmailAddress", "Value": email}],
        "Activity": {"ActivityEvent": 105},
    }


async def load(address: str, key: dict[str, str], acknowledged: dict[str, str], end: Any, name: str) -> None:
    """Many clients post without a pause until the server is gone; `acknowledged` is e-mail → activity."""
    wanted = len(acknowledged) + LOAD
    enough = asyncio.Event()

    async def client(number: int, http: httpx.AsyncClient) -> None:
        for count in range(1_000_000):
            email = f"{name}.{number}.{count}@example.com"
            try:
                reply = await http.post(PATH, json=body(email))
            except httpx.TransportError:
                return
            assert reply.status_code == 200, reply.text
            acknowledged[email] = reply.json()["Message"]["Id"]
            if len(acknowledged) >= wanted:
                enough.set()

    async def killer() -> None:
        await enough.wait()
        end()

    limits = httpx.Limits(max_connections=CLIENTS)
    talking = httpx.AsyncClient(base_url=address, headers=key, limits=limits, timeout=20)
    async with talking as http, asyncio.TaskGroup() as group:
        group.create_task(killer())
        for number in range(CLIENTS):
            group.create_task(client(number, http))


async def everything_is_there(url: str, org_id: int, acknowledged: dict[str, str]) -> None:
    """Each acknowledged activity, on the one lead with its e-mail; each lead with its key and history."""
    db = await asyncpg.connect(url)
    try:
        rows = await db.fetch(
            """select k.value as email, a.id::text as activity from lead_key k
            join lead l on l.org_id = k.org_id and l.id = k.lead_id
            join activity a on a.org_id = l.org_id and a.lead_id = l.id
            join change c on c.org_id = l.org_id and c.record_id = l.id
            where k.org_id = $1 and k.field = 'EmailAddress'""",
            org_id,
        )
        stored = {row["email"]: row["activity"] for row in rows}
        assert len(stored) == len(rows)
        assert {email: id for email, id in acknowledged.items() if stored.get(email) != id} == {}
        for table in ("lead", "activity", "lead_key", "change"):
            assert await db.fetchval(f"select count(*) from {table} where org_id = $1", org_id) == len(stored)
        assert len(stored) - len(acknowledged) <= 2 * CLIENTS + 1
    finally:
        await db.close()
