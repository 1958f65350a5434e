"""Which organisation and which user a command means."""

from __future__ import annotations

from typing import Any

import click


async def chosen_org(db: Any, number: int | None) -> int:
    """The organisation with this number, or the only one; locked, so that changes come one by one.

    Raises click.ClickException.
    """
    from fairlead.orgs import queries  # noqa: PLC0415  the help does without them

    rows = {row["org"]: row["name"] for row in await queries.organisations(db)}
    if not rows:
        msg = "There is no organisation yet: make one with «fairlead org create NAME»."
        raise click.ClickException(msg)
    if number is None and len(rows) == 1:
        number = next(iter(rows))
    listed = ", ".join(f"{org} ({name})" for org, name in list(rows.items())[:10])
    if number is None:
        msg = f"There are several organisations, say which with --org: {listed}"
        raise click.UsageError(msg)
    if number not in rows:
        msg = f"There is no organisation {number}, but: {listed}"
        raise click.ClickException(msg)
    await queries.lock(db, number)
    return number


async def chosen_user(db: Any, org: int, email: str) -> str:
    """The id of the user with this e-mail address. Raises click.ClickException."""
    from fairlead.orgs import queries  # noqa: PLC0415

    found = await queries.user_by_email(db, org, email)
    if found is None:
        msg = f"Organisation {org} has no user {email}: make them with «fairlead user create {email}»."
        raise click.ClickException(msg)
    return found
