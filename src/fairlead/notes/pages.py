"""The screens about notes: writing one on a lead, and changing it. What is on a lead is shown by the lead's own screen."""

from __future__ import annotations

from typing import Any

from msgspec import UNSET
from starlette.responses import Response

from fairlead.errors import ApiError, MandatoryMissing, NotFound
from fairlead.fields.model import Field
from fairlead.leads import queries as leads
from fairlead.leads.pages.record import name_of
from fairlead.notes import queries, rules
from fairlead.records.rows import Note
from fairlead.web import forms
from fairlead.web.forms import Trouble
from fairlead.web.screens import screens
from fairlead.web.visit import UNPROCESSABLE, Visit
from fairlead.wire.operation import Call
from fairlead.wire.types import Page

registry, page, action = screens(__file__)

TEXT = Field("Note", "Note", mandatory=True, max_length=rules.TEXT.max_length)


@page("GET /leads/{id:uuid}/notes/new", nav="leads")
async def new(visit: Visit) -> Response:
    """An empty form."""
    return await _form(visit)


@action("POST /leads/{id:uuid}/notes/new", nav="leads")
async def create(visit: Visit) -> Response:
    """Write the note and show the lead."""
    lead_id = visit.path["id"].lower()
    try:
        await visit.run(rules.create, lead_id, forms.sent(visit, TEXT))
    except ApiError as error:
        return await _form(visit, problem=_told(error))
    return visit.redirect(f"/app/leads/{lead_id}", say="The note is added.")


@page("GET /leads/{id:uuid}/notes/{note:uuid}", nav="leads")
async def edit(visit: Visit) -> Response:
    """The form with what the note says."""
    return await _form(visit, await _note(visit))


@action("POST /leads/{id:uuid}/notes/{note:uuid}", nav="leads")
async def save(visit: Visit) -> Response:
    """Change the note and show the lead."""
    found = await _note(visit)
    try:
        await visit.run(rules.update, found.id, found.lead_id, forms.sent(visit, TEXT), UNSET)
    except ApiError as error:
        return await _form(visit, found, problem=_told(error))
    return visit.redirect(f"/app/leads/{found.lead_id}", say="Saved.")


@action("POST /leads/{id:uuid}/notes/{note:uuid}/delete", nav="leads")
async def delete(visit: Visit) -> Response:
    """Remove the note and show the lead."""
    found = await _note(visit)

    async def work(call: Call[Any, Any], db: Any) -> None:
        await rules.delete(call, db, found.id)

    await visit.write(work)
    return visit.redirect(f"/app/leads/{found.lead_id}", say="The note is deleted.")


def _told(error: ApiError) -> Trouble:
    if isinstance(error, MandatoryMissing):
        return Trouble("Write something first.", "Note")
    if "can not be more than" in error.message:
        return Trouble(f"A note holds at most {TEXT.max_length} characters.", "Note")
    return Trouble(error.message)


async def _note(visit: Visit) -> Note:
    """The note of the address, on a lead that may be seen. Raises NotFound."""
    async with visit.db() as db:
        _, found = await queries.of_lead(
            db,
            visit.org_id,
            visit.sees,
            visit.path["id"].lower(),
            note_id=visit.path["note"].lower(),
            page=Page(0, 1),
        )
    if not found:
        raise NotFound
    return found[0]


async def _form(visit: Visit, note: Note | None = None, problem: Trouble | None = None) -> Response:
    async with visit.db() as db:
        found = await leads.by_ids(db, visit.org_id, visit.sees, [visit.path["id"].lower()])
    if not found:
        raise NotFound
    values: dict[str, Any] = {"Note": note.text if note is not None else None}
    return visit.page(
        "notes/note.html",
        title="Note" if note is not None else "New note",
        status=UNPROCESSABLE if problem is not None else 200,
        note=note,
        can_delete=note is not None and rules.may_delete(visit.call(), note),
        lead_id=found[0].id,
        lead_name=name_of(found[0]),
        controls=forms.controls(visit, [TEXT], values, problem),
        problem=problem,
    )
