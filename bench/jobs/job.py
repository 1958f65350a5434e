"""The shape of a measurement."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec

from jobs.data import ACCESS_KEY, SECRET

_KEYS = f"accessKey={ACCESS_KEY}&secretKey={SECRET}".replace("$", "%24")

Call = tuple[str, bytes]
"""What is added to the query string, such as `&leadId=…`, and the body."""


@dataclass(frozen=True)
class Target:
    """A budget: the value of `name` at so many clients is at least (or at most) `limit`."""

    name: str
    clients: int
    limit: float
    at_least: bool = False

    def holds(self, value: float) -> bool:
        """Whether a measured value is within the budget."""
        return value >= self.limit if self.at_least else value <= self.limit

    def __str__(self) -> str:
        """The budget in words."""
        many = "1 client" if self.clients == 1 else f"{self.clients} clients"
        return f"{self.name} {'>=' if self.at_least else '<='} {self.limit:g} at {many}"


@dataclass(frozen=True)
class Job:
    """One operation under load.

    `call(number, leads, rng)` gives the call with this number, where so many leads are stored. `floors` are programs
    of `floor.py`: the first one commits the same rows, or reads them. `rows` is how many records a call carries.
    `indexed` names a lead field that gets an index before. `success` is found in every answer that is right.
    """

    name: str
    title: str
    path: str
    call: Callable[[int, int, random.Random], Call]
    floors: tuple[str, ...] = ("same",)
    clients: tuple[int, ...] = (1, 64)
    rows: int = 1
    indexed: str = ""
    success: bytes = b'"Success"'
    targets: tuple[Target, ...] = field(default=())

    def requests(self, *, seed: int, first: int, count: int, leads: int) -> list[bytes]:
        """Whole HTTP requests, numbered from `first`: no number comes twice in a run."""
        rng = random.Random(seed)
        made = []
        for number in range(first, first + count):
            query, body = self.call(number, leads, rng)
            made.append(
                f"POST {self.path}?{_KEYS}{query} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                f"Content-Length: {len(body)}\r\n\r\n".encode()
                + body
            )
        return made


encode = msgspec.json.encode
