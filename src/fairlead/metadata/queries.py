"""Every SQL statement about record types that is not one of definitions: those of `orgs.queries` store them."""

from __future__ import annotations

from typing import Any

# Opportunities of a type whose field holds something else than their number.
HOLDS = """
select exists (select 1 from activity a where a.org_id = $1 and a.code = $2 and a.fields ? $3::text
    and a.fields->$3::text is distinct from to_jsonb(a.auto_id))
"""
NUMBERED = """
update activity set version = version + 1, fields = fields || jsonb_build_object($3::text, auto_id)
where org_id = $1 and code = $2 and auto_id is not null and fields->$3::text is distinct from to_jsonb(auto_id)
"""


async def holds_values(db: Any, org_id: int, code: int, field: str) -> bool:
    """True when an opportunity of this type has a value of somebody's in the field."""
    return bool(await db.fetchval(HOLDS, org_id, code, field))


async def show_numbers(db: Any, org_id: int, code: int, field: str) -> None:
    """Write the number of every opportunity of this type into the field."""
    await db.execute(NUMBERED, org_id, code, field)
