"""Statements of the workers: taking what waits, in the order of each record, and storing what became of it."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import msgspec

from fairlead.records.queries import encode


class Request(msgspec.Struct):
    """A request as a worker takes it."""

    org_id: int
    id: str
    operation: str
    record: str
    user_id: str
    query: dict[str, str]
    body: str
    attempts: int
    crashes: int
    accepted_on: datetime
    callback_url: str | None
    callback_key_id: str | None


class Outcome(msgspec.Struct):
    """What became of a request; `due_on` counts when it is tried again."""

    org_id: int
    id: str
    state: str
    attempts: int
    due_on: datetime
    finished_on: datetime | None
    reason: str | None
    reply: str | None


class Tally(msgspec.Struct):
    """Finished requests of an operation in the ten seconds from `slot`."""

    org_id: int
    operation: str
    slot: datetime
    finished: int


class Busy(msgspec.Struct):
    """An organisation with requests that wait: the id of the oldest, and what stands in the way of others.

    `suspects`: a worker died over one. `blocking`: one waits for its next attempt, and its record with it.
    """

    org_id: int
    oldest: str
    suspects: bool
    blocking: bool


# A burst comes to a queue that was empty when PostgreSQL last counted, and then it takes every partial index for one of a
# single row: reading it all seems as cheap as looking for one key. So nothing here is left to choose. Rows that are known
# are found by their key: `state || ''` is no condition that a partial index answers. Rows that are looked for are
# looked for one by one: a subquery with `limit` or `offset` is not joined in another way, and its `order by` fits one
# index. The walk along what waits asks for ids alone, which `async_request_next_idx` has without the rows.

# What waited behind a request of the same record goes on when that one has ended.
FREED = """
update async_request f set state = 'queued' from (
    select h.org_id, h.id from done d cross join lateral (
        select b.org_id, b.id from async_request b
        where b.org_id = d.org_id and b.record = d.record and b.state in ('retry', 'held') and b.state = 'held'
            and b.id <> d.id
        order by b.record, b.id offset 0
    ) as h where d.final
) as behind
where f.org_id = behind.org_id and f.id = behind.id and f.state || '' = 'held'
returning 1
"""

OUTCOMES = f"""
with done as (
    update async_request r set state = n.state, attempts = n.attempts, due_on = n.due_on,
        finished_on = n.finished_on, reason = n.reason, reply = n.reply
    from json_to_recordset($1::json) as n(org_id bigint, id uuid, state text, attempts int, due_on timestamptz,
        finished_on timestamptz, reason text, reply text)
    where r.org_id = n.org_id and r.id = n.id and r.state || '' = 'queued'
    returning r.org_id, r.id, r.record, r.finished_on is not null as final
), freed as ({FREED})
select count(*) from done
"""  # noqa: S608  statements of ours

TALLY = """
insert into async_tally as t (org_id, operation, slot, finished)
select org_id, operation, slot, finished
from json_to_recordset($1::json) as n(org_id bigint, operation text, slot timestamptz, finished int)
order by org_id, operation, slot
on conflict (org_id, operation, slot) do update set finished = t.finished + excluded.finished
"""

# Some index lookups per organisation: the partial indexes hold only what waits.
BUSY = """
select o.org_id, w.id::text as oldest, exists (
        select 1 from async_request s
        where s.org_id = o.org_id and s.state = 'queued' and s.crashes > 0) as suspects,
    exists (select 1 from async_request b where b.org_id = o.org_id and b.state = 'retry') as blocking
from org o
cross join lateral (
    select q.id from async_request q
    where q.org_id = o.org_id and q.state = 'queued' order by q.id limit 1
) as w
"""

# What has waited long enough for its next attempt is queued again, in its old place.
RETRIES = """
update async_request r set state = 'queued' from (
    select w.org_id, w.id from async_request w join org o on o.org_id = w.org_id
    where w.state = 'retry' and w.due_on <= $1 limit 1000 for update of w skip locked) as due
