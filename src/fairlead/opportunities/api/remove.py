"""Deleting an opportunity."""

from __future__ import annotations

from typing import Any

import msgspec

from fairlead.errors import MandatoryMissing
from fairlead.opportunities import deletion
from fairlead.opportunities.api.family import write
from fairlead.wire.operation import Call, Query
from fairlead.wire.types import Done


class OneOpportunity(Query):
    """The opportunity by its id, or by the AutoId value that its type shows."""

    Id: str | None = None


class Succeeded(msgspec.Struct):
    """It is gone."""

    IsSuccessful: bool


@write("GET /OpportunityManagement.svc/Delete", page="delete-an-opportunity", redefines=False)
async def delete(call: Call[OneOpportunity, None], db: Any) -> Done[Succeeded]:
    """Delete an Opportunity.

    Its type must allow deleting. Activities tied to the opportunity stay on the lead, which loses the opportunity's
    score.
    """
    reference = (call.query.Id or "").strip()
    if not reference:
        raise MandatoryMissing("Id", "deleting opportunity")
    await deletion.delete(call, db, reference)
    return Done(Message=Succeeded(IsSuccessful=True))
