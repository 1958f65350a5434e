"""The reference pages: one per family, the list of errors, the settings, the coverage table, and their index."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import groupby

import msgspec

from fairlead.wire.describe.coverage import TIERS, Row, addresses, coverage
from fairlead.wire.describe.failures import failures
from fairlead.wire.describe.options import settings_page
from fairlead.wire.describe.queued import described, needs
from fairlead.wire.describe.shapes import members, skeletons, sometimes
from fairlead.wire.operation import Operation, Registry

MARK = (
    "<!-- Written by `python -m fairlead.wire.describe`; change the docstrings and types, not this page. -->"
)


def pages(registry: Registry) -> dict[str, str]:
    """Every page of docs/reference by file name; the same registry gives the same text."""
    operations = described(registry)
    families = {family: list(some) for family, some in groupby(operations, key=lambda op: op.family)}
    found = {f"{family}.md": _family(family, some) for family, some in families.items()}
    found["errors.md"] = _errors()
    found["settings.md"] = settings_page()
    found["coverage.md"] = _coverage(coverage(operations), operations)
    found["README.md"] = _contents(families)
    return {name: f"{MARK}\n\n{text.rstrip()}\n" for name, text in sorted(found.items())}


def table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table; a bar inside a cell would end it."""
    heads = list(heads)
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def anchor(title: str) -> str:
    """The address of a heading inside its page."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def _contents(families: dict[str, list[Operation]]) -> str:
    rows = [
        (f"[{family}]({family}.md)", str(len(some)), ", ".join(operation.title for operation in some))
        for family, some in families.items()
    ]
    return "\n\n".join(
        (
            "# Reference",
            (
                "What the server answers, written by the program that answers it. A running server gives the same as an "
                "OpenAPI 3.1 document at `/openapi.json`."
            ),
            table(("family", "operations", ""), rows),
            (
                "- [Coverage](coverage.md): which operations of the vendor's API are done\n"
                "- [Errors](errors.md): every refusal, with status and type\n"
                "- [Settings](settings.md): commands, options and environment"
            ),
        )
    )


# A family


def _family(family: str, operations: list[Operation]) -> str:
    titles = "\n".join(f"- [{operation.title}](#{anchor(operation.title)})" for operation in operations)
    who = "A submit carries the header `x-api-key` and" if family == "async" else "Every call carries"
    alone = " Status and metrics want the `x-api-key` alone." if family == "async" else ""
    intro = (
        f"{who} a key pair: `accessKey` and `secretKey` in the query, or the headers `x-LSQ-AccessKey` and "
        f"`x-LSQ-SecretKey`.{alone} What a call can be refused with, whatever it is, stands in [errors](errors.md)."
    )
    return "\n\n".join((f"# {family.capitalize()}", intro, titles, *map(_operation, operations)))


def _operation(operation: Operation) -> str:
    parts = [f"## {operation.title}", f"`{operation.verb} {operation.path}`", " · ".join(_facts(operation))]
    if operation.text:
        parts.append(operation.text)
    if operation.parameters:
        required = {field.name for field in msgspec.structs.fields(operation.query) if field.required}
        rows = [
            (f"`{name}`", "required" if name in required else "") for name in operation.parameters.values()
        ]
        parts += ["**Query**", table(("parameter", ""), rows)]
    if operation.takes_body and operation.verb == "POST":
        parts += ["**Body**" + (" (may be absent)" if operation.body_optional else ""), *_body(operation)]
    parts += ["**Reply**", *_reply(operation)]
    return "\n\n".join(parts)


def _facts(operation: Operation) -> list[str]:
    links = addresses(operation.pages)
    facts = [f"[vendor's page{f' {n}' if len(links) > 1 else ''}]({link})" for n, link in enumerate(links, 1)]
    if "pair" in needs(operation):
        facts.append("administrators only" if operation.admin else "any active user")
    if "x-api-key" in needs(operation):
        facts.append(
            "header `x-api-key`" if "pair" in needs(operation) else "only the header `x-api-key`, no key pair"
        )
    if operation.bulk:
        facts.append(f"up to {operation.bulk:,} rows")
    return facts


def _body(operation: Operation) -> list[str]:
    found = members(operation.body)
    if not found:
        return ["Any JSON."]
    rows = [(f"`{member.path}`", member.kind, member.remark) for member in found]
    parts = [table(("member", "type", ""), rows)]
    if found[0].path.startswith("[]"):
        parts.insert(0, "A list; `[]` is one of its rows.")
    return parts


def _reply(operation: Operation) -> list[str]:
    parts = []
    for number, shape in enumerate(skeletons(operation.reply)):
        parts += ["or"] * (number > 0)
        parts.append(f"```json\n{msgspec.json.format(msgspec.json.encode(shape), indent=2).decode()}\n```")
    if absent := sometimes(operation.reply):
        parts.append(
            "Left out when there is nothing to say: " + ", ".join(f"`{name}`" for name in absent) + "."
        )
    return parts


# Errors


def _errors() -> str:
    rows = [
        (str(failure.status), f"`{failure.type}`", "yes" if failure.is_mx else "no", failure.meaning)
        for failure in failures()
    ]
    envelope = {"Status": "Error", "ExceptionType": "…", "ExceptionMessage": "…", "IsMXException": True}
    return "\n\n".join(
        (
            "# Errors",
            "Every refusal has this body:",
            f"```json\n{msgspec.json.format(msgspec.json.encode(envelope), indent=2).decode()}\n```",
            (
                "`IsMXException` is true when the type begins with `MX`: the call is at fault, and repeating it will not "
                "help (429 is the exception: wait as long as `Retry-After` says). HTTP 500 with such a type is the usual "
                "answer of a rule. HTTP 500 without one is a fault of the "
                "server; it also has a `RequestId`, the one in the header `X-Request-Id` and in the log."
            ),
            table(("status", "ExceptionType", "MX", "when"), rows),
            (
                "A call is judged in this order, and the first failure answers: path (404), verb (405), keys (401), rate "
                "limit (429), permission (403), body (400), mandatory attributes (400), rules (500)."
            ),
        )
    )


# Coverage


def _coverage(rows: list[Row], operations: list[Operation]) -> str:
    places: dict[tuple[str | None, str | None], Operation] = {
        (some.verb, some.path.lower()): some for some in operations
    }
    tiers = [
        (tier, meaning, *_count(row for row in rows if row.tier == tier)) for tier, meaning in TIERS.items()
    ]
    families = dict.fromkeys(row.family for row in rows)
    by_family = [
        (f"[{name}](#{anchor(name)})", *_count(row for row in rows if row.family == name))
        for name in families
    ]
    core = [row for row in rows if row.tier != "X"]
    parts = [
        "# Coverage",
        (
            f"**{sum(row.done for row in core)} of {len(core)}** operations of the core families are done, and "
            f"{sum(row.done for row in rows if row.tier == 'X')} of {len(rows) - len(core)} further ones."
        ),
        table(("tier", "", "done", "of"), tiers),
        table(("family", "done", "of"), by_family),
    ]
    for name in families:
        lines = [
            (_state(row, places.get(row.address)), _title(row), _address(row), row.tier)
            for row in rows
            if row.family == name
        ]
        parts += [f"## {name}", table(("", "operation", "address", "tier"), lines)]
    return "\n\n".join(parts)


def _count(rows: Iterable[Row]) -> tuple[str, str]:
    done = [row.done for row in rows]
    return str(sum(done)), str(len(done))


def _state(row: Row, operation: Operation | None) -> str:
    if not row.done:
        return "not yet"
    return f"[done]({operation.family}.md#{anchor(operation.title)})" if operation else "done"


def _title(row: Row) -> str:
    return f"[{row.title}]({addresses(row.pages)[0]})" if row.pages else row.title


def _address(row: Row) -> str:
    address = f"`{row.verb or '?'} {row.path}`" if row.path else "not known"
    return f"{address}, {row.variant}" if row.variant else address
