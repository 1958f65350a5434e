"""The OpenAPI document against the server: calls made up from it, and replies held against it.

What schemathesis makes up is sent through the tests' own client, which checks the declared types besides.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.core import NotSet
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from fairlead import app
from fairlead.wire.describe.openapi import document
from fairlead.wire.operation import Operation
from test_shapes import OPERATIONS, called
from world import Client, World, Worlds

EXAMPLES = 8
"""Calls per operation: more find more and take longer."""

NAMED = ("lead.1", "lead.2", "activity.1", "opp.1", "sales.1", "company.1", "companyactivity.1", "user.1")
KEYS = ("accesskey", "secretkey")
CHECKS = [response_schema_conformance, status_code_conformance, content_type_conformance]


@pytest.fixture(scope="session")
def schema() -> Any:
    """The document of all operations."""
    return schemathesis.openapi.from_dict(document(app.registry()))


@pytest.fixture(scope="session")
async def playground(worlds: Worlds) -> World:
    """An organisation to play in."""
    world = await worlds.copy()
    await world.need(*NAMED)
    return world


async def test_the_document_is_served(http: httpx.AsyncClient) -> None:
    response = await http.get("/openapi.json")
    assert response.json() == document(app.registry())
    again = await http.get("/openapi.json", headers={"If-None-Match": response.headers["etag"]})
    assert again.status_code == 304


def made_up(operation: Operation, schema: Any) -> list[schemathesis.Case]:
    """Calls of an operation, the same ones in every run."""
    cases: list[schemathesis.Case] = []

    @given(schema[operation.path][operation.verb].as_strategy(generation_mode=GenerationMode.POSITIVE))
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def collect(case: schemathesis.Case) -> None:
        cases.append(case)

    collect()
    return cases


@pytest.mark.parametrize("operation", OPERATIONS, ids=called)
async def test_calls_made_up_from_the_document(
    operation: Operation, schema: Any, playground: World, client_of: Callable[[World], Client]
) -> None:
    client = client_of(playground)
    ids = [value for name, value in playground.values.items() if name in NAMED]
    chance = random.Random(operation.path)
    for case in made_up(operation, schema):
        query = {name: str(value) for name, value in (case.query or {}).items() if name.lower() not in KEYS}
        query = with_ids(query, chance, ids)
        body = ... if isinstance(case.body, NotSet) else with_ids(case.body, chance, ids)
        response = await client.send(operation.verb, operation.path, query=query.items(), json=body)
        assert "UnexpectedException" not in response.text, f"{query} {body}"
        case.validate_response(schemathesis.Response.from_httpx(response, verify=False), checks=CHECKS)


def with_ids(value: Any, chance: random.Random, ids: list[str]) -> Any:
    """The value with ids that exist in some of its members that are named like one."""
    if isinstance(value, dict):
        return {
            name: chance.choice([item, *ids])
            if name.lower().endswith("id") and isinstance(item, str)
            else with_ids(item, chance, ids)
            for name, item in value.items()
        }
    return [with_ids(item, chance, ids) for item in value] if isinstance(value, list) else value
