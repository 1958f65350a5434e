"""What may happen to a lead and what follows. Works on a `Picture`: checks everything first, then changes it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any

from fairlead.errors import Duplicate, InvalidInput, MandatoryMissing, UnknownReference
from fairlead.fields.errors import FieldError
from fairlead.fields.model import Field
from fairlead.fields.values import parse_members
from fairlead.leads.drafts import (
    ID_NAMES,
    IDENTITY,
    Draft,
    compared,
    default_of,
    duplicate,
    is_blank,
    meant,
    refusal,
    search_field,
)
from fairlead.orgs.definitions import LEAD, Definitions
from fairlead.records.picture import Needs, Picture, is_id, new_id
from fairlead.records.posting import LEAD_ASSIGNED, STAGE_CHANGE, post_system
from fairlead.records.rows import Lead
from fairlead.wire.operation import Call

SOURCES = ("Source", "SourceMedium", "SourceCampaign", "SourceContent")
"""Where a lead came from; a repeated capture never changes it."""

_SOME_NAME = "FirstName, LastName, EmailAddress or Phone"
_FILLED = frozenset(("OwnerId", "ProspectStage", "LeadType"))  # every lead has these, sent or not


def needs_of(call: Call[Any, Any], draft: Draft, *, leads: Sequence[str] = (), **more: Any) -> Needs:
    """What a write with this draft must see: holders of its unique values, the lead it names, its account."""
    leads = [*leads, draft.id] if draft.id is not None and is_id(draft.id) else leads
    accounts = [draft.account_id] if draft.account_id is not None and is_id(draft.account_id) else []
    return Needs(keys=draft.keys(call.defs), leads=leads, accounts=accounts, numbers=(("lead", 1),), **more)


def lead_of(picture: Picture, lead_id: str | None) -> Lead:
    """The lead with this id. Raises UnknownReference."""
    lead = picture.leads.get((lead_id or "").lower())
    if lead is None:
        raise UnknownReference("Lead not found")
    return lead


def check_search_by(call: Call[Any, Any], draft: Draft, *, action: str) -> None:
    """SearchBy must name a unique field that the draft fills.

    Raises MandatoryMissing when the caller sent no value for it, InvalidSearchBy when it is not unique.
    """
    name = draft.search_by
    if name is None:
        return
    if name in ID_NAMES:
        if draft.id is None:
            raise MandatoryMissing("ProspectId", action)
        return
    if draft.values.get(name) is None and not draft.fills(name):
        raise MandatoryMissing(name, action)
    search_field(call.defs, name)


def find(picture: Picture, call: Call[Any, Any], draft: Draft) -> Lead | None:
    """The lead that SearchBy names, by the value of that attribute in the draft."""
    field = search_field(call.defs, draft.search_by or "")
    if field is None:
        return picture.leads.get(draft.id or "")
    return picture.lead_by_key(field.name, draft.key(field) or "")


def check_collisions(picture: Picture, defs: Definitions, draft: Draft, lead: Lead | None) -> None:
    """Raise Duplicate for the first unique value that another lead holds."""
    own = lead.id if lead is not None else None
    held = picture.keys
    for key in draft.keys(defs):
        holder = held.get(key)
        if holder is not None and holder != own:
            raise duplicate(defs.lead.fields[key[0]])


def check_account(picture: Picture, draft: Draft) -> None:
    """The account that the draft links to must exist."""
    if draft.account_id is not None and draft.account_id not in picture.accounts:
        raise UnknownReference("Company not found")


def check_new(call: Call[Any, Any], draft: Draft, *, action: str = "creating lead") -> None:
    """A new lead needs a name, an e-mail address or a phone, and every mandatory field."""
    _check_whole(call.defs, draft.values, draft.sets, action)


def _check_whole(defs: Definitions, values: Mapping[str, Any], sets: Collection[str], action: str) -> None:
    if all(is_blank(values.get(name)) for name in IDENTITY):
        raise MandatoryMissing(_SOME_NAME, action)
    for field in defs.lead.mandatory:
        name = field.name
        filled = (
            not is_blank(values.get(name))
            or name in sets
            or name in _FILLED
            or field.default_value is not None
        )
        if not filled and not field.read_only:
            raise MandatoryMissing(name, action)


def create(picture: Picture, call: Call[Any, Any], draft: Draft) -> Lead:
    """Create a lead from the draft; the caller's checks have passed. Raises MandatoryMissing, Duplicate."""
    defs, now, by = call.defs, call.now, call.actor.id
    check_new(call, draft)
    check_collisions(picture, defs, draft, None)
    check_account(picture, draft)
    lead_id = _id_of(picture, draft)
    _notice_id(call, draft, lead_id)
    fields = {name: value for name, value in draft.values.items() if value is not None}
    for name, (field, sent) in draft.sets.items():
        if (value := parse_members(field, sent, None, defs.loose)) is not None:
            fields[name] = value
    for field in defs.lead.defaults:
        is_given = field.name in draft.sent or field.name in _FILLED
        if not is_given and (default := default_of(field, defs)) is not None:
            fields[field.name] = default
    fields["Origin"] = draft.origin
    lead = Lead(
        org_id=call.org_id,
        id=lead_id,
        version=1,
        auto_id=picture.number("lead"),
        owner_id=draft.owner_id or by,
        stage=draft.stage or first_stage(defs),
        score=0,
        engagement_score=0,
        revenue=Decimal(0),
        account_id=draft.account_id,
        is_lead=True,
        created_by=by,
        created_on=now,
        modified_by=by,
        modified_on=now,
        touched_on=now,
        fields=fields,
    )
    picture.add_lead(lead)
    _hold_account(picture, lead)
    for name, key in draft.keys(defs):
        picture.claim(name, key, lead)
    changes = {name: [None, value] for name, value in fields.items()}
    changes |= {"OwnerId": [None, lead.owner_id], "ProspectStage": [None, lead.stage]}
    if lead.account_id is not None:
        changes["RelatedCompanyId"] = [None, lead.account_id]
    picture.record(lead.id, LEAD, changes, at=now, by=by, lead_id=lead.id)
    return lead


