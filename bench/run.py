"""`make bench`: the product, its floors and the echo in one run, in turns, as a table and as build/bench.json.

Every program has a database of its own, all copies of one, and answers the same number of the same calls, so that
their tables stay the same size. What counts are the ratios: absolute figures belong to a machine and to a moment.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import databases
import load
import report
from fairlead.db.embedded import Embedded
from jobs import JOBS, Job
from process import HERE, Postgres, Program, cpu_us

PRODUCT = "product"
BUILD = HERE.parent / "build"
_SERVE = "from fairlead.cli import main; main()"


@dataclass
class Plan:
    """How much is measured."""

    leads: int = 100_000
    seconds: float = 3.0
    rounds: int = 3
    clients: tuple[int, ...] = ()  # those of the job
    jobs: tuple[Job, ...] = JOBS

    @classmethod
    def quick(cls) -> Plan:
        """A look, not a measurement: about half a minute."""
        return cls(leads=20_000, seconds=0.5, rounds=1)

    def clients_of(self, job: Job) -> tuple[int, ...]:
        """How many ask at the same time, in turns."""
        return self.clients or job.clients


class Arena:
    """The running programs, and the calls that were sent to them."""

    def __init__(
        self, programs: dict[str, Program], urls: dict[str, str], postgres: Postgres, leads: dict[str, int]
    ) -> None:
        self.programs = programs
        self.urls = urls
        self._postgres = postgres
        self._leads = leads
        self._first = 1

    def begin(self, count: int) -> int:
        """Number the next `count` calls: no new lead comes twice."""
        first, self._first = self._first, self._first + count
        return first

    def measure(self, job: Job, name: str, *, clients: int, first: int, count: int) -> dict[str, float]:
        """Send calls to one program. Raises RuntimeError when any was refused."""
        program = self.programs[name]
        options = {"port": program.port, "clients": clients, "seed": first, "first": first, "count": count}
        command = [sys.executable, "load.py", job.name, f"--leads={self._leads[name]}"]
        generator = subprocess.Popen(
            command + [f"--{option}={value}" for option, value in options.items()],
            cwd=HERE,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert generator.stdin is not None
        assert generator.stdout is not None
        with generator:
            generator.stdout.readline()
            before = cpu_us(program.pid)
            self._postgres.mark()
            generator.stdin.write("go\n")
            generator.stdin.flush()
            answer = generator.stdout.readline()
            database = self._postgres.since()
            server = cpu_us(program.pid) - before
        if not answer:
            msg = f"the load on {name} broke off"
            raise RuntimeError(msg)
        found: dict[str, float] = json.loads(answer)
        if found["errors"]:
            msg = f"{found['errors']} of {count} calls to {name} failed"
            raise RuntimeError(msg)
        calls = found["calls"]
        return found | {
            "server_us": server / calls,
            "database_us": database / calls,
            "cpu_us": (server + database) / calls,
        }


def server(stack: ExitStack) -> tuple[Embedded, Postgres]:
    """A PostgreSQL as the product starts it, in a new folder."""
    # Not below /tmp, which may be memory: a commit would cost nothing there.
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="fairlead-bench-", dir="/var/tmp")))
    folder.chmod(0o755)
    database = stack.enter_context(Embedded.start(folder / "data"))
    postmaster = int((folder / "data/postgres/postmaster.pid").read_text().split()[0])
    return database, Postgres(postmaster)


@contextmanager
def arena(plan: Plan, floors: list[str]) -> Iterator[tuple[Arena, dict[str, Any]]]:
    """Start PostgreSQL and all programs, and take everything away again."""
    with ExitStack() as stack:
        database, postgres = server(stack)
        databases.seeded(database.url, plan.leads)
        urls = {PRODUCT: database.url}
        urls |= asyncio.run(databases.copies(database.url, [name for name in floors if name != "echo"]))
        programs = {PRODUCT: product(database.url)}
        for name in floors:
            programs[name] = Program("floor.py", name, url=urls.get(name, database.url))
        started(stack, programs)
        leads = dict.fromkeys(programs, plan.leads)
        yield Arena(programs, urls, postgres, leads), asyncio.run(machine(database.url))


def product(url: str) -> Program:
    """A server of the product, without a rate limit."""
    return Program("-c", _SERVE, "serve", "--rate-limit=off", "--log-level=warning", url=url)


def started(stack: ExitStack, programs: dict[str, Program]) -> None:
    """Wait until all answer; they end with the stack."""
    for program in programs.values():
        stack.callback(program.stop)
    for program in programs.values():
        program.wait_ready()


async def machine(url: str) -> dict[str, Any]:
    """Where this was measured."""
    return {
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "postgres": await databases.server_version(url),
    }


def bench(
    job: Job, plan: Plan, arena: Arena, names: Sequence[str]
) -> dict[str, list[dict[str, dict[str, float]]]]:
    """All rounds of a job on these programs: by number of clients, a list of rounds, each by program."""
    if job.indexed:
        for name in names:
            asyncio.run(databases.index_field(arena.urls[name], job.indexed))
    asked = plan.clients_of(job)
    counts = {clients: _calls_of(job, plan, arena, names, clients) for clients in asked}
    found: dict[str, list[dict[str, dict[str, float]]]] = {f"clients_{clients}": [] for clients in asked}
    for number in range(plan.rounds):
        for clients, count in counts.items():
            first = arena.begin(count)
            turn = {}
            for at in range(len(names)):  # another one goes first in every round
                name = names[(at + number) % len(names)]
                turn[name] = arena.measure(job, name, clients=clients, first=first, count=count)
            found[f"clients_{clients}"].append(turn)
            rates = ", ".join(f"{name} {turn[name]['per_s']:,.0f}/s" for name in names)
            print(
                f"{job.name}, round {number + 1}, {clients} clients, {count} calls each: {rates}",
                file=sys.stderr,
                flush=True,
            )
    return found


def _calls_of(job: Job, plan: Plan, arena: Arena, names: Sequence[str], clients: int) -> int:
    """Warm every program up, and return how many calls keep the first one busy for `plan.seconds`."""
    count = max(20, int(plan.seconds * 200 * min(clients, 8)) // job.rows)
    first = arena.begin(count)
    warm = {name: arena.measure(job, name, clients=clients, first=first, count=count) for name in names}
    return max(20, int(warm[names[0]]["per_s"] * plan.seconds))


def check_rows(arena: Arena) -> dict[str, dict[str, int]]:
    """The rows of the product and of the same-rows floor. Raises RuntimeError when they are not the same."""
    found = {name: asyncio.run(databases.rows(arena.urls[name])) for name in (PRODUCT, "same")}
    if found[PRODUCT] != found["same"]:
        msg = f"the floor did not commit the rows of the product: {found}"
        raise RuntimeError(msg)
    return found


def options(description: str) -> argparse.ArgumentParser:
    """What both programs can be asked for."""
    parser = argparse.ArgumentParser(description=description)
    for name, kind in (("leads", int), ("seconds", float), ("rounds", int)):
        parser.add_argument(f"--{name}", type=kind)
    parser.add_argument("--clients", type=int, nargs="+")
    parser.add_argument("--jobs", nargs="+", choices=[job.name for job in JOBS], help="only these")
    parser.add_argument("--json", type=Path, help="where the result is written")
    return parser


def planned(plan: Plan, asked: argparse.Namespace) -> Plan:
    """The plan with what was asked for."""
    for name in ("leads", "seconds", "rounds"):
        if (value := getattr(asked, name)) is not None:
            setattr(plan, name, value)
    if asked.clients:
        plan.clients = tuple(asked.clients)
    if asked.jobs:
        plan.jobs = tuple(job for job in JOBS if job.name in asked.jobs)
    return plan


def main(arguments: list[str] | None = None) -> dict[str, Any]:
    """Run as a program; returns what is written to the file."""
    parser = options("Measure Fairlead against its floors.")
    parser.add_argument("--quick", action="store_true", help="a look, not a measurement")
    parser.add_argument("--markdown", action="store_true", help="print the table of the README instead")
    asked = parser.parse_args(arguments)
    plan = planned(Plan.quick() if asked.quick else Plan(), asked)
    floors = list(dict.fromkeys(name for job in plan.jobs for name in job.floors))
    with arena(plan, floors) as (place, where):
        rounds = {job.name: bench(job, plan, place, (PRODUCT, *job.floors)) for job in plan.jobs}
        rows = check_rows(place)
    result = {
        "generator": load.NAME,
        "machine": where,
        "rounds": plan.rounds,
        "leads": plan.leads,
        "rows": rows,
        **{job.name: report.summary(job, rounds[job.name]) for job in plan.jobs},
        "generator_us": report.generator_us(rounds),
    }
    report.write(asked.json or BUILD / "bench.json", result)
    print(report.markdown(result) if asked.markdown else report.table(result))
    return result


if __name__ == "__main__":
    main()
