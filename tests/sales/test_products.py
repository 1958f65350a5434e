"""Products and the options of sales fields: what the pages' own exchanges do not say."""

from __future__ import annotations

from typing import Any

import pytest

from fairlead.fields.model import DataType, Field, Option
from world import Client, Envelope, World

CREATE = "/v2/SalesActivity.svc/CreateProduct"
UPDATE = "/v2/SalesActivity.svc/UpdateProduct"
DELETE = "/v2/SalesActivity.svc/DeleteProduct"
SEARCH = "/v2/SalesActivity.svc/RetrieveProducts"
ADD = "/v2/SalesActivity.svc/Metadata/DropdownFieldValues/Add"
REMOVE = "/v2/SalesActivity.svc/Metadata/DropdownFieldValues/Remove"

NONE, ONE = ({"Status": "Success", "Message": {"AffectedRows": count}} for count in (0, 1))
TAKEN = Envelope(500, "MXDuplicateEntryException", "A Product with same SKU already exists.")
NOT_FOUND = Envelope(500, "MXInvalidEntityReferenceException", "Product not found")
FORBIDDEN = Envelope(
    403, "MXUnAuthorizedAccessException", "You do not have permission to perform this action."
)


def missing(name: str, action: str) -> Envelope:
    return Envelope(400, "MXMandatoryAttributeMissingException", f"'{name}' is mandatory for {action}")


async def made(client: Client, sku: str, name: str, description: str | None = None) -> str:
    body = {"ProductSku": sku, "Name": name, "Description": description}
    found: str = (await client.post(CREATE, body))["Message"]["Id"]
    return found


@pytest.fixture
async def products(client: Client) -> list[str]:
    return [
        await made(client, "B-2", "Blue bag", "of linen"),
        await made(client, "a-1", "Red bag"),
        await made(client, "C-3", "Green box", "A box, not a BAG"),
    ]


async def found(client: Client, **parameter: Any) -> list[str]:
    body = {"Parameter": parameter, "Sorting": {"ColumnName": "ProductSku", "Direction": 0}}
    reply = await client.post(SEARCH, body)
    assert reply["RecordCount"] == len(reply["List"])
    return [row["ProductSku"] for row in reply["List"]]


async def test_search(client: Client, products: list[str]) -> None:
    assert await found(client) == ["a-1", "B-2", "C-3"]
    assert await found(client, SearchText="bag") == ["a-1", "B-2", "C-3"]
    assert await found(client, SearchText="LINEN") == ["B-2"]
    assert await found(client, SearchText="c-3") == ["C-3"]
    assert await found(client, ProductSku="a-1") == ["a-1"]
    assert await found(client, ProductSku="A-1") == []
    assert await found(client, Name="red bag", SearchText="") == ["a-1"]
    assert await found(client, Name="bag") == []
    assert await found(client, Id=products[2].upper()) == ["C-3"]
    assert await found(client, Id=products[2], SearchText="linen") == []


async def test_sorting_and_paging(client: Client, products: list[str]) -> None:
    def skus(reply: Any) -> list[str]:
        return [row["ProductSku"] for row in reply["List"]]

    assert skus(await client.post(SEARCH, {})) == ["C-3", "a-1", "B-2"]
    await client.post(UPDATE, {"ProductId": products[0], "Description": ""})
    assert skus(await client.post(SEARCH, {"Sorting": {"ColumnName": "ModifiedOn"}})) == ["B-2", "C-3", "a-1"]
    second = {"Sorting": {"ColumnName": "Name", "Direction": "0"}, "Paging": {"Offset": 1, "RowCount": "2"}}
    reply = await client.post(SEARCH, second)
    assert (reply["RecordCount"], skus(reply)) == (3, ["a-1"])
    response = await client.send("POST", SEARCH, json={"Sorting": {"ColumnName": "Price"}})
    assert response.headers["x-fairlead-diagnostics"] == "unknown-sort-column;Price"


async def test_a_sku_is_held_by_one_product(client: Client, products: list[str]) -> None:
    assert await client.refused(CREATE, {"ProductSku": "B-2", "Name": "x"}) == TAKEN
    assert await client.refused(UPDATE, {"ProductId": products[1], "ProductSku": "B-2"}) == TAKEN
    assert await client.get(DELETE, id=products[0]) == ONE
    assert await client.post(UPDATE, {"ProductId": products[1], "ProductSku": "B-2"}) == ONE
    assert await client.refused(UPDATE, {"ProductId": products[0], "Name": "x"}) == NOT_FOUND


