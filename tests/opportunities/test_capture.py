"""Capturing and adding opportunities: leads found and made, duplicates met, failures that leave nothing."""

from __future__ import annotations

import asyncio
import json
import uuid
from typing import Any

import pytest

from fairlead.fields.model import DataType, Field, Option
from world import Client, Envelope, World

CAPTURE = "/v2/OpportunityManagement.svc/Capture"
ADD = "/v2/OpportunityManagement.svc/Bulk/Add/ByLeadField"
CODE = 12005


@pytest.fixture
async def lead(world: World) -> str:
    return (await world.need("lead.1"))["lead.1"]


def pairs(name: str, **values: Any) -> list[dict[str, Any]]:
    return [{name: key, "Value": value} for key, value in values.items()]


def capture(
    attributes: dict[str, Any] | None = None, fields: dict[str, Any] | None = None, **more: Any
) -> dict[str, Any]:
    attributes = attributes or {"EmailAddress": "new@example.com", "SearchBy": "EmailAddress"}
    values = {"mx_Custom_1": "Car"} if fields is None else fields
    opportunity = {"OpportunityEventCode": CODE, "Fields": pairs("SchemaName", **values)} | more
    return {"LeadDetails": pairs("Attribute", **attributes), "Opportunity": opportunity}


def on(world: World, **more: Any) -> dict[str, Any]:
    return {"EmailAddress": world.values["lead.1.email"], "SearchBy": "EmailAddress"} | more


async def codes(world: World) -> list[int]:
    return sorted(row["code"] for row in await world.rows("activity"))


async def stored(world: World, id: str) -> dict[str, Any]:
    row = next(row for row in await world.rows("activity") if str(row["id"]) == id)
    return row | {"fields": json.loads(row["fields"])}


async def everything(world: World) -> list[Any]:
    return [await world.rows(table) for table in ("lead", "lead_key", "activity", "change")]


# --- the lead ---


async def test_an_unknown_lead_is_created_with_the_opportunity(client: Client) -> None:
    found = await client.post(CAPTURE, capture())
    world = client.world
    (lead,) = await world.rows("lead")
    assert found["RelatedProspectId"] == str(lead["id"])
    assert await codes(world) == [33, CODE]
    assert (found["Status"], found["IsUnique"], found["ConflictedOpportunityId"]) == (0, True, None)
    opportunity = await stored(world, found["CreatedOpportunityId"])
    assert (opportunity["status"], str(opportunity["owner_id"])) == ("Open", world.user_id)
    assert opportunity["fields"] == {"mx_Custom_1": "Car", "mx_Custom_2": "Prospecting"}


async def test_a_known_lead_is_written_to(client: Client, lead: str) -> None:
    world = client.world
    found = await client.post(
        CAPTURE, capture(on(world, mx_City="Pune"), OpportunityDateTime="2020-12-05 12:13:44")
    )
    assert found["RelatedProspectId"] == lead
    (row,) = await world.rows("lead")
    assert json.loads(row["fields"])["mx_City"] == "Pune"
    activities = await world.rows("activity")
    assert {f"{row['happened_on']:%Y-%m-%d %H:%M:%S}" for row in activities} == {"2020-12-05 12:13:44"}
    assert {str(row["opportunity_id"]) for row in activities if row["code"] == 33} == {
        found["CreatedOpportunityId"]
    }


async def test_a_lead_by_its_id(client: Client, lead: str) -> None:
    found = await client.post(CAPTURE, capture({"ProspectID": lead.upper(), "SearchBy": "ProspectId"}))
    assert found["RelatedProspectId"] == lead


async def test_a_new_lead_may_bring_its_id(client: Client) -> None:
    chosen = str(uuid.uuid4())
    attributes = {
        "ProspectID": chosen,
        "FirstName": "Yu",
        "SearchBy": "ProspectId",
        "__UseUserDefinedGuid__": "true",
    }
    found = await client.post(CAPTURE, capture(attributes))
    assert found["RelatedProspectId"] == chosen


# --- failures ---

