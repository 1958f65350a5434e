"""The vendor's pages about sales: post, update, cancel, read."""

from __future__ import annotations

from typing import Any

from msgspec import UNSET, UnsetType

from fairlead.errors import MandatoryMissing, UnknownActivity
from fairlead.leads import rules as leads
from fairlead.records.picture import is_id
from fairlead.sales import queries, rendering, rules
from fairlead.sales.drafts import STATUS, Given, Sent, is_empty
from fairlead.wire.operation import Body, Call, Plan, Query, operations
from fairlead.wire.types import AffectedRows, Done, Id, Paging, Pair, Scalar, page_of, truth

registry, read, write = operations()

MOST = 1000
"""Sales on a page."""


class SaleBody(Body):
    """What posting and updating a sale have in common. Custom fields stand in `Fields` or beside it."""

    ProspectId: str | None = None
    ProductSku: Given = UNSET
    Status: Given = UNSET
    Revenue: Given = UNSET
    SalesOwnerEmail: Given = UNSET
    SalesOwnerEmailAddress: Given = UNSET
    SalesOwner: Given = UNSET
    SalesOwnerId: Given = UNSET
    SalesDate: Given = UNSET
    Fields: list[Pair] | None = None
    ValidateDropDownOptions: Scalar = None
    mx_Custom_5: Given = UNSET
    mx_Custom_6: Given = UNSET
    mx_Custom_7: Given = UNSET
    mx_Custom_8: Given = UNSET
    mx_Custom_9: Given = UNSET
    mx_Custom_10: Given = UNSET
    mx_Custom_11: Given = UNSET
    mx_Custom_12: Given = UNSET
    mx_Custom_13: Given = UNSET
    mx_Custom_14: Given = UNSET
    mx_Custom_15: Given = UNSET

    @property
    def owners(self) -> list[Scalar]:
        """Everything that names the owner."""
        named = (self.SalesOwnerEmail, self.SalesOwnerEmailAddress, self.SalesOwner, self.SalesOwnerId)
        return [name for name in named if not isinstance(name, UnsetType)]

    def sent(self) -> Sent:
        """The sale in our words. Raises InvalidInput for a flag that cannot be read."""
        fields = list(self.Fields or ())
        for name in _CUSTOM:
            value = getattr(self, name)
            if value is not UNSET:
                fields.append(Pair(SchemaName=name, Value=value))
        return Sent(
            sku=self.ProductSku,
            amount=self.Revenue,
            owners=self.owners,
            sold_on=self.SalesDate,
            status=self.Status,
            fields=fields,
            skip_options=truth(self.ValidateDropDownOptions, "ValidateDropDownOptions"),
        )


_CUSTOM = tuple(f"mx_Custom_{number}" for number in range(5, 16))


class UpdateSale(SaleBody):
    """The sale and what shall change."""

    Id: str | None = None


class CancelSale(Body):
    """The sale and why it is cancelled; both spellings."""

    activityId: str | None = None
    ActivityId: str | None = None
    activityEventNote: Scalar = None
    ActivityEventNote: Scalar = None


class OneSale(Query):
    """Which sale."""

    activityId: str | None = None


class SalesOfLead(Query):
    """Whose sales, and whether drop-downs come with their options; without paging all of them."""

    leadId: str | None = None
    includeOption: str | None = None
    pageIndex: str | None = None
    pageSize: str | None = None


@write("POST /SalesActivity.svc/Update", page="update-an-existing-sales-activity")
def update_sale(call: Call[None, UpdateSale]) -> Plan[Done[AffectedRows]]:
    """Update a Sales Activity.

    Changes what is sent: product by SKU, revenue, owner by e-mail or user id, date, status, custom fields.
    The lead's revenue follows; a sale that is won now moves the lead to the customer stage, if the settings say
    so. AffectedRows is 0 when everything sent was already stored.
    """
    body = call.body
    if body.Id is None or is_empty(body.Id):
        raise MandatoryMissing("Id", "updating sales activity")
    changed = yield from rules.update(call, body.Id, body.ProspectId, body.sent())
    return Done(Message=AffectedRows(int(changed)))


