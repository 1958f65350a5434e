"""`fairlead field`: an index on a field of leads, and that searches on the field take it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from click.testing import CliRunner, Result

from fairlead.cli import main
from fairlead.fields.model import DataType, Field, Option
from fairlead.leads import criteria, indexes, queries
from fairlead.orgs import definitions, rules

OWN = [
    Field("mx_Branch", "Branch", max_length=200),
    Field("mx_It's", "It's"),
    Field("mx_Size", "Size", DataType.NUMBER),
    Field("mx_Renewal", "Renewal", DataType.DATETIME),
    Field("mx_Mail", "Mail", DataType.EMAIL),
    Field("mx_Agreed", "Agreed", DataType.BOOLEAN),
    Field("mx_Plans", "Plans", DataType.SELECT, options=(Option("A"),), multi_select=True),
]
LEADS = """
insert into lead (org_id, id, version, auto_id, owner_id, stage, score, engagement_score, revenue, is_lead, created_by,
    created_on, modified_by, modified_on, touched_on, fields)
select 1, gen_random_uuid(), 1, n, $1, 'Prospect', 0, 0, 0, true, $1, now(), $1, now(), now(), jsonb_build_object(
    'mx_Branch', 'B' || n, 'mx_It''s', 'B' || n, 'mx_Size', n, 'mx_Renewal', '2026-01-01 00:00:00.' || lpad(n::text, 3, '0'),
    'mx_Mail', n || '@example.com', 'mx_Agreed', n = 7)
from generate_series(1, 999) as n
"""


@pytest.fixture
def url(migrated_database: Callable[[], str]) -> str:
    """A database with an organisation and 999 leads."""
    made = migrated_database()
    asyncio.run(connected(made, stored))
    return made


@pytest.fixture
def run(url: str) -> Callable[..., Result]:
    """Runs a command on that database."""

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(main, arguments, env={"FAIRLEAD_DATABASE_URL": url})

    return run


async def connected(url: str, work: Callable[[Any], Any]) -> Any:
    db = await asyncpg.connect(url)
    try:
        return await work(db)
    finally:
        await db.close()


async def stored(db: Any) -> None:
    now = datetime.now(UTC)
    org = await rules.create_org(db, "Acme", now=now)
    lead = (await definitions.read(db, org)).lead
    await rules.define_lead_fields(db, org, lead, OWN, by=str(uuid4()), now=now)
    await db.execute(LEADS, uuid4())


def test_a_field_is_indexed_once_and_freed_again(run: Callable[..., Result]) -> None:
    assert run("field", "indexes").output == "No field is indexed.\n"
    assert run("field", "index", "mx_Branch").output == "Indexed mx_Branch.\n"
    assert run("field", "index", "mx_Branch", "--org", "1").output == "mx_Branch was indexed already.\n"
    (row,) = json.loads(run("field", "indexes", "--json").output)
    assert (row["field"], row["finished"]) == ("mx_Branch", True)
    assert run("field", "unindex", "mx_Branch").output == "mx_Branch has no index any more.\n"
    assert run("field", "unindex", "mx_Branch").output == "mx_Branch was not indexed.\n"


def test_what_cannot_be_indexed_is_refused(run: Callable[..., Result]) -> None:
    assert run("field", "index", "mx_Nope").output == "Error: Leads have no field mx_Nope.\n"
    for name in ("mx_Plans", "ProspectStage"):
        refused = run("field", "index", name)
        assert (refused.exit_code, refused.output.startswith(f"Error: {name} cannot be indexed")) == (1, True)


def test_one_index_too_many_is_refused(run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexes, "MOST", 1)
    assert run("field", "index", "mx_Branch").exit_code == 0
    assert "take one away first (mx_Branch)" in run("field", "index", "mx_Size").output


def test_a_field_becomes_unique_and_common_again(run: Callable[..., Result]) -> None:
    assert run("field", "unique", "mx_Branch").output == "mx_Branch is unique now.\n"
    assert run("field", "unique", "mx_Branch").output == "mx_Branch was unique already.\n"
    assert json.loads(run("field", "not-unique", "mx_Branch", "--json").output) == {
        "field": "mx_Branch",
        "removed": True,
    }
    assert run("field", "not-unique", "mx_Branch").output == "mx_Branch was not unique.\n"


@pytest.mark.parametrize(
    ("field", "reason"),
    [
        ("mx_Nope", "Leads have no field mx_Nope."),
        ("mx_Agreed", "mx_Agreed cannot be unique: only a text"),
        ("mx_Plans", "mx_Plans cannot be unique: it is a system field, or holds several values."),
    ],
)
def test_what_cannot_be_unique_is_refused(run: Callable[..., Result], field: str, reason: str) -> None:
    refused = run("field", "unique", field)
    assert (refused.exit_code, refused.output.startswith(f"Error: {reason}")) == (1, True)


def test_values_that_several_leads_have_are_named(run: Callable[..., Result], url: str) -> None:
    doubled = 'update lead set fields = fields || \'{"mx_Branch": "B1"}\' where auto_id in (5, 7)'
    asyncio.run(connected(url, lambda db: db.execute(doubled)))
    refused = run("field", "unique", "mx_Branch")
    assert refused.exit_code == 1
    assert refused.output == (
        "Error: Branch is not unique, leads have the same value: «B1» (3 leads, numbers 1 and 5).\n"
    )


@pytest.mark.parametrize(
    ("field", "operator", "value"),
    [
        ("mx_Branch", "=", "B7"),
        ("mx_Branch", "IN", "B7,B8"),
        ("mx_It's", "=", "B7"),
        ("mx_Size", "=", "7"),
        ("mx_Size", ">", "998"),
        ("mx_Size", "<=", "1.5"),
        ("mx_Renewal", ">", "2026-02-01 00:00:00"),
        ("mx_Mail", "=", "7@Example.com"),
        ("mx_Agreed", "=", "1"),
    ],
)
def test_a_search_takes_the_index(url: str, field: str, operator: str, value: str) -> None:
    async def explained(db: Any) -> str:
        defs = await definitions.read(db, 1)
        assert await indexes.add(db, defs, field)
        (index,) = await queries.field_indexes(db)
        found = criteria.attribute(defs, field)
        assert found is not None
        condition = criteria.condition(found, operator, value)
        where, values = criteria.where(1, None, condition)
        # A plan for any value: what a statement has that is asked for often.
        await db.execute("set plan_cache_mode = force_generic_plan; set enable_seqscan = off")
        plan = await db.fetch(f"explain select count(*) from lead where {where}", *values)
        order = criteria.order(found, descending=True)
        page = await queries.search(db, 1, None, condition, found, descending=True, offset=0, limit=5)
        assert order.endswith("lead.id DESC")
        assert len(page.leads) == min(page.total, 5)
        return "\n".join(row[0] for row in plan).replace(index.name, "THE INDEX")

    text = asyncio.run(connected(url, explained))
    assert "THE INDEX" in text
    assert text.count("Index Cond") == 1
    assert "Filter" not in text
