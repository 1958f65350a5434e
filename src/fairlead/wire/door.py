"""The door of every surface: who asks, what they sent, and how the answer leaves."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from fairlead.db.pool import Pool
from fairlead.errors import ApiError, BadRequest, QueueFull, RateLimited, Unauthorised, WrongVerb
from fairlead.orgs.definitions import Cache, Definitions, User
from fairlead.wire.decode import BODY_LIMIT, check_content_type

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Headers = dict[bytes, bytes]


class Door:
    """Knows keys: credentials in, actor out."""

    def __init__(self, pool: Pool, cache: Cache) -> None:
        self._pool = pool
        self._cache = cache

    async def open(self, query: dict[str, str], headers: Headers) -> tuple[Definitions, User, str]:
        """The organisation's definitions, the user and the access key. A complete header pair wins.

        Raises Unauthorised for no key, an unknown one, a wrong secret, a disabled key or user.
        """
        access_key = secret = ""
        for names in _PAIRS:
            if names[0] in headers and names[1] in headers:
                access_key, secret = _text(headers[names[0]]).replace("%24", "$"), _text(headers[names[1]])
                if access_key and secret:
                    break
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


_PAIRS = ((b"x-lsq-accesskey", b"x-lsq-secretkey"), (b"x-lsq-access-key", b"x-lsq-secret-key"))
"""The two spellings of a key pair; they do not mix."""

_WANTED = frozenset(
    (
        b"content-type",
        b"content-length",
        b"host",
        *(name for pair in _PAIRS for name in pair),
        b"x-api-key",
        b"idempotency-key",
        b"fairlead-callback",
    )
)


def headers_of(scope: Scope) -> Headers:
    """The headers that anything here asks for, by lower-case name."""
    return {name: value for name, value in scope["headers"] if name in _WANTED}


def _text(value: bytes) -> str:
    """The text of a header, without blanks around it; UTF-8 where it is that."""
    value = value.strip(b" \t")
    if value.isascii():
        return value.decode()
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


def _opens(defs: Definitions, access_key: str, secret: str) -> bool:
    key = defs.keys.get(access_key)
    return key is not None and key.matches(secret) and key.active and key.user_id in defs.context.active_users


async def read_body(receive: Receive, headers: Headers) -> bytes:
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


def error_headers(error: ApiError) -> list[tuple[bytes, bytes]]:
    """What an error adds: Allow for 405, Retry-After for 429."""
    if isinstance(error, WrongVerb):
        return [(b"allow", error.allowed.encode())]
    if isinstance(error, RateLimited | QueueFull):
        return [(b"retry-after", str(error.retry_after).encode())]
    return []


async def respond(
    send: Send,
    status: int,
    body: bytes,
    request_id: str,
    notices: list[tuple[str, str]],
    more: list[tuple[bytes, bytes]],
) -> None:
    """Send a JSON answer with its request id; notices are said aloud in headers (decision 0012)."""
    headers = [
        (b"content-type", b"application/json; charset=utf-8"),
        (b"content-length", b"%d" % len(body)),
        (b"x-request-id", request_id.encode()),
        *more,
    ]
    if notices:
        text = ", ".join(f"{code};{_plain(detail)}" for code, detail in notices[:20]).encode(
            "latin-1", "replace"
        )
        headers += [(b"x-fairlead-diagnostics", text), (b"fairlead-notice", text)]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _plain(detail: str) -> str:
    """Header text: printable ASCII without the separators, at most 100 characters."""
    return "".join(c if " " <= c <= "~" and c not in ",;" else "?" for c in detail[:100])
