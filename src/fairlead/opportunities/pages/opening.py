"""Opening an opportunity on a lead, by the capture of the API: a duplicate rule of the type holds here too.

Whoever comes from the board chooses the lead first.
"""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from fairlead.activities.drafts import NOTE
from fairlead.errors import ApiError, NotFound
from fairlead.fields.model import DataType, Field
from fairlead.leads import picking
from fairlead.leads import queries as leads
from fairlead.leads.drafts import draft
from fairlead.leads.pages.record import name_of
from fairlead.leads.queries import SeenLead
from fairlead.opportunities import rules
from fairlead.opportunities.pages.asking import ADDRESS, LOOKED_AT, types
from fairlead.opportunities.pages.family import action, page
from fairlead.opportunities.pages.record import HEAD, groups
from fairlead.opportunities.rules import STAGE
from fairlead.orgs.definitions import RecordType
from fairlead.web import forms
from fairlead.web.forms import Trouble
from fairlead.web.visit import UNPROCESSABLE, Visit
from fairlead.wire.types import Pair

AT = Field("OpportunityDateTime", "Opened on", DataType.DATETIME)
"""When it was opened, as the form asks for it."""

_FIRST = ("mx_Custom_1", *HEAD, "mx_Custom_6", "mx_Custom_8", "mx_Custom_10", NOTE)
"""What the form asks for at once, besides what is mandatory and the type's own; the rest is folded away."""


@page("GET /opportunities/new", nav="opportunities")
async def for_whom(visit: Visit) -> Response:
    """Asks which lead the opportunity is about; the form follows."""
    if not types(visit):
        return visit.page(
            "opportunities/no_types.html", title="Opportunities", back=ADDRESS, back_label="Opportunities"
        )
    return await picking.picker(
        visit,
        title="New opportunity",
        note="Choose the lead it is about. What it is comes next.",
        to="/app/leads/{}/opportunity/new",
        back=ADDRESS,
        back_label="Opportunities",
    )


@page("GET /leads/{id:uuid}/opportunity/new", nav="leads")
async def new(visit: Visit) -> Response:
    """The form of a type: `type` is its code; without it that of the board one looked at last, else the first."""
    lead = await _lead(visit)
    if not types(visit):
        return visit.page(
            "opportunities/no_types.html",
            title="Opportunities",
            back=f"/app/leads/{lead.id}",
            back_label=name_of(lead),
        )
    return await _form(visit, lead, _type(visit))


@action("POST /leads/{id:uuid}/opportunity/new", nav="leads")
async def create(visit: Visit) -> Response:
    """Open it and show it. With `again` the form is only drawn anew: drop-downs offer what fits the values so far."""
    lead, kind = await _lead(visit), _type(visit)
    if visit.form.get("again"):
        return await _form(visit, lead, kind, fitting=True)
    first, more = _fields(kind)
    sent = forms.filled(forms.pairs(visit, [*first, *more]))
    call = visit.call()
    try:
        named = [
            Pair(Attribute="ProspectID", Value=lead.id),
            Pair(Attribute="SearchBy", Value="ProspectId"),
        ]
        wish = rules.Wish(
            call,
            code=kind.code,
            note=next((pair.Value for pair in sent if pair.SchemaName == NOTE), None),
            at=forms.sent(visit, AT),
            fields=[pair for pair in sent if pair.SchemaName != NOTE],
        )
        flags = rules.Flags(overwrite=False, fill=False, silent=False, keep_owner=False)
        opened = await visit.run(rules.capture, draft(call, named), wish, flags)
    except ApiError as error:
        problem = forms.trouble(error, {**kind.fields, AT.name: AT})
        return await _form(visit, lead, kind, problem=problem)
    said = (
        "The opportunity is created."
        if opened.is_new
        else "The lead has this one already, so nothing new was opened. This is it."
    )
    return visit.redirect(f"/app/opportunities/{opened.target.id}", say=said)


async def _lead(visit: Visit) -> SeenLead:
    async with visit.db() as db:
        found = await leads.by_ids(db, visit.org_id, visit.sees, [visit.path["id"].lower()])
    if not found:
        raise NotFound
    return found[0]


def _type(visit: Visit) -> RecordType:
    """The type that the address names, else that of the board, else the first.

    Raises NotFound for one that nothing is opened with.
    """
    known = {str(kind.code): kind for kind in types(visit)}
    code = visit.query.get("type", "")
    found = known.get(code or visit.request.cookies.get(LOOKED_AT, ""))
    if not known or (found is None and code):
        raise NotFound
    return found or next(iter(known.values()))


def _fields(kind: RecordType) -> tuple[list[Field], list[Field]]:
    """The fields of the form: those seen at once, and the others."""
    head = [kind.fields[name] for name in HEAD if name in kind.fields]
    every = {field.name: field for _, _, some in groups(kind) for field in some}
    every |= {field.name: field for field in head}
    own = [field for key, _, some in groups(kind) if key == "own" for field in some]
    first = {name: every[name] for name in _FIRST if name in every}
    first |= {field.name: field for field in own}
    first |= {name: field for name, field in every.items() if field.mandatory}
    return list(first.values()), [field for name, field in every.items() if name not in first]


async def _form(
    visit: Visit, lead: SeenLead, kind: RecordType, problem: Trouble | None = None, *, fitting: bool = False
) -> Response:
    first, more = _fields(kind)
    values: dict[str, Any] = {field.name: field.default_value for field in (*first, *more)}
    values |= {"Owner": visit.actor.id, AT.name: f"{visit.now:%Y-%m-%d %H:%M:%S}"}
    stage = kind.fields.get(STAGE)
    if stage is not None and not values.get(STAGE):
        values[STAGE] = next(iter(stage.dependent.get(str(values.get("Status")), ())), None)
    controls = forms.controls(visit, first, values, problem)
    folded = forms.controls(visit, [*more, AT], values, problem)
    if fitting:
        forms.keep_fitting([*controls, *folded])
    return visit.page(
        "opportunities/open_on_lead.html",
        title="New opportunity",
        status=UNPROCESSABLE if problem is not None else 200,
        kind=kind,
        kinds=types(visit),
        lead_id=lead.id,
        lead_name=name_of(lead),
        controls=controls,
        folded=folded,
        is_open=any(control.error for control in folded),
        problem=problem,
        depends=any(control.parent for control in (*controls, *folded)),
    )
