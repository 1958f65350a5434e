"""The writes of leads as plans: create, create or update, capture, update, convert. One call or one row of a bulk each.

Who is meant is decided here; what may happen and what follows: `rules.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

import msgspec

from fairlead.errors import ApiError, DomainError, Forbidden, InvalidInput, MandatoryMissing, UnknownReference
from fairlead.leads import rules
from fairlead.leads.drafts import ID_NAMES, Draft, draft, duplicate
from fairlead.leads.drafts import compared as compare
from fairlead.records.picture import Picture, is_id
from fairlead.records.posting import post
from fairlead.records.rows import Lead
from fairlead.wire.operation import Call, Plan
from fairlead.wire.types import Pair, Scalar

CAPTURE = 23
"""Event code of the activity that every capture posts."""

NOTE_LENGTH = 4000
"""Characters of an activity's note."""


BY_HAND, BY_FILE = "Manual", "Import"
"""Where a lead comes from that no call of the API made."""  # Vendor: silent on such leads


class Written(msgspec.Struct):
    """The lead that a write was about, whether it is new, and whether anything stored is different now."""

    lead: Lead
    created: bool
    changed: bool


def create(call: Call[Any, Any], pairs: Sequence[Pair], *, origin: str = "API") -> Plan[Written]:
    """Create a lead, whatever exists. Raises Duplicate for a unique value in use; page create-a-lead."""
    wanted = draft(call, pairs).check()
    wanted.origin = origin
    rules.check_new(call, wanted)
    _ignore_search_by(call, wanted)
    picture = yield rules.needs_of(call, wanted)
    return Written(rules.create(picture, call, wanted), created=True, changed=True)


def create_or_update(call: Call[Any, Any], pairs: Sequence[Pair], *, origin: str = "API") -> Plan[Written]:
    """Write to the lead that SearchBy, the e-mail address or else the phone names; create it when there is none.

    Raises InvalidSearchBy, MandatoryMissing, Duplicate, Forbidden; page create-or-update.
    """
    wanted = draft(call, pairs)
    wanted.origin = origin
    rules.check_search_by(call, wanted, action="creating or updating lead")
    wanted.check()
    picture = yield rules.needs_of(call, wanted)
    lead = _named(picture, call, wanted)
    if lead is None:
        return Written(rules.create(picture, call, wanted), created=True, changed=True)
    _may_change(call, lead)
    return Written(lead, created=False, changed=rules.update(picture, call, lead, wanted))


def _named(picture: Picture, call: Call[Any, Any], wanted: Draft) -> Lead | None:
    if wanted.search_by is not None:
        lead = rules.find(picture, call, wanted)
        if lead is None and wanted.search_by in ID_NAMES and not wanted.chosen_id:
            # Vendor: silent on an id that nothing has; as in create-lead-and-activity. A lead with another id
            # would be a new one at every repeat.
            raise UnknownReference("Lead not found")
        return lead
    return _by(picture, call, wanted, "EmailAddress" if wanted.values.get("EmailAddress") else "Phone")


def _by(picture: Picture, call: Call[Any, Any], wanted: Draft, name: str) -> Lead | None:
    """The lead that holds the value sent for this field, if the field is unique."""
    for field in call.defs.unique:
        if field.name == name and (value := wanted.key(field)) is not None:
            return picture.lead_by_key(name, value)
    return None


def update(call: Call[Any, Any], lead_id: str | None, pairs: Sequence[Pair]) -> Plan[Written]:
    """Write to the lead with this id. Raises MandatoryMissing, UnknownReference, Forbidden; page update-a-lead."""
    wanted = _about(call, lead_id, pairs, action="updating lead")
    picture = yield rules.needs_of(call, wanted)
    lead = rules.lead_of(picture, wanted.id)
    _may_change(call, lead)
    return Written(lead, created=False, changed=rules.update(picture, call, lead, wanted))


