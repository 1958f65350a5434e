"""Reads of leads over HTTP: what the pages' own exchanges do not say."""

from __future__ import annotations

from typing import Any

import pytest

from fairlead.fields.model import DataType, Field
from fairlead.leads import queries
from fairlead.orgs.definitions import LEAD
from world import Client, World

LEADS = "/v2/LeadManagement.svc/"
FLAG = Field("mx_Flag", "Flag", DataType.BOOLEAN, sequence=300)
SECOND = Field("mx_Mail", "Second Email", DataType.EMAIL, sequence=301)


async def created(client: Client, **values: Any) -> str:
    pairs = [{"Attribute": name, "Value": value} for name, value in values.items()]
    return str((await client.post(f"{LEADS}Lead.Create", pairs))["Message"]["Id"])


async def found(client: Client, name: str, operator: str, value: str) -> set[str]:
    """The ids of the leads for which a comparison holds."""
    body = {
        "Parameter": {"LookupName": name, "LookupValue": value, "SqlOperator": operator},
        "Columns": {"Include_CSV": "ProspectID"},
    }
    return {row["ProspectID"] for row in await client.post(f"{LEADS}Leads.Get", body)}


async def test_every_attribute_can_be_sorted_by(client: Client) -> None:
    leads = {await created(client, FirstName="A"), await created(client, LastName="B", DoNotEmail="1")}
    for name in await client.get(f"{LEADS}LeadsMetaData.Get"):
        for direction in (0, 1):
            body = {
                "Columns": {"Include_CSV": "ProspectID"},
                "Sorting": {"ColumnName": name["SchemaName"], "Direction": direction},
            }
            rows = await client.post(f"{LEADS}Leads.Get", body)
            assert {row["ProspectID"] for row in rows} == leads, name["SchemaName"]


async def test_excluded_columns_are_left_out(client: Client) -> None:
    await created(client, FirstName="A")
    [row] = await client.post(f"{LEADS}Leads.Get", {"Columns": {"Exclude_CSV": "ProspectId, mx_City"}})
    assert {"ProspectID", "mx_City"}.isdisjoint(row)
    assert row["FirstName"] == "A"


@pytest.mark.parametrize("name", ["EmailAddress", "mx_Mail"])
async def test_an_address_is_found_one_way_whatever_its_letters(client: Client, name: str) -> None:
    """Where the address is unique the keys answer, else the database: neither mixes two kinds of lower case."""
    await client.world.add_fields(LEAD, SECOND)
    sent = "İrem.ΣΑΣ@example.com"
    lead = await created(client, FirstName="İrem", **{name: sent})
    other = await created(client, FirstName="B", **{name: "b@example.com"})
    blank = await created(client, FirstName="C")
    assert await found(client, name, "=", sent) == {lead}
    assert await found(client, name, "IN", f"nobody@example.com, {sent}") == {lead}
    assert await found(client, name, "IN", "B@EXAMPLE.COM") == {other}
    assert await found(client, name, "IN", "") == set()
    assert await found(client, name, "<>", sent) == {other, blank}
    if name == "EmailAddress":
        [row] = await client.get(f"{LEADS}Leads.GetByEmailaddress", emailaddress=sent)
        assert row["ProspectID"] == lead


async def test_the_address_of_the_owner_is_found_in_any_case(client: Client) -> None:
    lead = await created(client, FirstName="A")
    for operator in ("=", "IN"):
        assert await found(client, "OwnerIdEmailAddress", operator, "ASHA.RAO@example.com") == {lead}
    assert await found(client, "OwnerIdEmailAddress", "<>", "ASHA.RAO@example.com") == set()


async def test_an_address_is_found_where_it_is_not_unique(client: Client) -> None:
    await client.world.db.execute(
        """update field f set definition = f.definition || '{"unique": false}' from record_type t
        where f.org_id = $1 and t.org_id = $1 and t.id = f.type_id and t.kind = 'lead' and f.name = 'EmailAddress'""",
        client.world.org_id,
    )
    await client.world.definitions_changed()
    leads = {await created(client, EmailAddress="İrem@example.com") for _ in range(2)}
    rows = await client.get(f"{LEADS}Leads.GetByEmailaddress", emailaddress="İrem@example.com")
    assert {row["ProspectID"] for row in rows} == leads


async def test_a_flag_that_is_not_set_is_neither_yes_nor_no(client: Client) -> None:
    await client.world.add_fields(LEAD, FLAG)
    unset, no, yes = [await created(client, FirstName="A", mx_Flag=value) for value in ("", "0", "1")]
    for operator in ("=", "LIKE", "IN"):
        assert await found(client, "mx_Flag", operator, "0") == {no}, operator
        assert await found(client, "mx_Flag", operator, "1") == {yes}, operator
    assert await found(client, "mx_Flag", "=", "") == {unset}
    # What is stored nowhere and yet means no, is no.
    assert await found(client, "DoNotEmail", "LIKE", "0") == {unset, no, yes}


async def test_a_number_is_searched_by_its_last_digits(world: World) -> None:
    """Through the index on them, not through every lead."""
    async with world.db.transaction():
        await world.db.execute("set local enable_seqscan = off")
        endings = ["36986901", "6986901"]
        plan = await world.db.fetch(f"explain {queries.BY_PHONE_KEY}", world.org_id, None, endings)
    assert "lead_key_phone_idx" in "\n".join(row[0] for row in plan)


@pytest.mark.parametrize(
    ("phone", "is_found"),
    [
        ("9136986901", True),
        ("09136986901", True),
        ("919136986901", True),
        ("+91 91369-86901", True),
        ("+1-9136986901", False),
        ("19136986901", False),
    ],
)
async def test_a_country_code_counts(client: Client, phone: str, is_found: bool) -> None:
    await created(client, Phone="+91-9136986901")
    rows = await client.get(f"{LEADS}RetrieveLeadByPhoneNumber", phone=phone)
    assert bool(rows) is is_found
