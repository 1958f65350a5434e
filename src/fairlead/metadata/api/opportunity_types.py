"""The vendor's pages about opportunity types. Making them is configuration, not API: `orgs.rules.define_types`."""

from __future__ import annotations

from typing import Any

import msgspec

from fairlead.errors import MandatoryMissing
from fairlead.fields.printing import FieldObject, field_objects
from fairlead.metadata import rules
from fairlead.wire.operation import Call, Query, operations
from fairlead.wire.types import code_of

registry, read, write = operations()


class OpportunityType(msgspec.Struct):
    """A type in the list; `Fields` is always null there."""

    EventCode: int
    DisplayName: str
    Description: str
    CanDelete: bool
    AllowAttachments: bool
    ModifiedBy: str | None
    ModifiedByName: str | None
    ModifiedOn: str
    Fields: None = None


class OpportunityTypeMetadata(msgspec.Struct):
    """A type with its fields."""

    AllowAttachments: bool
    CanDelete: bool
    Description: str
    DisplayName: str
    EventCode: int
    Fields: list[FieldObject]


class ByCode(Query):
    """The event code of a type."""

    code: str | None = None


@read("GET /OpportunityManagement.svc/GetOpportunityTypes", page="get-opportunity-types")
async def opportunity_types(call: Call[None, None], db: Any) -> list[OpportunityType]:
    """Get Opportunity Types.

    All active types by event code, without their fields. `ModifiedOn` is in UTC, `YYYY-MM-DD HH:MM:SS`.
    """
    # Vendor: silent on types that are switched off; nothing can be posted with them, so they are not listed.
    return [
        OpportunityType(
            EventCode=kind.code,
            DisplayName=kind.display_name,
            Description=kind.setting("description"),
            CanDelete=kind.setting("can_delete"),
            AllowAttachments=kind.setting("allow_attachments"),
            ModifiedBy=kind.modified_by,
            ModifiedByName=call.defs.user_name(kind.modified_by),
            ModifiedOn=f"{kind.modified_on:%Y-%m-%d %H:%M:%S}",
        )
        for kind in call.defs.of_kind("opportunity")
        if kind.active
    ]


@read("GET /OpportunityManagement.svc/GetOpportunityTypeMetadata", page="get-metadata-of-an-opportunity-type")
async def opportunity_type_metadata(call: Call[ByCode, None], db: Any) -> OpportunityTypeMetadata:
    """Get Metadata of an Opportunity Type.

    The type with the event code `code` and all its fields, options of drop-downs included. An unknown code is
    refused: Event Code is invalid or empty.
    """
    if not call.query.code:
        raise MandatoryMissing("code", "retrieving opportunity type")
    kind = rules.type_of(call.defs, code_of(call.query.code), "opportunity")
    return OpportunityTypeMetadata(
        AllowAttachments=kind.setting("allow_attachments"),
        CanDelete=kind.setting("can_delete"),
        Description=kind.setting("description"),
        DisplayName=kind.display_name,
        EventCode=kind.code,
        Fields=field_objects(kind.fields.values()),
    )
