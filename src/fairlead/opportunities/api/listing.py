"""Reading many opportunities as flat rows: of a lead, of the lead with a unique value, by an advanced search."""

from __future__ import annotations

from typing import Any

from fairlead.activities import queries as activities
from fairlead.activities.criteria import criteria_of
from fairlead.activities.rules import only_owner
from fairlead.errors import InvalidEventCode, InvalidInput, MandatoryMissing
from fairlead.leads import queries as leads
from fairlead.leads.drafts import compared_text, search_field
from fairlead.opportunities import queries
from fairlead.opportunities.api.family import read
from fairlead.opportunities.api.reading import Rows, clamped_page, code_given, leads_of, sorted_by
from fairlead.opportunities.rendering import FLAT, choice, flat_rows
from fairlead.records.picture import is_id
from fairlead.wire import search as grammar
from fairlead.wire.operation import Body, Call, Query
from fairlead.wire.types import Columns, Paging, Scalar, Sorting, code_of

RETRIEVING = "retrieving opportunities"


class Listing(Body):
    """Which columns, sorted how, which page."""

    Columns: Columns | None = None
    Paging: Paging | None = None
    Sorting: Sorting | None = None


class OfLead(Query):
    """The lead's id; one type only, if wanted."""

    leadId: str | None = None
    opportunityType: str | None = None


@read(
    "POST /OpportunityManagement.svc/GetOpportunitiesOfLead",
    page="get-opportunities-by-lead-id",
    body_optional=True,
)
async def of_lead(call: Call[OfLead, Listing | None], db: Any) -> Rows:
    """Get Opportunities by Lead Id.

    Newest first unless sorted otherwise, 25 rows unless paged, at most 1000. `opportunityType` is an event code;
    without it opportunities of all types are found. An unknown lead has none.
    """
    lead_id = (call.query.leadId or "").strip().lower()
    if not lead_id:
        raise MandatoryMissing("leadId", RETRIEVING)
    code = code_given((call.query.opportunityType or "").strip(), "opportunityType")
    return await _of_lead(call, db, lead_id, call.body or Listing(), code=code)


async def _of_lead(
    call: Call[Any, Any], db: Any, lead_id: str, body: Listing, *, code: int | None = None, **more: str | None
) -> Rows:
    kinds = [kind for kind in call.defs.of_kind("opportunity") if code in (None, kind.code)]
    if code is not None and not kinds:
        # Vendor: silent on an unknown type; a filter that nothing meets, as in the reads of activities.
        call.notice("unknown-event-code", str(code))
    page = clamped_page(call, body.Paging)
    order = sorted_by(call, body.Sorting, kinds)
    chosen = choice(call, body.Columns, kinds, FLAT)
    if not kinds or not is_id(lead_id):
        return Rows(0, [])
    codes = [kind.code for kind in kinds]
    total, found = await queries.of_lead(
        db, call.org_id, lead_id, codes, owner=only_owner(call), order=order, page=page
    )
    return Rows(total, flat_rows(call, found, await leads_of(call, db, found), total, chosen, **more))


class Lookup(Body):
    """A unique lead field and its value; the only operator is `=`."""

    LookupName: str | None = None
    LookupValue: Scalar = None
    SqlOperator: str | None = None


class ByLookup(Listing):
    """The lead, which columns, sorted how, which page."""

    Parameter: Lookup | None = None


@read(
    "POST /OpportunityManagement.svc/GetOpportunitiesByUniqueLeadField",
    page="get-opportunities-by-unique-lead-field",
)
async def by_unique_lead_field(call: Call[None, ByLookup], db: Any) -> Rows:
    """Get Opportunities by Unique Lead Field.

    Opportunities of all types of the lead that holds the value in the field `LookupName`, which must be unique (or
    ProspectId). Rows have TrackingNormalized, always null, before Total.
    """
    lookup = call.body.Parameter
    if lookup is None:
        raise MandatoryMissing("Parameter", RETRIEVING)
    name = (lookup.LookupName or "").strip()
    if not name:
        raise MandatoryMissing("LookupName", RETRIEVING)
    value = "" if lookup.LookupValue is None else str(lookup.LookupValue).strip()
    if not value:
        raise MandatoryMissing("LookupValue", RETRIEVING)
    if (lookup.SqlOperator or "=").strip() != "=":
        raise InvalidInput.value("SqlOperator")
    field = search_field(call.defs, name)
    lead_id = value.lower()
    if field is not None:
        key = compared_text(call, field, lookup.LookupValue)
        found = (
            await leads.by_key(db, call.org_id, only_owner(call), field.name, key) if key is not None else []
        )
        lead_id = found[0].id if found else ""
    return await _of_lead(call, db, lead_id, call.body, TrackingNormalized=None)


class Search(Listing):
    """One type, the search as a JSON text, which columns, sorted how, which page."""

    OpportunityEventCode: Scalar = None
    AdvancedSearch: Scalar = None


@read(
    "POST /OpportunityManagement.svc/Retrieve/BySearchParameter",
    page="opportunity-advanced-search",
    admin=True,
)
async def advanced_search(call: Call[None, Search], db: Any) -> Rows:
    """Opportunity Advanced Search.

    Opportunities of one type that meet the conditions; a page of more than 1000 rows is made as small.
    """
    body = call.body
    for name in ("OpportunityEventCode", "AdvancedSearch"):
        if getattr(body, name) in (None, ""):
            raise MandatoryMissing(name, "searching opportunities")
    code = code_of(body.OpportunityEventCode)
    if code is None:
        raise InvalidInput.value("OpportunityEventCode")
    page = clamped_page(call, body.Paging)
    wanted = grammar.parse(str(body.AdvancedSearch), code)
    kind = call.defs.types.get(code)
    if kind is None or kind.kind != "opportunity":
        raise InvalidEventCode
    criteria = criteria_of(wanted, kind, call.defs)
    order = sorted_by(call, body.Sorting, [kind])
    chosen = choice(call, body.Columns, [kind], FLAT)
    total, found = await activities.search(
        db, call.org_id, code, criteria, owner=only_owner(call), order=order, page=page
    )
    return Rows(total, flat_rows(call, found, await leads_of(call, db, found), total, chosen))
