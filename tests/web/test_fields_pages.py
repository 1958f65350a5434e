"""Settings: field sets, the place of fields and forms without them; what opportunity types say about duplicates."""

from __future__ import annotations

import re
from typing import Any

import pytest

from browsing import Browser
from fairlead.fields.model import DataType
from fairlead.orgs import definitions
from fairlead.orgs.definitions import Definitions
from world import Client, World

CODE = 12005
TYPE = f"/app/settings/opportunities/{CODE}"
CAPTURE = "/v2/OpportunityManagement.svc/Capture"
UPDATE = "/v2/OpportunityManagement.svc/Update"
DETAILS = "/v2/OpportunityManagement.svc/GetOpportunityDetails"


async def now_of(world: World) -> Definitions:
    return await definitions.read(world.db, world.org_id)


# opportunity types ------------------------------------------------------------------------------------------


def capture(email: str, **fields: str) -> dict[str, Any]:
    pairs = [{"SchemaName": name, "Value": value} for name, value in fields.items()]
    lead = [{"Attribute": "EmailAddress", "Value": email}, {"Attribute": "SearchBy", "Value": "EmailAddress"}]
    return {"LeadDetails": lead, "Opportunity": {"OpportunityEventCode": CODE, "Fields": pairs}}


async def test_a_duplicate_rule_counts_from_the_next_capture(
    browser: Browser, client: Client, world: World
) -> None:
    values = await world.need("lead.1")
    email = values["lead.1.email"]
    first = await client.post(CAPTURE, capture(email, mx_Custom_1="Car", mx_Custom_3="Web"))
    await browser.get(TYPE)
    await browser.send(TYPE, name="Loan", duplicate_fields=["mx_Custom_3", "mx_Custom_1"])
    assert (await now_of(world)).types[CODE].setting("duplicate_fields") == ["mx_Custom_1", "mx_Custom_3"]
    ticked = re.findall(r'name="duplicate_fields" value="([^"]+)" checked', browser.text)
    assert ticked == ["mx_Custom_1", "mx_Custom_3"]
    again = await client.post(CAPTURE, capture(email, mx_Custom_1="Car", mx_Custom_3="Web"))
    assert (again["IsUnique"], again["ConflictedOpportunityId"]) == (False, first["CreatedOpportunityId"])
    other = await client.post(CAPTURE, capture(email, mx_Custom_1="Car", mx_Custom_3="Shop"))
    assert other["IsUnique"] is True
    await browser.send(TYPE, name="Loan")
    assert (await client.post(CAPTURE, capture(email, mx_Custom_1="Car", mx_Custom_3="Web")))[
        "IsUnique"
    ] is True


async def test_the_number_field_shows_the_number_of_old_and_new_ones(
    browser: Browser, client: Client, world: World
) -> None:
    values = await world.need("lead.1", "opp.1")
    await browser.get(f"{TYPE}/fields/new")
    await browser.send(f"{TYPE}/fields/new", display_name="Loan Number", kind="number")
    fields = (await now_of(world)).types[CODE].fields.values()
    field = next(some.name for some in fields if some.display_name == "Loan Number")
    await browser.get(TYPE)
    await browser.send(TYPE, name="Loan", auto_id_field=field)
    assert "Loan is saved." in browser.text
    made = await client.post(CAPTURE, capture(values["lead.1.email"], mx_Custom_1="Car", **{field: "77"}))
    for id in (values["opp.1"], made["CreatedOpportunityId"]):
        told = await client.get(DETAILS, OpportunityId=id)
        number = next(some["Value"] for some in told["Fields"] if some["SchemaName"] == field)
        assert number.isdigit()
        assert number != "77"
        sent = {"ProspectOpportunityId": number, "Fields": [{"SchemaName": "mx_Custom_3", "Value": "Web"}]}
        assert (await client.post(UPDATE, sent))["Message"] == {"Id": id}
    await browser.send(TYPE, name="Loan", auto_id_field=field, duplicate_fields=[field])
    assert browser.response.status_code == 422
    assert "nothing would be a duplicate" in browser.text


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"duplicate_fields": "mx_Nope"}, "mx_Nope is no field of Loan that can be compared."),
        ({"auto_id_field": "mx_Nope"}, "Choose a field of your own"),
        ({"auto_id_field": "mx_Custom_1"}, "Choose a field of your own"),
        ({"auto_id_field": "mx_Custom_11"}, "Opportunities have values in"),
    ],
)
async def test_what_a_type_cannot_be_told_is_refused(
    browser: Browser, client: Client, world: World, sent: dict[str, str], said: str
) -> None:
    await world.need("lead.1", **{"opp.1": {"mx_Custom_3": "x"}})
    await browser.get(f"{TYPE}/fields/new")
    for _ in range(9):
        await browser.send(f"{TYPE}/fields/new", display_name="Note", kind="text")
        await browser.get(f"{TYPE}/fields/new")
    await client.post(
        UPDATE,
        {
            "ProspectOpportunityId": world.values["opp.1"],
            "Fields": [{"SchemaName": "mx_Custom_11", "Value": "somebody's"}],
        },
    )
    await browser.get(TYPE)
    await browser.send(TYPE, name="Loan", **sent)
    assert browser.response.status_code == 422
    assert said in browser.text.replace("&#39;", "'")
    assert (await now_of(world)).types[CODE].setting("duplicate_fields") == []
    assert (await now_of(world)).types[CODE].setting("auto_id_field") is None


