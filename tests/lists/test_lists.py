"""Lists over the API: the two of the system, limits, who may do what, and leads that are deleted or merged."""

from __future__ import annotations

from typing import Any

import pytest

from world import Client, Envelope, World

LEADS = "/v2/LeadManagement.svc"
LISTS = "/v2/LeadSegmentation.svc"
NOTHING = "0190a6c2-ffff-7000-8000-00000000dead"


async def rows(client: Client, **query: str) -> dict[str, dict[str, Any]]:
    """What Get All Lists answers, by name."""
    return {row["ListName"]: row for row in await client.get(f"{LEADS}/Lists.Get", **query)}


async def members(client: Client, list_id: str, **more: Any) -> dict[str, Any]:
    """What Get Leads in a List answers."""
    body = {"SearchParameters": {"ListId": list_id}, "Columns": {"Include_CSV": "ProspectID"}} | more
    found: dict[str, Any] = await client.post(f"{LEADS}/Leads/Retrieve/BySearchParameter", body)
    return found


async def as_seller(client: Client) -> str:
    """Let the client speak for a Sales_User who owns nothing; their id."""
    user_id, *key = await client.world.user_with_key("Sales_User")
    client.key = (key[0], key[1])
    return user_id


async def test_every_organisation_has_two_lists(client: Client, world: World) -> None:
    await world.need("lead.1", "lead.2")
    found = await rows(client)
    assert list(found) == ["All Leads", "Starred Leads"]
    assert [(row["ListType"], row["MemberCount"]) for row in found.values()] == [
        ("dynamic", 2),
        ("static", 0),
    ]
    assert found == await rows(client), "their ids stay"
    starred, everything = found["Starred Leads"]["ListId"], found["All Leads"]["ListId"]
    await client.post(
        f"{LISTS}/AddLeadsToStaticList", {"listId": starred, "leadIds": [world.values["lead.2"]]}
    )
    assert (await members(client, starred))["RecordCount"] == 1
    assert (await members(client, everything))["RecordCount"] == 2
    assert list(await rows(client, ListType="1")) == ["All Leads"]
    assert await rows(client, ListType="2") == {}
    for name in ("starred leads", "ALL LEADS"):
        refused = await client.refused(f"{LISTS}/CreateEmptyList", {"Name": name})
        assert refused.type == "MXDuplicateEntryException"


async def test_a_dynamic_list_cannot_be_changed(client: Client, world: World) -> None:
    await world.need("lead.1")
    list_id = (await rows(client))["All Leads"]["ListId"]
    lead_id = world.values["lead.1"]
    message = "Invalid Input! Parameter Name: ListId value is not correct."
    wrong = Envelope(500, "MXInvalidInputException", message)
    assert (
        await client.refused(f"{LISTS}/AddLeadsToStaticList", {"listId": list_id, "leadIds": [lead_id]})
        == wrong
    )
    for method, path in (
        ("POST", f"{LEADS}/AddLeadToStaticList?listId={list_id}&leadId={lead_id}"),
        ("GET", f"{LISTS}/RemoveLeadFromStaticList?ListId={list_id}&LeadID={lead_id}"),
        ("GET", f"{LISTS}/Lists/EmptyStaticList?ListId={list_id}"),
    ):
        response = await client.send(method, path)
        assert (response.status_code, response.json()["ExceptionMessage"]) == (500, message), path


async def test_lists_come_a_hundred_a_page(client: Client, world: World) -> None:
    for number in range(101):
        await world.need(**{f"list_{number + 1}": {"name": f"Round {number:03}"}})
    assert len(await rows(client)) == 103
    assert len(await rows(client, PageIndex="1")) == 100
    assert list(await rows(client, PageIndex="2")) == ["Round 098", "Round 099", "Round 100"]
    assert list(await rows(client, SearchText="D 01", PageIndex="1"))[:2] == ["Round 010", "Round 011"]
    assert await rows(client, SearchText="%") == {}


@pytest.mark.parametrize(
    ("query", "what"), [("ListType=3", "ListType"), ("ListType=x", "ListType"), ("PageIndex=0", "PageIndex")]
)
async def test_what_lists_are_asked_for_must_be_readable(client: Client, query: str, what: str) -> None:
    response = await client.send("GET", f"{LEADS}/Lists.Get?{query}")
    assert (
        response.json()["ExceptionMessage"] == f"Invalid Input! Parameter Name: {what} value is not correct."
    )


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"Name": "x" * 201}, "Invalid Input! Parameter Name: Name can not be more than 200 characters."),
        (
            {"Name": "x", "Description": "y" * 4001},
            "Invalid Input! Parameter Name: Description can not be more than 4000 characters.",
        ),
        ({"Name": None}, "'Name' is mandatory for creating list"),
        ({}, "'Name' is mandatory for creating list"),
    ],
)
async def test_a_list_that_cannot_be_made(
    client: Client, world: World, body: dict[str, Any], message: str
) -> None:
    assert (await client.refused(f"{LISTS}/CreateEmptyList", body)).message == message
    assert await world.count("list") == 0


