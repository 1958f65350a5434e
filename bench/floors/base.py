"""What floors have in common: two kinds of them, natural batching, and how values become parameters."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

import msgspec
import uuid_utils

MOST = 128
"""Calls in one batch, as the product has it."""

_encode = msgspec.json.Encoder(decimal_format="number").encode


def text(value: Any) -> str:
    """A document as JSON text."""
    return _encode(value).decode()


def ids(values: Iterable[Any]) -> str:
    """Ids and numbers as one array literal: cheaper than an element at a time."""
    return "{" + ",".join(map(str, values)) + "}"


def new_id() -> str:
    """A UUIDv7."""
    return str(uuid_utils.uuid7())


def columns(rows: list[Any], width: int) -> list[list[Any]]:
    """Rows as columns; empty ones where there is no row."""
    return [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in range(width)]


class Sent(NamedTuple):
    """What a client sent: the query string and the body."""

    query: bytes
    raw: bytes

    def parameter(self, name: str) -> str:
        """A parameter of the query string, quoted or not."""
        return dict(parse_qsl(self.query.decode()))[name]


class Direct:
    """A floor that answers every call by itself."""

    async def open(self, url: str) -> None:
        """Connect as the product does."""
        raise NotImplementedError

    async def close(self) -> None:
        """Nothing by default."""

    async def serve(self, sent: Sent) -> bytes:
        """The answer to a call."""
        raise NotImplementedError


class Batched(Direct):
    """A floor whose calls are committed together: those that arrive during a commit form the next batch."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[Any, asyncio.Future[None]]] = deque()
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def decode(self, sent: Sent) -> Any:
        """A call, from what was sent."""
        raise NotImplementedError

    async def commit(self, calls: list[Any]) -> None:
        """Write a batch of calls."""
        raise NotImplementedError

    def answer(self, call: Any) -> bytes:
        """The answer to a call that is written."""
        raise NotImplementedError

    async def close(self) -> None:
        """Stop."""
        if self._task is not None:
            self._task.cancel()

    async def serve(self, sent: Sent) -> bytes:
        """Wait for the commit of the batch."""
        if self._task is None:
            self._task = asyncio.create_task(self._batches())
        call = self.decode(sent)
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((call, done))
        self._wake.set()
        await done
        return self.answer(call)

    async def _batches(self) -> None:
        waiting = self._waiting
        while True:
            if not waiting:
                self._wake.clear()
                await self._wake.wait()
                continue
            some = [waiting.popleft() for _ in range(min(MOST, len(waiting)))]
            try:
                await self.commit([call for call, _ in some])
            except Exception as error:  # noqa: BLE001  the callers get it
                for _, done in some:
                    done.set_exception(error)
                continue
            for _, done in some:
                if not done.done():
                    done.set_result(None)
