"""Deleting an opportunity: what goes, what stays, and who may."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from world import Client, World

DELETE = "/v2/OpportunityManagement.svc/Delete"
NOBODY = "01000000-0000-7000-8000-000000000000"


@pytest.fixture
async def values(world: World) -> dict[str, str]:
    """Two opportunities that scored, and an activity tied to each."""
    statement = """update record_type set score = 7, definition = definition || '{"can_delete": true}'
        where org_id = $1 and code = 12005"""
    await world.db.execute(statement, world.org_id)
    await world.definitions_changed()
    return await world.need(
        opp_1={"created": "2020-01-01 10:00:00"},
        opp_2={"created": "2021-01-01 10:00:00"},
        activity_1={"opp": "opp.1", "created": "2020-06-01 10:00:00"},
        activity_2={"opp": "opp.2", "created": "2020-07-01 10:00:00"},
    )


async def lead(world: World) -> dict[str, Any]:
    ((row),) = await world.rows("lead")
    return row


async def refused(client: Client, query: str) -> tuple[int, str]:
    response = await client.send("GET", f"{DELETE}?{query}")
    return response.status_code, response.json()["ExceptionMessage"]


async def test_activities_stay_and_the_lead_follows(client: Client, values: dict[str, str]) -> None:
    world = client.world
    update = {"ProspectOpportunityId": values["opp.1"], "OpportunityNote": "new"}
    await client.post("/v2/OpportunityManagement.svc/Update", update)
    before = await lead(world)
    assert (before["score"], str(before["first_activity_id"])) == (14, values["opp.1"])
    found = await client.get(DELETE, Id=values["opp.1"])
    assert found == {"Status": "Success", "Message": {"IsSuccessful": True}}
    after = await lead(world)
    assert (after["score"], after["engagement_score"], after["version"]) == (7, 7, before["version"] + 1)
    assert str(after["first_activity_id"]) == values["activity.1"]
    assert str(after["last_activity_id"]) == values["opp.2"]
    tied = {str(row["id"]): row["opportunity_id"] for row in await world.rows("activity")}
    assert values["opp.1"] not in tied
    assert tied[values["activity.1"]] is None
    assert str(tied[values["activity.2"]]) == values["opp.2"]
    assert all(str(row["record_id"]) != values["opp.1"] for row in await world.rows("change"))
    assert await refused(client, f"Id={values['opp.1']}") == (500, "Opportunity does not exist")


async def test_the_last_activity_is_found_anew(client: Client, values: dict[str, str]) -> None:
    number = values["opp.2.number"]
    assert await refused(client, f"Id={number}") == (500, "Opportunity does not exist")
    await client.world.type_settings(12005, auto_id_field="mx_Custom_11")
    await client.get(DELETE, Id=number)
    after = await lead(client.world)
    assert (str(after["last_activity_id"]), after["last_activity_code"]) == (values["activity.2"], 206)


async def test_who_may_not(client: Client, values: dict[str, str]) -> None:
    world = client.world
    before = await world.rows("activity")
    missing = (400, "'Id' is mandatory for deleting opportunity")
    assert await refused(client, f"opportunityId={values['opp.1']}") == missing
    for id in (NOBODY, "x", values["activity.1"]):
        assert await refused(client, f"Id={id}") == (500, "Opportunity does not exist")
    forbidden = (403, "You do not have permission to perform this action.")
    own = client.key
    _, *client.key = await world.user_with_key("Sales_User")  # type: ignore[misc]
    assert await refused(client, f"Id={values['opp.1']}") == forbidden
    client.key = own
    statement = "update record_type set definition = $2::text::jsonb where org_id = $1 and code = 12005"
    await world.db.execute(statement, world.org_id, json.dumps({"can_delete": False}))
    await world.definitions_changed()
    assert await refused(client, f"Id={values['opp.1']}") == forbidden
    assert await world.rows("activity") == before


async def test_what_is_written_meanwhile_leaves_nothing_behind(
    client: Client, values: dict[str, str]
) -> None:
    path = f"/v2/ProspectActivity.svc/Bulk/CustomActivity/Add/ByOpportunityId?opportunityId={values['opp.1']}"
    rows = [{"ActivityEvent": 206, "ActivityOwnerEmail": "asha.rao@example.com"}]
    calls = [client.send("POST", path, json=rows) for _ in range(20)]
    await asyncio.gather(*calls[:10], client.get(DELETE, Id=values["opp.1"]), *calls[10:])
    activities = await client.world.rows("activity")
    assert all(str(row["opportunity_id"]) != values["opp.1"] for row in activities)
    assert (await lead(client.world))["score"] == 7
