"""The vendor's pages about notes. Files and attachments of activities are not here: nothing stores files yet."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET

from fairlead.activities.rendering import plain_time
from fairlead.errors import MandatoryMissing
from fairlead.leads.rules import seen_by
from fairlead.notes import queries, rules
from fairlead.notes.rules import Given
from fairlead.orgs.definitions import Definitions
from fairlead.records.picture import is_id
from fairlead.records.rows import Note
from fairlead.wire.operation import Body, Call, Plan, operations
from fairlead.wire.types import Done, Id, Paging, Scalar, Sorting, Success, descending, page_of

registry, read, write = operations()

CAP = 1000
"""Rows on the largest page. Vendor: silent; that of the other reads."""


class NewNote(Body):
    """A note about a lead; `RelatedId` is another name of the lead's id, `AttachmentName` is an address or a name."""

    RelatedProspectId: Scalar = None
    RelatedId: Scalar = None
    Note: Given = UNSET
    AttachmentName: Given = UNSET


class ChangedNote(Body):
    """A note of a lead and what shall change; absent members keep their value."""

    RelatedProspectId: Scalar = None
    ProspectNoteId: Scalar = None
    Note: Given = UNSET
    AttachmentName: Given = UNSET


class Succeeded(msgspec.Struct):
    """`{"Status":"Success"}`."""

    Status: Success = "Success"


@write("POST /LeadManagement.svc/CreateNote", page="create-notes-with-attachment")
def create(call: Call[None, NewNote]) -> Plan[Done[Id]]:
    """Create a Note.

    RelatedProspectId (or RelatedId) and Note are required. The attachment is kept as it is sent: an address.
    """
    body = call.body
    lead_id = body.RelatedId if body.RelatedProspectId in (None, "") else body.RelatedProspectId
    note = yield from rules.create(call, lead_id, body.Note, body.AttachmentName)
    return Done(Message=Id(note.id))


@write("POST /LeadManagement.svc/UpdateNote", page="update-note")
def update(call: Call[None, ChangedNote]) -> Plan[Succeeded]:
    """Update a Note.

    Its text, its attachment or both. RelatedProspectId may be left out; it must be the note's lead when it is sent.
    """
    body = call.body
    if body.RelatedProspectId in (None, ""):
        call.notice("mandatory-tolerated", "RelatedProspectId")
    yield from rules.update(call, body.ProspectNoteId, body.RelatedProspectId, body.Note, body.AttachmentName)
    return Succeeded()


class WhichNotes(Body):
    """The lead, and one note of it or all."""

    RelatedId: Scalar = None
    Id: Scalar = None


class NoteSearch(Body):
    """Filter, sorting and paging."""

    Parameter: WhichNotes | None = None
    Paging: Paging | None = None
    Sorting: Sorting | None = None


class NoteRow(msgspec.Struct, kw_only=True):
    """A note: 10 members (get-all-notes-of-lead)."""

    ProspectNoteId: str
    RelatedProspectId: str
    Note: str
    AttachmentName: str | None
    CreatedBy: str
    CreatedByName: str | None
    CreatedOn: str
    ModifiedBy: str
    ModifiedByName: str | None
    ModifiedOn: str


class Notes(msgspec.Struct):
    """How many there are in all, and the page."""

    RecordCount: int
    List: list[NoteRow]


@read("POST /LeadManagement.svc/RetrieveNote", page="get-all-notes-of-lead")
async def retrieve(call: Call[None, NoteSearch], db: Any) -> Notes:
    """Get a Lead's Notes.

    Newest first unless sorted otherwise; 25 rows unless paged, at most 1000. An unknown lead has none.
    """
    body = call.body
    wanted = body.Parameter or WhichNotes()
    lead_id = str(wanted.RelatedId or "").strip().lower()
    if not lead_id:
        raise MandatoryMissing("RelatedId", "retrieving notes")
    note_id = str(wanted.Id or "").strip().lower()
    page = page_of(body.Paging, cap=CAP)
    down = descending(body.Sorting)
    name = ((body.Sorting.ColumnName if body.Sorting is not None else None) or "").strip()
    if name and name not in queries.SORTED_BY:
        call.notice("unknown-sort-column", name[:100])
    if not is_id(lead_id) or (note_id and not is_id(note_id)):
        return Notes(0, [])
    total, found = await queries.of_lead(
        db,
        call.org_id,
        seen_by(call),
        lead_id,
        note_id=note_id or None,
        by=queries.SORTED_BY.get(name, "created_on"),
        descending=down,
        page=page,
    )
    return Notes(total, [_row(call.defs, note) for note in found])


def _row(defs: Definitions, note: Note) -> NoteRow:
    return NoteRow(
        ProspectNoteId=note.id,
        RelatedProspectId=note.lead_id,
        Note=note.text,
        AttachmentName=note.attachment,
        CreatedBy=note.created_by,
        CreatedByName=defs.user_name(note.created_by),
        CreatedOn=plain_time(note.created_on),
        ModifiedBy=note.modified_by,
        ModifiedByName=defs.user_name(note.modified_by),
        ModifiedOn=plain_time(note.modified_on),
    )
