"""The types of tasks: the same for every organisation, since no page of the API changes them. Ids are each one's own."""

from __future__ import annotations

import functools
import uuid

import msgspec

from fairlead.orgs.definitions import Definitions

APPOINTMENT, TO_DO = 0, 1
"""Categories."""


class TaskType(msgspec.Struct, frozen=True):
    """A type of task. `color` is how calendars show it, `duration` is in minutes."""

    id: str
    name: str
    category: int
    color: str
    duration: int


# Vendor: silent on the start set but for Meeting; these are the ones that its samples name.
_START = (
    ("Meeting", APPOINTMENT, "#F8BBD0", 30),
    ("Phone Call", APPOINTMENT, "#BBDEFB", 15),
    ("Follow-Up", TO_DO, "#C8E6C9", 15),
    ("Call", TO_DO, "#FFE0B2", 15),
    ("Email", TO_DO, "#D1C4E9", 15),
)


@functools.lru_cache(maxsize=256)
def _types(org: str) -> tuple[TaskType, ...]:
    space = uuid.UUID(org)
    return tuple(
        TaskType(str(uuid.uuid5(space, f"task type {name}")), name, category, color, duration)
        for name, category, color, duration in _START
    )


def all_types(defs: Definitions) -> tuple[TaskType, ...]:
    """The types of an organisation, in the order in which they are listed."""
    return _types(defs.org.id)


def by_id(defs: Definitions, type_id: str) -> TaskType | None:
    """The type with this id."""
    wanted = type_id.strip().lower()
    return next((one for one in all_types(defs) if one.id == wanted), None)


def by_name(defs: Definitions, name: str) -> TaskType | None:
    """The type with this name, in any case."""
    wanted = name.strip().casefold()
    return next((one for one in all_types(defs) if one.name.casefold() == wanted), None)
