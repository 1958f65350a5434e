"""JSON Schema of bodies and replies: bodies as open as the server, replies as strict as the contract."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

from msgspec import inspect

from fairlead.wire.describe.kinds import always_there, kind_of, sentence, struct_class, structs

Json = dict[str, Any]

_LEAVES: dict[type, Json] = {
    inspect.StrType: {"type": "string"},
    inspect.IntType: {"type": "integer"},
    inspect.FloatType: {"type": "number"},
    inspect.DecimalType: {"type": "number"},
    inspect.BoolType: {"type": "boolean"},
    inspect.NoneType: {"type": "null"},
    inspect.UUIDType: {"type": "string", "format": "uuid"},
    inspect.DateTimeType: {"type": "string", "format": "date-time"},
}
_NULL = {"type": "null"}


class Schemas:
    """Schemas of types; structs become `components`, referred to by name.

    With `exact`, members are those of the type and no others, as in replies. Without, unknown members are
    welcome, as in bodies: the server ignores them, and says so. A name in `taken` gets `_in` behind it.
    """

    def __init__(self, hints: Iterable[Any], *, exact: bool, taken: Iterable[str] = ()) -> None:
        found = structs(*hints)
        self._exact = exact
        self._names = _names([info.cls for info in found], frozenset(taken))
        self.components = {self._names[info.cls]: self._struct(info) for info in found}

    def of(self, hint: Any) -> Json:
        """The schema of one of the types."""
        return self._schema(kind_of(hint))

    def _schema(self, info: inspect.Type) -> Json:
        if isinstance(info, inspect.StructType):
            return {"$ref": f"#/components/schemas/{self._names[info.cls]}"}
        if isinstance(info, inspect.UnionType):
            return _any_of([self._schema(some) for some in info.types])
        if isinstance(info, inspect.ListType):
            return {"type": "array", "items": self._schema(info.item_type)}
        if isinstance(info, inspect.DictType):
            return {"type": "object", "additionalProperties": self._schema(info.value_type)}
        if isinstance(info, inspect.LiteralType):
            return {"enum": list(info.values)}
        return dict(_LEAVES.get(type(info), {}))

    def _struct(self, info: inspect.StructType) -> Json:
        found: Json = {"type": "object"}
        if text := sentence(struct_class(info)):
            found["description"] = text
        found["properties"] = {field.encode_name: self._member(info, field) for field in info.fields}
        if self._exact:
            found["required"] = [field.encode_name for field in info.fields if always_there(info, field)]
            found["additionalProperties"] = False
        elif required := [field.encode_name for field in info.fields if field.required]:
            found["required"] = required
        return found

    def _member(self, info: inspect.StructType, field: inspect.Field) -> Json:
        """A member that is left out when it is null is never null when it is there."""
        schema = self._schema(field.type)
        if self._exact and field.default is None and not always_there(info, field):
            return _any_of([some for some in schema.get("anyOf", (schema,)) if some != _NULL])
        return schema


def _any_of(schemas: list[Json]) -> Json:
    """One of these; whole numbers need no word where numbers are welcome."""
    if {"type": "number"} in schemas:
        schemas = [schema for schema in schemas if schema != {"type": "integer"}]
    return schemas[0] if len(schemas) == 1 else {"anyOf": schemas}


def _names(classes: list[Any], taken: frozenset[str]) -> dict[Any, str]:
    """A component's name is the class's; with the module in front where several have the same."""
    plain = {cls: _plain(cls) for cls in classes}
    often = Counter(plain.values())
    full = {
        cls: name
        if often[name] == 1
        else f"{cls.__module__.removeprefix('fairlead.').replace('.', '_')}_{name}"
        for cls, name in plain.items()
    }
    return {cls: f"{name}_in" if name in taken else name for cls, name in full.items()}


def _plain(cls: Any) -> str:
    """`Done_Posted` for `Done[Posted]`."""
    arguments = getattr(cls, "__args__", ())
    if not arguments:
        return str(getattr(cls, "__name__", re.sub(r"\W+", "_", str(cls))))
    return "_".join((cls.__origin__.__name__, *map(_plain, arguments)))


def text_parameter(schema: Json) -> Json:
    """A query parameter's schema: it is absent rather than null."""
    return _any_of([some for some in schema.get("anyOf", (schema,)) if some != _NULL])
