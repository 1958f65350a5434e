"""Who is signed in: the token in the cookie, the session behind it, and the tokens of its forms."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from fairlead.db.pool import Pool
from fairlead.orgs.definitions import Cache, Definitions, User
from fairlead.web import queries
from fairlead.web.queries import Session
from fairlead.wire.transactions import committed

COOKIE = "fairlead_session"
STRANGER = "fairlead_stranger"
"""Cookie of who is not signed in yet: the forms of the entrance are bound to it."""
LASTS = timedelta(days=14)
"""A session ends so long after its sign-in, used or not: nothing has to be written when a page is read."""

_AGENT = 300


def new_token() -> str:
    """256 bits of chance, 43 characters."""
    return secrets.token_urlsafe(32)


def digest_of(token: str) -> str:
    """SHA-256 of a token, in hex: what is stored instead of it."""
    return hashlib.sha256(token.encode()).hexdigest()


def csrf_of(token: str) -> str:
    """The token of the forms of a session: only who knows the session's own token can make it."""
    digest = hmac.digest(token.encode(), b"csrf", "sha256")
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def csrf_matches(token: str, sent: str) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(csrf_of(token).encode(), sent.encode("utf-8", "replace"))


class SignedIn:
    """Who asks: their session, and the definitions of their organisation at the stored version."""

    __slots__ = ("defs", "session", "token", "user")

    def __init__(self, token: str, session: Session, defs: Definitions, user: User) -> None:
        self.token = token
        self.session = session
        self.defs = defs
        self.user = user


async def signed_in(request: Request, pool: Pool, cache: Cache, *, now: datetime) -> SignedIn | None:
    """Who is signed in; None for no cookie, an unknown or ended session, or a user who is switched off."""
    token = request.cookies.get(COOKIE, "")
    if not token or len(token) > 100:
        return None
    digest = digest_of(token)
    async with pool.connection() as db:
        org_id = await cache.org_of(db, queries.SESSION, digest)
        if org_id is None:
            return None
        session = await queries.session(db, org_id, digest, now=now)
        if session is None:
            return None
        defs = cache.known(org_id)
        if defs is None or defs.version != session.version:
            defs = await cache.load(db, org_id)
    user = defs.users.get(session.user_id)
    if user is None or not user.active:
        return None
    cache.uses.note(queries.SESSION, org_id, digest)
    return SignedIn(token, session, defs, user)


async def begin(pool: Pool, request: Request, org_id: int, user_id: str, *, now: datetime) -> str:
    """Begin a session of a user with a token of its own; the one that the browser had is over. Returns the token."""
    token = new_token()
    before = digest_of(request.cookies.get(COOKIE, ""))
    agent = request.headers.get("user-agent", "")[:_AGENT].replace("\0", "")

    async def store(db: Any) -> None:
        await queries.end_sessions(db, org_id, digests=[before], now=now)
        await queries.store_session(db, org_id, digest_of(token), user_id, agent, now=now, until=now + LASTS)

    await committed(pool, store)
    return token


def is_https(request: Request) -> bool:
    """True when the browser's side of the connection is encrypted, here or at a proxy before us."""
    return request.url.scheme == "https" or request.headers.get("x-forwarded-proto") == "https"


def set_cookie(response: Response, request: Request, name: str, value: str, *, seconds: int | None) -> None:
    """A cookie that no script reads, no other site sends, and https keeps to itself; `seconds` 0 removes it."""
    response.set_cookie(
        name,
        value,
        max_age=seconds,
        path="/app",
        secure=is_https(request),
        httponly=True,
        samesite="lax",
    )
