"""The form for a new lead."""

from __future__ import annotations

from starlette.responses import Response

from fairlead.errors import ApiError
from fairlead.fields.model import Field
from fairlead.leads import plans
from fairlead.leads.pages.family import action, page
from fairlead.leads.pages.grouping import groups
from fairlead.leads.pages.record import refused
from fairlead.web import forms
from fairlead.web.forms import Trouble
from fairlead.web.visit import UNPROCESSABLE, Visit

FIRST = (
    "FirstName",
    "LastName",
    "EmailAddress",
    "Phone",
    "Mobile",
    "Company",
    "JobTitle",
    "Source",
    "ProspectStage",
    "OwnerId",
)
"""What the form asks for at once, besides what is mandatory; everything else is folded away."""


@page("GET /leads/new", nav="leads")
async def new(visit: Visit) -> Response:
    """An empty form, with the values that a new lead gets by itself."""
    return _form(visit)


@action("POST /leads/new", nav="leads")
async def create(visit: Visit) -> Response:
    """Create the lead and show it; what was refused stands in the form again."""
    first, more = _fields(visit)
    sent = forms.filled(forms.pairs(visit, [*first, *more]))
    try:
        written = await visit.run(plans.create, sent, origin=plans.BY_HAND)
    except ApiError as error:
        return _form(visit, await refused(visit, error, sent))
    return visit.redirect(f"/app/leads/{written.lead.id}", say="The lead is created.")


def _fields(visit: Visit) -> tuple[list[Field], list[Field]]:
    """The fields of the form: those seen at once, and the others."""
    fields = visit.defs.lead.fields
    first = [fields[name] for name in FIRST if name in fields]
    others = [
        field
        for key, _, some in groups(visit.defs)
        for field in some
        if field.name not in FIRST and (key != "more" or field.mandatory)
    ]
    return [*first, *(field for field in others if field.mandatory)], [
        field for field in others if not field.mandatory
    ]


def _form(visit: Visit, problem: Trouble | None = None) -> Response:
    first, more = _fields(visit)
    values = {field.name: field.default_value for field in (*first, *more)} | {"OwnerId": visit.actor.id}
    shown = forms.controls(visit, first, values, problem)
    for control in shown:
        control.label = {"OwnerId": "Owner", "ProspectStage": "Stage"}.get(control.name, control.label)
    folded = forms.controls(visit, more, values, problem)
    return visit.page(
        "leads/new.html",
        title="New lead",
        status=UNPROCESSABLE if problem is not None else 200,
        controls=shown,
        folded=folded,
        problem=problem,
        is_open=any(control.error for control in folded),
    )
