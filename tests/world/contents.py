"""What an organisation holds, row by row, so that a test can say that nothing has changed."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from fairlead.db.schema import metadata
from world.records import World

DRAWN = frozenset(("counter", "request_log", "last_use"))
"""Tables that a refused call may move too: numbers that were drawn and are not given back, the log, when keys were used."""

MOVING = DRAWN | {"org", "async_gauge", "async_request", "async_tally", "async_trial", "directory"}
"""Tables that a call may move whatever it does to records: versions, the queue, who finds an organisation."""

Rows = dict[str, dict[tuple[Any, ...], dict[str, Any]]]
"""Rows by table and primary key."""


def tables_but(left_out: frozenset[str]) -> list[sa.Table]:
    """The tables that belong to an organisation, without these."""
    return [
        table for table in metadata.sorted_tables if table.name not in left_out and "org_id" in table.columns
    ]


def identity(table: sa.Table, row: dict[str, Any]) -> tuple[Any, ...]:
    """The primary key of a row."""
    return tuple(row[column.name] for column in table.primary_key.columns)


async def stored(world: World, *, but: frozenset[str] = MOVING) -> Rows:
    """Everything that an organisation holds."""
    found: Rows = {}
    for table in tables_but(but):
        rows = await world.db.fetch(f"select * from {table.name} where org_id = $1", world.org_id)
        found[table.name] = {identity(table, dict(row)): dict(row) for row in rows}
    return found


def differences(before: Rows, after: Rows) -> list[str]:
    """Rows that are new, gone or changed, as `lead (7, …)`; none if nothing is."""
    return [
        f"{name} {key}"
        for name in before
        for key in before[name].keys() | after[name].keys()
        if before[name].get(key) != after[name].get(key)
    ]


def _digests(left_out: frozenset[str]) -> str:
    """One statement for a digest of every table."""
    return " union all ".join(
        f"select '{table.name}', md5(string_agg(t::text, '' order by t::text)) from {table.name} t where org_id = $1"
        for table in tables_but(left_out)
    )


async def digest(world: World, *, but: frozenset[str] = DRAWN) -> dict[str, str | None]:
    """What an organisation holds, as a digest per table: quicker to ask for than the rows."""
    return {row[0]: row[1] for row in await world.db.fetch(_digests(but), world.org_id)}
