"""`fairlead key`: the key pairs that clients call with."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from fairlead.cli import options
from fairlead.cli.database import in_transaction, say
from fairlead.cli.manage import answer, used
from fairlead.cli.orgs import chosen_org, chosen_user

_SHORT = 20
"""A secret with fewer characters can be guessed: it is stored as one round of a salted hash."""

_ORG = options.option(
    "--org", "org", type=int, help="Number of the organisation; may be left out while there is one."
)


@click.group()
def key() -> None:
    """Make, list, disable and enable key pairs."""


@key.command("create")
@click.argument("email")
@_ORG
@options.option("--name", default="", help="What the key is for, to tell it from others.")
@options.option("--access-key", default="", help="Register this access key; without it, one is made.")
@options.option(
    "--secret", default="", help="Register this secret; without it, one is made. Others can see it here."
)
@options.database
@options.as_json
def create(
    email: str,
    org: int | None,
    name: str,
    access_key: str,
    secret: str,
    data: Path | None,
    database_url: str,
    *,
    as_json: bool,
) -> None:
    """Make a key pair for the user with this e-mail address. The secret is shown now and never again."""
    from fairlead.orgs import queries, rules  # noqa: PLC0415  the help does without them

    if secret and len(secret) < _SHORT:
        say(f"Warning: a secret of less than {_SHORT} characters can be guessed.")

    async def make(db: Any) -> dict[str, Any]:
        number = await chosen_org(db, org)
        user_id = await chosen_user(db, number, email)
        pair = await rules.create_key(
            db, number, user_id, now=datetime.now(UTC), access_key=access_key, secret=secret, name=name
        )
        await queries.definitions_changed(db, number)
        return {"org": number, "user": email, "accessKey": pair[0], "secretKey": pair[1]}

    made = in_transaction(data, database_url, make)
    text = f"accessKey  {made['accessKey']}\nsecretKey  {made['secretKey']}\n\nThe secret is not shown again."
    answer(made, text, as_json=as_json)


@key.command("list")
@_ORG
@options.database
@options.as_json
def list_keys(org: int | None, data: Path | None, database_url: str, *, as_json: bool) -> None:
    """List the access keys, their users, whether they are enabled, and when they were used last."""
    from fairlead.orgs import queries  # noqa: PLC0415

    async def read(db: Any) -> list[dict[str, Any]]:
        return [dict(row) for row in await queries.keys(db, org)]

    rows = in_transaction(data, database_url, read)
    told = [
        {
            "org": row["org"],
            "user": row["email"],
            "accessKey": row["access_key"],
            "name": row["name"] or "",
            "enabled": row["active"],
            "created": row["created_on"].isoformat(),
            "used": row["used_on"].isoformat() if row["used_on"] else None,
        }
        for row in rows
    ]
    lines = [
        f"{row['org']:>6}  {row['accessKey']:<35}  {'enabled ' if row['enabled'] else 'disabled'}  "
        f"{used(row['used'])}  {row['user']}{'  ' if row['name'] else ''}{row['name']}"
        for row in told
    ]
    answer(told, "\n".join(lines) or "There is no key yet.", as_json=as_json)


@key.command("disable")
@click.argument("access_key")
@options.database
@options.as_json
def disable(access_key: str, data: Path | None, database_url: str, *, as_json: bool) -> None:
    """Disable a key: from the next call on it is refused."""
    _set_active(access_key, data, database_url, active=False)
    answer({"accessKey": access_key, "enabled": False}, f"Disabled {access_key}.", as_json=as_json)


@key.command("enable")
@click.argument("access_key")
@options.database
@options.as_json
def enable(access_key: str, data: Path | None, database_url: str, *, as_json: bool) -> None:
    """Enable a key that was disabled."""
    _set_active(access_key, data, database_url, active=True)
    answer({"accessKey": access_key, "enabled": True}, f"Enabled {access_key}.", as_json=as_json)


def _set_active(access_key: str, data: Path | None, database_url: str, *, active: bool) -> None:
    from fairlead.orgs import queries, rules  # noqa: PLC0415

    async def change(db: Any) -> None:
        org = await queries.org_of(db, "access_key", access_key)
        if org is None:
            msg = f"There is no access key {access_key}."
            raise click.ClickException(msg)
        await queries.lock(db, org)
        await rules.set_key_active(db, access_key, active=active)
        await queries.definitions_changed(db, org)

    in_transaction(data, database_url, change)
