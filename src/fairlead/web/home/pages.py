"""The first page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

from markupsafe import Markup
from starlette.responses import Response

from fairlead.web import charts, formats
from fairlead.web.home import counts
from fairlead.web.home.counts import DAYS
from fairlead.web.home.queries import Day, Sold
from fairlead.web.screens import screens
from fairlead.web.visit import Visit, with_query

registry, page, action = screens(__file__)

MOST_TYPES = charts.COLOURS - 1
"""Types of activities with a colour of their own; all others are one, in the last colour."""
ACTIVITIES, SALES = "/app/activities", "/app/sales"


class Month(NamedTuple):
    """The month that sales are counted for: its name, that of the one before, and where the sales of that one are listed."""

    name: str
    before: str
    address_before: str


@page("GET ", nav="home")
async def home(visit: Visit) -> Response:
    """Leads by stage, open deals, what was done lately, sales, the queue."""
    today = visit.now.astimezone(visit.zone).date()
    numbers = await counts.numbers(visit, today)
    chart, legend = _chart(visit, today, numbers.done) if numbers.done else (None, [])
    return visit.page(
        "home/home.html",
        title="Home",
        numbers=numbers,
        chart=chart,
        legend=legend,
        days=DAYS,
        month=_month(today),
        change=_change(visit, numbers.sold),
        counted=visit.now - timedelta(seconds=numbers.age),
    )


def _month(today: date) -> Month:
    last = today.replace(day=1) - timedelta(days=1)
    dates = {"from": last.replace(day=1).isoformat(), "to": last.isoformat()}
    return Month(f"{today:%B}", f"{last:%B}", with_query(SALES, **dates))


def _change(visit: Visit, sold: Sold | None) -> str:
    """How much more was sold than in the month before: `+12 %`."""
    if sold is None or not sold.worth_before:
        return ""
    percent = 100 * (sold.worth - sold.worth_before) / sold.worth_before
    said = formats.number(percent, str(visit.defs.setting("region")), places=0)
    return f"{'+' if percent > 0 else ''}{said}\u202f%"


def _chart(visit: Visit, today: date, done: Sequence[Day]) -> tuple[Markup, list[tuple[str, int, str]]]:
    """Bars per day, the most frequent types apart; and the names of the colours with their counts and lists."""
    days = [today - timedelta(days=DAYS - 1 - n) for n in range(DAYS)]
    totals: dict[int, int] = {}
    for some in done:
        totals[some.code] = totals.get(some.code, 0) + some.count
    shown = sorted(totals, key=lambda code: (-totals[code], code))[:MOST_TYPES]
    counted: dict[tuple[int | None, date], int] = {}
    for some in done:
        key = (some.code if some.code in shown else None, some.day)
        counted[key] = counted.get(key, 0) + some.count
    rows: list[tuple[str, int | None]] = [(visit.defs.types[code].display_name, code) for code in shown]
    if len(totals) > len(shown):
        rows.append(("Others", None))
    series = [(name, [_bar(visit, name, code, day, counted) for day in days]) for name, code in rows]
    labels = [f"{day:%-d %b}" for day in days]
    legend = [
        (name, sum(counted.get((code, day), 0) for day in days), _listed(visit, code, days[0], days[-1]))
        for name, code in rows
    ]
    title = f"Activities per day, the last {DAYS} days"
    return charts.stacked_bars(labels, series, title=title, width=1080, height=250), legend


def _bar(
    visit: Visit, name: str, code: int | None, day: date, counted: dict[tuple[int | None, date], int]
) -> charts.Point:
    count = counted.get((code, day), 0)
    link = _listed(visit, code, day, day) if count else ""
    return {"value": count, "label": f"{name}: {count} on {day:%-d %b}", "link": link}


def _listed(visit: Visit, code: int | None, first: date, last: date) -> str:
    """Where the activities of a type on these days are listed; `` for the rest, which is of several types."""
    if code is None or not visit.has(ACTIVITIES):
        return ""
    return with_query(ACTIVITIES, type=code, **{"from": first.isoformat(), "to": last.isoformat()})
