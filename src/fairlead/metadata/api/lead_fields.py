"""The vendor's pages about lead fields: reading their properties, creating one. Options: `options.py`."""

from __future__ import annotations

from datetime import datetime
from itertools import islice
from typing import Any

import msgspec

from fairlead.errors import DomainError, InvalidInput, MandatoryMissing
from fairlead.fields.model import LEAD_NAMES, DataType, Field, Option, lead_type
from fairlead.metadata import rules
from fairlead.metadata.api.bodies import OptionBody, number_of, refuse_text, text_of
from fairlead.orgs import rules as orgs
from fairlead.orgs.definitions import Definitions
from fairlead.wire.operation import Body, Call, Query, operations
from fairlead.wire.types import Done, Id, Scalar, rows_of, truth

registry, read, write = operations()

RENDER_TYPES = {
    "Textbox": 1,
    "TextArea": 2,
    "Email": 3,
    "URL": 4,
    "Date": 5,
    "Phone": 6,
    "DateTime": 7,
    "Time": 8,
    "RadioButton": 9,
    "CheckBox": 10,
    "Dropdown": 13,
    "SearchableDropdown": 14,
    "DropdownWithOthers": 15,
}
"""The number of each RenderTypeTextValue. Callers use the text."""

PAIRINGS = {
    "Text": ("Textbox", "TextArea"),
    "Number": ("Textbox",),
    "Email": ("Email",),
    "Phone": ("Phone", "Textbox"),
    "Website": ("URL",),
    "Date": ("Date", "DateTime"),
    "Time": ("Time",),
    "Select": ("Dropdown", "SearchableDropdown", "DropdownWithOthers"),
    "Boolean": ("RadioButton", "CheckBox"),
}
"""Which RenderTypeTextValue goes with which DataType."""

SYSTEM = "System"
"""Who made the standard fields."""

MOST_OPTIONS = 1000
"""Options of a new field. Vendor: silent on how many; every read of the definitions carries them."""

MOST_SKIPPED = 20
"""Numbers that a refusal names. Vendor: silent on how many."""


class Choice(msgspec.Struct):
    """An option of a drop-down."""

    Value: str


class LeadField(msgspec.Struct, kw_only=True):
    """The properties of a lead field. Members without a value are left out."""

    Entity: str = "1"
    SchemaName: str
    DisplayName: str
    DataType: str
    IsMandatory: bool
    MaxLength: str | msgspec.UnsetType = msgspec.UNSET
    EntityAttributeId: str
    Name: str
    Description: str = ""
    EntityAttributeType: int
    RenderType: int
    RenderTypeTextValue: str
    IsVisible: bool
    IsSearchable: bool
    ShowInMailMerge: bool
    RangeMin: str | msgspec.UnsetType = msgspec.UNSET
    RangeMax: str | msgspec.UnsetType = msgspec.UNSET
    AllowMultiple: bool
    ShowInImport: bool
    ShowInQuickAdd: bool
    ShowInQuickSearch: bool
    Txt_Row: int = 0
    Txt_Col: int = 0
    OwnerID: str | msgspec.UnsetType = msgspec.UNSET
    CreatedBy: str | msgspec.UnsetType = msgspec.UNSET
    CreatedOn: str
    ModifiedBy: str | msgspec.UnsetType = msgspec.UNSET
    ModifiedOn: str
    OwnerIdName: str
    CreatedByName: str
    ModifiedByName: str
    IsLeadIdentifier: bool
    LockAfterCreate: int
    UseInLeadClone: bool
    IsSortable: bool
    Options: list[Choice] | msgspec.UnsetType = msgspec.UNSET
    DefaultValue: str | msgspec.UnsetType = msgspec.UNSET


class Which(Query):
    """One field, or all; `excludeOptionSets` 1 leaves `Options` out."""

    schemaName: str | None = None
    excludeOptionSets: str | None = None


