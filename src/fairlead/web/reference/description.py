"""Operations as the reference shows them. Nothing imports this before somebody opens a page of the reference."""

from __future__ import annotations

import re
from functools import cache
from itertools import groupby
from typing import Any, NamedTuple

import msgspec

from fairlead.wire.describe.coverage import TIERS, Row, addresses, coverage, everything, slug
from fairlead.wire.describe.failures import Failure, failures
from fairlead.wire.describe.queued import described, needs
from fairlead.wire.describe.shapes import Member, members, skeletons, sometimes
from fairlead.wire.operation import Operation

_CODE = re.compile(r"`([^`]+)`")

Span = tuple[bool, str]
"""A piece of text; true when it is code."""


class Listed(NamedTuple):
    """An operation in a list."""

    slug: str
    title: str
    family: str
    verb: str
    path: str
    admin: bool


class Described(NamedTuple):
    """An operation on its own page. `parameters` are name and whether it is needed; texts are in spans."""

    listed: Listed
    text: list[list[Span]]
    needs: tuple[str, ...]
    bulk: int | None
    vendor: list[str]
    parameters: list[tuple[str, bool]]
    takes_body: bool
    body_optional: bool
    members: list[tuple[Member, list[Span]]]
    example: str
    replies: list[str]
    absent: list[str]
    beside: list[tuple[str, str]]


class Covered(NamedTuple):
    """An operation that the vendor has, where its page is, and ours where it is done."""

    row: Row
    vendor: str
    slug: str


@cache
def _operations() -> dict[str, Operation]:
    return {slug(operation.title): operation for operation in described(everything())}


def families(words: str = "") -> list[tuple[str, list[Listed]]]:
    """Operations by family; with words, those that have all of them in title, path or family."""
    wanted = words.lower().split()
    found = [
        listed
        for listed in map(_listed, _operations())
        if all(
            word in f"{listed.title} {listed.verb} {listed.path} {listed.family}".lower() for word in wanted
        )
    ]
    return [(family, list(some)) for family, some in groupby(found, key=lambda listed: listed.family)]


def operation(name: str) -> Described | None:
    """The operation with this slug; None when there is none."""
    found = _operations().get(name)
    if found is None:
        return None
    takes_body = found.takes_body and found.verb == "POST"
    return Described(
        listed=_listed(name),
        text=paragraphs(found.text),
        needs=needs(found),
        bulk=found.bulk,
        vendor=addresses(found.pages),
        parameters=_parameters(found),
        takes_body=takes_body,
        body_optional=found.body_optional,
        members=[(some, spans(some.remark)) for some in members(found.body)] if takes_body else [],
        example=_json(skeletons(found.body)[0]) if takes_body else "",
        replies=[_json(shape) for shape in skeletons(found.reply)],
        absent=sometimes(found.reply),
        beside=_beside(found),
    )


def by_path(path: str, verb: str = "") -> str | None:
    """The slug of the operation at this path, of the API or the queue; None when there is none."""
    found = _by_path().get(path.rstrip("/").lower(), {})
    return found.get(verb.replace("HEAD", "GET")) or (next(iter(found.values()), None) if not verb else None)


@cache
def _by_path() -> dict[str, dict[str, str]]:
    """Slugs by lower-case path and verb."""
    found: dict[str, dict[str, str]] = {}
    for name, some in _operations().items():
        for path in (some.path, *some.also):
            found.setdefault(path.lower(), {})[some.verb] = name
    return found


def title_of(name: str) -> str:
    """The title of the operation with this slug."""
    return _operations()[name].title


@cache
def queued() -> dict[str, str]:
    """Titles of the operations that can be queued, by their path in the queue."""
    return {some.queued.path: some.title for some in _operations().values() if some.queued is not None}


def done() -> tuple[list[tuple[str, str, int, int]], list[tuple[str, list[Covered]]]]:
    """Tiers as (letter, meaning, done, of); and what the vendor has, by family."""
    rows = coverage(list(_operations().values()))
    tiers: list[tuple[str, str, int, int]] = [
        (tier, meaning, sum(row.done for row in some), len(some))
        for tier, meaning in TIERS.items()
        for some in [[row for row in rows if row.tier == tier]]
    ]
    names = dict.fromkeys(row.family for row in rows)
    return tiers, [(name, [_covered(row) for row in rows if row.family == name]) for name in names]


def refusals() -> list[tuple[Failure, list[Span]]]:
    """Every kind of error a caller can see."""
    return [(failure, spans(failure.meaning)) for failure in failures()]


def paragraphs(text: str) -> list[list[Span]]:
    """The paragraphs of a docstring."""
    return [spans(" ".join(part.split())) for part in text.split("\n\n") if part.strip()]


def spans(text: str) -> list[Span]:
    """Text with what stands between backticks as code."""
    return [(number % 2 == 1, part) for number, part in enumerate(_CODE.split(text)) if part]


def _listed(name: str) -> Listed:
    found = _operations()[name]
    return Listed(name, found.title, found.family, found.verb, found.path, found.admin)


def _parameters(found: Operation) -> list[tuple[str, bool]]:
    if not found.parameters:
        return []
    required = {field.name for field in msgspec.structs.fields(found.query) if field.required}
    return [(name, name in required) for name in found.parameters.values()]


def _beside(found: Operation) -> list[tuple[str, str]]:
    """The same, queued; or what belongs to a queued one: titles and slugs."""
    place = found.queued.path if found.queued is not None else ""
    if found.family == "async":
        place = found.path.removesuffix("/status").removesuffix("/metrics")
    own = slug(found.title)
    return [
        (some.title, name)
        for name, some in _operations().items()
        if place
        and name != own
        and (some.path in (place, f"{place}/status", f"{place}/metrics") or _is_queued_as(some, place))
    ]


def _is_queued_as(some: Operation, place: str) -> bool:
    return some.queued is not None and some.queued.path == place


def _covered(row: Row) -> Covered:
    links = addresses(row.pages)
    own = by_path(row.path, row.verb or "") if row.done and row.path else None
    return Covered(row, links[0] if links else "", own or "")


def _json(value: Any) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
