"""Capturing, adding and updating opportunities, one at a time and in bulk."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from fairlead.activities.rules import auto_number
from fairlead.errors import ApiError, DomainError, InvalidEventCode, InvalidSearchBy, MandatoryMissing
from fairlead.leads import rules as leads
from fairlead.leads.drafts import Draft, draft, search_field
from fairlead.leads.records import named, record_of_lead
from fairlead.opportunities import rules
from fairlead.opportunities.api.family import write
from fairlead.records.picture import new_id
from fairlead.wire.bulk import each_row
from fairlead.wire.operation import Body, Call, Plan, Query, Queued
from fairlead.wire.types import Done, Id, Pair, Scalar, check_names, rows_of, truth

LIMIT = 25
"""Rows in one bulk call."""


class UpdateOpportunity(Body):
    """The opportunity by its id or the AutoId value that its type shows, and what changes on it."""

    ProspectOpportunityId: Scalar = None
    OpportunityNote: Scalar | UnsetType = UNSET
    Fields: list[Pair] | None = None
    ValidateDropDownOptions: Scalar = None


def _opportunity(_: dict[str, str], body: Any) -> str | None:
    return named(body.get("ProspectOpportunityId"))


def _number(body: Any) -> int | None:
    return auto_number(named(body.get("ProspectOpportunityId")) or "")


@write(
    "POST /OpportunityManagement.svc/Update",
    page="update-an-opportunity",
    queued=Queued(
        "/opportunity/update", "Opportunity Update", "RequestID", record=_opportunity, number=_number
    ),
)
def update(call: Call[None, UpdateOpportunity]) -> Plan[Done[Id]]:
    """Update an Opportunity.

    Only the fields sent change. Another Status without a stage keeps the stage if the status allows it, else the stage
    is the first one of the status. ValidateDropDownOptions true frees drop-downs from their options, but the Status is
    always Open, Won or Lost.
    """
    body = call.body
    check_names(body.Fields)
    reference = _reference(body.ProspectOpportunityId, "updating opportunity")
    found = yield from rules.update(
        call,
        reference,
        body.Fields,
        note=None if body.OpportunityNote is UNSET else body.OpportunityNote,
        note_sent=body.OpportunityNote is not UNSET,
        skip_options=truth(body.ValidateDropDownOptions, "ValidateDropDownOptions"),
    )
    return Done(Message=Id(found.id))


def _reference(value: Scalar, action: str) -> str:
    text = "" if value is None else str(value).strip()
    if not text:
        raise MandatoryMissing("ProspectOpportunityId", action)
    return text


class NewOpportunity(Body):
    """The opportunity part of a capture."""

    OpportunityEventCode: Scalar = None
    OpportunityNote: Scalar = None
    OpportunityDateTime: Scalar = None
    OpportunityOwnerEmail: Scalar = None
    OverwriteFields: Scalar = None
    UpdateEmptyFields: Scalar = None
    DoNotPostDuplicateActivity: Scalar = None
    DoNotChangeOwner: Scalar = None
    Fields: list[Pair] | None = None
    ValidateDropDownOptions: Scalar = None


class CaptureOpportunity(Body):
    """Attributes of the lead with SearchBy, and the opportunity."""

    LeadDetails: list[Pair] | None = None
    Opportunity: NewOpportunity | None = None
    ValidateDropDownOptions: Scalar = None


class Action(msgspec.Struct):
    """What was done about duplicates: 1 created, 2 the match was updated, 3 nothing was created."""

    PostDeDupActionPerformed: int
    ActivityId: str


class Captured(msgspec.Struct):
    """The answer to a capture: `Status` 0 success, 1 failure.

    `RequestId` is an id of the capture itself: the reply of a queued one has another than its request.
    """

    Status: int
    PrimaryAction: int
    SecondaryAction: int
    ExceptionType: str | None
    ExceptionMessage: str | None
    RequestId: str
    RelatedProspectId: str | None
    IsUnique: bool
    CreatedOpportunityId: str | None
    ConflictedOpportunityId: str | None
    AdditionalDetails: list[Action]
    OverwriteFields: bool
    UpdateEmptyFields: bool
    DoNotPostDuplicateActivity: bool
    DoNotChangeOwner: bool


def _lead(_: dict[str, str], body: Any) -> str | None:
    return record_of_lead(body.get("LeadDetails"))


def _refusal(reply: Captured) -> str | None:
    """What went wrong, when it did: a capture fails without an error."""
    return reply.ExceptionMessage if reply.Status == 1 else None


@write(
    "POST /OpportunityManagement.svc/Capture",
    page="capture-opportunities",
    queued=Queued("/opportunity/capture", "Opportunity Capture", "RequestId", record=_lead, refusal=_refusal),
)
def capture(call: Call[None, CaptureOpportunity]) -> Plan[Captured]:
    """Capture Opportunities.

    Finds the lead by SearchBy or creates it, writes its attributes, and opens the opportunity, unless a duplicate
    rule of its type finds the same one on the lead. A refusal of the rules is HTTP 200 with Status 1. Where the blanks
    of a duplicate are filled, a drop-down value that its other values do not allow is left out.
    """
    body = call.body
    action = "capturing opportunity"
    check_names(body.LeadDetails)
    check_names(body.Opportunity.Fields if body.Opportunity is not None else None)
    if not body.LeadDetails:
        raise MandatoryMissing("LeadDetails", action)
    lead = draft(call, body.LeadDetails)
    if lead.search_by is None:
        raise MandatoryMissing("SearchBy", action)
    new = body.Opportunity
    if new is None:
        raise MandatoryMissing("Opportunity", action)
    if new.OpportunityEventCode is None or new.OpportunityEventCode == "":
        raise MandatoryMissing("OpportunityEventCode", action)
    sent = {name: _lenient(getattr(new, name)) for name in _FLAGS}
    try:
        _check_search_by(call, lead, action)
    except DomainError as error:
        return _failed(error, sent)
    try:
        flags = _flags(new)
        wish = _wish(call, new, skip=truth(body.ValidateDropDownOptions, "ValidateDropDownOptions"))
        lead.check()
        result = yield from rules.capture(call, lead, wish, flags)
    except (DomainError, MandatoryMissing) as error:
        return _failed(error, sent)
    performed = 1 if result.is_new else 2 if result.changed else 3
    return Captured(
        Status=0,
        PrimaryAction=0,
        SecondaryAction=0,
        ExceptionType=None,
        ExceptionMessage=None,
        RequestId=new_id(),
        RelatedProspectId=result.lead.id,
        IsUnique=result.is_new,
        CreatedOpportunityId=result.target.id if result.is_new else None,
        ConflictedOpportunityId=None if result.is_new else result.target.id,
        AdditionalDetails=[Action(performed, result.activity_id)],
        **sent,
    )


def _check_search_by(call: Call[Any, Any], lead: Draft, action: str) -> None:
    """SearchBy must name a unique field among the attributes. Raises InvalidSearchBy, MandatoryMissing."""
    if lead.search_by == "ProspectID":  # Vendor: only in a capture the spelling is strict
        raise InvalidSearchBy
    leads.check_search_by(call, lead, action=action)


_FLAGS = ("OverwriteFields", "UpdateEmptyFields", "DoNotPostDuplicateActivity", "DoNotChangeOwner")


def _lenient(value: Scalar) -> bool:
    return value is not None and str(value).strip().lower() in ("true", "1")


def _failed(error: ApiError, sent: dict[str, bool]) -> Captured:
    return Captured(
        Status=1,
        PrimaryAction=0,
        SecondaryAction=0,
        ExceptionType=error.type,
        ExceptionMessage=error.message,
        RequestId=new_id(),
        RelatedProspectId=None,
        IsUnique=False,
        CreatedOpportunityId=None,
        ConflictedOpportunityId=None,
        AdditionalDetails=[],
        **sent,
    )


def _flags(new: NewOpportunity) -> rules.Flags:
    return rules.Flags(
        overwrite=truth(new.OverwriteFields, "OverwriteFields"),
        fill=truth(new.UpdateEmptyFields, "UpdateEmptyFields"),
        silent=truth(new.DoNotPostDuplicateActivity, "DoNotPostDuplicateActivity"),
        keep_owner=truth(new.DoNotChangeOwner, "DoNotChangeOwner"),
    )


def _wish(call: Call[Any, Any], new: NewOpportunity, *, skip: bool = False) -> rules.Wish:
    return rules.Wish(
        call,
        code=new.OpportunityEventCode,
        note=new.OpportunityNote,
        at=new.OpportunityDateTime,
        fields=new.Fields,
        owner_email=new.OpportunityOwnerEmail,
        skip_options=skip or truth(new.ValidateDropDownOptions, "ValidateDropDownOptions"),
    )


class BySearch(Query):
    """The unique lead field that the rows name their leads by."""

    SearchBy: str | None = None


class RowByValue(NewOpportunity):
    """An opportunity and the unique value of its lead."""

    SearchByValue: Scalar = None


class Added(msgspec.Struct, omit_defaults=True):
    """The result of a row; a duplicate has the conflicting id and no exception."""

    ProspectOpportunityId: str | None
    RowNumber: int
    OpportunityCreated: bool
    ExceptionType: str | None = None
    ExceptionMessage: str | None = None


class AllAdded(msgspec.Struct):
    """One result per row, in the order of the rows."""

    Response: list[Added]


@write("POST /OpportunityManagement.svc/Bulk/Add/ByLeadField", page="add-opportunities-in-bulk", bulk=LIMIT)
def add_in_bulk(call: Call[BySearch, list[RowByValue]]) -> Plan[AllAdded]:
    """Add Opportunities in Bulk.

    Opens up to 25 opportunities, each on the lead that holds its row's value in the field SearchBy names. No lead
    is ever created; a bad row never stops the others.
    """
    for row in call.body:
        check_names(row.Fields)
    search_by = (call.query.SearchBy or "").strip()
    if not search_by:
        raise MandatoryMissing("SearchBy", "adding opportunities")
    field = search_field(call.defs, search_by)
    rows_of(call.body, LIMIT)

    def add(row: RowByValue) -> Plan[rules.Opened]:
        if row.SearchByValue is None or row.SearchByValue == "":
            raise MandatoryMissing("SearchByValue", "adding opportunity")
        if row.OpportunityEventCode is None or row.OpportunityEventCode == "":
            raise MandatoryMissing("OpportunityEventCode", "adding opportunity")
        flags, wish = _flags(row), _wish(call, row)
        return (yield from rules.add(call, field, row.SearchByValue, wish, flags))

    found = yield from each_row(add(row) for row in call.body)
    return AllAdded([_added(number, result) for number, result in enumerate(found, 1)])


def _added(number: int, result: rules.Opened | ApiError) -> Added:
    if isinstance(result, ApiError):
        return Added(None, number, False, result.type, result.message)
    return Added(result.target.id, number, result.is_new)


class RowToUpdate(UpdateOpportunity):
    """An update in bulk; the event code must be the opportunity's."""

    OpportunityEventCode: Scalar = None


