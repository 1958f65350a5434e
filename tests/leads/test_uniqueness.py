"""A field of leads becomes unique, and common again, while leads are written; what the API says then."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest

from fairlead.db.pool import Pool
from fairlead.fields.model import DataType, Field
from fairlead.leads import plans
from fairlead.leads.uniqueness.rules import Refused, make_common, make_unique
from fairlead.orgs import definitions
from fairlead.orgs.definitions import Cache
from fairlead.records import queries
from fairlead.records.picture import Picture
from fairlead.wire.engine import Engine, Job
from fairlead.wire.types import Pair
from world import Client, World
from world.client import Envelope

CREATE = "/v2/LeadManagement.svc/Lead.Create"
UPDATE = "/v2/LeadManagement.svc/Lead.Update"
UPSERT = "/v2/LeadManagement.svc/Lead.CreateOrUpdate"
ACTIVITY = "/v2/ProspectActivity.svc/CreateCustom"
POLICY = Field("mx_Policy", "Policy Number", max_length=50, sequence=900)
NOW = datetime.now(UTC)


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    made = await Pool.open(database_url, size=3)
    yield made
    await made.close()


@pytest.fixture
async def policies(world: World) -> World:
    """Leads have a field that is not unique, and one of every other kind that can be."""
    await world.add_fields(
        -1,
        POLICY,
        Field("mx_Other_Mail", "Other Mail", DataType.EMAIL, sequence=901),
        Field("mx_Number", "Number", DataType.NUMBER, sequence=902),
        Field("mx_Story", "Story", max_length=4000, sequence=903),
    )
    await world.current()
    return world


def pairs(**values: Any) -> list[dict[str, Any]]:
    return [{"Attribute": name, "Value": value} for name, value in values.items()]


async def make(pool: Pool, world: World, name: str = "mx_Policy") -> bool:
    return await make_unique(pool, world.org_id, name, by=world.user_id, now=NOW)


async def create(client: Client, **values: Any) -> str:
    made = await client.post(CREATE, pairs(FirstName="Ada", **values))
    id: str = made["Message"]["Id"]
    return id


async def keys(world: World, name: str = "mx_Policy") -> dict[str, str]:
    rows = await world.db.fetch(
        "select value, lead_id::text from lead_key where org_id = $1 and field = $2", world.org_id, name
    )
    return {row[0]: row[1] for row in rows}


async def values(world: World, name: str = "mx_Policy") -> list[tuple[str, str]]:
    statement = "select fields->>$2, id::text from lead where org_id = $1 and fields->>$2 <> ''"
    return [tuple(row) for row in await world.db.fetch(statement, world.org_id, name)]


async def test_what_is_unique_is_refused_and_found(client: Client, policies: World, pool: Pool) -> None:
    first = await create(client, mx_Policy="P-1")
    await create(client, mx_Policy="P-2")
    await create(client)
    assert (await client.refused(UPSERT, pairs(mx_Policy="P-1", SearchBy="mx_Policy"))).message == (
        "Invalid SearchBy value provided"
    )
    assert await make(pool, policies) is True
    assert await make(pool, policies) is False
    same = Envelope(500, "MXDuplicateEntryException", "A Lead with same Policy Number already exists.")
    assert await client.refused(CREATE, pairs(FirstName="Bea", mx_Policy="P-1")) == same
    assert await client.refused(f"{UPDATE}?leadId={first}", pairs(mx_Policy="P-2")) == same
    written = await client.post(UPSERT, pairs(mx_Policy="P-1", mx_City="Pune", SearchBy="mx_Policy"))
    assert written["Message"] == {"Id": first, "AffectedRows": 1}
    body = {
        "LeadDetails": pairs(mx_Policy="P-1", SearchBy="mx_Policy"),
        "Activity": {"ActivityEvent": 206, "ActivityNote": "Called"},
    }
    assert (await client.post(ACTIVITY, body))["Status"] == "Success"
    assert len(await values(policies)) == 2
    await client.post(f"{UPDATE}?leadId={first}", pairs(mx_Policy="P-9"))
    await create(client, mx_Policy="P-1")
    assert sorted(await keys(policies)) == ["P-1", "P-2", "P-9"]


async def test_what_is_common_again_may_be_repeated(client: Client, policies: World, pool: Pool) -> None:
    await create(client, mx_Policy="P-1")
    await make(pool, policies)
    assert await make_common(pool, policies.org_id, "mx_Policy", by=None, now=NOW) is True
    assert await make_common(pool, policies.org_id, "mx_Policy", by=None, now=NOW) is False
    assert await keys(policies) == {}
    await create(client, mx_Policy="P-1")
    assert (await client.refused(UPSERT, pairs(mx_Policy="P-1", SearchBy="mx_Policy"))).type == (
        "MXInvalidInputException"
    )
    with pytest.raises(Refused) as refused:
        await make(pool, policies)
    assert "«P-1» (2 leads, numbers " in str(refused.value)
    assert [(one.value, one.leads) for one in refused.value.repeated] == [("P-1", 2)]
    assert not (await definitions.read(policies.db, policies.org_id)).lead.fields["mx_Policy"].filling


@pytest.mark.parametrize("name", ["EmailAddress", "Phone", "Mobile"])
async def test_the_usual_unique_fields_are_fields_like_others(
    client: Client, policies: World, pool: Pool, name: str
) -> None:
    value = {"EmailAddress": "Ada@Example.com", "Phone": "+91-9999900077", "Mobile": "+91-9999900078"}[name]
    first = await create(client, **{name: value})
    await make_common(pool, policies.org_id, name, by=None, now=NOW)
    second = await create(client, **{name: value})
    reads = {
        "EmailAddress": ("/v2/LeadManagement.svc/Leads.GetByEmailaddress", {"emailaddress": value.lower()}),
        "Phone": ("/v2/LeadManagement.svc/RetrieveLeadByPhoneNumber", {"phone": value}),
        "Mobile": ("/v2/LeadManagement.svc/RetrieveLeadByPhoneNumber", {"phone": value}),
    }
    path, query = reads[name]
    found = {lead["ProspectID"] for lead in await client.get(path, **query)}
    assert found
    assert found <= {first, second}
    with pytest.raises(Refused):
        await make(pool, policies, name)
    await client.post(f"{UPDATE}?leadId={second}", pairs(**{name: ""}))
    assert await make(pool, policies, name) is True
    assert (
        await client.refused(CREATE, pairs(FirstName="B", **{name: value.lower()}))
    ).type == "MXDuplicateEntryException"


@pytest.mark.parametrize(
    ("name", "one", "same", "other"),
    [
        ("mx_Other_Mail", "Ada@Example.com", "ada@example.COM", "bea@example.com"),
        ("mx_Other_Mail", "Änne@example.com", "änne@example.com", "bea@example.com"),
        ("mx_Number", "1,200.50", "1200.50", "1200.51"),
        ("mx_Policy", "p", "p", "P"),
    ],
)
async def test_values_are_compared_as_writes_compare_them(
    client: Client, policies: World, pool: Pool, name: str, one: str, same: str, other: str
) -> None:
    await create(client, **{name: one})
    twin = await create(client, **{name: same})
    with pytest.raises(Refused) as refused:
        await make(pool, policies, name)
    assert refused.value.repeated[0].leads == 2
    await client.post(f"{UPDATE}?leadId={twin}", pairs(**{name: other}))
    assert await make(pool, policies, name) is True
    assert (
        await client.refused(CREATE, pairs(FirstName="C", **{name: same}))
    ).type == "MXDuplicateEntryException"


@pytest.mark.parametrize(
    "name",
    [
        "mx_Nope",
        "mx_Story",
        "OwnerId",
        "ProspectStage",
        "Score",
        "DoNotCall",
        "mx_KYC",
        "RelatedCompanyId",
        "Source",
    ],
)
async def test_not_every_field_can_be_unique(policies: World, pool: Pool, name: str) -> None:
    with pytest.raises(Refused):
        await make(pool, policies, name)


async def test_what_was_broken_off_is_taken_up(client: Client, policies: World, pool: Pool) -> None:
    id = await create(client, mx_Policy="P-1")
    statement = """update field set definition = definition || '{"filling": true}' where org_id = $1 and name = 'mx_Policy'"""
    await policies.db.execute(statement, policies.org_id)
    # Somebody who had the value, gave it up and is gone since.
    stale = "insert into lead_key (org_id, field, value, lead_id) values ($1, 'mx_Policy', 'P-0', gen_random_uuid())"
    await policies.db.execute(stale, policies.org_id)
    await policies.definitions_changed()
    await create(client, mx_Policy="P-2")
    assert (
        await client.refused(CREATE, pairs(FirstName="B", mx_Policy="P-2"))
    ).type == "MXDuplicateEntryException"
    assert (await client.refused(UPSERT, pairs(mx_Policy="P-1", SearchBy="mx_Policy"))).message == (
        "Invalid SearchBy value provided"
    )
    assert await make(pool, policies) is True
    assert set(await keys(policies)) == {"P-1", "P-2"}
    written = await client.post(UPSERT, pairs(mx_Policy="P-1", SearchBy="mx_Policy", mx_City="Pune"))
    assert written["Message"]["Id"] == id


async def test_writers_under_way_are_neither_missed_nor_held_up(
    client: Client, policies: World, pool: Pool
) -> None:
    for number in range(60):
        await create(client, mx_Policy=f"old-{number}")
    chance = random.Random(7)
    numbers = itertools.count()
    done = asyncio.Event()

    async def write() -> None:
        mine: list[str] = []
        while not done.is_set():
            if mine and chance.random() < 0.5:
                id = chance.choice(mine)
                await client.post(
                    f"{UPDATE}?leadId={id}", pairs(mx_Policy=chance.choice(["", f"new-{next(numbers)}"]))
                )
            else:
                mine.append(await create(client, mx_Policy=f"new-{next(numbers)}"))

    writers = [asyncio.create_task(write()) for _ in range(6)]
    await asyncio.sleep(0.2)
    for _ in range(4):
        assert await make(pool, policies) is True
        held = await keys(policies)
        assert len(held) > 60
        await make_common(pool, policies.org_id, "mx_Policy", by=None, now=NOW)
    await make(pool, policies)
    done.set()
    await asyncio.gather(*writers)
    assert await keys(policies) == dict(await values(policies))


async def test_a_write_decided_before_a_definition_changed_is_not_written(world: World) -> None:
    def decided() -> dict[str, list[Any]]:
        picture = Picture(world.org_id, lambda *_: 1)
        picture.version = world.defs.version
        picture.record(world.user_id, -1, {"FirstName": [None, "Ada"]}, at=NOW, by=world.user_id)
        return queries.changed([picture])

    before = await world.count("change")
    await queries.write(world.db, decided())
    await queries.write_in_steps(world.db, decided())
    assert await world.count("change") == before + 2
    await world.db.execute("update org set version = version + 1 where org_id = $1", world.org_id)
    with pytest.raises(asyncpg.DivisionByZeroError):
        await queries.write(world.db, decided())
    with pytest.raises(queries.Moved):
        async with world.db.transaction():
            await queries.write_in_steps(world.db, decided())
    assert await world.count("change") == before + 2


async def test_a_batch_is_written_with_the_definitions_it_was_decided_with(
    database_url: str, policies: World
) -> None:
    engine = Engine(database_url, Cache())
    await engine.open()
    try:
        sent = [
            Pair(Attribute=name, Value=value) for name, value in (("FirstName", "Ada"), ("mx_Policy", "P-1"))
        ]
        job = Job(lambda call: plans.create(call, sent), policies.call())
        found = await engine.decide([job])
        await policies.db.execute("update org set version = version + 1 where org_id = $1", policies.org_id)
        with pytest.raises(asyncpg.DivisionByZeroError):
            await queries.write(engine.db, found)
        job.forget()
        await queries.write(engine.db, await engine.decide([job]))
    finally:
        await engine.close()
    assert [value for value, _ in await values(policies)] == ["P-1"]


async def test_who_is_writing_is_waited_for(database_url: str, world: World) -> None:
    writer = await asyncpg.connect(database_url)
    try:
        transaction = writer.transaction()
        await transaction.start()
        await writer.execute("update lead set stage = stage where org_id = $1", world.org_id)
        waiting = asyncio.create_task(queries.writers_gone(world.db, "lead"))
        await asyncio.sleep(0.1)
        assert not waiting.done()
        await transaction.commit()
        await asyncio.wait_for(waiting, 5)
        await queries.writers_gone(world.db, "lead")
    finally:
        await writer.close()
