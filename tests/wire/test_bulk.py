"""Rows of a bulk call: one question for all, one result for each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fairlead.errors import ApiError, InvalidInput, Unexpected, UnknownReference
from fairlead.leads.plans import Written, create
from fairlead.orgs.definitions import Cache
from fairlead.records.picture import Needs, Picture
from fairlead.wire.batch import Batcher
from fairlead.wire.bulk import BrokenRow, each_row
from fairlead.wire.operation import Call, Plan
from fairlead.wire.types import Pair
from world import World
from world.serving import Log


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


def test_a_fault_of_one_row_is_named() -> None:
    def broken() -> Plan[str]:
        yield Needs()
        raise ZeroDivisionError

    with pytest.raises(BrokenRow) as raised:
        _run([_row("a"), broken()])
    assert raised.value.number == 1


def early(lead: Plan[Written]) -> Plan[Written]:
    """Fails before it asks."""
    lead.close()
    yield Needs(leads=[str(1 // 0)])
    raise AssertionError


def late(lead: Plan[Written]) -> Plan[Written]:
    """Fails when the lead stands in the picture already."""
    yield from lead
    raise ZeroDivisionError


@pytest.mark.parametrize("break_off", [early, late])
async def test_a_fault_of_one_row_harms_no_other(
    database_url: str, world: World, log: Log, break_off: Callable[[Plan[Written]], Plan[Written]]
) -> None:
    def start(call: Call[Any, Any]) -> Plan[list[Written | ApiError]]:
        made = [create(call, [Pair(Attribute="FirstName", Value=name)]) for name in ("a", "b", "c")]
        made[1] = break_off(made[1])
        return (yield from each_row(made))

    batcher = Batcher(database_url, Cache())
    await batcher.open()
    try:
        first, second, third = await batcher.submit(start, world.call())
    finally:
        await batcher.close()
    assert isinstance(second, Unexpected)
    assert [row.lead.fields["FirstName"] for row in (first, third)] == ["a", "c"]
    names = await world.db.fetch(
        "select fields->>'FirstName' as name from lead where org_id = $1", world.org_id
    )
    assert sorted(row["name"] for row in names) == ["a", "c"]
    assert len(log.faults) == 1
    log.faults.clear()


def test_a_row_that_asks_twice_is_a_mistake() -> None:
    def twice() -> Plan[str]:
        yield Needs()
        yield Needs()
        return ""

    with pytest.raises(BrokenRow) as raised:
        _run([twice()])
    assert str(raised.value.__cause__) == "a plan yields once"
