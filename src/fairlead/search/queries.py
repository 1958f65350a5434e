"""Every SQL statement of the search: ids of what was found, quickly however much is stored.

Nothing here looks through a whole table. What has an index (the start of an e-mail address, of the name of an account) is
found wherever it is; any part of a name among the newest records only, and each answer says whether older ones were left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec


class Hits(msgspec.Struct):
    """Ids of what was found, the newest first; `is_all` when there were no more to look at than were looked at."""

    ids: list[str]
    is_all: bool


# $1 organisation, $2 how many are looked at, $3 patterns of the words, $4 how many are wanted, $5 the owner, $6 patterns of
# what stands at the beginning of a word: that comes first.
NEWEST_LEADS = """
with near as materialized (
    select l.id, l.auto_id, concat_ws(' ', l.fields->>'FirstName', l.fields->>'LastName', l.fields->>'EmailAddress',
        l.fields->>'Phone', l.fields->>'Mobile', l.fields->>'Company') as said
    from lead l where l.org_id = $1 {owned} order by l.auto_id desc limit $2)
select (select count(*) from near) < $2 as is_all, array(
    select n.id::text from near n where n.said ilike all($3::text[])
    order by n.said ilike any($6::text[]) desc, n.auto_id desc limit $4) as ids
"""
# In whatever order the database has texts, those with a beginning follow on it; what does not have it is taken out.
KEYED_LEADS = """
select k.lead_id::text as id from (
    select k.org_id, k.lead_id, k.value from lead_key k
    where k.org_id = $1 and k.field = 'EmailAddress' and k.value >= $2 order by k.value limit $3) k
join lead l on l.org_id = k.org_id and l.id = k.lead_id
where starts_with(k.value, $2) and ($4::uuid is null or l.owner_id = $4) order by k.value
"""
NUMBERED_LEAD = """
select l.id::text from lead l
where l.org_id = $1 and l.auto_id = $2 and ($3::uuid is null or l.owner_id = $3)
"""

NEWEST_ACCOUNTS = """
with near as materialized (
    select c.id, c.auto_id, c.name, c.owner_id from account c where c.org_id = $1 order by c.auto_id desc limit $2)
select (select count(*) from near) < $2 as is_all, array(
    select n.id::text from near n where n.name ilike all($3::text[]) and ($5::uuid is null or n.owner_id = $5)
    order by n.name ilike any($6::text[]) desc, n.auto_id desc limit $4) as ids
"""
NAMED_ACCOUNTS = """
select c.id::text as id from unnest($2::int[]) as t(code) cross join unnest($3::text[]) as s(start)
cross join lateral (
    select c.id, c.name, c.owner_id from account c
    where c.org_id = $1 and c.code = t.code and c.name >= s.start order by c.name limit $4) c
where starts_with(c.name, s.start) and ($5::uuid is null or c.owner_id = $5) order by c.name
"""
ACCOUNTS = """
select c.id::text as id, c.name, c.code, c.stage, c.fields->>'City' as city from account c
where c.org_id = $1 and c.id = any($2::uuid[]) and ($3::uuid is null or c.owner_id = $3)
"""

# Those that were changed last, of each type so many: their index has them in this order. mx_Custom_1 is the name.
NEWEST_OPPORTUNITIES = """
with near as materialized (
    select a.id, a.lead_id, a.modified_on, a.name, a.place
    from unnest($7::int[]) as t(code) cross join lateral (
        select a.id, a.lead_id, a.modified_on, a.fields->>'mx_Custom_1' as name, row_number() over () as place
        from activity a where a.org_id = $1 and a.code = t.code order by a.modified_on desc, a.id desc limit $2) a)
select (select coalesce(max(n.place), 0) from near n) < $2 as is_all, array(
    select n.id::text from near n where n.name ilike all($3::text[]) and ($5::uuid is null or exists (
        select 1 from lead l where l.org_id = $1 and l.id = n.lead_id and l.owner_id = $5))
    order by n.name ilike any($6::text[]) desc, n.modified_on desc, n.id desc limit $4) as ids
"""


class FoundAccount(msgspec.Struct):
    """An account as it is listed."""

    id: str
    name: str
    code: int
    stage: str | None
    city: str | None


def patterns(words: Sequence[str]) -> list[str]:
    """Patterns that a text meets which holds every word."""
    return [f"%{_plain(word)}%" for word in words]


def beginnings(words: Sequence[str]) -> list[str]:
    """Patterns of which a text meets one when a word of it begins with the first of these."""
    first = _plain(words[0])
    return [f"{first}%", f"% {first}%"]


def _plain(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


async def newest_leads(
    db: Any, org_id: int, owner: str | None, words: Sequence[str], *, among: int, limit: int
) -> Hits:
    """Leads with all words in name, e-mail address, phone or company, among the newest; `owner`: of this user."""
    text = NEWEST_LEADS.format(owned="and l.owner_id = $5" if owner is not None else "and $5::uuid is null")
    row = await db.fetchrow(text, org_id, among, patterns(words), limit, owner, beginnings(words))
    return Hits(row["ids"], row["is_all"])


async def keyed_leads(db: Any, org_id: int, owner: str | None, start: str, limit: int) -> list[str]:
    """Leads whose e-mail address begins so."""
    return [row["id"] for row in await db.fetch(KEYED_LEADS, org_id, start.lower(), limit, owner)]


async def numbered_lead(db: Any, org_id: int, owner: str | None, number: int) -> list[str]:
    """The lead with this number."""
    return [row["id"] for row in await db.fetch(NUMBERED_LEAD, org_id, number, owner)]


async def newest_accounts(
    db: Any, org_id: int, owner: str | None, words: Sequence[str], *, among: int, limit: int
) -> Hits:
    """Accounts with all words in their name, among the newest; `owner`: of this user."""
    row = await db.fetchrow(NEWEST_ACCOUNTS, org_id, among, patterns(words), limit, owner, beginnings(words))
    return Hits(row["ids"], row["is_all"])


async def named_accounts(
    db: Any, org_id: int, owner: str | None, codes: Sequence[int], starts: Sequence[str], limit: int
) -> list[str]:
    """Accounts of these types whose name begins like one of these texts, letter by letter."""
    rows = await db.fetch(NAMED_ACCOUNTS, org_id, list(codes), list(starts), limit, owner)
    return [row["id"] for row in rows]


async def accounts(db: Any, org_id: int, owner: str | None, ids: Sequence[str]) -> list[FoundAccount]:
    """Accounts with these ids, in their order."""
    found = {row["id"]: FoundAccount(**row) for row in await db.fetch(ACCOUNTS, org_id, list(ids), owner)}
    return [found[id] for id in ids if id in found]


async def newest_opportunities(
    db: Any,
    org_id: int,
    owner: str | None,
    codes: Sequence[int],
    words: Sequence[str],
    *,
    among: int,
    limit: int,
) -> Hits:
    """Opportunities with all words in their name, among those of each type that were changed last; `owner`: on their leads."""
    row = await db.fetchrow(
        NEWEST_OPPORTUNITIES, org_id, among, patterns(words), limit, owner, beginnings(words), list(codes)
    )
    return Hits(row["ids"], row["is_all"])
