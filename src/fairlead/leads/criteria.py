"""Searches whose conditions come from the caller, composed with SQLAlchemy and bound parameters only.

What an attribute is in the database stands here; what a caller may ask, and how it is told: `api/find.py`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, asyncpg

from fairlead.db.tables import account, app_user, lead, lead_key, record_type
from fairlead.errors import InvalidInput
from fairlead.fields.email import email_key
from fairlead.fields.model import DataType, Field
from fairlead.fields.scalars import parse_boolean, parse_date, parse_datetime, parse_number
from fairlead.leads.drafts import UNSET
from fairlead.orgs.definitions import Definitions
from fairlead.records.picture import is_id

Expression = sa.ColumnElement[Any]
Condition = sa.ColumnElement[bool]

OPERATORS = ("=", "LIKE", ">", "<", "<=", ">=", "<>", "IN")
"""What SqlOperator may be."""


class Attribute(msgspec.Struct, eq=False):
    """A lead attribute as an expression; no two are equal, so that they can be keys.

    `read` turns a caller's text into what `value` is compared with, None for a text that can match nothing; `text`
    is what LIKE looks into; `type` the type of the values; `key` the name under which unique values stand in the keys;
    `order` what is sorted by, where that is not `value`; `folds`: compared without case.
    """

    value: Expression
    text: Expression
    read: Callable[[str], Any]
    type: Any
    key: str | None = None
    order: Any = None
    folds: bool = False


def read_number(text: str) -> Any:
    """A number. Raises InvalidInput."""
    found = parse_number(text)
    if found is None:
        raise InvalidInput.value("LookupValue")
    return found


def _boolean(text: str) -> Any:
    found = parse_boolean(text)
    if found is None:
        raise InvalidInput.value("LookupValue")
    return found


def _instant(text: str) -> Any:
    """Instants are compared at whole seconds."""
    found = parse_datetime(text.strip())
    if found is None:
        raise InvalidInput.value("LookupValue")
    return found.replace(microsecond=0)


def _stamp(text: str) -> Any:
    return f"{_instant(text):%Y-%m-%d %H:%M:%S}"


def _day(text: str) -> Any:
    text = text.strip()
    if parse_date(text) is None and parse_datetime(text) is None:
        raise InvalidInput.value("LookupValue")
    return text[:10]


def read_id(text: str) -> Any:
    """An id that is no GUID is an unknown id."""
    text = text.strip().lower()
    return text if is_id(text) else None


def _as_text(text: str) -> Any:
    return text


def of_column(column: Any, read: Callable[[str], Any] = _as_text) -> Attribute:
    """A column as it is; `read` turns a caller's text into its values."""
    return Attribute(column, sa.cast(column, sa.Text), read, column.type)


def of_instant(column: Any) -> Attribute:
    """A column of instants, compared at whole seconds."""
    printed = sa.func.to_char(sa.func.timezone("UTC", column), "YYYY-MM-DD HH24:MI:SS.MS")
    whole = sa.func.date_trunc("second", column)
    return Attribute(whole, printed, _instant, sa.TIMESTAMP(timezone=True), order=column)


def _constant(value: Any) -> Expression:
    """Written into the statement, not bound: an index on the expression is only found when it is the same."""
    return sa.literal(value, literal_execute=True)


def _field(name: str) -> Any:
    """The stored value of a field."""
    return lead.c.fields[_constant(name)]


def _converted() -> Attribute:
    """When the lead became one: as stored, else when it was created, as reads show it."""
    created = sa.case((lead.c.is_lead, of_instant(lead.c.created_on).text))
    text = sa.func.coalesce(_field("LeadConversionDate").astext, created)
    return Attribute(sa.func.left(text, 19), text, _stamp, sa.Text())


def _of_text(expression: Expression) -> Attribute:
    return Attribute(expression, expression, _as_text, sa.Text())


def _of_email(text: Expression) -> Attribute:
    return Attribute(sa.func.lower(text), text, str.strip, sa.Text(), folds=True)


