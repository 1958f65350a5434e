"""What a screen is given: who asks, what for, and the ways to read, to change and to answer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, NamedTuple, TypeVar
from urllib.parse import quote, unquote, urlencode, urlsplit
from zoneinfo import ZoneInfo

import uuid_utils
from jinja2 import Environment
from starlette.datastructures import FormData, ImmutableMultiDict
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from fairlead.db.pool import Pool
from fairlead.errors import ApiError
from fairlead.orgs.definitions import Cache, Definitions, User
from fairlead.web import formats, navigation
from fairlead.web.inspector.log import App, Log
from fairlead.web.render import PARTIAL, WHOLE
from fairlead.web.screens import ROOT, Screen
from fairlead.web.session import SignedIn, csrf_of, is_https, set_cookie
from fairlead.web.tallies import Tallies
from fairlead.wire.batch import Batcher
from fairlead.wire.operation import Call, Plan
from fairlead.wire.transactions import changed, committed

R = TypeVar("R")

SAID = "fairlead_said"
"""Cookie that carries a sentence over a redirect, to the page that shows it."""
KINDS = ("good", "info", "warn", "bad")
"""What a sentence can be: done, to be known, not done and nothing lost, refused."""
THEME = "fairlead_theme"
LONGEST = 300
"""Characters of such a sentence: with a link it has to fit into a cookie."""
UNPROCESSABLE = 422
"""Status of a form that was refused and is shown again."""


class Said(NamedTuple):
    """A sentence that is shown once, above the page: of which kind (`KINDS`), and the words and address of one link."""

    text: str
    kind: str = "good"
    label: str = ""
    address: str = ""

    @property
    def link(self) -> tuple[str, str] | None:
        """The words and the address of the link; None without one."""
        return (self.label, self.address) if self.address else None


class Office:
    """What every visit needs of the process it is in."""

    def __init__(
        self,
        *,
        pool: Pool,
        cache: Cache,
        batcher: Batcher,
        templates: Environment,
        addresses: frozenset[str],
        demo_key: str = "",
        inspector: Log,
        api: App | None = None,
        largest_upload: int = 50_000_000,
    ) -> None:
        self.pool = pool
        self.cache = cache
        self.batcher = batcher
        self.templates = templates
        self.addresses = addresses
        self.demo_key = demo_key
        self.inspector = inspector
        self.api = api
        self.largest_upload = largest_upload
        self.tallies = Tallies(pool)


class Guest:
    """A request of somebody who need not be signed in.

    `query` and `form` are what was sent, `get` gives a text and `getlist` all of a name; `path` the parts of the
    address in braces, as text; `now` the time of the request.
    """

    signed_in = False

    def __init__(self, office: Office, request: Request, screen: Screen | None, token: str) -> None:
        self.office = office
        self.request = request
        self.screen = screen
        self.token = token
        self.request_id = str(uuid_utils.uuid7())
        self.now = datetime.now(UTC)
        self.path: dict[str, str] = {name: str(value) for name, value in request.path_params.items()}
        self.query: ImmutableMultiDict[str, str] = request.query_params
        self.form: FormData = FormData()
        self.cookies: list[tuple[str, str, int | None]] = []

    @property
    def address(self) -> str:
        """The path that was asked for: `/app/leads`."""
        return str(self.request.url.path)

    @property
    def csrf(self) -> str:
        """The token that every form carries in the field `csrf`."""
        return csrf_of(self.token)

    @property
    def is_htmx(self) -> bool:
        """True when htmx asks for the main region only; going back in history takes the whole page."""
        headers = self.request.headers
        return headers.get("hx-request") == "true" and headers.get("hx-history-restore-request") != "true"

    @property
    def nav(self) -> str:
        """The entry of the navigation that this screen belongs to."""
        return self.screen.nav if self.screen else ""

    @property
    def theme(self) -> str:
        """`light`, `dark`, or `` for what the system wants."""
        chosen = self.request.cookies.get(THEME, "")
        return chosen if chosen in ("light", "dark") else ""

    @cached_property
    def said(self) -> Said | None:
        """What the action that led here says; it is shown once."""
        sent = self.request.cookies.get(SAID, "")
        if not sent:
            return None
        self.cookies.append((SAID, "", 0))
        return _read(unquote(sent))

    @property
    def came_from(self) -> str:
        """The page of ours that this was asked for on: `/app/leads?stage=New`; `` where no header tells."""
        headers = self.request.headers
        parts = urlsplit(headers.get("hx-current-url") or headers.get("referer", ""))
        return local(f"{parts.path}?{parts.query}" if parts.query else parts.path, "")

    def has(self, address: str) -> bool:
        """True when a page answers at this address: `/app/leads`. Links to what is not there are left out."""
        return address.partition("?")[0] in self.office.addresses

    def page(self, template: str, *, title: str, status: int = 200, **context: Any) -> Response:
        """A page: `leads/list.html` of the family's templates, which extends `layout`. Values are escaped."""
        layout = self.office.templates.get_template(PARTIAL if self.is_htmx else WHOLE)
        found = self.office.templates.get_template(template)
        html = found.render(visit=self, layout=layout, title=title, **context)
        response = HTMLResponse(html, status)
        if status >= 400:
            response.headers["HX-Push-Url"] = "false"
        return self.sealed(response)

    def partial(self, template: str, *, status: int = 200, **context: Any) -> Response:
        """A piece of a page, for an htmx request that names its own target."""
        found = self.office.templates.get_template(template)
        return self.sealed(HTMLResponse(found.render(visit=self, **context), status))

    def redirect(
        self, to: str, *, say: str = "", kind: str = "good", link: tuple[str, str] | None = None
    ) -> Response:
        """On to a page of ours after an action; `say` is shown there as a toast.

        `kind` is one of `KINDS`: what was not done is no `good` news. `link` are the words and the address of the one
        thing that the toast leads to: `("Open it", "/app/leads/…")`.
        """
        if say:
            self.tell(Said(say, kind, *(link or ("", ""))))
        return self.sealed(RedirectResponse(local(to), 303))

    def tell(self, said: Said) -> None:
        """Show it on the next page."""
        sent = json.dumps(said._replace(text=said.text[:LONGEST]), ensure_ascii=False)
        self.cookies.append((SAID, quote(sent), 60))

    def leave(self, to: str, *, say: str = "", kind: str = "good") -> Response:
        """On to a page of ours as a browser loads one anew, also where htmx asked; `say` is shown there."""
        response = self.redirect(to, say=say, kind=kind)
        if not self.is_htmx:
            return response
        return self.sealed(Response(status_code=200, headers={"HX-Redirect": local(to)}))

    def sealed(self, response: Response) -> Response:
        """The response with the cookies that this visit sets."""
        for name, value, seconds in self.cookies:
            set_cookie(response, self.request, name, value, seconds=seconds)
        return response

    async def committed(self, work: Callable[[Any], Awaitable[R]]) -> R:
        """What `work` returns for a connection in a transaction: for what belongs to the console alone."""
        return await committed(self.office.pool, work)

    @property
    def is_https(self) -> bool:
        """True when the browser's side is encrypted."""
        return is_https(self.request)


