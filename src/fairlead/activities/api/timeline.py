"""Reading the activities of one lead, one activity, and the activities that mention a lead."""

from __future__ import annotations

from typing import Any

import msgspec

from fairlead.activities import queries, rules
from fairlead.activities.api.family import read
from fairlead.activities.api.order import order_of
from fairlead.activities.rendering import TimelineRow, field_objects, timeline_row
from fairlead.errors import InvalidInput, MandatoryMissing, UnknownActivity
from fairlead.fields.model import DataType
from fairlead.fields.printing import FieldObject
from fairlead.orgs.definitions import Definitions, RecordType
from fairlead.records.picture import is_id
from fairlead.records.rows import Activity
from fairlead.wire.operation import Body, Call, Query
from fairlead.wire.types import Paging, Scalar, Sorting, code_of, page_of, truth

CAP = 1000
"""Rows on the largest page."""

REFERENCES_CAP = 50


class OfType(Body):
    """Only activities of this type."""

    ActivityEvent: Scalar = None


class Timeline(Body):
    """Which of a lead's activities, sorted how, which page."""

    Parameter: OfType | None = None
    Paging: Paging | None = None
    Sorting: Sorting | None = None


class OfLead(Query):
    """The lead's id."""

    leadId: str | None = None
    getFileURL: str | None = None


class Activities(msgspec.Struct):
    """How many there are in all, and the page."""

    RecordCount: int
    ProspectActivities: list[TimelineRow]


@read("POST /ProspectActivity.svc/Retrieve", page="get-activities-of-a-lead", body_optional=True)
async def retrieve(call: Call[OfLead, Timeline | None], db: Any) -> Activities:
    """Get Activities of a Lead.

    Newest first unless sorted otherwise; 25 rows unless paged. Opportunities and sales are among them. An unknown
    lead has none.
    """
    lead_id = (call.query.leadId or "").strip().lower()
    if not lead_id:
        raise MandatoryMissing("leadId", "retrieving activities")
    body = call.body or Timeline()
    file_urls(call, call.query.getFileURL)
    code = code_given(body.Parameter.ActivityEvent if body.Parameter is not None else None)
    page = page_of(body.Paging, cap=CAP)
    order = order_of(call, body.Sorting, kind_of(call, code))
    if not is_id(lead_id):
        return Activities(0, [])
    total, found = await queries.timeline(
        db, call.org_id, lead_id, code=code, owner=rules.only_owner(call), order=order, page=page
    )
    return Activities(total, [timeline_row(call.defs, some) for some in known(call.defs, found)])


def code_given(sent: Scalar) -> int | None:
    """The event code of a filter; absent or empty: None. Raises InvalidInput for what is no code."""
    if sent is None or sent == "":
        return None
    code = code_of(sent)
    if code is None:
        raise InvalidInput.value("ActivityEvent")
    return code


def kind_of(call: Call[Any, Any], code: int | None) -> RecordType | None:
    """The type that a filter names; None without a filter, and for a code of nothing on leads, which is noticed."""
    kind = call.defs.types.get(code) if code is not None else None
    if kind is not None and kind.kind in ON_LEADS:
        return kind
    if code is not None:
        call.notice("unknown-event-code", str(code))
    return None


def known(defs: Definitions, found: list[Activity]) -> list[Activity]:
    """Without activities of a type that was made after the definitions of this call were read."""
    return [some for some in found if some.code in defs.types]


def file_urls(call: Call[Any, Any], sent: str | None) -> None:
    """The flag getFileURL: no field holds a file yet, so there is nothing to turn into an address."""
    if sent is not None and truth(sent, "getFileURL"):
        call.notice("flag-ignored", "getFileURL")


class OfActivity(Query):
    """The activity's id."""

    activityId: str | None = None
    getFileURL: str | None = None


class Details(msgspec.Struct):
    """An activity with its fields."""

    ID: str
    Name: str
    DisplayName: str
    Fields: list[FieldObject]


@read("GET /ProspectActivity.svc/GetActivityDetails", page="get-activity-details")
async def details(call: Call[OfActivity, None], db: Any) -> Details:
    """Get Activity Details.

    The activity's type and its fields with their values; the note is the first.
    """
    activity_id = (call.query.activityId or "").strip().lower()
    if not activity_id:
        raise MandatoryMissing("activityId", "retrieving activity details")
    file_urls(call, call.query.getFileURL)
    found = None
    if is_id(activity_id):
        found = await queries.one(db, call.org_id, activity_id, owner=rules.only_owner(call))
    kind = call.defs.types.get(found.code) if found is not None else None
    if found is None or kind is None:
        raise UnknownActivity
    return details_of(kind, found)


def details_of(kind: RecordType, activity: Activity) -> Details:
    """The details of an activity."""
    return Details(activity.id, kind.name, kind.display_name, field_objects(kind, activity))


class References(msgspec.Struct):
    """How many activities mention the lead, and the page."""

    RecordCount: int
    ProspectActivities: list[Details]


class ByLead(Query):
    """The id of the lead that is mentioned."""

    leadId: str | None = None


@read(
    "POST /ProspectActivity.svc/GetLeadReferences",
    page="get-activities-by-lead-reference",
    body_optional=True,
)
async def lead_references(call: Call[ByLead, Timeline | None], db: Any) -> References:
    """Get Activities by Lead Reference.

    Activities with a field set that has the lead's id as a value. Pages have at most 50 rows.
    """
    lead_id = (call.query.leadId or "").strip().lower()
    if not lead_id:
        raise MandatoryMissing("leadId", "retrieving lead references")
    body = call.body or Timeline()
    code = code_given(body.Parameter.ActivityEvent if body.Parameter is not None else None)
    page = page_of(body.Paging, cap=REFERENCES_CAP)
    order = order_of(call, body.Sorting, kind_of(call, code))
    kinds = call.defs.of_kind(*ON_LEADS)
    codes = [kind.code for kind in kinds if _has_sets(kind) and code in (None, kind.code)]
    if not codes or not is_id(lead_id):
        return References(0, [])
    total, found = await queries.mentioning(
        db, call.org_id, codes, lead_id, owner=rules.only_owner(call), order=order, page=page
    )
    rows = [details_of(call.defs.types[some.code], some) for some in known(call.defs, found)]
    return References(total, rows)


ON_LEADS = ("activity", "system", "sale", "opportunity")
"""Kinds of records that stand on leads."""


def _has_sets(kind: RecordType) -> bool:
    return any(field.data_type is DataType.FIELD_SET for field in kind.fields.values())
