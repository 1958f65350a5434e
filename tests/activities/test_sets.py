"""Field sets of activities, opportunities, sales and account activities: who changed one, and when."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fairlead.fields.model import DataType, Field
from world import Client, World

CREATE = "/v2/ProspectActivity.svc/Create"
UPDATE = "/v2/ProspectActivity.svc/CustomActivity/Update"
RANGE = "/v2/ProspectActivity.svc/CustomActivity/RetrieveByActivityEvent"
DETAILS = "/v2/ProspectActivity.svc/GetActivityDetails"
TIMELINE = "/v2/ProspectActivity.svc/Retrieve"
CHANGES = "/v2/ProspectActivity.svc/RetrieveActivityChange"

SET = "mx_Custom_12"
AUDIT = ["ModifiedByName", "ModifiedOn"]
EVER = {"FromDate": "2000-01-01 00:00:00", "ToDate": "9999-12-31 23:59:59"}


def members(name: str = SET, **values: Any) -> dict[str, Any]:
    """The set as it is sent."""
    inner = [{"Attribute": member, "Value": value} for member, value in values.items()]
    return {"SchemaName": name, "Value": "", "Fields": inner}


def a_set(name: str = SET) -> Field:
    own = (Field("a", "A", max_length=200), Field("b", "B", max_length=200))
    return Field(name, "Papers", DataType.FIELD_SET, members=own, sequence=60)


@pytest.fixture
async def activity(world: World) -> str:
    await world.add_fields(206, a_set())
    return (await world.need("activity.1"))["activity.1"]


async def stored(world: World, id: str) -> dict[str, Any]:
    return next(row for row in await world.rows("activity") if str(row["id"]) == id)


async def history(world: World, id: str) -> list[dict[str, list[Any]]]:
    return [json.loads(row["changes"]) for row in await world.rows("change") if str(row["record_id"]) == id]


async def shown(client: Client, id: str) -> Any:
    """The set in the details of an activity; None without one."""
    [field] = [f for f in (await client.get(DETAILS, activityId=id))["Fields"] if f["SchemaName"] == SET]
    return json.loads(field["Value"]) if field["Value"] is not None else None


async def test_a_set_tells_who_changed_a_member_and_when_in_every_read(client: Client, activity: str) -> None:
    await client.post(UPDATE, {"ProspectActivityId": activity, "Fields": [members(b="2", a="1")]})
    row = await stored(client.world, activity)
    told = {"a": "1", "b": "2", "ModifiedByName": "Asha Rao", "ModifiedOn": f"{row['modified_on']:%F %T}"}
    assert await shown(client, activity) == told
    ranged = await client.post(RANGE, {"Parameter": EVER | {"ActivityEvent": 206}})
    timeline = await client.post(TIMELINE, {}, leadId=client.world.values["lead.1"])
    for text in (ranged["List"][0][SET], timeline["ProspectActivities"][0]["ActivityFields"][SET]):
        assert list(json.loads(text)) == ["a", "b", *AUDIT]


async def test_a_new_activity_has_it_too(client: Client, activity: str) -> None:
    body = {
        "RelatedProspectId": client.world.values["lead.1"],
        "ActivityEvent": 206,
        "Fields": [members(a="1")],
    }
    new = (await client.post(CREATE, body))["Message"]["Id"]
    assert list(await shown(client, new)) == ["a", *AUDIT]


async def test_what_changes_no_member_changes_nothing(client: Client, activity: str) -> None:
    body = {"ProspectActivityId": activity, "Fields": [members(a="1")]}
    await client.post(UPDATE, body)
    before = await stored(client.world, activity)
    await client.post(UPDATE, body)
    await client.post(UPDATE, {"ProspectActivityId": activity, "Fields": [members()]})
    assert await stored(client.world, activity) == before
    assert len(await history(client.world, activity)) == 1


async def test_clearing_the_last_member_removes_the_set(client: Client, activity: str) -> None:
    await client.post(UPDATE, {"ProspectActivityId": activity, "Fields": [members(a="1", b="2")]})
    await client.post(UPDATE, {"ProspectActivityId": activity, "Fields": [members(a="")]})
    assert list(await shown(client, activity)) == ["b", *AUDIT]
    await client.post(UPDATE, {"ProspectActivityId": activity, "Fields": [members(b=None)]})
    assert await shown(client, activity) is None
    assert SET not in json.loads((await stored(client.world, activity))["fields"])


async def test_the_history_tells_of_members_only(client: Client, activity: str) -> None:
    for value in ("1", "2", ""):
        await client.post(UPDATE, {"ProspectActivityId": activity, "Fields": [members(a=value)]})
    found = await client.post(CHANGES, {"Parameter": EVER | {"ActivityID": activity}})
    told = [[(one["OldValue"], one["NewValue"]) for one in some["Changes"]] for some in found["Activities"]]
    assert told == [[('{"a":"2"}', None)], [('{"a":"1"}', '{"a":"2"}')], [(None, '{"a":"1"}')]]


async def test_who_and_when_are_no_members_for_callers(client: Client, activity: str) -> None:
    body = {"ProspectActivityId": activity, "Fields": [members(ModifiedOn="2020-01-01 00:00:00")]}
    refused = await client.refused(UPDATE, body)
    assert refused.message == f"Field name : '{SET}~ModifiedOn' does not exist."


@pytest.fixture
async def opportunity(client: Client, world: World) -> dict[str, Any]:
    """The capture of an opportunity with a set, by whose members duplicates are told."""
    await world.add_fields(12005, a_set("mx_Custom_40"))
    statement = """update record_type set definition = definition || '{"duplicate_fields": ["mx_Custom_40"]}'
        where org_id = $1 and code = 12005"""
    await world.db.execute(statement, world.org_id)
    values = await world.need("lead.1")
    await world.definitions_changed()
    return {
        "LeadDetails": [
            {"Attribute": "EmailAddress", "Value": values["lead.1.email"]},
            {"Attribute": "SearchBy", "Value": "EmailAddress"},
        ],
        "Opportunity": {
            "OpportunityEventCode": 12005,
            "UpdateEmptyFields": True,
            "Fields": [{"SchemaName": "mx_Custom_1", "Value": "x"}, members("mx_Custom_40", a="1")],
        },
    }


CAPTURE = "/v2/OpportunityManagement.svc/Capture"


async def test_an_opportunity_has_it_and_its_history_has_not(
    client: Client, opportunity: dict[str, Any]
) -> None:
    id = (await client.post(CAPTURE, opportunity))["CreatedOpportunityId"]
    kept = json.loads((await stored(client.world, id))["fields"])["mx_Custom_40"]
    assert (kept["a"], kept["ModifiedByName"]) == ("1", "Asha Rao")
    [change] = await history(client.world, id)
    assert change["mx_Custom_40"] == [None, {"a": "1"}]


async def test_duplicates_are_told_by_members_whoever_wrote_them(
    client: Client, opportunity: dict[str, Any]
) -> None:
    first = await client.post(CAPTURE, opportunity)
    statement = """update activity set fields = jsonb_set(fields, '{mx_Custom_40,ModifiedOn}', '"2020-01-01 00:00:00"')
        where org_id = $1 and code = 12005"""
    await client.world.db.execute(statement, client.world.org_id)
    again = await client.post(CAPTURE, opportunity)
    assert again["ConflictedOpportunityId"] == first["CreatedOpportunityId"]


async def test_filling_a_duplicate_whose_field_held_a_text_before(
    client: Client, opportunity: dict[str, Any]
) -> None:
    statement = """update record_type set definition = definition || '{"duplicate_fields": ["mx_Custom_1"]}'
        where org_id = $1 and code = 12005"""
    await client.world.db.execute(statement, client.world.org_id)
    await client.world.definitions_changed()
    first = (await client.post(CAPTURE, opportunity))["CreatedOpportunityId"]
    statement = """update activity set fields = jsonb_set(fields, '{mx_Custom_40}', '"a text"')
        where org_id = $1 and code = 12005"""
    await client.world.db.execute(statement, client.world.org_id)
    again = await client.post(CAPTURE, opportunity)
    assert again["AdditionalDetails"][0]["PostDeDupActionPerformed"] == 2
    assert json.loads((await stored(client.world, first))["fields"])["mx_Custom_40"]["a"] == "1"


async def test_what_was_stored_before_the_field_became_a_set_holds_no_member(
    client: Client, world: World
) -> None:
    await world.add_fields(206, a_set())
    id = (await world.need("activity.1", activity_1={SET: "a text"}))["activity.1"]
    await client.post(UPDATE, {"ProspectActivityId": id, "Fields": [members(a="")]})
    assert await history(world, id) == []
    await client.post(UPDATE, {"ProspectActivityId": id, "Fields": [members(a="1")]})
    assert list(await shown(client, id)) == ["a", *AUDIT]
    assert await history(world, id) == [{SET: [None, {"a": "1"}]}]
