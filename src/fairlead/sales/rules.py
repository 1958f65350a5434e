"""What may happen with sales and what follows for their leads: revenue and stage. Works on a `Picture`."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from fairlead.activities import drafts as activities
from fairlead.errors import ApiError, Forbidden, InvalidInput, UnknownActivity, UnknownReference
from fairlead.fields.errors import FieldError, TooLong
from fairlead.fields.values import parse
from fairlead.leads import rules as leads
from fairlead.records import posting
from fairlead.records.picture import Needs, Picture, is_id
from fairlead.records.rows import CANCELLATION, Activity, Lead
from fairlead.sales import drafts
from fairlead.sales.drafts import AMOUNT, MONEY, SALE, STATUS, WON, Sent, sale_type
from fairlead.wire.operation import Call, Plan
from fairlead.wire.types import Scalar

CANCELLED = 31
"""Event code of the activity that says that a sale was cancelled."""


class Wish:
    """A sale as it shall be: read at once, `error` waits for its turn in the order of checks."""

    __slots__ = ("_draft", "_error")

    def __init__(self, call: Call[Any, Any], sent: Sent) -> None:
        self._draft: activities.Draft | None = None
        self._error: ApiError | None = None
        try:
            self._draft = drafts.draft(call, sent)
        except ApiError as error:
            self._error = error

    def checked(self) -> activities.Draft:
        """The draft, or what is wrong with it."""
        if self._draft is None:
            raise self._error or UnknownActivity
        return self._draft


def create(call: Call[Any, Any], lead_id: str, sent: Sent) -> Plan[Activity]:
    """Post a sale on a lead. Its value counts in the lead's revenue; a won one moves the lead's stage.

    The sale happened when it was posted, as its `CreatedOn` says; when it was sold stands in `mx_Custom_3`, which
    an update may move. Raises UnknownReference, Forbidden, and what `drafts.draft` raises.
    """
    lead_id = lead_id.strip().lower()
    if not is_id(lead_id):
        raise UnknownReference("Lead not found")
    wish = Wish(call, sent)
    picture = yield Needs(leads=[lead_id])
    lead = leads.lead_of(picture, lead_id)
    if not leads.may_change(call, lead):
        raise Forbidden
    draft = wish.checked()
    status, _, fields = activities.new_values(call, draft)
    now, by = call.now, call.actor.id
    stored = activities.kept(call, draft, fields)
    sale = posting.post(picture, lead, sale_type(call), now=now, by=by, status=status, fields=stored)
    changes = {STATUS: [None, status]} | {name: [None, value] for name, value in fields.items()}
    picture.record(sale.id, SALE, changes, at=now, by=by, lead_id=lead.id)
    _add_revenue(picture, call, lead, fields[AMOUNT])
    _convert(picture, call, lead, sale, changes)
    return sale


def update(call: Call[Any, Any], sale_id: str, lead_id: str | None, sent: Sent) -> Plan[bool]:
    """Change what was sent of a sale; False when everything was stored already.

    `lead_id`, if given, must be the sale's lead. Raises UnknownActivity, Forbidden, UnknownReference,
    InvalidInput, InvalidActivityField, with nothing changed.
    """
    sale_id = _id_of(sale_id)
    lead_id = lead_id.strip().lower() if lead_id else None
    wish = Wish(call, sent)
    named = [lead_id] if lead_id and is_id(lead_id) else []
    picture = yield Needs(activities=[sale_id], leads=named)
    sale, lead = _sale_of(picture, call, sale_id)
    if lead_id and leads.lead_of(picture, lead_id) is not lead:
        raise InvalidInput.value("ProspectId")
    draft = wish.checked()
    changes = activities.apply(call, sale, draft)
    if not changes:
        return False
    activities.write(call, sale, changes)
    picture.touch_activity(sale)
    picture.record(sale.id, SALE, changes, at=call.now, by=call.actor.id, lead_id=lead.id)
    if AMOUNT in changes:
        before, after = changes[AMOUNT]
        _add_revenue(picture, call, lead, MONEY.subtract(after, _number(before)))
    _convert(picture, call, lead, sale, changes)
    return True


def cancel(call: Call[Any, Any], sale_id: str, note: Scalar) -> Plan[Activity]:
    """Cancel a sale: it stops counting in the lead's revenue. Returns the activity that says so.

    Vendor: silent on the stage of the lead; it stays. Raises UnknownActivity, also for a sale cancelled before,
    Forbidden, InvalidInput (note).
    """
    sale_id = _id_of(sale_id)
    text, fault = None, None
    try:
        text = _note(call, note)
    except ApiError as error:
        fault = error
    picture = yield Needs(activities=[sale_id])
    sale, lead = _sale_of(picture, call, sale_id)
    if fault is not None:
        raise fault
    now, by = call.now, call.actor.id
    sale.cancelled = True
    sale.modified_on, sale.modified_by = now, by
    picture.touch_activity(sale)
    picture.record(sale.id, SALE, {CANCELLATION: [None, True]}, at=now, by=by, lead_id=lead.id)
    _add_revenue(picture, call, lead, _number(sale.fields.get(AMOUNT)).copy_negate())
    return posting.post(picture, lead, call.defs.types[CANCELLED], now=now, by=by, owner_id=by, note=text)


def _id_of(sale_id: str) -> str:
    sale_id = sale_id.strip().lower()
    if not is_id(sale_id):
        raise UnknownActivity
    return sale_id


def _sale_of(picture: Picture, call: Call[Any, Any], sale_id: str) -> tuple[Activity, Lead]:
    """The sale and its lead. Raises UnknownActivity (also when it is cancelled), Forbidden."""
    sale = picture.activities.get(sale_id)
    if sale is None or sale.code != SALE or sale.cancelled:
        raise UnknownActivity
    lead = picture.leads.get(sale.lead_id or "")
    if lead is None:
        raise UnknownActivity
    if not leads.may_change(call, lead):
        raise Forbidden
    return sale, lead


def _number(stored: Any) -> Decimal:
    """A stored order value; JSON has read whole numbers as int."""
    return Decimal(0) if stored is None else Decimal(stored)


def _add_revenue(picture: Picture, call: Call[Any, Any], lead: Lead, amount: Decimal) -> None:
    """Keep the lead's revenue the sum of its sales: row and sum are read and written together.

    Like a score it is computed: LeadLastModifiedOn moves, ModifiedOn of the lead does not.
    """
    if amount:
        lead.revenue = MONEY.add(lead.revenue, amount)
        lead.touched_on = call.now
        picture.touch_lead(lead)


def _convert(
    picture: Picture, call: Call[Any, Any], lead: Lead, sale: Activity, changes: dict[str, list[Any]]
) -> None:
    """A sale that is won now makes its lead a customer, if the organisation wants that."""
    if STATUS in changes and sale.status == WON and call.defs.setting("convert_to_customer"):
        leads.set_stage(picture, call, lead, str(call.defs.setting("customer_stage")))


def _note(call: Call[Any, Any], raw: Scalar) -> str | None:
    field = call.defs.types[CANCELLED].fields[activities.NOTE]
    try:
        found = parse(field, raw, call.defs.context)
    except TooLong as error:
        raise InvalidInput.too_long("activityEventNote", error.limit) from None
    except FieldError:
        raise InvalidInput.value("activityEventNote") from None
    return None if found is None else str(found)
