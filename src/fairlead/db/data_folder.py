"""The data folder: whose it is, its lock files, and where the socket is.

What each lock means is told in `embedded.py`.
"""

import fcntl
import os
import pwd
import re
import socket
import stat
import struct
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from fairlead.db import binaries
from fairlead.db.binaries import EmbeddedError, Programs

SOCKET = ".s.PGSQL.5432"
_LONGEST_SOCKET_PATH = 103  # bytes: Linux allows 107, macOS 103
# The one question of PostgreSQL's protocol that is answered before anybody signs in, and is not logged.
_DO_YOU_SPEAK_TLS = struct.pack("!ii", 8, 80877103)


def open_folder(data_dir: Path) -> Path:
    """The folder, made if it is missing, certainly ours and closed to others; or a sentence why not."""
    folder = data_dir.expanduser().resolve()
    us = os.geteuid()
    # PostgreSQL's own account must be able to pass through root's folder; it cannot list it.
    mode = 0o711 if us == 0 else 0o700
    folder.mkdir(mode=mode, parents=True, exist_ok=True)
    names = {path.name for path in folder.iterdir()} - {"lost+found"}
    if names and "fairlead.lock" not in names:
        raise EmbeddedError(
            f"The folder {folder} holds other things and no data of Fairlead: choose another --data, "
            "or empty it."
        )
    owner = folder.stat().st_uid
    if owner != us and us == 0 and not names:
        os.chown(folder, 0, 0)
        owner = 0
    # Who owns a folder can change what is in it under our hands; root can do so anyway.
    if owner not in (us, 0):
        raise EmbeddedError(f"The folder {folder} belongs to {_user_name(owner)}: run Fairlead as that user.")
    if owner == us:
        folder.chmod(mode)
    os.close(open_lock(folder / "fairlead.lock"))
    return folder


def _user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"


def open_lock(path: Path) -> int:
    """An open lock file, to be locked with `try_lock` and closed by the caller."""
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)


def try_lock(lock: int, how: int) -> bool:
    """Whether the lock, fcntl.LOCK_EX or LOCK_SH, is ours now. A refusal loses what was held before."""
    try:
        fcntl.flock(lock, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def changing(folder: Path, say: Callable[[str], None]) -> Iterator[None]:
    """The right to start or stop PostgreSQL; waits for whoever has it."""
    lock = open_lock(folder / "change.lock")
    try:
        if not try_lock(lock, fcntl.LOCK_EX):
            say("waiting for another process that starts or stops the database")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def alive(folder: Path) -> bool:
    """Whether any process of a PostgreSQL of this folder is left, even one that was started by hand."""
    lock = open_lock(folder / "postmaster.lock")
    try:
        if not try_lock(lock, fcntl.LOCK_EX):
            return True
    finally:
        os.close(lock)
    place = socket_folder(folder)
    return place is not None and _listens(place)


def answers(place: Path) -> bool:
    """Whether a server answers at the socket in the folder `place`; one that is just dying only listens."""
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(1)
        try:
            probe.connect(str(place / SOCKET))
            probe.sendall(_DO_YOU_SPEAK_TLS)
            return probe.recv(1) in (b"N", b"S")
        except (FileNotFoundError, ConnectionError, TimeoutError):
            return False


def _listens(place: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(place / SOCKET))
        except (FileNotFoundError, ConnectionError):
            return False
    return True


def socket_folder(folder: Path) -> Path | None:
    """Where the socket is; None while there is no folder for it, or the noted one is not ours any more."""
    note = folder / "socket-folder"
    place = Path(note.read_text().strip()) if note.exists() else folder / "run"
    pgdata = folder / "postgres"
    if not place.exists() or not pgdata.exists():
        return None
    # The noted one is in a place where others can write too: once removed, anybody could have made it again.
    status = place.lstat()
    owners = (os.geteuid(), pgdata.stat().st_uid)
    ours = stat.S_ISDIR(status.st_mode) and status.st_uid in owners and not status.st_mode & 0o077
    return place if ours else None


def make_socket_folder(folder: Path, programs: Programs) -> Path:
    """A folder for the socket that only PostgreSQL's account (and root) can enter: `run/` if that can be."""
    place = folder / "run"
    note = folder / "socket-folder"
    note.unlink(missing_ok=True)
    plain = re.fullmatch(r"[\w/.@+-]+", str(place), re.ASCII)
    if plain and len(os.fsencode(place / SOCKET)) <= _LONGEST_SOCKET_PATH:
        place.mkdir(mode=0o700, exist_ok=True)
        place.chmod(0o700)
    else:
        # Too long for a socket, or with characters that a list of addresses cannot hold.
        runtime = "/run" if os.geteuid() == 0 else os.environ.get("XDG_RUNTIME_DIR", "")
        above = runtime if runtime and Path(runtime).is_dir() else None
        place = Path(tempfile.mkdtemp(prefix="fairlead-", dir=above))
        with binaries.private_file(note) as file:
            file.write(f"{place}\n")
    programs.give(place)
    return place
