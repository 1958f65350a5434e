"""Numbers that take a look at very many rows: counted beside the page that shows them, kept in memory, told with their age.

Nothing is kept up to date with every write: that would be paid by each call of the API. A number that is counted in
a few milliseconds is counted anew for every page. One that takes longer is shown as it was counted last, and counted
anew in the background once it is a hundred times as old as counting took: however much is stored, counting takes a
hundredth of the time of one connection at most, and no page waits for it.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable, Mapping
from time import monotonic
from typing import Any

import msgspec

from fairlead.db.pool import Pool

log = logging.getLogger("fairlead.web")

QUICK = 0.02
"""Seconds: what is counted in less is counted for every page."""
SHARE = 100
"""A number is kept so many times as long as counting it took."""
FAR = 60.0
"""Seconds: a number that nobody looked at for so long (and three times as long as it is kept) is waited for again."""
PATIENCE = 0.25
"""Seconds that a page waits for numbers that are not known yet; it says then that they are being counted."""
AT_ONCE = 2
"""Connections that counting may take; pages need the others."""
MOST = 2_000
"""Numbers that are kept."""

Work = Callable[[Any], Awaitable[Any]]
"""Counts something with a connection."""


class Tally(msgspec.Struct, frozen=True):
    """What was counted, when (monotonic seconds), and how many seconds it took."""

    found: Any
    at: float
    took: float


class Tallies:
    """The numbers that a process knows, by organisation and name."""

    def __init__(self, pool: Pool, *, clock: Callable[[], float] = monotonic) -> None:
        self._pool = pool
        self._clock = clock
        self._known: OrderedDict[tuple[int, Hashable], Tally] = OrderedDict()
        self._counting: dict[tuple[int, Hashable], asyncio.Task[None]] = {}
        self._gate = asyncio.Semaphore(AT_ONCE)

    async def ask(self, org_id: int, works: Mapping[Hashable, Work]) -> dict[Hashable, Tally | None]:
        """Each number by its name, None for one that takes longer to count than a page may wait.

        The name says all that the work depends on: the same name is the same number. Raises what the work raises
        where there is no older number to show.
        """
        waited = {}
        for name, work in works.items():
            key = (org_id, name)
            tally = self._known.get(key)
            if tally is not None and not self._is_old(tally):
                continue
            task = self._counting.get(key) or self._begin(key, work)
            if tally is None or tally.took < QUICK or self._is_far(tally):
                waited[key] = task
        if waited:
            await asyncio.wait(waited.values(), timeout=PATIENCE)
        for key, task in waited.items():
            if task.done() and key not in self._known:
                task.result()
        return {name: self._known.get((org_id, name)) for name in works}

    def age(self, tally: Tally) -> float:
        """Seconds since it was counted."""
        return self._clock() - tally.at

    def _is_old(self, tally: Tally) -> bool:
        return tally.took < QUICK or self.age(tally) > SHARE * tally.took

    def _is_far(self, tally: Tally) -> bool:
        return self.age(tally) > max(FAR, 3 * SHARE * tally.took)

    def _begin(self, key: tuple[int, Hashable], work: Work) -> asyncio.Task[None]:
        task = asyncio.create_task(self._count(key, work))
        self._counting[key] = task
        task.add_done_callback(lambda done: self._ended(key, done))
        return task

    async def _count(self, key: tuple[int, Hashable], work: Work) -> None:
        async with self._gate, self._pool.connection() as db:
            begun = self._clock()
            found = await work(db)
            ended = self._clock()
        self._known[key] = Tally(found, ended, ended - begun)
        self._known.move_to_end(key)
        while len(self._known) > MOST:
            self._known.popitem(last=False)

    def _ended(self, key: tuple[int, Hashable], task: asyncio.Task[None]) -> None:
        del self._counting[key]
        if not task.cancelled() and (error := task.exception()) is not None:
            log.warning("counting %s failed: the number before it is shown", key[1], exc_info=error)
