"""The screen that posts an activity on a lead, or on one of its opportunities."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from fairlead.activities import queries as activities
from fairlead.activities import rules
from fairlead.activities.pages import form
from fairlead.activities.pages.family import action, page
from fairlead.activities.pages.form import AT, Place
from fairlead.errors import ApiError, NotFound
from fairlead.leads import queries
from fairlead.leads.pages.record import name_of
from fairlead.orgs.definitions import RecordType
from fairlead.records.picture import is_id
from fairlead.web import forms
from fairlead.web.forms import Trouble
from fairlead.web.visit import Visit, with_query


@page("GET /leads/{id:uuid}/activities/new", nav="leads")
async def new(visit: Visit) -> Response:
    """The form of a type of activity: `type` is its code, `opportunity` the id of one that the activity is about."""
    return await _form(visit, _type(visit))


@action("POST /leads/{id:uuid}/activities/new", nav="leads")
async def post(visit: Visit) -> Response:
    """Post the activity. With `again` the form is only drawn anew: drop-downs offer what fits the values so far."""
    kind = _type(visit)
    if visit.form.get("again"):
        return await _form(visit, kind, fitting=True)
    about = visit.query.get("opportunity", "").lower()
    if about and not is_id(about):
        raise NotFound
    note, _, fields = form.parted(forms.filled(forms.pairs(visit, form.fields_of(kind))))
    try:
        wish = rules.Wish(
            visit.call(),
            code=kind.code,
            note=note,
            at=forms.sent(visit, AT),
            fields=fields,
            owner_email=None,
            skip_options=False,
        )
        wish.check()
        if about:
            await visit.run(rules.on_lead_and_opportunity, visit.path["id"], about, wish)
        else:
            await visit.run(rules.on_lead, visit.path["id"], wish)
    except ApiError as error:
        return await _form(visit, kind, form.told(kind, error))
    return visit.redirect(_back(visit, about), say=f"Posted: {kind.display_name}.")


def _type(visit: Visit) -> RecordType:
    return form.type_of(visit, visit.query.get("type", ""), "activity")


def _back(visit: Visit, about: str) -> str:
    """The page of what the activity is about: the opportunity, else the lead."""
    known = about and visit.has("/app/opportunities/{id:uuid}")
    return f"/app/opportunities/{about}" if known else f"/app/leads/{visit.path['id']}"


async def _about(visit: Visit, db: Any) -> tuple[str, str]:
    """Id and name of the opportunity that the address names; empty where it names none. Raises NotFound."""
    sent = visit.query.get("opportunity", "").lower()
    if not sent:
        return "", ""
    found = await activities.one(db, visit.org_id, sent, owner=visit.sees) if is_id(sent) else None
    if found is None or found.code < rules.OPPORTUNITIES or found.lead_id != visit.path["id"].lower():
        raise NotFound
    # mx_Custom_1 is the name of every opportunity.
    return found.id, str(found.fields.get("mx_Custom_1") or "the opportunity")


async def _form(
    visit: Visit, kind: RecordType, problem: Trouble | None = None, *, fitting: bool = False
) -> Response:
    async with visit.db() as db:
        found = await queries.by_ids(db, visit.org_id, visit.sees, [visit.path["id"].lower()])
        if not found:
            raise NotFound
        about, name = await _about(visit, db)
    lead = name_of(found[0])
    place = Place(
        here=with_query(visit.address, type=kind.code, opportunity=about),
        about=f"{name}, {lead}" if about else lead,
        back=_back(visit, about),
        back_label=name or lead,
    )
    return form.empty(visit, kind, place, problem, fitting=fitting)
