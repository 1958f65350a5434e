"""Choosing the lead that something new is about: leads are found as one types, the newest first."""

from __future__ import annotations

from starlette.responses import Response

from fairlead.leads.pages.record import name_of
from fairlead.leads.searching import newest
from fairlead.web.visit import Visit, with_query

MOST = 8
"""Leads that are offered; more words find the others."""


async def picker(
    visit: Visit,
    *,
    title: str,
    note: str,
    to: str,
    back: str,
    back_label: str,
    action: str = "",
    new: str = "/app/leads/new",
) -> Response:
    """The page that asks for the lead, with what `q` finds. `to` with a lead's id in it is where choosing leads.

    With `action`, a word for what is done, choosing sends a form there instead. `new` is where a lead is made that is
    not there yet.
    """
    words = visit.query.get("q", "").strip()
    async with visit.db() as db:
        found = await newest(visit, db, words, MOST)
    response = visit.page(
        "leads/pick.html",
        title=title,
        note=note,
        words=words,
        leads=found,
        name_of=name_of,
        to=to.format,
        back=back,
        back_label=back_label,
        action=action,
        new=new,
        most=MOST,
    )
    if visit.is_htmx and visit.request.headers.get("hx-target") == "results":
        response.headers["HX-Replace-Url"] = with_query(visit.address, q=words)
    return response
