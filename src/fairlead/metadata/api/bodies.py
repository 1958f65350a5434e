"""How callers describe fields and options: request bodies that several pages share, read into our own words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from fairlead.errors import BadRequest, InvalidInput
from fairlead.fields.model import DataType, Field, Option, activity_type
from fairlead.fields.standard.activities import TEXT_LENGTH
from fairlead.fields.values import parse_number
from fairlead.metadata import rules
from fairlead.wire.decode import Reader
from fairlead.wire.operation import Body
from fairlead.wire.types import Scalar, truth

NAME_LENGTH = 200
"""Characters of a name or an option."""

# Vendor: silent on the form of colours; samples have `#FFFB83`.
COLOUR_LENGTH = 50
"""Characters of a colour, however it is written."""


class OptionBody(Body):
    """One option of a drop-down."""

    Value: Scalar = None
    Text: str | None = None
    IsDefault: Scalar = None
    Order: Scalar = None
    BackgroundColor: str | None = None
    FontColor: str | None = None
    CanDelete: Scalar = None
    CanEdit: Scalar = None
    IsLastOption: Scalar = None
    OldValue: str | None = None


class DependentBody(Body):
    """The options that are allowed under one value of the parent."""

    Parent: Scalar = None
    Options: list[OptionBody | Scalar] | None = None


class FieldBody(Body):
    """A field of an activity type; only its name is needed. `Fields` are the members of a field set."""

    SchemaName: str | None = None
    InternalName: str | None = None
    DisplayName: str | None = None
    Value: Scalar = None
    DataType: str | None = None
    IsMandatory: Scalar = None
    ShowInForm: Scalar = None
    Sequence: Scalar = None
    ParentField: str | None = None
    OptionSet: str | list[OptionBody | Scalar] | None = None
    DependentOptionSet: str | list[DependentBody] | None = None
    IsMultiSelectDropdown: Scalar = None
    IncludeOthersOption: Scalar = None
    MaxFieldLength: Scalar = None
    Fields: list[FieldBody] | None = None


def text_of(value: Scalar, name: str, limit: int = NAME_LENGTH) -> str:
    """A text without outer blanks; absent is empty. Raises InvalidInput when it is too long or cannot be stored."""
    text = "" if value is None else str(value).strip()
    if "\0" in text:
        raise InvalidInput.value(name)
    if len(text) > limit:
        raise InvalidInput.too_long(name, limit)
    return text


def number_of(value: Scalar, name: str, *, least: int = 0, most: int = 1_000_000_000) -> int | None:
    """A whole number, from `least` to `most`; absent or empty is None. Raises InvalidInput."""
    if value is None or value == "":
        return None
    found = None if isinstance(value, bool) else parse_number(value)
    if found is None or found != found.to_integral_value() or not least <= found <= most:
        raise InvalidInput.value(name)
    return int(found)


def values_of(options: Iterable[OptionBody | Scalar], name: str) -> list[str]:
    """The values of options given as texts or as `{"Value": …}`. Raises InvalidInput for an empty one."""
    found = [text_of(o.Value if isinstance(o, OptionBody) else o, name) for o in options]
    if not all(found):
        raise InvalidInput.value(name)
    return list(dict.fromkeys(found))


def field_of(body: FieldBody, base: Field | None) -> Field:
    """The field that a body describes; what it leaves out is taken from `base`. Raises InvalidInput.

    Without a base a field is a text called by its schema name.
    """
    name = text_of(body.SchemaName, "SchemaName")
    base = base or Field(name, name, max_length=TEXT_LENGTH)
    changes: dict[str, Any] = {}
    if body.DisplayName:
        changes["display_name"] = text_of(body.DisplayName, "DisplayName")
    if body.DataType:
        changes |= _type_of(body.DataType, base)
    if (sequence := number_of(body.Sequence, "Sequence")) is not None:
        changes["sequence"] = sequence
    if (length := number_of(body.MaxFieldLength, "MaxFieldLength", least=1)) is not None:
        changes["max_length"] = length
    for member, ours in _FLAGS.items():
        changes[ours] = _flag(getattr(body, member), member, getattr(base, ours))
    if body.ParentField is not None:
        changes["parent"] = text_of(body.ParentField, "ParentField") or None
    if body.OptionSet:
        changes["options"] = _options(body.OptionSet, base)
    if body.DependentOptionSet:
        changes["dependent"] = _dependent(body.DependentOptionSet)
    if body.Fields is not None:
        changes["members"] = tuple(
            field_of(m, base.members_by_name.get(m.SchemaName or "")) for m in body.Fields
        )
    found = msgspec.structs.replace(base, **changes)
    if (found.options, found.dependent, found.multi_select) != (
        base.options,
        base.dependent,
        base.multi_select,
    ):
        rules.check_separable(found, found.option_values, "OptionSet")
    return found


_FLAGS = {
    "IsMandatory": "mandatory",
    "ShowInForm": "show_in_form",
    "IsMultiSelectDropdown": "multi_select",
    "IncludeOthersOption": "others_allowed",
}


def _type_of(name: str, base: Field) -> dict[str, Any]:
    found = activity_type(name)
    if found is None:
        raise InvalidInput.value("DataType")
    changes: dict[str, Any] = {"data_type": found}
    if found is DataType.SELECT:
        changes["render_type"] = "Dropdown" if name == "Dropdown" else "SearchableDropdown"
    elif base.data_type is not found:
        changes["max_length"] = TEXT_LENGTH if found is DataType.TEXT else None
    return changes


def _options(sent: str | list[OptionBody | Scalar], base: Field) -> tuple[Option, ...]:
    rows = _list(sent, list[OptionBody | Scalar], "OptionSet")
    known = {option.value: option for option in base.options}
    found: dict[str, Option] = {}
    for order, row in enumerate(rows):
        body = row if isinstance(row, OptionBody) else OptionBody(Value=row)
        [value] = values_of([body], "OptionSet")
        before = known.get(value, Option(value))
        given = number_of(body.Order, "Order")
        found[value] = msgspec.structs.replace(
            before,
            text=text_of(body.Text, "Text"),
            is_default=truth(body.IsDefault, "IsDefault"),
            order=order if given is None else given,
            background_color=text_of(body.BackgroundColor, "BackgroundColor", COLOUR_LENGTH) or None,
            font_color=text_of(body.FontColor, "FontColor", COLOUR_LENGTH) or None,
            old_value=text_of(body.OldValue, "OldValue") or before.old_value,
            can_delete=_flag(body.CanDelete, "CanDelete", before.can_delete),
            can_edit=_flag(body.CanEdit, "CanEdit", before.can_edit),
        )
    return tuple(sorted(found.values(), key=lambda option: option.order))


def _flag(sent: Scalar, name: str, absent: bool) -> bool:  # noqa: FBT001  what it is without being sent
    return absent if sent is None or sent == "" else truth(sent, name)


def _dependent(sent: str | list[DependentBody]) -> dict[str, tuple[str, ...]]:
    rows = _list(sent, list[DependentBody], "DependentOptionSet")
    return dependents_of(rows, "DependentOptionSet")


def dependents_of(rows: Iterable[DependentBody], name: str) -> dict[str, tuple[str, ...]]:
    """Options by the parent's value. Raises InvalidInput for an empty parent or option."""
    found: dict[str, tuple[str, ...]] = {}
    for row in rows:
        parent = text_of(row.Parent, name)
        if not parent:
            raise InvalidInput.value(name)
        found[parent] = (*found.get(parent, ()), *values_of(row.Options or [], name))
    return found


def _list(sent: Any, kind: Any, name: str) -> Any:
    """A list that was sent as such or as JSON in a text."""
    if not isinstance(sent, str):
        return sent
    try:
        found, _ = Reader(kind, optional=False).read(sent.encode())
    except (BadRequest, UnicodeEncodeError):
        raise InvalidInput.value(name) from None
    return found


def refuse_text(sent: object, name: str) -> None:
    """A list must not arrive as a text that is not empty. Raises BadRequest."""
    if isinstance(sent, str) and sent:
        reason = f"{name} is a text, not an array"
        raise BadRequest(reason)