where r.org_id = due.org_id and r.id = due.id and r.state || '' = 'retry'
"""

# Of the first `$3` that wait, those behind a request of the same record that is in retry are held, so that nobody looks
# at them again and again. Its lock keeps it from being tried, and so from ending, before they are marked.
PARK = """
with behind as materialized (
    select h.org_id, h.id
    from unnest($1::bigint[], $2::uuid[]) as o(org_id, oldest)
    cross join lateral (
        select q.id from async_request q
        where q.org_id = o.org_id and q.state = 'queued' and q.id >= o.oldest order by q.id limit $3
    ) as q
    cross join lateral (
        select a.org_id, a.id, a.record from async_request a where a.org_id = o.org_id and a.id = q.id offset 0
    ) as w
    cross join lateral (
        select e.id from async_request e
        where e.org_id = w.org_id and e.record = w.record and e.state in ('retry', 'held') and e.state = 'retry'
            and e.id < w.id
        order by e.record, e.id limit 1 for update skip locked
    ) as before
    join async_request h on h.org_id = w.org_id and h.id = w.id
    where h.state || '' = 'queued' order by h.id for update of h skip locked
)
update async_request f set state = 'held' from behind
where f.org_id = behind.org_id and f.id = behind.id and f.state || '' = 'queued'
"""

# The first request of each record, oldest first, if nobody works on it: up to `$4` of each organisation, looked for
# among the `$3` that have waited longest. `oldest` spares the walk along the index what was done long ago.
HEADS = """
select h.org_id, h.id::text as id, h.record
from unnest($1::bigint[], $2::uuid[]) as o(org_id, oldest)
cross join lateral (
    select r.org_id, r.id, r.record from (
        select f.id from (
            select distinct on (k.record) k.id from (
                select q.id from async_request q
                where q.org_id = o.org_id and q.state = 'queued' and q.id >= o.oldest order by q.id limit $3
            ) as w
            cross join lateral (
                select a.id, a.record from async_request a where a.org_id = o.org_id and a.id = w.id offset 0
            ) as k
            order by k.record, k.id
        ) as f
        order by f.id
    ) as f
    cross join lateral (
        select a.org_id, a.id, a.record from async_request a
        where a.org_id = o.org_id and a.id = f.id and a.state || '' = 'queued' and a.crashes = 0 and not exists (
            select 1 from async_request b
            where b.org_id = a.org_id and b.record = a.record and b.state in ('retry', 'held') and b.id < a.id
            order by b.record, b.id offset 0)
        offset 0 for update skip locked
    ) as r
    limit $4
) as h
"""

# The same for requests that were being tried when a worker died: one, alone.
SUSPECT = """
select r.org_id, r.id::text as id, r.record from async_request r
where r.org_id = any($1::bigint[]) and r.state = 'queued' and r.crashes > 0 and not exists (
    select 1 from async_request e
    where e.org_id = r.org_id and e.record = r.record and e.state = 'queued' and e.id < r.id)
and not exists (
    select 1 from async_request b
    where b.org_id = r.org_id and b.record = r.record and b.state in ('retry', 'held') and b.id < r.id)
order by r.org_id, r.id limit 1
for update skip locked
"""

# The heads with up to `$4` that follow on the same record. Nobody else takes those while the head is locked; they are
# locked too, because a note about an earlier attempt may be under way.
FOLLOWERS = """
select r.org_id, r.id::text as id, r.operation, r.record, r.user_id::text as user_id, r.query::text as query, r.body,
    r.attempts, r.crashes, r.accepted_on, r.callback_url, r.callback_key_id::text as callback_key_id
