"""Types as a tree, in msgspec's own words. msgspec reads no union of structs without tags; replies may be one."""

from __future__ import annotations

from collections import abc
from collections.abc import Iterator
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import msgspec
from msgspec import inspect

_LISTS = (list, abc.Sequence, abc.Iterable, abc.Collection)
_DICTS = (dict, abc.Mapping, abc.MutableMapping)


def kind_of(hint: Any) -> inspect.Type:
    """The tree of a type; a struct inside itself is the same node again."""
    return _kind(hint, {})


def _kind(hint: Any, seen: dict[Any, inspect.StructType]) -> inspect.Type:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _kind(arguments[0], seen)
    if origin in (Union, UnionType):
        kinds = tuple(_kind(some, seen) for some in arguments if some is not msgspec.UnsetType)
        return kinds[0] if len(kinds) == 1 else inspect.UnionType(kinds)
    if origin in _LISTS or (origin is tuple and arguments[1:] == (...,)):
        return inspect.ListType(_kind(arguments[0], seen))
    if origin in _DICTS:
        return inspect.DictType(_kind(arguments[0], seen), _kind(arguments[1], seen))
    cls = origin or hint
    if isinstance(cls, type) and issubclass(cls, msgspec.Struct):
        return _struct(hint, seen)
    return inspect.type_info(hint)


def _struct(hint: Any, seen: dict[Any, inspect.StructType]) -> inspect.StructType:
    if hint in seen:
        return seen[hint]
    node = seen[hint] = inspect.StructType(hint, ())
    node.fields = tuple(
        inspect.Field(
            name=field.name,
            encode_name=field.encode_name,
            type=_kind(field.type, seen),
            required=field.required,
            default=msgspec.NODEFAULT if field.default is msgspec.UNSET else field.default,
            default_factory=field.default_factory,
        )
        for field in msgspec.structs.fields(hint)
    )
    return node


def parts(info: inspect.Type) -> Iterator[inspect.Type]:
    """What is directly inside: alternatives, rows, values."""
    if isinstance(info, inspect.UnionType):
        yield from info.types
    elif isinstance(info, inspect.DictType):
        yield info.value_type
    elif isinstance(info, inspect.ListType):
        yield info.item_type


def struct_class(info: inspect.StructType) -> Any:
    """The class behind a struct type, also of a generic one: `Done` of `Done[Posted]`."""
    return getattr(info.cls, "__origin__", info.cls)


def structs(*hints: Any) -> list[inspect.StructType]:
    """Every struct in these types, each once, in the order in which a reader meets them."""
    found: dict[Any, inspect.StructType] = {}
    for hint in hints:
        _collect(kind_of(hint), found)
    return list(found.values())


def _collect(info: inspect.Type, found: dict[Any, inspect.StructType]) -> None:
    if isinstance(info, inspect.StructType):
        if info.cls not in found:
            found[info.cls] = info
            for field in info.fields:
                _collect(field.type, found)
    else:
        for part in parts(info):
            _collect(part, found)


def always_there(info: inspect.StructType, field: inspect.Field) -> bool:
    """True when a reply of this type always has the member."""
    has_default = field.default is not msgspec.NODEFAULT or field.default_factory is not msgspec.NODEFAULT
    return field.required or (has_default and not struct_class(info).__struct_config__.omit_defaults)


def sentence(cls: Any) -> str:
    """The first paragraph that a class says about itself; nothing for a class without a docstring of its own."""
    text = (vars(cls).get("__doc__") or "").strip()
    return " ".join(text.split("\n\n")[0].split())
