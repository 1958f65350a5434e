"""Activity types and lead fields over HTTP: what the pages' own exchanges do not say."""

from __future__ import annotations

import json
from typing import Any

import pytest

from world import Client, Envelope

TYPES = "/v2/ProspectActivity.svc/"
LEADS = "/v2/LeadManagement.svc/"
PURPOSE = {
    "SchemaName": "mx_Custom_1",
    "DisplayName": "Purpose",
    "DataType": "Dropdown",
    "OptionSet": ["a", "b"],
}


async def setting(client: Client, code: str) -> dict[str, Any]:
    return await client.get(f"{TYPES}CustomActivity/GetActivitySetting", code=code)


async def created(client: Client, **members: Any) -> str:
    reply = await client.post(f"{TYPES}CreateType", {"ActivityEventName": "Home Visit", **members})
    return str(reply["Message"]["Id"])


async def test_a_new_type_has_note_status_owner_and_its_own_fields(client: Client) -> None:
    code = await created(client, Score=-5, Fields=[PURPOSE, {"SchemaName": "mx_Custom_2"}])
    found = await setting(client, code)
    assert found["Score"] == -5
    assert [f["SchemaName"] for f in found["Fields"]] == [
        "ActivityEvent_Note",
        "Status",
        "Owner",
        "mx_Custom_1",
        "mx_Custom_2",
    ]
    assert [option["Value"] for option in json.loads(found["Fields"][3]["OptionSet"])] == ["a", "b"]
    assert found["Fields"][4]["DataType"] == "String"


async def test_codes_are_not_given_twice(client: Client) -> None:
    assert await created(client) != await created(client)


async def test_a_changed_field_keeps_what_is_not_sent(client: Client) -> None:
    code = await created(client, Fields=[PURPOSE])
    change = {"SchemaName": "mx_Custom_1", "IsMandatory": True}
    await client.post(
        f"{TYPES}CustomActivityType/Update", {"code": code, "Fields": [change, {"SchemaName": "mx_Custom_9"}]}
    )
    found = await setting(client, code)
    purpose, added = found["Fields"][3:]
    assert found["Name"] == "Home Visit"
    assert (purpose["DisplayName"], purpose["DataType"], purpose["IsMandatory"]) == (
        "Purpose",
        "Dropdown",
        True,
    )
    assert added["SchemaName"] == "mx_Custom_9"
    assert added["Sequence"] > purpose["Sequence"]


async def test_an_unused_type_disappears(client: Client) -> None:
    code = await created(client)
    reply = await client.get(f"{TYPES}CustomActivityType/Delete", code=code)
    assert reply["Message"] == {"Message": "Activity deleted successfully."}
    listed = await client.get(f"{TYPES}ActivityTypes.Get")
    assert int(code) not in [kind["ActivityEvent"] for kind in listed]


async def test_a_used_type_takes_no_more_activities(client: Client) -> None:
    code = await created(client)
    body = {
        "LeadDetails": [{"Attribute": "EmailAddress", "Value": "someone@example.com"}],
        "Activity": {"ActivityEvent": code},
    }
    await client.post(f"{TYPES}CreateCustom", body)
    await client.get(f"{TYPES}CustomActivityType/Delete", code=code)
    refused = await client.refused(f"{TYPES}CreateCustom", body)
    assert refused == Envelope(500, "MXInvalidActivityException", "Event Code is invalid or empty")


@pytest.mark.parametrize(
    "fields",
    [
        [{"SchemaName": "mx_Custom_51"}],
        [{"SchemaName": "mx_Custom_0"}],
        [{"SchemaName": "mx_Other"}],
        [{}],
        [{"SchemaName": "mx_Custom_1"}, {"SchemaName": "mx_Custom_1"}],
    ],
)
async def test_a_field_has_one_of_fifty_names_once(client: Client, fields: list[dict[str, str]]) -> None:
    refused = await client.refused(f"{TYPES}CreateType", {"ActivityEventName": "N", "Fields": fields})
    assert refused.message == "Invalid Input! Parameter Name: SchemaName value is not correct."


async def test_the_options_of_a_member_of_a_field_set(client: Client) -> None:
    member = {"SchemaName": "mx_CustomObject_1", "DataType": "Dropdown", "OptionSet": '[{"Value":"x"}]'}
    field = {"SchemaName": "mx_Custom_4", "DataType": "CustomObject", "Fields": [member]}
    code = await created(client, Fields=[field])
    path = f"{TYPES}CustomActivity/FieldOptions/"
    await client.post(f"{path}Push", ["y", "z"], code=code, fieldName="mx_Custom_4~mx_CustomObject_1")
    await client.post(f"{path}Pop", ["x"], code=code, fieldName="mx_Custom_4x007Emx_CustomObject_1")
    which = {
        "SchemaName": "mx_Custom_4",
        "ActivityEventCode": code,
        "CustomObjectSchemaName": "mx_CustomObject_1",
    }
    options = f"{TYPES}ActivityField/Dropdown/Options/Get"
    assert await client.post(options, {"Parameter": which}) == {"Options": ["y", "z"]}
    paged = {"Parameter": which, "Paging": {"PageIndex": "2", "PageSize": "1"}}
    assert await client.post(options, paged) == {"Options": ["z"]}


OPTION = {
    "Value": "a",
    "Text": "A",
    "CanDelete": 0,
    "CanEdit": "false",
    "OldValue": "b",
    "FontColor": "#A08427",
}


