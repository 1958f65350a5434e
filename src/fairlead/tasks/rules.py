"""What may happen with tasks. Plans work on a `Picture`: they check everything first, then change it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from fairlead.activities.rules import opportunity_needs, opportunity_of
from fairlead.errors import Forbidden, InvalidInput, MandatoryMissing, UnknownReference
from fairlead.leads.rules import lead_of, may_change
from fairlead.orgs.definitions import Definitions
from fairlead.records.picture import Needs, Picture, is_id, new_id
from fairlead.records.rows import Lead, Task
from fairlead.tasks import drafts, queries, types
from fairlead.tasks.drafts import LEAD, NO_REMINDER, NOTHING, OPPORTUNITY, Draft, Given, Sent
from fairlead.wire.operation import Call, Plan

CREATING, UPDATING = "creating task", "updating task"


class About(msgspec.Struct, frozen=True):
    """What a task is about: the lead, and the opportunity of it when it is about one."""

    related: int = 0
    lead_id: str | None = None
    opportunity_id: str | None = None


def create(call: Call[Any, Any], sent: Sent, *, action: str = CREATING) -> Plan[Task]:
    """Create a task; page create-task-appointment.

    Raises MandatoryMissing, InvalidInput, UnknownReference (type, owner, lead, opportunity), and Forbidden for a
    lead that is not the caller's.
    """
    draft = drafts.draft(call, sent, action=action, is_new=True)
    kind = draft.type
    if kind is None:
        raise MandatoryMissing("TaskType", action)
    due_on = draft.due_on or call.now
    ends_on = draft.ends_on or due_on + timedelta(minutes=kind.duration)
    _check_dates(due_on, ends_on)
    related = draft.related or NOTHING
    picture = yield Needs.together([_needs(draft, related), Needs(numbers=(("task", 1),))])
    about = _about(picture, call, draft, related)
    task = Task(
        org_id=call.org_id,
        id=new_id(),
        version=1,
        auto_id=picture.number("task"),
        type_id=kind.id,
        category=kind.category,
        name=draft.values["name"],
        description=draft.values.get("description", ""),
        location=draft.values.get("location"),
        related=about.related,
        lead_id=about.lead_id,
        opportunity_id=about.opportunity_id,
        owner_id=draft.values.get("owner_id", call.actor.id),
        due_on=due_on,
        ends_on=ends_on,
        reminder=draft.values.get("reminder", 0),
        reminder_days=draft.values.get("reminder_days", 0),
        reminder_time=draft.values.get("reminder_time"),
        notify=draft.values.get("notify", NO_REMINDER),
        created_by=call.actor.id,
        created_on=call.now,
        modified_by=call.actor.id,
        modified_on=call.now,
        fields={name: value for name, value in draft.fields.items() if value is not None},
    )
    picture.add_task(task)
    return task


class Changed(msgspec.Struct, frozen=True):
    """A task after a change, and whether anything stored is different now."""

    task: Task
    differs: bool


def update(call: Call[Any, Any], task_id: Given, sent: Sent) -> Plan[Changed]:
    """Change what was sent of a task; page update-task. It never completes one.

    Raises as `create`, UnknownReference for an unknown task, Forbidden for one that is not the caller's.
    """
    id = _required(task_id, "UserTaskId", UPDATING)
    draft = drafts.draft(call, sent, action=UPDATING, is_new=False)
    found = Needs(tasks=[id] if is_id(id) else [])
    picture = yield Needs.together([found, _needs(draft, draft.related)])
    task = task_of(picture, call, id)
    wanted = dict(draft.values)
    if draft.type is not None:
        wanted |= {"type_id": draft.type.id, "category": draft.type.category}
    if draft.related is not None or draft.related_id is not None:
        related = task.related if draft.related is None else draft.related
        wanted |= msgspec.structs.asdict(_about(picture, call, draft, related))
    if draft.due_on is not None or draft.ends_on is not None:
        wanted["due_on"] = due_on = draft.due_on or task.due_on
        # Vendor: silent on a new start without an end; a task keeps its length.
        wanted["ends_on"] = draft.ends_on or due_on + (task.ends_on - task.due_on)
        _check_dates(due_on, wanted["ends_on"])
    if draft.fields:
        fields = task.fields | draft.fields
        wanted["fields"] = {name: value for name, value in fields.items() if value is not None}
    return Changed(task, _write(picture, call, task, wanted))


def complete(call: Call[Any, Any], task_id: Given, *, completed: bool = True) -> Plan[Changed]:
    """Mark a task complete, or (`completed` false) open again; one that is so already stays as it is.

    Raises MandatoryMissing, UnknownReference, Forbidden.
    """
    id = _required(task_id, "id", "completing task")
    picture = yield Needs(tasks=[id] if is_id(id) else [])
    task = task_of(picture, call, id)
    if (task.completed_on is not None) == completed:
        return Changed(task, differs=False)
    return Changed(task, _write(picture, call, task, {"completed_on": call.now if completed else None}))


def move(call: Call[Any, Any], task_id: Given, due_on: Given, ends_on: Given) -> Plan[Changed]:
    """Give an appointment another time; page bulk-update-appointment-timings.

    Raises as `update`; a to-do is no appointment and is not found.
    """
    id = _required(task_id, "UserTaskId", "updating appointment")
    for name, raw in (("DueDate", due_on), ("EndDate", ends_on)):
        if drafts.is_empty(raw):
            raise MandatoryMissing(name, "updating appointment")
    first, last = drafts.instant("DueDate", due_on), drafts.instant("EndDate", ends_on)
    if first is None or last is None:
        raise InvalidInput.value("DueDate")
    _check_dates(first, last)
    picture = yield Needs(tasks=[id] if is_id(id) else [])
    task = task_of(picture, call, id)
    if task.category != types.APPOINTMENT:
        raise UnknownReference("Task not found")
    return Changed(task, _write(picture, call, task, {"due_on": first, "ends_on": last}))


class Deleted(msgspec.Struct, frozen=True):
    """How many tasks were deleted, and the ids of those that were not there, as they were sent."""

    count: int
    unknown: list[str]


async def delete(call: Call[Any, Any], db: Any, ids: Sequence[str]) -> Deleted:
    """Delete tasks; page delete-tasks-in-bulk. Raises Forbidden, with nothing deleted, when one is not the caller's."""
    wanted = {id: id.strip().lower() for id in dict.fromkeys(ids)}
    found = await queries.locked(db, call.org_id, [id for id in wanted.values() if is_id(id)])
    if any(not _may(call, holder.owner_id, holder.lead_owner_id) for holder in found.values()):
        raise Forbidden
    await queries.delete(db, call.org_id, list(found))
    return Deleted(len(found), [sent for sent, id in wanted.items() if id not in found])