STAGE = "Field name : 'mx_Custom_2' of datatype : 'SearchableDropdown' has an invalid value."


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        (capture({"FirstName": "Yu", "SearchBy": "FirstName"}), "Invalid SearchBy value provided"),
        (capture({"FirstName": "Yu", "SearchBy": "Nothing"}), "Invalid SearchBy value provided"),
        (
            capture(OverwriteFields=True, UpdateEmptyFields="1"),
            "OverwriteFields and UpdateEmptyFields both cannot be true",
        ),
        (capture(fields={}), "Field name : 'mx_Custom_1' of datatype : 'String' is mandatory."),
        (
            capture(fields={"mx_Custom_1": "C", "mx_Custom_77": 1}),
            "Field name : 'mx_Custom_77' does not exist.",
        ),
        (capture(fields={"mx_Custom_1": "C", "Status": "Won", "mx_Custom_2": "Proposal"}), STAGE),
        (capture(OpportunityEventCode=206), "Event Code is invalid or empty"),
        (capture(OpportunityEventCode="none"), "Event Code is invalid or empty"),
        (
            capture(OpportunityDateTime="soon"),
            "Invalid Input! Parameter Name: OpportunityDateTime value is not correct.",
        ),
        (
            capture(OverwriteFields="perhaps"),
            "Invalid Input! Parameter Name: OverwriteFields value is not correct.",
        ),
        (
            capture({"EmailAddress": "a@example.com", "Nope": "1", "SearchBy": "EmailAddress"}),
            "Attribute(s) does not exist - Nope.",
        ),
        (
            capture({"EmailAddress": "a@example.com", "OwnerId": "x", "SearchBy": "EmailAddress"}),
            "User not found",
        ),
    ],
)
async def test_a_failure_is_an_answer_and_leaves_nothing(
    client: Client, lead: str, sent: dict[str, Any], message: str
) -> None:
    before = await everything(client.world)
    found = await client.post(CAPTURE, sent)
    assert (found["Status"], found["ExceptionMessage"]) == (1, message)
    assert found["ExceptionType"].startswith("MX")
    assert found["AdditionalDetails"] == []
    assert found["IsUnique"] is False
    assert [
        found[name] for name in ("RelatedProspectId", "CreatedOpportunityId", "ConflictedOpportunityId")
    ] == [None] * 3
    assert await everything(client.world) == before


async def test_a_value_of_another_lead_is_a_failure(client: Client, lead: str) -> None:
    values = await client.world.need("lead.2")
    before = await everything(client.world)
    found = await client.post(CAPTURE, capture(on(client.world, Phone=values["lead.2.phone"])))
    assert (found["Status"], found["ExceptionType"]) == (1, "MXDuplicateEntryException")
    assert await everything(client.world) == before


@pytest.mark.parametrize(
    ("change", "name"),
    [
        (lambda sent: sent.pop("LeadDetails"), "LeadDetails"),
        (lambda sent: sent["LeadDetails"].clear(), "LeadDetails"),
        (lambda sent: sent["LeadDetails"].pop(), "SearchBy"),
        (lambda sent: sent["LeadDetails"].pop(0), "EmailAddress"),
        (lambda sent: sent.pop("Opportunity"), "Opportunity"),
        (lambda sent: sent["Opportunity"].pop("OpportunityEventCode"), "OpportunityEventCode"),
    ],
)
async def test_what_every_capture_needs(client: Client, change: Any, name: str) -> None:
    sent = capture()
    change(sent)
    assert await client.refused(CAPTURE, sent) == Envelope(
        400, "MXMandatoryAttributeMissingException", f"'{name}' is mandatory for capturing opportunity"
    )


@pytest.mark.parametrize(("name", "state"), [("mx_Custom_1", "Success"), ("mx_Custom_3", "ERROR")])
async def test_a_queued_failure_is_an_error(client: Client, lead: str, name: str, state: str) -> None:
    key = {"x-api-key": (await client.world.need("async.key"))["async.key"]}
    sent = capture(on(client.world), {name: "Car"})
    accepted = await client.send("POST", "/opportunity/capture", json=sent, headers=key)
    query = [("RequestID", accepted.json()["RequestID"])]
    async with asyncio.timeout(20):
        while True:
            response = await client.send("GET", "/opportunity/status", query=query, headers=key)
            status = response.json()["TaskStatus"]
            if status["Status"] != "In-Queue":
                break
            await asyncio.sleep(0.02)
    assert status["Status"] == state
    failed = state == "ERROR"
    assert (status["Message"] is None) == failed
    if failed:
        assert status["StatusReason"] == "Field name : 'mx_Custom_1' of datatype : 'String' is mandatory."
    assert await codes(client.world) == ([] if failed else [33, CODE])


# --- duplicates ---


@pytest.fixture
async def ruled(world: World, lead: str) -> World:
    """Opportunities of the type with the same name and source are the same."""
    await world.type_settings(CODE, duplicate_fields=["mx_Custom_1", "mx_Custom_3"])
    return world


