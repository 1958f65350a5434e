"""The settings page: the commands and options of the `fairlead` program, read off its command tree."""

from __future__ import annotations

import importlib
import inspect
import logging
from collections.abc import Iterator

import click

from fairlead.wire.describe.schemas import Json

log = logging.getLogger("fairlead.describe")
_CLI = "fairlead.cli"


def settings_page() -> str:
    """Every command with its options: spelling, environment variable, default, a sentence."""
    parts = ["# Settings"]
    program = _program()
    if program is None:
        return "\n\n".join((*parts, "The program has no commands in this build."))
    context = click.Context(program, info_name="fairlead")
    prefix = program.context_settings.get("auto_envvar_prefix")
    parts.append(
        "An option on the command line wins over its environment variable, and that over the default."
    )
    for name, command in _commands(program, "fairlead"):
        parts += _command(name, command, context, prefix)
    return "\n\n".join(parts)


def _program() -> click.Command | None:
    try:
        module = importlib.import_module(_CLI)
    except ModuleNotFoundError as error:
        if error.name != _CLI:
            raise
        return None
    found = getattr(module, "main", None)
    return found if isinstance(found, click.Command) else None


def _commands(command: click.Command, name: str) -> Iterator[tuple[str, click.Command]]:
    """The command and all below it, parents first, in the order of the help."""
    if command.hidden:
        return
    yield name, command
    if isinstance(command, click.Group):
        context = click.Context(command, info_name=name)
        for part in command.list_commands(context):
            try:
                inner = command.get_command(context, part)
            except ImportError as error:
                if not (error.name or "").startswith("fairlead."):
                    raise
                log.warning("the command %s is left out: %s", part, error)
                continue
            if inner is not None:
                yield from _commands(inner, f"{name} {part}")


def _command(name: str, command: click.Command, context: click.Context, prefix: str | None) -> list[str]:
    arguments = [f"<{some.name}>" for some in command.params if isinstance(some, click.Argument)]
    options = [
        some
        for some in command.params
        if isinstance(some, click.Option) and some.expose_value and not some.hidden
    ]
    parts = [f"## `{' '.join((name, *arguments))}`"]
    if text := inspect.cleandoc(command.help or "").replace("\b\n", ""):
        parts.append(text)
    if options:
        rows = [_option(option, name, context, prefix) for option in options]
        lines = ["| option | environment | default | |", "| --- | --- | --- | --- |"]
        lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
        parts.append("\n".join(lines))
    return parts


def _option(option: click.Option, command: str, context: click.Context, prefix: str | None) -> list[str]:
    spelling = ", ".join(f"`{some}`" for some in (*option.opts, *option.secondary_opts))
    info: Json = option.to_info_dict()
    if not option.is_flag and option.type.name != "boolean":
        shown = option.make_metavar(context).strip("[]")
        # Choices are written as they are; TEXT and INTEGER need not shout.
        spelling += (
            f" *{shown if isinstance(option.type, click.Choice) else shown.lower().removesuffix(' range')}*"
        )
    return [spelling, _environment(option, command, prefix), _default(option, info), option.help or ""]


def _environment(option: click.Option, command: str, prefix: str | None) -> str:
    named = [option.envvar] if isinstance(option.envvar, str) else list(option.envvar or ())
    if not named and prefix and option.allow_from_autoenv:
        named = ["_".join((prefix, *command.split()[1:], option.name or "")).upper().replace("-", "_")]
    return ", ".join(f"`{name}`" for name in named)


def _default(option: click.Option, info: Json) -> str:
    """The default; a text that stands for it; nothing for places that differ from machine to machine."""
    if option.required:
        return "required"
    if isinstance(option.show_default, str):
        return option.show_default
    value = info.get("default")
    if isinstance(value, bool):
        return "on" if value else ""
    if isinstance(value, str | int | float) and value != "":
        return f"`{value}`"
    return ""
