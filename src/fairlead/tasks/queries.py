"""Every SQL statement about tasks that is not part of a batch. Batches: `records/queries/`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from fairlead.leads.belongings import belongs_to_leads
from fairlead.records.rows import Task
from fairlead.wire.types import Page

_read_tasks = msgspec.json.Decoder(list[Task], float_hook=Decimal).decode

# $1 organisation, $2 the user whose tasks and whose leads' tasks are all that may be seen, or null.
SEEN = """($2::uuid is null or t.owner_id = $2 or exists (
    select 1 from lead l where l.org_id = $1 and l.id = t.lead_id and l.owner_id = $2))"""


class Filter(msgspec.Struct, kw_only=True):
    """Which tasks: everything that is not None must apply. `start` is included, `end` is not; `due_on` is compared."""

    ids: Sequence[str] | None = None
    lead_id: str | None = None
    owners: Sequence[str] | None = None
    start: datetime | None = None
    end: datetime | None = None
    is_completed: bool | None = None
    category: int | None = None
    type_id: str | None = None


_USER = "(select {shown} from app_user u where u.org_id = {{0}}.org_id and u.id = {{0}}.{of})"
_NAME = "trim(u.first_name || ' ' || u.last_name)"

_NEVER_NULL = {
    "UserTaskId": "{0}.id",
    "Name": "{0}.name",
    "Category": "{0}.category",
    "Description": "{0}.description",
    "RelatedEntity": "{0}.related",
    "DueDate": "{0}.due_on",
    "EndDate": "{0}.ends_on",
    "Reminder": "{0}.reminder",
    "ReminderBeforeDays": "{0}.reminder_days",
    "StatusCode": "({0}.completed_on is not null)",
    "OwnerId": "{0}.owner_id",
    "CreatedBy": "{0}.created_by",
    "CreatedOn": "{0}.created_on",
    "ModifiedBy": "{0}.modified_by",
    "ModifiedOn": "{0}.modified_on",
    "AutoId": "{0}.auto_id",
}
SORTED_BY = _NEVER_NULL | {
    "Location": "{0}.location",
    "ReminderTime": "{0}.reminder_time",
    "CompletedOn": "{0}.completed_on",
    "OwnerName": _USER.format(shown=_NAME, of="owner_id"),
    "OwnerEmailAddress": _USER.format(shown="u.email", of="owner_id"),
    "CreatedByName": _USER.format(shown=_NAME, of="created_by"),
    "ModifiedByName": _USER.format(shown=_NAME, of="modified_by"),
}
"""What can be sorted by: the vendor's column, and what it is; `{0}` stands for the task."""

PAGE = """
select (select count(*) from task t where t.org_id = $1 and {where}) as total,
       (select json_agg(p order by {outer})::text from (
           select * from task t where t.org_id = $1 and {where} order by {order} limit {limit} offset {offset}) p) as rows
"""


def _where(org_id: int, sees: str | None, wanted: Filter) -> tuple[str, list[Any]]:
    parts, values = [SEEN], [org_id, sees]
    conditions: tuple[tuple[str, Any], ...] = (
        ("t.id = any({}::uuid[])", wanted.ids),
        ("t.lead_id = {}::uuid", wanted.lead_id),
        ("t.owner_id = any({}::uuid[])", wanted.owners),
        ("t.due_on >= {}", wanted.start),
        ("t.due_on < {}", wanted.end),
        ("t.category = {}", wanted.category),
        ("t.type_id = {}::uuid", wanted.type_id),
    )
    for text, value in conditions:
        if value is not None:
            values.append(value)
            parts.append(text.format(f"${len(values)}"))
    if wanted.is_completed is not None:
        parts.append(f"t.completed_on is {'not ' if wanted.is_completed else ''}null")
    return " and ".join(parts), values


async def page(
    db: Any,
    org_id: int,
    sees: str | None,
    wanted: Filter,
    *,
    by: str = "CreatedOn",
    descending: bool = True,
    page: Page | None = None,
) -> tuple[int, list[Task]]:
    """How many tasks there are of those wanted, and a page of them; no page = all. `by` is one of `SORTED_BY`."""
    where, values = _where(org_id, sees, wanted)
    way = "desc" if descending else "asc"
    # Said of a column that is never null, it would keep an index from being read in its order.
    nulls = "" if by in _NEVER_NULL else f" nulls {'last' if descending else 'first'}"
    order = f"{SORTED_BY[by]} {way}{nulls}, {{0}}.id {way}"
    statement = PAGE.format(
        where=where,
        order=order.format("t"),
        outer=order.format("p"),
        limit=f"${len(values) + 1}",
        offset=f"${len(values) + 2}",
    )
    row = await db.fetchrow(
        statement, *values, page.limit if page is not None else None, page.offset if page is not None else 0
    )
    return row["total"], _read_tasks(row["rows"]) if row["rows"] else []


