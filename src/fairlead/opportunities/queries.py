"""Every SQL statement about opportunities outside the batch. Their search is `activities.queries.search`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from fairlead.activities.queries import Order, Where, one_page, some
from fairlead.records.rows import Activity, Change, Task
from fairlead.wire.types import Page


async def of_lead(
    db: Any,
    org_id: int,
    lead_id: str,
    codes: Sequence[int],
    *,
    owner: str | None,
    order: Order,
    page: Page,
) -> tuple[int, list[Activity]]:
    """Opportunities of a lead with these codes: how many, and a page; `owner`: only if this user owns the lead."""
    where = Where(org_id, page.limit, page.offset)
    where.add("a.lead_id = {}::uuid", lead_id)
    where.add("a.code = any({}::int[])", list(codes))
    where.owned_by(owner)
    return await one_page(db, where, order)


async def activities_of(
    db: Any, org_id: int, opportunity_id: str, *, code: int | None, order: Order, page: Page
) -> tuple[int, list[Activity]]:
    """Activities tied to an opportunity, of one type or of all: how many, and a page."""
    where = Where(org_id, page.limit, page.offset)
    where.add("a.opportunity_id = {}::uuid", opportunity_id)
    if code is not None:
        where.add("a.code = {}", code)
    return await one_page(db, where, order)


async def named(
    db: Any, org_id: int, ids: Sequence[str], numbers: Sequence[int], *, owner: str | None
) -> list[Activity]:
    """Opportunities with these ids or auto numbers, in no order; `owner`: only on this owner's leads."""
    where = Where(org_id)
    where.add("(a.id = any({}::uuid[]) or a.auto_id = any({}::bigint[]))", list(ids), list(numbers))
    where.add("a.code >= 12000 and a.lead_id is not null")
    where.owned_by(owner)
    return await some(db, where)


# The version moves, so that a batch that has read such an activity before decides again.
UNTIE = "update activity set opportunity_id = null, version = version + 1 where org_id = $1 and opportunity_id = $2"

DELETE = "delete from activity where org_id = $1 and id = $2 returning score"


async def untie(db: Any, org_id: int, opportunity_id: str) -> None:
    """Let the activities tied to an opportunity stay on the lead alone."""
    await db.execute(UNTIE, org_id, opportunity_id)


async def delete(db: Any, org_id: int, opportunity_id: str) -> int:
    """Delete an opportunity; returns the score that its lead loses."""
    found: int = await db.fetchval(DELETE, org_id, opportunity_id)
    return found


# For people ------------------------------------------------------------------------------------------


class Chosen(msgspec.Struct, kw_only=True):
    """Which opportunities are asked for; what is empty asks for nothing.

    `stages` are all that the types know, `is_other` asks for those in none of them. `closes` are the first and the
    last moment (not included) of the expected closure in UTC (`2026-11-20 18:30:00`), either may be empty.
    `is_unplanned`: only those without an expected closure.
    """

    codes: list[int]
    stages: list[str]
    status: str = ""
    stage: str = ""
    is_other: bool = False
    owner: str = ""
    words: list[str] = []
    closes: tuple[str, str] = ("", "")
    is_unplanned: bool = False


class Sorting(msgspec.Struct):
    """What is sorted by, a name of `ORDERS`; `ranks` are the values in their order, where it is theirs."""

    column: str
    descending: bool
    ranks: list[str] = []


class Lane(msgspec.Struct):
    """A stage: how many are in it, what they are worth together, and the ids of the first of them.

    `stage` is empty for what is in no stage that is known.
    """

    stage: str
    count: int
    worth: Decimal
    first: list[str]


# mx_Custom_1 is the name of an opportunity, mx_Custom_8 when it is expected to close, a text of one shape in UTC.
ORDERS = {
    "name": "lower(a.fields->>'mx_Custom_1')",
    "stage": "array_position({}::text[], a.stage)",
    "status": "a.status",
    "owner": "array_position({}::uuid[], a.owner_id)",
    "value": "a.worth",
    "closing": "a.fields->>'mx_Custom_8'",
    "opened": "a.happened_on",
    "changed": "a.modified_on",
}
"""What can be sorted by; `{}` stands for the ranks."""

_NEVER_NULL = ("opened", "changed")

# How many are in each stage and what they are worth: the index of the board tells, without looking at a row.
NUMBERS = """
select case when a.stage = any($2::text[]) then a.stage else '' end as stage,
    count(*) as count, coalesce(sum(a.worth), 0) as worth
from activity a where a.org_id = $1 and {where} group by 1
"""

# The cards of each stage, and of those in none that is known. Each stage is a walk along the index.
FIRST = """
select s.stage, array(
        select a.id::text from activity a where a.org_id = $1 and a.stage = s.stage and {where}
        order by {order} limit $2) as first
from unnest($3::text[]) as s(stage)
"""
FIRST_OTHER = """
select '' as stage, array(
        select a.id::text from activity a where a.org_id = $1 and (a.stage = any($3::text[])) is not true and {where}
        order by {order} limit $2) as first
"""