@read("GET /LeadManagement.svc/LeadsMetaData.Get", page=("meta-data", "get-lead-field-properties"))
async def leads_metadata(call: Call[Which, None], db: Any) -> list[LeadField]:
    """Get Metadata (lead fields).

    All fields of the lead in the order of a read without columns, or the one called `schemaName`; none for an
    unknown name. Dates are `/Date(<milliseconds since 1970>+0000)/`.
    """
    query, defs = call.query, call.defs
    bare = truth(query.excludeOptionSets, "excludeOptionSets")
    fields = defs.lead.fields
    if not query.schemaName:
        return [_shown(defs, field, bare=bare) for field in fields.values()]
    found = fields.get(query.schemaName.strip())
    return [_shown(defs, found, bare=bare)] if found is not None else []


def _shown(defs: Definitions, field: Field, *, bare: bool) -> LeadField:
    select = field.data_type is DataType.SELECT
    render_type = field.render_type or "Textbox"
    extra: dict[str, Any] = field.extra
    created_by, modified_by = extra.get("CreatedBy"), extra.get("ModifiedBy") or extra.get("CreatedBy")
    created_on = _moment(extra.get("CreatedOn"), defs.lead.created_on)
    modified_on = _moment(extra.get("ModifiedOn"), created_on)
    return LeadField(
        SchemaName=field.name,
        DisplayName=field.display_name,
        DataType=LEAD_NAMES[field.data_type],
        IsMandatory=field.mandatory,
        MaxLength=msgspec.UNSET if field.max_length is None else str(field.max_length),
        EntityAttributeId=field.id,
        Name=field.name,
        # Vendor: silent on the kind of a custom field; 2, as custom activity types have it.
        EntityAttributeType=2 if created_by else 1,
        RenderType=RENDER_TYPES.get(render_type, 1),
        RenderTypeTextValue=render_type,
        IsVisible=_flag(extra, "IsVisible", default=True),
        IsSearchable=_flag(extra, "IsSearchable", default=True),
        ShowInMailMerge=_flag(extra, "ShowInMailMerge"),
        RangeMin=field.range_min or msgspec.UNSET,
        RangeMax=field.range_max or msgspec.UNSET,
        AllowMultiple=_flag(extra, "AllowMultiple"),
        ShowInImport=_flag(extra, "ShowInImport"),
        ShowInQuickAdd=_flag(extra, "ShowInQuickAdd"),
        ShowInQuickSearch=_flag(extra, "ShowInQuickSearch"),
        OwnerID=created_by or msgspec.UNSET,
        CreatedBy=created_by or msgspec.UNSET,
        CreatedOn=date_text(created_on),
        ModifiedBy=modified_by or msgspec.UNSET,
        ModifiedOn=date_text(modified_on),
        OwnerIdName=defs.user_name(created_by) or SYSTEM,
        CreatedByName=defs.user_name(created_by) or SYSTEM,
        ModifiedByName=defs.user_name(modified_by) or SYSTEM,
        IsLeadIdentifier=_flag(extra, "IsLeadIdentifier"),
        LockAfterCreate=int(extra.get("LockAfterCreate") or 0),
        UseInLeadClone=_flag(extra, "UseInLeadClone"),
        IsSortable=_flag(extra, "IsSortable", default=True),
        Options=[Choice(o.value) for o in field.options] if select and not bare else msgspec.UNSET,
        DefaultValue=(field.default_value or msgspec.UNSET) if select else msgspec.UNSET,
    )


def _flag(extra: dict[str, Any], name: str, *, default: bool = False) -> bool:
    return bool(extra.get(name, default))


def _moment(text: Any, otherwise: datetime) -> datetime:
    return datetime.fromisoformat(text) if text else otherwise


def date_text(at: datetime) -> str:
    """`/Date(1417453996000+0000)/`: milliseconds since 1970, UTC."""
    return f"/Date({int(at.timestamp()) * 1000}+0000)/"


class NewLeadField(Body):
    """A custom lead field."""

    DisplayName: Scalar = None
    DataType: str | None = None
    RenderTypeTextValue: str | None = None
    IsMandatory: Scalar = None
    ShowInImport: Scalar = None
    ShowInMailMerge: Scalar = None
    LockAfterCreate: Scalar = None
    UseInLeadClone: Scalar = None
    MaxLength: Scalar = None
    Range_Min: Scalar = None
    Range_Max: Scalar = None
    OptionsJson: list[OptionBody] | str | None = None


