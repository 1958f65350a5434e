"""A password for the screens, from people or from a script. It is never an argument: others could see it there."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import Any

import click


def asked() -> str:
    """The password, typed twice without being shown; from a script, the first line of what is piped in.

    Raises click.ClickException for one that is too weak.
    """
    from fairlead.web.passwords import why_not  # noqa: PLC0415  the help does without it

    if sys.stdin.isatty():
        found: str = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    else:
        found = sys.stdin.readline().rstrip("\r\n")
    reason = why_not(found)
    if reason is not None:
        raise click.ClickException(reason)
    return found


async def store(db: Any, org: int, user_id: str, email: str, password: str) -> None:
    """Store it. Raises Duplicate when somebody of another organisation signs in with this address."""
    from fairlead.web import passwords  # noqa: PLC0415

    await passwords.store(db, org, user_id, email, password, now=datetime.now(UTC))
