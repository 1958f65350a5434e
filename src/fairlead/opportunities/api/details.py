"""Reading opportunities by their ids: one with its fields, many, and the activities of one."""

from __future__ import annotations

from typing import Any

import msgspec

from fairlead.activities.api.timeline import CAP, ON_LEADS, file_urls
from fairlead.activities.rendering import field_objects
from fairlead.activities.rules import only_owner
from fairlead.errors import InvalidEventCode, InvalidInput, MandatoryMissing
from fairlead.fields.printing import FieldObject
from fairlead.metadata.api.lead_fields import date_text
from fairlead.opportunities import finding, queries
from fairlead.opportunities.api.family import read
from fairlead.opportunities.api.listing import Listing
from fairlead.opportunities.api.reading import Rows, code_given, leads_of, sorted_by
from fairlead.opportunities.rendering import BY_ID, OF_ACTIVITY, Choice, Row, activity_row, by_id_row, choice
from fairlead.orgs.definitions import RecordType
from fairlead.wire.operation import Body, Call, Query
from fairlead.wire.types import Columns, Scalar, code_of, names_of, page_of

MOST_IDS = 2000
"""Ids in one call."""


class ById(Query):
    """The opportunity by its id, or by the AutoId value that its type shows."""

    OpportunityId: str | None = None
    getFileURL: str | None = None


class Details(msgspec.Struct):
    """An opportunity with its fields, and who made and changed it when."""

    ID: str
    Name: str
    DisplayName: str
    Fields: list[FieldObject]
    RelatedProspectId: str | None
    OpportunityNote: str | None
    CreatedOn: str
    CreatedByName: str | None
    ModifiedOn: str
    ModifiedByName: str | None


@read("GET /OpportunityManagement.svc/GetOpportunityDetails", page="get-an-opportunity-by-id")
async def details(call: Call[ById, None], db: Any) -> Details:
    """Get an Opportunity by Id.

    The opportunity's type and its fields with their values and options; the note is the first. The two dates behind
    the fields are `/Date(<milliseconds since 1970>+0000)/`.
    """
    reference = (call.query.OpportunityId or "").strip()
    if not reference:
        raise MandatoryMissing("OpportunityId", "retrieving opportunity")
    file_urls(call, call.query.getFileURL)
    found, kind = await finding.one(call, db, reference, owner=only_owner(call))
    return Details(
        ID=found.id,
        Name=kind.name,
        DisplayName=kind.display_name,
        Fields=field_objects(kind, found),
        RelatedProspectId=found.lead_id,
        OpportunityNote=found.note,
        CreatedOn=date_text(found.happened_on),
        CreatedByName=call.defs.user_name(found.created_by),
        ModifiedOn=date_text(found.modified_on),
        ModifiedByName=call.defs.user_name(found.modified_by),
    )


class Wanted(Body):
    """Opportunities of one type by id, and which columns of them."""

    EventCode: Scalar = None
    ProspectActivityId: list[Scalar] | None = None
    Columns: Columns | None = None


class ByIds(Body):
    """What is wanted, by type."""

    SearchParameters: list[Wanted] | None = None


class Found(msgspec.Struct):
    """The opportunities of one type."""

    EventCode: str
    RecordCount: int
    Opportunities: list[Row]


@read("POST /OpportunityManagement.svc/GetOpportunitiesById", page="get-opportunities-in-bulk-by-ids")
async def by_ids(call: Call[None, ByIds], db: Any) -> list[Found]:
    """Get Opportunities in Bulk by Ids.

    An element per element of `SearchParameters`, in order, its opportunities in the order of the ids; unknown ids, and
    those of another type, are skipped. At most 2,000 ids in all. Dates are like `4/6/2023 3:23:34 PM`.
    """
    wanted = call.body.SearchParameters
    if not wanted:
        raise MandatoryMissing("SearchParameters", "retrieving opportunities")
    for element in wanted:
        _check_mandatory(element)
    kinds = [_kind(call, element) for element in wanted]
    references = [_texts(element) for element in wanted]
    if sum(map(len, references)) > MOST_IDS:
        what = f"Number of records can not be more than {MOST_IDS}."
        raise InvalidInput(what)
    every = {text for texts in references for text in texts}
    found = await finding.many(call, db, every, owner=only_owner(call))
    leads = await leads_of(call, db, found.values())
    reply = []
    for element, kind, texts in zip(wanted, kinds, references, strict=True):
        chosen = _columns(call, element.Columns, kind)
        named = {found[text].id: found[text] for text in texts if text in found}
        rows = [
            by_id_row(call.defs, some, leads[some.lead_id or ""], chosen)
            for some in named.values()
            if some.code == kind.code and some.lead_id in leads
        ]
        reply.append(Found(str(kind.code), len(rows), rows))
    return reply


