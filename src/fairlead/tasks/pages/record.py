"""One task, and the form for a new one: about a lead, an opportunity, or about nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from msgspec import UNSET
from starlette.responses import Response

from fairlead.activities import queries as activities
from fairlead.activities.rules import OPPORTUNITIES
from fairlead.errors import ApiError, Forbidden, NotFound
from fairlead.fields.model import DataType, Field, Option
from fairlead.leads import queries as leads
from fairlead.leads.pages.record import name_of
from fairlead.records.rows import Task
from fairlead.tasks import drafts, queries, rules, types
from fairlead.tasks.drafts import LEAD, NOTHING, OPPORTUNITY, Sent
from fairlead.tasks.pages.family import action, page
from fairlead.tasks.pages.listing import ADDRESS, due_of
from fairlead.tasks.queries import Filter
from fairlead.web import forms
from fairlead.web.forms import Trouble
from fairlead.web.visit import UNPROCESSABLE, Visit, local

SOON = timedelta(hours=1)
"""When a new task is due unless it is said."""

_NAMED = re.compile(r"Parameter Name: (\w+) (?:value is not correct|can not be more than (\d+))")
_UNREADABLE = {
    "EndDate": "The end lies before the beginning, or cannot be read. Choose a later time, or leave it empty.",
    "DueDate": "The time cannot be read. Enter a date and a time.",
}


def _fields(visit: Visit) -> dict[str, Field]:
    """What the form asks for."""
    kinds = tuple(
        Option(
            kind.name, f"{kind.name}{' (appointment)' if kind.category == types.APPOINTMENT else ''}", order=n
        )
        for n, kind in enumerate(types.all_types(visit.defs))
    )
    found = (
        Field("Name", "What is to be done", mandatory=True, max_length=drafts.NAME.max_length),
        Field("TaskType", "Type", DataType.SELECT, mandatory=True, options=kinds),
        Field("DueDate", "Due", DataType.DATETIME, mandatory=True),
        Field("EndDate", "Ends", DataType.DATETIME),
        Field("OwnerId", "Owner", DataType.USER, mandatory=True),
        Field("Location", "Place", max_length=drafts.LOCATION.max_length),
        Field("Description", "Description", max_length=drafts.DESCRIPTION.max_length),
    )
    return {field.name: field for field in found}


def _sent(visit: Visit, fields: Mapping[str, Field]) -> Sent:
    """What the form says, as the rules take it."""
    said = {name: forms.sent(visit, field) or "" for name, field in fields.items()}
    return Sent(
        name=said["Name"],
        type_name=said["TaskType"],
        due_on=said["DueDate"],
        ends_on=said["EndDate"],
        owner_id=said["OwnerId"],
        location=said["Location"],
        description=said["Description"],
    )


def _told(error: ApiError, fields: Mapping[str, Field]) -> Trouble:
    """An error in words for people, with the field it is about."""
    found = _NAMED.search(error.message)
    if found is None or found[1] not in fields:
        return forms.trouble(error, fields)
    if found[2]:
        return Trouble(f"{fields[found[1]].display_name} holds at most {found[2]} characters.", found[1])
    return Trouble(_UNREADABLE.get(found[1], f"{fields[found[1]].display_name} cannot be read."), found[1])


class About(msgspec.Struct):
    """What a task is about: `related` as the rules have it, its id, what it is called and where it is shown."""

    related: int = NOTHING
    id: str = ""
    name: str = ""
    page: str = ADDRESS


@page("GET /tasks/new", nav="tasks")
async def new(visit: Visit) -> Response:
    """An empty form."""
    return _form(visit, About())


@page("GET /leads/{id:uuid}/tasks/new", nav="leads")
async def new_on_lead(visit: Visit) -> Response:
    """An empty form for a task about a lead."""
    return _form(visit, await _lead(visit))


@page("GET /opportunities/{id:uuid}/tasks/new", nav="opportunities")
async def new_on_opportunity(visit: Visit) -> Response:
    """An empty form for a task about an opportunity."""
    return _form(visit, await _opportunity(visit))


@action("POST /tasks/new", nav="tasks")
async def create(visit: Visit) -> Response:
    """Create the task and show the list."""
    return await _create(visit, About())


@action("POST /leads/{id:uuid}/tasks/new", nav="leads")
async def create_on_lead(visit: Visit) -> Response:
    """Create the task and show the lead."""
    return await _create(visit, await _lead(visit))


@action("POST /opportunities/{id:uuid}/tasks/new", nav="opportunities")
async def create_on_opportunity(visit: Visit) -> Response:
    """Create the task and show the opportunity."""
    return await _create(visit, await _opportunity(visit))


async def _create(visit: Visit, about: About) -> Response:
    fields = _fields(visit)
    sent = _sent(visit, fields)
    if about.id:
        sent.related, sent.related_id = about.related, about.id
    try:
        task = await visit.run(rules.create, sent)
    except ApiError as error:
        return _form(visit, about, _told(error, fields))
    return visit.redirect(about.page, say=f"The task is added: {task.name[:80]}.")


def _form(visit: Visit, about: About, problem: Trouble | None = None) -> Response:
    due = (visit.now.astimezone(visit.zone) + SOON).replace(minute=0, second=0, microsecond=0)
    values = {
        "TaskType": "Call",
        "DueDate": _text(due.astimezone(UTC)),
        "OwnerId": visit.actor.id,
    }
    return visit.page(
        "tasks/new.html",
        title="New task",
        status=UNPROCESSABLE if problem is not None else 200,
        controls=forms.controls(visit, _fields(visit).values(), values, problem),
        problem=problem,
        about=about,
    )


async def _lead(visit: Visit) -> About:
    """The lead of the address. Raises NotFound."""
    async with visit.db() as db:
        found = await leads.by_ids(db, visit.org_id, visit.sees, [visit.path["id"].lower()])
    if not found:
        raise NotFound
    return About(LEAD, found[0].id, name_of(found[0]), f"/app/leads/{found[0].id}")


async def _opportunity(visit: Visit) -> About:
    """The opportunity of the address. Raises NotFound."""
    async with visit.db() as db:
        found = await _deal(visit, db, visit.path["id"].lower())
    if found is None:
        raise NotFound
    return found


async def _deal(visit: Visit, db: Any, id: str) -> About | None:
    found = await activities.one(db, visit.org_id, id, owner=visit.sees)
    if found is None or found.code < OPPORTUNITIES:
        return None
    names = await queries.names_of(db, visit.org_id, [found.id])
    return About(OPPORTUNITY, found.id, names[found.id], f"/app/opportunities/{found.id}")


@page("GET /tasks/{id:uuid}", nav="tasks")
async def task(visit: Visit) -> Response:
    """One task, to be read and changed."""
    return await _page(visit, await _task(visit))


@action("POST /tasks/{id:uuid}", nav="tasks")
async def save(visit: Visit) -> Response:
    """Change the task."""
    found = await _task(visit)
    fields = _fields(visit)
    try:
        changed = await visit.run(rules.update, found.id, _differing(_sent(visit, fields), found))
    except Forbidden:
        raise
    except ApiError as error:
        return await _page(visit, found, _told(error, fields))
    return visit.redirect(visit.address, say="Saved." if changed.differs else "Nothing was different.")


@action("POST /tasks/{id:uuid}/delete", nav="tasks")
async def delete(visit: Visit) -> Response:
    """Delete the task."""
    found = await _task(visit)
    await visit.write(lambda call, db: rules.delete(call, db, [found.id]))
    return visit.redirect(local(str(visit.form.get("address", "")), ADDRESS), say="The task is deleted.")


def _differing(sent: Sent, found: Task) -> Sent:
    """Without what only shows what is stored: an end, which else would not go with its start, and the owner."""
    if sent.ends_on == _text(found.ends_on):
        sent.ends_on = UNSET
    if sent.owner_id == found.owner_id:
        sent.owner_id = UNSET  # who may not be active any more
    return sent


def _text(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}"


async def _task(visit: Visit) -> Task:
    """The task of the address, if it may be seen. Raises NotFound."""
    async with visit.db() as db:
        _, found = await queries.page(db, visit.org_id, visit.sees, Filter(ids=[visit.path["id"].lower()]))
    if not found:
        raise NotFound
    return found[0]


async def _page(visit: Visit, found: Task, problem: Trouble | None = None) -> Response:
    lead_name, deal = "", None
    if found.lead_id is not None:
        async with visit.db() as db:
            seen = await leads.by_ids(db, visit.org_id, visit.sees, [found.lead_id])
            deal = await _deal(visit, db, found.opportunity_id) if found.opportunity_id else None
        lead_name = name_of(seen[0]) if seen else ""
    values: dict[str, Any] = {
        "Name": found.name,
        "TaskType": rules.type_name(visit.defs, found),
        "DueDate": _text(found.due_on),
        "EndDate": _text(found.ends_on),
        "OwnerId": found.owner_id,
        "Location": found.location,
        "Description": found.description,
    }
    controls = forms.controls(visit, _fields(visit).values(), values, problem)
    for choice in next(control.choices for control in controls if control.name == "OwnerId"):
        if choice.value == choice.text == found.owner_id:
            choice.text = f"{visit.defs.user_name(found.owner_id) or choice.value} (not active)"
    return visit.page(
        "tasks/task.html",
        title=found.name,
        status=UNPROCESSABLE if problem is not None else 200,
        task=found,
        kind=values["TaskType"],
        due="done" if found.completed_on is not None else due_of(visit, found),
        controls=controls,
        problem=problem,
        lead_name=lead_name,
        deal=deal,
    )
