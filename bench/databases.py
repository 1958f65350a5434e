"""The databases of a benchmark: one organisation with many leads, copied for every program that is measured."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import asyncpg

from fairlead.db import migrate
from fairlead.fields import standard
from fairlead.fields.model import DataType, Field
from fairlead.leads import indexes
from fairlead.orgs import definitions, queries, rules
from jobs import data

_PRODUCT = "01900003-0000-7000-8000-000000000001"

# $1 organisation, $2 user, $3 now, $4 how many leads. Ids and values as `jobs/data.py` makes them.
_LEADS = """
insert into lead (org_id, id, version, auto_id, owner_id, stage, score, engagement_score, revenue, is_lead, created_by,
    created_on, modified_by, modified_on, touched_on, fields)
select $1, ('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 1, n, $2, 'Prospect', 0, 0,
    case when n % {deals} = 0 then 100 else 0 end, true, $2, $3, $2, $3, $3, jsonb_build_object(
    'EmailAddress', 'lead' || n || '@example.com', 'Phone', '+91-9' || lpad(n::text, 9, '0'), 'FirstName', 'Lead',
    'LastName', 'Number ' || n, 'mx_City', 'Mumbai', 'Origin', 'API', '{branch}', 'Branch ' || n % {branches})
from generate_series(1, $4) as n
"""
_KEYS = """
insert into lead_key (org_id, field, value, lead_id)
select $1::bigint, 'EmailAddress', 'lead' || n || '@example.com',
    ('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid from generate_series(1, $2) as n
union all select $1::bigint, 'Phone', '+91-9' || lpad(n::text, 9, '0'),
    ('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid from generate_series(1, $2) as n
"""
_COUNTERS = "insert into counter (org_id, name, next) values ($1, 'lead', $2), ($1, 'opportunity', $2)"
_ACTIVITY = """
insert into activity (org_id, id, version, code, lead_id, auto_id, happened_on, note, owner_id, status, score, locked,
    cancelled, created_by, created_on, modified_by, modified_on, fields)
"""
_SALES = (
    _ACTIVITY
    + """
select $1::bigint, ('01900001-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 1, 30,
    ('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, null, $3::timestamptz, null, null, 'Open', 0, false,
    false, $2::uuid, $3, $2, $3, jsonb_build_object('mx_Custom_1', '{product}', 'mx_Custom_2', 100.00,
    'mx_Custom_3', '2026-03-01 10:30:00.000', 'mx_Custom_4', $2)
from generate_series({deals}, $4, {deals}) as n
"""
)
_OPPORTUNITIES = (
    _ACTIVITY
    + """
select $1::bigint, ('01900002-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 1, {opportunity},
    ('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, n, $3::timestamptz, null, $2::uuid, 'Open', 0, false,
    false, $2, $3, $2, $3, jsonb_build_object('mx_Custom_1', 'Deal ' || n, 'mx_Custom_2', 'Prospecting',
    'mx_Custom_5', 'Met at the stand', 'mx_Custom_6', 0)
from generate_series({deals}, $4, {deals}) as n
"""
)
_TIMELINES = (
    _ACTIVITY
    + """
select $1::bigint, uuidv7(), 1, {visit}, ('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, null,
    $3::timestamptz - m * interval '1 hour', 'Came to the stand and asked for a quotation, visit ' || m, $2::uuid,
    'Active', 5, false, false, $2, $3, $2, $3,
    jsonb_build_object('mx_Custom_1', 'Quotation', 'mx_Custom_2', '2026-03-01 10:30:00.000')
from generate_series(1, $4) as n cross join generate_series(1, {timeline}) as m
order by m desc, n
"""
)
_BARE = (
    "create table bare_lead (id uuid primary key, email text not null unique, fields jsonb not null) with (fillfactor = 80)",
    """create table bare_activity (id uuid primary key, lead_id uuid not null, code int not null, note text,
        created_on timestamptz not null, fields jsonb not null)""",
    "insert into bare_lead select l.id, l.fields->>'EmailAddress', l.fields - 'EmailAddress' from lead l",
)


def seeded(url: str, leads: int) -> None:
    """The schema, the organisation and its records."""
    migrate.upgrade(url)
    asyncio.run(_seed(url, leads))


async def _seed(url: str, leads: int) -> None:
    now = datetime.now(UTC)
    db = await asyncpg.connect(url)
    try:
        await db.execute("set synchronous_commit = off; set maintenance_work_mem = '512MB'")
        async with db.transaction():
            org, user = await _organisation(db, now)
            await _records(db, org, user, now, leads)
        await db.execute("vacuum (analyze)")
        await db.execute("checkpoint")
    finally:
        await db.close()


async def _organisation(db: Any, now: datetime) -> tuple[int, str]:
    org = await rules.create_org(db, "Benchmark", now=now)
    user = await rules.create_user(db, org, email=data.USER, first_name="Sri", role="Administrator", now=now)
    await rules.create_key(db, org, user, now=now, access_key=data.ACCESS_KEY, secret=data.SECRET)
    own = [
        Field("mx_Custom_1", "Purpose", max_length=200, sequence=3),
        Field("mx_Custom_2", "At", data_type=DataType.DATETIME, sequence=4),
    ]
    visit = [*standard.ACTIVITY_FIELDS, *own]
    await rules.add_type(db, org, "activity", data.VISIT, "Visit", visit, score=5, now=now)
    await rules.add_type(
        db, org, "opportunity", data.OPPORTUNITY, "Deal", standard.OPPORTUNITY_FIELDS, now=now
    )
    await queries.insert_products(db, [queries.ProductRow(org, _PRODUCT, data.SKU, "Plan A", "", user, now)])
    lead = (await definitions.read(db, org)).lead
    branch = Field(data.BRANCH, "Branch", max_length=200)
    await rules.define_lead_fields(db, org, lead, [branch], by=user, now=now)
    return org, user


async def _records(db: Any, org: int, user: str, now: datetime, leads: int) -> None:
    names = {
        "deals": data.DEALS,
        "branch": data.BRANCH,
        "branches": data.branches(leads),
        "product": _PRODUCT,
        "opportunity": data.OPPORTUNITY,
        "visit": data.VISIT,
        "timeline": data.LONG_TIMELINE,
    }
    await db.execute(_LEADS.format(**names), org, user, now, leads)
    await db.execute(_KEYS, org, leads)
    await db.execute(_COUNTERS, org, leads + 1)
    for statement, many in (
        (_SALES, leads),
        (_OPPORTUNITIES, leads),
        (_TIMELINES, data.busy_leads(leads)),
    ):
        await db.execute(statement.format(**names), org, user, now, many)


async def copies(url: str, names: list[str]) -> dict[str, str]:
    """A copy of the seeded database for each name, and its address. `bare` gets its own two tables instead."""
    found = {}
    for name in names:
        found[name] = await beside(url, name, "template fairlead strategy file_copy")
        if name == "bare":
            db: Any = await asyncpg.connect(found[name])
            for statement in _BARE:
                await db.execute(statement)
            await db.execute("vacuum (analyze) bare_lead")
            await db.close()
    return found


async def beside(url: str, name: str, how: str = "") -> str:
    """Another database on the same server; returns its address."""
    admin = await asyncpg.connect(url, database="postgres")
    try:
        await admin.execute(f'create database "bench_{name}" {how}')
    finally:
        await admin.close()
    return url.replace("/fairlead?", f"/bench_{name}?")


async def index_field(url: str, name: str) -> None:
    """An index of a lead field, made the way people make it."""
    db = await asyncpg.connect(url)
    try:
        found: Any = await db.fetchval("select org_id from org limit 1")
        await indexes.add(db, await definitions.read(db, found), name)
    finally:
        await db.close()


_ROWS = """
select (select count(*) from lead) as lead, (select count(*) from lead_key) as lead_key,
    (select count(*) from activity) as activity,
    (select count(*) from change where code >= 0) as change,
    (select sum(revenue)::bigint from lead) as revenue
"""


async def rows(url: str) -> dict[str, int]:
    """How many rows the tables have, and the sum of the revenue.

    Of the history only what is about activities: the product writes none for a lead's value that is stored already,
    the floor does not look.
    """
    db = await asyncpg.connect(url)
    try:
        found: Any = await db.fetchrow(_ROWS)
    finally:
        await db.close()
    return dict(found)


async def server_version(url: str) -> str:
    """The version of PostgreSQL, such as 18.1."""
    db = await asyncpg.connect(url)
    try:
        return str(await db.fetchval("show server_version")).split()[0]
    finally:
        await db.close()
