"""The newest leads with some words, for pages on which one of them is chosen."""

from __future__ import annotations

from typing import Any

from fairlead.leads import criteria, finding, queries
from fairlead.leads.finding import Unreadable, Wanted
from fairlead.leads.queries import Page, SeenLead
from fairlead.web.visit import Visit


async def newest(visit: Visit, db: Any, words: str, most: int) -> list[SeenLead]:
    """Up to `most` leads with these words that the person may see."""
    condition = finding.condition(visit.defs, Wanted(words=words), visit.zone, now=visit.now)
    if isinstance(condition, Unreadable):
        return []
    where, values = criteria.where(visit.org_id, visit.sees, condition)
    asked = Page(
        org_id=visit.org_id,
        owner_id=visit.sees,
        where=where,
        values=values,
        order=criteria.order(criteria.in_turn, descending=True),
        in_turn=True,
        offset=0,
        limit=most,
    )
    return (await queries.beginning(db, asked, most)).leads
