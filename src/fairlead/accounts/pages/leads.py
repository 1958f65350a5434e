"""The leads of an account: tying one that is there to it, making a new one for it, letting one go.

A lead names its account, so that all of this changes leads, by the plans of the API.
"""

from __future__ import annotations

from starlette.responses import Response

from fairlead.accounts.pages.family import action, page
from fairlead.accounts.pages.record import ADDRESS, LINK, account_of
from fairlead.errors import ApiError, Forbidden, NotFound
from fairlead.fields.model import Field
from fairlead.leads import picking, plans
from fairlead.leads import queries as leads
from fairlead.leads.pages.record import name_of
from fairlead.records.picture import is_id
from fairlead.records.rows import Account
from fairlead.web import forms
from fairlead.web.forms import Trouble
from fairlead.web.visit import UNPROCESSABLE, Visit
from fairlead.wire.types import Pair

FIRST = ("FirstName", "LastName", "EmailAddress", "Phone", "JobTitle", "Source", "ProspectStage", "OwnerId")
"""What the form of a new lead asks for here, besides what is mandatory; its own page asks for the rest."""

_LABELS = {"OwnerId": "Owner", "ProspectStage": "Stage"}


@page("GET /accounts/{id:uuid}/leads/add", nav="accounts")
async def choose(visit: Visit) -> Response:
    """Asks which lead belongs to the account."""
    async with visit.db() as db:
        account = await account_of(visit, db)
    here = f"{ADDRESS}/{account.id}"
    return await picking.picker(
        visit,
        title="Add a lead",
        note=f"Choose the one that belongs to {account.name}.",
        to=f"{here}/leads/add",
        back=here,
        back_label=account.name,
        action="Add",
        new=f"{here}/leads/new",
    )


@action("POST /accounts/{id:uuid}/leads/add", nav="accounts")
async def add(visit: Visit) -> Response:
    """Tie the lead that the form names to the account."""
    return await _tied(visit, is_tied=True)


@action("POST /accounts/{id:uuid}/leads/remove", nav="accounts")
async def remove(visit: Visit) -> Response:
    """Take the account from the lead that the form names."""
    return await _tied(visit, is_tied=False)


async def _tied(visit: Visit, *, is_tied: bool) -> Response:
    """Write the account of a lead and show the account. A lead of another account is not let go here."""
    before = None
    async with visit.db() as db:
        account = await account_of(visit, db)
        id = str(visit.form.get("lead", "")).lower()
        found = await leads.by_ids(db, visit.org_id, visit.sees, [id] if is_id(id) else [])
        if found and found[0].account_id not in (None, account.id):
            before = await leads.account(db, visit.org_id, found[0].account_id or "")
    if not found or (not is_tied and found[0].account_id != account.id):
        raise NotFound
    await visit.run(plans.update, found[0].id, [Pair(SchemaName=LINK, Value=account.id if is_tied else "")])
    said = "belongs to this account now" if is_tied else "belongs to no account now"
    no_longer = f", no longer to {before[0]}" if before else ""
    return visit.redirect(f"{ADDRESS}/{account.id}", say=f"{name_of(found[0])} {said}{no_longer}.")


@page("GET /accounts/{id:uuid}/leads/new", nav="accounts")
async def new(visit: Visit) -> Response:
    """The form of a new lead of the account."""
    async with visit.db() as db:
        return _form(visit, await account_of(visit, db))


@action("POST /accounts/{id:uuid}/leads/new", nav="accounts")
async def create(visit: Visit) -> Response:
    """Create the lead with the account set, and show it."""
    async with visit.db() as db:
        account = await account_of(visit, db)
    sent = forms.filled(forms.pairs(visit, _fields(visit)))
    try:
        written = await visit.run(plans.create, [*sent, Pair(SchemaName=LINK, Value=account.id)])
    except Forbidden:
        raise
    except ApiError as error:
        return _form(visit, account, _told(visit, error))
    return visit.redirect(f"/app/leads/{written.lead.id}", say=f"The lead is created, for {account.name}.")


def _told(visit: Visit, error: ApiError) -> Trouble:
    found = forms.trouble(error, visit.defs.lead.fields)
    if "FirstName, LastName" in found.text:
        return Trouble("Enter a first name, a last name, an e-mail address or a phone number.", "FirstName")
    return found


def _fields(visit: Visit) -> list[Field]:
    fields = visit.defs.lead.fields
    needed = (
        field for field in fields.values() if field.mandatory and not field.read_only and field.name != LINK
    )
    return list(
        {
            field.name: field for field in (*(fields[name] for name in FIRST if name in fields), *needed)
        }.values()
    )


def _form(visit: Visit, account: Account, problem: Trouble | None = None) -> Response:
    fields = _fields(visit)
    values = {field.name: field.default_value for field in fields} | {"OwnerId": visit.actor.id}
    controls = forms.controls(visit, fields, values, problem)
    for control in controls:
        control.label = _LABELS.get(control.name, control.label)
    return visit.page(
        "accounts/new_lead.html",
        title="New lead",
        status=UNPROCESSABLE if problem is not None else 200,
        account=account,
        here=f"{ADDRESS}/{account.id}",
        controls=controls,
        problem=problem,
    )
