"""Which lists there are, which leads are in one, and in which a lead is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from fairlead.errors import InvalidInput, MandatoryMissing
from fairlead.leads import attributes
from fairlead.leads import queries as leads
from fairlead.leads.api.search import PAGE, columns_of, order_of
from fairlead.leads.attributes import LeadPair
from fairlead.leads.rules import seen_by
from fairlead.lists import rules
from fairlead.lists.api.change import needed
from fairlead.lists.api.family import read
from fairlead.lists.rules import KINDS, LeadList
from fairlead.wire.operation import Body, Call, Query
from fairlead.wire.types import Columns, Done, Page, Paging, Scalar, Sorting, descending, page_of

LISTS_OF_A_PAGE = 100
_ANY_SIZE = 1_000_000_000


class Which(Query):
    """Which lists: all that is given must apply. `ListType` 0 static, 1 dynamic, 2 refreshable."""

    PageIndex: str | None = None
    ListType: str | None = None
    SearchText: str | None = None
    listId: str | None = None


class OfLead(Query):
    """A lead."""

    leadId: str | None = None


class OneList(Query):
    """A list."""

    listId: str | None = None


class Both(Query):
    """A list and a lead."""

    listId: str | None = None
    leadId: str | None = None


class ListRow(msgspec.Struct):
    """A list, and how many members it has."""

    ListId: str
    ListName: str
    ListDescription: str
    ListType: Literal["static", "dynamic", "refreshable"]
    MemberCount: int


class Count(msgspec.Struct):
    """How many members a list has."""

    Count: int


class IsMember(msgspec.Struct):
    """Whether a lead is in a list."""

    IsMember: bool


class Wanted(Body):
    """The list. `RetrieveBehaviour`: 0 no recount, 1 recount for this answer, 2 recount and keep; all give the same."""

    ListId: str | None = None
    listId: str | None = None
    RetrieveBehaviour: Scalar = None
    RetrieveBehavior: Scalar = None


class Search(Body):
    """The list, what to show of its leads, in which order, which page."""

    SearchParameters: Wanted | None = None
    Columns: Columns | None = None
    Sorting: Sorting | None = None
    Paging: Paging | None = None


class PairLead(msgspec.Struct):
    """A lead as pairs."""

    LeadPropertyList: list[LeadPair]


class Members(msgspec.Struct):
    """A page of the leads in a list; RecordCount counts all of them."""

    RecordCount: int
    Leads: list[PairLead]


def _rows(found: Sequence[LeadList]) -> list[ListRow]:
    return [ListRow(one.id, one.name, one.description, one.kind, one.members) for one in found]


@read("GET /LeadManagement.svc/Lists.Get", page="retrieve-all-lists")
async def get_lists(call: Call[Which, None], db: Any) -> list[ListRow]:
    """Get All Lists.

    All of them, or with PageIndex 100 a page. `SearchText` is part of the name, whatever the case.
    """
    query = call.query
    kind = (query.ListType or "").strip()
    if kind not in ("", "0", "1", "2"):
        raise InvalidInput.value("ListType")
    index = (query.PageIndex or "").strip()
    page = page_of(Paging(PageIndex=index, PageSize=LISTS_OF_A_PAGE), cap=LISTS_OF_A_PAGE) if index else None
    found = await rules.lists(
        call,
        db,
        kind=KINDS[int(kind)] if kind else None,
        text=query.SearchText or "",
        id=(query.listId or "").strip() or None,
    )
    shown = found if page is None else found[page.offset : page.offset + page.limit]
    return _rows(await rules.counted(call, db, shown))


@read("GET /LeadSegmentation.svc/Lists.GetByLeadId", page="get-list-by-lead-id")
async def get_lists_of_lead(call: Call[OfLead, None], db: Any) -> list[ListRow]:
    """Get Lists of a Lead.

    The static lists that it is in; none for an unknown lead.
    """
    lead_id = needed(call.query.leadId, "leadId", "retrieving lists")
    return _rows(await rules.lists_of(call, db, lead_id))


@read(
    "GET /LeadSegmentation.svc/List/Retrieve/MemberCount",
    page="get-member-count",
    also=("GET /LeadManagement.svc/List/Retrieve/MemberCount",),
)
async def get_count(call: Call[OneList, None], db: Any) -> Count:
    """Get Member Count.

    0 for an unknown list.
    """
    found = await rules.find(call, db, needed(call.query.listId, "listId", "retrieving member count"))
    return Count((await rules.counted(call, db, [found]))[0].members if found is not None else 0)


@read("GET /LeadManagement.svc/List.CheckLead", page="is-a-lead-in-a-list")
async def check(call: Call[Both, None], db: Any) -> Done[IsMember]:
    """Is a Lead in a List.

    No for an unknown list and for an unknown lead.
    """
    action = "checking lead in list"
    list_id = needed(call.query.listId, "listId", action)
    lead_id = needed(call.query.leadId, "leadId", action)
    return Done(Message=IsMember(await rules.is_member(call, db, list_id, lead_id)))


@read("POST /LeadManagement.svc/Leads/Retrieve/BySearchParameter", page="get-leads-in-a-list-2")
async def get_members(call: Call[None, Search], db: Any) -> Members:
    """Get Leads in a List.

    A page of at most 1000. The pairs come in the order of Include_CSV and end with CanUpdate; an unknown list has none.
    """
    body = call.body
    action = "retrieving leads"
    if body.SearchParameters is None:
        raise MandatoryMissing("SearchParameters", action)
    list_id = needed(body.SearchParameters.ListId or body.SearchParameters.listId, "ListId", action)
    _check_behaviour(body.SearchParameters)
    page = _clamped(call, page_of(body.Paging, cap=_ANY_SIZE))
    columns = columns_of(call, body.Columns)
    downwards = descending(body.Sorting)
    order = order_of(call, body.Sorting)
    where = await rules.find(call, db, list_id)
    if where is None:
        return Members(0, [])
    found = await leads.search(
        db,
        call.org_id,
        seen_by(call),
        rules.members(where),
        order,
        descending=downwards,
        offset=page.offset,
        limit=page.limit,
    )
    sets = attributes.field_sets(call.defs, columns)
    # Whoever sees a lead may change it.
    may = LeadPair("CanUpdate", "true")
    return Members(
        found.total, [PairLead([*attributes.pairs(columns, sets, lead), may]) for lead in found.leads]
    )


def _check_behaviour(wanted: Wanted) -> None:
    sent = wanted.RetrieveBehaviour if wanted.RetrieveBehaviour is not None else wanted.RetrieveBehavior
    if sent is not None and str(sent).strip() not in ("", "0", "1", "2"):
        raise InvalidInput.value("RetrieveBehaviour")


def _clamped(call: Call[None, Search], page: Page) -> Page:
    """The page at most PAGE rows long. Vendor: silent on the limit; as when leads are searched by criteria."""
    if page.limit <= PAGE:
        return page
    call.notice("page-size-clamped", str(PAGE))
    return Page(page.offset // page.limit * PAGE, PAGE)
