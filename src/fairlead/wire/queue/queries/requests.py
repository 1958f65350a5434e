"""Statements about requests as their senders see them: accepting, status, metrics, and forgetting what is old."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from fairlead.records.queries import add_statement


class NewRequest(msgspec.Struct):
    """A request as it is accepted."""

    org_id: int
    id: str
    operation: str
    record: str
    user_id: str
    query: dict[str, str]
    body: str
    accepted_on: datetime
    callback_url: str | None = None
    callback_key_id: str | None = None


# A batch whose commit was lost is sent again: what is there already stays as it is.
add_statement(
    "async_new",
    """insert into async_request as r (org_id, id, operation, record, user_id, query, body, state, attempts, crashes,
        accepted_on, due_on, callback_url, callback_key_id)
    select org_id, id, operation, record, user_id, query, body, 'queued', 0, 0, accepted_on, accepted_on,
        callback_url, callback_key_id
    from json_to_recordset($0::json) as n(org_id bigint, id uuid, operation text, record text, user_id uuid,
        query jsonb, body text, accepted_on timestamptz, callback_url text, callback_key_id uuid)
    on conflict (org_id, id) do nothing""",
)

STATUS = """
select r.id::text as id, r.operation, r.state, r.reason, r.body, r.reply from async_request r
where r.org_id = $1 and r.id = $2
"""
# One walk along the index of what is not finished. As text, the oldest cannot tempt the planner to look for it in
# the primary key, where everything that was ever finished comes before it.
PENDING = """
with waiting as materialized (
    select count(*) as pending, min(r.id::text)::uuid as oldest from async_request r
    where r.org_id = $1 and r.operation = $2 and r.finished_on is null)
select w.pending, r.accepted_on as oldest from waiting w
left join async_request r on r.org_id = $1 and r.id = w.oldest
"""
FINISHED = """
select coalesce(sum(t.finished), 0)::bigint from async_tally t
where t.org_id = $1 and t.operation = $2 and t.slot > $3
"""
DEPTH = "select count(*) from async_request r where r.org_id = $1 and r.finished_on is null"
EXPIRED = """
delete from async_request r using org o cross join lateral (
    select e.org_id, e.id from async_request e
    where e.org_id = o.org_id and e.finished_on < $1 order by e.finished_on limit $2 for update skip locked) as old
where r.org_id = old.org_id and r.id = old.id
"""
# Once a minute, by whoever comes first; counting what waits deep is worth no more.
GAUGE = """
insert into async_gauge (org_id, slot, waiting, delay)
select o.org_id, date_trunc('minute', $1::timestamptz), w.waiting,
    greatest(0, extract(epoch from $1::timestamptz - r.accepted_on))::int
from (
    select o.org_id from org o where not exists (
        select 1 from async_gauge g
        where g.org_id = o.org_id and g.slot = date_trunc('minute', $1::timestamptz)) offset 0
) as o
cross join lateral (
    select count(*)::int as waiting, min(r.id::text)::uuid as oldest from async_request r
    where r.org_id = o.org_id and r.finished_on is null
) as w
join async_request r on r.org_id = o.org_id and r.id = w.oldest
on conflict (org_id, slot) do nothing
"""
OLD_GAUGES = "delete from async_gauge g using org o where o.org_id = g.org_id and g.slot < $1"
OLD_TALLIES = "delete from async_tally t using org o where o.org_id = t.org_id and t.slot < $1"


async def status(db: Any, org_id: int, request_id: str) -> Any:
    """A request as its status tells; None when the organisation has none with this id."""
    return await db.fetchrow(STATUS, org_id, request_id)


async def pending(db: Any, org_id: int, operation: str) -> tuple[int, datetime | None]:
    """How many requests of an operation wait, and since when the oldest."""
    row = await db.fetchrow(PENDING, org_id, operation)
    return row["pending"], row["oldest"]


async def finished_since(db: Any, org_id: int, operation: str, since: datetime) -> int:
    """How many requests of an operation were finished since then, to ten seconds."""
    found: int = await db.fetchval(FINISHED, org_id, operation, since)
    return found


async def depth(db: Any, org_id: int) -> int:
    """How many requests of an organisation wait."""
    found: int = await db.fetchval(DEPTH, org_id)
    return found


async def expire(db: Any, before: datetime, most: int) -> int:
    """Remove up to `most` requests that were finished before then; returns how many."""
    tag: str = await db.execute(EXPIRED, before, most)
    return int(tag.rpartition(" ")[2])


async def gauge(db: Any, now: datetime) -> None:
    """Write down what waits, unless that was done in this minute."""
    await db.execute(GAUGE, now)


async def forget_tallies(db: Any, before: datetime) -> None:
    """Remove counts that no rate and no chart asks for any more."""
    await db.execute(OLD_TALLIES, before)
    await db.execute(OLD_GAUGES, before)
