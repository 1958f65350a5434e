"""The queue: its numbers, its requests, one of them, its callbacks, and the ways to run it once more or give it up."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec
from markupsafe import Markup
from starlette.responses import Response

from fairlead.errors import Forbidden, NotFound
from fairlead.records.picture import is_id
from fairlead.web import charts, linking
from fairlead.web.pager import Pager
from fairlead.web.requests import queries
from fairlead.web.requests.queries import Chosen, Gauge, Listed, Minute, Whole
from fairlead.web.screens import screens
from fairlead.web.visit import Visit
from fairlead.wire.queue import queries as queue
from fairlead.wire.queue.sender import DELAYS as SENT_AGAIN
from fairlead.wire.queue.status import GIVEN_UP, give_up, queueable
from fairlead.wire.queue.worker import DELAYS

registry, page, action = screens(__file__)

WAITING = ("queued", "retry", "held")
STATES: dict[str, tuple[str, str]] = {
    "queued": ("Waiting", "info"),
    "retry": ("Tried again later", "warn"),
    "held": ("Waits for another", "info"),
    "success": ("Done", "good"),
    "error": ("Refused", "warn"),
    "failure": ("Failed", "bad"),
}
"""How the states of the queue are called here, and their colour."""
FILTERS = (
    ("", "All"),
    ("waiting", "Waiting"),
    ("success", "Done"),
    ("error", "Refused"),
    ("failure", "Failed"),
)
HOURS = {"": "At any time", "1": "In the last hour", "24": "In the last 24 hours"}
"""How long ago a request may have been finished."""
AGAIN = ("failure", "error", "retry")
"""States in which a request can be put back into the queue."""
DELIVERIES: dict[str, tuple[str, str]] = {
    "due": ("Waiting", "info"),
    "sent": ("Told", "good"),
    "failed": ("Failed", "bad"),
}
"""How the states of a callback are called here, and their colour."""

MINUTES = 60
"""Minutes of the chart."""
RATED = timedelta(minutes=10)
"""What the rate is an average of, as the metrics of the API have it."""
COUNTED = 1_000
"""Requests of a list that are counted to the last one."""
LONGEST = 50_000
"""Characters of a body that are shown."""


class Kind(NamedTuple):
    """An operation that can be queued: what waits of it, since when the oldest, how many are finished in a minute."""

    path: str
    title: str
    waiting: int
    oldest: datetime | None
    rate: Decimal


def kinds() -> dict[str, str]:
    """Titles of what can be queued, by path."""
    from fairlead.web.reference.description import queued  # noqa: PLC0415  needs the whole registry

    return queued()


@page("GET /async", nav="async")
async def requests(visit: Visit) -> Response:
    """Numbers, a chart, and the requests: filtered by `state`, `kind`, `record`, and `hours` since they finished."""
    titles = kinds()
    chosen = {name: visit.query.get(name, "").strip()[:500] for name in ("state", "kind", "record", "hours")}
    chosen["hours"] = chosen["hours"] if chosen["hours"] in HOURS else ""
    pager = Pager("/app/async", visit.query)
    async with visit.db() as db:
        numbers = [await _numbers(visit, db, path, title) for path, title in titles.items()]
        minutes = await queries.finished(db, visit.org_id, visit.now - timedelta(minutes=MINUTES))
        gauges = await queries.gauges(db, visit.org_id, visit.now - timedelta(minutes=MINUTES))
        rows = await _page(visit, db, chosen, pager)
    oldest = [kind.oldest for kind in numbers if kind.oldest is not None]
    chart, legend = _chart(visit, titles, minutes)
    waited, delayed = _waits(visit, gauges)
    return visit.page(
        "requests/list.html",
        title="Queue",
        chosen=chosen,
        is_filtered=any(chosen.values()),
        filters=FILTERS,
        hours=HOURS.items(),
        titles=titles,
        states=STATES,
        kinds=numbers,
        waiting=sum(kind.waiting for kind in numbers),
        oldest=min(oldest, default=None),
        rate=sum((kind.rate for kind in numbers), Decimal(0)),
        chart=chart,
        legend=legend,
        waited=waited,
        delayed=delayed,
        rows=rows,
        tries=tries,
        pager=pager,
        most=COUNTED,
    )


async def _page(visit: Visit, db: Any, chosen: dict[str, str], pager: Pager) -> list[Listed]:
    """The requests of a page; how many there are in all, as far as they are counted, is in the pager then."""
    states = {"": None, "waiting": list(WAITING)}.get(chosen["state"], [chosen["state"]])
    hours = chosen["hours"]
    asked = Chosen(
        states=states,
        operation=chosen["kind"] or None,
        records=_records(chosen["record"]),
        since=visit.now - timedelta(hours=int(hours)) if hours else None,
    )
    org, own = visit.org_id, visit.sees
    rows = await queries.listed(db, org, own, asked, offset=pager.offset, limit=pager.size + 1)
    shown = rows[: pager.size]
    total: int | None = pager.offset + len(shown)
    if len(rows) > pager.size or not shown:
        most = COUNTED + 1
        total = await queries.counted(db, org, own, asked, most=most)
        total = total if total < most else None
    pager.found(len(shown), total=total, more=len(rows) > pager.size)
    return shown


def tries(some: Listed) -> int:
    """How often it was tried: the last time it is done or refused, all others have failed."""
    return some.attempts + (some.state in ("success", "error"))


async def _numbers(visit: Visit, db: Any, path: str, title: str) -> Kind:
    waiting, oldest = await queue.pending(db, visit.org_id, path)
    finished = await queue.finished_since(db, visit.org_id, path, visit.now - RATED)
    return Kind(path, title, waiting, oldest, Decimal(finished) / (int(RATED.total_seconds()) // 60))


def _chart(
    visit: Visit, titles: dict[str, str], minutes: list[Minute]
) -> tuple[Markup | None, list[tuple[str, int, str]]]:
    """Finished requests per minute, a colour per kind, and the colours' names; none when nothing was finished."""
    if not minutes:
        return None, []
    slots, labels = _minutes(visit)
    counts = {(some.operation, some.minute): some.finished for some in minutes}
    totals: Counter[str] = Counter()
    for some in minutes:
        totals[some.operation] += some.finished
    shown = [path for path, _ in totals.most_common()]
    local = [slot.astimezone(visit.zone) for slot in slots]
    series = [
        (
            titles.get(path, path),
            [
                _bar(titles.get(path, path), counts.get((path, slot), 0), at)
                for slot, at in zip(slots, local, strict=True)
            ],
        )
        for path in shown
    ]
    legend = [(titles.get(path, path), totals[path], "") for path in shown]
    title = f"Finished requests per minute, the last {MINUTES} minutes"
    return charts.stacked_bars(labels, series, title=title, height=190, width=520), legend


