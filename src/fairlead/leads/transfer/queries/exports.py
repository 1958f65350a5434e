"""Every SQL statement of exporting."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from fairlead.leads import criteria
from fairlead.leads.queries import SeenLead

ACTIVE = ("waiting", "running")
"""States in which the server works on an export."""


class Export(msgspec.Struct, kw_only=True):
    """Leads that were asked for as a file, and how far it is; the columns of `export_run`."""

    org_id: int
    id: str
    user_id: str
    view: str
    columns: list[str]
    state: str
    attempt: int
    total: int | None
    written: int
    reason: str | None
    asked_on: datetime
    finished_on: datetime | None

    @property
    def is_active(self) -> bool:
        """The server works on it."""
        return self.state in ACTIVE


_read_run = msgspec.json.Decoder(Export).decode
_read_runs = msgspec.json.Decoder(list[Export]).decode
_read_lead = msgspec.json.Decoder(SeenLead, float_hook=Decimal).decode

NEW = """
insert into export_run (org_id, id, user_id, view, columns, state, attempt, written, asked_on)
values ($1, $2, $3, $4, $5::text::jsonb, 'waiting', 0, 0, $6)
"""
# $2 is the user whose exports are all that the reader may see, or null.
LISTED = """
select json_agg(s order by s.asked_on desc, s.id desc)::text from (
    select r.* from export_run r where r.org_id = $1 and ($2::uuid is null or r.user_id = $2)
    order by r.asked_on desc, r.id desc limit $3) s
"""
ONE = """
select row_to_json(r)::text from export_run r
where r.org_id = $1 and ($2::uuid is null or r.user_id = $2) and r.id = $3
"""
CANCEL = """
update export_run r set state = 'cancelled', finished_on = $3
where r.org_id = $1 and r.id = $2 and r.state in ('waiting', 'running')
"""
DELETE = (
    "delete from export_run r where r.org_id = $1 and r.id = $2 and r.state not in ('waiting', 'running')"
)
PARTS = "select p.text from export_part p where p.org_id = $1 and p.run_id = $2 and p.number = $3"


async def insert(
    db: Any, org_id: int, run_id: str, user_id: str, view: str, columns: list[str], now: datetime
) -> None:
    """Ask for an export."""
    await db.execute(NEW, org_id, run_id, user_id, view, msgspec.json.encode(columns).decode(), now)


async def listed(db: Any, org_id: int, user_id: str | None, most: int) -> list[Export]:
    """The newest exports."""
    text = await db.fetchval(LISTED, org_id, user_id, most)
    return _read_runs(text) if text else []


async def one(db: Any, org_id: int, user_id: str | None, run_id: str) -> Export | None:
    """An export; None when there is none that one may see."""
    text = await db.fetchval(ONE, org_id, user_id, run_id)
    return _read_run(text) if text else None


async def cancel(db: Any, run: Export, now: datetime) -> None:
    """Stop an export that is not done."""
    await db.execute(CANCEL, run.org_id, run.id, now)


async def delete(db: Any, run: Export) -> bool:
    """Remove an export with its file; False while the server works on it."""
    return bool(await db.execute(DELETE, run.org_id, run.id) == "DELETE 1")


async def part(db: Any, run: Export, number: int) -> str | None:
    """A piece of the file; None after the last."""
    text: str | None = await db.fetchval(PARTS, run.org_id, run.id, number)
    return text


# WORKING -----------------------------------------------------------------------------------------------

# Of all organisations: a poll along a partial index. Whoever takes an export begins it anew.
TAKE = """
update export_run r set state = 'running', attempt = r.attempt + 1, written = 0, worker = $1, leased_until = $3
from (
    select w.org_id, w.id from export_run w
    where w.state in ('waiting', 'running') and (w.leased_until is null or w.leased_until < $2)
    order by w.asked_on limit 1 for update skip locked) as free
