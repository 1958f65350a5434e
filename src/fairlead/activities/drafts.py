"""What a caller wants an activity to be: note, owner, date and fields read and checked against its type.

Serves every record of the activity table: activities, opportunities, sales and account activities.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from fairlead.errors import ApiError, InvalidActivityField, InvalidInput, UnknownReference
from fairlead.fields.email import email_key
from fairlead.fields.errors import FieldError, TooLong, UnknownMember
from fairlead.fields.model import DataType, Field, activity_name
from fairlead.fields.values import AUDIT as SET_AUDIT
from fairlead.fields.values import check_dependent, members_of, parse, parse_datetime, parse_members
from fairlead.orgs.definitions import RecordType, User
from fairlead.records.rows import Activity
from fairlead.wire.operation import Call
from fairlead.wire.types import Pair, Scalar

NOTE = "ActivityEvent_Note"
AUDIT = frozenset(("CreatedOn", "CreatedBy", "CreatedByName", "ModifiedOn", "ModifiedBy", "ModifiedByName"))
"""Names that reads show and writes ignore."""


class Draft:
    """Fields of an activity as sent, in stored form; None in `values` = clear. `sent` holds all names sent."""

    __slots__ = ("note", "owner_id", "sent", "sets", "status", "strict", "type", "values")

    def __init__(self, type: RecordType, *, strict: bool) -> None:
        self.type = type
        self.strict = strict
        self.values: dict[str, Any] = {}
        self.sets: dict[str, tuple[Field, list[tuple[str, Any]]]] = {}
        self.sent: set[str] = set()
        self.note: str | None = None
        self.owner_id: str | None = None
        self.status: str | None = None


def draft(
    call: Call[Any, Any],
    type: RecordType,
    pairs: Iterable[Pair] | None,
    *,
    note: Scalar = None,
    note_sent: bool = False,
    owner_email: Scalar = None,
    skip_options: bool = False,
) -> Draft:
    """Read the fields of an activity write. Of a name given twice the last value counts.

    `skip_options` is the vendor's ValidateDropDownOptions: true means that options are not checked.
    Raises InvalidActivityField, InvalidInput (too long), UnknownReference (owner by e-mail).
    """
    found = Draft(type, strict=not skip_options)
    if note_sent or note is not None:
        _set(call, found, NOTE, note, None)
    for pair in pairs or ():
        name = pair.name
        known = type.fields.get(name)
        if name in AUDIT if known is None else known.read_only:
            call.notice("read-only-attribute", name)
        else:
            _set(call, found, name, pair.Value, pair.Fields)
    if owner_email is not None and owner_email != "":
        found.owner_id = owner_of(call, owner_email).id
        found.sent.add("Owner")
    return found


def owner_of(call: Call[Any, Any], email: Scalar) -> User:
    """The active user with this e-mail address. Raises UnknownReference."""
    user = call.defs.users_by_email.get(email_key(str(email)))
    if user is None or not user.active:
        raise UnknownReference("User not found")
    return user


def _set(call: Call[Any, Any], found: Draft, name: str, raw: Scalar, members: list[Pair] | None) -> None:
    field = found.type.fields.get(name)
    if field is None:
        raise InvalidActivityField.unknown(name)
    context = call.defs.context if found.strict else call.defs.loose
    try:
        if field.data_type is DataType.FIELD_SET:
            sent = [(member.name, member.Value) for member in members or ()]
            parse_members(field, sent, None, call.defs.loose)
            found.sets[name] = (field, sent)
            value = None
        else:
            value = parse(field, raw, context)
    except FieldError as error:
        note = "OpportunityNote" if found.type.kind == "opportunity" else "ActivityNote"
        raise refusal(error, note=note) from None
    found.sent.add(name)
    if name == NOTE:
        found.note = None if value is None else str(value)
    elif name == "Owner":
        found.owner_id = None if value is None else str(value)
    elif name == "Status":
        found.status = None if value is None else str(value)
    elif field.data_type is not DataType.FIELD_SET:
        found.values[name] = value


def refusal(error: FieldError, *, note: str = "ActivityNote") -> ApiError:
    """A refused value in the activity's words; `note` is what the request calls the note."""
    if isinstance(error, TooLong):
        name = note if error.path == NOTE else error.path
        return InvalidInput.too_long(name, error.limit)
    if isinstance(error, UnknownMember):
        return InvalidActivityField.unknown(error.path)
    return InvalidActivityField.value(error.path, activity_name(error.field))


def happened_on(call: Call[Any, Any], text: Scalar, name: str = "ActivityDateTime") -> datetime:
    """The instant sent, else now. Raises InvalidInput for anything unreadable."""
    if text is None or text == "":
        return call.now
    found = parse_datetime(text)
    if found is None:
        raise InvalidInput.value(name)
    return found


