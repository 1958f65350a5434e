"""The first page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from markupsafe import Markup
from starlette.responses import Response

from fairlead.web import charts
from fairlead.web.home import counts
from fairlead.web.home.counts import DAYS
from fairlead.web.home.queries import Day
from fairlead.web.screens import screens
from fairlead.web.visit import Visit, with_query

registry, page, action = screens(__file__)

MOST_TYPES = 5
"""Types of activities with a colour of their own; all others are one."""


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
        month=f"{today:%B}",
        counted=visit.now - timedelta(seconds=numbers.age),
    )


def _chart(visit: Visit, today: date, done: Sequence[Day]) -> tuple[Markup, list[tuple[str, int]]]:
    """Bars per day, the most frequent types apart; and the names of the colours with their counts."""
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
    legend = [(name, sum(counted.get((code, day), 0) for day in days)) for name, code in rows]
    title = f"Activities per day, the last {DAYS} days"
    return charts.stacked_bars(labels, series, title=title, width=1080, height=250), legend


def _bar(
    visit: Visit, name: str, code: int | None, day: date, counted: dict[tuple[int | None, date], int]
) -> charts.Point:
    count = counted.get((code, day), 0)
    point: dict[str, Any] = {"value": count, "label": f"{name}: {count} on {day:%-d %b}"}
    if count and visit.has("/app/activities"):
        point["link"] = with_query("/app/activities", type=code, day=day.isoformat())
    return point
