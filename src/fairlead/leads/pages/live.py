"""The timeline of a lead that is open in a browser: asked for anew now and then, answered only when something happened."""

from __future__ import annotations

from starlette.responses import Response

from fairlead.errors import NotFound
from fairlead.leads.pages.family import page
from fairlead.leads.pages.timeline import part
from fairlead.leads.work import queries
from fairlead.web.visit import Visit

EVERY = "3s"
"""How often an open page asks. Asking costs the server a look at one lead, and nothing while the page is not seen."""


@page("GET /leads/{id:uuid}/live", nav="leads")
async def live(visit: Visit) -> Response:
    """The timeline as it is now; nothing (204) where it still is as `state` says."""
    id = visit.path["id"]
    async with visit.db() as db:
        state = await queries.state(db, visit.org_id, visit.sees, id)
        if state is None:
            raise NotFound
        if state == visit.query.get("state"):
            return visit.sealed(Response(status_code=204))
        here = f"/app/leads/{id}"
        happened = await part(visit, db, id, here)
    return visit.partial("leads/happened.html", happened=happened, here=here, state=state, every=EVERY)
