"""Posting one activity: with its lead, on a lead, on an opportunity."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from fairlead.activities import rules
from fairlead.activities.api.family import write
from fairlead.errors import MandatoryMissing
from fairlead.leads.records import named, record_of_lead
from fairlead.wire.operation import Body, Call, Plan, Query, Queued
from fairlead.wire.types import Done, Pair, Scalar, truth


class NewActivity(Body):
    """The activity part of create-lead-and-activity; what all new activities have in common."""

    ActivityEvent: Scalar | UnsetType = UNSET
    ActivityNote: Scalar = None
    ActivityDateTime: Scalar = None
    ActivityOwnerEmail: Scalar = None
    Fields: list[Pair] | None = None
    ValidateDropDownOptions: Scalar = None
    IncludeLeadScore: Scalar = None
    ProcessFilesAsync: Scalar = None

    @property
    def code(self) -> Scalar:
        """The event code as sent."""
        return None if isinstance(self.ActivityEvent, UnsetType) else self.ActivityEvent


NOTHING = NewActivity()
"""An activity of which nothing is said is none; one whose event code is null has a wrong one."""


class LeadAndActivity(Body):
    """Attributes of the lead, and the activity."""

    LeadDetails: list[Pair] | None = None
    Activity: NewActivity | None = None
    ValidateDropDownOptions: Scalar = None
    IncludeLeadScore: Scalar = None
    ProcessFilesAsync: Scalar = None


class Posted(msgspec.Struct, omit_defaults=True):
    """The new activity's id; the lead's id for opportunities; the lead's score when it was asked for."""

    Id: str
    RelatedId: str | None = None
    LeadScore: int | None = None


def _lead_details(_: dict[str, str], body: Any) -> str | None:
    return record_of_lead(body.get("LeadDetails"))


@write(
    "POST /ProspectActivity.svc/CreateCustom",
    page="create-lead-and-activity",
    queued=Queued("/activity/createcustom", "Activity Create Custom", "RequestId", record=_lead_details),
)
def create_custom(call: Call[None, LeadAndActivity]) -> Plan[Done[Posted]]:
    """Create a Lead and Activity.

    Finds the lead by SearchBy, else by its id, e-mail address or phone; creates it when there is none. The
    attributes sent are written to it and the activity is posted on it, in one transaction: both or neither.
    """
    body = call.body
    if not body.LeadDetails:
        raise MandatoryMissing("LeadDetails", "creating lead and activity")
    new = body.Activity
    if new is None or new == NOTHING:
        raise MandatoryMissing("Activity", "creating lead and activity")
    skip = truth(body.ValidateDropDownOptions, "ValidateDropDownOptions") or truth(
        new.ValidateDropDownOptions, "ValidateDropDownOptions"
    )
    scored = truth(body.IncludeLeadScore, "IncludeLeadScore") or truth(
        new.IncludeLeadScore, "IncludeLeadScore"
    )
    lead, activity = yield from rules.lead_and_activity(
        call,
        body.LeadDetails,
        code=new.code,
        note=new.ActivityNote,
        at=new.ActivityDateTime,
        fields=new.Fields,
        owner_email=new.ActivityOwnerEmail,
        skip_options=skip,
    )
    return Done(Message=Posted(Id=activity.id, LeadScore=lead.score if scored else None))


class OnLead(Query):
    """The lead to post on, for clients that name it in the address."""

    leadId: str | None = None


class ActivityOnLead(NewActivity):
    """An activity and its lead: by id, or by e-mail address with what a new lead would have."""

    RelatedProspectId: Scalar = None
    RelatedOpportunityId: Scalar = None
    EmailAddress: Scalar = None
    FirstName: Scalar = None
    LastName: Scalar = None
    Phone: Scalar = None


def _lead(query: dict[str, str], body: Any) -> str | None:
    id = named(body.get("RelatedProspectId")) or named(query.get("leadid"))
    return id or named(body.get("EmailAddress"), "EmailAddress")


@write(
    "POST /ProspectActivity.svc/Create",
    page=("post-an-activity-to-lead", "post-activity-with-lead-email-address", "?p=2191"),
    queued=Queued("/activity/create", "Activity Create", "RequestId", record=_lead),
)
def create(call: Call[OnLead, ActivityOnLead]) -> Plan[Done[Posted]]:
    """Post an Activity on a Lead.

    The lead is named by RelatedProspectId (or leadId in the query), else by EmailAddress: then it is created from
    EmailAddress, FirstName, LastName and Phone when there is none, and left as it is when there is one. With
    RelatedOpportunityId the activity is tied to that opportunity of the lead, and the reply adds the lead's id.
    """
    body = call.body
    lead_id = body.RelatedProspectId or call.query.leadId
    by_email = not lead_id and not body.RelatedOpportunityId and body.EmailAddress
    if not lead_id and not by_email:
        raise MandatoryMissing("RelatedProspectId", "posting activity")
    scored = truth(body.IncludeLeadScore, "IncludeLeadScore")
    wish = wish_of(call, body)
    if body.RelatedOpportunityId:
        lead, activity = yield from rules.on_lead_and_opportunity(
            call, lead_id, body.RelatedOpportunityId, wish
        )
    elif by_email:
        lead, activity = yield from rules.on_lead_by_email(call, _attributes(body), wish)
    else:
        lead, activity = yield from rules.on_lead(call, lead_id, wish)
    return Done(
        Message=Posted(
            Id=activity.id,
            RelatedId=lead.id if body.RelatedOpportunityId else None,
            LeadScore=lead.score if scored else None,
        )
    )


def wish_of(call: Call[Any, Any], new: NewActivity) -> rules.Wish:
    """What is to be posted. Raises InvalidEventCode, InvalidInput; what is wrong with the fields waits in `error`."""
    return rules.Wish(
        call,
        code=new.code,
        note=new.ActivityNote,
        at=new.ActivityDateTime,
        fields=new.Fields,
        owner_email=new.ActivityOwnerEmail,
        skip_options=truth(new.ValidateDropDownOptions, "ValidateDropDownOptions"),
    )


def _attributes(body: ActivityOnLead) -> list[Pair]:
    sent = (
        ("EmailAddress", body.EmailAddress),
        ("FirstName", body.FirstName),
        ("LastName", body.LastName),
        ("Phone", body.Phone),
    )
    return [Pair(Attribute=name, Value=value) for name, value in sent if value is not None]
