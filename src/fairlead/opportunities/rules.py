"""What may happen with opportunities. Works on a `Picture`: checks everything first, then changes it.

The status is always one of the three. A stage that is written is one that the status allows, and another status moves
the stage to one that it allows, if the type has any for it. Only a caller who asks that options are not checked may
write any text as the stage: it stays until a stage is sent again or the status becomes another one. The single call, a
bulk row and a queued request are the same plan.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from fairlead.activities import drafts
from fairlead.activities.rules import auto_field, opportunity_needs, opportunity_of
from fairlead.errors import (
    DomainError,
    Forbidden,
    InvalidActivityField,
    InvalidEventCode,
    UnknownReference,
)
from fairlead.fields.model import Field, activity_name
from fairlead.leads import rules as leads
from fairlead.leads.drafts import Draft as LeadDraft
from fairlead.leads.drafts import compared_text
from fairlead.opportunities.filling import only_blanks
from fairlead.orgs.definitions import RecordType
from fairlead.records import posting
from fairlead.records.picture import Needs, Picture, is_id
from fairlead.records.rows import Activity, Lead
from fairlead.wire.operation import Call, Plan
from fairlead.wire.types import Pair, Scalar, code_of

FIRST_CODE = 12000
STAGE = "mx_Custom_2"
DUPLICATE_DETECTED = 32
CAPTURED = 33
NUMBER = "opportunity"
"""The counter of auto numbers."""


def type_of(call: Call[Any, Any], code: Scalar) -> RecordType:
    """An active opportunity type. Raises InvalidEventCode."""
    found = call.defs.type(code_of(code))
    if found is None or found.kind != "opportunity":
        raise InvalidEventCode
    return found


def find(picture: Picture, call: Call[Any, Any], reference: str) -> tuple[Activity, Lead, RecordType]:
    """The opportunity that is named, its lead and its type.

    Raises UnknownReference, InvalidEventCode (its type is deactivated), Forbidden.
    """
    found = opportunity_of(picture, call, reference)
    kind, lead = call.defs.types.get(found.code), picture.leads.get(found.lead_id or "")
    if lead is None or kind is None or kind.kind != "opportunity":
        raise UnknownReference("Opportunity does not exist")
    if not kind.active:
        raise InvalidEventCode
    if not leads.may_change(call, lead):
        raise Forbidden
    return found, lead, kind


def update(
    call: Call[Any, Any],
    reference: str,
    fields: list[Pair] | None,
    *,
    note: Scalar = None,
    note_sent: bool = False,
    code: Scalar = None,
    skip_options: bool = False,
) -> Plan[Activity]:
    """Change the fields sent, and the note if sent; the others stay. `code`, if given, must be the opportunity's.

    Raises UnknownReference, InvalidActivityField, InvalidEventCode, Forbidden.
    """
    picture = yield opportunity_needs(reference)
    found, lead, kind = find(picture, call, reference)
    if code is not None and code_of(code) != found.code:
        raise InvalidEventCode
    draft = _draft(call, kind, fields, note=note, note_sent=note_sent, skip_options=skip_options)
    change(picture, call, found, lead, draft)
    return found


def _draft(
    call: Call[Any, Any], kind: RecordType, fields: list[Pair] | None, *, skip_options: bool, **more: Any
) -> drafts.Draft:
    """The fields sent, read and checked, but for the auto number, which nobody writes.

    `skip_options` frees the stage and other drop-downs, but not the status: there are three.
    """
    auto = auto_field(kind)
    kept = [pair for pair in fields or () if pair.name != auto]
    if len(kept) < len(fields or ()):
        call.notice("read-only-attribute", auto or "")
    found = drafts.draft(call, kind, kept, skip_options=skip_options, **more)
    if found.status is not None and found.status not in kind.fields["Status"].option_values:
        raise InvalidActivityField.value("Status", activity_name(kind.fields["Status"]))
    return found


def change(picture: Picture, call: Call[Any, Any], found: Activity, lead: Lead, draft: drafts.Draft) -> bool:
    """Write a draft to an opportunity and its history; False when everything was stored already."""
    return _write(picture, call, found, lead, _changes(call, found, draft))


def _write(
    picture: Picture, call: Call[Any, Any], found: Activity, lead: Lead, changes: dict[str, list[Any]]
) -> bool:
    if not changes:
        return False
    drafts.write(found, changes, now=call.now, by=call.actor.id)
    picture.touch_activity(found)
    picture.record(found.id, found.code, changes, at=call.now, by=call.actor.id, lead_id=lead.id)
    return True


def _changes(call: Call[Any, Any], found: Activity, draft: drafts.Draft) -> dict[str, list[Any]]:
    """What a draft would change: {name: [old, new]}; nothing is changed yet. Raises InvalidActivityField."""
    _follow_status(draft, found)
    if "Owner" in draft.sent and draft.owner_id is None:
        # Vendor: silent on emptying it later; an opportunity always has an owner, as when it is opened.
        draft.owner_id = call.actor.id
    return drafts.apply(call, found, draft)


def _follow_status(draft: drafts.Draft, found: Activity) -> None:
    """Another status without a stage: the stage stays if the status allows it, else it is the first one allowed."""
    if draft.status in (None, found.status) or STAGE in draft.sent:
        return
    field = draft.type.fields.get(STAGE)
    if field is None:
        return
    allowed = field.dependent.get(draft.status or "", ())
    if allowed and found.fields.get(STAGE) not in allowed:
        draft.values[STAGE] = allowed[0]


class Wish:
    """An opportunity to be opened: its type is known, its fields are read and checked."""

    __slots__ = ("at", "by", "draft", "type", "values")

    def __init__(
        self,
        call: Call[Any, Any],
        *,
        code: Scalar,
        note: Scalar,
        at: Scalar,
        fields: list[Pair] | None,
        owner_email: Scalar = None,
        skip_options: bool = False,
    ) -> None:
        self.type = type_of(call, code)
        self.by = call.actor.id
        self.at = drafts.happened_on(call, at, "OpportunityDateTime")
        self.draft = _draft(
            call, self.type, fields, note=note, owner_email=owner_email, skip_options=skip_options
        )
        self._first_stage()
        auto = auto_field(self.type)
        if auto is not None:
            self.draft.values[auto] = Decimal(
                0
            )  # it may be mandatory; its number is drawn when all is checked
        self.values = drafts.new_values(call, self.draft)
        if auto is not None:
            del self.draft.values[auto]

    def _first_stage(self) -> None:
        """No stage sent: the first one of the status."""
        field = self.type.fields.get(STAGE)
        if field is None or self.draft.values.get(STAGE) is not None:
            return
        status_field = self.type.fields.get("Status")
        status = self.draft.status or (status_field.default_value if status_field is not None else None)
        allowed = field.dependent.get(status or "", ())
        if allowed:
            self.draft.values[STAGE] = allowed[0]

    def twin(self, picture: Picture, lead: Lead) -> Activity | None:
        """An opportunity of the lead that the type's duplicate rule calls the same; the lost ones do not count."""
        names = self.type.setting("duplicate_fields")
        status, owner_id, fields = self.values
        mine = fields | {drafts.NOTE: self.draft.note, "Status": status, "Owner": owner_id or self.by}
        # Vendor: silent on fields without a value; when all of them are blank there is nothing to repeat.
        if all(mine.get(name) is None for name in names):
            return None
        for other in picture.opportunities.get(lead.id, ()):
            if other.code != self.type.code or other.status == "Lost":
                continue
            theirs = other.fields | {drafts.NOTE: other.note, "Status": other.status, "Owner": other.owner_id}
            if all(mine.get(name) == theirs.get(name) for name in names):
                return other
        return None

    def open(self, picture: Picture, call: Call[Any, Any], lead: Lead) -> Activity:
        """Open the opportunity on the lead, with its history."""
        status, owner_id, fields = self.values
        by, number = self.by, picture.number(NUMBER)
        fields = dict(fields)
        if (auto := auto_field(self.type)) is not None:
            fields[auto] = number
        opened = posting.post(
            picture,
            lead,
            self.type,
            now=call.now,
            by=by,
            happened_on=self.at,
            note=self.draft.note,
            owner_id=owner_id or by,
            status=status,
            auto_id=number,
            fields=fields,
        )
        changes = {name: [None, value] for name, value in fields.items()}
        changes |= {"Status": [None, status], "Owner": [None, opened.owner_id]}
        if opened.note is not None:
            changes[drafts.NOTE] = [None, opened.note]
        picture.record(opened.id, opened.code, changes, at=call.now, by=by, lead_id=lead.id)
        return opened


