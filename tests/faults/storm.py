"""A storm: clients submit while servers, workers and the database are killed; then everything is counted.

`make faults` runs the long form and writes build/faults.json. What was accepted must be applied, once, and updates of
one record in the order in which they were accepted. Half of the clients repeat what broke off under the same
Idempotency-Key; the others send it anew as something else, of which nobody knows whether it was accepted.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import httpx

sys.path.insert(0, str(Path(__file__).parents[1]))

from fairlead.db.embedded import Embedded
from fairlead.db.migrate import upgrade
from world import World, Worlds

PROGRAM = Path(sys.executable).with_name("fairlead")
BUILD = Path(__file__).parents[2] / "build"
PATIENCE = 120
"""Seconds until the queue must be empty after the last kill."""
BUSY = 15
"""Seconds that the killer waits for something to be accepted before it kills all the same."""
EACH = 3
"""Opportunities that a client updates, alone."""
CUT = """
select count(pg_terminate_backend(a.pid)) from pg_stat_activity a
where a.pid <> pg_backend_pid() and a.application_name like 'fairlead%'
"""


@dataclass
class Result:
    """What is written to build/faults.json."""

    accepted: int = 0
    lost: int = 0
    doubled: int = 0
    out_of_order: int = 0
    kills: int = 0
    unfinished: int = 0
    wrong: list[str] = field(default_factory=list)

    def add(self, other: Result) -> None:
        """Another storm's."""
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)


class Place:
    """The database, a server and workers; each can be killed and comes back."""

    def __init__(self, folder: Path, *, own: bool) -> None:
        self.folder = folder
        self._database = Embedded.attach(folder / "data")
        upgrade(self._database.url)
        self.url = self._database.url
        # As an operator's own PostgreSQL, or as the embedded one that server and workers look after themselves.
        self._which = ["--database-url", self.url] if own else ["--data", str(folder / "data")]
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._logs: list[Any] = []
        for name in ("server", "worker 1", "worker 2"):
            self.start(name)

    def start(self, name: str) -> None:
        """Start a server or a worker."""
        own = (
            ["serve", "--port", str(self.port), "--rate-limit", "off"]
            if name == "server"
            else ["worker", "--concurrency", "2"]
        )
        log = (self.folder / f"{name}.log").open("ab")
        self._logs.append(log)
        environment = {
            key: value for key, value in os.environ.items() if not key.startswith(("FAIRLEAD_", "PG"))
        }
        command = [str(PROGRAM), *own, "--log-level", "warning", *self._which]
        self._processes[name] = subprocess.Popen(command, stdout=log, stderr=log, env=environment)

    def kill(self, name: str) -> None:
        """Kill -9, and start again."""
        self._processes[name].kill()
        self._processes[name].wait()
        self.start(name)

    def end_database(self, number: int) -> None:
        """Send PostgreSQL a signal, wait for its end, start it again."""
        pid = self._postmaster()
        if pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
            deadline = time.monotonic() + PATIENCE
            # A clean end takes the note away; somebody who starts may have written another one.
            while number != signal.SIGKILL and self._postmaster() == pid and time.monotonic() < deadline:
                time.sleep(0.02)
        again = Embedded.attach(self.folder / "data")
        self._database.stop()
        self._database = again

    def _postmaster(self) -> int | None:
        """The process id in PostgreSQL's note."""
        try:
            return int((self.folder / "data/postgres/postmaster.pid").read_text().split()[0])
        except (FileNotFoundError, IndexError):
            return None

    def revive(self) -> None:
        """Start what has given up, as a service manager does."""
        for name, process in self._processes.items():
            if process.poll() is not None:
                self.start(name)

    def stop(self) -> None:
        """End everything."""
        for process in self._processes.values():
            process.terminate()
        for process in self._processes.values():
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._database.stop()
        for log in self._logs:
            log.close()


@dataclass
class Submitted:
    """What clients know: by kind and mark, and for opportunities the order of acceptance."""

    accepted: dict[str, str] = field(default_factory=dict)
    notes: dict[str, list[str]] = field(default_factory=dict)


