"""Indexes on fields of leads, made on request: a search that compares the field no longer looks into every lead.

An index serves all organisations that have a field of this name and kind. Each costs every write of a lead a little,
and every statement some planning, so an installation has few of them (decision 0006).
"""

from __future__ import annotations

import hashlib
from typing import Any

from fairlead.leads import criteria, queries
from fairlead.orgs.definitions import Definitions

MOST = 10
"""Field indexes of an installation."""


class Refused(Exception):
    """There will be no such index; one sentence for people."""


async def add(db: Any, defs: Definitions, field: str) -> bool:
    """Index a field of the leads of an organisation; False when it is indexed. Not inside a transaction.

    Leads can be read and written meanwhile. Raises Refused for an attribute that cannot be indexed, and for one
    index too many.
    """
    name, expression = _index(defs, field)
    known = {some.name: some for some in await queries.field_indexes(db)}
    if name in known and known[name].is_finished:
        return False
    if name in known:
        await queries.drop_field_index(db, name)
    elif len(known) >= MOST:
        fields = ", ".join(some.field for some in known.values())
        raise Refused(f"There are {MOST} field indexes, which is the most: take one away first ({fields}).")
    await queries.add_field_index(db, name, field, expression)
    return True


async def remove(db: Any, defs: Definitions, field: str) -> bool:
    """Take the index of a field away, for all organisations; False when there is none. Raises Refused."""
    name, _ = _index(defs, field)
    if name not in {some.name for some in await queries.field_indexes(db)}:
        return False
    await queries.drop_field_index(db, name)
    return True


def _index(defs: Definitions, field: str) -> tuple[str, str]:
    """The name of a field's index and its expression. The same expression has the same name everywhere."""
    if field not in defs.lead.fields:
        raise Refused(f"Leads have no field {field}.")
    expression = criteria.indexable(defs, field)
    if expression is None:
        raise Refused(f"{field} cannot be indexed: it is a column of its own, or holds several values.")
    digest = hashlib.sha256(expression.encode()).hexdigest()[:12]
    return f"lead_field_{digest}_idx", expression