# A DAY'S WORK ------------------------------------------------------------------------------------------

LISTED = """
select json_agg(p order by {outer})::text from (
    select * from task t where t.org_id = $1 and {where} order by {order} limit $2) p
"""
COUNTED = """
select count(*) from (select 1 from task t where t.org_id = $1 and {where} limit $2) c
"""


class Work(msgspec.Struct, kw_only=True):
    """What a list of work shows: open tasks by due date, or completed ones, the last first; of one owner or all.

    `start` is included, `end` is not; `after` is the time and the id of the last task of the page before.
    """

    owner_id: str | None
    is_completed: bool = False
    start: datetime | None = None
    end: datetime | None = None
    after: tuple[datetime, str] | None = None


def _work(wanted: Work, values: list[Any]) -> str:
    column = "completed_on" if wanted.is_completed else "due_on"
    parts = ["t.completed_on is not null" if wanted.is_completed else "t.completed_on is null"]
    conditions: tuple[tuple[str, Any], ...] = (
        ("t.owner_id = {}::uuid", wanted.owner_id),
        (f"t.{column} >= {{}}", wanted.start),
        (f"t.{column} < {{}}", wanted.end),
    )
    for text, value in conditions:
        if value is not None:
            values.append(value)
            parts.append(text.format(f"${len(values)}"))
    if wanted.after is not None:
        values += wanted.after
        way = "<" if wanted.is_completed else ">"
        parts.append(f"(t.{column}, t.id) {way} (${len(values) - 1}, ${len(values)}::uuid)")
    return " and ".join(parts)


async def listed(db: Any, org_id: int, wanted: Work, limit: int) -> list[Task]:
    """A page of a list of work."""
    values: list[Any] = [org_id, limit]
    where = _work(wanted, values)
    order = "{0}.completed_on desc, {0}.id desc" if wanted.is_completed else "{0}.due_on, {0}.id"
    statement = LISTED.format(where=where, order=order.format("t"), outer=order.format("p"))
    text = await db.fetchval(statement, *values)
    return _read_tasks(text) if text else []


async def counted(db: Any, org_id: int, wanted: Work, most: int) -> int:
    """How many tasks a list of work has; of more than `most`, `most`."""
    values: list[Any] = [org_id, most]
    found: int = await db.fetchval(COUNTED.format(where=_work(wanted, values)), *values)
    return found


class Holder(msgspec.Struct):
    """Who a task belongs to: its owner, and the owner of the lead it is about."""

    owner_id: str
    lead_owner_id: str | None


LOCK = """
select t.id::text as id, t.owner_id::text as owner_id, (
    select l.owner_id::text from lead l where l.org_id = $1 and l.id = t.lead_id) as lead_owner_id
from task t where t.org_id = $1 and t.id = any($2::uuid[]) order by t.org_id, t.id for update of t
"""
DELETE = "delete from task t where t.org_id = $1 and t.id = any($2::uuid[])"


async def locked(db: Any, org_id: int, ids: Sequence[str]) -> dict[str, Holder]:
    """Whose these tasks are, by id, locked until the transaction ends; unknown ones are left out."""
    rows = await db.fetch(LOCK, org_id, list(ids))
    return {row["id"]: Holder(row["owner_id"], row["lead_owner_id"]) for row in rows}


async def delete(db: Any, org_id: int, ids: Sequence[str]) -> None:
    """Remove tasks."""
    await db.execute(DELETE, org_id, list(ids))


# WITH LEADS AND OPPORTUNITIES --------------------------------------------------------------------------

# The version moves, so that no batch writes the old lead back.
UNTIE = """
update task t set related = 1, opportunity_id = null, version = t.version + 1
where t.org_id = $1 and t.opportunity_id = $2
"""
DELETE_OF_LEAD = "delete from task t where t.org_id = $1 and t.lead_id = $2"
MOVE = "update task t set lead_id = $3, version = t.version + 1 where t.org_id = $1 and t.lead_id = $2"


async def untie(db: Any, org_id: int, opportunity_id: str) -> None:
    """Tasks about an opportunity that is deleted are about its lead from now on, as its activities are."""
    await db.execute(UNTIE, org_id, opportunity_id)


async def delete_of_lead(db: Any, org_id: int, lead_id: str) -> None:
    """Remove the tasks of a lead and of its opportunities."""
    await db.execute(DELETE_OF_LEAD, org_id, lead_id)


async def move_to_lead(db: Any, org_id: int, lead_id: str, to: str) -> None:
    """Give the tasks of a lead and of its opportunities to another lead."""
    await db.execute(MOVE, org_id, lead_id, to)


belongs_to_leads("task", delete=delete_of_lead, move=move_to_lead)
