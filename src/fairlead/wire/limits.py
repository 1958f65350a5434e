"""Rate limits: so many calls in any so many seconds, per organisation. A refused call does not count."""

from __future__ import annotations

import functools
import re
import time

from limits import RateLimitItemPerSecond
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from fairlead.errors import RateLimited

_TEXT = re.compile(r"(\d{1,9})/(\d{1,6})s")


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
        text = text.strip().lower()
        if text in ("", "off", "0"):
            return None
        matched = _TEXT.fullmatch(text)
        if matched is None or matched[1].strip("0") == "" or matched[2].strip("0") == "":
            msg = f"{text!r} is not a rate limit: write it as 25/5s, or off"
            raise ValueError(msg)
        return cls(int(matched[1]), int(matched[2]))


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
