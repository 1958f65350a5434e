"""Rate limits: so many calls in any so many seconds, per organisation. A refused call does not count."""

from __future__ import annotations

import functools
import time

from limits import RateLimitItemPerSecond
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from fairlead.errors import RateLimited
from fairlead.orgs.settings import rate_of


class Rate:
    """`calls` in any `seconds`."""

    def __init__(self, calls: int, seconds: int) -> None:
        self.calls = calls
        self.seconds = seconds
        self.item = RateLimitItemPerSecond(calls, seconds)

    @classmethod
    @functools.lru_cache(256)
    def read(cls, text: str) -> Rate | None:
        """`25/5s`; `off`, `0` and nothing mean no limit: None. Raises ValueError."""
        found = rate_of(text)
        return cls(*found) if found else None


class Limiter:
    """Counts calls of every organisation, in the memory of this process."""

    def __init__(self) -> None:
        self._window = MovingWindowRateLimiter(MemoryStorage())

    def check(self, rate: Rate, org_id: int, kind: str = "") -> None:
        """Count one call, or raise RateLimited."""
        name = f"{org_id}{kind}"
        if self._window.hit(rate.item, name):
            return
        free = self._window.get_window_stats(rate.item, name).reset_time
        raise RateLimited(rate.calls, rate.seconds, int(free - time.time()) + 1)
