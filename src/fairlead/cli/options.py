"""Options of commands: made from the settings, or named here, each with its twin in the environment."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import UnionType
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

import click
import msgspec

from fairlead.settings import Settings
from fairlead.wire.limits import Rate

Command = TypeVar("Command", bound=Callable[..., Any])


class _RateType(click.ParamType[Any]):
    """A rate limit as text: 25/5s, or off."""

    name = "rate"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Rate | None:
        if value is None or isinstance(value, Rate):
            return value
        try:
            return Rate.read(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


def settings(*names: str) -> Callable[[Command], Command]:
    """Options for these settings, or for all of them, as keyword arguments with the settings' names."""
    fields = {field.name: field for field in msgspec.structs.fields(Settings)}
    hints = get_type_hints(Settings, include_extras=True)

    def decorate(command: Command) -> Command:
        for name in reversed(names or tuple(fields)):
            command = _setting(name, hints[name], fields[name].default)(command)
        return command

    return decorate


def _setting(name: str, hint: Any, default: Any) -> Callable[[Command], Command]:
    kind, meta = get_args(hint)
    extra = meta.extra or {}
    flag = f"--{extra.get('option', name.replace('_', '-'))}"
    default = extra.get("default", default)
    if kind is bool:
        return option(flag, name, is_flag=True, help=meta.description)
    shown = default not in (None, "")
    return option(
        flag, name, type=_type(kind, meta), default=default, show_default=shown, help=meta.description
    )


def _type(kind: Any, meta: msgspec.Meta) -> Any:
    if get_origin(kind) is Literal:
        return click.Choice(get_args(kind))
    if get_origin(kind) is UnionType:
        kind = get_args(kind)[0]
    if kind is int:
        return click.IntRange(int(meta.ge or 0), None if meta.le is None else int(meta.le))
    if kind is Path:
        return click.Path(file_okay=False, path_type=Path)
    return _RateType() if kind is Rate else str


def option(flag: str, *names: str, **given: Any) -> Callable[[Command], Command]:
    """An option with its twin in the environment: --access-key is FAIRLEAD_ACCESS_KEY."""
    twin = "FAIRLEAD_" + flag.removeprefix("--").replace("-", "_").upper()
    return click.option(flag, *names, envvar=twin, show_envvar=True, **given)


def database(command: Command) -> Command:
    """The options that say which database, as `data` and `database_url`."""
    return settings("data", "database_url")(command)


def as_json(command: Command) -> Command:
    """The option --json, as `as_json`."""
    return option("--json", "as_json", is_flag=True, help="Answer in JSON, for scripts.")(command)
