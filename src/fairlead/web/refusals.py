"""What is answered instead of a screen: the way to the entrance, a toast where a form still stands, or a page that leads on.

Who is sent to the entrance comes back to the page where they were. What was typed into a form is kept by the browser
meanwhile (`keep.js`), which is told so with the event `kept`: it never leaves the browser, and passwords are not kept.
"""

from __future__ import annotations

from typing import NamedTuple

from starlette.responses import Response

from fairlead.errors import ApiError, Forbidden, NotFound, Unexpected, UnknownReference
from fairlead.web.screens import ROOT
from fairlead.web.session import COOKIE
from fairlead.web.visit import Guest, Said, Visit, with_query

_TITLES = {403: "Not permitted", 404: "Not found", 405: "Not possible", 422: "Not done", 503: "Not reachable"}
_KEPT = {"HX-Trigger": "kept"}


class Way(NamedTuple):
    """A way on from a page that says no."""

    label: str
    address: str


def to_the_door(guest: Guest) -> Response:
    """To the sign-in page, and back afterwards to the page that was asked for, or that the form stood on.

    A piece of a page that is asked for by itself takes nobody away from what they are at: they are told.
    """
    is_page = guest.request.method in ("GET", "HEAD")
    is_piece = is_page and guest.is_htmx and guest.request.headers.get("hx-boosted") != "true"
    url = guest.request.url
    here = f"{url.path}?{url.query}" if url.query else url.path
    back = here if is_page and not is_piece else guest.came_from
    to = with_query(f"{ROOT}/sign-in", next=back if back != ROOT else "")
    if is_piece:
        said = Said("Your session has ended.", "bad", "Sign in", to)
        return _toast(guest, 401, said, instead=True)
    if COOKIE in guest.request.cookies:
        lost = "" if is_page else ", so nothing was done"
        typed = ", with what you had typed" if guest.is_htmx and not is_page else ""
        guest.tell(
            Said(f"Your session has ended{lost}. Sign in, and you are back where you were{typed}.", "warn")
        )
    response = guest.leave(to)
    if guest.is_htmx and not is_page:
        response.headers.update(_KEPT)
    return response


def sent_back(visit: Guest, status: int, text: str) -> Response:
    """The page of a form anew, with what was typed, when the form was too old; where no script runs, what to do."""
    if not (visit.is_htmx and visit.came_from):
        return refused(visit, status, text)
    response = visit.leave(visit.came_from)
    response.headers.update(_KEPT)
    return response


def told(visit: Guest, error: ApiError) -> Response:
    """An error that the screen did not show itself: as a toast where the form still stands, else as a page."""
    if isinstance(error, Unexpected):
        said = f"Something went wrong on the server. Its log tells what, under {visit.request_id}."
        return refused(visit, 500, said)
    if isinstance(error, Forbidden):
        said = "Your role does not permit this. Ask an administrator of your organisation."
        return refused(visit, 403, said)
    if isinstance(error, NotFound | UnknownReference) and visit.request.method != "POST":
        return refused(visit, 404, "This is not there: it was deleted, or you may not see it.")
    return refused(visit, error.status if error.status < 500 else 422, error.message)


def refused(visit: Guest, status: int, text: str) -> Response:
    """What cannot be done, in a sentence, and where to go from here."""
    if visit.is_htmx and visit.request.method == "POST":
        return _toast(visit, status, Said(text, "bad"))
    title = _TITLES.get(status, "Something went wrong")
    is_form = visit.request.method == "POST" and status < 500
    return visit.page(
        "web/error.html", title=title, status=status, text=text, is_form=is_form, ways=_ways(visit)
    )


def _toast(visit: Guest, status: int, said: Said, *, instead: bool = False) -> Response:
    response = visit.partial("web/toast.html", status=status, text=said.text, kind=said.kind, link=said.link)
    place = "innerHTML" if instead else "beforeend"
    response.headers.update({"HX-Retarget": "#toasts", "HX-Reswap": place, "HX-Push-Url": "false"})
    return response


def _ways(visit: Guest) -> list[Way]:
    """Back to where one was, the list that the address belongs to, the first page: those of them that lead elsewhere."""
    found = [Way("Back", visit.came_from)]
    if isinstance(visit, Visit):
        entries = [entry for _, some in visit.entries for entry in some if entry.address != ROOT]
        over = [
            entry
            for entry in entries
            if entry.key == visit.nav or f"{visit.address}/".startswith(f"{entry.address}/")
        ]
        over.sort(key=lambda entry: (entry.key == visit.nav, len(entry.address)), reverse=True)
        found += [Way(entry.label, entry.address) for entry in over[:1]]
        found.append(Way("Home", ROOT))
    else:
        found.append(Way("Sign in", f"{ROOT}/sign-in"))
    here = visit.address if visit.request.method != "POST" else ""
    by_address = {
        way.address: way for way in reversed(found) if way.address.partition("?")[0] not in ("", here)
    }
    return [way for way in found if by_address.get(way.address) is way]
