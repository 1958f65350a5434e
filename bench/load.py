"""The load generator: so many calls over so many connections, each waiting for its answer before it asks again.

A program of its own, so that it can be kept cheap: one thread, epoll, requests made beforehand, and of every
answer only the status, the length and the mark of success are read. It says `ready`, waits for a line, runs, and
prints one line of JSON.
"""

from __future__ import annotations

import argparse
import gc
import json
import select
import socket
import sys
import time
from collections.abc import Sequence

from jobs import JOBS, job_named

NAME = "bench/load.py (Python, epoll)"


class Broken(Exception):
    """The server closed a connection, stood still, or sent something that is no answer."""


def run(
    port: int, requests: Sequence[bytes], clients: int, success: bytes, patience: float
) -> dict[str, float]:
    """Send all requests. Raises Broken, also when it takes longer than `patience` seconds."""
    poll = select.epoll()
    sockets = {}
    for _ in range(min(clients, len(requests))):
        made = socket.create_connection(("127.0.0.1", port))
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sockets[made.fileno()] = made
        poll.register(made, select.EPOLLIN)
    try:
        return _run(poll, sockets, requests, success, patience)
    finally:
        for made in sockets.values():
            made.close()
        poll.close()


def _run(
    poll: select.epoll,
    sockets: dict[int, socket.socket],
    requests: Sequence[bytes],
    success: bytes,
    patience: float,
) -> dict[str, float]:
    clock, waiting = time.perf_counter_ns, iter(requests)
    took: list[int] = []
    errors = 0
    halves: dict[int, bytes] = {}
    gc.collect()
    gc.freeze()
    cpu, begin = time.process_time_ns(), clock()
    end = begin + int(patience * 1e9)
    sent = {}
    for number, made in sockets.items():
        sent[number] = clock()
        made.send(next(waiting))
    open_calls = len(sockets)
    while open_calls:
        ready = poll.poll(5)
        if not ready or clock() > end:
            msg = "the server stands still" if not ready else "this takes too long"
            raise Broken(msg)
        for number, _ in ready:
            made = sockets[number]
            data = made.recv(65536)
            if not data:
                msg = "the server closed a connection"
                raise Broken(msg)
            if number in halves:
                data = halves.pop(number) + data
            body = data.find(b"\r\n\r\n") + 4
            if body < 4 or len(data) < body + _length(data, body):
                halves[number] = data
                continue
            now = clock()
            took.append(now - sent[number])
            if data[9:12] != b"200" or success not in data[body:]:
                errors += 1
                print(data[:500], file=sys.stderr)
            request = next(waiting, None)
            if request is None:
                open_calls -= 1
                continue
            sent[number] = now
            made.send(request)
    seconds = (clock() - begin) / 1e9
    return _report(took, seconds, errors, time.process_time_ns() - cpu)


def _length(data: bytes, end: int) -> int:
    at = data.find(b"content-length:", 0, end)
    if at < 0:
        msg = "an answer without content-length"
        raise Broken(msg)
    return int(data[at + 15 : data.index(b"\r", at)])


def _report(took: list[int], seconds: float, errors: int, cpu: int) -> dict[str, float]:
    took.sort()
    count = len(took)
    return {
        "calls": count,
        "errors": errors,
        "per_s": count / seconds,
        "p50_ms": took[count // 2] / 1e6,
        "p99_ms": took[min(count - 1, count * 99 // 100)] / 1e6,
        "generator_us": cpu / 1000 / count,
    }


def main() -> None:
    """Run as a program."""
    parser = argparse.ArgumentParser()
    parser.add_argument("job", choices=[job.name for job in JOBS])
    for name in ("port", "clients", "seed", "first", "count", "leads"):
        parser.add_argument(f"--{name}", type=int, required=True)
    parser.add_argument("--patience", type=float, default=30.0)
    asked = parser.parse_args()
    job = job_named(asked.job)
    requests = job.requests(seed=asked.seed, first=asked.first, count=asked.count, leads=asked.leads)
    print("ready", flush=True)
    sys.stdin.readline()
    try:
        print(json.dumps(run(asked.port, requests, asked.clients, job.success, asked.patience)), flush=True)
    except Broken as broken:
        sys.exit(str(broken))


if __name__ == "__main__":
    main()
