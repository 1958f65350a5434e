"""What the search for broken sequences has found, written down so that it is tried in every run."""

from __future__ import annotations

import asyncio
from typing import Any

from properties.truths import wrong
from world import Client

LEADS = "/v2/LeadManagement.svc/"


async def created(client: Client, **values: str) -> str:
    """A new lead."""
    pairs = [{"Attribute": name, "Value": value} for name, value in values.items()]
    found: str = (await client.post(LEADS + "Lead.Create", pairs))["Message"]["Id"]
    return found


async def test_merging_a_lead_that_has_no_activities(client: Client) -> None:
    """The master keeps its last activity."""
    master, child = await created(client, FirstName="Ann"), await created(client, FirstName="Bob")
    body = {"RelatedProspectId": master, "ActivityEvent": 206}
    await client.post("/v2/ProspectActivity.svc/Create", body, leadId=master)
    await client.post(LEADS + "Lead.Merge", masterId=master, childId=child)
    assert await wrong(client.world) == []


async def test_opportunities_for_no_lead_at_all(client: Client) -> None:
    """Every row names a value that cannot be one: a type with a rule for duplicates has nothing to compare."""
    statement = """update record_type set definition = definition || '{"duplicate_fields": ["mx_Custom_1"]}'
        where org_id = $1 and code = 12005"""
    await client.world.db.execute(statement, client.world.org_id)
    await client.world.definitions_changed()
    fields = [{"SchemaName": "mx_Custom_1", "Value": "Deal"}]
    owner = (await client.world.need("user.1"))["user.1.email"]
    row = {"OpportunityEventCode": 12005, "OpportunityOwnerEmail": owner, "Fields": fields}
    path = "/v2/OpportunityManagement.svc/Bulk/Add/ByLeadField"
    answer = await client.post(path, [row | {"SearchByValue": "\0"}], SearchBy="EmailAddress")
    assert answer["Response"][0]["ExceptionMessage"] == "Lead not found"


async def test_linking_a_lead_to_an_account_that_is_being_deleted(client: Client) -> None:
    """The lead is linked and then unlinked, or is refused; never linked to an account that is gone."""

    async def link(lead: str, account: str) -> Any:
        pair = {"Attribute": "RelatedCompanyId", "Value": account}
        return await client.send("POST", LEADS + "Lead.Update", json=[pair], query=[("leadId", lead)])

    lead = await created(client, FirstName="Ann")
    for number in range(1, 41):
        account = (await client.world.need(f"company.{number}"))[f"company.{number}"]
        delete = client.get("/v2/CompanyManagement.svc/Company.Delete", companyId=account)
        await asyncio.gather(delete, *(link(lead, account) for _ in range(3)))
        assert await wrong(client.world) == []


async def test_changing_what_is_being_deleted(client: Client) -> None:
    """A record that is changed while it is deleted or merged leaves no history behind, and none at the wrong lead."""
    opportunity = "/v2/OpportunityManagement.svc/Update"
    for number in range(1, 31):
        lead, opp, company = f"lead.{number}", f"opp.{number}", f"company.{number}"
        other, activity = f"lead.{number + 100}", f"companyactivity.{number}"
        wanted = {opp.replace(".", "_"): {"lead": lead}, activity.replace(".", "_"): {"company": company}}
        ids = await client.world.need(lead, other, **wanted)
        update = {"ProspectOpportunityId": ids[opp], "OpportunityNote": "Changed"}
        call = {"CompanyActivityId": ids[activity], "ActivityNote": "Changed"}
        post = {
            "RelatedCompanyId": ids[company],
            "ActivityEvent": 10001,
            "ActivityDateTime": "2001-01-01 00:00:00",
        }
        merge = [("masterId", ids[other]), ("childId", ids[lead])]
        await asyncio.gather(
            client.send("POST", LEADS + "Lead.Merge", query=merge)
            if number % 2
            else client.send("GET", LEADS + "Lead/Delete/ById", query=[("leadId", ids[lead])]),
            client.send(
                "GET", "/v2/CompanyManagement.svc/Company.Delete", query=[("companyId", ids[company])]
            ),
            client.send("POST", opportunity, json=update),
            client.send("POST", "/v2/CompanyActivity.svc/Update", json=call),
            client.send("POST", "/v2/CompanyActivity.svc/Create", json=post),
            client.send("POST", opportunity, json=update | {"OpportunityNote": "Again"}),
        )
        # The world's own records begin without a history, so only what hangs in the air counts.
        found = [
            line
            for line in await wrong(client.world)
            if any(word in line for word in ("not there", "another lead", "no account"))
        ]
        assert found == []