async def test_a_type_is_deactivated_and_activated(browser: Browser, client: Client, world: World) -> None:
    await world.need("lead.1")
    activity = {"RelatedProspectId": world.values["lead.1"], "ActivityEvent": 206}
    post = "/v2/ProspectActivity.svc/Create"
    await browser.get("/app/settings/activities/206")
    await browser.send("/app/settings/activities/206/active", on="0")
    assert "nothing new can be recorded with it" in browser.text
    assert (await client.refused(post, activity)).message == "Event Code is invalid or empty"
    assert "Deactivated" in (await browser.get("/app/settings/activities")).text
    await browser.send("/app/settings/activities/206/active", on="1")
    assert "active again" in browser.text
    await client.post(post, activity)
    await browser.send("/app/settings/accounts/5000/active", on="0")
    assert not (await now_of(world)).types[5000].active


# field sets ---------------------------------------------------------------------------------------------------


SET = {
    "display_name": "Address Check",
    "kind": "set",
    "member~1": "Status",
    "kind~1": "select",
    "options~1": "Pending; Done",
    "member~2": "Photo",
    "kind~2": "text",
    "member~4": "Visits",
    "kind~4": "number",
}


async def test_a_field_set_of_leads_is_made_and_written(
    browser: Browser, client: Client, world: World
) -> None:
    new = "/app/settings/lead-fields/new"
    await browser.get(new)
    await browser.send(new, **SET)
    assert "Address Check is mx_Address_Check." in browser.text
    field = (await now_of(world)).lead.fields["mx_Address_Check"]
    assert field.data_type is DataType.FIELD_SET
    assert [(m.name, m.display_name, m.data_type) for m in field.members] == [
        ("Status", "Status", DataType.SELECT),
        ("mx_CustomObject_1", "Photo", DataType.TEXT),
        ("mx_CustomObject_2", "Visits", DataType.NUMBER),
    ]
    members = [
        {"Attribute": "Status", "Value": "Done"},
        {"Attribute": "mx_CustomObject_2", "Value": "1,200"},
    ]
    made = await client.post(
        "/v2/LeadManagement.svc/Lead.Create",
        [
            {"Attribute": "FirstName", "Value": "Ada"},
            {"Attribute": "mx_Address_Check", "Value": "", "Fields": members},
        ],
    )
    [lead] = await client.get("/v2/LeadManagement.svc/Leads.GetById", id=made["Message"]["Id"])
    assert lead["mx_Address_Check"] == '{"Status":"Done","mx_CustomObject_2":"1200"}'


