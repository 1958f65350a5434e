"""Deleting and merging leads: rare, each in a transaction of its own with the leads locked."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from fairlead.errors import DomainError, Forbidden, InvalidInput, MandatoryMissing, UnknownReference
from fairlead.fields.model import Field
from fairlead.leads import belongings, queries
from fairlead.leads.drafts import compared, meant
from fairlead.leads.rules import may_change, take
from fairlead.orgs.definitions import LEAD, Definitions
from fairlead.records.picture import Picture, is_id
from fairlead.records.queries import changed, write_in_steps
from fairlead.records.rows import Lead
from fairlead.wire.operation import Call


async def delete(db: Any, call: Call[Any, Any], lead_id: str | None) -> None:
    """Remove a lead and everything that belongs to it; page lead-delete.

    Raises MandatoryMissing, DomainError when the organisation has switched deleting off, UnknownReference.
    """
    id = _required(lead_id, "leadId", "deleting lead")
    if not call.defs.setting("lead_delete"):
        raise DomainError("Delete is not enabled for you")
    lead = _known(await queries.locked(db, call.org_id, [id] if is_id(id) else []), id)
    await belongings.delete_all(db, call.org_id, id)
    await queries.delete(db, call.org_id, id, _keys(call.defs, lead))


async def merge(
    db: Any,
    call: Call[Any, Any],
    master_id: str | None,
    child_id: str | None,
    *,
    prefer: Collection[str] = (),
) -> None:
    """Make one lead part of another; page merge-leads. In the fields that `prefer` names the child's value stays.

    Else the master keeps its values, also those that no stored value means (`drafts.UNSET`); its blanks, and the blank
    members of its field sets, are filled from the child.

    Raises MandatoryMissing, InvalidInput for the same id twice and for a field that people do not write,
    UnknownReference, Forbidden.
    """
    ids = [_required(master_id, "masterId", "merging leads"), _required(child_id, "childId", "merging leads")]
    if ids[0] == ids[1]:
        raise InvalidInput.value("childId")
    found = await queries.locked(db, call.org_id, [id for id in ids if is_id(id)])
    master, child = _known(found, ids[0]), _known(found, ids[1])
    if not (may_change(call, master) and may_change(call, child)):
        raise Forbidden
    for name in prefer:
        if name not in choosable(call.defs):
            raise InvalidInput.value(name)
    await queries.move(db, call.org_id, child.id, master.id)
    await belongings.move_all(db, call.org_id, child.id, master.id)
    await queries.delete(db, call.org_id, child.id, _keys(call.defs, child))
    picture = _taken_over(call, master, child)
    _preferred(picture, call, master, child, prefer)
    await write_in_steps(db, changed([picture]))


def choosable(defs: Definitions) -> dict[str, Field]:
    """The fields of which a merge may take the child's value. The type of a lead and its account stay the master's."""
    return {
        name: field
        for name, field in defs.lead.fields.items()
        if not field.read_only and name not in ("LeadType", "RelatedCompanyId")
    }


def _preferred(
    picture: Picture, call: Call[Any, Any], master: Lead, child: Lead, names: Collection[str]
) -> None:
    """The child's values where they are wanted; where it has none the master's stay."""
    core = {"OwnerId": [master.owner_id, child.owner_id], "ProspectStage": [master.stage, child.stage]}
    fields = {
        name: [master.fields.get(name), value]
        for name in names
        if name not in core
        and (value := meant(name, child.fields.get(name))) not in (None, meant(name, master.fields.get(name)))
    }
    core = {name: pair for name, pair in core.items() if name in names and pair[0] != pair[1]}
    if fields or core:
        take(picture, call, master, fields, core)


def _required(text: str | None, name: str, action: str) -> str:
    found = (text or "").strip().lower()
    if not found:
        raise MandatoryMissing(name, action)
    return found


def _known(found: dict[str, Lead], id: str) -> Lead:
    if id not in found:
        raise UnknownReference("Lead not found")
    return found[id]


def _keys(defs: Definitions, lead: Lead) -> list[tuple[str, str]]:
    """The unique values a lead may hold; of all its fields, since a field may have been unique before."""
    found = []
    for name, value in lead.fields.items():
        field = defs.lead.fields.get(name)
        key = compared(field, value) if field is not None and not isinstance(value, dict) else None
        if key is not None:
            found.append((name, key))
    return found


def _taken_over(call: Call[Any, Any], master: Lead, child: Lead) -> Picture:
    """The master with its blanks filled from the child, its score and its first and last activity of both."""
    picture = Picture(call.org_id, _no_numbers)
    changes = _filled(master, child)
    unique = {field.name: field for field in call.defs.unique}
    for name, (_, value) in changes.items():
        master.fields[name] = value
        if name in unique and (key := compared(unique[name], value)) is not None:
            picture.claim(name, key, master)
    if master.account_id is None and child.account_id is not None:
        master.account_id = child.account_id
        changes["RelatedCompanyId"] = [None, child.account_id]
    # Vendor: silent on the numbers of both; what the activities moved gave comes with them.
    master.score += child.score
    master.engagement_score += child.engagement_score
    master.revenue += child.revenue
    master.is_lead = master.is_lead or child.is_lead
    if _before(child.first_activity_on, master.first_activity_on):
        master.first_activity_id, master.first_activity_on = child.first_activity_id, child.first_activity_on
    if _after(child.last_activity_on, master.last_activity_on):
        master.last_activity_id, master.last_activity_on = child.last_activity_id, child.last_activity_on
        master.last_activity_code = child.last_activity_code
    master.modified_on = master.touched_on = call.now
    master.modified_by = call.actor.id
    picture.touch_lead(master)
    if changes:
        picture.record(master.id, LEAD, changes, at=call.now, by=call.actor.id, lead_id=master.id)
    return picture


def _filled(master: Lead, child: Lead) -> dict[str, list[Any]]:
    """What the blanks of the master become with the child's values: name → [old, new]. Fills field sets by members."""
    changes = {}
    for name, value in child.fields.items():
        old = master.fields.get(name)
        if name == "LeadConversionDate" and master.is_lead:
            continue  # without one it became a lead when it was created
        if isinstance(old, dict) and isinstance(value, dict):
            new: Any = value | old
        else:
            new = value if meant(name, old) is None else old
        if new != old:
            changes[name] = [old, new]
    return changes


def _before(one: datetime | None, other: datetime | None) -> bool:
    return one is not None and (other is None or one < other)


def _after(one: datetime | None, other: datetime | None) -> bool:
    return one is not None and (other is None or one > other)


def _no_numbers(_: int, name: str) -> int:
    msg = f"no {name} number was reserved"
    raise LookupError(msg)
