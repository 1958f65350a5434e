"""Which operations of the vendor's API are done: the contract index against the registry."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Literal

import msgspec

from fairlead.wire.operation import Operation, Registry

INDEX = Path(__file__).parent.parent / "contract_index.json"
Tier = Literal["S", "R", "C", "X"]
TIERS: dict[Tier, str] = {
    "S": "the operations this started with",
    "R": "what those refer to",
    "C": "the rest of the core families",
    "X": "further, some day",
}


class Row(msgspec.Struct, frozen=True):
    """An operation that the vendor has: `page` may be null, `?p=N`, or several slugs; `done` when it works here.

    `variant` tells apart rows that share an address.
    """

    tier: Tier
    verb: str | None
    path: str | None
    title: str
    page: str | None
    family: str
    variant: str = ""
    done: bool = False

    @property
    def pages(self) -> tuple[str, ...]:
        """The slugs of the vendor's pages."""
        return tuple(self.page.split(", ")) if self.page else ()

    @property
    def names(self) -> frozenset[str]:
        """What an operation may call this row's page: a slug; the title as a slug where there is none."""
        has_slug = any(not page.startswith("?") for page in self.pages)
        return frozenset(self.pages if has_slug else (*self.pages, slug(self.title)))

    @property
    def address(self) -> tuple[str | None, str | None]:
        """Verb and path as they are compared."""
        return self.verb, self.path and self.path.lower()


def slug(title: str) -> str:
    """`Mark a Task Complete` → `mark-a-task-complete`."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower().replace("'", "")).strip("-")


@cache
def index() -> tuple[Row, ...]:
    """Every operation of the vendor, in the order of the index."""
    return tuple(msgspec.json.decode(INDEX.read_bytes(), type=list[Row]))


def everything() -> Registry:
    """All operations of the program. Looked up by name: the waist imports no family, also not through the app."""
    found: Registry = import_module("fairlead.app").registry()
    return found


def coverage(operations: Iterable[Operation] | None = None) -> list[Row]:
    """The index with `done` filled in, for these operations, by default all of the program."""
    if operations is None:
        from fairlead.wire.describe.queued import described  # noqa: PLC0415 - it reads the index here

        operations = described(everything())
    here: dict[tuple[str | None, str | None], set[str]] = {}
    for operation in operations:
        here.setdefault((operation.verb, operation.path.lower()), set()).update(operation.pages)
    return [msgspec.structs.replace(row, done=_done(row, here)) for row in index()]


def _done(row: Row, here: dict[tuple[str | None, str | None], set[str]]) -> bool:
    """One operation may stand for several pages, and for pages that share its address it names each."""
    pages = here.get(row.address) if row.path else None
    if pages is None:
        return False
    if not row.pages:
        return True
    return set(row.pages) <= pages or bool(pages & row.names and len(row.pages) == 1)


def addresses(pages: Iterable[str]) -> list[str]:
    """Where the vendor's pages are. A title in the place of a slug has no page, or one known only by its number."""
    known = {name: page for row in index() for page in row.pages for name in {page, *row.names}}
    several = {page: page for row in index() for page in row.pages}
    found = dict.fromkeys((known | several)[page] for page in pages if page in known)
    return [
        f"https://apidocs.leadsquared.com/{page if page.startswith('?') else page + '/'}" for page in found
    ]


def mistakes(operations: Iterable[Operation]) -> list[str]:
    """Operations whose address or page the index does not know, or knows together with another one: typing errors."""
    by_address: dict[tuple[str | None, str | None], set[str]] = {}
    for row in index():
        if row.path:
            by_address.setdefault(row.address, set()).update(row.names)
    everywhere = {name for row in index() for name in row.names}
    unplaced = {name for row in index() if not row.path for name in row.names}
    found = []
    for operation in operations:
        where = f"{operation.verb} {operation.path}"
        names = by_address.get((operation.verb, operation.path.lower()))
        if names is None and not set(operation.pages) & unplaced:
            found.append(f"{where}: no such verb and path in the contract index")
        for page in operation.pages:
            if page not in everywhere:
                found.append(f"{where}: no page {page!r} in the contract index")
            elif names is not None and page not in names:
                found.append(f"{where}: the page {page!r} belongs to another path")
    return found
