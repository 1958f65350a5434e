"""A server or a worker that is started before its PostgreSQL is ready waits for it, and says so."""

from __future__ import annotations

import re
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from command import PROGRAM, fairlead, refused, serving

SSL_REQUEST = 80877103


class Recovering:
    """PostgreSQL on a port: at first it says that it is starting up, then it is the real one behind a socket."""

    def __init__(self, url: str, times: int) -> None:
        self.times = times
        parts = urlsplit(url)
        self._place = f"{parse_qs(parts.query)['host'][0]}/.s.PGSQL.5432"
        self._listening = socket.create_server(("127.0.0.1", 0))
        port = self._listening.getsockname()[1]
        self.url = f"postgresql://{parts.username}:{parts.password}@127.0.0.1:{port}{parts.path}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Take no more."""
        self._listening.close()

    def _accept(self) -> None:
        while True:
            try:
                taken, _ = self._listening.accept()
            except OSError:
                return
            self.times -= 1
            threading.Thread(
                target=_refuse if self.times >= 0 else self._pass_on, args=(taken,), daemon=True
            ).start()

    def _pass_on(self, taken: socket.socket) -> None:
        real = socket.socket(socket.AF_UNIX)
        real.connect(self._place)
        back = threading.Thread(target=_pump, args=(real, taken), daemon=True)
        back.start()
        _pump(taken, real)
        back.join(5)
        taken.close()
        real.close()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        return  # the other side has gone, which ends the conversation


def _refuse(taken: socket.socket) -> None:
    """As PostgreSQL does while it recovers: no TLS, then the error 57P03."""
    with taken:
        while True:
            size, kind = struct.unpack("!ii", taken.recv(8, socket.MSG_WAITALL))
            taken.recv(size - 8, socket.MSG_WAITALL)
            if kind != SSL_REQUEST:
                break
            taken.sendall(b"N")
        fields = b"SFATAL\0VFATAL\0C57P03\0Mthe database system is starting up\0\0"
        taken.sendall(b"E" + struct.pack("!i", len(fields) + 4) + fields)


@pytest.fixture
def recovering(migrated_database: Callable[[], str]) -> Iterator[Recovering]:
    """One that is ready after two refusals."""
    made = Recovering(migrated_database(), 2)
    yield made
    made.close()


def test_a_server_waits_until_the_database_has_recovered(recovering: Recovering, reachable: Path) -> None:
    place = reachable / "patient"
    place.mkdir()
    with serving(place, "--database-url", recovering.url) as server:
        assert httpx.get(f"{server.address}/ready").json() == {"status": "ok"}
        said = server.log.read_text()
    assert re.search(r"WARNING waiting for the database .*the database system is starting up", said)
    assert "the database answers" in said


def test_a_worker_waits_too(recovering: Recovering) -> None:
    with subprocess.Popen(
        [PROGRAM, "worker", "--database-url", recovering.url], stderr=subprocess.PIPE, text=True
    ) as worker:
        assert worker.stderr is not None
        said = ""
        while "working" not in said:
            said = worker.stderr.readline()
            assert said, "the worker ended"
        worker.terminate()
        assert worker.wait(20) == 0


def test_patience_has_an_end(recovering: Recovering) -> None:
    recovering.times = 1_000_000
    begin = time.monotonic()
    ended = fairlead("serve", "--port", 0, "--database-url", recovering.url, "--database-patience", 2)
    assert refused(ended) == "Error: The database does not answer: the database system is starting up."
    assert 2 <= time.monotonic() - begin < 20


def test_what_waiting_does_not_mend_is_told_at_once(recovering: Recovering) -> None:
    recovering.times = 0
    wrong = recovering.url.replace("fairlead:", "fairlead:not-", 1)
    ended = fairlead("serve", "--port", 0, "--database-url", wrong, "--database-patience", 60)
    assert "password authentication failed" in refused(ended)
    assert "waiting" not in ended.stderr
