"""Deleting accounts: rare, in a transaction of its own with the account and its leads locked."""

from __future__ import annotations

from typing import Any

from fairlead.accounts import queries
from fairlead.errors import UnknownReference
from fairlead.leads import removal as leads
from fairlead.orgs.definitions import LEAD
from fairlead.records.picture import Picture, is_id
from fairlead.records.queries import changed, write_in_steps
from fairlead.wire.operation import Call


async def delete(db: Any, call: Call[Any, Any], account_id: str, *, with_leads: bool) -> None:
    """Remove an account with its activities and history; its leads are deleted too, or lose their account.

    Raises UnknownReference, and DomainError when the organisation has switched the deletion of leads off.
    """
    found = await queries.lock(db, call.org_id, account_id) if is_id(account_id) else None
    if found is None:
        raise UnknownReference("Company not found")
    if with_leads:
        for lead_id in found:
            await leads.delete(db, call, lead_id)
    elif found:
        await queries.unlink(db, call.org_id, found, by=call.actor.id, now=call.now)
        await write_in_steps(db, changed([_history(call, found, account_id)]))
    await queries.delete(db, call.org_id, account_id)


def _history(call: Call[Any, Any], leads_unlinked: list[str], account_id: str) -> Picture:
    """That these leads have lost their account."""
    picture = Picture(call.org_id, _no_numbers)
    for lead_id in leads_unlinked:
        changes = {"RelatedCompanyId": [account_id, None]}
        picture.record(lead_id, LEAD, changes, at=call.now, by=call.actor.id, lead_id=lead_id)
    return picture


def _no_numbers(_: int, name: str) -> int:
    msg = f"no {name} number was reserved"
    raise LookupError(msg)
