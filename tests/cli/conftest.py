"""What the tests of the commands share."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from uuid import uuid4

import asyncpg
import pytest

from fairlead.db.migrate import upgrade

Make = Callable[[], str]


class Server:
    """A PostgreSQL that already runs, as operators have it."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._made: list[str] = []

    def make(self, template: str = "template1") -> str:
        """Make a database; its address."""
        self._made.append(f"cli_{uuid4().hex}")
        self._run(f"create database {self._made[-1]} template {template}")
        return self._url.replace("@/fairlead?", f"@/{self._made[-1]}?")

    def drop_all(self) -> None:
        """Remove what was made."""
        for name in self._made:
            self._run(f"drop database {name} with (force)")

    def _run(self, statement: str) -> None:
        async def connected() -> None:
            db = await asyncpg.connect(self._url)
            try:
                await db.execute(statement)
            finally:
                await db.close()

        asyncio.run(connected())


@pytest.fixture(scope="session")
def server(database_url: str) -> Iterator[Server]:
    """The server of the session."""
    server = Server(database_url)
    yield server
    server.drop_all()


@pytest.fixture(scope="session")
def empty_database(server: Server) -> Make:
    """Makes a database without tables; its address."""
    return server.make


@pytest.fixture(scope="session")
def migrated_database(server: Server) -> Make:
    """Makes a database with the tables and nothing in them; its address."""
    template = server.make()
    upgrade(template)
    name = template.partition("@/")[2].partition("?")[0]
    return lambda: server.make(name)
