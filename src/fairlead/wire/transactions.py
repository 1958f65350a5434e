"""Rare writes from elsewhere than the API: one transaction, run again when somebody else was there first."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from fairlead.db.pool import Conflict, Lost, Pool
from fairlead.errors import Forbidden, Unauthorised
from fairlead.orgs import queries as orgs
from fairlead.orgs.definitions import Cache
from fairlead.wire.operation import Call

R = TypeVar("R")

ATTEMPTS = 4


async def committed(pool: Pool, work: Callable[[Any], Awaitable[R]]) -> R:
    """What `work` returns for a connection inside a transaction, once that is committed. Raises Conflict, Lost."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            async with pool.transaction() as db:
                return await work(db)
        except (Conflict, Lost):
            if attempt == ATTEMPTS:
                raise
    raise AssertionError


async def changed(
    pool: Pool,
    cache: Cache,
    call: Call[Any, Any],
    work: Callable[[Call[Any, Any], Any], Awaitable[R]],
    *,
    admin: bool,
) -> R:
    """What a rare write returns: it holds the organisation's lock, and everybody reads the definitions anew.

    `call` gets the definitions and the actor as they are under the lock. Raises Unauthorised for a user who is
    gone, Forbidden where it takes an administrator, and what `work` raises.
    """

    async def locked(db: Any) -> R:
        await orgs.lock(db, call.org_id)
        defs = await cache.current(db, call.org_id)
        actor = defs.users.get(call.actor.id)
        if actor is None or not actor.active:
            raise Unauthorised
        if admin and actor.role != "Administrator":
            raise Forbidden
        call.defs, call.actor = defs, actor
        call.notices.clear()
        reply = await work(call, db)
        await orgs.definitions_changed(db, call.org_id)
        return reply

    return await committed(pool, locked)
