"""Two writers at once on one record, through two processes: both changes are kept, and the history shows both.

Each application has its own batcher and its own cache, as two processes on one database have.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import httpx
import pytest

from fairlead.app import Application
from fairlead.settings import Settings
from fairlead.wire.operation import Registry
from world import Client, World
from world.serving import http_to, running

ROUNDS = 200


class Target(NamedTuple):
    """A record and how it is written: `{}` in the path is its id, the body is made from a field and its value."""

    record: str
    table: str
    path: str
    names: tuple[str, str]
    id_name: str

    def body(self, id: str, name: str, value: str) -> Any:
        """A write of one field."""
        if not self.id_name:
            return [{"Attribute": name, "Value": value}]
        return {self.id_name: id, "Fields": [{"SchemaName": name, "Value": value}]}


TARGETS = [
    Target(
        "opp.1",
        "activity",
        "/v2/OpportunityManagement.svc/Update",
        ("mx_Custom_11", "mx_Custom_12"),
        "ProspectOpportunityId",
    ),
    Target("lead.1", "lead", "/v2/LeadManagement.svc/Lead.Update?leadId={}", ("mx_City", "Company"), ""),
    Target(
        "companyactivity.1",
        "activity",
        "/v2/CompanyActivity.svc/Update",
        ("mx_Custom_1", "mx_Custom_2"),
        "CompanyActivityId",
    ),
]


@pytest.fixture(scope="module")
async def two(
    database_url: str, http: httpx.AsyncClient, anyio_backend: object
) -> AsyncIterator[tuple[httpx.AsyncClient, httpx.AsyncClient]]:
    """The application of the session, and a second one on the same database."""
    async with running(Application(Settings(), database_url)) as other, http_to(other) as second:
        yield http, second


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.record)
async def test_both_changes_are_kept(
    two: tuple[httpx.AsyncClient, httpx.AsyncClient], registry: Registry, world: World, target: Target
) -> None:
    id = (await world.need(target.record))[target.record]
    writers = [Client(http, registry, world) for http in two]
    path = target.path.format(id)
    known = len(await changes(world, id))
    for number in range(ROUNDS):
        sent = [f"{name} {number}" for name in target.names]
        writes = zip(writers, target.names, sent, strict=True)
        await asyncio.gather(*(one.post(path, target.body(id, name, value)) for one, name, value in writes))
        fields = await fields_of(world, target.table, id)
        assert [fields[name] for name in target.names] == sent
    history = (await changes(world, id))[known:]
    assert len(history) == 2 * ROUNDS
    for name in target.names:
        values = [change[name] for change in history if name in change]
        assert [new for _, new in values] == [f"{name} {number}" for number in range(ROUNDS)]
        assert [old for old, _ in values[1:]] == [new for _, new in values[:-1]]


async def test_one_value_has_one_order(
    two: tuple[httpx.AsyncClient, httpx.AsyncClient], registry: Registry, world: World
) -> None:
    """Two writers of the same field: one is the last, and each saw what the other had written before it."""
    id = (await world.need("opp.1"))["opp.1"]
    target = TARGETS[0]
    name = target.names[0]
    writers = [Client(http, registry, world) for http in two]
    known = len(await changes(world, id))
    for number in range(ROUNDS // 4):
        await asyncio.gather(
            *(
                one.post(target.path, target.body(id, name, f"{number} {who}"))
                for who, one in enumerate(writers)
            )
        )
    history = [change[name] for change in (await changes(world, id))[known:]]
    assert len(history) == ROUNDS // 2
    assert [old for old, _ in history] == [None, *(new for _, new in history[:-1])], (
        "not in the order applied"
    )
    assert (await fields_of(world, target.table, id))[name] == history[-1][1]


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.record)
async def test_times_do_not_run_backwards(client: Client, world: World, target: Target) -> None:
    """A record that another process changed by a clock that is ahead is changed later than that."""
    id = (await world.need(target.record))[target.record]
    ahead = datetime.now(UTC) + timedelta(minutes=1)
    touched = ", touched_on = $3" if target.table == "lead" else ""
    statement = f"update {target.table} set modified_on = $3{touched} where org_id = $1 and id = $2"
    await world.db.execute(statement, world.org_id, id, ahead)
    for value in ("x", "y"):
        await client.post(target.path.format(id), target.body(id, target.names[0], value))
    statement = "select changed_on from change where org_id = $1 and record_id = $2 order by id desc limit 2"
    second, first = [row[0] for row in await world.db.fetch(statement, world.org_id, id)]
    stored = await world.db.fetchval(
        f"select modified_on from {target.table} where org_id = $1 and id = $2", world.org_id, id
    )
    assert ahead < first < second == stored


async def test_one_address_is_one_lead(
    two: tuple[httpx.AsyncClient, httpx.AsyncClient], registry: Registry, world: World
) -> None:
    """Two writers create or update the lead with the same e-mail address: there is one lead, with both values."""
    writers = [Client(http, registry, world) for http in two]
    for number in range(ROUNDS // 4):
        address = {"Attribute": "EmailAddress", "Value": f"somebody.{number}@example.com"}
        pairs = zip(writers, ("FirstName", "mx_City"), strict=True)
        bodies = [(one, [address, {"Attribute": name, "Value": name}]) for one, name in pairs]
        path = "/v2/LeadManagement.svc/Lead.CreateOrUpdate"
        answers = await asyncio.gather(*(one.post(path, body) for one, body in bodies))
        first, second = (answer["Message"]["Id"] for answer in answers)
        assert first == second
        fields = await fields_of(world, "lead", first)
        assert (fields["FirstName"], fields["mx_City"]) == ("FirstName", "mx_City")
    assert await world.count("lead") == ROUNDS // 4


async def changes(world: World, id: str) -> list[dict[str, list[Any]]]:
    """The history of a record, the oldest first."""
    statement = (
        "select changes::text from change where org_id = $1 and record_id = $2 order by changed_on, id"
    )
    return [json.loads(row[0]) for row in await world.db.fetch(statement, world.org_id, id)]


async def fields_of(world: World, table: str, id: str) -> dict[str, Any]:
    """The fields of a record as they are stored."""
    statement = f"select fields::text from {table} where org_id = $1 and id = $2"
    found: dict[str, Any] = json.loads(await world.db.fetchval(statement, world.org_id, id))
    return found
