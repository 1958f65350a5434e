"""The console as an ASGI application: `/`, `/app`, `/static`. What holds for every answer is done here.

A request goes through, in this order: its address, who asks, the token of its form, the screen, the headers.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from jinja2 import Environment
from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from fairlead.db.pool import Conflict, Lost, Pool
from fairlead.errors import ApiError, Forbidden, NotFound, Unauthorised
from fairlead.orgs.definitions import Cache
from fairlead.web import entrance, me, refusals, render, session, static, views
from fairlead.web.home import pages as home
from fairlead.web.inspector.log import App, Log
from fairlead.web.pager import PastTheEnd
from fairlead.web.screens import ROOT, Screen, Screens
from fairlead.web.visit import Guest, Office, Visit, with_query
from fairlead.wire.batch import Batcher
from fairlead.wire.door import Receive, Scope, Send

log = logging.getLogger("fairlead.web")

OWN = (entrance, home, me, views)
"""Screens that belong to no family."""

LARGEST = 10 * 1024 * 1024
"""Bytes of a form, files included."""
FIELDS = 2000

HEADERS = {
    "content-security-policy": "default-src 'self'; script-src 'self'; style-src 'self'; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}
"""On every answer of the console. Nothing inline: neither a script nor a style that a value brought along can run."""


class BadForm(HTTPException):
    """The form cannot be taken: too large, not readable, or without its token."""


class TooOld(BadForm):
    """The form is one of ours, but of a session that is over: somebody signed in anew meanwhile."""


class Console:
    """All screens as one ASGI application."""

    def __init__(
        self,
        families: Iterable[Any],
        *,
        pool: Pool,
        cache: Cache,
        batcher: Batcher,
        demo_key: str = "",
        inspector: Log,
        api: App | None = None,
        largest_upload: int = 50_000_000,
    ) -> None:
        registries: list[Screens] = [module.registry for module in (*OWN, *families)]
        found = [screen for registry in registries for screen in registry.all]
        files = static.Files()
        templates: Environment = render.environment(registries, static=files.address, with_query=with_query)
        self._office = Office(
            pool=pool,
            cache=cache,
            batcher=batcher,
            templates=templates,
            addresses=frozenset(screen.path for screen in found if screen.verb == "GET"),
            demo_key=demo_key,
            inspector=inspector,
            api=api,
            largest_upload=largest_upload,
        )
        routes = [
            Route("/", _to_the_console),
            Route("/static/{name:path}", files.answer),
            *(Route(s.path, self._endpoint(s), methods=[s.verb]) for s in _most_exact_first(found)),
        ]
        self._app = Starlette(routes=routes, exception_handlers={HTTPException: self._no_such_page})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""

        async def guarded(message: Any) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=message["headers"])
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("cache-control", "no-store")
                headers.add_vary_header("HX-Request")
            await send(message)

        await self._app(scope, receive, guarded)

    def _endpoint(self, screen: Screen) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            guest = Guest(self._office, request, screen, "")
            try:
                return await self._answer(guest, request, screen)
            except HTTPException as error:
                return await self._refused(guest, error.status_code, str(error.detail))
            except (Lost, Conflict, TimeoutError):
                log.warning("the database does not answer a screen", exc_info=True)
                return await self._refused(guest, 503, "The database does not answer. Try again in a moment.")
            except Exception:
                log.exception("screen failed", extra={"request_id": guest.request_id})
                said = f"Something went wrong on the server. Its log tells what, under {guest.request_id}."
                return await self._refused(guest, 500, said)

        return answer

    async def _answer(self, guest: Guest, request: Request, screen: Screen) -> Response:
        who = await session.signed_in(request, self._office.pool, self._office.cache, now=datetime.now(UTC))
        visit: Guest
        if who is not None:
            visit = Visit(self._office, request, screen, who)
        elif screen.public:
            visit = _stranger(self._office, request, screen)
        else:
            return refusals.to_the_door(guest)
        visit.request_id = guest.request_id
        try:
            if any("\0" in value for value in request.query_params.values()):
                raise NotFound
            if screen.verb == "POST":
                await _read_form(visit)
            if screen.admin and not (isinstance(visit, Visit) and visit.is_admin):
                raise Forbidden
            response: Response = await screen.function(visit)
        except PastTheEnd as end:
            return visit.redirect(end.address)
        except Unauthorised:
            return refusals.to_the_door(guest)
        except TooOld as error:
            return refusals.sent_back(visit, error.status_code, str(error.detail))
        except ApiError as error:
            return refusals.told(visit, error)
        finally:
            await visit.form.close()
        return response

    async def _refused(self, guest: Guest, status: int, text: str) -> Response:
        """The page for what went wrong outside of a screen's rules; with the navigation for who is signed in."""
        visit = guest
        try:
            who = await session.signed_in(
                guest.request, self._office.pool, self._office.cache, now=datetime.now(UTC)
            )
        except (Lost, Conflict, TimeoutError):
            who = None
        if who is not None:
            visit = Visit(self._office, guest.request, guest.screen, who)
        return refusals.refused(visit, status, text)

    async def _no_such_page(self, request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 404
        text = "There is no page at this address." if status == 404 else "This address does not take that."
        response = await self._refused(Guest(self._office, request, None, ""), status, text)
        if isinstance(error, HTTPException) and error.headers:
            response.headers.update(error.headers)
        return response


async def _to_the_console(_: Request) -> Response:
    return RedirectResponse(ROOT, 307)


def _most_exact_first(found: list[Screen]) -> list[Screen]:
    """Addresses without braces before those with: `/leads/new` is no lead."""
    return sorted(found, key=lambda screen: (screen.path.count("{"), screen.path))


def _stranger(office: Office, request: Request, screen: Screen) -> Guest:
    """A guest with a token of their own, so that the forms of the entrance are bound to one browser too."""
    token = request.cookies.get(session.STRANGER, "")
    known = 40 <= len(token) <= 100
    guest = Guest(office, request, screen, token if known else session.new_token())
    if not known:
        guest.cookies.append((session.STRANGER, guest.token, None))
    return guest


async def _read_form(visit: Guest) -> None:
    """Read the form of an action and see that it is one of ours. Raises BadForm."""
    request = visit.request
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise BadForm(403, "This form was sent from another site, so nothing was done.")
    largest = visit.office.largest_upload if visit.screen is not None and visit.screen.upload else LARGEST
    length = request.headers.get("content-length", "0")
    if not length.isdigit() or int(length) > largest or "transfer-encoding" in request.headers:
        raise _too_large(largest)
    counted = Request(request.scope, _counted(request, largest))
    visit.form = await counted.form(max_files=10, max_fields=FIELDS, max_part_size=LARGEST)
    sent = visit.form.get("csrf") or request.headers.get("x-csrf-token") or ""
    if not session.csrf_matches(visit.token, str(sent)):
        said = "This form was too old, so nothing was done. Go back, load the page anew and send it again."
        raise TooOld(403, said)
    if any(isinstance(value, str) and "\0" in value for value in visit.form.values()):
        raise BadForm(400, "A text cannot hold the character NUL.")


def _too_large(largest: int) -> BadForm:
    return BadForm(413, f"What is sent at once has at most {largest / 1e6:.0f} MB: split it up.")


def _counted(request: Request, largest: int) -> Receive:
    """The body of a request as it comes in, to its end or until it is too large: whatever its head said."""
    seen = 0

    async def receive() -> Any:
        nonlocal seen
        message = await request.receive()
        seen += len(message.get("body", b""))
        if seen > largest:
            raise _too_large(largest)
        return message

    return receive
