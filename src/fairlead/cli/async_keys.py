"""`fairlead async-key`: the keys that clients of the asynchronous API send besides their key pair."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from fairlead.cli import options
from fairlead.cli.database import in_transaction
from fairlead.cli.manage import answer, used
from fairlead.cli.orgs import chosen_org

_ORG = options.option(
    "--org", "org", type=int, help="Number of the organisation; may be left out while there is one."
)
_SHORT = 20
"""A key with fewer characters can be guessed."""


@click.group("async-key")
def async_key() -> None:
    """Make, list, disable and enable keys of the asynchronous API (the header x-api-key)."""


@async_key.command("create")
@_ORG
@options.option("--name", default="", help="What the key is for, to tell it from others.")
@options.option(
    "--async-key",
    "key",
    default="",
    help="Register this key; without it, one is made. Others can see it here.",
)
@options.database
@options.as_json
def create(
    org: int | None, name: str, key: str, data: Path | None, database_url: str, *, as_json: bool
) -> None:
    """Make a key for an organisation. It is shown now and never again.

    With it comes the secret that signs its callbacks: for who receives them, and has no need of the key.
    """
    from fairlead.orgs import queries, rules  # noqa: PLC0415  the help does without them
    from fairlead.wire.queue.signing import secret_of  # noqa: PLC0415

    if key and (len(key) < _SHORT or not key.isascii() or not key.isprintable()):
        msg = f"a key is at least {_SHORT} printable characters"
        raise click.UsageError(msg)

    async def make(db: Any) -> dict[str, Any]:
        number = await chosen_org(db, org)
        made = await rules.create_async_key(db, number, now=datetime.now(UTC), key=key, name=name)
        await queries.definitions_changed(db, number)
        return {"org": number, "x-api-key": made, "callback-secret": secret_of(made)}

    made = in_transaction(data, database_url, make)
    sentence = (
        f"x-api-key        {made['x-api-key']}\ncallback secret  {made['callback-secret']}\n\n"
        "They are not shown again."
    )
    answer(made, sentence, as_json=as_json)


@async_key.command("list")
@_ORG
@options.database
@options.as_json
def list_keys(org: int | None, data: Path | None, database_url: str, *, as_json: bool) -> None:
    """List the keys by their ids, whether they are enabled, when they were made and used last."""
    from fairlead.orgs import queries  # noqa: PLC0415

    async def read(db: Any) -> list[dict[str, Any]]:
        return [dict(row) for row in await queries.async_keys(db, org)]

    told = [
        {
            "org": row["org"],
            "id": row["id"],
            "name": row["name"] or "",
            "enabled": row["active"],
            "created": row["created_on"].isoformat(),
            "used": row["used_on"].isoformat() if row["used_on"] else None,
        }
        for row in in_transaction(data, database_url, read)
    ]
    lines = [
        f"{row['org']:>6}  {row['id']}  {'enabled ' if row['enabled'] else 'disabled'}  {row['created'][:19]}  "
        f"{used(row['used'])}{'  ' if row['name'] else ''}{row['name']}"
        for row in told
    ]
    answer(told, "\n".join(lines) or "There is no key yet.", as_json=as_json)


@async_key.command("disable")
@click.argument("key_or_id", metavar="KEY|ID")
@options.database
@options.as_json
def disable(key_or_id: str, data: Path | None, database_url: str, *, as_json: bool) -> None:
    """Disable a key, named by itself or by its id: from the next call on it is refused."""
    _set_active(key_or_id, data, database_url, active=False)
    answer({"enabled": False}, "Disabled the key.", as_json=as_json)


@async_key.command("enable")
@click.argument("key_or_id", metavar="KEY|ID")
@options.database
@options.as_json
def enable(key_or_id: str, data: Path | None, database_url: str, *, as_json: bool) -> None:
    """Enable a key that was disabled."""
    _set_active(key_or_id, data, database_url, active=True)
    answer({"enabled": True}, "Enabled the key.", as_json=as_json)


def _set_active(key_or_id: str, data: Path | None, database_url: str, *, active: bool) -> None:
    from fairlead.orgs import queries, rules  # noqa: PLC0415

    async def change(db: Any) -> None:
        org = await rules.set_async_key_active(db, key_or_id, active=active)
        await queries.definitions_changed(db, org)

    in_transaction(data, database_url, change)