def _of_flag(expression: Expression) -> Attribute:
    shown = sa.case((expression, "1"), (sa.not_(expression), "0"))
    return Attribute(expression, shown, _boolean, sa.Boolean())


def _same_for_all(shown: str, value: Any, read: Callable[[str], Any], type: Any) -> Attribute:
    """What is the same for every lead; sorted by it leads come as ties do, PostgreSQL takes no constant."""
    return Attribute(sa.literal(value), sa.literal(shown), read, type, order=lead.c.id)


def of_user(column: Any, shown: Expression) -> Attribute:
    """What is shown of the user whose id stands in a column."""
    table = column.table
    found = sa.select(shown).where(app_user.c.org_id == table.c.org_id, app_user.c.id == column)
    return _of_text(found.correlate(table).scalar_subquery())


def _of_type(code: Any) -> Attribute:
    found = sa.select(record_type.c.display_name).where(
        record_type.c.org_id == lead.c.org_id, record_type.c.code == code
    )
    return _of_text(found.correlate(lead).scalar_subquery())


USER_NAME = sa.func.trim(app_user.c.first_name + " " + app_user.c.last_name)

_ACCOUNT_CODE = (
    sa.select(account.c.code)
    .where(account.c.org_id == lead.c.org_id, account.c.id == lead.c.account_id)
    .correlate(lead)
    .scalar_subquery()
)

_CORE: dict[str, Attribute] = {
    "ProspectID": of_column(lead.c.id, read_id),
    "ProspectAutoId": of_column(lead.c.auto_id, read_number),
    "ProspectStage": of_column(lead.c.stage),
    "Score": of_column(lead.c.score, read_number),
    "EngagementScore": of_column(lead.c.engagement_score, read_number),
    "Revenue": of_column(lead.c.revenue, read_number),
    "ProspectActivityId_Min": of_column(lead.c.first_activity_id, read_id),
    "ProspectActivityDate_Min": of_instant(lead.c.first_activity_on),
    "ProspectActivityId_Max": of_column(lead.c.last_activity_id, read_id),
    "ProspectActivityDate_Max": of_instant(lead.c.last_activity_on),
    "ProspectActivityName_Max": _of_type(lead.c.last_activity_code),
    "LeadLastModifiedOn": of_instant(lead.c.touched_on),
    "LeadConversionDate": _converted(),
    "IsLead": _of_flag(lead.c.is_lead),
    "OwnerId": of_column(lead.c.owner_id, read_id),
    "OwnerIdName": of_user(lead.c.owner_id, USER_NAME),
    "OwnerIdEmailAddress": _of_email(of_user(lead.c.owner_id, app_user.c.email).text),
    "CreatedBy": of_column(lead.c.created_by, read_id),
    "CreatedByName": of_user(lead.c.created_by, USER_NAME),
    "CreatedOn": of_instant(lead.c.created_on),
    "ModifiedBy": of_column(lead.c.modified_by, read_id),
    "ModifiedByName": of_user(lead.c.modified_by, USER_NAME),
    "ModifiedOn": of_instant(lead.c.modified_on),
    "CompanyType": _of_type(_ACCOUNT_CODE),
    "RelatedCompanyId": of_column(lead.c.account_id, read_id),
    **dict.fromkeys(
        ("StatusCode", "StatusReason", "DeletionStatusCode"),
        _same_for_all("0", 0, read_number, sa.Numeric()),
    ),
    "IsTaggedLead": _same_for_all("0", False, _boolean, sa.Boolean()),
}


def attribute(defs: Definitions, name: str) -> Attribute | None:
    """The expression of an attribute; None for one that is not defined. `mx_Set~Member` is one of a field set."""
    field = defs.lead.fields.get(name)
    if field is not None:
        if name in _CORE:
            return _CORE[name]
        found = of_document(field, _field(name), UNSET.get(name))
        found.key = name if field.unique and field.data_type in _KEYED else None
        return found
    outer, tilde, inner = name.replace("x007E", "~").partition("~")
    outside = defs.lead.fields.get(outer) if tilde else None
    member = outside.members_by_name.get(inner) if outside is not None else None
    return None if member is None else of_document(member, _field(outer)[_constant(inner)], None)


