"""Exporting leads: the view of the list as a file, made in the background."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from starlette.datastructures import QueryParams
from starlette.responses import Response

from fairlead.errors import NotFound
from fairlead.leads.finding import Unreadable
from fairlead.leads.pages.grouping import grouped
from fairlead.leads.transfer import views
from fairlead.leads.transfer.pages.family import LISTED, action, download, page
from fairlead.leads.transfer.queries import exports as queries
from fairlead.leads.transfer.queries.exports import Export
from fairlead.records.picture import new_id
from fairlead.web.visit import UNPROCESSABLE, Visit

ADDRESS = "/app/leads/export"

STATES: dict[str, tuple[str, str]] = {
    "waiting": ("Waiting", "info"),
    "running": ("Being written", "info"),
    "cancelled": ("Cancelled", "warn"),
    "stopped": ("Stopped", "bad"),
    "done": ("Ready", "good"),
}
"""How the states of an export are called, and their colour."""


@page("GET /leads/export", nav="leads")
async def start(visit: Visit) -> Response:
    """Choose the columns for the leads of a view; and the exports there were."""
    query = views.kept(visit.query)
    return await _start(visit, query, views.ticked(visit.defs, visit.query.get("columns")))


async def _start(visit: Visit, query: str, chosen: list[str], problem: str = "") -> Response:
    view = views.view(visit.defs, query, visit.zone)
    if isinstance(view.condition, Unreadable):
        problem = view.condition.text
    known = views.columns(visit.defs)
    async with visit.db() as db:
        runs = await queries.listed(db, visit.org_id, _only(visit), LISTED)
    return visit.page(
        "transfer/exports.html",
        title="Export leads",
        status=UNPROCESSABLE if problem and visit.request.method == "POST" else 200,
        query=query,
        is_filtered=views.is_filtered(query),
        back=f"/app/leads?{query}" if query else "/app/leads",
        columns=[
            (title, [(name, known[name]) for name in names]) for title, names in grouped(visit.defs, known)
        ],
        chosen=frozenset(chosen),
        problem=problem,
        runs=runs,
        states=STATES,
    )


@action("POST /leads/export", nav="leads")
async def ask(visit: Visit) -> Response:
    """Ask for the file; it is written in the background."""
    query = views.kept(QueryParams(str(visit.form.get("query", ""))))
    sent = {str(one) for one in visit.form.getlist("column")}
    chosen = [name for name in views.columns(visit.defs) if name in sent]
    if not chosen:
        return await _start(visit, query, [], "Choose one column at least.")
    if isinstance(views.view(visit.defs, query, visit.zone).condition, Unreadable):
        return await _start(visit, query, chosen)
    run_id = new_id()

    async def work(db: Any) -> None:
        await queries.insert(db, visit.org_id, run_id, visit.actor.id, query, chosen, visit.now)

    await visit.committed(work)
    return visit.redirect(f"{ADDRESS}/{run_id}")


@page("GET /leads/export/{id:uuid}", nav="leads")
async def one(visit: Visit) -> Response:
    """How far an export is, and its file when it is ready."""
    run = await _found(visit)
    known = views.columns(visit.defs)
    return visit.page(
        "transfer/export.html",
        title="Export leads",
        run=run,
        state=STATES[run.state],
        address=f"{ADDRESS}/{run.id}",
        list_address=f"/app/leads?{run.view}" if run.view else "/app/leads",
        columns=[known.get(name, name) for name in run.columns],
    )


@page("GET /leads/export/{id:uuid}/leads.csv", nav="leads")
async def file(visit: Visit) -> Response:
    """The file, once it is complete."""
    run = await _found(visit)
    if run.state != "done":
        raise NotFound
    return download(_pieces(visit, run), f"leads-{run.asked_on.astimezone(visit.zone):%Y-%m-%d}.csv")


async def _pieces(visit: Visit, run: Export) -> AsyncIterator[str]:
    number = 0
    while True:
        async with visit.db() as db:
            text = await queries.part(db, run, number)
        if text is None:
            return
        yield text
        number += 1


@action("POST /leads/export/{id:uuid}/{do}", nav="leads")
async def act(visit: Visit) -> Response:
    """Cancel an export that is being written, or remove one with its file."""
    run = await _found(visit)
    if visit.path["do"] == "cancel":
        await visit.committed(lambda db: queries.cancel(db, run, visit.now))
        return visit.redirect(f"{ADDRESS}/{run.id}")
    if visit.path["do"] != "delete":
        raise NotFound
    if await visit.committed(lambda db: queries.delete(db, run)):
        return visit.redirect(ADDRESS, say="The export and its file are removed.")
    return visit.redirect(f"{ADDRESS}/{run.id}", say="The server works on it: cancel it first.", kind="warn")


def _only(visit: Visit) -> str | None:
    """Whose exports one may see: one's own, an administrator those of all."""
    return None if visit.is_admin else visit.actor.id


async def _found(visit: Visit) -> Export:
    async with visit.db() as db:
        run = await queries.one(db, visit.org_id, _only(visit), visit.path["id"])
    if run is None:
        raise NotFound
    return run
