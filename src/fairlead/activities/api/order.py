"""How reads of activities are sorted: by the vendor's column names."""

from __future__ import annotations

from typing import Any

from fairlead.activities.criteria import Column, column_of
from fairlead.activities.queries import Order
from fairlead.fields.model import DataType
from fairlead.orgs.definitions import RecordType
from fairlead.wire.operation import Call
from fairlead.wire.types import Sorting, descending

_CREATED = Column(DataType.DATETIME, column="happened_on")

_MORE = {"EventCode": "ActivityEvent", "Id": "ProspectActivityId", "ID": "ProspectActivityId"}


def order_of(call: Call[Any, Any], sorting: Sorting | None, kind: RecordType | None) -> Order:
    """Sorted by CreatedOn unless said otherwise; an unknown column is ignored and noticed.

    Fields can be sorted by where the read is about one type. Raises InvalidInput for a wrong direction.
    """
    down = descending(sorting)
    name = (sorting.ColumnName or "").strip() if sorting is not None else ""
    if not name:
        return Order(_CREATED, down)
    column = column_of(_MORE.get(name, name), kind)
    if column is None:
        call.notice("unknown-sort-column", name)
        return Order(_CREATED, down)
    return Order(column, down)
