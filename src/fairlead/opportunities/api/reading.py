"""What the opportunity reads share: which page, in which order, and the leads of the rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from fairlead.activities.api.order import order_of
from fairlead.activities.criteria import Column
from fairlead.activities.queries import SHOWN, Order
from fairlead.activities.rules import only_owner
from fairlead.errors import InvalidInput
from fairlead.fields.model import DataType
from fairlead.leads import queries as leads
from fairlead.leads.queries import SeenLead
from fairlead.opportunities.rendering import Row
from fairlead.orgs.definitions import RecordType
from fairlead.records.rows import Activity
from fairlead.wire.operation import Call
from fairlead.wire.types import Page, Paging, Scalar, Sorting, code_of, descending, page_of

CAP = 1000
"""Most rows of a page; a larger one is made as small."""

_ANY_SIZE = 1_000_000_000


class Rows(msgspec.Struct):
    """How many there are in all, and the page."""

    RecordCount: int
    List: list[Row]


def clamped_page(call: Call[Any, Any], paging: Paging | None) -> Page:
    """The page at most CAP rows long; its number stays, so that walking through the pages misses none."""
    page = page_of(paging, cap=_ANY_SIZE)
    if page.limit <= CAP:
        return page
    call.notice("page-size-clamped", str(CAP))
    return Page(page.offset // page.limit * CAP, CAP)


_NAMES = {
    "OpportunityEvent": "ActivityEvent",
    "OpportunityNote": "ActivityEvent_Note",
    "PACreatedByName": "CreatedByName",
}


def sorted_by(call: Call[Any, Any], sorting: Sorting | None, kinds: Sequence[RecordType]) -> Order:
    """The order of a read of these types: by CreatedOn, or a column of the rows or a field that one of the types has."""
    name = (sorting.ColumnName or "").strip() if sorting is not None else ""
    name = _NAMES.get(name, name)
    if sorting is None or not name:
        return order_of(call, sorting, None)
    if name in SHOWN:
        return Order(Column(DataType.TEXT, shown=name), descending(sorting))
    having = (kind for kind in kinds if name.partition("~")[0] in kind.fields)
    return order_of(call, msgspec.structs.replace(sorting, ColumnName=name), next(having, None))


def code_given(sent: Scalar, name: str) -> int | None:
    """The event code of a filter; absent or empty: None. Raises InvalidInput for what is no code."""
    if sent is None or sent == "":
        return None
    code = code_of(sent)
    if code is None:
        raise InvalidInput.value(name)
    return code


async def leads_of(call: Call[Any, Any], db: Any, found: Iterable[Activity]) -> dict[str, SeenLead]:
    """The leads that opportunities are on, by id."""
    ids = list({row.lead_id for row in found if row.lead_id is not None})
    rows = await leads.by_ids(db, call.org_id, only_owner(call), ids) if ids else []
    return {lead.id: lead for lead in rows}