from unnest($1::bigint[], $2::text[], $3::uuid[]) as h(org_id, record, id)
cross join lateral (
    select q.* from async_request q
    where q.org_id = h.org_id and q.record = h.record and q.state = 'queued' and q.id >= h.id
        and not exists (
            select 1 from async_request b
            where b.org_id = q.org_id and b.record = q.record and b.state in ('retry', 'held') and b.id < q.id
            order by b.record, b.id offset 0)
    order by q.record, q.id limit $4 for update
) as r
order by r.id
"""

# While FOLLOWERS waited for a lock, somebody may have put one of the record off: looked for anew, with what is true now.
STOPS = """
select h.org_id, h.record, b.id::text as id
from unnest($1::bigint[], $2::text[], $3::uuid[]) as h(org_id, record, id)
cross join lateral (
    select w.id from async_request w
    where w.org_id = h.org_id and w.record = h.record and w.state in ('retry', 'held') and w.id > h.id
    order by w.record, w.id limit 1
) as b
"""

TRIAL = """
insert into async_trial (org_id, id, requests, started_on)
select n.org_id, $1, n.requests, clock_timestamp() from json_to_recordset($2::json) as n(org_id bigint, requests jsonb)
"""
TRIED = "delete from async_trial t where t.org_id = any($1::bigint[]) and t.id = $2"

PLANS = "select set_config('plan_cache_mode', $1, true)"


@contextlib.asynccontextmanager
async def planned_anew(db: Any) -> AsyncIterator[None]:
    """Statements of the block are planned for the queue as it is now, not as it was when they first ran.

    For the rest of the transaction plans are made once again, as `db.pool` has it for batches.
    """
    await db.fetchval(PLANS, "force_custom_plan")
    yield
    await db.fetchval(PLANS, "force_generic_plan")


async def busy(db: Any, now: datetime) -> list[Busy]:
    """Organisations with requests that wait, after those that are due again were queued."""
    await db.execute(RETRIES, now)
    return [Busy(**row) for row in await db.fetch(BUSY)]


async def park(db: Any, orgs: list[Busy], *, window: int) -> int:
    """Hold what stands behind a request that waits for its next attempt; returns how many were held now."""
    async with planned_anew(db):
        tag: str = await db.execute(PARK, [o.org_id for o in orgs], [o.oldest for o in orgs], window)
    return int(tag.rpartition(" ")[2])


async def claim(db: Any, orgs: list[Busy], *, window: int, each: int, limit: int) -> list[Request]:
    """Lock up to `each` requests of every organisation, oldest first, with those that follow on the same record.

    In all about `limit`. The locks last as long as the caller's transaction: a worker that dies gives its requests
    back at once.
    """
    async with planned_anew(db):
        heads = await db.fetch(HEADS, [o.org_id for o in orgs], [o.oldest for o in orgs], window, each)
        found = await _with_followers(db, heads, max(1, limit // len(heads))) if heads else []
    stops = {(r.org_id, r.record): r.id for r in reversed(found) if r.crashes}
    return [r for r in found if r.id < stops.get((r.org_id, r.record), "~")]


async def claim_suspect(db: Any, orgs: list[Busy]) -> list[Request]:
    """Lock one request that was being tried when a worker died; empty when there is none."""
    async with planned_anew(db):
        heads = await db.fetch(SUSPECT, [o.org_id for o in orgs])
        return await _with_followers(db, heads, 1) if heads else []


async def _with_followers(db: Any, heads: list[Any], most: int) -> list[Request]:
    columns = [[row[name] for row in heads] for name in ("org_id", "record", "id")]
    rows = [dict(row) for row in await db.fetch(FOLLOWERS, *columns, most)]
    found = [Request(query=msgspec.json.decode(row.pop("query")), **row) for row in rows]
    if len(found) == len(heads):
        return found
    stops = {(row["org_id"], row["record"]): row["id"] for row in await db.fetch(STOPS, *columns)}
    return [r for r in found if r.id < stops.get((r.org_id, r.record), "~")]


async def finish(db: Any, outcomes: list[Outcome], tallies: list[Tally]) -> int:
    """Store what became of requests; in the transaction of their effect. Returns how many were still waiting.

    What was held behind those that have ended is queued again.
    """
    async with planned_anew(db):
        waited: int = await db.fetchval(OUTCOMES, encode(outcomes))
    if tallies:
        await db.execute(TALLY, encode(tallies))
    return waited


class _Trial(msgspec.Struct):
    org_id: int
    requests: list[str]


async def begin_trial(db: Any, trial_id: str, requests: dict[int, list[str]]) -> None:
    """Write down which requests are tried now, so that a crash can be counted."""
    await db.execute(TRIAL, trial_id, encode([_Trial(org_id, ids) for org_id, ids in requests.items()]))


async def end_trial(db: Any, trial_id: str, orgs: list[int]) -> None:
    """The trial is over; in the transaction of the effect."""
    await db.execute(TRIED, orgs, trial_id)
