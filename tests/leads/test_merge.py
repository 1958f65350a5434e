"""Merging two leads: what the master keeps, and what it gets."""

from __future__ import annotations

from typing import Any

from properties.truths import wrong
from world import Client

LEADS = "/v2/LeadManagement.svc/"


def kyc(**members: str) -> dict[str, Any]:
    """A field set as it is sent."""
    fields = [{"Attribute": name, "Value": value} for name, value in members.items()]
    return {"Attribute": "mx_KYC", "Value": "", "Fields": fields}


async def created(client: Client, *sets: dict[str, Any], **values: str) -> str:
    pairs = [{"Attribute": name, "Value": value} for name, value in values.items()]
    return str((await client.post(f"{LEADS}Lead.Create", [*pairs, *sets]))["Message"]["Id"])


async def merged(client: Client, master: str, child: str) -> dict[str, str | None]:
    """The master after the merge."""
    await client.post(f"{LEADS}Lead.Merge", masterId=master, childId=child)
    assert await wrong(client.world) == []
    [row] = await client.get(f"{LEADS}Leads.GetById", id=master)
    return dict(row)


async def test_what_no_value_means_is_a_value(client: Client) -> None:
    flags = dict.fromkeys(("DoNotEmail", "DoNotCall", "DoNotSMS", "DoNotTrack", "IsPrimaryContact"), "1")
    master = await created(client, FirstName="A")
    child = await created(client, FirstName="B", LastName="L", LeadType="OT_1", **flags)
    row = await merged(client, master, child)
    assert row["LeadType"] == "OT_0"
    assert {row[name] for name in flags} == {"0"}
    assert (row["FirstName"], row["LastName"]) == ("A", "L")


async def test_blank_members_of_a_field_set_are_filled(client: Client) -> None:
    master = await created(client, kyc(Status="Pending"), FirstName="A")
    child = await created(client, kyc(Status="Done", mx_CustomObject_1="a.png"), FirstName="B")
    row = await merged(client, master, child)
    assert row["mx_KYC"] == '{"Status":"Pending","mx_CustomObject_1":"a.png"}'


async def test_a_lead_keeps_the_time_when_it_became_one(client: Client) -> None:
    """One that was no visitor became a lead when it was created."""
    master, child = await created(client, FirstName="A"), await created(client, FirstName="B")
    await client.world.db.execute(
        "update lead set is_lead = false where org_id = $1 and id = $2", client.world.org_id, child
    )
    await client.post(f"{LEADS}Lead.Convert", [{"Attribute": "LastName", "Value": "L"}], leadId=child)
    row = await merged(client, master, child)
    assert row["LeadConversionDate"] == row["CreatedOn"]
