"""The vendor's pages about activity types: list, details, create, change, delete. Options: `options.py`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from fairlead.errors import InvalidInput, MandatoryMissing
from fairlead.fields.model import Field
from fairlead.fields.printing import FieldObject, behind_note, field_objects
from fairlead.fields.standard import ACTIVITY_FIELDS
from fairlead.metadata import rules
from fairlead.metadata.api.bodies import FieldBody, field_of, number_of, text_of
from fairlead.orgs.definitions import RecordType
from fairlead.wire.operation import Body, Call, Query, operations
from fairlead.wire.types import Done, Id, Scalar, Success, code_of, truth

registry, read, write = operations()

CUSTOM, SYSTEM = 2, 1
"""EventType."""

_ADDED_BY_OPERATORS = ("activity", "opportunity", "account_activity")


class ActivityType(msgspec.Struct):
    """A type in the list; `ActivityProperties` is a JSON text with the own fields in `FormMetaData`."""

    ActivityEvent: int
    ActivityEventName: str
    DisplayName: str
    Score: int
    EventType: int
    EventDirection: int
    Tags: None
    ActivityProperties: str
    ID: str


class ActivitySetting(msgspec.Struct):
    """A type with all its fields."""

    ID: str
    Name: str
    DisplayName: str
    Score: int
    Fields: list[FieldObject]


class ByCode(Query):
    """The event code of a type."""

    code: str | None = None


@read("GET /ProspectActivity.svc/ActivityTypes.Get", page="get-list-of-activity-types")
async def activity_types(call: Call[None, None], db: Any) -> list[ActivityType]:
    """Get List of Activity Types.

    System types, own types, opportunity types and account activity types, by event code. EventType is 2 for
    the ones that were added, 1 for the system's; EventDirection is 0 inbound, 1 outbound.
    """
    # Vendor: silent on types that are switched off; nothing can be posted with them, so they are not listed.
    return [_listed(kind) for kind in call.defs.of_kind(*rules.ACTIVITY_KINDS) if kind.active]


def _listed(kind: RecordType) -> ActivityType:
    return ActivityType(
        ActivityEvent=kind.code,
        ActivityEventName=kind.name,
        DisplayName=kind.display_name,
        Score=kind.score,
        EventType=CUSTOM if kind.kind in _ADDED_BY_OPERATORS else SYSTEM,
        EventDirection=kind.setting("direction"),
        Tags=None,
        ActivityProperties=_form(kind.fields.values()),
        ID=kind.id,
    )


_FORM = (
    "SchemaName",
    "DisplayName",
    "DataType",
    "IsMandatory",
    "OptionSet",
    "ParentField",
    "DependentOptionSet",
)


def _form(fields: Iterable[Field]) -> str:
    """The own fields of a type, seven members each; note, status and owner are not among them."""
    own = field_objects(field for field in fields if field.name.startswith("mx_"))
    shown = [{name: getattr(field, name) for name in _FORM} for field in own]
    return msgspec.json.encode({"FormMetaData": shown}).decode()


@read("GET /ProspectActivity.svc/CustomActivity/GetActivitySetting", page="get-details-of-activity-type")
async def activity_setting(call: Call[ByCode, None], db: Any) -> ActivitySetting:
    """Get Activity Type Details.

    The type with the event code `code` and all its fields, options of drop-downs included. An unknown code is
    refused: Event Code is invalid or empty.
    """
    if not call.query.code:
        raise MandatoryMissing("code", "retrieving activity type")
    kind = rules.type_of(call.defs, code_of(call.query.code), *rules.ACTIVITY_KINDS)
    shown = field_objects(behind_note(kind.fields.values()))
    return ActivitySetting(kind.id, kind.name, kind.display_name, kind.score, shown)


class NewType(Body):
    """A custom activity type; only its name is needed."""

    ActivityEventName: Scalar = None
    Score: Scalar = None
    Description: Scalar = None
    Direction: Scalar = None
    EventDirection: Scalar = None
    TrackLocation: Scalar = None
    AllowAttachments: Scalar = None
    ShowInActivityGrid: Scalar = None
    CanDeleteActivity: Scalar = None
    Fields: list[FieldBody] | None = None


class ChangedType(NewType):
    """What changes about an activity type, found by its id or its event code."""

    ID: str | None = None
    code: Scalar = None


class Stored(msgspec.Struct):
    """Success without a message."""

    Status: Success = "Success"


class Text(msgspec.Struct):
    """What happened, in words."""

    Message: str


@write(
    "POST /ProspectActivity.svc/CreateType",
    page="create-new-activity-type-api",
    admin=True,
    body_optional=True,
)
async def create_type(call: Call[None, NewType | None], db: Any) -> Done[Id]:
    """Create a Custom Activity Type.

    Up to 50 fields `mx_Custom_1` to `mx_Custom_50`. Answers with the event code, as a text: the next free one
    from 200. Names need not be unique.
    """
    body = call.body
    if body is None or not text_of(body.ActivityEventName, "ActivityEventName"):
        what = "activity"
        raise InvalidInput(what)
    fields = {field.name: field for field in ACTIVITY_FIELDS}
    code = await rules.create_activity_type(
        db, call.defs, _wish(body, fields), by=call.actor.id, now=call.now
    )
    return Done(Message=Id(str(code)))


@write("POST /ProspectActivity.svc/CustomActivityType/Update", page="update-activity-type", admin=True)
async def update_type(call: Call[None, ChangedType], db: Any) -> Stored:
    """Update Activity Type.

    Only what is sent changes. Fields are added, or changed by their schema name; none is removed.
    """
    body = call.body
    if body.ID:
        kind = rules.type_by_id(call.defs, body.ID, "activity")
    else:
        kind = rules.type_of(call.defs, code_of(body.code), "activity")
    wish = _wish(body, kind.fields)
    await rules.update_activity_type(db, call.defs, kind, wish, by=call.actor.id, now=call.now)
    return Stored()


@write("GET /ProspectActivity.svc/CustomActivityType/Delete", page="delete-activity-type", admin=True)
async def delete_type(call: Call[ByCode, None], db: Any) -> Done[Text]:
    """Delete an Activity Type.

    A type that activities were posted with is switched off instead: they stay, and no more can be posted.
    """
    if not call.query.code:
        raise MandatoryMissing("code", "deleting activity type")
    kind = rules.type_of(call.defs, code_of(call.query.code), "activity")
    if await rules.delete_activity_type(db, call.defs, kind, by=call.actor.id, now=call.now):
        return Done(Message=Text("Activity deleted successfully."))
    return Done(Message=Text("The Activity seems to be in use. Hence the activity is deactivated."))


_SETTINGS = {
    "TrackLocation": "track_location",
    "AllowAttachments": "allow_attachments",
    "ShowInActivityGrid": "show_in_grid",
    "CanDeleteActivity": "can_delete",
}


def _wish(body: NewType, known: dict[str, Field]) -> rules.TypeChange:
    """What the body says about a type whose fields are `known`. Raises InvalidInput."""
    settings: dict[str, Any] = {}
    if body.Description is not None:
        settings["description"] = text_of(body.Description, "Description", 4000)
    # Vendor: the page of creation calls it Direction, the one of updating EventDirection.
    for name in ("Direction", "EventDirection"):
        if (direction := number_of(getattr(body, name), name)) is not None:
            if direction > 1:
                raise InvalidInput.value(name)
            settings["direction"] = direction
    for name, ours in _SETTINGS.items():
        sent = getattr(body, name)
        if sent is not None and sent != "":
            settings[ours] = truth(sent, name)
    fields = tuple(field_of(field, known.get(field.SchemaName or "")) for field in body.Fields or ())
    return rules.TypeChange(
        name=text_of(body.ActivityEventName, "ActivityEventName") or None,
        # Vendor: silent on how large a score may be.
        score=number_of(body.Score, "Score", least=-rules.LARGEST_SCORE, most=rules.LARGEST_SCORE),
        settings=settings,
        fields=fields,
    )
