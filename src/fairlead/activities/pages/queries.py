"""What happened on all leads, as its screen reads it: the newest first, without an index of its own.

Such an index would be paid by every activity that is posted. What happened lately was also written lately, and by type and
time of the last change there is an index: with a bound in the past it finds all that happened since, but for what was
dated ahead when it was written.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from fairlead.activities.queries import Where
from fairlead.records.rows import Activity


class Wanted(msgspec.Struct, kw_only=True):
    """Which activities: of these types, from `since` on, before `until`, of this owner; None asks for nothing.

    `before` is the time and the id of the last one of the page before.
    """

    codes: Sequence[int]
    since: datetime | None = None
    until: datetime | None = None
    owner: str | None = None
    before: tuple[datetime, str] | None = None


_read = msgspec.json.Decoder(list[Activity], float_hook=Decimal).decode

LATELY = """
select json_agg(p order by p.happened_on desc, p.id desc)::text from (
    select a.* from activity a where a.org_id = $1 and a.lead_id is not null and {where}
    order by a.happened_on desc, a.id desc limit $2) p
"""

# A person's own leads are few: the timeline of each is walked from its end.
ON_OWN_LEADS = """
select json_agg(p order by p.happened_on desc, p.id desc)::text from (
    select h.* from lead l cross join lateral (
        select a.* from activity a where a.org_id = l.org_id and a.lead_id = l.id and {where}
        order by a.happened_on desc, a.id desc limit $2) h
    where l.org_id = $1 and l.owner_id = $3 order by h.happened_on desc, h.id desc limit $2) p
"""

WRITTEN = """
select count(*) from (select 1 from activity a
    where a.org_id = $1 and a.code = any($2::int[]) and ($3::timestamptz is null or a.modified_on >= $3) limit $4) w
"""


async def lately(db: Any, org_id: int, wanted: Wanted, limit: int) -> list[Activity]:
    """Activities that happened at `since` or later; every one of them was written since then, too."""
    where = Where(org_id, limit)
    if wanted.since is not None:
        where.add("a.modified_on >= {}", wanted.since)
    _choose(where, wanted)
    return await _found(db, LATELY, where)


async def on_own_leads(db: Any, org_id: int, owner_id: str, wanted: Wanted, limit: int) -> list[Activity]:
    """The same on the leads of one person, however long ago."""
    where = Where(org_id, limit, owner_id)
    _choose(where, wanted)
    return await _found(db, ON_OWN_LEADS, where)


async def are_many(db: Any, org_id: int, codes: Sequence[int], since: datetime | None, many: int) -> bool:
    """Whether more than so many activities of these types were written since then (None: ever)."""
    return int(await db.fetchval(WRITTEN, org_id, list(codes), since, many + 1)) > many


def _choose(where: Where, wanted: Wanted) -> None:
    where.add("a.code = any({}::int[])", list(wanted.codes))
    if wanted.since is not None:
        where.add("a.happened_on >= {}", wanted.since)
    if wanted.until is not None:
        where.add("a.happened_on < {}", wanted.until)
    if wanted.before is not None:
        where.add("(a.happened_on, a.id) < ({}, {}::uuid)", *wanted.before)
    if wanted.owner is not None:
        where.add("a.owner_id = {}::uuid", wanted.owner)


async def _found(db: Any, statement: str, where: Where) -> list[Activity]:
    text = await db.fetchval(statement.format(where=where), *where.parameters)
    return _read(text) if text else []
