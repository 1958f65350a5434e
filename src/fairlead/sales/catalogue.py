"""What may happen with products and with the options of sales fields. Rare writes: they change definitions."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UnsetType

from fairlead.errors import (
    DomainError,
    Duplicate,
    InvalidActivityField,
    InvalidInput,
    MandatoryMissing,
    UnknownReference,
)
from fairlead.fields.errors import FieldError, TooLong
from fairlead.fields.model import DataType, Field
from fairlead.fields.values import Context, parse
from fairlead.metadata import rules as metadata
from fairlead.orgs import queries as orgs
from fairlead.orgs.definitions import Definitions, Product
from fairlead.records.picture import new_id
from fairlead.sales import queries
from fairlead.sales.drafts import SYSTEM, Given, is_empty, sale_type
from fairlead.wire.operation import Call
from fairlead.wire.types import Scalar

# Vendor: silent on lengths; those of the text fields and the note of an activity.
_SKU = Field("ProductSku", "SKU", max_length=200)
_NAME = Field("Name", "Name", max_length=200)
_DESCRIPTION = Field("Description", "Description", max_length=4000)
_OPTION = Field("OptionValue", "Option", max_length=200)
_ANY = Context()


def _text(field: Field, raw: Scalar) -> str:
    """The text sent, exactly; empty for null. Raises InvalidInput for one that cannot be stored."""
    try:
        found = parse(field, raw, _ANY)
    except TooLong as error:
        raise InvalidInput.too_long(field.name, error.limit) from None
    except FieldError:
        raise InvalidInput.value(field.name) from None
    return "" if found is None else str(found)


# products


async def add_product(
    call: Call[Any, Any], db: Any, *, sku: Scalar, name: Scalar, description: Scalar
) -> str:
    """Add a product; returns its id. Raises MandatoryMissing, InvalidInput, Duplicate."""
    for field, raw in ((_SKU, sku), (_NAME, name)):
        if is_empty(raw):
            raise MandatoryMissing(field.name, "creating product")
    product = orgs.ProductRow(
        org_id=call.org_id,
        id=new_id(),
        sku=_text(_SKU, sku),
        name=_text(_NAME, name),
        description=_text(_DESCRIPTION, description),
        by=call.actor.id,
        at=call.now,
    )
    _check_sku(call.defs, product.id, product.sku)
    await orgs.insert_products(db, [product])
    return product.id


async def change_product(
    call: Call[Any, Any], db: Any, product_id: str, *, sku: Given, name: Given, description: Given
) -> bool:
    """Change what was sent of a product; False when everything was stored already.

    Raises UnknownReference, MandatoryMissing (an emptied SKU or name), InvalidInput, Duplicate.
    """
    product = product_of(call.defs, product_id)
    wanted: dict[str, str] = {}
    for column, field, raw in (
        ("sku", _SKU, sku),
        ("name", _NAME, name),
        ("description", _DESCRIPTION, description),
    ):
        if isinstance(raw, UnsetType):
            continue
        if is_empty(raw) and field is not _DESCRIPTION:
            # Vendor: silent on an emptied SKU or name; refused as when it is missing on creation.
            raise MandatoryMissing(field.name, "updating product")
        wanted[column] = _text(field, raw)
    changed = msgspec.structs.replace(product, **wanted)
    if changed == product:
        return False
    _check_sku(call.defs, changed.id, changed.sku)
    changed = msgspec.structs.replace(changed, modified_by=call.actor.id, modified_on=call.now)
    await queries.update_product(db, call.org_id, changed)
    return True


async def remove_product(call: Call[Any, Any], db: Any, product_id: str) -> None:
    """Take a product out of use; sales that name it keep it. Raises UnknownReference."""
    product = product_of(call.defs, product_id)
    gone = msgspec.structs.replace(product, active=False, modified_by=call.actor.id, modified_on=call.now)
    await queries.update_product(db, call.org_id, gone)


def product_of(defs: Definitions, product_id: str) -> Product:
    """The product in use with this id. Raises UnknownReference."""
    product = defs.products.get(product_id.strip().lower())
    if product is None or not product.active:
        raise UnknownReference("Product not found")
    return product


def _check_sku(defs: Definitions, product_id: str, sku: str) -> None:
    holder = defs.products_by_sku.get(sku)
    if holder is not None and holder.id != product_id:
        raise Duplicate("Product", "SKU")


def products(
    defs: Definitions,
    *,
    text: str | None = None,
    id: str | None = None,
    sku: str | None = None,
    name: str | None = None,
) -> list[Product]:
    """The products in use to which everything given applies, by id.

    `text` is part of SKU, name or description in any case. Vendor: silent on how the others compare; the SKU
    exactly, as sales find it, the name without regard to case.
    """
    found = [product for product in defs.products.values() if product.active]
    if text:
        part = text.casefold()
        found = [p for p in found if any(part in some.casefold() for some in (p.sku, p.name, p.description))]
    if id:
        found = [p for p in found if p.id == id.strip().lower()]
    if sku:
        found = [p for p in found if p.sku == sku]
    if name:
        found = [p for p in found if p.name.casefold() == name.casefold()]
    return sorted(found, key=lambda p: p.id)


# options of sales fields


async def add_option(call: Call[Any, Any], db: Any, name: str, value: Scalar) -> int:
    """Add a value to a drop-down of sales; 0 when it is there, else 1.

    Raises InvalidActivityField (no such field), DomainError (not an independent drop-down), InvalidInput.
    """
    where = _drop_down(call, name)
    wider = metadata.with_options(where.field, [_text(_OPTION, value)], name="OptionValue")
    return await _store(call, db, where, wider)


async def remove_option(call: Call[Any, Any], db: Any, name: str, value: Scalar) -> int:
    """Remove a value from a drop-down of sales; 0 when it is not there. Sales that hold it keep it.

    Raises InvalidActivityField (no such field), DomainError (not an independent drop-down), InvalidInput.
    """
    where = _drop_down(call, name)
    return await _store(call, db, where, metadata.without_options(where.field, [_text(_OPTION, value)]))


def _drop_down(call: Call[Any, Any], name: str) -> metadata.Place:
    where = metadata.place(sale_type(call).fields, name)
    if where is None:
        raise InvalidActivityField.unknown(name.strip())
    if where.field.data_type is not DataType.SELECT or where.field.parent is not None:
        raise DomainError("Activity field should be of type independent dropdown")
    if where.set is None and where.field.name in SYSTEM:
        # Vendor: silent on the values of Status; rules read them, so they are fixed.
        raise InvalidInput.value("SchemaName")
    return where


async def _store(call: Call[Any, Any], db: Any, where: metadata.Place, field: Field) -> int:
    return await metadata.store_field(
        db, call.defs, sale_type(call), where, field, by=call.actor.id, now=call.now
    )
