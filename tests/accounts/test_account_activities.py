"""Posting and updating account activities: what moves, what stays, who may."""

from __future__ import annotations

from typing import Any

import pytest

from world import Client, World

UPDATE = "/v2/CompanyActivity.svc/Update"
CREATE = "/v2/CompanyActivity.svc/Create"
READ = "/v2/CompanyActivity.svc/RetrieveById"
ONE = "companyactivity.1"


async def stored(world: World, id: str) -> dict[str, Any]:
    [row] = [row for row in await world.rows("activity") if str(row["id"]) == id]
    return row


async def test_what_is_stored_already_moves_nothing(client: Client, world: World) -> None:
    id = (await world.need(ONE, companyactivity_1={"note": "Called", "mx_Custom_1": "Stake"}))[ONE]
    before = await stored(world, id)
    await client.post(
        UPDATE,
        {
            "CompanyActivityId": id,
            "ActivityNote": "Called",
            "Fields": [
                {"SchemaName": "mx_Custom_1", "Value": "Stake"},
                {"SchemaName": "Status", "Value": "Active"},
            ],
        },
    )
    await client.post(UPDATE, {"CompanyActivityId": id})
    assert await stored(world, id) == before
    assert await world.count("change") == 0


async def test_a_real_change_moves_modified_on_and_is_in_the_history(client: Client, world: World) -> None:
    id = (await world.need(ONE))[ONE]
    before = await stored(world, id)
    body = {
        "CompanyActivityId": id.upper(),
        "ActivityEvent": 10002,
        "ActivityDateTime": "2001-01-01 00:00:00",
    }
    await client.post(UPDATE, body | {"Fields": [{"SchemaName": "mx_Custom_1", "Value": "Test"}]})
    after = await stored(world, id)
    assert after["modified_on"] > before["modified_on"]
    moved = {name for name in after if after[name] != before[name]}
    assert moved == {"version", "modified_on", "fields"}  # account, event code, date and note stay
    [change] = await world.rows("change")
    assert (str(change["record_id"]), change["lead_id"]) == (id, None)


@pytest.mark.parametrize("empty", ["", None])
async def test_an_empty_note_clears_and_an_absent_one_stays(client: Client, world: World, empty: Any) -> None:
    id = (await world.need(ONE, companyactivity_1={"note": "Called"}))[ONE]
    await client.post(
        UPDATE, {"CompanyActivityId": id, "Fields": [{"SchemaName": "mx_Custom_2", "Value": "x"}]}
    )
    assert (await client.get(READ, activityId=id))["ActivityNote"] == "Called"
    await client.post(UPDATE, {"CompanyActivityId": id, "ActivityNote": empty})
    assert (await client.get(READ, activityId=id))["ActivityNote"] is None


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ({"SchemaName": "mx_Nope", "Value": "1"}, "Field name : 'mx_Nope' does not exist."),
        (
            {"SchemaName": "Owner", "Value": "x"},
            "Field name : 'Owner' of datatype : 'ActiveUsers' has an invalid value.",
        ),
        (
            {"SchemaName": "Status", "Value": "Nope"},
            "Field name : 'Status' of datatype : 'SearchableDropdown' has an invalid value.",
        ),
    ],
)
async def test_one_bad_field_stores_nothing(client: Client, world: World, field: Any, text: str) -> None:
    id = (await world.need(ONE))[ONE]
    before = await stored(world, id)
    good = {"SchemaName": "mx_Custom_1", "Value": "Test"}
    refused = await client.refused(
        UPDATE, {"CompanyActivityId": id, "ActivityNote": "x", "Fields": [good, field]}
    )
    assert refused == (500, "MXInvalidActivityFieldsException", text)
    assert await stored(world, id) == before


async def test_an_option_is_not_checked_when_the_caller_says_so(client: Client, world: World) -> None:
    id = (await world.need(ONE))[ONE]
    field = {"SchemaName": "Status", "Value": "Nope"}
    await client.post(UPDATE, {"CompanyActivityId": id, "Fields": [field], "ValidateDropDownOptions": "true"})
    assert (await client.get(READ, activityId=id))["ActivityFields"]["Status"] == "Nope"


@pytest.mark.parametrize(
    "fields", ["x", {"SchemaName": "mx_Custom_1"}, ["x"], [{"Value": "x"}], [{"SchemaName": 1}]]
)
async def test_fields_are_an_array_of_objects(client: Client, world: World, fields: Any) -> None:
    # The structure of a body is judged before the records that it names.
    refused = await client.refused(UPDATE, {"CompanyActivityId": "nobody's", "Fields": fields})
    assert refused[:2] == (400, "MXInvalidInputException")


