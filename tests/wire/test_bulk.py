"""Rows of a bulk call: one question for all, one result for each."""

from __future__ import annotations

import pytest

from fairlead.errors import ApiError, InvalidInput, UnknownReference
from fairlead.records.picture import Needs, Picture
from fairlead.wire.bulk import each_row
from fairlead.wire.operation import Plan


def _picture() -> Picture:
    return Picture(1, lambda org_id, name: 0)


def _row(
    name: str, *, refused: ApiError | None = None, late: ApiError | None = None, done: bool = False
) -> Plan[str]:
    if refused is not None:
        raise refused
    if done:
        return f"{name} was done"
    picture = yield Needs(leads=[name])
    if late is not None:
        raise late
    seen = ",".join(value for _, value in picture.keys)
    picture.keys["row", name] = name
    return f"{name} saw {seen}"


def _run(rows: list[Plan[str]]) -> tuple[Needs | None, list[str | ApiError]]:
    plan = each_row(rows)
    try:
        needs = next(plan)
    except StopIteration as stop:
        return None, stop.value
    with pytest.raises(StopIteration) as stopped:
        plan.send(_picture())
    return needs, stopped.value.value


def test_rows_share_one_question_and_see_the_rows_before_them() -> None:
    needs, results = _run([_row("a"), _row("b"), _row("c")])
    assert needs is not None
    assert needs.leads == ["a", "b", "c"]
    assert results == ["a saw ", "b saw a", "c saw a,b"]


def test_results_stand_in_input_order_whatever_happened_to_the_rows() -> None:
    early, late = InvalidInput.value("x"), UnknownReference("Lead not found")
    needs, results = _run([_row("a", refused=early), _row("b", late=late), _row("c", done=True), _row("d")])
    assert needs is not None
    assert needs.leads == ["b", "d"]
    assert results == [early, late, "c was done", "d saw "]


def test_nothing_is_asked_when_every_row_ended_early() -> None:
    early = InvalidInput.value("x")
    assert _run([_row("a", refused=early), _row("b", done=True)]) == (None, [early, "b was done"])
    assert _run([]) == (None, [])


def test_a_fault_of_one_row_fails_the_call() -> None:
    def broken() -> Plan[str]:
        yield Needs()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        _run([_row("a"), broken()])


def test_a_row_that_asks_twice_is_a_mistake() -> None:
    def twice() -> Plan[str]:
        yield Needs()
        yield Needs()
        return ""

    with pytest.raises(RuntimeError, match="yields once"):
        _run([twice()])
