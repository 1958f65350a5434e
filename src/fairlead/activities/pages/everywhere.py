"""What happened on all leads that one may see, the newest first: by type, day and owner, a page at a time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import Any

import msgspec
from starlette.responses import Response

from fairlead.activities.pages import queries
from fairlead.activities.pages.family import page
from fairlead.activities.pages.queries import Wanted
from fairlead.leads import queries as leads
from fairlead.leads.pages.record import name_of
from fairlead.leads.pages.timeline import Entry, entry
from fairlead.records.picture import is_id
from fairlead.records.rows import Activity
from fairlead.web import formats
from fairlead.web.visit import Visit, with_query

ADDRESS = "/app/activities"
SIZE = 50
LOOKS = (1, 7, 31, 366)
"""Days that are looked back over, until a page is full; then for ever."""
MANY = 30_000
"""So many activities that were written since are not looked through for one page; the next looks further back."""

_PARAMETERS = ("type", "from", "to", "owner")
_FIRST_YEAR, _LAST_YEAR = 1900, 2999
_NOBODY = "00000000-0000-0000-0000-000000000000"
"""An id before all others: with it a time alone says where a page ended."""


class Row(msgspec.Struct):
    """An activity and the lead it is on."""

    entry: Entry
    lead_id: str
    lead: str
    owner: str


class Found(msgspec.Struct):
    """Activities of a page. `older`: where the next page begins, None for no other. `back`: how far was looked."""

    activities: list[Activity]
    older: tuple[datetime, str] | None = None
    back: datetime | None = None


@page("GET /activities", nav="activities")
async def activities(visit: Visit) -> Response:
    """Activities by day; `before` is where the page before ended."""
    kinds = {kind.code: kind for kind in visit.defs.of_kind("activity", "system")}
    said = _said(visit, [str(code) for code in kinds])
    first, last = (_day(said[name]) for name in ("from", "to"))
    before = _place(visit.query.get("before", ""))
    wanted = Wanted(
        codes=[int(said["type"])] if said["type"] else list(kinds),
        since=_midnight(visit, first) if first else None,
        until=_midnight(visit, last + timedelta(days=1)) if last else None,
        owner=said["owner"] or None,
        before=before,
    )
    is_reversed = first is not None and last is not None and first > last
    async with visit.db() as db:
        found = Found([]) if is_reversed else await _found(visit, db, wanted)
        rows = await _rows(visit, db, found.activities)
    here = with_query(ADDRESS, **said)
    older = f"{found.older[0].isoformat()}~{found.older[1]}" if found.older else ""
    response = visit.page(
        "activities/everywhere.html",
        title="Activities",
        days=_by_day(visit, rows),
        said=said,
        here=here,
        is_first=before is None,
        is_reversed=is_reversed,
        is_filtered=any(said.values()),
        older=with_query(ADDRESS, **said, before=older) if older else "",
        back=found.back,
        types=[("", "Any type"), *sorted(((c, k.display_name) for c, k in kinds.items()), key=_by_words)],
        owners=[("", "Any owner"), *sorted(_people(visit), key=_by_words)],
    )
    if visit.is_htmx and visit.request.headers.get("hx-target") == "results":
        response.headers["HX-Replace-Url"] = here
    return response


def _said(visit: Visit, codes: list[str]) -> dict[str, str]:
    """What the address asks for; what it says that cannot be is left out."""
    said = {name: visit.query.get(name, "").strip() for name in _PARAMETERS}
    said["type"] = said["type"] if said["type"] in codes else ""
    said["owner"] = said["owner"].lower() if is_id(said["owner"].lower()) else ""
    return said | {name: "" for name in ("from", "to") if _day(said[name]) is None}


def _day(text: str) -> date | None:
    """The day that a text says (`2026-11-20`); None for one that cannot be meant."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if _FIRST_YEAR <= found.year <= _LAST_YEAR else None


def _midnight(visit: Visit, day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=visit.zone).astimezone(UTC)


def _place(text: str) -> tuple[datetime, str] | None:
    """Where the page before ended: `<time>~<id>`."""
    at, _, id = text.partition("~")
    try:
        found = datetime.fromisoformat(at).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return (found, id) if id == _NOBODY or is_id(id) else None


async def _found(visit: Visit, db: Any, wanted: Wanted) -> Found:
    """A page, found in what was written lately: looking back further until it is full, or much was looked through."""
    if visit.sees is not None:
        return _page(await queries.on_own_leads(db, visit.org_id, visit.sees, wanted, SIZE + 1))
    first = wanted.since
    ends = [end for end in (wanted.until, wanted.before and wanted.before[0]) if end is not None]
    looks = [min([visit.now, *ends]) - timedelta(days=days) for days in LOOKS]
    looks = [back for back in looks if first is None or back > first]
    found = Found([])
    for place, back in enumerate((*looks, first)):
        if place > 1 and await queries.are_many(db, visit.org_id, wanted.codes, back, MANY):
            return found
        wanted.since = back
        rows = await queries.lately(db, visit.org_id, wanted, SIZE + 1)
        if len(rows) > SIZE or back is None or back == first:
            return _page(rows)
        found = Found(rows, (back, _NOBODY), back)
    return found


def _page(rows: list[Activity]) -> Found:
    shown = rows[:SIZE]
    return Found(shown, (shown[-1].happened_on, shown[-1].id) if len(rows) > SIZE else None)


async def _rows(visit: Visit, db: Any, found: list[Activity]) -> list[Row]:
    """With their leads; what is on a lead that went meanwhile is left out."""
    ids = list({one.lead_id for one in found if one.lead_id is not None})
    names = {lead.id: name_of(lead) for lead in await leads.by_ids(db, visit.org_id, visit.sees, ids)}
    return [
        Row(entry(visit, one), one.lead_id, names[one.lead_id], visit.defs.user_name(one.owner_id) or "")
        for one in found
        if one.lead_id in names
    ]


def _by_day(visit: Visit, rows: list[Row]) -> list[tuple[str, list[Row]]]:
    """The rows under the day of the reader's time zone on which they happened."""
    today = visit.now.astimezone(visit.zone).date()
    named = {today: "Today", today - timedelta(days=1): "Yesterday"}
    days = groupby(rows, key=lambda row: row.entry.at.astimezone(visit.zone).date())
    return [(named.get(day, formats.day(day)), list(some)) for day, some in days]


def _people(visit: Visit) -> list[tuple[str, str]]:
    return [(user.id, user.name or user.email) for user in visit.defs.users.values()]


def _by_words(one: tuple[Any, str]) -> str:
    return one[1].casefold()
