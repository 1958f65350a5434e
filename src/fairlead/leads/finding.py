"""What the list of leads is asked for, as one condition: words, stage, owner, source, and comparisons of any field.

The expressions are those of `criteria.py`; here stands how people ask: a field has a kind (`KINDS`), a kind has
comparisons, and days are days of the person who asks.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any

import msgspec
import sqlalchemy as sa

from fairlead.errors import InvalidInput
from fairlead.fields.model import DataType, Field
from fairlead.fields.scalars import parse_boolean, parse_date, parse_datetime, parse_number
from fairlead.leads import criteria
from fairlead.leads.queries import QUICK_FIELDS
from fairlead.orgs.definitions import Definitions

EMPTY, FILLED, STARTS, BETWEEN, LAST = "empty", "filled", "starts", "between", "last"
MOST_DAYS = 3650
MOST = 12
"""Comparisons of one search."""

_BLANK = ((EMPTY, "is empty"), (FILLED, "is filled"))

KINDS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "text": (
        ("=", "is"),
        ("<>", "is not"),
        ("LIKE", "contains"),
        (STARTS, "starts with"),
        ("IN", "is one of (a, b)"),
        *_BLANK,
    ),
    "choice": (("=", "is"), ("<>", "is not"), ("IN", "is one of"), ("LIKE", "contains"), *_BLANK),
    "number": (
        ("=", "is"),
        ("<>", "is not"),
        (">", "is more than"),
        (">=", "is at least"),
        ("<", "is less than"),
        ("<=", "is at most"),
        (BETWEEN, "is between"),
        ("IN", "is one of (a, b)"),
        *_BLANK,
    ),
    "date": (
        (">", "is after"),
        ("<", "is before"),
        ("=", "is on"),
        ("<>", "is not on"),
        (">=", "is on or after"),
        ("<=", "is on or before"),
        (BETWEEN, "is between"),
        (LAST, "is in the last days"),
        *_BLANK,
    ),
    "flag": (("=", "is"), *_BLANK),
    "user": (("=", "is"), ("<>", "is not"), *_BLANK),
}
"""How the fields of a kind may be compared: operator and words."""

_KIND_OF: Mapping[DataType, str] = {
    DataType.NUMBER: "number",
    DataType.DECIMAL: "number",
    DataType.DATE: "date",
    DataType.DATETIME: "date",
    DataType.BOOLEAN: "flag",
    DataType.USER: "user",
    DataType.SELECT: "choice",
}

_HIDDEN = frozenset(("StatusCode", "StatusReason", "DeletionStatusCode", "IsTaggedLead"))


class Comparison(msgspec.Struct):
    """A field compared with a value, or with two: `upto` is the end of what is between."""

    field: str
    operator: str = ""
    value: str = ""
    upto: str = ""


class Wanted(msgspec.Struct):
    """What the list is asked for; an empty text asks for nothing."""

    words: str = ""
    stage: str = ""
    owner: str = ""
    source: str = ""
    comparisons: list[Comparison] = []

    @property
    def is_everything(self) -> bool:
        """True when nothing is asked."""
        return not (self.words or self.stage or self.owner or self.source or self.comparisons)


class Unreadable(msgspec.Struct):
    """Why a comparison cannot be made, in a sentence, the control it is about (field, op or value), and its place."""

    text: str
    about: str
    at: int = 0


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


def kind_of(field: Field) -> str:
    """The kind of a field, see `KINDS`. What holds several options at once is compared as text."""
    return "text" if field.multi_select else _KIND_OF.get(field.data_type, "text")


def told(defs: Definitions, one: Comparison) -> str:
    """A comparison in words: `Score is more than 5`."""
    field = defs.lead.fields.get(one.field)
    if field is None:
        return one.field
    words = dict(KINDS[kind_of(field)]).get(one.operator, one.operator).partition(" (")[0]
    if one.operator in (EMPTY, FILLED):
        return f"{field.display_name} {words}"
    if one.operator == BETWEEN:
        return f"{field.display_name} {words} {one.value} and {one.upto}"
    if one.operator == LAST:
        return f"{field.display_name} is in the last {one.value} days"
    said = {option.value: option.text or option.value for option in field.options}
    return f"{field.display_name} {words} {said.get(one.value, one.value)}"


def condition(
    defs: Definitions, wanted: Wanted, zone: tzinfo, *, now: datetime | None = None
) -> criteria.Condition | Unreadable:
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
    today = (now or datetime.now(UTC)).astimezone(zone).date()
    for at, one in enumerate(wanted.comparisons):
        compared = _comparison(defs, one, zone, today)
        if isinstance(compared, Unreadable):
            compared.at = at
            return compared
        parts.append(compared)
    return sa.and_(sa.true(), *parts)


def _plain(text: str) -> str:
    """A text in which LIKE sees nothing special."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _word(defs: Definitions, word: str) -> criteria.Condition:
    """Leads with this word in one of the places where quick search looks."""
    places = (criteria.attribute(defs, name) for name in QUICK_FIELDS)
    return sa.or_(
        *(place.text.ilike(f"%{_plain(word)}%", escape="\\") for place in places if place is not None)
    )