def convert(call: Call[Any, Any], lead_id: str | None, pairs: Sequence[Pair]) -> Plan[Written]:
    """Make an anonymous visitor a lead; a lead is updated. Raises as `update`; page visitor-to-lead."""
    wanted = _about(call, lead_id, pairs, action="converting lead")
    picture = yield rules.needs_of(call, wanted)
    lead = rules.lead_of(picture, wanted.id)
    _may_change(call, lead)
    if lead.is_lead:
        return Written(lead, created=False, changed=rules.update(picture, call, lead, wanted))
    rules.convert(picture, call, lead, wanted)
    return Written(lead, created=False, changed=True)


def _about(call: Call[Any, Any], lead_id: str | None, pairs: Sequence[Pair], *, action: str) -> Draft:
    """What is wanted of the lead with this id; an id among the attributes is read-only."""
    if not lead_id or not lead_id.strip():
        raise MandatoryMissing("leadId", action)
    wanted = draft(call, pairs).check()
    if wanted.id is not None:
        call.notice("read-only-attribute", "ProspectID")
    wanted.id = lead_id.strip().lower()
    _ignore_search_by(call, wanted)
    return wanted


def _ignore_search_by(call: Call[Any, Any], wanted: Draft) -> None:
    """Who is meant is said by something else."""
    if wanted.search_by is not None:
        call.notice("flag-ignored", "SearchBy")
        wanted.search_by = None


def _may_change(call: Call[Any, Any], lead: Lead) -> None:
    if not rules.may_change(call, lead):
        raise Forbidden


BEHAVIOURS = ("DoNotUpdate", "UpdateOnlyEmptyFields", "DoNotUpdateUniqueFields")
"""What LeadUpdateBehavior may be; absent: everything sent is written."""


def capture(
    call: Call[Any, Any], pairs: list[Pair], *, search_by: str | None = None, behaviour: str | None = None
) -> Plan[Written]:
    """Create a lead or write to the one that is meant, and post a Lead Capture activity on it; page capture-lead.

    `search_by` counts when the attributes have none. Raises InvalidInput, InvalidSearchBy, MandatoryMissing,
    Duplicate, Forbidden.
    """
    wanted = draft(call, pairs)
    wanted.search_by = wanted.search_by or (search_by or "").strip() or None
    if wanted.id is not None and wanted.values.get("EmailAddress") and wanted.values.get("Phone"):
        _ignore_search_by(call, wanted)  # Vendor: with all three keys sent it is ignored
    rules.check_search_by(call, wanted, action="capturing lead")
    if behaviour and behaviour not in BEHAVIOURS:
        raise InvalidInput.value("LeadUpdateBehavior")
    wanted.check()
    picture = yield rules.needs_of(call, wanted)
    lead = (
        rules.find(picture, call, wanted) if wanted.search_by is not None else _matched(picture, call, wanted)
    )
    written = _captured(picture, call, wanted, lead, behaviour)
    by, note = call.actor.id, _note(pairs, wanted.sent)
    post(picture, written.lead, call.defs.types[CAPTURE], now=call.now, by=by, note=note, owner_id=by)
    return written


def _captured(
    picture: Picture, call: Call[Any, Any], wanted: Draft, lead: Lead | None, behaviour: str | None
) -> Written:
    if lead is None:
        return Written(rules.create(picture, call, wanted), created=True, changed=True)
    _may_change(call, lead)
    if not lead.is_lead:
        rules.convert(picture, call, lead, wanted)
        return Written(lead, created=True, changed=True)
    if behaviour == "DoNotUpdate":
        return Written(lead, created=False, changed=False)
    keep: Collection[str] = rules.SOURCES
    if behaviour == "DoNotUpdateUniqueFields":
        keep = {*keep, *(field.name for field in call.defs.unique)}
    changed = rules.update(
        picture, call, lead, wanted, only_empty=behaviour == "UpdateOnlyEmptyFields", keep=keep
    )
    return Written(lead, created=False, changed=changed)


