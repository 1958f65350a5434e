"""Statements about requests whose end is not a worker's: set apart after crashes, given up by hand, put back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from fairlead.wire.queue.queries.working import FREED, TRIED


class Ended(msgspec.Struct):
    """A request that is final now, as its status tells; `callback_url` when somebody wants to be told."""

    org_id: int
    id: str
    operation: str
    state: str
    reason: str | None
    body: str
    reply: str | None
    callback_url: str | None
    callback_key_id: str | None


_ENDED = """org_id, id::text as id, operation, state, reason, body, reply, callback_url,
    callback_key_id::text as callback_key_id"""

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
SET_ASIDE = f"""
with done as (
    update async_request r set state = 'failure', finished_on = $3, reason = $4
    where r.org_id = $1 and r.id = any($2::uuid[]) and r.state = 'queued' and r.crashes >= $5
    returning r.*, true as final
), freed as ({FREED})
select {_ENDED} from done
"""  # noqa: S608  statements of ours
AGAIN = """
update async_request r set state = 'queued', attempts = 0, crashes = 0, due_on = $2, finished_on = null, reason = null
from org o where r.org_id = o.org_id and r.id = $1 and r.state in ('failure', 'error', 'retry')
"""
# One that a worker holds is decided there: this waits for it and then finds it ended, or waiting as before.
GIVEN_UP = f"""
with done as (
    update async_request r set state = 'failure', finished_on = $2, reason = $3
    from org o where r.org_id = o.org_id and r.id = $1 and r.finished_on is null
    returning r.*, true as final
), freed as ({FREED})
select {_ENDED} from done
"""  # noqa: S608  statements of ours


async def count_crashes(
    db: Any, *, age: float, most: int, now: datetime, reason: str
) -> tuple[int, list[Ended]]:
    """Find trials older than `age` seconds whose worker died: their requests are not locked by anybody.

    A request that was there `most` times is set apart as a failure, so that it cannot stop the others. Returns how
    many were counted, and those set apart.
    """
    counted = 0
    ended: list[Ended] = []
    for trial in await db.fetch(OLD_TRIALS, age):
        org_id, ids = trial["org_id"], msgspec.json.decode(trial["requests"])
        if not trial["pardoned"]:
            free = [row["id"] for row in await db.fetch(UNLOCKED, org_id, ids)]
            if len(free) < await db.fetchval(STILL_QUEUED, org_id, ids):
                continue  # somebody holds some of them: the trial lives
            if free:
                await db.execute(CRASHED, org_id, free)
                ended += [Ended(**row) for row in await db.fetch(SET_ASIDE, org_id, free, now, reason, most)]
                counted += len(free)
        await db.execute(TRIED, [org_id], trial["id"])
    return counted, ended


async def again(db: Any, request_id: str, now: datetime) -> bool:
    """Put a request that did not succeed back into the queue; False when there is none."""
    tag: str = await db.execute(AGAIN, request_id, now)
    return tag != "UPDATE 0"


async def give_up(db: Any, request_id: str, now: datetime, reason: str) -> Ended | None:
    """End a request that waits, as a failure for this reason; None when there is none."""
    row = await db.fetchrow(GIVEN_UP, request_id, now, reason)
    return Ended(**row) if row is not None else None
