"""From a search as written to conditions on columns: names looked up, values read as the column's type.

Serves searches for activities and for opportunities. Composing the SQL is in `queries.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec

from fairlead.fields.model import DataType, Field
from fairlead.fields.values import parse_boolean
from fairlead.orgs.definitions import Definitions, RecordType
from fairlead.wire import search
from fairlead.wire.types import code_of

Value = str | bool | Decimal | datetime

Step = tuple[str, Value]
"""One comparison: `eq ge gt le lt like has` and what with. `has`: a drop-down has chosen it."""


class Column(msgspec.Struct, frozen=True):
    """Where a value stands: a column of the table, or a path into its `fields`.

    `shown` is what reads show of an activity and nobody stores with it, to sort by: a name of `queries.SHOWN`.
    """

    type: DataType
    column: str = ""
    path: tuple[str, ...] = ()
    on_lead: bool = False
    shown: str = ""


class Condition(msgspec.Struct, frozen=True):
    """True when all steps of any alternative hold; no alternatives: when there is no value. `negated`: when not."""

    column: Column
    alternatives: list[list[Step]]
    negated: bool
    either: bool


class Criteria(msgspec.Struct, frozen=True):
    """Groups of conditions, joined by and, or by or when `either`."""

    groups: list[list[Condition]]
    either: bool


_ID, _TEXT, _WHEN, _NUMBER, _USER = (
    DataType.PRODUCT, DataType.TEXT, DataType.DATETIME, DataType.NUMBER, DataType.USER
)  # fmt: skip

ACTIVITY_COLUMNS: Mapping[str, tuple[str, DataType]] = {
    "ProspectActivityId": ("id", _ID),
    "OpportunityId": ("id", _ID),
    "RelatedProspectId": ("lead_id", _ID),
    "ProspectId": ("lead_id", _ID),
    "RelatedOpportunityId": ("opportunity_id", _ID),
    "ActivityEvent": ("code", _NUMBER),
    "ActivityEvent_Note": ("note", _TEXT),
    "Status": ("status", _TEXT),
    "Owner": ("owner_id", _USER),
    "Score": ("score", _NUMBER),
    "ActivityScore": ("score", _NUMBER),
    "CreatedOn": ("happened_on", _WHEN),
    "PACreatedOn": ("happened_on", _WHEN),
    "CreatedBy": ("created_by", _USER),
    "ModifiedOn": ("modified_on", _WHEN),
    "PAModifiedOn": ("modified_on", _WHEN),
    "ModifiedBy": ("modified_by", _USER),
}
"""The vendor's names of what stands in columns of its own."""

LEAD_COLUMNS: Mapping[str, tuple[str, DataType]] = {
    "ProspectID": ("id", _ID),
    "ProspectId": ("id", _ID),
    "ProspectAutoId": ("auto_id", _NUMBER),
    "OwnerId": ("owner_id", _USER),
    "ProspectStage": ("stage", _TEXT),
    "Score": ("score", _NUMBER),
    "EngagementScore": ("engagement_score", _NUMBER),
    "Revenue": ("revenue", _NUMBER),
    "RelatedCompanyId": ("account_id", _ID),
    "CreatedOn": ("created_on", _WHEN),
    "CreatedBy": ("created_by", _USER),
    "ModifiedOn": ("modified_on", _WHEN),
    "ModifiedBy": ("modified_by", _USER),
    "LeadLastModifiedOn": ("touched_on", _WHEN),
}
"""As above, for conditions on the lead."""


def column_of(name: str, kind: RecordType | None) -> Column | None:
    """The column of an activity that a name means, a member of a field set as `mx_Custom_3~mx_CustomObject_1`."""
    if (known := ACTIVITY_COLUMNS.get(name)) is not None:
        return Column(known[1], column=known[0])
    return _field_column(name, kind.fields if kind is not None else {}, on_lead=False)


def lead_column_of(name: str, defs: Definitions) -> Column | None:
    """The column of a lead that a name means."""
    if (known := LEAD_COLUMNS.get(name)) is not None:
        return Column(known[1], column=known[0], on_lead=True)
    return _field_column(name, defs.lead.fields, on_lead=True)


