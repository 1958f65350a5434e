"""Every SQL statement about lists. A lead that is deleted leaves its lists; one that is merged leaves them to the other."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from fairlead.db.list_tables import list_member
from fairlead.db.tables import lead
from fairlead.leads.belongings import belongs_to_leads
from fairlead.leads.criteria import Condition


class Stored(msgspec.Struct):
    """A static list as it is stored."""

    id: str
    name: str
    description: str
    created_by: str


LISTS = """
select l.id::text as id, l.name, l.description, l.created_by::text as created_by from list l where l.org_id = $1 order by lower(l.name), l.id
"""


async def stored(db: Any, org_id: int) -> list[Stored]:
    """The static lists of an organisation by name, without those that every organisation has."""
    return [Stored(**row) for row in await db.fetch(LISTS, org_id)]


# $2 the owner whose leads are all that the caller may see, or null.
COUNTS = """
select m.list_id::text as id, count(*) as members from list_member m
where m.org_id = $1 and m.list_id = any($3::uuid[]) and ($2::uuid is null or exists (
    select 1 from lead l where l.org_id = m.org_id and l.id = m.lead_id and l.owner_id = $2))
group by m.list_id
"""
EVERYTHING = "select count(*) from lead l where l.org_id = $1 and ($2::uuid is null or l.owner_id = $2)"
OF_LEAD = """
select m.list_id::text from list_member m join lead l on l.org_id = m.org_id and l.id = m.lead_id
where m.org_id = $1 and m.lead_id = $3 and ($2::uuid is null or l.owner_id = $2)
"""
HOLDS = """
select exists (select 1 from list_member m where m.org_id = $1 and m.list_id = $2 and m.lead_id = $3)
"""
# In the order of the key: ids of leads are made in turn, so these are the newest leads first, at the cost of the page.
NEWEST = """
select m.lead_id::text from list_member m join lead l on l.org_id = m.org_id and l.id = m.lead_id
where m.org_id = $1 and m.list_id = $3 and ($2::uuid is null or l.owner_id = $2)
order by m.lead_id desc limit $4 offset $5
"""


async def counts(db: Any, org_id: int, owner_id: str | None, ids: Sequence[str]) -> dict[str, int]:
    """How many members lists have; one without any is left out."""
    return {row["id"]: row["members"] for row in await db.fetch(COUNTS, org_id, owner_id, list(ids))}


async def leads_in_all(db: Any, org_id: int, owner_id: str | None) -> int:
    """How many leads there are."""
    found: int = await db.fetchval(EVERYTHING, org_id, owner_id)
    return found


async def of_lead(db: Any, org_id: int, owner_id: str | None, lead_id: str) -> list[str]:
    """The lists that a lead is in."""
    return [row[0] for row in await db.fetch(OF_LEAD, org_id, owner_id, lead_id)]


async def holds(db: Any, org_id: int, list_id: str, lead_id: str) -> bool:
    """True when the lead is in the list."""
    return bool(await db.fetchval(HOLDS, org_id, list_id, lead_id))


async def newest(
    db: Any, org_id: int, owner_id: str | None, list_id: str, *, offset: int, limit: int
) -> list[str]:
    """A page of the members of a list, the newest leads first."""
    return [row[0] for row in await db.fetch(NEWEST, org_id, owner_id, list_id, limit, offset)]


def members(list_id: str) -> Condition:
    """The members of a list, as a condition on leads."""
    inside = sa.select(list_member.c.lead_id).where(
        list_member.c.org_id == lead.c.org_id, list_member.c.list_id == list_id
    )
    return lead.c.id.in_(inside)


# changes -------------------------------------------------------------------------------------------------

NAMED = (
    "select exists (select 1 from list l where l.org_id = $1 and lower(l.name) = lower($2) and l.id <> $3)"
)
RENAME = "update list set name = $3, description = $4 where org_id = $1 and id = $2"
DELETE = "delete from list where org_id = $1 and id = $2"
CREATE = """
insert into list (org_id, id, name, description, created_by, created_on) values ($1, $2, $3, $4, $5, $6)
"""
ADD = """
insert into list_member (org_id, list_id, lead_id, added_by, added_on)
select $1, $2, n.id, $4, $5 from unnest($3::uuid[]) as n(id)
on conflict (org_id, list_id, lead_id) do nothing returning 1
"""
REMOVE = "delete from list_member m where m.org_id = $1 and m.list_id = $2 and m.lead_id = any($3::uuid[]) returning 1"
EMPTY = "delete from list_member m where m.org_id = $1 and m.list_id = $2"
SOMEBODY_ELSES = """
select exists (select 1 from list_member m join lead l on l.org_id = m.org_id and l.id = m.lead_id
    where m.org_id = $1 and m.list_id = $2 and l.owner_id <> $3)
"""


async def is_named(db: Any, org_id: int, name: str, *, except_for: str) -> bool:
    """True when a list but for this one has this name, whatever its case."""
    return bool(await db.fetchval(NAMED, org_id, name, except_for))


async def rename(db: Any, org_id: int, list_id: str, name: str, description: str) -> None:
    """Give a list another name and description."""
    await db.execute(RENAME, org_id, list_id, name, description)


async def delete(db: Any, org_id: int, list_id: str) -> None:
    """Remove a list that has no members."""
    await db.execute(DELETE, org_id, list_id)


async def create(
    db: Any, org_id: int, id: str, name: str, description: str, *, by: str, now: datetime
) -> None:
    """Store a new list without members."""
    await db.execute(CREATE, org_id, id, name, description, by, now)


async def add(db: Any, org_id: int, list_id: str, lead_ids: Sequence[str], *, by: str, now: datetime) -> int:
    """Put leads into a list; how many were not in it before."""
    return len(await db.fetch(ADD, org_id, list_id, list(lead_ids), by, now))


async def remove(db: Any, org_id: int, list_id: str, lead_ids: Sequence[str]) -> int:
    """Take leads out of a list; how many were in it."""
    return len(await db.fetch(REMOVE, org_id, list_id, list(lead_ids)))


async def empty(db: Any, org_id: int, list_id: str) -> None:
    """Take every lead out of a list."""
    await db.execute(EMPTY, org_id, list_id)


async def has_leads_of_others(db: Any, org_id: int, list_id: str, user_id: str) -> bool:
    """True when a member belongs to somebody else than this user."""
    return bool(await db.fetchval(SOMEBODY_ELSES, org_id, list_id, user_id))


LEAVE = "delete from list_member m where m.org_id = $1 and m.lead_id = $2"
HAND_OVER = """
insert into list_member (org_id, list_id, lead_id, added_by, added_on)
select m.org_id, m.list_id, $3, m.added_by, m.added_on from list_member m where m.org_id = $1 and m.lead_id = $2
on conflict (org_id, list_id, lead_id) do nothing
"""


async def _leave(db: Any, org_id: int, lead_id: str) -> None:
    await db.execute(LEAVE, org_id, lead_id)


async def _hand_over(db: Any, org_id: int, lead_id: str, to: str) -> None:
    await db.execute(HAND_OVER, org_id, lead_id, to)
    await db.execute(LEAVE, org_id, lead_id)


belongs_to_leads("list", delete=_leave, move=_hand_over)
