"""One vendor page = one decorated function; the registry of them.

Three kinds of function, told apart by what they are:

- a *plan* (a generator): what happens often. It checks, yields `Needs`, is sent a `Picture`, decides, returns
  its reply. Many plans run in one batch, see `batch.py`.
- a *rare write* (a coroutine, `@write`): gets a connection inside a transaction that locks the organisation. Every
  process then reads the definitions anew, unless it says that it changes records only (`redefines=False`).
- a *read* (a coroutine, `@read`): gets a connection.

A function without types does not register.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Generator
from datetime import datetime
from typing import Any, Generic, TypeVar, get_args, get_type_hints

import msgspec

from fairlead.orgs.definitions import Definitions, User
from fairlead.records.picture import Needs, Picture

Q = TypeVar("Q")
B = TypeVar("B")
R = TypeVar("R")

Plan = Generator[Needs, Picture, R]
"""A generator that yields once what it needs to see, and returns a reply of type R."""


class Body(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Base of request bodies. Unknown members are ignored on the wire, and noticed (`decode.py`)."""


class Query(msgspec.Struct, kw_only=True):
    """Base of query strings: every member is `str | None`, matched without regard to case."""


class Call(Generic[Q, B]):
    """One request: who asks, what for, when, and what to say beside the answer."""

    __slots__ = (
        "access_key",
        "actor",
        "body",
        "defs",
        "host",
        "notices",
        "now",
        "org_id",
        "private_addresses",
        "query",
        "request_id",
    )

    def __init__(
        self,
        *,
        org_id: int,
        actor: User,
        access_key: str,
        defs: Definitions,
        query: Q,
        body: B,
        now: datetime,
        request_id: str,
        host: str = "",
        private_addresses: bool = False,
    ) -> None:
        self.org_id = org_id
        self.actor = actor
        self.access_key = access_key
        self.defs = defs
        self.query = query
        self.body = body
        self.now = now
        self.request_id = request_id
        self.host = host
        self.private_addresses = private_addresses  # whether those may be told what becomes of jobs
        self.notices: list[tuple[str, str]] = []

    def notice(self, code: str, detail: str) -> None:
        """Say aloud what the vendor swallows silently: `unknown-column`, `mx_Nope`."""
        self.notices.append((code, detail))


class Queued(msgspec.Struct, frozen=True):
    """How an operation is queued: its path without `/v2`, and what its status reply says.

    `id_key` is the spelling of the request's id there. `record` names the record that a request concerns, from its
    query and its body as JSON gave it: requests with the same name are applied in the order they were accepted.
    `number` is the auto number by which the body may name an opportunity in place of its id: one record, two names.
    `refusal` reads an application error out of a reply that is one without raising (opportunity capture).
    """

    path: str
    task_type: str
    id_key: str
    record: Callable[[dict[str, str], Any], str | None]
    aliases: tuple[str, ...] = ()
    number: Callable[[Any], int | None] | None = None
    refusal: Callable[[Any], str | None] | None = None


class Operation(msgspec.Struct, frozen=True):
    """An operation of the API, as registered. `also` are further paths that lead to it."""

    name: str
    family: str
    verb: str
    path: str
    pages: tuple[str, ...]
    title: str
    text: str
    function: Callable[..., Any]
    kind: str
    query: Any
    body: Any
    reply: Any
    admin: bool
    bulk: int | None
    body_optional: bool
    parameters: dict[str, str]
    queued: Queued | None = None
    redefines: bool = True
    also: tuple[str, ...] = ()

    @property
    def takes_body(self) -> bool:
        """False for operations whose body is ignored."""
        return self.body is not type(None)


class Registry:
    """All operations: `by_path[lower-case path][verb]`."""

    def __init__(self) -> None:
        self.by_path: dict[str, dict[str, Operation]] = {}

    def add(self, operation: Operation) -> None:
        """Register; two functions for one path and verb are a mistake in the program."""
        for path in (operation.path, *operation.also):
            verbs = self.by_path.setdefault(path.lower(), {})
            if operation.verb in verbs:
                msg = f"{operation.verb} {path} is registered twice"
                raise TypeError(msg)
            verbs[operation.verb] = operation

    def all(self) -> list[Operation]:
        """Every operation, by family and path."""
        found = (
            op for path, verbs in self.by_path.items() for op in verbs.values() if path == op.path.lower()
        )
        return sorted(found, key=lambda op: (op.family, op.path.lower(), op.verb))


