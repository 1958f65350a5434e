"""`make bench-pages`: how quickly the screens open where a million leads are stored, how heavy they are, and what the
inspector costs a call of the API.

A page is asked for by one browser, again and again: what is measured is the time until the last byte, on one connection.
Its weight is what a browser with an empty cache is sent for it, scripts and stylesheet included. The inspector is measured
with two servers of the product on two databases that are alike, one with it and one without, in turns: what counts is the
ratio of the processor time of a call. As a table and as `pages` of build/bench.json.
"""

from __future__ import annotations

import asyncio
import http.client
import re
import statistics
import sys
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

sys.path.insert(0, str(Path(__file__).parent))

import asyncpg

import databases
import load
import report
from fairlead.web import passwords
from jobs import data, job_named
from process import Program
from run import BUILD, PRODUCT, Arena, Plan, bench, machine, options, planned, server, started

WARM_UP = 5
P95_MS, BYTES, INSPECTOR = 60.0, 120_000, 1.05
"""The targets: milliseconds, bytes, and the cost of a call with the inspector over one without."""

PASSWORD = "a password for the benchmark"
_SERVE = "from fairlead.cli import main; main()"
_LOADED = re.compile(r"""(?:src|href)="(/static/[^"#]+)""")


class Visitor:
    """A browser without scripts: one connection, cookies, and how long answers take."""

    def __init__(self, port: int) -> None:
        self._http = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self._cookies: dict[str, str] = {}

    def ask(self, path: str, **form: str) -> tuple[str, int, float]:
        """The text of an answer, its bytes as they were sent, and milliseconds. Raises RuntimeError when refused."""
        cookies = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        headers = {"cookie": cookies, "accept-encoding": "gzip"}
        if form:
            headers["content-type"] = "application/x-www-form-urlencoded"
        begun = time.perf_counter()
        self._http.request("POST" if form else "GET", path, urlencode(form) if form else None, headers)
        response = self._http.getresponse()
        body = response.read()
        took = (time.perf_counter() - begun) * 1000
        for name, value in response.getheaders():
            if name.lower() == "set-cookie":
                cookie, _, sent = value.partition(";")[0].partition("=")
                self._cookies[cookie] = sent
        if response.status not in (200, 303):
            msg = f"{path} was answered with {response.status}"
            raise RuntimeError(msg)
        text = "" if response.headers["content-encoding"] else body.decode("utf-8", "replace")
        return text, len(body), took

    def sign_in(self) -> None:
        """Come in as the user of the benchmark."""
        token = re.search(r'name="csrf" value="([\w-]+)"', self.ask("/app/sign-in")[0])
        assert token is not None
        self.ask("/app/sign-in", csrf=token[1], email=data.USER, password=PASSWORD)


def addresses(leads: int, count: int) -> dict[str, list[str]]:
    """The pages that are measured, each by so many addresses."""
    busy = [data.lead_id(number) for number in range(1, data.busy_leads(leads) + 1)]
    others = [data.lead_id(1 + number * 7919 % leads) for number in range(count)]
    deals = [
        data.opportunity_id(data.with_deals(data.DEALS + number * 7919 % leads)) for number in range(count)
    ]
    return {
        "home": ["/app"] * count,
        "list of leads": ["/app/leads"] * count,
        "list, page 20": ["/app/leads?page=20"] * count,
        "list, one stage": ["/app/leads?stage=Prospect"] * count,
        "a lead": [f"/app/leads/{id}" for id in others],
        "a lead with 1,000 activities": [f"/app/leads/{busy[n % len(busy)]}" for n in range(count)],
        "board": ["/app/opportunities"] * count,
        "what happened": ["/app/activities"] * count,
        "an opportunity": [f"/app/opportunities/{id}" for id in deals],
        "queue": ["/app/async"] * count,
        "search, while one types": [f"/app/search/found?q={words}" for words in _words(count)],
    }


def _words(count: int) -> list[str]:
    """What is looked for: a beginning of an address that one lead has, words that many have, and some that nobody has."""
    some = ("lead500", "lead+example", "nobody+has+this", "lead12345@example.com", "%2B91-9000012345")
    return [some[number % len(some)] for number in range(count)]


def pages(port: int, leads: int, count: int) -> dict[str, Any]:
    """Times and weight of every page."""
    visitor = Visitor(port)
    visitor.sign_in()
    files: dict[str, int] = {}
    found = {}
    for name, some in addresses(leads, count).items():
        for address in some[:WARM_UP]:
            visitor.ask(address)
        times, sizes = [], []
        for address in some:
            text, size, took = visitor.ask(address)
            times.append(took)
            sizes.append(size)
        for file in _LOADED.findall(text):
            if file not in files:
                files[file] = visitor.ask(file)[1]
        weight = max(sizes) + sum(files[file] for file in set(_LOADED.findall(text)))
        cuts = statistics.quantiles(times, n=20, method="inclusive")
        found[name] = {
            "address": some[0],
            "p50_ms": round(statistics.median(times), 1),
            "p95_ms": round(cuts[-1], 1),
            "max_ms": round(max(times), 1),
            "page_bytes": max(sizes),
            "bytes": weight,
            "holds": cuts[-1] <= P95_MS and weight <= BYTES,
        }
        print(
            f"{name}: {found[name]['p50_ms']} ms, p95 {found[name]['p95_ms']} ms", file=sys.stderr, flush=True
        )
    return found


