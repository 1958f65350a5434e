"""What other families keep with a lead: it goes when the lead is deleted, and moves when the lead becomes another's part.

A family says so once, where its statements are: `belongs_to_leads("task", delete=…, move=…)` at the end of its
`queries.py`. `removal.py` calls what was said, in the transaction that holds the lead locked.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

Delete = Callable[[Any, int, str], Awaitable[None]]
"""`delete(db, org_id, lead_id)`"""

Move = Callable[[Any, int, str, str], Awaitable[None]]
"""`move(db, org_id, lead_id, to)`: `to` is the id of the lead that stays."""


class Belonging(msgspec.Struct, frozen=True):
    """What is done with one kind of things of a lead."""

    delete: Delete
    move: Move


_ALL: dict[str, Belonging] = {}


def belongs_to_leads(name: str, *, delete: Delete, move: Move) -> None:
    """Announce a kind of things; two of one name are a mistake in the program."""
    if name in _ALL:
        msg = f"{name} is announced twice"
        raise TypeError(msg)
    _ALL[name] = Belonging(delete, move)


async def delete_all(db: Any, org_id: int, lead_id: str) -> None:
    """Remove everything that belongs to a lead."""
    for belonging in _ALL.values():
        await belonging.delete(db, org_id, lead_id)


async def move_all(db: Any, org_id: int, lead_id: str, to: str) -> None:
    """Give everything that belongs to a lead to another one."""
    for belonging in _ALL.values():
        await belonging.move(db, org_id, lead_id, to)
