"""Every SQL statement about accounts outside the batch: search, account activities, deletion."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import asyncpg

from fairlead.activities.periods import Period
from fairlead.db.tables import account
from fairlead.leads.criteria import WRITTEN_OUT, Attribute, Condition
from fairlead.records.rows import Account, Activity, Change
from fairlead.wire.types import Page

_read_accounts = msgspec.json.Decoder(list[Account], float_hook=Decimal).decode
_read_activities = msgspec.json.Decoder(list[Activity], float_hook=Decimal).decode
_DIALECT = asyncpg.dialect()  # type: ignore[no-untyped-call]


async def search(
    db: Any,
    org_id: int,
    owner_id: str | None,
    code: int,
    where: Condition,
    sort: Attribute,
    *,
    descending: bool,
    page: Page,
) -> tuple[int, list[Account]]:
    """Accounts of one type that meet a condition: how many, and a page. `owner_id`: only this owner's."""
    chosen = [account.c.org_id == org_id, account.c.code == code, where]
    if owner_id is not None:
        chosen.append(account.c.owner_id == owner_id)
    by = sort.value if sort.order is None else sort.order
    order = [by.desc(), account.c.id.desc()] if descending else [by.asc(), account.c.id.asc()]
    if getattr(by, "nullable", True):
        # Said of a column that is never null, it would keep an index from being read in order.
        order[0] = order[0].nulls_last() if descending else order[0].nulls_first()
    total = sa.select(sa.func.count()).select_from(account).where(*chosen).scalar_subquery()
    rows = sa.select(account).where(*chosen).order_by(*order).limit(page.limit)
    some = rows.offset(sa.literal(page.offset, sa.BigInteger())).subquery("p")
    found = sa.select(sa.cast(sa.func.json_agg(some.table_valued()), sa.Text)).scalar_subquery()
    compiled = sa.select(total.label("total"), found.label("accounts")).compile(
        dialect=_DIALECT, compile_kwargs=WRITTEN_OUT
    )
    values = [compiled.params[name] for name in compiled.positiontup or ()]
    row = await db.fetchrow(str(compiled), *values)
    return row["total"], _read_accounts(row["accounts"]) if row["accounts"] else []


BY_ID = """
select json_agg(c)::text from account c
where c.org_id = $1 and c.id = $2 and ($3::uuid is null or c.owner_id = $3)
"""


async def by_id(db: Any, org_id: int, owner_id: str | None, account_id: str) -> Account | None:
    """The account with this id (a GUID); `owner_id`: of this owner."""
    found = await db.fetchval(BY_ID, org_id, account_id, owner_id)
    return _read_accounts(found)[0] if found else None


# ACCOUNT ACTIVITIES ------------------------------------------------------------------------------------

SEEN = "select exists (select 1 from account c where c.org_id = $1 and c.id = $2 and ($3::uuid is null or c.owner_id = $3))"

# $2 account, $3 and $4 the period. One statement: how many there are in all, and the page as one JSON text.
ACTIVITIES = """
select (select count(*) from activity a where a.org_id = $1 and a.account_id = $2
           and ($3::timestamptz is null or a.happened_on >= $3)
           and ($4::timestamptz is null or a.happened_on < $4)) as total,
       (select json_agg(p)::text from (
           select a.* from activity a where a.org_id = $1 and a.account_id = $2
               and ($3::timestamptz is null or a.happened_on >= $3)
               and ($4::timestamptz is null or a.happened_on < $4)
           order by {order} limit $5 offset $6) p) as rows
"""

ACTIVITY = """
select json_agg(a)::text from activity a join account c on c.org_id = a.org_id and c.id = a.account_id
where a.org_id = $1 and a.id = $2 and ($3::uuid is null or c.owner_id = $3)
"""

_USER = "(select trim(u.first_name || ' ' || u.last_name) from app_user u where u.org_id = a.org_id and u.id = a.{})"

SORTED_BY = {
    "CompanyActivityId": "a.id",
    "ActivityEvent": "a.code",
    "ActivityNote": "a.note",
    "ActivityDateTime": "a.happened_on",
    "CreatedOn": "a.created_on",
    "ModifiedOn": "a.modified_on",
    "CreatedBy": "a.created_by",
    "ModifiedBy": "a.modified_by",
    "Status": "a.status",
    "Owner": "a.owner_id",
    "CreatedByName": _USER.format("created_by"),
    "ModifiedByName": _USER.format("modified_by"),
    "ActivityDisplayName": "(select k.display_name from record_type k where k.org_id = a.org_id and k.code = a.code)",
}
"""What account activities can be sorted by: the vendor's column, and what it is."""


async def is_seen(db: Any, org_id: int, owner_id: str | None, account_id: str) -> bool:
    """Whether there is an account with this id; `owner_id`: of this owner."""
    return bool(await db.fetchval(SEEN, org_id, account_id, owner_id))


async def activities(
    db: Any, org_id: int, account_id: str, period: Period, *, by: str, descending: bool, page: Page
) -> tuple[int, list[Activity]]:
    """Activities of an account that happened in the period: how many, and a page. `by`: one of SORTED_BY."""
    way, last = ("desc", "nulls last") if descending else ("asc", "nulls first")
    text = ACTIVITIES.format(order=f"{SORTED_BY[by]} {way} {last}, a.id {way}")
    row = await db.fetchrow(text, org_id, account_id, period.start, period.end, page.limit, page.offset)
    return row["total"], _read_activities(row["rows"]) if row["rows"] else []


