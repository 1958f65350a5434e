"""Every SQL statement about leads that is not part of a batch: reads, and what delete and merge do beside it.

Searches with conditions from the caller are composed in `criteria.py`. Batches: `records/queries.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from fairlead.fields.phone import phone_digits, same_phone
from fairlead.leads import criteria
from fairlead.records.rows import Activity, Change, Lead


class SeenLead(Lead, kw_only=True):
    """A lead as reads see it: with the code of its account's type."""

    account_code: int | None = None


_read_leads = msgspec.json.Decoder(list[SeenLead], float_hook=Decimal).decode

# $1 organisation, $2 the owner whose leads are all the caller may see, or null.
SEEN = """
select json_agg(s)::text from (
    select l.*, (select a.code from account a where a.org_id = l.org_id and a.id = l.account_id) as account_code
    from lead l where l.org_id = $1 and ($2::uuid is null or l.owner_id = $2) and {condition}) s
"""
BY_IDS = SEEN.format(condition="l.id = any($3::uuid[])")
BY_KEY = SEEN.format(
    condition="""l.id in (
        select k.lead_id from lead_key k where k.org_id = $1 and k.field = $3 and k.value = $4)"""
)
BY_VALUE = SEEN.format(condition="l.fields->>$3 = $4")
BY_VALUE_FOLDED = SEEN.format(condition="lower(l.fields->>$3) = lower($4)")
# The same expression as in lead_key_phone_idx.
BY_PHONE_KEY = SEEN.format(
    condition="""l.id in (
        select k.lead_id from lead_key k where k.org_id = $1 and k.field in ('Phone', 'Mobile')
            and right(translate(k.value, ' +-()./', ''), 8) = any($3::text[]))"""
)
BY_PHONE_VALUE = SEEN.format(
    condition="""(right(translate(l.fields->>'Phone', ' +-()./', ''), 8) = any($3::text[])
        or right(translate(l.fields->>'Mobile', ' +-()./', ''), 8) = any($3::text[]))"""
)


async def _leads(db: Any, statement: str, *parameters: Any) -> list[SeenLead]:
    text = await db.fetchval(statement, *parameters)
    return _read_leads(text) if text else []


async def by_ids(db: Any, org_id: int, owner_id: str | None, ids: Sequence[str]) -> list[SeenLead]:
    """Leads with these ids (GUIDs), in their order; unknown ones are left out."""
    found = {lead.id: lead for lead in await _leads(db, BY_IDS, org_id, owner_id, list(ids))}
    return [found[one] for one in ids if one in found]


async def by_key(db: Any, org_id: int, owner_id: str | None, field: str, value: str) -> list[SeenLead]:
    """The lead that holds a unique value, as it is compared; none or one."""
    return await _leads(db, BY_KEY, org_id, owner_id, field, value)


async def by_value(
    db: Any, org_id: int, owner_id: str | None, field: str, value: str, *, fold: bool
) -> list[SeenLead]:
    """Leads with this value in a text field; `fold`: without regard to case."""
    return await _leads(db, BY_VALUE_FOLDED if fold else BY_VALUE, org_id, owner_id, field, value)


async def by_phone(db: Any, org_id: int, owner_id: str | None, phone: str, *, keyed: bool) -> list[SeenLead]:
    """Leads whose phone or mobile is the same number, with or without country code.

    `keyed`: both fields are unique, so the keys are asked and not every lead.
    """
    endings = _endings(phone_digits(phone))
    found = (
        await _leads(db, BY_PHONE_KEY if keyed else BY_PHONE_VALUE, org_id, owner_id, endings)
        if endings
        else []
    )
    return [
        lead
        for lead in found
        if any(same_phone(phone, str(lead.fields.get(name) or "")) for name in ("Phone", "Mobile"))
    ]


def _endings(digits: str) -> list[str]:
    """What the last eight digits of the same number may be; numbers share seven digits at least."""
    if len(digits) < 7:
        return []
    if len(digits) == 7:
        return [digits, *(f"{first}{digits}" for first in range(10))]
    return [digits[-8:], digits[-7:]]


class Found(msgspec.Struct):
    """A page of leads, and how many there are in all."""

    total: int
    leads: list[SeenLead]


QUICK_FIELDS = (
    "FirstName",
    "LastName",
    "EmailAddress",
    "Phone",
    "Mobile",
    "Company",
    "mx_City",
    "mx_Country",
)
"""Where quick search looks."""

