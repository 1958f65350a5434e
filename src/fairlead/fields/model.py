"""What a field is: its data type, its options, its flags. Checking and printing of values: `values.py`."""

from collections.abc import Mapping
from enum import StrEnum
from functools import cached_property

import msgspec


class DataType(StrEnum):
    """The kinds of value a field can hold, in our own words."""

    TEXT = "text"
    NUMBER = "number"
    DECIMAL = "decimal"  # read and printed like NUMBER; only accounts name it differently
    EMAIL = "email"
    PHONE = "phone"
    WEBSITE = "website"
    DATE = "date"
    DATETIME = "datetime"
    TIME = "time"
    SELECT = "select"  # every drop-down: dependent ones have `parent`, multi-select ones `multi_select`
    BOOLEAN = "boolean"
    USER = "user"
    PRODUCT = "product"
    FIELD_SET = "field_set"


# Vendor: a lead field has no type of its own for date with time: it is a Date whose RenderTypeTextValue is
# DateTime.
# Vendor: silent on the lead names of users, products and field sets; the activity names are used.
LEAD_NAMES: Mapping[DataType, str] = {
    DataType.TEXT: "Text",
    DataType.NUMBER: "Number",
    DataType.DECIMAL: "Number",
    DataType.EMAIL: "Email",
    DataType.PHONE: "Phone",
    DataType.WEBSITE: "Website",
    DataType.DATE: "Date",
    DataType.DATETIME: "Date",
    DataType.TIME: "Time",
    DataType.SELECT: "Select",
    DataType.BOOLEAN: "Boolean",
    DataType.USER: "ActiveUsers",
    DataType.PRODUCT: "Product",
    DataType.FIELD_SET: "CustomObject",
}

# Vendor: silent on e-mail, phone, website and time in activities; the lead names are used.
ACTIVITY_NAMES: Mapping[DataType, str] = {
    **LEAD_NAMES,
    DataType.TEXT: "String",
    DataType.DATETIME: "DateTime",
    DataType.SELECT: "SearchableDropdown",
}

# Accounts: live answers name AnnualRevenue a Decimal and Employees a Number.
ACCOUNT_NAMES: Mapping[DataType, str] = {**LEAD_NAMES, DataType.DECIMAL: "Decimal"}

_FROM_LEAD_NAME: Mapping[str, DataType] = {
    "Text": DataType.TEXT,
    "Number": DataType.NUMBER,
    "Email": DataType.EMAIL,
    "Phone": DataType.PHONE,
    "Website": DataType.WEBSITE,
    "Date": DataType.DATE,
    "Time": DataType.TIME,
    "Select": DataType.SELECT,
    "Boolean": DataType.BOOLEAN,
}

_FROM_ACTIVITY_NAME: Mapping[str, DataType] = {
    **_FROM_LEAD_NAME,
    "String": DataType.TEXT,
    "DateTime": DataType.DATETIME,
    "SearchableDropdown": DataType.SELECT,
    "Dropdown": DataType.SELECT,
    "ActiveUsers": DataType.USER,
    "Product": DataType.PRODUCT,
    "CustomObject": DataType.FIELD_SET,
}


def lead_type(data_type: str, render_type: str) -> DataType | None:
    """Our type for a lead field's DataType and RenderTypeTextValue (create-custom-lead-field), or None."""
    if data_type == "Date" and render_type == "DateTime":
        return DataType.DATETIME
    return _FROM_LEAD_NAME.get(data_type)


def activity_type(data_type: str) -> DataType | None:
    """Our type for an activity or opportunity field's DataType (create-new-activity-type-api), or None."""
    return _FROM_ACTIVITY_NAME.get(data_type)


def activity_name(field: "Field") -> str:
    """The DataType an activity or opportunity field prints: `Dropdown` where defined so, else by the map."""
    if field.data_type is DataType.SELECT and field.render_type == "Dropdown":
        return "Dropdown"
    return ACTIVITY_NAMES[field.data_type]


class Option(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One choice of a drop-down (metadata page, field object: OptionSet). `value` is what is stored."""

    value: str
    text: str = ""
    is_default: bool = False
    order: int = 0
    background_color: str | None = None
    font_color: str | None = None
    old_value: str | None = None  # before a rename
    can_edit: bool = True
    can_delete: bool = True


class Field(msgspec.Struct, frozen=True, dict=True, omit_defaults=True):
    """One field of a lead, an account, or a type of activity, opportunity or sale.

    `dependent` maps a parent's value to the options allowed under it; `members` are the fields of a field
    set; `read_only` means computed or audit data that the API does not write; `extra` holds metadata flags
    that only the metadata page prints, under the vendor's names (`ShowInImport`, `LockAfterCreate`…). The
    range is metadata: it is printed, not enforced.
    """

    name: str
    display_name: str
    data_type: DataType = DataType.TEXT
    mandatory: bool = False
    unique: bool = False
    filling: bool = False  # becomes unique: writes hold to it already, but leads are not found by it yet
    max_length: int | None = None
    options: tuple[Option, ...] = ()
    parent: str | None = None
    dependent: dict[str, tuple[str, ...]] = {}
    members: tuple["Field", ...] = ()
    multi_select: bool = False
    others_allowed: bool = False
    range_min: str | None = None
    range_max: str | None = None
    sequence: int = 0
    show_in_form: bool = True
    read_only: bool = False
    render_type: str = ""
    default: str | None = None
    id: str = ""
    extra: dict[str, object] = {}

    @cached_property
    def option_values(self) -> frozenset[str]:
        """Every value the drop-down knows, dependent ones included. Made once per definition."""
        return frozenset(option.value for option in self.options).union(*self.dependent.values())

    @cached_property
    def folded_options(self) -> Mapping[str, str]:
        """Case-folded value → the value as defined; of two that differ in case only, the first."""
        folded: dict[str, str] = {}
        for option in self.options:
            folded.setdefault(option.value.casefold(), option.value)
        for allowed in self.dependent.values():
            for value in allowed:
                folded.setdefault(value.casefold(), value)
        return folded

    @cached_property
    def members_by_name(self) -> Mapping[str, "Field"]:
        """The members of a field set by name."""
        return {member.name: member for member in self.members}

    @cached_property
    def default_value(self) -> str | None:
        """What a new record gets when nothing is sent: `default`, else the option marked as default."""
        if self.default is not None:
            return self.default
        return next((option.value for option in self.options if option.is_default), None)
