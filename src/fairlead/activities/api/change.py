"""Changing activities: update, lock, delete."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from fairlead.activities import deletion, rules
from fairlead.activities.api.family import write
from fairlead.errors import MandatoryMissing
from fairlead.records.rows import Activity
from fairlead.wire.operation import Body, Call, Plan, Query
from fairlead.wire.queue.status import announce
from fairlead.wire.types import Done, Id, Pair, Scalar, Success, truth


class Update(Body):
    """What changes of an activity; what is not sent stays."""

    ProspectActivityId: Scalar = None
    ActivityEvent: Scalar = None
    ActivityNote: Scalar | UnsetType = UNSET
    Fields: list[Pair] | None = None
    ValidateDropDownOptions: Scalar = None
    ProcessFilesAsync: Scalar = None


@write("POST /ProspectActivity.svc/CustomActivity/Update", page="update-activity")
def update(call: Call[None, Update]) -> Plan[Done[Id]]:
    """Update an Activity.

    Changes the note and the fields sent of a custom activity. For an opportunity it changes nothing and says so in
    a diagnostic: the opportunity update is for that.
    """
    activity = yield from update_of(call, call.body)
    return Done(Message=Id(activity.id))


def update_of(call: Call[Any, Any], sent: Update) -> Plan[Activity]:
    """Update one activity. Raises MandatoryMissing without an id, and what `rules.update` raises."""
    if not sent.ProspectActivityId:
        raise MandatoryMissing("ProspectActivityId", "updating activity")
    note = sent.ActivityNote
    activity = yield from rules.update(
        call,
        sent.ProspectActivityId,
        code=sent.ActivityEvent,
        note=None if isinstance(note, UnsetType) else note,
        note_sent=not isinstance(note, UnsetType),
        fields=sent.Fields,
        skip_options=truth(sent.ValidateDropDownOptions, "ValidateDropDownOptions"),
    )
    return activity


class ByActivity(Query):
    """The activity's id."""

    activityId: str | None = None


@write("GET /ProspectActivity.svc/CustomActivity/Lock", page="lock-an-activity")
def lock(call: Call[ByActivity, None]) -> Plan[Done[Id]]:
    """Lock an Activity.

    From then on only an administrator can change it. Its type must allow locking.
    """
    activity_id = (call.query.activityId or "").strip()
    if not activity_id:
        raise MandatoryMissing("activityId", "locking activity")
    activity = yield from rules.lock(call, activity_id)
    return Done(Message=Id(activity.id))


class Deletion(Body):
    """Which activities of a lead to delete."""

    ProspectId: Scalar = None
    ActivityEventList: list[Scalar] | None = None
    FromDate: Scalar = None
    ToDate: Scalar = None
    StatusWebhookURL: Scalar = None


class Queued(msgspec.Struct):
    """What the vendor says when it has taken the order."""

    Message: str


class Finished(msgspec.Struct, kw_only=True):
    """What StatusWebhookURL gets."""

    Status: Success = "Success"
    Operation: str = "Delete Activities"
    DeletedCount: int
    FailureReason: None = None


@write("POST /ProspectActivity.svc/DeleteActivities", page="delete-activities", redefines=False)
async def delete(call: Call[None, Deletion], db: Any) -> Done[Queued]:
    """Delete Activities of a Lead.

    Deletes the custom activities of these types, within the dates when they are given (CreatedOn, both ends
    included). It is finished when the answer comes; the lead's score and its first and last activity follow.

    StatusWebhookURL, over http or https, then gets
    `{"Status":"Success","Operation":"Delete Activities","DeletedCount":2,"FailureReason":null}`
    by POST, not signed, in up to three attempts, all with the same `Fairlead-Delivery`.
    """
    body = call.body
    if not body.ProspectId:
        raise MandatoryMissing("ProspectId", "deleting activities")
    if not body.ActivityEventList:
        raise MandatoryMissing("ActivityEventList", "deleting activities")
    deleted = await deletion.delete(
        call, db, body.ProspectId, body.ActivityEventList, from_date=body.FromDate, to_date=body.ToDate
    )
    await announce(call, db, body.StatusWebhookURL, Finished(DeletedCount=deleted))
    return Done(Message=Queued("Your request for delete activities has been queued."))
