"""The list of sales: of a period, an owner, a product, a status; what they add up to, a page at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.responses import Response

from fairlead.leads import queries as leads
from fairlead.leads.pages.record import name_of
from fairlead.leads.queries import SeenLead
from fairlead.records.picture import is_id
from fairlead.records.rows import Activity
from fairlead.sales import queries
from fairlead.sales.drafts import STATUSES
from fairlead.sales.pages import periods
from fairlead.sales.pages.family import page
from fairlead.sales.queries import Chosen, Found
from fairlead.web.pager import Pager
from fairlead.web.visit import Visit, with_query

ADDRESS = "/app/sales"
NEWEST = "-sold"
CANCELLED = "Cancelled"
"""What `status` says for the sales that were cancelled; they count nowhere else."""

_PARAMETERS = ("period", "from", "to", "owner", "product", "status", "sort", "page")


@page("GET /sales", nav="sales")
async def sales(visit: Visit) -> Response:
    """Sales that the person may see, the latest first; of this month, unless another period is asked for."""
    said = {name: visit.query.get(name, "").strip() for name in _PARAMETERS}
    said["period"] = said["period"] if said["period"] in dict(periods.PERIODS) else _usual(said)
    sort = said["sort"] if said["sort"].removeprefix("-") in queries.SORTED_BY else NEWEST
    today = visit.now.astimezone(visit.zone).date()
    period = periods.read(said["period"], said["from"], said["to"], today, visit.zone)
    is_days = said["period"] == periods.DATES
    said |= {name: "" for name in ("from", "to") if not is_days or periods.day_of(said[name]) is None}
    pager = Pager(ADDRESS, visit.query)
    found = Found([], [])
    async with visit.db() as db:
        if not period.problem and _are_ids(said["owner"], said["product"]):
            found = await queries.find(
                db,
                visit.org_id,
                visit.sees,
                _chosen(said, period),
                sort=sort.removeprefix("-"),
                descending=sort.startswith("-"),
                offset=pager.offset,
                limit=pager.size,
            )
        of = await leads_of(visit, db, found.sales)
    kept = {name: said[name] for name in _PARAMETERS if name not in ("sort", "page")}
    kept["period"] = "" if kept["period"] == periods.MONTH else kept["period"]
    response = visit.page(
        "sales/list.html",
        title="Sales",
        said=said,
        period=period,
        found=found,
        leads=of,
        name_of=name_of,
        product_of=product_name(visit),
        pager=pager.found(len(found.sales), total=found.count),
        sort=sort,
        address=with_query(ADDRESS, **kept),
        is_filtered=any(kept.values()),
        choices=_choices(visit, said),
        totals=sorted(found.totals, key=lambda some: (_place(some.status), some.status)),
    )
    if visit.is_htmx and visit.request.headers.get("hx-target") == "results":
        response.headers["HX-Replace-Url"] = with_query(ADDRESS, **kept, sort="" if sort == NEWEST else sort)
    return response


def _place(status: str) -> int:
    """Statuses in their order, one that is none of them last."""
    return STATUSES.index(status) if status in STATUSES else len(STATUSES)


def _usual(said: dict[str, str]) -> str:
    """The period that is meant when none is named: the days that were entered, else this month."""
    return periods.DATES if said["from"] or said["to"] else periods.MONTH


def _are_ids(*texts: str) -> bool:
    return all(not text or is_id(text) for text in texts)


def _chosen(said: dict[str, str], period: periods.Period) -> Chosen:
    cancelled = said["status"] == CANCELLED
    return Chosen(
        since=period.since,
        until=period.until,
        owner=said["owner"].lower(),
        product=said["product"].lower(),
        status="" if cancelled else said["status"],
        cancelled=cancelled,
    )


def _choices(visit: Visit, said: dict[str, str]) -> dict[str, list[tuple[str, str]]]:
    """What the filters offer: (value, words). People and products of the past are there: they have sold."""
    people = [(user.id, user.name or user.email) for user in visit.defs.users.values()]
    products = [
        (one.id, one.name if one.active else f"{one.name} (deleted)") for one in visit.defs.products.values()
    ]
    return {
        "period": list(periods.PERIODS),
        "owner": [("", "Any owner"), *_by_words(people)],
        "product": [("", "Any product"), *_by_words(products)],
        "status": [("", "Any status"), *((one, one) for one in STATUSES), (CANCELLED, CANCELLED)],
    }


def _by_words(some: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    return sorted(some, key=lambda one: one[1].casefold())


def product_name(visit: Visit) -> Any:
    """Says what a sale sold: the product's name, its id when nobody knows it any more."""
    names = {product.id: product.name for product in visit.defs.products.values()}
    return lambda sale: names.get(str(sale.fields.get("mx_Custom_1")), sale.fields.get("mx_Custom_1") or "–")


async def leads_of(visit: Visit, db: Any, found: Sequence[Activity]) -> dict[str, SeenLead]:
    """The leads of these sales by id, as far as the person may see them."""
    ids = list(dict.fromkeys(sale.lead_id for sale in found if sale.lead_id))
    return {one.id: one for one in await leads.by_ids(db, visit.org_id, visit.sees, ids)}
