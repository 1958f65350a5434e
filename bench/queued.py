"""`make bench-queue`: accepting and applying queued requests, as a table and as `queue` of build/bench.json.

- *accept*: `POST /activity/createcustom` over HTTP, against a floor that inserts the same row in natural batches,
  with an empty queue and with one that is very deep. The product runs without workers and without the inspector.
- *drain*: how fast one worker applies them, against the direct calls with the same bodies over HTTP.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import asyncpg
import msgspec
import uvicorn

import databases
import load
import report
from fairlead.db.pool import connect
from fairlead.orgs import rules
from floor import SETTINGS
from floor import Program as Floor
from floors.base import Batched, Sent, new_id, text
from jobs import main
from process import HERE, Program
from run import BUILD, product, server, started

PATH = "/activity/createcustom"
KEY = "bench-async-key"
FLOOR = "floor"
TARGETS = {
    "accept_ratio": (0.6, True),
    "accept_deep_ratio": (0.6, True),
    "accept_deep_p99_ratio": (3, False),
    "drain_ratio": (0.8, True),
}
"""Limit, and whether it is the least."""

INSERT = f"""
insert into async_request (org_id, id, operation, record, user_id, query, body, state, attempts, crashes, accepted_on,
    due_on)
select $1, n.id, '{PATH}', n.record, $2, '{{}}', n.body, 'queued', 0, 0, now(), now()
from unnest($3::uuid[], $4::text[], $5::text[]) as n(id, record, body)
"""
FILL = f"""
insert into async_request (org_id, id, operation, record, user_id, query, body, state, attempts, crashes, accepted_on,
    due_on)
select o.org_id, uuidv7(), '{PATH}', 'deep ' || n, u.id, '{{}}', $1, 'queued', 0, 0, now(), now()
from generate_series(1, $2::int) n, org o join app_user u on u.org_id = o.org_id
"""
WAITING = "select count(*) from async_request where state = 'queued'"


class SameRow(Batched):
    """Decodes the body and inserts the row."""

    async def open(self, url: str) -> None:
        """Connect as the product's batcher does."""
        self._db: Any = await connect(url, batch=True)
        self._org, self._user = await self._db.fetchrow("select org_id, id from app_user limit 1")

    def decode(self, sent: Sent) -> tuple[str, str, str]:
        """Id, record and body."""
        lead = msgspec.json.decode(sent.raw)["LeadDetails"]
        return new_id(), lead[0]["Value"], sent.raw.decode()

    async def commit(self, calls: list[tuple[str, str, str]]) -> None:
        """One insert."""
        await self._db.execute(INSERT, self._org, self._user, *map(list, zip(*calls, strict=True)))

    def answer(self, call: tuple[str, str, str]) -> bytes:
        """As the product answers."""
        return text(
            {"Status": "Request accepted. Please use below request id to check", "RequestID": call[0]}
        ).encode()


def requests(path: str, first: int, count: int, leads: int) -> list[bytes]:
    """Whole HTTP requests: the calls of the main job, direct or queued."""
    made = main.JOB.requests(seed=first, first=first, count=count, leads=leads)
    direct = b"POST " + main.JOB.path.encode()
    return [
        some.replace(direct, f"POST {path}".encode(), 1).replace(
            b"Host: localhost\r\n", b"Host: localhost\r\nx-api-key: %s\r\n" % KEY.encode(), 1
        )
        for some in made
    ]


def measured(port: int, path: str, *, first: int, asked: argparse.Namespace) -> dict[str, float]:
    """A load, sent by a process of its own. Raises RuntimeError when a call failed."""
    command = [sys.executable, "queued.py", "--load", path, "--port", str(port), "--first", str(first)]
    command += ["--calls", str(asked.calls), "--leads", str(asked.leads)]
    found: dict[str, float] = json.loads(
        subprocess.run(command, cwd=HERE, capture_output=True, check=True).stdout
    )
    if found["errors"]:
        msg = f"{found['errors']} calls to {path} failed"
        raise RuntimeError(msg)
    return found


async def prepared(url: str) -> None:
    """The key of the asynchronous surface."""
    db = await asyncpg.connect(url)
    async with db.transaction():
        org = await db.fetchval("select org_id from org")
        await rules.create_async_key(db, org, now=databases.datetime.now(databases.UTC), key=KEY)
        await db.execute("update org set version = version + 1")
    await db.close()


async def run_sql(url: str, statement: str, *values: Any) -> Any:
    """One statement on a connection of its own."""
    db = await asyncpg.connect(url)
    try:
        return await db.fetchval(statement, *values)
    finally:
        await db.close()


