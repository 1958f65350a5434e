"""Every SQL statement of importing.

What an import did and how far it is are written by the batch itself: `import_step` and its like are announced here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from fairlead.leads.transfer.uploads import Row
from fairlead.records.queries import add_statement
from fairlead.records.rows import Lead

ACTIVE = ("checking", "running")
"""States in which the server works on a run."""


class Import(msgspec.Struct, kw_only=True):
    """An uploaded file and what became of it; the columns of `import_run`."""

    org_id: int
    id: str
    user_id: str
    name: str
    encoding: str
    delimiter: str
    headers: list[str]
    row_count: int
    chunk_count: int
    mapping: list[str]
    mode: str
    search_by: str
    blank: str
    state: str
    attempt: int
    next_chunk: int
    created: int
    updated: int
    unchanged: int
    failed: int
    reason: str | None
    uploaded_on: datetime
    started_on: datetime | None
    finished_on: datetime | None

    @property
    def done(self) -> int:
        """Rows that were decided."""
        return self.created + self.updated + self.unchanged + self.failed

    @property
    def is_active(self) -> bool:
        """The server works on it."""
        return self.state in ACTIVE


_read_run = msgspec.json.Decoder(Import).decode
_read_runs = msgspec.json.Decoder(list[Import]).decode
_read_rows = msgspec.json.Decoder(list[Row]).decode
_read_lead = msgspec.json.Decoder(Lead, float_hook=Decimal).decode

# WHAT A BATCH WRITES -----------------------------------------------------------------------------------


class Step(msgspec.Struct):
    """A chunk of a run that was decided: how many rows were what."""

    org_id: int
    run_id: str
    attempt: int
    number: int
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    failed: int = 0


class Refusal(msgspec.Struct):
    """A row that was refused; `cells` is JSON."""

    org_id: int
    run_id: str
    number: int
    reason: str
    cells: str


class Notice(msgspec.Struct):
    """A value that is none of the options of its field: `Source=Fair`, and in how many rows."""

    org_id: int
    run_id: str
    value: str
    rows: int


class Shadow(msgspec.Struct):
    """What a check would have written, see the table; `lead` is JSON."""

    org_id: int
    run_id: str
    field: str
    value: str
    lead_id: str | None = None
    lead: str | None = None


# A chunk that was decided already, by another process or under another attempt, makes the whole write fail: 1 / 0.
_STEP = """
update import_run r set next_chunk = r.next_chunk + 1 / (r.attempt = n.attempt and r.next_chunk = n.number)::int,
    created = r.created + n.created, updated = r.updated + n.updated, unchanged = r.unchanged + n.unchanged,
    failed = r.failed + n.failed
from json_to_recordset($0::json) as n(org_id bigint, run_id uuid, attempt int, number int, created int, updated int,
    unchanged int, failed int)
where r.org_id = n.org_id and r.id = n.run_id
"""
_REFUSAL = """
insert into import_refusal (org_id, run_id, number, reason, cells)
select n.org_id, n.run_id, n.number, n.reason, n.cells
from json_to_recordset($0::json) as n(org_id bigint, run_id uuid, number int, reason text, cells text)
"""
_SHADOW = """
insert into import_shadow (org_id, run_id, field, value, lead_id, lead)
select n.org_id, n.run_id, n.field, n.value, n.lead_id, n.lead
from json_to_recordset($0::json) as n(org_id bigint, run_id uuid, field text, value text, lead_id uuid, lead text)
on conflict (org_id, run_id, field, value) do update set lead_id = excluded.lead_id, lead = excluded.lead
"""
_NOTICE = """
insert into import_notice as t (org_id, run_id, value, rows) select n.org_id, n.run_id, n.value, n.rows
from json_to_recordset($0::json) as n(org_id bigint, run_id uuid, value text, rows int)
on conflict (org_id, run_id, value) do update set rows = t.rows + excluded.rows
"""
STEP, REFUSED, SHADOWED, NOTICED = (
    "import_step",
    "import_refusal_new",
    "import_shadow_new",
    "import_notice_new",
)
add_statement(STEP, _STEP)
add_statement(REFUSED, _REFUSAL)
add_statement(SHADOWED, _SHADOW)
add_statement(NOTICED, _NOTICE)

# UPLOADS -----------------------------------------------------------------------------------------------

NEW = """
insert into import_run (org_id, id, user_id, name, encoding, delimiter, headers, row_count, chunk_count, mapping, mode,
    search_by, blank, state, attempt, next_chunk, created, updated, unchanged, failed, uploaded_on)
select n.org_id, n.id, n.user_id, n.name, n.encoding, n.delimiter, n.headers, 0, 0, n.mapping, n.mode, n.search_by,
    n.blank, 'new', 0, 0, 0, 0, 0, 0, n.uploaded_on
