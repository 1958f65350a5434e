"""The `/v2` surface: from a request to an operation, and back. Dispatched from the registry's own dictionary.

The order of checks is the vendor's: path, verb, credentials, rate limit, permission, body, then the rules.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, MutableMapping
from datetime import UTC, datetime
from typing import Any

import msgspec
import uuid_utils

from fairlead.db.pool import Conflict, Lost, Pool
from fairlead.errors import (
    ApiError,
    BadRequest,
    Forbidden,
    NotFound,
    RateLimited,
    Unauthorised,
    Unexpected,
    WrongVerb,
)
from fairlead.orgs import queries as orgs
from fairlead.orgs.definitions import Cache, Definitions, User
from fairlead.wire.batch import Batcher
from fairlead.wire.decode import BODY_LIMIT, Reader, check_content_type, query_of
from fairlead.wire.limits import Limiter, Rate
from fairlead.wire.operation import Call, Operation, Registry

log = logging.getLogger("fairlead.http")

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

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
        rate: Rate | None,
        bulk_rate: Rate | None = None,
        public_host: str = "",
    ) -> None:
        self._routes = {path: _Route(verbs) for path, verbs in registry.by_path.items()}
        self._pool = pool
        self._cache = cache
        self._batcher = batcher
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
            headers = _error_headers(error)
        except Exception:
            log.exception("request failed", extra={"request_id": request_id})
            status, body = 500, _encode(Unexpected(request_id).body())
        await _respond(send, status, body, request_id, notices, headers)

    async def _answer(
        self, scope: Scope, receive: Receive, request_id: str, notices: list[tuple[str, str]]
    ) -> Any:
        now = datetime.now(UTC)
        route = self._routes.get(scope["path"].rstrip("/").lower())
        if route is None:
            raise NotFound
        operation, reader = route.find(scope["method"])
        headers = _headers(scope)
        query = query_of(scope["query_string"])
        defs, user, access_key = await self._authenticate(query, headers)
        self._limit(defs, operation)
        if operation.admin and user.role != "Administrator":
            raise Forbidden
        body = None
        if reader is not None:
            raw = await read_body(receive, headers)
            body, unknown = reader.read(raw)
            notices += unknown
        call: Call[Any, Any] = Call(
            org_id=defs.org.org_id,
            actor=user,
            access_key=access_key,
            defs=defs,
            query=_query(operation, query),
            body=body,
            now=now,
            request_id=request_id,
            host=self._public_host or headers.get(b"host", b"").decode("latin-1"),
        )
        try:
            if operation.kind == "plan":
                return await self._batcher.submit(operation.function, call)
            return await self._run(operation, call)
        finally:
            notices += call.notices

    async def _authenticate(self, query: dict[str, str], headers: dict[bytes, bytes]) -> tuple[Definitions, User, str]:
        """The organisation's definitions and the user of the key; a complete header pair wins."""
        access_key = (headers.get(b"x-lsq-accesskey") or headers.get(b"x-lsq-access-key") or b"").decode("latin-1")
        secret = (headers.get(b"x-lsq-secretkey") or headers.get(b"x-lsq-secret-key") or b"").decode("latin-1")
        if not (access_key and secret):
            access_key, secret = query.get("accesskey", ""), query.get("secretkey", "")
        if not (access_key and secret):
            raise Unauthorised
        org_id = self._cache.org_known("access_key", access_key)
        defs = self._cache.known(org_id) if org_id is not None else None
        if defs is None or not _opens(defs, access_key, secret):
            defs = await self._look_up(access_key)
            if defs is None or not _opens(defs, access_key, secret):
                raise Unauthorised
        return defs, defs.users[defs.keys[access_key].user_id], access_key

    async def _look_up(self, access_key: str) -> Definitions | None:
        if "\x00" in access_key:
            return None
        async with self._pool.connection() as db:
            org_id = await self._cache.org_of(db, "access_key", access_key)
            return await self._cache.current(db, org_id) if org_id is not None else None

    def _limit(self, defs: Definitions, operation: Operation) -> None:
        own = defs.setting("rate_limit")
        rate = self._rate if own is None else Rate.read(str(own))
        if rate is not None:
            self._limiter.check(rate, defs.org.org_id)
        if operation.bulk and self._bulk_rate is not None:
            self._limiter.check(self._bulk_rate, defs.org.org_id, " bulk")

    async def _run(self, operation: Operation, call: Call[Any, Any]) -> Any:
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
                    reply = await operation.function(call, db)
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
        key = defs.keys.get(call.access_key)
        user = defs.users.get(key.user_id) if key is not None and key.active else None
        if user is None or not user.active:
            raise Unauthorised
        call.defs, call.actor = defs, user


