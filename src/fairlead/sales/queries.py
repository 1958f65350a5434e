"""Every SQL statement about sales and products, but for the making of products: `orgs.queries`."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec

from fairlead.activities.queries import Where
from fairlead.orgs.definitions import Product
from fairlead.records.rows import Activity

# Newest sale first; stored dates are texts of one shape, so that text order is time order. The lead's owner is
# compared for callers who see only their own leads.
SALES_OF_LEAD = """
select row_to_json(a)::text from activity a
join lead l on l.org_id = a.org_id and l.id = a.lead_id
where a.org_id = $1 and a.lead_id = $2 and a.code = 30 and not a.cancelled
    and ($3::uuid is null or l.owner_id = $3)
order by a.fields->>'mx_Custom_3' desc nulls last, a.id desc limit $4 offset $5
"""

SALE = """
select row_to_json(a)::text from activity a
join lead l on l.org_id = a.org_id and l.id = a.lead_id
where a.org_id = $1 and a.id = $2 and a.code = 30 and ($3::uuid is null or l.owner_id = $3)
"""

_decode = msgspec.json.Decoder(Activity, float_hook=Decimal).decode


async def sales_of_lead(
    db: Any, org_id: int, lead_id: str, *, owner_id: str | None, limit: int | None = None, offset: int = 0
) -> list[Activity]:
    """Sales of a lead that are not cancelled; `owner_id` = only if this user owns the lead; no limit = all."""
    rows = await db.fetch(SALES_OF_LEAD, org_id, lead_id, owner_id, limit, offset)
    return [_decode(row[0]) for row in rows]


async def sale(db: Any, org_id: int, id: str, *, owner_id: str | None) -> Activity | None:
    """A sale, cancelled or not; `owner_id` = only if this user owns its lead."""
    text = await db.fetchval(SALE, org_id, id, owner_id)
    return _decode(text) if text is not None else None


UPDATE_PRODUCT = """
update product set sku = $3, name = $4, description = $5, active = $6, modified_by = $7, modified_on = $8
where org_id = $1 and id = $2
"""


async def update_product(db: Any, org_id: int, product: Product) -> None:
    """Store a changed product."""
    await db.execute(
        UPDATE_PRODUCT,
        org_id,
        product.id,
        product.sku,
        product.name,
        product.description,
        product.active,
        product.modified_by,
        product.modified_on,
    )


# FINDING -----------------------------------------------------------------------------------------------

# One pass over the sales that are meant, kept narrow: what they add up to and a page of them are read off it. The
# day of a sale is a text in UTC, of one shape.
FOUND = """
with hit as materialized (
    select a.id, a.status, a.modified_on as changed, a.fields->>'mx_Custom_3' as sold,
        case when jsonb_typeof(a.fields->'mx_Custom_2') = 'number' then (a.fields->>'mx_Custom_2')::numeric end as worth
    from activity a where a.org_id = $1 and a.code = 30 and {where})
select (select json_agg(t)::text from (
        select coalesce(h.status, '') as status, count(*) as count, coalesce(sum(h.worth), 0) as worth
        from hit h group by 1) t) as totals,
    (select json_agg(p)::text from (
        select a.* from (select h.* from hit h order by {order} limit $2 offset $3) h
        join activity a on a.org_id = $1 and a.id = h.id order by {order}) p) as sales
"""

SORTED_BY = ("sold", "worth", "status", "changed")
"""What sales can be sorted by."""


class Chosen(msgspec.Struct, frozen=True, kw_only=True):
    """Which sales are looked at: sold from `since` on, before `until`; an empty text and None ask for nothing."""

    since: datetime | None = None
    until: datetime | None = None
    owner: str = ""
    product: str = ""
    status: str = ""
    cancelled: bool = False


class Total(msgspec.Struct):
    """How many sales have a status, and what they are worth together."""

    status: str
    count: int
    worth: Decimal


class Found(msgspec.Struct):
    """What the sales add up to by status, and a page of them."""

    totals: list[Total]
    sales: list[Activity]

    @property
    def count(self) -> int:
        """All of them."""
        return sum(some.count for some in self.totals)

    @property
    def worth(self) -> Decimal:
        """Of all of them."""
        return sum((some.worth for some in self.totals), Decimal(0))


_read_sales = msgspec.json.Decoder(list[Activity], float_hook=Decimal).decode
_read_totals = msgspec.json.Decoder(list[Total], float_hook=Decimal).decode


async def find(
    db: Any,
    org_id: int,
    owner_id: str | None,
    chosen: Chosen,
    *,
    sort: str,
    descending: bool,
    offset: int,
    limit: int,
) -> Found:
    """Sales that are meant; `owner_id` = only on leads of this user; `sort`: one of SORTED_BY."""
    if sort not in SORTED_BY:
        raise LookupError(sort)
    where = Where(org_id, limit, offset)
    where.add("a.cancelled" if chosen.cancelled else "not a.cancelled")
    for column, sign, at in (("sold", ">=", chosen.since), ("sold", "<", chosen.until)):
        if at is not None:
            where.add(f"{_STORED[column]} {sign} {{}}", f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}")
    for column, value in (("owner", chosen.owner), ("product", chosen.product), ("status", chosen.status)):
        if value:
            where.add(f"{_STORED[column]} = {{}}", value)
    where.owned_by(owner_id)
    way = "desc nulls last" if descending else "asc nulls first"
    order = f"h.{sort} {way}, h.id {'desc' if descending else 'asc'}"
    row = await db.fetchrow(FOUND.format(where=where, order=order), *where.parameters)
    return Found(
        _read_totals(row["totals"]) if row["totals"] else [],
        _read_sales(row["sales"]) if row["sales"] else [],
    )


_STORED = {
    "sold": "a.fields->>'mx_Custom_3'",
    "owner": "a.fields->>'mx_Custom_4'",
    "product": "a.fields->>'mx_Custom_1'",
    "status": "a.status",
}
