"""Every SQL statement about activities outside the batch: pages of rows, one row, search, history, deletion."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql.asyncpg import dialect

from fairlead.activities.criteria import Column, Condition, Criteria, Step
from fairlead.activities.periods import Period
from fairlead.db.tables import activity, lead
from fairlead.fields.model import DataType
from fairlead.records import rows
from fairlead.records.rows import Activity, Change
from fairlead.wire.types import Page

_activities = msgspec.json.Decoder(list[Activity], float_hook=Decimal).decode
_changes = msgspec.json.Decoder(list[Change], float_hook=Decimal).decode

_COLUMNS = ", ".join(f"a.{name}" for name in Activity.__struct_fields__)


class Order(msgspec.Struct, frozen=True):
    """What a page is sorted by; ties are broken by id in the same direction."""

    column: Column
    descending: bool


_USER = "(select trim(u.first_name || ' ' || u.last_name) from app_user u where u.org_id = {{0}}.org_id and u.id = {{0}}.{})"
_LEAD = "(select {} from lead l where l.org_id = {{0}}.org_id and l.id = {{0}}.lead_id)"

SHOWN = {
    "OwnerName": _USER.format("owner_id"),
    "CreatedByName": _USER.format("created_by"),
    "LeadOwner": _LEAD.format(_USER.format("owner_id").format("l")),
    "LeadName": _LEAD.format("nullif(concat_ws(' ', l.fields->>'FirstName', l.fields->>'LastName'), '')"),
    "FirstName": _LEAD.format("l.fields->>'FirstName'"),
    "LastName": _LEAD.format("l.fields->>'LastName'"),
    "EmailAddress": _LEAD.format("lower(l.fields->>'EmailAddress')"),
    "Phone": _LEAD.format("l.fields->>'Phone'"),
}
"""What rows show of other records, and can be sorted by; `{0}` stands for the activity."""


class Where:
    """Conditions with their parameters, numbered from $1."""

    def __init__(self, *parameters: Any) -> None:
        self.parameters = list(parameters)
        self.parts: list[str] = []

    def add(self, condition: str, *values: Any) -> None:
        """A condition; each `{}` stands for the next of the values."""
        first = len(self.parameters) + 1
        self.parameters += values
        self.parts.append(condition.format(*(f"${number}" for number in range(first, first + len(values)))))

    def owned_by(self, owner: str | None) -> None:
        """Only what is on leads of this owner."""
        if owner is not None:
            self.add(
                "exists (select 1 from lead l where l.org_id = a.org_id and l.id = a.lead_id and l.owner_id = {}::uuid)",
                owner,
            )

    def within(self, column: str, period: Period) -> None:
        """Only what lies in the period."""
        if period.start is not None:
            self.add(f"{column} >= {{}}", period.start)
        if period.end is not None:
            self.add(f"{column} < {{}}", period.end)

    def __str__(self) -> str:
        return " and ".join(self.parts)


# One statement: how many there are in all, and the page as one JSON text.
PAGE = """
select (select count(*) from activity a where a.org_id = $1 and {where}) as total,
       (select json_agg(p)::text from (
           select {columns} from activity a where a.org_id = $1 and {where}
           order by {order} limit $2 offset $3) p) as rows
"""


async def one_page(db: Any, where: Where, order: Order) -> tuple[int, list[Activity]]:
    """A page of activities and how many there are in all."""
    column = order.column
    if column.column:
        by = f"a.{column.column}"
    elif column.shown:
        by = SHOWN[column.shown].format("a")
    else:
        where.parameters.append(list(column.path))
        by = f"(a.fields #> ${len(where.parameters)}::text[])"
    way = "desc" if order.descending else "asc"
    if not column.column or activity.c[column.column].nullable:
        # Said of a column that is never null, it would keep the index on the timeline from being read in order.
        way += " nulls last" if order.descending else " nulls first"
    text = PAGE.format(
        where=where, columns=_COLUMNS, order=f"{by} {way}, a.id {'desc' if order.descending else 'asc'}"
    )
    row = await db.fetchrow(text, *where.parameters)
    return row["total"], _activities(row["rows"]) if row["rows"] else []


async def timeline(
    db: Any, org_id: int, lead_id: str, *, code: int | None, owner: str | None, order: Order, page: Page
) -> tuple[int, list[Activity]]:
    """How many activities a lead has, and a page of them; `code` one type only, `owner` only on this owner's leads."""
    where = Where(org_id, page.limit, page.offset)
    where.add("a.lead_id = {}::uuid", lead_id)
    if code is not None:
        where.add("a.code = {}", code)
    where.owned_by(owner)
    return await one_page(db, where, order)


