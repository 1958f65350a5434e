"""When keys and sessions were used last: noted in memory, stored all together every few minutes."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from datetime import UTC, datetime

from fairlead.db.pool import Conflict, Lost, Pool
from fairlead.orgs import queries

log = logging.getLogger("fairlead.uses")

EVERY = 120.0
"""Seconds between two times that uses are stored: so exactly is known when something was used."""

KEY, ASYNC_KEY, SESSION = "key", "async_key", "session"


class Uses:
    """What was used since it was stored last. `note` costs a call next to nothing, and no transaction of its own."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str], int] = {}

    def note(self, kind: str, org_id: int, name: str) -> None:
        """This key or session of an organisation is used now."""
        self._seen[kind, name] = org_id

    @contextlib.asynccontextmanager
    async def kept(self, pool: Pool) -> AsyncIterator[None]:
        """Store what is noted within the block, now and then and at its end, where the database still answers."""
        task = asyncio.create_task(self._keep(pool), name="uses")
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(Conflict, Lost, TimeoutError):
                await asyncio.wait_for(self.store(pool, now=datetime.now(UTC)), 2)

    async def _keep(self, pool: Pool) -> None:
        """Store what was noted, again and again, until cancelled."""
        while True:
            await asyncio.sleep(EVERY)
            try:
                await self.store(pool, now=datetime.now(UTC))
            except Exception:
                log.warning("the last use of keys is not stored", exc_info=True)

    async def store(self, pool: Pool, *, now: datetime) -> None:
        """Store what was noted: one statement for all. What cannot be stored is forgotten; it is noted again."""
        seen, self._seen = self._seen, {}
        if seen:
            rows = [(org_id, kind, name) for (kind, name), org_id in seen.items()]
            async with pool.connection() as db:
                await queries.store_uses(db, rows, now=now)