class Visit(Guest):
    """A request of a user who is signed in."""

    signed_in = True

    def __init__(self, office: Office, request: Request, screen: Screen | None, who: SignedIn) -> None:
        super().__init__(office, request, screen, who.token)
        self.defs: Definitions = who.defs
        self.actor: User = who.user
        self.session = who.session
        self.org_id: int = who.defs.org.org_id
        self.notices: list[tuple[str, str]] = []

    @cached_property
    def zone(self) -> ZoneInfo:
        """The time zone in which the user reads and writes times."""
        return formats.zone_of(self.actor, self.defs)

    @property
    def is_admin(self) -> bool:
        """True for an administrator."""
        return self.actor.role == "Administrator"

    @property
    def sees(self) -> str | None:
        """The owner whose leads are all that the user may see; None: every lead. The rule of the API's reads."""
        return self.actor.id if self.defs.has_own_only(self.actor) else None

    @property
    def entries(self) -> list[tuple[str, list[navigation.Entry]]]:
        """The navigation of this user."""
        return navigation.shown(self.office.addresses, admin=self.is_admin)

    @property
    def search_address(self) -> str:
        """Where the search box asks; `` while nothing can be searched."""
        return f"{ROOT}/search" if self.has(f"{ROOT}/search") else ""

    def db(self) -> AbstractAsyncContextManager[Any]:
        """A connection to read with: `async with visit.db() as db`."""
        return self.office.pool.connection()

    def call(self) -> Call[Any, Any]:
        """A call in the user's name, as rules take it."""
        return Call(
            org_id=self.org_id,
            actor=self.actor,
            access_key="",
            defs=self.defs,
            query=None,
            body=None,
            now=self.now,
            request_id=self.request_id,
        )

    async def run(self, plan: Callable[..., Plan[R]], *arguments: Any, **options: Any) -> R:
        """The reply of a plan: `await visit.run(plans.update, lead_id, pairs)`. It goes with the next batch.

        The plan may be started again after a conflict, so arguments must bear being read twice (a list, not a
        generator). Raises ApiError, as the API's callers see it.
        """
        call = self.call()

        def start(call: Call[Any, Any]) -> Plan[R]:
            return plan(call, *arguments, **options)

        future: asyncio.Future[R] = self.office.batcher.submit(start, call)
        try:
            return await future
        finally:
            self.notices += call.notices

    async def write(
        self, work: Callable[[Call[Any, Any], Any], Awaitable[R]], *, admin: bool | None = None
    ) -> R:
        """What a rare write returns: `async def work(call, db)` in a transaction that holds the organisation's lock.

        `admin` says whether it takes an administrator; left out, it is as the screen says. Raises ApiError.
        """
        only = admin if admin is not None else bool(self.screen and self.screen.admin)
        call = self.call()
        try:
            return await changed(self.office.pool, self.office.cache, call, work, admin=only)
        finally:
            self.notices += call.notices
            self.defs, self.actor = call.defs, call.actor


def local(to: str, otherwise: str = ROOT) -> str:
    """An address of the console itself, whatever was sent: no other host, no scheme, nothing below `/app/../`."""
    parts = urlsplit(to) if to.isprintable() and "\\" not in to else urlsplit("")
    path = parts.path
    inside = path == ROOT or (path.startswith(f"{ROOT}/") and "/.." not in path and "//" not in path)
    if parts.scheme or parts.netloc or not inside:
        return otherwise
    return f"{path}?{parts.query}" if parts.query else path


def _read(sent: str) -> Said | None:
    """What the cookie holds; None for one that is not ours."""
    try:
        said = Said(*map(str, json.loads(sent)))
    except (TypeError, ValueError):
        return None
    return said._replace(kind=said.kind if said.kind in KINDS else "info", address=local(said.address, ""))


def with_query(address: str, **query: Any) -> str:
    """An address with these parameters; those that are None or empty are left out."""
    kept = {name: value for name, value in query.items() if value not in (None, "")}
    return f"{address}?{urlencode(kept, doseq=True)}" if kept else address


def sentence(error: ApiError) -> str:
    """What is said to a person about an error that belongs to no field; for one of a field: `forms.trouble`."""
    return error.message
