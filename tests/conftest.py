"""What every test may ask for: a real PostgreSQL, the application on it, an organisation and a client.

One database and one application serve the whole session; a test that writes gets an organisation of its own
(`world`), which is a copy of one made at the start. `standing` is one that tests only read.
"""

from __future__ import annotations

import gc
import logging
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import httpx
import pytest

from fairlead import app as program
from fairlead.app import Application
from fairlead.db.embedded import Embedded
from fairlead.db.migrate import upgrade
from fairlead.settings import Settings
from fairlead.wire.operation import Registry
from world import Client, World, Worlds
from world.keys import SECRET
from world.serving import Log, http_to, running


def pytest_configure(config: pytest.Config) -> None:
    """Async tests run by themselves."""
    config.option.anyio_mode = "auto"


def pytest_collection_finish() -> None:
    """What was imported stays until the end: it is not looked through for garbage after every test."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """One event loop for the session: the plain one, which ends even when a failed test left something open."""
    return "asyncio"


@pytest.fixture(scope="session")
def reachable() -> Iterator[Path]:
    """A folder that other accounts can pass through, which pytest's own are not: PostgreSQL is not root."""
    place = Path(tempfile.mkdtemp(prefix="fairlead-test-"))
    place.chmod(0o711)
    yield place
    shutil.rmtree(place)


@pytest.fixture(scope="session")
def database_url(reachable: Path) -> Iterator[str]:
    """A database with the schema and nothing in it."""
    with Embedded.start(reachable / "session") as database:
        upgrade(database.url)
        yield database.url


@pytest.fixture(scope="session")
async def worlds(database_url: str, anyio_backend: object) -> AsyncIterator[Worlds]:
    """Makes organisations."""
    made = Worlds(database_url)
    try:
        await made.open()
        yield made
    finally:
        await made.close()


@pytest.fixture(scope="session")
def registry() -> Registry:
    """All operations."""
    return program.registry()


@pytest.fixture(scope="session")
async def application(database_url: str, anyio_backend: object) -> AsyncIterator[Application]:
    """The application, started."""
    async with running(Application(Settings(), database_url)) as started:
        yield started


@pytest.fixture(scope="session")
async def http(application: Application) -> AsyncIterator[httpx.AsyncClient]:
    """HTTP straight into the application, without a socket."""
    async with http_to(application) as client:
        yield client


@pytest.fixture(scope="session")
async def standing(worlds: Worlds) -> World:
    """An organisation that tests only read."""
    return await worlds.copy()


@pytest.fixture
async def world(worlds: Worlds) -> World:
    """An organisation of the test's own."""
    return await worlds.copy()


@pytest.fixture
def client_of(http: httpx.AsyncClient, registry: Registry) -> Callable[[World], Client]:
    """Makes a client of an organisation."""
    return lambda world: Client(http, registry, world)


@pytest.fixture
def client(client_of: Callable[[World], Client], world: World) -> Client:
    """A client of the test's own organisation."""
    return client_of(world)


@pytest.fixture(autouse=True)
def log() -> Iterator[Log]:
    """The test's log. No secret is in it, and no fault that the test did not take out (`log.faults.clear()`)."""
    kept = Log()
    root = logging.getLogger()
    ours = logging.getLogger("fairlead")
    level = ours.level
    ours.setLevel(logging.DEBUG)
    root.addHandler(kept)
    yield kept
    root.removeHandler(kept)
    ours.setLevel(level)
    if kept.lines:
        print("\n".join(["what was logged:", *kept.lines]), file=sys.stderr)
    assert not any(SECRET in line for line in kept.lines)
    assert not kept.faults, f"the application logged a fault:\n{kept.faults[0]}"
