"""What may happen with activities of leads. Works on a `Picture`: checks everything first, then changes it."""

from __future__ import annotations

from typing import Any

from fairlead.activities import drafts
from fairlead.errors import (
    ApiError,
    Forbidden,
    InvalidEventCode,
    MandatoryMissing,
    UnknownActivity,
    UnknownReference,
)
from fairlead.fields.model import Field
from fairlead.leads import rules as leads
from fairlead.leads.drafts import Draft as LeadDraft
from fairlead.leads.drafts import compared_text
from fairlead.leads.drafts import draft as lead_draft
from fairlead.orgs.definitions import RecordType
from fairlead.records import posting
from fairlead.records.picture import Needs, Picture, is_id
from fairlead.records.rows import Activity, Lead
from fairlead.wire.operation import Call, Plan
from fairlead.wire.types import Pair, Scalar, code_of

SERVER_POSTED = frozenset((30, 31, 32, 33))
"""Codes that only the server posts, besides 3000 to 3999."""

OPPORTUNITIES = 12000
"""The first code of opportunity types: an opportunity is an activity."""


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

    def post(
        self, picture: Picture, call: Call[Any, Any], lead: Lead, *, opportunity_id: str | None = None
    ) -> Activity:
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
    if lead is not None and not leads.may_change(call, lead):
        raise Forbidden
    if wish.error is not None:
        leads.check_collisions(picture, call.defs, draft, lead)
        if lead is None:
            leads.check_new(call, draft)
        raise wish.error
    if lead is None:
        lead = leads.create(picture, call, draft)
    else:
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
        if (
            field.name in ("EmailAddress", "Phone")
            and (value := draft.key(field)) is not None
            and (lead := picture.lead_by_key(field.name, value)) is not None
        ):
            return lead
    return None


def on_lead(call: Call[Any, Any], lead_id: Scalar, wish: Wish) -> Plan[tuple[Lead, Activity]]:
    """Post the activity on the lead with this id. Raises UnknownReference, Forbidden, what is wrong with the fields."""
    id = str(lead_id).strip().lower()
    picture = yield Needs(leads=[id] if is_id(id) else [])
    return _post(picture, call, leads.lead_of(picture, id), wish)


def on_lead_by_key(
    call: Call[Any, Any], field: Field, value: Scalar, wish: Wish
) -> Plan[tuple[Lead, Activity]]:
    """Post the activity on the lead that holds this unique value; raises as `on_lead`."""
    key = compared_text(call, field, value)
    picture = yield Needs(keys=[(field.name, key)] if key is not None else [])
    lead = picture.lead_by_key(field.name, key) if key is not None else None
    if lead is None:
        raise UnknownReference("Lead not found")
    return _post(picture, call, lead, wish)


def on_lead_by_email(call: Call[Any, Any], attributes: list[Pair], wish: Wish) -> Plan[tuple[Lead, Activity]]:
    """Post the activity on the lead with the e-mail address in `attributes`; without one create it from them.

    A lead that exists is not changed. Raises what creating a lead raises, Forbidden, what is wrong with the fields.
    """
    draft = lead_draft(call, attributes)
    picture = yield leads.needs_of(call, draft)
    field = call.defs.lead.fields["EmailAddress"]
    lead = picture.lead_by_key(field.name, draft.key(field) or "")
    if lead is not None:
        return _post(picture, call, lead, wish)
    draft.check()
    leads.check_collisions(picture, call.defs, draft, None)
    leads.check_new(call, draft)
    wish.check()
    lead = leads.create(picture, call, draft)
    return lead, wish.post(picture, call, lead)


def _post(picture: Picture, call: Call[Any, Any], lead: Lead, wish: Wish) -> tuple[Lead, Activity]:
    if not leads.may_change(call, lead):
        raise Forbidden
    wish.check()
    return lead, wish.post(picture, call, lead)


def opportunity_needs(sent: Scalar) -> Needs:
    """What must be seen to find an opportunity by its id, or by the auto number if its type shows one."""
    text = str(sent).strip().lower()
    if is_id(text):
        return Needs(activities=[text])
    number = auto_number(text)
    return Needs(auto_activities=[number] if number is not None else [])


def opportunity_of(picture: Picture, call: Call[Any, Any], sent: Scalar) -> Activity:
    """The opportunity with this id, or with this auto number if its type shows one. Raises UnknownReference."""
    text = str(sent).strip().lower()
    found = picture.activities.get(text)
    if found is None and (number := auto_number(text)) is not None:
        found = picture.by_auto_id.get(number)
        # Every opportunity has a number. It names those only whose type has a field for it.
        if found is not None and auto_field(call.defs.types.get(found.code)) is None:
            found = None
    if found is None or found.code < OPPORTUNITIES:
        raise UnknownReference("Opportunity does not exist")
    return found


def auto_field(kind: RecordType | None) -> str | None:
    """The field in which opportunities of a type show their auto number; None for a type without one."""
    if kind is None:
        return None
    name: str | None = kind.setting("auto_id_field")
    return name if name in kind.fields else None


