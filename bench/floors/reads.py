"""The floors of the reads: one statement a call over a pool, and its JSON as it comes."""

from __future__ import annotations

from typing import Any

import msgspec

from fairlead.db.pool import Pool
from floors.base import Direct, Sent
from jobs.data import BRANCH

TIMELINE = """
select json_build_object('RecordCount', (select count(*) from activity a where a.org_id = $1 and a.lead_id = $2::uuid),
    'ProspectActivities', (select json_agg(p) from (
        select a.* from activity a where a.org_id = $1 and a.lead_id = $2::uuid
        order by a.happened_on desc, a.id desc limit 25) p))::text
"""

SEARCH = f"""
select json_agg(p)::text from (
    select l.id as "ProspectID", l.fields->>'FirstName' as "FirstName", l.fields->>'LastName' as "LastName",
        l.fields->>'EmailAddress' as "EmailAddress", l.fields->>'{BRANCH}' as "{BRANCH}", count(*) over () as "Total"
    from lead l where l.org_id = $1 and l.fields->>'{BRANCH}' = $2
    order by l.created_on desc, l.id desc limit 25) p
"""


class _Read(Direct):
    def __init__(self) -> None:
        self._pool: Any = None
        self._org = 0

    async def open(self, url: str) -> None:
        """A pool as the product's."""
        self._pool = await Pool.open(url)
        async with self._pool.connection() as db:
            self._org = await db.fetchval("select org_id from org limit 1")

    async def close(self) -> None:
        """Close the pool."""
        await self._pool.close()

    async def _text(self, statement: str, value: str) -> bytes:
        async with self._pool.connection() as db:
            found: str = await db.fetchval(statement, self._org, value)
        return found.replace('" : ', '":').encode()


class Timeline(_Read):
    """The newest activities of a lead, and how many there are."""

    async def serve(self, sent: Sent) -> bytes:
        """The page."""
        return await self._text(TIMELINE, sent.parameter("leadId"))


class _Parameter(msgspec.Struct):
    LookupValue: str


class _Criteria(msgspec.Struct):
    Parameter: _Parameter


class Search(_Read):
    """Leads with a value in a custom field, and how many there are."""

    _decode = msgspec.json.Decoder(_Criteria).decode

    async def serve(self, sent: Sent) -> bytes:
        """The page."""
        return await self._text(SEARCH, self._decode(sent.raw).Parameter.LookupValue)
