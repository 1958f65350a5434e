"""Pages of a list: where one stands, and the addresses of the others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar
from urllib.parse import urlencode

from starlette.datastructures import ImmutableMultiDict

R = TypeVar("R")

SIZE = 50
LAST = 100_000
"""No page lies further on: counting rows to get there costs the database too much."""


class PastTheEnd(Exception):
    """The page that was asked for lies after the last one, whose address this is."""

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self.address = address


class Pager:
    """One page of a list. `page` counts from 1; `total` None where nobody counted, then `more` says if one follows."""

    def __init__(
        self, address: str, query: ImmutableMultiDict[str, str], *, size: int = SIZE, name: str = "page"
    ) -> None:
        sent = query.get(name, "1")
        self.page = min(int(sent), LAST) if sent.isascii() and sent.isdigit() and int(sent) > 0 else 1
        self.size = size
        self.total: int | None = None
        self.more = False
        self.shown = 0
        self._name = name
        self._address = address
        self._kept = [(key, value) for key, value in query.multi_items() if key != name]

    @property
    def offset(self) -> int:
        """Rows before this page."""
        return (self.page - 1) * self.size

    def found(self, shown: int, *, total: int | None = None, more: bool = False) -> Pager:
        """What the query gave: rows of this page, and either all there are or whether more follow.

        Raises PastTheEnd, which the console answers by going to the last page, or to the first where nobody counted.
        """
        self.shown, self.total = shown, total
        self.more = self.offset + shown < total if total is not None else more
        if not shown and self.page > 1:
            raise PastTheEnd(self.at(self.pages or 1))
        return self

    def part_of(self, rows: Sequence[R]) -> Sequence[R]:
        """The rows of this page, of a list that is there as a whole."""
        shown = rows[self.offset : self.offset + self.size]
        self.found(len(shown), total=len(rows))
        return shown

    @property
    def first(self) -> int:
        """Number of the first row shown; 0 for none."""
        return self.offset + 1 if self.shown else 0

    @property
    def last(self) -> int:
        """Number of the last row shown."""
        return self.offset + self.shown

    @property
    def pages(self) -> int | None:
        """How many pages there are; None where nobody counted."""
        return min(-(-self.total // self.size), LAST) if self.total is not None else None

    @property
    def beginning(self) -> str | None:
        """Address of the first page; None on it."""
        return self.at(1) if self.page > 1 else None

    @property
    def end(self) -> str | None:
        """Address of the last page; None on it, and where nobody counted."""
        return self.at(self.pages) if self.pages is not None and self.page < self.pages else None

    @property
    def previous(self) -> str | None:
        """Address of the page before; None on the first."""
        return self.at(self.page - 1) if self.page > 1 else None

    @property
    def next(self) -> str | None:
        """Address of the page after; None on the last."""
        return self.at(self.page + 1) if self.more else None

    def at(self, page: int) -> str:
        """Address of a page, everything else of the query kept."""
        query = [*self._kept, *([(self._name, str(page))] if page > 1 else [])]
        return f"{self._address}?{urlencode(query)}" if query else self._address