async def test_under_a_type_that_is_switched_off_nothing_changes(client: Client, world: World) -> None:
    id = (await world.need(ONE))[ONE]
    await world.switch_type_off(10001)
    before = await stored(world, id)
    refused = await client.refused(UPDATE, {"CompanyActivityId": id, "ActivityNote": "x"})
    assert refused == (500, "MXInvalidActivityException", "Event Code is invalid or empty")
    assert await stored(world, id) == before
    assert (await client.get(READ, activityId=id))["CompanyActivityId"] == id


async def test_an_activity_of_a_lead_is_none_of_an_account(client: Client, world: World) -> None:
    id = (await world.need("activity.1"))["activity.1"]
    refused = await client.refused(UPDATE, {"CompanyActivityId": id, "ActivityNote": "x"})
    assert refused == (500, "MXInvalidEntityReferenceException", "Activity does not exist.")


async def test_a_sales_user_has_their_own_accounts(client: Client, world: World) -> None:
    values = await world.need(ONE, "company.1")
    _, *key = await world.user_with_key("Sales_User")
    client.key = (key[0], key[1])
    assert (
        await client.refused(UPDATE, {"CompanyActivityId": values[ONE], "ActivityNote": "x"})
    ).status == 403
    body = {"RelatedCompanyId": values["company.1"], "ActivityEvent": 10001}
    assert (await client.refused(CREATE, body)).status == 403
    refused = await client.send("GET", READ, query=[("activityId", values[ONE])])
    assert refused.json()["ExceptionMessage"] == "Activity does not exist."
    unseen = await client.refused(f"/v2/CompanyActivity.svc/Retrieve?companyId={values['company.1']}", {})
    assert unseen.message == "Company not found"


async def test_posting_moves_the_last_activity_of_the_account_and_nothing_else(
    client: Client, world: World
) -> None:
    account = (await world.need("company.1"))["company.1"]
    [before] = await world.rows("account")
    body = {"RelatedCompanyId": account, "ActivityEvent": "10001"}
    for at in ("2021-06-01 10:00:00", "2020-06-01 10:00:00"):
        await client.post(CREATE, body | {"ActivityDateTime": at})
    [after] = await world.rows("account")
    assert str(after["last_activity_on"])[:19] == "2021-06-01 10:00:00"
    assert after["modified_on"] == before["modified_on"]
    [newest, _] = (await client.post(f"/v2/CompanyActivity.svc/Retrieve?companyId={account}", {}))[
        "CompanyActivities"
    ]
    assert newest["ActivityFields"] == {"Status": "Active", "Owner": world.user_id}


@pytest.mark.parametrize("code", [None, "", 206, 30, 12005, 5000, 11999, "x"])
async def test_only_account_activity_codes_are_posted(client: Client, world: World, code: Any) -> None:
    account = (await world.need("company.1"))["company.1"]
    refused = await client.refused(CREATE, {"RelatedCompanyId": account, "ActivityEvent": code})
    assert refused == (500, "MXInvalidActivityException", "Event Code is invalid or empty")


@pytest.mark.parametrize(
    ("column", "codes"),
    [
        ("ActivityDisplayName", [10002, 10001]),
        ("CreatedByName", [10002, 10001]),
        ("ActivityEvent", [10001, 10002]),
    ],
)
async def test_sorted_by_what_rows_show(client: Client, world: World, column: str, codes: list[int]) -> None:
    values = await world.need(ONE, "companyactivity.2", companyactivity_2={"code": "10002"})
    other, *_ = await world.user_with_key("Sales_Manager", first_name="Aadi", last_name="Zoo")
    statement = "update activity set created_by = $3 where org_id = $1 and id = $2"
    await world.db.execute(statement, world.org_id, values["companyactivity.2"], other)
    path = f"/v2/CompanyActivity.svc/Retrieve?companyId={values['company.1']}"
    for direction, wanted in ((0, codes), (1, codes[::-1])):
        body = {"Sorting": {"ColumnName": column, "Direction": direction}}
        response = await client.send("POST", path, json=body)
        assert [row["ActivityEvent"] for row in response.json()["CompanyActivities"]] == wanted
        assert "x-fairlead-diagnostics" not in response.headers
