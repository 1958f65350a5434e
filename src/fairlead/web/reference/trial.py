"""A call of the API made here, in the name of a key that somebody types in: through the application, not the network."""

from __future__ import annotations

from time import perf_counter
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

import msgspec

from fairlead.web.inspector import redaction
from fairlead.web.inspector.log import App

ACCESS_KEY, SECRET_KEY, ASYNC_KEY = "x-lsq-accesskey", "x-lsq-secretkey", "x-api-key"
"""Headers of keys; an access key alone opens nothing."""
LONGEST = 100_000
"""Characters of an answer that are shown."""


class Answer(NamedTuple):
    """What came back: the body for reading, without the keys, and what the server noticed."""

    status: int
    body: str
    milliseconds: str
    request_id: str
    notices: str


class Trial(NamedTuple):
    """What to send; `keys` are the headers with the keys."""

    verb: str
    path: str
    query: list[tuple[str, str]]
    keys: list[tuple[str, str]]
    body: str
    host: str


async def sent(app: App, trial: Trial) -> Answer:
    """Send it and wait for the answer."""
    content = trial.body.encode("utf-8", "replace") if trial.verb == "POST" else b""
    headers = [("host", trial.host), ("content-length", str(len(content))), *trial.keys]
    if content:
        headers.append(("content-type", "application/json"))
    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": trial.verb,
        "scheme": "http",
        "path": trial.path,
        "raw_path": quote(trial.path).encode(),
        "root_path": "",
        "query_string": urlencode(trial.query).encode(),
        "headers": [(name.lower().encode(), value.encode("latin-1", "replace")) for name, value in headers],
        "client": None,
        "server": None,
    }
    messages: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": content, "more_body": False}

    async def send(message: Any) -> None:
        messages.append(message)

    begun = perf_counter()
    await app(scope, receive, send)
    took = perf_counter() - begun
    said = {name.decode(): value.decode("latin-1") for name, value in messages[0]["headers"]}
    raw = b"".join(message.get("body", b"") for message in messages[1:])
    return Answer(
        messages[0]["status"],
        redaction.without(_pretty(raw), [value for name, value in trial.keys if name != ACCESS_KEY])[
            :LONGEST
        ],
        f"{took * 1e3:.1f}",
        said.get("x-request-id", ""),
        said.get("x-fairlead-diagnostics", ""),
    )


def _pretty(raw: bytes) -> str:
    try:
        return msgspec.json.format(raw, indent=2).decode()
    except (msgspec.DecodeError, RecursionError):
        return raw.decode("utf-8", "replace")
