"""What a caller wants a task to be: each thing sent read and checked by itself, without looking at any record."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from fairlead.errors import InvalidInput, MandatoryMissing, UnknownReference
from fairlead.fields.errors import FieldError, TooLong
from fairlead.fields.model import DataType, Field
from fairlead.fields.scalars import parse_datetime
from fairlead.fields.values import Context, parse
from fairlead.records.rows import Values
from fairlead.tasks import types
from fairlead.tasks.types import TaskType
from fairlead.wire.operation import Call
from fairlead.wire.types import Scalar, code_of

Given = Scalar | UnsetType
"""A value as sent; UNSET: it was not."""

NOTHING, LEAD, OPPORTUNITY = 0, 1, 5
"""What a task is about."""

E_MAIL, NO_REMINDER = "1100", "1000"

# Vendor: silent on lengths; those of the text fields and the note of an activity.
NAME = Field("Name", "Name", max_length=200)
DESCRIPTION = Field("Description", "Description", DataType.TEXT, max_length=4000)
LOCATION = Field("Location", "Location", max_length=200)
_OWN = Field("CustomFields", "Custom field", max_length=200)
_NUMBER = Field("Reminder", "Reminder", DataType.NUMBER)
_OWN_NAMES = re.compile(r"mx_Custom_([1-9]|[1-4][0-9]|50)", re.ASCII)
_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])(:[0-5][0-9])?", re.ASCII)
_ANY = Context()
_YEAR = 366
"""Days. Vendor: silent on how early a reminder may be."""


class Sent(msgspec.Struct, kw_only=True):
    """What was sent about a task."""

    name: Given = UNSET
    description: Given = UNSET
    location: Given = UNSET
    related: Given = UNSET
    related_id: Given = UNSET
    due_on: Given = UNSET
    ends_on: Given = UNSET
    reminder: Given = UNSET
    reminder_days: Given = UNSET
    reminder_time: Given = UNSET
    notify: Given = UNSET
    owner_id: Given = UNSET
    owner_email: Given = UNSET
    type_id: Given = UNSET
    type_name: Given = UNSET
    fields: dict[str, Scalar] | None = None


class Draft(msgspec.Struct, kw_only=True):
    """What is to be stored, in stored form. `values` holds only what was sent; a None in `fields` clears.

    `related` None: not sent; `related_id` names a lead or an opportunity, as `related` says or as is stored.
    """

    values: dict[str, Any]
    type: TaskType | None
    due_on: datetime | None
    ends_on: datetime | None
    related: int | None
    related_id: str | None
    fields: Values


def is_empty(value: Given) -> bool:
    """Not sent, null or an empty text."""
    return value is UNSET or value is None or (isinstance(value, str) and not value.strip())


def draft(call: Call[Any, Any], sent: Sent, *, action: str, is_new: bool) -> Draft:
    """Read what was sent. `action` is what an error says was tried: `creating task`.

    Raises MandatoryMissing, InvalidInput, UnknownReference (type, owner).
    """
    _check_mandatory(sent, action, is_new=is_new)
    kind = _type(call, sent)
    related = _related(sent)
    values: dict[str, Any] = {}
    for column, field, raw in (
        ("name", NAME, sent.name),
        ("description", DESCRIPTION, sent.description),
        ("location", LOCATION, sent.location),
    ):
        if raw is not UNSET:
            values[column] = text(field, raw)
    if "description" in values:
        values["description"] = values["description"] or ""
    for column, name, raw, most in (
        ("reminder", "Reminder", sent.reminder, _YEAR * 24 * 60),
        ("reminder_days", "ReminderBeforeDays", sent.reminder_days, _YEAR),
    ):
        if not is_empty(raw):
            values[column] = _whole(name, raw, most)
    if sent.reminder_time is not UNSET:
        values["reminder_time"] = _time(sent.reminder_time)
    if not is_empty(sent.notify):
        values["notify"] = _notify(sent.notify)
    if (owner := _owner(call, sent)) is not None:
        values["owner_id"] = owner
    return Draft(
        values=values,
        type=kind,
        due_on=instant("DueDate", sent.due_on),
        ends_on=instant("EndDate", sent.ends_on),
        related=related,
        related_id=None if is_empty(sent.related_id) else str(sent.related_id).strip(),
        fields=_fields(sent.fields),
    )


def _check_mandatory(sent: Sent, action: str, *, is_new: bool) -> None:
    """What must be there, before anything is looked at. Raises MandatoryMissing."""
    if is_empty(sent.name) and (is_new or sent.name is not UNSET):
        raise MandatoryMissing("Name", action)
    if is_new and is_empty(sent.type_id) and is_empty(sent.type_name):
        raise MandatoryMissing("TaskType", action)
    if _code(sent.related) in (LEAD, OPPORTUNITY) and is_empty(sent.related_id):
        raise MandatoryMissing("RelatedEntityId", action)


def text(field: Field, raw: Given) -> str | None:
    """The text sent, exactly; None for an empty one. Raises InvalidInput for one that cannot be stored."""
    try:
        found = parse(field, None if raw is UNSET else raw, _ANY)
    except TooLong as error:
        raise InvalidInput.too_long(field.name, error.limit) from None
    except FieldError:
        raise InvalidInput.value(field.name) from None
    return None if found is None else str(found)


def instant(name: str, raw: Given) -> datetime | None:
    """The instant sent; None for none. Raises InvalidInput."""
    if is_empty(raw):
        return None
    found = parse_datetime(raw)
    if found is None:
        raise InvalidInput.value(name)
    return found


def _type(call: Call[Any, Any], sent: Sent) -> TaskType | None:
    if not is_empty(sent.type_id):
        found = types.by_id(call.defs, str(sent.type_id))
    elif not is_empty(sent.type_name):
        found = types.by_name(call.defs, str(sent.type_name))
    else:
        return None
    if found is None:
        raise UnknownReference("Task Type does not exist")
    return found


def _related(sent: Sent) -> int | None:
    """What kind of thing the task is about; None when that is not sent."""
    if is_empty(sent.related):
        return None
    related = _code(sent.related)
    if related not in (NOTHING, LEAD, OPPORTUNITY):
        raise InvalidInput.value("RelatedEntity")
    return related


def _code(sent: Given) -> int | None:
    return None if isinstance(sent, UnsetType) else code_of(sent)


def _whole(name: str, raw: Given, most: int) -> int:
    try:
        found = parse(_NUMBER, None if raw is UNSET else raw, _ANY)
    except FieldError:
        raise InvalidInput.value(name) from None
    if not isinstance(found, Decimal) or found != int(found) or not 0 <= found <= most:
        raise InvalidInput.value(name)
    return int(found)


def _time(raw: Given) -> str | None:
    """`10:00:00`, also sent as `10:00`."""
    if is_empty(raw):
        return None
    found = _TIME.fullmatch(str(raw).strip())
    if found is None:
        raise InvalidInput.value("ReminderTime")
    return found[0] if found[3] else f"{found[0]}:00"


def _notify(raw: Given) -> str:
    found = str(raw).strip()
    if found not in (E_MAIL, NO_REMINDER):
        raise InvalidInput.value("NotifyBy")
    return found


def _owner(call: Call[Any, Any], sent: Sent) -> str | None:
    """The id of the active user who is to own the task; the id counts before the address."""
    if not is_empty(sent.owner_id):
        user = call.defs.users.get(str(sent.owner_id).strip().lower())
    elif not is_empty(sent.owner_email):
        user = call.defs.users_by_email.get(str(sent.owner_email).strip().lower())
    else:
        return None
    if user is None or not user.active:
        raise UnknownReference("User not found")
    return user.id


def _fields(sent: dict[str, Scalar] | None) -> Values:
    """Custom fields. Vendor: silent on how they are defined; texts named as those of activities are."""
    found: Values = {}
    for name, raw in (sent or {}).items():
        if _OWN_NAMES.fullmatch(name) is None:
            raise InvalidInput.value(f"CustomFields.{name[:60]}")
        found[name] = text(msgspec.structs.replace(_OWN, name=name), raw)
    return found
