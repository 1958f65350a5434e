"""Operations as the reference shows them. Nothing imports this before somebody opens a page of the reference."""

from __future__ import annotations

import re
from functools import cache
from itertools import groupby
from typing import Any, NamedTuple

import msgspec

from fairlead.web.reference import examples
from fairlead.web.reference.examples import Example
from fairlead.wire.describe.coverage import Row, addresses, coverage, everything, slug
from fairlead.wire.describe.failures import Failure, failures
from fairlead.wire.describe.queued import described, needs
from fairlead.wire.describe.shapes import Member, members, skeletons, sometimes
from fairlead.wire.operation import Operation

FURTHER = "X"
"""The tier of operations beyond the core families."""
_LINE = 72
"""Characters of a line of JSON."""
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


class Line(NamedTuple):
    """A parameter or a member in the table of a page: what it may be, whether it is needed, what it means, a value."""

    name: str
    kind: str
    required: bool
    meaning: list[Span]
    value: str


class Described(NamedTuple):
    """An operation on its own page; texts are in spans. `examples` are answers with their status, and when they come."""

    listed: Listed
    text: list[list[Span]]
    needs: tuple[str, ...]
    bulk: int | None
    vendor: list[str]
    parameters: list[Line]
    takes_body: bool
    body_optional: bool
    members: list[Line]
    query: list[tuple[str, str]]
    example: str
    replies: list[str]
    is_partial: bool
    refusal: tuple[str, int, str] | None
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
    shown = examples.of(found)
    body = shown.body if shown.body is not None else skeletons(found.body)[0] if takes_body else None
    replies = [shown.reply] if shown.reply is not None else skeletons(found.reply)
    parameters = _parameters(found, shown)
    return Described(
        listed=_listed(name),
        text=paragraphs(found.text),
        needs=needs(found),
        bulk=found.bulk,
        vendor=addresses(found.pages),
        parameters=parameters,
        takes_body=takes_body,
        body_optional=found.body_optional,
        members=[_line(some, shown) for some in members(found.body)] if takes_body else [],
        query=shown.query or [(line.name, f"<{line.name}>") for line in parameters if line.required],
        example=_json(body) if takes_body else "",
        replies=[_json(shape) for shape in replies],
        is_partial=shown.is_partial,
        refusal=(shown.refusal.when, shown.refusal.status, _json(shown.refusal.reply))
        if shown.refusal
        else None,
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


class Sum(NamedTuple):
    """How many operations are done, of how many."""

    title: str
    done: int
    of: int


def done() -> tuple[list[Sum], list[tuple[str, list[Covered]]]]:
    """How far it is done: in all, of the families that people start with, of the rest; and what the vendor has, by family."""
    rows = coverage(list(_operations().values()))
    core = [row for row in rows if row.tier != FURTHER]
    rest = [row for row in rows if row.tier == FURTHER]
    parts = (("All operations", rows), ("Sales and the families around it", core), ("Further ones", rest))
    sums = [Sum(title, sum(row.done for row in some), len(some)) for title, some in parts]
    names = dict.fromkeys(row.family for row in rows)
    return sums, [(name, [_covered(row) for row in rows if row.family == name]) for name in names]


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


_VALUE = "text, number or boolean"
"""How `shapes` calls what may be any of them; here it is a value, which the page explains once."""


def _parameters(found: Operation, shown: Example) -> list[Line]:
    if not found.parameters:
        return []
    required = {field.name for field in msgspec.structs.fields(found.query) if field.required}
    needed = {name.lower() for name in (*required, *shown.mandatory)}
    sent = {name.lower(): value for name, value in shown.query}
    return [
        Line(name, "text", name.lower() in needed, [], sent.get(name.lower(), ""))
        for name in found.parameters.values()
    ]


def _line(member: Member, shown: Example) -> Line:
    remarks = member.remark.split(" · ") if member.remark else []
    needed = "required" in remarks or member.path.rpartition(".")[2].removeprefix("[]") in shown.mandatory
    meaning = " · ".join(remark for remark in remarks if remark != "required")
    kind = member.kind.replace(f"list, each {_VALUE}", "list of values").replace(_VALUE, "value")
    return Line(member.path, kind, needed, spans(meaning), examples.value_at(shown.body, member.path))


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


def _json(value: Any, indent: str = "") -> str:
    """JSON for reading: what fits into a line stays on one."""
    line = msgspec.json.format(msgspec.json.encode(value), indent=0).decode()
    inner = f"{indent}  "
    if not isinstance(value, (dict, list)) or (indent and len(indent) + len(line) <= _LINE):
        return line
    if isinstance(value, dict):
        rows = [f"{inner}{_json(name)}: {_json(one, inner)}" for name, one in value.items()]
        return "{\n" + ",\n".join(rows) + f"\n{indent}}}" if rows else "{}"
    return (
        "[\n" + ",\n".join(f"{inner}{_json(one, inner)}" for one in value) + f"\n{indent}]" if value else "[]"
    )