def _matched(picture: Picture, call: Call[Any, Any], wanted: Draft) -> Lead | None:
    """The lead by its id, else by e-mail, else by phone; None: a new one."""
    lead = picture.leads.get(wanted.id) if wanted.id is not None else None
    if lead is not None:
        return None if lead.is_lead and _other_email(call, wanted, lead) else lead
    return _by(picture, call, wanted, "EmailAddress") or _by(picture, call, wanted, "Phone")


def _other_email(call: Call[Any, Any], wanted: Draft, lead: Lead) -> bool:
    """True when another e-mail address is sent than the lead has. Vendor: silent on a lead without one; it is filled."""
    field = call.defs.lead.fields["EmailAddress"]
    sent, stored = compare(field, wanted.values.get(field.name)), compare(field, lead.fields.get(field.name))
    return sent is not None and stored is not None and sent != stored


def _note(pairs: Iterable[Pair], sent: Collection[str]) -> str:
    """`{keyvalueinfo}Key{=}Value{next}…` of the attributes that count, cut to the length of a note."""
    found: dict[str, str] = {}
    for pair in pairs:
        name = pair.name
        if name in sent and pair.Fields is None:
            found[name] = _text(pair.Value)
        elif name in sent:
            for member in pair.Fields or ():
                found[f"{name}~{member.name}"] = _text(member.Value)
    return ("{keyvalueinfo}" + "{next}".join(f"{name}{{=}}{value}" for name, value in found.items()))[
        :NOTE_LENGTH
    ]


def _text(value: Scalar) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value).replace("\0", "")


def update_found(call: Call[Any, Any], search_by: str, pairs: list[Pair] | None) -> Plan[Written]:
    """Write to the lead that the attribute `search_by` among the pairs names; never creates one.

    Raises DomainError without pairs, MandatoryMissing without that attribute, UnknownReference, Forbidden; page
    update-lead-in-bulk-v2.
    """
    if not pairs:
        raise DomainError("Fields cannot be empty")
    wanted = draft(call, pairs)
    _ignore_search_by(call, wanted)
    wanted.search_by = search_by
    rules.check_search_by(call, wanted, action="updating lead")
    wanted.check()
    picture = yield rules.needs_of(call, wanted)
    lead = rules.find(picture, call, wanted)
    if lead is None:
        raise UnknownReference("Lead not found")
    _may_change(call, lead)
    return Written(lead, created=False, changed=rules.update(picture, call, lead, wanted))


def update_all(call: Call[Any, Any], ids: Iterable[str], pair: Pair) -> Plan[int]:
    """Give many leads the same value in one attribute; returns how many are different now. Page bulk-update.

    Unknown ids are skipped; so are leads that refuse the value, unless all do. Raises Duplicate for a unique field of
    more than one lead, Forbidden when one of them is not the caller's.
    """
    wanted = draft(call, [pair]).check()
    _ignore_search_by(call, wanted)
    if wanted.id is not None:
        call.notice("read-only-attribute", "ProspectID")
        wanted.id = None
    named = list(dict.fromkeys(id.strip().lower() for id in ids))
    for field in call.defs.unique:
        if field.name in wanted.sent and len(named) > 1:
            raise duplicate(field)
    picture = yield rules.needs_of(call, wanted, leads=[id for id in named if is_id(id)])
    found = [lead for id in named if (lead := picture.leads.get(id)) is not None]
    for lead in found:
        _may_change(call, lead)
    changed = 0
    refused: list[ApiError] = []
    for lead in found:
        try:
            changed += rules.update(picture, call, lead, wanted)
        except ApiError as error:
            # Vendor: silent; as in every bulk, one lead never stops the others.
            refused.append(error)
    if refused and len(refused) == len(found):
        raise refused[0]
    return changed