async def test_a_set_gets_more_fields_each_with_options_of_its_own(browser: Browser, world: World) -> None:
    new = "/app/settings/activities/206/fields/new"
    await browser.get(new)
    await browser.send(new, **SET)
    place = "/app/settings/activities/206/fields/mx_Custom_2"
    await browser.get(f"{place}/new")
    assert "Fields of the set" not in browser.text
    await browser.send(f"{place}/new", display_name="Area", kind="select", options="North\nSouth")
    assert browser.path == place
    assert "Area is mx_Custom_2~mx_CustomObject_3." in browser.text
    await browser.get(f"{place}/new")
    await browser.send(
        f"{place}/new", display_name="Street", kind="select", options="A\nB", parent="mx_CustomObject_3"
    )
    assert browser.path == f"{place}~mx_CustomObject_4"
    await browser.send(browser.path, display_name="Street", **{"under~North": "A", "under~South": "B"})
    assert browser.path == place
    members = (await now_of(world)).types[206].fields["mx_Custom_2"].members_by_name
    assert members["mx_CustomObject_4"].dependent == {"North": ("A",), "South": ("B",)}
    assert [option.value for option in members["mx_CustomObject_3"].options] == ["North", "South"]


@pytest.mark.parametrize(
    "section", ["opportunities/12005/fields", "accounts/5000/fields", "account-activities/10001/fields"]
)
async def test_every_kind_of_type_takes_a_field_set(browser: Browser, world: World, section: str) -> None:
    new = f"/app/settings/{section}/new"
    await browser.get(new)
    await browser.send(new, **SET)
    fields = (await now_of(world)).types[int(section.split("/")[1])].fields.values()
    [made] = [
        field
        for field in fields
        if field.data_type is DataType.FIELD_SET and field.display_name == "Address Check"
    ]
    assert list(made.members_by_name) == ["Status", "mx_CustomObject_1", "mx_CustomObject_2"]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"member~1": "", "member~2": "", "member~4": ""}, "Enter at least one field."),
        ({"options~1": " ; "}, "Enter at least one option."),
        ({"member~2": "Status"}, "Only one field of a set is called Status."),
        ({"member~2": "x" * 201}, "Enter at most 200 characters."),
    ],
)
async def test_a_wrong_set_is_told_beside_the_control(
    browser: Browser, world: World, more: dict[str, str], said: str
) -> None:
    new = "/app/settings/activities/206/fields/new"
    await browser.get(new)
    await browser.send(new, **(SET | more))
    assert browser.response.status_code == 422
    assert said in browser.text
    assert "mx_Custom_2" not in (await now_of(world)).types[206].fields


# places and forms -----------------------------------------------------------------------------------------------


async def test_a_field_changes_its_place_in_the_api_too(
    browser: Browser, client: Client, world: World
) -> None:
    for name in ("One", "Two", "Three"):
        await browser.get("/app/settings/activities/206/fields/new")
        await browser.send("/app/settings/activities/206/fields/new", display_name=name)
    place = "/app/settings/activities/206/fields/mx_Custom_4"
    await browser.get(place)
    assert '<option value="mx_Custom_3" selected>Two</option>' in browser.text

    async def order() -> list[str]:
        told = await client.get("/v2/ProspectActivity.svc/CustomActivity/GetActivitySetting", code="206")
        return [field["SchemaName"] for field in told["Fields"]][3:]

    assert await order() == ["mx_Custom_1", "mx_Custom_2", "mx_Custom_3", "mx_Custom_4"]
    await browser.send(place, display_name="Three", show_in_form="1", behind="mx_Custom_1")
    assert await order() == ["mx_Custom_1", "mx_Custom_4", "mx_Custom_2", "mx_Custom_3"]
    await browser.send(place, display_name="Three", show_in_form="1", behind="")
    assert await order() == ["mx_Custom_4", "mx_Custom_1", "mx_Custom_2", "mx_Custom_3"]
    await browser.send(place, display_name="Three", show_in_form="1", behind="mx_Nope")
    assert browser.response.status_code == 422
    page = "/app/settings/lead-fields/mx_City"
    await browser.get(page)
    await browser.send(page, display_name="City", show_in_form="1", behind="FirstName")
    names = list((await now_of(world)).lead.fields)
    assert names.index("mx_City") == names.index("FirstName") + 1


