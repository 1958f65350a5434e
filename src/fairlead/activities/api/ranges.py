"""Reading activities by event code and time, and the history of their changes."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec
from msgspec import UNSET, UnsetType

from fairlead.activities import queries, rules
from fairlead.activities.api.family import read
from fairlead.activities.api.order import order_of
from fairlead.activities.api.timeline import CAP, ON_LEADS, Activities, code_given, kind_of, known
from fairlead.activities.periods import period_of
from fairlead.activities.rendering import flat_row, plain_time, timeline_row
from fairlead.errors import InvalidInput, MandatoryMissing
from fairlead.fields.values import render
from fairlead.orgs.definitions import Definitions
from fairlead.records.picture import is_id
from fairlead.records.rows import CANCELLATION, Change
from fairlead.wire.operation import Body, Call
from fairlead.wire.types import Paging, Scalar, Sorting, page_of, truth

T = TypeVar("T")


class ByEvent(Body):
    """One type, a range of time, and how to show what is empty."""

    FromDate: Scalar = None
    ToDate: Scalar = None
    ActivityEvent: Scalar = None
    RemoveEmptyValue: Scalar = None


class EventRange(Body):
    """Which activities of a type, sorted how, which page."""

    Parameter: ByEvent | None = None
    Paging: Paging | None = None
    Sorting: Sorting | None = None


class Rows(msgspec.Struct):
    """How many there are in all, and the page; where there is none at all, there is no List."""

    RecordCount: int
    List: list[dict[str, str | None]] | UnsetType = UNSET


def _passed(parameter: T | None) -> T:
    if parameter is None:
        what = "You have not passed Parameter."
        raise InvalidInput(what)
    return parameter


@read(
    "POST /ProspectActivity.svc/CustomActivity/RetrieveByActivityEvent",
    page="bulk-retrieve-activities-by-activity-event",
)
async def by_event(call: Call[None, EventRange], db: Any) -> Rows:
    """Get Activities by Activity Event.

    Activities of one type that were last changed in the range, both ends included, as flat rows of texts.
    """
    body = call.body
    parameter = _passed(body.Parameter)
    period = period_of(parameter.FromDate, parameter.ToDate)
    code = code_given(parameter.ActivityEvent)
    if code is None:
        what = "You have not passed any ActivityEvent."
        raise InvalidInput(what)
    page = page_of(body.Paging, cap=CAP)
    without_empty = truth(parameter.RemoveEmptyValue, "RemoveEmptyValue")
    kind = kind_of(call, code)
    order = order_of(call, body.Sorting, kind)
    if kind is None:
        return Rows(0)
    total, found = await queries.modified(
        db, call.org_id, [code], period, owner=rules.only_owner(call), order=order, page=page
    )
    rows = [flat_row(call.defs, some) for some in found]
    if without_empty:
        rows = [{name: text for name, text in row.items() if text not in (None, "")} for row in rows]
    return Rows(total, rows) if total else Rows(0)


class Recent(Body):
    """A range of time, one type only if wanted, with the custom fields if wanted."""

    FromDate: Scalar = None
    ToDate: Scalar = None
    ActivityEvent: Scalar = None
    IncludeCustomFields: Scalar = None


class RecentRange(Body):
    """Which activities, sorted how, which page."""

    Parameter: Recent | None = None
    Paging: Paging | None = None
    Sorting: Sorting | None = None


@read("POST /ProspectActivity.svc/RetrieveRecentlyModified", page="retrieve-prospect-activities")
async def recently_modified(call: Call[None, RecentRange], db: Any) -> Activities:
    """Get Activities by Date Range.

    Activities of all types, or of one, that were last changed in the range, both ends included.
    """
    body = call.body
    parameter = _passed(body.Parameter)
    period = period_of(parameter.FromDate, parameter.ToDate)
    code = code_given(parameter.ActivityEvent)
    page = page_of(body.Paging, cap=CAP)
    custom = truth(parameter.IncludeCustomFields, "IncludeCustomFields")
    order = order_of(call, body.Sorting, kind_of(call, code))
    codes = [kind.code for kind in call.defs.of_kind(*ON_LEADS) if code in (None, kind.code)]
    if not codes:
        return Activities(0, [])
    total, found = await queries.modified(
        db, call.org_id, codes, period, owner=rules.only_owner(call), order=order, page=page
    )
    return Activities(
        total, [timeline_row(call.defs, some, custom_fields=custom) for some in known(call.defs, found)]
    )


# History ---------------------------------------------------------------------------------------------


class Changes(Body):
    """A range of time, and one activity or some types."""

    FromDate: Scalar = None
    ToDate: Scalar = None
    ActivityID: Scalar = None
    ActivityEvents: list[Scalar] | None = None


class ChangeRange(Body):
    """Which changes, which page."""

    Parameter: Changes | None = None
    Paging: Paging | None = None


class FieldChange(msgspec.Struct):
    """A field, before and after."""

    SchemaName: str
    DisplayName: str
    OldValue: str | None
    NewValue: str | None


class ActivityChange(msgspec.Struct):
    """Who changed what of an activity, and when."""

    ProspectActivityId: str
    ActivityEvent: int
    RelatedProspectId: str | None
    ChangedOn: str
    ChangedBy: str
    ChangedByName: str | None
    Changes: list[FieldChange]


class History(msgspec.Struct):
    """How many changes there are in all, and the page."""

    RecordCount: int
    Activities: list[ActivityChange]


@read("POST /ProspectActivity.svc/RetrieveActivityChange", page="get-activity-change-history")
async def change_history(call: Call[None, ChangeRange], db: Any) -> History:
    """Get Activity Change History.

    Who changed what in the range, newest first: of one activity, opportunity or sale, or of all of some types.
    """
    parameter = _passed(call.body.Parameter)
    period = period_of(parameter.FromDate, parameter.ToDate)
    activity_id = str(parameter.ActivityID).strip().lower() if parameter.ActivityID else None
    if activity_id and parameter.ActivityEvents:
        raise InvalidInput.value("ActivityEvents")
    if not activity_id and not parameter.ActivityEvents:
        raise MandatoryMissing("ActivityID", "retrieving activity change history")
    wanted = [code_given(sent) for sent in parameter.ActivityEvents or ()]
    named = [kind for code in dict.fromkeys(wanted) if (kind := kind_of(call, code)) is not None]
    page = page_of(call.body.Paging, cap=CAP)
    codes = [kind.code for kind in (call.defs.of_kind(*ON_LEADS) if activity_id else named)]
    if activity_id is not None and not is_id(activity_id):
        return History(0, [])
    total, found = await queries.changes(
        db, call.org_id, period, activity_id=activity_id, codes=codes, owner=rules.only_owner(call), page=page
    )
    return History(total, [_change(call.defs, some) for some in found])


def _change(defs: Definitions, change: Change) -> ActivityChange:
    fields = defs.types[change.code].fields
    shown = []
    for name, (old, new) in change.changes.items():
        field = fields.get(name)
        if field is not None:
            before, after = render(field, old, millis=False), render(field, new, millis=False)
            shown.append(FieldChange(name, field.display_name, before, after))
        elif name == CANCELLATION:
            # Vendor: silent on a cancelled sale here; without this its history would not lead to what it is.
            shown.append(FieldChange(name, name, None, "1"))
    return ActivityChange(
        ProspectActivityId=change.record_id,
        ActivityEvent=change.code,
        RelatedProspectId=change.lead_id,
        ChangedOn=plain_time(change.changed_on),
        ChangedBy=change.changed_by,
        ChangedByName=defs.user_name(change.changed_by),
        Changes=shown,
    )
