"""The WRITE of a batch: single-table statements over rows, sent as one statement or one by one."""

from __future__ import annotations

import functools
from collections.abc import Collection
from typing import Any

import msgspec

from fairlead.db.pool import Conflict
from fairlead.records import rows
from fairlead.records.picture import Picture
from fairlead.records.queries.encoding import encode

_TYPES = {
    rows.Lead: """org_id bigint, id uuid, version int, auto_id bigint, owner_id uuid, stage text, score bigint,
        engagement_score bigint, revenue numeric, account_id uuid, is_lead bool, created_by uuid,
        created_on timestamptz, modified_by uuid, modified_on timestamptz, touched_on timestamptz,
        first_activity_id uuid, first_activity_on timestamptz, last_activity_id uuid,
        last_activity_on timestamptz, last_activity_code int, fields jsonb""",
    rows.Activity: """org_id bigint, id uuid, version int, code int, lead_id uuid, account_id uuid,
        opportunity_id uuid, auto_id bigint, happened_on timestamptz, note text, owner_id uuid, status text,
        score int, locked bool, cancelled bool, created_by uuid, created_on timestamptz, modified_by uuid,
        modified_on timestamptz, fields jsonb""",
    rows.Account: """org_id bigint, id uuid, version int, code int, auto_id bigint, name text, owner_id uuid,
        stage text, created_by uuid, created_on timestamptz, modified_by uuid, modified_on timestamptz,
        last_activity_on timestamptz, fields jsonb""",
    rows.LeadKey: "org_id bigint, field text, value text, lead_id uuid",
    rows.AccountKey: "org_id bigint, code int, field text, value text, account_id uuid",
    rows.Change: """org_id bigint, record_id uuid, id uuid, code int, lead_id uuid, changed_on timestamptz,
        changed_by uuid, changes json""",
    rows.Task: """org_id bigint, id uuid, version int, auto_id bigint, type_id uuid, category int, name text,
        description text, location text, related int, lead_id uuid, opportunity_id uuid, owner_id uuid,
        due_on timestamptz, ends_on timestamptz, reminder int, reminder_days int, reminder_time text, notify text,
        completed_on timestamptz, created_by uuid, created_on timestamptz, modified_by uuid,
        modified_on timestamptz, fields jsonb""",
    rows.Note: """org_id bigint, id uuid, version int, lead_id uuid, text text, attachment text, created_by uuid,
        created_on timestamptz, modified_by uuid, modified_on timestamptz""",
}

_TYPES[rows.LeadCount] = """org_id bigint, id uuid, version int, score bigint,
        engagement_score bigint, touched_on timestamptz, first_activity_id uuid, first_activity_on timestamptz, last_activity_id uuid,
        last_activity_on timestamptz, last_activity_code int"""

_FIXED = {"org_id", "id", "version", "auto_id", "created_by", "created_on"}


def _insert(table: str, kind: Any) -> str:
    names = rows.columns[kind]
    values = ", ".join(_value(name) for name in kind.__struct_fields__)
    return (
        f"insert into {table} ({names}) select {values} from json_to_recordset($0::json) as n({_TYPES[kind]})"  # noqa: S608  names of ours
    )


def _value(name: str) -> str:
    """A column of the JSON rows: members at their default are left out there."""
    return f"coalesce(n.{name}, false)" if name in ("locked", "cancelled") else f"n.{name}"


def _update(table: str, kind: Any) -> str:
    """Write rows whose stored version is still the one that was read; the caller compares the count."""
    sets = ", ".join(f"{name} = {_value(name)}" for name in kind.__struct_fields__ if name not in _FIXED)
    return f"""update {table} t set version = t.version + 1, {sets}
        from json_to_recordset($0::json) as n({_TYPES[kind]})
        where t.org_id = n.org_id and t.id = n.id and t.version = n.version returning 1"""  # noqa: S608  names of ours


_STATEMENTS = {
    "account_new": _insert("account", rows.Account),
    "account_moved": _update("account", rows.Account),
    "account_key_gone": """delete from account_key k using json_to_recordset($0::json)
        as n(org_id bigint, code int, field text, value text, account_id uuid)
        where k.org_id = n.org_id and k.code = n.code and k.field = n.field and k.value = n.value
            and k.account_id = n.account_id""",
    "account_key_new": _insert("account_key", rows.AccountKey),
    "lead_new": _insert("lead", rows.Lead),
    "lead_moved": _update("lead", rows.Lead),
    "lead_counted": _update("lead", rows.LeadCount),
    "lead_key_gone": """delete from lead_key k using json_to_recordset($0::json)
        as n(org_id bigint, field text, value text, lead_id uuid)
        where k.org_id = n.org_id and k.field = n.field and k.value = n.value and k.lead_id = n.lead_id""",
    "lead_key_new": _insert("lead_key", rows.LeadKey),
    "activity_new": _insert("activity", rows.Activity),
    "activity_moved": _update("activity", rows.Activity),
    "change_new": _insert("change", rows.Change),
    "task_new": _insert("task", rows.Task),
    "task_moved": _update("task", rows.Task),
    "note_new": _insert("note", rows.Note),
    "note_moved": _update("note", rows.Note),
    # Last: it sees a version that moved while the others waited, see `upkeep.writers_gone`.
    "org_defined": """select 1 from json_to_recordset($0::json) as n(org_id bigint, version bigint)
        join org o on o.org_id = n.org_id and o.version = n.version""",
}
"""The write, in order: parents first, each statement over one table."""

_VERSIONED = ("account_moved", "lead_moved", "lead_counted", "activity_moved", "task_moved", "note_moved")
_COUNTED = (*_VERSIONED, "org_defined")


