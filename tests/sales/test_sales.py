"""What follows from a sale, and how one is refused: what the pages' own exchanges do not say."""

from __future__ import annotations

import asyncio
import json
from decimal import Decimal
from typing import Any

import pytest

from fairlead.fields.model import DataType, Field, Option
from world import Client, Envelope, World

CREATE = "/v2/SalesActivity.svc/Create"
UPDATE = "/v2/SalesActivity.svc/Update"
CANCEL = "/v2/SalesActivity.svc/Cancel"
BY_LEAD = "/v2/SalesActivity.svc/RetrieveByLeadId"

NONE, ONE = ({"Status": "Success", "Message": {"AffectedRows": count}} for count in (0, 1))

UNKNOWN = Envelope(500, "MXUnknownProspectActivityException", "Activity does not exist.")
FORBIDDEN = Envelope(
    403, "MXUnAuthorizedAccessException", "You do not have permission to perform this action."
)
NOBODY = "01000000-0000-7000-8000-000000000000"


def wrong(name: str) -> Envelope:
    return Envelope(
        500, "MXInvalidInputException", f"Invalid Input! Parameter Name: {name} value is not correct."
    )


def unknown(what: str) -> Envelope:
    return Envelope(500, "MXInvalidEntityReferenceException", f"{what} not found")


def field(text: str) -> Envelope:
    return Envelope(500, "MXInvalidActivityFieldsException", f"Field name : {text}")


@pytest.fixture
async def values(world: World) -> dict[str, str]:
    """A lead, a product, and custom fields of sales."""
    await world.add_fields(
        30,
        Field("mx_Custom_5", "City", DataType.SELECT, options=(Option("Pune"), Option("Goa")), sequence=6),
        Field("mx_Custom_6", "Reference", max_length=10, sequence=7),
    )
    found = await world.need("lead.1", "lead.2", "product.1")
    await world.definitions_changed()
    return found


def sale(values: dict[str, str], **more: Any) -> dict[str, Any]:
    return {
        "ProspectId": values["lead.1"],
        "ProductSku": values["product.1.sku"],
        "Status": "Open",
        "Revenue": "100",
        "SalesOwner": values.get("user.1"),
        "SalesDate": "2015-10-01 10:11:34",
    } | more


async def posted(client: Client, values: dict[str, str], **more: Any) -> str:
    values["user.1"] = client.world.user_id
    found: str = (await client.post(CREATE, sale(values, **more)))["Message"]["Id"]
    return found


async def lead(world: World, name: str = "lead.1") -> dict[str, Any]:
    return next(row for row in await world.rows("lead") if str(row["id"]) == world.values[name])


async def shown(client: Client, values: dict[str, str], number: int = 0) -> dict[str, str | None]:
    """The values of a sale as its lead's list prints them."""
    sales = await client.get(BY_LEAD, leadId=values["lead.1"])
    return {row["SchemaName"]: row["Value"] for row in sales[number]["Fields"]}


async def test_revenue_of_a_lead_is_the_sum_of_its_sales(
    client: Client, world: World, values: dict[str, str]
) -> None:
    first = await posted(client, values, Revenue="1,100.5")
    await posted(client, values, Revenue=20, Status="Lost")
    assert (await lead(world))["revenue"] == Decimal("1120.50")
    assert await client.post(UPDATE, {"Id": first, "Revenue": 1}) == ONE
    assert (await lead(world))["revenue"] == 21
    await client.post(CANCEL, {"activityId": first})
    assert (await lead(world))["revenue"] == 20
    assert (await lead(world, "lead.2"))["revenue"] == 0


