"""How tasks are shown: the rows of the reads, in the vendor's words and order."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from fairlead.leads.attributes import instant
from fairlead.orgs.definitions import Definitions
from fairlead.records.rows import Task
from fairlead.tasks import types
from fairlead.tasks.drafts import LEAD, OPPORTUNITY


class TypeName(msgspec.Struct):
    """The type of a task."""

    Id: str
    Name: str


class TaskRow(msgspec.Struct, kw_only=True):
    """A task: 28 members (get-to-dos-by-user-id), without those that were not asked for.

    Category 0 is an appointment, 1 a to-do; StatusCode 0 is pending, 1 completed; Reminder is in minutes.
    """

    UserTaskId: str | UnsetType = UNSET
    Name: str | UnsetType = UNSET
    Category: int | UnsetType = UNSET
    Description: str | UnsetType = UNSET
    RelatedEntity: int | UnsetType = UNSET
    DueDate: str | UnsetType = UNSET
    Reminder: int | UnsetType = UNSET
    ReminderBeforeDays: int | UnsetType = UNSET
    NotifyBy: str | UnsetType = UNSET
    StatusCode: int | UnsetType = UNSET
    OwnerId: str | UnsetType = UNSET
    OwnerName: str | UnsetType | None = UNSET
    CreatedBy: str | UnsetType = UNSET
    CreatedByName: str | UnsetType | None = UNSET
    CreatedOn: str | UnsetType | None = UNSET
    ModifiedBy: str | UnsetType = UNSET
    ModifiedByName: str | UnsetType | None = UNSET
    ModifiedOn: str | UnsetType | None = UNSET
    AutoId: int | UnsetType = UNSET
    RelatedEntityId: str | UnsetType | None = UNSET
    EndDate: str | UnsetType = UNSET
    CompletedOn: str | UnsetType | None = UNSET
    Location: str | UnsetType | None = UNSET
    ReminderTime: str | UnsetType | None = UNSET
    OwnerEmailAddress: str | UnsetType | None = UNSET
    TaskType: TypeName | UnsetType = UNSET
    CustomFields: dict[str, Any] | UnsetType = UNSET


COLUMNS = TaskRow.__struct_fields__


def task_row(defs: Definitions, task: Task) -> TaskRow:
    """A task with all its members."""
    owner = defs.users.get(task.owner_id)
    kind = types.by_id(defs, task.type_id)
    return TaskRow(
        UserTaskId=task.id,
        Name=task.name,
        Category=task.category,
        Description=task.description,
        RelatedEntity=task.related,
        DueDate=instant(task.due_on) or "",
        Reminder=task.reminder,
        ReminderBeforeDays=task.reminder_days,
        NotifyBy=task.notify,
        StatusCode=int(task.completed_on is not None),
        OwnerId=task.owner_id,
        OwnerName=owner.name if owner is not None else None,
        CreatedBy=task.created_by,
        CreatedByName=defs.user_name(task.created_by),
        CreatedOn=instant(task.created_on),
        ModifiedBy=task.modified_by,
        ModifiedByName=defs.user_name(task.modified_by),
        ModifiedOn=instant(task.modified_on),
        AutoId=task.auto_id,
        RelatedEntityId=_related_id(task),
        EndDate=instant(task.ends_on) or "",
        CompletedOn=instant(task.completed_on),
        Location=task.location,
        ReminderTime=task.reminder_time,
        OwnerEmailAddress=owner.email if owner is not None else None,
        TaskType=TypeName(task.type_id, kind.name if kind is not None else ""),
        CustomFields=task.fields,
    )


def _related_id(task: Task) -> str | None:
    return {LEAD: task.lead_id, OPPORTUNITY: task.opportunity_id}.get(task.related)


class LeadTask(msgspec.Struct, kw_only=True):
    """A task of a lead: 11 members (retrieve-tasks-by-leadid); Reminder is in minutes, as text."""

    TaskID: str
    Name: str
    Description: str
    DueDate: str
    CreatedOn: str
    OwnerID: str
    OwnerName: str | None
    CreatedBy: str
    CreatedByName: str | None
    Status: str
    Reminder: str


def lead_task(defs: Definitions, task: Task) -> LeadTask:
    """A task as the read by lead shows it."""
    return LeadTask(
        TaskID=task.id,
        Name=task.name,
        Description=task.description,
        DueDate=instant(task.due_on) or "",
        CreatedOn=instant(task.created_on) or "",
        OwnerID=task.owner_id,
        OwnerName=defs.user_name(task.owner_id),
        CreatedBy=task.created_by,
        CreatedByName=defs.user_name(task.created_by),
        Status="Pending" if task.completed_on is None else "Completed",
        Reminder=str(task.reminder),
    )