# $3 pattern. The names are written out, so that the statement can be read; they are the ones in QUICK_FIELDS.
QUICK = """
with hit as (
    select l.org_id, l.id, l.modified_on, count(*) over () as total
    from lead l where l.org_id = $1 and ($2::uuid is null or l.owner_id = $2)
        and (l.fields->>'FirstName' ilike $3 or l.fields->>'LastName' ilike $3 or l.fields->>'EmailAddress' ilike $3
            or l.fields->>'Phone' ilike $3 or l.fields->>'Mobile' ilike $3 or l.fields->>'Company' ilike $3
            or l.fields->>'mx_City' ilike $3 or l.fields->>'mx_Country' ilike $3)
    order by l.modified_on desc, l.id desc limit $4)
select (select max(total) from hit) as total, (select json_agg(s order by s.modified_on desc, s.id desc)::text from (
    select l.*, (select a.code from account a where a.org_id = l.org_id and a.id = l.account_id) as account_code
    from hit h join lead l on l.org_id = h.org_id and l.id = h.id) s) as leads
"""


async def quick(db: Any, org_id: int, owner_id: str | None, text: str, limit: int) -> Found:
    """Leads with this text in one of the names, numbers or places, newest change first."""
    plain = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    row = await db.fetchrow(QUICK, org_id, owner_id, f"%{plain}%", limit)
    return Found(row["total"] or 0, _read_leads(row["leads"]) if row["leads"] else [])


# `where` and `order` are of `criteria`, whose expressions say `lead`.
SEARCH = """
select (select count(*) from lead where {where}) as total, (select json_agg(s)::text from (
    select lead.*, (select a.code from account a where a.org_id = lead.org_id and a.id = lead.account_id) as account_code
    from lead where {where} order by {order} limit ${limit} offset ${offset}) s) as leads
"""


async def search(
    db: Any,
    org_id: int,
    owner_id: str | None,
    condition: criteria.Condition,
    sort: criteria.Attribute,
    *,
    descending: bool,
    offset: int,
    limit: int,
) -> Found:
    """A page of the leads that meet a condition, and the exact count of all."""
    where, values = criteria.where(org_id, owner_id, condition)
    order = criteria.order(sort, descending=descending)
    statement = SEARCH.format(where=where, order=order, limit=len(values) + 1, offset=len(values) + 2)
    row = await db.fetchrow(statement, *values, limit, offset)
    return Found(row["total"], _read_leads(row["leads"]) if row["leads"] else [])


PAGE = """
select json_agg(s)::text from (
    select lead.*, (select a.code from account a where a.org_id = lead.org_id and a.id = lead.account_id) as account_code
    from lead where {where} order by {order} limit ${limit} offset ${offset}) s
"""
COUNT = "select count(*) from lead where lead.org_id = ${org} and {where}"
# Of a long list only the first leads are looked up: enough to know a page, and whether there are `most`.
BEGINNING = """
with hit as materialized (
    select lead.org_id, lead.id, row_number() over (order by {order}) as place
    from {source} where {where} order by {order} limit ${most})
select (select count(*) from hit) as counted, (select json_agg(s order by s.place)::text from (
    select l.*, h.place, (select a.code from account a where a.org_id = l.org_id and a.id = l.account_id) as account_code
    from hit h join lead l on l.org_id = h.org_id and l.id = h.id
    where h.place > ${offset} and h.place <= ${end}) s) as leads
"""
# Leads in turn, each looked at until there are enough: the planner, which knows nothing of fields, would sort them all.
IN_TURN = "(select * from lead l where l.org_id = ${org} {owned} order by l.{order} offset 0) lead"


class Page(msgspec.Struct, kw_only=True):
    """Which leads a list shows: the condition (`where` of `criteria` with its values), the order, the place.

    `owner_id`: all of them are this user's. `in_turn`: they are sorted by their numbers.
    """

    org_id: int
    owner_id: str | None
    where: str
    values: list[Any]
    order: str
    in_turn: bool
    offset: int
    limit: int


async def page(db: Any, asked: Page) -> list[SeenLead]:
    """A page of leads, not counted."""
    more = len(asked.values)
    statement = PAGE.format(where=asked.where, order=asked.order, limit=more + 1, offset=more + 2)
    return await _leads(db, statement, *asked.values, asked.limit, asked.offset)


