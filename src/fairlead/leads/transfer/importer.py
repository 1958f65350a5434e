"""Working on imports: a chunk of each run at a time, through the batcher, so that API calls come between."""

from __future__ import annotations

import asyncio
import functools
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from fairlead.db.pool import Conflict, Lost, Pool
from fairlead.errors import ApiError, Unauthorised, Unexpected
from fairlead.leads.transfer import rules
from fairlead.leads.transfer.queries import imports as queries
from fairlead.leads.transfer.queries.imports import Import
from fairlead.leads.transfer.uploads import Row
from fairlead.orgs.definitions import Cache, Definitions, User
from fairlead.records.picture import new_id
from fairlead.wire.batch import Batcher
from fairlead.wire.operation import Call, Plan

log = logging.getLogger("fairlead.transfer")

LEASE = timedelta(seconds=15)
"""How long a run is this process's alone; renewed with every chunk. After a crash others wait so long."""

MOST = 4
"""Runs at a time."""

ATTEMPTS = 3
"""Times a chunk may fail before its run is stopped."""

KEEP = timedelta(days=30)
"""How long an upload and its report are kept."""

CLEANING = timedelta(hours=1)

GONE = "The person who started it is not an active user any more."


class Importer:
    """Takes up runs that are to be checked or imported."""

    def __init__(self, pool: Pool, cache: Cache, batcher: Batcher, *, now: Callable[[], datetime]) -> None:
        self._pool = pool
        self._cache = cache
        self._batcher = batcher
        self._now = now
        self._id = new_id()
        self._faults: dict[tuple[str, int, int], int] = {}
        self._cleaned: datetime | None = None

    async def turn(self) -> bool:
        """A chunk of every run that is this process's; False when there is none."""
        now = self._now()
        async with self._pool.connection() as db:
            runs = await queries.take(db, self._id, now, now + LEASE, MOST)
            if self._cleaned is None or now - self._cleaned > CLEANING:
                self._cleaned = now
                await queries.expire(db, now - KEEP)
        await asyncio.gather(*(self._step(run) for run in runs))
        return bool(runs)

    async def leave(self) -> None:
        """Others may go on at once."""
        async with self._pool.connection() as db:
            await queries.release(db, self._id)

    async def _step(self, run: Import) -> None:
        """The next chunk of a run. A fault stops it after some attempts; the others go on."""
        try:
            await self._chunk(run)
        except Unauthorised:
            async with self._pool.connection() as db:
                await self._stop(db, run, GONE)
        except (Lost, Conflict, TimeoutError):
            raise
        except ApiError as error:
            await self._failed(run, error)
        except Exception as error:
            log.exception("a chunk of an import failed", extra={"run": run.id})
            await self._failed(run, error)

    async def _chunk(self, run: Import) -> None:
        async with self._pool.connection() as db:
            defs = await self._cache.current(db, run.org_id)
            user = defs.users.get(run.user_id)
            if user is None or not user.active:
                raise Unauthorised
            rows = await queries.chunk(db, run.org_id, run.id, run.next_chunk)
            if not rows:
                await self._finish(db, run)
                return
            call = self._call(run, user, defs)
            if run.state == "checking":
                plan = await self._checking(db, call, run, rows)
            else:
                plan = functools.partial(rules.write, run=run, rows=rows)
        await self._batcher.submit(plan, call)

    def _call(self, run: Import, user: User, defs: Definitions) -> Call[Any, Any]:
        return Call(
            org_id=run.org_id,
            actor=user,
            access_key="",
            defs=defs,
            query=None,
            body=None,
            now=self._now(),
            request_id=new_id(),
        )

    async def _checking(
        self, db: Any, call: Call[Any, Any], run: Import, rows: list[Row]
    ) -> Callable[[Call[Any, Any]], Plan[None]]:
        keys = rules.keys(call, run, rows) if run.next_chunk else []
        holders, leads = await queries.shadows(db, run, keys) if keys else ({}, {})
        return functools.partial(rules.check, run=run, rows=rows, holders=holders, leads=leads)

    async def _finish(self, db: Any, run: Import) -> None:
        after = "checked" if run.state == "checking" else "done"
        await queries.move(db, run, [run.state], after, finished_on=self._now())
        if after == "checked":
            await queries.forget_shadows(db, run)

    async def _stop(self, db: Any, run: Import, reason: str) -> None:
        """A check goes back to its mapping; an import can be continued."""
        after = "new" if run.state == "checking" else "stopped"
        await queries.move(db, run, [run.state], after, reason=reason, finished_on=self._now())
        await queries.forget_shadows(db, run)

    async def _failed(self, run: Import, error: Exception) -> None:
        """Nothing of the chunk was written. Another process may have been quicker; else it is tried again."""
        place = (run.id, run.attempt, run.next_chunk)
        async with self._pool.connection() as db:
            found = await queries.one(db, run.org_id, None, run.id)
            if found is None or (found.id, found.attempt, found.next_chunk) != place:
                return
            self._faults[place] = self._faults.get(place, 0) + 1
            if self._faults[place] < ATTEMPTS:
                return
            del self._faults[place]
            where = f", under {error.request_id}" if isinstance(error, Unexpected) else f", under {run.id}"
            said = f"The server failed after {run.done} rows. Its log tells why{where}. Nothing is lost: continue it."
            log.error("an import was stopped", extra={"run": run.id, "reason": said})
            await self._stop(db, run, said)
