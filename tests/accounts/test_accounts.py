"""Creating, changing, finding and deleting accounts."""

from __future__ import annotations

from typing import Any

import pytest

from fairlead.fields.model import DataType, Field, Option
from world import Client, World

SERVICE = "/v2/CompanyManagement.svc"
BULK = f"{SERVICE}/Company/Bulk/CreateOrUpdate"


def pairs(**values: Any) -> list[dict[str, Any]]:
    return [{"Attribute": name, "Value": value} for name, value in values.items()]


async def made(client: Client, kind: str = "Partners", **values: Any) -> str:
    body = {"CompanyType": {"CompanyTypeName": kind}, "CompanyProperties": pairs(**values)}
    return str((await client.post(f"{SERVICE}/Company.Create", body))["Message"]["Id"])


def creation(kind: str = "Partners", **values: Any) -> dict[str, Any]:
    return {"CompanyType": {"CompanyTypeName": kind}, "CompanyProperties": pairs(**values)}


async def shown(
    client: Client, name: str, value: str, *columns: str, kind: str = "Partners"
) -> list[list[Any]]:
    """The values of these columns of the accounts that have a value in an attribute."""
    lookup = {"LookupName": name, "LookupValue": value, "SqlOperator": "="}
    body = {
        "Query": {"CompanyType": {"CompanyTypeName": kind}, "FilterBy": lookup},
        "Columns": {"Include_CSV": ",".join(columns)},
    }
    found = await client.post(f"{SERVICE}/Company.Get", body)
    return [[pair["Value"] for pair in one["companyPropertyList"]] for one in found["Companies"]]


def bulk(strategy: str, *rows: list[dict[str, Any]], by: str = "CompanyName") -> dict[str, Any]:
    options = {"SearchBy": by, "CollisionResolutionStrategy": strategy}
    return {"CompanyType": {"CompanyTypeName": "Partners"}, "Options": options, "Companies": list(rows)}


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        (
            creation(Phone="1"),
            (400, "MXMandatoryAttributeMissingException", "'CompanyName' is mandatory for creating company"),
        ),
        (
            creation("Nope", CompanyName="x"),
            (500, "MXInvalidEntityReferenceException", "Company Type does not exist"),
        ),
        (
            creation(CompanyName="x", X=1, Y=2),
            (500, "MXUnknownAttributeException", "Attribute(s) does not exist - X,Y."),
        ),
        (
            creation(CompanyName="x", AnnualRevenue="much"),
            (500, "MXInvalidDataTypeException", "'AnnualRevenue' value is not of type 'Decimal'."),
        ),
        (
            creation(CompanyName="x", Industry="Magic"),
            (500, "MXInvalidEntityReferenceException", "'Magic' is not a valid option for 'Industry'."),
        ),
        (
            creation(CompanyName="x", OwnerId="nobody"),
            (500, "MXInvalidEntityReferenceException", "User not found"),
        ),
    ],
)
async def test_a_refused_creation_stores_nothing(
    client: Client, world: World, body: Any, refusal: Any
) -> None:
    assert await client.refused(f"{SERVICE}/Company.Create", body) == refusal
    assert await world.count("account") == await world.count("change") == 0


async def test_names_may_repeat_and_numbers_may_not_within_a_type(client: Client, world: World) -> None:
    first = await made(client, CompanyName="Same", CompanyNumber="7")
    second = await made(client, CompanyName="Same")
    await made(client, "Customers", CompanyName="Same", CompanyNumber="7")
    refused = await client.refused(f"{SERVICE}/Company.Create", creation(CompanyName="x", CompanyNumber="7"))
    assert refused.type == "MXDuplicateEntryException"
    update = f"{SERVICE}/Company.Update?companyId="
    taken = {"CompanyProperties": pairs(CompanyNumber="7")}
    assert (await client.refused(update + second, taken)).type == "MXDuplicateEntryException"
    assert (await client.post(update + first, taken))["Message"] == {"AffectedRows": 0}
    # What one gives up another may have.
    assert (await client.post(update + first, {"CompanyProperties": pairs(CompanyNumber="")}))["Message"][
        "AffectedRows"
    ]
    assert (await client.post(update + second, taken))["Message"] == {"AffectedRows": 1}
    assert await shown(client, "CompanyNumber", "7", "CompanyId") == [[second]]


async def test_options_match_in_any_case_and_are_stored_as_defined(client: Client, world: World) -> None:
    id = await made(client, CompanyName="x", Industry="bAnKing", AnnualRevenue="2,00,000.50")
    assert await shown(client, "CompanyId", id, "Industry", "AnnualRevenue", "DoNotCall") == [
        ["Banking", "200000.50", "0"]
    ]


