"""The `fairlead` command as a process of its own."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PROGRAM = Path(sys.executable).with_name("fairlead")


def _environment(more: dict[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("FAIRLEAD_", "PG"))}
    return kept | more


def fairlead(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [PROGRAM, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=_environment(environment),
    )


def refused(ended: subprocess.CompletedProcess[str], code: int = 1) -> str:
    """The sentence that a command was refused with; never a stack trace."""
    assert ended.returncode == code, ended.stderr
    assert "Traceback" not in ended.stderr
    return ended.stderr.splitlines()[-1]


@dataclass
class Serving:
    """A server that answers."""

    process: subprocess.Popen[bytes]
    address: str
    log: Path
    out: Path

    def stop(self, number: int) -> int:
        """Send a signal and wait; the exit code."""
        self.process.send_signal(number)
        return self.process.wait(20)


@contextlib.contextmanager
def serving(place: Path, *arguments: object, **environment: str) -> Iterator[Serving]:
    """`fairlead serve` on a free port, its log and output in files in `place`."""
    log, out = place / "log", place / "out"
    with log.open("wb") as errors, out.open("wb") as said:
        process = subprocess.Popen(
            [PROGRAM, "serve", "--port", "0", *map(str, arguments)],
            stdout=said,
            stderr=errors,
            env=_environment(environment),
        )
    try:
        yield Serving(process, _address(process, log), log, out)
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(20)


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        found = re.search(r"serving.*?(http://[\w.:\[\]]+)", log.read_text())
        if found:
            return found[1]
        if process.poll() is not None:
            break
        time.sleep(0.02)
    raise AssertionError(log.read_text())