async def test_only_what_is_sent_changes(client: Client, products: list[str]) -> None:
    before = (await client.post(SEARCH, {"Parameter": {"Id": products[0]}}))["List"][0]
    same = {"ProductId": products[0], "ProductSku": "B-2", "Name": "Blue bag"}
    assert await client.post(UPDATE, same) == NONE
    assert (await client.post(SEARCH, {"Parameter": {"Id": products[0]}}))["List"] == [before]
    assert await client.post(UPDATE, same | {"Name": "Bag"}) == ONE
    after = (await client.post(SEARCH, {"Parameter": {"Id": products[0]}}))["List"][0]
    assert after | {"ModifiedOn": ""} == before | {"Name": "Bag", "ModifiedOn": ""}


async def test_what_is_refused(client: Client, world: World, products: list[str]) -> None:
    assert await client.refused(CREATE, {"Name": "x"}) == missing("ProductSku", "creating product")
    assert await client.refused(CREATE, {"ProductSku": "x", "Name": " "}) == missing(
        "Name", "creating product"
    )
    assert await client.refused(UPDATE, {"Name": "x"}) == missing("ProductId", "updating product")
    emptied = {"ProductId": products[0], "ProductSku": None}
    assert await client.refused(UPDATE, emptied) == missing("ProductSku", "updating product")
    assert await client.refused(UPDATE, {"ProductId": "no id", "Name": "x"}) == NOT_FOUND
    for sku in ("x\0", "x" * 201):
        assert (
            await client.refused(CREATE, {"ProductSku": sku, "Name": "x"})
        ).type == "MXInvalidInputException"
    _, *key = await world.user_with_key("Sales_Manager")
    client.key = (key[0], key[1])
    assert await client.refused(CREATE, {"ProductSku": "x", "Name": "x"}) == FORBIDDEN
    assert len(await found(client)) == 3


async def test_options_of_a_sales_field(client: Client, world: World) -> None:
    await world.add_fields(
        30,
        Field("mx_Custom_5", "City", DataType.SELECT, options=(Option("Pune"),), sequence=6),
        Field("mx_Custom_6", "Area", DataType.SELECT, parent="mx_Custom_5", sequence=7),
    )
    goa = {"SchemaName": "mx_Custom_5", "OptionValue": "Goa"}
    done, idle = ({"Status": "Success", "Message": {"AffectedRows": n, "IsSuccessful": True}} for n in (1, 0))
    assert [await client.post(path, goa) for path in (ADD, ADD, REMOVE, REMOVE)] == [done, idle, done, idle]
    text = "Activity field should be of type independent dropdown"
    for name in ("mx_Custom_2", "mx_Custom_6"):
        refused = await client.refused(ADD, {"SchemaName": name, "OptionValue": "x"})
        assert refused == Envelope(500, "MXInvalidInputException", text)
    for name in ("mx_Custom_9", "Status"):
        assert (await client.refused(REMOVE, {"SchemaName": name, "OptionValue": "Won"})).status == 500


async def test_a_member_of_a_set_may_be_called_status(client: Client, world: World) -> None:
    status = Field("Status", "Status", DataType.SELECT, options=(Option("Pending"),))
    await world.add_fields(
        30, Field("mx_Custom_10", "KYC", DataType.FIELD_SET, members=(status,), sequence=11)
    )
    done = {"Status": "Success", "Message": {"AffectedRows": 1, "IsSuccessful": True}}
    for path, value in ((ADD, "Done"), (REMOVE, "Pending")):
        body = {"SchemaName": "mx_Custom_10~Status", "OptionValue": value}
        assert await client.post(path, body) == done


async def test_an_option_of_several_must_not_hold_their_separator(client: Client, world: World) -> None:
    await world.add_fields(30, Field("mx_Custom_5", "Cities", DataType.SELECT, multi_select=True, sequence=6))
    refused = await client.refused(ADD, {"SchemaName": "mx_Custom_5", "OptionValue": "a;b"})
    assert refused.message == "Invalid Input! Parameter Name: OptionValue value is not correct."
