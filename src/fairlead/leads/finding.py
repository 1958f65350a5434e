"""What the list of leads is asked for, as one condition: words, stage, owner, source, and one free comparison.

The expressions are those of `criteria.py`; here stands how people ask.
"""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo

import msgspec
import sqlalchemy as sa

from fairlead.errors import InvalidInput
from fairlead.fields.model import DataType, Field
from fairlead.fields.scalars import parse_boolean, parse_date, parse_datetime, parse_number
from fairlead.leads import criteria
from fairlead.leads.queries import QUICK_FIELDS
from fairlead.orgs.definitions import Definitions

EMPTY, FILLED = "empty", "filled"

COMPARISONS: tuple[tuple[str, str], ...] = (
    ("=", "is"),
    ("<>", "is not"),
    ("LIKE", "contains"),
    (">", "is more than"),
    (">=", "is at least"),
    ("<", "is less than"),
    ("<=", "is at most"),
    ("IN", "is one of (a, b)"),
    (EMPTY, "is empty"),
    (FILLED, "is filled"),
)
"""How a field may be compared: operator and words."""

_HIDDEN = frozenset(("StatusCode", "StatusReason", "DeletionStatusCode", "IsTaggedLead"))


class Wanted(msgspec.Struct):
    """What the list is asked for; an empty text asks for nothing."""

    words: str = ""
    stage: str = ""
    owner: str = ""
    source: str = ""
    field: str = ""
    operator: str = "="
    value: str = ""


class Unreadable(msgspec.Struct):
    """Why a comparison cannot be made, in a sentence, and the control it is about: field, op or value."""

    text: str
    about: str


def comparable(defs: Definitions) -> list[Field]:
    """The fields that people compare, by their display names; users go by name, not by id."""
    fields = (
        field
        for field in defs.lead.fields.values()
        if field.name not in _HIDDEN
        and field.data_type is not DataType.FIELD_SET
        and not (field.data_type is DataType.USER and f"{field.name}Name" in defs.lead.fields)
        and field.name not in ("CreatedBy", "ModifiedBy")
    )
    return sorted(fields, key=lambda field: field.display_name.casefold())


def condition(defs: Definitions, wanted: Wanted, zone: tzinfo) -> criteria.Condition | Unreadable:
    """All that is asked for, together. Times are read in the time zone of the person who asks."""
    parts = [_word(defs, word) for word in wanted.words.split()]
    for name, value in (
        ("ProspectStage", wanted.stage),
        ("OwnerId", wanted.owner),
        ("Source", wanted.source),
    ):
        found = criteria.attribute(defs, name)
        if value and found is not None:
            parts.append(criteria.condition(found, "=", value))
    if wanted.field:
        compared = _comparison(defs, wanted, zone)
        if isinstance(compared, Unreadable):
            return compared
        parts.append(compared)
    return sa.and_(sa.true(), *parts)


def _word(defs: Definitions, word: str) -> criteria.Condition:
    """Leads with this word in one of the places where quick search looks."""
    plain = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    places = (criteria.attribute(defs, name) for name in QUICK_FIELDS)
    return sa.or_(*(place.text.ilike(f"%{plain}%", escape="\\") for place in places if place is not None))


def _comparison(defs: Definitions, wanted: Wanted, zone: tzinfo) -> criteria.Condition | Unreadable:
    field = defs.lead.fields.get(wanted.field)
    found = criteria.attribute(defs, wanted.field)
    if found is None or field is None:
        return Unreadable("There is no such field any more. Choose another one.", "field")
    if wanted.operator not in dict(COMPARISONS):
        return Unreadable("Choose how to compare.", "op")
    if wanted.operator == EMPTY:
        return found.value.is_(None)
    if wanted.operator == FILLED:
        return found.value.is_not(None)
    if not wanted.value:
        return Unreadable("Enter what to compare with, or choose “is empty”.", "value")
    parts = wanted.value.split(",") if wanted.operator == "IN" else [wanted.value]
    known = [_known(defs, field, part.strip(), zone) for part in parts if part.strip()]
    if wanted.operator != "LIKE" and None in known:
        return Unreadable(_HINTS.get(field.data_type, "This value cannot be compared."), "value")
    text = wanted.value if wanted.operator == "LIKE" else ",".join(part for part in known if part)
    try:
        return criteria.condition(found, wanted.operator, text)
    except (InvalidInput, OverflowError):
        return Unreadable(_HINTS.get(field.data_type, "This value cannot be compared."), "value")


_HINTS = {
    DataType.NUMBER: "Enter a number, such as 1200.50.",
    DataType.DECIMAL: "Enter a number, such as 1200.50.",
    DataType.DATE: "Enter a date, such as 2026-11-20.",
    DataType.DATETIME: "Enter a date and perhaps a time, such as 2026-11-20 14:30.",
    DataType.BOOLEAN: "Enter yes or no.",
    DataType.USER: "Enter the name or the e-mail address of a user.",
}


def _known(defs: Definitions, field: Field, text: str, zone: tzinfo) -> str | None:
    """What a person means by a text, as criteria take it; None for what the field cannot have."""
    kind = field.data_type
    if kind in (DataType.NUMBER, DataType.DECIMAL):
        return text if parse_number(text) is not None else None
    if kind is DataType.DATE:
        return text if parse_date(text) is not None or parse_datetime(text) is not None else None
    if kind is DataType.DATETIME:
        return _instant(text, zone)
    if kind is DataType.BOOLEAN:
        said = {"yes": True, "no": False}.get(text.lower(), parse_boolean(text))
        return None if said is None else str(said).lower()
    if kind is DataType.USER:
        named = (user.id for user in defs.users.values() if user.name.casefold() == text.casefold())
        by_email = defs.users_by_email.get(text.lower())
        return by_email.id if by_email is not None else next(named, None)
    return text


def _instant(text: str, zone: tzinfo) -> str | None:
    """A day, or a day with a time, of the zone as an instant in UTC."""
    try:
        local = datetime.fromisoformat(text)
        return f"{local.replace(tzinfo=local.tzinfo or zone).astimezone(UTC):%Y-%m-%d %H:%M:%S}"
    except (ValueError, OverflowError):
        return None
