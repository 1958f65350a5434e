"""The server process: its socket, uvicorn, and what it says when it answers and when it stops."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable
from typing import Any

import uvicorn

from fairlead import logs
from fairlead.app import Application
from fairlead.db.pool import DatabaseError
from fairlead.protocol import Protocol
from fairlead.settings import Settings

log = logging.getLogger("fairlead")

_BACKLOG = 2048
_IDLE = 75
"""Seconds an unused connection stays open: longer than the pools of usual clients and proxies keep theirs, so
that they are the ones to close it and never send into a closed one."""
_GRACE = 30
"""Seconds that calls under way get to end when the server is told to stop."""


def bind(host: str, port: int) -> socket.socket:
    """A socket that is ours, not yet listening: who calls too early is refused, not kept waiting.

    Raises OSError.
    """
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    bound = socket.socket(family, kind, protocol)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
    except OSError:
        bound.close()
        raise
    return bound


def address_of(bound: socket.socket) -> str:
    """The address to call: http://127.0.0.1:8080."""
    host, port = bound.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  read, not bound
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class _Server(uvicorn.Server):
    """Uvicorn, telling when it answers."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        log.info("stopping: calls under way are finished")
        await super().shutdown(sockets)


def run(settings: Settings, url: str, bound: socket.socket, on_ready: Callable[[], None]) -> None:
    """Serve until SIGTERM or SIGINT, which are raised again at the end. Raises DatabaseError at the start."""
    application: Any = Application(settings, url)
    if settings.access_log:
        application = logs.AccessLog(application)
    config = uvicorn.Config(
        application,
        loop="uvloop",
        http=Protocol,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=_BACKLOG,
        timeout_keep_alive=_IDLE,
        timeout_graceful_shutdown=_GRACE,
    )
    try:
        _Server(config, on_ready).run(sockets=[bound])
    except SystemExit as ended:
        if ended.code != 3:  # uvicorn's word for a failed start, whose reason it has logged
            raise
        msg = "the server did not start; the log above says why"
        raise DatabaseError(msg) from ended
