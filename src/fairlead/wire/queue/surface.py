"""Submit, status and metrics of queued operations, made from the registry. Source: the async-api page."""

from __future__ import annotations

import asyncio
import functools
import hashlib
import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import uuid_utils

from fairlead.db.pool import Pool
from fairlead.errors import (
    ApiError,
    BadRequest,
    InvalidHeader,
    InvalidInput,
    QueueFull,
    Unauthorised,
    Unexpected,
    WrongVerb,
)
from fairlead.orgs.definitions import Cache
from fairlead.records.picture import Needs, is_id, new_id
from fairlead.wire import idempotency
from fairlead.wire.batch import Batcher
from fairlead.wire.decode import query_of
from fairlead.wire.door import (
    Door,
    Headers,
    Receive,
    Scope,
    Send,
    error_headers,
    headers_of,
    read_body,
    respond,
)
from fairlead.wire.idempotency import InFlight, Key
from fairlead.wire.operation import Call, Operation, Plan, Queued, Registry
from fairlead.wire.queue import queries
from fairlead.wire.queue.outside import WrongAddress, checked_url
from fairlead.wire.queue.queries import NewRequest
from fairlead.wire.queue.status import document
from fairlead.wire.queue.worker import Hint

log = logging.getLogger("fairlead.queue")

ACCEPTED = "Request accepted. Please use below request id to check the status"
_encode = msgspec.json.Encoder(decimal_format="number").encode


class Accepted(msgspec.Struct):
    """The answer to a submit."""

    Status: str
    RequestID: str


class Metrics(msgspec.Struct):
    """Waiting requests, age of the oldest in seconds, finished per minute over ten minutes (both spellings)."""

    PendingMessages: int
    MaxDelayInSeconds: int
    ProcessingRatePerMinute: float
    ProcessingratePerMinute: float


class _Depth(msgspec.Struct):
    """How many requests of an organisation wait: those counted then, and what was accepted since."""

    at: float
    depth: int


