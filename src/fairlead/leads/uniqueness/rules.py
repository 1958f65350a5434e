"""Making a field of leads unique, and not unique any more, while leads are written. Nobody waits for it.

First the field is `filling`: from then on every write claims its value and is refused one that is taken. When those that
were under way with the older definitions have ended, one statement stores the values of all leads, another one removes
what leads gave up meanwhile. Only when each lead holds its value is the field unique, and leads are found by it.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

import msgspec

from fairlead.db.pool import Pool
from fairlead.fields.email import email_key
from fairlead.fields.model import DataType, Field
from fairlead.leads import criteria
from fairlead.leads.uniqueness import queries
from fairlead.leads.uniqueness.queries import EXACT, FOLDED, Repeated, Shape
from fairlead.orgs import definitions
from fairlead.orgs import queries as orgs
from fairlead.orgs.definitions import Definitions
from fairlead.orgs.rules import stamp
from fairlead.records.queries import writers_gone
from fairlead.wire.transactions import committed

LONGEST = 500
"""Characters of a text that can be unique: what its index takes, whatever the letters."""

SHOWN = 5
"""Repeated values that are named."""

_ROUNDS = 3
# Vendor: silent on which fields may be unique.
_KINDS = (DataType.TEXT, DataType.EMAIL, DataType.PHONE, DataType.NUMBER, DataType.WEBSITE)
_SHORT = (DataType.EMAIL, DataType.PHONE, DataType.NUMBER)
_OWN_RULES = ("RelatedCompanyId", "OwnerId", "ProspectStage", "LeadType")


class Refused(Exception):
    """The field does not become unique; one sentence for people. `repeated` are values that several leads have."""

    def __init__(self, sentence: str, repeated: list[Repeated] | None = None) -> None:
        super().__init__(sentence)
        self.repeated = repeated or []


def why_not(defs: Definitions, name: str) -> str | None:
    """Why a field cannot be unique, in a sentence; None for one that can be."""
    field = defs.lead.fields.get(name)
    if field is None:
        return f"Leads have no field {name}."
    if field.read_only or name in _OWN_RULES or criteria.indexable(defs, name) is None:
        return f"{name} cannot be unique: it is a system field, or holds several values."
    if field.data_type not in _KINDS:
        return f"{name} cannot be unique: only a text, a number, an e-mail address, a phone number or a website can."
    if field.data_type not in _SHORT and not 0 < (field.max_length or 0) <= LONGEST:
        return f"{name} cannot be unique: only a text of at most {LONGEST} characters can."
    return None


async def make_unique(pool: Pool, org_id: int, name: str, *, by: str | None, now: datetime) -> bool:
    """No two leads have the same value in this field from now on; False when it was so already.

    Not inside a transaction. Raises Refused, with nothing changed, for a field that cannot be unique or whose values are
    repeated. What was broken off is taken up again.
    """
    async with pool.connection() as db:
        defs = await definitions.read(db, org_id)
        if (reason := why_not(defs, name)) is not None:
            raise Refused(reason)
        field = defs.lead.fields[name]
        if field.unique:
            return False
        _refuse(field, await _repeated(db, org_id, field))
    await _mark(pool, org_id, name, {"filling": True}, by=by, now=now)
    async with pool.connection() as db:
        await writers_gone(db, "lead")
        held = await _fill(db, org_id, field)
        repeated = [] if held else await _repeated(db, org_id, field)
    if not held:
        await make_common(pool, org_id, name, by=by, now=now)
        _refuse(field, repeated)
        raise Refused(
            f"Leads were changed all the time, so {name} is not unique: try again when there is less to do."
        )
    await _mark(pool, org_id, name, {"filling": False, "unique": True}, by=by, now=now)
    return True


async def make_common(pool: Pool, org_id: int, name: str, *, by: str | None, now: datetime) -> bool:
    """Let leads have the same value in this field; False when they may already. Not inside a transaction. Raises Refused."""
    if not await _mark(pool, org_id, name, {"filling": False, "unique": False}, by=by, now=now):
        return False
    async with pool.connection() as db:
        # Those under way with the older definitions may still claim values.
        await writers_gone(db, "lead")
        await queries.forget(db, org_id, name)
    return True


async def _mark(
    pool: Pool, org_id: int, name: str, changes: dict[str, Any], *, by: str | None, now: datetime
) -> bool:
    """Change the field under the organisation's lock; False when it is so already."""

    async def work(db: Any) -> bool:
        await orgs.lock(db, org_id)
        defs = await definitions.read(db, org_id)
        field = defs.lead.fields.get(name)
        if field is None:
            raise Refused(f"Leads have no field {name}.")
        extra = field.extra | (stamp("Modified", by, now) if by else {})
        changed = msgspec.structs.replace(field, **changes)
        if changed == field:
            return False
        changed = msgspec.structs.replace(changed, extra=extra)
        await orgs.update_field(db, org_id, defs.lead.id, changed, now=now)
        await orgs.definitions_changed(db, org_id)
        return True

    return await committed(pool, work)


# the values ------------------------------------------------------------------------------------------------


def _shape(field: Field) -> Shape:
    return FOLDED if field.data_type is DataType.EMAIL else EXACT


async def _odd(db: Any, org_id: int, field: Field) -> tuple[list[str], list[int], list[str]]:
    """E-mail addresses with letters beyond ASCII: ids and numbers of their leads, and how they are compared."""
    found = await queries.odd_values(db, org_id, field.name) if _shape(field) is FOLDED else []
    return [row[0] for row in found], [row[1] for row in found], [email_key(row[2]) for row in found]


async def _repeated(db: Any, org_id: int, field: Field) -> list[Repeated]:
    """The first values that several leads have."""
    found = await queries.repeated(db, org_id, field.name, _shape(field), SHOWN)
    _, numbers, keys = await _odd(db, org_id, field)
    for key, leads in Counter(keys).items():
        if leads > 1:
            first = [number for number, one in zip(numbers, keys, strict=True) if one == key]
            found.append(Repeated(key, leads, first[:2]))
    return found[:SHOWN]


async def _fill(db: Any, org_id: int, field: Field) -> bool:
    """Let every lead hold its value; False when several want the same one."""
    name, shape = field.name, _shape(field)
    for _ in range(_ROUNDS):
        ids, _, keys = await _odd(db, org_id, field)
        await queries.fill(db, org_id, name, shape)
        await queries.fill_some(db, org_id, name, ids, keys)
        # A value that was given up while it was being stored is seen when that write has ended.
        await writers_gone(db, "lead")
        await queries.drop_stale(db, org_id, name, shape)
        if await queries.all_held(db, org_id, name, shape) and await queries.some_held(
            db, org_id, name, ids, keys
        ):
            return True
    return False


def _refuse(field: Field, repeated: list[Repeated]) -> None:
    if repeated:
        some = "; ".join(
            f"«{one.value[:60]}» ({one.leads} leads, numbers {' and '.join(map(str, one.numbers))})"
            for one in repeated
        )
        raise Refused(f"{field.display_name} is not unique, leads have the same value: {some}.", repeated)