async def test_without_a_rule_every_capture_creates(client: Client, lead: str) -> None:
    for _ in range(2):
        assert (await client.post(CAPTURE, capture(on(client.world))))["IsUnique"] is True
    assert await codes(client.world) == [33, 33, CODE, CODE]


async def test_a_duplicate_creates_nothing(client: Client, ruled: World) -> None:
    first = await client.post(CAPTURE, capture(on(ruled)))
    second = await client.post(CAPTURE, capture(on(ruled), {"mx_Custom_1": "Car", "mx_Custom_4": "Spring"}))
    assert await codes(ruled) == [32, 33, 33, CODE]
    assert second["CreatedOpportunityId"] is None
    assert second["ConflictedOpportunityId"] == first["CreatedOpportunityId"]
    assert (second["Status"], second["IsUnique"]) == (0, False)
    ((detail),) = second["AdditionalDetails"]
    assert detail["PostDeDupActionPerformed"] == 3
    assert (await stored(ruled, detail["ActivityId"]))["code"] == 32
    assert "mx_Custom_4" not in (await stored(ruled, first["CreatedOpportunityId"]))["fields"]


async def test_another_value_or_a_lost_one_is_no_duplicate(client: Client, ruled: World) -> None:
    for fields in (
        {"mx_Custom_1": "Car", "Status": "Lost"},
        {"mx_Custom_1": "Car"},
        {"mx_Custom_1": "Car", "mx_Custom_3": "Web"},
        {"mx_Custom_1": "car"},
    ):
        assert (await client.post(CAPTURE, capture(on(ruled), fields)))["IsUnique"] is True
    assert (await client.post(CAPTURE, capture()))["IsUnique"] is True  # another lead


async def test_no_activity_about_a_duplicate_when_asked(client: Client, ruled: World) -> None:
    await client.post(CAPTURE, capture(on(ruled)))
    found = await client.post(CAPTURE, capture(on(ruled), DoNotPostDuplicateActivity=True))
    assert await codes(ruled) == [33, 33, CODE]
    assert (await stored(ruled, found["AdditionalDetails"][0]["ActivityId"]))["code"] == 33


async def test_overwriting_a_duplicate(client: Client, ruled: World) -> None:
    other, _, _ = await ruled.user_with_key("Sales_Manager")
    first = await client.post(CAPTURE, capture(on(ruled), {"mx_Custom_1": "Car", "mx_Custom_4": "Spring"}))
    values = {"mx_Custom_1": "Car", "mx_Custom_4": "Autumn", "Status": "Won", "Owner": other}
    second = await client.post(CAPTURE, capture(on(ruled), values, OverwriteFields=True, OpportunityNote="n"))
    assert second["AdditionalDetails"][0]["PostDeDupActionPerformed"] == 2
    found = await stored(ruled, first["CreatedOpportunityId"])
    assert found["fields"] == {"mx_Custom_1": "Car", "mx_Custom_2": "Closed Won", "mx_Custom_4": "Autumn"}
    assert (found["status"], found["note"], str(found["owner_id"])) == ("Won", "n", other)


async def test_an_owner_that_stays(client: Client, ruled: World) -> None:
    other, _, _ = await ruled.user_with_key("Sales_Manager")
    first = await client.post(CAPTURE, capture(on(ruled)))
    values = {"mx_Custom_1": "Car", "Owner": other}
    await client.post(CAPTURE, capture(on(ruled), values, OverwriteFields=True, DoNotChangeOwner=True))
    assert str((await stored(ruled, first["CreatedOpportunityId"]))["owner_id"]) == ruled.user_id


async def test_filling_a_duplicate(client: Client, ruled: World) -> None:
    first = await client.post(CAPTURE, capture(on(ruled), {"mx_Custom_1": "Car", "mx_Custom_4": "Spring"}))
    values = {"mx_Custom_1": "Car", "mx_Custom_4": "Autumn", "mx_Custom_5": "red", "Status": "Won"}
    second = await client.post(
        CAPTURE, capture(on(ruled), values, UpdateEmptyFields=True, OpportunityNote="n")
    )
    assert second["AdditionalDetails"][0]["PostDeDupActionPerformed"] == 2
    found = await stored(ruled, first["CreatedOpportunityId"])
    assert found["fields"] == {
        "mx_Custom_1": "Car", "mx_Custom_2": "Prospecting", "mx_Custom_4": "Spring", "mx_Custom_5": "red"
    }  # fmt: skip
    assert (found["status"], found["note"]) == ("Open", "n")
    third = await client.post(
        CAPTURE, capture(on(ruled), values, UpdateEmptyFields=True, OpportunityNote="m")
    )
    assert third["AdditionalDetails"][0]["PostDeDupActionPerformed"] == 3