class AsyncApi:
    """The queued operations as an ASGI application."""

    def __init__(
        self,
        registry: Registry,
        *,
        pool: Pool,
        cache: Cache,
        batcher: Batcher,
        hint: Hint,
        in_flight: InFlight,
        queue_limit: int = 0,
        private_callbacks: bool = False,
    ) -> None:
        self._pool = pool
        self._cache = cache
        self._batcher = batcher
        self._door = Door(pool, cache)
        self._hint = hint
        self._in_flight = in_flight
        self._queue_limit = queue_limit
        self._private_callbacks = private_callbacks
        self._depths: dict[int, _Depth] = {}
        self._counting = asyncio.Lock()
        self._keys: dict[bytes, tuple[int, str]] = {}  # those that exist
        self._metrics: dict[tuple[int, str], tuple[float, Metrics]] = {}
        self._routes: dict[str, tuple[str, list[Operation]]] = {}
        for operation in registry.all():
            if operation.queued is not None:
                self._add(operation, operation.queued)

    def _add(self, operation: Operation, queued: Queued) -> None:
        path = queued.path
        self._routes[path] = ("submit", [operation])
        self._routes[path + "/status"] = ("status", [operation])
        self._routes[path + "/metrics"] = ("metrics", [operation])
        for alias in (f"/{path.split('/')[1]}/status", *queued.aliases):
            self._routes.setdefault(alias, ("status", []))[1].append(operation)

    def knows(self, path: str) -> bool:
        """True for a path of this surface."""
        return path.rstrip("/").lower() in self._routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        request_id = str(uuid_utils.uuid7())
        headers: list[tuple[bytes, bytes]] = []
        status = 200
        try:
            body = _encode(await self._answer(scope, receive, request_id))
        except ApiError as error:
            status, body = error.status, _encode(error.body())
            headers = error_headers(error)
        except Exception:
            log.exception("request failed", extra={"request_id": request_id})
            status, body = 500, _encode(Unexpected(request_id).body())
        await respond(send, status, body, request_id, [], headers)

    async def _answer(self, scope: Scope, receive: Receive, request_id: str) -> Any:
        kind, operations = self._routes[scope["path"].rstrip("/").lower()]
        verb = "POST" if kind == "submit" else "GET"
        if scope["method"] != verb and not (verb == "GET" and scope["method"] == "HEAD"):
            raise WrongVerb(scope["method"], verb if verb == "POST" else "GET, HEAD")
        headers = headers_of(scope)
        query = query_of(scope["query_string"])
        org_id, key_id = self._keys.get(headers.get(b"x-api-key", b"")) or await self._key(headers)
        scope["org_id"] = org_id  # for who wraps this application, such as the access log
        if kind == "status":
            return await self._status(operations, org_id, key_id, query)
        if kind == "metrics":
            return await self._measure(operations[0], org_id, key_id)
        defs, user, access_key = await self._door.open(query, headers)
        if defs.org.org_id != org_id:
            raise Unauthorised
        raw = await read_body(receive, headers)
        call: Call[None, None] = Call(
            org_id=org_id,
            actor=user,
            access_key=access_key,
            defs=defs,
            query=None,
            body=None,
            now=datetime.now(UTC),
            request_id=request_id,
        )
        callback = self._callback(headers)
        start = self._submission(operations[0], call, key_id, query, raw, callback)
        key = idempotency.read(
            headers.get(b"idempotency-key"), scope["path"], query, raw, more=callback or ""
        )
        with self._in_flight.taking(org_id, key):
            return await self._accept(start, call, key)

    async def _accept(
        self, start: Callable[[Call[Any, Any]], Plan[Accepted]], call: Call[None, None], key: Key | None
    ) -> Any:
        if self._queue_limit:
            try:
                await self._check_depth(call.org_id)
            except QueueFull:
                # What was accepted before is no further request.
                if key is None or (known := await self._known(call.org_id, key)) is None:
                    raise
                return known
        answer = await self._batcher.submit(start if key is None else idempotency.Once(start, key), call)
        self._hint.ring()
        return answer

    async def _known(self, org_id: int, key: Key) -> Any:
        async with self._pool.connection() as db:
            return await idempotency.known(db, org_id, key)

    def _callback(self, headers: Headers) -> str | None:
        """Where the end of the request is to be told. Raises InvalidHeader."""
        header = headers.get(b"fairlead-callback")
        if header is None:
            return None
        try:
            return checked_url(header.decode("latin-1").strip(), private=self._private_callbacks)
        except WrongAddress as error:
            raise InvalidHeader("Fairlead-Callback", str(error)) from None

    async def _key(self, headers: Headers) -> tuple[int, str]:
        """Organisation and id of the x-api-key, which may be disabled. Raises Unauthorised."""
        key = headers.get(b"x-api-key", b"").strip(b" \t")
        found = await self._cache.async_key(self._pool, hashlib.sha256(key).hexdigest()) if key else None
        if found is None:
            raise Unauthorised
        self._keys[key] = found
        return found

    def _submission(
        self,
        operation: Operation,
        call: Call[None, None],
        key_id: str,
        query: dict[str, str],
        raw: bytes,
        callback: str | None,
    ) -> Callable[[Call[Any, Any]], Plan[Accepted]]:
        """The plan that stores a request. Raises BadRequest."""
        queued = operation.queued
        assert queued is not None
        text, body = _read(raw, operation)
        own = {name: _plain(value) for name, value in query.items() if name in operation.parameters}
        accepted = new_id()
        record = _plain(queued.record(own, body) or accepted)[:500]
        request = NewRequest(call.org_id, accepted, queued.path, record, call.actor.id, own, text, call.now)
        if callback is not None:
            request.callback_url, request.callback_key_id = callback, key_id
        number = queued.number(body) if queued.number is not None else None
        return functools.partial(_store, request=request, key_id=key_id, number=number)

    async def _check_key(self, db: Any, org_id: int, key_id: str) -> None:
        """Raises Unauthorised when the x-api-key is disabled now."""
        if key_id not in (await self._cache.current(db, org_id)).async_keys:
            raise Unauthorised

    async def _check_depth(self, org_id: int) -> None:
        """Refuse when the organisation's queue is full.

        Counting a deep queue is dear: it is counted once, then what is accepted here is added, and it is counted
        anew, at most once a second, only when that sum says that the queue is full.
        """
        if org_id not in self._depths or self._depths[org_id].depth >= self._queue_limit:
            async with self._counting:
                await self._count(org_id)
        known = self._depths[org_id]
        if known.depth >= self._queue_limit:
            raise QueueFull(self._queue_limit, 1)
        known.depth += 1

    async def _count(self, org_id: int) -> None:
        known = self._depths.get(org_id)
        now = time.monotonic()
        if known is None or (known.depth >= self._queue_limit and now - known.at > 1):
            async with self._pool.connection() as db:
                self._depths[org_id] = _Depth(now, await queries.depth(db, org_id))

    async def _status(
        self, operations: list[Operation], org_id: int, key_id: str, query: dict[str, str]
    ) -> dict[str, Any]:
        request_id = query.get("requestid", "").strip().lower()
        async with self._pool.connection() as db:
            await self._check_key(db, org_id, key_id)
            row = await queries.status(db, org_id, request_id) if is_id(request_id) else None
        by_path = {op.queued.path: op.queued for op in operations if op.queued is not None}
        queued = by_path.get(row["operation"]) if row is not None else None
        if queued is None or row is None:
            raise InvalidInput("RequestID")
        return document(queued, row["id"], row["state"], row["reason"], row["body"], row["reply"])

    async def _measure(self, operation: Operation, org_id: int, key_id: str) -> Metrics:
        """Counted at most once a second."""
        assert operation.queued is not None
        path = operation.queued.path
        async with self._pool.connection() as db:
            await self._check_key(db, org_id, key_id)
            at, found = self._metrics.get((org_id, path), (0.0, None))
            if found is None or time.monotonic() - at > 1:
                now = datetime.now(UTC)
                pending, oldest = await queries.pending(db, org_id, path)
                finished = await queries.finished_since(db, org_id, path, now - timedelta(minutes=10))
                rate = round(finished / 10, 1)
                delay = max(0, int((now - oldest).total_seconds())) if oldest is not None else 0
                found = Metrics(pending, delay, rate, rate)
                self._metrics[org_id, path] = (time.monotonic(), found)
        return found


