"""`fairlead field`: indexes on fields of leads, and which of them are unique."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from fairlead.cli import options
from fairlead.cli.manage import answer
from fairlead.cli.orgs import chosen_org

_ORG = options.option(
    "--org", "org", type=int, help="Number of the organisation; may be left out while there is one."
)


@click.group()
def field() -> None:
    """Make searches on a field of leads fast, and its values unique."""


@field.command("index")
@click.argument("name")
@_ORG
@options.database
@options.as_json
def index(name: str, org: int | None, data: Path | None, database_url: str, *, as_json: bool) -> None:
    """Index a field of leads, such as mx_Branch, while the server runs.

    A search that compares the field then no longer looks at every lead. The index serves all organisations; there
    can be ten, and each makes writing leads a little dearer.
    """

    async def add(db: Any, defs: Any) -> bool:
        from fairlead.leads import indexes  # noqa: PLC0415  the help does without them

        return await indexes.add(db, defs, name)

    made = _with_definitions(org, data, database_url, add)
    sentence = f"Indexed {name}." if made else f"{name} was indexed already."
    answer({"field": name, "made": made}, sentence, as_json=as_json)


@field.command("unindex")
@click.argument("name")
@_ORG
@options.database
@options.as_json
def unindex(name: str, org: int | None, data: Path | None, database_url: str, *, as_json: bool) -> None:
    """Take the index of a field away, for all organisations."""

    async def remove(db: Any, defs: Any) -> bool:
        from fairlead.leads import indexes  # noqa: PLC0415  the help does without them

        return await indexes.remove(db, defs, name)

    gone = _with_definitions(org, data, database_url, remove)
    sentence = f"{name} has no index any more." if gone else f"{name} was not indexed."
    answer({"field": name, "removed": gone}, sentence, as_json=as_json)


@field.command("indexes")
@options.database
@options.as_json
def list_indexes(data: Path | None, database_url: str, *, as_json: bool) -> None:
    """List the fields that are indexed."""
    from fairlead.cli.database import outside_transactions  # noqa: PLC0415
    from fairlead.leads import queries  # noqa: PLC0415

    rows = [
        {"field": some.field, "index": some.name, "finished": some.is_finished}
        for some in outside_transactions(data, database_url, queries.field_indexes)
    ]
    lines = [f"{row['field']}{'' if row['finished'] else '  (not finished)'}" for row in rows]
    answer(rows, "\n".join(lines) or "No field is indexed.", as_json=as_json)


@field.command("unique")
@click.argument("name")
@_ORG
@options.database
@options.as_json
def unique(name: str, org: int | None, data: Path | None, database_url: str, *, as_json: bool) -> None:
    """Let no two leads have the same value in a field, such as mx_Policy, while the server runs.

    It is refused, with the first values that several leads have, unless they all differ. Then writes that repeat a
    value are refused, and integrations can find leads by the field (SearchBy).
    """
    from fairlead.leads.uniqueness import rules  # noqa: PLC0415  the help does without them

    made = _set_unique(org, data, database_url, rules.make_unique, name)
    sentence = f"{name} is unique now." if made else f"{name} was unique already."
    answer({"field": name, "made": made}, sentence, as_json=as_json)


@field.command("not-unique")
@click.argument("name")
@_ORG
@options.database
@options.as_json
def not_unique(name: str, org: int | None, data: Path | None, database_url: str, *, as_json: bool) -> None:
    """Let leads have the same value in a field. Integrations no longer find leads by it."""
    from fairlead.leads.uniqueness import rules  # noqa: PLC0415  the help does without them

    gone = _set_unique(org, data, database_url, rules.make_common, name)
    sentence = f"{name} is not unique any more." if gone else f"{name} was not unique."
    answer({"field": name, "removed": gone}, sentence, as_json=as_json)


def _set_unique(org: int | None, data: Path | None, database_url: str, change: Any, name: str) -> bool:
    """What `change` says for the organisation that is meant and the field."""
    from fairlead.cli.database import with_pool  # noqa: PLC0415
    from fairlead.leads.uniqueness.rules import Refused  # noqa: PLC0415

    async def run(pool: Any) -> bool:
        async with pool.connection() as db:
            number = await chosen_org(db, org)
        found: bool = await change(pool, number, name, by=None, now=datetime.now(UTC))
        return found

    try:
        return with_pool(data, database_url, run)
    except Refused as refused:
        raise click.ClickException(str(refused)) from refused


def _with_definitions(org: int | None, data: Path | None, database_url: str, work: Any) -> bool:
    """What `work` says for a connection and the definitions of the organisation that is meant."""
    from fairlead.cli.database import outside_transactions  # noqa: PLC0415
    from fairlead.leads.indexes import Refused  # noqa: PLC0415
    from fairlead.orgs import definitions  # noqa: PLC0415

    async def run(db: Any) -> bool:
        found: bool = await work(db, await definitions.read(db, await chosen_org(db, org)))
        return found

    try:
        return outside_transactions(data, database_url, run)
    except Refused as refused:
        raise click.ClickException(str(refused)) from refused
