"""What may happen with activities of leads. Works on a `Picture`: checks everything first, then changes it."""

from __future__ import annotations

from typing import Any

from fairlead.activities import drafts
from fairlead.errors import ApiError, Forbidden, InvalidEventCode, MandatoryMissing, UnknownReference
from fairlead.leads import rules as leads
from fairlead.leads.drafts import Draft as LeadDraft
from fairlead.leads.drafts import draft as lead_draft
from fairlead.orgs.definitions import RecordType
from fairlead.records import posting
from fairlead.records.picture import Picture
from fairlead.records.rows import Activity, Lead
from fairlead.wire.operation import Call, Plan
from fairlead.wire.types import Pair, Scalar, code_of

SERVER_POSTED = frozenset((30, 31, 32, 33))
"""Codes that only the server posts, besides 3000 to 3999."""


def postable(call: Call[Any, Any], code: Scalar) -> RecordType:
    """The type of an activity that callers may post on a lead. Raises InvalidEventCode."""
    found = call.defs.type(code_of(code))
    if found is None or not found.writable or found.code in SERVER_POSTED or 3000 <= found.code < 4000:
        raise InvalidEventCode
    return found


class Wish:
    """An activity to be posted: its type is known, its fields are read; `error` waits for its turn."""

    __slots__ = ("at", "draft", "error", "type", "values")

    def __init__(
        self,
        call: Call[Any, Any],
        *,
        code: Scalar,
        note: Scalar,
        at: Scalar,
        fields: list[Pair] | None,
        owner_email: Scalar,
        skip_options: bool,
    ) -> None:
        self.type = postable(call, code)
        self.at = drafts.happened_on(call, at)
        self.error: ApiError | None = None
        try:
            self.draft = drafts.draft(
                call, self.type, fields, note=note, owner_email=owner_email, skip_options=skip_options
            )
            self.values = drafts.new_values(call, self.draft)
        except ApiError as error:
            self.error = error

    def check(self) -> None:
        """Raise what is wrong with the fields."""
        if self.error is not None:
            raise self.error

    def post(self, picture: Picture, call: Call[Any, Any], lead: Lead, *, opportunity_id: str | None = None) -> Activity:
        """Put the activity on the lead."""
        status, owner_id, fields = self.values
        by = call.actor.id
        return posting.post(
            picture,
            lead,
            self.type,
            now=call.now,
            by=by,
            happened_on=self.at,
            note=self.draft.note,
            owner_id=owner_id or by,
            status=status,
            opportunity_id=opportunity_id,
            fields=dict(fields),
        )


def lead_and_activity(
    call: Call[Any, Any],
    attributes: list[Pair],
    *,
    code: Scalar,
    note: Scalar,
    at: Scalar,
    fields: list[Pair] | None,
    owner_email: Scalar,
    skip_options: bool,
) -> Plan[tuple[Lead, Activity]]:
    """Find or create the lead, write the attributes to it, and post the activity: both or neither.

    Checks stand in the order of the page create-lead-and-activity.
    """
    action = "creating lead and activity"
    draft = lead_draft(call, attributes)
    leads.check_search_by(call, draft, action=action)
    wish = Wish(
        call, code=code, note=note, at=at, fields=fields, owner_email=owner_email, skip_options=skip_options
    )
    draft.check()
    picture = yield leads.needs_of(call, draft)
    lead = _find(picture, call, draft)
    if lead is None:
        leads.check_collisions(picture, call.defs, draft, None)
        leads.check_new(call, draft)
        wish.check()
        lead = leads.create(picture, call, draft)
    else:
        if not leads.may_change(call, lead):
            raise Forbidden
        leads.check_collisions(picture, call.defs, draft, lead)
        wish.check()
        leads.update(picture, call, lead, draft)
    return lead, wish.post(picture, call, lead)


def _find(picture: Picture, call: Call[Any, Any], draft: LeadDraft) -> Lead | None:
    """By SearchBy; without it by id, e-mail, then phone."""
    if draft.search_by is not None:
        lead = leads.find(picture, call, draft)
        if lead is None and draft.search_by in ("ProspectId", "ProspectID") and not draft.chosen_id:
            raise UnknownReference("Lead not found")
        return lead
    if draft.id is not None and (lead := picture.leads.get(draft.id)) is not None:
        return lead
    for field in call.defs.unique:
        if field.name in ("EmailAddress", "Phone") and (value := draft.key(field)) is not None:
            if (lead := picture.lead_by_key(field.name, value)) is not None:
                return lead
    return None


def required_lead(call: Call[Any, Any], lead_id: str | None) -> str:
    """The id of the lead to post on. Raises MandatoryMissing."""
    if not lead_id:
        raise MandatoryMissing("RelatedProspectId", "posting activity")
    return lead_id.strip().lower()
