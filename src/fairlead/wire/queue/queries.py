"""Every SQL statement of the queue. A queued request is one row; its effect and its result commit together."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import msgspec

from fairlead.records.queries import add_statement, encode


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


# A batch whose commit was lost is sent again: what is there already stays as it is.
add_statement(
    "async_new",
    """insert into async_request as r (org_id, id, operation, record, user_id, query, body, state, attempts, crashes,
        accepted_on, due_on)
    select org_id, id, operation, record, user_id, query, body, 'queued', 0, 0, accepted_on, accepted_on
    from json_to_recordset($0::json) as n(org_id bigint, id uuid, operation text, record text, user_id uuid,
        query jsonb, body text, accepted_on timestamptz)
    on conflict (org_id, id) do nothing""",
)

OUTCOMES = """
update async_request r set state = n.state, attempts = n.attempts, due_on = n.due_on, finished_on = n.finished_on,
    reason = n.reason, reply = n.reply
from json_to_recordset($1::json) as n(org_id bigint, id uuid, state text, attempts int, due_on timestamptz,
    finished_on timestamptz, reason text, reply text)
where r.org_id = n.org_id and r.id = n.id and r.state = 'queued'
"""

TALLY = """
insert into async_tally as t (org_id, operation, slot, finished)
select org_id, operation, slot, finished
from json_to_recordset($1::json) as n(org_id bigint, operation text, slot timestamptz, finished int)
order by org_id, operation, slot
on conflict (org_id, operation, slot) do update set finished = t.finished + excluded.finished
"""

# One or two index lookups per organisation: the partial indexes hold only what waits.
BUSY = """
select o.org_id, w.id::text as oldest, exists (
        select 1 from async_request s
        where s.org_id = o.org_id and s.state = 'queued' and s.crashes > 0) as suspects
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
where r.org_id = due.org_id and r.id = due.id and r.state = 'retry'
"""

# The first request of each record, oldest first, if nobody works on it: up to `$4` of each organisation, looked for
# among `$3`. Walks along the index and stops as soon as it has enough; `oldest` spares it what was done long ago.
HEADS = """
select h.org_id, h.id::text as id, h.record
from unnest($1::bigint[], $2::uuid[]) as o(org_id, oldest)
cross join lateral (
    select r.org_id, r.id, r.record from (
        select q.org_id, q.id from async_request q
        where q.org_id = o.org_id and q.state = 'queued' and q.id >= o.oldest order by q.id limit $3
    ) as w
    join async_request r on r.org_id = w.org_id and r.id = w.id
    where r.state = 'queued' and r.crashes = 0 and not exists (
        select 1 from async_request e
        where e.org_id = r.org_id and e.record = r.record and e.state = 'queued' and e.id < r.id)
    order by w.id limit $4
    for update of r skip locked
) as h
"""

# The same for requests that were being tried when a worker died: one, alone.
SUSPECT = """
select r.org_id, r.id::text as id, r.record from async_request r
where r.org_id = any($1::bigint[]) and r.state = 'queued' and r.crashes > 0 and not exists (
    select 1 from async_request e
    where e.org_id = r.org_id and e.record = r.record and e.state = 'queued' and e.id < r.id)
order by r.org_id, r.id limit 1
for update skip locked
"""

# The heads with up to `$4` that follow on the same record. Nobody else takes those while the head is locked; they are
# locked too, because a note about an earlier attempt may be under way.
FOLLOWERS = """
select r.org_id, r.id::text as id, r.operation, r.record, r.user_id::text as user_id, r.query::text as query, r.body,
    r.attempts, r.crashes, r.accepted_on
from unnest($1::bigint[], $2::text[], $3::uuid[]) as h(org_id, record, id)
cross join lateral (
    select q.* from async_request q
    where q.org_id = h.org_id and q.record = h.record and q.state = 'queued' and q.id >= h.id
    order by q.id limit $4 for update
) as r
order by r.id
"""

TRIAL = """
insert into async_trial (org_id, id, requests, started_on)
select n.org_id, $1, n.requests, clock_timestamp() from json_to_recordset($2::json) as n(org_id bigint, requests jsonb)
"""
TRIED = "delete from async_trial t where t.org_id = any($1::bigint[]) and t.id = $2"
# A trial from before the database's start tells nothing about the worker: both ended together.
OLD_TRIALS = """
select t.org_id, t.id::text as id, t.requests::text as requests,
    t.started_on < pg_postmaster_start_time() as pardoned
