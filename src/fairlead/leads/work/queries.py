"""The tasks and notes of a lead, for its page: what is open, and what happened."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from fairlead.records.rows import Note, Task

_read_task = msgspec.json.Decoder(Task).decode
_read_tasks = msgspec.json.Decoder(list[Task]).decode
_read_note = msgspec.json.Decoder(Note).decode

# $3 and $4 where the page before ended, null for the newest; $5 how many; $6 and $7 which of them are told. A task has
# happened once it is complete; until then it is among those that are to be done.
HAPPENED = """
select s.kind, s.row from (
    (select n.created_on as happened, n.id, 'note' as kind, row_to_json(n)::text as row from note n
        where $6 and n.org_id = $1 and n.lead_id = $2
            and ($3::timestamptz is null or (n.created_on, n.id) < ($3, $4::uuid))
        order by n.created_on desc, n.id desc limit $5)
    union all
    (select t.completed_on, t.id, 'task', row_to_json(t)::text from task t
        where $7 and t.org_id = $1 and t.lead_id = $2 and t.completed_on is not null
            and ($3::timestamptz is null or (t.completed_on, t.id) < ($3, $4::uuid))
        order by t.completed_on desc, t.id desc limit $5)
) s order by s.happened desc, s.id desc limit $5
"""


async def happened(
    db: Any,
    org_id: int,
    lead_id: str,
    *,
    before: tuple[datetime, str] | None,
    limit: int,
    notes: bool = True,
    tasks: bool = True,
) -> list[Note | Task]:
    """Notes and completed tasks of a lead, the newest first. Whether the lead may be seen is asked first."""
    at, id = before if before is not None else (None, None)
    rows = await db.fetch(HAPPENED, org_id, lead_id, at, id, limit, notes, tasks)
    return [_read_note(row["row"]) if row["kind"] == "note" else _read_task(row["row"]) for row in rows]


COUNTS = """
select (select count(*) from note n where n.org_id = $1 and n.lead_id = $2) as notes,
       (select count(*) from task t where t.org_id = $1 and t.lead_id = $2 and t.completed_on is not null) as tasks
"""


async def counts(db: Any, org_id: int, lead_id: str) -> tuple[int, int]:
    """How many notes and how many completed tasks a lead has."""
    row = await db.fetchrow(COUNTS, org_id, lead_id)
    return row["notes"], row["tasks"]


OPEN = """
select json_agg(p order by p.due_on, p.id)::text from (
    select * from task t where t.org_id = $1 and t.lead_id = $2 and t.completed_on is null
    order by t.due_on, t.id limit $3) p
"""


async def open_tasks(db: Any, org_id: int, lead_id: str, limit: int) -> list[Task]:
    """Open tasks of a lead, the first due first."""
    text = await db.fetchval(OPEN, org_id, lead_id, limit)
    return _read_tasks(text) if text else []


# Every write about a lead moves its version; notes and tasks do not.
STATE = """
select concat_ws('.', l.version, (select count(*) from note n where n.org_id = l.org_id and n.lead_id = l.id),
    (select count(*) || '-' || coalesce(sum(t.version), 0) from task t where t.org_id = l.org_id and t.lead_id = l.id))
from lead l where l.org_id = $1 and ($2::uuid is null or l.owner_id = $2) and l.id = $3
"""


async def state(db: Any, org_id: int, owner_id: str | None, lead_id: str) -> str | None:
    """A text that changes when something happens on a lead; None for a lead that is not there or not to be seen."""
    found: str | None = await db.fetchval(STATE, org_id, owner_id, lead_id)
    return found
