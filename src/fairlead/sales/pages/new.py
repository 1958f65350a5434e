"""The form that posts a sale on a lead, and choosing the lead for it."""

from __future__ import annotations

from starlette.responses import Response

from fairlead.errors import ApiError, NotFound
from fairlead.leads import picking
from fairlead.leads import queries as leads
from fairlead.leads.pages.record import name_of
from fairlead.sales import rules
from fairlead.sales.drafts import OWNER, SOLD_ON
from fairlead.sales.pages import reading
from fairlead.sales.pages.family import action, page
from fairlead.web import forms
from fairlead.web.forms import Trouble
from fairlead.web.visit import UNPROCESSABLE, Visit


@page("GET /sales/new", nav="sales")
async def for_whom(visit: Visit) -> Response:
    """Asks which lead bought; the form follows."""
    return await picking.picker(
        visit,
        title="New sale",
        note="Choose the lead that bought. What was sold comes next.",
        to="/app/leads/{}/sale/new",
        back="/app/sales",
        back_label="Sales",
    )


@page("GET /leads/{id:uuid}/sale/new", nav="leads")
async def new(visit: Visit) -> Response:
    """The form, with what a sale gets by itself: today, the person who sells, the first status."""
    return await _form(visit)


@action("POST /leads/{id:uuid}/sale/new", nav="leads")
async def post(visit: Visit) -> Response:
    """Post the sale. With `again` the form is only drawn anew: drop-downs offer what fits the values so far."""
    if visit.form.get("again"):
        return await _form(visit, fitting=True)
    pairs = forms.filled(forms.pairs(visit, reading.fields_of(visit)))
    try:
        sale = await visit.run(rules.create, visit.path["id"], reading.sent(visit, pairs))
    except ApiError as error:
        return await _form(visit, reading.told(visit, error))
    return visit.redirect(f"/app/leads/{sale.lead_id}", say="The sale is added.")


async def _form(visit: Visit, problem: Trouble | None = None, *, fitting: bool = False) -> Response:
    async with visit.db() as db:
        found = await leads.by_ids(db, visit.org_id, visit.sees, [visit.path["id"].lower()])
    if not found:
        raise NotFound
    fields = reading.fields_of(visit)
    values = {field.name: field.default_value for field in fields}
    values |= {SOLD_ON: f"{visit.now:%Y-%m-%d %H:%M:%S}", OWNER: visit.actor.id}
    controls = forms.controls(visit, fields, values, problem)
    if fitting:
        forms.keep_fitting(controls)
    return visit.page(
        "sales/new.html",
        title="New sale",
        status=UNPROCESSABLE if problem is not None else 200,
        lead=found[0],
        lead_name=name_of(found[0]),
        controls=controls,
        problem=problem,
        has_products=any(product.active for product in visit.defs.products.values()),
        depends=any(field.parent for field in fields),
    )