F = TypeVar("F", bound=Callable[..., Any])
_ROUTE = re.compile(r"(GET|POST) (/[A-Za-z0-9./]+)")


def operations() -> tuple[Registry, Callable[..., Callable[[F], F]], Callable[..., Callable[[F], F]]]:
    """A registry of one family with its `read` and `write` decorators."""
    registry = Registry()

    def read(route: str, *, page: str | tuple[str, ...], **options: Any) -> Callable[[F], F]:
        def register(function: F) -> F:
            registry.add(_operation(function, route, page, reading=True, **options))
            return function

        return register

    def write(route: str, *, page: str | tuple[str, ...], **options: Any) -> Callable[[F], F]:
        def register(function: F) -> F:
            registry.add(_operation(function, route, page, reading=False, **options))
            return function

        return register

    return registry, read, write


def _operation(
    function: Callable[..., Any],
    route: str,
    page: str | tuple[str, ...],
    *,
    reading: bool,
    admin: bool = False,
    bulk: int | None = None,
    body_optional: bool = False,
    queued: Queued | None = None,
    redefines: bool = True,
    also: tuple[str, ...] = (),
) -> Operation:
    verb, path = _address(route)
    others = [_address(other) for other in also]
    if any(other_verb != verb for other_verb, _ in others):
        msg = f"{route!r} has one verb at all of its addresses"
        raise TypeError(msg)
    query, body, reply = _types(function)
    title, text = _docstring(function)
    coroutine = inspect.iscoroutinefunction(function)
    kind = "read" if reading else "rare" if coroutine else "plan"
    if reading and not coroutine:
        msg = f"{function.__qualname__} reads and must be a coroutine"
        raise TypeError(msg)
    names = () if query is type(None) else query.__struct_fields__
    return Operation(
        name=function.__qualname__,
        family=function.__module__.split(".")[1],
        verb=verb,
        path=path,
        pages=(page,) if isinstance(page, str) else page,
        title=title,
        text="\n\n".join((*text, *(f"Also at `{verb} {path}`." for verb, path in others))),
        function=function,
        kind=kind,
        query=query,
        body=body,
        reply=reply,
        admin=admin,
        bulk=bulk,
        body_optional=body_optional or body is type(None),
        parameters={name.lower(): name for name in names},
        queued=queued,
        redefines=redefines,
        also=tuple(path for _, path in others),
    )


def _docstring(function: Callable[..., Any]) -> tuple[str, list[str]]:
    """The title in the reference, and the text below it if there is one."""
    if not function.__doc__:
        msg = f"{function.__qualname__} needs a docstring: it is the reference page"
        raise TypeError(msg)
    title, _, text = inspect.cleandoc(function.__doc__).partition("\n")
    return title.rstrip("."), [text.strip()] if text.strip() else []


def _address(route: str) -> tuple[str, str]:
    """Verb and path of a route such as `GET /Lead.svc/Get`."""
    matched = _ROUTE.fullmatch(route)
    if matched is None:
        msg = f"{route!r} is not a route"
        raise TypeError(msg)
    return matched[1], "/v2" + matched[2]


def _types(function: Callable[..., Any]) -> tuple[Any, Any, Any]:
    """The query, body and reply types of `(call: Call[Q, B], …) -> R` or `-> Plan[R]`."""
    hints = get_type_hints(function, include_extras=True)
    call, reply = hints.get("call"), hints.get("return")
    arguments = get_args(call)
    if getattr(call, "__origin__", None) is not Call or len(arguments) != 2 or reply is None:
        msg = f"{function.__qualname__} does not say its types: (call: Call[Query, Body], …) -> Reply"
        raise TypeError(msg)
    if getattr(reply, "__origin__", None) is Generator:
        reply = get_args(reply)[2]
    return arguments[0], arguments[1], reply
