"""Users: what the pages' own exchanges do not say."""

from __future__ import annotations

from typing import Any

from world import Client, Envelope

USERS = "/v2/UserManagement.svc/"
NEW = {"FirstName": "Ben", "LastName": "Ode", "EmailAddress": "ben@example.com", "Role": "Sales_User"}


async def made(client: Client, **members: Any) -> str:
    return str((await client.post(f"{USERS}User/Create", NEW | members))["Message"]["Id"])


async def test_who_am_i(client: Client) -> None:
    found = await client.get("/v2/Authentication.svc/UserByAccessKey.Get")
    assert "Status" not in found
    assert (found["PassPhrase"], found["EmailAddress"]) == ("asha.rao@example.com", None)
    hosts = found["LSQCommonServiceURLs"]
    assert list(hosts) == ["api", "app", "tracking", "async", "files"]
    assert not any("//" in host for host in hosts.values())
    assert all(hosts.values())


async def test_only_what_is_sent_changes(client: Client) -> None:
    user = await made(client)
    change = {"UserId": user, "LastName": ""}
    assert (await client.post(f"{USERS}User/Update", change))["Message"] == {"AffectedRows": 1}
    assert (await client.post(f"{USERS}User/Update", change))["Message"] == {"AffectedRows": 0}
    [found] = await client.get(f"{USERS}User/Retrieve/ByUserId", id=user.upper())
    assert (found["FirstName"], found["LastName"]) == ("Ben", "")


async def test_an_inactive_user_is_listed_but_not_found(client: Client) -> None:
    user = await made(client)
    await client.post(f"{USERS}User/Update", {"UserId": user, "StatusCode": 1})
    assert await client.get(f"{USERS}User/Retrieve/ByUserId", userId=user) == []
    listed = {row["ID"]: row["StatusCode"] for row in await client.get(f"{USERS}Users.Get")}
    assert listed[user] == 1


async def test_a_user_who_is_switched_off_takes_the_keys_along(client: Client) -> None:
    own = client.world.user_id
    await client.post(f"{USERS}User/Update", {"UserId": own, "StatusCode": "1"})
    refused = await client.send("GET", f"{USERS}Users.Get")
    assert refused.status_code == 401


async def test_an_address_belongs_to_one_user(client: Client) -> None:
    user = await made(client)
    taken = Envelope(500, "MXDuplicateEntryException", "A User with same Email already exists.")
    assert await client.refused(f"{USERS}User/Create", NEW | {"EmailAddress": "BEN@example.com"}) == taken
    change = {"UserId": user, "EmailAddress": "asha.rao@example.com"}
    assert await client.refused(f"{USERS}User/Update", change) == taken


async def search(client: Client, *groups: list[dict[str, Any]], **more: Any) -> list[str]:
    body = {"GroupConditions": [{"Condition": group} for group in groups], **more}
    return [row["FirstName"] for row in (await client.post(f"{USERS}User/AdvancedSearch", body))["Users"]]


def condition(name: str, operator: str, value: str, joined: str | None = None) -> dict[str, Any]:
    return {"LookupName": name, "Operator": operator, "LookupValue": value, "ConditionOperator": joined}


async def test_conditions_and_groups_are_joined(client: Client) -> None:
    await made(client)
    await made(client, FirstName="Cem", EmailAddress="cem@example.com", Role="Sales_Manager")
    by_name = [{"ColumnName": "FirstName", "Direction": 0}]
    ben, cem = condition("FirstName", "eq", "ben"), condition("FirstName", "lik", "em")
    assert await search(client, [ben | {"ConditionOperator": "OR"}, cem], Sorting=by_name) == ["Ben", "Cem"]
    assert await search(client, [ben, cem | {"ConditionOperator": "or"}], Sorting=by_name) == ["Ben", "Cem"]
    assert await search(client, [ben, cem]) == []
    assert await search(client, [ben], [cem]) == []
    assert await search(client, [ben], [cem], GroupOperator="OR", Sorting=by_name) == ["Ben", "Cem"]
    assert await search(client, Sorting=by_name, Paging={"PageIndex": 2, "PageSize": 1}) == ["Ben"]


async def test_an_operator_stands_in_its_place(client: Client) -> None:
    for first, address in (("Ben", "ben"), ("Cem", "cem")):
        await made(client, FirstName=first, EmailAddress=f"{address}@example.com")
    by_name = [{"ColumnName": "FirstName", "Direction": 0}]

    async def joined(*operators: str | None) -> list[str]:
        rows = [
            condition("FirstName", "eq", name, how)
            for name, how in zip(("Asha", "Nobody", "Cem"), operators, strict=True)
        ]
        return await search(client, rows, Sorting=by_name)

    # With the next one: Asha and Nobody, or Cem.
    assert await joined(None, "OR", None) == ["Cem"]
    # From left to right: Asha or Nobody, and Cem.
    assert await joined("OR", None, None) == []
    assert await joined("OR", "OR", None) == ["Asha", "Cem"]
    # With the one before: Asha and Nobody, or Cem.
    assert await joined(None, None, "OR") == ["Cem"]
    assert await joined(None, "OR", "OR") == ["Asha", "Cem"]


async def test_instants_are_compared_at_whole_seconds(client: Client) -> None:
    await made(client)
    statement = (
        "update app_user set created_on = '2020-01-01 10:00:00.7Z' where org_id = $1 and first_name = 'Ben'"
    )
    await client.world.db.execute(statement, client.world.org_id)
    await client.world.definitions_changed()
    for operator, value in (
        ("eq", "2020-01-01 10:00:00"),
        ("in", "2019-01-01 00:00:00, 2020-01-01 10:00:00"),
        ("lik", "2020-01"),
    ):
        assert await search(client, [condition("CreatedOn", operator, value)]) == ["Ben"], operator
    assert await search(client, [condition("CreatedOn", "lte", "2020-01-01 10:00:00.1")]) == ["Ben", "Asha"]
    assert await search(client, [condition("CreatedOn", "gt", "2020-01-01 10:00:00")]) == []
    for value in ("", "2020-01-01", "2020-01-01T10:00:00Z"):
        body = {"GroupConditions": [{"Condition": [condition("ModifiedOn", "gt", value)]}]}
        refused = await client.refused(f"{USERS}User/AdvancedSearch", body)
        assert refused.message == "Invalid Input! Parameter Name: LookupValue value is not correct."


async def test_without_a_known_column_the_newest_comes_first(client: Client) -> None:
    await made(client)
    for sorting in ({"ColumnName": "Nope", "Direction": 0}, [{"ColumnName": "Nope"}], None):
        assert await search(client, Sorting=sorting) == ["Ben", "Asha"]
    both = [{"ColumnName": "Nope"}, {"ColumnName": "FirstName", "Direction": 0}]
    assert await search(client, Sorting=both) == ["Asha", "Ben"]
