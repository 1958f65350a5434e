"""Reading one lead, the few that a text finds, and the owner of one."""

from __future__ import annotations

from typing import Any

import msgspec

from fairlead.errors import InvalidInput, MandatoryMissing
from fairlead.fields.errors import FieldError
from fairlead.fields.values import parse
from fairlead.leads import attributes, queries, rules
from fairlead.leads.api.family import read
from fairlead.leads.attributes import FlatLead
from fairlead.leads.drafts import ID_NAMES, compared
from fairlead.leads.queries import SeenLead
from fairlead.records.picture import is_id
from fairlead.wire.operation import Call, Query

QUICK_LIMIT = 100
"""Leads in one answer of quick search."""


class ById(Query):
    """The lead's id."""

    id: str | None = None


class ByEmail(Query):
    """The lead's e-mail address."""

    emailaddress: str | None = None


class ByPhone(Query):
    """The lead's phone or mobile number, with or without country code."""

    phone: str | None = None


class ByText(Query):
    """The text to look for."""

    key: str | None = None


class ByIdentifier(Query):
    """The name of a unique field (or ProspectId) and its value."""

    LeadIdentifier: str | None = None
    value: str | None = None


def needed(value: str | None, name: str) -> str:
    """A query parameter that must be there, outer blanks trimmed. Raises MandatoryMissing."""
    text = (value or "").strip()
    if not text:
        raise MandatoryMissing(name, "retrieving lead")
    return text


def _whole(call: Call[Any, Any], leads: list[SeenLead]) -> list[FlatLead]:
    columns = attributes.readers(call.defs, attributes.all_names(call.defs))
    return [attributes.flat(columns, lead) for lead in leads]


@read("GET /LeadManagement.svc/Leads.GetById", page="get-lead-by-id")
async def by_id(call: Call[ById, None], db: Any) -> list[FlatLead]:
    """Get a Lead by Id.

    An array of one lead with every attribute; empty for an unknown id.
    """
    text = needed(call.query.id, "id").lower()
    ids = [text] if is_id(text) else []
    return _whole(call, await queries.by_ids(db, call.org_id, rules.seen_by(call), ids) if ids else [])


@read("GET /LeadManagement.svc/Leads.GetByEmailaddress", page="get-a-lead-by-email-id")
async def by_email(call: Call[ByEmail, None], db: Any) -> list[FlatLead]:
    """Get a Lead by Email.

    An array of the lead with this e-mail address, in any case; empty when there is none.
    """
    text = needed(call.query.emailaddress, "emailaddress")
    return _whole(call, await _by_value(call, db, "EmailAddress", text))


@read("GET /LeadManagement.svc/RetrieveLeadByPhoneNumber", page="get-lead-by-phone")
async def by_phone(call: Call[ByPhone, None], db: Any) -> list[FlatLead]:
    """Get a Lead by Phone.

    Looks in Phone and Mobile, with or without country code, ignoring blanks, hyphens and `+`. An array of at most one
    lead: of several the one with the latest activity.
    """
    text = needed(call.query.phone, "phone")
    keyed = {"Phone", "Mobile"} <= {field.name for field in call.defs.unique if field.unique}
    found = await queries.by_phone(db, call.org_id, rules.seen_by(call), text, keyed=keyed)
    latest = max(found, key=_last_active, default=None)
    return _whole(call, [] if latest is None else [latest])


def _last_active(lead: SeenLead) -> tuple[bool, Any, str]:
    # Vendor: silent on leads without activities; the newer one.
    return lead.last_activity_on is not None, lead.last_activity_on or lead.created_on, lead.id


@read("GET /LeadManagement.svc/Leads.GetByQuickSearch", page="quick-search")
async def quick_search(call: Call[ByText, None], db: Any) -> list[FlatLead]:
    """Quick Search.

    Leads with the text in FirstName, LastName, EmailAddress, Phone, Mobile, Company, City or Country, whatever the
    case; the newest change first, at most 100.
    """
    text = needed(call.query.key, "key")
    if "\0" in text:
        return []
    found = await queries.quick(db, call.org_id, rules.seen_by(call), text, QUICK_LIMIT)
    columns = attributes.readers(call.defs, attributes.all_names(call.defs))
    return [with_total(attributes.flat(columns, lead), found.total) for lead in found.leads]


def with_total(row: FlatLead, total: int) -> FlatLead:
    """The row with what rows of searches end with."""
    row.pop("IsTaggedLead", None)
    # Whoever sees a lead may change it: `rules.may_change`.
    return row | {"IsTaggedLead": "0", "CanUpdate": "true", "Total": str(total)}


class Owner(msgspec.Struct):
    """The user who owns the lead; `StatusCode` is 0 when active, 1 when not."""

    UserId: str
    FirstName: str
    LastName: str
    EmailAddress: str
    AssociatedPhoneNumbers: str
    Role: str
    StatusCode: int


@read("GET /LeadManagement.svc/LeadOwner.Get", page="get-details-of-a-lead-owner")
async def owner(call: Call[ByIdentifier, None], db: Any) -> list[Owner]:
    """Get Details of a Lead Owner.

    The owner of the lead that `LeadIdentifier` (a unique field or ProspectId) and `value` name; empty without a lead.
    """
    name = needed(call.query.LeadIdentifier, "LeadIdentifier")
    text = needed(call.query.value, "value")
    if name in ID_NAMES:
        ids = [text.lower()] if is_id(text) else []
        found = await queries.by_ids(db, call.org_id, rules.seen_by(call), ids) if ids else []
    elif any(field.name == name for field in call.defs.unique):
        found = await _by_value(call, db, name, text)
    else:
        raise InvalidInput.value("LeadIdentifier")
    users = [call.defs.users[lead.owner_id] for lead in found if lead.owner_id in call.defs.users]
    return [
        Owner(
            UserId=user.id,
            FirstName=user.first_name,
            LastName=user.last_name,
            EmailAddress=user.email,
            AssociatedPhoneNumbers=user.detail("numbers"),
            Role=user.role,
            StatusCode=0 if user.active else 1,
        )
        for user in users
    ]


async def _by_value(call: Call[Any, Any], db: Any, name: str, text: str) -> list[SeenLead]:
    """Leads with this value in a field: through the keys when it is unique. A value it cannot have finds nothing."""
    field = call.defs.lead.fields[name]
    sees = rules.seen_by(call)
    try:
        value = parse(field, text, call.defs.loose)
    except FieldError:
        return []
    if field.unique and (key := compared(field, value)) is not None:
        return await queries.by_key(db, call.org_id, sees, name, key)
    if value is None:
        return []
    return await queries.by_value(db, call.org_id, sees, name, str(value), fold=name == "EmailAddress")
