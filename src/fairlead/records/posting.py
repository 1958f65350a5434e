"""Putting an activity on a lead: the one place that moves a lead's score and its first and last activity."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fairlead.orgs.definitions import Definitions, RecordType
from fairlead.records.picture import Picture, new_id
from fairlead.records.rows import Activity, Lead, Values

STAGE_CHANGE = 3002
LEAD_ASSIGNED = 3001


def post(
    picture: Picture,
    lead: Lead,
    kind: RecordType,
    *,
    now: datetime,
    by: str,
    happened_on: datetime | None = None,
    note: str | None = None,
    owner_id: str | None = None,
    status: str | None = None,
    opportunity_id: str | None = None,
    auto_id: int | None = None,
    fields: Values | None = None,
    id: str | None = None,
) -> Activity:
    """Post an activity of this kind on the lead; adds the type's score to the lead."""
    at = happened_on or now
    activity = Activity(
        org_id=lead.org_id,
        id=id or new_id(),
        version=1,
        code=kind.code,
        lead_id=lead.id,
        opportunity_id=opportunity_id,
        auto_id=auto_id,
        happened_on=at,
        note=note,
        owner_id=owner_id,
        status=status,
        score=kind.score,
        created_by=by,
        created_on=now,
        modified_by=by,
        modified_on=now,
        fields=fields if fields is not None else {},
    )
    picture.add_activity(activity)
    lead.score += kind.score
    lead.engagement_score += kind.score
    lead.touched_on = now
    if lead.first_activity_on is None or at < lead.first_activity_on:
        lead.first_activity_id, lead.first_activity_on = activity.id, at
    if lead.last_activity_on is None or at >= lead.last_activity_on:
        lead.last_activity_id, lead.last_activity_on, lead.last_activity_code = activity.id, at, kind.code
    picture.count_lead(lead)
    return activity


def post_system(
    picture: Picture,
    lead: Lead,
    defs: Definitions,
    code: int,
    data: dict[str, Any],
    *,
    now: datetime,
    by: str,
) -> None:
    """Post one of the server's own activities, such as a stage change; `data` is what its reads show."""
    post(picture, lead, defs.types[code], now=now, by=by, owner_id=by, fields=data)
