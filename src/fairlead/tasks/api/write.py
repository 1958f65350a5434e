"""Creating, changing and completing one task."""

from __future__ import annotations

import msgspec
from msgspec import UNSET

from fairlead.tasks import rules
from fairlead.tasks.api.family import write
from fairlead.tasks.drafts import Given, Sent
from fairlead.wire.operation import Body, Call, Plan, Query
from fairlead.wire.types import AffectedRows, Done, Id, Scalar


class TypeOfTask(Body):
    """The type by its id or its name; the id counts first."""

    Id: Given = UNSET
    Name: Given = UNSET


class NewTask(Body):
    """A task. `Reminder` is in minutes, `ReminderTime` is `10:00:00`, `NotifyBy` is 1100 (e-mail) or 1000 (none)."""

    Name: Given = UNSET
    Description: Given = UNSET
    Location: Given = UNSET
    RelatedEntity: Given = UNSET
    RelatedEntityId: Given = UNSET
    DueDate: Given = UNSET
    EndDate: Given = UNSET
    Reminder: Given = UNSET
    ReminderBeforeDays: Given = UNSET
    ReminderTime: Given = UNSET
    NotifyBy: Given = UNSET
    OwnerId: Given = UNSET
    OwnerEmailAddress: Given = UNSET
    TaskType: TypeOfTask | None = None
    CustomFields: dict[str, Scalar] | None = None


class ChangedTask(NewTask):
    """A task and what shall change; absent members keep their value."""

    UserTaskId: Scalar = None


class Affected(msgspec.Struct):
    """1 when something stored is different now, and the task's number."""

    AffectedRows: int
    AutoId: int


class OneTask(Query):
    """The task."""

    id: str | None = None


def sent(body: NewTask) -> Sent:
    """A body in our words."""
    kind = body.TaskType or TypeOfTask()
    return Sent(
        name=body.Name,
        description=body.Description,
        location=body.Location,
        related=body.RelatedEntity,
        related_id=body.RelatedEntityId,
        due_on=body.DueDate,
        ends_on=body.EndDate,
        reminder=body.Reminder,
        reminder_days=body.ReminderBeforeDays,
        reminder_time=body.ReminderTime,
        notify=body.NotifyBy,
        owner_id=body.OwnerId,
        owner_email=body.OwnerEmailAddress,
        type_id=kind.Id,
        type_name=kind.Name,
        fields=body.CustomFields,
    )


@write("POST /Task.svc/Create", page=("create-task-appointment", "create-a-to-do"))
def create(call: Call[None, NewTask]) -> Plan[Done[Id]]:
    """Create a Task.

    An appointment or a to-do, as its type says, about nothing (RelatedEntity 0), a lead (1) or an opportunity (5: its
    id, or the AutoId value that its type shows). It is due now unless DueDate is sent, and ends after the type's usual
    time unless EndDate is. Its owner is the user of the key unless one is named. Reminders are stored; none is sent.
    """
    task = yield from rules.create(call, sent(call.body))
    return Done(Message=Id(task.id))


@write("POST /Task.svc/Update", page="update-task")
def update(call: Call[None, ChangedTask]) -> Plan[Done[Affected]]:
    """Update a Task.

    Only what is sent changes; a task is never completed so. A new DueDate without an EndDate keeps the task's length;
    RelatedEntityId without RelatedEntity names another lead, or another opportunity, as the task was about one before.
    AffectedRows is 0 when everything sent was already stored.
    """
    changed = yield from rules.update(call, call.body.UserTaskId, sent(call.body))
    return Done(Message=Affected(int(changed.differs), changed.task.auto_id))


# The vendor has no page for this one: it is named after its title.
@write("GET /Task.svc/MarkComplete", page="mark-a-task-complete")
def complete(call: Call[OneTask, None]) -> Plan[Done[AffectedRows]]:
    """Mark a Task Complete.

    AffectedRows is 0 for a task that is complete already; it keeps the time of its completion.
    """
    changed = yield from rules.complete(call, call.query.id)
    return Done(Message=AffectedRows(int(changed.differs)))
