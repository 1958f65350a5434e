"""The application: the written list of families, and what a request meets on its way, in order."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import hashlib
import logging
from collections.abc import AsyncIterator, MutableMapping, Sequence
from datetime import timedelta
from typing import Any

import msgspec
import uuid_utils
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from fairlead.accounts import api as accounts
from fairlead.accounts import pages as account_screens
from fairlead.activities import api as activities
from fairlead.activities import pages as activity_screens
from fairlead.db import migrate
from fairlead.db.pool import DatabaseError, Lost, Pool
from fairlead.leads import api as leads
from fairlead.leads import pages as lead_screens
from fairlead.leads.transfer import pages as transfer_screens
from fairlead.leads.transfer.crew import Crew as TransferCrew
from fairlead.lists import api as lists
from fairlead.lists import pages as list_screens
from fairlead.metadata import api as metadata
from fairlead.metadata import pages as metadata_screens
from fairlead.notes import api as notes
from fairlead.notes import pages as note_screens
from fairlead.opportunities import api as opportunities
from fairlead.opportunities import pages as opportunity_screens
from fairlead.orgs.definitions import Cache
from fairlead.sales import api as sales
from fairlead.sales import pages as sale_screens
from fairlead.search import pages as search_screens
from fairlead.settings import Settings
from fairlead.tasks import api as tasks
from fairlead.tasks import pages as task_screens
from fairlead.users import api as users
from fairlead.users import pages as user_screens
from fairlead.web.console import Console
from fairlead.web.inspector import pages as inspector_screens
from fairlead.web.inspector.log import Log
from fairlead.web.reference import pages as reference_screens
from fairlead.web.requests import pages as queue_screens
from fairlead.wire.batch import Batcher
from fairlead.wire.door import Receive, Scope, Send
from fairlead.wire.http import Api
from fairlead.wire.idempotency import InFlight
from fairlead.wire.operation import Registry
from fairlead.wire.queue.crew import Crew
from fairlead.wire.queue.surface import AsyncApi
from fairlead.wire.queue.worker import Hint

log = logging.getLogger("fairlead")

FAMILIES = (leads, activities, accounts, opportunities, sales, metadata, users, lists, tasks, notes)
"""Every family with operations of the vendor's API."""

SCREENS: tuple[Any, ...] = (
    lead_screens,
    task_screens,
    note_screens,
    transfer_screens,
    activity_screens,
    opportunity_screens,
    inspector_screens,
    queue_screens,
    reference_screens,
    metadata_screens,
    account_screens,
    sale_screens,
    user_screens,
    list_screens,
    search_screens,
)
"""The `pages` of every family with screens of its own."""


def registry() -> Registry:
    """All operations of all families."""
    found = Registry()
    for family in FAMILIES:
        for operation in family.registry.all():
            found.add(operation)
    return found


class Application:
    """The ASGI application: `/v2` from the registry, everything else from Starlette."""

    def __init__(self, settings: Settings, url: str, screens: Sequence[Any] = SCREENS) -> None:
        self._settings = settings
        self._screens = screens
        self._url = url
        self._pool: Pool | None = None
        self._batcher: Batcher | None = None
        self._api: Api | None = None
        self._async: AsyncApi | None = None
        self._console: Console | None = None
        self._inspector = Log(
            on=settings.inspector == "on" or (settings.inspector == "demo" and settings.demo)
        )
        self._document = b""
        self._pages = Starlette(
            routes=[
                Route("/health", self._health),
                Route("/ready", self._ready),
                Route("/openapi.json", self._openapi),
            ],
            lifespan=self._lifespan,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or live through start and stop."""
        if scope["type"] != "http" or self._api is None or self._async is None or scope["path"] in _PAGES:
            await self._pages(scope, receive, _identified(send))
        elif self._console is not None and _is_for_people(scope["path"]):
            await self._console(scope, receive, _identified(send))
        else:
            api = self._async if self._async.knows(scope["path"]) else self._api
            if self._inspector.is_on:
                await self._inspector.watch(api, scope, receive, send)
            else:
                await api(scope, receive, send)

    @contextlib.asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        settings = self._settings
        cache = Cache()
        self._pool = await Pool.open(self._url)
        self._batcher = Batcher(self._url, cache)
        await self._batcher.open()
        operations, hint, in_flight = registry(), Hint(), InFlight()
        self._async = AsyncApi(
            operations,
            pool=self._pool,
            cache=cache,
            batcher=self._batcher,
            hint=hint,
            in_flight=in_flight,
            queue_limit=settings.queue_limit,
            private_callbacks=settings.callback_private_addresses,
        )
        crew = Crew(
            self._url,
            cache,
            operations,
            settings.queue_workers,
            hint=hint,
            private_callbacks=settings.callback_private_addresses,
            keep=timedelta(days=settings.queue_keep_days),
        )
        await crew.open()
        self._api = Api(
            operations,
            pool=self._pool,
            cache=cache,
            batcher=self._batcher,
            in_flight=in_flight,
            rate=settings.rate,
            bulk_rate=settings.bulk_rate,
            public_host=settings.public_host,
            private_addresses=settings.callback_private_addresses,
        )
        self._console = self._made_console(self._pool, cache, self._batcher)
        transfers = TransferCrew(self._pool, cache, self._batcher)
        transfers.open()
        _spare_what_stands()
        async with cache.uses.kept(self._pool):
            yield
        await transfers.close()
        await crew.close()
        await self._batcher.close()
        await self._pool.close()

    def _made_console(self, pool: Pool, cache: Cache, batcher: Batcher) -> Console:
        settings = self._settings
        return Console(
            self._screens,
            pool=pool,
            cache=cache,
            batcher=batcher,
            demo_key=_demo_key() if settings.demo else "",
            inspector=self._inspector,
            api=self,
            largest_upload=settings.upload_limit * 1_000_000,
        )

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

    async def _openapi(self, request: Request) -> Response:
        """The OpenAPI document, made when somebody asks for the first time."""
        if not self._document:
            from fairlead.wire.describe import openapi  # noqa: PLC0415 - a server that nobody asks needs none of it

            self._document = await asyncio.to_thread(openapi.encoded, registry())
        tag = f'"{hashlib.sha256(self._document).hexdigest()[:32]}"'
        headers = {"etag": tag, "cache-control": "no-cache"}
        if tag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return Response(self._document, media_type="application/json", headers=headers)


def _identified(send: Send) -> Send:
    """Every response has an id; those of the API have theirs already."""

    async def started(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], (b"x-request-id", str(uuid_utils.uuid7()).encode())]
        await send(message)

    return started


def _demo_key() -> str:
    from fairlead.sandbox.demo import ACCESS_KEY  # noqa: PLC0415  only with --demo

    return ACCESS_KEY


def _is_for_people(path: str) -> bool:
    return path == "/" or path.startswith(("/app/", "/static/")) or path == "/app"


_PAGES = frozenset(("/health", "/ready", "/openapi.json"))


def _json(body: dict[str, Any], status: int = 200) -> Response:
    return Response(msgspec.json.encode(body), status, media_type="application/json")


def _spare_what_stands() -> None:
    """What stands now lives as long as the process; collecting it again and again doubles the p99."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
