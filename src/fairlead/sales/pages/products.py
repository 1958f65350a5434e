"""Manage Products: the list, a new one, and what may change about one."""

from __future__ import annotations

from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import Response

from fairlead.errors import ApiError, Duplicate
from fairlead.orgs.definitions import Product
from fairlead.sales import catalogue
from fairlead.sales.pages.family import action, page
from fairlead.web.pager import Pager
from fairlead.web.screens import ROOT
from fairlead.web.visit import UNPROCESSABLE, Visit, sentence, with_query
from fairlead.wire.operation import Call

PATH = "/settings/products"
ADDRESS = ROOT + PATH
NAV = "products"
_LIMITS = {"sku": 200, "name": 200, "description": 4000}


@page(f"GET {PATH}", nav=NAV)
async def products(visit: Visit) -> Response:
    """The products in use, by name; `q` is part of SKU, name or description."""
    part = visit.query.get("q", "").strip()
    found = sorted(
        catalogue.products(visit.defs, text=part or None), key=lambda some: (some.name.casefold(), some.id)
    )
    pager = Pager(ADDRESS, visit.query)
    return visit.page(
        "sales/products.html",
        title="Manage Products",
        address=ADDRESS,
        products=pager.part_of(found),
        part=part,
        pager=pager,
    )


@page("GET /products", nav=NAV)
async def elsewhere(visit: Visit) -> Response:
    """Where products are looked for; they stand among the settings."""
    return visit.redirect(with_query(ADDRESS, q=visit.query.get("q")))


@page(f"GET {PATH}/new", nav=NAV, admin=True)
async def new(visit: Visit) -> Response:
    """The form of a new product."""
    return _form(visit, None)


@action(f"POST {PATH}/new", nav=NAV, admin=True)
async def create(visit: Visit) -> Response:
    """Add a product."""
    sent, errors = _sent(visit)
    if errors:
        return _form(visit, None, errors)

    async def work(call: Call[Any, Any], db: Any) -> None:
        await catalogue.add_product(call, db, **sent)

    try:
        await visit.write(work)
    except ApiError as error:
        return _form(visit, None, _said(error), sentence(error))
    return visit.redirect(ADDRESS, say=f"{sent['name']} can be sold.")


@page(f"GET {PATH}/{{id:uuid}}", nav=NAV, admin=True)
async def one(visit: Visit) -> Response:
    """The form of a product."""
    return _form(visit, _product(visit))


@action(f"POST {PATH}/{{id:uuid}}", nav=NAV, admin=True)
async def save(visit: Visit) -> Response:
    """Change a product."""
    product = _product(visit)
    sent, errors = _sent(visit)
    if errors:
        return _form(visit, product, errors)

    async def work(call: Call[Any, Any], db: Any) -> None:
        await catalogue.change_product(call, db, product.id, **sent)

    try:
        await visit.write(work)
    except ApiError as error:
        return _form(visit, product, _said(error), sentence(error))
    return visit.redirect(ADDRESS, say=f"{sent['name']} is saved.")


@action(f"POST {PATH}/{{id:uuid}}/delete", nav=NAV, admin=True)
async def remove(visit: Visit) -> Response:
    """Take a product out of use."""
    product = _product(visit)

    async def work(call: Call[Any, Any], db: Any) -> None:
        await catalogue.remove_product(call, db, product.id)

    await visit.write(work)
    return visit.redirect(ADDRESS, say=f"{product.name} is deleted. Sales that name it keep it.")


def _product(visit: Visit) -> Product:
    product = visit.defs.products.get(visit.path["id"].lower())
    if product is None or not product.active:
        raise HTTPException(404, "There is no such product: it was deleted, or the address is mistyped.")
    return product


def _form(
    visit: Visit, product: Product | None, errors: dict[str, str] | None = None, problem: str = ""
) -> Response:
    return visit.page(
        "sales/product.html",
        title=product.name if product else "New product",
        status=UNPROCESSABLE if errors or problem else 200,
        address=ADDRESS,
        product=product,
        errors=errors or {},
        problem="" if errors else problem,
    )


def _sent(visit: Visit) -> tuple[dict[str, str], dict[str, str]]:
    """What the form says, and what is wrong with it: a sentence per control."""
    sent = {name: str(visit.form.get(name, "")).strip().replace("\r\n", "\n") for name in _LIMITS}
    errors = {
        name: f"Enter at most {limit} characters."
        for name, limit in _LIMITS.items()
        if len(sent[name]) > limit
    }
    if not sent["sku"]:
        errors["sku"] = "Enter a SKU: integrations name the product by it."
    if not sent["name"]:
        errors["name"] = "Enter a name."
    return sent, errors


def _said(error: ApiError) -> dict[str, str]:
    taken = isinstance(error, Duplicate)
    return (
        {"sku": "Another product has this SKU. Enter another one, or change that product."} if taken else {}
    )
