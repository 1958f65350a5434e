"""The vendor's pages about the options of drop-downs, of lead fields and of activity fields."""

from __future__ import annotations

from typing import Any

import msgspec

from fairlead.errors import (
    DomainError,
    InvalidActivityField,
    InvalidInput,
    MandatoryMissing,
    UnknownAttributes,
)
from fairlead.fields.model import DataType, Field
from fairlead.metadata import rules
from fairlead.metadata.api.bodies import DependentBody, OptionBody, dependents_of, text_of, values_of
from fairlead.orgs.definitions import RecordType
from fairlead.wire.operation import Body, Call, Query, operations
from fairlead.wire.types import AffectedRows, Done, Paging, Scalar, Success, code_of, page_of

registry, read, write = operations()


class OptionsOfField(Body):
    """A lead field, or a member of a field set, and options as texts or as `{"Value": …}`."""

    SchemaName: str | None = None
    Options: list[OptionBody | Scalar] | None = None


class OptionsUnderParent(Body):
    """A dependent lead field, a value of its parent, and the options under it."""

    ParentSchemaName: str | None = None
    ChildSchemaName: str | None = None
    ParentFieldValue: Scalar = None
    Options: list[OptionBody | Scalar] | None = None


@write(
    "POST /LeadManagement.svc/LeadField/Dropdown/Options/Push",
    page="add-values-to-a-lead-drop-down-field",
    admin=True,
)
async def push_lead_options(call: Call[None, OptionsOfField], db: Any) -> Done[AffectedRows]:
    """Add Values to a Lead Drop-down.

    Values that are there already stay where they are; AffectedRows is 0 when all of them are.
    """
    where, values = _lead_field(call, "adding drop-down values")
    return await _store_lead(call, db, where, rules.with_options(where.field, values))


@write(
    "POST /LeadManagement.svc/LeadField/Dropdown/Options/Remove",
    page="remove-values-from-a-lead-drop-down-field",
    admin=True,
)
async def remove_lead_options(call: Call[None, OptionsOfField], db: Any) -> Done[AffectedRows]:
    """Remove Values from a Lead Drop-down.

    Leads that have a removed value keep it.
    """
    where, values = _lead_field(call, "removing drop-down values")
    return await _store_lead(call, db, where, rules.without_options(where.field, values))


@write(
    "POST /LeadManagement.svc/LeadField/Dependency/Dropdown/Options/Push",
    page="add-values-to-a-dependent-drop-down-lead-field",
    admin=True,
)
async def push_dependent_lead_options(call: Call[None, OptionsUnderParent], db: Any) -> Done[AffectedRows]:
    """Add Values to a Dependent Lead Drop-down.

    The child must depend on the parent, and the value must be one of the parent's.
    """
    where, parent, values = _dependent_lead_field(call, "adding dependent drop-down values")
    return await _store_lead(call, db, where, rules.with_dependent(where.field, parent, values))


@write(
    "POST /LeadManagement.svc/LeadField/Dependency/Dropdown/Options/Remove",
    page="remove-values-from-a-dependent-lead-drop-down",
    admin=True,
)
async def remove_dependent_lead_options(call: Call[None, OptionsUnderParent], db: Any) -> Done[AffectedRows]:
    """Remove Values from a Dependent Lead Drop-down.

    Leads that have a removed value keep it.
    """
    where, parent, values = _dependent_lead_field(call, "removing dependent drop-down values")
    return await _store_lead(call, db, where, rules.without_dependent(where.field, parent, values))


def _lead_field(call: Call[None, OptionsOfField], action: str) -> tuple[rules.Place, list[str]]:
    body = call.body
    if not body.SchemaName:
        raise MandatoryMissing("SchemaName", action)
    if not body.Options:
        raise MandatoryMissing("Options", action)
    where = _lead_place(call, body.SchemaName, "SchemaName")
    return where, values_of(body.Options, "Options")


def _lead_place(call: Call[Any, Any], path: str, member: str) -> rules.Place:
    where = rules.place(call.defs.lead.fields, path)
    if where is None:
        raise UnknownAttributes([path.strip()])
    if where.field.data_type is not DataType.SELECT:
        raise InvalidInput.value(member)
    return where


def _dependent_lead_field(
    call: Call[None, OptionsUnderParent], action: str
) -> tuple[rules.Place, str, list[str]]:
    body = call.body
    for name in ("ParentSchemaName", "ChildSchemaName", "ParentFieldValue", "Options"):
        if getattr(body, name) in (None, "", []):
            raise MandatoryMissing(name, action)
    parent = _lead_place(call, body.ParentSchemaName or "", "ParentSchemaName")
    where = _lead_place(call, body.ChildSchemaName or "", "ChildSchemaName")
    # Vendor: silent on a pair that does not depend on each other; making it so here would hide a typing error.
    if (
        where.field.parent != parent.field.name
        or where.beside(call.defs.lead.fields, parent.field.name) is None
    ):
        raise InvalidInput.value("ParentSchemaName")
    value = text_of(body.ParentFieldValue, "ParentFieldValue")
    # A value that is no option of the parent any more may still have options under it, to be removed.
    if value not in parent.field.option_values and value not in where.field.dependent:
        raise InvalidInput.value("ParentFieldValue")
    return where, value, values_of(body.Options or [], "Options")


async def _store_lead(call: Call[Any, Any], db: Any, where: rules.Place, field: Field) -> Done[AffectedRows]:
    rows = await rules.store_field(
        db, call.defs, call.defs.lead, where, field, by=call.actor.id, now=call.now
    )
    return Done(Message=AffectedRows(rows))


