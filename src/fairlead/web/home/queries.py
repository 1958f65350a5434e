"""Every SQL statement of the first page: counts over leads, opportunities, activities, sales and the queue.

Each counts for a whole organisation at once, by the owner of the lead (for requests: by their sender), because one look
at all rows serves all of its users; who sees only their own leads is shown their own line.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import msgspec


class Stage(msgspec.Struct):
    """How many records of an owner are in a stage, and what they are worth."""

    owner: str
    name: str
    count: int
    worth: Decimal = Decimal(0)


class Day(msgspec.Struct):
    """Activities of a type on the leads of an owner, on a day of the reader's time zone."""

    owner: str
    day: date
    code: int
    count: int


class Sold(msgspec.Struct):
    """Sales on the leads of an owner in two periods, one after the other: how many, and what they brought."""

    owner: str
    count: int
    worth: Decimal
    count_before: int
    worth_before: Decimal


class Queue(msgspec.Struct):
    """Requests of a sender that wait, since when the oldest, and those that ended since a day ago."""

    owner: str
    waiting: int
    oldest: datetime | None
    done: int
    refused: int
    failed: int


LEADS = """
select l.owner_id::text as owner, l.stage as name, count(*) as count from lead l where l.org_id = $1 group by l.owner_id, l.stage
"""

# mx_Custom_2 is the stage, mx_Custom_6 the expected size.
OPPORTUNITIES = """
select l.owner_id::text as owner, coalesce(a.fields->>'mx_Custom_2', '') as name, count(*) as count,
    coalesce(sum(case when jsonb_typeof(a.fields->'mx_Custom_6') = 'number'
        then (a.fields->>'mx_Custom_6')::numeric end), 0) as worth
from activity a join lead l on l.org_id = a.org_id and l.id = a.lead_id
where a.org_id = $1 and a.code = any($2::int[]) and a.status = 'Open'
group by l.owner_id, 2
"""

# What happened lately was also written lately: the index on modified_on finds it.
ACTIVITIES = """
select l.owner_id::text as owner, (a.happened_on at time zone $4)::date as day, a.code, count(*) as count
from activity a join lead l on l.org_id = a.org_id and l.id = a.lead_id
where a.org_id = $1 and a.code = any($2::int[])
    and a.modified_on >= $3 and a.happened_on >= $3 and a.happened_on < $5 and not a.cancelled
group by l.owner_id, 2, 3
"""

# mx_Custom_2 is the order value, mx_Custom_3 the day of the sale, a text of one shape in UTC.
SALES = """
select l.owner_id::text as owner,
    count(*) filter (where s.day >= $3) as count, coalesce(sum(s.worth) filter (where s.day >= $3), 0) as worth,
    count(*) filter (where s.day < $3) as count_before,
    coalesce(sum(s.worth) filter (where s.day < $3), 0) as worth_before
from (
    select a.org_id, a.lead_id, a.fields->>'mx_Custom_3' as day, case
        when jsonb_typeof(a.fields->'mx_Custom_2') = 'number' then (a.fields->>'mx_Custom_2')::numeric end as worth
    from activity a where a.org_id = $1 and a.code = 30 and not a.cancelled
        and a.fields->>'mx_Custom_3' >= $2 and a.fields->>'mx_Custom_3' < $4) s
join lead l on l.org_id = s.org_id and l.id = s.lead_id
group by l.owner_id
"""

QUEUE = """
select coalesce(w.owner, f.owner)::text as owner, coalesce(w.waiting, 0) as waiting, w.oldest,
    coalesce(f.done, 0) as done, coalesce(f.refused, 0) as refused, coalesce(f.failed, 0) as failed
from (
    select r.user_id as owner, count(*) as waiting, min(r.accepted_on) as oldest from async_request r
    where r.org_id = $1 and r.finished_on is null group by r.user_id) w
full join (
    select r.user_id as owner, count(*) filter (where r.state = 'success') as done,
        count(*) filter (where r.state = 'error') as refused, count(*) filter (where r.state = 'failure') as failed
    from async_request r where r.org_id = $1 and r.finished_on >= $2 group by r.user_id) f on f.owner = w.owner
"""


async def leads(db: Any, org_id: int) -> list[Stage]:
    """Leads by owner and stage."""
    return [Stage(**row) for row in await db.fetch(LEADS, org_id)]


async def opportunities(db: Any, org_id: int, codes: list[int]) -> list[Stage]:
    """Open opportunities of these types by the owner of the lead and by stage."""
    return [Stage(**row) for row in await db.fetch(OPPORTUNITIES, org_id, codes)]


async def activities(
    db: Any, org_id: int, codes: list[int], *, since: datetime, until: datetime, zone: str
) -> list[Day]:
    """Activities by the owner of the lead, day and type."""
    return [Day(**row) for row in await db.fetch(ACTIVITIES, org_id, codes, since, zone, until)]


async def sales(db: Any, org_id: int, before: datetime, since: datetime, until: datetime) -> list[Sold]:
    """Sales by the owner of the lead: with their day from `since` to `until`, and from `before` to `since`."""
    moments = (f"{moment:%Y-%m-%d %H:%M:%S}" for moment in (before, since, until))
    return [Sold(**row) for row in await db.fetch(SALES, org_id, *moments)]


async def queue(db: Any, org_id: int, since: datetime) -> list[Queue]:
    """How the asynchronous requests of the organisation stand, by sender."""
    return [Queue(**row) for row in await db.fetch(QUEUE, org_id, since)]
