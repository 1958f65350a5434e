"""The workers of one process, the sender of callbacks, and the housekeeping of the queue that they share."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from fairlead.db.pool import DatabaseError, Lost, connect, translated
from fairlead.orgs.definitions import Cache
from fairlead.wire import idempotency
from fairlead.wire.operation import Registry
from fairlead.wire.queue import queries
from fairlead.wire.queue.sender import Sender
from fairlead.wire.queue.status import FAULT, queueable, tell
from fairlead.wire.queue.worker import CRASHES, Hint, Worker

log = logging.getLogger("fairlead.queue")

EVERY = 5.0
"""Seconds between two rounds of housekeeping."""

AGE = 2.0
"""Seconds after which a trial that holds no locks is believed to be over: its end may be under way before."""

STEP = 1000
"""Rows removed in one transaction, with a pause after it."""

STEPS = 100
"""Such transactions in one round."""

GRACE = 8.0
"""Seconds that a running batch gets to end."""


class Crew:
    """Workers, and the task that looks after the queue."""

    def __init__(
        self,
        url: str,
        cache: Cache,
        registry: Registry,
        count: int,
        *,
        hint: Hint | None = None,
        private_callbacks: bool = False,
        keep: timedelta = timedelta(days=30),
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        hint = hint or Hint()
        self._url = url
        self._keep = keep
        self._now = now
        told, suspecting = Hint(), asyncio.Lock()
        self._kinds = queueable(registry)
        self._workers = [
            Worker(url, cache, registry, hint=hint, told=told, suspecting=suspecting, now=now)
            for _ in range(count)
        ]
        self._sender = Sender(url, told, private=private_callbacks, now=now)
        self._task: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Count what died with an earlier process, then begin. Raises DatabaseError."""
        if not self._workers:
            return
        db = await connect(self._url, batch=True)
        try:
            await self._count_crashes(db, age=0)
        finally:
            await db.close()
        for worker in self._workers:
            await worker.open()
        self._sender.open()
        self._task = asyncio.create_task(self._look_after(), name="queue housekeeping")

    async def close(self) -> None:
        """Finish the batches that are running, claim no others; after `GRACE` seconds they are given back."""
        await asyncio.gather(*(worker.close(GRACE) for worker in self._workers))
        await self._sender.close()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _look_after(self) -> None:
        while True:
            try:
                with translated():
                    db = await connect(self._url, batch=True)
                    try:
                        await self._round(db)
                    finally:
                        await db.close()
            except (DatabaseError, Lost) as error:
                log.warning("no housekeeping of the queue now", extra={"reason": str(error)})
            except Exception:
                log.warning("queue housekeeping did not succeed", exc_info=True)
            await asyncio.sleep(EVERY)

    async def _round(self, db: Any) -> None:
        """Count crashes soon after they happened; remove what is old in small steps."""
        await self._count_crashes(db, age=AGE)
        now = self._now()
        await queries.gauge(db, now)
        for _ in range(STEPS):
            removed = await queries.expire(db, now - self._keep, STEP)
            forgotten = await idempotency.expire(db, now, STEP)
            told = await queries.deliveries.expire(db, now - self._keep, STEP)
            if not (removed or forgotten or told):
                break
            await asyncio.sleep(0.05)
        await queries.forget_tallies(db, now - timedelta(minutes=61))

    async def _count_crashes(self, db: Any, *, age: float) -> None:
        now = self._now()
        async with db.transaction(), queries.planned_anew(db):
            counted, ended = await queries.count_crashes(db, age=age, most=CRASHES, now=now, reason=FAULT)
            await tell(db, self._kinds, ended, now)
        if counted:
            log.warning("a worker died over its batch", extra={"requests": counted})
