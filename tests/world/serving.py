"""The application under test: started and stopped as a server does it, reached without a socket; and its log."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
from collections.abc import AsyncIterator
from typing import Any

import httpx

from fairlead.app import Application

# httpx looks for this one in every request; where it is not installed the search takes longer than the request.
sys.modules.setdefault("sniffio", None)  # type: ignore[arg-type]  # what is None there is not installed

PATIENCE = 20
"""Seconds for a start or a stop."""


@contextlib.asynccontextmanager
async def running(application: Application) -> AsyncIterator[Application]:
    """The application between its start and its stop."""
    to_app: asyncio.Queue[dict[str, str]] = asyncio.Queue()
    from_app: asyncio.Queue[Any] = asyncio.Queue()
    life = asyncio.create_task(application({"type": "lifespan"}, to_app.get, from_app.put))
    for what in ("startup", "shutdown"):
        await to_app.put({"type": f"lifespan.{what}"})
        async with asyncio.timeout(PATIENCE):
            said = await from_app.get()
        assert said["type"] == f"lifespan.{what}.complete", said
        if what == "startup":
            yield application
    await life


def http_to(application: Any) -> httpx.AsyncClient:
    """HTTP straight into an application."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(application), base_url="http://crm.example.com")


class Log(logging.Handler):
    """Everything that was logged during a test, as text; faults of ours apart."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record, with whatever was attached to it; the tests' own HTTP client does not count."""
        if record.name.startswith(("httpx", "httpcore")):
            return
        extra = {name: value for name, value in vars(record).items() if name not in ("msg", "args")}
        line = f"{self.format(record)} {extra}"
        self.lines.append(line)
        if record.levelno >= logging.ERROR and record.name.startswith("fairlead"):
            self.faults.append(line)
