"""Statements over all leads of an organisation that have a value in one field, and over its unique values.

`$2` is the field. A value is compared as `drafts.compared` does: an e-mail address without case, everything else exactly.
What letters beyond ASCII fold to only Python says, so addresses with such letters come and go one by one.
"""

from __future__ import annotations

from typing import Any, NamedTuple

_VALUE = "l.fields->>$2::text"
_FOLDED = f"lower({_VALUE})"
_FILLED = f"{_VALUE} <> ''"
_PLAIN = f"{_FILLED} and octet_length({_VALUE}) = char_length({_VALUE})"
_ODD = f"{_FILLED} and octet_length({_VALUE}) <> char_length({_VALUE})"


class Shape(NamedTuple):
    """How the values of a field are compared in SQL, and which ones can be."""

    value: str
    where: str


EXACT = Shape(_VALUE, _FILLED)
FOLDED = Shape(_FOLDED, _PLAIN)


class Repeated(NamedTuple):
    """A value of several leads: how many, and the numbers of the first ones."""

    value: str
    leads: int
    numbers: list[int]


def _repeated(shape: Shape) -> str:
    return f"""
select {shape.value} as value, count(*) as leads, (array_agg(l.auto_id order by l.auto_id))[1:2] as numbers
from lead l where l.org_id = $1 and {shape.where} group by 1 having count(*) > 1 order by 2 desc, 1 limit $3
"""


def _fill(shape: Shape) -> str:
    return f"""
insert into lead_key (org_id, field, value, lead_id)
select l.org_id, $2::text, {shape.value}, l.id from lead l where l.org_id = $1 and {shape.where}
on conflict (org_id, field, value) do nothing
"""


def _stale(shape: Shape) -> str:
    return f"""
delete from lead_key k where k.org_id = $1 and k.field = $2::text {_odd_keys(shape)} and not exists (
    select 1 from lead l where l.org_id = k.org_id and l.id = k.lead_id and {shape.where} and {shape.value} = k.value)
"""


def _counts(shape: Shape) -> str:
    return f"""
select (select count(*) from lead l where l.org_id = $1 and {shape.where}) as leads,
       (select count(*) from lead_key k where k.org_id = $1 and k.field = $2::text {_odd_keys(shape)}) as keys
"""


def _odd_keys(shape: Shape) -> str:
    return "" if shape is EXACT else "and octet_length(k.value) = char_length(k.value)"


ODD_VALUES = f"""
select l.id::text as id, l.auto_id, {_VALUE} as value from lead l where l.org_id = $1 and {_ODD} order by l.auto_id
"""
FILL_SOME = """
insert into lead_key (org_id, field, value, lead_id)
select $1, $2::text, n.value, n.id from unnest($3::uuid[], $4::text[]) as n(id, value)
on conflict (org_id, field, value) do nothing
"""
HELD = """
select count(*) from unnest($3::uuid[], $4::text[]) as n(id, value)
join lead_key k on k.org_id = $1 and k.field = $2::text and k.value = n.value and k.lead_id = n.id
"""
FORGET = "delete from lead_key k where k.org_id = $1 and k.field = $2"


async def repeated(db: Any, org_id: int, field: str, shape: Shape, most: int) -> list[Repeated]:
    """Values that more than one lead has, those of most leads first."""
    rows = await db.fetch(_repeated(shape), org_id, field, most)
    return [Repeated(row["value"], row["leads"], list(row["numbers"])) for row in rows]


async def odd_values(db: Any, org_id: int, field: str) -> list[tuple[str, int, str]]:
    """Values with letters beyond ASCII: id and number of their lead, and the value."""
    return [(row["id"], row["auto_id"], row["value"]) for row in await db.fetch(ODD_VALUES, org_id, field)]


async def fill(db: Any, org_id: int, field: str, shape: Shape) -> None:
    """Store the value of every lead that has one; one that is there already stays whose it is."""
    await db.execute(_fill(shape), org_id, field)


async def fill_some(db: Any, org_id: int, field: str, ids: list[str], values: list[str]) -> None:
    """The same with these values, as they are compared, of these leads."""
    await db.execute(FILL_SOME, org_id, field, ids, values)


async def drop_stale(db: Any, org_id: int, field: str, shape: Shape) -> None:
    """Remove values whose lead has another one by now, or is gone."""
    await db.execute(_stale(shape), org_id, field)


async def all_held(db: Any, org_id: int, field: str, shape: Shape) -> bool:
    """True when every lead with a value holds it: no key is stale, so there are as many of them.

    Counted, not joined: nobody has statistics of keys that were stored a moment ago.
    """
    row = await db.fetchrow(_counts(shape), org_id, field)
    return bool(row["leads"] == row["keys"])


async def some_held(db: Any, org_id: int, field: str, ids: list[str], values: list[str]) -> bool:
    """True when each of these leads holds its value."""
    return bool(await db.fetchval(HELD, org_id, field, ids, values) == len(ids))


async def forget(db: Any, org_id: int, field: str) -> None:
    """Remove all values of a field."""
    await db.execute(FORGET, org_id, field)
