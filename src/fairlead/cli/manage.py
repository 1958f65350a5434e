"""`fairlead db`, `org` and `user`: tables, organisations and their users."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from fairlead.cli import options
from fairlead.cli.orgs import chosen_org, chosen_user

_ORG = options.option(
    "--org", "org", type=int, help="Number of the organisation; may be left out while there is one."
)


def answer(told: Any, sentence: str, *, as_json: bool) -> None:
    """Print JSON for a script or a sentence for people."""
    click.echo(json.dumps(told, ensure_ascii=False, default=str) if as_json else sentence)


def used(instant: str | None) -> str:
    """When a key was used last, in 16 characters."""
    return instant[:16].replace("T", " ") if instant else f"{'never used':<16}"


@click.group()
def db() -> None:
    """Look after the tables."""


@db.command()
@options.database
@options.as_json
def upgrade(data: Path | None, database_url: str, *, as_json: bool) -> None:
    """Bring the tables to this version of Fairlead. Make a backup first: there is no way back."""
    from fairlead.cli import database  # noqa: PLC0415  the help does without a database
    from fairlead.db.migrate import HEAD  # noqa: PLC0415

    with database.opened(data, database_url) as url:
        before = database.ensure_schema(url, upgrade=("empty", "older"))
    sentence = "The tables were up to date." if before == "current" else "The tables are up to date now."
    answer({"before": before, "version": HEAD}, sentence, as_json=as_json)


@click.group()
def org() -> None:
    """Make organisations, which own users, keys and data, and change their settings."""


@org.command("create")
@click.argument("name")
@options.database
@options.as_json
def create_org(name: str, data: Path | None, database_url: str, *, as_json: bool) -> None:
    """Make an organisation with the standard fields and types, and print its number."""
    from fairlead.cli.database import in_transaction  # noqa: PLC0415
    from fairlead.orgs import rules  # noqa: PLC0415

    if not name.strip():
        msg = "the name of an organisation is not empty"
        raise click.UsageError(msg)

    async def make(db: Any) -> int:
        return await rules.create_org(db, name.strip(), now=datetime.now(UTC))

    number = in_transaction(data, database_url, make)
    answer(
        {"org": number, "name": name.strip()}, f"Made organisation {number}, {name.strip()}.", as_json=as_json
    )


@org.command("list")
@options.database
@options.as_json
def list_orgs(data: Path | None, database_url: str, *, as_json: bool) -> None:
    """List the organisations: number and name."""
    from fairlead.cli.database import in_transaction  # noqa: PLC0415
    from fairlead.orgs import queries  # noqa: PLC0415

    rows = [dict(row) for row in in_transaction(data, database_url, queries.organisations)]
    lines = [f"{row['org']:>6}  {row['name']}" for row in rows]
    answer(rows, "\n".join(lines) or "There is no organisation yet.", as_json=as_json)


@org.command("settings")
@_ORG
@options.database
@options.as_json
def list_settings(org: int | None, data: Path | None, database_url: str, *, as_json: bool) -> None:
    """List the settings of an organisation: name, value, and what it does."""
    from fairlead.cli.database import in_transaction  # noqa: PLC0415
    from fairlead.orgs import definitions, settings  # noqa: PLC0415

    async def read(db: Any) -> list[dict[str, Any]]:
        number = await chosen_org(db, org)
        defs = await definitions.read(db, number)
        return [
            {
                "org": number,
                "setting": some.name,
                "value": settings.written(some.name, defs.setting(some.name)),
            }
            for some in settings.SETTINGS.values()
        ]

    rows = in_transaction(data, database_url, read)
    lines = [
        f"{row['setting']:<22} {row['value'] or '–':<16} {settings.SETTINGS[row['setting']].about}"
        for row in rows
    ]
    answer(rows, "\n".join(lines), as_json=as_json)


@org.command("set")
@click.argument("name")
@click.argument("value")
@_ORG
@options.database
@options.as_json
def set_setting(
    name: str, value: str, org: int | None, data: Path | None, database_url: str, *, as_json: bool
) -> None:
    """Change a setting of an organisation: it counts from the next call on, in every process.

    Which settings there are and what they can be: `fairlead org settings`, and the end of this page.
    """
    from fairlead.cli.database import in_transaction  # noqa: PLC0415
    from fairlead.orgs import definitions, queries, rules, settings  # noqa: PLC0415

    async def change(db: Any) -> dict[str, Any]:
        number = await chosen_org(db, org)
        stored = await rules.choose(db, await definitions.read(db, number), {name: value})
        await queries.definitions_changed(db, number)
        return {"org": number, "setting": name, "value": settings.written(name, stored[name])}

    try:
        told = in_transaction(data, database_url, change)
    except settings.Wrong as wrong:
        raise click.UsageError(str(wrong)) from wrong
    answer(told, f"{name} is {told['value'] or 'empty'} now.", as_json=as_json)


@org.command("rename")
@click.argument("name")
@_ORG
@options.database
@options.as_json
def rename_org(name: str, org: int | None, data: Path | None, database_url: str, *, as_json: bool) -> None:
    """Give an organisation another name."""
    from fairlead.cli.database import in_transaction  # noqa: PLC0415
    from fairlead.orgs import queries, rules, settings  # noqa: PLC0415

    async def change(db: Any) -> int:
        number = await chosen_org(db, org)
        await rules.rename(db, number, name)
        await queries.definitions_changed(db, number)
        return number

    try:
        number = in_transaction(data, database_url, change)
    except settings.Wrong as wrong:
        raise click.UsageError(str(wrong)) from wrong
    answer(
        {"org": number, "name": name.strip()},
        f"Organisation {number} is {name.strip()} now.",
        as_json=as_json,
    )


@click.group()
def user() -> None:
    """Make users; calls act with the rights of the user whose key they carry."""


@user.command("create")
@click.argument("email")
@_ORG
@options.option(
    "--first-name", default="", help="Without it, what stands before the @ of the e-mail address."
)
@options.option("--last-name", default="")
@options.option(
    "--role",
    type=click.Choice(["Administrator", "Marketing_User", "Sales_Manager", "Sales_User"]),
    default="Administrator",
    show_default=True,
    help="Changing definitions takes an Administrator.",
)
@options.option(
    "--password", "password", is_flag=True, help="Ask for a password, so that the user can sign in."
)
@options.database
@options.as_json
def create_user(
    email: str,
    org: int | None,
    first_name: str,
    last_name: str,
    role: str,
    data: Path | None,
    database_url: str,
    *,
    password: bool,
    as_json: bool,
) -> None:
    """Make a user with this e-mail address, and print their id."""
    from fairlead.cli.database import in_transaction  # noqa: PLC0415
    from fairlead.cli.passwords import asked, store  # noqa: PLC0415
    from fairlead.orgs import queries, rules  # noqa: PLC0415

    chosen = asked() if password else None

    async def make(db: Any) -> dict[str, Any]:
        number = await chosen_org(db, org)
        first = first_name or email.partition("@")[0]
        user_id = await rules.create_user(
            db, number, email=email, first_name=first, last_name=last_name, role=role, now=datetime.now(UTC)
        )
        if chosen is not None:
            await store(db, number, user_id, email, chosen)
        await queries.definitions_changed(db, number)
        return {"org": number, "user": user_id, "email": email, "role": role}

    made = in_transaction(data, database_url, make)
    sentence = f"Made the user {email} ({role}) of organisation {made['org']}: {made['user']}"
    answer(made, sentence, as_json=as_json)


@user.command("password")
@click.argument("email")
@_ORG
@options.database
@options.as_json
def set_password(email: str, org: int | None, data: Path | None, database_url: str, *, as_json: bool) -> None:
    """Give a user a password for the screens; where they are signed in, they are not any more."""
    from fairlead.cli.database import in_transaction  # noqa: PLC0415
    from fairlead.cli.passwords import asked, store  # noqa: PLC0415

    chosen = asked()

    async def change(db: Any) -> dict[str, Any]:
        number = await chosen_org(db, org)
        user_id = await chosen_user(db, number, email)
        await store(db, number, user_id, email, chosen)
        return {"org": number, "user": user_id, "email": email}

    changed = in_transaction(data, database_url, change)
    answer(changed, f"{email} can sign in with the new password.", as_json=as_json)
