"""The `/v2` surface: from a request to an operation, and back. Dispatched from the registry's own dictionary.

The order of checks is the vendor's: path, verb, credentials, rate limit, permission, body, then the rules.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any

import msgspec
import uuid_utils

from fairlead.db.pool import Conflict, Lost, Pool
from fairlead.errors import (
    ApiError,
    Forbidden,
    NotFound,
    Unauthorised,
    Unexpected,
    WrongVerb,
)
from fairlead.orgs import queries as orgs
from fairlead.orgs.definitions import Cache, Definitions
from fairlead.wire import idempotency
from fairlead.wire.batch import Batcher
from fairlead.wire.decode import Reader, query_of
from fairlead.wire.door import Door, Receive, Scope, Send, error_headers, headers_of, read_body, respond
from fairlead.wire.idempotency import InFlight, Key
from fairlead.wire.limits import Limiter, Rate
from fairlead.wire.operation import Body, Call, Operation, Registry

log = logging.getLogger("fairlead.http")

_encode = msgspec.json.Encoder(decimal_format="number").encode
_ATTEMPTS = 4


class Api:
    """The operations of a registry as an ASGI application."""

    def __init__(
        self,
        registry: Registry,
        *,
        pool: Pool,
        cache: Cache,
        batcher: Batcher,
        in_flight: InFlight,
        rate: Rate | None,
        bulk_rate: Rate | None = None,
        public_host: str = "",
    ) -> None:
        self._routes = {path: _Route(verbs) for path, verbs in registry.by_path.items()}
        self._pool = pool
        self._cache = cache
        self._door = Door(pool, cache)
        self._batcher = batcher
        self._in_flight = in_flight
        self._rate = rate
        self._bulk_rate = bulk_rate
        self._limiter = Limiter()
        self._public_host = public_host

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        request_id = str(uuid_utils.uuid7())
        notices: list[tuple[str, str]] = []
        headers: list[tuple[bytes, bytes]] = []
        status = 200
        try:
            body = _encode(await self._answer(scope, receive, request_id, notices))
        except ApiError as error:
            status, body = error.status, _encode(error.body())
            headers = error_headers(error)
        except Exception:
            log.exception("request failed", extra={"request_id": request_id})
            status, body = 500, _encode(Unexpected(request_id).body())
        await respond(send, status, body, request_id, notices, headers)

    async def _answer(
        self, scope: Scope, receive: Receive, request_id: str, notices: list[tuple[str, str]]
    ) -> Any:
        route = self._routes.get(scope["path"].rstrip("/").lower())
        if route is None:
            raise NotFound
        operation, reader = route.find(scope["method"])
        headers = headers_of(scope)
        query = query_of(scope["query_string"])
        defs, user, access_key = await self._door.open(query, headers)
        scope["org_id"] = defs.org.org_id  # for who wraps this application, such as the access log
        self._limit(defs, operation)
        if operation.admin and user.role != "Administrator":
            raise Forbidden
        body, raw = None, b""
        if reader is not None:
            raw = await read_body(receive, headers)
            body, unknown = reader.read(raw)
            notices += unknown
            if not operation.takes_body:
                body = None
        call: Call[Any, Any] = Call(
            org_id=defs.org.org_id,
            actor=user,
            access_key=access_key,
            defs=defs,
            query=query_struct(operation, query),
            body=body,
            # Not earlier: between here and the batch nothing waits, so that calls have their times in its order.
            now=datetime.now(UTC),
            request_id=request_id,
            host=self._public_host or headers.get(b"host", b"").decode("latin-1").removesuffix(":443"),
        )
        key = None
        if operation.kind != "read" and (header := headers.get(b"idempotency-key")) is not None:
            key = idempotency.read(header, scope["path"], query, raw)
        try:
            if key is not None:
                with self._in_flight.taking(call.org_id, key):
                    return await self._do(operation, call, key)
            return await self._do(operation, call, None)
        finally:
            notices += call.notices

    async def _do(self, operation: Operation, call: Call[Any, Any], key: Key | None) -> Any:
        if operation.kind == "plan":
            if key is None:
                return await self._batcher.submit(operation.function, call)
            refusal = operation.queued.refusal if operation.queued is not None else None
            return await self._batcher.submit(idempotency.Once(operation.function, key, refusal), call)
        return await self._run(operation, call, key)

    def _limit(self, defs: Definitions, operation: Operation) -> None:
        own = defs.setting("rate_limit")
        rate = self._rate if own is None else Rate.read(str(own))
        if rate is not None or operation.bulk:
            self._limiter.check(defs.org.org_id, rate, self._bulk_rate if operation.bulk else None)

    async def _run(self, operation: Operation, call: Call[Any, Any], key: Key | None) -> Any:
        """A read, or a rare write in a transaction of its own."""
        for attempt in range(_ATTEMPTS):
            call.notices.clear()
            try:
                if operation.kind == "read":
                    async with self._pool.connection() as db:
                        await self._renew(db, call)
                        return await operation.function(call, db)
                async with self._pool.transaction() as db:
                    await orgs.lock(db, call.org_id)
                    await self._renew(db, call)
                    if operation.admin and call.actor.role != "Administrator":
                        raise Forbidden
                    if (
                        key is not None
                        and (known := await idempotency.known(db, call.org_id, key)) is not None
                    ):
                        return known
                    reply = await operation.function(call, db)
                    if key is not None:
                        await idempotency.remember(db, call, key, reply)
                    if operation.redefines:
                        await orgs.definitions_changed(db, call.org_id)
                return reply
            except (Conflict, Lost):
                if attempt == _ATTEMPTS - 1:
                    raise
        return None

    async def _renew(self, db: Any, call: Call[Any, Any]) -> None:
        defs = await self._cache.current(db, call.org_id)
        if defs is call.defs:
            return
        user = defs.actor(call.access_key)
        if user is None:
            raise Unauthorised
        call.defs, call.actor = defs, user


class NoBody(Body):
    """What a POST may carry that needs no body: nothing, null, or an object, whose members are ignored and noticed."""


class _Route:
    """The operations of one path, by verb, with their readers."""

    def __init__(self, verbs: dict[str, Operation]) -> None:
        self._verbs = {
            verb: (
                op,
                Reader(op.body if op.takes_body else NoBody, optional=op.body_optional)
                if verb == "POST"
                else None,
            )
            for verb, op in verbs.items()
        }
        if "GET" in self._verbs:
            self._verbs["HEAD"] = self._verbs["GET"]

    def find(self, verb: str) -> tuple[Operation, Reader | None]:
        found = self._verbs.get(verb)
        if found is None:
            raise WrongVerb(verb, ", ".join(sorted(self._verbs)))
        return found


def query_struct(operation: Operation, query: dict[str, str]) -> Any:
    """The parameters an operation knows, from a query string by lower-case name."""
    if operation.query is type(None):
        return None
    names = operation.parameters
    return operation.query(**{names[name]: value for name, value in query.items() if name in names})
