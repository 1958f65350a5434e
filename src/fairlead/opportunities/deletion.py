"""Deleting an opportunity, with what follows for its lead. In a transaction of its own, not in a batch."""

from __future__ import annotations

from typing import Any

from fairlead.activities import queries as activities
from fairlead.activities import rules as of_activities
from fairlead.errors import Forbidden
from fairlead.opportunities import queries
from fairlead.opportunities.finding import one
from fairlead.tasks import queries as tasks
from fairlead.wire.operation import Call


async def delete(call: Call[Any, Any], db: Any, reference: str) -> None:
    """Delete the opportunity that is named, and its history.

    Activities tied to it and tasks about it stay on the lead; the lead loses its score, and its first and last
    activity are found anew.
    Raises UnknownReference, Forbidden (not the caller's lead, or the type does not allow it), with nothing deleted.
    """
    found, kind = await one(call, db, reference, owner=None)
    lead_id = found.lead_id or ""
    owner = await activities.lock_lead(db, call.org_id, lead_id)
    if of_activities.only_owner(call) not in (None, owner) or not kind.setting("can_delete"):
        raise Forbidden
    await queries.untie(db, call.org_id, found.id)
    await tasks.untie(db, call.org_id, found.id)
    lost = await queries.delete(db, call.org_id, found.id)
    await activities.delete_changes(db, call.org_id, [found.id])
    await activities.recount_lead(db, call.org_id, lead_id, lost=lost, now=call.now)