def _comparison(
    defs: Definitions, one: Comparison, zone: tzinfo, today: date
) -> criteria.Condition | Unreadable:
    field = defs.lead.fields.get(one.field)
    found = criteria.attribute(defs, one.field)
    if found is None or field is None:
        return Unreadable("There is no such field any more. Choose another one.", "field")
    kind = kind_of(field)
    if one.operator not in dict(KINDS[kind]):
        return Unreadable("Choose how to compare.", "op")
    if one.operator in (EMPTY, FILLED):
        blank = found.value.is_(None)
        return blank if one.operator == EMPTY else sa.not_(blank)
    if not one.value or (one.operator == BETWEEN and not one.upto):
        return Unreadable("Enter what to compare with, or choose “is empty”.", "value")
    try:
        made = _dated(field, found, one, zone, today) if kind == "date" else _valued(defs, field, found, one)
    except (InvalidInput, OverflowError, ValueError):
        made = None
    return made if made is not None else Unreadable(_hint(field, one.operator), "value")


def _hint(field: Field, operator: str) -> str:
    if operator == LAST:
        return f"Enter a number of days, 1 to {MOST_DAYS}."
    return _HINTS.get(field.data_type, "This value cannot be compared.")


_HINTS = {
    DataType.NUMBER: "Enter a number, such as 1200.50.",
    DataType.DECIMAL: "Enter a number, such as 1200.50.",
    DataType.DATE: "Enter a date, such as 2026-11-20.",
    DataType.DATETIME: "Enter a date and perhaps a time, such as 2026-11-20 14:30.",
    DataType.BOOLEAN: "Enter yes or no.",
    DataType.USER: "Enter the name or the e-mail address of a user.",
}


def _valued(
    defs: Definitions, field: Field, found: criteria.Attribute, one: Comparison
) -> criteria.Condition | None:
    """A comparison of what is no date; None for a value that the field cannot have."""
    if one.operator == "LIKE":
        return criteria.condition(found, "LIKE", one.value)
    if one.operator == STARTS:
        return found.text.ilike(f"{_plain(one.value)}%", escape="\\")
    texts = one.value.split(",") if one.operator == "IN" else [one.value]
    texts += [one.upto] if one.operator == BETWEEN else []
    known = [_known(defs, field, text.strip()) for text in texts if text.strip()]
    if None in known or not known:
        return None
    values = [text for text in known if text]
    if one.operator == BETWEEN:
        return sa.and_(criteria.condition(found, ">=", values[0]), criteria.condition(found, "<=", values[1]))
    return criteria.condition(found, one.operator, ",".join(values))


def _known(defs: Definitions, field: Field, text: str) -> str | None:
    """What a person means by a text, as criteria take it; None for what the field cannot have."""
    kind = field.data_type
    if kind in (DataType.NUMBER, DataType.DECIMAL):
        return text if parse_number(text) is not None else None
    if kind is DataType.BOOLEAN:
        said = {"yes": True, "no": False}.get(text.lower(), parse_boolean(text))
        return None if said is None else str(said).lower()
    if kind is DataType.USER:
        named = (user.id for user in defs.users.values() if user.name.casefold() == text.casefold())
        by_email = defs.users_by_email.get(text.lower())
        return by_email.id if by_email is not None else next(named, None)
    return text


# days ----------------------------------------------------------------------------------------------------


def _dated(
    field: Field, found: criteria.Attribute, one: Comparison, zone: tzinfo, today: date
) -> criteria.Condition | None:
    """A comparison of a date or of an instant; None for what is none. A day of an instant is a day of the zone."""
    if one.operator == LAST:
        days = int(one.value) if one.value.isascii() and one.value.isdigit() and len(one.value) < 6 else 0
        if not 1 <= days <= MOST_DAYS:
            return None
        first, last = str(today - timedelta(days=days)), str(today)
    else:
        first, last = one.value.strip(), (one.upto or one.value).strip()
    is_day = field.data_type is DataType.DATE
    start, end = (_day(first), _day(last)) if is_day else (_span(first, zone)[0], _span(last, zone)[1])
    if start is None or end is None:
        return None
    compare = _days if is_day else _instants
    return compare(found, one.operator, start, end)


def _days(found: criteria.Attribute, operator: str, first: str, last: str) -> criteria.Condition:
    if operator in (BETWEEN, LAST):
        return sa.and_(criteria.condition(found, ">=", first), criteria.condition(found, "<=", last))
    return criteria.condition(found, operator, first)


def _instants(found: criteria.Attribute, operator: str, start: str, end: str) -> criteria.Condition:
    """`start` is inside of what is meant, `end` is what follows it."""
    after: dict[str, Any] = {">": (">=", end), ">=": (">=", start), "<": ("<", start), "<=": ("<", end)}
    if operator in after:
        return criteria.condition(found, *after[operator])
    inside = sa.and_(criteria.condition(found, ">=", start), criteria.condition(found, "<", end))
    return sa.or_(found.value.is_(None), sa.not_(inside)) if operator == "<>" else inside


def _day(text: str) -> str | None:
    return text[:10] if parse_date(text) is not None or parse_datetime(text) is not None else None


def _span(text: str, zone: tzinfo) -> tuple[str, str]:
    """The day, minute or second that a text names in the zone: its start and what follows it, in UTC. ValueError."""
    local = datetime.fromisoformat(text)
    start = local.replace(tzinfo=local.tzinfo or zone)
    length = {10: timedelta(days=1), 16: timedelta(minutes=1)}.get(len(text), timedelta(seconds=1))
    end = (local + length).replace(tzinfo=local.tzinfo or zone)
    return f"{start.astimezone(UTC):%Y-%m-%d %H:%M:%S}", f"{end.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
