"""Activities of accounts: post, update, read."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from fairlead.accounts import queries, rules
from fairlead.accounts.api.family import read, write
from fairlead.activities.periods import period_of
from fairlead.activities.rendering import activity_type, plain_time, printed
from fairlead.errors import MandatoryMissing, UnknownReference
from fairlead.leads.rules import seen_by
from fairlead.orgs.definitions import Definitions
from fairlead.records.picture import is_id
from fairlead.records.rows import Activity
from fairlead.wire.operation import Body, Call, Plan, Query
from fairlead.wire.types import (
    Done,
    Id,
    Paging,
    Pair,
    Scalar,
    Sorting,
    check_names,
    descending,
    page_of,
    truth,
)

CAP = 1000
"""Rows on the largest page."""


def needed(value: Scalar, name: str, action: str) -> str:
    """The id in a mandatory attribute. Raises MandatoryMissing."""
    text = "" if value is None else str(value).strip().lower()
    if not text:
        raise MandatoryMissing(name, action)
    return text


class UpdateActivity(Body):
    """What changes of an account activity; what is not sent stays."""

    CompanyActivityId: Scalar = None
    ActivityNote: Scalar | UnsetType = UNSET
    Fields: list[Pair] | None = None
    ValidateDropDownOptions: Scalar = None


class Updated(msgspec.Struct):
    """The activity that was meant."""

    Id: str
    IsSuccessful: bool


@write("POST /CompanyActivity.svc/Update", page="update-an-account-activity")
def update(call: Call[None, UpdateActivity]) -> Plan[Done[Updated]]:
    """Update an Account Activity.

    Changes the note and the fields sent; account, event code and date stay. A note that is empty or null clears it. It
    succeeds too when nothing is different; then ModifiedOn and ModifiedBy stay.
    """
    body = call.body
    check_names(body.Fields)
    activity_id = needed(body.CompanyActivityId, "CompanyActivityId", "updating account activity")
    note = body.ActivityNote
    activity = yield from rules.update_activity(
        call,
        activity_id,
        note=None if isinstance(note, UnsetType) else note,
        note_sent=not isinstance(note, UnsetType),
        fields=body.Fields,
        skip_options=truth(body.ValidateDropDownOptions, "ValidateDropDownOptions"),
    )
    return Done(Message=Updated(activity.id, IsSuccessful=True))


class NewActivity(Body):
    """An activity and its account."""

    RelatedCompanyId: Scalar = None
    ActivityEvent: Scalar = None
    ActivityNote: Scalar = None
    ActivityDateTime: Scalar = None
    Fields: list[Pair] | None = None
    ValidateDropDownOptions: Scalar = None


@write("POST /CompanyActivity.svc/Create", page="post-an-activity-on-an-account")
def create(call: Call[None, NewActivity]) -> Plan[Done[Id]]:
    """Post an Activity on an Account.

    Without ActivityDateTime it happened now; without `Owner` it is the caller's; without `Status` it is `Active`. The
    account's LastActivityOn follows.
    """
    body = call.body
    check_names(body.Fields)
    account_id = needed(body.RelatedCompanyId, "RelatedCompanyId", "posting account activity")
    activity = yield from rules.post_activity(
        call,
        account_id,
        code=body.ActivityEvent,
        note=body.ActivityNote,
        at=body.ActivityDateTime,
        fields=body.Fields,
        skip_options=truth(body.ValidateDropDownOptions, "ValidateDropDownOptions"),
    )
    return Done(Message=Id(activity.id))


class Range(Body):
    """From and to, UTC, both ends included; a missing one leaves that end open."""

    FromDate: Scalar = None
    ToDate: Scalar = None


class Timeline(Body):
    """Which of an account's activities, sorted how, which page."""

    Parameter: Range | None = None
    Paging: Paging | None = None
    Sorting: Sorting | None = None


class OfAccount(Query):
    """The account's id."""

    companyId: str | None = None


class Row(msgspec.Struct):
    """An account activity."""

    CompanyActivityId: str
    RelatedCompanyId: str
    ActivityEvent: int
    ActivityNote: str | None
    ActivityDateTime: str
    ActivityType: int
    CreatedByName: str | None
    ActivityDisplayName: str
    CreatedOn: str
    ModifiedOn: str
    CreatedBy: str
    ModifiedBy: str
    ModifiedByName: str | None
    ActivityFields: dict[str, str | None]


class Activities(msgspec.Struct):
    """How many there are in all, and the page."""

    RecordCount: int
    CompanyActivities: list[Row]


@read(
    "POST /CompanyActivity.svc/Retrieve", page="retrieve-account-activities-by-account-id", body_optional=True
)
async def retrieve(call: Call[OfAccount, Timeline | None], db: Any) -> Activities:
    """Retrieve Account Activities by Account Id.

    The latest first unless sorted otherwise; 25 rows unless paged, at most 1000. The range is on ActivityDateTime.
    """
    account_id = needed(call.query.companyId, "companyId", "retrieving account activities")
    body = call.body or Timeline()
    parameter = body.Parameter or Range()
    period = period_of(parameter.FromDate, parameter.ToDate, optional=True)
    page = page_of(body.Paging, cap=CAP)
    down = descending(body.Sorting)
    by = _order(call, body.Sorting)
    owner = seen_by(call)
    if not is_id(account_id) or not await queries.is_seen(db, call.org_id, owner, account_id):
        raise UnknownReference("Company not found")
    total, found = await queries.activities(
        db, call.org_id, account_id, period, by=by, descending=down, page=page
    )
    return Activities(total, [_row(call.defs, some) for some in found if some.code in call.defs.types])


def _order(call: Call[Any, Any], sorting: Sorting | None) -> str:
    name = (sorting.ColumnName or "").strip() if sorting is not None else ""
    if name and name not in queries.SORTED_BY:
        call.notice("unknown-sort-column", name)
    return name if name in queries.SORTED_BY else "ActivityDateTime"


def _row(defs: Definitions, activity: Activity) -> Row:
    kind = defs.types[activity.code]
    fields: dict[str, str | None] = {"Status": activity.status, "Owner": activity.owner_id}
    for field in kind.fields.values():
        if field.name in activity.fields and (text := printed(kind, field, activity)) is not None:
            fields[field.name] = text
    return Row(
        CompanyActivityId=activity.id,
        RelatedCompanyId=activity.account_id or "",
        ActivityEvent=activity.code,
        ActivityNote=activity.note,
        ActivityDateTime=plain_time(activity.happened_on),
        ActivityType=activity_type(kind),
        CreatedByName=defs.user_name(activity.created_by),
        ActivityDisplayName=kind.display_name,
        CreatedOn=plain_time(activity.created_on),
        ModifiedOn=plain_time(activity.modified_on),
        CreatedBy=activity.created_by,
        ModifiedBy=activity.modified_by,
        ModifiedByName=defs.user_name(activity.modified_by),
        ActivityFields=fields,
    )


class OfActivity(Query):
    """The activity's id."""

    activityId: str | None = None


@read("GET /CompanyActivity.svc/RetrieveById", page="retrieve-an-account-activity-by-activity-id")
async def retrieve_by_id(call: Call[OfActivity, None], db: Any) -> Row:
    """Retrieve an Account Activity by Activity Id.

    The activity as in the list of its account.
    """
    activity_id = needed(call.query.activityId, "activityId", "retrieving account activity")
    found = None
    if is_id(activity_id):
        found = await queries.activity(db, call.org_id, seen_by(call), activity_id)
    if found is None or found.code not in call.defs.types:
        raise rules.unknown_activity()
    return _row(call.defs, found)
