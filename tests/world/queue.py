"""The queue as tests use it: submitting, working, and looking at what became of requests."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx

from fairlead import app
from fairlead.orgs.definitions import Cache
from fairlead.wire.operation import Registry
from fairlead.wire.queue import queries
from fairlead.wire.queue.crew import Crew
from fairlead.wire.queue.status import give_up, queueable
from world.client import Client
from world.records import World

PATIENCE = 30
"""Seconds."""


class Clock:
    """Time that a test moves."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now


class Queue:
    """Submits in the name of one organisation, starts workers, and looks at what became of requests."""

    def __init__(self, url: str, client: Client, key: str) -> None:
        self.url = url
        self.client = client
        self.world = client.world
        self.db: Any = client.world.db
        self.key = {"x-api-key": key}

    async def submit(self, path: str, body: Any, callback: str = "", **query: str) -> str:
        """The id of a request that must be accepted."""
        headers = self.key | ({"Fairlead-Callback": callback} if callback else {})
        answer = await self.client.send("POST", path, json=body, query=query.items(), headers=headers)
        assert answer.status_code == 200, answer.text
        assert list(answer.json()) == ["Status", "RequestID"]
        return str(answer.json()["RequestID"])

    async def status(self, path: str, request: str) -> dict[str, Any]:
        """The TaskStatus of a request."""
        answer = await self.client.send(
            "GET", f"{path}/status", query=[("RequestID", request)], headers=self.key, signed=False
        )
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()["TaskStatus"]
        return found

    @contextlib.asynccontextmanager
    async def working(
        self,
        count: int = 1,
        *,
        registry: Registry | None = None,
        clock: Clock | None = None,
        private_callbacks: bool = False,
    ) -> AsyncIterator[None]:
        """Workers, for the length of a block."""
        crew = Crew(
            self.url,
            Cache(),
            registry or app.registry(),
            count,
            now=clock or Clock(),
            private_callbacks=private_callbacks,
        )
        await crew.open()
        try:
            yield
        finally:
            await crew.close()

    async def give_up(self, request: str) -> None:
        """End a request as an operator does."""
        async with self.db.transaction():
            assert await give_up(self.db, queueable(app.registry()), request, datetime.now(UTC))

    async def again(self, request: str) -> bool:
        """Put a request back, as an operator does."""
        return await queries.again(self.db, request, datetime.now(UTC))

    async def until(self, state: str, count: int) -> None:
        """Wait until so many requests of the organisation are in a state."""
        for _ in range(PATIENCE * 50):
            if await self.count(state) == count:
                return
            await asyncio.sleep(0.02)
        found = {
            name: await self.count(name)
            for name in ("queued", "retry", "held", "success", "error", "failure")
        }
        raise AssertionError(found)

    async def count(self, state: str) -> int:
        """How many requests of the organisation are in a state."""
        found: int = await self.db.fetchval(
            "select count(*) from async_request where org_id = $1 and state = $2", self.world.org_id, state
        )
        return found


async def queue_of(url: str, http: httpx.AsyncClient, registry: Registry, world: World) -> Queue:
    """The queue of an organisation, with a key for it."""
    values = await world.need("lead.1", "opp.1", "async.key")
    return Queue(url, Client(http, registry, world), values["async.key"])
