"""What lists there are and what may happen to them. Changes are rare writes: they hold the organisation's lock.

Two lists have no row of their own: `Starred Leads`, a static one, and `All Leads`, in which every lead is. Their ids
are made of the organisation's, so they never change.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any, Literal

import msgspec
import sqlalchemy as sa

from fairlead.errors import (
    DomainError,
    Duplicate,
    Forbidden,
    InvalidInput,
    MandatoryMissing,
    UnknownReference,
)
from fairlead.fields.errors import FieldError, TooLong
from fairlead.fields.model import Field
from fairlead.fields.values import Context, parse
from fairlead.leads import queries as leads
from fairlead.leads.criteria import Condition
from fairlead.leads.queries import Found
from fairlead.leads.rules import seen_by
from fairlead.lists import queries
from fairlead.orgs.definitions import Definitions
from fairlead.records.picture import is_id, new_id
from fairlead.wire.operation import Call
from fairlead.wire.types import Scalar

Kind = Literal["static", "dynamic", "refreshable"]

KINDS: tuple[Kind, ...] = ("static", "dynamic", "refreshable")
"""Types of lists by their number."""

MOST = 1000
"""Leads that one call adds."""

STARRED, ALL = "Starred Leads", "All Leads"

# Vendor: silent on lengths; those of the text fields and the note of an activity.
_NAME = Field("Name", "Name", max_length=200)
_DESCRIPTION = Field("Description", "Description", max_length=4000)
_ANY = Context()


class LeadList(msgspec.Struct):
    """A list, and how many of its members the caller may see. `created_by` is empty for a list of the system."""

    id: str
    name: str
    description: str
    kind: Kind
    is_system: bool = False
    members: int = 0
    created_by: str = ""


def system_lists(defs: Definitions) -> list[LeadList]:
    """The lists that every organisation has."""
    org = uuid.UUID(defs.org.id)
    return [
        LeadList(str(uuid.uuid5(org, ALL)), ALL, "Every lead.", "dynamic", is_system=True),
        LeadList(str(uuid.uuid5(org, STARRED)), STARRED, "Leads to come back to.", "static", is_system=True),
    ]


async def lists(
    call: Call[Any, Any], db: Any, *, kind: Kind | None = None, text: str = "", id: str | None = None
) -> list[LeadList]:
    """The lists to which everything given applies, without their counts: those of the system, then by name.

    Vendor: silent on the order.
    """
    own = [
        LeadList(one.id, one.name, one.description, "static", created_by=one.created_by)
        for one in await queries.stored(db, call.org_id)
    ]
    part = text.strip().casefold()
    return [
        one
        for one in (*system_lists(call.defs), *own)
        if (kind is None or one.kind == kind)
        and part in one.name.casefold()
        and (id is None or one.id == id.strip().lower())
    ]


async def counted(call: Call[Any, Any], db: Any, some: Sequence[LeadList]) -> list[LeadList]:
    """The same lists with the number of members that the caller may see."""
    owner = seen_by(call)
    known = await queries.counts(db, call.org_id, owner, [one.id for one in some if one.kind == "static"])
    for one in some:
        if one.kind == "static":
            one.members = known.get(one.id, 0)
        else:
            one.members = await queries.leads_in_all(db, call.org_id, owner)
    return list(some)


async def find(call: Call[Any, Any], db: Any, list_id: str | None) -> LeadList | None:
    """The list with this id, without its count."""
    text = (list_id or "").strip().lower()
    found = await lists(call, db, id=text) if is_id(text) else []
    return found[0] if found else None


def members(some: LeadList) -> Condition:
    """The members of a list, as a condition on leads."""
    return queries.members(some.id) if some.kind == "static" else sa.true()


async def newest_members(call: Call[Any, Any], db: Any, some: LeadList, *, offset: int, limit: int) -> Found:
    """A page of the leads in a static list, the newest first, and how many there are."""
    owner = seen_by(call)
    ids = await queries.newest(db, call.org_id, owner, some.id, offset=offset, limit=limit)
    counts = await queries.counts(db, call.org_id, owner, [some.id])
    return Found(counts.get(some.id, 0), await leads.by_ids(db, call.org_id, owner, ids))


async def lists_of(call: Call[Any, Any], db: Any, lead_id: str) -> list[LeadList]:
    """The static lists that a lead is in, with their counts; none for a lead that the caller may not see.

    Vendor: silent on dynamic lists; their members are not kept, so none is told.
    """
    text = lead_id.strip().lower()
    ids = await queries.of_lead(db, call.org_id, seen_by(call), text) if is_id(text) else []
    return await counted(call, db, [one for one in await lists(call, db, kind="static") if one.id in ids])


async def is_member(call: Call[Any, Any], db: Any, list_id: str, lead_id: str) -> bool:
    """True when the lead, one that the caller may see, is in the list. Vendor: silent on unknown ids; false."""
    found, text = await find(call, db, list_id), lead_id.strip().lower()
    if found is None or not is_id(text):
        return False
    if not await leads.seen_ids(db, call.org_id, seen_by(call), [text]):
        return False
    return found.kind == "dynamic" or await queries.holds(db, call.org_id, found.id, text)


# changes -------------------------------------------------------------------------------------------------


async def create(call: Call[Any, Any], db: Any, *, name: Scalar, description: Scalar) -> str:
    """Make a static list without members; returns its id. Raises MandatoryMissing, InvalidInput, Duplicate."""
    list_id = new_id()
    title, said = await _named(call, db, list_id, name, description, "creating list")
    await queries.create(db, call.org_id, list_id, title, said, by=call.actor.id, now=call.now)
    return list_id


async def _named(
    call: Call[Any, Any], db: Any, list_id: str, name: Scalar, description: Scalar, action: str
) -> tuple[str, str]:
    """The name and the description as they are stored; the name must be no other list's."""
    title = _text(_NAME, name).strip()
    if not title:
        raise MandatoryMissing("Name", action)
    said = _text(_DESCRIPTION, description)
    taken = title.casefold() in {one.name.casefold() for one in system_lists(call.defs)}
    if taken or await queries.is_named(db, call.org_id, title, except_for=list_id):
        raise Duplicate("List", "name")
    return title, said


