"""Every SQL statement of the queue's screens, for reading. Numbers are the organisation's; requests those one may see.

Everywhere $2 is the user whose requests are all that the reader may see, or null.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec


class Listed(msgspec.Struct):
    """A request in the list."""

    id: str
    operation: str
    record: str
    user_id: str
    state: str
    attempts: int
    crashes: int
    accepted_on: datetime
    due_on: datetime
    finished_on: datetime | None
    reason: str | None


class Whole(Listed):
    """A request with what was sent and what came of it; long texts are cut, the sizes are of the whole."""

    query: dict[str, str]
    body: str
    body_size: int
    reply: str | None
    reply_size: int
    callback_url: str | None


class Minute(msgspec.Struct):
    """Finished requests of an operation in the minute that begins then."""

    minute: datetime
    operation: str
    finished: int


class Gauge(msgspec.Struct):
    """How many requests waited at the beginning of a minute, and for how many seconds the oldest had."""

    minute: datetime
    waiting: int
    delay: int


_COLUMNS = """r.id::text as id, r.operation, r.record, r.user_id::text as user_id, r.state, r.attempts, r.crashes,
    r.accepted_on, r.due_on, r.finished_on, r.reason"""

_CHOSEN = """from async_request r
where r.org_id = $1 and ($2::uuid is null or r.user_id = $2) and ($3::text[] is null or r.state = any($3))
    and ($4::text is null or r.operation = $4) and ($5::text[] is null or r.record = any($5) or r.id::text = any($5))
    and ($6::timestamptz is null or r.finished_on >= $6)"""

# Ids rise with time: newest first is a walk along the primary key, also to count the first of them.
LISTED = f"""
select {_COLUMNS} {_CHOSEN} order by r.id desc offset $7 limit $8
"""
COUNTED = f"""
select count(*) from (select 1 {_CHOSEN} order by r.id desc limit $7) r
"""

ONE = f"""
select {_COLUMNS}, r.query::text as query, left(r.body, $4) as body, length(r.body) as body_size,
    left(r.reply, $4) as reply, coalesce(length(r.reply), 0) as reply_size,
    r.callback_url
from async_request r
where r.org_id = $1 and ($2::uuid is null or r.user_id = $2) and r.id = $3
"""

FINISHED = """
select date_trunc('minute', t.slot) as minute, t.operation, sum(t.finished)::bigint as finished
from async_tally t where t.org_id = $1 and t.slot >= $2
group by 1, 2
"""

GAUGES = """
select g.slot as minute, g.waiting, g.delay from async_gauge g where g.org_id = $1 and g.slot >= $2
"""


class Chosen(msgspec.Struct, kw_only=True):
    """Requests in these states, of this operation, about one of these records or with such an id; None: any.

    With `since`, only those that were finished from then on.
    """

    states: list[str] | None
    operation: str | None
    records: list[str] | None
    since: datetime | None


async def listed(
    db: Any, org_id: int, user_id: str | None, chosen: Chosen, *, offset: int, limit: int
) -> list[Listed]:
    """The requests that are chosen, newest first."""
    rows = await db.fetch(LISTED, org_id, user_id, *msgspec.structs.astuple(chosen), offset, limit)
    return [Listed(**row) for row in rows]


async def counted(db: Any, org_id: int, user_id: str | None, chosen: Chosen, *, most: int) -> int:
    """How many are chosen; of more than `most`, `most`."""
    return int(await db.fetchval(COUNTED, org_id, user_id, *msgspec.structs.astuple(chosen), most))


async def one(db: Any, org_id: int, user_id: str | None, request_id: str, *, most: int) -> Whole | None:
    """A request, texts up to so many characters; None when there is none that one may see."""
    row = await db.fetchrow(ONE, org_id, user_id, request_id, most)
    if row is None:
        return None
    given = dict(row)
    return Whole(query=msgspec.json.decode(given.pop("query")), **given)


async def finished(db: Any, org_id: int, since: datetime) -> list[Minute]:
    """Finished requests per minute and operation; counts are kept for an hour."""
    return [Minute(**row) for row in await db.fetch(FINISHED, org_id, since)]


async def gauges(db: Any, org_id: int, since: datetime) -> list[Gauge]:
    """What waited, by minute; kept for an hour. A minute in which nothing did, or no worker looked, is not there."""
    return [Gauge(**row) for row in await db.fetch(GAUGES, org_id, since)]
