"""The field object: how a field and its value are shown by details reads and type metadata.

The one place outside the api files that spells the vendor's members: activities, sales, opportunities and
metadata all show fields this way.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from fairlead.fields.model import DataType, Field, Option, activity_name
from fairlead.fields.standard.activities import SALE_NOTE
from fairlead.fields.values import render

NOTE = "ActivityEvent_Note"

LENGTH = 200
"""What a field without a limit of its own prints as its longest value, in characters."""


class FieldObject(msgspec.Struct, kw_only=True):
    """A field with its value: 28 members in the vendor's order (get-activity-details, get-details-of-activity-type)."""

    SchemaName: str
    InternalName: str
    DisplayName: str
    Value: str | None
    DataType: str
    IsMandatory: bool
    ShowInForm: bool
    Sequence: int
    ParentField: str
    OptionSet: str
    DependentOptionSet: str
    IsDefault: bool
    IsReadOnly: bool
    RenderType: str
    ExportAsPlainText: bool = False
    IsMultiSelectDropdown: bool
    IncludeOthersOption: bool
    BehaviorOnMissingDropdownOption: int = 0
    IsOthersValue: bool
    InternalSchemaName: str = ""
    CustomObjectType: int = 2
    MaxFieldLength: int
    StringRenderType: str | None = None
    IsViewRestrictedField: bool = False
    IsSortable: bool = False
    IsEncrypted: bool = False
    DisplayValue: str | None = None
    IsMasked: bool = False


def field_object(field: Field, value: object = None, *, options: bool = True) -> FieldObject:
    """The field object of a field and its stored value; None = no value.

    `options` false leaves OptionSet and DependentOptionSet empty, as reads without `includeOption` do.
    """
    select = field.data_type is DataType.SELECT
    return FieldObject(
        SchemaName=field.name,
        InternalName=field.name,
        DisplayName=field.display_name,
        Value=render(field, value, millis=False),
        DataType=activity_name(field),
        IsMandatory=field.mandatory,
        ShowInForm=field.show_in_form,
        Sequence=field.sequence,
        ParentField=field.parent or "",
        OptionSet=option_set(field.options) if select and options else "",
        DependentOptionSet=dependent_option_set(field) if select and options else "",
        # Vendor: of the built-in fields only the note is printed so (get-metadata-of-an-opportunity-type).
        IsDefault=field.name == NOTE,
        IsReadOnly=field.read_only,
        # Vendor: the kind of a drop-down stands in DataType, its RenderType is empty.
        RenderType="" if select else field.render_type,
        IsMultiSelectDropdown=field.multi_select,
        IncludeOthersOption=field.others_allowed,
        IsOthersValue=select and field.others_allowed and _is_other(field, value),
        # Vendor: the note prints the usual length, though it takes more.
        MaxFieldLength=LENGTH if field.name == NOTE else field.max_length or LENGTH,
    )


def field_objects(fields: Iterable[Field]) -> list[FieldObject]:
    """Field objects without values, in the order in which types show their fields."""
    return [field_object(field) for field in in_order(fields)]


_FIRST = {NOTE: 0, "Status": 1, "Owner": 2}


def is_first(field: Field) -> bool:
    """True for note, status and owner, which stand before all others."""
    return field.name in _FIRST


def in_order(fields: Iterable[Field]) -> list[Field]:
    """Note, status, owner, then the others by sequence."""
    return sorted(fields, key=lambda field: (_FIRST.get(field.name, 3), field.sequence))


def behind_note(fields: Iterable[Field]) -> list[Field]:
    """As `in_order`, with the note as first where the type has no field for it: details always show it."""
    shown = in_order(fields)
    return shown if shown and shown[0].name == NOTE else [SALE_NOTE, *shown]


def option_set(options: Iterable[Option]) -> str:
    """The OptionSet of a drop-down: a JSON text; colours and the value before a rename only where there are some."""
    return msgspec.json.encode([_option(option) for option in options]).decode()


def _option(option: Option) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "IsDefault": option.is_default,
        "Text": option.text,
        "Value": option.value,
        "CanDelete": int(option.can_delete),
        "CanEdit": int(option.can_edit),
        "IsLastOption": 0,  # Vendor: silent; the sample shows 0 for an option that stands alone
        "Order": option.order,
    }
    if option.background_color is not None:
        shown["BackgroundColor"] = option.background_color
    if option.font_color is not None:
        shown["FontColor"] = option.font_color
    if option.old_value is not None:
        shown["OldValue"] = option.old_value
    return shown


def dependent_option_set(field: Field) -> str:
    """Which options are allowed under which value of the parent: a JSON text, empty for an independent field."""
    if not field.dependent:
        return ""
    shown = [{"Parent": parent, "Options": allowed} for parent, allowed in field.dependent.items()]
    return msgspec.json.encode(shown).decode()


def _is_other(field: Field, value: object) -> bool:
    values = value if isinstance(value, list) else [] if value is None else [value]
    return any(str(option) not in field.option_values for option in values)
