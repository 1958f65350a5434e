"""The period in which sales are looked for: a month, a quarter, a year, or the days that somebody enters."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, tzinfo

import msgspec

MONTH, DATES = "month", "dates"

PERIODS: tuple[tuple[str, str], ...] = (
    (MONTH, "This month"),
    ("last-month", "Last month"),
    ("quarter", "This quarter"),
    ("year", "This year"),
    ("last-year", "Last year"),
    ("all", "All time"),
    (DATES, "From … to …"),
)
"""What can be chosen: the name in the address, and words. The first is what one sees unasked."""

_FIRST_YEAR, _LAST_YEAR = 1900, 2999


class Period(msgspec.Struct, frozen=True):
    """From the instant `since` on, before `until`; None: that end is open. `problem` says why there is none."""

    since: datetime | None = None
    until: datetime | None = None
    problem: str = ""


def read(name: str, first: str, last: str, today: date, zone: tzinfo) -> Period:
    """The period with this name; `first` and `last` are the days of `dates`, each may be left empty."""
    if name == DATES:
        return _between(first, last, zone)
    days = _days(name, today)
    return Period(_midnight(days[0], zone), _midnight(days[1], zone)) if days is not None else Period()


def _days(name: str, today: date) -> tuple[date, date] | None:
    """The first day of the period and the first one after it; None for all time."""
    month, year = today.replace(day=1), today.replace(month=1, day=1)
    quarter = month.replace(month=3 * ((month.month - 1) // 3) + 1)
    days = {
        MONTH: (month, _after(month, 1)),
        "last-month": ((month - timedelta(days=1)).replace(day=1), month),
        "quarter": (quarter, _after(quarter, 3)),
        "year": (year, year.replace(year=year.year + 1)),
        "last-year": (year.replace(year=year.year - 1), year),
    }
    return days.get(name)


def _after(first: date, months: int) -> date:
    """The first day of a month that lies so many months later."""
    month = first.month - 1 + months
    return date(first.year + month // 12, month % 12 + 1, 1)


def _between(first: str, last: str, zone: tzinfo) -> Period:
    days = [day_of(text) for text in (first, last)]
    if any(text and day is None for text, day in zip((first, last), days, strict=True)):
        return Period(problem="Enter dates such as 2026-11-20, or leave one empty.")
    start, end = days
    if start is not None and end is not None and start > end:
        return Period(problem="The last day lies before the first one. Swap them.")
    return Period(
        _midnight(start, zone) if start is not None else None,
        _midnight(end + timedelta(days=1), zone) if end is not None else None,
    )


def day_of(text: str) -> date | None:
    """The day that a text says (`2026-11-20`); None for one that cannot be meant."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if _FIRST_YEAR <= found.year <= _LAST_YEAR else None


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
