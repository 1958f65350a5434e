"""Examples of calls as the tests have the server promise them: `examples.json` is made of the contract files by `make docs`."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from fairlead.wire.operation import Operation

_LONGEST = 40


class Refusal(msgspec.Struct):
    """A call that is refused: in which case, and the answer."""

    when: str
    status: int
    reply: Any


class Example(msgspec.Struct):
    """A call that succeeds, one that is refused, and what refusals say is mandatory. `is_partial`: the reply is shortened."""

    mandatory: list[str] = []
    query: list[tuple[str, str]] = []
    body: Any = None
    reply: Any = None
    is_partial: bool = False
    refusal: Refusal | None = None


def of(operation: Operation) -> Example:
    """The example of an operation; an empty one where no test has it."""
    for path in (operation.path, *operation.also):
        if (found := _all().get(f"{operation.verb} {path}".lower())) is not None:
            return found
    return Example()


@cache
def _all() -> dict[str, Example]:
    text = (Path(__file__).parent / "examples.json").read_bytes()
    return msgspec.json.decode(text, type=dict[str, Example])


def value_at(body: Any, path: str) -> str:
    """The value of the member with this path (`Activity.Fields[].Value`) as JSON; `` for none, or for a long one."""
    found = body
    for step in path.replace("[]", ".[]").split("."):
        if step == "[]":
            found = found[0] if isinstance(found, list) and found else None
        elif step:
            found = found.get(step) if isinstance(found, dict) else None
    if found is None or isinstance(found, (dict, list)):
        return ""
    said = msgspec.json.encode(found).decode()
    return said if len(said) <= _LONGEST and found != "" else ""
