"""The floors of the main job: the product's rows, bare rows, and nothing at all."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from fairlead.db.pool import connect
from floors.base import Batched, Sent, columns, ids, new_id, text
from jobs.data import VISIT


class Pair(msgspec.Struct):
    """An attribute or a field."""

    Value: str
    Attribute: str = ""
    SchemaName: str = ""


class Activity(msgspec.Struct):
    """The activity of a call."""

    ActivityEvent: int
    ActivityNote: str
    Fields: list[Pair]


class Body(msgspec.Struct):
    """The body of a call."""

    LeadDetails: list[Pair]
    Activity: Activity


_decode = msgspec.json.Decoder(Body).decode
Calls = list[tuple[Body, str]]


class Posted(Batched):
    """A body, the id of its activity, and the answer."""

    def decode(self, sent: Sent) -> Any:
        """The body and the id of the new activity."""
        return _decode(sent.raw), new_id()

    def answer(self, call: tuple[Body, str]) -> bytes:
        """The id of the activity."""
        return b'{"Status":"Success","Message":{"Id":"%s"}}' % call[1].encode()


FIND = """
select k.value, k.lead_id::text from unnest($2::text[]) as n(value)
join lead_key k on k.org_id = $1 and k.field = 'EmailAddress' and k.value = n.value
"""

WRITE = f"""
with lead_new as (
    insert into lead (org_id, id, version, auto_id, owner_id, stage, score, engagement_score, revenue, is_lead,
        created_by, created_on, modified_by, modified_on, touched_on, first_activity_id, first_activity_on,
        last_activity_id, last_activity_on, last_activity_code, fields)
    select $1, n.id, 1, n.auto_id, $2, 'Prospect', 5, 5, 0, true, $2, $3, $2, $3, $3, n.activity, $3, n.activity,
        $3, {VISIT}, n.fields::jsonb
    from unnest($4::text::uuid[], $5::text::bigint[], $6::text::uuid[], $7::text[]) as n(id, auto_id, activity, fields)),
lead_moved as (
    update lead t set version = t.version + 1, score = t.score + n.score,
        engagement_score = t.engagement_score + n.score, modified_by = $2, modified_on = $3, touched_on = $3,
        first_activity_id = coalesce(t.first_activity_id, n.activity),
        first_activity_on = coalesce(t.first_activity_on, $3), last_activity_id = n.activity,
        last_activity_on = $3, last_activity_code = {VISIT}, fields = t.fields || n.fields::jsonb
    from unnest($8::text::uuid[], $9::text::int[], $10::text::uuid[], $11::text[]) as n(id, score, activity, fields)
    where t.org_id = $1 and t.id = n.id),
lead_key_new as (
    insert into lead_key (org_id, field, value, lead_id)
    select $1, n.field, n.value, n.id from unnest($12::text[], $13::text[], $14::text::uuid[]) as n(field, value, id)),
activity_new as (
    insert into activity (org_id, id, version, code, lead_id, happened_on, note, owner_id, score, locked, cancelled,
        created_by, created_on, modified_by, modified_on, fields)
    select $1, n.id, 1, {VISIT}, n.lead_id, $3, n.note, $2, 5, false, false, $2, $3, $2, $3, n.fields::jsonb
    from unnest($15::text::uuid[], $16::text::uuid[], $17::text[], $18::text[]) as n(id, lead_id, note, fields)),
change_new as (
    insert into change (org_id, record_id, id, code, lead_id, changed_on, changed_by, changes)
    select $1, n.lead_id, n.id, -1, n.lead_id, $3, $2, n.changes::jsonb
    from unnest($16::text::uuid[], $19::text::uuid[], $20::text[]) as n(lead_id, id, changes))