def new_values(call: Call[Any, Any], found: Draft) -> tuple[str | None, str | None, dict[str, Any]]:
    """Status, owner and fields of a new activity, defaults filled in; `kept` makes of the fields what is stored.

    Raises InvalidActivityField for a mandatory field without a value or a dependent option out of place.
    """
    fields = {name: value for name, value in found.values.items() if value is not None}
    for name, (field, sent) in found.sets.items():
        if (value := _members(call, found, field, sent, None)) is not None:
            fields[name] = value
    status = found.status
    for field in found.type.fields.values():
        if field.name == "Status":
            status = status or field.default_value
        elif (
            (default := field.default_value)
            and field.name not in fields
            and field.name not in found.sent
            and field.name not in (NOTE, "Owner")
            and field.data_type is not DataType.FIELD_SET
        ):
            fields[field.name] = parse(field, default, call.defs.loose)
    _check_whole(found, status, fields)
    return status, found.owner_id, fields


def kept(call: Call[Any, Any], found: Draft, fields: dict[str, Any]) -> dict[str, Any]:
    """The fields of a new activity as they are stored: in every field set who wrote it and when."""
    return fields | {name: _audited(call, fields[name]) for name in found.sets if name in fields}


def _audited(call: Call[Any, Any], members: dict[str, Any]) -> dict[str, Any]:
    # Vendor: silent on a user who is called otherwise later; the set keeps the name it was changed under.
    return dict(zip(SET_AUDIT, (call.actor.name, f"{call.now:%Y-%m-%d %H:%M:%S}"), strict=True)) | members


def apply(
    call: Call[Any, Any], activity: Activity, found: Draft, *, settled: frozenset[str] = frozenset()
) -> dict[str, list[Any]]:
    """What the draft would change on an activity: {name: [old, new]}; nothing is changed yet.

    An option must belong to its parent's value, also when only the parent changes; in that case the caller answers for
    the fields in `settled`. Raises InvalidActivityField for an emptied mandatory field or a dependent option out of
    place.
    """
    changes: dict[str, list[Any]] = {}
    if NOTE in found.sent and found.note != activity.note:
        changes[NOTE] = [activity.note, found.note]
    if "Status" in found.sent and found.status != activity.status:
        changes["Status"] = [activity.status, found.status]
    if "Owner" in found.sent and found.owner_id != activity.owner_id:
        changes["Owner"] = [activity.owner_id, found.owner_id]
    for name, value in found.values.items():
        before = activity.fields.get(name)
        if before != value:
            changes[name] = [before, value]
    for name, (field, sent) in found.sets.items():
        stored = activity.fields.get(name)
        before, value = members_of(field, stored) or None, _members(call, found, field, sent, stored)
        if before != value:
            changes[name] = [before, value]
    after = dict(activity.fields)
    for name, (_, new) in changes.items():
        after[name] = new
    _check_emptied(found.type, changes)
    moved = {field.name for field in found.type.fields.values() if field.parent in changes}
    _check_dependents(
        found,
        changes["Status"][1] if "Status" in changes else activity.status,
        after,
        found.sent | changes.keys() | (moved - settled),
    )
    return changes


def write(call: Call[Any, Any], activity: Activity, changes: dict[str, list[Any]]) -> None:
    """Put the changes of `apply` into the activity."""
    for name, (_, new) in changes.items():
        if name == NOTE:
            activity.note = new
        elif name == "Status":
            activity.status = new
        elif name == "Owner":
            activity.owner_id = new
        elif new is None:
            activity.fields.pop(name, None)
        else:
            activity.fields[name] = _audited(call, new) if isinstance(new, dict) else new
    activity.modified_on = call.now
    activity.modified_by = call.actor.id


def _members(
    call: Call[Any, Any], found: Draft, field: Field, sent: list[tuple[str, Any]], current: Any
) -> Any:
    context = call.defs.context if found.strict else call.defs.loose
    try:
        return parse_members(field, sent, current, context)
    except FieldError as error:
        raise refusal(error) from None


def _check_emptied(type: RecordType, changes: dict[str, list[Any]]) -> None:
    for field in type.mandatory:
        if field.name in changes and changes[field.name][1] is None:
            raise InvalidActivityField.mandatory(field.name, activity_name(field))


def _check_whole(found: Draft, status: str | None, fields: dict[str, Any]) -> None:
    for field in found.type.mandatory:
        present = {NOTE: found.note, "Status": status, "Owner": "set"}.get(field.name, fields.get(field.name))
        if present is None:
            raise InvalidActivityField.mandatory(field.name, activity_name(field))
    _check_dependents(found, status, fields, found.sent)


def _check_dependents(found: Draft, status: str | None, fields: dict[str, Any], names: Iterable[str]) -> None:
    if not found.strict:
        return
    for name in names:
        field = found.type.fields.get(name)
        if field is None or field.parent is None:
            continue
        parent = status if field.parent == "Status" else fields.get(field.parent)
        try:
            check_dependent(field, fields.get(name), parent)
        except FieldError as error:
            raise refusal(error) from None