class Flags:
    """What to do with a duplicate. Raises DomainError when both ways of writing to it are asked for."""

    __slots__ = ("fill", "keep_owner", "overwrite", "silent")

    def __init__(self, *, overwrite: bool, fill: bool, silent: bool, keep_owner: bool) -> None:
        if overwrite and fill:
            raise _BothFlags
        self.overwrite = overwrite
        self.fill = fill
        self.silent = silent
        self.keep_owner = keep_owner


class _BothFlags(DomainError):
    """OverwriteFields and UpdateEmptyFields contradict each other."""

    def __init__(self) -> None:
        super().__init__("OverwriteFields and UpdateEmptyFields both cannot be true")


class Opened:
    """What came of a wish: `target` is the new opportunity, or the one it repeats (`is_new` false).

    `changed`: the repeated one was written to; `activity_id`: the new opportunity or the duplicate activity.
    """

    __slots__ = ("activity_id", "changed", "is_new", "lead", "target")

    def __init__(
        self, lead: Lead, target: Activity, *, is_new: bool, changed: bool, activity_id: str
    ) -> None:
        self.lead = lead
        self.target = target
        self.is_new = is_new
        self.changed = changed
        self.activity_id = activity_id


class Twin:
    """The opportunity that a wish repeats, and what the flags let the wish change on it: {name: [old, new]}."""

    __slots__ = ("changes", "found")

    def __init__(self, found: Activity, changes: dict[str, list[Any]]) -> None:
        self.found = found
        self.changes = changes


