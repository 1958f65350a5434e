"""How a lead is shown: its attributes by name, as the flat lead and as the pair lead (pages of the lead reads).

Every value is a text or null. What stands in columns of the lead, is computed, or is a user's name is named here
once; everything else is a field. Readers are made once per read, not per row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

import msgspec

from fairlead.fields.model import DataType, Field
from fairlead.fields.standard import LEAD_FIELDS
from fairlead.fields.values import render
from fairlead.leads.drafts import UNSET
from fairlead.leads.queries import SeenLead
from fairlead.orgs.definitions import Definitions

Reader = Callable[[SeenLead], str | None]

FlatLead = dict[str, str | None]
"""A lead as one object: attribute name to text or null."""

_STANDARD = frozenset(field.name for field in LEAD_FIELDS)


class Member(msgspec.Struct):
    """A member of a field set, in a pair lead."""

    Attribute: str
    Value: str | None


class LeadPair(msgspec.Struct):
    """An attribute of a pair lead. `Fields` holds the members of a field set, null for other attributes."""

    Attribute: str
    Value: str | None
    Fields: list[Member] | None = None


class BarePair(msgspec.Struct, omit_defaults=True):
    """An attribute of a pair lead in Leads.RecentlyModified: `Fields` only where there is a field set."""

    Attribute: str
    Value: str | None
    Fields: list[Member] | None = None


def instant(at: datetime | None) -> str | None:
    """`2022-05-12 10:10:41.000`, or None."""
    return None if at is None else f"{at:%Y-%m-%d %H:%M:%S}.{at.microsecond // 1000:03}"


def _conversion_date(lead: SeenLead) -> str | None:
    # Vendor: silent on leads that were never visitors; they became leads when they were created.
    stored = lead.fields.get("LeadConversionDate")
    return str(stored) if stored is not None else instant(lead.created_on) if lead.is_lead else None


_COLUMNS: dict[str, Reader] = {
    "ProspectID": lambda lead: lead.id,
    "ProspectAutoId": lambda lead: str(lead.auto_id),
    "ProspectStage": lambda lead: lead.stage,
    "Score": lambda lead: str(lead.score),
    "EngagementScore": lambda lead: str(lead.engagement_score),
    "Revenue": lambda lead: format(lead.revenue, "f"),
    "ProspectActivityId_Min": lambda lead: lead.first_activity_id,
    "ProspectActivityDate_Min": lambda lead: instant(lead.first_activity_on),
    "ProspectActivityId_Max": lambda lead: lead.last_activity_id,
    "ProspectActivityDate_Max": lambda lead: instant(lead.last_activity_on),
    "LeadLastModifiedOn": lambda lead: instant(lead.touched_on),
    # Vendor: silent on the status members; what is stored is active.
    "StatusCode": lambda _: "0",
    "StatusReason": lambda _: "0",
    "DeletionStatusCode": lambda _: "0",
    "IsLead": lambda lead: "1" if lead.is_lead else "0",
    "LeadConversionDate": _conversion_date,
    "OwnerId": lambda lead: lead.owner_id,
    "CreatedBy": lambda lead: lead.created_by,
    "CreatedOn": lambda lead: instant(lead.created_on),
    "ModifiedBy": lambda lead: lead.modified_by,
    "ModifiedOn": lambda lead: instant(lead.modified_on),
    "RelatedCompanyId": lambda lead: lead.account_id,
    "IsTaggedLead": lambda _: "0",
}
"""Attributes that stand in columns of the lead, or are the same for all."""


def _owner_email(defs: Definitions) -> Reader:
    users = defs.users
    return lambda lead: users[lead.owner_id].email if lead.owner_id in users else None


def _type_names(defs: Definitions) -> Mapping[int | None, str]:
    return {code: kind.display_name for code, kind in defs.types.items()}


def _last_activity(defs: Definitions) -> Reader:
    names = _type_names(defs)
    return lambda lead: names.get(lead.last_activity_code)


def _account_type(defs: Definitions) -> Reader:
    # Vendor: silent on what CompanyType prints; the name of the account's type.
    names = _type_names(defs)
    return lambda lead: names.get(lead.account_code)


_NAMES: dict[str, Callable[[Definitions], Reader]] = {
    "ProspectActivityName_Max": _last_activity,
    "OwnerIdName": lambda defs: lambda lead: defs.user_name(lead.owner_id),
    "OwnerIdEmailAddress": _owner_email,
    "CreatedByName": lambda defs: lambda lead: defs.user_name(lead.created_by),
    "ModifiedByName": lambda defs: lambda lead: defs.user_name(lead.modified_by),
    "CompanyType": _account_type,
}
"""Attributes that are the names of what the lead refers to."""


def reader(defs: Definitions, name: str) -> Reader | None:
    """Reads one attribute of a lead; None for a name that is not defined. `mx_Set~Member` is one of a field set."""
    field = defs.lead.fields.get(name)
    if field is not None:
        return _COLUMNS.get(name) or (_NAMES[name](defs) if name in _NAMES else _stored(field))
    found = member(defs, name)
    return None if found is None else _stored_member(*found)


def member(defs: Definitions, name: str) -> tuple[Field, Field] | None:
    """The field set and its member that `mx_Set~Member` (also written with x007E) names."""
    outer, tilde, inner = name.replace("x007E", "~").partition("~")
    field = defs.lead.fields.get(outer) if tilde else None
    found = field.members_by_name.get(inner) if field is not None else None
    return None if field is None or found is None else (field, found)


def _stored(field: Field) -> Reader:
    name = field.name
    unset = UNSET.get(name)
    blank = None if unset is None else render(field, unset, millis=True)

    def read(lead: SeenLead) -> str | None:
        value = lead.fields.get(name)
        if value is None:
            return blank
        return value if type(value) is str else render(field, value, millis=True)

    return read


def _stored_member(field: Field, inner: Field) -> Reader:
    def read(lead: SeenLead) -> str | None:
        members = lead.fields.get(field.name)
        return render(inner, members.get(inner.name), millis=True) if isinstance(members, dict) else None

    return read


def all_names(defs: Definitions) -> list[str]:
    """Every attribute: the standard ones in their order, then the organisation's own."""
    return sorted(defs.lead.fields, key=lambda name: name not in _STANDARD)


