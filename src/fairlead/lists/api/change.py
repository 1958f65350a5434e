"""Making static lists, and putting leads into them and out of them."""

from __future__ import annotations

from typing import Any

import msgspec

from fairlead.errors import MandatoryMissing
from fairlead.lists import rules
from fairlead.lists.api.family import write
from fairlead.wire.operation import Body, Call, Query
from fairlead.wire.types import Done, Id, Scalar


class NewList(Body):
    """A static list without members; no other list may have its name, whatever the case."""

    Name: Scalar = None
    Description: Scalar = None


class Additions(Body):
    """A static list and the leads to put into it. `listId` and `ListId`, `leadIds` and `LeadIds` are the same."""

    listId: str | None = None
    ListId: str | None = None
    leadIds: list[str] | None = None
    LeadIds: list[str] | None = None


class OneLead(Query):
    """A static list and a lead."""

    listId: str | None = None
    leadId: str | None = None


class Removal(Query):
    """A static list and a lead."""

    ListId: str | None = None
    LeadID: str | None = None


class OneList(Query):
    """A static list."""

    ListId: str | None = None


class Text(msgspec.Struct):
    """What was done, in words."""

    Message: str


class Added(msgspec.Struct):
    """The lead, and 1 when it was not in the list before."""

    Id: str
    AffectedRows: int


def needed(value: str | None, name: str, action: str) -> str:
    """A parameter that must be there, outer blanks trimmed. Raises MandatoryMissing."""
    text = (value or "").strip()
    if not text:
        raise MandatoryMissing(name, action)
    return text


@write("POST /LeadSegmentation.svc/CreateEmptyList", page="create-empty-static-list")
async def create(call: Call[None, NewList], db: Any) -> Done[Id]:
    """Create Empty Static List.

    A list that leads are put into by hand or by the API.
    """
    body = call.body
    return Done(Message=Id(await rules.create(call, db, name=body.Name, description=body.Description)))


@write("POST /LeadSegmentation.svc/AddLeadsToStaticList", page="add-leads-to-a-static-list")
async def add_leads(call: Call[None, Additions], db: Any) -> Done[Text]:
    """Add Leads to a Static List.

    At most 1000 leads, all of them or none. Those that are in the list already are not counted.
    """
    body, action = call.body, "adding leads to list"
    list_id = needed(body.listId or body.ListId, "listId", action)
    lead_ids = body.leadIds or body.LeadIds
    if not lead_ids:
        raise MandatoryMissing("leadIds", action)
    added = await rules.add(call, db, list_id, lead_ids)
    return Done(Message=Text(f"Successfully added {added} lead(s) to list"))


@write("POST /LeadManagement.svc/AddLeadToStaticList", page="add-lead")
async def add_lead(call: Call[OneLead, None], db: Any) -> Done[Added]:
    """Add a Lead to a Static List.

    AffectedRows is 0 when it is in the list already.
    """
    action = "adding lead to list"
    list_id = needed(call.query.listId, "listId", action)
    lead_id = needed(call.query.leadId, "leadId", action)
    added = await rules.add(call, db, list_id, [lead_id])
    return Done(Message=Added(lead_id.lower(), added))


@write("GET /LeadSegmentation.svc/RemoveLeadFromStaticList", page="remove-lead-from-static-list")
async def remove(call: Call[Removal, None], db: Any) -> Done[Text]:
    """Remove a Lead from a Static List.

    The lead itself stays.
    """
    action = "removing lead from list"
    list_id = needed(call.query.ListId, "ListId", action)
    lead_id = needed(call.query.LeadID, "LeadID", action)
    await rules.remove(call, db, list_id, [lead_id])
    return Done(Message=Text("Successfully removed lead from list"))


@write("GET /LeadSegmentation.svc/Lists/EmptyStaticList", page="remove-all-leads-from-a-static-list")
async def empty(call: Call[OneList, None], db: Any) -> Done[Id]:
    """Remove All Leads from a Static List.

    The leads themselves stay, and so does the list.
    """
    list_id = needed(call.query.ListId, "ListId", "emptying list")
    return Done(Message=Id(await rules.empty(call, db, list_id)))