def _minutes(visit: Visit) -> tuple[list[datetime], list[str]]:
    """The minutes of a chart and what is written below them."""
    now = visit.now.replace(second=0, microsecond=0)
    slots = [now - timedelta(minutes=MINUTES - 1 - n) for n in range(MINUTES)]
    local = [slot.astimezone(visit.zone) for slot in slots]
    return slots, [f"{at:%H:%M}" if at.minute % 10 == 0 else "" for at in local]


def _waits(visit: Visit, gauges: list[Gauge]) -> tuple[Markup | None, Markup | None]:
    """How many waited and for how long the oldest had, by minute; none when nothing did, or not for a second."""
    if not gauges:
        return None, None
    slots, labels = _minutes(visit)
    by_minute = {some.minute: some for some in gauges}

    def drawn(name: str, title: str, values: dict[datetime, int], unit: str) -> Markup:
        points: list[charts.Point] = [
            {"value": count, "label": f"{count:,} {unit} at {slot.astimezone(visit.zone):%H:%M}"}
            for slot in slots
            for count in [values.get(slot, 0)]
        ]
        return charts.stacked_bars(labels, [(name, points)], title=title, height=190, width=520)

    hour = f"by minute, the last {MINUTES} minutes"
    waiting = {minute: some.waiting for minute, some in by_minute.items()}
    delay = {minute: some.delay for minute, some in by_minute.items()}
    return (
        drawn("Waiting", f"Waiting requests {hour}", waiting, "waiting"),
        drawn("Delay", f"Seconds that the oldest request waited {hour}", delay, "s")
        if any(delay.values())
        else None,
    )


