"""From measurements to numbers that can be read: medians over the rounds, ratios, targets, tables."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jobs import JOBS
from jobs.job import Job

Rounds = dict[str, list[dict[str, dict[str, float]]]]
_PREFIX = {"product": "", "same": "floor_", "bare": "bare_", "echo": "echo_"}
_FIGURES = ("per_s", "p50_ms", "p99_ms", "cpu_us", "server_us", "database_us")


def generator_us(rounds: dict[str, Rounds]) -> float:
    """What a call costs the load generator when all connections are busy."""
    busiest = [list(job.values())[-1] for job in rounds.values()]
    return round(
        statistics.median(m["generator_us"] for turns in busiest for turn in turns for m in turn.values()), 1
    )


def summary(job: Job, rounds: Rounds) -> dict[str, Any]:
    """Medians by number of clients, ratios as medians of the ratios of each round, and the targets."""
    found: dict[str, Any] = {clients: _medians(turns, job.rows) for clients, turns in rounds.items()}
    found["targets"] = [
        {"target": str(target), "value": value, "holds": target.holds(value)}
        for target in job.targets
        if (value := found.get(f"clients_{target.clients}", {}).get(target.name)) is not None
    ]
    return found


def write(path: Path, result: dict[str, Any]) -> None:
    """Keep a result as JSON, beside what the other runs have written into the same file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    known = json.loads(path.read_text()) if path.exists() else {}
    path.write_text(json.dumps(known | result, indent=2) + "\n")


def _medians(turns: list[dict[str, dict[str, float]]], rows: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in turns[0]:
        for figure in _FIGURES:
            values = [turn[name][figure] for turn in turns]
            found[_PREFIX.get(name, name + "_") + figure] = _rounded(statistics.median(values))
        if rows > 1:
            found[_PREFIX.get(name, name + "_") + "rows_per_s"] = round(
                found[_PREFIX.get(name, name + "_") + "per_s"] * rows
            )
    ratios: dict[str, list[float]] = {}
    for turn in turns:
        product = turn["product"]
        if "same" in turn:
            ratios.setdefault("ratio", []).append(product["per_s"] / turn["same"]["per_s"])
            ratios.setdefault("cpu_ratio", []).append(turn["same"]["cpu_us"] / product["cpu_us"])
            ratios.setdefault("p99_ratio", []).append(product["p99_ms"] / turn["same"]["p99_ms"])
        if "bare" in turn:
            ratios.setdefault("bare_ratio", []).append(product["per_s"] / turn["bare"]["per_s"])
    found |= {name: round(statistics.median(values), 3) for name, values in ratios.items()}
    spread = {name: [round(min(values), 3), round(max(values), 3)] for name, values in ratios.items()}
    rates = [turn["product"]["per_s"] for turn in turns]
    found["spread"] = {"per_s": [round(min(rates)), round(max(rates))], **spread}
    return found


def _rounded(value: float) -> float:
    return round(value) if value >= 1000 else round(value, 1) if value >= 100 else round(value, 2)


_HEADS = ("clients", "", "calls/s", "p50 ms", "p99 ms", "CPU µs", "server", "database", "product is")


def table(result: dict[str, Any]) -> str:
    """Everything, for a terminal."""
    lines = []
    for job in jobs_of(result):
        lines += [f"{job.title} ({job.path})", ""]
        lines.append("{:>7}  {:<16}{:>9}{:>9}{:>9}{:>9}{:>9}{:>10}  {}".format(*_HEADS))
        for key, at in result[job.name].items():
            if key != "targets":
                lines += _lines(key.removeprefix("clients_"), at)
        targets = result[job.name]["targets"]
        lines += [
            "",
            *(f"{_mark(t)}  {t['target']}: {t['value']:g}" for t in targets),
            *([""] if targets else []),
        ]
    machine = result["machine"]
    lines.append(
        f"{machine['cores']} cores shared by server, database and load; Python {machine['python']}, PostgreSQL "
        f"{machine['postgres']}; {result['leads']:,} leads; {result['rounds']} rounds, medians; generator "
        f"{result['generator']}, {result['generator_us']} µs a call"
    )
    return "\n".join(lines)


def jobs_of(result: dict[str, Any]) -> list[Job]:
    """The jobs that a result is about."""
    return [job for job in JOBS if job.name in result]


def _mark(target: dict[str, Any]) -> str:
    return "holds " if target["holds"] else "MISSED"


def _lines(clients: str, at: dict[str, Any]) -> Iterator[str]:
    for prefix, title, ratio in (
        ("", "product", ""),
        ("floor_", "same-rows floor", "ratio"),
        ("bare_", "bare floor", "bare_ratio"),
        ("echo_", "echo", ""),
    ):
        if f"{prefix}per_s" in at:
            low, high = at["spread"].get(ratio, (0, 0))
            of = f"{at[ratio]:.2f} of it ({low:.2f} to {high:.2f})" if ratio else ""
            if f"{prefix}rows_per_s" in at:
                of = f"{of}  {at[prefix + 'rows_per_s']:,} rows/s".strip()
            figures = [at[prefix + figure] for figure in _FIGURES]
            yield (
                "{:>7}  {:<16}{:>9,.0f}{:>9.2f}{:>9.2f}{:>9.0f}{:>9.0f}{:>10.0f}  ".format(
                    clients, title, *figures
                )
                + of
            ).rstrip()


def markdown(result: dict[str, Any]) -> str:
    """The table of the README."""
    lines = [
        "| clients | calls/s | p50 | p99 | CPU per call | of the same-rows floor | of the bare floor |",
        "|---|---|---|---|---|---|---|",
    ]
    for key, at in result["main_job"].items():
        if key != "targets":
            lines.append(
                f"| {key.removeprefix('clients_')} | {at['per_s']:,.0f} | {at['p50_ms']:.1f} ms | {at['p99_ms']:.1f} ms "
                f"| {at['cpu_us']:.0f} µs | {at['ratio']:.2f} | {at['bare_ratio']:.2f} |"
            )
    machine = result["machine"]
    about = (
        f"{machine['cores']} cores for server, database and load together, Python {machine['python']}, PostgreSQL "
        f"{machine['postgres']}, {result['leads']:,} leads, half of the calls about leads that are stored."
    )
    return "\n".join([*lines, "", about])
