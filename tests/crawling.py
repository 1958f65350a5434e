"""The addresses of all screens, found as a person finds them: by following links and search forms from the first page."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode, urlsplit

from fairlead.app import SCREENS
from fairlead.web.console import OWN
from fairlead.web.screens import Screen

_HOLES = {"uuid": "[0-9a-f-]{36}", "int": "[0-9]+", "path": ".+"}
_HOLE = re.compile(r"\{\w+(?::(\w+))?\}")

Fetch = Callable[[str], Awaitable[str]]
"""The text of the page at an address; `` where there is none."""


def screens(verb: str, modules: Iterable[Any] = (*OWN, *SCREENS)) -> list[Screen]:
    """Everything registered under a verb, addresses without holes first, as the console matches them."""
    found = [screen for module in modules for screen in module.registry.all if screen.verb == verb]
    return sorted(found, key=lambda screen: (screen.path.count("{"), screen.path))


def pattern(route: str) -> re.Pattern[str]:
    """What addresses a route with holes matches."""
    parts, at = [], 0
    for hole in _HOLE.finditer(route):
        parts += [re.escape(route[at : hole.start()]), _HOLES.get(hole[1], "[^/]+")]
        at = hole.end()
    return re.compile("".join(parts) + re.escape(route[at:]))


def filled(route: str, value: str = "0198a000-0000-7000-8000-000000000001") -> str:
    """An address of a route, about something that is not there."""
    return _HOLE.sub(lambda hole: "7" if hole[1] == "int" else value, route)


async def addresses(
    fetch: Fetch, start: str = "/app", known: Mapping[str, str] | None = None
) -> dict[str, str]:
    """An address for each page that links and forms lead to, by its route; `known` are some to begin with."""
    routes = [screen.path for screen in screens("GET")]
    patterns = {route: pattern(route) for route in routes}
    found = {route: route for route in routes if "{" not in route} | dict(known or {})
    waiting = deque([start, *(address for address in found.values() if address != start)])
    while waiting:
        address = waiting.popleft()
        for link in links(await fetch(address)):
            path = urlsplit(link).path
            route = next((route for route in routes if patterns[route].fullmatch(path)), None)
            if route is not None and route not in found:
                found[route] = link
                waiting.append(link)
    return found


def links(text: str) -> list[str]:
    """Addresses of ours that a page leads to."""
    reader = _Links()
    reader.feed(text)
    return [link for link in reader.found if link.startswith("/app")]


class _Links(HTMLParser):
    """Links, what htmx loads, and forms that ask: with the first option of each drop-down."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._form = ""
        self._values: list[tuple[str, str]] = []
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.found += [given[name] for name in ("href", "hx-get", "xlink:href") if name in given]
        if tag == "form" and given.get("method", "get").lower() == "get":
            self._form, self._values = given.get("action", ""), []
        elif tag == "form":
            self.found.append(given.get("action", ""))  # a page may stand there, too
        elif tag == "select":
            self._select = given.get("name", "")
        elif tag == "option" and self._select:
            self._values.append((self._select, given.get("value", "")))
            self._select = ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "form" and self._form:
            self.found.append(f"{self._form}?{urlencode(self._values)}" if self._values else self._form)
            self._form = ""
