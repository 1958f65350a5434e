"""Who is told about things: a real HTTP server on this machine that keeps what it was sent and answers as a test wants."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

PATIENCE = 20
"""Seconds to wait for what is to arrive."""


@dataclass
class Arrived:
    """A request that arrived."""

    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, read."""
        return json.loads(self.body)

    def is_signed_with(self, secret: str) -> bool:
        """As the how-to says it is to be checked."""
        signed = self.headers["fairlead-timestamp"].encode() + b"." + self.body
        mac = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
        return hmac.compare_digest(f"sha256={mac}", self.headers["fairlead-signature"])


@dataclass
class Receiver:
    """What has arrived, and how the next requests are answered; after the last answer it says 200."""

    address: str = ""
    arrived: list[Arrived] = field(default_factory=list)
    answers: list[bytes] = field(default_factory=list)
    over: asyncio.Event = field(default_factory=asyncio.Event)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take one request."""
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            named = (line.partition(": ") for line in head[1:] if line)
            headers = {name.lower(): value for name, _, value in named}
            body = await reader.readexactly(int(headers["content-length"]))
            self.arrived.append(Arrived(head[0].split(" ")[1], headers, body))
            answer = self.answers.pop(0) if self.answers else answered(200)
            if answer == SILENCE:
                await self.over.wait()
            writer.write(answer)
            await writer.drain()
        writer.close()

    async def until(self, count: int) -> list[Arrived]:
        """What has arrived, once it is so many."""
        for _ in range(PATIENCE * 50):
            if len(self.arrived) >= count:
                break
            await asyncio.sleep(0.02)
        assert len(self.arrived) == count, self.arrived
        return self.arrived


SILENCE = b""
"""An answer that does not come."""


def answered(status: int, body: bytes = b"", **headers: str) -> bytes:
    """An answer as it goes over the line."""
    lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


@contextlib.asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """A receiver on a free port."""
    receiver = Receiver()
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    receiver.address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield receiver
    finally:
        receiver.over.set()
        server.close()
        await server.wait_closed()