async def modified(
    db: Any, org_id: int, codes: Sequence[int], period: Period, *, owner: str | None, order: Order, page: Page
) -> tuple[int, list[Activity]]:
    """Activities of leads with these codes that were last changed in the period: how many, and a page."""
    where = Where(org_id, page.limit, page.offset)
    where.add("a.code = any({}::int[])", list(codes))
    where.within("a.modified_on", period)
    where.add("a.lead_id is not null")
    where.owned_by(owner)
    return await one_page(db, where, order)


async def mentioning(
    db: Any, org_id: int, codes: Sequence[int], lead_id: str, *, owner: str | None, order: Order, page: Page
) -> tuple[int, list[Activity]]:
    """Activities of leads with these codes where a member of a field set is the lead's id: how many, and a page."""
    where = Where(org_id, page.limit, page.offset)
    where.add("a.code = any({}::int[])", list(codes))
    where.add("a.lead_id is not null")
    where.add(
        "jsonb_path_exists(a.fields, '$.*.* ? (@ == $lower || @ == $upper)',"
        " jsonb_build_object('lower', lower({}::text), 'upper', upper({}::text)))",
        lead_id,
        lead_id,
    )
    where.owned_by(owner)
    return await one_page(db, where, order)


async def one(db: Any, org_id: int, activity_id: str, *, owner: str | None) -> Activity | None:
    """The activity of a lead with this id."""
    where = Where(org_id)
    where.add("a.id = {}::uuid", activity_id)
    where.add("a.lead_id is not null")
    where.owned_by(owner)
    found = await some(db, where)
    return found[0] if found else None


async def some(db: Any, where: Where) -> list[Activity]:
    """All activities that meet the conditions."""
    text = (
        f"select json_agg(p)::text from (select {_COLUMNS} from activity a where a.org_id = $1 and {where}) p"
    )
    found = await db.fetchval(text, *where.parameters)
    return _activities(found) if found else []


# History ---------------------------------------------------------------------------------------------

CHANGES = """
select (select count(*) from change a where a.org_id = $1 and {where}) as total,
       (select json_agg(p)::text from (
           select {columns} from change a where a.org_id = $1 and {where}
           order by a.changed_on desc, a.id desc limit $2 offset $3) p) as rows
"""


async def changes(
    db: Any,
    org_id: int,
    period: Period,
    *,
    activity_id: str | None,
    codes: Sequence[int],
    owner: str | None,
    page: Page,
) -> tuple[int, list[Change]]:
    """Changes of activities of leads, newest first, of one activity or of types: how many, and a page."""
    where = Where(org_id, page.limit, page.offset)
    if activity_id is not None:
        where.add("a.record_id = {}::uuid", activity_id)
    where.add("a.code = any({}::int[])", list(codes))
    where.add("a.code >= 0 and a.lead_id is not null")
    where.within("a.changed_on", period)
    where.owned_by(owner)
    names = ", ".join(f"a.{name}" for name in rows.Change.__struct_fields__)
    row = await db.fetchrow(CHANGES.format(where=where, columns=names), *where.parameters)
    return row["total"], _changes(row["rows"]) if row["rows"] else []


# Deletion --------------------------------------------------------------------------------------------

LOCK_LEAD = "select owner_id::text from lead where org_id = $1 and id = $2 for update"