def drop_down(name: str, sequence: int, parent: str | None = None, **allowed: tuple[str, ...]) -> Field:
    options = [option for some in allowed.values() for option in some]
    return Field(
        name,
        name,
        DataType.SELECT,
        options=tuple(Option(option) for option in options),
        parent=parent,
        dependent=allowed if parent else {},
        sequence=sequence,
    )


@pytest.mark.parametrize(
    ("stored_before", "sent", "after", "kept"),
    [
        # a city that the country stored does not allow, and what depends on it
        ({"Land": "IN"}, {"Land": "US", "City": "NYC", "Part": "Bronx"}, {"Land": "IN"}, ["City", "Part"]),
        ({"Land": "US"}, {"Land": "US", "City": "NYC", "Part": "Bronx"}, ..., []),
        ({}, {"Land": "US", "City": "NYC"}, {"Land": "US", "City": "NYC"}, []),
        # a country that does not allow the city stored, which was written without a check
        ({"City": "Pune"}, {"Land": "US", "City": "NYC"}, {"City": "Pune"}, ["Land"]),
    ],
)
async def test_a_blank_is_filled_only_with_what_goes_with_the_rest(
    client: Client, ruled: World, stored_before: Any, sent: Any, after: Any, kept: list[str]
) -> None:
    names = {"Land": "mx_Custom_31", "City": "mx_Custom_32", "Part": "mx_Custom_33"}
    await ruled.add_fields(
        CODE,
        drop_down("mx_Custom_31", 33, every=("IN", "US")),
        drop_down("mx_Custom_32", 32, "mx_Custom_31", IN=("Pune",), US=("NYC",)),
        drop_down("mx_Custom_33", 31, "mx_Custom_32", NYC=("Bronx",)),
    )

    def named(values: dict[str, str]) -> dict[str, str]:
        return {names[name]: value for name, value in values.items()}

    car = {"mx_Custom_1": "Car"}
    first = await client.post(
        CAPTURE, capture(on(ruled), car | named(stored_before), ValidateDropDownOptions=1)
    )
    body = capture(on(ruled), car | {"mx_Custom_5": "red"} | named(sent), UpdateEmptyFields=True)
    response = await client.send("POST", CAPTURE, json=body)
    assert response.json()["AdditionalDetails"][0]["PostDeDupActionPerformed"] == 2
    found = (await stored(ruled, first["CreatedOpportunityId"]))["fields"]
    assert found == car | {"mx_Custom_2": "Prospecting", "mx_Custom_5": "red"} | named(
        sent if after is ... else after
    )
    said = ", ".join(f"blank-kept;{names[name]}" for name in kept)
    assert response.headers.get("x-fairlead-diagnostics", "") == said


async def test_a_member_is_filled_only_with_what_goes_with_the_rest(client: Client, ruled: World) -> None:
    members = (
        drop_down("Land", 1, every=("IN", "US")),
        drop_down("City", 2, "Land", IN=("Pune",), US=("NYC",)),
    )
    await ruled.add_fields(
        CODE, Field("mx_Custom_31", "At", DataType.FIELD_SET, members=members, sequence=31)
    )

    def at(**values: str) -> dict[str, Any]:
        sent = capture(on(ruled), {"mx_Custom_1": "Car"}, UpdateEmptyFields=True)
        sent["Opportunity"]["Fields"].append(
            {"SchemaName": "mx_Custom_31", "Fields": pairs("Attribute", **values)}
        )
        return sent

    first = await client.post(CAPTURE, at(Land="IN"))
    response = await client.send("POST", CAPTURE, json=at(Land="US", City="NYC"))
    assert response.json()["Status"] == 0
    assert response.headers["x-fairlead-diagnostics"] == "blank-kept;mx_Custom_31~City"
    await client.post(CAPTURE, at(Land="IN", City="Pune"))
    found = (await stored(ruled, first["CreatedOpportunityId"]))["fields"]["mx_Custom_31"]
    assert (found["Land"], found["City"]) == ("IN", "Pune")


async def test_captures_at_once_open_one_opportunity(client: Client, ruled: World) -> None:
    found = await asyncio.gather(*(client.post(CAPTURE, capture(on(ruled))) for _ in range(12)))
    assert sum(reply["IsUnique"] for reply in found) == 1
    assert len({reply["CreatedOpportunityId"] or reply["ConflictedOpportunityId"] for reply in found}) == 1
    assert (await codes(ruled)).count(CODE) == 1


