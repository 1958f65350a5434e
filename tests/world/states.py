"""The `# given:` words of contract files (tests/contract/README.md): what must be there before an exchange."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec

from contract_file import Exchange
from fairlead.fields.model import DataType, Field, Option
from fairlead.orgs import rules
from fairlead.orgs.definitions import RecordType
from world.records import MADE, UnknownState, World, instant

__all__ = ["Prepared", "UnknownState", "prepare"]

PERMISSIONS = {"lock": "can_lock", "delete": "can_delete", "attachments": "allow_attachments"}
"""What a type allows: the word of the contract files, and the setting of the type."""

TYPE_SETTINGS = {"autoid": "auto_id_field", "duplicates": "duplicate_fields"}
"""What a type of opportunities is told: the word of the contract files, and the setting of the type."""

_MADE_BY_THE_RUNNER = ("request",)


@dataclass
class Prepared:
    """What a runner must know: the values of the placeholders, and what it does itself before the exchange."""

    values: dict[str, str]
    calls: int = 0
    """So many calls count towards the rate limit already."""
    submit: str = ""
    """Send the first exchange of this page, and wait until it is processed."""
    unknown: tuple[str, ...] = ()
    """Placeholders that are unknown ids in what is submitted."""


@dataclass
class _Words:
    """The words of one exchange, sorted."""

    records: dict[str, dict[str, str]] = field(default_factory=dict)
    types: dict[str, dict[str, str]] = field(default_factory=dict)
    lead_fields: dict[str, str] = field(default_factory=dict)
    permissions: dict[str, list[str]] = field(default_factory=dict)
    only: list[str] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)


async def prepare(world: World, exchange: Exchange) -> Prepared:
    """Make everything that the exchange names or says is given. UnknownState for what nobody can make."""
    found = Prepared({})
    words = _sorted(exchange, found)
    if words.settings:
        await world.settings(**words.settings)
    for code, settings in words.types.items():
        await _type(world, int(code), settings)
    await _fields(world, (await world.current()).lead, words.lead_fields)
    for only in words.only:
        kind, _, name = only.partition(".")
        if kind == "type":
            await _no_other_type(world, int(name))
    named = [name for name in exchange.given if name.split(".")[0] not in _MADE_BY_THE_RUNNER]
    named += [only for only in words.only if not only.startswith("type.")]
    wanted = {name.replace(".", "_"): attributes for name, attributes in words.records.items()}
    await world.need(*named, **wanted)
    for record, permissions in words.permissions.items():
        await _allow(world, record, permissions)
    mentioned = {_record(name) for name in (*named, *words.records)}
    mentioned |= {value for some in words.records.values() for value in some.values()}
    found.values = {name: value for name, value in world.values.items() if _record(name) in mentioned}
    return found


def _record(name: str) -> str:
    return ".".join(name.split(".")[:2])


def _sorted(exchange: Exchange, found: Prepared) -> _Words:
    words = _Words()
    for word in exchange.state:
        name, _, value = word.partition("=")
        match name.split("."):
            case ["calls"]:
                found.calls = int(value)
            case ["only"]:
                words.only.append(value)
            case ["setting", setting]:
                words.settings[setting] = json.loads(value)
            case ["request", _, "submit"]:
                found.submit = value
            case [kind, number] if value == "unknown":
                found.unknown += (f"{kind}.{number}",)
            case ["type", code, *setting]:
                words.types.setdefault(code, {})[".".join(setting)] = value
            case ["field", *setting]:
                words.lead_fields[".".join(setting)] = value
            case [kind, number, "type", permission]:
                words.records.setdefault(f"{kind}.{number}", {})
                words.permissions.setdefault(f"{kind}.{number}", []).append(permission)
            case [kind, number, attribute]:
                words.records.setdefault(f"{kind}.{number}", {})[attribute] = value
            case _:
                raise UnknownState(
                    f"# given: {word}: nobody knows what this means; see tests/world/states.py"
                )
    return words


async def _type(world: World, code: int, settings: dict[str, str]) -> None:
    kind = (await world.current()).types[code]
    columns: dict[str, str | int | datetime] = {}
    for name, value in settings.items():
        if name == "name":
            columns |= {"name": value, "display_name": value}
        elif name == "score":
            columns["score"] = int(value)
        elif name == "modified":
            columns["modified_on"] = instant(value)
        elif name == "active":
            columns["active"] = value == "true"
        elif name in TYPE_SETTINGS:
            await world.type_settings(
                code, **{TYPE_SETTINGS[name]: value.split(";") if name == "duplicates" else value}
            )
        elif "." not in name:
            raise UnknownState(
                f"# given: type.{code}.{name}: a type has no {name!r}; see tests/world/states.py"
            )
    for column, new in columns.items():
        statement = f"update record_type set {column} = $3 where org_id = $1 and id = $2"
        await world.db.execute(statement, world.org_id, kind.id, new)
    await _fields(world, kind, {name: value for name, value in settings.items() if "." in name})
    await world.definitions_changed()


async def _fields(world: World, kind: RecordType, settings: dict[str, str]) -> None:
    """Drop-downs: `mx_Custom_2.options` = `a;b` (`multi`: several may be chosen), `mx_Custom_3.parent` = `mx_Custom_2`; else what `_plain` knows."""
    for setting, value in settings.items():
        name, _, what = setting.partition(".")
        old = kind.fields.get(name) or Field(name, name, DataType.TEXT, sequence=10 + len(kind.fields))
        if what in ("options", "multi", "parent"):
            options = value.split(";") if what != "parent" else []
            new = Field(
                name,
                old.display_name,
                DataType.SELECT,
                options=tuple(Option(text, order=order) for order, text in enumerate(options)),
                parent=value if what == "parent" else None,
                multi_select=what == "multi",
                sequence=old.sequence,
            )
        else:
            new = _plain(old, setting, what, value)
        statement = "delete from field where org_id = $1 and type_id = $2 and name = $3"
        await world.db.execute(statement, world.org_id, kind.id, name)
        await rules.add_fields(world.db, world.org_id, kind.id, [new], now=MADE)
    if settings:
        await world.definitions_changed()


def _plain(old: Field, setting: str, what: str, value: str) -> Field:
    """`mx_Custom_2.mandatory=true`, `mx_Code.unique=true`, `mx_Custom_3.kind=number`."""
    match what:
        case "mandatory" | "unique":
            return msgspec.structs.replace(old, id="", **{what: value == "true"})
        case "members":
            members = tuple(Field(name, name, max_length=200) for name in value.split(";"))
            return msgspec.structs.replace(old, id="", data_type=DataType.FIELD_SET, members=members)
        case "dependent":
            parent, under, values = value.split(":")
            options = tuple(Option(text, order=order) for order, text in enumerate(values.split(";")))
            allowed = {under: tuple(values.split(";"))}
            kind = {"data_type": DataType.SELECT, "parent": parent, "max_length": None}
            return msgspec.structs.replace(old, id="", options=options, dependent=allowed, **kind)
        case "kind":
            return msgspec.structs.replace(old, id="", data_type=DataType(value), max_length=None)
        case _:
            raise UnknownState(f"# given: {setting}: a field has no {what!r}; see tests/world/states.py")


async def _no_other_type(world: World, code: int) -> None:
    kind = (await world.current()).types[code].kind
    statement = "delete from record_type where org_id = $1 and kind = $2 and code <> $3"
    await world.db.execute(statement, world.org_id, kind, code)
    await world.definitions_changed()


async def _allow(world: World, record: str, permissions: list[str]) -> None:
    settings = "{" + ", ".join(f'"{PERMISSIONS[word]}": true' for word in permissions) + "}"
    statement = """update record_type t set definition = t.definition || $3::text::jsonb from activity a
        where t.org_id = $1 and a.org_id = $1 and a.id = $2 and t.code = a.code"""
    await world.db.execute(statement, world.org_id, world.values[record], settings)
    await world.definitions_changed()
