"""The first page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from markupsafe import Markup
from starlette.responses import Response

from fairlead.web import charts
from fairlead.web.home import queries
from fairlead.web.home.queries import Day, Stage
from fairlead.web.screens import screens
from fairlead.web.visit import Visit, with_query

registry, page, action = screens(__file__)

DAYS = 14
"""Days of the chart."""
MOST_TYPES = 5
"""Types of activities with a colour of their own; all others are one."""

STAGE = "mx_Custom_2"
"""The field that holds the stage of an opportunity."""


@page("GET ", nav="home")
async def home(visit: Visit) -> Response:
    """Leads by stage, open deals, what was done lately, sales, the queue."""
    org, sees = visit.org_id, visit.sees
    today = visit.now.astimezone(visit.zone).date()
    months = _months(visit, today)
    async with visit.db() as db:
        leads = await queries.leads(db, org, sees)
        deals = await queries.opportunities(
            db, org, sees, [t.code for t in visit.defs.of_kind("opportunity")]
        )
        sold = await queries.sales(db, org, sees, months[1], months[2])
        before = await queries.sales(db, org, sees, months[0], months[1])
        done = await _lately(visit, db, today)
        queue = await queries.queue(db, org, visit.now - timedelta(days=1))
    chart, legend = _chart(visit, today, done)
    return visit.page(
        "home/home.html",
        title="Home",
        leads=leads,
        deals=_in_order(visit, deals),
        chart=chart,
        legend=legend,
        done=sum(some.count for some in done),
        days=DAYS,
        sold=sold,
        before=before,
        month=f"{today:%B}",
        queue=queue,
    )


def _months(visit: Visit, today: date) -> tuple[datetime, datetime, datetime]:
    """The first moments of last month, this month and the next, in the reader's zone."""
    this = today.replace(day=1)
    found = ((this - timedelta(days=1)).replace(day=1), this, (this + timedelta(days=32)).replace(day=1))
    start, middle, end = (_midnight(visit, day) for day in found)
    return start, middle, end


def _midnight(visit: Visit, day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=visit.zone).astimezone(UTC)


async def _lately(visit: Visit, db: Any, today: date) -> list[Day]:
    codes = [t.code for t in visit.defs.of_kind("activity", "system")]
    since, until = (
        _midnight(visit, today - timedelta(days=DAYS - 1)),
        _midnight(visit, today + timedelta(days=1)),
    )
    return await queries.activities(
        db, visit.org_id, visit.sees, codes, since=since, until=until, zone=visit.zone.key
    )


def _in_order(visit: Visit, deals: Sequence[Stage]) -> list[Stage]:
    """Stages in the order of the drop-down; those it does not know at the end."""
    order: dict[str, int] = {}
    for kind in visit.defs.of_kind("opportunity"):
        if (field := kind.fields.get(STAGE)) is not None:
            for option in sorted(field.options, key=lambda option: option.order):
                order.setdefault(option.value, len(order))
    return sorted(deals, key=lambda stage: (order.get(stage.name, len(order)), stage.name))


def _chart(visit: Visit, today: date, done: Sequence[Day]) -> tuple[Markup, list[tuple[str, int]]]:
    """Bars per day, the most frequent types apart; and the names of the colours with their counts."""
    days = [today - timedelta(days=DAYS - 1 - n) for n in range(DAYS)]
    totals: dict[int, int] = {}
    for some in done:
        totals[some.code] = totals.get(some.code, 0) + some.count
    shown = sorted(totals, key=lambda code: (-totals[code], code))[:MOST_TYPES]
    counts: dict[tuple[int | None, date], int] = {}
    for some in done:
        key = (some.code if some.code in shown else None, some.day)
        counts[key] = counts.get(key, 0) + some.count
    rows: list[tuple[str, int | None]] = [(visit.defs.types[code].display_name, code) for code in shown]
    if len(totals) > len(shown):
        rows.append(("Others", None))
    series = [(name, [_bar(visit, name, code, day, counts) for day in days]) for name, code in rows]
    labels = [f"{day:%-d %b}" for day in days]
    legend = [(name, sum(counts.get((code, day), 0) for day in days)) for name, code in rows]
    title = f"Activities per day, the last {DAYS} days"
    return charts.stacked_bars(labels, series, title=title), legend


def _bar(
    visit: Visit, name: str, code: int | None, day: date, counts: dict[tuple[int | None, date], int]
) -> charts.Point:
    count = counts.get((code, day), 0)
    point: dict[str, Any] = {"value": count, "label": f"{name}: {count} on {day:%-d %b}"}
    if count and visit.has("/app/activities"):
        point["link"] = with_query("/app/activities", type=code, day=day.isoformat())
    return point
