"""A database of the queue's own, on which no worker runs but those that a test starts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from uuid import uuid4

import asyncpg
import httpx
import pytest

from fairlead.app import Application
from fairlead.db.migrate import upgrade
from fairlead.settings import Settings
from fairlead.wire.operation import Registry
from world import Worlds
from world.queue import Queue, queue_of
from world.serving import http_to, running


@pytest.fixture(scope="session")
async def queue_url(database_url: str, anyio_backend: object) -> AsyncIterator[str]:
    """A database on the session's server."""
    name = f"queue_{uuid4().hex}"
    db = await asyncpg.connect(database_url)
    await db.execute(f"create database {name}")
    url = database_url.replace("@/fairlead?", f"@/{name}?")
    await asyncio.to_thread(upgrade, url)
    yield url
    await db.execute(f"drop database {name} with (force)")
    await db.close()


@pytest.fixture(scope="session")
async def queue_worlds(queue_url: str, anyio_backend: object) -> AsyncIterator[Worlds]:
    """Makes organisations there."""
    made = Worlds(queue_url)
    await made.open()
    yield made
    await made.close()


@pytest.fixture(scope="session")
async def queue_application(queue_url: str, anyio_backend: object) -> AsyncIterator[Application]:
    """An application without workers."""
    settings = Settings(queue_workers=0, callback_private_addresses=True)
    async with running(Application(settings, queue_url)) as started:
        yield started


@pytest.fixture(scope="session")
async def queue_http(queue_application: Application) -> AsyncIterator[httpx.AsyncClient]:
    """HTTP into it."""
    async with http_to(queue_application) as client:
        yield client


@pytest.fixture
def new_queue(
    queue_url: str, queue_worlds: Worlds, queue_http: httpx.AsyncClient, registry: Registry
) -> Callable[[], Awaitable[Queue]]:
    """Makes an organisation and its queue."""

    async def made() -> Queue:
        return await queue_of(queue_url, queue_http, registry, await queue_worlds.copy())

    return made


@pytest.fixture
async def queue(new_queue: Callable[[], Awaitable[Queue]]) -> Queue:
    """The queue of an organisation of the test's own."""
    return await new_queue()