async def test_an_option_follows_its_parent(client: Client, world: World) -> None:
    def drop_down(name: str, parent: str | None = None, **allowed: tuple[str, ...]) -> Field:
        options = tuple(Option(option) for some in allowed.values() for option in some)
        kind = {"parent": parent, "dependent": allowed} if parent else {}
        return Field(name, name, DataType.SELECT, options=options, **kind)

    await world.add_fields(
        5001,
        drop_down("Tier", any=("Gold", "Silver")),
        drop_down("Sub", "Tier", Gold=("g1",), Silver=("s1",)),
    )
    id = await made(client, CompanyName="x", Tier="gold", Sub="G1")
    update = f"{SERVICE}/Company.Update?companyId={id}"
    wrong = (500, "MXInvalidEntityReferenceException", "'g1' is not a valid option for 'Sub'.")
    for values in (
        {"Tier": "Silver"},
        {"Tier": ""},
        {"Tier": "Silver", "Sub": "g1"},
        {"Tier": "Silver", "City": "y"},
    ):
        assert await client.refused(update, {"CompanyProperties": pairs(**values)}) == wrong
    row = bulk("OverwriteAllFields", pairs(CompanyName="x", Tier="Silver"))
    assert (await client.post(BULK, row))[0]["ErrorMessage"] == wrong[2]
    assert await shown(client, "CompanyId", id, "Tier", "Sub", "City") == [["Gold", "g1", None]]
    for values in ({"Tier": "Silver", "Sub": "s1"}, {"Tier": "Gold", "Sub": ""}, {"Tier": "", "City": "y"}):
        assert (await client.post(update, {"CompanyProperties": pairs(**values)}))["Message"] == {
            "AffectedRows": 1
        }
    assert await shown(client, "CompanyId", id, "Tier", "Sub", "City") == [[None, None, "y"]]


async def test_an_account_keeps_its_owner(client: Client, world: World) -> None:
    other, *_ = await world.user_with_key("Sales_Manager")
    id = await made(client, CompanyName="x", OwnerId=other)
    response = await client.send(
        "POST", f"{SERVICE}/Company.Update?companyId={id}", json={"Company": pairs(OwnerId=None, City="Pune")}
    )
    assert response.json()["Message"] == {"AffectedRows": 1}
    assert response.headers["x-fairlead-diagnostics"] == "cannot-be-empty;OwnerId"
    assert await shown(client, "CompanyId", id, "OwnerId", "City") == [[other, "Pune"]]
    # A new one has the caller for its owner, without a word: that is what no owner means then.
    response = await client.send(
        "POST", f"{SERVICE}/Company.Create", json=creation(CompanyName="y", OwnerId="")
    )
    assert "x-fairlead-diagnostics" not in response.headers
    assert await shown(client, "CompanyName", "y", "OwnerId") == [[world.user_id]]


@pytest.mark.parametrize("body", [[], [1, "x"], pairs(City="x"), {}, {"CompanyProperties": []}])
async def test_an_update_without_details(client: Client, world: World, body: Any) -> None:
    id = (await world.need("company.1"))["company.1"]
    refused = await client.refused(f"{SERVICE}/Company.Update?companyId={id}", body)
    assert refused == (500, "MXInvalidDataTypeException", "You're missing Company details.")


async def test_an_update_that_changes_nothing_moves_nothing(client: Client, world: World) -> None:
    id = await made(client, CompanyName="x", Employees=5)
    [before] = await world.rows("account")
    same = {"CompanyProperties": pairs(CompanyName="x", Employees="5", DoNotCall=False, CompanyId="ignored")}
    assert (await client.post(f"{SERVICE}/Company.Update?companyId={id}", same))["Message"] == {
        "AffectedRows": 0
    }
    assert await world.rows("account") == [before]


async def test_a_sales_user_has_their_own_accounts(client: Client, world: World) -> None:
    id = await made(client, CompanyName="x")
    _, access_key, secret = await world.user_with_key("Sales_User")
    client.key = (access_key, secret)
    update = await client.refused(f"{SERVICE}/Company.Update?companyId={id}", {"Company": pairs(City="y")})
    assert update.status == 403
    assert await shown(client, "CompanyName", "x", "CompanyId") == []
    own = await made(client, CompanyName="x")
    assert await shown(client, "CompanyName", "x", "CompanyId") == [[own]]
    gone = await client.send("GET", f"{SERVICE}/Company.Delete", query=[("companyId", own)])
    assert gone.status_code == 403


