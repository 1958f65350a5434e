"""The rows of the opportunity reads, in the vendor's words and order. Values: `activities.rendering`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from fairlead.activities.drafts import AUDIT, NOTE
from fairlead.activities.rendering import activity_type, plain_time, printed, stored, us_time
from fairlead.fields.model import DataType, Field
from fairlead.fields.scalars import parse_datetime
from fairlead.fields.values import render
from fairlead.leads import attributes
from fairlead.leads.queries import SeenLead
from fairlead.orgs.definitions import Definitions, RecordType
from fairlead.records.rows import Activity
from fairlead.wire.operation import Call
from fairlead.wire.types import Columns, names_of

Row = dict[str, str | None]
"""An opportunity or activity as one object, every value a text or null."""

_SYSTEM = AUDIT | {NOTE, "Status", "Owner"}


def own_names(kind: RecordType) -> list[str]:
    """The fields of a type that have no column of their own: those every row shows unless some are named."""
    return [name for name in kind.fields if name not in _SYSTEM]


class Choice:
    """Which columns a read shows behind the ones that every row has: the named ones, else all fields of the type."""

    __slots__ = ("_named", "_without")

    def __init__(self, named: Sequence[str] | None, without: Iterable[str] = ()) -> None:
        self._named = named
        self._without = frozenset(without)

    def names(self, kind: RecordType) -> list[str]:
        """The columns of a row of this type, in order."""
        if self._named is not None:
            return list(self._named)
        return [name for name in own_names(kind) if name not in self._without]


def choice(
    call: Call[Any, Any], columns: Columns | None, kinds: Sequence[RecordType], always: Iterable[str]
) -> Choice:
    """Read Include_CSV and Exclude_CSV. Names that no row of these types can have are ignored and noticed.

    `always` are the columns of every row: naming one changes nothing, nor does excluding it.
    """
    fixed = frozenset(always)
    extra = always is FLAT
    included = names_of(columns.Include_CSV) if columns is not None else []
    excluded = names_of(columns.Exclude_CSV) if columns is not None else []
    for name in dict.fromkeys((*included, *excluded)):
        if name not in fixed and not _is_column(call.defs, kinds, name, extra=extra):
            call.notice("unknown-column", name)
    if not included:
        for name in excluded:
            if name in fixed:
                call.notice("column-always-present", name)
        return Choice(None, excluded)
    named = (name for name in dict.fromkeys(included) if name not in fixed)
    return Choice([name for name in named if _is_column(call.defs, kinds, name, extra=extra)])


def _is_column(defs: Definitions, kinds: Sequence[RecordType], name: str, *, extra: bool) -> bool:
    """Whether a row of one of these types can show it; `extra`: with what flat rows show on request."""
    if extra and (name in _EXTRA or (name.startswith("P_") and name[2:] in defs.lead.fields)):
        return True
    return any(_field(kind, name) is not None for kind in kinds)


def _field(kind: RecordType, name: str) -> tuple[Field, Field | None] | None:
    """The field with this name, or a field set with its member: `mx_Custom_3~mx_CustomObject_1`."""
    outer, tilde, inner = name.replace("x007E", "~").partition("~")
    field = kind.fields.get(outer)
    if field is None or not tilde:
        return None if field is None else (field, None)
    member = field.members_by_name.get(inner)
    return None if member is None else (field, member)


def field_value(kind: RecordType, name: str, activity: Activity) -> str | None:
    """The value of a field or of a member of a field set; null for what the type does not have."""
    found = _field(kind, name)
    if found is None:
        return None
    field, member = found
    if member is None:
        return printed(kind, field, activity)
    members = stored(activity, field.name)
    return render(member, members.get(member.name), millis=False) if isinstance(members, dict) else None


# The flat row ----------------------------------------------------------------------------------------

_LEAD_NAMES = ("FirstName", "LastName", "EmailAddress", "Phone", "DoNotCall", "DoNotEmail")

FLAT = (
    "ProspectId", *_LEAD_NAMES, "LeadName", "LeadOwner", "OpportunityEventType", "OpportunityEvent",
    "OpportunityNote", "Score", "PACreatedOn", "PAModifiedOn", "IP_Latitude", "IP_Longitude", "PACreatedByName",
    "Status", "Owner", "OwnerName", "OpportunityId", "RelatedProspectId", "CreatedOn", "ModifiedOn", "Total",
)  # fmt: skip
"""The columns that every flat row has, in order."""

_Extra = Callable[[Definitions, Activity, SeenLead, datetime], str | None]


def _email(defs: Definitions, user_id: str | None) -> str | None:
    found = defs.users.get(user_id or "")
    return found.email if found is not None else None


_EXTRA: Mapping[str, _Extra] = {
    "P_FirstName": lambda _, __, lead, ___: lead.fields.get("FirstName"),
    "P_LastName": lambda _, __, lead, ___: lead.fields.get("LastName"),
    "P_CreatedOn": lambda _, __, lead, ___: plain_time(lead.created_on),
    "P_OwnerIdName": lambda defs, _, lead, __: defs.user_name(lead.owner_id),
    "POwnerEmail": lambda defs, _, lead, __: _email(defs, lead.owner_id),
    "PAOwnerEmail": lambda defs, activity, _, __: _email(defs, activity.owner_id),
    "PACreatedByEmail": lambda defs, activity, _, __: _email(defs, activity.created_by),
    "ModifiedByEmail": lambda defs, activity, _, __: _email(defs, activity.modified_by),
    # Vendor: silent on where a reason comes from; nothing sets one here.
    "StatusReason": lambda _, __, ___, ____: None,
    # Vendor: silent on when an opportunity stops ageing; whole days since CreatedOn, whatever its status.
    "OpportunityAge": lambda _, activity, __, now: str(max(0, (now - activity.happened_on).days)),
}
"""Columns on request."""


def flat_rows(
    call: Call[Any, Any],
    found: Iterable[Activity],
    leads: Mapping[str, SeenLead],
    total: int,
    chosen: Choice,
    **more: str | None,
) -> list[Row]:
    """Opportunities as flat rows; `more` stands before Total. Those whose lead or type went meanwhile are left out."""
    readers = attributes.readers(call.defs, _LEAD_NAMES)
    rows = []
    for opportunity in found:
        lead, kind = leads.get(opportunity.lead_id or ""), call.defs.types.get(opportunity.code)
        if lead is None or kind is None:
            continue
        row = _system_columns(call.defs, opportunity, lead, attributes.flat(readers, lead))
        for name in chosen.names(kind):
            extra = _EXTRA.get(name)
            # Vendor: lead attributes other than the few above are named without an error and null.
            row[name] = (
                field_value(kind, name, opportunity)
                if extra is None
                else extra(call.defs, opportunity, lead, call.now)
            )
        rows.append(row | more | {"Total": str(total)})
    return rows


def _system_columns(defs: Definitions, opportunity: Activity, lead: SeenLead, of_lead: Row) -> Row:
    created, modified = plain_time(opportunity.happened_on), plain_time(opportunity.modified_on)
    names = (of_lead.get("FirstName"), of_lead.get("LastName"))
    return {
        "ProspectId": lead.id,
        **of_lead,
        "LeadName": " ".join(name for name in names if name) or None,
        "LeadOwner": defs.user_name(lead.owner_id),
        "OpportunityEventType": str(activity_type(defs.types[opportunity.code])),
        "OpportunityEvent": str(opportunity.code),
        "OpportunityNote": opportunity.note,
        "Score": str(opportunity.score),
        "PACreatedOn": created,
        "PAModifiedOn": modified,
        "IP_Latitude": None,
        "IP_Longitude": None,
        "PACreatedByName": defs.user_name(opportunity.created_by),
        "Status": opportunity.status,
        "Owner": opportunity.owner_id,
        "OwnerName": defs.user_name(opportunity.owner_id),
        "OpportunityId": opportunity.id,
        "RelatedProspectId": lead.id,
        "CreatedOn": created,
        "ModifiedOn": modified,
    }


# Other rows ------------------------------------------------------------------------------------------

OF_ACTIVITY = (
    "ProspectId", "ProspectActivityId", "RelatedProspectId", "RelatedOpportunityId", "ActivityType", "ActivityEvent",
    NOTE, "Status", "Owner", "OwnerName", "CreatedOn", "CreatedByName", "ModifiedOn", "Total",
)  # fmt: skip
"""The columns that every activity of an opportunity has, in order."""


def activity_row(defs: Definitions, activity: Activity, total: int, chosen: Choice) -> Row:
    """An activity of an opportunity (get-activities-of-an-opportunity)."""
    kind = defs.types[activity.code]
    row: Row = {
        "ProspectId": activity.lead_id,
        "ProspectActivityId": activity.id,
        "RelatedProspectId": activity.lead_id,
        "RelatedOpportunityId": activity.opportunity_id,
        "ActivityType": str(activity_type(kind)),
        "ActivityEvent": str(activity.code),
        NOTE: activity.note,
        "Status": activity.status,
        "Owner": activity.owner_id,
        "OwnerName": defs.user_name(activity.owner_id),
        "CreatedOn": plain_time(activity.happened_on),
        "CreatedByName": defs.user_name(activity.created_by),
        "ModifiedOn": plain_time(activity.modified_on),
    }
    row |= {name: field_value(kind, name, activity) for name in chosen.names(kind)}
    row["Total"] = str(total)
    return row


BY_ID = ("ProspectId", "EmailAddress", "ProspectActivityId")
"""The columns that every row of get-opportunities-in-bulk-by-ids has, in order."""

_OWNER_EMAIL = "OwnerEmailAddress"


def by_id_row(defs: Definitions, opportunity: Activity, lead: SeenLead, chosen: Choice) -> Row:
    """A row of get-opportunities-in-bulk-by-ids: three columns, then those asked for; instants as `4/6/2023 3:23:34 PM`."""
    kind = defs.types[opportunity.code]
    row: Row = {
        "ProspectId": lead.id,
        "EmailAddress": lead.fields.get("EmailAddress"),
        "ProspectActivityId": opportunity.id,
    }
    for name in chosen.names(kind):
        row[name] = _dated(kind, name, field_value(kind, name, opportunity))
        if name == "Owner":
            row[_OWNER_EMAIL] = _email(defs, opportunity.owner_id)
    return row


def _dated(kind: RecordType, name: str, text: str | None) -> str | None:
    found = _field(kind, name)
    if text is None or found is None or (found[1] or found[0]).data_type is not DataType.DATETIME:
        return text
    at = parse_datetime(text)
    return us_time(at) if at is not None else text