from json_to_record($1::json) as n(org_id bigint, id uuid, user_id uuid, name text, encoding text, delimiter text,
    headers jsonb, mapping jsonb, mode text, search_by text, blank text, uploaded_on timestamptz)
"""
NEW_CHUNK = "insert into import_chunk (org_id, run_id, number, rows) values ($1, $2, $3, $4)"
COUNTED = "update import_run set row_count = $3, chunk_count = $4 where org_id = $1 and id = $2"


class Uploaded(msgspec.Struct):
    """A run as it begins: the file, and the guess at its mapping."""

    org_id: int
    id: str
    user_id: str
    name: str
    encoding: str
    delimiter: str
    headers: list[str]
    mapping: list[str]
    mode: str
    search_by: str
    blank: str
    uploaded_on: datetime


async def insert(db: Any, run: Uploaded) -> None:
    """A new run, without rows yet."""
    await db.execute(NEW, msgspec.json.encode(run).decode())


async def insert_chunks(db: Any, org_id: int, run_id: str, first: int, chunks: Sequence[list[Row]]) -> None:
    """Rows of the file, `first` is the number of the first chunk."""
    rows = [
        (org_id, run_id, number, msgspec.json.encode(chunk).decode())
        for number, chunk in enumerate(chunks, first)
    ]
    await db.executemany(NEW_CHUNK, rows)


async def set_counts(db: Any, org_id: int, run_id: str, rows: int, chunks: int) -> None:
    """How much the file holds, once all of it is stored."""
    await db.execute(COUNTED, org_id, run_id, rows, chunks)


# RUNS --------------------------------------------------------------------------------------------------

# $2 is the user whose runs are all that the reader may see, or null.
LISTED = """
select json_agg(s order by s.uploaded_on desc, s.id desc)::text from (
    select r.* from import_run r where r.org_id = $1 and ($2::uuid is null or r.user_id = $2)
    order by r.uploaded_on desc, r.id desc limit $3) s
"""
ONE = """
select row_to_json(r)::text from import_run r
where r.org_id = $1 and ($2::uuid is null or r.user_id = $2) and r.id = $3
"""
CHUNK = "select c.rows from import_chunk c where c.org_id = $1 and c.run_id = $2 and c.number = $3"
REFUSALS = """
select f.number, f.reason, f.cells from import_refusal f
where f.org_id = $1 and f.run_id = $2 and f.number > $3 order by f.number limit $4
"""


NOTICES = """
select n.value, n.rows from import_notice n where n.org_id = $1 and n.run_id = $2 order by n.rows desc, n.value limit $3
"""


async def listed(db: Any, org_id: int, user_id: str | None, most: int) -> list[Import]:
    """The newest runs."""
    text = await db.fetchval(LISTED, org_id, user_id, most)
    return _read_runs(text) if text else []


async def one(db: Any, org_id: int, user_id: str | None, run_id: str) -> Import | None:
    """A run; None when there is none that one may see."""
    text = await db.fetchval(ONE, org_id, user_id, run_id)
    return _read_run(text) if text else None


async def chunk(db: Any, org_id: int, run_id: str, number: int) -> list[Row]:
    """The rows of a chunk; none after the last."""
    text = await db.fetchval(CHUNK, org_id, run_id, number)
    return _read_rows(text) if text else []


async def refusals(db: Any, run: Import, after: int, most: int) -> list[tuple[int, str, list[str]]]:
    """Rows that were refused, in the order of the file: number, reason, cells. `after` is the last number known."""
    rows = await db.fetch(REFUSALS, run.org_id, run.id, after, most)
    return [(row["number"], row["reason"], msgspec.json.decode(row["cells"])) for row in rows]


async def notices(db: Any, run: Import, most: int) -> list[tuple[str, int]]:
    """Values that are none of the options of their field, the most frequent first: `Source=Fair` and its rows."""
    return [(row["value"], row["rows"]) for row in await db.fetch(NOTICES, run.org_id, run.id, most)]


# Whoever holds the row decides: a button that is pressed twice, or too late, does nothing.
BEGIN = """
update import_run r set state = $4, attempt = r.attempt + 1, next_chunk = 0, created = 0, updated = 0, unchanged = 0,
    failed = 0, reason = null, started_on = $5, finished_on = null, worker = null, leased_until = null,
    mapping = $6::text::jsonb, mode = $7, search_by = $8, blank = $9
