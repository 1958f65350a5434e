"""Reading tasks: by filter, by id, of a lead, and the to-dos of users."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import msgspec
from msgspec import UNSET

from fairlead.activities.periods import period_of
from fairlead.errors import InvalidInput, MandatoryMissing
from fairlead.fields.scalars import parse_date, parse_datetime
from fairlead.leads.rules import seen_by
from fairlead.orgs.definitions import User
from fairlead.records.picture import is_id
from fairlead.tasks import queries, types
from fairlead.tasks.api.family import read
from fairlead.tasks.queries import Filter
from fairlead.tasks.rendering import COLUMNS, LeadTask, TaskRow, lead_task, task_row
from fairlead.wire.operation import Body, Call, Query
from fairlead.wire.types import (
    Columns,
    Paging,
    Scalar,
    Sorting,
    code_of,
    descending,
    names_of,
    page_of,
)

CAP = 1000
"""Rows on the largest page. Vendor: silent; that of the other reads."""

LONGEST = timedelta(days=100)
"""The longest range of to-dos."""


class TaskFilter(Body):
    """Which tasks: all that is given must apply; the range is on DueDate, both ends included."""

    LookupName: str | None = None
    LookupValue: Scalar = None
    FromDate: Scalar = None
    ToDate: Scalar = None
    StatusCode: Scalar = None
    TypeName: Scalar = None


class TaskSearch(Body):
    """Filter, columns, sorting and paging."""

    Parameter: TaskFilter | None = None
    Columns: Columns | None = None
    Sorting: Sorting | None = None
    Paging: Paging | None = None


class Tasks(msgspec.Struct):
    """How many there are in all, and the page."""

    RecordCount: int
    List: list[TaskRow]


@read("POST /Task.svc/Retrieve", page="retrieve-tasks")
async def retrieve(call: Call[None, TaskSearch], db: Any) -> Tasks:
    """Get Tasks.

    Of an owner (LookupName OwnerEmailAddress or OwnerId), due within dates, pending or completed, of a type by its
    id or name. The newest first unless sorted otherwise; 25 rows unless paged, at most 1000.
    """
    body = call.body
    page = page_of(body.Paging, cap=CAP)
    by, down = _order(call, body.Sorting)
    columns = _columns(call, body.Columns)
    wanted = _filter(call, body.Parameter)
    if wanted is None:
        return Tasks(0, [])
    total, found = await queries.page(
        db, call.org_id, seen_by(call), wanted, by=by, descending=down, page=page
    )
    return Tasks(total, [_only(task_row(call.defs, task), columns) for task in found])


def _filter(call: Call[Any, Any], sent: TaskFilter | None) -> Filter | None:
    """What was asked for; None when nothing can meet it. Raises InvalidInput."""
    if sent is None:
        call.notice("no-filter", "Parameter")
        return Filter()
    period = period_of(sent.FromDate, sent.ToDate, optional=True)
    wanted = Filter(start=period.start, end=period.end)
    if sent.StatusCode is not None and sent.StatusCode != "":
        status = code_of(sent.StatusCode)
        if status not in (0, 1):
            raise InvalidInput.value("StatusCode")
        wanted.is_completed = status == 1
    if sent.TypeName is not None and sent.TypeName != "":
        kind = types.by_id(call.defs, str(sent.TypeName)) or types.by_name(call.defs, str(sent.TypeName))
        if kind is None:
            call.notice("unknown-task-type", str(sent.TypeName)[:100])
            return None
        wanted.type_id = kind.id
    if sent.LookupName:
        value = str(sent.LookupValue or "").strip().lower()
        find = _LOOKUPS.get(sent.LookupName)
        if find is None:
            call.notice("unknown-lookup", sent.LookupName[:100])
        user = find(call, value) if find is not None else None
        if user is None:
            return None
        wanted.owners = [user.id]
    return wanted


_LOOKUPS: dict[str, Callable[[Call[Any, Any], str], User | None]] = {
    "OwnerEmailAddress": lambda call, value: call.defs.users_by_email.get(value),
    "OwnerId": lambda call, value: call.defs.users.get(value),
}

# Vendor: the page's own sample writes `Duedate`.
_SORTED_BY = {name.lower(): name for name in queries.SORTED_BY}


def _order(call: Call[Any, Any], sorting: Sorting | None) -> tuple[str, bool]:
    """By CreatedOn unless said otherwise; an unknown column is ignored and noticed."""
    down = descending(sorting)
    name = (sorting.ColumnName or "").strip() if sorting is not None else ""
    column = _SORTED_BY.get(name.lower(), "")
    if name and not column:
        call.notice("unknown-sort-column", name[:100])
    return column or "CreatedOn", down


def _columns(call: Call[Any, Any], sent: Columns | None) -> frozenset[str]:
    """The members to show; unknown ones are ignored and noticed."""
    shown = names_of(sent.Include_CSV if sent is not None else None)
    left_out = names_of(sent.Exclude_CSV if sent is not None else None)
    for name in (*shown, *left_out):
        if name not in COLUMNS:
            call.notice("unknown-column", name[:100])
    return frozenset(name for name in COLUMNS if (not shown or name in shown) and name not in left_out)


def _only(row: TaskRow, columns: frozenset[str]) -> TaskRow:
    if len(columns) == len(COLUMNS):
        return row
    return msgspec.structs.replace(row, **{name: UNSET for name in COLUMNS if name not in columns})


class OneTask(Query):
    """The task."""

    id: str | None = None


# The vendor has no page for this one: it is named after its title.
@read("GET /Task.svc/Retrieve.GetById", page="get-a-task-by-id")
async def by_id(call: Call[OneTask, None], db: Any) -> list[TaskRow]:
    """Get a Task by Id.

    An array of one; empty for an unknown task.
    """
    id = (call.query.id or "").strip().lower()
    if not id:
        raise MandatoryMissing("id", "retrieving task")
    if not is_id(id):
        return []
    _, found = await queries.page(db, call.org_id, seen_by(call), Filter(ids=[id]))
    return [task_row(call.defs, task) for task in found]


class OfLead(Query):
    """The lead."""

    leadId: str | None = None


class LeadTasks(msgspec.Struct):
    """How many tasks the lead has, and all of them."""

    RecordCount: int
    TaskList: list[LeadTask]


@read("GET /LeadManagement.svc/RetrieveTaskByLeadId", page="retrieve-tasks-by-leadid")
async def by_lead(call: Call[OfLead, None], db: Any) -> LeadTasks:
    """Get Tasks by Lead Id.

    Those about the lead and about its opportunities, the newest first. An unknown lead has none.
    """
    lead_id = (call.query.leadId or "").strip().lower()
    if not lead_id:
        raise MandatoryMissing("leadId", "retrieving tasks")
    if not is_id(lead_id):
        return LeadTasks(0, [])
    total, found = await queries.page(db, call.org_id, seen_by(call), Filter(lead_id=lead_id))
    return LeadTasks(total, [lead_task(call.defs, task) for task in found])


class ToDos(Body):
    """Whose to-dos, due on which days, both included; at most 100 days."""

    FromDate: Scalar = None
    ToDate: Scalar = None
    Users: list[Scalar] | None = None
    Sorting: Sorting | None = None
    Paging: Paging | None = None


@read("POST /Task.svc/RetrieveToDos/ByUserId", page="get-to-dos-by-user-id")
async def to_dos_by_user_id(call: Call[None, ToDos], db: Any) -> Tasks:
    """Get To-Dos by User Id.

    The to-dos of these users, not their appointments. Unknown users have none.
    """
    return await _to_dos(call, db, call.defs.users)


@read("POST /Task.svc/RetrieveToDos/ByUserEmailAddress", page="get-to-dos-by-email-address")
async def to_dos_by_email(call: Call[None, ToDos], db: Any) -> Tasks:
    """Get To-Dos by Email Address.

    As by user id, with addresses in Users.
    """
    return await _to_dos(call, db, call.defs.users_by_email)


async def _to_dos(call: Call[None, ToDos], db: Any, known: dict[str, User]) -> Tasks:
    body = call.body
    if not body.Users:
        raise MandatoryMissing("Users", "retrieving to-dos")
    page = page_of(body.Paging, cap=CAP)
    by, down = _order(call, body.Sorting)
    start, end = _days(body)
    named = {str(one).strip().lower() for one in body.Users}
    owners = [user.id for name, user in known.items() if name in named]
    wanted = Filter(owners=owners, start=start, end=end, category=types.TO_DO)
    if not owners:
        return Tasks(0, [])
    total, found = await queries.page(
        db, call.org_id, seen_by(call), wanted, by=by, descending=down, page=page
    )
    return Tasks(total, [task_row(call.defs, task) for task in found])


def _days(body: ToDos) -> tuple[datetime, datetime]:
    """From the start of the first day on, before the end of the last. Raises InvalidInput."""
    first, last = _day(body.FromDate, "FromDate"), _day(body.ToDate, "ToDate")
    if first > last:
        what = "FromDate can't be greater than ToDate."
        raise InvalidInput(what)
    if last - first > LONGEST:
        raise InvalidInput.value("ToDate")
    return (
        datetime.combine(first, time(), UTC),
        datetime.combine(last, time(), UTC) + timedelta(days=1),
    )


def _day(sent: Scalar, name: str) -> date:
    """A day; of an instant its day. Vendor: silent on times here."""
    found = parse_date(sent)
    if found is None and (at := parse_datetime(sent)) is not None:
        found = at.date()
    if found is None:
        raise InvalidInput.value(name)
    return found
