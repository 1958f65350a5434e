"""The screen that posts an activity on a lead, or on one of its opportunities. What is there already their own screens show."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from fairlead.activities import queries as activities
from fairlead.activities import rules
from fairlead.activities.drafts import NOTE
from fairlead.errors import ApiError, NotFound
from fairlead.fields.model import DataType, Field
from fairlead.leads import queries
from fairlead.leads.pages.record import name_of
from fairlead.orgs.definitions import RecordType
from fairlead.records.picture import is_id
from fairlead.web import forms
from fairlead.web.forms import Control, Trouble
from fairlead.web.screens import screens
from fairlead.web.visit import UNPROCESSABLE, Visit, with_query
from fairlead.wire.types import Pair

registry, page, action = screens(__file__)

AT = Field("ActivityDateTime", "When", DataType.DATETIME)
"""When it happened, as the form asks for it."""


@page("GET /leads/{id:uuid}/activities/new", nav="leads")
async def new(visit: Visit) -> Response:
    """The form of a type of activity: `type` is its code, `opportunity` the id of one that the activity is about."""
    return await _form(visit, _type(visit, visit.query.get("type", "")))


@action("POST /leads/{id:uuid}/activities/new", nav="leads")
async def post(visit: Visit) -> Response:
    """Post the activity. With `again` the form is only drawn anew: drop-downs offer what fits the values so far."""
    kind = _type(visit, visit.query.get("type", ""))
    if visit.form.get("again"):
        return await _form(visit, kind, fitting=True)
    about = visit.query.get("opportunity", "").lower()
    if about and not is_id(about):
        raise NotFound
    sent = [pair for pair in map(_filled, forms.pairs(visit, _fields(kind))) if pair is not None]
    fields = [pair for pair in sent if pair.SchemaName != NOTE]
    note = next((pair.Value for pair in sent if pair.SchemaName == NOTE), None)
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
        return await _form(visit, kind, problem=forms.trouble(error, {**kind.fields, AT.name: AT}))
    return visit.redirect(_back(visit, about), say=f"Posted: {kind.display_name}.")


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


def _filled(pair: Pair) -> Pair | None:
    """What was filled in; a field that was left empty gets its default."""
    if pair.Fields is not None:
        members = [member for member in pair.Fields if member.Value not in (None, "")]
        return Pair(SchemaName=pair.SchemaName, Value="", Fields=members) if members else None
    return pair if pair.Value not in (None, "") else None


def _type(visit: Visit, code: str) -> RecordType:
    """The type with this code, if it is posted by hand. Raises NotFound."""
    found = visit.defs.type(int(code)) if code.isascii() and code.isdigit() and len(code) < 7 else None
    if found is None or found.kind != "activity":
        raise NotFound
    return found


def _fields(kind: RecordType) -> list[Field]:
    return [field for field in kind.fields.values() if not field.read_only]


async def _form(
    visit: Visit, kind: RecordType, problem: Trouble | None = None, *, fitting: bool = False
) -> Response:
    async with visit.db() as db:
        found = await queries.by_ids(db, visit.org_id, visit.sees, [visit.path["id"].lower()])
        if not found:
            raise NotFound
        about, name = await _about(visit, db)
    fields = [AT, *_fields(kind)]
    values = {field.name: field.default_value for field in fields}
    values |= {AT.name: f"{visit.now:%Y-%m-%d %H:%M:%S}", "Owner": visit.actor.id}
    controls = forms.controls(visit, fields, values, problem)
    if fitting:
        _keep_fitting(controls)
    return visit.page(
        "activities/post_on_lead.html",
        title=f"Post: {kind.display_name}",
        status=UNPROCESSABLE if problem is not None else 200,
        kind=kind,
        here=with_query(visit.address, type=kind.code, opportunity=about),
        back=_back(visit, about),
        back_label=name or name_of(found[0]),
        about=f"{name}, {name_of(found[0])}" if about else name_of(found[0]),
        controls=controls,
        problem=problem,
        depends=any(control.parent for control in _all(controls)),
    )


def _all(controls: list[Control]) -> list[Control]:
    return [one for control in controls for one in (control, *control.members)]


def _keep_fitting(controls: list[Control]) -> None:
    """Leave the choices that the value of the parent allows; one that was chosen and no longer fits goes too."""
    every = _all(controls)
    values = {control.name: control.value for control in every}
    for control in every:
        if control.parent and (parent := values.get(control.parent)):
            control.choices = [
                choice for choice in control.choices if choice.under is None or parent in choice.under
            ]