_CHOSEN = """org_id = $1 and lead_id = $2 and code = any($3::int[])
    and ($4::timestamptz is null or happened_on >= $4) and ($5::timestamptz is null or happened_on < $5)"""

DELETE = f"delete from activity where {_CHOSEN} and ($6 or not locked) returning id::text, score"

DELETE_CHANGES = "delete from change where org_id = $1 and record_id = any($2::uuid[])"

HAS_ACTIVITIES = f"select exists (select 1 from activity where {_CHOSEN})"

# The version moves, so that a batch that has read the lead before decides again.
RECOUNT_LEAD = """
update lead set version = version + 1, score = score - $3, engagement_score = engagement_score - $3, touched_on = $4,
    (first_activity_id, first_activity_on) = (
        select a.id, a.happened_on from activity a where a.org_id = $1 and a.lead_id = $2
        order by a.happened_on, a.id limit 1),
    (last_activity_id, last_activity_on, last_activity_code) = (
        select a.id, a.happened_on, a.code from activity a where a.org_id = $1 and a.lead_id = $2
        order by a.happened_on desc, a.id desc limit 1)
where org_id = $1 and id = $2
"""


async def lock_lead(db: Any, org_id: int, lead_id: str) -> str | None:
    """Lock a lead until the transaction ends; the id of its owner, None when there is no such lead."""
    found: str | None = await db.fetchval(LOCK_LEAD, org_id, lead_id)
    return found


async def delete(
    db: Any, org_id: int, lead_id: str, codes: Sequence[int], period: Period, *, locked_too: bool
) -> dict[str, int]:
    """Delete a lead's activities of these types that happened in the period: the scores of the deleted ones by id."""
    found = await db.fetch(DELETE, org_id, lead_id, list(codes), period.start, period.end, locked_too)
    return {row["id"]: row["score"] for row in found}


async def has_activities(db: Any, org_id: int, lead_id: str, codes: Sequence[int], period: Period) -> bool:
    """Whether the lead has activities of these types in the period."""
    return bool(await db.fetchval(HAS_ACTIVITIES, org_id, lead_id, list(codes), period.start, period.end))


async def delete_changes(db: Any, org_id: int, ids: Sequence[str]) -> None:
    """Delete the history of records that are gone."""
    await db.execute(DELETE_CHANGES, org_id, list(ids))


async def recount_lead(db: Any, org_id: int, lead_id: str, *, lost: int, now: datetime) -> None:
    """Lower the lead's scores by what was lost, and find its first and last activity anew."""
    await db.execute(RECOUNT_LEAD, org_id, lead_id, lost, now)


# Search ----------------------------------------------------------------------------------------------


async def search(
    db: Any, org_id: int, code: int, criteria: Criteria, *, owner: str | None, order: Order, page: Page
) -> tuple[int, list[Activity]]:
    """Activities or opportunities of one type that meet the criteria: how many, and a page."""
    condition = sa.and_(
        activity.c.org_id == org_id,
        activity.c.code == code,
        activity.c.lead_id.is_not(None),
        _criteria(criteria),
    )
    if owner is not None:
        condition = sa.and_(condition, _on_lead(lead.c.owner_id == sa.cast(owner, sa.Uuid)))
    by: sa.ColumnElement[Any] = _expression(order.column)
    ordered = (
        (by.desc().nulls_last(), activity.c.id.desc())
        if order.descending
        else (by.asc().nulls_first(), activity.c.id.asc())
    )
    names = [activity.c[name] for name in Activity.__struct_fields__]
    limited: sa.Select[Any] = sa.select(*names).where(condition).order_by(*ordered)
    chosen = limited.limit(page.limit).offset(page.offset).subquery("p")
    total = sa.select(sa.func.count()).select_from(activity).where(condition).scalar_subquery()
    found = sa.select(sa.cast(sa.func.json_agg(sa.literal_column("p")), sa.Text)).select_from(chosen)
    statement = sa.select(total.label("total"), found.scalar_subquery().label("rows"))
    compiled = statement.compile(dialect=_DIALECT)
    values = compiled.construct_params()
    row = await db.fetchrow(str(compiled), *(values[name] for name in compiled.positiontup or ()))
    return row["total"], _activities(row["rows"]) if row["rows"] else []


