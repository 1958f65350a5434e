"""Screens of a family that exists in tests only: every way in which a screen can read, change, answer and fail."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from fairlead.errors import ApiError, DomainError, Forbidden
from fairlead.leads import plans, queries
from fairlead.web import forms
from fairlead.web.pager import Pager
from fairlead.web.screens import screens
from fairlead.web.visit import Visit
from fairlead.wire.operation import Call

registry, page, action = screens(__file__)

FIELDS = ("FirstName", "EmailAddress", "mx_Date", "mx_At", "Source", "DoNotCall", "mx_KYC")


@page("GET /trial", nav="leads")
async def trial(visit: Visit) -> Response:
    """A list."""
    pager = Pager(visit.address, visit.query, size=2)
    async with visit.db() as db:
        found = await queries.quick(db, visit.org_id, visit.sees, visit.query.get("q", ""), 100)
    shown = found.leads[pager.offset : pager.offset + pager.size]
    return visit.page(
        "web/list.html", title="Trial", leads=shown, pager=pager.found(len(shown), total=found.total)
    )


@page("GET /trial/{id:uuid}", nav="leads")
async def one(visit: Visit) -> Response:
    """A record."""
    return await _one(visit)


async def _one(visit: Visit, problem: forms.Trouble | None = None) -> Response:
    async with visit.db() as db:
        found = await queries.by_ids(db, visit.org_id, visit.sees, [visit.path["id"]])
    if not found:
        raise DomainError("Lead not found", status=404)
    known = [visit.defs.lead.fields[name] for name in FIELDS if name in visit.defs.lead.fields]
    controls = forms.controls(visit, known, found[0].fields, problem)
    return visit.page(
        "web/one.html",
        title="One",
        status=422 if problem else 200,
        lead=found[0],
        controls=controls,
        problem=problem,
    )


@action("POST /trial/{id:uuid}", nav="leads")
async def save(visit: Visit) -> Response:
    """Change a record by the plan of the API."""
    known = visit.defs.lead.fields
    sent = forms.pairs(visit, [known[name] for name in FIELDS if name in known])
    try:
        await visit.run(plans.update, visit.path["id"], sent)
    except ApiError as error:
        return await _one(visit, forms.trouble(error, known))
    return visit.redirect(visit.address, say="Saved <this> lead.")


@action("POST /trial/fail")
async def fail(visit: Visit) -> Response:
    """A rule says no, and the screen does not mind."""
    if visit.form.get("how") == "forbidden":
        raise Forbidden
    if visit.form.get("how") == "fault":
        raise RuntimeError("a fault of ours")
    raise DomainError("This cannot be done: it is <closed>.")


@action("POST /trial/tell")
async def tell(visit: Visit) -> Response:
    """Go on, and say something there."""
    label, to = (str(visit.form.get(name, "")) for name in ("label", "to"))
    return visit.redirect(
        "/app/trial",
        say="Nothing <was> done.",
        kind=str(visit.form["kind"]),
        link=(label, to) if label else None,
    )


@action("POST /trial/rename", admin=True)
async def rename(visit: Visit) -> Response:
    """A rare write."""

    async def work(call: Call[Any, Any], db: Any) -> None:
        await db.execute("update org set name = $2 where org_id = $1", call.org_id, visit.form["name"])

    await visit.write(work)
    return visit.redirect("/app/trial", say="Renamed.")
