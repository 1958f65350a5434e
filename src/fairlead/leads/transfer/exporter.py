"""Working on exports: the leads of a view through a cursor, written as pieces of a CSV file. One export at a time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from fairlead.db.pool import Conflict, Lost, Pool
from fairlead.leads import attributes
from fairlead.leads.finding import Unreadable
from fairlead.leads.transfer import views
from fairlead.leads.transfer.cells import BOM, lines
from fairlead.leads.transfer.queries import exports as queries
from fairlead.leads.transfer.queries.exports import Export
from fairlead.orgs.definitions import Cache, Definitions
from fairlead.records.picture import new_id
from fairlead.web import formats

log = logging.getLogger("fairlead.transfer")

LEASE = timedelta(minutes=3)
"""How long an export is this process's alone: as long as the database may need for the first lead of a million."""

PAGE = 200
"""Leads that are in memory at a time."""

CHARACTERS = 500_000
"""Characters of a piece of the file."""

KEEP = timedelta(days=7)
"""How long a file is kept."""

CLEANING = timedelta(hours=1)

GONE = "The person who asked for it is not an active user any more."


class Exporter:
    """Takes up exports that wait."""

    def __init__(self, pool: Pool, cache: Cache, *, now: Callable[[], datetime]) -> None:
        self._pool = pool
        self._cache = cache
        self._now = now
        self._id = new_id()
        self._cleaned: datetime | None = None

    async def turn(self) -> bool:
        """An export from its beginning to its end; False when none waits."""
        now = self._now()
        async with self._pool.connection() as db:
            run = await queries.take(db, self._id, now, now + LEASE)
            if self._cleaned is None or now - self._cleaned > CLEANING:
                self._cleaned = now
                await queries.expire(db, now - KEEP)
        if run is None:
            return False
        try:
            state, reason = await self._write(run)
        except (Lost, Conflict, TimeoutError):
            raise
        except Exception:
            log.exception("an export failed", extra={"run": run.id})
            state, reason = "stopped", f"The server failed. Its log tells why, under {run.id}."
        async with self._pool.connection() as db:
            await queries.end(db, run, state, self._now(), reason)
        return True

    async def leave(self) -> None:
        """Others may begin anew at once."""
        async with self._pool.connection() as db:
            await queries.release(db, self._id)

    async def _write(self, run: Export) -> tuple[str, str | None]:
        """Write the file; returns how it ended and why. Who lost the export changes nothing by that."""
        async with self._pool.snapshot() as db:
            defs = await self._cache.current(db, run.org_id)
            user = defs.users.get(run.user_id)
            if user is None or not user.active:
                return "stopped", GONE
            view = views.view(defs, run.view, formats.zone_of(user, defs))
            if isinstance(view.condition, Unreadable):
                return "stopped", view.condition.text
            owner_id = user.id if defs.has_own_only(user) else None
            total = await queries.count(db, run.org_id, owner_id, view.condition)
            async with self._pool.connection() as own:
                await queries.set_total(own, run, total)
            found = queries.leads(
                db,
                run.org_id,
                owner_id,
                view.condition,
                view.sort,
                descending=view.descending,
                page=PAGE,
            )
            file = _File(self._pool, run, self._now)
            columns = attributes.readers(defs, run.columns)
            await file.add(BOM + lines([headers(defs, columns)]), 0)
            async for some in found:
                text = lines([[read(lead) or "" for read in columns.values()] for lead in some])
                if not await file.add(text, len(some)):
                    return "cancelled", None
                await asyncio.sleep(0)
            await file.flush()
        return "done", None


class _File:
    """Collects text to pieces of the file."""

    def __init__(self, pool: Pool, run: Export, now: Callable[[], datetime]) -> None:
        self._pool = pool
        self._run = run
        self._now = now
        self._texts: list[str] = []
        self._size = 0
        self._written = 0
        self._number = 0

    async def add(self, text: str, leads: int) -> bool:
        """More of the file; False when the export is not this process's any more."""
        self._texts.append(text)
        self._size += len(text)
        self._written += leads
        return self._size < CHARACTERS or await self.flush()

    async def flush(self) -> bool:
        """Store what was collected."""
        text = "".join(self._texts)
        until = self._now() + LEASE
        async with self._pool.connection() as db:
            kept = await queries.add(db, self._run, self._number, text, written=self._written, until=until)
        self._texts, self._size = [], 0
        self._number += 1
        return kept


def headers(defs: Definitions, columns: Mapping[str, attributes.Reader]) -> list[str]:
    """What the columns are called: as people know them, or by the field's own name where that is not clear."""
    return [views.header(defs, name) for name in columns]
