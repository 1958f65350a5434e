"""Finding opportunities for reads: by id, or by the auto number if their type shows one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fairlead.activities.rules import auto_field, auto_number
from fairlead.errors import UnknownReference
from fairlead.opportunities import queries
from fairlead.orgs.definitions import RecordType
from fairlead.records.picture import is_id
from fairlead.records.rows import Activity
from fairlead.wire.operation import Call


async def one(
    call: Call[Any, Any], db: Any, reference: str, *, owner: str | None
) -> tuple[Activity, RecordType]:
    """The opportunity and its type; `owner`: only if this user owns its lead. Raises UnknownReference."""
    found = (await many(call, db, [reference], owner=owner)).get(reference)
    if found is None:
        raise UnknownReference("Opportunity does not exist")
    return found, call.defs.types[found.code]


async def many(
    call: Call[Any, Any], db: Any, references: Iterable[str], *, owner: str | None
) -> dict[str, Activity]:
    """Opportunities by the texts that name them; unknown ones are left out."""
    ids: dict[str, str] = {}
    numbers: dict[str, int] = {}
    for reference in references:
        text = reference.strip().lower()
        if is_id(text):
            ids[reference] = text
        elif (number := auto_number(text)) is not None:
            numbers[reference] = number
    if not ids and not numbers:
        return {}
    rows = await queries.named(
        db, call.org_id, list(set(ids.values())), list(set(numbers.values())), owner=owner
    )
    known = [row for row in rows if row.code in call.defs.types]
    by_id = {row.id: row for row in known}
    by_number = {row.auto_id: row for row in known if auto_field(call.defs.types[row.code]) is not None}
    found = {reference: by_id[id] for reference, id in ids.items() if id in by_id}
    return found | {reference: by_number[n] for reference, n in numbers.items() if n in by_number}
