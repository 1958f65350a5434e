"""The floors of the bulk calls: the activities, and what they move on their leads."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from fairlead.db.pool import connect
from floors.base import Batched, Sent, columns, ids, new_id, text
from jobs.data import VISIT

FIND = """
select a.id::text, a.lead_id::text from unnest($2::text::uuid[]) as n(id)
join activity a on a.org_id = $1 and a.id = n.id
"""

WRITE = f"""
with activity_new as (
    insert into activity (org_id, id, version, code, lead_id, opportunity_id, happened_on, note, owner_id, status, score,
        locked, cancelled, created_by, created_on, modified_by, modified_on, fields)
    select $1, n.id, 1, {VISIT}, n.lead_id, n.opportunity_id, $3, n.note, $2, 'Active', 5, false, false, $2, $3, $2, $3,
        n.fields::jsonb
    from unnest($4::text::uuid[], $5::text::uuid[], $6::text::uuid[], $7::text[], $8::text[])
        as n(id, lead_id, opportunity_id, note, fields)),
lead_counted as (
    update lead t set version = t.version + 1, score = t.score + n.score,
        engagement_score = t.engagement_score + n.score, touched_on = $3,
        first_activity_id = coalesce(t.first_activity_id, n.activity),
        first_activity_on = coalesce(t.first_activity_on, $3), last_activity_id = n.activity,
        last_activity_on = $3, last_activity_code = {VISIT}
    from unnest($9::text::uuid[], $10::text::int[], $11::text::uuid[]) as n(id, score, activity)
    where t.org_id = $1 and t.id = n.id)
select 1
"""


class _Pair(msgspec.Struct):
    SchemaName: str
    Value: str


class _Row(msgspec.Struct):
    ActivityNote: str
    Fields: list[_Pair]
    RelatedProspectId: str = ""


_decode = msgspec.json.Decoder(list[_Row]).decode


class _Created(msgspec.Struct):
    ProspectActivityId: str
    RowNumber: int
    ActivityCreated: bool = True


Call = tuple[str, list[tuple[str, _Row]]]
"""The opportunity, and the rows with the ids of their activities."""


class OnLeads(Batched):
    """Every row on the lead it names."""

    def __init__(self) -> None:
        super().__init__()
        self._db: Any = None
        self._org = 0
        self._user: Any = None

    async def open(self, url: str) -> None:
        """Connect as the product's batcher does."""
        self._db = await connect(url, batch=True)
        self._org, self._user = await self._db.fetchrow("select org_id, id from app_user limit 1")

    def decode(self, sent: Sent) -> Call:
        """The rows with new ids."""
        return "", [(new_id(), row) for row in _decode(sent.raw)]

    def answer(self, call: Call) -> bytes:
        """A result for every row."""
        rows = [_Created(id, number) for number, (id, _) in enumerate(call[1], 1)]
        return msgspec.json.encode({"Response": rows})

    async def commit(self, calls: list[Call]) -> None:
        """Write a batch."""
        named = {opportunity for opportunity, _ in calls if opportunity}
        leads = dict(await self._db.fetch(FIND, self._org, ids(named))) if named else {}
        acts = []
        counted: dict[str, list[Any]] = {}
        for opportunity, rows in calls:
            for id, row in rows:
                lead_id = row.RelatedProspectId or leads[opportunity]
                values = text({pair.SchemaName: pair.Value for pair in row.Fields})
                acts.append((id, lead_id, opportunity or "NULL", row.ActivityNote, values))
                count = counted.setdefault(lead_id, [0, ""])
                count[0] += 5
                count[1] = id
        new = columns(acts, 5)
        moved = columns(sorted((lead, *count) for lead, count in counted.items()), 3)
        await self._db.fetchrow(
            WRITE,
            self._org,
            self._user,
            datetime.now(UTC),
            *(ids(column) for column in new[:3]),
            *new[3:],
            *(ids(column) for column in moved),
        )


class OnOpportunity(OnLeads):
    """All rows on one opportunity, whose lead is looked up."""

    def decode(self, sent: Sent) -> Call:
        """The opportunity, and the rows with new ids."""
        return sent.parameter("opportunityId"), super().decode(sent)[1]
