"""What stays to be seen of a cancelled sale."""

from __future__ import annotations

from world import Client

RANGE = {"FromDate": "2015-01-01 00:00:00", "ToDate": "2035-01-01 00:00:00"}


async def test_the_history_ends_with_the_cancellation(client: Client) -> None:
    known = await client.world.need("sales.1")
    await client.post("/v2/SalesActivity.svc/Update", {"Id": known["sales.1"], "Revenue": "5"})
    await client.post("/v2/SalesActivity.svc/Cancel", {"activityId": known["sales.1"]})
    body = {"Parameter": RANGE | {"ActivityID": known["sales.1"]}}
    found = await client.post("/v2/ProspectActivity.svc/RetrieveActivityChange", body)
    newest = found["Activities"][0]
    assert (newest["ActivityEvent"], newest["ChangedBy"]) == (30, client.world.user_id)
    assert newest["RelatedProspectId"] == known["lead.1"]
    assert newest["Changes"] == [
        {"SchemaName": "Cancelled", "DisplayName": "Cancelled", "OldValue": None, "NewValue": "1"}
    ]
    assert [change["NewValue"] for change in found["Activities"][1]["Changes"]] == ["5.00"]
