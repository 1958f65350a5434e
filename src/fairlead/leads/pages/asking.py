"""What an address of the list of leads asks for: which leads, in which order, with which columns, under which saved view."""

from __future__ import annotations

from itertools import zip_longest
from typing import Any
from urllib.parse import urlencode

import msgspec
import sqlalchemy as sa
from starlette.datastructures import ImmutableMultiDict

from fairlead.leads import criteria, finding, queries
from fairlead.leads.finding import Comparison, Unreadable, Wanted
from fairlead.leads.pages.columns import ALIASES, DEFAULT, asked
from fairlead.leads.queries import Page
from fairlead.orgs.definitions import Definitions
from fairlead.records.picture import is_id
from fairlead.web.visit import Visit

ADDRESS = "/app/leads"
NEWEST = "-created"
ANY = "any"
"""The control of the options of which one must be; they are joined with commas."""
PLACE = "at-"
"""Before the name of a column: the control for its place among the others."""

Query = ImmutableMultiDict[str, str]


class Asked(msgspec.Struct):
    """What an address asks for. `view` is the id of the saved view that it began with, `` for none."""

    wanted: Wanted
    columns: list[str]
    sort: str = NEWEST
    view: str = ""

    def pairs(self, *, without: int | None = None, sort: str | None = None) -> list[tuple[str, str]]:
        """The shortest query that asks for the same, apart from the page; `without` leaves one comparison out."""
        wanted, by = self.wanted, self.sort if sort is None else sort
        found = [("view", self.view), ("q", wanted.words), ("stage", wanted.stage), ("owner", wanted.owner)]
        found += [("source", wanted.source)]
        found = [pair for pair in found if pair[1]]
        kept = [one for at, one in enumerate(wanted.comparisons) if at != without]
        for one in kept:
            found += [("field", one.field), ("op", one.operator), ("value", one.value)]
            # All of them or none: what belongs together stands at the same place.
            found += [("upto", one.upto)] if any(other.upto for other in kept) else []
        found += [("columns", ",".join(self.columns))] if self.columns != list(DEFAULT) else []
        return found + ([("sort", by)] if by != NEWEST else [])

    def address(self, **changes: Any) -> str:
        """The address of this list; `changes` as of `pairs`."""
        return address(self.pairs(**changes))

    @property
    def query(self) -> str:
        """The shortest query string that asks for the same: what a saved view keeps."""
        return urlencode([pair for pair in self.pairs() if pair[0] != "view"])

    @property
    def unfiltered(self) -> list[tuple[str, str]]:
        """What is asked for besides which leads: the view, the columns, the order."""
        return [pair for pair in self.pairs() if pair[0] in ("view", "columns", "sort")]

    @property
    def uncolumned(self) -> list[tuple[str, str]]:
        """What is asked for besides the columns."""
        return [pair for pair in self.pairs() if pair[0] != "columns"]

    @property
    def usual(self) -> str:
        """The address of this list with the usual columns."""
        return address(self.uncolumned)

    @property
    def cleared(self) -> str:
        """The address of all leads, with these columns in this order."""
        return address([pair for pair in self.unfiltered if pair[0] != "view"])


def address(pairs: list[tuple[str, str]]) -> str:
    """The address of a list of leads."""
    return f"{ADDRESS}?{urlencode(pairs)}" if pairs else ADDRESS


def asked_of(defs: Definitions, query: Query) -> Asked:
    """What the query of an address asks for. Comparisons stand in it as field, op, value and upto, as often as needed."""
    said = {name: query.get(name, "").strip() for name in ("q", "stage", "owner", "source", "sort", "view")}
    named = [
        *_in_their_places(query),
        *(name for text in query.getlist("columns") for name in text.split(",")),
    ]
    known = {*defs.lead.fields, *ALIASES}
    return Asked(
        Wanted(said["q"], said["stage"], said["owner"], said["source"], _comparisons(query)),
        asked(defs, named),
        said["sort"] if said["sort"].removeprefix("-") in known else NEWEST,
        said["view"].lower() if is_id(said["view"].lower()) else "",
    )


def _comparisons(query: Query) -> list[Comparison]:
    rows = zip_longest(*(query.getlist(name) for name in ("field", "op", "value", "upto")), fillvalue="")
    compared = [Comparison(*(part.strip() for part in row)) for row in rows]
    compared = [one for one in compared if one.field][: finding.MOST]
    if compared and (picked := [one for one in query.getlist(ANY) if one]):
        compared[-1].value = ",".join(picked)
    for one in compared:
        one.operator = one.operator or "="
    return compared


def _in_their_places(query: Query) -> list[str]:
    """The columns that were ticked, by the numbers that were given to them; those without a number stand last."""

    def place(name: str) -> float:
        sent = query.get(PLACE + name, "")
        return int(sent) if sent.isascii() and sent.isdigit() and len(sent) < 4 else 1000

    return sorted(query.getlist("column"), key=place)


def condition_of(visit: Visit, wanted: Asked) -> criteria.Condition | Unreadable:
    """The leads that are asked for, in the time zone of the person."""
    return finding.condition(visit.defs, wanted.wanted, visit.zone, now=visit.now)


async def page_of(
    visit: Visit,
    db: Any,
    wanted: Asked,
    condition: criteria.Condition | Unreadable,
    *,
    offset: int = 0,
    limit: int,
) -> Page:
    """The page of leads that is asked for; of none when the condition cannot be read."""
    made = sa.false() if isinstance(condition, Unreadable) else condition
    where, values = criteria.where(visit.org_id, visit.sees, made)
    name = wanted.sort.removeprefix("-")
    found = criteria.attribute(visit.defs, ALIASES.get(name, name))
    # Leads have their numbers in the order in which they are made, and that order has an index.
    sort = criteria.in_turn if name == "created" or found is None else found
    order = criteria.order(sort, descending=wanted.sort.startswith("-"))
    owner = wanted.wanted.owner.lower()
    return Page(
        org_id=visit.org_id,
        owner_id=visit.sees or (owner if is_id(owner) else None),
        where=where,
        values=values,
        order=order,
        in_turn=sort is criteria.in_turn and not await _has_index(visit, db, wanted.wanted),
        offset=offset,
        limit=limit,
    )


async def _has_index(visit: Visit, db: Any, wanted: Wanted) -> bool:
    """True when an index finds the leads that are asked for: then they are not looked through in turn."""
    compared = {one.field: one.operator for one in wanted.comparisons}
    compared |= {"Source": "="} if wanted.source else {}
    for name, operator in compared.items():
        found = criteria.attribute(visit.defs, name)
        if operator in ("=", "IN") and found is not None and (found.key is not None or name in _INDEXED):
            return True
    return bool(compared) and any(one.field in compared for one in await queries.field_indexes(db))


_INDEXED = ("ProspectID", "ProspectAutoId", "RelatedCompanyId")
"""Attributes in columns with an index of their own."""