# Where looking at a row is dear, one look at everything that is chosen gives both.
LANES = """
select s.stage, count(*) as count, coalesce(sum(s.worth), 0) as worth,
    ((array_agg(s.id order by {order}))[:$2])::text[] as first
from (
    select a.id, {by} as by, a.worth, case when a.stage = any($3::text[]) then a.stage else '' end as stage
    from activity a where a.org_id = $1 and {where}) s
group by s.stage
"""

# What left the board lately, the last change first: for each stage and status a walk along the index.
CLOSED = """
select s.stage, count(*) as count, coalesce(sum(a.worth), 0) as worth,
    ((array_agg(a.id order by a.modified_on desc, a.id desc))[:$2])::text[] as first
from unnest($3::text[], $4::text[]) as s(stage, status)
join activity a on a.org_id = $1 and a.status = s.status and a.stage = s.stage and a.modified_on >= $5 and {where}
group by s.stage
"""

# Open opportunities of each type, counted as far as it takes to compare them.
FULLEST = """
select t.code from unnest($2::int[]) with ordinality as t(code, place),
    lateral (select count(*) as count from (
        select 1 from activity a where a.org_id = $1 and a.code = t.code and a.code >= 12000 and a.status = 'Open'
        limit $3) s) c
order by c.count desc, t.place limit 1
"""
ENOUGH = 1000

LIST = """
select (select count(*) from activity a where a.org_id = $1 and {where}) as total,
    array(select a.id::text from activity a where a.org_id = $1 and {where} order by {order} limit $2 offset $3) as ids
"""

# The same where looking at a row is dear: it is done once, for the number and for the page.
LIST_ONCE = """
with hit as materialized (
    select a.id, {by} as by from activity a where a.org_id = $1 and {where})
select (select count(*) from hit) as total,
    array(select h.id::text from hit h order by {order} limit $2 offset $3) as ids
"""


async def lanes(
    db: Any, org_id: int, chosen: Chosen, *, owner: str | None, sorting: Sorting, size: int
) -> list[Lane]:
    """The stages that hold any of the chosen opportunities, at most `size` ids of each; `owner`: only on their leads."""
    where = Where(org_id, size, chosen.stages)
    _choose(where, chosen, owner)
    by, way = _by(where, sorting)
    ties = "desc" if sorting.descending else "asc"
    if _is_dear(chosen, owner):
        text = LANES.format(where=where, by=by, order=f"s.by {way}, s.id {ties}")
        return [Lane(**row) for row in await db.fetch(text, *where.parameters)]
    whole = Where(org_id, chosen.stages)
    _choose(whole, chosen, owner)
    numbers = await db.fetch(NUMBERS.format(where=whole), *whole.parameters)
    first: dict[str, list[str]] = {}
    for text in (FIRST, *(FIRST_OTHER for row in numbers if not row["stage"])):
        rows = await db.fetch(text.format(where=where, order=f"{by} {way}, a.id {ties}"), *where.parameters)
        first |= {row["stage"]: row["first"] for row in rows}
    return [Lane(**row, first=first.get(row["stage"], [])) for row in numbers]


async def closed(
    db: Any,
    org_id: int,
    chosen: Chosen,
    ends: Sequence[tuple[str, str]],
    *,
    owner: str | None,
    since: datetime,
    size: int,
) -> list[Lane]:
    """The same of opportunities that ended, with their last change at `since` or after it; `ends`: stage and status."""
    stages, statuses = [end[0] for end in ends], [end[1] for end in ends]
    where = Where(org_id, size, stages, statuses, since)
    _choose(where, chosen, owner)
    return [Lane(**row) for row in await db.fetch(CLOSED.format(where=where), *where.parameters)]


async def fullest(db: Any, org_id: int, codes: Sequence[int]) -> int:
    """The type that has most open opportunities; of equal ones, and of very many, the first."""
    found: int = await db.fetchval(FULLEST, org_id, list(codes), ENOUGH)
    return found


def _is_dear(chosen: Chosen, owner: str | None) -> bool:
    """True when choosing looks at the lead of every opportunity."""
    return bool(chosen.words) or owner is not None


async def listed(
    db: Any, org_id: int, chosen: Chosen, *, owner: str | None, sorting: Sorting, page: Page
) -> tuple[int, list[Activity]]:
    """How many opportunities are chosen, and a page of them; `owner`: only those on this owner's leads."""
    where = Where(org_id, page.limit, page.offset)
    _choose(where, chosen, owner)
    by, way = _by(where, sorting)
    ties = "desc" if sorting.descending else "asc"
    if _is_dear(chosen, owner):
        text = LIST_ONCE.format(where=where, by=by, order=f"h.by {way}, h.id {ties}")
    else:
        text = LIST.format(where=where, order=f"{by} {way}, a.id {ties}")
    row = await db.fetchrow(text, *where.parameters)
    return row["total"], await in_order(db, org_id, row["ids"])


async def in_order(db: Any, org_id: int, ids: Sequence[str]) -> list[Activity]:
    """Opportunities with these ids, in their order; whether they may be seen is asked before."""
    if not ids:
        return []
    where = Where(org_id)
    where.add("a.id = any({}::uuid[])", list(ids))
    found = {one.id: one for one in await some(db, where)}
    return [found[id] for id in ids if id in found]


