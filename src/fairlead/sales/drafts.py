"""What a caller wants a sale to be: product, value, date, owner, status and custom fields, read and checked.

A sale is an activity of the type with code 30. Its four system fields stand in `Activity.fields` under their
own names like every custom field, the sales owner too: `owner_id` of a sale is empty, so that the owner is kept
once and every read, search and history of activities finds it as `mx_Custom_4`.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from fairlead.activities import drafts
from fairlead.errors import InvalidActivityField, InvalidInput, UnknownReference
from fairlead.fields.model import activity_name
from fairlead.fields.values import parse, parse_number
from fairlead.orgs.definitions import RecordType
from fairlead.wire.operation import Call
from fairlead.wire.types import Pair, Scalar

SALE = 30
"""Event code of a sale."""

STATUS = "Status"
PRODUCT, AMOUNT, SOLD_ON, OWNER = "mx_Custom_1", "mx_Custom_2", "mx_Custom_3", "mx_Custom_4"
SYSTEM = (STATUS, PRODUCT, AMOUNT, SOLD_ON, OWNER)
"""The fields of every sale; an organisation's own ones are `mx_Custom_5` to `mx_Custom_15`."""

WON = "Won"
STATUSES = ("Open", WON, "Lost")

MONEY = Context(prec=60, rounding=ROUND_HALF_UP)
"""Sums of order values: a value has at most 30 digits, Python's own 28 would round them."""

_CENT = Decimal("0.01")

Given = Scalar | UnsetType
"""A value as sent; UNSET where the member is absent, None or "" where it is emptied."""


class Sent(msgspec.Struct, kw_only=True):
    """What a caller says about a sale. `owners` holds everything that names the owner: e-mails and user ids."""

    sku: Given = UNSET
    amount: Given = UNSET
    owners: list[Scalar] = []
    sold_on: Given = UNSET
    status: Given = UNSET
    fields: list[Pair] = []
    skip_options: bool = False


def sale_type(call: Call[Any, Any]) -> RecordType:
    """The organisation's sale type."""
    return call.defs.types[SALE]


def is_empty(value: Given) -> bool:
    """True for null, `""` and blanks; an absent member is not emptied."""
    return value is None or (isinstance(value, str) and not value.strip())


def draft(call: Call[Any, Any], sent: Sent) -> drafts.Draft:
    """Read a sale write; the values of the system fields are in stored form, None = emptied.

    Raises, in this order: UnknownReference (product, owner), InvalidInput (owner, Revenue, SalesDate, Status),
    then what `activities.drafts.draft` raises for custom fields. A member of its own wins over `Fields`.
    """
    values: dict[str, Any] = {}
    if not isinstance(sent.sku, UnsetType):
        values[PRODUCT] = None if is_empty(sent.sku) else _product(call, sent.sku)
    if sent.owners:
        values[OWNER] = _owner(call, sent.owners)
    if not isinstance(sent.amount, UnsetType):
        values[AMOUNT] = None if is_empty(sent.amount) else _amount(call, sent.amount)
    if not isinstance(sent.sold_on, UnsetType):
        values[SOLD_ON] = None if is_empty(sent.sold_on) else _sold_on(call, sent.sold_on)
    status = _status(sent)
    pairs = [pair for pair in sent.fields if pair.name != STATUS]
    found = drafts.draft(call, sale_type(call), pairs, skip_options=sent.skip_options)
    _check_amount(call, found)
    found.values.update(values)
    found.sent.update(values)
    if status is not None:
        found.status = status
        found.sent.add(STATUS)
    return found


def _product(call: Call[Any, Any], sku: Scalar) -> str:
    product = call.defs.products_by_sku.get(str(sku))
    if product is None:
        raise UnknownReference("Product not found")
    return product.id


def _owner(call: Call[Any, Any], owners: list[Scalar]) -> str | None:
    """The user that every member names; None when all are empty.

    Vendor: silent on one empty owner member beside a filled one; the sale has an owner then, nothing is emptied.
    """
    found = set()
    for name in owners:
        if not is_empty(name):
            user = call.defs.user(str(name).strip())
            if user is None:
                raise UnknownReference("User not found")
            found.add(user.id)
    if len(found) > 1:
        # Vendor: silent on the answer; the one for a lead that is not the sale's.
        raise InvalidInput.value("SalesOwner")
    return found.pop() if found else None


def _amount(call: Call[Any, Any], raw: Scalar) -> Decimal:
    number = parse_number(raw)
    if number is None or number < 0:
        # Vendor: silent on negative order values; what is given back is a cancelled sale.
        raise InvalidInput.value("Revenue")
    return _rounded(call, number)


def _rounded(call: Call[Any, Any], number: Decimal) -> Decimal:
    """The value in hundredths. Vendor: silent; reads print two decimals, so a lead's sum must not hold more."""
    found = number.quantize(_CENT, context=MONEY)
    if found != number:
        call.notice("value-rounded", AMOUNT)
    return found


def _check_amount(call: Call[Any, Any], found: drafts.Draft) -> None:
    """The order value sent as a field. Vendor: silent on system fields in `Fields`; they mean what they say."""
    number = found.values.get(AMOUNT)
    if number is None:
        return
    if number < 0:
        raise InvalidActivityField.value(AMOUNT, activity_name(found.type.fields[AMOUNT]))
    found.values[AMOUNT] = _rounded(call, number)


def _sold_on(call: Call[Any, Any], raw: Scalar) -> Any:
    drafts.happened_on(call, raw, "SalesDate")
    return parse(sale_type(call).fields[SOLD_ON], raw, call.defs.context)


def _status(sent: Sent) -> str | None:
    """The status sent as a member, else the last one in `Fields`; None when none is."""
    given: list[Given] = [pair.Value for pair in sent.fields if pair.name == STATUS]
    if not isinstance(sent.status, UnsetType):
        given.append(sent.status)
    if not given:
        return None
    if given[-1] not in STATUSES:
        raise InvalidInput.value("Status")
    return str(given[-1])