def inspector(arena: Arena, plan: Plan) -> dict[str, Any]:
    """The processor time of a call with the inspector over that of one without, in turns."""
    job = job_named("main_job")
    (turns,) = bench(job, plan, arena, ("with", "without")).values()
    ratios = [turn["with"]["server_us"] / turn["without"]["server_us"] for turn in turns]
    whole = [turn["with"]["cpu_us"] / turn["without"]["cpu_us"] for turn in turns]
    ratio = round(statistics.median(whole), 3)
    return {
        "ratio": ratio,
        "spread": [round(min(whole), 3), round(max(whole), 3)],
        "server_ratio": round(statistics.median(ratios), 3),
        "server_us": {
            name: round(statistics.median(t[name]["server_us"] for t in turns), 1)
            for name in ("with", "without")
        },
        "holds": ratio <= INSPECTOR,
    }


async def entitle(url: str) -> None:
    """Give the user of the benchmark a password."""
    db: Any = await asyncpg.connect(url)
    try:
        org, user = await db.fetchrow("select org_id, id::text from app_user limit 1")
        await passwords.store(db, org, user, data.USER, PASSWORD, now=datetime.now(UTC))
    finally:
        await db.close()


def product(url: str, *, inspected: bool) -> Program:
    """A server of the product without a rate limit, with or without its inspector."""
    said = "--inspector=on" if inspected else "--inspector=off"
    return Program("-c", _SERVE, "serve", "--rate-limit=off", "--log-level=warning", said, url=url)


def main(arguments: list[str] | None = None) -> dict[str, Any]:
    """Run as a program; returns what is written to the file."""
    parser = options("Measure the screens, and what the inspector costs.")
    parser.add_argument("--views", type=int, default=100, help="how often every page is asked for")
    asked = parser.parse_args(arguments)
    plan = planned(Plan(leads=1_000_000, seconds=1.0, rounds=21, clients=(64,)), asked)
    small = min(20_000, plan.leads)
    with ExitStack() as stack:
        database, postgres = server(stack)
        databases.seeded(database.url, plan.leads)
        asyncio.run(entitle(database.url))
        urls = {name: asyncio.run(databases.beside(database.url, name)) for name in ("with", "without")}
        for url in urls.values():
            databases.seeded(url, small)
        programs = {name: product(url, inspected=name == "with") for name, url in urls.items()}
        programs[PRODUCT] = product(database.url, inspected=False)
        started(stack, programs)
        seen = pages(programs[PRODUCT].port, plan.leads, asked.views)
        arena = Arena(programs, urls, postgres, dict.fromkeys(urls, small))
        result = {
            "generator": load.NAME,
            "machine": asyncio.run(machine(database.url)),
            "leads": plan.leads,
            "views": asked.views,
            "rounds": plan.rounds,
            "pages": seen,
            "inspector": inspector(arena, plan),
        }
    report.write(asked.json or BUILD / "bench.json", {"pages": result})
    print(table(result))
    return result


def table(result: dict[str, Any]) -> str:
    """Everything, for a terminal."""
    lines = [
        "{:<30}{:>8}{:>8}{:>8}{:>10}{:>10}".format("page", "p50 ms", "p95 ms", "max ms", "page kB", "all kB")
    ]
    for name, at in result["pages"].items():
        mark = "" if at["holds"] else "  MISSED"
        times = f"{at['p50_ms']:>8.1f}{at['p95_ms']:>8.1f}{at['max_ms']:>8.1f}"
        lines.append(f"{name:<30}{times}{at['page_bytes'] / 1000:>10.1f}{at['bytes'] / 1000:>10.1f}{mark}")
    at = result["inspector"]
    low, high = at["spread"]
    where = result["machine"]
    mark = "holds " if at["holds"] else "MISSED"
    lines += ["", f"targets: p95 <= {P95_MS:g} ms, <= {BYTES // 1000} kB with everything"]
    cost = f"{at['ratio']:g} ({low:g} to {high:g}); of the server alone {at['server_ratio']:g}"
    lines.append(f"{mark}  a call with the inspector costs <= {INSPECTOR:g} times: {cost}")
    about = f"Python {where['python']}, PostgreSQL {where['postgres']}; {result['leads']:,} leads"
    shared = f"{where['cores']} cores shared by server, database and load"
    lines.append(f"{shared}; {about}; {result['views']} views of a page, {result['rounds']} rounds")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
