"""The floors as a program: bare ASGI on the same uvicorn, PostgreSQL and connection settings as the product.

- `same`: writes the rows that the product writes, into the same tables, in natural batches, or reads what it reads.
  No key is checked and no field is looked at. It serves every job, under the address of its operation.
- `bare`: for the main job an upsert by e-mail address and an insert, into two tables with nothing but their keys.
- `echo`: for the main job, decodes the body and answers. No database.

All answer in the form of the product.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import os
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from typing import Any

import uvicorn

from floors import bulk, main, reads, updates
from floors.base import Direct, Sent
from jobs import job_named

SETTINGS: dict[str, Any] = {
    "loop": "uvloop",
    "http": "httptools",
    "ws": "none",
    "lifespan": "on",
    "log_level": "warning",
    "access_log": False,
    "server_header": False,
    "proxy_headers": False,
}
"""Uvicorn as `fairlead serve` runs it."""

FLOORS: dict[str, dict[str, type[Direct]]] = {
    "same": {
        "main_job": main.SameRows,
        "update_sale": updates.Sale,
        "update_opportunity": updates.Opportunity,
        "bulk_on_opportunity": bulk.OnOpportunity,
        "bulk_on_leads": bulk.OnLeads,
        "timeline": reads.Timeline,
        "search": reads.Search,
    },
    "bare": {"main_job": main.Bare},
    "echo": {"main_job": main.Echo},
}
"""Programs, and their floors by job."""

Message = MutableMapping[str, Any]


class Program:
    """The ASGI program around floors."""

    def __init__(self, floors: dict[str, type[Direct]], url: str) -> None:
        self._url = url
        self._kinds = {job_named(name).path: kind for name, kind in floors.items()}
        self._floors: dict[str, Direct] = {}

    async def __call__(
        self,
        scope: Message,
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        """Answer one request, or live through start and stop."""
        if scope["type"] == "lifespan":
            async with self._running():
                await receive()
                await send({"type": "lifespan.startup.complete"})
                await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        message = await receive()
        raw = message["body"]
        while message.get("more_body"):
            message = await receive()
            raw += message["body"]
        answer = await self._floors[scope["path"]].serve(Sent(scope["query_string"], raw))
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(answer))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": answer})

    @contextlib.asynccontextmanager
    async def _running(self) -> AsyncIterator[None]:
        for path, kind in self._kinds.items():
            self._floors[path] = kind()
            await self._floors[path].open(self._url)
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000, 20, 20)
        yield
        for floor in self._floors.values():
            await floor.close()


def run() -> None:
    """Run as a program."""
    parser = argparse.ArgumentParser()
    parser.add_argument("floor", choices=list(FLOORS))
    parser.add_argument("--port", type=int, required=True)
    asked = parser.parse_args()
    uvicorn.run(
        Program(FLOORS[asked.floor], os.environ["FAIRLEAD_DATABASE_URL"]), port=asked.port, **SETTINGS
    )


if __name__ == "__main__":
    run()
