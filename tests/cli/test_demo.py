"""`fairlead serve --demo`: what it prints works when it is pasted."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from command import Serving, serving
from fairlead.cli import main


@pytest.fixture(scope="module")
def url(migrated_database: Callable[[], str]) -> str:
    return migrated_database()


@pytest.fixture(scope="module")
def demo(url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """A server with the demo organisation; it makes it."""
    place: Path = tmp_path_factory.mktemp("demo")
    with serving(place, "--demo", "--database-url", url, "--log-format", "json") as server:
        yield server


def call(server: Serving) -> httpx.Response:
    """Do what the printed line does."""
    line = next(line for line in server.out.read_text().splitlines() if line.startswith("curl "))
    words = shlex.split(line)
    assert words[1:4] == ["-s", "-X", "POST"]
    name, _, value = words[words.index("-H") + 1].partition(": ")
    return httpx.post(words[4], headers={name: value}, content=words[words.index("-d") + 1])


def test_the_printed_call_works_as_often_as_one_likes(demo: Serving) -> None:
    answers = [call(demo) for _ in range(30)]
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["Message"]["Id"] for answer in answers}) == 30


def test_it_prints_the_keys(demo: Serving) -> None:
    said = demo.out.read_text()
    assert f"Fairlead answers at {demo.address}\n" in said
    assert "u$rdemo" in said
    assert "no rate limit" in said


def test_it_is_made_once(demo: Serving, url: str) -> None:
    again = CliRunner().invoke(main, ["demo", "--database-url", url, "--json"])
    assert json.loads(again.stdout)["accessKey"] == "u$rdemo"
    orgs = CliRunner().invoke(main, ["org", "list", "--database-url", url, "--json"])
    assert len(json.loads(orgs.stdout)) == 1
