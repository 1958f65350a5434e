"""The fields a new activity type, account activity type and the sale type start with."""

import msgspec

from fairlead.fields.model import DataType, Field, Option

NOTE_LENGTH = 4000
TEXT_LENGTH = 200

_NOTE = Field("ActivityEvent_Note", "Notes", max_length=NOTE_LENGTH, sequence=0)

SALE_NOTE = msgspec.structs.replace(_NOTE, read_only=True)
"""The note as details of a sale show it: nobody writes one, so it is no field of the sale type."""

# The order of the options is the one the options page prints.
_ACTIVE = Field(
    "Status",
    "Status",
    DataType.SELECT,
    options=(Option("Inactive", order=0), Option("Active", is_default=True, order=1)),
    sequence=1,
    render_type="SearchableDropdown",
)

# Absent on creation = the user of the key; the activities family fills it in.
_OWNER = Field("Owner", "Owner", DataType.USER, sequence=2)

ACTIVITY_FIELDS: tuple[Field, ...] = (_NOTE, _ACTIVE, _OWNER)
"""Every custom lead activity type; its own fields `mx_Custom_1…50` follow."""

ACCOUNT_ACTIVITY_FIELDS: tuple[Field, ...] = (_NOTE, _ACTIVE, _OWNER)
"""Every account activity type (codes from 10001); its own fields `mx_Custom_1…50` follow."""

# Sequences as retrieve-sales-activities-by-lead-id prints them (retrieve-sales-activity leaves Status out).
SALE_FIELDS: tuple[Field, ...] = (
    Field(
        "Status",
        "Status",
        DataType.SELECT,
        mandatory=True,
        options=(Option("Open", is_default=True, order=0), Option("Won", order=1), Option("Lost", order=2)),
        sequence=1,
        render_type="SearchableDropdown",
    ),
    Field("mx_Custom_1", "Product", DataType.PRODUCT, mandatory=True, sequence=2),
    Field("mx_Custom_2", "Order Value", DataType.NUMBER, mandatory=True, sequence=3),
    Field("mx_Custom_3", "Sales Date", DataType.DATETIME, mandatory=True, sequence=4),
    Field("mx_Custom_4", "Sales Owner", DataType.USER, mandatory=True, sequence=5),
)
"""The sale type (event code 30); configurable fields `mx_Custom_5…15` follow. Derived names are no fields."""
