"""Deleting and merging leads."""

from __future__ import annotations

from typing import Any

import msgspec

from fairlead.leads import removal
from fairlead.leads.api.family import write
from fairlead.wire.operation import Call, Query
from fairlead.wire.types import Success


class OneLead(Query):
    """The lead to delete."""

    leadId: str | None = None


class TwoLeads(Query):
    """The lead that stays, and the one that becomes part of it."""

    masterId: str | None = None
    childId: str | None = None


class Succeeded(msgspec.Struct):
    """`{"Status":"Success"}`."""

    Status: Success = "Success"


@write("GET /LeadManagement.svc/Lead/Delete/ById", page="lead-delete", admin=True, redefines=False)
async def delete(call: Call[OneLead, None], db: Any) -> Succeeded:
    """Delete a Lead.

    Removes the lead with its opportunities, activities, tasks, notes and history, for good. An organisation can switch it
    off.
    """
    await removal.delete(db, call, call.query.leadId)
    return Succeeded()


@write("POST /LeadManagement.svc/Lead.Merge", page="merge-leads", redefines=False)
async def merge(call: Call[TwoLeads, None], db: Any) -> Succeeded:
    """Merge Leads.

    The master keeps its values; blanks are filled from the child, in field sets member by member. The child's
    activities, opportunities, tasks and notes become the master's. Afterwards the child does not exist.
    """
    await removal.merge(db, call, call.query.masterId, call.query.childId)
    return Succeeded()
