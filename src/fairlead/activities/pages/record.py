"""One activity of a lead: what it says, when and by whom; changing, locking and deleting it; what was changed about it.

Opportunities and sales are activities with screens of their own.
"""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from fairlead.activities import deletion, queries, rules
from fairlead.activities.pages import form
from fairlead.activities.pages.family import action, page
from fairlead.activities.pages.form import CHANGES, Place, Told
from fairlead.activities.periods import Period
from fairlead.errors import ApiError, NotFound
from fairlead.leads import queries as leads
from fairlead.leads.pages.record import name_of
from fairlead.leads.pages.timeline import entry
from fairlead.orgs.definitions import RecordType
from fairlead.records.rows import Activity
from fairlead.web import forms
from fairlead.web.forms import Trouble
from fairlead.web.visit import Visit
from fairlead.wire.operation import Call
from fairlead.wire.types import Page

READ = ("activity", "system")
"""Kinds of activities that have their page here; of them only the first is changed."""


@page("GET /leads/{id:uuid}/activities/{activity:uuid}", nav="leads")
async def one(visit: Visit) -> Response:
    """The form of an activity, or what it says where it is only read."""
    return await _page(visit)


@action("POST /leads/{id:uuid}/activities/{activity:uuid}", nav="leads")
async def save(visit: Visit) -> Response:
    """Change the note and the fields that are different."""
    async with visit.db() as db:
        found, kind = await _activity(visit, db)
    if visit.form.get("again"):
        return await _page(visit, fitting=True)
    changed = forms.pairs(visit, form.fields_of(kind), form.values_of(found))
    if not changed:
        return visit.redirect(_lead(found), say="Nothing was different, so nothing was saved.")
    if (problem := form.stale(visit, found)) is not None:
        return await _page(visit, problem)
    note, note_sent, fields = form.parted(changed)
    try:
        await visit.run(
            rules.update,
            found.id,
            code=found.code,
            note=note,
            note_sent=note_sent,
            fields=fields,
            skip_options=False,
        )
    except ApiError as error:
        return await _page(visit, form.told(kind, error))
    return visit.redirect(_lead(found), say="Saved.")


@action("POST /leads/{id:uuid}/activities/{activity:uuid}/{do}", nav="leads")
async def act(visit: Visit) -> Response:
    """Lock the activity, or delete it."""
    async with visit.db() as db:
        found, kind = await _activity(visit, db)
    if visit.path["do"] == "lock":
        await visit.run(rules.lock, found.id)
        return visit.redirect(f"{_lead(found)}/activities/{found.id}", say="It is locked.")
    if visit.path["do"] != "delete":
        raise NotFound

    async def work(call: Call[Any, Any], db: Any) -> None:
        await deletion.delete_one(call, db, found.id)

    await visit.write(work)
    return visit.redirect(_lead(found), say=f"Deleted: {kind.display_name}.")


def _lead(found: Activity) -> str:
    return f"/app/leads/{found.lead_id}"


async def _activity(visit: Visit, db: Any) -> tuple[Activity, RecordType]:
    """The activity that the address names, and its type. Raises NotFound."""
    id = visit.path["activity"].lower()
    found = await queries.one(db, visit.org_id, id, owner=visit.sees)
    kind = visit.defs.types.get(found.code) if found is not None else None
    if found is None or kind is None or kind.kind not in READ or found.lead_id != visit.path["id"].lower():
        raise NotFound
    return found, kind


async def _page(visit: Visit, problem: Trouble | None = None, *, fitting: bool = False) -> Response:
    async with visit.db() as db:
        found, kind = await _activity(visit, db)
        lead = (await leads.by_ids(db, visit.org_id, visit.sees, [visit.path["id"].lower()]))[0]
        _, changes = await queries.changes(
            db,
            visit.org_id,
            Period(None, None),
            activity_id=found.id,
            codes=[found.code],
            owner=visit.sees,
            page=Page(0, CHANGES),
        )
    name, back = name_of(lead), _lead(found)
    place = Place(here=f"{back}/activities/{found.id}", about=name, back=back, back_label=name)
    is_changed = kind.kind == "activity" and (visit.is_admin or not found.locked)
    of = Told(
        activity=found,
        happened=form.changes_of(visit, changes),
        is_read=not is_changed,
        rows=[] if is_changed else _rows(visit, found),
        can_lock=kind.kind == "activity" and bool(kind.setting("can_lock")) and not found.locked,
        can_delete=is_changed and bool(kind.setting("can_delete")),
    )
    return form.filled(visit, kind, place, of, problem, fitting=fitting)


def _rows(visit: Visit, found: Activity) -> list[tuple[str, str]]:
    """What an activity says, as its timeline tells it."""
    told = entry(visit, found)
    note = [("Note", told.note)] if told.note else []
    status = [("Status", told.status)] if told.status else []
    moves = [
        (row.label, row.text if row.before is None else f"{row.before} → {row.text}") for row in told.rows
    ]
    return [*note, *status, *moves]
