"""What an export holds: the leads of a view of the list, and what its columns are called."""

from __future__ import annotations

from datetime import tzinfo
from urllib.parse import urlencode

import msgspec
from starlette.datastructures import ImmutableMultiDict, QueryParams

from fairlead.fields.model import DataType
from fairlead.fields.standard import LEAD_FIELDS
from fairlead.leads import criteria, finding
from fairlead.leads.finding import Unreadable
from fairlead.leads.pages.asking import asked_of
from fairlead.leads.pages.columns import ALIASES
from fairlead.orgs.definitions import Definitions
from fairlead.wire.types import names_of

PARAMETERS = ("q", "stage", "owner", "source", "field", "op", "value", "upto", "sort")
"""What an address of the list says about the leads that it shows."""

_COMPARED = ("field", "op", "value", "upto")

_FIRST = (
    "FirstName",
    "LastName",
    "EmailAddress",
    "Phone",
    "Mobile",
    "Company",
    "JobTitle",
    "ProspectStage",
    "Source",
    "OwnerIdEmailAddress",
    "mx_City",
    "mx_State",
    "mx_Country",
    "mx_Zip",
    "CreatedOn",
)
"""Columns of an export where nobody chose others, besides the organisation's own fields."""

_HIDDEN = frozenset(("StatusCode", "StatusReason", "DeletionStatusCode", "IsTaggedLead"))
_STANDARD = frozenset(field.name for field in LEAD_FIELDS)


class View(msgspec.Struct):
    """Which leads, and in which order."""

    condition: criteria.Condition | Unreadable
    sort: criteria.Attribute
    descending: bool


def kept(asked: ImmutableMultiDict[str, str]) -> str:
    """The query string of the view, of all that was sent with it. Parts of comparisons belong together by their places."""
    sent = [(name, value) for name, value in asked.multi_items() if name in PARAMETERS]
    return urlencode([(name, value) for name, value in sent if value or name in _COMPARED])


def view(defs: Definitions, query: str, zone: tzinfo) -> View:
    """What the query string of an address of the list means; times are read in the time zone of who asks."""
    asked = asked_of(defs, QueryParams(query))
    name = asked.sort.removeprefix("-")
    # Leads have their numbers in the order in which they are made, and that order has an index.
    by = criteria.attribute(defs, ALIASES.get(name, name)) if name != "created" else None
    condition = finding.condition(defs, asked.wanted, zone)
    return View(condition, by or criteria.in_turn, asked.sort.startswith("-"))


def columns(defs: Definitions) -> dict[str, str]:
    """What can be exported: attribute and words, the organisation's own fields after the standard ones."""
    found: dict[str, str] = {}
    for name, field in sorted(defs.lead.fields.items(), key=lambda item: item[0] not in _STANDARD):
        if name in _HIDDEN:
            continue
        if field.data_type is DataType.FIELD_SET:
            for member in field.members:
                found[f"{name}~{member.name}"] = f"{field.display_name}: {member.display_name}"
        else:
            found[name] = field.display_name
    return found


def ticked(defs: Definitions, shown: str | None) -> list[str]:
    """The columns that are proposed: those that the list shows (`columns` of its address), else the usual ones."""
    known = columns(defs)
    if shown:
        return [*_FIRST[:3], *(ALIASES.get(name, name) for name in names_of(shown))]
    own = [name for name in known if name.partition("~")[0] not in _STANDARD]
    return [name for name in (*_FIRST, *own) if name in known]


def header(defs: Definitions, name: str) -> str:
    """What a column is called: its words, or the field's own name where other fields are called so too."""
    known = columns(defs)
    words = known.get(name, name)
    folded = words.casefold()
    same = [other for other, said in known.items() if folded in (said.casefold(), other.casefold())]
    return words if same == [name] else name


def is_filtered(query: str) -> bool:
    """True when a view shows less than all leads."""
    asked = QueryParams(query)
    return any(
        value and name in ("q", "stage", "owner", "source", "field") for name, value in asked.multi_items()
    )
