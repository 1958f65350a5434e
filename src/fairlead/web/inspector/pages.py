"""The inspector: the last requests of the API, as administrators of their organisation see them."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from fairlead.errors import NotFound
from fairlead.web import linking
from fairlead.web.inspector import again
from fairlead.web.inspector.log import AGE, LONGEST, MOST, Seen
from fairlead.web.inspector.shown import Shown, access_key
from fairlead.web.screens import screens
from fairlead.web.visit import UNPROCESSABLE, Visit

registry, page, action = screens(__file__)

FILTERS = ("status", "operation", "about")
"""What the list is filtered by."""
SHOWN = 100
"""Requests on the page."""
EVERY = "2s"
"""How often the page asks anew, where scripts run."""
CLASSES = (
    ("", "All"),
    ("2", "2xx: done"),
    ("4", "4xx: refused"),
    ("5", "5xx: a rule, or a fault"),
    ("refused", "All but 2xx"),
)


def _is_ours(visit: Visit, seen: Seen) -> bool:
    """Of this organisation: by the keys that opened it, or, where none did, by the access key that it named."""
    if seen.org_id is not None:
        return seen.org_id == visit.org_id
    return access_key(seen) in visit.defs.keys


def _found(visit: Visit) -> tuple[list[Shown], dict[str, str]]:
    """The requests of the organisation that the filter lets through, and its values."""
    chosen = {
        name: visit.query.get(name, "").strip()[:200] for name in ("status", "operation", "about", "pause")
    }
    words = chosen["operation"].lower().split()
    found: list[Shown] = []
    for seen in visit.office.inspector if _is_on(visit) else ():
        if len(found) == SHOWN:
            break
        if not _is_ours(visit, seen) or not _has_status(seen.status, chosen["status"]):
            continue
        shown = Shown(visit, seen)
        said = f"{shown.operation[0]} {seen.method} {seen.path}".lower()
        if all(word in said for word in words) and shown.mentions(chosen["about"]):
            found.append(shown)
    return found, chosen


def _has_status(status: int, wanted: str) -> bool:
    if wanted == "refused":
        return not 200 <= status < 300
    return str(status).startswith(wanted)


def _is_on(visit: Visit) -> bool:
    return visit.office.inspector.keeps(visit.org_id)


def _context(visit: Visit) -> dict[str, Any]:
    rows, chosen = _found(visit)
    return {
        "rows": rows,
        "chosen": chosen,
        "is_filtered": any(chosen[name] for name in FILTERS),
        "asked": {name: chosen[name] for name in FILTERS},
        "is_on": _is_on(visit),
        "every": EVERY,
        "most": MOST,
        "shown": SHOWN,
        "hours": int(AGE.total_seconds() // 3600),
    }


@page("GET /inspector", nav="requests", admin=True)
async def requests(visit: Visit) -> Response:
    """The last requests, newest first; asked for anew by itself where scripts run, unless it was paused."""
    return visit.page("inspector/list.html", title="Requests", classes=CLASSES, **_context(visit))


@page("GET /inspector/rows", nav="requests", admin=True)
async def rows(visit: Visit) -> Response:
    """The list alone, for the page that asks for it anew."""
    return visit.partial("inspector/rows.html", title="Requests", **_context(visit))


@page("GET /inspector/{id:uuid}", nav="requests", admin=True)
async def request(visit: Visit) -> Response:
    """One request, both ways, as long as it is kept."""
    return await _request(visit, _seen(visit))


@action("POST /inspector", nav="requests", admin=True)
async def switch(visit: Visit) -> Response:
    """Keep the calls of the organisation from now on, or no more; until this server is started again."""
    on = visit.form.get("on") == "1"
    visit.office.inspector.switch(visit.org_id, on=on)
    said = "Calls are kept from now on." if on else "Calls are kept no more; those that were are forgotten."
    return visit.redirect("/app/inspector", say=said)


@action("POST /inspector/{id:uuid}/again", nav="requests", admin=True)
async def send_again(visit: Visit) -> Response:
    """Send a request once more, as it was or with the body of the form, and show what came of it."""
    seen, api = _seen(visit), visit.office.api
    if api is None:
        raise NotFound
    if not again.is_whole(seen):
        return await _request(
            visit, seen, problem="Its body was cut when it was written down: send it from where it came."
        )
    body = seen.body
    if "body" in visit.form and Shown(visit, seen).editable is not None:
        body = str(visit.form["body"]).replace("\r\n", "\n").encode("utf-8", "replace")
    status, request_id = await again.sent(api, seen, body)
    return visit.redirect(
        f"/app/inspector/{request_id}", say=f"Sent again: {status}.", kind="good" if status < 400 else "warn"
    )


def _seen(visit: Visit) -> Seen:
    wanted = visit.path["id"]
    for one in visit.office.inspector:
        if one.request_id == wanted and _is_ours(visit, one):
            return one
    raise NotFound


async def _request(visit: Visit, seen: Seen, problem: str = "") -> Response:
    found = Shown(visit, seen)
    async with visit.db() as db:
        sent, answered = await linking.linked(visit, db, found.body, found.answer)
    return visit.page(
        "inspector/request.html",
        title=found.operation[0] or found.path,
        status=UNPROCESSABLE if problem else 200,
        found=found,
        sent=sent,
        answered=answered,
        longest=LONGEST,
        problem=problem,
        can_send=visit.office.api is not None and again.is_whole(seen),
    )
