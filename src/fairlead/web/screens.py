"""The seam for screens: a function with an address is a page (it shows) or an action (it changes something).

A family writes, in its `pages.py`:

    registry, page, action = screens(__file__)

    @page("GET /leads", nav="leads")
    async def leads(visit: Visit) -> Response: ...

    @action("POST /leads/{id:uuid}", nav="leads")
    async def save(visit: Visit) -> Response: ...

Addresses stand below `/app`. A page changes nothing, so it is safe to reload; an action is only reached with the
token of a form. Templates stand in `templates/` beside `pages.py`: `leads/list.html` is the family's `list.html`.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import msgspec

ROOT = "/app"
"""Where the console stands."""

F = TypeVar("F", bound=Callable[..., Any])
_ROUTE = re.compile(r"(GET|POST) (|/[A-Za-z0-9_./{}:-]*)")


class Screen(msgspec.Struct, frozen=True):
    """A page or an action. `nav` is the entry of the navigation that it belongs to.

    `admin`: only for administrators. `public`: for who is not signed in too, its function takes a `Guest`. `upload`: its
    form may bring a file as large as the server's settings allow.
    """

    verb: str
    path: str
    function: Callable[..., Any]
    nav: str
    admin: bool
    public: bool
    upload: bool = False


class Screens:
    """The screens of one family, and where its templates are."""

    def __init__(self, family: str, templates: Path) -> None:
        self.family = family
        self.templates = templates
        self.all: list[Screen] = []

    def add(self, screen: Screen) -> None:
        """Register; two functions for one address and verb are a mistake in the program."""
        if any(old.verb == screen.verb and old.path == screen.path for old in self.all):
            msg = f"{screen.verb} {screen.path} is registered twice"
            raise TypeError(msg)
        self.all.append(screen)


def screens(file: str) -> tuple[Screens, Callable[..., Callable[[F], F]], Callable[..., Callable[[F], F]]]:
    """The registry of a family with its `page` and `action` decorators; `file` is the `__file__` of its pages."""
    place = Path(file).parent
    place = place.parent if place.name == "pages" else place
    registry = Screens(place.name, place / "templates")

    def page(route: str, *, nav: str = "", admin: bool = False, public: bool = False) -> Callable[[F], F]:
        return _registered(registry, "GET", route, nav, admin=admin, public=public)

    def action(
        route: str, *, nav: str = "", admin: bool = False, public: bool = False, upload: bool = False
    ) -> Callable[[F], F]:
        return _registered(registry, "POST", route, nav, admin=admin, public=public, upload=upload)

    return registry, page, action


def _registered(
    registry: Screens,
    verb: str,
    route: str,
    nav: str,
    *,
    admin: bool,
    public: bool,
    upload: bool = False,
) -> Callable[[F], F]:
    matched = _ROUTE.fullmatch(route)
    if matched is None or matched[1] != verb:
        msg = f"{route!r} is not a {verb} route: a page is a GET, an action a POST"
        raise TypeError(msg)

    def register(function: F) -> F:
        if not inspect.iscoroutinefunction(function):
            msg = f"{function.__qualname__} must be a coroutine"
            raise TypeError(msg)
        registry.add(Screen(verb, ROOT + matched[2], function, nav, admin, public, upload))
        return function

    return register