def _id_of(picture: Picture, draft: Draft) -> str:
    """The id of a new lead: one that the caller chose, else a new one. Raises Duplicate, InvalidInput."""
    if draft.id is None or not draft.chosen_id:
        return new_id()
    if draft.id in picture.leads:
        raise Duplicate("Lead", "Id")
    if not is_id(draft.id):
        raise InvalidInput.value("ProspectID")
    return draft.id


def _notice_id(call: Call[Any, Any], draft: Draft, lead_id: str) -> None:
    """An id among the attributes finds a lead or is chosen for a new one; any other one is ignored."""
    if draft.id is not None and draft.id != lead_id:
        call.notice("read-only-attribute", "ProspectID")


def first_stage(defs: Definitions) -> str:
    """The stage of a new lead."""
    field = defs.lead.fields.get("ProspectStage")
    return (field.default_value if field is not None else None) or "Prospect"


def update(
    picture: Picture,
    call: Call[Any, Any],
    lead: Lead,
    draft: Draft,
    *,
    only_empty: bool = False,
    keep: Collection[str] = (),
) -> bool:
    """Write what the draft says to a lead; False when everything was stored already.

    `only_empty` fills blanks only, in field sets too; attributes in `keep` stay. Raises Duplicate,
    MandatoryMissing, UnknownReference, InvalidInput, with nothing changed.
    """
    _notice_id(call, draft, lead.id)
    changes = _field_changes(call.defs, lead, draft, only_empty=only_empty, keep=keep)
    core = _core_changes(lead, draft, only_empty=only_empty, keep=keep)
    if not changes and not core:
        return False
    _check_update(picture, call, lead, draft, changes)
    _apply(picture, call, lead, changes, core)
    _announce(picture, call, lead, core)
    return True


