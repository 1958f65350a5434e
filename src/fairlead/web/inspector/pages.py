"""The inspector: the last requests of the API, as administrators of their organisation see them."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from typing import Any
from urllib.parse import quote

from starlette.responses import Response

from fairlead.errors import NotFound
from fairlead.web import curl
from fairlead.web.inspector import again, redaction
from fairlead.web.inspector.log import AGE, LONGEST, MOST, Seen, header
from fairlead.web.screens import screens
from fairlead.web.visit import UNPROCESSABLE, Visit
from fairlead.wire.decode import query_of

registry, page, action = screens(__file__)

SHOWN = 100
"""Requests on the page."""
EVERY = "2s"
"""How often the page asks anew, where scripts run."""
CLASSES = (
    ("", "All"),
    ("2", "2xx: done"),
    ("4", "4xx: refused"),
    ("5", "5xx: a rule, or a fault"),
    ("refused", "All but 2xx"),
)


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


def _is_ours(visit: Visit, seen: Seen) -> bool:
    """Of this organisation: by the keys that opened it, or, where none did, by the access key that it named."""
    if seen.org_id is not None:
        return seen.org_id == visit.org_id
    return access_key(seen) in visit.defs.keys


def _found(visit: Visit) -> tuple[list[Shown], dict[str, str]]:
    """The requests of the organisation that the filter lets through, and its values."""
    chosen = {name: visit.query.get(name, "").strip()[:200] for name in ("status", "operation", "pause")}
    words = chosen["operation"].lower().split()
    found: list[Shown] = []
    for seen in visit.office.inspector or ():
        if len(found) == SHOWN:
            break
        if not _is_ours(visit, seen) or not _has_status(seen.status, chosen["status"]):
            continue
        shown = Shown(visit, seen)
        said = f"{shown.operation[0]} {seen.method} {seen.path}".lower()
        if all(word in said for word in words):
            found.append(shown)
    return found, chosen


def _has_status(status: int, wanted: str) -> bool:
    if wanted == "refused":
        return not 200 <= status < 300
    return str(status).startswith(wanted)


def _context(visit: Visit) -> dict[str, Any]:
    rows, chosen = _found(visit)
    return {
        "rows": rows,
        "chosen": chosen,
        "is_filtered": bool(chosen["status"] or chosen["operation"]),
        "is_on": visit.office.inspector is not None,
        "every": EVERY,
        "most": MOST,
        "shown": SHOWN,
        "hours": int(AGE.total_seconds() // 3600),
    }


@page("GET /inspector", nav="requests", admin=True)
async def requests(visit: Visit) -> Response:
    """The last requests, newest first; asked for anew by itself where scripts run, unless it was paused."""
    return visit.page("inspector/list.html", title="Requests", classes=CLASSES, **_context(visit))


@page("GET /inspector/rows", nav="requests", admin=True)
async def rows(visit: Visit) -> Response:
    """The list alone, for the page that asks for it anew."""
    return visit.partial("inspector/rows.html", title="Requests", **_context(visit))


@page("GET /inspector/{id:uuid}", nav="requests", admin=True)
async def request(visit: Visit) -> Response:
    """One request, both ways, as long as it is kept."""
    return _request(visit, _seen(visit))


@action("POST /inspector/{id:uuid}/again", nav="requests", admin=True)
async def send_again(visit: Visit) -> Response:
    """Send a request once more, as it was or with the body of the form, and show what came of it."""
    seen, api = _seen(visit), visit.office.api
    if api is None:
        raise NotFound
    if not again.is_whole(seen):
        return _request(
            visit, seen, problem="Its body was cut when it was written down: send it from where it came."
        )
    body = seen.body
    if "body" in visit.form and Shown(visit, seen).editable is not None:
        body = str(visit.form["body"]).replace("\r\n", "\n").encode("utf-8", "replace")
    status, request_id = await again.sent(api, seen, body)
    return visit.redirect(
        f"/app/inspector/{request_id}", say=f"Sent again: {status}.", kind="good" if status < 400 else "warn"
    )


def _seen(visit: Visit) -> Seen:
    wanted = visit.path["id"]
    for one in visit.office.inspector or ():
        if one.request_id == wanted and _is_ours(visit, one):
            return one
    raise NotFound


def _request(visit: Visit, seen: Seen, problem: str = "") -> Response:
    found = Shown(visit, seen)
    return visit.page(
        "inspector/request.html",
        title=found.operation[0] or found.path,
        status=UNPROCESSABLE if problem else 200,
        found=found,
        longest=LONGEST,
        problem=problem,
        can_send=visit.office.api is not None and again.is_whole(seen),
    )