created_on = _CORE["CreatedOn"]
"""What searches are sorted by when nothing else is asked."""

in_turn = _CORE["ProspectAutoId"]
"""Leads as they came, which an index knows."""

_KEYED = (DataType.EMAIL, DataType.PHONE, DataType.TEXT)


def of_document(field: Field, stored: Any, unset: Any) -> Attribute:
    """A field whose value is the JSON value `stored`; `unset` is what a missing one means."""
    text: Expression = stored.astext
    kind = field.data_type
    if kind in (DataType.NUMBER, DataType.DECIMAL):
        number = sa.case((sa.func.jsonb_typeof(stored) == _constant("number"), sa.cast(text, sa.Numeric)))
        return Attribute(number, text, read_number, sa.Numeric())
    if kind is DataType.BOOLEAN:
        flag: Expression = sa.case((text == "true", True), (text == "false", False))
        return _of_flag(flag if unset is None else sa.func.coalesce(flag, unset))
    if kind is DataType.DATETIME:
        return Attribute(sa.func.left(text, _constant(19)), text, _stamp, sa.Text())
    if kind is DataType.DATE:
        return Attribute(text, text, _day, sa.Text())
    if kind is DataType.EMAIL:
        return _of_email(text)
    if kind is DataType.PHONE:
        return Attribute(text, text, str.strip, sa.Text())
    if field.multi_select:
        return _of_text(_joined(stored))
    return _of_text(text if unset is None else sa.func.coalesce(text, unset))


def _joined(stored: Any) -> Expression:
    """The options of a multi-select as they are printed, joined by `;`."""
    listed = sa.case((sa.func.jsonb_typeof(stored) == "array", stored), else_=sa.cast("[]", JSONB))
    option = sa.func.jsonb_array_elements_text(listed).column_valued("option")
    return sa.select(sa.func.string_agg(option, ";")).scalar_subquery()


def condition(found: Attribute, operator: str, raw: str) -> Condition:
    """One comparison. An empty value asks for blanks with `=` and for anything with `<>`.

    Raises InvalidInput for a value that the attribute cannot have, and for an unknown operator.
    """
    if operator not in OPERATORS:
        raise InvalidInput.value("SqlOperator")
    if raw == "":
        # Vendor: silent on empty values.
        return {"=": found.value.is_(None), "<>": found.value.is_not(None)}.get(operator, sa.false())
    if operator == "LIKE":
        return found.text.ilike(pattern(raw), escape="\\")
    if operator == "IN":
        values = [found.read(part) for text in raw.split(",") if (part := text.strip())]
        return _is_one_of(found, [value for value in values if value is not None])
    value = found.read(raw)
    if value is None:
        return sa.true() if operator == "<>" else sa.false()
    if found.key is not None and operator in ("=", "<>"):
        holds = _holds(found, found.key, [value])
        return holds if operator == "=" else sa.not_(holds)
    (value,), type = _typed([value], found.type)
    other: Expression = sa.literal(value, type)
    if found.folds:
        other = sa.func.lower(other)
    # Vendor: silent on blanks under <>; a blank is not that value.
    compare: dict[str, Callable[[], Condition]] = {
        "=": lambda: found.value == other,
        "<>": lambda: found.value.is_distinct_from(other),
        ">": lambda: found.value > other,
        "<": lambda: found.value < other,
        ">=": lambda: found.value >= other,
        "<=": lambda: found.value <= other,
    }
    return compare[operator]()


def _typed(values: list[Any], type: Any) -> tuple[list[Any], Any]:
    """Values with their type. Whole numbers go as bigint, so that an index on whole numbers serves."""
    if not values or not all(isinstance(value, Decimal) for value in values):
        return values, type
    if all(value == value.to_integral_value() and abs(value) < 2**63 for value in values):
        return [int(value) for value in values], sa.BigInteger()
    return values, sa.Numeric()


