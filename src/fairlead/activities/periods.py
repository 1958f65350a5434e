"""Ranges of time as reads and deletions of activities take them: whole seconds, both ends included."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec

from fairlead.errors import InvalidInput
from fairlead.fields.values import parse_datetime
from fairlead.wire.types import Scalar

SECOND = timedelta(seconds=1)
LAST = datetime.max.replace(microsecond=0, tzinfo=UTC)
"""The last second of the calendar: clients that want no end send it, and nothing is later."""


class Period(msgspec.Struct, frozen=True):
    """From `start` on, before `end`; None = no limit."""

    start: datetime | None
    end: datetime | None


def period_of(from_date: Scalar, to_date: Scalar, *, optional: bool = False) -> Period:
    """Read FromDate and ToDate. Raises InvalidInput for an unreadable (unless `optional`: absent) or reversed one."""
    first = _instant(from_date, "FromDate", optional=optional)
    last = _instant(to_date, "ToDate", optional=optional)
    if first is not None and last is not None and first > last:
        what = "FromDate can't be greater than ToDate."
        raise InvalidInput(what)
    return Period(first, last + SECOND if last is not None and last != LAST else None)


def _instant(text: Scalar, name: str, *, optional: bool) -> datetime | None:
    if optional and (text is None or text == ""):
        return None
    found = parse_datetime(text)
    if found is None:
        raise InvalidInput.value(name)
    return found.replace(microsecond=0)