def _choose(where: Where, chosen: Chosen, owner: str | None) -> None:
    where.add("a.code >= 12000")  # as the index of the board says
    if len(chosen.codes) == 1:
        where.add("a.code = {}", chosen.codes[0])
    else:
        where.add("a.code = any({}::int[])", chosen.codes)
    if chosen.status:
        where.add("a.status = {}", chosen.status)
    if chosen.stage:
        where.add("a.stage = {}", chosen.stage)
    if chosen.is_other:
        where.add("(a.stage = any({}::text[])) is not true", chosen.stages)
    if chosen.owner:
        where.add("a.owner_id = {}::uuid", chosen.owner)
    since, until = chosen.closes
    if since:
        where.add("a.fields->>'mx_Custom_8' >= {}", since)
    if until:
        where.add("a.fields->>'mx_Custom_8' < {}", until)
    if chosen.is_unplanned:
        where.add("a.fields->>'mx_Custom_8' is null")
    for word in chosen.words:
        plain = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        where.add(_SAID, f"%{plain}%", f"%{plain}%")
    where.owned_by(owner)


_SAID = """(a.fields->>'mx_Custom_1' ilike {} or exists (
    select 1 from lead l where l.org_id = a.org_id and l.id = a.lead_id and concat_ws(' ', l.fields->>'FirstName',
        l.fields->>'LastName', l.fields->>'EmailAddress', l.fields->>'Company') ilike {}))"""


def _by(where: Where, sorting: Sorting) -> tuple[str, str]:
    """The expression that is sorted by, its ranks bound, and the way. Where nothing stands comes last."""
    expression = ORDERS[sorting.column]
    if "{}" in expression:
        where.parameters.append(sorting.ranks)
        expression = expression.format(f"${len(where.parameters)}")
    way = "desc" if sorting.descending else "asc"
    # Said of a column that is never null, it would keep its index from being read in order.
    return expression, way if sorting.column in _NEVER_NULL else f"{way} nulls last"


# $3 codes of activities, null for all; $4 and $5 where the page before ended, null for the newest; $6 how many;
# $7 whether changes of fields are told, $8 whether tasks are: where they were added, once complete where they were
# completed.
TIMELINE = """
select t.row, t.kind from (
    (select a.happened_on as happened, a.id, 'activity' as kind, row_to_json(a)::text as row from activity a
        where a.org_id = $1 and a.opportunity_id = $2 and ($3::int[] is null or a.code = any($3))
            and ($4::timestamptz is null or (a.happened_on, a.id) < ($4, $5::uuid))
        order by a.happened_on desc, a.id desc limit $6)
    union all
    (select c.changed_on, c.id, 'change', row_to_json(c)::text from change c
        where $7 and c.org_id = $1 and c.record_id = $2
            and ($4::timestamptz is null or (c.changed_on, c.id) < ($4, $5::uuid))
        order by c.changed_on desc, c.id desc limit $6)
    union all
    (select coalesce(k.completed_on, k.created_on), k.id, 'task', row_to_json(k)::text from task k
        where $8 and k.org_id = $1 and k.opportunity_id = $2
            and ($4::timestamptz is null or (coalesce(k.completed_on, k.created_on), k.id) < ($4, $5::uuid))
        order by coalesce(k.completed_on, k.created_on) desc, k.id desc limit $6)
) t order by t.happened desc, t.id desc limit $6
"""

_READ: dict[str, Callable[[str], Activity | Change | Task]] = {
    "activity": msgspec.json.Decoder(Activity, float_hook=Decimal).decode,
    "change": msgspec.json.Decoder(Change, float_hook=Decimal).decode,
    "task": msgspec.json.Decoder(Task, float_hook=Decimal).decode,
}


class Told(msgspec.Struct, kw_only=True):
    """What of an opportunity is told: activities tied to it with these codes (None: all), its changes, its tasks."""

    codes: list[int] | None = None
    changes: bool = True
    tasks: bool = True


async def timeline(
    db: Any,
    org_id: int,
    opportunity_id: str,
    told: Told,
    *,
    before: tuple[datetime, str] | None,
    limit: int,
) -> list[Activity | Change | Task]:
    """What happened on an opportunity, newest first.

    `before` is the time and the id of the last one of the page before. Whether it may be seen is asked first.
    """
    at, id = before if before is not None else (None, None)
    rows = await db.fetch(
        TIMELINE, org_id, opportunity_id, told.codes, at, id, limit, told.changes, told.tasks
    )
    return [_READ[row["kind"]](row["row"]) for row in rows]


HAPPENED = """
select a.code, count(*) as count from activity a where a.org_id = $1 and a.opportunity_id = $2
group by a.code order by a.code
"""


async def happened(db: Any, org_id: int, opportunity_id: str) -> dict[int, int]:
    """How many activities of each code are tied to an opportunity."""
    return {row["code"]: row["count"] for row in await db.fetch(HAPPENED, org_id, opportunity_id)}
