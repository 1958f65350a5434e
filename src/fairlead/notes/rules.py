"""What may happen with notes. Plans work on a `Picture`: they check everything first, then change it.

Deleting is rare, a transaction of its own.
"""

from __future__ import annotations

from typing import Any

from msgspec import UNSET, UnsetType

from fairlead.errors import Forbidden, InvalidInput, MandatoryMissing, UnknownReference
from fairlead.fields.errors import FieldError, TooLong
from fairlead.fields.model import Field
from fairlead.fields.values import Context, parse
from fairlead.leads.rules import lead_of, may_change, seen_by
from fairlead.notes import queries
from fairlead.records.picture import Needs, is_id, new_id
from fairlead.records.rows import Note
from fairlead.wire.operation import Call, Plan
from fairlead.wire.types import Scalar

Given = Scalar | UnsetType
"""A value as sent; UNSET: it was not."""

CREATING, UPDATING = "creating note", "updating note"

# Vendor: silent on lengths; a note is as long as that of an activity, an attachment as an address may be.
TEXT = Field("Note", "Note", max_length=4000)
ATTACHMENT = Field("AttachmentName", "Attachment", max_length=2000)
_ANY = Context()


def create(call: Call[Any, Any], lead_id: Scalar, text: Given, attachment: Given = UNSET) -> Plan[Note]:
    """Write a note about a lead; page create-notes-with-attachment.

    Raises MandatoryMissing, InvalidInput (too long), UnknownReference, and Forbidden for a lead that is not the
    caller's.
    """
    id = str(lead_id or "").strip().lower()
    if not id:
        raise MandatoryMissing("RelatedProspectId", CREATING)
    said = _text(TEXT, text)
    if said is None or not said.strip():
        raise MandatoryMissing("Note", CREATING)
    file = _text(ATTACHMENT, attachment)
    picture = yield Needs(leads=[id] if is_id(id) else [])
    lead = lead_of(picture, id)
    if not may_change(call, lead):
        raise Forbidden
    # Counted as changed, so that the lead is not deleted or merged while the note is written.
    picture.count_lead(lead)
    note = Note(
        org_id=call.org_id,
        id=new_id(),
        version=1,
        lead_id=lead.id,
        text=said,
        attachment=file,
        created_by=call.actor.id,
        created_on=call.now,
        modified_by=call.actor.id,
        modified_on=call.now,
    )
    picture.add_note(note)
    return note


def update(
    call: Call[Any, Any], note_id: Scalar, lead_id: Scalar, text: Given, attachment: Given
) -> Plan[Note]:
    """Change the text or the attachment of a note; page update-note. An empty attachment takes it away.

    `lead_id`, where it is sent, must be the note's lead. Raises MandatoryMissing, InvalidInput, UnknownReference,
    Forbidden.
    """
    id = str(note_id or "").strip().lower()
    if not id:
        raise MandatoryMissing("ProspectNoteId", UPDATING)
    if text is UNSET and attachment is UNSET:
        raise MandatoryMissing("Note", UPDATING)
    said = _text(TEXT, text)
    if text is not UNSET and (said is None or not said.strip()):
        # Vendor: silent on emptying what creation demands; refused as there.
        raise MandatoryMissing("Note", UPDATING)
    file = _text(ATTACHMENT, attachment)
    of_lead = str(lead_id or "").strip().lower()
    picture = yield Needs(notes=[id] if is_id(id) else [])
    note = picture.notes.get(id)
    if note is None or (of_lead and note.lead_id != of_lead):
        raise UnknownReference("Note not found")
    if not may_change(call, lead_of(picture, note.lead_id)):
        raise Forbidden
    wanted = {} if text is UNSET else {"text": said}
    wanted |= {} if attachment is UNSET else {"attachment": file}
    if any(getattr(note, name) != value for name, value in wanted.items()):
        for name, value in wanted.items():
            setattr(note, name, value)
        note.modified_by, note.modified_on = call.actor.id, call.now
        picture.touch_note(note)
    return note


def may_delete(call: Call[Any, Any], note: Note) -> bool:
    """True for who wrote the note, and for administrators."""
    return call.actor.role == "Administrator" or note.created_by == call.actor.id


async def delete(call: Call[Any, Any], db: Any, note_id: str) -> None:
    """Remove a note for good. No page of the API does; the console lets who wrote it, and administrators.

    Raises UnknownReference, for a note on a lead that is not the caller's too, and Forbidden.
    """
    note = await queries.locked(db, call.org_id, seen_by(call), note_id)
    if note is None:
        raise UnknownReference("Note not found")
    if not may_delete(call, note):
        raise Forbidden
    await queries.delete(db, call.org_id, note.id)


def _text(field: Field, raw: Given) -> str | None:
    """The text sent, exactly; None for an empty one. Raises InvalidInput for one that cannot be stored."""
    try:
        found = parse(field, None if raw is UNSET else raw, _ANY)
    except TooLong as error:
        raise InvalidInput.too_long(field.name, error.limit) from None
    except FieldError:
        raise InvalidInput.value(field.name) from None
    return None if found is None else str(found)