async def beginning(db: Any, asked: Page, most: int) -> Found:
    """A page of leads, and how many there are; of more than `most`, `most`."""
    more = len(asked.values)
    values: list[Any] = [*asked.values, most, asked.offset, asked.offset + asked.limit]
    source = "lead"
    if asked.in_turn:
        owned = f"and l.owner_id = ${more + 5}" if asked.owner_id is not None else ""
        source = IN_TURN.format(org=more + 4, owned=owned, order=asked.order.removeprefix("lead."))
        values += [asked.org_id, *([asked.owner_id] if asked.owner_id is not None else [])]
    statement = BEGINNING.format(
        source=source, where=asked.where, order=asked.order, most=more + 1, offset=more + 2, end=more + 3
    )
    row = await db.fetchrow(statement, *values)
    return Found(row["counted"], _read_leads(row["leads"]) if row["leads"] else [])


async def count(db: Any, asked: Page) -> int:
    """How many leads there are, whatever the page."""
    statement = COUNT.format(where=asked.where, org=len(asked.values) + 1)
    return int(await db.fetchval(statement, *asked.values, asked.org_id))


SEEN_IDS = """
select l.id::text from lead l
where l.org_id = $1 and ($2::uuid is null or l.owner_id = $2) and l.id = any($3::uuid[])
"""


async def seen_ids(db: Any, org_id: int, owner_id: str | None, ids: Sequence[str]) -> list[str]:
    """Which of these ids are leads, in the order of `ids`."""
    found = {row[0] for row in await db.fetch(SEEN_IDS, org_id, owner_id, list(ids))}
    return [one for one in ids if one in found]


# DELETE AND MERGE --------------------------------------------------------------------------------------

# A batch that writes to one of these leads meanwhile waits here, finds its version moved, and decides again.
LOCK = """
select json_agg(l)::text from (
    select * from lead l where l.org_id = $1 and l.id = any($2::uuid[]) order by l.org_id, l.id for update) l
"""


async def locked(db: Any, org_id: int, ids: Iterable[str]) -> dict[str, Lead]:
    """Leads by id, locked until the transaction ends."""
    return {lead.id: lead for lead in await _leads(db, LOCK, org_id, list(ids))}


DELETE_KEYS = """
delete from lead_key k using unnest($3::text[], $4::text[]) as n(field, value)
where k.org_id = $1 and k.lead_id = $2 and k.field = n.field and k.value = n.value
"""
DELETE_ACTIVITIES = "delete from activity a where a.org_id = $1 and a.lead_id = $2 returning a.id::text"
DELETE_HISTORY = "delete from change c where c.org_id = $1 and c.record_id = any($2::uuid[])"
DELETE_LEAD = "delete from lead l where l.org_id = $1 and l.id = $2"


async def delete(db: Any, org_id: int, id: str, keys: Sequence[tuple[str, str]]) -> None:
    """Remove a lead with its unique values (`keys`), history, activities and opportunities."""
    await db.execute(DELETE_KEYS, org_id, id, [field for field, _ in keys], [value for _, value in keys])
    # History last: a batch that was changing one of the activities has written its own by then.
    activities = [row[0] for row in await db.fetch(DELETE_ACTIVITIES, org_id, id)]
    await db.execute(DELETE_LEAD, org_id, id)
    await db.execute(DELETE_HISTORY, org_id, [id, *activities])


# `$3` becomes the lead of everything that was `$2`'s; the version moves, so that no batch writes the old one back.
MOVE_ACTIVITIES = """
update activity a set lead_id = $3, version = a.version + 1 where a.org_id = $1 and a.lead_id = $2
returning a.id::text
"""
MOVE_HISTORY = "update change c set lead_id = $2 where c.org_id = $1 and c.record_id = any($3::uuid[])"


async def move(db: Any, org_id: int, id: str, to: str) -> None:
    """Give the activities and opportunities of a lead, with their history, to another one."""
    activities = [row[0] for row in await db.fetch(MOVE_ACTIVITIES, org_id, id, to)]
    await db.execute(MOVE_HISTORY, org_id, to, activities)


# FIELD INDEXES -----------------------------------------------------------------------------------------

