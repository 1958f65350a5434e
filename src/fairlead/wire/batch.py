"""Natural batching: calls that arrive while the previous batch is committing form the next one.

No timer: an idle server runs a batch of one at once, a busy one commits many calls in one transaction. Nobody is
answered before the commit; a call that fails unexpectedly harms only itself.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from typing import Any

from fairlead.db.pool import Conflict, Lost, connect
from fairlead.orgs.definitions import Cache
from fairlead.records import queries
from fairlead.wire.bulk import BrokenRow
from fairlead.wire.engine import Engine, Job, Poisoned, Unknown
from fairlead.wire.operation import Call, Plan

log = logging.getLogger("fairlead.batch")

MOST = 128
"""Calls in one batch: more would keep the first ones waiting for little gain."""

LATEST = 0.05
"""Seconds that committed calls wait at most for the next batch to be written, until they are answered all the same."""

CONFLICTS = 6
"""Times a call alone may lose against others before it is answered with a fault."""

ANALYZE_AT = (300, 3_000, 30_000, 300_000)
"""Rows written by this process after which the statistics are made anew, see `Batcher._tend`."""


class Batcher:
    """Runs the batches of one process."""

    def __init__(self, url: str, cache: Cache) -> None:
        self._url = url
        self._engine = Engine(url, cache)
        self._waiting: deque[Job] = deque()
        self._done: list[Job] = []
        self._wake = asyncio.Event()
        self._closing = False
        self._task: asyncio.Task[None] | None = None
        self._written = 0
        self._analyze_at = list(ANALYZE_AT)
        self._tending: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Connect and begin. Raises DatabaseError."""
        await self._engine.open()
        self._task = asyncio.create_task(self._run(), name="batcher")

    async def close(self) -> None:
        """Finish what was submitted, then stop."""
        self._closing = True
        self._wake.set()
        if self._task is not None:
            await self._task
        if self._tending is not None:
            await self._tending
        await self._engine.close()

    def submit(
        self, start: Callable[[Call[Any, Any]], Plan[Any]], call: Call[Any, Any]
    ) -> asyncio.Future[Any]:
        """Put a call into the next batch. The future gives the plan's reply, or raises its ApiError."""
        job = Job(start, call)
        while not job.is_prepared:
            try:
                job.prepare()
            except BrokenRow as row:
                job.leave_out(row)
            except Exception as error:
                job.fail(error)
                return job.future
        self._waiting.append(job)
        self._wake.set()
        return job.future

    async def _run(self) -> None:
        waiting = self._waiting
        while True:
            if not waiting:
                self._answer()
                if self._closing:
                    return
                self._wake.clear()
                await self._wake.wait()
                continue
            jobs = [waiting.popleft() for _ in range(min(MOST, len(waiting)))]
            await self._serve(jobs)

    async def _serve(self, jobs: list[Job]) -> None:
        """Run a batch to its end: again after a conflict, with locks; by halves after that or after a fault."""
        lost = 0
        while jobs:
            try:
                self._tend(await self._attempt(jobs, lock=lost > 0))
            except Poisoned as poison:
                if isinstance(poison.cause, BrokenRow):
                    poison.job.leave_out(poison.cause)
                    continue
                poison.job.fail(poison.cause)
                jobs = [job for job in jobs if job is not poison.job]
            except Conflict as error:
                lost += 1
                if lost > 1 and len(jobs) > 1:
                    return await self._halves(jobs)
                if lost > CONFLICTS:
                    return jobs[0].fail(error)
            except Lost as error:
                if not await self._engine.reconnect():
                    return _fail(jobs, error)
            except Unknown as error:
                return _fail(jobs, error)
            except Exception as error:
                if len(jobs) > 1:
                    return await self._halves(jobs)
                return jobs[0].fail(error)
            else:
                self._done = jobs
                asyncio.get_running_loop().call_later(LATEST, self._answer)
                return None
        return None

    async def _attempt(self, jobs: list[Job], *, lock: bool) -> int:
        """Try a batch, and answer the one before it while the database writes.

        What follows an answer, sending it and reading what its client asks next, would else stand between the database
        and what it is to do next.
        """
        try:
            return await self._engine.attempt(jobs, lock=lock, meanwhile=self._answer)
        finally:
            self._answer()

    def _answer(self) -> None:
        """Answer the calls of the last batch, if that is not done; it is committed."""
        done, self._done = self._done, []
        for job in done:
            job.answer()

    async def _halves(self, jobs: list[Job]) -> None:
        middle = len(jobs) // 2
        await self._serve(jobs[:middle])
        await self._serve(jobs[middle:])

    def _tend(self, rows: int) -> None:
        """Keep the statistics near the truth while tables grow from nothing.

        The plans of READ and WRITE are made once. Made on tables that are believed empty they use the wrong
        index, four times dearer by 10,000 leads; autovacuum comes a minute later. New statistics make new plans.
        """
        self._written += rows
        if self._analyze_at and self._written >= self._analyze_at[0] and self._tending is None:
            del self._analyze_at[0]
            self._tending = asyncio.create_task(self._analyze(), name="analyze")

    async def _analyze(self) -> None:
        try:
            db = await connect(self._url)
            try:
                await queries.analyze(db, self._written)
            finally:
                await db.close()
        except Exception:
            log.warning("statistics could not be renewed", exc_info=True)
        finally:
            self._tending = None


def _fail(jobs: list[Job], error: Exception) -> None:
    for job in jobs:
        job.fail(error)
