"""The rows of the reads: an activity in the vendor's words. Opportunities and sales share the values."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from fairlead.activities.drafts import NOTE
from fairlead.fields.model import Field
from fairlead.fields.printing import FieldObject, behind_note, field_object
from fairlead.fields.values import render
from fairlead.orgs.definitions import Definitions, RecordType
from fairlead.records.rows import Activity

CALLS = (21, 22)
_ORDER_VALUE = "mx_Custom_2"


def plain_time(at: datetime) -> str:
    """`2019-04-10 07:05:24`, UTC."""
    return str(at)[:19]


def us_time(at: datetime) -> str:
    """`4/6/2023 3:23:34 PM`, UTC."""
    half = "AM" if at.hour < 12 else "PM"
    return f"{at.month}/{at.day}/{at.year} {at.hour % 12 or 12}:{at.minute:02}:{at.second:02} {half}"


def stored(activity: Activity, name: str) -> Any:
    """The stored value of any field of an activity, audit data as text; an activity's CreatedOn is when it happened."""
    found = _COLUMNS.get(name)
    if found is None:
        return activity.fields.get(name)
    value = getattr(activity, found)
    return plain_time(value) if isinstance(value, datetime) else value


_COLUMNS = {
    NOTE: "note",
    "Status": "status",
    "Owner": "owner_id",
    "CreatedOn": "happened_on",
    "CreatedBy": "created_by",
    "ModifiedOn": "modified_on",
    "ModifiedBy": "modified_by",
}


def printed(kind: RecordType, field: Field, activity: Activity) -> str | None:
    """The value of a field as reads print it; the order value of a sale with two decimals."""
    value = stored(activity, field.name)
    if kind.kind == "sale" and field.name == _ORDER_VALUE and value is not None:
        return format(value, ".2f")
    return render(field, value, millis=False)


def field_objects(kind: RecordType, activity: Activity) -> list[FieldObject]:
    """The field objects of an activity: note, status, owner, then the others by sequence."""
    shown = []
    for field in behind_note(kind.fields.values()):
        row = field_object(field, stored(activity, field.name))
        row.Value = printed(kind, field, activity)
        shown.append(row)
    return shown


# Timeline rows ---------------------------------------------------------------------------------------


class KeyValue(msgspec.Struct):
    """One detail of an activity."""

    Key: str
    Value: str | None


class TimelineRow(msgspec.Struct, kw_only=True):
    """An activity in the reads of a lead and of a range (get-activities-of-a-lead, retrieve-prospect-activities)."""

    Id: str
    EventCode: int
    EventName: str
    ActivityScore: int
    CreatedOn: str
    ActivityType: int
    IsEmailType: bool
    Type: str
    SessionId: str
    TrackLocation: int
    Latitude: str | None = None
    Longitude: str | None = None
    RelatedProspectId: str
    ModifiedOn: str
    Data: list[KeyValue]
    ActivityFields: dict[str, str] | UnsetType = UNSET
    Fields: list[KeyValue] | UnsetType = UNSET


_EMAIL_TYPES = frozenset((0, 1, 5, 9, 10, 12, 13, 14, 15))


def timeline_row(defs: Definitions, activity: Activity, *, custom_fields: bool = False) -> TimelineRow:
    """The row of an activity; `custom_fields` adds its own fields as `Fields`."""
    kind = defs.types[activity.code]
    return TimelineRow(
        Id=activity.id,
        EventCode=activity.code,
        EventName=kind.display_name,
        ActivityScore=activity.score,
        CreatedOn=plain_time(activity.happened_on),
        ActivityType=activity_type(kind),
        # Vendor: silent on which; the system types that an e-mail brings about.
        IsEmailType=activity.code in _EMAIL_TYPES,
        Type="Outbound" if kind.setting("direction") == 1 else "Inbound",
        # Vendor: the id of the activity for custom ones; silent on the others, which have no session here.
        SessionId=activity.id,
        TrackLocation=int(bool(kind.setting("track_location"))),
        RelatedProspectId=activity.lead_id or "",
        ModifiedOn=plain_time(activity.modified_on),
        Data=_data(kind, activity),
        ActivityFields=UNSET if activity.code in _WITHOUT_FIELDS else _activity_fields(kind, activity),
        Fields=_custom_fields(kind, activity) if custom_fields else UNSET,
    )