def task_of(picture: Picture, call: Call[Any, Any], id: str) -> Task:
    """The task with this id. Raises UnknownReference, and Forbidden when it is not the caller's."""
    task = picture.tasks.get(id)
    if task is None:
        raise UnknownReference("Task not found")
    lead = picture.leads.get(task.lead_id or "")
    if not _may(call, task.owner_id, lead.owner_id if lead is not None else None):
        raise Forbidden
    return task


def _may(call: Call[Any, Any], owner_id: str, lead_owner_id: str | None) -> bool:
    """Everybody, but for a Sales_User: they have their own tasks and those on their leads. See `queries.SEEN`."""
    return call.actor.role != "Sales_User" or call.actor.id in (owner_id, lead_owner_id)


def _required(sent: Given, name: str, action: str) -> str:
    if drafts.is_empty(sent):
        raise MandatoryMissing(name, action)
    return str(sent).strip().lower()


def _check_dates(due_on: datetime, ends_on: datetime) -> None:
    if ends_on < due_on:
        raise InvalidInput.value("EndDate")


def _needs(draft: Draft, related: int | None) -> Needs:
    """What must be seen of what the task is about; `related` None: of whatever the id may name."""
    id = draft.related_id
    named = []
    if id is not None and related in (LEAD, None):
        named.append(Needs(leads=[id.lower()] if is_id(id) else []))
    if id is not None and related in (OPPORTUNITY, None):
        named.append(opportunity_needs(id))
    return Needs.together(named)


def _about(picture: Picture, call: Call[Any, Any], draft: Draft, related: int) -> About:
    """The lead or opportunity that the draft names; it must be there, and its lead the caller's.

    Vendor: silent on an id without RelatedEntity: a task stays about a thing of the kind that is stored, and a task
    about nothing stays so, as with 0; that is noticed.
    """
    if related == LEAD:
        lead = lead_of(picture, draft.related_id)
        return About(LEAD, _held(picture, call, lead).id)
    if related == OPPORTUNITY:
        found = opportunity_of(picture, call, draft.related_id)
        lead = lead_of(picture, found.lead_id)
        return About(OPPORTUNITY, _held(picture, call, lead).id, found.id)
    if draft.related is None and draft.related_id is not None:
        call.notice("member-ignored", "RelatedEntityId")
    return About()


def _held(picture: Picture, call: Call[Any, Any], lead: Lead) -> Lead:
    """The lead, counted as changed: neither it nor an opportunity of it is deleted or moved while this is written."""
    if not may_change(call, lead):
        raise Forbidden
    picture.count_lead(lead)
    return lead


def _write(picture: Picture, call: Call[Any, Any], task: Task, wanted: dict[str, Any]) -> bool:
    """Store what differs; False when nothing does."""
    changed = {name: value for name, value in wanted.items() if getattr(task, name) != value}
    for name, value in changed.items():
        setattr(task, name, value)
    if changed:
        task.modified_by, task.modified_on = call.actor.id, call.now
        picture.touch_task(task)
    return bool(changed)


def type_name(defs: Definitions, task: Task) -> str:
    """The name of a task's type."""
    found = types.by_id(defs, task.type_id)
    return found.name if found is not None else ""
