"""What may happen with users, and how they are searched. Users are definitions: they are all in memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import msgspec

from fairlead.errors import Duplicate, InvalidInput, UnknownReference
from fairlead.fields.email import is_email
from fairlead.orgs.definitions import Definitions, User
from fairlead.orgs.rules import ROLES
from fairlead.users import queries
from fairlead.web import passwords


class Change(msgspec.Struct, kw_only=True):
    """What is to be different about a user; None stays. `profile` holds the details that change."""

    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    role: str | None = None
    active: bool | None = None
    profile: dict[str, Any] = {}


async def update(db: Any, defs: Definitions, user_id: str, change: Change, *, now: datetime) -> int:
    """Change a user; 0 when all was so already, else 1. A user who is switched off takes their keys along.

    Who signs in to the console does it with a new address from then on. Raises UnknownReference, InvalidInput for a
    wrong e-mail address or role, Duplicate for an address in use.
    """
    user = defs.users.get(user_id.strip().lower())
    if user is None:
        raise UnknownReference("User not found")
    if change.email is not None:
        if not is_email(change.email):
            raise InvalidInput.value("EmailAddress")
        holder = defs.users_by_email.get(change.email.lower())
        if holder is not None and holder.id != user.id:
            raise Duplicate("User", "Email")
    if change.role is not None and change.role not in ROLES:
        raise InvalidInput.value("Role")
    core = ("email", "first_name", "last_name", "role", "active")
    new = {name: value for name in core if (value := getattr(change, name)) is not None}
    changed = msgspec.structs.replace(user, **new, profile={**user.profile, **change.profile})
    same = all(user.detail(name) == value for name, value in change.profile.items())
    if same and all(getattr(user, name) == value for name, value in new.items()):
        return 0
    if changed.email.lower() != user.email.lower():
        await passwords.move(db, defs.org.org_id, user.id, changed.email)
    await queries.update_user(db, defs.org.org_id, changed, now=now)
    return 1


def groups_of(defs: Definitions, user: User) -> dict[str, str]:
    """The sales groups of a user: id → name."""
    known = defs.setting("groups")
    return {group: known[group] for group in user.detail("groups") if group in known}


# search --------------------------------------------------------------------------------------------------


class Condition(msgspec.Struct):
    """A comparison of one column; `value` as text, `length` how much of the column counts: all of it unless it is given."""

    column: str
    operator: str
    value: str
    length: int | None = None


class Joined(msgspec.Struct):
    """Parts with `and` or `or` between them, read from left to right."""

    parts: Sequence[Condition | Joined]
    operators: Sequence[str]


Columns = dict[str, str | None]
"""What a search sees of a user: every column as text, None when empty."""


def holds(criteria: Condition | Joined, row: Columns) -> bool:
    """Whether a row meets the criteria; without any parts it does."""
    if isinstance(criteria, Condition):
        return OPERATORS[criteria.operator]((row[criteria.column] or "")[: criteria.length], criteria.value)
    result = True
    for index, part in enumerate(criteria.parts):
        found = holds(part, row)
        if index == 0:
            result = found
        elif criteria.operators[index - 1] == "or":
            result = result or found
        else:
            result = result and found
    return result


def _folded(compare: Callable[[str, str], bool]) -> Callable[[str, str], bool]:
    return lambda value, sought: compare(value.casefold(), sought.casefold())


def _is_one_of(value: str, sought: str) -> bool:
    return value in [part.strip() for part in sought.split(",")]


OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "eq": _folded(lambda value, sought: value == sought),
    "neq": _folded(lambda value, sought: value != sought),
    "lik": _folded(lambda value, sought: sought.replace("%", "") in value),
    "nlik": _folded(lambda value, sought: sought.replace("%", "") not in value),
    "gt": _folded(lambda value, sought: value > sought),
    "gte": _folded(lambda value, sought: value >= sought),
    "lt": _folded(lambda value, sought: value < sought),
    "lte": _folded(lambda value, sought: value <= sought),
    "in": _folded(_is_one_of),
    "isnull": lambda value, _: not value,
    "isnotnull": lambda value, _: bool(value),
}
"""Comparisons by name, without regard to case; `lik` is "contains"."""