class Storm:
    """One storm over one place."""

    def __init__(
        self, place: Place, world: World, *, requests: int, clients: int, seconds: float, seed: int
    ) -> None:
        self.place = place
        self.world = world
        self.known = Submitted()
        self.kills: Counter[str] = Counter()
        self._requests = requests
        self._clients = clients
        self._seconds = seconds
        self._pause = seconds * clients / requests
        self._random = random.Random(seed)
        self._over = False
        self._headers = {
            "x-LSQ-AccessKey": world.access_key,
            "x-LSQ-SecretKey": world.secret,
            "x-api-key": world.values["async.key"],
        }

    async def run(self) -> None:
        """Submit everything while the killer is about."""
        limits = httpx.Limits(max_connections=self._clients)
        address = f"http://127.0.0.1:{self.place.port}"
        async with httpx.AsyncClient(
            base_url=address, headers=self._headers, limits=limits, timeout=30
        ) as http:
            await answering(http)
            async with asyncio.timeout(self._seconds + 5 * PATIENCE), asyncio.TaskGroup() as group:
                group.create_task(self._kill())
                group.create_task(self._submit_all(http))

    async def _submit_all(self, http: httpx.AsyncClient) -> None:
        share = -(-self._requests // self._clients)
        await asyncio.gather(*(self._client(http, number, share) for number in range(self._clients)))
        self._over = True

    async def _client(self, http: httpx.AsyncClient, number: int, count: int) -> None:
        chance = random.Random(number)
        for turn in range(count):
            await asyncio.sleep(chance.uniform(0, 2 * self._pause))
            await self._submit(http, number, turn, chance.choice(("update", "update", "create", "custom")))

    async def _submit(self, http: httpx.AsyncClient, number: int, turn: int, kind: str) -> None:
        """Until it is accepted."""
        attempt = 0
        while True:
            keyed = number % 2 == 0
            mark = f"{number}-{turn}" if keyed else f"{number}-{turn}-{attempt}"
            path, body = self._request(kind, number, turn, mark)
            headers = {"Idempotency-Key": mark} if keyed else {}
            try:
                answer = await http.post(path, json=body, headers=headers)
            except httpx.TransportError:
                answer = None
            if answer is not None and answer.status_code == 200:
                self.known.accepted[f"{kind} {mark}"] = answer.json()["RequestID"]
                if kind == "update":
                    self.known.notes.setdefault(body["ProspectOpportunityId"], []).append(mark)
                return
            # 409: the call that broke off is still being done.
            assert answer is None or answer.status_code in (500, 409 if keyed else 500), answer.text
            attempt += 1
            await asyncio.sleep(0.1)

    def _request(self, kind: str, number: int, turn: int, mark: str) -> tuple[str, dict[str, Any]]:
        values = self.world.values
        if kind == "update":
            opportunity = values[f"opp.{number * EACH + turn % EACH + 1}"]
            return "/opportunity/update", {"ProspectOpportunityId": opportunity, "OpportunityNote": mark}
        if kind == "create":
            lead = values[f"lead.{turn % 5 + 1}"]
            return "/activity/create", {"RelatedProspectId": lead, "ActivityEvent": 206, "ActivityNote": mark}
        lead = [{"Attribute": "EmailAddress", "Value": f"{mark}@example.com"}]
        return "/activity/createcustom", {
            "LeadDetails": lead,
            "Activity": {"ActivityEvent": 105, "ActivityNote": mark},
        }

    async def _kill(self) -> None:
        """One thing after the other is killed, at random, until all is submitted."""
        ways = ("server", "worker 1", "worker 2", "cut", "database kill", "database restart")
        while not self._over:
            known = len(self.known.accepted)
            await asyncio.sleep(self._random.uniform(0.3, 2.0))
            # On a busy machine a server needs longer than that to come back: what never runs cannot be killed at work.
            for _ in range(BUSY * 10):
                if len(self.known.accepted) > known or self._over:
                    break
                await asyncio.sleep(0.1)
            way = self._random.choice(ways)
            if way == "cut":
                await self._cut()
            elif way.startswith("database"):
                number = signal.SIGKILL if way.endswith("kill") else signal.SIGINT
                await asyncio.to_thread(self.place.end_database, number)
            else:
                await asyncio.to_thread(self.place.kill, way)
            self.kills[way] += 1
            self.place.revive()

    async def _cut(self) -> None:
        db = await asyncpg.connect(self.place.url)
        await db.fetchval(CUT)
        await db.close()


async def answering(http: httpx.AsyncClient) -> None:
    """Wait for the server."""
    for _ in range(PATIENCE * 10):
        with contextlib.suppress(httpx.TransportError):
            if (await http.get("/ready")).status_code == 200:
                return
        await asyncio.sleep(0.1)
    raise AssertionError("the server does not answer")


async def drained(place: Place) -> int:
    """Wait until nothing waits; how much still does when the patience is over."""
    deadline = time.monotonic() + PATIENCE
    while True:
        place.revive()
        db = await asyncpg.connect(place.url)
        waiting: int = await db.fetchval("select count(*) from async_request where finished_on is null")
        await db.close()
        if not waiting or time.monotonic() > deadline:
            return waiting
        await asyncio.sleep(0.2)


async def counted(place: Place, storm: Storm) -> Result:
    """Compare what was accepted with what is there."""
    known, org = storm.known, storm.world.org_id
    result = Result(accepted=len(known.accepted), kills=storm.kills.total(), unfinished=await drained(place))
    db = await asyncpg.connect(place.url)
    try:
        states = await db.fetch("select id::text, state, reason from async_request where org_id = $1", org)
        effects = await _effects(db, org)
        history = await _history(db, org)
    finally:
        await db.close()
    result.wrong += [
        f"{row['id']} {row['state']} {row['reason']}" for row in states if row["state"] != "success"
    ][:10]
    stored = {row["id"] for row in states}
    for mark, request in known.accepted.items():
        if effects[mark] == 0 or request not in stored:
            result.lost += 1
            result.wrong.append(f"lost {mark} {request}")
    result.doubled = sum(count - 1 for count in effects.values() if count > 1)
    result.wrong += [f"doubled {mark}: {count}" for mark, count in effects.items() if count > 1][:10]
    for opportunity, accepted in known.notes.items():
        applied = [note for note in history.get(opportunity, []) if note in set(accepted)]
        result.out_of_order += sum(a != b for a, b in zip(accepted, applied, strict=False))
    return result


async def _effects(db: Any, org: int) -> Counter[str]:
    """How often each mark was applied, by kind; a lead that is there twice counts, too."""
    found: Counter[str] = Counter()
    for row in await db.fetch(
        "select code, note from activity where org_id = $1 and code in (105, 206)", org
    ):
        found[f"{'custom' if row['code'] == 105 else 'create'} {row['note']}"] += 1
    emails = await db.fetch("select fields->>'EmailAddress' as email from lead where org_id = $1", org)
    leads = Counter(row["email"] for row in emails if row["email"])
    for email, count in leads.items():
        if count > 1:
            found[f"lead {email}"] = count
    for notes in (await _history(db, org)).values():
        found.update(f"update {note}" for note in notes)
    return found


async def _history(db: Any, org: int) -> dict[str, list[str]]:
    """The notes of every opportunity, in the order in which they replaced one another."""
    rows = await db.fetch(
        "select record_id::text as id, changes::text as changes from change where org_id = $1 and code >= 12000",
        org,
    )
    following: dict[str, dict[str, list[str]]] = {}
    for row in rows:
        for name, (old, new) in json.loads(row["changes"]).items():
            if "note" in name.lower():
                following.setdefault(row["id"], {}).setdefault(old, []).append(new)
    return {opportunity: chain(pairs) for opportunity, pairs in following.items()}


def chain(pairs: dict[str, list[str]]) -> list[str]:
    """From the note that replaced none of them to the last; a note that was written twice comes twice."""
    written = {new for news in pairs.values() for new in news}
    at = next(iter(pairs.keys() - written), None)
    found: list[str] = []
    while pairs.get(at):
        at = pairs[at].pop(0)
        found.append(at)
    return found + [new for news in pairs.values() for new in news]


@contextlib.contextmanager
def placed(folder: Path, *, own: bool) -> Iterator[Place]:
    """A place, taken away at the end."""
    place = Place(folder, own=own)
    try:
        yield place
    finally:
        place.stop()


@contextlib.asynccontextmanager
async def inhabited(place: Place, clients: int) -> AsyncIterator[World]:
    """The organisation that the clients submit for."""
    worlds = Worlds(place.url)
    await worlds.open()
    world = await worlds.copy()
    opportunities = [f"opp.{number}" for number in range(1, clients * EACH + 1)]
    await world.need(*(f"lead.{number}" for number in range(1, 6)), *opportunities, "async.key")
    await worlds.close()
    yield world


def storm(folder: Path, *, own: bool, requests: int, clients: int, seconds: float, seed: int) -> Result:
    """One storm, to its end."""

    async def passing(place: Place) -> Result:
        async with inhabited(place, clients) as world:
            raging = Storm(place, world, requests=requests, clients=clients, seconds=seconds, seed=seed)
            await raging.run()
            return await counted(place, raging)

    with placed(folder, own=own) as place:
        return asyncio.run(passing(place))


def main() -> None:
    """Run as a program."""
    parser = argparse.ArgumentParser(description="Kill everything, lose nothing.")
    parser.add_argument("--requests", type=int, default=20_000)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=240)
    parser.add_argument("--seed", type=int, default=int(datetime.now(UTC).timestamp()))
    asked = parser.parse_args()
    total = Result()
    for own in (False, True):
        # Not below a folder that PostgreSQL's own account cannot pass through.
        with tempfile.TemporaryDirectory(prefix="fairlead-faults-", dir="/var/tmp") as name:
            Path(name).chmod(0o711)
            found = storm(
                Path(name), own=own, requests=asked.requests // 2, clients=asked.clients,
                seconds=asked.seconds / 2, seed=asked.seed + own,
            )  # fmt: skip
        print("own PostgreSQL:" if own else "embedded PostgreSQL:", asdict(found), flush=True)
        total.add(found)
    BUILD.mkdir(exist_ok=True)
    told = {name: value for name, value in asdict(total).items() if name != "wrong"} | {"seed": asked.seed}
    (BUILD / "faults.json").write_text(json.dumps(told, indent=2) + "\n")
    print(json.dumps(told))
    sys.exit(0 if total.lost == total.doubled == total.out_of_order == total.unfinished == 0 else 1)


if __name__ == "__main__":
    main()
