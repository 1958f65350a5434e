"""The types of tasks."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from fairlead.tasks import types
from fairlead.tasks.api.family import read
from fairlead.tasks.types import TaskType
from fairlead.wire.operation import Call, Query


class WhichTypes(Query):
    """Only the types with this value in this column: TaskTypeId, TaskTypeName, TaskName or Category."""

    ColumnName: str | None = None
    ColumnValue: str | None = None


class Column(msgspec.Struct, kw_only=True):
    """A field of the form in which people write a task."""

    DataType: int
    DisplayName: str
    InternalSchemaName: str
    IsDefault: bool
    IsMandatoryConfigurable: bool
    Mandatory: bool
    Options: str | None
    RenderType: int
    SchemaName: str


class TypeRow(msgspec.Struct, kw_only=True):
    """A type: Category 0 is an appointment, 1 a to-do; DefaultDuration is in minutes, StatusCode 0 is active."""

    Category: int
    Color: str
    ColumnConfiguration: list[Column]
    CreatedBy: str
    CreatedOn: str
    FormLayout: str
    Id: str
    Name: str
    DefaultDuration: int
    StatusCode: int


# Vendor: silent on the fields beside the owner, the only one that its sample shows.
_OWNER = Column(
    DataType=8,
    DisplayName="Owner",
    InternalSchemaName="OwnerId",
    IsDefault=True,
    IsMandatoryConfigurable=False,
    Mandatory=True,
    Options=None,
    RenderType=0,
    SchemaName="OwnerId",
)

_VALUES: dict[str, Callable[[TaskType], str]] = {
    "TaskTypeId": lambda kind: kind.id,
    "TaskTypeName": lambda kind: kind.name.casefold(),
    "TaskName": lambda kind: kind.name.casefold(),
    "Category": lambda kind: str(kind.category),
}


@read("GET /Task.svc/RetrieveTaskType", page="get-list-of-task-types-2")
async def task_types(call: Call[WhichTypes, None], _db: object) -> list[TypeRow]:
    """Get List of Task Types.

    All of them, or those with a value in a column; an unknown column gives none. CreatedOn is
    `/Date(<milliseconds since 1970>+0000)/`.
    """
    found = types.all_types(call.defs)
    name = (call.query.ColumnName or "").strip()
    if name:
        value = _VALUES.get(name)
        if value is None:
            call.notice("unknown-lookup", name[:100])
        wanted = (call.query.ColumnValue or "").strip().casefold()
        found = tuple(kind for kind in found if value is not None and value(kind) == wanted)
    created = f"/Date({int(call.defs.org.created_on.timestamp()) * 1000}+0000)/"
    return [
        TypeRow(
            Category=kind.category,
            Color=kind.color,
            ColumnConfiguration=[_OWNER],
            CreatedBy="System",
            CreatedOn=created,
            FormLayout="{}",
            Id=kind.id,
            Name=kind.name,
            DefaultDuration=kind.duration,
            StatusCode=0,
        )
        for kind in found
    ]