def _is_one_of(found: Attribute, values: list[Any]) -> Condition:
    if found.key is not None:
        return _holds(found, found.key, values)
    known, type = _typed(values, found.type)
    sought = sa.literal(known, ARRAY(type))
    if found.folds:
        return found.value.in_(sa.select(sa.func.lower(sa.func.unnest(sought).column_valued("sought"))))
    return found.value == sa.any_(sought)


def _holds(found: Attribute, field: str, values: list[str]) -> Condition:
    """The lead holds one of these unique values: through the keys, not by looking into every lead."""
    sought = [email_key(value) for value in values] if found.folds else values
    keys = sa.select(lead_key.c.lead_id).where(
        lead_key.c.org_id == lead.c.org_id,
        lead_key.c.field == field,
        lead_key.c.value == sa.any_(sa.literal(sought, ARRAY(sa.Text()))),
    )
    return lead.c.id.in_(keys)


def pattern(text: str) -> str:
    """What LIKE looks for: `%` as the caller set it, else the text anywhere. Nothing else is special."""
    plain = text.replace("\\", "\\\\").replace("_", "\\_")
    return plain if "%" in text else f"%{plain}%"


def touched_between(first: datetime, last: datetime) -> Condition:
    """Changed in this range of whole seconds, both ends included."""
    at = _CORE["LeadLastModifiedOn"].value
    return sa.and_(at >= first, at <= last)


def where(org_id: int, owner_id: str | None, condition: Condition) -> tuple[str, list[Any]]:
    """The condition on the leads of an organisation (of one owner) as SQL, and its parameters from $1 on.

    Only this part of a statement is composed: composing all of it takes longer than the database needs.
    """
    mine = [lead.c.org_id == org_id, condition]
    if owner_id is not None:
        mine.append(lead.c.owner_id == owner_id)
    compiled = _FROM_LEAD.where(*mine).compile(dialect=_DIALECT, compile_kwargs=WRITTEN_OUT)
    values = [compiled.params[name] for name in compiled.positiontup or ()]
    return str(compiled).removeprefix(_HEAD).removeprefix(" \nWHERE "), values


@functools.lru_cache(64)
def order(sort: Attribute, *, descending: bool) -> str:
    """What leads are sorted by, as SQL without parameters. Ties are broken by id. Most searches sort alike."""
    by = sort.value if sort.order is None else sort.order
    if sort is in_turn:  # no two have the same number: so its index serves
        return f"lead.auto_id {'desc' if descending else 'asc'}"
    ways = (
        (by.desc().nulls_last(), lead.c.id.desc())
        if descending
        else (by.asc().nulls_first(), lead.c.id.asc())
    )
    compiled = _FROM_LEAD.order_by(*ways).compile(dialect=_DIALECT, compile_kwargs={"literal_binds": True})
    return str(compiled).removeprefix(_HEAD).removeprefix(" ORDER BY ")


def indexable(defs: Definitions, name: str) -> str | None:
    """The expression that a search on a field compares, as SQL; None for what has no such expression of its own.

    Those are attributes that are columns, several options in one value, and names that are not defined.
    """
    field = defs.lead.fields.get(name)
    if field is None or name in _CORE or field.multi_select or field.data_type is DataType.FIELD_SET:
        return None
    found = of_document(field, _field(name), UNSET.get(name))
    return str(found.value.compile(dialect=_DIALECT, compile_kwargs={"literal_binds": True}))


_DIALECT = asyncpg.dialect()  # type: ignore[no-untyped-call]
_FROM_LEAD: sa.Select[Any] = sa.select(sa.literal_column("1")).select_from(lead)
_HEAD = str(_FROM_LEAD.compile(dialect=_DIALECT))
WRITTEN_OUT = {"render_postcompile": True}
"""How statements with these expressions are compiled: constants stand in them as they are."""