async def test_an_option_keeps_what_was_said_of_it(client: Client) -> None:
    field = PURPOSE | {"OptionSet": json.dumps([OPTION])}
    code = await created(client, Fields=[field])
    [option] = json.loads((await setting(client, code))["Fields"][3]["OptionSet"])
    assert (option["CanDelete"], option["CanEdit"], option["OldValue"]) == (0, 0, "b")
    change = {"SchemaName": "mx_Custom_1", "OptionSet": [{"Value": "a", "CanEdit": True}]}
    await client.post(f"{TYPES}CustomActivityType/Update", {"code": code, "Fields": [change]})
    [option] = json.loads((await setting(client, code))["Fields"][3]["OptionSet"])
    assert (option["CanDelete"], option["CanEdit"], option["OldValue"]) == (0, 1, "b")


@pytest.mark.parametrize("score", ["５", "1_0", "5.7", 5.7, True, 10**12, 1_000_001])
async def test_a_score_is_a_whole_number_within_bounds(client: Client, score: Any) -> None:
    refused = await client.refused(f"{TYPES}CreateType", {"ActivityEventName": "N", "Score": score})
    assert refused.message == "Invalid Input! Parameter Name: Score value is not correct."


@pytest.mark.parametrize(
    ("score", "stored"), [(5.0, 5), ("-5", -5), (" 7 ", 7), ("", 0), (1_000_000, 1_000_000)]
)
async def test_a_score_may_be_written_in_several_ways(client: Client, score: Any, stored: int) -> None:
    assert (await setting(client, await created(client, Score=score)))["Score"] == stored


async def test_no_way_leads_to_an_option_of_a_multi_select_that_holds_its_separator(client: Client) -> None:
    code = await created(client, Fields=[PURPOSE | {"OptionSet": ["a;b", "c"]}])
    update = f"{TYPES}CustomActivityType/Update"
    change: dict[str, Any] = {"SchemaName": "mx_Custom_1", "IsMultiSelectDropdown": True}
    wrong = Envelope(
        500, "MXInvalidInputException", "Invalid Input! Parameter Name: OptionSet value is not correct."
    )
    assert await client.refused(update, {"code": code, "Fields": [change]}) == wrong
    await client.post(update, {"code": code, "Fields": [change | {"OptionSet": ["a", "b"]}]})
    dependent = {
        "SchemaName": "mx_Custom_2",
        "DataType": "Dropdown",
        "ParentField": "mx_Custom_1",
        "IsMultiSelectDropdown": 1,
        "DependentOptionSet": [{"Parent": "a", "Options": ["x;y"]}],
    }
    assert await client.refused(update, {"code": code, "Fields": [dependent]}) == wrong
    await client.post(update, {"code": code, "Fields": [dependent | {"DependentOptionSet": []}]})
    push = f"{TYPES}CustomActivity/DependentFieldOptions/Push?code={code}&fieldName=mx_Custom_2"
    refused = await client.refused(push, [{"Parent": "a", "Options": ["x;y"]}])
    assert refused.message == "Invalid Input! Parameter Name: Options value is not correct."


async def test_a_lead_field_is_named_after_its_display_name(client: Client) -> None:
    body = {
        "DisplayName": " Blood  Group (A/B) ",
        "DataType": "Text",
        "RenderTypeTextValue": "Textbox",
        "MaxLength": "60",
    }
    created = await client.post(f"{LEADS}CreateLeadField", body)
    [shown] = await client.get(f"{LEADS}LeadsMetaData.Get", schemaName="mx_Blood__Group_AB")
    assert shown["EntityAttributeId"] == created["Message"]["Id"]
    assert (shown["MaxLength"], shown["CreatedByName"]) == ("60", "Asha Rao")
    again = await client.refused(f"{LEADS}CreateLeadField", body | {"DisplayName": "blood  group AB"})
    assert again == Envelope(500, "MXDuplicateEntryException", "A Lead field with same name already exists.")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([{"Value": "A", "Order": 3}], "You have skipped number in Order: 1,2."),
        ([{"Value": "A", "Order": 1}, {"Value": "B", "Order": "3"}], "You have skipped number in Order: 2."),
        ([], "You have not passed any option value."),
        ("", "You have not passed any option value."),
        ([{"Value": "", "Order": 1}], "You have not passed any option value."),
    ],
)
async def test_options_are_counted_without_a_gap(client: Client, options: Any, message: str) -> None:
    body = {
        "DisplayName": "X",
        "DataType": "Select",
        "RenderTypeTextValue": "Dropdown",
        "OptionsJson": options,
    }
    refused = await client.refused(f"{LEADS}CreateLeadField", body)
    assert refused == Envelope(500, "MXMandatoryAttributeMissingException", message)


async def test_options_must_not_be_a_text(client: Client) -> None:
    body = {"DisplayName": "X", "DataType": "Select", "RenderTypeTextValue": "Dropdown", "OptionsJson": "[]"}
    assert (await client.refused(f"{LEADS}CreateLeadField", body)).status == 400


async def test_nobody_but_an_administrator_changes_definitions(client: Client) -> None:
    await client.world.db.execute(
        "update app_user set role = 'Sales_Manager' where org_id = $1", client.world.org_id
    )
    await client.world.db.execute(
        "update org set version = version + 1 where org_id = $1", client.world.org_id
    )
    refused = await client.refused(f"{TYPES}CreateType", {"ActivityEventName": "N"})
    assert refused.status == 403
