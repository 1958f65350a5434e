"""A request sent once more: as it was, with the keys that it carried, or with another body. Through the application."""

from __future__ import annotations

from typing import Any

from fairlead.web.inspector.log import App, Seen, header

_OWN = frozenset((b"content-length", b"transfer-encoding", b"expect", b"connection"))
"""Headers that belong to how a body was sent, not to what was asked."""


def is_whole(seen: Seen) -> bool:
    """False where the body was cut when it was written down."""
    return seen.body_size == len(seen.body)


async def sent(app: App, seen: Seen, body: bytes) -> tuple[int, str]:
    """Status and request id of the new answer. Nothing of the old request but what its caller sent is in the new one."""
    kept = (
        "type",
        "asgi",
        "http_version",
        "method",
        "scheme",
        "path",
        "root_path",
        "query_string",
        "client",
        "server",
    )
    scope: dict[str, Any] = {name: seen.scope[name] for name in kept if name in seen.scope}
    scope["raw_path"] = seen.scope.get("raw_path") or seen.path.encode()
    scope["headers"] = [(name, value) for name, value in seen.headers if name not in _OWN]
    scope["headers"].append((b"content-length", str(len(body)).encode()))
    messages: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        messages.append(message)

    await app(scope, receive, send)
    return messages[0]["status"], header(list(messages[0]["headers"]), b"x-request-id")