def _store(call: Call[Any, Any], request: NewRequest, key_id: str, number: int | None) -> Plan[Accepted]:
    """Runs anew when definitions have changed meanwhile, so a key that was disabled counts at once."""
    if key_id not in call.defs.async_keys:
        raise Unauthorised
    picture = yield Needs(auto_activities=[number] if number is not None else ())
    if number is not None and (named := picture.by_auto_id.get(number)) is not None:
        request.record = named.id
    picture.also("async_new", request)
    return Accepted(ACCEPTED, request.id)


def _read(raw: bytes, operation: Operation) -> tuple[str, Any]:
    """The text as it came, and the JSON it holds. Raises BadRequest for no JSON or the wrong outer type."""
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        raise BadRequest("it is not UTF-8") from None
    try:
        body = msgspec.json.decode(text.removeprefix("\ufeff"))
    except RecursionError:
        raise BadRequest("it is nested too deeply") from None
    except msgspec.DecodeError as error:
        raise BadRequest(f"it is not JSON ({error})" if text.strip() else "it is empty") from None
    wanted = list if getattr(operation.body, "__origin__", None) is list else dict
    if not isinstance(body, wanted):
        raise BadRequest(f"Expected `{'array' if wanted is list else 'object'}`")
    if "\x00" in text:
        raise BadRequest("it contains NUL")
    return text, body


def _plain(text: str) -> str:
    """Text that the database can hold: NUL, which is part of no id, is left out."""
    return text.replace("\x00", "")
