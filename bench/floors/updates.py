"""The floors of the updates: read the record, write it, its history, and what follows for the lead."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec

from fairlead.db.pool import connect
from floors.base import Batched, Sent, columns, ids, new_id, text
from jobs.data import OPPORTUNITY

FIND = """
select a.id::text, a.lead_id::text, a.fields::text from unnest($2::text::uuid[]) as n(id)
join activity a on a.org_id = $1 and a.id = n.id
"""

WRITE = """
with activity_moved as (
    update activity t set version = t.version + 1, modified_by = $2, modified_on = $3, fields = n.fields::jsonb
    from unnest($4::text::uuid[], $5::text[]) as n(id, fields) where t.org_id = $1 and t.id = n.id),
lead_moved as (
    update lead t set version = t.version + 1, revenue = t.revenue + n.revenue, touched_on = $3
    from unnest($6::text::uuid[], $7::text::numeric[]) as n(id, revenue) where t.org_id = $1 and t.id = n.id),
change_new as (
    insert into change (org_id, record_id, id, code, lead_id, changed_on, changed_by, changes)
    select $1, n.record_id, n.id, $8, n.lead_id, $3, $2, n.changes::json
    from unnest($9::text::uuid[], $10::text::uuid[], $11::text::uuid[], $12::text[])
        as n(record_id, id, lead_id, changes))
select 1
"""

_read = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal).decode


class _Record(Batched):
    """Changes values of records: a call is the record's id and what is new."""

    code = 0
    counts = ""
    """The field whose value counts in the lead's revenue."""

    def __init__(self) -> None:
        super().__init__()
        self._db: Any = None
        self._org = 0
        self._user: Any = None

    async def open(self, url: str) -> None:
        """Connect as the product's batcher does."""
        self._db = await connect(url, batch=True)
        self._org, self._user = await self._db.fetchrow("select org_id, id from app_user limit 1")

    async def commit(self, calls: list[tuple[str, dict[str, Any]]]) -> None:
        """Write a batch."""
        found = await self._db.fetch(FIND, self._org, ids({id for id, _ in calls}))
        stored = {row[0]: (row[1], _read(row[2])) for row in found}
        moved: dict[str, Decimal] = {}
        history = []
        for id, new in calls:
            lead_id, fields = stored[id]
            changes = {name: (fields.get(name), value) for name, value in new.items()}
            history.append((id, new_id(), lead_id, text(changes)))
            if self.counts:
                more = new[self.counts] - Decimal(fields[self.counts])
                moved[lead_id] = moved.get(lead_id, Decimal(0)) + more
            fields.update(new)
        records = columns(sorted((id, text(fields)) for id, (_, fields) in stored.items()), 2)
        leads = columns(sorted(moved.items()), 2)
        past = columns(history, 4)
        await self._db.fetchrow(
            WRITE,
            self._org,
            self._user,
            datetime.now(UTC),
            ids(records[0]),
            records[1],
            ids(leads[0]),
            ids(leads[1]),
            self.code,
            *(ids(column) for column in past[:3]),
            past[3],
        )


class _SaleBody(msgspec.Struct):
    Id: str
    Revenue: str


class Sale(_Record):
    """Another value of a sale, and the lead's revenue."""

    code = 30
    counts = "mx_Custom_2"
    _body = msgspec.json.Decoder(_SaleBody).decode

    def decode(self, sent: Sent) -> Any:
        """The sale and its new value."""
        body = self._body(sent.raw)
        return body.Id, {self.counts: Decimal(body.Revenue)}

    def answer(self, call: Any) -> bytes:  # noqa: ARG002
        """One row, whichever."""
        return b'{"Status":"Success","Message":{"AffectedRows":1}}'


class _Pair(msgspec.Struct):
    SchemaName: str
    Value: str


class _OpportunityBody(msgspec.Struct):
    ProspectOpportunityId: str
    Fields: list[_Pair]


class Opportunity(_Record):
    """Other values of an opportunity."""

    code = OPPORTUNITY
    _body = msgspec.json.Decoder(_OpportunityBody).decode

    def decode(self, sent: Sent) -> Any:
        """The opportunity and its new values; the first one sent is stored already."""
        body = self._body(sent.raw)
        return body.ProspectOpportunityId, {pair.SchemaName: pair.Value for pair in body.Fields[1:]}

    def answer(self, call: Any) -> bytes:
        """The opportunity's id."""
        return b'{"Status":"Success","Message":{"Id":"%s"}}' % call[0].encode()