async def test_a_field_leaves_the_forms_and_stays_in_the_api(
    browser: Browser, client: Client, world: World
) -> None:
    page = "/app/settings/lead-fields/JobTitle"
    await browser.get("/app/leads/new")
    assert 'name="JobTitle"' in browser.text
    await browser.get(page)
    await browser.send(page, display_name="Job Title", mandatory="1")
    assert browser.response.status_code == 422
    assert "A mandatory field has to be in the forms." in browser.text
    await browser.send(page, display_name="Job Title")
    assert "Not in forms" in (await browser.get("/app/settings/lead-fields")).text
    await browser.get("/app/leads/new")
    assert 'name="JobTitle"' not in browser.text
    pairs = [{"Attribute": "FirstName", "Value": "Ada"}, {"Attribute": "JobTitle", "Value": "Analyst"}]
    made = await client.post("/v2/LeadManagement.svc/Lead.Create", pairs)
    [lead] = await client.get("/v2/LeadManagement.svc/Leads.GetById", id=made["Message"]["Id"])
    assert lead["JobTitle"] == "Analyst"


async def test_a_field_is_told_in_our_words_and_the_apis(browser: Browser) -> None:
    await browser.get("/app/settings/activities/206")
    assert 'Drop-down <code class="soft">SearchableDropdown</code>' in browser.text
    await browser.get("/app/settings/activities/206/fields/new")
    assert "Drop-down · SearchableDropdown" in browser.text
    await browser.get("/app/settings/lead-fields/new")
    assert "Drop-down · Select" in browser.text


async def test_after_a_refusal_the_wrong_control_has_the_focus(browser: Browser) -> None:
    new = "/app/settings/activities/206/fields/new"
    await browser.get(new)
    assert re.search(r'<input id="display_name"[^>]* autofocus', browser.text)
    await browser.send(new, display_name="Outcome", kind="select", options="")
    [focused] = re.findall(r"<(?:input|select|textarea)[^>]* autofocus[^>]*>", browser.text)
    assert 'name="options"' in focused


# unique ------------------------------------------------------------------------------------------------------------


async def test_a_field_is_made_unique_on_its_page(browser: Browser, client: Client, world: World) -> None:
    create = "/v2/LeadManagement.svc/Lead.Create"

    def lead(title: str) -> list[dict[str, str]]:
        return [{"Attribute": "FirstName", "Value": "Ada"}, {"Attribute": "JobTitle", "Value": title}]

    ids = [(await client.post(create, lead("<Chief>")))["Message"]["Id"] for _ in range(2)]
    page = "/app/settings/lead-fields/JobTitle"
    await browser.get(page)
    await browser.send(f"{page}/unique", on="1")
    assert browser.response.status_code == 422
    assert "Leads have the same value." in browser.text
    link = re.search(r'<a href="([^"]+)">&lt;Chief&gt;</a>', browser.text)
    assert link
    listed = (await browser.get(link[1].replace("&amp;", "&"))).text
    assert all(id in listed for id in ids)
    changed = [{"Attribute": "JobTitle", "Value": "Deputy"}]
    await client.post(f"/v2/LeadManagement.svc/Lead.Update?leadId={ids[1]}", changed)
    await browser.get(page)
    await browser.send(f"{page}/unique", on="1")
    assert "Job Title is unique" in browser.text
    refused = await client.refused(create, lead("Deputy"))
    assert refused.message == "A Lead with same Job Title already exists."
    await browser.get("/app/leads/new")
    await browser.send("/app/leads/new", FirstName="Bea", JobTitle="Deputy")
    assert browser.response.status_code == 422
    await browser.get(page)
    await browser.send(f"{page}/unique", on="0")
    await client.post(create, lead("Deputy"))


async def test_a_field_that_cannot_be_unique_says_why(browser: Browser) -> None:
    await browser.get("/app/settings/lead-fields/Notes")
    assert "only a text of at most 500 characters can" in browser.text
    await browser.send("/app/settings/lead-fields/Notes/unique", on="1")
    assert browser.response.status_code == 422
    await browser.get("/app/settings/lead-fields/ProspectID")
    assert "Make it unique" not in browser.text
