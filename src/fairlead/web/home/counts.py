"""The numbers of the first page as one person may see them, with the age of the oldest; the SQL is in `queries`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Hashable, Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec

from fairlead.fields.model import Field
from fairlead.web.home import queries
from fairlead.web.home.queries import Day, Queue, Sold, Stage
from fairlead.web.visit import Visit

DAYS = 14
"""Days of the chart."""
STAGE = "mx_Custom_2"
"""The field that holds the stage of an opportunity."""

_DAY = timedelta(days=1)
_EVERYBODY = ""


class Numbers(msgspec.Struct, kw_only=True):
    """What the first page shows; None for what is still being counted. `age`: seconds, of the oldest of them."""

    leads: list[Stage] | None
    deals: list[Stage] | None
    sold: Sold | None
    done: list[Day] | None
    queue: Queue | None
    age: float

    @property
    def is_whole(self) -> bool:
        """False while something is still being counted."""
        return None not in (self.leads, self.deals, self.sold, self.done, self.queue)


class Count(msgspec.Struct, frozen=True):
    """One number: the name it is kept under, what fetches its rows of all owners, and what makes one of several rows."""

    name: Hashable
    rows: Callable[[Any], Awaitable[list[Any]]]
    total: Callable[[Iterable[Any]], Any]

    async def work(self, db: Any) -> dict[str, Any]:
        """The totals by owner, and of everybody."""
        rows = await self.rows(db)
        by_owner: dict[str, list[Any]] = defaultdict(list)
        for row in rows:
            by_owner[row.owner].append(row)
        return {owner: self.total(some) for owner, some in by_owner.items()} | {_EVERYBODY: self.total(rows)}


async def numbers(visit: Visit, today: date) -> Numbers:
    """All of them; `today` is a day of the reader's time zone."""
    counts = _counts(visit, today)
    tallies = await visit.office.tallies.ask(
        visit.org_id, {count.name: count.work for count in counts.values()}
    )
    shown: dict[str, Any] = {}
    ages = [0.0]
    for what, count in counts.items():
        tally = tallies[count.name]
        shown[what] = None
        if tally is not None:
            shown[what] = tally.found.get(visit.sees or _EVERYBODY) or count.total(())
            ages.append(visit.office.tallies.age(tally))
    of_deals = [kind.fields.get(STAGE) for kind in visit.defs.of_kind("opportunity")]
    shown["deals"] = _in_order(of_deals, shown["deals"])
    shown["leads"] = _in_order([visit.defs.lead.fields.get("ProspectStage")], shown["leads"])
    return Numbers(**shown, age=max(ages))


def _counts(visit: Visit, today: date) -> dict[str, Count]:
    """What is counted, by the names in `Numbers`; the quickest first."""
    org, zone = visit.org_id, visit.zone
    kinds = tuple(kind.code for kind in visit.defs.of_kind("opportunity") if kind.active)
    codes = tuple(kind.code for kind in visit.defs.of_kind("activity", "system"))
    this = today.replace(day=1)
    days = ((this - _DAY).replace(day=1), this, (this + 32 * _DAY).replace(day=1))
    before, since, until = (_midnight(visit, day) for day in days)
    first, last = _midnight(visit, today - (DAYS - 1) * _DAY), _midnight(visit, today + _DAY)
    return {
        "queue": Count("queue", lambda db: queries.queue(db, org, datetime.now(UTC) - _DAY), _queue),
        "sold": Count(
            ("sold", before, since), lambda db: queries.sales(db, org, before, since, until), _sold
        ),
        "done": Count(
            ("done", first, zone.key, codes),
            lambda db: queries.activities(db, org, [*codes], since=first, until=last, zone=zone.key),
            _done,
        ),
        "deals": Count(("deals", kinds), lambda db: queries.opportunities(db, org, [*kinds]), _stages),
        "leads": Count("leads", lambda db: queries.leads(db, org), _stages),
    }


def _midnight(visit: Visit, day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=visit.zone).astimezone(UTC)


def _stages(rows: Iterable[Stage]) -> list[Stage]:
    """A row per stage."""
    found: dict[str, Stage] = {}
    for row in rows:
        stage = found.setdefault(row.name, Stage(_EVERYBODY, row.name, 0))
        stage.count += row.count
        stage.worth += row.worth
    return list(found.values())


def _in_order(fields: Iterable[Field | None], stages: list[Stage] | None) -> list[Stage] | None:
    """Stages in the order of the drop-downs that hold them; those that none of them knows at the end."""
    if stages is None:
        return None
    order: dict[str, int] = {}
    for field in fields:
        for option in sorted(field.options, key=lambda option: option.order) if field is not None else ():
            order.setdefault(option.value, len(order))
    return sorted(stages, key=lambda stage: (order.get(stage.name, len(order)), stage.name))


def _done(rows: Iterable[Day]) -> list[Day]:
    """A row per day and type."""
    found: dict[tuple[date, int], Day] = {}
    for row in rows:
        day = found.setdefault((row.day, row.code), Day(_EVERYBODY, row.day, row.code, 0))
        day.count += row.count
    return list(found.values())


def _sold(rows: Iterable[Sold]) -> Sold:
    total = Sold(_EVERYBODY, 0, Decimal(0), 0, Decimal(0))
    for row in rows:
        total.count += row.count
        total.worth += row.worth
        total.count_before += row.count_before
        total.worth_before += row.worth_before
    return total


def _queue(rows: Iterable[Queue]) -> Queue:
    total = Queue(_EVERYBODY, 0, None, 0, 0, 0)
    for row in rows:
        total.waiting += row.waiting
        total.done += row.done
        total.refused += row.refused
        total.failed += row.failed
        if row.oldest is not None:
            total.oldest = row.oldest if total.oldest is None else min(total.oldest, row.oldest)
    return total
