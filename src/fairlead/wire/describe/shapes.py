"""Types of operations as people read them: words, members, an example."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import inspect

from fairlead.wire.describe.kinds import always_there, kind_of, parts, sentence, struct_class, structs


class Member(msgspec.Struct, frozen=True):
    """A member of a body: its path from the top (`Activity.Fields[].Value`), its type in words, a remark."""

    path: str
    kind: str
    remark: str


# Words


_WORDS: dict[type, str] = {
    inspect.StrType: "text",
    inspect.IntType: "number",
    inspect.FloatType: "number",
    inspect.DecimalType: "number",
    inspect.BoolType: "boolean",
    inspect.NoneType: "null",
    inspect.StructType: "object",
    inspect.DictType: "object",
    inspect.UUIDType: "GUID",
    inspect.DateTimeType: "date and time",
}


def words(info: inspect.Type) -> str:
    """`text`, `text or number`, `list of objects`. Null is not worth a word: it always means absent."""
    if isinstance(info, inspect.UnionType):
        parts = dict.fromkeys(words(some) for some in info.types if not isinstance(some, inspect.NoneType))
        return " or ".join(", ".join(parts).rsplit(", ", 1))
    if isinstance(info, inspect.ListType):
        inside = words(info.item_type)
        return f"list, each {inside}" if " or " in inside else f"list of {_plural(inside)}"
    if isinstance(info, inspect.LiteralType):
        return " or ".join(f"`{value}`" for value in info.values)
    return _WORDS.get(type(info), "any JSON")


def _plural(one: str) -> str:
    return {"text": "texts", "number": "numbers", "object": "objects", "GUID": "GUIDs"}.get(one, one)


def members(kind: Any) -> list[Member]:
    """The members of a body, nested ones after their parent; a type inside itself is named, not repeated."""
    return list(_members(kind_of(kind), "", {}))


def _members(info: inspect.Type, path: str, above: dict[Any, str]) -> Iterator[Member]:
    if isinstance(info, inspect.ListType):
        yield from _members(info.item_type, f"{path}[]", above)
    elif isinstance(info, inspect.StructType):
        above = above | {info.cls: path}
        for field in info.fields:
            name = f"{path}.{field.encode_name}" if path else field.encode_name
            yield Member(name, words(field.type), _remark(field, above))
            for inner in _inner(field.type):
                if inner.cls not in above:
                    nested = f"{name}[]" if _is_list(field.type) else name
                    yield from _members(inner, nested, above)
    else:
        for part in parts(info):
            yield from _members(part, path, above)


def _remark(field: inspect.Field, above: dict[Any, str]) -> str:
    remarks = ["required"] if field.required else []
    for inner in _inner(field.type):
        if inner.cls in above:
            remarks.append(f"like `{above[inner.cls] or 'the body'}`")
        else:
            remarks.append(sentence(struct_class(inner)))
    return " · ".join(remark for remark in remarks if remark)


def _inner(info: inspect.Type) -> list[inspect.StructType]:
    """The structs directly inside: of the type, its alternatives, its rows."""
    if isinstance(info, inspect.StructType):
        return [info]
    return [found for part in parts(info) for found in _inner(part)]


def _is_list(info: inspect.Type) -> bool:
    if isinstance(info, inspect.UnionType):
        return any(_is_list(some) for some in info.types)
    return isinstance(info, inspect.ListType)


# An example


def skeletons(kind: Any) -> list[Any]:
    """The shape of a reply as JSON values: one, or one per alternative."""
    info = kind_of(kind)
    kinds = info.types if isinstance(info, inspect.UnionType) else (info,)
    return [_skeleton(some, ()) for some in kinds if not isinstance(some, inspect.NoneType)]


_SAMPLES: dict[type, Any] = {
    inspect.IntType: 0,
    inspect.FloatType: 0.0,
    inspect.DecimalType: 0.0,
    inspect.BoolType: False,
    inspect.NoneType: None,
}


def _skeleton(info: inspect.Type, above: tuple[Any, ...]) -> Any:
    if isinstance(info, inspect.UnionType):
        order = sorted(
            info.types, key=lambda some: (isinstance(some, inspect.NoneType), not _parts_of_json(some))
        )
        return _skeleton(order[0], above)
    if isinstance(info, inspect.StructType):
        fields = () if info.cls in above else info.fields
        return {field.encode_name: _skeleton(field.type, (*above, info.cls)) for field in fields}
    if isinstance(info, inspect.ListType):
        return [_skeleton(info.item_type, above)]
    if isinstance(info, inspect.DictType):
        return {"…": _skeleton(info.value_type, above)}
    return info.values[0] if isinstance(info, inspect.LiteralType) else _SAMPLES.get(type(info), "…")


def _parts_of_json(info: inspect.Type) -> bool:
    return isinstance(info, (inspect.StructType, inspect.ListType, inspect.DictType))


def sometimes(kind: Any) -> list[str]:
    """Names of reply members that are left out when they have nothing to say."""
    return list(
        dict.fromkeys(
            field.encode_name
            for info in structs(kind)
            for field in info.fields
            if not always_there(info, field)
        )
    )