def _check_mandatory(element: Wanted) -> None:
    action = "retrieving opportunities"
    if element.EventCode is None or element.EventCode == "":
        raise MandatoryMissing("EventCode", action)
    if not element.ProspectActivityId:
        raise MandatoryMissing("ProspectActivityId", action)
    if element.Columns is None:
        raise MandatoryMissing("Columns", action)


def _kind(call: Call[Any, Any], element: Wanted) -> RecordType:
    code = code_of(element.EventCode)
    kind = call.defs.types.get(code) if code is not None else None
    if kind is None or kind.kind != "opportunity":
        raise InvalidEventCode
    return kind


def _texts(element: Wanted) -> list[str]:
    return [str(sent).strip() for sent in element.ProspectActivityId or () if sent is not None]


def _columns(call: Call[Any, Any], columns: Columns | None, kind: RecordType) -> Choice:
    """The columns asked for, in that order; without Include_CSV every field of the type."""
    chosen = choice(call, columns, [kind], (*BY_ID, "OwnerEmailAddress"))
    if columns is None or names_of(columns.Include_CSV):
        return chosen
    # Vendor: silent on Columns that name none.
    without = names_of(columns.Exclude_CSV)
    return Choice([name for name in kind.fields if name not in without])


class OfOpportunity(Query):
    """The opportunity by its id or the AutoId value that its type shows; one type of activity only, if wanted."""

    opportunityId: str | None = None
    activityEventCode: str | None = None


class OfOpportunityListing(Listing):
    """One type of activity only, if wanted; which columns, sorted how, which page."""

    activityEventCode: Scalar = None


@read(
    "POST /OpportunityManagement.svc/GetActivitiesOfOpportunity",
    page="get-activities-of-an-opportunity",
    body_optional=True,
)
async def activities_of(call: Call[OfOpportunity, OfOpportunityListing | None], db: Any) -> Rows:
    """Get Activities of an Opportunity.

    Newest first unless sorted otherwise, 25 rows unless paged, at most 1000. Besides the columns that every row has,
    it has those of the fields named in Include_CSV, or all fields of the activity's type.
    """
    reference = (call.query.opportunityId or "").strip()
    if not reference:
        raise MandatoryMissing("opportunityId", "retrieving activities")
    body = call.body or OfOpportunityListing()
    code = code_given(
        (call.query.activityEventCode or "").strip() or body.activityEventCode, "activityEventCode"
    )
    # Vendor: silent on the largest page; this is a read of activities, which refuse a larger one.
    page = page_of(body.Paging, cap=CAP)
    kinds = [kind for kind in call.defs.of_kind(*ON_LEADS) if code in (None, kind.code)]
    if not kinds:
        call.notice("unknown-event-code", str(code))
    order = sorted_by(call, body.Sorting, kinds)
    chosen = choice(call, body.Columns, kinds, OF_ACTIVITY)
    opportunity, _ = await finding.one(call, db, reference, owner=only_owner(call))
    total, found = await queries.activities_of(
        db, call.org_id, opportunity.id, code=code, order=order, page=page
    )
    known = [row for row in found if row.code in call.defs.types]
    return Rows(total, [activity_row(call.defs, row, total, chosen) for row in known])


class Account(Query):
    """The number of an account."""

    orgId: str | None = None


class Feature(msgspec.Struct):
    """`Enabled` or `Disabled`."""

    OpportunityManagement: str


@read("GET /OpportunityManagement.svc/IsOpportunityEnabled", page="check-if-opportunity-feature-is-enabled")
async def is_enabled(call: Call[Account, None], db: Any) -> Feature:
    """Check If Opportunity Feature Is Enabled.

    `Enabled` for the account of the key, `Disabled` for another account number.
    """
    # Vendor: silent on a call without orgId; it can only mean the account of the key.
    asked = (call.query.orgId or "").strip()
    return Feature("Enabled" if asked in ("", call.defs.org.short_code) else "Disabled")
