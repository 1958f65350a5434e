"""`fairlead serve`, with real processes and real databases: it starts, refuses in a sentence, and stops cleanly."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import httpx
import pytest
from click.testing import CliRunner

from command import Serving, fairlead, refused, serving
from fairlead.cli import main
from fairlead.db.data_folder import alive

ACTIVITY_TYPES = "/v2/ProspectActivity.svc/ActivityTypes.Get"


@pytest.fixture(scope="module")
def embedded(reachable: Path) -> Iterator[Serving]:
    """A server on a new embedded database."""
    place = reachable / "served"
    place.mkdir()
    place.chmod(0o711)
    with serving(place, "--data", place / "data", "--access-log", "--log-format", "json") as server:
        yield server


@pytest.fixture(scope="module")
def data(embedded: Serving) -> Path:
    """Its data folder."""
    return embedded.log.parent / "data"


@pytest.fixture(scope="module")
def own(migrated_database: Callable[[], str]) -> str:
    """A database of one's own, with the tables."""
    return migrated_database()


@pytest.fixture(scope="module")
def pair(embedded: Serving, data: Path) -> dict[str, str]:
    """A key pair, made while the server runs."""
    for command in (["org", "create", "Acme"], ["user", "create", "ada@example.com"]):
        assert fairlead(*command, FAIRLEAD_DATA=str(data)).returncode == 0
    made = fairlead("key", "create", "ada@example.com", "--json", FAIRLEAD_DATA=str(data))
    return {name: json.loads(made.stdout)[name] for name in ("accessKey", "secretKey")}


def status(server: Serving, pair: dict[str, str]) -> int:
    return httpx.get(server.address + ACTIVITY_TYPES, params=pair).status_code


def test_a_new_embedded_database_has_its_tables(embedded: Serving) -> None:
    assert httpx.get(f"{embedded.address}/ready").json() == {"status": "ok"}


def test_a_key_that_is_made_while_it_runs_opens_it(embedded: Serving, pair: dict[str, str]) -> None:
    assert status(embedded, pair) not in (401, 500)


def test_a_disabled_key_is_refused_from_the_next_call_on(
    embedded: Serving, data: Path, pair: dict[str, str]
) -> None:
    assert fairlead("key", "disable", pair["accessKey"], "--data", data).returncode == 0
    assert status(embedded, pair) == 401
    assert fairlead("key", "enable", pair["accessKey"], "--data", data).returncode == 0
    assert status(embedded, pair) not in (401, 500)


def test_the_access_log_has_the_path_and_no_key(embedded: Serving, pair: dict[str, str]) -> None:
    status(embedded, pair)
    lines = [json.loads(line) for line in embedded.log.read_text().splitlines()]
    last = [line for line in lines if line["logger"] == "fairlead.access"][-1]
    assert (last["method"], last["path"], last["org"]) == ("GET", ACTIVITY_TYPES, 1)
    assert last["request_id"]
    assert pair["secretKey"] not in embedded.log.read_text()


def test_the_answer_does_not_tell_what_serves(embedded: Serving) -> None:
    assert "server" not in httpx.get(f"{embedded.address}/health").headers


def test_a_folder_has_one_server(embedded: Serving, data: Path) -> None:
    assert "Another Fairlead server uses" in refused(fairlead("serve", "--port", 0, "--data", data))


def test_a_port_that_is_taken(embedded: Serving, own: str) -> None:
    port = urlsplit(embedded.address).port
    sentence = refused(fairlead("serve", "--port", port, "--database-url", own))
    assert (
        sentence
        == f"Error: Something else listens on 127.0.0.1 port {port}: stop it, or choose another --port."
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_call_under_way_is_answered_before_it_stops(own: str, tmp_path: Path, number: int) -> None:
    with serving(tmp_path, "--database-url", own) as server:
        port = urlsplit(server.address).port
        with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
            client.sendall(
                b"POST /v2/SalesActivity.svc/Update HTTP/1.1\r\nHost: crm\r\nContent-Length: 2\r\n\r\n{"
            )
            while httpx.get(f"{server.address}/health").status_code != 200:
                pass
            server.process.send_signal(number)
            client.sendall(b"}")
            assert client.recv(100).startswith(b"HTTP/1.1 401")
        assert server.process.wait(20) == 0
        assert "Traceback" not in server.log.read_text()
        assert server.log.read_text().splitlines()[-1].endswith("stopped")


def test_its_database_stops_with_it(reachable: Path) -> None:
    place = reachable / "stopping"
    place.mkdir()
    place.chmod(0o711)
    with serving(place, "--data", place / "data") as server:
        assert alive(place / "data")
        assert server.stop(signal.SIGTERM) == 0
    assert not alive(place / "data")
    assert "Traceback" not in server.log.read_text()


def test_a_server_of_ones_own_is_upgraded_on_request_only(
    empty_database: Callable[[], str], tmp_path: Path
) -> None:
    url = empty_database()
    assert "«fairlead db upgrade»" in refused(fairlead("serve", "--port", 0, "--database-url", url))
    made = fairlead("db", "upgrade", "--database-url", url, "--json")
    assert json.loads(made.stdout)["before"] == "empty"
    assert (
        json.loads(fairlead("db", "upgrade", "--database-url", url, "--json").stdout)["before"] == "current"
    )
    with serving(tmp_path, FAIRLEAD_DATABASE_URL=url) as server:
        assert httpx.get(f"{server.address}/ready").status_code == 200


def test_tables_of_a_newer_version_are_left_alone(migrated_database: Callable[[], str]) -> None:
    url = migrated_database()

    async def become_newer() -> None:
        db = await asyncpg.connect(url)
        await db.execute("update alembic_version set version_num = '9999'")
        await db.close()

    asyncio.run(become_newer())
    assert "newer Fairlead" in refused(fairlead("serve", "--port", 0, "--database-url", url))
    for command in (["db", "upgrade"], ["org", "create", "Acme"]):
        assert "newer Fairlead" in CliRunner().invoke(main, [*command, "--database-url", url]).stderr


def test_a_database_that_does_not_answer() -> None:
    url = "postgresql://ada:hidden@127.0.0.1:1/x"
    sentence = refused(fairlead("serve", "--port", 0, "--database-url", url, "--database-patience", 0))
    assert sentence.startswith("Error: The database does not answer: ")
    assert "hidden" not in sentence


@pytest.mark.parametrize(
    "arguments",
    [
        ["--port", "http"],
        ["--port", "70000"],
        ["--rate-limit", "often"],
        ["--log-format", "xml"],
        ["--data", "somewhere", "--database-url", "postgresql:///x"],
        ["--demo", "--host", "0.0.0.0"],
        ["--demo", "--host", "crm.example.com"],
        ["--demo", "--host", "::"],
        ["--nothing"],
    ],
)
def test_wrong_arguments(arguments: list[str]) -> None:
    ended = CliRunner().invoke(main, ["serve", "--port", "0", *arguments])
    assert ended.exit_code == 2
    assert ended.stderr.splitlines()[-1].startswith("Error: ")


def test_a_host_that_is_none() -> None:
    sentence = refused(
        fairlead("serve", "--host", "no.such.host.invalid", "--database-url", "postgresql:///x")
    )
    assert "no.such.host.invalid" in sentence
