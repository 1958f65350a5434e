"""Many rows in one call: a plan per row, run together as one plan."""

from __future__ import annotations

from collections.abc import Iterable
from contextvars import ContextVar
from typing import TypeVar

from fairlead.errors import ApiError, Unexpected
from fairlead.records.picture import Needs
from fairlead.wire.operation import Plan

R = TypeVar("R")

BROKEN: ContextVar[frozenset[int]] = ContextVar("broken", default=frozenset())
"""Rows, from 0, of the call that is being prepared: a fault of ours was met over them, and they are left out."""


class BrokenRow(Exception):
    """A row failed unexpectedly, perhaps in the middle of a change: the call must run anew without it."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def each_row(rows: Iterable[Plan[R]]) -> Plan[list[R | ApiError]]:
    """Run the plans of all rows as one plan.

    `results = yield from each_row(plan(row) for row in body)`. Asks once for what all rows need, then lets them decide in order on the same picture, so a row sees what the
    rows before it did. Returns a reply or an ApiError per row, in input order: a row that is refused changes
    nothing and stops no other. A plan that ends before it asks is a finished row; when all do, nothing is asked.
    Any other exception raises BrokenRow; the next time the row has a fault as its result. Platform rules, section 17
    (bulk results).
    """
    broken = BROKEN.get()
    plans: list[Plan[R] | None] = []
    results: list[R | ApiError | None] = []
    needs: list[Needs] = []
    for number, plan in enumerate(rows):
        waiting: Plan[R] | None = None
        result: R | ApiError | None = None
        try:
            if number in broken:
                raise Unexpected("")
            needs.append(next(plan))
            waiting = plan
        except StopIteration as stop:
            result = stop.value
        except ApiError as error:
            result = error
        except Exception as fault:
            raise BrokenRow(number) from fault
        plans.append(waiting)
        results.append(result)
    if needs:
        picture = yield Needs.together(needs)
        for number, started in enumerate(plans):
            if started is None:
                continue
            try:
                started.send(picture)
            except StopIteration as stop:
                results[number] = stop.value
            except ApiError as error:
                results[number] = error
            except Exception as fault:
                raise BrokenRow(number) from fault
            else:
                raise BrokenRow(number) from RuntimeError("a plan yields once")
    return results  # type: ignore[return-value]  # every None has been replaced, or is a row's own reply
