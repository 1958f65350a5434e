"""The embedded PostgreSQL: one folder, one server in it, and any number of processes that use it together.

The folder holds `postgres/` (the database), `run/` (its socket, which only the owner can reach), `password`,
`postgres.log` and four lock files, which the system releases by itself however a process ends:

- `fairlead.lock`: held by the one Fairlead server. Also the mark of a folder of ours.
- `users.lock`: held, shared, by everybody who uses the database. Whoever leaves last stops PostgreSQL.
- `change.lock`: held while somebody starts or stops PostgreSQL, so that only one does.
- `postmaster.lock`: held by PostgreSQL itself, all of its processes. Free means that none is left.

Not here: how the programs are found and run (`binaries.py`), whose the folder is (`data_folder.py`),
connections, tables.
"""

import fcntl
import os
import secrets
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self
from urllib.parse import quote

import platformdirs

from fairlead.db import binaries
from fairlead.db.binaries import EmbeddedError, Programs
from fairlead.db.data_folder import (
    SOCKET,
    alive,
    answers,
    changing,
    make_socket_folder,
    open_folder,
    open_lock,
    socket_folder,
    try_lock,
)

__all__ = ["Embedded", "EmbeddedError", "default_data_dir"]

_POLL = 0.01  # seconds
_SILENCE = 600.0  # seconds without a sign of life until a start or a stop counts as stuck
_LOG_LIMIT = 8 * 1024 * 1024  # bytes

Progress = Callable[[str], None]


def _silent(_message: str) -> None:
    """For callers who do not want to hear about progress."""


def default_data_dir() -> Path:
    """Where the data are unless told otherwise: the user's folder for data, for root /var/lib/fairlead."""
    # PostgreSQL does not run as root, and no other account can reach what is below /root.
    return Path("/var/lib/fairlead") if os.geteuid() == 0 else platformdirs.user_data_path("fairlead")