async def rename(
    call: Call[Any, Any], db: Any, list_id: str, *, name: Scalar, description: Scalar
) -> LeadList:
    """Give a list another name and description; for the console, the API has no such call.

    Raises UnknownReference, Forbidden for a list that is not the caller's to change, and what `create` raises.
    """
    found = await _own(call, db, list_id)
    title, said = await _named(call, db, found.id, name, description, "renaming list")
    await queries.rename(db, call.org_id, found.id, title, said)
    return msgspec.structs.replace(found, name=title, description=said)


async def delete(call: Call[Any, Any], db: Any, list_id: str) -> LeadList:
    """Remove a list; its leads stay. For the console, the API has no such call.

    Raises UnknownReference, and Forbidden for a list that is not the caller's to change or not theirs to empty.
    """
    found = await _own(call, db, list_id)
    await empty(call, db, found.id)
    await queries.delete(db, call.org_id, found.id)
    return found


def may_change(call: Call[Any, Any], some: LeadList) -> bool:
    """True when the caller may rename or delete a list: none of the system's; a Sales_User has those they made."""
    return not some.is_system and (call.actor.role != "Sales_User" or some.created_by == call.actor.id)


async def _own(call: Call[Any, Any], db: Any, list_id: str) -> LeadList:
    found = await find(call, db, list_id)
    if found is None:
        raise UnknownReference("List not found")
    if not may_change(call, found):
        raise Forbidden
    return found


def _text(field: Field, raw: Scalar) -> str:
    """The text sent; empty for null. Raises InvalidInput for one that cannot be stored."""
    try:
        found = parse(field, raw, _ANY)
    except TooLong as error:
        raise InvalidInput.too_long(field.name, error.limit) from None
    except FieldError:
        raise InvalidInput.value(field.name) from None
    return "" if found is None else str(found)


async def add(call: Call[Any, Any], db: Any, list_id: str, lead_ids: Sequence[str]) -> int:
    """Put leads into a static list; how many were not in it before. All of them or none.

    Raises UnknownReference for an unknown list, InvalidInput for a dynamic one and for too many ids, DomainError for
    an id that is no lead's, Forbidden for a lead that the caller may not change.
    """
    if len(lead_ids) > MOST:
        what = f"Number of records can not be more than {MOST}."
        raise InvalidInput(what)
    where = await _static(call, db, list_id)
    ids = list(dict.fromkeys(id.strip().lower() for id in lead_ids))
    known = await leads.seen_ids(db, call.org_id, None, [id for id in ids if is_id(id)])
    if len(known) != len(ids):
        raise DomainError("Records not associated with List where Entity Type didn't match")
    await _may_change(call, db, ids)
    return await queries.add(db, call.org_id, where.id, ids, by=call.actor.id, now=call.now)


async def remove(call: Call[Any, Any], db: Any, list_id: str, lead_ids: Sequence[str]) -> int:
    """Take leads out of a static list; how many were in it. All of them or none.

    Raises UnknownReference for an unknown list or lead, InvalidInput for a dynamic list, Forbidden.
    """
    where = await _static(call, db, list_id)
    ids = list(dict.fromkeys(id.strip().lower() for id in lead_ids))
    if not all(map(is_id, ids)) or len(await leads.seen_ids(db, call.org_id, None, ids)) != len(ids):
        raise UnknownReference("Lead not found")
    await _may_change(call, db, ids)
    # Vendor: silent on a lead that is not in the list; then nothing is left to do.
    return await queries.remove(db, call.org_id, where.id, ids)


async def empty(call: Call[Any, Any], db: Any, list_id: str) -> str:
    """Take every lead out of a static list; returns its id.

    Raises UnknownReference, InvalidInput for a dynamic list, Forbidden when a member is not the caller's to change.
    """
    where = await _static(call, db, list_id)
    owner = seen_by(call)
    if owner is not None and await queries.has_leads_of_others(db, call.org_id, where.id, owner):
        raise Forbidden
    await queries.empty(db, call.org_id, where.id)
    return where.id


async def _static(call: Call[Any, Any], db: Any, list_id: str) -> LeadList:
    found = await find(call, db, list_id)
    if found is None:
        raise UnknownReference("List not found")
    if found.kind != "static":
        raise InvalidInput.value("ListId")
    return found


async def _may_change(call: Call[Any, Any], db: Any, ids: list[str]) -> None:
    """Whoever sees a lead may change it: `leads.rules.may_change`."""
    if len(await leads.seen_ids(db, call.org_id, seen_by(call), ids)) != len(ids):
        raise Forbidden
