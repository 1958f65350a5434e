"""The advanced search that activities and opportunities share: a JSON text with groups of conditions.

Here is the grammar: what may be written, how much of it, and how values are read. Which columns exist is the
family's own; the SQL is composed in its `queries.py`. Platform rules, section 15.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timezone
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from fairlead.errors import ApiError, DomainError, InvalidInput
from fairlead.fields.values import parse_number
from fairlead.wire.types import Scalar, code_of
from fairlead.wire.zones import WINDOWS_ZONES

MOST_CHARACTERS = 100_000
MOST_CONDITIONS = 50
MOST_ROWS = 200
MOST_VALUES = 500
"""Limits of one search: characters, conditions, rows in all, values of one `in`."""

OPERATORS = frozenset(
    ("eq", "neq", "gt", "gte", "lt", "lte", "between", "lik", "nlik", "in", "isnull", "isnotnull")
)


class Row(msgspec.Struct, frozen=True):
    """One comparison. `on_lead`: the name is the lead's, not the activity's. `either`: joined to the rows before by or."""

    name: str
    operator: str
    value: str
    on_lead: bool
    either: bool


class Search(msgspec.Struct, frozen=True):
    """Groups of rows, joined by and, or by or when `either`. Instants are read in `zone`."""

    groups: list[list[Row]]
    either: bool
    zone: Any


class _Row(msgspec.Struct):
    LSO: str = ""
    LSO_Type: str | None = None
    Operator: str = ""
    RSO: Scalar = None
    SubConOp: str | None = None


class _Condition(msgspec.Struct):
    Type: str | None = None
    ConOp: str | None = None
    RowCondition: list[_Row] | None = None


class _Search(msgspec.Struct):
    GrpConOp: str | None = None
    Conditions: list[_Condition] | None = None
    QueryTimeZone: str | None = None


_decode = msgspec.json.Decoder(_Search).decode


def unusable() -> ApiError:
    """The answer to a search that cannot be read."""
    return InvalidInput("AdvancedSearch")


def parse(text: str, code: int) -> Search:
    """Read a search for records of the type `code`.

    Raises InvalidInput for anything that is not this grammar or too much of it, DomainError when the row that
    repeats the event code is missing.
    """
    if len(text) > MOST_CHARACTERS or "\0" in text or "\\u0000" in text:
        raise unusable()
    try:
        found = _decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise unusable() from None
    conditions = found.Conditions or []
    rows = [row for condition in conditions for row in condition.RowCondition or ()]
    if len(conditions) > MOST_CONDITIONS or len(rows) > MOST_ROWS:
        raise unusable()
    if not any(_names(row, code) for row in rows):
        what = "AdvancedSearch criteria does not match ActivityEvent passed"
        raise DomainError(what)
    return Search(
        groups=[_group(condition) for condition in conditions if condition.RowCondition],
        either=_either(found.GrpConOp),
        zone=_zone(found.QueryTimeZone),
    )


def _names(row: _Row, code: int) -> bool:
    named = row.LSO == "ActivityEvent" and row.LSO_Type == "PAEvent"
    return named and row.Operator.strip().lower() == "eq" and code_of(row.RSO) == code


def _group(condition: _Condition) -> list[Row]:
    kind = (condition.Type or "Activity").strip().lower()
    if kind not in ("activity", "lead"):
        raise unusable()
    found = []
    for row in condition.RowCondition or ():
        operator = row.Operator.strip().lower()
        if operator not in OPERATORS:
            raise unusable()
        joined = row.SubConOp or condition.ConOp
        value = "" if row.RSO is None else str(row.RSO)
        found.append(Row(row.LSO.strip(), operator, value, kind == "lead", _either(joined)))
    return found


def _either(word: str | None) -> bool:
    """True for or, false for and and for nothing."""
    text = (word or "and").strip().lower()
    if text not in ("and", "or"):
        raise unusable()
    return text == "or"


def _zone(name: str | None) -> Any:
    """A Windows or IANA zone; nothing is UTC."""
    text = (name or "").strip()
    if not text:
        return UTC
    try:
        return ZoneInfo(WINDOWS_ZONES.get(text, text))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise unusable() from None


# Values ----------------------------------------------------------------------------------------------


def values_of(row: Row) -> list[str]:
    """The values of a row: two for `between`, a comma list for `in`, none for the tests for emptiness, else one."""
    if row.operator in ("isnull", "isnotnull"):
        return []
    if row.operator == "between":
        parts = re.split(r"\s+to\s+", row.value.strip(), flags=re.IGNORECASE)
        if len(parts) != 2:
            raise unusable()
        return parts
    if row.operator == "in":
        parts = [part.strip() for part in row.value.split(",") if part.strip()]
        if not parts or len(parts) > MOST_VALUES:
            raise unusable()
        return parts
    return [row.value]


def number(text: str) -> Decimal:
    """A number. Raises InvalidInput."""
    found = parse_number(text)
    if found is None:
        raise unusable()
    return found


_INSTANT = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[ T](\d{1,2}):(\d\d)(?::(\d\d)(?:\.\d{1,3})?)?(?: ?([AaPp])[Mm])?)?", re.ASCII
)


def span(text: str, zone: timezone | ZoneInfo) -> tuple[datetime, datetime]:
    """The second, or the day, that a text names in the zone: its first and its last instant, in UTC.

    Raises InvalidInput.
    """
    matched = _INSTANT.fullmatch(text.strip())
    if matched is None:
        raise unusable()
    year, month, day, hour, minute, second, half = matched.groups()
    try:
        on = date(int(year), int(month), int(day))
        if hour is None:
            first, last = time.min, time.max.replace(fold=1)  # the later one where clocks go back at midnight
        else:
            first = time(_hour(int(hour), half), int(minute), int(second or 0))
            last = first.replace(microsecond=999_999)
        return _utc(datetime.combine(on, first, zone)), _utc(datetime.combine(on, last, zone))
    except ValueError:
        raise unusable() from None


_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


def _utc(at: datetime) -> datetime:
    """The instant in UTC; one that lies beyond the calendar there is the calendar's first or last."""
    try:
        return at.astimezone(UTC)
    except OverflowError:
        return _FIRST if at.year == 1 else _LAST


def _hour(hour: int, half: str | None) -> int:
    if half is None:
        return hour
    if not 1 <= hour <= 12:
        raise ValueError
    return hour % 12 + (12 if half in "Pp" else 0)
