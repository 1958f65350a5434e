"""The vendor's pages about the settings of sales and the values of their drop-downs."""

from __future__ import annotations

from typing import Any

import msgspec

from fairlead.errors import MandatoryMissing
from fairlead.sales import catalogue, rendering
from fairlead.sales.drafts import is_empty
from fairlead.wire.operation import Body, Call, operations
from fairlead.wire.types import Done, Scalar

registry, read, write = operations()


class OptionOfField(Body):
    """A value of a drop-down of sales."""

    SchemaName: str | None = None
    OptionValue: Scalar = None


class OptionChanged(msgspec.Struct):
    """Whether the drop-down has changed."""

    AffectedRows: int
    IsSuccessful: bool = True


@read("GET /SalesActivity.svc/RetrieveSetting", page="get-sales-activity-settings")
async def get_settings(call: Call[None, None], _db: Any) -> rendering.Settings:
    """Get Sales Activity Settings.

    Currency, customer stage, and the fields of a sale without values.
    """
    return rendering.settings(call.defs)


# Vendor: has no page for adding; it mirrors removing.
@write(
    "POST /SalesActivity.svc/Metadata/DropdownFieldValues/Add",
    page="add-a-value-to-a-sales-drop-down",
    admin=True,
)
async def add_option(call: Call[None, OptionOfField], db: Any) -> Done[OptionChanged]:
    """Add a Value to a Sales Drop-down.

    AffectedRows is 0 when the value is there.
    """
    name, value = _checked(call.body, "adding drop-down value")
    return Done(Message=OptionChanged(await catalogue.add_option(call, db, name, value)))


@write(
    "POST /SalesActivity.svc/Metadata/DropdownFieldValues/Remove",
    page="remove-value-from-dropdown-sales-field",
    admin=True,
)
async def remove_option(call: Call[None, OptionOfField], db: Any) -> Done[OptionChanged]:
    """Remove a Value from a Sales Drop-down.

    AffectedRows is 0 when the value is not there. Sales that hold it keep it.
    """
    name, value = _checked(call.body, "removing drop-down value")
    return Done(Message=OptionChanged(await catalogue.remove_option(call, db, name, value)))


def _checked(body: OptionOfField, action: str) -> tuple[str, Scalar]:
    if body.SchemaName is None or is_empty(body.SchemaName):
        raise MandatoryMissing("SchemaName", action)
    if is_empty(body.OptionValue):
        raise MandatoryMissing("OptionValue", action)
    return body.SchemaName, body.OptionValue
