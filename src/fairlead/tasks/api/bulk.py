"""Many tasks in one call: creating, giving appointments another time, deleting."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import msgspec
from msgspec import UNSET, UnsetType

from fairlead.errors import ApiError, MandatoryMissing
from fairlead.records.rows import Task
from fairlead.tasks import rules
from fairlead.tasks.api.family import write
from fairlead.tasks.api.write import NewTask, sent
from fairlead.wire.bulk import each_row
from fairlead.wire.operation import Body, Call, Plan
from fairlead.wire.queue.status import announce, announced
from fairlead.wire.types import Done, Scalar, Success, rows_of

T = TypeVar("T")

MOST = 50
"""Tasks that one call creates or moves."""

MOST_DELETED = 5000


class Queued(msgspec.Struct):
    """What the vendor says when it has taken the order."""

    Message: str


class NewTasks(Body):
    """Up to 50 tasks; StatusWebhookURL gets what became of them."""

    TaskList: list[NewTask] | None = None
    StatusWebhookURL: Scalar = None


class Time(Body):
    """An appointment and its new time."""

    UserTaskId: Scalar = None
    DueDate: Scalar = None
    EndDate: Scalar = None


class Times(Body):
    """Up to 50 appointments; StatusWebhookURL gets what became of them."""

    TaskList: list[Time] | None = None
    StatusWebhookURL: Scalar = None


class Row(msgspec.Struct, omit_defaults=True):
    """What became of a row, as StatusWebhookURL is told; TaskCreated and TaskUpdated as the job is one or the other."""

    RowNumber: int
    TaskId: str | None
    TaskCreated: bool | UnsetType = UNSET
    TaskUpdated: bool | UnsetType = UNSET
    ExceptionType: str | UnsetType = UNSET
    ExceptionMessage: str | UnsetType = UNSET


class Created(msgspec.Struct, kw_only=True):
    """What StatusWebhookURL is told of tasks that were created."""

    Status: Success = "Success"
    Operation: str = "Bulk Create Tasks"
    TasksCount: int
    CreatedTasksCount: int
    Details: list[Row]


class Moved(msgspec.Struct, kw_only=True):
    """What StatusWebhookURL is told of appointments that got another time. Vendor: silent; as of tasks created."""

    Status: Success = "Success"
    Operation: str = "Bulk Update Appointment Timings"
    TasksCount: int
    UpdatedTasksCount: int
    Details: list[Row]


class Deletion(Body):
    """The ids of up to 5000 tasks."""

    TaskIds: list[str] | None = None
    StatusWebhookURL: Scalar = None


class Deleted(msgspec.Struct, kw_only=True):
    """How many tasks were named and how many are gone; FailureReason names the ids of tasks that were not there."""

    Status: Success = "Success"
    Operation: str = "Bulk Delete Tasks"
    TasksCount: int
    DeletedTasksCount: int
    FailureReason: str | None


@write("POST /Task.svc/Bulk/Create", page="create-tasks-in-bulk", bulk=MOST)
def create(call: Call[None, NewTasks]) -> Plan[Done[Queued]]:
    """Create Tasks in Bulk.

    Each row is created or refused by itself. They are there when the answer comes, whatever its words. StatusWebhookURL
    is told by POST what became of each row.
    """
    rows = _rows(call.body.TaskList, "TaskList", "creating tasks", MOST)
    plan = each_row(rules.create(call, sent(row)) for row in rows)
    results = yield from announced(call, plan, call.body.StatusWebhookURL, _created)
    _say_refused(call, results)
    return Done(Message=Queued("Your request to create tasks has been queued."))


def _created(results: list[Task | ApiError]) -> Created:
    rows = [
        _row(number, result, created=isinstance(result, Task)) for number, result in enumerate(results, 1)
    ]
    done = sum(row.TaskId is not None for row in rows)
    return Created(TasksCount=len(rows), CreatedTasksCount=done, Details=rows)


def _row(
    number: int,
    result: Task | ApiError,
    *,
    created: bool | UnsetType = UNSET,
    updated: bool | UnsetType = UNSET,
) -> Row:
    row = Row(number, None, created, updated)
    if isinstance(result, Task):
        row.TaskId = result.id
    else:
        row.ExceptionType, row.ExceptionMessage = result.type, result.message
    return row


@write("POST /Task.svc/BulkUpdateAppointmentTime", page="bulk-update-appointment-timings", bulk=MOST)
def move(call: Call[None, Times]) -> Plan[Done[Queued]]:
    """Bulk Update Appointment Timings.

    Each appointment is moved or refused by itself. They are moved when the answer comes, whatever its words.
    StatusWebhookURL is told by POST what became of each row.
    """
    rows = _rows(call.body.TaskList, "TaskList", "updating appointments", MOST)
    plan = each_row(rules.move(call, row.UserTaskId, row.DueDate, row.EndDate) for row in rows)
    results = yield from announced(call, plan, call.body.StatusWebhookURL, _moved)
    _say_refused(call, results)
    return Done(Message=Queued("Your request to update appointments has been queued."))


def _moved(results: list[rules.Changed | ApiError]) -> Moved:
    found = [result if isinstance(result, ApiError) else result.task for result in results]
    rows = [_row(number, result, updated=isinstance(result, Task)) for number, result in enumerate(found, 1)]
    done = sum(row.TaskId is not None for row in rows)
    return Moved(TasksCount=len(rows), UpdatedTasksCount=done, Details=rows)


@write("POST /Task.svc/DeleteTasks", page="delete-tasks-in-bulk", bulk=MOST_DELETED)
async def delete(call: Call[None, Deletion], db: Any) -> Deleted:
    """Delete Tasks in Bulk.

    It is done when the answer comes. An id that is no task's stops none of the others. StatusWebhookURL is told by POST
    what the answer says.
    """
    ids = _rows(call.body.TaskIds, "TaskIds", "deleting tasks", MOST_DELETED)
    done = await rules.delete(call, db, ids)
    unknown = f"Task not found: {', '.join(done.unknown)}" if done.unknown else None
    result = Deleted(TasksCount=len(ids), DeletedTasksCount=done.count, FailureReason=unknown)
    await announce(call, db, call.body.StatusWebhookURL, result)
    return result


def _rows(sent: list[T] | None, name: str, action: str, most: int) -> list[T]:
    if sent is None:
        raise MandatoryMissing(name, action)
    rows_of(sent, most)
    return sent


def _say_refused(call: Call[None, Any], results: Sequence[object]) -> None:
    """Which rows were refused and why: the answer has no place for it."""
    for number, result in enumerate(results, 1):
        if isinstance(result, ApiError):
            call.notice("row-refused", f"{number} {result.message}")
