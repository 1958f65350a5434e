"""SQL statements that only these screens need: ids of the leads that a list shows, and leads that may be the same person."""

from __future__ import annotations

from typing import Any

from fairlead.leads.queries import Page

MATCHING = (
    "select lead.id::text from lead where lead.org_id = ${org} and {where} order by {order} limit ${most}"
)


async def matching(db: Any, asked: Page, most: int) -> list[str]:
    """The ids of the leads that a list shows, in its order, whatever the page; at most `most`."""
    more = len(asked.values)
    statement = MATCHING.format(where=asked.where, order=asked.order, org=more + 1, most=more + 2)
    return [row[0] for row in await db.fetch(statement, *asked.values, asked.org_id, most)]