def add_statement(name: str, statement: str) -> None:
    """Announce a statement for rows of another table, written after the records; `$0` is its JSON parameter."""
    _STATEMENTS[name] = statement


class Moved(Conflict):
    """A row or a definition was changed by somebody else between READ and WRITE; nothing was written."""


class Defined(msgspec.Struct):
    """An organisation at the version of its definitions with which the write was decided."""

    org_id: int
    version: int


def changed(pictures: Collection[Picture]) -> dict[str, list[Any]]:
    """Rows to write, by statement, in the order of the statements; sorted so that writers never deadlock."""
    found: dict[str, list[Any]] = {name: [] for name in _STATEMENTS}
    for p in pictures:
        found["account_new"] += p.new_accounts.values()
        found["account_moved"] += p.dirty_accounts.values()
        found["account_key_gone"] += p.released_account_keys.values()
        found["account_key_new"] += p.new_account_keys.values()
        found["lead_new"] += p.new_leads.values()
        found["lead_moved"] += p.dirty_leads.values()
        found["lead_counted"] += [
            rows.LeadCount.of(lead) for id, lead in p.counted_leads.items() if id not in p.dirty_leads
        ]
        found["lead_key_gone"] += p.released.values()
        found["lead_key_new"] += p.claimed.values()
        found["activity_new"] += p.new_activities.values()
        found["activity_moved"] += p.dirty_activities.values()
        found["change_new"] += p.changes
        found["task_new"] += p.new_tasks.values()
        found["task_moved"] += p.dirty_tasks.values()
        found["note_new"] += p.new_notes.values()
        found["note_moved"] += p.dirty_notes.values()
        for name, some in p.extra.items():
            found[name] += some
    for name in _VERSIONED:
        found[name].sort(key=_by_id)
    for name in ("lead_key_gone", "lead_key_new", "account_key_gone", "account_key_new"):
        found[name].sort(key=_by_value)
    if any(found.values()):
        found["org_defined"] = [Defined(p.org_id, p.version) for p in pictures if p.version is not None]
    return {name: some for name, some in found.items() if some}


def _by_id(row: Any) -> tuple[int, str]:
    return row.org_id, row.id


def _by_value(row: Any) -> tuple[int, str, str]:
    return row.org_id, row.field, row.value


@functools.cache
def _write_statement(names: tuple[str, ...]) -> str:
    """All writes as one statement, atomic by itself. A moved version makes it fail: 1 / 0."""
    parts = [f"{name} as ({_STATEMENTS[name].replace('$0', f'${i}')})" for i, name in enumerate(names, 1)]
    counted = [name for name in names if name in _COUNTED]
    checks = " and ".join(
        f"(select count(*) from {name}) = ${len(names) + i}::bigint"  # noqa: S608  names of ours
        for i, name in enumerate(counted, 1)
    )
    return "with " + ",\n     ".join(parts) + f"\nselect 1 / ({checks or 'true'})::int"


async def write(db: Any, found: dict[str, list[Any]]) -> None:
    """Send the rows of `changed` as one statement.

    Raises asyncpg.DivisionByZeroError when a row had moved (see `Moved`), UniqueViolationError when a unique
    value was taken meanwhile; then nothing is written.
    """
    counts = [len(some) for name, some in found.items() if name in _COUNTED]
    await db.fetchrow(_write_statement(tuple(found)), *(encode(some) for some in found.values()), *counts)


async def write_in_steps(db: Any, found: dict[str, list[Any]]) -> None:
    """Send the rows of `changed` one statement after the other; the caller holds the transaction.

    Needed when a unique value is given up and taken again in one batch. Raises `Moved`.
    """
    for name, some in found.items():
        done = await db.fetch(_STATEMENTS[name].replace("$0", "$1"), encode(some))
        if name in _COUNTED and len(done) != len(some):
            raise Moved


def needs_steps(found: dict[str, list[Any]]) -> bool:
    """True when a unique value is released and claimed in the same write."""
    gone = {_by_value(key) for key in found.get("lead_key_gone", ())}
    new = {_by_value(key) for key in found.get("lead_key_new", ())}
    gone_accounts = {(key.code, *_by_value(key)) for key in found.get("account_key_gone", ())}
    new_accounts = {(key.code, *_by_value(key)) for key in found.get("account_key_new", ())}
    return not gone.isdisjoint(new) or not gone_accounts.isdisjoint(new_accounts)


WITNESS = "select exists (select 1 from change where org_id = $1 and record_id = $2 and id = $3)"
WITNESS_ACTIVITY = "select exists (select 1 from activity where org_id = $1 and id = $2)"
WITNESS_TASK = "select exists (select 1 from task where org_id = $1 and id = $2 and modified_on = $3)"
WITNESS_NOTE = "select exists (select 1 from note where org_id = $1 and id = $2 and modified_on = $3)"


async def is_written(db: Any, found: dict[str, list[Any]]) -> bool:
    """After a connection was lost while writing: is the write there? Asks for one of its rows."""
    if some := found.get("activity_new"):
        return bool(await db.fetchval(WITNESS_ACTIVITY, some[0].org_id, some[0].id))
    if some := found.get("change_new"):
        return bool(await db.fetchval(WITNESS, some[0].org_id, some[0].record_id, some[0].id))
    if some := found.get("task_new") or found.get("task_moved"):
        return bool(await db.fetchval(WITNESS_TASK, some[0].org_id, some[0].id, some[0].modified_on))
    if some := found.get("note_new") or found.get("note_moved"):
        return bool(await db.fetchval(WITNESS_NOTE, some[0].org_id, some[0].id, some[0].modified_on))
    return False
