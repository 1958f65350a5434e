"""The short form of the storm; `make faults` is the long one."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from faults import storm


async def test_a_storm_loses_nothing_and_does_nothing_twice(reachable: Path) -> None:
    folder = reachable / "storm"
    folder.mkdir(mode=0o711)
    found: Any = await asyncio.to_thread(
        storm.storm, folder, own=True, requests=1000, clients=8, seconds=6, seed=1
    )
    assert found.kills >= 3
    assert found.accepted >= 1000
    assert (found.lost, found.doubled, found.out_of_order, found.unfinished) == (0, 0, 0, 0), found.wrong
    assert found.wrong == []


def test_the_count_sees_what_is_wrong() -> None:
    assert storm.chain({"before": ["a"], "a": ["b"], "b": ["c"]}) == ["a", "b", "c"]
    assert storm.chain({"before": ["b"], "b": ["a"]}) == ["b", "a"]
    assert storm.chain({"before": ["a"], "a": ["b", "a"]}).count("a") == 2
