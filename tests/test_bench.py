"""The benchmark runs from end to end: a few calls, no figure is judged."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent


linux = pytest.mark.skipif(sys.platform != "linux", reason="processor times are read from /proc")


def run(program: str, result: Path, *options: str) -> tuple[dict[str, Any], str]:
    """A program of the benchmark at its smallest; what it wrote and what it printed."""
    sizes = ["--seconds=0.02", "--rounds=1", "--clients", "2", f"--json={result}"]
    done = subprocess.run(
        [sys.executable, str(ROOT / "bench" / program), *sizes, *options],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(result.read_text()), done.stdout


@linux
def test_a_few_calls(tmp_path: Path) -> None:
    """All programs answer every job, the floor commits the rows of the product, and every figure is there."""
    found, printed = run("run.py", tmp_path / "bench.json", "--leads=200")
    for job in (
        "main_job",
        "update_sale",
        "update_opportunity",
        "bulk_on_opportunity",
        "bulk_on_leads",
        "timeline",
        "search",
    ):
        at = found[job]["clients_2"]
        for figure in ("per_s", "p50_ms", "p99_ms", "cpu_us", "floor_per_s", "floor_p99_ms"):
            assert at[figure] > 0, (job, figure)
        assert 0 < at["ratio"] < 10
    at = found["main_job"]["clients_2"]
    assert at["bare_per_s"] > 0
    assert at["echo_per_s"] > 0
    bulk = found["bulk_on_leads"]["clients_2"]
    assert bulk["rows_per_s"] == pytest.approx(bulk["per_s"] * 25, rel=0.01)
    assert found["rows"]["product"] == found["rows"]["same"]
    assert min(found["rows"]["product"].values()) > 0
    assert "same-rows floor" in printed


@linux
def test_few_leads_and_many(tmp_path: Path) -> None:
    """Both servers answer, and what a call costs is compared."""
    found, printed = run("large.py", tmp_path / "bench.json", "--leads=2000", "--jobs", "main_job", "search")
    found = found["large"]
    assert found["leads"] == {"small": 20, "large": 2000}
    for job in ("main_job", "search"):
        assert found[job]["cost_ratio"] > 0
        assert found[job]["large"]["cpu_us"] > 0
    assert "cost <= 1.3 times" in printed


@linux
def test_screens(tmp_path: Path) -> None:
    """Every page is there, weighs something, and the cost of the inspector is known."""
    found, printed = run("pages.py", tmp_path / "bench.json", "--leads=2000", "--views=8")
    found = found["pages"]
    assert {"home", "list of leads", "a lead", "board"} <= set(found["pages"])
    for name, at in found["pages"].items():
        assert 0 < at["p50_ms"] <= at["p95_ms"] <= at["max_ms"], name
        smallest = 1_000 if name == "search, while one types" else 5_000
        assert at["bytes"] > at["page_bytes"] > smallest, name
    assert 0 < found["inspector"]["ratio"] < 10
    assert "with the inspector costs" in printed
