"""The vendor's pages about activities of leads: vendor words in, our words, vendor words out."""

from __future__ import annotations

import msgspec

from fairlead.activities import rules
from fairlead.errors import MandatoryMissing
from fairlead.wire.operation import Body, Call, Plan, operations
from fairlead.wire.types import Done, Pair, Scalar, truth

registry, read, write = operations()


class NewActivity(Body):
    """The activity part of create-lead-and-activity."""

    ActivityEvent: Scalar = None
    ActivityNote: Scalar = None
    ActivityDateTime: Scalar = None
    ActivityOwnerEmail: Scalar = None
    Fields: list[Pair] | None = None
    ValidateDropDownOptions: Scalar = None
    IncludeLeadScore: Scalar = None
    ProcessFilesAsync: Scalar = None


class LeadAndActivity(Body):
    """Attributes of the lead, and the activity."""

    LeadDetails: list[Pair] | None = None
    Activity: NewActivity | None = None
    ValidateDropDownOptions: Scalar = None
    IncludeLeadScore: Scalar = None
    ProcessFilesAsync: Scalar = None


class Posted(msgspec.Struct, omit_defaults=True):
    """The new activity's id; the lead's score when it was asked for; the lead's id for opportunities."""

    Id: str
    RelatedId: str | None = None
    LeadScore: int | None = None


@write("POST /ProspectActivity.svc/CreateCustom", page="create-lead-and-activity")
def create_custom(call: Call[None, LeadAndActivity]) -> Plan[Done[Posted]]:
    """Create a Lead and Activity.

    Finds the lead by SearchBy, else by its id, e-mail address or phone; creates it when there is none. The
    attributes sent are written to it and the activity is posted on it, in one transaction: both or neither.
    """
    body = call.body
    if not body.LeadDetails:
        raise MandatoryMissing("LeadDetails", "creating lead and activity")
    new = body.Activity
    if new is None:
        raise MandatoryMissing("Activity", "creating lead and activity")
    skip = truth(body.ValidateDropDownOptions, "ValidateDropDownOptions") or truth(
        new.ValidateDropDownOptions, "ValidateDropDownOptions"
    )
    scored = truth(body.IncludeLeadScore, "IncludeLeadScore") or truth(new.IncludeLeadScore, "IncludeLeadScore")
    lead, activity = yield from rules.lead_and_activity(
        call,
        body.LeadDetails,
        code=new.ActivityEvent,
        note=new.ActivityNote,
        at=new.ActivityDateTime,
        fields=new.Fields,
        owner_email=new.ActivityOwnerEmail,
        skip_options=skip,
    )
    return Done(Message=Posted(Id=activity.id, LeadScore=lead.score if scored else None))
