"""Statements about deliveries: what is to be sent to somebody's address, when, and what came of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec

from fairlead.records.queries import encode

CALLBACK = "callback"
"""Tells about a queued request: `about` is its id. Signed with the secret of an async key."""

STATUS_WEBHOOK = "status-webhook"
"""Tells what became of a job: `about` is the id of the call that ordered it. The vendor's, so it is not signed."""


class NewDelivery(msgspec.Struct):
    """Something to be sent; `kind` says what `about` is the id of, `key_id` is the async key whose secret signs."""

    org_id: int
    id: str
    kind: str
    about: str
    key_id: str | None
    url: str
    body: str
    created_on: datetime


class Due(msgspec.Struct):
    """A delivery as the sender takes it."""

    org_id: int
    id: str
    kind: str
    key_id: str | None
    url: str
    body: str
    attempts: int


class Sent(msgspec.Struct):
    """What came of an attempt: the state now, the HTTP status if there was an answer, and why it did not do."""

    state: str
    due_on: datetime
    finished_on: datetime | None
    status: int | None
    reason: str | None


class Told(msgspec.Struct):
    """A delivery as screens show it."""

    id: str
    url: str
    state: str
    attempts: int
    created_on: datetime
    due_on: datetime
    finished_on: datetime | None
    status: int | None
    reason: str | None


# A worker whose commit was lost decides anew, and makes deliveries of other ids: nothing is there twice.
NEW = """
insert into delivery (org_id, id, kind, about, key_id, url, body, state, attempts, created_on, due_on)
select n.org_id, n.id, n.kind, n.about, n.key_id, n.url, n.body, 'due', 0, n.created_on, n.created_on
from json_to_recordset($1::json) as n(org_id bigint, id uuid, kind text, about uuid, key_id uuid, url text, body text,
    created_on timestamptz)
"""

# Up to `$4` of every organisation, less what is being sent for it (`$5`, `$6`). Until `$2` they are the taker's: who
# dies over them loses them to the next one then.
TAKE = """
update delivery d set due_on = $2 from (
    select o.org_id, w.id from org o
    left join unnest($5::bigint[], $6::int[]) as r(org_id, running) on r.org_id = o.org_id
    cross join lateral (
        select q.id, q.due_on from delivery q
        where q.org_id = o.org_id and q.state = 'due' and q.due_on <= $1
        order by q.due_on limit greatest($4 - coalesce(r.running, 0), 0) for update skip locked
    ) as w
    order by w.due_on limit $3
) as taken
where d.org_id = taken.org_id and d.id = taken.id and d.state = 'due' and d.due_on <= $1
returning d.org_id, d.id::text as id, d.kind, d.key_id::text as key_id, d.url, d.body, d.attempts
"""
# Nothing when somebody else has sent it meanwhile, because this sender was slower than its time.
STORE = """
update delivery d set state = $4, attempts = d.attempts + 1, due_on = $5, finished_on = $6, status = $7, reason = $8
where d.org_id = $1 and d.id = $2 and d.state = 'due' and d.attempts = $3
"""
# The digest of a key is its address in the directory, see decision 0010.
DIGEST = "select d.value from directory d where d.kind = 'async_key' and d.org_id = $1 and d.id = $2"
ABOUT = """
select d.id::text as id, d.url, d.state, d.attempts, d.created_on, d.due_on, d.finished_on, d.status, d.reason
from delivery d where d.org_id = $1 and d.about = $2 order by d.id desc limit $3
"""
EXPIRED = """
delete from delivery d using org o cross join lateral (
    select e.org_id, e.id from delivery e
    where e.org_id = o.org_id and e.finished_on < $1 order by e.finished_on limit $2 for update skip locked) as old
where d.org_id = old.org_id and d.id = old.id
"""


async def add(db: Any, deliveries: list[NewDelivery]) -> None:
    """Store what is to be sent; in the transaction of what it tells about."""
    await db.execute(NEW, encode(deliveries))


async def take(
    db: Any, now: datetime, *, lease: timedelta, most: int, each: int, running: dict[int, int]
) -> list[Due]:
    """Take up to `most` that are due, of each organisation so many that no more than `each` run at a time."""
    rows = await db.fetch(TAKE, now, now + lease, most, each, list(running), list(running.values()))
    return [Due(**row) for row in rows]


async def store(db: Any, taken: Due, sent: Sent) -> bool:
    """Store what came of an attempt; False when somebody else did so meanwhile."""
    tag: str = await db.execute(STORE, taken.org_id, taken.id, taken.attempts, *msgspec.structs.astuple(sent))
    return tag != "UPDATE 0"


async def digest(db: Any, org_id: int, key_id: str) -> str | None:
    """The SHA-256 of an async key, as hex; None when the key is gone."""
    found: str | None = await db.fetchval(DIGEST, org_id, key_id)
    return found


async def about(db: Any, org_id: int, id: str, most: int = 20) -> list[Told]:
    """The newest deliveries about a request."""
    return [Told(**row) for row in await db.fetch(ABOUT, org_id, id, most)]


async def expire(db: Any, before: datetime, most: int) -> int:
    """Remove up to `most` that ended before then; returns how many."""
    tag: str = await db.execute(EXPIRED, before, most)
    return int(tag.rpartition(" ")[2])