from async_trial t join org o on o.org_id = t.org_id
where t.started_on < clock_timestamp() - make_interval(secs => $1)
"""
UNLOCKED = """
select r.id::text as id from async_request r
where r.org_id = $1 and r.id = any($2::uuid[]) and r.state = 'queued' for update skip locked
"""
STILL_QUEUED = """
select count(*) from async_request r where r.org_id = $1 and r.id = any($2::uuid[]) and r.state = 'queued'
"""
CRASHED = "update async_request r set crashes = r.crashes + 1 where r.org_id = $1 and r.id = any($2::uuid[])"
SET_ASIDE = """
update async_request r set state = 'failure', finished_on = $3, reason = $4
where r.org_id = $1 and r.id = any($2::uuid[]) and r.state = 'queued' and r.crashes >= $5
"""


PLANS = "select set_config('plan_cache_mode', $1, true)"


@contextlib.asynccontextmanager
async def planned_anew(db: Any) -> AsyncIterator[None]:
    """Statements of the block are planned for the queue as it is now, not as it was when they first ran.

    For the rest of the transaction plans are made once again, as `db.pool` has it for batches.
    """
    await db.fetchval(PLANS, "force_custom_plan")
    yield
    await db.fetchval(PLANS, "force_generic_plan")


class Busy(msgspec.Struct):
    """An organisation with requests that wait: the id of the oldest, and whether a worker died over one."""

    org_id: int
    oldest: str
    suspects: bool


async def busy(db: Any, now: datetime) -> list[Busy]:
    """Organisations with requests that wait, after those that are due again were queued."""
    await db.execute(RETRIES, now)
    return [Busy(**row) for row in await db.fetch(BUSY)]


async def claim(db: Any, orgs: list[Busy], *, window: int, each: int, limit: int) -> list[Request]:
    """Lock up to `each` requests of every organisation, oldest first, with those that follow on the same record.

    In all about `limit`. The locks last as long as the caller's transaction: a worker that dies gives its requests
    back at once.
    """
    async with planned_anew(db):
        heads = await db.fetch(HEADS, [o.org_id for o in orgs], [o.oldest for o in orgs], window, each)
        found = await _with_followers(db, heads, max(1, limit // len(heads))) if heads else []
    stopped = {(r.org_id, r.record): r.id for r in reversed(found) if r.crashes}
    return [r for r in found if r.id < stopped.get((r.org_id, r.record), "~")]


async def claim_suspect(db: Any, orgs: list[Busy]) -> list[Request]:
    """Lock one request that was being tried when a worker died; empty when there is none."""
    async with planned_anew(db):
        heads = await db.fetch(SUSPECT, [o.org_id for o in orgs])
        return await _with_followers(db, heads, 1) if heads else []


async def _with_followers(db: Any, heads: list[Any], most: int) -> list[Request]:
    columns = ([row[name] for row in heads] for name in ("org_id", "record", "id"))
    rows = [dict(row) for row in await db.fetch(FOLLOWERS, *columns, most)]
    return [Request(query=msgspec.json.decode(row.pop("query")), **row) for row in rows]


async def finish(db: Any, outcomes: list[Outcome], tallies: list[Tally]) -> int:
    """Store what became of requests; in the transaction of their effect. Returns how many were still waiting."""
    async with planned_anew(db):
        tag: str = await db.execute(OUTCOMES, encode(outcomes))
    if tallies:
        await db.execute(TALLY, encode(tallies))
    return int(tag.rpartition(" ")[2])


class _Trial(msgspec.Struct):
    org_id: int
    requests: list[str]


async def begin_trial(db: Any, trial_id: str, requests: dict[int, list[str]]) -> None:
    """Write down which requests are tried now, so that a crash can be counted."""
    await db.execute(TRIAL, trial_id, encode([_Trial(org_id, ids) for org_id, ids in requests.items()]))


async def end_trial(db: Any, trial_id: str, orgs: list[int]) -> None:
    """The trial is over; in the transaction of the effect."""
    await db.execute(TRIED, orgs, trial_id)


async def count_crashes(db: Any, *, age: float, most: int, now: datetime, reason: str) -> int:
    """Find trials older than `age` seconds whose worker died: their requests are not locked by anybody.

    A request that was there `most` times is set apart as a failure, so that it cannot stop the others. Returns how
    many were counted.
    """
    counted = 0
    for trial in await db.fetch(OLD_TRIALS, age):
        org_id, ids = trial["org_id"], msgspec.json.decode(trial["requests"])
        if not trial["pardoned"]:
            free = [row["id"] for row in await db.fetch(UNLOCKED, org_id, ids)]
            if len(free) < await db.fetchval(STILL_QUEUED, org_id, ids):
                continue  # somebody holds some of them: the trial lives
            if free:
                await db.execute(CRASHED, org_id, free)
                await db.execute(SET_ASIDE, org_id, free, now, reason, most)
                counted += len(free)
        await db.execute(TRIED, [org_id], trial["id"])
    return counted


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
OLD_TALLIES = "delete from async_tally t using org o where o.org_id = t.org_id and t.slot < $1"
AGAIN = """
update async_request r set state = 'queued', attempts = 0, crashes = 0, due_on = $2, finished_on = null, reason = null
from org o where r.org_id = o.org_id and r.id = $1 and r.state in ('failure', 'error', 'retry')
"""


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


async def forget_tallies(db: Any, before: datetime) -> None:
    """Remove counts that no rate asks for any more."""
    await db.execute(OLD_TALLIES, before)


async def again(db: Any, request_id: str, now: datetime) -> bool:
    """Put a request that did not succeed back into the queue; False when there is none."""
    tag: str = await db.execute(AGAIN, request_id, now)
    return tag != "UPDATE 0"