class _Route:
    """The operations of one path, by verb, with their readers."""

    def __init__(self, verbs: dict[str, Operation]) -> None:
        self._verbs = {
            verb: (op, Reader(op.body, optional=op.body_optional) if op.takes_body and verb == "POST" else None)
            for verb, op in verbs.items()
        }
        if "GET" in self._verbs:
            self._verbs["HEAD"] = self._verbs["GET"]

    def find(self, verb: str) -> tuple[Operation, Reader | None]:
        found = self._verbs.get(verb)
        if found is None:
            raise WrongVerb(verb, ", ".join(sorted(self._verbs)))
        return found


_WANTED = frozenset(
    (
        b"content-type",
        b"content-length",
        b"host",
        b"x-lsq-accesskey",
        b"x-lsq-secretkey",
        b"x-lsq-access-key",
        b"x-lsq-secret-key",
        b"x-api-key",
    )
)


def _headers(scope: Scope) -> dict[bytes, bytes]:
    return {name: value for name, value in scope["headers"] if name in _WANTED}


def _opens(defs: Definitions, access_key: str, secret: str) -> bool:
    key = defs.keys.get(access_key)
    return key is not None and key.matches(secret) and key.active and key.user_id in defs.context.active_users


def _query(operation: Operation, query: dict[str, str]) -> Any:
    if operation.query is type(None):
        return None
    names = operation.parameters
    return operation.query(**{names[name]: value for name, value in query.items() if name in names})


async def read_body(receive: Receive, headers: dict[bytes, bytes]) -> bytes:
    """The whole body. Raises BadRequest over the limit, for a non-JSON type, or when the client goes away."""
    declared = headers.get(b"content-length", b"0")
    if declared.isdigit() and int(declared) > BODY_LIMIT:
        raise BadRequest(_TOO_LARGE)
    message = await receive()
    if message["type"] != "http.request":
        reason = "the client went away"
        raise BadRequest(reason)
    raw: bytes = message.get("body", b"")
    if message.get("more_body"):
        chunks, size = [raw], len(raw)
        while message.get("more_body"):
            message = await receive()
            if message["type"] != "http.request":
                reason = "the client went away"
                raise BadRequest(reason)
            chunk = message.get("body", b"")
            size += len(chunk)
            if size > BODY_LIMIT:
                raise BadRequest(_TOO_LARGE)
            chunks.append(chunk)
        raw = b"".join(chunks)
    if raw:
        check_content_type(headers.get(b"content-type", b"").decode("latin-1"))
    return raw


_TOO_LARGE = f"it is larger than {BODY_LIMIT} bytes"


def _error_headers(error: ApiError) -> list[tuple[bytes, bytes]]:
    if isinstance(error, WrongVerb):
        return [(b"allow", error.allowed.encode())]
    if isinstance(error, RateLimited):
        return [(b"retry-after", str(error.retry_after).encode())]
    return []


async def _respond(
    send: Send,
    status: int,
    body: bytes,
    request_id: str,
    notices: list[tuple[str, str]],
    more: list[tuple[bytes, bytes]],
) -> None:
    headers = [
        (b"content-type", b"application/json; charset=utf-8"),
        (b"content-length", b"%d" % len(body)),
        (b"x-request-id", request_id.encode()),
        *more,
    ]
    if notices:
        text = ", ".join(f"{code};{_plain(detail)}" for code, detail in notices[:20]).encode("latin-1", "replace")
        headers += [(b"x-fairlead-diagnostics", text), (b"fairlead-notice", text)]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _plain(detail: str) -> str:
    """Header text: printable ASCII without the separators, at most 100 characters."""
    return "".join(c if " " <= c <= "~" and c not in ",;" else "?" for c in detail[:100])