def auto_number(text: str) -> int | None:
    """The number that a text of up to 18 digits is."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None


def on_lead_and_opportunity(
    call: Call[Any, Any], lead_id: Scalar, opportunity_id: Scalar, wish: Wish
) -> Plan[tuple[Lead, Activity]]:
    """Post the activity on a lead and tie it to one of the lead's opportunities.

    Raises UnknownReference for an unknown lead, and for an opportunity that is not this lead's.
    """
    id = str(lead_id).strip().lower()
    named = Needs(leads=[id] if is_id(id) else [])
    picture = yield Needs.together([named, opportunity_needs(opportunity_id)])
    lead = leads.lead_of(picture, id)
    opportunity = opportunity_of(picture, call, opportunity_id)
    if opportunity.lead_id != lead.id:
        raise UnknownReference("Opportunity does not exist")
    if not leads.may_change(call, lead):
        raise Forbidden
    wish.check()
    return lead, wish.post(picture, call, lead, opportunity_id=opportunity.id)


def on_opportunity(
    call: Call[Any, Any], opportunity_id: Scalar, wishes: list[Wish | ApiError]
) -> Plan[list[Activity | ApiError]]:
    """Post many activities on one opportunity and its lead: an activity or an error per wish, in their order.

    Raises UnknownReference and Forbidden for all of them together.
    """
    picture = yield opportunity_needs(opportunity_id)
    opportunity = opportunity_of(picture, call, opportunity_id)
    lead = leads.lead_of(picture, opportunity.lead_id)
    if not leads.may_change(call, lead):
        raise Forbidden
    found: list[Activity | ApiError] = []
    for wish in wishes:
        error = wish if isinstance(wish, ApiError) else wish.error
        if error is None and isinstance(wish, Wish):
            found.append(wish.post(picture, call, lead, opportunity_id=opportunity.id))
        elif error is not None:
            found.append(error)
    return found


def required_owner(call: Call[Any, Any], email: Scalar) -> None:
    """An owner must be named and known. Raises MandatoryMissing, UnknownReference."""
    text = str(email).strip() if email is not None else ""
    if not text:
        raise MandatoryMissing("ActivityOwnerEmail", "posting activity")
    if call.defs.user(text) is None:
        raise UnknownReference("User not found")


def update(
    call: Call[Any, Any],
    activity_id: Scalar,
    *,
    code: Scalar,
    note: Scalar,
    note_sent: bool,
    fields: list[Pair] | None,
    skip_options: bool,
) -> Plan[Activity]:
    """Change the note and the fields sent of a custom activity; what is stored already is no change.

    Raises UnknownActivity, InvalidEventCode (another code than the activity's, or a kind that is not updated here),
    Forbidden (not the caller's lead, or locked), what is wrong with the fields.
    """
    picture = yield activity_needs(activity_id)
    activity, lead = activity_of(picture, activity_id)
    sent_code = code_of(code)
    if code not in (None, "") and sent_code != activity.code:
        raise InvalidEventCode
    if activity.code >= OPPORTUNITIES:
        # Vendor: for an opportunity this call changes nothing and still succeeds.
        call.notice("opportunity-not-updated", activity.id)
        return activity
    kind = call.defs.type(activity.code)
    if kind is None or kind.kind != "activity":
        raise InvalidEventCode
    if not leads.may_change(call, lead) or (activity.locked and not is_administrator(call)):
        raise Forbidden
    draft = drafts.draft(call, kind, fields, note=note, note_sent=note_sent, skip_options=skip_options)
    changes = drafts.apply(call, activity, draft)
    if changes:
        drafts.write(activity, changes, now=call.now, by=call.actor.id)
        picture.touch_activity(activity)
        picture.record(activity.id, activity.code, changes, at=call.now, by=call.actor.id, lead_id=lead.id)
    return activity


def lock(call: Call[Any, Any], activity_id: Scalar) -> Plan[Activity]:
    """Lock an activity: only an administrator can change it from then on. There is no way back.

    Raises UnknownActivity, Forbidden (not the caller's lead, or the type does not allow it).
    """
    picture = yield activity_needs(activity_id)
    activity, lead = activity_of(picture, activity_id)
    kind = call.defs.types.get(activity.code)
    if (
        kind is None
        or kind.kind != "activity"
        or not kind.setting("can_lock")
        or not leads.may_change(call, lead)
    ):
        raise Forbidden
    if not activity.locked:
        activity.locked = True
        activity.modified_on, activity.modified_by = call.now, call.actor.id
        picture.touch_activity(activity)
    return activity


def activity_needs(sent: Scalar) -> Needs:
    """What must be seen to find an activity of a lead by its id."""
    text = str(sent).strip().lower()
    return Needs(activities=[text] if is_id(text) else [])


def activity_of(picture: Picture, sent: Scalar) -> tuple[Activity, Lead]:
    """The activity with this id, and its lead. Raises UnknownActivity, for activities of accounts too."""
    activity = picture.activities.get(str(sent).strip().lower())
    lead = picture.leads.get(activity.lead_id or "") if activity is not None else None
    if activity is None or lead is None:
        raise UnknownActivity
    return activity, lead


def is_administrator(call: Call[Any, Any]) -> bool:
    """True for the role that may do everything."""
    return call.actor.role == "Administrator"


def only_owner(call: Call[Any, Any]) -> str | None:
    """The owner whose leads are all that the caller may see; None: every lead. See `leads.rules.may_change`."""
    return call.actor.id if call.actor.role == "Sales_User" else None
