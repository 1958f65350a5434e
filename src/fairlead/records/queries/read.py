"""The READ of a batch: everything its calls need to see, in one snapshot."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from fairlead.records import rows
from fairlead.records.picture import Needs, Picture
from fairlead.records.queries import work
from fairlead.records.queries.encoding import encode


def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(list[kind], float_hook=Decimal)


_LEAD_IDS = {
    "keys": "select org_id, lead_id as id from found_keys",
    "leads": """select org_id, id from json_to_recordset($leads::json) as n(org_id bigint, id uuid)""",
    "activities": "select org_id, lead_id as id from found_activities where lead_id is not null",
    **work.LEAD_IDS,
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
        join account a on a.org_id = k.org_id and a.id = k.account_id
        union
        select a.* from json_to_recordset($accounts::json) as n(org_id bigint, activity_id uuid)
        join activity v on v.org_id = n.org_id and v.id = n.activity_id
        join account a on a.org_id = v.org_id and a.id = v.account_id)""",
    **work.WITH,
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
    **work.SELECT,
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


class _OfActivity(msgspec.Struct):
    org_id: int
    activity_id: str


def _parameters(needs: Iterable[tuple[int, Needs]]) -> dict[str, list[Any]]:
    """Needs of many calls as rows per part, each row once."""
    keys: dict[tuple[int, str, str], _KeyNeed] = {}
    ids: dict[str, dict[tuple[Any, ...], _IdNeed | _OfActivity]] = {
        "leads": {}, "activities": {}, "accounts": {}, "opportunities": {}, "tasks": {}, "notes": {}
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
        for id in need.account_activities:
            ids["activities"][org, id] = _IdNeed(org, id)
            ids["accounts"][org, "of", id] = _OfActivity(org, id)
        for code, field, value in need.accounts_by:
            ids["accounts"][org, code, field, value] = _IdNeed(org, code=code, field=field, value=value)
        for code in need.opportunities:
            ids["opportunities"][org, code] = _IdNeed(org, code=code)
        for id in need.tasks:
            ids["tasks"][org, id] = _IdNeed(org, id)
        for id in need.notes:
            ids["notes"][org, id] = _IdNeed(org, id)
    found: dict[str, list[Any]] = {"keys": list(keys.values())}
    found |= {name: list(some.values()) for name, some in ids.items()}
    if not any(found[name] for name in _LEAD_IDS):
        del found["opportunities"]  # they are those of the leads found, and no lead is looked for
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
            picture = pictures[lead.org_id]
            picture.leads[lead.id] = lead
            picture.latest = max(picture.latest, lead.touched_on)
    if text := found.get("keys"):
        for key in _read_keys.decode(text):
            pictures[key.org_id].keys[key.field, key.value] = key.lead_id
    if text := found.get("activities"):
        for activity in _read_activities.decode(text):
            picture = pictures[activity.org_id]
            picture.activities[activity.id] = activity
            picture.latest = max(picture.latest, activity.modified_on)
            if activity.auto_id is not None:
                picture.by_auto_id[activity.auto_id] = activity
    if text := found.get("opportunities"):
        for activity in _read_activities.decode(text):
            picture = pictures[activity.org_id]
            known = picture.activities.setdefault(activity.id, activity)
            picture.latest = max(picture.latest, activity.modified_on)
            picture.opportunities.setdefault(known.lead_id or "", []).append(known)
    if text := found.get("accounts"):
        for account in _read_accounts.decode(text):
            picture = pictures[account.org_id]
            picture.accounts[account.id] = account
            picture.latest = max(picture.latest, account.modified_on)
            for name in ("CompanyName", "CompanyNumber", "CompanyIdentifier"):
                value = account.name if name == "CompanyName" else account.fields.get(name)
                if value:
                    picture.accounts_by.setdefault((account.code, name, str(value)), []).append(account.id)
    work.fill(found, pictures)


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
    for statement, name in (
        (LOCK_LEADS, "leads"),
        (LOCK_ACCOUNTS, "accounts"),
        (LOCK_ACTIVITIES, "activities"),
        (work.LOCK_TASKS, "tasks"),
        (work.LOCK_NOTES, "notes"),
    ):
        found = [_IdNeed(p.org_id, id) for p in some for id in sorted(getattr(p, name))]
        if found:
            await db.fetch(statement, encode(found))