# Of all organisations together: an index has a place in every statement's planning.
FIELD_INDEXES = """
select c.relname as name, coalesce(obj_description(c.oid, 'pg_class'), '') as field, i.indisvalid as is_finished
from pg_class c join pg_index i on i.indexrelid = c.oid
where i.indrelid = 'lead'::regclass and c.relname like 'lead\\_field\\_%\\_idx' order by 2, 1
"""
ADD_FIELD_INDEX = "create index concurrently if not exists {name} on lead (org_id, ({expression}))"
DROP_FIELD_INDEX = "drop index concurrently if exists {name}"


class FieldIndex(msgspec.Struct):
    """An index on a field of leads. One that is not `is_finished` is being made, or its making broke off."""

    name: str
    field: str
    is_finished: bool


async def field_indexes(db: Any) -> list[FieldIndex]:
    """All of them, by field."""
    return [FieldIndex(**row) for row in await db.fetch(FIELD_INDEXES)]


async def add_field_index(db: Any, name: str, field: str, expression: str) -> None:
    """Make an index while leads are read and written; outside a transaction. `expression` is ours, see `criteria`."""
    await db.execute(ADD_FIELD_INDEX.format(name=name, expression=expression))
    quoted = field.replace("'", "''")
    await db.execute(f"comment on index {name} is '{quoted}'")
    # Without statistics of the expression the planner takes a search for one that finds a good part of all leads.
    await db.execute("analyze lead")


async def drop_field_index(db: Any, name: str) -> None:
    """Take an index away; outside a transaction."""
    await db.execute(DROP_FIELD_INDEX.format(name=name))


# WHAT HAPPENED -----------------------------------------------------------------------------------------

# $3 codes of activities, null for all; $4 and $5 where the page before ended, null for the newest; $6 how many;
# $7 whether changes are told. What made a record is told by the record itself; a change of owner or stage alone
# by the activity that it is.
TIMELINE = """
select t.happened, t.row, t.kind from (
    (select a.happened_on as happened, a.id, 'activity' as kind, row_to_json(a)::text as row from activity a
        where a.org_id = $1 and a.lead_id = $2 and ($3::int[] is null or a.code = any($3))
            and ($4::timestamptz is null or (a.happened_on, a.id) < ($4, $5::uuid))
        order by a.happened_on desc, a.id desc limit $6)
    union all
    (select c.changed_on, c.id, 'change', row_to_json(c)::text
        from (
            select $2::uuid as id, null::timestamptz as since
            union all
            select a.id, a.created_on from activity a where a.org_id = $1 and a.lead_id = $2) r
        join change c on c.org_id = $1 and c.record_id = r.id and c.changed_on is distinct from r.since
        where $7 and (c.changes::jsonb - 'OwnerId' - 'ProspectStage') <> '{}'::jsonb
            and ($4::timestamptz is null or (c.changed_on, c.id) < ($4, $5::uuid))
        order by c.changed_on desc, c.id desc limit $6)
) t order by t.happened desc, t.id desc limit $6
"""

_read_activity = msgspec.json.Decoder(Activity, float_hook=Decimal).decode
_read_change = msgspec.json.Decoder(Change, float_hook=Decimal).decode


async def timeline(
    db: Any,
    org_id: int,
    lead_id: str,
    *,
    codes: Sequence[int] | None,
    changes: bool,
    before: tuple[datetime, str] | None,
    limit: int,
) -> list[Activity | Change]:
    """What happened on a lead, newest first: activities with these codes (None: all), and changes of fields.

    `before` is the time and the id of the last one of the page before. Whether the lead may be seen is asked first.
    """
    at, id = before if before is not None else (None, None)
    rows = await db.fetch(
        TIMELINE, org_id, lead_id, codes if codes is None else list(codes), at, id, limit, changes
    )
    return [
        _read_activity(row["row"]) if row["kind"] == "activity" else _read_change(row["row"]) for row in rows
    ]


HAPPENED = """
select a.code, count(*) as count from activity a where a.org_id = $1 and a.lead_id = $2 group by a.code order by a.code
"""


async def happened(db: Any, org_id: int, lead_id: str) -> dict[int, int]:
    """How many activities of each code a lead has."""
    return {row["code"]: row["count"] for row in await db.fetch(HAPPENED, org_id, lead_id)}


ACCOUNT = "select a.name, a.owner_id::text from account a where a.org_id = $1 and a.id = $2"


async def account(db: Any, org_id: int, account_id: str) -> tuple[str, str] | None:
    """The name of an account, and the id of its owner."""
    found = await db.fetchrow(ACCOUNT, org_id, account_id)
    return (found[0], found[1]) if found else None