def drained(url: str) -> float:
    """Requests a second that one `fairlead worker` applies as it comes, from its first to its last."""
    waiting = asyncio.run(run_sql(url, WAITING))
    command = [
        sys.executable,
        "-c",
        "from fairlead.cli import main; main()",
        "worker",
        "--log-level",
        "warning",
    ]
    worker = subprocess.Popen(command, env=os.environ | {"FAIRLEAD_DATABASE_URL": url})
    try:
        while (left := asyncio.run(run_sql(url, WAITING))) == waiting:
            time.sleep(0.02)
        begin, first = time.perf_counter(), left
        while left := asyncio.run(run_sql(url, WAITING)):
            time.sleep(0.1)
        return float(first / (time.perf_counter() - begin))
    finally:
        worker.terminate()
        worker.wait(20)


def rounds(stack: ExitStack, asked: argparse.Namespace) -> dict[str, list[dict[str, float]]]:
    """All measurements, by name."""
    database, _ = server(stack)
    databases.seeded(database.url, asked.leads)
    asyncio.run(prepared(database.url))
    urls = {"product": database.url} | asyncio.run(databases.copies(database.url, [FLOOR]))
    os.environ |= {"FAIRLEAD_QUEUE_WORKERS": "0", "FAIRLEAD_INSPECTOR": "off"}
    programs = {
        "product": product(urls["product"]),
        FLOOR: Program("queued.py", "--floor", url=urls[FLOOR]),
    }
    started(stack, programs)
    found: dict[str, list[dict[str, float]]] = {}
    first = 0

    def measure(kind: str, name: str, path: str) -> None:
        nonlocal first
        figures = measured(programs[name].port, path, first=first, asked=asked)
        first += asked.calls
        found.setdefault(f"{kind} {name}", []).append(figures)
        print(
            f"{kind} {name}: {figures['per_s']:,.0f}/s, p99 {figures['p99_ms']:.1f} ms",
            file=sys.stderr,
            flush=True,
        )

    for _ in range(asked.rounds):
        measure("accept", FLOOR, PATH)
        measure("accept", "product", PATH)
        rate = drained(urls["product"])
        found.setdefault("drain", []).append({"per_s": rate})
        print(f"drain: {rate:,.0f}/s", file=sys.stderr, flush=True)
        measure("direct", "product", main.JOB.path)
    body = requests(PATH, 0, 1, asked.leads)[0].partition(b"\r\n\r\n")[2].decode()
    for url in urls.values():
        asyncio.run(run_sql(url, FILL, body, asked.deep))
        asyncio.run(run_sql(url, "vacuum (analyze) async_request"))
    for _ in range(asked.rounds):
        measure("accept_deep", FLOOR, PATH)
        measure("accept_deep", "product", PATH)
    return found


def summary(found: dict[str, list[dict[str, float]]]) -> dict[str, Any]:
    """Medians, ratios, targets."""
    of = {
        name: {figure: statistics.median(turn[figure] for turn in turns) for figure in turns[0]}
        for name, turns in found.items()
    }
    ratios = {
        "accept_ratio": of["accept product"]["per_s"] / of["accept floor"]["per_s"],
        "accept_deep_ratio": of["accept_deep product"]["per_s"] / of["accept_deep floor"]["per_s"],
        "accept_deep_p99_ratio": of["accept_deep product"]["p99_ms"] / of["accept_deep floor"]["p99_ms"],
        "drain_ratio": of["drain"]["per_s"] / of["direct product"]["per_s"],
    }
    held = {
        name: ratios[name] >= limit if least else ratios[name] <= limit
        for name, (limit, least) in TARGETS.items()
    }
    return {"medians": of, "ratios": {name: round(value, 3) for name, value in ratios.items()}, "holds": held}


def run_floor(port: int) -> None:
    """The floor as a program."""
    floor = Floor({}, os.environ["FAIRLEAD_DATABASE_URL"])
    floor._kinds = {PATH: SameRow}
    uvicorn.run(floor, port=port, **SETTINGS)


def run() -> None:
    """Run as a program."""
    parser = argparse.ArgumentParser(description="Measure the queue.")
    parser.add_argument("--calls", type=int, default=20_000)
    parser.add_argument("--leads", type=int, default=100_000)
    parser.add_argument("--deep", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    for name in ("port", "first"):
        parser.add_argument(f"--{name}", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--floor", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--load", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.floor:
        run_floor(asked.port)
        return
    if asked.load:
        sent = requests(asked.load, asked.first, asked.calls, asked.leads)
        success = b"accepted" if asked.load == PATH else main.JOB.success
        print(json.dumps(load.run(asked.port, sent, 64, success, 120.0)))
        return
    with ExitStack() as stack:
        result = summary(rounds(stack, asked))
    report.write(BUILD / "bench.json", {"queue": result})
    for name, value in result["ratios"].items():
        limit, least = TARGETS[name]
        print(
            f"{'holds ' if result['holds'][name] else 'MISSED'}  {name} {value} ({'>=' if least else '<='} {limit})"
        )


if __name__ == "__main__":
    run()