def _bar(title: str, count: int, at: datetime) -> charts.Point:
    return {"value": count, "label": f"{title}: {count} at {at:%H:%M}"}


@page("GET /async/{id:uuid}", nav="async")
async def request(visit: Visit) -> Response:
    """One request: what was sent, what became of it, when it is tried again."""
    found = await _found(visit)
    async with visit.db() as db:
        told = await queue.deliveries.about(db, visit.org_id, found.id)
        body, reply = await linking.linked(visit, db, _pretty(found.body), _pretty(found.reply or ""))
    may_change = _may_repeat(visit, found)
    return visit.page(
        "requests/request.html",
        title=f"Request {found.id[:8]}",
        found=found,
        state=STATES[found.state],
        titles=kinds(),
        body=body,
        reply=reply,
        longest=LONGEST,
        trials=len(DELAYS) + 1,
        tries=tries(found),
        is_waiting=found.state in WAITING,
        given_up=GIVEN_UP,
        told=told,
        told_states=DELIVERIES,
        told_trials=len(SENT_AGAIN) + 1,
        can_repeat=found.state in AGAIN and may_change,
        can_give_up=found.state in WAITING and may_change,
        record_address=_record_address(visit, found),
        slug=_slug(found.operation),
    )


@action("POST /async/{id:uuid}/again", nav="async")
async def again(visit: Visit) -> Response:
    """Put a request that did not succeed back into the queue, with all its attempts."""
    found = await _found(visit)
    if not _may_repeat(visit, found):
        raise Forbidden

    async def work(db: Any) -> bool:
        return await queue.again(db, found.id, visit.now)

    done = await visit.committed(work)
    said = "It is back in the queue." if done else "It is not to be run again any more: see how it stands."
    return visit.redirect(f"/app/async/{found.id}", say=said, kind="good" if done else "warn")


@action("POST /async/{id:uuid}/fail", nav="async")
async def fail(visit: Visit) -> Response:
    """Give up a request that waits: it is a failure, and what waits for it goes on."""
    from fairlead.wire.describe.coverage import everything  # noqa: PLC0415  needs the whole registry

    found = await _found(visit)
    if not _may_repeat(visit, found):
        raise Forbidden
    kinds = queueable(everything())

    async def work(db: Any) -> bool:
        return await give_up(db, kinds, found.id, visit.now)

    done = await visit.committed(work)
    said = "It is given up." if done else "It has ended meanwhile: see how it stands."
    return visit.redirect(f"/app/async/{found.id}", say=said, kind="good" if done else "warn")


async def _found(visit: Visit) -> Whole:
    async with visit.db() as db:
        found = await queries.one(db, visit.org_id, visit.sees, visit.path["id"], most=LONGEST)
    if found is None:
        raise NotFound
    return found


def _may_repeat(visit: Visit, found: Whole) -> bool:
    """It is done in the name of who sent it: nobody else but an administrator may ask for that."""
    return visit.is_admin or found.user_id == visit.actor.id


def _pretty(text: str) -> str:
    """JSON with a line per member; what is no JSON, or was cut, as it is."""
    try:
        return msgspec.json.format(text.encode(), indent=2).decode()
    except (msgspec.DecodeError, RecursionError):
        return text


def _slug(path: str) -> str:
    from fairlead.web.reference.description import by_path  # noqa: PLC0415  needs the whole registry

    return by_path(path) or ""


def _record_address(visit: Visit, found: Whole) -> str:
    """The page of the lead or opportunity that the request names by its id; `` where there is none."""
    if found.record == found.id or not is_id(found.record):
        return ""
    family = "opportunities" if found.operation == "/opportunity/update" else "leads"
    return f"/app/{family}/{found.record}" if visit.has(f"/app/{family}/{{id:uuid}}") else ""


def _records(text: str) -> list[str] | None:
    """What the text may be called in the queue: an id, or a value of what leads are found by."""
    found = text.lower()
    return [found, f"emailaddress:{found}", f"phone:{found}"] if found else None
