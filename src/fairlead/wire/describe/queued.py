"""The asynchronous surface as operations: submit, status and metrics of everything that can be queued."""

from __future__ import annotations

from typing import Any

import msgspec

from fairlead.wire.describe.coverage import index
from fairlead.wire.operation import Operation, Query, Queued, Registry
from fairlead.wire.queue.status import TaskStatus
from fairlead.wire.queue.surface import Accepted, Metrics


class WhichRequest(Query):
    """The request that is asked for."""

    RequestID: str


def described(registry: Registry) -> list[Operation]:
    """Every operation of the registry, and what the queue makes of them, by family and path."""
    own = registry.all()
    twins = [(operation, operation.queued) for operation in own if operation.queued is not None]
    found = [some for operation, queued in twins for some in _of(operation, queued)]
    for alias in dict.fromkeys(alias for _, queued in twins for alias in _aliases(queued)):
        answering = [(operation, queued) for operation, queued in twins if alias in _aliases(queued)]
        found.append(_status(alias, answering))
    return sorted((*own, *found), key=lambda op: (op.family, op.path.lower(), op.verb))


def needs(operation: Operation) -> tuple[str, ...]:
    """What a call must carry: `pair` of keys, `x-api-key`, or both."""
    return {"submit": ("pair", "x-api-key"), "status": ("x-api-key",)}.get(operation.kind, ("pair",))


def _aliases(queued: Queued) -> tuple[str, ...]:
    """Short paths that answer for several operations."""
    paths = (f"/{queued.path.split('/')[1]}/status", *queued.aliases)
    return tuple(path for path in dict.fromkeys(paths) if path != f"{queued.path}/status")


def _of(operation: Operation, queued: Queued) -> list[Operation]:
    submit = _made(
        operation,
        "POST",
        queued.path,
        f"{operation.title} (Async)",
        f"Stores the request and answers at once. The effect is that of `{operation.verb} {operation.path}`; what "
        "became of it says the status.",
        kind="submit",
        query=operation.query,
        body=operation.body,
        reply=Accepted,
    )
    metrics = _made(
        operation,
        "GET",
        f"{queued.path}/metrics",
        f"{operation.title} Metrics",
        "How many requests wait, how many seconds the oldest has waited, and how many are finished in a minute.",
        kind="status",
        reply=Metrics,
    )
    return [submit, _status(f"{queued.path}/status", [(operation, queued)]), metrics]


def _status(path: str, answering: list[tuple[Operation, Queued]]) -> Operation:
    """The status operation of a path; the spelling of the id's key is the queued operation's own."""
    replies = [
        msgspec.defstruct(f"StatusBy{key}", [(key, str), ("TaskStatus", TaskStatus)])
        for key in sorted({queued.id_key for _, queued in answering})
    ]
    reply: Any = replies[0]
    for other in replies[1:]:
        reply = reply | other
    first = answering[0][0]
    titles = ", ".join(operation.title for operation, _ in answering)
    return _made(
        first,
        "GET",
        path,
        f"{first.title} Status"
        if len(answering) == 1
        else f"Status of {path.split('/')[1].capitalize()} Requests",
        f"What became of a request ({titles}). `Message` is the direct answer as JSON text.",
        kind="status",
        query=WhichRequest,
        reply=reply,
    )


def _made(operation: Operation, verb: str, path: str, title: str, text: str, **changes: Any) -> Operation:
    """An operation beside another; its title and page are those of the contract index, where it is there."""
    row = next((row for row in index() if row.address == (verb, path.lower())), None)
    given: dict[str, Any] = {
        "query": type(None),
        "body": type(None),
        "admin": False,
        "bulk": None,
        "queued": None,
    } | changes
    names = () if given["query"] is type(None) else given["query"].__struct_fields__
    return msgspec.structs.replace(
        operation,
        name=f"{operation.name}_{path.rsplit('/', 1)[1]}",
        family="async",
        verb=verb,
        path=path,
        pages=row.pages if row else (),
        title=row.title if row else title,
        text=text,
        parameters={name.lower(): name for name in names},
        **given,
    )
