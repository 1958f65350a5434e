"""Tables of what people have to do and what they wrote down: tasks and notes."""

from __future__ import annotations

import sqlalchemy as sa

from fairlead.db.columns import big, doc, id_column, integer, metadata, org_column, ref, text, when

# `related` says what a task is about: 0 nothing, 1 the lead, 5 the opportunity; of an opportunity `lead_id` is its
# lead. A task is open while it has no `completed_on`.
task = sa.Table(
    "task",
    metadata,
    org_column(),
    id_column(),
    integer("version"),
    big("auto_id"),
    ref("type_id"),
    integer("category"),
    text("name"),
    text("description"),
    text("location", null=True),
    integer("related"),
    ref("lead_id", null=True),
    ref("opportunity_id", null=True),
    ref("owner_id"),
    when("due_on"),
    when("ends_on"),
    integer("reminder"),
    integer("reminder_days"),
    text("reminder_time", null=True),
    text("notify"),
    when("completed_on", null=True),
    ref("created_by"),
    when("created_on"),
    ref("modified_by"),
    when("modified_on"),
    doc("fields"),
)
sa.Index("task_auto_id_key", task.c.org_id, task.c.auto_id, unique=True)
sa.Index(
    "task_lead_idx",
    task.c.org_id,
    task.c.lead_id,
    task.c.due_on,
    postgresql_where=task.c.lead_id.is_not(None),
)
sa.Index(
    "task_opportunity_idx",
    task.c.org_id,
    task.c.opportunity_id,
    postgresql_where=task.c.opportunity_id.is_not(None),
)
sa.Index("task_owner_idx", task.c.org_id, task.c.owner_id, task.c.due_on, task.c.id)
# The day's work: of one owner, and of everybody.
sa.Index(
    "task_open_idx",
    task.c.org_id,
    task.c.owner_id,
    task.c.due_on,
    task.c.id,
    postgresql_where=task.c.completed_on.is_(None),
)
sa.Index(
    "task_due_idx",
    task.c.org_id,
    task.c.due_on,
    task.c.id,
    postgresql_where=task.c.completed_on.is_(None),
)
# What was done, the last first: by everybody, and by one owner.
sa.Index(
    "task_owner_done_idx",
    task.c.org_id,
    task.c.owner_id,
    task.c.completed_on,
    task.c.id,
    postgresql_where=task.c.completed_on.is_not(None),
)
sa.Index(
    "task_done_idx",
    task.c.org_id,
    task.c.completed_on,
    task.c.id,
    postgresql_where=task.c.completed_on.is_not(None),
)

note = sa.Table(
    "note",
    metadata,
    org_column(),
    id_column(),
    integer("version"),
    ref("lead_id"),
    text("text"),
    text("attachment", null=True),
    ref("created_by"),
    when("created_on"),
    ref("modified_by"),
    when("modified_on"),
)
sa.Index("note_lead_idx", note.c.org_id, note.c.lead_id, note.c.created_on, note.c.id)
