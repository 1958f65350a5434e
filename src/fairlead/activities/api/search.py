"""Searching activities of one type by what an advanced search says."""

from __future__ import annotations

from typing import Any

import msgspec

from fairlead.activities import queries, rules
from fairlead.activities.api.family import read
from fairlead.activities.api.order import order_of
from fairlead.activities.api.timeline import CAP, ON_LEADS, code_given
from fairlead.activities.criteria import criteria_of
from fairlead.activities.rendering import flat_row
from fairlead.errors import InvalidEventCode, MandatoryMissing
from fairlead.wire import search as grammar
from fairlead.wire.operation import Body, Call
from fairlead.wire.types import Columns, Paging, Scalar, Sorting, names_of, page_of


class Search(Body):
    """One type, the search as a JSON text, which columns, sorted how, which page."""

    ActivityEvent: Scalar = None
    AdvancedSearch: Scalar = None
    Columns: Columns | None = None
    Paging: Paging | None = None
    Sorting: Sorting | None = None


class Found(msgspec.Struct):
    """How many there are in all, and the page."""

    RecordCount: int
    List: list[dict[str, str | None]]


_ID = "ProspectActivityId"


@read(
    "POST /ProspectActivity.svc/Activity/Retrieve/BySearchParameter",
    page="activity-advanced-search",
    admin=True,
)
async def advanced_search(call: Call[None, Search], db: Any) -> Found:
    """Activity Advanced Search.

    Activities of one type that meet the conditions, as flat rows; of the columns only those asked for, and the id.
    """
    body = call.body
    code = code_given(body.ActivityEvent)
    if code is None:
        raise MandatoryMissing("ActivityEvent", "searching activities")
    if body.AdvancedSearch is None or body.AdvancedSearch == "":
        raise MandatoryMissing("AdvancedSearch", "searching activities")
    page = page_of(body.Paging, cap=CAP)
    found = grammar.parse(str(body.AdvancedSearch), code)
    kind = call.defs.types.get(code)
    if kind is None or kind.kind not in ON_LEADS:
        raise InvalidEventCode
    criteria = criteria_of(found, kind, call.defs)
    order = order_of(call, body.Sorting, kind)
    total, some = await queries.search(
        db, call.org_id, code, criteria, owner=rules.only_owner(call), order=order, page=page
    )
    rows = [flat_row(call.defs, activity) for activity in some]
    return Found(total, _chosen(call, rows, body.Columns))


def _chosen(
    call: Call[Any, Any], rows: list[dict[str, str | None]], columns: Columns | None
) -> list[dict[str, str | None]]:
    """Only the columns asked for, all when none is, in the order of the row; the id in any case."""
    wanted = set(names_of(columns.Include_CSV)) if columns is not None else set()
    unwanted = set(names_of(columns.Exclude_CSV)) - {_ID} if columns is not None else set()
    if rows:
        for name in sorted((wanted | unwanted) - rows[0].keys()):
            call.notice("unknown-column", name)
    return [
        {name: row[name] for name in row if name not in unwanted and (not wanted or name in {_ID, *wanted})}
        for row in rows
    ]
