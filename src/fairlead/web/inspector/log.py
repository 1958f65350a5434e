"""The last requests in memory: written down beside the API, read by administrators. Nothing of it is stored.

Writing one down costs a few microseconds and copies nothing, so that it may stand on the way of every request; what
it takes to read one (decoding, taking secrets out) is done when somebody looks.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from time import perf_counter_ns, time
from typing import Any

from fairlead.wire.door import Receive, Scope, Send

MOST = 500
"""Requests that are kept."""
ROOM = 16 * 1024 * 1024
"""Bytes that they may take in all, about."""
_BESIDE = 4 * 1024
"""What a request takes beside its bodies: headers and query."""
LONGEST = 32 * 1024
"""Bytes of a body, of either direction, that are kept."""
AGE = timedelta(hours=1)
"""How long a request is kept."""

App = Callable[[Scope, Receive, Send], Awaitable[None]]


class Seen:
    """A request and its answer as they were on the wire. Bodies are cut, their sizes are of the whole, in bytes."""

    __slots__ = (
        "answer",
        "answer_headers",
        "answer_size",
        "at",
        "body",
        "body_size",
        "nanoseconds",
        "scope",
        "status",
    )

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.at = time()
        self.status = 0
        self.answer_headers: list[tuple[bytes, bytes]] = []
        self.body = self.answer = b""
        self.body_size = self.answer_size = 0
        self.nanoseconds = 0

    @property
    def method(self) -> str:
        """The verb."""
        return str(self.scope["method"])

    @property
    def path(self) -> str:
        """The path, as it was written."""
        return str(self.scope["path"])

    @property
    def query(self) -> bytes:
        """The query string."""
        found: bytes = self.scope["query_string"]
        return found

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """The headers that were sent, names in lower case."""
        found: list[tuple[bytes, bytes]] = self.scope["headers"]
        return found

    @property
    def org_id(self) -> int | None:
        """The organisation whose keys opened the API; None when none did."""
        return self.scope.get("org_id")

    @property
    def when(self) -> datetime:
        """When it came in."""
        return datetime.fromtimestamp(self.at, UTC)

    @property
    def request_id(self) -> str:
        """The id that its answer carries; `` when it was not answered."""
        return header(self.answer_headers, b"x-request-id")


def header(headers: list[tuple[bytes, bytes]], name: bytes) -> str:
    """The value of the first header with this lower-case name, as text; `` without one."""
    return next((value.decode("latin-1") for key, value in headers if key == name), "")


class Log:
    """Keeps the last requests: at most `most`, `room` bytes and an hour; those of the organisations that want it.

    `on` is how it begins for all of them; each may have it otherwise until the process ends. `is_on` says whether anything
    is to be watched at all.
    """

    def __init__(
        self, *, on: bool = True, most: int = MOST, room: int = ROOM, now: Callable[[], float] = time
    ) -> None:
        self.is_on = self._usually = on
        self._otherwise: set[int] = set()
        self._kept: deque[Seen] = deque()
        self._most = most
        self._room = room
        self._weight = 0
        self._now = now

    def keeps(self, org_id: int) -> bool:
        """True when the requests of an organisation are kept."""
        return self._usually is not (org_id in self._otherwise)

    def switch(self, org_id: int, *, on: bool) -> None:
        """Keep the requests of an organisation from now on, or no more: then those that are there are forgotten."""
        change = self._otherwise.discard if on is self._usually else self._otherwise.add
        change(org_id)
        self.is_on = self._usually or bool(self._otherwise)
        if on:
            return
        kept = [seen for seen in self._kept if self.is_on and seen.org_id != org_id]
        self._kept.clear()
        self._weight = 0
        for seen in kept:
            self.add(seen)

    async def watch(self, app: App, scope: Scope, receive: Receive, send: Send) -> None:
        """Let an application answer, and write down what it was asked and what it said."""
        seen = Seen(scope)

        async def heard() -> Any:
            message = await receive()
            if chunk := message.get("body"):
                seen.body = seen.body + chunk if len(seen.body) < LONGEST else seen.body
                seen.body_size += len(chunk)
            return message

        def said(message: Any) -> Awaitable[None]:
            if message["type"] == "http.response.start":
                seen.status, seen.answer_headers = message["status"], message["headers"]
            elif chunk := message.get("body"):
                seen.answer = seen.answer + chunk if len(seen.answer) < LONGEST else seen.answer
                seen.answer_size += len(chunk)
            return send(message)

        begun = perf_counter_ns()
        try:
            await app(scope, heard, said)
        finally:
            seen.nanoseconds = perf_counter_ns() - begun
            self.add(seen)

    def add(self, seen: Seen) -> None:
        """Keep one, and let go of the oldest that there is no room for. One that no key opened is of nobody yet."""
        if seen.org_id is not None and not self.keeps(seen.org_id):
            return
        if len(seen.body) > LONGEST:
            seen.body = seen.body[:LONGEST]
        if len(seen.answer) > LONGEST:
            seen.answer = seen.answer[:LONGEST]
        kept = self._kept
        kept.append(seen)
        self._weight += len(seen.body) + len(seen.answer) + _BESIDE
        while len(kept) > self._most or self._weight > self._room:
            self._forget()

    def _forget(self) -> None:
        oldest = self._kept.popleft()
        self._weight -= len(oldest.body) + len(oldest.answer) + _BESIDE

    def __iter__(self) -> Iterator[Seen]:
        """Newest first; those that are too old are forgotten now."""
        oldest = self._now() - AGE.total_seconds()
        while self._kept and self._kept[0].at < oldest:
            self._forget()
        return iter(list(reversed(self._kept)))
