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

    def check(self, org_id: int, rate: Rate | None, bulk_rate: Rate | None = None) -> None:
        """Count one call in every window that it belongs to, or raise RateLimited and count it in none."""
        windows = [(some, f"{org_id}{kind}") for some, kind in ((rate, ""), (bulk_rate, " bulk")) if some]
        for some, name in windows:
            if not self._window.test(some.item, name):
                free = self._window.get_window_stats(some.item, name).reset_time
                raise RateLimited(some.calls, some.seconds, int(free - time.time()) + 1)
        for some, name in windows:
            self._window.hit(some.item, name)
