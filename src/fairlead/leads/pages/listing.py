"""The list of leads: found by words and filters, with the columns that people choose, sorted, a page at a time."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import zip_longest
from typing import Any
from urllib.parse import urlencode

import msgspec
import sqlalchemy as sa
from starlette.responses import Response

from fairlead.leads import criteria, finding, queries
from fairlead.leads.finding import Comparison, Unreadable, Wanted
from fairlead.leads.pages import counting
from fairlead.leads.pages.columns import ALIASES, DEFAULT, asked, choices, columns
from fairlead.leads.pages.family import page
from fairlead.leads.pages.record import name_of
from fairlead.leads.pages.several import changes, options, people
from fairlead.leads.queries import Page
from fairlead.records.picture import is_id
from fairlead.web import views
from fairlead.web.pager import Pager
from fairlead.web.visit import Visit

ADDRESS = "/app/leads"
NEWEST = "-created"
ANY = "any"
"""The control of the options of which one must be; they are joined with commas."""


class Asked(msgspec.Struct):
    """What an address asks for: which leads, which columns, in which order."""

    wanted: Wanted
    columns: list[str]
    sort: str = NEWEST

    def pairs(self, *, without: int | None = None, sort: str | None = None) -> list[tuple[str, str]]:
        """The shortest query that asks for the same, apart from the page; `without` leaves one comparison out."""
        wanted, by = self.wanted, self.sort if sort is None else sort
        found = [("q", wanted.words), ("stage", wanted.stage), ("owner", wanted.owner)]
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
        return _address(self.pairs(**changes))

    @property
    def query(self) -> str:
        """The shortest query string that asks for the same: what a saved view keeps."""
        return urlencode(self.pairs())

    @property
    def columns_sent(self) -> str:
        """The columns as an address names them; `` for the usual ones."""
        return dict(self.pairs()).get("columns", "")

    @property
    def uncolumned(self) -> list[tuple[str, str]]:
        """What is asked for besides the columns."""
        return [pair for pair in self.pairs() if pair[0] != "columns"]

    @property
    def usual(self) -> str:
        """The address of this list with the usual columns."""
        return _address(self.uncolumned)

    @property
    def cleared(self) -> str:
        """The address of all leads, with these columns in this order."""
        return _address([pair for pair in self.pairs() if pair[0] in ("columns", "sort")])


def _address(pairs: list[tuple[str, str]]) -> str:
    return f"{ADDRESS}?{urlencode(pairs)}" if pairs else ADDRESS


@page("GET /leads", nav="leads")
async def leads(visit: Visit) -> Response:
    """Leads that the person may see, newest first, or as they are asked for."""
    wanted = asked_of(visit)
    pager = Pager(ADDRESS, _query(visit, wanted))
    # While a comparison is being made (`draft`), what it lacks is no mistake yet.
    drafted = wanted.wanted.comparisons[-1:] if "draft" in visit.query else []
    if drafted:
        wanted.wanted.comparisons.pop()
    condition = finding.condition(visit.defs, wanted.wanted, visit.zone, now=visit.now)
    unreadable = condition if isinstance(condition, Unreadable) else None
    editor = drafted[0] if drafted else Comparison("")
    if unreadable is not None:
        editor = wanted.wanted.comparisons.pop(unreadable.at)
    async with visit.db() as db:
        where = await page_of(visit, db, wanted, condition, pager)
        everything = wanted.wanted.is_everything and visit.sees is None
        found, total = await counting.shown(db, where, is_counted=everything or "count" in visit.query)
        saved = await views.of(visit, db)
    more = total is None and len(found) == pager.size
    response = visit.page(
        "leads/list.html",
        title="Leads",
        asked=wanted,
        wanted=wanted.wanted,
        told=[finding.told(visit.defs, one) for one in wanted.wanted.comparisons],
        editor=editor,
        editing=_editing(visit, editor),
        unreadable=unreadable,
        is_filtered=not wanted.wanted.is_everything or bool(editor.field),
        leads=found,
        name_of=name_of,
        pager=pager.found(len(found), total=total, more=more),
        most=counting.MOST,
        columns=columns(visit, wanted.columns),
        # Those that are shown come first, in their order.
        all_columns=sorted(choices(visit.defs), key=lambda one: _place(wanted.columns, one[0])),
        saved=saved,
        choices=_choices(visit, wanted.wanted),
        changes=changes(visit),
    )
    return _addressed(visit, wanted, pager, response)


@page("GET /leads/count", nav="leads")
async def count(visit: Visit) -> Response:
    """How many leads a long list has, to the last one; asked after the page is shown."""
    wanted = asked_of(visit)
    condition = finding.condition(visit.defs, wanted.wanted, visit.zone, now=visit.now)
    async with visit.db() as db:
        where = await page_of(visit, db, wanted, condition, Pager(ADDRESS, visit.query))
        total = await counting.exactly(db, where)
    return visit.partial("leads/count.html", total=total)


def asked_of(visit: Visit) -> Asked:
    """What the address asks for. Comparisons stand in it as field, op, value and upto, as often as there are any."""
    query = visit.query
    rows = zip_longest(*(query.getlist(name) for name in ("field", "op", "value", "upto")), fillvalue="")
    compared = [Comparison(*(part.strip() for part in row)) for row in rows]
    compared = [one for one in compared if one.field][: finding.MOST]
    if compared and (picked := [one for one in query.getlist(ANY) if one]):
        compared[-1].value = ",".join(picked)
    for one in compared:
        one.operator = one.operator or "="
    said = {name: query.get(name, "").strip() for name in ("q", "stage", "owner", "source", "sort")}
    named = [
        *query.getlist("column"),
        *(name for text in query.getlist("columns") for name in text.split(",")),
    ]
    known = {*visit.defs.lead.fields, *ALIASES}
    return Asked(
        Wanted(said["q"], said["stage"], said["owner"], said["source"], compared),
        asked(visit.defs, named),
        said["sort"] if said["sort"].removeprefix("-") in known else NEWEST,
    )


async def page_of(
    visit: Visit, db: Any, wanted: Asked, condition: criteria.Condition | Unreadable, pager: Pager
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
        offset=pager.offset,
        limit=pager.size,
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


def _query(visit: Visit, wanted: Asked) -> Any:
    """The query of the pages of this list: what it asks for, and the page."""
    found = [*wanted.pairs(), *((name, text) for name, text in visit.query.multi_items() if name == "page")]
    return type(visit.query)(found)


def _addressed(visit: Visit, wanted: Asked, pager: Pager, response: Response) -> Response:
    """The address that the browser shows: without what was left empty; typing makes no steps to go back over."""
    if visit.is_htmx and "draft" not in visit.query:
        way = "HX-Push-Url" if visit.request.headers.get("hx-boosted") else "HX-Replace-Url"
        response.headers[way] = pager.at(pager.page)
    return response


def _editing(visit: Visit, editor: Comparison) -> dict[str, Any]:
    """What the controls of a new comparison offer: operators and values of the field's kind."""
    field = visit.defs.lead.fields.get(editor.field)
    kind = finding.kind_of(field) if field is not None else ""
    values: Iterable[tuple[str, str]] = ()
    if field is not None and kind == "choice":
        values = options(visit, field.name, editor.value if editor.operator != "IN" else "")
    elif kind == "user":
        values = [(name, name) for _, name in people(visit, active=False)]
    elif kind == "flag":
        values = [("yes", "Yes"), ("no", "No")]
    known = list(finding.KINDS[kind]) if kind else []
    first = known[0][0] if known else ""
    return {
        "kind": kind,
        "operators": known,
        "operator": editor.operator if editor.operator in dict(known) else first,
        "values": list(values),
        "picked": editor.value.split(","),
    }


def _place(shown: list[str], key: str) -> int:
    return shown.index(key) if key in shown else len(shown)


def _choices(visit: Visit, wanted: Wanted) -> dict[str, list[tuple[str, str]]]:
    """What the filters offer: (value, words)."""
    return {
        "stage": [("", "Any stage"), *options(visit, "ProspectStage", wanted.stage)],
        "owner": [("", "Any owner"), *people(visit, active=False)],
        "source": [("", "Any source"), *options(visit, "Source", wanted.source)],
        "field": [
            ("", "More filters…"),
            *((one.name, one.display_name) for one in finding.comparable(visit.defs)),
        ],
    }
