"""Programs under measurement: starting and ending them, and the processor time that they have used (Linux)."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
_TICK_US = 1_000_000 / os.sysconf("SC_CLK_TCK")


class Program:
    """A server process, a Python program that takes `--port` and finds its database in the environment."""

    def __init__(self, *arguments: str, url: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self._child = subprocess.Popen(
            [sys.executable, *arguments, f"--port={self.port}"],
            cwd=HERE,
            env=os.environ | {"FAIRLEAD_DATABASE_URL": url},
        )
        self.pid = self._child.pid

    def wait_ready(self, patience: float = 20.0) -> None:
        """Until it accepts connections. Raises RuntimeError when it ends instead, or is silent."""
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            if self._child.poll() is not None:
                break
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=1)
                connection.connect()
                connection.close()
            except OSError:
                time.sleep(0.02)
            else:
                return
        msg = f"{self._child.args!r} does not answer"
        raise RuntimeError(msg)

    def stop(self) -> None:
        """End it."""
        self._child.terminate()
        try:
            self._child.wait(10)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()


def cpu_us(pid: int) -> float:
    """Microseconds that all threads of a process have run; 0 when it is gone."""
    used = 0
    try:
        for task in Path(f"/proc/{pid}/task").iterdir():
            used += int((task / "schedstat").read_text().split()[0])
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return used / 1000


class Postgres:
    """All processes of a PostgreSQL server: its own, its connections, its background work."""

    def __init__(self, postmaster: int) -> None:
        self._postmaster = postmaster
        self._last: dict[int, float] = {}
        self._reaped = 0.0

    def mark(self) -> None:
        """Begin to count."""
        self._last, self._reaped = self._now(), self._ended()

    def since(self) -> float:
        """Microseconds used since `mark`."""
        now, ended = self._now(), self._ended()
        living = sum(used - self._last.get(pid, 0.0) for pid, used in now.items())
        gone = sum(used for pid, used in self._last.items() if pid not in now)
        return living + max(0.0, ended - self._reaped - gone)

    def _now(self) -> dict[int, float]:
        children = Path(f"/proc/{self._postmaster}/task/{self._postmaster}/children").read_text().split()
        return {pid: cpu_us(pid) for pid in (self._postmaster, *map(int, children))}

    def _ended(self) -> float:
        """Time of children that have ended, as the postmaster collected it."""
        stat = Path(f"/proc/{self._postmaster}/stat").read_text().rpartition(")")[2].split()
        return (int(stat[13]) + int(stat[14])) * _TICK_US
