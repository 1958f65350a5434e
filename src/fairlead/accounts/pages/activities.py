"""Activities of an account: posting one, and changing one in its own form."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from fairlead.accounts import queries, rules
from fairlead.accounts.pages.family import action, page
from fairlead.accounts.pages.record import ADDRESS, account_of
from fairlead.activities.drafts import NOTE
from fairlead.errors import ApiError, NotFound
from fairlead.fields.model import DataType, Field
from fairlead.leads.pages.timeline import Part, entry
from fairlead.orgs.definitions import RecordType
from fairlead.records.rows import Account, Activity
from fairlead.web import forms
from fairlead.web.forms import Trouble
from fairlead.web.visit import UNPROCESSABLE, Visit

AT = Field("ActivityDateTime", "When", DataType.DATETIME)
"""When it happened, as the form asks for it."""

CHANGES = 50
"""Changes of an activity that are shown, the latest ones."""


@page("GET /accounts/{id:uuid}/activities/new", nav="accounts")
async def new(visit: Visit) -> Response:
    """The form of a type of activity: `type` is its code."""
    return await _new(visit, _type(visit, visit.query.get("type", "")))


@action("POST /accounts/{id:uuid}/activities/new", nav="accounts")
async def post(visit: Visit) -> Response:
    """Post the activity. With `again` the form is only drawn anew: drop-downs offer what fits the values so far."""
    kind = _type(visit, visit.query.get("type", ""))
    if visit.form.get("again"):
        return await _new(visit, kind, fitting=True)
    sent = forms.filled(forms.pairs(visit, _fields(kind)))
    try:
        made = await visit.run(
            rules.post_activity,
            visit.path["id"].lower(),
            code=kind.code,
            note=next((pair.Value for pair in sent if pair.name == NOTE), None),
            at=forms.sent(visit, AT),
            fields=[pair for pair in sent if pair.name != NOTE],
            skip_options=False,
        )
    except ApiError as error:
        return await _new(visit, kind, problem=_told(kind, error))
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
    changed = forms.pairs(visit, _fields(kind), _values(found))
    back = f"{ADDRESS}/{found.account_id}"
    if not changed:
        return visit.redirect(back, say="Nothing was different, so nothing was saved.", kind="info")
    if visit.form.get("as_of") not in (None, found.modified_on.isoformat()):
        said = "This activity was changed while you were editing. Look over your values and save them again."
        return await _one(visit, problem=Trouble(said))
    notes = [pair.Value for pair in changed if pair.name == NOTE]
    try:
        await visit.run(
            rules.update_activity,
            found.id,
            note=notes[-1] if notes else None,
            note_sent=bool(notes),
            fields=[pair for pair in changed if pair.name != NOTE],
            skip_options=False,
        )
    except ApiError as error:
        return await _one(visit, problem=_told(kind, error))
    return visit.redirect(back, say="Saved.")


def _told(kind: RecordType, error: ApiError) -> Trouble:
    found = forms.trouble(error, {**kind.fields, AT.name: AT})
    if found.field is None and "ActivityNote" in found.text:
        return Trouble("This note is too long.", NOTE)
    if found.field is None and AT.name in found.text:
        return Trouble("Enter a date and a time.", AT.name)
    return found


def _type(visit: Visit, code: str) -> RecordType:
    """The type with this code, if it is posted on accounts. Raises NotFound."""
    found = visit.defs.type(int(code)) if code.isascii() and code.isdigit() and len(code) < 7 else None
    if found is None or found.kind != "account_activity" or not found.active:
        raise NotFound
    return found


def _fields(kind: RecordType) -> list[Field]:
    return [field for field in kind.fields.values() if not field.read_only]


def _values(found: Activity) -> dict[str, Any]:
    return {NOTE: found.note, "Status": found.status, "Owner": found.owner_id, **found.fields}


async def _activity(visit: Visit, db: Any) -> tuple[Activity, RecordType, Account]:
    """The activity that the address names, its type, and its account. Raises NotFound."""
    found = await queries.activity(db, visit.org_id, visit.sees, visit.path["id"].lower())
    kind = visit.defs.types.get(found.code) if found is not None else None
    if found is None or kind is None or found.account_id is None:
        raise NotFound
    return found, kind, await account_of(visit, db, found.account_id)


async def _new(
    visit: Visit, kind: RecordType, *, problem: Trouble | None = None, fitting: bool = False
) -> Response:
    async with visit.db() as db:
        account = await account_of(visit, db)
    fields = [AT, *_fields(kind)]
    values = {field.name: field.default_value for field in fields}
    values |= {AT.name: f"{visit.now:%Y-%m-%d %H:%M:%S}", "Owner": visit.actor.id}
    return _form(
        visit,
        kind,
        account,
        fields,
        values,
        problem,
        fitting=fitting,
        here=f"{ADDRESS}/{account.id}/activities/new?type={kind.code}",
    )


async def _one(visit: Visit, *, problem: Trouble | None = None, fitting: bool = False) -> Response:
    async with visit.db() as db:
        found, kind, account = await _activity(visit, db)
        changes = await queries.history(db, visit.org_id, found.id, CHANGES)
    told = [entry(visit, change) for change in changes]
    return _form(
        visit,
        kind,
        account,
        _fields(kind),
        _values(found),
        problem,
        fitting=fitting,
        here=f"/app/account-activities/{found.id}",
        activity=found,
        happened=Part(told, "", is_newest=True, older="", filters=[]),
    )


def _form(
    visit: Visit,
    kind: RecordType,
    account: Account,
    fields: list[Field],
    values: dict[str, Any],
    problem: Trouble | None,
    *,
    fitting: bool,
    here: str,
    activity: Activity | None = None,
    happened: Part | None = None,
) -> Response:
    controls = forms.controls(visit, fields, values, problem)
    if fitting:
        forms.keep_fitting(controls)
    return visit.page(
        "accounts/activity.html",
        title=kind.display_name,
        status=UNPROCESSABLE if problem is not None else 200,
        kind=kind,
        account=account,
        activity=activity,
        happened=happened,
        here=here,
        controls=controls,
        problem=problem,
        depends=any(field.parent for field in fields),
    )