select 1
"""


class SameRows(Posted):
    """Lead, keys, activity and history, as the product writes them."""

    def __init__(self) -> None:
        super().__init__()
        self._db: Any = None
        self._org = 0
        self._user: Any = None
        self._number = 0

    async def open(self, url: str) -> None:
        """Connect as the product's batcher does."""
        self._db = await connect(url, batch=True)
        self._org, self._user = await self._db.fetchrow("select org_id, id from app_user limit 1")
        self._number = await self._db.fetchval("select max(auto_id) from lead")

    async def commit(self, calls: Calls) -> None:
        """Write a batch."""
        emails = [body.LeadDetails[0].Value for body, _ in calls]
        known = dict(await self._db.fetch(FIND, self._org, emails))
        new: list[tuple[str, int, str, str]] = []
        moved: dict[str, tuple[int, str, str]] = {}
        keys: list[tuple[str, str, str]] = []
        acts: list[tuple[str, str, str, str, str, str]] = []
        for (body, activity_id), email in zip(calls, emails, strict=True):
            fields = {pair.Attribute: pair.Value for pair in body.LeadDetails if pair.Attribute != "SearchBy"}
            lead_id = known.get(email)
            if lead_id is None:
                fields["Origin"] = "API"
                lead_id = known[email] = new_id()
                self._number += 1
                new.append((lead_id, self._number, activity_id, text(fields)))
                keys.append(("EmailAddress", email, lead_id))
                keys.append(("Phone", fields["Phone"], lead_id))
                changes: dict[str, Any] = {name: (None, value) for name, value in fields.items()}
                changes["OwnerId"] = (None, lead_id)
                changes["ProspectStage"] = (None, "Prospect")
            else:
                score = moved[lead_id][0] if lead_id in moved else 0
                moved[lead_id] = (score + 5, activity_id, text(fields))
                changes = {"mx_City": (None, fields["mx_City"])}
            new_activity = body.Activity
            values = text({pair.SchemaName: pair.Value for pair in new_activity.Fields})
            acts.append((activity_id, lead_id, new_activity.ActivityNote, values, new_id(), text(changes)))
        keys.sort()
        await self._write(new, sorted((lead_id, *rest) for lead_id, rest in moved.items()), keys, acts)

    async def _write(self, new: list[Any], moved: list[Any], keys: list[Any], acts: list[Any]) -> None:
        sent = [*columns(new, 4), *columns(moved, 4), *columns(keys, 3), *columns(acts, 6)]
        for at in (0, 1, 2, 4, 5, 6, 10, 11, 12, 15):
            sent[at] = ids(sent[at])
        await self._db.fetchrow(WRITE, self._org, self._user, datetime.now(UTC), *sent)


UPSERT = """
with found as (
    insert into bare_lead as t (id, email, fields)
    select n.id, n.email, n.fields::jsonb from unnest($1::text::uuid[], $2::text[], $3::text[]) as n(id, email, fields)
    on conflict (email) do update set fields = t.fields || excluded.fields returning t.id, t.email)
insert into bare_activity (id, lead_id, code, note, created_on, fields)
select n.id, f.id, $4, n.note, $5, n.fields::jsonb
from unnest($6::text::uuid[], $7::text[], $8::text[], $9::text[]) as n(id, email, note, fields)
join found f on f.email = n.email
"""


class Bare(Posted):
    """An upsert and an insert."""

    def __init__(self) -> None:
        super().__init__()
        self._db: Any = None

    async def open(self, url: str) -> None:
        """Connect. The join of a batch with itself may hash."""
        self._db = await connect(url, batch=True)
        await self._db.execute("set enable_hashjoin = on")

    async def commit(self, calls: Calls) -> None:
        """Write a batch; of a lead that comes twice the last one counts."""
        leads = {}
        acts: tuple[list[str], ...] = ([], [], [], [])
        for body, activity_id in calls:
            email = body.LeadDetails[0].Value
            leads[email] = text({pair.Attribute: pair.Value for pair in body.LeadDetails[1:]})
            activity = body.Activity
            acts[0].append(activity_id)
            acts[1].append(email)
            acts[2].append(activity.ActivityNote)
            acts[3].append(text({pair.SchemaName: pair.Value for pair in activity.Fields}))
        emails = sorted(leads)
        made = ids(new_id() for _ in emails)
        fields = [leads[email] for email in emails]
        await self._db.fetch(UPSERT, made, emails, fields, VISIT, datetime.now(UTC), ids(acts[0]), *acts[1:])


class Echo(Posted):
    """Nothing is kept."""

    async def open(self, url: str) -> None:
        """Nothing to open."""

    async def serve(self, sent: Sent) -> bytes:
        """Decode and answer."""
        return self.answer(self.decode(sent))