def _field_column(name: str, fields: Mapping[str, Field], *, on_lead: bool) -> Column | None:
    outer, _, inner = name.replace("x007E", "~").partition("~")
    field = fields.get(outer)
    if field is None or field.read_only:
        return None
    if not inner:
        return Column(field.data_type, path=(outer,), on_lead=on_lead)
    member = field.members_by_name.get(inner)
    return Column(member.data_type, path=(outer, inner), on_lead=on_lead) if member is not None else None


def criteria_of(found: search.Search, kind: RecordType, defs: Definitions) -> Criteria:
    """The search as conditions. Raises InvalidInput for an unknown name or a value that the column cannot have."""
    groups = [[_condition(row, kind, defs, found.zone) for row in group] for group in found.groups]
    return Criteria(groups, found.either)


def _condition(row: search.Row, kind: RecordType, defs: Definitions, zone: Any) -> Condition:
    column = lead_column_of(row.name, defs) if row.on_lead else column_of(row.name, kind)
    if column is None:
        raise search.unusable()
    values = search.values_of(row)
    operator = row.operator
    negated = operator in ("neq", "nlik", "isnotnull")
    if operator in ("lik", "nlik"):
        alternatives: list[list[Step]] = [[("like", pattern(values[0]))]]
    elif operator == "between":
        alternatives = [_at_least(column, values[0], zone) + _at_most(column, values[1], zone)]
    elif operator == "gte":
        alternatives = [_at_least(column, values[0], zone)]
    elif operator == "lte":
        alternatives = [_at_most(column, values[0], zone)]
    elif operator in ("gt", "lt"):
        alternatives = [_beyond(column, values[0], zone, after=operator == "gt")]
    else:
        alternatives = [_equal(column, value, zone) for value in values]
    return Condition(column, alternatives, negated, row.either)


def pattern(text: str) -> str:
    """A LIKE pattern: "contains" unless `%` is given; every other character means itself."""
    plain = text.replace("\\", "\\\\").replace("_", "\\_")
    return plain if "%" in plain else f"%{plain}%"


def _equal(column: Column, text: str, zone: Any) -> list[Step]:
    if column.type in (DataType.DATE, DataType.DATETIME):
        return _at_least(column, text, zone) + _at_most(column, text, zone)
    value = _value(column, text)
    return [("has" if column.type is DataType.SELECT else "eq", value)]


def _at_least(column: Column, text: str, zone: Any) -> list[Step]:
    if column.type in (DataType.DATE, DataType.DATETIME):
        return [("ge", _span(column, text, zone)[0])]
    return [("ge", _value(column, text))]


def _at_most(column: Column, text: str, zone: Any) -> list[Step]:
    if column.type in (DataType.DATE, DataType.DATETIME):
        return [("lt", _span(column, text, zone)[1])]
    return [("le", _value(column, text))]


def _beyond(column: Column, text: str, zone: Any, *, after: bool) -> list[Step]:
    if column.type in (DataType.DATE, DataType.DATETIME):
        start, end = _span(column, text, zone)
        return [("ge", end) if after else ("lt", start)]
    return [("gt" if after else "lt", _value(column, text))]


def _span(column: Column, text: str, zone: Any) -> tuple[Value, Value]:
    """The stored forms of the start of what a text names, and of what follows it."""
    if column.type is DataType.DATE:
        # A day has no zone: what counts is the day written down.
        first = search.span(text.strip()[:10], UTC)
        return first[0].date().isoformat(), first[1].date().isoformat()
    start, end = search.span(text, zone)
    if column.column:
        return start, end
    return str(start)[:19], str(end)[:19]


def _value(column: Column, text: str) -> Value:
    if column.type in (DataType.NUMBER, DataType.DECIMAL):
        if column.column == "code":
            code = code_of(text)
            if code is None:
                raise search.unusable()
            return Decimal(code)
        return search.number(text)
    if column.type is DataType.BOOLEAN:
        flag = parse_boolean(text)
        if flag is None:
            raise search.unusable()
        return flag
    if column.type in (DataType.USER, DataType.PRODUCT):
        return text.strip().lower()
    return text
