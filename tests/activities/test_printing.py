"""The field object, and the forms of times in rows."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal

import msgspec

from fairlead.activities.rendering import plain_time, us_time
from fairlead.fields.model import DataType, Field, Option
from fairlead.fields.printing import field_object, in_order

MEMBERS = [
    "SchemaName",
    "InternalName",
    "DisplayName",
    "Value",
    "DataType",
    "IsMandatory",
    "ShowInForm",
    "Sequence",
    "ParentField",
    "OptionSet",
    "DependentOptionSet",
    "IsDefault",
    "IsReadOnly",
    "RenderType",
    "ExportAsPlainText",
    "IsMultiSelectDropdown",
    "IncludeOthersOption",
    "BehaviorOnMissingDropdownOption",
    "IsOthersValue",
    "InternalSchemaName",
    "CustomObjectType",
    "MaxFieldLength",
    "StringRenderType",
    "IsViewRestrictedField",
    "IsSortable",
    "IsEncrypted",
    "DisplayValue",
    "IsMasked",
]

STAGE = Field(
    "mx_Custom_2",
    "Stage",
    DataType.SELECT,
    options=(Option("Prospect", is_default=True, font_color="#000"), Option("Lost", old_value="Gone")),
    parent="Status",
    dependent={"Open": ("Prospect",)},
    render_type="SearchableDropdown",
)


def test_the_field_object_has_its_28_members_in_order() -> None:
    assert list(json.loads(msgspec.json.encode(field_object(STAGE, "Prospect")))) == MEMBERS


def test_options_are_json_in_a_text_with_colours_only_where_set() -> None:
    shown = field_object(STAGE, "Prospect")
    assert shown.OptionSet == (
        '[{"IsDefault":true,"Text":"","Value":"Prospect","CanDelete":1,"CanEdit":1,"IsLastOption":0,"Order":0,'
        '"FontColor":"#000"},{"IsDefault":false,"Text":"","Value":"Lost","CanDelete":1,"CanEdit":1,"IsLastOption":0,'
        '"Order":0,"OldValue":"Gone"}]'
    )
    assert shown.DependentOptionSet == '[{"Parent":"Open","Options":["Prospect"]}]'
    assert (shown.RenderType, shown.DataType) == ("", "SearchableDropdown")


def test_without_options_both_sets_are_empty() -> None:
    shown = field_object(STAGE, options=False)
    assert (shown.OptionSet, shown.DependentOptionSet, shown.Value) == ("", "", None)


def test_values_are_texts_and_others_are_marked() -> None:
    assert field_object(Field("mx_Custom_1", "N", DataType.NUMBER), Decimal("12.50")).Value == "12.50"
    other = Field("mx_Custom_1", "Pick", DataType.SELECT, options=(Option("A"),), others_allowed=True)
    assert field_object(other, "Z").IsOthersValue
    assert not field_object(other, "A").IsOthersValue


def test_note_status_and_owner_come_first() -> None:
    names = ["mx_Custom_2", "Owner", "mx_Custom_1", "Status", "ActivityEvent_Note"]
    fields = [Field(name, name, sequence=9 - number) for number, name in enumerate(names)]
    assert [field.name for field in in_order(fields)] == [
        "ActivityEvent_Note", "Status", "Owner", "mx_Custom_1", "mx_Custom_2",
    ]  # fmt: skip


def test_times() -> None:
    at = datetime(2023, 4, 6, 15, 23, 34, 999_000, tzinfo=UTC)
    assert (plain_time(at), us_time(at)) == ("2023-04-06 15:23:34", "4/6/2023 3:23:34 PM")
    assert us_time(at.replace(hour=0)) == "4/6/2023 12:23:34 AM"
    assert us_time(at.replace(hour=12)) == "4/6/2023 12:23:34 PM"
