"""A call as a command line. Keys are never in it: they are names that the shell fills in."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from urllib.parse import quote, urlencode

PAIR = ("x-LSQ-AccessKey: $ACCESS_KEY", "x-LSQ-SecretKey: $SECRET_KEY")
ASYNC = "x-api-key: $ASYNC_KEY"


def command(
    verb: str,
    address: str,
    *,
    query: Iterable[tuple[str, str]] = (),
    body: str = "",
    needs: Iterable[str] = ("pair",),
) -> str:
    """What to type into a shell, a line per header; `needs` as `wire.describe` says it: `pair`, `x-api-key`."""
    parameters = urlencode(list(query), quote_via=quote)
    parts = ["curl"] if verb == "GET" else [f"curl -X {shlex.quote(verb)}"]
    parts[0] += f" {shlex.quote(f'{address}?{parameters}' if parameters else address)}"
    if "pair" in needs:
        parts += [f'-H "{header}"' for header in PAIR]
    if "x-api-key" in needs:
        parts.append(f'-H "{ASYNC}"')
    if body:
        parts += ["-H 'Content-Type: application/json'", f"--data-binary {shlex.quote(body)}"]
    return " \\\n  ".join(parts)