_DIALECT = dialect()  # type: ignore[no-untyped-call]


def _criteria(criteria: Criteria) -> sa.ColumnElement[bool]:
    groups = [_group(group) for group in criteria.groups]
    return sa.or_(*groups) if criteria.either else sa.and_(*groups)


def _group(conditions: Sequence[Condition]) -> sa.ColumnElement[bool]:
    """Rows are joined from left to right, each in its own way to all that stands before it."""
    found = _condition(conditions[0])
    for condition in conditions[1:]:
        next_one = _condition(condition)
        found = sa.or_(found, next_one) if condition.either else sa.and_(found, next_one)
    return found


def _condition(condition: Condition) -> sa.ColumnElement[bool]:
    column = condition.column
    held: sa.ColumnElement[bool]
    if condition.alternatives:
        held = sa.or_(
            *(sa.and_(*(_step(column, step) for step in steps)) for steps in condition.alternatives)
        )
    else:
        held = _expression(column).is_(None)
    if condition.negated:
        held = sa.not_(sa.func.coalesce(held, sa.false()))
    return _on_lead(held) if column.on_lead else held


def _on_lead(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    """Whether the activity's lead meets a condition."""
    chosen: sa.Select[Any] = sa.select(sa.literal_column("1")).select_from(lead)
    return chosen.where(
        lead.c.org_id == activity.c.org_id, lead.c.id == activity.c.lead_id, condition
    ).exists()


def _expression(column: Column) -> sa.ColumnElement[Any]:
    """The column itself, or the JSON value at its path: numbers sort as numbers, texts as texts."""
    table = lead if column.on_lead else activity
    if column.shown:
        return sa.literal_column(SHOWN[column.shown].format(table.name))
    if column.column:
        return table.c[column.column]
    return sa.type_coerce(table.c.fields, JSONB).op("#>", return_type=JSONB())(_path(column))


def _path(column: Column) -> sa.ColumnElement[Any]:
    return sa.cast(sa.literal(list(column.path)), sa.ARRAY(sa.Text))


def _text(column: Column) -> sa.ColumnElement[str]:
    table = lead if column.on_lead else activity
    if column.column:
        return sa.cast(table.c[column.column], sa.Text)
    return sa.type_coerce(table.c.fields, JSONB).op("#>>", return_type=sa.Text())(_path(column))


def _step(column: Column, step: Step) -> sa.ColumnElement[bool]:
    operator, value = step
    if operator == "like":
        return _text(column).ilike(sa.cast(value, sa.Text))
    if operator == "has":
        wanted = sa.func.to_jsonb(sa.cast(value, sa.Text), type_=JSONB)
        return _expression(column).op("@>", return_type=sa.Boolean())(wanted)
    left, right = _sides(column, value)
    held: sa.ColumnElement[bool] = {
        "eq": left == right, "ge": left >= right, "gt": left > right, "le": left <= right, "lt": left < right
    }[operator]  # fmt: skip
    if column.type in (DataType.NUMBER, DataType.DECIMAL) and not column.column:
        return sa.and_(sa.func.jsonb_typeof(_expression(column)) == "number", held)
    return held


def _sides(column: Column, value: Any) -> tuple[sa.ColumnElement[Any], sa.ColumnElement[Any]]:
    """Both sides of a comparison, as one type."""
    if isinstance(value, bool):
        return _expression(column), sa.func.to_jsonb(sa.cast(value, sa.Boolean), type_=JSONB)
    if isinstance(value, Decimal):
        number = sa.cast(value, sa.Numeric)
        return _expression(column), number if column.column else sa.func.to_jsonb(number, type_=JSONB)
    if isinstance(value, datetime):
        return _expression(column), sa.cast(value, sa.TIMESTAMP(timezone=True))
    return _text(column).collate("C"), sa.cast(value, sa.Text)
