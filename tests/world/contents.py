"""What an organisation holds, row by row, so that a test can say that nothing has changed."""

from __future__ import annotations

from functools import cache

import sqlalchemy as sa

from fairlead.db.schema import metadata
from world.records import World

DRAWN = frozenset(("counter", "request_log", "last_use"))
"""Tables that a refused call may move too: numbers that were drawn and are not given back, the log, when keys were used."""

MOVING = DRAWN | {"org", "async_gauge", "async_request", "async_tally", "async_trial", "directory"}
"""Tables that a call may move whatever it does to records: versions, the queue, who finds an organisation."""

Rows = dict[str, dict[str, str]]
"""Rows as texts, by table and primary key: `id`, or more of them with a blank between."""


def tables_but(left_out: frozenset[str]) -> list[sa.Table]:
    """The tables that belong to an organisation, without these."""
    return [
        table for table in metadata.sorted_tables if table.name not in left_out and "org_id" in table.columns
    ]


@cache
def _statement(left_out: frozenset[str]) -> str:
    """One statement for all tables, a row for each."""

    def of(table: sa.Table) -> str:
        names = [column.name for column in table.primary_key.columns if column.name != "org_id"]
        key = " || ' ' || ".join(f"t.{name}::text" for name in names) or "''::text"
        return f"select '{table.name}', array_agg({key}), array_agg(t::text) from {table.name} t where org_id = $1"

    return " union all ".join(of(table) for table in tables_but(left_out))


async def stored(world: World, *, but: frozenset[str] = MOVING) -> Rows:
    """Everything that an organisation holds."""
    return {
        name: dict(zip(keys or (), rows or (), strict=True))
        for name, keys, rows in await world.db.fetch(_statement(but), world.org_id)
    }


def differences(before: Rows, after: Rows) -> list[str]:
    """Rows that are new, gone or changed, as `lead 0198…`; none if nothing is."""
    return [
        f"{name} {key}"
        for name in before
        for key in before[name].keys() | after[name].keys()
        if before[name].get(key) != after[name].get(key)
    ]
