"""Deleting activities of a lead, with what follows for the lead. In a transaction of its own, not in a batch."""

from __future__ import annotations

from typing import Any

from fairlead.activities import queries, rules
from fairlead.activities.periods import Period, period_of
from fairlead.errors import Forbidden, InvalidEventCode, UnknownActivity, UnknownReference
from fairlead.records.picture import is_id
from fairlead.wire.operation import Call
from fairlead.wire.types import Scalar, code_of


async def delete(
    call: Call[Any, Any], db: Any, lead_id: Scalar, codes: list[Scalar], *, from_date: Scalar, to_date: Scalar
) -> int:
    """Delete the lead's activities of these custom types that happened in the period; returns how many.

    The lead loses their scores, and its first and last activity are found anew. Raises InvalidEventCode,
    InvalidInput (dates), UnknownReference, Forbidden, with nothing deleted.
    """
    wanted = [_custom(call, code) for code in codes]
    period = period_of(from_date, to_date, optional=True)
    id = str(lead_id).strip().lower()
    owner = await queries.lock_lead(db, call.org_id, id) if is_id(id) else None
    if owner is None:
        raise UnknownReference("Lead not found")
    if rules.only_owner(call) not in (None, owner):
        raise Forbidden
    return await _delete(call, db, id, wanted, period)


async def delete_one(call: Call[Any, Any], db: Any, activity_id: str) -> None:
    """Delete one activity of a custom type that may be deleted, with what follows for its lead as in `delete`.

    Raises UnknownActivity, InvalidEventCode, Forbidden (the lead of somebody else, the type, or locked), with nothing
    deleted.
    """
    found = await queries.one(db, call.org_id, activity_id, owner=rules.only_owner(call))
    if found is None or found.lead_id is None:
        raise UnknownActivity
    kind = call.defs.types[_custom(call, found.code)]
    if not kind.setting("can_delete") or (found.locked and not rules.is_administrator(call)):
        raise Forbidden
    owner = await queries.lock_lead(db, call.org_id, found.lead_id)
    if rules.only_owner(call) not in (None, owner):
        raise Forbidden
    lost = await queries.delete_one(
        db, call.org_id, found.lead_id, found.id, locked_too=rules.is_administrator(call)
    )
    if lost is None:
        raise UnknownActivity
    await queries.delete_changes(db, call.org_id, [found.id])
    await queries.recount_lead(db, call.org_id, found.lead_id, lost=lost, now=call.now)


def _custom(call: Call[Any, Any], sent: Scalar) -> int:
    """A custom activity type, deactivated ones too: what was recorded under them can be deleted."""
    code = code_of(sent)
    kind = call.defs.types.get(code) if code is not None else None
    if kind is None or kind.kind != "activity":
        raise InvalidEventCode
    return kind.code


async def _delete(call: Call[Any, Any], db: Any, lead_id: str, codes: list[int], period: Period) -> int:
    # A locked activity is changed by administrators only, and deleting is a change.
    locked_too = rules.is_administrator(call)
    # Vendor: silent on the type's CanDeleteActivity here; the order names the types, so it is carried out.
    gone = await queries.delete(db, call.org_id, lead_id, codes, period, locked_too=locked_too)
    if gone:
        await queries.delete_changes(db, call.org_id, list(gone))
        await queries.recount_lead(db, call.org_id, lead_id, lost=sum(gone.values()), now=call.now)
    if not locked_too and await queries.has_activities(db, call.org_id, lead_id, codes, period):
        call.notice("locked-activities-kept", lead_id)
    return len(gone)
