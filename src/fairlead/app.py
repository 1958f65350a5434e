"""The application: the written list of families, and what a request meets on its way, in order."""

from __future__ import annotations

import contextlib
import gc
import logging
from collections.abc import AsyncIterator
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from fairlead.activities import api as activities
from fairlead.db import migrate
from fairlead.db.pool import DatabaseError, Lost, Pool
from fairlead.orgs.definitions import Cache
from fairlead.settings import Settings
from fairlead.wire.batch import Batcher
from fairlead.wire.http import Api, Receive, Scope, Send
from fairlead.wire.operation import Registry

log = logging.getLogger("fairlead")

FAMILIES = (activities,)
"""Every family with operations of the vendor's API."""


def registry() -> Registry:
    """All operations of all families."""
    found = Registry()
    for family in FAMILIES:
        for operation in family.registry.all():
            found.add(operation)
    return found


class Application:
    """The ASGI application: `/v2` from the registry, everything else from Starlette."""

    def __init__(self, settings: Settings, url: str) -> None:
        self._settings = settings
        self._url = url
        self._pool: Pool | None = None
        self._batcher: Batcher | None = None
        self._api: Api | None = None
        self._pages = Starlette(
            routes=[Route("/health", self._health), Route("/ready", self._ready)],
            lifespan=self._lifespan,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or live through start and stop."""
        if scope["type"] == "http" and self._api is not None and self._is_api(scope["path"]):
            await self._api(scope, receive, send)
        else:
            await self._pages(scope, receive, send)

    @staticmethod
    def _is_api(path: str) -> bool:
        return path not in _PAGES

    @contextlib.asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        settings = self._settings
        cache = Cache()
        self._pool = await Pool.open(self._url)
        self._batcher = Batcher(self._url, cache)
        await self._batcher.open()
        self._api = Api(
            registry(),
            pool=self._pool,
            cache=cache,
            batcher=self._batcher,
            rate=settings.rate,
            bulk_rate=settings.bulk_rate,
            public_host=settings.public_host,
        )
        # What stands now lives as long as the process; collecting it again and again doubles the p99.
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000, 20, 20)
        yield
        await self._batcher.close()
        await self._pool.close()

    async def _health(self, _: Request) -> Response:
        """The process answers."""
        return _json({"status": "ok"})

    async def _ready(self, _: Request) -> Response:
        """The database answers and has the schema of this program."""
        try:
            if self._pool is None:
                return _json({"status": "starting"}, 503)
            async with self._pool.connection() as db:
                state = await migrate.state(db)
        except (Lost, DatabaseError, TimeoutError):
            return _json({"status": "unavailable", "reason": "the database does not answer"}, 503)
        if state != "current":
            return _json({"status": "unavailable", "reason": f"the schema of the database is {state}"}, 503)
        return _json({"status": "ok"})


_PAGES = frozenset(("/health", "/ready"))


def _json(body: dict[str, Any], status: int = 200) -> Response:
    return Response(msgspec.json.encode(body), status, media_type="application/json")
