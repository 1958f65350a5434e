"""From a template to HTML: the environment, its filters, and the two forms of every page, whole and partial."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from jinja2 import (
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PrefixLoader,
    StrictUndefined,
    pass_context,
)
from jinja2.ext import Extension
from jinja2.runtime import Context

from fairlead.fields.model import DataType, Field
from fairlead.fields.values import render as printed
from fairlead.web import formats
from fairlead.web.screens import Screens

NOTHING = "–"
"""What stands where there is no value."""

WHOLE, PARTIAL = "web/whole.html", "web/partial.html"
"""Layouts: a page for a browser, and its main region for htmx."""


_INDENT = re.compile(r"\n[ \t]+")


class _Dense(Extension):
    """Templates without their indentation, which is for those who read them: a fifth of a long page."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:  # noqa: ARG002
        """The source as it is compiled; lines stay lines, so that errors name the right one."""
        return _INDENT.sub("\n", source)


def environment(registries: Iterable[Screens], **everywhere: Any) -> Environment:
    """Templates of every family by its name, values escaped always; `everywhere` are names that all of them know."""
    folders: dict[str, list[Path]] = {"web": [Path(__file__).parent / "templates"]}
    for registry in registries:
        folders.setdefault(registry.family, []).append(registry.templates)
    loaders = {
        name: ChoiceLoader([FileSystemLoader(folder) for folder in places])
        for name, places in folders.items()
    }
    made = Environment(
        loader=PrefixLoader(loaders),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=[_Dense],
    )
    made.globals |= everywhere
    made.filters |= {
        "moment": _moment,
        "day": _day,
        "ago": _ago,
        "iso": _iso,
        "number": _number,
        "money": _money,
        "person": _person,
        "shown": _shown,
    }
    return made


@pass_context
def _moment(context: Context, value: Any) -> str:
    """An instant in the user's time zone."""
    found = formats.instant(value)
    return formats.moment(found, context["visit"].zone) if found else str(value or NOTHING)


@pass_context
def _day(context: Context, value: Any) -> str:
    """A date as it is; of an instant, the day in the user's time zone."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return formats.day(value)
    if isinstance(value, str) and len(value) == 10:
        try:
            return formats.day(date.fromisoformat(value))
        except ValueError:
            return value
    found = formats.instant(value)
    return formats.day(found.astimezone(context["visit"].zone).date()) if found else str(value or NOTHING)


@pass_context
def _ago(context: Context, value: Any) -> str:
    """How long ago an instant was."""
    found = formats.instant(value)
    visit = context["visit"]
    return formats.ago(found, visit.now, visit.zone) if found else str(value or NOTHING)


def _iso(value: Any) -> str:
    """An instant for the `datetime` attribute of a `<time>`."""
    found = formats.instant(value)
    return found.isoformat() if found else ""


@pass_context
def _number(context: Context, value: Any, places: int | None = None) -> str:
    """A number in the organisation's way."""
    if value is None or value == "":
        return NOTHING
    return formats.number(value, str(context["visit"].defs.setting("region")), places=places)


@pass_context
def _money(context: Context, value: Any) -> str:
    """An amount in the organisation's currency."""
    return formats.money(value, context["visit"].defs) if value is not None else NOTHING


@pass_context
def _person(context: Context, user_id: Any) -> str:
    """The name of a user."""
    return context["visit"].defs.user_name(user_id) or NOTHING


@pass_context
def _shown(context: Context, value: Any, field: Field) -> str:
    """A stored value of a field, for reading: names for ids, the user's time, numbers with groups."""
    return shown(context["visit"], field, value)


def shown(visit: Any, field: Field, value: Any) -> str:
    """The same, outside of templates; `visit` gives the definitions and the time zone."""
    if value is None or value == "":
        return NOTHING
    if isinstance(value, Mapping):
        return _members(visit, field, value)
    if isinstance(value, list):
        return ", ".join(_option(field, str(one)) for one in value)
    writer = _WRITERS.get(field.data_type)
    return writer(visit, field, value) if writer else printed(field, value, millis=False) or NOTHING


def _product(visit: Any, _: Field, value: Any) -> str:
    product = visit.defs.products.get(str(value))
    return product.name if product else str(value)


def _instant(visit: Any, _: Field, value: Any) -> str:
    found = formats.instant(value)
    return formats.moment(found, visit.zone) if found else str(value)


def _counted(visit: Any, field: Field, value: Any) -> str:
    if isinstance(value, str):
        return value
    if formats.is_money(field, visit.defs):
        return formats.money(value, visit.defs)
    return formats.number(value, str(visit.defs.setting("region")))


def _plain_day(text: str) -> str:
    try:
        return formats.day(date.fromisoformat(text[:10]))
    except ValueError:
        return text


def _option(field: Field, value: str) -> str:
    return next((option.text or option.value for option in field.options if option.value == value), value)


def _members(visit: Any, field: Field, values: Mapping[str, Any]) -> str:
    known = field.members_by_name
    return "; ".join(
        f"{known[name].display_name}: {shown(visit, known[name], value)}"
        for name, value in values.items()
        if name in known and value not in (None, "")
    )


_WRITERS: Mapping[DataType, Callable[[Any, Field, Any], str]] = {
    DataType.USER: lambda visit, _, value: visit.defs.user_name(str(value)) or str(value),
    DataType.PRODUCT: _product,
    DataType.BOOLEAN: lambda _visit, _, value: "Yes" if value in (True, "1", "true") else "No",
    DataType.DATETIME: _instant,
    DataType.DATE: lambda _visit, _, value: _plain_day(str(value)),
    DataType.NUMBER: _counted,
    DataType.DECIMAL: _counted,
    DataType.SELECT: lambda _visit, field, value: _option(field, str(value)),
}
