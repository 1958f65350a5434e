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


# MAY BE THE SAME PERSON --------------------------------------------------------------------------------

# Along the keys: addresses with one name before the @, which is followed by A in the order of characters.
SAME_EMAIL_NAME = """
select k.lead_id::text from lead_key k
where k.org_id = $1 and k.field = 'EmailAddress' and k.value >= $2 || '@' and k.value < $2 || 'A' limit $3
"""
# Names have no index, so the newest leads are looked through: who is entered twice is mostly entered twice of late.
SAME_NAME = """
select n.id::text from (
    select l.id, l.fields->>'FirstName' as first, l.fields->>'LastName' as last from lead l
    where l.org_id = $1 and ($2::uuid is null or l.owner_id = $2) order by l.auto_id desc limit $5) n
where lower(coalesce(n.first, '')) = lower($3) and lower(coalesce(n.last, '')) = lower($4) limit $6
"""


async def same_email_name(db: Any, org_id: int, name: str, most: int) -> list[str]:
    """Ids of leads whose unique e-mail address begins with this name, in lower case, before the @."""
    return [row[0] for row in await db.fetch(SAME_EMAIL_NAME, org_id, name, most)]


async def same_name(
    db: Any, org_id: int, owner_id: str | None, first: str, last: str, *, among: int, most: int
) -> list[str]:
    """Ids of leads that are called so, of the newest `among`."""
    rows = await db.fetch(SAME_NAME, org_id, owner_id, first, last, among, most)
    return [row[0] for row in rows]
