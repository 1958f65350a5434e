"""Many tasks in one call: creating, giving appointments another time, deleting."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import msgspec

from fairlead.errors import ApiError, MandatoryMissing
from fairlead.tasks import rules
from fairlead.tasks.api.family import write
from fairlead.tasks.api.write import NewTask, sent
from fairlead.wire.bulk import each_row
from fairlead.wire.operation import Body, Call, Plan
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

    Each row is created or refused by itself. They are there when the answer comes, whatever its words.
    """
    rows = _rows(call.body.TaskList, "TaskList", "creating tasks", MOST)
    results = yield from each_row(rules.create(call, sent(row)) for row in rows)
    _say_refused(call, results)
    _tell(call, call.body.StatusWebhookURL)
    return Done(Message=Queued("Your request to create tasks has been queued."))


@write("POST /Task.svc/BulkUpdateAppointmentTime", page="bulk-update-appointment-timings", bulk=MOST)
def move(call: Call[None, Times]) -> Plan[Done[Queued]]:
    """Bulk Update Appointment Timings.

    Each appointment is moved or refused by itself. They are moved when the answer comes, whatever its words.
    """
    rows = _rows(call.body.TaskList, "TaskList", "updating appointments", MOST)
    results = yield from each_row(rules.move(call, row.UserTaskId, row.DueDate, row.EndDate) for row in rows)
    _say_refused(call, results)
    _tell(call, call.body.StatusWebhookURL)
    return Done(Message=Queued("Your request to update appointments has been queued."))


@write("POST /Task.svc/DeleteTasks", page="delete-tasks-in-bulk", bulk=MOST_DELETED)
async def delete(call: Call[None, Deletion], db: Any) -> Deleted:
    """Delete Tasks in Bulk.

    It is done when the answer comes. An id that is no task's stops none of the others.
    """
    ids = _rows(call.body.TaskIds, "TaskIds", "deleting tasks", MOST_DELETED)
    done = await rules.delete(call, db, ids)
    _tell(call, call.body.StatusWebhookURL)
    unknown = f"Task not found: {', '.join(done.unknown)}" if done.unknown else None
    return Deleted(TasksCount=len(ids), DeletedTasksCount=done.count, FailureReason=unknown)


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


def _tell(call: Call[None, Any], address: Scalar) -> None:
    """Nothing is sent to StatusWebhookURL yet; it is said so."""
    if address:
        call.notice("status-webhook-not-sent", str(address)[:200])
