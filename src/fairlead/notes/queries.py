"""Every SQL statement about notes that is not part of a batch. Batches: `records/queries/`."""

from __future__ import annotations

from typing import Any

import msgspec

from fairlead.leads.belongings import belongs_to_leads
from fairlead.records.rows import Note
from fairlead.wire.types import Page

_read_note = msgspec.json.Decoder(Note).decode
_read_notes = msgspec.json.Decoder(list[Note]).decode

SORTED_BY = {
    "CreatedOn": "created_on",
    "ModifiedOn": "modified_on",
    "Note": "text",
    "ProspectNoteId": "id",
}
"""What can be sorted by: the vendor's column and ours."""

# $2 the owner whose leads are all that the caller may see, or null; $4 one note, or null.
SEEN = """n.lead_id = $3 and ($4::uuid is null or n.id = $4) and ($2::uuid is null or exists (
    select 1 from lead l where l.org_id = $1 and l.id = n.lead_id and l.owner_id = $2))"""
PAGE = """
select (select count(*) from note n where n.org_id = $1 and {where}) as total,
       (select json_agg(p order by {outer})::text from (
           select * from note n where n.org_id = $1 and {where} order by {order} limit $5 offset $6) p) as rows
"""


async def of_lead(
    db: Any,
    org_id: int,
    sees: str | None,
    lead_id: str,
    *,
    note_id: str | None = None,
    by: str = "created_on",
    descending: bool = True,
    page: Page,
) -> tuple[int, list[Note]]:
    """How many notes a lead has, and a page of them; `by` is one of `SORTED_BY`."""
    way = "desc" if descending else "asc"
    order = f"{{0}}.{by} {way}, {{0}}.id {way}"
    statement = PAGE.format(where=SEEN, order=order.format("n"), outer=order.format("p"))
    row = await db.fetchrow(statement, org_id, sees, lead_id, note_id, page.limit, page.offset)
    return row["total"], _read_notes(row["rows"]) if row["rows"] else []


LOCK = """
select row_to_json(n)::text from note n where n.org_id = $1 and n.id = $3 and ($2::uuid is null or exists (
    select 1 from lead l where l.org_id = $1 and l.id = n.lead_id and l.owner_id = $2)) for update
"""
DELETE = "delete from note n where n.org_id = $1 and n.id = $2"


async def locked(db: Any, org_id: int, sees: str | None, note_id: str) -> Note | None:
    """A note on a lead that the caller may see, locked until the transaction ends."""
    text = await db.fetchval(LOCK, org_id, sees, note_id)
    return _read_note(text) if text else None


async def delete(db: Any, org_id: int, note_id: str) -> None:
    """Remove a note."""
    await db.execute(DELETE, org_id, note_id)


DELETE_OF_LEAD = "delete from note n where n.org_id = $1 and n.lead_id = $2"
# The version moves, so that no batch writes the old lead back.
MOVE = "update note n set lead_id = $3, version = n.version + 1 where n.org_id = $1 and n.lead_id = $2"


async def delete_of_lead(db: Any, org_id: int, lead_id: str) -> None:
    """Remove the notes of a lead."""
    await db.execute(DELETE_OF_LEAD, org_id, lead_id)


async def move_to_lead(db: Any, org_id: int, lead_id: str, to: str) -> None:
    """Give the notes of a lead to another one."""
    await db.execute(MOVE, org_id, lead_id, to)


belongs_to_leads("note", delete=delete_of_lead, move=move_to_lead)