def take(
    picture: Picture,
    call: Call[Any, Any],
    lead: Lead,
    changes: dict[str, list[Any]],
    core: dict[str, list[Any]],
) -> None:
    """Give a lead values that another one gave up: `changes` of its fields, `core` of owner and stage, [old, new]."""
    _apply(picture, call, lead, changes, core)
    _announce(picture, call, lead, core)


def convert(picture: Picture, call: Call[Any, Any], lead: Lead, draft: Draft) -> None:
    """Make an anonymous visitor a lead, with what the draft says. Raises what `create` and `update` raise."""
    changes = _field_changes(call.defs, lead, draft, only_empty=False, keep=())
    core = _core_changes(lead, draft, only_empty=False, keep=())
    _check_whole(
        call.defs, lead.fields | {name: new for name, (_, new) in changes.items()}, (), "creating lead"
    )
    _check_update(picture, call, lead, draft, changes)
    # The instant as a field stores it, see `fields.values`.
    since = f"{call.now:%Y-%m-%d %H:%M:%S}.{call.now.microsecond // 1000:03}"
    changes["LeadConversionDate"] = [lead.fields.get("LeadConversionDate"), since]
    core["IsLead"] = [False, True]
    _apply(picture, call, lead, changes, core)
    _announce(picture, call, lead, core)


def _apply(
    picture: Picture,
    call: Call[Any, Any],
    lead: Lead,
    changes: dict[str, list[Any]],
    core: dict[str, list[Any]],
) -> None:
    """Write checked changes into the lead, its unique values and its history."""
    _move_keys(picture, call.defs, lead, changes)
    for name, (_, new) in changes.items():
        if new is None:
            lead.fields.pop(name, None)
        else:
            lead.fields[name] = new
    for name, (_, new) in core.items():
        setattr(lead, _CORE[name], new)
    if "RelatedCompanyId" in core:
        _hold_account(picture, lead)
    now, by = call.now, call.actor.id
    lead.modified_on = lead.touched_on = now
    lead.modified_by = by
    picture.touch_lead(lead)
    picture.record(lead.id, LEAD, changes | core, at=now, by=by, lead_id=lead.id)


def _hold_account(picture: Picture, lead: Lead) -> None:
    """Write the lead's account too, as it is: then its deletion meanwhile is noticed, see `queries.Moved`."""
    if lead.account_id is not None:
        picture.touch_account(picture.accounts[lead.account_id])


_CORE = {
    "OwnerId": "owner_id",
    "ProspectStage": "stage",
    "RelatedCompanyId": "account_id",
    "IsLead": "is_lead",
}
_SENT_CORE = ("OwnerId", "ProspectStage", "RelatedCompanyId")


def _field_changes(
    defs: Definitions, lead: Lead, draft: Draft, *, only_empty: bool, keep: Collection[str]
) -> dict[str, list[Any]]:
    old = lead.fields
    changes = {}
    for name, value in draft.values.items():
        before = old.get(name)
        if name in keep or (only_empty and meant(name, before) is not None):
            continue
        if before != value and meant(name, before) != meant(name, value):
            changes[name] = [before, value]
    for name, (field, sent) in draft.sets.items():
        before = old.get(name)
        if name in keep:
            continue
        blank = [(member, value) for member, value in sent if (before or {}).get(member) is None]
        after = _members(defs, field, blank if only_empty else sent, before)
        if before != after:
            changes[name] = [before, after]
    return changes


def _members(defs: Definitions, field: Field, sent: list[tuple[str, Any]], before: Any) -> Any:
    try:
        return parse_members(field, sent, before, defs.loose)
    except FieldError as error:
        raise refusal(error) from None


