"""What rows show of activities that the server makes: owner and stage changes, captures, sales."""

from __future__ import annotations

from typing import Any

import pytest

from world import Client, World

TIMELINE = "/v2/ProspectActivity.svc/Retrieve"
RANGE = "/v2/ProspectActivity.svc/CustomActivity/RetrieveByActivityEvent"
DETAILS = "/v2/ProspectActivity.svc/GetActivityDetails"
TYPE = "/v2/ProspectActivity.svc/CustomActivity/GetActivitySetting"
EVER = {"FromDate": "2000-01-01 00:00:00", "ToDate": "9999-12-31 23:59:59"}


@pytest.fixture
async def moved(client: Client, world: World) -> dict[str, str]:
    """A lead that got another owner and another stage."""
    values = await world.need("lead.1", "user.2")
    changes = [
        {"Attribute": "OwnerId", "Value": values["user.2"]},
        {"Attribute": "ProspectStage", "Value": "Interested"},
    ]
    await client.post("/v2/LeadManagement.svc/Lead.Update", changes, leadId=values["lead.1"])
    return values


async def row(client: Client, code: int) -> dict[str, Any]:
    body = {"Parameter": {"ActivityEvent": code}}
    found = await client.post(TIMELINE, body, leadId=client.world.values["lead.1"])
    [only] = found["ProspectActivities"]
    assert isinstance(only, dict)
    return only


async def test_owner_and_stage_changes_tell_before_and_after_in_the_order_of_the_page(
    client: Client, moved: dict[str, str]
) -> None:
    assigned, staged = await row(client, 3001), await row(client, 3002)
    assert assigned["Data"] == [
        {"Key": "PreviousOwner", "Value": client.world.user_id},
        {"Key": "CurrentOwner", "Value": moved["user.2"]},
    ]
    assert [one["Key"] for one in staged["Data"]] == ["PreviousStage", "CurrentStage", "CreatedBy", "Comment"]
    assert (assigned["ActivityType"], list(assigned["ActivityFields"])) == (1, ["Owner", "CreatedOn"])
    assert "ActivityFields" not in staged
    flat = await client.post(RANGE, {"Parameter": EVER | {"ActivityEvent": 3002}})
    names = list(flat["List"][0])
    assert names.index("PreviousStage") < names.index("CurrentStage") < names.index("Comment")


async def test_of_a_capture_only_the_duplicate_has_fields(client: Client, world: World) -> None:
    statement = """update record_type set definition = definition || '{"duplicate_fields": ["mx_Custom_1"]}'
        where org_id = $1 and code = 12005"""
    await world.db.execute(statement, world.org_id)
    email = (await world.need("lead.1"))["lead.1.email"]
    await world.definitions_changed()
    lead = [{"Attribute": "EmailAddress", "Value": email}, {"Attribute": "SearchBy", "Value": "EmailAddress"}]
    opportunity = {"OpportunityEventCode": 12005, "Fields": [{"SchemaName": "mx_Custom_1", "Value": "Car"}]}
    for _ in range(2):
        await client.post(
            "/v2/OpportunityManagement.svc/Capture", {"LeadDetails": lead, "Opportunity": opportunity}
        )
    found = await client.post(TIMELINE, {}, leadId=world.values["lead.1"])
    told = {(one["EventCode"], "ActivityFields" in one) for one in found["ProspectActivities"]}
    assert told == {(12005, True), (33, False), (32, True)}


async def test_a_sale_is_of_a_system_type_and_its_details_begin_with_the_note(
    client: Client, world: World
) -> None:
    id = (await world.need("sales.1"))["sales.1"]
    assert (await row(client, 30))["ActivityType"] == 1
    flat = await client.post(RANGE, {"Parameter": EVER | {"ActivityEvent": 30}})
    assert flat["List"][0]["ActivityType"] == "1"
    details = await client.get(DETAILS, activityId=id)
    setting = await client.get(TYPE, code="30")
    for shown in (details["Fields"], setting["Fields"]):
        assert [field["SchemaName"] for field in shown] == [
            "ActivityEvent_Note", "Status", "mx_Custom_1", "mx_Custom_2", "mx_Custom_3", "mx_Custom_4"
        ]  # fmt: skip
        assert (shown[0]["DisplayName"], shown[0]["Sequence"], shown[0]["IsReadOnly"]) == ("Notes", 0, True)
