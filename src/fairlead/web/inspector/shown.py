"""A request as administrators see it: without secrets, with the names of what it is about."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from urllib.parse import quote, unquote_to_bytes

import msgspec

from fairlead.web import curl
from fairlead.web.inspector import again, redaction
from fairlead.web.inspector.log import Seen, header
from fairlead.web.visit import Visit
from fairlead.wire.decode import query_of

LONGEST_WORD = 300
"""Characters of a refusal in the list."""


class _Refusal(msgspec.Struct):
    """What every refusal says of itself."""

    ExceptionType: str = ""
    ExceptionMessage: str = ""


class Shown:
    """A request as it is shown: without secrets, with the names of what it is about."""

    def __init__(self, visit: Visit, seen: Seen) -> None:
        self.seen = seen
        self._visit = visit
        self.access_key = access_key(seen)
        key = visit.defs.keys.get(self.access_key)
        self.person = visit.defs.user_name(key.user_id) if key else ""

    @property
    def id(self) -> str:
        """The request id."""
        return self.seen.request_id

    @property
    def when(self) -> datetime:
        """When it came in."""
        return self.seen.when

    @cached_property
    def operation(self) -> tuple[str, str]:
        """Title and slug of the operation; empty texts for none."""
        return _operation(self.seen.path, self.seen.method)

    @cached_property
    def path(self) -> str:
        """The path."""
        return self._safe(self.seen.path)

    @property
    def milliseconds(self) -> str:
        """How long it took in the server."""
        return f"{self.seen.nanoseconds / 1e6:.1f}"

    @property
    def colour(self) -> str:
        """The kind of the status: good, warn or bad."""
        status = self.seen.status
        return "good" if status < 400 else "warn" if status < 500 or self.is_rule else "bad"

    @property
    def is_rule(self) -> bool:
        """True for a refusal by a rule of the API, which comes as 500."""
        return b'"IsMXException":true' in self.seen.answer

    @cached_property
    def query(self) -> list[tuple[str, str]]:
        """The parameters without secrets."""
        return [(self._safe(name), self._safe(value)) for name, value in redaction.query(self.seen.query)[0]]

    @cached_property
    def secrets(self) -> list[str]:
        """What was sent as a secret."""
        named = (
            value.decode("latin-1")
            for name, value in self.seen.headers
            if redaction.is_secret(name.decode("latin-1"))
        )
        return [*redaction.query(self.seen.query)[1], *named]

    @cached_property
    def headers(self) -> list[tuple[str, str]]:
        """The headers that were sent, without secrets."""
        pairs = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in self.seen.headers]
        return [
            (name, redaction.HIDDEN if redaction.is_secret(name) else self._safe(value))
            for name, value in pairs
        ]

    @cached_property
    def body(self) -> str:
        """What was sent."""
        whole = self.seen.body_size == len(self.seen.body)
        return redaction.text(self.seen.body, self.secrets, whole=whole)

    @property
    def editable(self) -> str | None:
        """The body for sending it changed; None for one of which something is hidden, and where none is sent."""
        whole = again.is_whole(self.seen) and self.seen.method not in ("GET", "HEAD")
        return self.body if whole and redaction.HIDDEN not in self.body else None

    @cached_property
    def answer(self) -> str:
        """What came back."""
        whole = self.seen.answer_size == len(self.seen.answer)
        return redaction.text(self.seen.answer, self.secrets, whole=whole)

    @cached_property
    def refusal(self) -> tuple[str, str]:
        """Type and message of a refusal; empty texts for what is none, or says nothing of itself."""
        if self.seen.status < 400:
            return "", ""
        try:
            found = msgspec.json.decode(self.seen.answer, type=_Refusal)
        except msgspec.MsgspecError:
            return "", ""
        return self._safe(found.ExceptionType), self._safe(found.ExceptionMessage)[:LONGEST_WORD]

    @cached_property
    def answer_headers(self) -> list[tuple[str, str]]:
        """The headers of the answer."""
        pairs = (
            (name.decode("latin-1"), value.decode("latin-1")) for name, value in self.seen.answer_headers
        )
        return [(name, self._safe(value)) for name, value in pairs]

    def mentions(self, words: str) -> bool:
        """True when these words stand in what was sent or came back, as it is shown; no words stand everywhere."""
        if not words:
            return True
        sought = words.lower().encode()
        raw = (self.seen.query, self.seen.body, self.seen.answer)
        # Most have not: what is shown is only made of those that may.
        if not any(sought in one.lower() for one in (*raw, unquote_to_bytes(self.seen.query))):
            return False
        texts = (*(value for _, value in self.query), self.body, self.answer)
        return any(words.lower() in text.lower() for text in texts)

    @property
    def diagnostics(self) -> list[tuple[str, str]]:
        """What the server noticed beside its answer: code and detail."""
        said = self._safe(header(self.seen.answer_headers, b"x-fairlead-diagnostics"))
        return [(code, detail) for code, _, detail in (one.partition(";") for one in said.split(", ") if one)]

    @property
    def command(self) -> str:
        """The request as a command line, keys as placeholders."""
        hidden = ("accesskey", "secretkey")
        keyed = any(name.startswith("x-lsq-") for name, _ in self.headers)
        pair = keyed or any(name.lower() in hidden for name, _ in self.query)
        needs = (["pair"] if pair else []) + (
            ["x-api-key"] if ("x-api-key", redaction.HIDDEN) in self.headers else []
        )
        return curl.command(
            self.seen.method,
            f"{str(self._visit.request.base_url).rstrip('/')}{quote(self.path)}",
            query=[(name, value) for name, value in self.query if name.lower() not in hidden],
            body=self.body,
            needs=needs,
        )

    def _safe(self, said: str) -> str:
        return redaction.without(said, self.secrets)


def access_key(seen: Seen) -> str:
    """The access key that a request came with; `` without one."""
    in_header = header(seen.headers, b"x-lsq-accesskey") or header(seen.headers, b"x-lsq-access-key")
    return in_header or query_of(seen.query).get("accesskey", "")


def _operation(path: str, verb: str) -> tuple[str, str]:
    from fairlead.web.reference.description import by_path, title_of  # noqa: PLC0415  needs the whole registry

    found = by_path(path, verb)
    return (title_of(found), found) if found else ("", "")