# activity fields ---------------------------------------------------------------------------------------


class Stored(msgspec.Struct):
    """Success without a message."""

    Status: Success = "Success"


class WhichOptions(Body):
    """An activity field; `CustomObjectSchemaName` is the member when the field is a field set."""

    SchemaName: str | None = None
    ActivityEventCode: Scalar = None
    CustomObjectSchemaName: str | None = None


class GetOptions(Body):
    """Whose options, and which of them; without Paging all."""

    Parameter: WhichOptions | None = None
    Paging: Paging | None = None


class Values(msgspec.Struct):
    """The values of a drop-down in their order."""

    Options: list[str]


class ActivityFieldQuery(Query):
    """The event code and the field, `mx_Custom_4~mx_CustomObject_1` for a member of a field set."""

    code: str | None = None
    fieldName: str | None = None


@read(
    "POST /ProspectActivity.svc/ActivityField/Dropdown/Options/Get",
    page="get-values-of-a-custom-activity-drop-down-field",
)
async def activity_options(call: Call[None, GetOptions], db: Any) -> Values:
    """Get Values of an Activity Drop-down.

    The field must be a drop-down that depends on no other, of an activity type that is no opportunity type.
    """
    action = "retrieving activity field options"
    which = call.body.Parameter or WhichOptions()
    if which.ActivityEventCode in (None, ""):
        raise MandatoryMissing("ActivityEventCode", action)
    if not which.SchemaName:
        raise MandatoryMissing("SchemaName", action)
    kind = _activity_type(call, which.ActivityEventCode)
    path = which.SchemaName
    field = kind.fields.get(path.strip())
    # Vendor: silent on a member's name beside a field that is no field set; the page's own sample sends one.
    if which.CustomObjectSchemaName and field is not None and field.data_type is DataType.FIELD_SET:
        path = f"{path}~{which.CustomObjectSchemaName}"
    where = _activity_place(kind, path)
    if not rules.is_independent(where.field):
        raise _not_independent()
    values = [option.value for option in where.field.options]
    if call.body.Paging is not None:
        page = page_of(call.body.Paging, cap=1000)
        values = values[page.offset : page.offset + page.limit]
    return Values(values)


@write(
    "POST /ProspectActivity.svc/CustomActivity/FieldOptions/Push",
    page="activity-push-field-options",
    admin=True,
)
async def push_activity_options(call: Call[ActivityFieldQuery, list[OptionBody | Scalar]], db: Any) -> Stored:
    """Add Values to an Activity Drop-down.

    Values that are there already stay where they are.
    """
    kind, where = _independent(call, "adding activity field options")
    field = rules.with_options(where.field, values_of(call.body, "Options"))
    await rules.store_field(db, call.defs, kind, where, field, by=call.actor.id, now=call.now)
    return Stored()


@write(
    "POST /ProspectActivity.svc/CustomActivity/FieldOptions/Pop",
    page="activity-pop-fields-options",
    admin=True,
)
async def pop_activity_options(call: Call[ActivityFieldQuery, list[OptionBody | Scalar]], db: Any) -> Stored:
    """Remove Values from an Activity Drop-down.

    Activities that have a removed value keep it.
    """
    kind, where = _independent(call, "removing activity field options")
    field = rules.without_options(where.field, values_of(call.body, "Options"))
    await rules.store_field(db, call.defs, kind, where, field, by=call.actor.id, now=call.now)
    return Stored()


@write(
    "POST /ProspectActivity.svc/CustomActivity/DependentFieldOptions/Push",
    page="add-values-to-a-dependent-drop-down-activity-field",
    admin=True,
)
async def push_dependent_activity_options(
    call: Call[ActivityFieldQuery, list[DependentBody]], db: Any
) -> Stored:
    """Add Values to a Dependent Activity Drop-down.

    Every element names a value of the parent and the options that are allowed under it.
    """
    kind, where = _changeable(call, "adding dependent activity field options")
    field, parent = where.field, where.beside(kind.fields, where.field.parent or "")
    if field.data_type is not DataType.SELECT or parent is None:
        raise InvalidInput.value("fieldName")
    for value, allowed in dependents_of(call.body, "Options").items():
        if value not in parent.option_values:
            raise InvalidInput.value("Parent")
        field = rules.with_dependent(field, value, allowed)
    await rules.store_field(db, call.defs, kind, where, field, by=call.actor.id, now=call.now)
    return Stored()


def _independent(call: Call[ActivityFieldQuery, Any], action: str) -> tuple[RecordType, rules.Place]:
    kind, where = _changeable(call, action)
    if not rules.is_independent(where.field):
        raise _not_independent()
    return kind, where


def _changeable(call: Call[ActivityFieldQuery, Any], action: str) -> tuple[RecordType, rules.Place]:
    query = call.query
    if not query.code:
        raise MandatoryMissing("code", action)
    if not query.fieldName:
        raise MandatoryMissing("fieldName", action)
    kind = _activity_type(call, query.code)
    return kind, _activity_place(kind, query.fieldName)


def _activity_type(call: Call[Any, Any], code: Scalar) -> RecordType:
    kind = rules.type_of(call.defs, code_of(code), *rules.ACTIVITY_KINDS)
    if kind.kind == "opportunity":
        raise _not_independent()
    return kind


def _activity_place(kind: RecordType, path: str) -> rules.Place:
    where = rules.place(kind.fields, path)
    if where is None:
        raise InvalidActivityField.unknown(path.strip())
    return where


def _not_independent() -> DomainError:
    return DomainError("Activity field should be of type independent dropdown")