async def test_what_is_blank_everywhere_is_no_duplicate(client: Client, world: World, lead: str) -> None:
    await world.type_settings(CODE, duplicate_fields=["mx_Custom_3"])
    for _ in range(2):
        assert (await client.post(CAPTURE, capture(on(world))))["IsUnique"] is True


async def test_the_default_owner_counts_as_equal(client: Client, world: World, lead: str) -> None:
    await world.type_settings(CODE, duplicate_fields=["mx_Custom_1", "Owner"])
    await client.post(CAPTURE, capture(on(world)))
    assert (await client.post(CAPTURE, capture(on(world))))["IsUnique"] is False


async def test_the_auto_number_is_shown_and_names_the_opportunity(
    client: Client, world: World, lead: str
) -> None:
    await world.add_fields(
        CODE, Field("mx_Custom_31", "Number", DataType.NUMBER, mandatory=True, sequence=31)
    )
    await world.type_settings(CODE, auto_id_field="mx_Custom_31")
    fields = {"mx_Custom_1": "Car", "mx_Custom_31": "77"}
    id = (await client.post(CAPTURE, capture(on(world), fields)))["CreatedOpportunityId"]
    found = await stored(world, id)
    assert found["fields"]["mx_Custom_31"] == found["auto_id"] != 77
    details = await client.get(
        "/v2/OpportunityManagement.svc/GetOpportunityDetails", OpportunityId=str(found["auto_id"])
    )
    assert details["ID"] == id


# --- in bulk ---


def row(value: Any, **more: Any) -> dict[str, Any]:
    return {
        "SearchByValue": value,
        "OpportunityEventCode": CODE,
        "Fields": pairs("SchemaName", mx_Custom_1="Car"),
    } | more


async def test_rows_stand_for_themselves(client: Client, ruled: World) -> None:
    phone = ruled.values["lead.1.phone"]
    sent = [
        row(phone, OpportunityOwnerEmail="asha.rao@example.com"),
        row(f" {phone} "),
        row("+91-0000000000"),
        row(""),
        row(phone, OpportunityEventCode=None),
        row(phone, OpportunityEventCode=206),
        row(phone, OpportunityOwnerEmail="nobody@example.com"),
        row(phone, Fields=[]),
        row(phone, OverwriteFields=True, UpdateEmptyFields=True),
        row(phone, Fields=pairs("SchemaName", mx_Custom_1="Bus")),
    ]
    found = (await client.post(ADD, sent, SearchBy="Phone"))["Response"]
    assert [one["OpportunityCreated"] for one in found] == [True, *([False] * 8), True]
    assert found[1] == {
        "ProspectOpportunityId": found[0]["ProspectOpportunityId"],
        "RowNumber": 2,
        "OpportunityCreated": False,
    }
    assert [one["ExceptionMessage"] for one in found[2:9]] == [
        "Lead not found",
        "'SearchByValue' is mandatory for adding opportunity",
        "'OpportunityEventCode' is mandatory for adding opportunity",
        "Event Code is invalid or empty",
        "User not found",
        "Field name : 'mx_Custom_1' of datatype : 'String' is mandatory.",
        "OverwriteFields and UpdateEmptyFields both cannot be true",
    ]
    assert await codes(ruled) == [32, CODE, CODE]
    assert len(await ruled.rows("lead")) == 1


@pytest.mark.parametrize("name", ["ProspectId", "ProspectID", "EmailAddress", "Mobile"])
async def test_leads_by_any_unique_field(client: Client, lead: str, name: str) -> None:
    values = client.world.values
    value = {"EmailAddress": values["lead.1.email"].upper(), "Mobile": values["lead.1.mobile"]}.get(
        name, lead.upper()
    )
    ((found),) = (await client.post(ADD, [row(value)], SearchBy=name))["Response"]
    assert found["OpportunityCreated"] is True


async def test_search_by_must_be_given_and_unique(client: Client, lead: str) -> None:
    assert await client.refused(ADD, [row("1")]) == Envelope(
        400, "MXMandatoryAttributeMissingException", "'SearchBy' is mandatory for adding opportunities"
    )
    assert await client.refused(f"{ADD}?SearchBy=FirstName", [row("1")]) == Envelope(
        500, "MXInvalidInputException", "Invalid SearchBy value provided"
    )