async def test_many_at_once_lose_no_revenue(client: Client, world: World, values: dict[str, str]) -> None:
    ids = [await posted(client, values, Revenue=n) for n in range(4)]
    changes = [client.post(UPDATE, {"Id": ids[n % 4], "Revenue": n}) for n in range(40)]
    sales = [posted(client, values, Revenue="0.01") for _ in range(20)]
    await asyncio.gather(*changes, *sales)
    stored = [row for row in await world.rows("activity") if row["code"] == 30]
    assert len(stored) == 24
    assert (await lead(world))["revenue"] == 36 + 37 + 38 + 39 + Decimal("0.20")


async def test_a_large_value_is_kept_to_the_cent(
    client: Client, world: World, values: dict[str, str]
) -> None:
    large = "9" * 29
    first = await posted(client, values, Revenue=large)
    await posted(client, values, Revenue="0.01")
    assert (await lead(world))["revenue"] == Decimal(f"{large}.01")
    assert await client.post(UPDATE, {"Id": first, "Revenue": large}) == NONE
    await client.post(CANCEL, {"activityId": first})
    assert (await lead(world))["revenue"] == Decimal("0.01")


async def test_more_than_two_decimals_are_rounded_and_said(client: Client, values: dict[str, str]) -> None:
    sale_id = await posted(client, values)
    response = await client.send("POST", UPDATE, json={"Id": sale_id, "Revenue": "2.345"})
    assert response.headers["x-fairlead-diagnostics"] == "value-rounded;mx_Custom_2"
    assert (await shown(client, values))["mx_Custom_2"] == "2.35"
    assert await client.post(UPDATE, {"Id": sale_id, "Revenue": "2.35"}) == NONE


async def test_a_won_sale_makes_a_customer(client: Client, world: World, values: dict[str, str]) -> None:
    sale_id = await posted(client, values)
    assert (await lead(world))["stage"] != "Customer"
    assert (
        await client.post(UPDATE, {"Id": sale_id, "Fields": [{"SchemaName": "Status", "Value": "Won"}]})
        == ONE
    )
    assert (await lead(world))["stage"] == "Customer"
    assert [row["code"] for row in await world.rows("activity")] == [30, 3002]
    assert await client.post(UPDATE, {"Id": sale_id, "Status": "Won"}) == NONE


async def test_a_won_sale_moves_no_stage_when_the_settings_say_so(
    client: Client, world: World, values: dict[str, str]
) -> None:
    before = (await lead(world))["stage"]
    await world.settings(convert_to_customer=False)
    await posted(client, values, Status="Won")
    assert (await lead(world))["stage"] == before


async def test_what_was_stored_already_changes_nothing(
    client: Client, world: World, values: dict[str, str]
) -> None:
    sale_id = await posted(client, values, mx_Custom_5="Pune")
    before = await world.rows("activity"), await world.rows("lead"), await world.count("change")
    again = sale(values, Id=sale_id, Revenue=100.0, SalesDate="2015-10-01 10:11:34.000", mx_Custom_5="Pune")
    assert await client.post(UPDATE, again) == NONE
    assert (await world.rows("activity"), await world.rows("lead"), await world.count("change")) == before


async def test_a_change_is_in_the_history(client: Client, world: World, values: dict[str, str]) -> None:
    sale_id = await posted(client, values)
    await client.post(UPDATE, {"Id": sale_id, "Revenue": "7", "mx_Custom_6": "A"})
    row = (await world.rows("change"))[-1]
    assert (str(row["record_id"]), row["code"], str(row["lead_id"])) == (sale_id, 30, values["lead.1"])
    assert json.loads(row["changes"]) == {"mx_Custom_2": [100.00, 7.00], "mx_Custom_6": [None, "A"]}


