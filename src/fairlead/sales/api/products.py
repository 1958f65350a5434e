"""The vendor's pages about products."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import UNSET

from fairlead.errors import MandatoryMissing
from fairlead.orgs.definitions import Definitions, Product
from fairlead.sales import catalogue
from fairlead.sales.drafts import Given, is_empty
from fairlead.sales.rendering import ProductRow, product_row
from fairlead.wire.operation import Body, Call, Query, operations
from fairlead.wire.types import AffectedRows, Done, Id, Paging, Scalar, Sorting, descending, page_of

registry, read, write = operations()

MOST = 1000
"""Products on a page."""


class NewProduct(Body):
    """A product: `ProductSku` is the caller's own unique name for it."""

    ProductSku: Scalar = None
    Name: Scalar = None
    Description: Scalar = None


class ChangedProduct(Body):
    """A product and what shall change; absent members keep their value."""

    ProductId: str | None = None
    ProductSku: Given = UNSET
    Name: Given = UNSET
    Description: Given = UNSET


class OneProduct(Query):
    """Which product."""

    id: str | None = None


class ProductFilter(Body):
    """Which products: all that is given must apply; nothing = all."""

    SearchText: Scalar = None
    Id: Scalar = None
    ProductSku: Scalar = None
    Name: Scalar = None


class ProductSearch(Body):
    """Filter, sorting and paging."""

    Parameter: ProductFilter | None = None
    Sorting: Sorting | None = None
    Paging: Paging | None = None


class Products(msgspec.Struct):
    """A page of products; RecordCount counts all that were found."""

    RecordCount: int
    List: list[ProductRow]


@write("POST /SalesActivity.svc/CreateProduct", page="add-a-product", admin=True)
async def create_product(call: Call[None, NewProduct], db: Any) -> Done[Id]:
    """Create a Product.

    ProductSku and Name are required; the SKU must not be in use.
    """
    body = call.body
    product_id = await catalogue.add_product(
        call, db, sku=body.ProductSku, name=body.Name, description=body.Description
    )
    return Done(Message=Id(product_id))


@write("POST /SalesActivity.svc/UpdateProduct", page="update-an-existing-product", admin=True)
async def update_product(call: Call[None, ChangedProduct], db: Any) -> Done[AffectedRows]:
    """Update a Product.

    Changes what is sent. AffectedRows is 0 when everything sent was already stored.
    """
    body = call.body
    if body.ProductId is None or is_empty(body.ProductId):
        raise MandatoryMissing("ProductId", "updating product")
    changed = await catalogue.change_product(
        call, db, body.ProductId, sku=body.ProductSku, name=body.Name, description=body.Description
    )
    return Done(Message=AffectedRows(int(changed)))


@write("GET /SalesActivity.svc/DeleteProduct", page="delete-an-existing-product", admin=True)
async def delete_product(call: Call[OneProduct, None], db: Any) -> Done[AffectedRows]:
    """Delete a Product.

    It leaves the lists and can no longer be sold; sales that name it keep it. Its SKU is free again.
    """
    product_id = call.query.id
    if product_id is None or is_empty(product_id):
        raise MandatoryMissing("id", "deleting product")
    await catalogue.remove_product(call, db, product_id)
    return Done(Message=AffectedRows(1))


@read("POST /SalesActivity.svc/RetrieveProducts", page="retrieve-list-of-products")
async def get_products(call: Call[None, ProductSearch], _db: Any) -> Products:
    """Get Products.

    By text in SKU, name or description, by id, SKU or name. Sorted by any column, newest first by default.
    """
    body = call.body
    page = page_of(body.Paging, cap=MOST)
    downwards = descending(body.Sorting)
    wanted = body.Parameter or ProductFilter()
    found = catalogue.products(
        call.defs,
        text=_text(wanted.SearchText),
        id=_text(wanted.Id),
        sku=_text(wanted.ProductSku),
        name=_text(wanted.Name),
    )
    found.sort(key=_sort_key(call), reverse=downwards)
    rows = [product_row(call.defs, product) for product in found[page.offset : page.offset + page.limit]]
    return Products(len(found), rows)


def _text(value: Scalar) -> str | None:
    return None if is_empty(value) else str(value)


_COLUMNS: dict[str, Callable[[Definitions, Product], Any]] = {
    "ProductId": lambda _, product: product.id,
    "ProductSku": lambda _, product: product.sku.casefold(),
    "Name": lambda _, product: product.name.casefold(),
    "Description": lambda _, product: product.description.casefold(),
    "CreatedBy": lambda _, product: product.created_by or "",
    "CreatedByName": lambda defs, product: (defs.user_name(product.created_by) or "").casefold(),
    "CreatedOn": lambda _, product: product.created_on,
    "ModifiedBy": lambda _, product: product.modified_by or "",
    "ModifiedByName": lambda defs, product: (defs.user_name(product.modified_by) or "").casefold(),
    "ModifiedOn": lambda _, product: product.modified_on,
}


def _sort_key(call: Call[None, ProductSearch]) -> Callable[[Product], Any]:
    """By the column asked for; an unknown one is ignored, and noticed."""
    name = (call.body.Sorting.ColumnName if call.body.Sorting is not None else None) or "CreatedOn"
    column = _COLUMNS.get(name)
    if column is None:
        call.notice("unknown-sort-column", name)
        column = _COLUMNS["CreatedOn"]
    return lambda product: column(call.defs, product)
