"""Rate limits: what they are written as, and that no more calls than allowed pass in any stretch of time."""

from __future__ import annotations

import itertools

import pytest

from fairlead.errors import RateLimited
from fairlead.wire.limits import Limiter, Rate


@pytest.mark.parametrize(
    ("text", "calls", "seconds"), [("25/5s", 25, 5), (" 1/60S ", 1, 60), ("1000000/1s", 10**6, 1)]
)
def test_how_a_limit_is_written(text: str, calls: int, seconds: int) -> None:
    rate = Rate.read(text)
    assert rate is not None
    assert (rate.calls, rate.seconds) == (calls, seconds)


@pytest.mark.parametrize("text", ["", "off", "OFF", "0", "  "])
def test_no_limit(text: str) -> None:
    assert Rate.read(text) is None


@pytest.mark.parametrize("text", ["25", "25/5", "0/5s", "5/0s", "-1/5s", "2.5/5s", "many", "25/5s 25/5s"])
def test_what_is_no_limit_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a rate limit"):
        Rate.read(text)


def test_never_more_than_25_in_any_5_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_000_000.0
    monkeypatch.setattr("time.time", lambda: now)
    limiter, rate = Limiter(), Rate(25, 5)
    passed: list[float] = []
    waits: set[int] = set()
    for step in range(4000):
        now += 0.013 if step % 700 else 2.7
        try:
            limiter.check(1, rate)
            passed.append(now)
        except RateLimited as refused:
            waits.add(refused.retry_after)
    assert len(passed) > 200
    assert waits
    assert waits <= set(range(1, 7))
    # 10 ms at either end belong to the clock of the library, which counts in its own steps.
    for first, last in itertools.pairwise(zip(passed, passed[25:], strict=False)):
        assert first[1] - first[0] > 4.99
        assert last[1] - last[0] > 4.99


def test_organisations_and_bulks_are_counted_apart() -> None:
    limiter, rate = Limiter(), Rate(1, 60)
    for org_id, own, bulk in ((1, rate, None), (2, rate, None), (1, None, rate)):
        limiter.check(org_id, own, bulk)
        with pytest.raises(RateLimited, match="exceeded the limit of 1 in 60"):
            limiter.check(org_id, own, bulk)


def test_who_is_refused_by_one_limit_does_not_count_in_the_other() -> None:
    limiter, rate, bulk = Limiter(), Rate(3, 60), Rate(1, 60)
    limiter.check(1, rate, bulk)
    for _ in range(5):
        with pytest.raises(RateLimited, match="limit of 1 in 60"):
            limiter.check(1, rate, bulk)
    for _ in range(2):
        limiter.check(1, rate)
    with pytest.raises(RateLimited, match="limit of 3 in 60"):
        limiter.check(1, rate)
