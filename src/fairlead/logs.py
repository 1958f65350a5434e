"""Logs on standard error: one record a line as JSON, or as text for people. And the access log.

Nothing secret is written: query strings, which may hold keys, never get here, and of a database error only what
happened, without the values it quotes.
"""

from __future__ import annotations

import json
import logging
import sys
import time
import traceback
from collections.abc import Awaitable, Callable, MutableMapping
from datetime import UTC, datetime
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {
    "message",
    "asctime",
    "color_message",
    "taskName",
}

access = logging.getLogger("fairlead.access")


def configure(form: str = "text", level: str = "info") -> None:
    """Send all logs to standard error, as `json` or `text`, from `level` on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if form == "json" else TextLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # What the server and the migrations tell about themselves, we tell in our words.
    for name in ("uvicorn", "asyncio", "alembic", "sqlalchemy"):
        chatty = logging.getLogger(name)
        chatty.setLevel(max(logging.WARNING, root.level) if level != "debug" else logging.DEBUG)
    logging.captureWarnings(capture=True)


class JsonLines(logging.Formatter):
    """One JSON object a record: time, level, logger, message, what was given with it, and the exception."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line."""
        told = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **_extra(record),
        }
        if record.exc_info:
            told["exception"] = _exception(record)
        return json.dumps(told, ensure_ascii=False, default=str)


class TextLines(logging.Formatter):
    """Time, level, message, `name=value` for what was given with it; an exception below, indented."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as text; only an exception makes it longer than a line."""
        words = [_time(record), f"{record.levelname:<7}", _line(record.getMessage())]
        words += [f"{name}={_line(str(value))}" for name, value in _extra(record).items()]
        text = " ".join(words)
        if record.exc_info:
            text += "\n    " + _exception(record).replace("\n", "\n    ")
        return text


def _time(record: logging.LogRecord) -> str:
    return (
        datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    )


def _extra(record: logging.LogRecord) -> dict[str, Any]:
    return {name: value for name, value in record.__dict__.items() if name not in _STANDARD}


def _line(text: str) -> str:
    """The text on one line, whatever a caller put into it."""
    return text if text.isprintable() else json.dumps(text)[1:-1]


def _exception(record: logging.LogRecord) -> str:
    if not record.exc_info or record.exc_info[0] is None:
        return ""
    lines = "".join(traceback.format_exception(*record.exc_info)).splitlines()
    # PostgreSQL quotes the values of the row there.
    return "\n".join(line for line in lines if not line.lstrip().startswith(("DETAIL:", "[parameters:")))


class AccessLog:
    """Logs every request of an application: method, path, status, time taken, request id, organisation, what was swallowed."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer as the application does, and log it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begin = time.perf_counter()
        status, request_id, notices = 500, "", ""

        async def note(message: Message) -> None:
            nonlocal status, request_id, notices
            if message["type"] == "http.response.start":
                status, headers = message["status"], dict(message["headers"])
                request_id = headers.get(b"x-request-id", b"").decode()
                notices = headers.get(b"fairlead-notice", b"").decode()
            await send(message)

        try:
            await self._app(scope, receive, note)
        finally:
            told = {
                "method": scope["method"],
                "path": scope["path"],
                "status": status,
                "ms": round((time.perf_counter() - begin) * 1000, 2),
                "request_id": request_id,
                "org": scope.get("org_id", ""),
            }
            access.info("request", extra=told | ({"notices": notices} if notices else {}))