def readers(defs: Definitions, names: Iterable[str]) -> dict[str, Reader]:
    """Readers of these attributes, in this order; names that are not defined are left out."""
    found = ((name, reader(defs, name)) for name in names)
    return {name: read for name, read in found if read is not None}


def flat(columns: Mapping[str, Reader], lead: SeenLead) -> FlatLead:
    """One object, every value text or null."""
    return {name: read(lead) for name, read in columns.items()}


def field_sets(defs: Definitions, columns: Iterable[str]) -> dict[str, Field]:
    """Those of the columns that are field sets."""
    found = ((name, defs.lead.fields.get(name)) for name in columns)
    return {
        name: field for name, field in found if field is not None and field.data_type is DataType.FIELD_SET
    }


def _members(field: Field | None, lead: SeenLead) -> list[Member] | None:
    if field is None:
        return None
    stored = lead.fields.get(field.name) or {}
    return [
        Member(inner.name, render(inner, stored[inner.name], millis=True))
        for inner in field.members
        if stored.get(inner.name) is not None
    ]


def pairs(columns: Mapping[str, Reader], sets: Mapping[str, Field], lead: SeenLead) -> list[LeadPair]:
    """The lead as pairs, each with `Fields`. `sets`: see `field_sets`."""
    return [LeadPair(name, read(lead), _members(sets.get(name), lead)) for name, read in columns.items()]


def bare_pairs(columns: Mapping[str, Reader], sets: Mapping[str, Field], lead: SeenLead) -> list[BarePair]:
    """The lead as pairs, `Fields` only for field sets. `sets`: see `field_sets`."""
    return [BarePair(name, read(lead), _members(sets.get(name), lead)) for name, read in columns.items()]