@pytest.mark.parametrize(
    ("strategy", "city", "updated"),
    [
        ("FillMissingFields", "Pune", True),
        ("OverwriteAllFields", "Delhi", True),
        ("IgnoreDuplicate", "Pune", False),
    ],
)
async def test_what_happens_with_an_account_that_is_there(
    client: Client, world: World, strategy: str, city: str, updated: bool
) -> None:
    id = await made(client, CompanyName="A & B", City="Pune", State="MH")
    row = pairs(CompanyName="A & B", City="Delhi", Country="India")
    assert await client.post(BULK, bulk(strategy, row)) == [
        {"RowNumber": 1, "CompanyId": id, "CompanyCreated": False, "CompanyUpdated": updated}
    ]
    country = "India" if updated else None
    assert await shown(client, "CompanyId", id, "City", "State", "Country") == [[city, "MH", country]]


async def test_a_bad_row_stops_no_other_and_rows_see_earlier_rows(client: Client, world: World) -> None:
    results = await client.post(
        BULK,
        bulk(
            "OverwriteAllFields",
            pairs(CompanyName="New", CompanyNumber="1"),
            pairs(CompanyName="Bad", Nope="x"),
            pairs(City="without a name"),
            pairs(CompanyName="Other", CompanyNumber="1"),
            pairs(CompanyName="New", City="Pune"),
        ),
    )
    assert [row.get("ExceptionType") for row in results] == [
        None,
        "MXUnknownAttributeException",
        "MXMandatoryAttributeMissingException",
        "MXDuplicateEntryException",
        None,
    ]
    assert results[0]["CompanyId"] == results[4]["CompanyId"]
    assert await world.count("account") == 1


async def test_a_renamed_account_is_found_by_its_new_name_in_later_rows(client: Client, world: World) -> None:
    id = await made(client, CompanyName="Old", CompanyNumber="1")
    renamed = await client.post(
        BULK, bulk("OverwriteAllFields", pairs(CompanyName="New", CompanyNumber="1"), by="CompanyNumber")
    )
    assert renamed[0]["CompanyId"] == id
    by_name = await client.post(
        BULK, bulk("FillMissingFields", pairs(CompanyName="New"), pairs(CompanyName="Old"))
    )
    assert [row["CompanyCreated"] for row in by_name] == [False, True]


async def test_a_name_that_two_accounts_have_fails_the_row(client: Client, world: World) -> None:
    for _ in range(2):
        await made(client, CompanyName="Twice")
    [row] = await client.post(BULK, bulk("FillMissingFields", pairs(CompanyName="Twice", City="x")))
    assert row == {
        "RowNumber": 1,
        "CompanyId": None,
        "CompanyCreated": False,
        "CompanyUpdated": False,
        "ExceptionType": "MXInvalidInputException",
        "ErrorMessage": "Invalid Input! Parameter Name: CompanyName value is not correct.",
    }


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({}, ["Zeta 100%", "Alpha_1"]),
        ({"SearchText": "ALPHA"}, ["Alpha_1"]),
        ({"SearchText": "%"}, ["Zeta 100%"]),
        ({"SearchText": "a_1\0"}, []),
        ({"FilterBy": {"LookupName": "Employees", "LookupValue": "10", "SqlOperator": ">"}}, ["Zeta 100%"]),
        (
            {"FilterBy": {"LookupName": "Employees", "LookupValue": "9,90", "SqlOperator": "IN"}},
            ["Zeta 100%", "Alpha_1"],
        ),
        (
            {"FilterBy": {"LookupName": "OwnerEmail", "LookupValue": "rao@", "SqlOperator": "LIKE"}},
            ["Zeta 100%", "Alpha_1"],
        ),
        (
            {"FilterBy": {"LookupName": "OwnerEmail", "LookupValue": "ASHA.rao@Example.com"}},
            ["Zeta 100%", "Alpha_1"],
        ),
        (
            {"FilterBy": {"LookupName": "CreatedByEmail", "LookupValue": " Asha.Rao@example.com"}},
            ["Zeta 100%", "Alpha_1"],
        ),
        (
            {
                "FilterBy": {
                    "LookupName": "ModifiedByEmail",
                    "LookupValue": "x@y.z, ASHA.RAO@example.com",
                    "SqlOperator": "IN",
                }
            },
            ["Zeta 100%", "Alpha_1"],
        ),
        (
            {
                "FilterBy": {
                    "LookupName": "OwnerEmail",
                    "LookupValue": "ASHA.rao@example.com",
                    "SqlOperator": "<>",
                }
            },
            [],
        ),
        ({"FilterBy": {"LookupName": "CompanyId", "LookupValue": "no id"}}, []),
        ({"FilterBy": {"LookupName": "", "LookupValue": "", "SqlOperator": "="}}, ["Zeta 100%", "Alpha_1"]),
        ({"DateRange": {"DateField": "CreatedOn", "ToDate": "2020-01-01 00:00:00"}}, []),
        (
            {"DateRange": {"DateField": "ModifiedOn", "FromDate": "2020-01-01 00:00:00"}},
            ["Zeta 100%", "Alpha_1"],
        ),
    ],
)
async def test_search(client: Client, world: World, query: Any, names: list[str]) -> None:
    await made(client, CompanyName="Alpha_1", Employees=9)
    await made(client, CompanyName="Zeta 100%", Employees=90)
    await made(client, "Customers", CompanyName="Alpha of another type")
    body = {
        "Query": query | {"CompanyType": {"CompanyTypeName": "Partners"}},
        "Columns": {"Include_CSV": "CompanyName"},
        "Sorting": {"ColumnName": "Employees", "Direction": 1},
    }
    found = await client.post(f"{SERVICE}/Company.Get", body)
    assert found["RecordCount"] == len(names)
    assert [one["companyPropertyList"][0]["Value"] for one in found["Companies"]] == names


