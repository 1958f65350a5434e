"""One sale: what was sold, to whom, for how much; changed in its place, cancelled, and what became different."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from fairlead.activities import queries as activities
from fairlead.activities.periods import Period
from fairlead.errors import ApiError, NotFound
from fairlead.leads.pages.record import name_of
from fairlead.leads.pages.timeline import Entry, Part, entry
from fairlead.records.rows import Activity, Change
from fairlead.sales import queries, rules
from fairlead.sales.drafts import AMOUNT, SALE
from fairlead.sales.pages import reading
from fairlead.sales.pages.family import action, page
from fairlead.sales.pages.listing import leads_of, product_name
from fairlead.web import formats, forms
from fairlead.web.forms import Trouble
from fairlead.web.pager import Pager
from fairlead.web.render import NOTHING, shown
from fairlead.web.visit import UNPROCESSABLE, Visit, sentence
from fairlead.wire.types import Page

CHANGES = 20
"""Changes on a page of the history."""

CANCELLED = "This sale is cancelled already, so nothing was done."


@page("GET /sales/{id:uuid}", nav="sales")
async def sale(visit: Visit) -> Response:
    """A sale with its history; `edit` opens it."""
    found = await _sale(visit)
    return await _page(visit, found, editing="edit" in visit.query and not found.cancelled)


@action("POST /sales/{id:uuid}", nav="sales")
async def save(visit: Visit) -> Response:
    """Write what was changed."""
    found = await _sale(visit)
    if found.cancelled:
        return await _page(visit, found, editing=False, problem=Trouble(CANCELLED))
    if visit.form.get("again"):
        return await _page(visit, found, editing=True, fitting=True)
    changed = forms.pairs(visit, reading.fields_of(visit), reading.values_of(found))
    if not changed:
        return visit.redirect(visit.address, say="Nothing was different, so nothing was saved.", kind="info")
    try:
        if visit.form.get("as_of") not in (None, found.modified_on.isoformat()):
            said = "This sale was changed while you were editing. Look over your values and save them again."
            return await _page(visit, found, editing=True, problem=Trouble(said))
        await visit.run(rules.update, found.id, None, reading.sent(visit, changed))
    except ApiError as error:
        return await _page(visit, found, editing=True, problem=reading.told(visit, error))
    return visit.redirect(visit.address, say="Saved.")


@action("POST /sales/{id:uuid}/cancel", nav="sales")
async def cancel(visit: Visit) -> Response:
    """Cancel the sale; the note is kept with the activity that says so."""
    found = await _sale(visit)
    note = str(visit.form.get("note", "")).strip().replace("\r\n", "\n")
    try:
        await visit.run(rules.cancel, found.id, note or None)
    except ApiError as error:
        said = CANCELLED if found.cancelled else sentence(error)
        return await _page(visit, found, editing=False, problem=Trouble(said))
    return visit.redirect(f"/app/sales/{found.id}", say="The sale is cancelled: it counts no longer.")


async def _sale(visit: Visit) -> Activity:
    async with visit.db() as db:
        found = await queries.sale(db, visit.org_id, visit.path["id"].lower(), owner_id=visit.sees)
    if found is None:
        raise NotFound
    return found


async def _page(
    visit: Visit,
    found: Activity,
    *,
    editing: bool,
    problem: Trouble | None = None,
    fitting: bool = False,
) -> Response:
    fields = reading.fields_of(visit)
    values = reading.values_of(found)
    controls = forms.controls(visit, fields, values, problem) if editing else []
    if fitting:
        forms.keep_fitting(controls)
    address = f"/app/sales/{found.id}"
    pager = Pager(address, visit.query, size=CHANGES)
    async with visit.db() as db:
        of = await leads_of(visit, db, [found])
        happened = await _history(visit, db, found, pager)
    lead = of.get(found.lead_id or "")
    product = product_name(visit)(found)
    return visit.page(
        "sales/sale.html",
        title=f"Sale of {product}",
        status=UNPROCESSABLE if problem is not None else 200,
        here=address,
        sale=found,
        product=product,
        worth=_worth(visit, found),
        lead=lead,
        lead_name=name_of(lead) if lead is not None else NOTHING,
        rows=[] if editing else _rows(visit, found, values),
        controls=controls,
        problem=problem,
        happened=happened,
        pager=pager,
        depends=any(field.parent for field in fields),
    )


def _worth(visit: Visit, found: Activity) -> str:
    worth = found.fields.get(AMOUNT)
    return formats.money(worth, visit.defs) if worth is not None else NOTHING


def _rows(visit: Visit, found: Activity, values: dict[str, Any]) -> list[tuple[str, str]]:
    rows = []
    for field in reading.fields_of(visit):
        value = values.get(field.name)
        if value not in (None, "", {}, []):
            text = _worth(visit, found) if field.name == AMOUNT else shown(visit, field, value)
            rows.append((field.display_name, text))
    return rows


async def _history(visit: Visit, db: Any, found: Activity, pager: Pager) -> Part:
    total, changes = await activities.changes(
        db,
        visit.org_id,
        Period(None, None),
        activity_id=found.id,
        codes=[SALE],
        owner=visit.sees,
        page=Page(pager.offset, pager.size),
    )
    pager.found(len(changes), total=total)
    return Part([_told(visit, found, one) for one in changes], "", is_newest=True, older="", filters=[])


def _told(visit: Visit, found: Activity, change: Change) -> Entry:
    """A change; the one that made the sale took nothing away."""
    made = entry(visit, change)
    if change.changed_on == found.created_on and all(before is None for before, _ in change.changes.values()):
        made.title, made.icon = "Sale added", "plus"
        for row in made.rows:
            row.before = None
    return made
