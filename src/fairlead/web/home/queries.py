"""Every SQL statement of the first page: counts over leads, opportunities, activities, sales and the queue.

Everywhere $2 is the user whose leads are all that the reader may see, or null.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import msgspec


class Stage(msgspec.Struct):
    """How many records are in a stage, and what they are worth."""

    name: str
    count: int
    worth: Decimal = Decimal(0)


class Day(msgspec.Struct):
    """Activities of a type on a day of the reader's time zone."""

    day: date
    code: int
    count: int


class Sold(msgspec.Struct):
    """Sales of a period: how many, and what they brought."""

    count: int
    worth: Decimal


class Queue(msgspec.Struct):
    """Requests that wait, since when the oldest, and those that ended since a day ago."""

    waiting: int
    oldest: datetime | None
    done: int
    refused: int
    failed: int


LEADS = """
select l.stage as name, count(*) as count from lead l
where l.org_id = $1 and ($2::uuid is null or l.owner_id = $2) and l.is_lead
group by l.stage order by count(*) desc, l.stage
"""

# mx_Custom_2 is the stage, mx_Custom_6 the expected size.
OPPORTUNITIES = """
select coalesce(a.fields->>'mx_Custom_2', '') as name, count(*) as count,
    coalesce(sum(case when jsonb_typeof(a.fields->'mx_Custom_6') = 'number'
        then (a.fields->>'mx_Custom_6')::numeric end), 0) as worth
from activity a join lead l on l.org_id = a.org_id and l.id = a.lead_id
where a.org_id = $1 and ($2::uuid is null or l.owner_id = $2) and a.code = any($3::int[])
    and a.status is distinct from 'Won' and a.status is distinct from 'Lost'
group by 1
"""

# What happened lately was also written lately: the index on modified_on finds it.
ACTIVITIES = """
select (a.happened_on at time zone $5)::date as day, a.code, count(*) as count
from activity a join lead l on l.org_id = a.org_id and l.id = a.lead_id
where a.org_id = $1 and ($2::uuid is null or l.owner_id = $2) and a.code = any($3::int[])
    and a.modified_on >= $4 and a.happened_on >= $4 and a.happened_on < $6 and not a.cancelled
group by 1, 2
"""

# mx_Custom_2 is the order value, mx_Custom_3 the day of the sale, a text of one shape in UTC.
SALES = """
select count(*) as count, coalesce(sum(case when jsonb_typeof(a.fields->'mx_Custom_2') = 'number'
    then (a.fields->>'mx_Custom_2')::numeric end), 0) as worth
from activity a join lead l on l.org_id = a.org_id and l.id = a.lead_id
where a.org_id = $1 and ($2::uuid is null or l.owner_id = $2) and a.code = 30 and not a.cancelled
    and a.fields->>'mx_Custom_3' >= $3 and a.fields->>'mx_Custom_3' < $4
"""

QUEUE = """
select (select count(*) from async_request r where r.org_id = $1 and r.finished_on is null) as waiting,
    (select min(r.accepted_on) from async_request r where r.org_id = $1 and r.finished_on is null) as oldest,
    count(*) filter (where f.state = 'success') as done, count(*) filter (where f.state = 'error') as refused,
    count(*) filter (where f.state = 'failure') as failed
from async_request f where f.org_id = $1 and f.finished_on >= $2
"""


async def leads(db: Any, org_id: int, owner_id: str | None) -> list[Stage]:
    """Leads by stage, most first."""
    return [Stage(**row) for row in await db.fetch(LEADS, org_id, owner_id)]


async def opportunities(db: Any, org_id: int, owner_id: str | None, codes: list[int]) -> list[Stage]:
    """Open opportunities of these types by stage."""
    return [Stage(**row) for row in await db.fetch(OPPORTUNITIES, org_id, owner_id, codes)]


async def activities(
    db: Any,
    org_id: int,
    owner_id: str | None,
    codes: list[int],
    *,
    since: datetime,
    until: datetime,
    zone: str,
) -> list[Day]:
    """Activities per day and type."""
    found = await db.fetch(ACTIVITIES, org_id, owner_id, codes, since, zone, until)
    return [Day(**row) for row in found]


async def sales(db: Any, org_id: int, owner_id: str | None, since: datetime, until: datetime) -> Sold:
    """Sales with their day between two moments."""
    shape = "%Y-%m-%d %H:%M:%S"
    row = await db.fetchrow(SALES, org_id, owner_id, since.strftime(shape), until.strftime(shape))
    return Sold(**row)


async def queue(db: Any, org_id: int, since: datetime) -> Queue:
    """How the asynchronous requests of the organisation stand."""
    return Queue(**await db.fetchrow(QUEUE, org_id, since))