@write("POST /LeadManagement.svc/CreateLeadField", page="create-custom-lead-field", admin=True)
async def create_lead_field(call: Call[None, NewLeadField], db: Any) -> Done[Id]:
    """Create a Custom Lead Field.

    The schema name is `mx_` and the display name with `_` for blanks. Up to 1000 options stand in an array, none
    longer than `MaxLength`; their `Order` counts from 1 without a gap. Answers with the id of the field.
    """
    body = call.body
    name = text_of(body.DisplayName, "DisplayName")
    if not name:
        raise MandatoryMissing("DisplayName", "creating lead field")
    if not body.DataType:
        raise MandatoryMissing("DataType", "creating lead field")
    refuse_text(body.OptionsJson, "OptionsJson")
    if not body.RenderTypeTextValue:
        raise _not_passed("You have not passed RenderTypeTextValue.")
    data_type = lead_type(body.DataType, body.RenderTypeTextValue)
    if data_type is None or body.RenderTypeTextValue not in PAIRINGS[body.DataType]:
        raise InvalidInput.value("DataType")
    if body.OptionsJson and data_type is not DataType.SELECT:
        call.notice("unknown-member", "OptionsJson")
    field = _field(body, name, data_type)
    lead = call.defs.lead
    [field_id] = await orgs.define_lead_fields(db, call.org_id, lead, [field], by=call.actor.id, now=call.now)
    return Done(Message=Id(field_id))


def _field(body: NewLeadField, name: str, data_type: DataType) -> Field:
    lock = body.LockAfterCreate
    longest = number_of(body.MaxLength, "MaxLength") or None
    return Field(
        rules.field_name(name),
        name,
        data_type,
        mandatory=truth(body.IsMandatory, "IsMandatory"),
        max_length=longest,
        options=_options(body.OptionsJson or [], longest) if data_type is DataType.SELECT else (),
        others_allowed=body.RenderTypeTextValue == "DropdownWithOthers",
        range_min=text_of(body.Range_Min, "Range_Min") or None,
        range_max=text_of(body.Range_Max, "Range_Max") or None,
        render_type=body.RenderTypeTextValue or "",
        extra={
            "ShowInImport": truth(body.ShowInImport, "ShowInImport"),
            "ShowInMailMerge": truth(body.ShowInMailMerge, "ShowInMailMerge"),
            "LockAfterCreate": int(lock)
            if isinstance(lock, bool)
            else number_of(lock, "LockAfterCreate") or 0,
            "UseInLeadClone": truth(body.UseInLeadClone, "UseInLeadClone"),
        },
    )


def _options(sent: list[OptionBody] | str, longest: int | None) -> tuple[Option, ...]:
    """The options by Order. Raises DomainError for none, for an empty value, and for numbers left out.

    Raises InvalidInput for too many, and for one that the field could not store.
    """
    rows = [] if isinstance(sent, str) else sent
    values = [text_of(row.Value, "OptionsJson") for row in rows]
    if not values or not all(values):
        raise _not_passed("You have not passed any option value.")
    rows_of(rows, MOST_OPTIONS)
    # Vendor: silent on options longer than MaxLength; nobody could choose them.
    if longest is not None and max(map(len, values)) > longest:
        raise InvalidInput.too_long("OptionsJson", longest)
    orders = []
    for position, row in enumerate(rows, 1):
        given = number_of(row.Order, "Order")
        # Vendor: silent on an option without Order; it stands where it stands.
        orders.append(position if given is None else given)
    given_numbers = set(orders)
    skipped = (number for number in range(1, max(*orders, len(orders)) + 1) if number not in given_numbers)
    if named := ",".join(map(str, islice(skipped, MOST_SKIPPED))):  # an Order may be a thousand million
        raise _not_passed(f"You have skipped number in Order: {named}.")
    found: dict[str, Option] = {}
    for order, value, row in sorted(zip(orders, values, rows, strict=True), key=lambda some: some[0]):
        is_default = truth(row.IsDefault, "IsDefault")
        found.setdefault(
            value, Option(value, text=text_of(row.Text, "Text"), is_default=is_default, order=order)
        )
    return tuple(found.values())


def _not_passed(text: str) -> DomainError:
    return DomainError(text, type="MXMandatoryAttributeMissingException")