def _twin(picture: Picture, call: Call[Any, Any], lead: Lead, wish: Wish, flags: Flags) -> Twin | None:
    """The twin on the lead, if there is one; nothing is changed yet. Raises InvalidActivityField."""
    found = wish.twin(picture, lead)
    if found is None:
        return None
    if not (flags.overwrite or flags.fill):
        return Twin(found, {})
    draft = wish.draft
    if STAGE not in draft.sent:
        draft.values.pop(STAGE, None)  # the first one of a new opportunity: nobody has sent it
    if flags.fill:
        only_blanks(call, draft, found)
    if flags.keep_owner:
        draft.sent.discard("Owner")
    return Twin(found, _changes(call, found, draft))


def _open_or_meet(
    picture: Picture, call: Call[Any, Any], lead: Lead, wish: Wish, flags: Flags, twin: Twin | None
) -> Opened:
    """Open the opportunity, unless the lead has it already: then write to that one as the flags say."""
    if twin is None:
        opened = wish.open(picture, call, lead)
        return Opened(lead, opened, is_new=True, changed=False, activity_id=opened.id)
    found, changed = twin.found, _write(picture, call, twin.found, lead, twin.changes)
    if flags.silent:
        return Opened(lead, found, is_new=False, changed=changed, activity_id="")
    detected = posting.post(
        picture,
        lead,
        call.defs.types[DUPLICATE_DETECTED],
        now=call.now,
        by=call.actor.id,
        owner_id=call.actor.id,
        opportunity_id=found.id,
        note=wish.draft.note,
    )
    return Opened(lead, found, is_new=False, changed=changed, activity_id=detected.id)


def capture(call: Call[Any, Any], draft: LeadDraft, wish: Wish, flags: Flags) -> Plan[Opened]:
    """Find the lead by SearchBy or create it, write its attributes, open the opportunity or meet its twin.

    Everything is checked before anything changes; the capture itself is an activity on the lead.
    """
    picture = yield _capture_needs(call, draft, wish)
    lead, twin = leads.find(picture, call, draft), None
    if lead is None:
        lead = leads.create(picture, call, draft)
    else:
        if not leads.may_change(call, lead):
            raise Forbidden
        twin = _twin(picture, call, lead, wish, flags)
        leads.update(picture, call, lead, draft)
    result = _open_or_meet(picture, call, lead, wish, flags, twin)
    captured = posting.post(
        picture,
        lead,
        call.defs.types[CAPTURED],
        now=call.now,
        by=call.actor.id,
        happened_on=wish.at,
        owner_id=call.actor.id,
        opportunity_id=result.target.id,
    )
    result.activity_id = result.activity_id or captured.id
    return result


def _capture_needs(call: Call[Any, Any], draft: LeadDraft, wish: Wish) -> Needs:
    needs = leads.needs_of(call, draft, opportunities=_codes(wish))
    needs.numbers = (*needs.numbers, (NUMBER, 1))
    return needs


def _codes(wish: Wish) -> list[int]:
    """Opportunities are only read where a duplicate rule compares them."""
    return [wish.type.code] if wish.type.setting("duplicate_fields") else []


def add(call: Call[Any, Any], field: Field | None, value: Scalar, wish: Wish, flags: Flags) -> Plan[Opened]:
    """Open an opportunity on the lead that holds a unique value (`field` None: the lead's id). No lead is created.

    Raises UnknownReference, Forbidden, InvalidActivityField.
    """
    needs = Needs(opportunities=_codes(wish), numbers=((NUMBER, 1),))
    id = str(value).strip().lower() if field is None else ""
    key = None if field is None else compared_text(call, field, value)
    if is_id(id):
        needs.leads = [id]
    if field is not None and key is not None:
        needs.keys = [(field.name, key)]
    picture = yield needs
    lead = picture.leads.get(id) if field is None else picture.lead_by_key(field.name, key or "")
    if lead is None:
        raise UnknownReference("Lead not found")
    if not leads.may_change(call, lead):
        raise Forbidden
    return _open_or_meet(picture, call, lead, wish, flags, _twin(picture, call, lead, wish, flags))
