"""The parts of the READ that are about tasks and notes."""

from __future__ import annotations

from typing import Any

import msgspec

from fairlead.records import rows
from fairlead.records.picture import Picture

LEAD_IDS = {
    "tasks": "select org_id, lead_id as id from found_tasks where lead_id is not null",
    "notes": "select org_id, lead_id as id from found_notes",
}

WITH = {
    "tasks": """found_tasks as materialized (
        select t.* from json_to_recordset($tasks::json) as n(org_id bigint, id uuid)
        join task t on t.org_id = n.org_id and t.id = n.id)""",
    "notes": """found_notes as materialized (
        select m.* from json_to_recordset($notes::json) as n(org_id bigint, id uuid)
        join note m on m.org_id = n.org_id and m.id = n.id)""",
}

SELECT = {
    "tasks": "(select json_agg(t)::text from found_tasks t) as tasks",
    "notes": "(select json_agg(m)::text from found_notes m) as notes",
}

LOCK_TASKS = """
select 1 from json_to_recordset($1::json) as n(org_id bigint, id uuid)
join task t on t.org_id = n.org_id and t.id = n.id order by t.org_id, t.id for update of t
"""
LOCK_NOTES = """
select 1 from json_to_recordset($1::json) as n(org_id bigint, id uuid)
join note m on m.org_id = n.org_id and m.id = n.id order by m.org_id, m.id for update of m
"""

_read_tasks = msgspec.json.Decoder(list[rows.Task]).decode
_read_notes = msgspec.json.Decoder(list[rows.Note]).decode


def fill(found: dict[str, Any], pictures: dict[int, Picture]) -> None:
    """Put what was read into the pictures."""
    if text := found.get("tasks"):
        for task in _read_tasks(text):
            picture = pictures[task.org_id]
            picture.tasks[task.id] = task
            picture.latest = max(picture.latest, task.modified_on)
    if text := found.get("notes"):
        for note in _read_notes(text):
            picture = pictures[note.org_id]
            picture.notes[note.id] = note
            picture.latest = max(picture.latest, note.modified_on)