@pytest.mark.parametrize(
    ("more", "refusal"),
    [
        (
            {"Id": None},
            Envelope(
                400, "MXMandatoryAttributeMissingException", "'Id' is mandatory for updating sales activity"
            ),
        ),
        ({"Id": "no id"}, UNKNOWN),
        ({"Id": NOBODY, "ProductSku": "nope"}, UNKNOWN),
        ({"ProspectId": "no id"}, unknown("Lead")),
        ({"ProspectId": NOBODY, "ProductSku": "nope"}, unknown("Lead")),
        ({"ProspectId": "lead.2", "ProductSku": "nope"}, wrong("ProspectId")),
        ({"ProductSku": "nope", "Revenue": "x"}, unknown("Product")),
        ({"SalesOwnerEmail": "nobody@example.com", "Revenue": "x"}, unknown("User")),
        ({"SalesOwnerId": NOBODY}, unknown("User")),
        ({"Revenue": "abc", "SalesDate": "x"}, wrong("Revenue")),
        ({"Revenue": -1}, wrong("Revenue")),
        ({"Revenue": True}, wrong("Revenue")),
        ({"SalesDate": "2015-10-01T10:11:34Z", "Status": "x"}, wrong("SalesDate")),
        ({"Status": "won", "mx_Custom_5": "x"}, wrong("Status")),
        ({"Status": None}, wrong("Status")),
        ({"Fields": [{"SchemaName": "mx_Custom_9", "Value": "x"}]}, field("'mx_Custom_9' does not exist.")),
        ({"ProductSku": ""}, field("'mx_Custom_1' of datatype : 'Product' is mandatory.")),
        ({"Revenue": None}, field("'mx_Custom_2' of datatype : 'Number' is mandatory.")),
        ({"SalesDate": ""}, field("'mx_Custom_3' of datatype : 'DateTime' is mandatory.")),
        ({"SalesOwner": ""}, field("'mx_Custom_4' of datatype : 'ActiveUsers' is mandatory.")),
        (
            {"mx_Custom_5": "Delhi"},
            field("'mx_Custom_5' of datatype : 'SearchableDropdown' has an invalid value."),
        ),
        ({"mx_Custom_9": "x"}, field("'mx_Custom_9' does not exist.")),
        (
            {"Fields": [{"SchemaName": "mx_Custom_2", "Value": "-1"}]},
            field("'mx_Custom_2' of datatype : 'Number' has an invalid value."),
        ),
        (
            {"mx_Custom_6": "x" * 11},
            Envelope(
                500,
                "MXInvalidInputException",
                "Invalid Input! Parameter Name: mx_Custom_6 can not be more than 10 characters.",
            ),
        ),
    ],
    ids=str,
)
async def test_what_is_refused_stores_nothing(
    client: Client, world: World, values: dict[str, str], more: dict[str, Any], refusal: Envelope
) -> None:
    sale_id = await posted(client, values)
    before = await world.rows("activity"), await world.rows("lead"), await world.count("change")
    body = sale(values, Id=sale_id, Revenue="5") | more
    body["ProspectId"] = values.get(body["ProspectId"], body["ProspectId"])
    assert await client.refused(UPDATE, body) == refusal
    assert (await world.rows("activity"), await world.rows("lead"), await world.count("change")) == before


async def test_status_may_stand_among_the_fields(client: Client, values: dict[str, str]) -> None:
    sale_id = await posted(client, values)
    pairs = [{"SchemaName": "Status", "Value": "Won"}, {"SchemaName": "Status", "Value": "Lost"}]
    assert await client.refused(UPDATE, {"Id": sale_id, "Fields": [{"SchemaName": "Status"}]}) == wrong(
        "Status"
    )
    assert await client.post(UPDATE, {"Id": sale_id, "Fields": pairs}) == ONE
    assert (await shown(client, values))["Status"] == "Lost"
    assert await client.post(UPDATE, {"Id": sale_id, "Fields": pairs[:1], "Status": "Lost"}) == NONE