where r.org_id = $1 and r.id = $2 and r.state = any($3::text[])
"""
FORGET_REFUSALS = "delete from import_refusal f where f.org_id = $1 and f.run_id = $2"
FORGET_NOTICES = "delete from import_notice n where n.org_id = $1 and n.run_id = $2"
FORGET_SHADOWS = "delete from import_shadow s where s.org_id = $1 and s.run_id = $2"
MOVE = """
update import_run r set state = $4, reason = $5, finished_on = $6, leased_until = null
where r.org_id = $1 and r.id = $2 and r.state = any($3::text[])
"""
DELETE = """
delete from import_run r where r.org_id = $1 and r.id = $2 and r.state <> all($3::text[])
"""


async def begin(
    db: Any,
    run: Import,
    state: str,
    *,
    now: datetime,
    mapping: list[str],
    mode: str,
    search_by: str,
    blank: str,
) -> bool:
    """Begin to check or to run from the first row; inside a transaction. False when it is not the time for it."""
    text = msgspec.json.encode(mapping).decode()
    before = ["new", "checked"]
    tag = await db.execute(BEGIN, run.org_id, run.id, before, state, now, text, mode, search_by, blank)
    if tag != "UPDATE 1":
        return False
    for statement in (FORGET_REFUSALS, FORGET_NOTICES, FORGET_SHADOWS):
        await db.execute(statement, run.org_id, run.id)
    return True


async def move(
    db: Any,
    run: Import,
    before: Iterable[str],
    state: str,
    *,
    reason: str | None = None,
    finished_on: datetime | None = None,
) -> bool:
    """Take a run from one of these states to another. False when it is in none of them."""
    done: str = await db.execute(MOVE, run.org_id, run.id, list(before), state, reason, finished_on)
    return done == "UPDATE 1"


async def forget_shadows(db: Any, run: Import) -> None:
    """After a check: what it would have written is not needed any more."""
    await db.execute(FORGET_SHADOWS, run.org_id, run.id)


async def delete(db: Any, run: Import) -> bool:
    """Remove a run with all its rows, inside a transaction; False while the server works on it."""
    if await db.execute(DELETE, run.org_id, run.id, list(ACTIVE)) != "DELETE 1":
        return False
    await db.execute(FORGET_SHADOWS, run.org_id, run.id)
    return True


# WORKING -----------------------------------------------------------------------------------------------

# Of all organisations: a poll along a partial index. What another process works on is left to it until its lease ends.
TAKE = """
update import_run r set worker = $1, leased_until = $3
from (
    select w.org_id, w.id from import_run w
    where w.state in ('checking', 'running') and (w.worker = $1 or w.leased_until is null or w.leased_until < $2)
    order by w.leased_until nulls first limit $4 for update skip locked) as free
where r.org_id = free.org_id and r.id = free.id
returning row_to_json(r)::text
"""
RELEASE = """
update import_run r set leased_until = null
from org o where o.org_id = r.org_id and r.worker = $1 and r.state in ('checking', 'running')
"""
EXPIRED = """
with old as (
    delete from import_run r using org o
    where r.org_id = o.org_id and r.uploaded_on < $1 and r.state not in ('checking', 'running')
    returning r.org_id, r.id)
delete from import_shadow s using old where s.org_id = old.org_id and s.run_id = old.id
"""
SHADOWS = """
with held as (
    select s.field, s.value, s.lead_id from unnest($3::text[], $4::text[]) as n(field, value)
    join import_shadow s on s.org_id = $1 and s.run_id = $2 and s.field = n.field and s.value = n.value)
select h.field, h.value, h.lead_id::text as lead_id, l.lead from held h
left join import_shadow l on l.org_id = $1 and l.run_id = $2 and l.field = '' and l.value = h.lead_id::text
"""


async def take(db: Any, worker: str, now: datetime, until: datetime, most: int) -> list[Import]:
    """Runs to work on: those of this worker, and those that nobody works on. Nobody else takes them until then."""
    return [_read_run(row[0]) for row in await db.fetch(TAKE, worker, now, until, most)]


async def release(db: Any, worker: str) -> None:
    """Leave the runs of this worker to others at once."""
    await db.execute(RELEASE, worker)


async def expire(db: Any, before: datetime) -> None:
    """Remove runs that were uploaded before then, with all their rows."""
    await db.execute(EXPIRED, before)


async def shadows(
    db: Any, run: Import, keys: Sequence[tuple[str, str]]
) -> tuple[dict[tuple[str, str], str | None], dict[str, Lead]]:
    """Of these unique values: who would hold them (None: nobody), and those leads, as the check left them."""
    names, values = [field for field, _ in keys], [value for _, value in keys]
    rows = await db.fetch(SHADOWS, run.org_id, run.id, names, values)
    holders = {(row["field"], row["value"]): row["lead_id"] for row in rows}
    return holders, {row["lead_id"]: _read_lead(row["lead"]) for row in rows if row["lead"]}