def _core_changes(
    lead: Lead, draft: Draft, *, only_empty: bool, keep: Collection[str]
) -> dict[str, list[Any]]:
    changes: dict[str, list[Any]] = {}
    for name in _SENT_CORE:
        column = _CORE[name]
        new, before = getattr(draft, column), getattr(lead, column)
        sent = new is not None or (column == "account_id" and name in draft.sent)
        if sent and new != before and name not in keep and not (only_empty and before is not None):
            changes[name] = [before, new]
    return changes


def _check_update(
    picture: Picture, call: Call[Any, Any], lead: Lead, draft: Draft, changes: dict[str, list[Any]]
) -> None:
    for field in call.defs.unique:
        moved = changes.get(field.name)
        if moved is not None and moved[1] is not None:
            holder = picture.keys.get((field.name, compared(field, moved[1]) or ""))
            if holder is not None and holder != lead.id:
                raise duplicate(field)
    check_account(picture, draft)
    if any(name in changes for name in IDENTITY) and all(
        is_blank(changes[name][1] if name in changes else lead.fields.get(name)) for name in IDENTITY
    ):
        raise MandatoryMissing(_SOME_NAME, "updating lead")
    for field in call.defs.lead.mandatory:
        if field.name in changes and is_blank(changes[field.name][1]):
            raise MandatoryMissing(field.name, "updating lead")
    if "LeadType" in changes and meant("LeadType", lead.fields.get("LeadType")) != "OT_0":
        raise InvalidInput.value("LeadType")


def _move_keys(picture: Picture, defs: Definitions, lead: Lead, changes: dict[str, list[Any]]) -> None:
    """Release the unique values given up, from the stored ones, and claim the new ones."""
    for field in defs.unique:
        moved = changes.get(field.name)
        if moved is None:
            continue
        before, after = compared(field, moved[0]), compared(field, moved[1])
        if before == after:
            continue
        # A value stored before its field became unique may be another lead's by now: that one keeps it.
        if before is not None and picture.keys.get((field.name, before), lead.id) == lead.id:
            picture.release(field.name, before, lead)
        if after is not None:
            picture.claim(field.name, after, lead)


def _announce(picture: Picture, call: Call[Any, Any], lead: Lead, core: dict[str, list[Any]]) -> None:
    """A change of owner or stage is an activity of its own."""
    now, by = call.now, call.actor.id
    if "OwnerId" in core:
        before, after = core["OwnerId"]
        data = {"PreviousOwner": before, "CurrentOwner": after}
        post_system(picture, lead, call.defs, LEAD_ASSIGNED, data, now=now, by=by)
    if "ProspectStage" in core:
        before, after = core["ProspectStage"]
        data = {"PreviousStage": before, "CurrentStage": after, "CreatedBy": by, "Comment": None}
        post_system(picture, lead, call.defs, STAGE_CHANGE, data, now=now, by=by)


def set_stage(picture: Picture, call: Call[Any, Any], lead: Lead, stage: str) -> None:
    """Move a lead to another stage as a consequence of something else (a sale that was won)."""
    if lead.stage == stage:
        return
    before, lead.stage = lead.stage, stage
    lead.modified_on = lead.touched_on = call.now
    lead.modified_by = call.actor.id
    picture.touch_lead(lead)
    core = {"ProspectStage": [before, stage]}
    picture.record(lead.id, LEAD, dict(core), at=call.now, by=call.actor.id, lead_id=lead.id)
    _announce(picture, call, lead, core)


def may_change(call: Call[Any, Any], lead: Lead) -> bool:
    """True when the caller may see and change this lead: see `Definitions.has_own_only`."""
    return lead.owner_id == call.actor.id or not call.defs.has_own_only(call.actor)


def seen_by(call: Call[Any, Any]) -> str | None:
    """For reads: the owner whose leads are all that the caller may see; None: every lead."""
    return call.actor.id if call.defs.has_own_only(call.actor) else None
