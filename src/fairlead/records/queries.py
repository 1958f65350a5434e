"""The two statements of a batch: one READ that sees everything in one snapshot, one WRITE of all that changed.

Both are composed of parts, and only the parts in use are sent. Rows travel as JSON arrays, one per table:
one parameter, one conversion on each side. User text is only ever inside such a parameter.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from fairlead.records import rows
from fairlead.records.picture import Needs, Picture

_encoder = msgspec.json.Encoder(decimal_format="number")


def encode(value: Any) -> str:
    """JSON text for a parameter; decimals as numbers."""
    return _encoder.encode(value).decode()


def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(list[kind], float_hook=Decimal)


# READ ------------------------------------------------------------------------------------------------

_LEAD_IDS = {
    "keys": "select org_id, lead_id as id from found_keys",
    "leads": """select org_id, id from json_to_recordset($leads::json) as n(org_id bigint, id uuid)""",
    "activities": "select org_id, lead_id as id from found_activities where lead_id is not null",
}

_WITH = {
    "keys": """found_keys as materialized (
        select k.org_id, k.field, k.value, k.lead_id
        from json_to_recordset($keys::json) as n(org_id bigint, field text, value text)
        join lead_key k on k.org_id = n.org_id and k.field = n.field and k.value = n.value)""",
    "activities": """found_activities as materialized (
        select a.* from json_to_recordset($activities::json) as n(org_id bigint, id uuid, auto_id bigint)
        join activity a on a.org_id = n.org_id and a.id = n.id
        union all
        select a.* from json_to_recordset($activities::json) as n(org_id bigint, id uuid, auto_id bigint)
        join activity a on a.org_id = n.org_id and a.auto_id = n.auto_id)""",
    "accounts": """found_accounts as materialized (
        select a.* from json_to_recordset($accounts::json)
            as n(org_id bigint, id uuid, code int, field text, value text)
        join account a on a.org_id = n.org_id and a.id = n.id and n.id is not null
        union
        select a.* from json_to_recordset($accounts::json)
            as n(org_id bigint, id uuid, code int, field text, value text)
        join account a on a.org_id = n.org_id and a.code = n.code and a.name = n.value
            and n.field = 'CompanyName'
        union
        select a.* from json_to_recordset($accounts::json)
            as n(org_id bigint, id uuid, code int, field text, value text)
        join account_key k on k.org_id = n.org_id and k.code = n.code and k.field = n.field
            and k.value = n.value
        join account a on a.org_id = k.org_id and a.id = k.account_id)""",
}

_LEADS = """found_leads as materialized (
        select l.* from (select distinct org_id, id from ({ids}) as all_ids) as i
        join lead l on l.org_id = i.org_id and l.id = i.id)"""

_SELECT = {
    "keys": "(select json_agg(k)::text from found_keys k) as keys",
    "activities": "(select json_agg(a)::text from found_activities a) as activities",
    "accounts": "(select json_agg(a)::text from found_accounts a) as accounts",
    "opportunities": """(select json_agg(a)::text from json_to_recordset($opportunities::json)
            as n(org_id bigint, code int)
        join found_leads l on l.org_id = n.org_id
        join activity a on a.org_id = l.org_id and a.lead_id = l.id and a.code = n.code) as opportunities""",
}
_FOUND_LEADS = "(select json_agg(l)::text from found_leads l) as leads"
_VERSIONS = """(select json_agg(json_build_array(o.org_id, o.version))::text from org o
        where o.org_id = any($orgs::bigint[])) as versions"""


@functools.cache
def _read_statement(parts: tuple[str, ...]) -> str:
    """The READ with these parts, parameters numbered in the order orgs, then parts."""
    withs = [_WITH[p] for p in parts if p in _WITH]
    selects = [_VERSIONS] + [_SELECT[p] for p in parts if p in _SELECT]
    ids = [_LEAD_IDS[p] for p in parts if p in _LEAD_IDS]
    if ids:
        withs.append(_LEADS.format(ids="\n            union ".join(ids)))
        selects.append(_FOUND_LEADS)
    text = ("with " + ",\n     ".join(withs) + "\n" if withs else "") + "select " + ",\n       ".join(selects)
    for number, name in enumerate(("orgs", *parts), 1):
        text = text.replace(f"${name}::", f"${number}::")
    return text


class _KeyNeed(msgspec.Struct):
    org_id: int
    field: str
    value: str


class _IdNeed(msgspec.Struct):
    org_id: int
    id: str | None = None
    auto_id: int | None = None
    code: int | None = None
    field: str | None = None
    value: str | None = None


def _parameters(needs: Iterable[tuple[int, Needs]]) -> dict[str, list[Any]]:
    """Needs of many calls as rows per part, each row once."""
    keys: dict[tuple[int, str, str], _KeyNeed] = {}
    ids: dict[str, dict[tuple[Any, ...], _IdNeed]] = {
        "leads": {}, "activities": {}, "accounts": {}, "opportunities": {}
    }  # fmt: skip
    for org, need in needs:
        for field, value in need.keys:
            keys[org, field, value] = _KeyNeed(org, field, value)
        for id in need.leads:
            ids["leads"][org, id] = _IdNeed(org, id)
        for id in need.activities:
            ids["activities"][org, id] = _IdNeed(org, id)
        for number in need.auto_activities:
            ids["activities"][org, number] = _IdNeed(org, auto_id=number)
        for id in need.accounts:
            ids["accounts"][org, id] = _IdNeed(org, id)
        for code, field, value in need.accounts_by:
            ids["accounts"][org, code, field, value] = _IdNeed(org, code=code, field=field, value=value)
        for code in need.opportunities:
            ids["opportunities"][org, code] = _IdNeed(org, code=code)
    found = {"keys": list(keys.values()), **{name: list(some.values()) for name, some in ids.items()}}
    return {name: some for name, some in found.items() if some}


_read_leads = _decoder(rows.Lead)
_read_activities = _decoder(rows.Activity)
_read_accounts = _decoder(rows.Account)
_read_keys = msgspec.json.Decoder(list[rows.LeadKey])
_read_versions = msgspec.json.Decoder(list[tuple[int, int]])


async def read(db: Any, needs: Sequence[tuple[int, Needs]], pictures: dict[int, Picture]) -> dict[int, int]:
    """Fill the pictures (by organisation) with what the needs name, in one snapshot.

    Returns the version of every organisation that exists.
    """
    parts = _parameters(needs)
    statement = _read_statement(tuple(parts))
    row = await db.fetchrow(statement, list(pictures), *(encode(some) for some in parts.values()))
    if parts:
        _fill(row, pictures)
    return dict(_read_versions.decode(row["versions"])) if row["versions"] else {}


def _fill(row: Any, pictures: dict[int, Picture]) -> None:
    found = dict(row)
    if text := found.get("leads"):
        for lead in _read_leads.decode(text):
            pictures[lead.org_id].leads[lead.id] = lead
    if text := found.get("keys"):
        for key in _read_keys.decode(text):
            pictures[key.org_id].keys[key.field, key.value] = key.lead_id
    if text := found.get("activities"):
        for activity in _read_activities.decode(text):
            picture = pictures[activity.org_id]
            picture.activities[activity.id] = activity
            if activity.auto_id is not None:
                picture.by_auto_id[activity.auto_id] = activity
    if text := found.get("opportunities"):
        for activity in _read_activities.decode(text):
            picture = pictures[activity.org_id]
            known = picture.activities.setdefault(activity.id, activity)
            picture.opportunities.setdefault(known.lead_id or "", []).append(known)
    if text := found.get("accounts"):
        for account in _read_accounts.decode(text):
            picture = pictures[account.org_id]
            picture.accounts[account.id] = account
            for name in ("CompanyName", "CompanyNumber", "CompanyIdentifier"):
                value = account.name if name == "CompanyName" else account.fields.get(name)
                if value:
                    picture.accounts_by.setdefault((account.code, name, str(value)), []).append(account.id)


LOCK_LEADS = """
select 1 from json_to_recordset($1::json) as n(org_id bigint, id uuid)
join lead l on l.org_id = n.org_id and l.id = n.id order by l.org_id, l.id for update of l
"""
LOCK_ACTIVITIES = """
select 1 from json_to_recordset($1::json) as n(org_id bigint, id uuid)
join activity a on a.org_id = n.org_id and a.id = n.id order by a.org_id, a.id for update of a
"""
LOCK_ACCOUNTS = """
select 1 from json_to_recordset($1::json) as n(org_id bigint, id uuid)
join account a on a.org_id = n.org_id and a.id = n.id order by a.org_id, a.id for update of a
"""


async def lock(db: Any, pictures: Iterable[Picture]) -> None:
    """Lock the rows that were read, in the order of their ids, until the transaction ends."""
    some = list(pictures)
    for statement, name in ((LOCK_LEADS, "leads"), (LOCK_ACCOUNTS, "accounts"), (LOCK_ACTIVITIES, "activities")):
        found = [_IdNeed(p.org_id, id) for p in some for id in sorted(getattr(p, name))]
        if found:
            await db.fetch(statement, encode(found))


# WRITE -----------------------------------------------------------------------------------------------

_TYPES = {
    rows.Lead: """org_id bigint, id uuid, version int, auto_id bigint, owner_id uuid, stage text, score int,
        engagement_score int, revenue numeric, account_id uuid, is_lead bool, created_by uuid,
        created_on timestamptz, modified_by uuid, modified_on timestamptz, touched_on timestamptz,
        first_activity_id uuid, first_activity_on timestamptz, last_activity_id uuid,
        last_activity_on timestamptz, last_activity_code int, fields jsonb""",
    rows.Activity: """org_id bigint, id uuid, version int, code int, lead_id uuid, account_id uuid,
        opportunity_id uuid, auto_id bigint, happened_on timestamptz, note text, owner_id uuid, status text,
        score int, locked bool, cancelled bool, created_by uuid, created_on timestamptz, modified_by uuid,
        modified_on timestamptz, fields jsonb""",
    rows.Account: """org_id bigint, id uuid, version int, code int, auto_id bigint, name text, owner_id uuid,
        stage text, created_by uuid, created_on timestamptz, modified_by uuid, modified_on timestamptz,
        last_activity_on timestamptz, fields jsonb""",
    rows.LeadKey: "org_id bigint, field text, value text, lead_id uuid",
    rows.AccountKey: "org_id bigint, code int, field text, value text, account_id uuid",
    rows.Change: """org_id bigint, record_id uuid, id uuid, code int, lead_id uuid, changed_on timestamptz,
        changed_by uuid, changes jsonb""",
}

_FIXED = {"org_id", "id", "version", "auto_id", "created_by", "created_on"}


def _insert(table: str, kind: Any) -> str:
    names = rows.columns[kind]
    return f"insert into {table} ({names}) select {names} from json_to_recordset($0::json) as n({_TYPES[kind]})"


def _update(table: str, kind: Any) -> str:
    """Write rows whose stored version is still the one that was read; the caller compares the count."""
    sets = ", ".join(f"{name} = n.{name}" for name in kind.__struct_fields__ if name not in _FIXED)
    return f"""update {table} t set version = t.version + 1, {sets}
        from json_to_recordset($0::json) as n({_TYPES[kind]})
        where t.org_id = n.org_id and t.id = n.id and t.version = n.version returning 1"""


_STATEMENTS = {
    "account_new": _insert("account", rows.Account),
    "account_moved": _update("account", rows.Account),
    "account_key_gone": """delete from account_key k using json_to_recordset($0::json)
        as n(org_id bigint, code int, field text, value text, account_id uuid)
        where k.org_id = n.org_id and k.code = n.code and k.field = n.field and k.value = n.value
            and k.account_id = n.account_id""",
    "account_key_new": _insert("account_key", rows.AccountKey),
    "lead_new": _insert("lead", rows.Lead),
    "lead_moved": _update("lead", rows.Lead),
    "lead_key_gone": """delete from lead_key k using json_to_recordset($0::json)
        as n(org_id bigint, field text, value text, lead_id uuid)
        where k.org_id = n.org_id and k.field = n.field and k.value = n.value and k.lead_id = n.lead_id""",
    "lead_key_new": _insert("lead_key", rows.LeadKey),
    "activity_new": _insert("activity", rows.Activity),
    "activity_moved": _update("activity", rows.Activity),
    "change_new": _insert("change", rows.Change),
}
"""The write, in order: parents first, each statement over one table."""

_COUNTED = ("account_moved", "lead_moved", "activity_moved")


class Moved(Exception):
    """A row was changed by somebody else between READ and WRITE; nothing was written."""


def changed(pictures: Iterable[Picture]) -> dict[str, list[Any]]:
    """Rows to write, by statement, in the order of the statements; sorted so that writers never deadlock."""
    found: dict[str, list[Any]] = {name: [] for name in _STATEMENTS}
    for p in pictures:
        found["account_new"] += p.new_accounts.values()
        found["account_moved"] += p.dirty_accounts.values()
        found["account_key_gone"] += p.released_account_keys.values()
        found["account_key_new"] += p.new_account_keys.values()
        found["lead_new"] += p.new_leads.values()
        found["lead_moved"] += p.dirty_leads.values()
        found["lead_key_gone"] += p.released.values()
        found["lead_key_new"] += p.claimed.values()
        found["activity_new"] += p.new_activities.values()
        found["activity_moved"] += p.dirty_activities.values()
        found["change_new"] += p.changes
    for name in _COUNTED:
        found[name].sort(key=_by_id)
    for name in ("lead_key_gone", "lead_key_new", "account_key_gone", "account_key_new"):
        found[name].sort(key=_by_value)
    return {name: some for name, some in found.items() if some}


def _by_id(row: Any) -> tuple[int, str]:
    return row.org_id, row.id


def _by_value(row: Any) -> tuple[int, str, str]:
    return row.org_id, row.field, row.value


@functools.cache
def _write_statement(names: tuple[str, ...]) -> str:
    """All writes as one statement, atomic by itself. A moved version makes it fail: 1 / 0."""
    parts = [f"{name} as ({_STATEMENTS[name].replace('$0', f'${i}')})" for i, name in enumerate(names, 1)]
    counted = [name for name in names if name in _COUNTED]
    checks = " and ".join(
        f"(select count(*) from {name}) = ${len(names) + i}::bigint" for i, name in enumerate(counted, 1)
    )
    return "with " + ",\n     ".join(parts) + f"\nselect 1 / ({checks or 'true'})::int"


async def write(db: Any, found: dict[str, list[Any]]) -> None:
    """Send the rows of `changed` as one statement.

    Raises asyncpg.DivisionByZeroError when a row had moved (see `Moved`), UniqueViolationError when a unique
    value was taken meanwhile; then nothing is written.
    """
    counts = [len(some) for name, some in found.items() if name in _COUNTED]
    await db.fetchrow(_write_statement(tuple(found)), *(encode(some) for some in found.values()), *counts)


async def write_in_steps(db: Any, found: dict[str, list[Any]]) -> None:
    """Send the rows of `changed` one statement after the other; the caller holds the transaction.

    Needed when a unique value is given up and taken again in one batch. Raises `Moved`.
    """
    for name, some in found.items():
        done = await db.fetch(_STATEMENTS[name].replace("$0", "$1"), encode(some))
        if name in _COUNTED and len(done) != len(some):
            raise Moved


def needs_steps(found: dict[str, list[Any]]) -> bool:
    """True when a unique value is released and claimed in the same write."""
    gone = {_by_value(key) for key in found.get("lead_key_gone", ())}
    new = {_by_value(key) for key in found.get("lead_key_new", ())}
    gone_accounts = {(key.code, *_by_value(key)) for key in found.get("account_key_gone", ())}
    new_accounts = {(key.code, *_by_value(key)) for key in found.get("account_key_new", ())}
    return not gone.isdisjoint(new) or not gone_accounts.isdisjoint(new_accounts)


WITNESS = "select exists (select 1 from change where org_id = $1 and record_id = $2 and id = $3)"
WITNESS_ACTIVITY = "select exists (select 1 from activity where org_id = $1 and id = $2)"


async def is_written(db: Any, found: dict[str, list[Any]]) -> bool:
    """After a connection was lost while writing: is the write there? Asks for one of its new rows."""
    if some := found.get("activity_new"):
        return bool(await db.fetchval(WITNESS_ACTIVITY, some[0].org_id, some[0].id))
    if some := found.get("change_new"):
        return bool(await db.fetchval(WITNESS, some[0].org_id, some[0].record_id, some[0].id))
    return False


NUMBERS = """
insert into counter as c (org_id, name, next)
select o.org_id, $2, $3::bigint + 1 from org o where o.org_id = $1
on conflict (org_id, name) do update set next = c.next + $3 returning next
"""

BLOCK = 1000


async def block(db: Any, org_id: int, name: str) -> tuple[int, int]:
    """Reserve the next block of auto numbers: first number, and the one after the last."""
    following: int = await db.fetchval(NUMBERS, org_id, name, BLOCK)
    return following - BLOCK, following