async def test_a_thousand_leads_in_one_call(client: Client, world: World) -> None:
    await world.need("list.1", "lead.1")
    body = {"listId": world.values["list.1"], "leadIds": [world.values["lead.1"]] * 1000}
    assert (await client.post(f"{LISTS}/AddLeadsToStaticList", body))["Message"]["Message"].startswith(
        "Successfully added 1 "
    )
    body["leadIds"] = [world.values["lead.1"]] * 1001
    refused = await client.refused(f"{LISTS}/AddLeadsToStaticList", body)
    assert refused.message == "Invalid Input! Parameter Name: Number of records can not be more than 1000."


async def test_all_leads_are_added_or_none(client: Client, world: World) -> None:
    await world.need("list.1", "lead.1", "visitor.1", "activity.1")
    for wrong in (NOTHING, "nonsense", "", world.values["activity.1"], world.values["list.1"]):
        body = {"listId": world.values["list.1"], "leadIds": [world.values["lead.1"], wrong]}
        refused = await client.refused(f"{LISTS}/AddLeadsToStaticList", body)
        assert refused.message == "Records not associated with List where Entity Type didn't match"
    assert await world.count("list_member") == 0


async def test_members_are_sorted_and_paged(client: Client, world: World) -> None:
    await world.need("lead.1", "lead.2", "lead.3", list_1={"leads": "lead.1;lead.2;lead.3"})
    sorting = {"ColumnName": "FirstName", "Direction": "0"}
    found = await members(
        client, world.values["list.1"], Sorting=sorting, Paging={"PageIndex": 1, "PageSize": 2}
    )
    ids = [lead["LeadPropertyList"][0]["Value"] for lead in found["Leads"]]
    assert found["RecordCount"] == 3
    assert ids == [world.values["lead.2"], world.values["lead.1"]]
    refused = await client.refused(
        f"{LEADS}/Leads/Retrieve/BySearchParameter",
        {"SearchParameters": {"ListId": world.values["list.1"], "RetrieveBehavior": "7"}},
    )
    assert refused.message == "Invalid Input! Parameter Name: RetrieveBehaviour value is not correct."


async def test_a_lead_that_is_deleted_leaves_its_lists(client: Client, world: World) -> None:
    await world.need("lead.1", "lead.2", list_1={"leads": "lead.1;lead.2"})
    await client.get(f"{LEADS}/Lead/Delete/ById", leadId=world.values["lead.1"])
    assert await world.count("list_member") == 1
    assert await client.get(f"{LISTS}/List/Retrieve/MemberCount", listId=world.values["list.1"]) == {
        "Count": 1
    }


async def test_a_lead_that_is_merged_leaves_its_places_to_the_other(client: Client, world: World) -> None:
    await world.need("lead.1", "lead.2", list_1={"leads": "lead.1;lead.2"}, list_2={"leads": "lead.2"})
    master, child = world.values["lead.1"], world.values["lead.2"]
    await client.send("POST", f"{LEADS}/Lead.Merge?masterId={master}&childId={child}")
    found = await client.get(f"{LISTS}/Lists.GetByLeadId", leadId=master)
    assert [(row["ListName"], row["MemberCount"]) for row in found] == [("List 1", 1), ("List 2", 1)]
    assert await client.get(f"{LISTS}/Lists.GetByLeadId", leadId=child) == []
    assert await world.count("list_member") == 2


async def test_a_seller_sees_and_moves_own_leads_only(client: Client, world: World) -> None:
    await world.need("lead.1", "lead.2", list_1={"leads": "lead.1;lead.2"})
    seller = await as_seller(client)
    statement = "update lead set owner_id = $3 where org_id = $1 and id = $2"
    await world.db.execute(statement, world.org_id, world.values["lead.2"], seller)
    found = await rows(client)
    assert [(name, row["MemberCount"]) for name, row in found.items()] == [
        ("All Leads", 1),
        ("Starred Leads", 0),
        ("List 1", 1),
    ]
    list_id = world.values["list.1"]
    assert (await members(client, list_id))["RecordCount"] == 1
    emptied = await client.send("GET", f"{LISTS}/Lists/EmptyStaticList?ListId={list_id}")
    assert emptied.status_code == 403
    both = {"listId": list_id, "leadIds": [world.values["lead.1"], world.values["lead.2"]]}
    assert (await client.refused(f"{LISTS}/AddLeadsToStaticList", both)).status == 403
    assert await world.count("list_member") == 2
    await client.get(
        f"{LISTS}/RemoveLeadFromStaticList", ListId=list_id, LeadID=world.values["lead.2"].upper()
    )
    assert await world.count("list_member") == 1