where r.org_id = free.org_id and r.id = free.id
returning row_to_json(r)::text
"""
RELEASE = """
update export_run r set leased_until = null
from org o where o.org_id = r.org_id and r.worker = $1 and r.state = 'running'
"""
EXPIRED = """
delete from export_run r using org o
where r.org_id = o.org_id and r.asked_on < $1 and r.state not in ('waiting', 'running')
"""
FORGET_PARTS = "delete from export_part p where p.org_id = $1 and p.run_id = $2"
COUNTED = """
update export_run r set total = $4 where r.org_id = $1 and r.id = $2 and r.attempt = $3 and r.state = 'running'
"""
# Who was cancelled, or took so long that another process began anew, adds nothing.
ADD = """
with mine as (
    update export_run r set written = $5, leased_until = $6
    where r.org_id = $1 and r.id = $2 and r.attempt = $3 and r.state = 'running' returning r.org_id, r.id)
insert into export_part (org_id, run_id, number, text) select m.org_id, m.id, $4, $7 from mine m where m.org_id = $1
"""
END = """
update export_run r set state = $4, reason = $5, finished_on = $6, leased_until = null
where r.org_id = $1 and r.id = $2 and r.attempt = $3 and r.state = 'running'
"""


async def take(db: Any, worker: str, now: datetime, until: datetime) -> Export | None:
    """An export to work on; its file is empty again. Nobody else takes it until then."""
    rows = await db.fetch(TAKE, worker, now, until)
    if not rows:
        return None
    run = _read_run(rows[0][0])
    await db.execute(FORGET_PARTS, run.org_id, run.id)
    return run


async def release(db: Any, worker: str) -> None:
    """Leave the export of this worker to others at once."""
    await db.execute(RELEASE, worker)


async def expire(db: Any, before: datetime) -> None:
    """Remove exports that were asked for before then, with their files."""
    await db.execute(EXPIRED, before)


async def set_total(db: Any, run: Export, total: int) -> None:
    """How many leads the file will hold."""
    await db.execute(COUNTED, run.org_id, run.id, run.attempt, total)


async def add(db: Any, run: Export, number: int, text: str, *, written: int, until: datetime) -> bool:
    """A piece of the file, with `written` leads in all. False when the export is not this worker's any more."""
    tag = await db.execute(ADD, run.org_id, run.id, run.attempt, number, written, until, text)
    return bool(tag == "INSERT 0 1")


async def end(db: Any, run: Export, state: str, now: datetime, reason: str | None = None) -> None:
    """The file is complete, or will not be."""
    await db.execute(END, run.org_id, run.id, run.attempt, state, reason, now)


# `where` and `order` are of `criteria`, whose expressions say `lead`.
COUNT = "select count(lead.org_id) from lead where {where}"  # `where` begins with lead.org_id = $1
LEADS = """
select row_to_json(s)::text from (
    select lead.*, (select a.code from account a where a.org_id = lead.org_id and a.id = lead.account_id) as account_code
    from lead where {where} order by {order}) s
"""


async def count(db: Any, org_id: int, owner_id: str | None, condition: criteria.Condition) -> int:
    """How many leads meet a condition."""
    where, values = criteria.where(org_id, owner_id, condition)
    return int(await db.fetchval(COUNT.format(where=where), *values))


async def leads(
    db: Any,
    org_id: int,
    owner_id: str | None,
    condition: criteria.Condition,
    sort: criteria.Attribute,
    *,
    descending: bool,
    page: int,
) -> AsyncIterator[list[SeenLead]]:
    """All leads that meet a condition, some at a time through a cursor; inside a transaction."""
    where, values = criteria.where(org_id, owner_id, condition)
    order = criteria.order(sort, descending=descending)
    statement = LEADS.format(where=where, order=order)
    cursor = await db.cursor(statement, *values)
    while rows := await cursor.fetch(page):
        yield [_read_lead(row[0]) for row in rows]
