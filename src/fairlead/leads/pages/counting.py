"""How many leads a list has, without making people wait: short lists are counted, long ones remembered for a while."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from time import monotonic
from typing import Any

from fairlead.leads import queries
from fairlead.leads.queries import Page, SeenLead

MOST = 5000
"""Leads that are counted while a page is made; of longer lists the exact number comes after it."""

KEPT = 30.0
"""Seconds for which the number of a long list is good enough."""

_REMEMBERED = 500


class Counts:
    """The numbers of long lists, each for a while. `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._known: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def of(self, asked: Page) -> int | None:
        """The number that was counted a moment ago; None when it was not."""
        at, found = self._known.get(_key(asked), (-KEPT, 0))
        return found if self._clock() - at < KEPT else None

    def keep(self, asked: Page, found: int) -> None:
        """Remember a number; the oldest one makes room."""
        if found > MOST:
            self._known[_key(asked)] = (self._clock(), found)
            self._known.move_to_end(_key(asked))
            while len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)


def _key(asked: Page) -> str:
    """The condition with its values, of which the organisation is one."""
    return f"{asked.where}\0{asked.values!r}"


counts = Counts()


async def exactly(db: Any, asked: Page) -> int:
    """How many leads there are; of a long list at most `KEPT` seconds ago."""
    found = counts.of(asked)
    if found is None:
        found = await queries.count(db, asked)
        counts.keep(asked, found)
    return found


async def shown(db: Any, asked: Page, *, is_counted: bool) -> tuple[list[SeenLead], int | None]:
    """A page of leads, and how many there are; None for more than `MOST`, unless `is_counted` or known."""
    total = await exactly(db, asked) if is_counted else counts.of(asked)
    if total is not None:
        return await queries.page(db, asked), total
    most = max(MOST, asked.offset + asked.limit) + 1
    found = await queries.beginning(db, asked, most)
    return found.leads, found.total if found.total < most else None