class Updated(msgspec.Struct, omit_defaults=True):
    """The result of a row: three members when it was done, the error's two besides when it was not."""

    ProspectOpportunityId: str | None
    RowNumber: int
    OpportunityUpdated: bool
    ExceptionType: str | None = None
    ExceptionMessage: str | None = None


class AllUpdated(msgspec.Struct):
    """One result per row, in the order of the rows."""

    Response: list[Updated]


@write(
    "POST /OpportunityManagement.svc/Bulk/Update/ByOpportunityId",
    page="bulk-update-opportunities",
    bulk=LIMIT,
)
def update_in_bulk(call: Call[None, list[RowToUpdate]]) -> Plan[AllUpdated]:
    """Bulk Update Opportunities.

    Changes up to 25 opportunities; rows may set different fields. A bad row never stops the others.
    """
    for row in call.body:
        check_names(row.Fields)
    rows_of(call.body, LIMIT)

    def change(row: RowToUpdate) -> Plan[str]:
        reference = _reference(row.ProspectOpportunityId, "updating opportunity")
        if row.OpportunityEventCode is None or row.OpportunityEventCode == "":
            raise InvalidEventCode
        found = yield from rules.update(
            call,
            reference,
            row.Fields,
            note=None if row.OpportunityNote is UNSET else row.OpportunityNote,
            note_sent=row.OpportunityNote is not UNSET,
            code=row.OpportunityEventCode,
            skip_options=truth(row.ValidateDropDownOptions, "ValidateDropDownOptions"),
        )
        return found.id

    found = yield from each_row(change(row) for row in call.body)
    return AllUpdated(
        [
            Updated(None, number, False, result.type, result.message)
            if isinstance(result, ApiError)
            else Updated(result, number, True)
            for number, result in enumerate(found, 1)
        ]
    )
