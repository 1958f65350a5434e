"""Creating and changing one lead."""

from __future__ import annotations

from typing import Any

import msgspec

from fairlead.leads import plans
from fairlead.leads.api.family import write
from fairlead.leads.records import named, record_of_lead
from fairlead.wire.operation import Call, Plan, Query, Queued
from fairlead.wire.types import AffectedRows, Done, Id, Pair, truth


class Posting(Query):
    """`postUpdatedLead`: whether a change is told to the lead update webhooks; default false."""

    postUpdatedLead: str | None = None


class OneLead(Query):
    """The lead, and whether a change is told to the lead update webhooks; default false."""

    leadId: str | None = None
    postUpdatedLead: str | None = None


class Capturing(Query):
    """How a lead is found besides `SearchBy` in the body, and what may change on a known one."""

    LeadUpdateBehavior: str | None = None
    SearchBy: str | None = None


class Captured(msgspec.Struct):
    """The lead's id twice, and whether it is new."""

    Id: str
    RelatedId: str
    IsCreated: bool


class Affected(msgspec.Struct):
    """The lead's id, and 1 when something stored is different now."""

    Id: str
    AffectedRows: int


@write("POST /LeadManagement.svc/Lead.Create", page="create-a-lead")
def create(call: Call[None, list[Pair]]) -> Plan[Done[Id]]:
    """Create a Lead.

    Always creates; a unique value in use (e-mail, phone, mobile) is refused. At least one of FirstName, LastName,
    EmailAddress and Phone must have a value.
    """
    written = yield from plans.create(call, call.body)
    return Done(Message=Id(written.lead.id))


def _captured(_: dict[str, str], body: Any) -> str | None:
    return record_of_lead(body)


@write(
    "POST /LeadManagement.svc/Lead.Capture",
    page="capture-lead",
    queued=Queued("/lead/capture", "Lead Capture", "RequestId", record=_captured),
)
def capture(call: Call[Capturing, list[Pair]]) -> Plan[Done[Captured]]:
    """Capture a Lead.

    Finds the lead by SearchBy, else by ProspectID, e-mail address, then phone; creates it when there is none. A known
    lead is changed as `LeadUpdateBehavior` says (`DoNotUpdate`, `UpdateOnlyEmptyFields`, `DoNotUpdateUniqueFields`;
    absent: all that is sent), except where it came from (`Source…`). Posts a Lead Capture activity (23) every time.
    """
    written = yield from plans.capture(
        call, call.body, search_by=call.query.SearchBy, behaviour=call.query.LeadUpdateBehavior
    )
    return Done(Message=Captured(written.lead.id, written.lead.id, written.created))


@write("POST /LeadManagement.svc/Lead.CreateOrUpdate", page="create-or-update")
def create_or_update(call: Call[Posting, list[Pair]]) -> Plan[Done[Affected]]:
    """Create or Update a Lead.

    Finds the lead by SearchBy (a unique field or ProspectId), else by its e-mail address, or by its phone when no
    e-mail address is sent; creates it when there is none. `AffectedRows` is 0 when everything was stored already.
    """
    truth(call.query.postUpdatedLead, "postUpdatedLead")
    written = yield from plans.create_or_update(call, call.body)
    return Done(Message=Affected(written.lead.id, int(written.changed)))


def _updated(query: dict[str, str], _: Any) -> str | None:
    return named(query.get("leadid"))


@write(
    "POST /LeadManagement.svc/Lead.Update",
    page="update-a-lead",
    queued=Queued("/lead/update", "Lead Update", "RequestID", record=_updated),
)
def update(call: Call[OneLead, list[Pair]]) -> Plan[Done[AffectedRows]]:
    """Update a Lead.

    Only the attributes sent change; `""` and null clear one. `AffectedRows` is 0 when everything was stored already.
    """
    truth(call.query.postUpdatedLead, "postUpdatedLead")
    written = yield from plans.update(call, call.query.leadId, call.body)
    return Done(Message=AffectedRows(int(written.changed)))


@write("POST /LeadManagement.svc/Lead.Convert", page="visitor-to-lead")
def convert(call: Call[OneLead, list[Pair]]) -> Plan[Done[AffectedRows]]:
    """Convert a Visitor.

    Makes an anonymous visitor a lead with the attributes sent; an ordinary lead is updated.
    """
    truth(call.query.postUpdatedLead, "postUpdatedLead")
    written = yield from plans.convert(call, call.query.leadId, call.body)
    return Done(Message=AffectedRows(int(written.changed)))
