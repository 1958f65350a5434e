"""The background of a serving process: it works on imports and exports, also on those that another process left."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime

from fairlead.db.pool import Conflict, DatabaseError, Lost, Pool
from fairlead.leads.transfer.exporter import Exporter
from fairlead.leads.transfer.importer import Importer
from fairlead.orgs.definitions import Cache
from fairlead.wire.batch import Batcher

log = logging.getLogger("fairlead.transfer")

POLL = 0.5
"""Seconds between looks for something to do."""

PAUSE = 3.0
"""Seconds after something went wrong."""


class Crew:
    """A task for imports and one for exports. What they work on is theirs for a while, and is left on time."""

    def __init__(
        self,
        pool: Pool,
        cache: Cache,
        batcher: Batcher,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._workers: tuple[Importer | Exporter, ...] = (
            Importer(pool, cache, batcher, now=now),
            Exporter(pool, cache, now=now),
        )
        self._tasks: list[asyncio.Task[None]] = []

    def open(self) -> None:
        """Begin."""
        self._tasks = [
            asyncio.create_task(_work(one), name=type(one).__name__.lower()) for one in self._workers
        ]

    async def close(self) -> None:
        """Stop, and leave what is not done to others. A chunk that was given to the batcher is finished by it."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for one in self._workers:
            try:
                await one.leave()
            except (Lost, TimeoutError) as error:
                log.warning("runs are left when their lease ends", extra={"reason": str(error)})


async def _work(worker: Importer | Exporter) -> None:
    while True:
        pause = POLL
        try:
            if await worker.turn():
                pause = 0
        except (Lost, Conflict, DatabaseError, TimeoutError) as error:
            log.warning("no import or export now", extra={"reason": str(error)})
            pause = PAUSE
        except Exception:
            log.exception("an import or export stumbled")
            pause = PAUSE
        await asyncio.sleep(pause)
