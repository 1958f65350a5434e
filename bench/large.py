"""`make bench-large`: every job where few leads are stored and where very many are, in one run, in turns.

Two servers of the product on two databases of one PostgreSQL. What counts is the ratio of the processor time of a
call: whether it grows with what is stored. As a table and as `large` of build/bench.json.
"""

from __future__ import annotations

import asyncio
import dataclasses
import statistics
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import databases
import load
import report
from jobs.job import Job, Target
from run import BUILD, Arena, Plan, bench, machine, options, planned, product, server, started

FEW = 100
"""The few are so many times fewer."""

TARGET = Target("cost_ratio", 0, 1.3)
_FIGURES = ("per_s", "p50_ms", "p99_ms", "cpu_us", "server_us", "database_us")

Rounds = dict[str, list[dict[str, dict[str, float]]]]


def main(arguments: list[str] | None = None) -> dict[str, Any]:
    """Run as a program; returns what is written to the file."""
    asked = options("Measure whether a call costs more where very many leads are stored.").parse_args(
        arguments
    )
    plan = planned(Plan(leads=1_000_000, seconds=2.0), asked)
    with ExitStack() as stack:
        database, postgres = server(stack)
        leads = {"small": plan.leads // FEW, "large": plan.leads}
        urls = {name: asyncio.run(databases.beside(database.url, name)) for name in leads}
        for name, many in leads.items():
            databases.seeded(urls[name], many)
            print(f"stored {many:,} leads", file=sys.stderr, flush=True)
        programs = {name: product(url) for name, url in urls.items()}
        started(stack, programs)
        arena = Arena(programs, urls, postgres, leads)
        found = {
            job.name: _summary(bench(_busiest(job, plan), plan, arena, list(programs))) for job in plan.jobs
        }
        result = {
            "generator": load.NAME,
            "machine": asyncio.run(machine(database.url)),
            "rounds": plan.rounds,
            "leads": leads,
            **found,
        }
    report.write(asked.json or BUILD / "bench.json", {"large": result})
    print(_table(result))
    return result


def _busiest(job: Job, plan: Plan) -> Job:
    """One number of clients is enough: the most."""
    return job if plan.clients else dataclasses.replace(job, clients=job.clients[-1:])


def _summary(rounds: Rounds) -> dict[str, Any]:
    """Medians of both, and the ratio of the cost as the median of the ratios of each round."""
    (clients, turns), *_ = rounds.items()
    ratios = [turn["large"]["cpu_us"] / turn["small"]["cpu_us"] for turn in turns]
    ratio = round(statistics.median(ratios), 3)
    medians = {
        name: {
            figure: round(statistics.median(turn[name][figure] for turn in turns), 2) for figure in _FIGURES
        }
        for name in ("small", "large")
    }
    return {
        "clients": int(clients.removeprefix("clients_")),
        **medians,
        "cost_ratio": ratio,
        "spread": [round(min(ratios), 3), round(max(ratios), 3)],
        "holds": TARGET.holds(ratio),
    }


def _table(result: dict[str, Any]) -> str:
    heads = ("clients", "leads", "calls/s", "p50 ms", "p99 ms", "CPU µs", "server", "database")
    lines = []
    for job in report.jobs_of(result):
        at = result[job.name]
        lines += [
            f"{job.title} ({job.path})",
            "",
            "{:>7}{:>11}{:>10}{:>9}{:>9}{:>9}{:>9}{:>10}".format(*heads),
        ]
        for name in ("small", "large"):
            figures = [at[name][figure] for figure in _FIGURES]
            row = (at["clients"], result["leads"][name], *figures)
            lines.append("{:>7}{:>11,}{:>10,.0f}{:>9.2f}{:>9.2f}{:>9.0f}{:>9.0f}{:>10.0f}".format(*row))
        low, high = at["spread"]
        mark = "holds " if at["holds"] else "MISSED"
        lines += [
            "",
            f"{mark}  cost <= {TARGET.limit:g} times: {at['cost_ratio']:g} ({low:g} to {high:g})",
            "",
        ]
    where = result["machine"]
    lines.append(
        f"{where['cores']} cores shared by server, database and load; Python {where['python']}, PostgreSQL "
        f"{where['postgres']}; {result['rounds']} rounds, medians"
    )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
