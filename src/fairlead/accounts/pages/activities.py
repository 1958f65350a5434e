"""Activities of an account: posting one, and changing one in its own form."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from fairlead.accounts import queries, rules
from fairlead.accounts.pages.family import action, page
from fairlead.accounts.pages.record import ADDRESS, account_of
from fairlead.activities.pages import form
from fairlead.activities.pages.form import AT, CHANGES, Place, Told
from fairlead.errors import ApiError, NotFound
from fairlead.orgs.definitions import RecordType
from fairlead.records.rows import Account, Activity
from fairlead.web import forms
from fairlead.web.forms import Trouble
from fairlead.web.visit import Visit


@page("GET /accounts/{id:uuid}/activities/new", nav="accounts")
async def new(visit: Visit) -> Response:
    """The form of a type of activity: `type` is its code."""
    return await _new(visit, _type(visit))


@action("POST /accounts/{id:uuid}/activities/new", nav="accounts")
async def post(visit: Visit) -> Response:
    """Post the activity. With `again` the form is only drawn anew: drop-downs offer what fits the values so far."""
    kind = _type(visit)
    if visit.form.get("again"):
        return await _new(visit, kind, fitting=True)
    note, _, fields = form.parted(forms.filled(forms.pairs(visit, form.fields_of(kind))))
    try:
        made = await visit.run(
            rules.post_activity,
            visit.path["id"].lower(),
            code=kind.code,
            note=note,
            at=forms.sent(visit, AT),
            fields=fields,
            skip_options=False,
        )
    except ApiError as error:
        return await _new(visit, kind, form.told(kind, error))
    return visit.redirect(f"{ADDRESS}/{made.account_id}", say=f"Posted: {kind.display_name}.")


@page("GET /account-activities/{id:uuid}", nav="accounts")
async def one(visit: Visit) -> Response:
    """The form of an activity that was posted, and what was changed about it."""
    return await _one(visit)


@action("POST /account-activities/{id:uuid}", nav="accounts")
async def save(visit: Visit) -> Response:
    """Change the note and the fields that are different."""
    async with visit.db() as db:
        found, kind, _ = await _activity(visit, db)
    if visit.form.get("again"):
        return await _one(visit, fitting=True)
    changed = forms.pairs(visit, form.fields_of(kind), form.values_of(found))
    back = f"{ADDRESS}/{found.account_id}"
    if not changed:
        return visit.redirect(back, say="Nothing was different, so nothing was saved.", kind="info")
    if (problem := form.stale(visit, found)) is not None:
        return await _one(visit, problem)
    note, note_sent, fields = form.parted(changed)
    try:
        await visit.run(
            rules.update_activity,
            found.id,
            note=note,
            note_sent=note_sent,
            fields=fields,
            skip_options=False,
        )
    except ApiError as error:
        return await _one(visit, form.told(kind, error))
    return visit.redirect(back, say="Saved.")


def _type(visit: Visit) -> RecordType:
    return form.type_of(visit, visit.query.get("type", ""), "account_activity")


async def _activity(visit: Visit, db: Any) -> tuple[Activity, RecordType, Account]:
    """The activity that the address names, its type, and its account. Raises NotFound."""
    found = await queries.activity(db, visit.org_id, visit.sees, visit.path["id"].lower())
    kind = visit.defs.types.get(found.code) if found is not None else None
    if found is None or kind is None or found.account_id is None:
        raise NotFound
    return found, kind, await account_of(visit, db, found.account_id)


def _place(account: Account, here: str) -> Place:
    back = f"{ADDRESS}/{account.id}"
    return Place(here=here, about=account.name, back=back, back_label=account.name)


async def _new(
    visit: Visit, kind: RecordType, problem: Trouble | None = None, *, fitting: bool = False
) -> Response:
    async with visit.db() as db:
        account = await account_of(visit, db)
    here = f"{ADDRESS}/{account.id}/activities/new?type={kind.code}"
    return form.empty(visit, kind, _place(account, here), problem, fitting=fitting)


async def _one(visit: Visit, problem: Trouble | None = None, *, fitting: bool = False) -> Response:
    async with visit.db() as db:
        found, kind, account = await _activity(visit, db)
        changes = await queries.history(db, visit.org_id, found.id, CHANGES)
    of = Told(activity=found, happened=form.changes_of(visit, changes))
    place = _place(account, f"/app/account-activities/{found.id}")
    return form.filled(visit, kind, place, of, problem, fitting=fitting)
