"""Posting and updating up to 25 activities at once. A bad row never stops the others."""

from __future__ import annotations

from typing import Any

import msgspec

from fairlead.activities import rules
from fairlead.activities.api.change import Update, update_of
from fairlead.activities.api.create import NewActivity, wish_of
from fairlead.activities.api.family import write
from fairlead.errors import ApiError, MandatoryMissing
from fairlead.leads.drafts import search_field
from fairlead.records.rows import Activity, Lead
from fairlead.wire.bulk import each_row
from fairlead.wire.operation import Call, Plan, Query
from fairlead.wire.types import Scalar, rows_of

LIMIT = 25
"""Rows in one bulk call."""


class Created(msgspec.Struct, omit_defaults=True):
    """The result of a row: three members when it was posted, the error's two besides when it was not."""

    ProspectActivityId: str | None
    RowNumber: int
    ActivityCreated: bool
    ExceptionType: str | None = None
    ExceptionMessage: str | None = None


class AllCreated(msgspec.Struct):
    """One result per row, in the order of the rows."""

    Response: list[Created]


class OnOpportunity(Query):
    """The opportunity all rows are posted on: its id, or the AutoId value that its type shows."""

    opportunityId: str | None = None


@write(
    "POST /ProspectActivity.svc/Bulk/CustomActivity/Add/ByOpportunityId",
    page="post-bulk-activities-on-opportunities",
    bulk=LIMIT,
)
def add_by_opportunity(call: Call[OnOpportunity, list[NewActivity]]) -> Plan[AllCreated]:
    """Post Bulk Activities on Opportunities.

    Posts up to 25 activities on one opportunity and on its lead. Every row needs an owner.
    """
    opportunity_id = (call.query.opportunityId or "").strip()
    if not opportunity_id:
        raise MandatoryMissing("opportunityId", "posting activities on opportunity")
    rows_of(call.body, LIMIT)
    wishes: list[rules.Wish | ApiError] = []
    for row in call.body:
        try:
            wishes.append(_owned(call, row))
        except ApiError as error:
            wishes.append(error)
    found = yield from rules.on_opportunity(call, opportunity_id, wishes)
    return _created(found)


def _owned(call: Call[Any, Any], row: NewActivity) -> rules.Wish:
    rules.postable(call, row.ActivityEvent)
    rules.required_owner(call, row.ActivityOwnerEmail)
    return wish_of(call, row)


class RowOnLead(NewActivity):
    """An activity and the id of its lead."""

    RelatedProspectId: Scalar = None


@write(
    "POST /ProspectActivity.svc/Bulk/CustomActivity/Add/ByLeadId",
    page="post-bulk-activities-on-leads",
    bulk=LIMIT,
)
def add_by_lead_id(call: Call[None, list[RowOnLead]]) -> Plan[AllCreated]:
    """Post Activities in Bulk (lead id).

    Posts up to 25 activities, each on the lead that its row names. No lead is ever created.
    """
    rows_of(call.body, LIMIT)
    found = yield from each_row(_on_lead(call, row) for row in call.body)
    return _created(found)


def _on_lead(call: Call[Any, Any], row: RowOnLead) -> Plan[Activity]:
    if not row.RelatedProspectId:
        raise MandatoryMissing("RelatedProspectId", "posting activity")
    _, activity = yield from rules.on_lead(call, row.RelatedProspectId, wish_of(call, row))
    return activity


class BySearch(Query):
    """The unique lead field that the rows name their leads by."""

    searchBy: str | None = None


class RowByValue(NewActivity):
    """An activity and the unique value of its lead."""

    SearchByValue: Scalar = None


@write(
    "POST /ProspectActivity.svc/Bulk/CustomActivity/Add/ByLeadField",
    page="post-activities-to-leads-in-bulk-using-unique-lead-fields",
    bulk=LIMIT,
)
def add_by_lead_field(call: Call[BySearch, list[RowByValue]]) -> Plan[AllCreated]:
    """Post Activities in Bulk (unique lead field).

    Posts up to 25 activities, each on the lead that holds its row's value in the field searchBy names. No lead is
    ever created.
    """
    search_by = (call.query.searchBy or "").strip()
    if not search_by:
        raise MandatoryMissing("searchBy", "posting activities in bulk")
    field = search_field(call.defs, search_by)
    rows_of(call.body, LIMIT)

    def on_lead(row: RowByValue) -> Plan[Activity]:
        value = row.SearchByValue
        if value is None or value == "":
            raise MandatoryMissing("SearchByValue", "posting activity")
        wish = wish_of(call, row)
        posted: tuple[Lead, Activity]
        if field is None:  # Vendor: silent on the lead id as searchBy; it names a lead like elsewhere
            posted = yield from rules.on_lead(call, value, wish)
        else:
            posted = yield from rules.on_lead_by_key(call, field, value, wish)
        return posted[1]

    found = yield from each_row(on_lead(row) for row in call.body)
    return _created(found)


def _created(found: list[Activity | ApiError]) -> AllCreated:
    return AllCreated(
        [
            Created(None, number, False, some.type, some.message)
            if isinstance(some, ApiError)
            else Created(some.id, number, True)
            for number, some in enumerate(found, 1)
        ]
    )


class Updated(msgspec.Struct, omit_defaults=True):
    """The result of a row: three members when it was updated, the error's two besides when it was not."""

    ProspectActivityId: str | None
    RowNumber: int
    ActivityUpdated: bool
    ExceptionType: str | None = None
    ExceptionMessage: str | None = None


class AllUpdated(msgspec.Struct):
    """One result per row, in the order of the rows."""

    Response: list[Updated]


@write("POST /ProspectActivity.svc/Bulk/CustomActivity/Update", page="bulk-update-activities", bulk=LIMIT)
def bulk_update(call: Call[None, list[Update]]) -> Plan[AllUpdated]:
    """Update Activities in Bulk.

    Changes the note and the fields sent of up to 25 activities; rows may set different fields.
    """
    rows_of(call.body, LIMIT)
    found = yield from each_row(update_of(call, row) for row in call.body)
    return AllUpdated(
        [
            Updated(None, number, False, some.type, some.message)
            if isinstance(some, ApiError)
            else Updated(some.id, number, True)
            for number, some in enumerate(found, 1)
        ]
    )