@pytest.mark.parametrize(
    ("first", "last", "names"),
    [
        ("2020-02-01", "2020-02-01", ["Middle"]),
        ("2020-02-01 23:00:00", "2020-02-02 00:00:00", ["Middle"]),  # of an instant its day counts
        ("2020-02-02", None, ["Late"]),
        ("", "2020-02-01", ["Early", "Middle"]),
        (None, "9999-12-31", ["Early", "Middle", "Late"]),
        ("2020-02-02", "2020-02-01", "FromDate can't be greater than ToDate."),
        ("2020-02-30", None, "FromDate value is not correct."),
        (None, "2020-02-01T00:00:00Z", "ToDate value is not correct."),
    ],
)
async def test_a_range_of_days(client: Client, world: World, first: Any, last: Any, names: Any) -> None:
    await world.add_fields(5001, Field("Since", "Since", DataType.DATE), Field("At", "At", DataType.DATETIME))
    for name, since in (
        ("Early", "2020-01-31"),
        ("Middle", "2020-02-01"),
        ("Late", "2020-03-01"),
        ("None", ""),
    ):
        await made(client, CompanyName=name, Since=since)

    def search(field: str) -> dict[str, Any]:
        span = {"DateField": field, "FromDate": first, "ToDate": last}
        query = {"CompanyType": {"CompanyTypeName": "Partners"}, "DateRange": span}
        sorting = {"ColumnName": "Since", "Direction": 0}
        return {"Query": query, "Columns": {"Include_CSV": "CompanyName"}, "Sorting": sorting}

    if isinstance(names, str):
        wrong = (await client.refused(f"{SERVICE}/Company.Get", search("Since"))).message
        assert wrong == f"Invalid Input! Parameter Name: {names}"
        return
    found = await client.post(f"{SERVICE}/Company.Get", search("Since"))
    assert [one["companyPropertyList"][0]["Value"] for one in found["Companies"]] == names
    if len(str(first or last)) == 10:  # an instant is not asked for by a day
        assert (await client.refused(f"{SERVICE}/Company.Get", search("At"))).message.endswith(
            "is not correct."
        )


@pytest.mark.parametrize(
    ("change", "status", "type"),
    [
        ({"Query": {}}, 400, "MXMandatoryAttributeMissingException"),
        ({"Columns": {"Include_CSV": "CompanyName,Nope"}}, 500, "MXUnknownAttributeException"),
        ({"Columns": {"Exclude_CSV": "Nope"}}, 500, "MXUnknownAttributeException"),
        ({"Paging": {"PageIndex": 1, "PageSize": 1001}}, 500, "MXInvalidInputException"),
        ({"Sorting": {"Direction": 2}}, 500, "MXInvalidInputException"),
    ],
)
async def test_a_search_that_is_refused(client: Client, change: Any, status: int, type: str) -> None:
    body = {"Query": {"CompanyType": {"CompanyTypeName": "Partners"}}} | change
    assert (await client.refused(f"{SERVICE}/Company.Get", body))[:2] == (status, type)


async def test_deleting_unlinks_the_leads_or_deletes_them(client: Client, world: World) -> None:
    for with_leads, left in (("", 1), ("true", 0)):
        account = await made(client, CompanyName="x", CompanyNumber="1")
        lead = (
            await client.post(
                "/v2/LeadManagement.svc/Lead.Create", pairs(FirstName="Ravi", RelatedCompanyId=account)
            )
        )["Message"]["Id"]
        await client.post(
            "/v2/CompanyActivity.svc/Create", {"RelatedCompanyId": account, "ActivityEvent": 10001}
        )
        before = {str(row["id"]): row["version"] for row in await world.rows("lead")}
        await client.get(f"{SERVICE}/Company.Delete", companyId=account, withLeadDelete=with_leads)
        rows = [row for row in await world.rows("lead") if str(row["id"]) == lead]
        assert [row["account_id"] for row in rows] == [None] * left
        assert all(row["version"] > before[lead] for row in rows)
        assert (
            await world.count("account")
            == await world.count("account_key")
            == await world.count("activity")
            == 0
        )