class Embedded:
    """A running PostgreSQL that we may use until `stop`. Also a context manager, which stops at its end.

    `url` is `postgresql://fairlead:…@/fairlead?host=/folder/of/the/socket&port=5432`; it holds the password.
    `started_fresh` says that the database was made just now and is empty.
    """

    url: str
    started_fresh: bool

    # PostgreSQL outlives us when others use it, yet while we live we are its parent and must hear of its end.
    _children: ClassVar[list[subprocess.Popen[bytes]]] = []

    def __init__(self, folder: Path, on_progress: Progress) -> None:
        """For `start` and `attach` only."""
        self._folder = folder
        self._pgdata = folder / "postgres"
        self._log = folder / "postgres.log"
        self._say = on_progress
        self._server: int | None = None
        self._users: int | None = None
        self._left = threading.Event()
        self.started_fresh = False

    @classmethod
    def start(cls, data_dir: Path, *, on_progress: Progress = _silent) -> Self:
        """Use the database as the one Fairlead server, making and starting it where needed.

        `on_progress` gets a sentence for people whenever this takes longer, as after a crash. Raises
        EmbeddedError when another server uses the folder, when the folder cannot be used, or when PostgreSQL
        does not start.
        """
        return cls._enter(data_dir, on_progress, as_server=True)

    @classmethod
    def attach(cls, data_dir: Path, *, on_progress: Progress = _silent) -> Self:
        """Use the database as a command or a worker: the running one, else started for as long as it is used.

        Any number may attach, beside a server or without. Progress and errors as in `start`.
        """
        return cls._enter(data_dir, on_progress, as_server=False)

    @classmethod
    def _enter(cls, data_dir: Path, on_progress: Progress, *, as_server: bool) -> Self:
        with _in_a_sentence(data_dir):
            database = cls(open_folder(data_dir), on_progress)
            try:
                database._take_place(as_server=as_server)
            except BaseException:
                database.stop()
                raise
        return database

    def _take_place(self, *, as_server: bool) -> None:
        if as_server:
            self._server = open_lock(self._folder / "fairlead.lock")
            if not try_lock(self._server, fcntl.LOCK_EX):
                raise EmbeddedError(
                    f"Another Fairlead server uses {self._folder}: stop it, or choose another --data."
                )
        with changing(self._folder, self._say):
            programs = binaries.find_programs(self._folder, self._pgdata)
            password = self._ensure_made(programs)
            self._users = open_lock(self._folder / "users.lock")
            # A server that was killed left PostgreSQL behind, perhaps with the settings of an older Fairlead.
            outdated = as_server and not self._has_our_settings() and alive(self._folder)
            if outdated and try_lock(self._users, fcntl.LOCK_EX):
                self._shut_down(programs)
            fcntl.flock(self._users, fcntl.LOCK_SH)
            place = self._ensure_running(programs)
        self.url = (
            f"postgresql://{binaries.ROLE}:{quote(password)}@/{binaries.DATABASE}"
            f"?host={quote(str(place), safe='/')}&port=5432"
        )
        if as_server:
            threading.Thread(target=self._keep_log_short, name="postgres-log", daemon=True).start()

    def stop(self) -> None:
        """Leave the database, and stop PostgreSQL unless somebody else uses it. A second call does nothing.

        Waits until all is written. Raises EmbeddedError when PostgreSQL does not end.
        """
        self._left.set()
        users, self._users = self._users, None
        server, self._server = self._server, None
        try:
            if users is not None:
                with _in_a_sentence(self._folder), changing(self._folder, self._say):
                    if try_lock(users, fcntl.LOCK_EX) and alive(self._folder):
                        self._shut_down(binaries.find_programs(self._folder, self._pgdata))
        finally:
            for lock in (users, server):
                if lock is not None:
                    os.close(lock)

    def __enter__(self) -> Self:
        """The database itself; it runs already."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop, as `stop` does."""
        self.stop()

    def _ensure_made(self, programs: Programs) -> str:
        """Make the database if there is none; the password of its role."""
        secret = self._folder / "password"
        if self._pgdata.exists():
            _refuse_other_versions(self._pgdata)
            if not secret.exists():
                raise EmbeddedError(f"The file {secret} is missing: without it nobody can open the database.")
            return secret.read_text().strip()
        self._say("making a new database")
        secret.unlink(missing_ok=True)
        password = secrets.token_urlsafe(32)
        with binaries.private_file(secret) as file:
            file.write(password + "\n")
            file.flush()
            os.fsync(file.fileno())
        binaries.make_database(programs, self._pgdata, password)
        self.started_fresh = True
        return password

    def _has_our_settings(self) -> bool:
        settings = self._pgdata / "fairlead.conf"
        return settings.exists() and settings.read_text() == binaries.settings()

    def _ensure_running(self, programs: Programs) -> Path:
        """Adopt the server that runs, else start one; the folder of its socket. Needs the change lock."""
        place = socket_folder(self._folder)
        from_here = 0
        launched = False
        patience = _Patience(self._log, self._say)
        while place is None or not self._ready(place):
            if not alive(self._folder):
                if launched:
                    reason = binaries.last_words(_log_since(self._log, from_here))
                    raise EmbeddedError(f"PostgreSQL did not start: {reason} (see {self._log}).")
                place = place or make_socket_folder(self._folder, programs)
                from_here = self._log.stat().st_size if self._log.exists() else 0
                self._launch(programs, place)
                launched = True
            patience.wait("PostgreSQL is getting ready", from_here)
        return place

    def _launch(self, programs: Programs, place: Path) -> None:
        # Nothing of an earlier server is left, or we would not be here: what it forgot to remove only says
        # the number of a process that may be anybody's by now, and PostgreSQL would believe it.
        for stale in (self._pgdata / "postmaster.pid", place / SOCKET, place / f"{SOCKET}.lock"):
            stale.unlink(missing_ok=True)
        binaries.write_settings(programs, self._pgdata)
        held = open_lock(self._folder / "postmaster.lock")
        log = os.open(self._log, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(held, fcntl.LOCK_EX)
            where = f"unix_socket_directories={place}"
            self._children.append(programs.launch(self._pgdata, where, log=log, alive=held))
        finally:
            os.close(log)
            os.close(held)

    def _ready(self, place: Path) -> bool:
        return _status(self._pgdata) == "ready" and answers(place)

    def _shut_down(self, programs: Programs) -> None:
        patience = _Patience(self._log, self._say)
        asked = float("-inf")
        while alive(self._folder):
            # Asked again now and then: a server that was just starting may not have heard. Its own account
            # asks, so that a false number in postmaster.pid ends nobody else.
            if time.monotonic() - asked > 5 and (self._pgdata / "postmaster.pid").exists():
                asked = time.monotonic()
                try:
                    programs.run("pg_ctl", "stop", "--mode=fast", "--no-wait", "--pgdata", self._pgdata)
                except EmbeddedError as error:
                    self._say(str(error))
            patience.wait("PostgreSQL is writing everything to the disk", None)
        for child in self._children[:]:
            if child.poll() is not None:
                self._children.remove(child)
        place = socket_folder(self._folder)
        if place and place.parent != self._folder:
            shutil.rmtree(place)

    def _keep_log_short(self) -> None:
        """Keep the log at most two files of a few megabytes while we serve."""
        while not self._left.wait(60):
            try:
                shorten_log(self._log, _LOG_LIMIT)
            except OSError as error:
                self._say(f"The log {self._log} could not be shortened: {error.strerror}.")


class _Patience:
    """Waiting that tells people why, and ends when nothing moves any more."""

    def __init__(self, log: Path, say: Progress) -> None:
        self._log = log
        self._say = say
        self._begin = self._moved = self._told = time.monotonic()
        self._size = -1
        self._recovery_told = False

    def wait(self, what: str, log_from: int | None) -> None:
        """Wait for a moment. With `log_from`, look in the log from there whether PostgreSQL is recovering."""
        time.sleep(_POLL)
        now = time.monotonic()
        size = self._log.stat().st_size if self._log.exists() else 0
        if size != self._size:
            self._size, self._moved = size, now
            if log_from is not None and not self._recovery_told:
                self._recovery_told = "automatic recovery in progress" in _log_since(self._log, log_from)
                if self._recovery_told:
                    self._say("PostgreSQL is recovering after an unclean stop; no answered write is lost")
        if now - self._moved > _SILENCE:
            minutes = round(_SILENCE / 60)
            raise EmbeddedError(f"{what}, without progress for {minutes} minutes (see {self._log}).")
        if now - self._told > 5:
            self._told = now
            self._say(f"{what} ({now - self._begin:.0f} s)")


@contextmanager
def _in_a_sentence(folder: Path) -> Iterator[None]:
    """What the system refuses (a full disk, a folder that is not writable), said as EmbeddedError."""
    try:
        yield
    except OSError as error:
        what = f"{error.strerror}: {error.filename}" if error.filename else str(error.strerror)
        raise EmbeddedError(f"The data folder {folder} cannot be used ({what}).") from error


def shorten_log(log: Path, limit: int) -> None:
    """Move a log of more than `limit` bytes to `….1`, in place of the one there, while it is written."""
    if log.stat().st_size <= limit:
        return
    old = log.with_name(f"{log.name}.1")
    old.unlink(missing_ok=True)
    with binaries.private_file(old) as file, log.open(errors="replace") as lines:
        shutil.copyfileobj(lines, file)
    # PostgreSQL appends, so it goes on at the new end.
    os.truncate(log, 0)


def _refuse_other_versions(pgdata: Path) -> None:
    marker = pgdata / "PG_VERSION"
    if not marker.exists():
        raise EmbeddedError(f"{pgdata} is damaged (PG_VERSION is missing): put a backup in its place.")
    made_by = marker.read_text().strip()
    if made_by != str(binaries.MAJOR):
        raise EmbeddedError(
            f"{pgdata} was made by PostgreSQL {made_by}, and this Fairlead carries {binaries.MAJOR}: save "
            f"the data with PostgreSQL {made_by}'s pg_dump and load them into a new --data, or let "
            "that PostgreSQL run and name it with --database-url."
        )


def _status(pgdata: Path) -> str:
    """What the server says about itself: starting, ready, stopping; empty when there is none."""
    try:
        lines = (pgdata / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return ""
    return lines[7].strip() if len(lines) > 7 else ""


def _log_since(log: Path, start: int) -> str:
    with log.open("rb") as file:
        file.seek(start)
        return file.read(_LOG_LIMIT).decode(errors="replace")