async def test_owners_of_one_call_are_one_user(client: Client, world: World, values: dict[str, str]) -> None:
    other, _, _ = await world.user_with_key("Sales_User", email="Kim@example.com")
    sale_id = await posted(client, values)
    both = {"Id": sale_id, "SalesOwnerEmail": "kim@EXAMPLE.com", "SalesOwner": world.user_id}
    assert await client.refused(UPDATE, both) == wrong("SalesOwner")
    assert await client.post(UPDATE, both | {"SalesOwner": None}) == ONE
    assert await client.post(UPDATE, both | {"SalesOwner": other.upper()}) == NONE
    assert (await shown(client, values))["mx_Custom_4"] == other


async def test_a_sales_user_has_the_sales_of_their_own_leads(
    client: Client, world: World, values: dict[str, str]
) -> None:
    sale_id = await posted(client, values)
    user_id, *key = await world.user_with_key("Sales_User")
    client.key = (key[0], key[1])
    assert await client.refused(UPDATE, {"Id": sale_id, "Revenue": "x"}) == FORBIDDEN
    assert await client.refused(CANCEL, {"activityId": sale_id}) == FORBIDDEN
    assert await client.refused(CREATE, sale(values)) == FORBIDDEN
    assert await client.get(BY_LEAD, leadId=values["lead.1"]) == []
    await world.db.execute(
        "update lead set owner_id = $2 where org_id = $1 and id = $3", world.org_id, user_id, values["lead.1"]
    )
    assert await client.post(UPDATE, {"Id": sale_id, "Revenue": "3"}) == ONE
    assert len(await client.get(BY_LEAD, leadId=values["lead.1"])) == 1


async def test_a_cancelled_sale_is_gone_for_writes(
    client: Client, world: World, values: dict[str, str]
) -> None:
    sale_id = await posted(client, values)
    reply = await client.post(CANCEL, {"ActivityId": sale_id, "ActivityEventNote": "Refunded"})
    row = next(row for row in await world.rows("activity") if str(row["id"]) == reply["Message"]["Id"])
    assert (row["code"], row["note"], str(row["lead_id"])) == (31, "Refunded", values["lead.1"])
    assert await client.refused(CANCEL, {"activityId": sale_id}) == UNKNOWN
    assert await client.refused(UPDATE, {"Id": sale_id, "Revenue": "1"}) == UNKNOWN
    assert await client.get(BY_LEAD, leadId=values["lead.1"]) == []


async def test_a_sale_keeps_a_product_that_is_deleted(
    client: Client, world: World, values: dict[str, str]
) -> None:
    sale_id = await posted(client, values)
    name = f"{values['product.1.sku']} - {(await world.current()).products[values['product.1']].name}"
    assert await client.get("/v2/SalesActivity.svc/DeleteProduct", id=values["product.1"]) == ONE
    assert await client.refused(CREATE, sale(values)) == unknown("Product")
    assert await client.post(UPDATE, {"Id": sale_id, "Revenue": "3"}) == ONE
    assert (await shown(client, values))["ProductName"] == name


async def test_sales_of_a_lead_stand_newest_first_and_in_pages(
    client: Client, values: dict[str, str]
) -> None:
    dates = ("2019-01-01 00:00:00", "2021-01-01 00:00:00", "2020-01-01 00:00:00")
    ids = [await posted(client, values, SalesDate=date) for date in dates]
    found = await client.get(BY_LEAD, leadId=values["lead.1"])
    assert [row["ID"] for row in found] == [ids[1], ids[2], ids[0]]
    assert all(len(row) == 20 for row in found[0]["Fields"])
    page = await client.get(BY_LEAD, leadId=values["lead.1"], pageIndex="2", pageSize="2")
    assert [row["ID"] for row in page] == [ids[0]]


async def test_without_status_a_sale_is_open(client: Client, values: dict[str, str]) -> None:
    body = sale(values, SalesOwner=client.world.user_id)
    del body["Status"]
    response = await client.send("POST", CREATE, json=body)
    assert response.status_code == 200
    assert response.headers["x-fairlead-diagnostics"] == "mandatory-tolerated;Status"
    assert (await shown(client, values))["Status"] == "Open"