@write("POST /SalesActivity.svc/Create", page="post-or-add-a-sales-activity-to-a-lead")
def post_sale(call: Call[None, SaleBody]) -> Plan[Done[Id]]:
    """Post a Sales Activity.

    Posts a sale on a lead and adds its revenue to the lead's. Without Status it is Open.
    """
    body = call.body
    required: tuple[tuple[str, Any], ...] = (
        ("ProspectId", body.ProspectId),
        ("ProductSku", body.ProductSku),
        ("Revenue", body.Revenue),
        ("SalesOwnerEmail", next((name for name in body.owners if not is_empty(name)), UNSET)),
        ("SalesDate", body.SalesDate),
    )
    for name, value in required:
        if value is UNSET or is_empty(value):
            raise MandatoryMissing(name, "posting sales activity")
    sent = body.sent()
    if sent.status is UNSET or is_empty(sent.status):
        sent.status = UNSET
        if all(pair.name != STATUS for pair in sent.fields):
            call.notice("mandatory-tolerated", STATUS)
    sale = yield from rules.create(call, body.ProspectId or "", sent)
    return Done(Message=Id(sale.id))


@write("POST /SalesActivity.svc/Cancel", page="cancel-sales-activity")
def cancel_sale(call: Call[None, CancelSale]) -> Plan[Done[Id]]:
    """Cancel a Sales Activity.

    The sale stops counting in the lead's revenue and leaves the lead's list. The id returned is that of a new
    "Sales Activity Cancelled" activity on the lead, which holds the note.
    """
    body = call.body
    sale_id = body.activityId if body.activityId is not None else body.ActivityId
    if sale_id is None or is_empty(sale_id):
        raise MandatoryMissing("activityId", "cancelling sales activity")
    note = body.activityEventNote if body.activityEventNote is not None else body.ActivityEventNote
    activity = yield from rules.cancel(call, sale_id, note)
    return Done(Message=Id(activity.id))


@read("GET /SalesActivity.svc/RetrieveActivity", page="retrieve-sales-activity")
async def get_sale(call: Call[OneSale, None], db: Any) -> rendering.Sale:
    """Get a Sales Activity by Id.

    A cancelled one too. A caller who may not see the lead is told that the sale does not exist.
    """
    sale_id = (call.query.activityId or "").strip().lower()
    if not sale_id:
        raise MandatoryMissing("activityId", "retrieving sales activity")
    if not is_id(sale_id):
        raise UnknownActivity
    sale = await queries.sale(db, call.org_id, sale_id, owner_id=leads.seen_by(call))
    if sale is None:
        raise UnknownActivity
    return rendering.one_sale(call.defs, sale)


@read("GET /SalesActivity.svc/RetrieveByLeadId", page="retrieve-sales-activities-by-lead-id")
async def get_sales_of_lead(call: Call[SalesOfLead, None], db: Any) -> list[rendering.LeadSale]:
    """Get Sales Activities by Lead Id.

    Newest sale first, cancelled ones left out; none for an unknown lead. `includeOption=true` fills OptionSet of
    drop-downs. All sales, unless pageIndex or pageSize is given.
    """
    query = call.query
    lead_id = (query.leadId or "").strip().lower()
    if not lead_id:
        raise MandatoryMissing("leadId", "retrieving sales activities")
    options = truth(query.includeOption, "includeOption")
    limit, offset = None, 0
    if query.pageIndex or query.pageSize:
        page = page_of(Paging(PageIndex=query.pageIndex, PageSize=query.pageSize), cap=MOST)
        limit, offset = page.limit, page.offset
    if not is_id(lead_id):
        return []
    owner_id = leads.seen_by(call)
    sales = await queries.sales_of_lead(
        db, call.org_id, lead_id, owner_id=owner_id, limit=limit, offset=offset
    )
    return [rendering.lead_sale(call.defs, sale, options=options) for sale in sales]
