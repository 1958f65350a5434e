"""Reading many leads: by criteria, by ids, by the time of their last change."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from fairlead.errors import InvalidInput, MandatoryMissing, PageTooLarge
from fairlead.fields.scalars import parse_datetime
from fairlead.leads import attributes, criteria, queries, rules
from fairlead.leads.api.family import read
from fairlead.leads.api.find import with_total
from fairlead.leads.attributes import BarePair, FlatLead, Reader
from fairlead.leads.drafts import ID_NAMES
from fairlead.records.picture import is_id
from fairlead.wire.operation import Body, Call
from fairlead.wire.types import Columns, Page, Paging, Scalar, Sorting, descending, names_of, page_of

PAGE = 1000
"""Most rows of a page of Leads.Get; a larger one is made as small."""

RANGE_PAGE = 5000
"""Most rows of a page of Leads.RecentlyModified."""

MOST_IDS = 10_000
"""Ids in one call."""

_ANY_SIZE = 1_000_000_000


class Lookup(Body):
    """One condition. Operators: `=  LIKE  >  <  <=  >=  <>` and `IN` (a comma list)."""

    LookupName: str | None = None
    LookupValue: Scalar = None
    SqlOperator: str | None = None


class Criteria(Body):
    """What to look for, what to show, in which order, which page."""

    Parameter: Lookup | None = None
    Columns: Columns | None = None
    Sorting: Sorting | None = None
    Paging: Paging | None = None


def columns_of(call: Call[Any, Any], columns: Columns | None) -> dict[str, Reader]:
    """Readers of the columns asked for, in that order; all without Include_CSV. Unknown names are noticed."""
    names = _names(columns.Include_CSV) if columns is not None else []
    found = attributes.readers(call.defs, names or attributes.all_names(call.defs))
    excluded = _names(columns.Exclude_CSV) if columns is not None and not names else []
    for name in (*names, *excluded):
        if name not in found:
            call.notice("unknown-column", name)
    for name in excluded:
        found.pop(name, None)
    return found


def _names(csv: str | None) -> list[str]:
    return ["ProspectID" if name in ID_NAMES else name for name in names_of(csv)]


def order_of(call: Call[Any, Any], sorting: Sorting | None) -> criteria.Attribute:
    """What to sort by; CreatedOn by default and for an unknown column, which is noticed."""
    name = (sorting.ColumnName or "").strip() if sorting is not None else ""
    found = criteria.attribute(call.defs, "ProspectID" if name in ID_NAMES else name) if name else None
    if found is None and name:
        call.notice("unknown-sorting", name)
    return found or criteria.created_on


@read("POST /LeadManagement.svc/Leads.Get", page="search-by-lead-criteria", body_optional=True)
async def by_criteria(call: Call[None, Criteria | None], db: Any) -> list[FlatLead]:
    """Search Leads by Criteria.

    Leads that meet one condition, a page of at most 1000. `LookupName` is case-sensitive; an unknown one finds nothing;
    without `Parameter` every lead is found. Each row ends with IsTaggedLead, CanUpdate and Total, the count of all.
    """
    body = call.body or Criteria()
    columns = columns_of(call, body.Columns)
    page = _clamped(call, page_of(body.Paging, cap=_ANY_SIZE))
    found = await queries.search(
        db,
        call.org_id,
        rules.seen_by(call),
        _condition(call, body.Parameter),
        order_of(call, body.Sorting),
        descending=descending(body.Sorting),
        offset=page.offset,
        limit=page.limit,
    )
    return [with_total(attributes.flat(columns, lead), found.total) for lead in found.leads]


def _clamped(call: Call[Any, Any], page: Page) -> Page:
    """The page at most PAGE rows long; its number stays, so that walking through the pages misses none."""
    if page.limit <= PAGE:
        return page
    call.notice("page-size-clamped", str(PAGE))
    return Page(page.offset // page.limit * PAGE, PAGE)


def _condition(call: Call[Any, Any], lookup: Lookup | None) -> criteria.Condition:
    if lookup is None or not lookup.LookupName:
        call.notice("no-filter", "Parameter")
        return sa.true()
    found = criteria.attribute(call.defs, lookup.LookupName)
    if found is None:
        call.notice("unknown-lookup", lookup.LookupName)
        return sa.false()
    value = "" if lookup.LookupValue is None else _text(lookup.LookupValue)
    if "\0" in value:
        return sa.false()
    return criteria.condition(found, (lookup.SqlOperator or "=").strip().upper(), value)


def _text(value: Scalar) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


class Wanted(Body):
    """The ids."""

    LeadIds: list[str] | None = None


class ByIds(Body):
    """The leads, what to show, which page; without Paging all of them."""

    SearchParameters: Wanted | None = None
    Columns: Columns | None = None
    Paging: Paging | None = None


class FlatLeads(msgspec.Struct):
    """Leads as flat objects, and how many there are in all."""

    RecordCount: int
    Leads: list[FlatLead]


@read("POST /LeadManagement.svc/Leads/Retrieve/ByIds", page="get-leads-in-bulk-by-ids")
async def by_ids(call: Call[None, ByIds], db: Any) -> FlatLeads:
    """Get Leads in Bulk by Ids.

    Up to 10,000 ids; the leads in their order, unknown ids are skipped.
    """
    action = "retrieving leads"
    body = call.body
    if body.SearchParameters is None:
        raise MandatoryMissing("SearchParameters", action)
    if not body.SearchParameters.LeadIds:
        raise MandatoryMissing("LeadIds", action)
    if body.Columns is None:
        raise MandatoryMissing("Columns", action)
    ids = body.SearchParameters.LeadIds
    if len(ids) > MOST_IDS:
        what = f"Number of records can not be more than {MOST_IDS}."
        raise InvalidInput(what)
    columns = columns_of(call, body.Columns)
    page = Page(0, MOST_IDS) if body.Paging is None else page_of(body.Paging, cap=MOST_IDS)
    named = dict.fromkeys(text for one in ids if is_id(text := one.strip().lower()))
    seen = await queries.seen_ids(db, call.org_id, rules.seen_by(call), list(named))
    some = seen[page.offset : page.offset + page.limit]
    leads = await queries.by_ids(db, call.org_id, rules.seen_by(call), some)
    return FlatLeads(len(seen), [attributes.flat(columns, lead) for lead in leads])


class Range(Body):
    """From and to, UTC, both ends included."""

    FromDate: Scalar = None
    ToDate: Scalar = None


class ByRange(Body):
    """The range, what to show, in which order, which page."""

    Parameter: Range | None = None
    Columns: Columns | None = None
    Sorting: Sorting | None = None
    Paging: Paging | None = None


def _second(sent: Scalar, name: str) -> datetime:
    """An instant as ranges compare it: the second it is in. Raises InvalidInput."""
    found = parse_datetime(sent)
    if found is None:
        raise InvalidInput.value(name)
    return found.replace(microsecond=0)


class PairLead(msgspec.Struct):
    """A lead as a list of pairs."""

    LeadPropertyList: list[BarePair]


class PairLeads(msgspec.Struct, omit_defaults=True):
    """Leads as pairs, and how many there are in all; `Leads` is left out when there is none."""

    RecordCount: int
    Leads: list[PairLead] | None = None


@read("POST /LeadManagement.svc/Leads.RecentlyModified", page="get-leads-by-date-range")
async def recently_modified(call: Call[None, ByRange], db: Any) -> PairLeads:
    """Get Leads by Date Range.

    Leads that changed, or got an activity, between FromDate and ToDate; a page of at most 5000. Every lead ends with
    Total, the count of all.
    """
    body = call.body
    if body.Parameter is None:
        what = "You have not passed Parameter."
        raise InvalidInput(what)
    first, last = _second(body.Parameter.FromDate, "FromDate"), _second(body.Parameter.ToDate, "ToDate")
    if first > last:
        what = "FromDate can't be greater than ToDate."
        raise InvalidInput(what)
    page = page_of(body.Paging, cap=_ANY_SIZE)
    if page.limit > RANGE_PAGE:
        raise PageTooLarge(RANGE_PAGE)
    columns = columns_of(call, body.Columns)
    found = await queries.search(
        db,
        call.org_id,
        rules.seen_by(call),
        criteria.touched_between(first, last),
        order_of(call, body.Sorting),
        descending=descending(body.Sorting),
        offset=page.offset,
        limit=page.limit,
    )
    total = BarePair("Total", str(found.total))
    sets = attributes.field_sets(call.defs, columns)
    rows = [PairLead([*attributes.bare_pairs(columns, sets, lead), total]) for lead in found.leads]
    return PairLeads(found.total, rows if found.total else None)