async def activity(db: Any, org_id: int, owner_id: str | None, activity_id: str) -> Activity | None:
    """The account activity with this id; `owner_id`: on an account of this owner."""
    found = await db.fetchval(ACTIVITY, org_id, activity_id, owner_id)
    return _read_activities(found)[0] if found else None


# WHAT HAPPENED -----------------------------------------------------------------------------------------

# $3 codes of activities, null for all; $4 and $5 where the page before ended, null for the newest; $6 how many; $7
# whether changes of the account are told.
TIMELINE = """
select t.happened, t.row, t.kind from (
    (select a.happened_on as happened, a.id, 'activity' as kind, row_to_json(a)::text as row from activity a
        where a.org_id = $1 and a.account_id = $2 and ($3::int[] is null or a.code = any($3))
            and ($4::timestamptz is null or a.happened_on <= $4)
            and ($4::timestamptz is null or (a.happened_on, a.id) < ($4, $5::uuid))
        order by a.happened_on desc, a.id desc limit $6)
    union all
    (select c.changed_on, c.id, 'change', row_to_json(c)::text from change c
        where $7 and c.org_id = $1 and c.record_id = $2
            and ($4::timestamptz is null or (c.changed_on, c.id) < ($4, $5::uuid))
        order by c.changed_on desc, c.id desc limit $6)
) t order by t.happened desc, t.id desc limit $6
"""
HAPPENED = """
select a.code, count(*) as count from activity a where a.org_id = $1 and a.account_id = $2 group by a.code order by a.code
"""
HISTORY = """
select json_agg(h)::text from (
    select c.* from change c where c.org_id = $1 and c.record_id = $2 order by c.changed_on desc, c.id desc limit $3) h
"""

_read_activity = msgspec.json.Decoder(Activity, float_hook=Decimal).decode
_read_change = msgspec.json.Decoder(Change, float_hook=Decimal).decode
_read_changes = msgspec.json.Decoder(list[Change], float_hook=Decimal).decode


async def timeline(
    db: Any,
    org_id: int,
    account_id: str,
    *,
    codes: Sequence[int] | None,
    changes: bool,
    before: tuple[datetime, str] | None,
    limit: int,
) -> list[Activity | Change]:
    """What happened on an account, newest first: activities with these codes (None: all), and changes of its fields.

    `before` is the time and the id of the last one of the page before. Whether the account may be seen is asked first.
    """
    at, id = before if before is not None else (None, None)
    wanted = codes if codes is None else list(codes)
    rows = await db.fetch(TIMELINE, org_id, account_id, wanted, at, id, limit, changes)
    return [
        _read_activity(row["row"]) if row["kind"] == "activity" else _read_change(row["row"]) for row in rows
    ]


async def happened(db: Any, org_id: int, account_id: str) -> dict[int, int]:
    """How many activities of each code an account has."""
    return {row["code"]: row["count"] for row in await db.fetch(HAPPENED, org_id, account_id)}


async def history(db: Any, org_id: int, record_id: str, limit: int) -> list[Change]:
    """Changes of an account activity, newest first. Whether it may be seen is asked first."""
    found = await db.fetchval(HISTORY, org_id, record_id, limit)
    return _read_changes(found) if found else []


# DELETION ----------------------------------------------------------------------------------------------

# Leads before accounts, each in the order of their ids, as batches lock them.
LOCK_LEADS = (
    "select l.id::text from lead l where l.org_id = $1 and l.account_id = $2 order by l.id for update"
)
LOCK = "select 1 from account c where c.org_id = $1 and c.id = $2 for update"

# The version moves, so that a batch that has read the lead before decides again.
UNLINK = """
update lead l set account_id = null, version = l.version + 1, modified_by = $3, modified_on = $4, touched_on = $4
where l.org_id = $1 and l.id = any($2::uuid[])
"""

DELETE_ACTIVITIES = "delete from activity a where a.org_id = $1 and a.account_id = $2 returning a.id::text"
DELETE_HISTORY = "delete from change c where c.org_id = $1 and c.record_id = any($2::uuid[])"
DELETE_KEYS = "delete from account_key k where k.org_id = $1 and k.account_id = $2"
DELETE = "delete from account c where c.org_id = $1 and c.id = $2"


async def lock(db: Any, org_id: int, account_id: str) -> list[str] | None:
    """Lock an account and its leads until the transaction ends: the ids of the leads; None without such an account."""
    await db.fetch(LOCK_LEADS, org_id, account_id)
    if not await db.fetchval(LOCK, org_id, account_id):
        return None
    # Again: a batch may have linked a lead while the account's lock was waited for. Now none can.
    return [row[0] for row in await db.fetch(LOCK_LEADS, org_id, account_id)]


async def unlink(db: Any, org_id: int, leads: Sequence[str], *, by: str, now: datetime) -> None:
    """Take these leads from their accounts."""
    await db.execute(UNLINK, org_id, list(leads), by, now)


async def delete(db: Any, org_id: int, account_id: str) -> None:
    """Remove an account with its unique values, activities and history."""
    # History last: a batch that was changing one of the activities has written its own by then.
    activities = [row[0] for row in await db.fetch(DELETE_ACTIVITIES, org_id, account_id)]
    await db.execute(DELETE_KEYS, org_id, account_id)
    await db.execute(DELETE, org_id, account_id)
    await db.execute(DELETE_HISTORY, org_id, [account_id, *activities])
