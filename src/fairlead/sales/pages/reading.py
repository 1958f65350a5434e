"""What the form of a sale says, as the rules take it, and what is wrong with it in words for people."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from fairlead.errors import ApiError, UnknownReference
from fairlead.fields.model import Field
from fairlead.orgs.definitions import RecordType
from fairlead.records.rows import Activity
from fairlead.sales.drafts import AMOUNT, OWNER, PRODUCT, SALE, SOLD_ON, STATUS, Sent
from fairlead.web import forms
from fairlead.web.forms import Trouble
from fairlead.web.visit import Visit
from fairlead.wire.types import Pair


def kind_of(visit: Visit) -> RecordType:
    """The organisation's sale type."""
    return visit.defs.types[SALE]


def fields_of(visit: Visit) -> list[Field]:
    """The fields that people fill in, in their order."""
    return [field for field in kind_of(visit).fields.values() if not field.read_only]


def values_of(sale: Activity) -> dict[str, Any]:
    """Stored values by field."""
    return {STATUS: sale.status, **sale.fields}


def sent(visit: Visit, pairs: Iterable[Pair]) -> Sent:
    """Pairs of the form as a sale write. Raises UnknownReference for a product that is not in use."""
    found = Sent()
    for pair in pairs:
        value = pair.Value
        if pair.name == PRODUCT:
            found.sku = _sku(visit, str(value or ""))
        elif pair.name == AMOUNT:
            found.amount = value
        elif pair.name == SOLD_ON:
            found.sold_on = value
        elif pair.name == OWNER:
            found.owners = [value]
        elif pair.name == STATUS:
            found.status = value
        else:
            found.fields.append(pair)
    return found


def _sku(visit: Visit, product_id: str) -> str:
    """The form names a product by its id, the rules take its SKU."""
    if not product_id:
        return ""
    product = visit.defs.products.get(product_id.lower())
    if product is None or not product.active:
        raise UnknownReference("Product not found")
    return product.sku


_PARAMETER = re.compile(r"Parameter Name: (\w+) value")
_SAID = {
    "Product not found": (PRODUCT, "Choose a product that is in use."),
    "User not found": (OWNER, "Choose an active user."),
    "SalesOwner": (OWNER, "Choose an active user."),
    "Revenue": (AMOUNT, "Enter a number that is not below zero, such as 1200.50."),
    "SalesDate": (SOLD_ON, "Enter a date and a time."),
    "Status": (STATUS, "Choose one of the options."),
}


def told(visit: Visit, error: ApiError) -> Trouble:
    """What is wrong with the form of a sale, beside the control it is about."""
    named = _PARAMETER.search(error.message)
    known = _SAID.get(named[1] if named else error.message)
    return Trouble(known[1], known[0]) if known else forms.trouble(error, kind_of(visit).fields)
