"""Every SQL statement about opportunities outside the batch. Their search is `activities.queries.search`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fairlead.activities.queries import Order, Where, one_page, some
from fairlead.records.rows import Activity
from fairlead.wire.types import Page


async def of_lead(
    db: Any,
    org_id: int,
    lead_id: str,
    codes: Sequence[int],
    *,
    owner: str | None,
    order: Order,
    page: Page,
) -> tuple[int, list[Activity]]:
    """Opportunities of a lead with these codes: how many, and a page; `owner`: only if this user owns the lead."""
    where = Where(org_id, page.limit, page.offset)
    where.add("a.lead_id = {}::uuid", lead_id)
    where.add("a.code = any({}::int[])", list(codes))
    where.owned_by(owner)
    return await one_page(db, where, order)


async def activities_of(
    db: Any, org_id: int, opportunity_id: str, *, code: int | None, order: Order, page: Page
) -> tuple[int, list[Activity]]:
    """Activities tied to an opportunity, of one type or of all: how many, and a page."""
    where = Where(org_id, page.limit, page.offset)
    where.add("a.opportunity_id = {}::uuid", opportunity_id)
    if code is not None:
        where.add("a.code = {}", code)
    return await one_page(db, where, order)


async def named(
    db: Any, org_id: int, ids: Sequence[str], numbers: Sequence[int], *, owner: str | None
) -> list[Activity]:
    """Opportunities with these ids or auto numbers, in no order; `owner`: only on this owner's leads."""
    where = Where(org_id)
    where.add("(a.id = any({}::uuid[]) or a.auto_id = any({}::bigint[]))", list(ids), list(numbers))
    where.add("a.code >= 12000 and a.lead_id is not null")
    where.owned_by(owner)
    return await some(db, where)


# The version moves, so that a batch that has read such an activity before decides again.
UNTIE = "update activity set opportunity_id = null, version = version + 1 where org_id = $1 and opportunity_id = $2"

DELETE = "delete from activity where org_id = $1 and id = $2 returning score"


async def untie(db: Any, org_id: int, opportunity_id: str) -> None:
    """Let the activities tied to an opportunity stay on the lead alone."""
    await db.execute(UNTIE, org_id, opportunity_id)


async def delete(db: Any, org_id: int, opportunity_id: str) -> int:
    """Delete an opportunity; returns the score that its lead loses."""
    found: int = await db.fetchval(DELETE, org_id, opportunity_id)
    return found
