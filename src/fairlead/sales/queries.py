"""Every SQL statement about sales and products, but for the making of products: `orgs.queries`."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

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