def activity_type(kind: RecordType) -> int:
    """1 for the types that every organisation has, the sale among them; 2 for those that were added."""
    return 1 if kind.kind in ("system", "sale") else 2


_WITHOUT_FIELDS = frozenset((33, 3002))
"""An opportunity that was captured, and a stage change: their rows have no ActivityFields."""


def _data(kind: RecordType, activity: Activity) -> list[KeyValue]:
    """What is particular to the type: the note, the parts of a call's note, stages and owners before and after."""
    found = []
    if activity.note is not None:
        found.append(KeyValue("ActivityNote", activity.note))
        if activity.code in CALLS and "{=}" in activity.note:
            found += _call_parts(activity.note)
    return found + [KeyValue(name, _loose(value)) for name, value in _told_by_server(kind, activity)]


_TOLD = ("PreviousOwner", "CurrentOwner", "PreviousStage", "CurrentStage", "CreatedBy", "Comment")
"""What the server's own activities hold beside fields, in the order of the reads; the database keeps none."""


def _told_by_server(kind: RecordType, activity: Activity) -> list[tuple[str, Any]]:
    """Names and values of what a system activity holds beside its fields."""
    if kind.kind != "system":
        return []
    held = {name: value for name, value in activity.fields.items() if name not in kind.fields}
    known = {name: held.pop(name) for name in _TOLD if name in held}
    return [*known.items(), *held.items()]


def _call_parts(note: str) -> list[KeyValue]:
    """`Caller{=}+91…{next}Duration{=}41{next}` as keys and values."""
    parts = (part.partition("{=}") for part in note.split("{next}"))
    return [KeyValue(name.strip(), value) for name, sign, value in parts if sign and name.strip()]


def _loose(value: Any) -> str | None:
    """A value without a definition, as text."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "1" if value else "0"
    return str(value)


# Vendor: the timeline shows only these fields of an opportunity.
_OF_OPPORTUNITY = frozenset(("Status", "Owner", "mx_Custom_1", "mx_Custom_2"))


def _activity_fields(kind: RecordType, activity: Activity) -> dict[str, str]:
    found: dict[str, str] = {}
    if activity.status is not None:
        found["Status"] = activity.status
    if activity.owner_id is not None:
        found["Owner"] = activity.owner_id
    opportunity = kind.kind == "opportunity"
    for name in activity.fields if len(activity.fields) < len(kind.fields) else kind.fields:
        field = kind.fields.get(name)
        if field is None or name in _COLUMNS or (opportunity and name not in _OF_OPPORTUNITY):
            continue
        if (text := printed(kind, field, activity)) is not None:
            found[name] = text
    found["CreatedOn"] = us_time(activity.happened_on)
    return found


def _custom_fields(kind: RecordType, activity: Activity) -> list[KeyValue]:
    shown = [field for field in kind.fields.values() if field.name.startswith("mx_")]
    values = ((field.name, printed(kind, field, activity)) for field in shown)
    return [KeyValue(name, text) for name, text in values if text is not None]


# Flat rows -------------------------------------------------------------------------------------------


def flat_row(defs: Definitions, activity: Activity) -> dict[str, str | None]:
    """An activity as one flat object, all values texts (bulk-retrieve-activities-by-activity-event)."""
    kind = defs.types[activity.code]
    creator = defs.users.get(activity.created_by)
    row: dict[str, str | None] = {
        "ProspectActivityId": activity.id,
        "RelatedProspectId": activity.lead_id,
        "ActivityType": str(activity_type(kind)),
        "ActivityEvent": str(activity.code),
        NOTE: activity.note,
        "Status": activity.status,
        "Owner": activity.owner_id,
    }
    for field in kind.fields.values():
        if field.name not in _COLUMNS:
            row[field.name] = printed(kind, field, activity)
    for name, value in _told_by_server(kind, activity):
        if name not in _COLUMNS:
            row[name] = _loose(value)
    row |= {
        "CreatedOn": plain_time(activity.happened_on),
        "CreatedBy": activity.created_by,
        "CreatedByName": creator.name if creator is not None else None,
        "CreatedByEmailAddress": creator.email if creator is not None else None,
        "ModifiedOn": plain_time(activity.modified_on),
        "ModifiedBy": activity.modified_by,
        "ModifiedByName": defs.user_name(activity.modified_by),
    }
    return row
