"""Auto numbers and statistics."""

from __future__ import annotations

import asyncio
from typing import Any

NUMBERS = """
insert into counter as c (org_id, name, next)
select o.org_id, $2, $3::bigint + 1 from org o where o.org_id = $1
on conflict (org_id, name) do update set next = c.next + $3 returning next
"""

BLOCK = 1000


async def block(db: Any, org_id: int, name: str) -> tuple[int, int]:
    """Reserve the next block of auto numbers: first number, and the one after the last."""
    following: int = await db.fetchval(NUMBERS, org_id, name, BLOCK)
    return following - BLOCK, following


WRITERS = """
select l.virtualtransaction from pg_class c join pg_locks l on l.relation = c.oid
where c.oid = $1::text::regclass and l.mode = 'RowExclusiveLock' and l.granted and l.pid <> pg_backend_pid()
    and l.database = (select d.oid from pg_database d where d.datname = current_database())
"""


async def writers_gone(db: Any, table: str) -> None:
    """Return when every transaction that is writing to a table now has ended. Nobody is held up by that.

    A transaction has its lock on the table before it looks at the version of an organisation, see `write`. So who called
    this after the version moved knows: what was decided with older definitions is written, or never will be.
    """
    waiting = {row["virtualtransaction"] for row in await db.fetch(WRITERS, table)}
    while waiting:
        await asyncio.sleep(0.02)
        waiting &= {row["virtualtransaction"] for row in await db.fetch(WRITERS, table)}


# Tables whose statistics, if there are any, believe in far fewer rows than one process has written.
UNKNOWN = """
select relname from pg_class
where oid = any(array['lead', 'lead_key', 'activity', 'change', 'account', 'account_key',
    'async_request']::regclass[])
    and reltuples < $1::bigint / 10
"""


async def analyze(db: Any, written: int) -> None:
    """Make the statistics of record tables anew where they know nothing of the `written` rows.

    The plans of READ and WRITE follow them.
    """
    names = [row["relname"] for row in await db.fetch(UNKNOWN, written)]
    if names:
        await db.execute("analyze " + ", ".join(names))
