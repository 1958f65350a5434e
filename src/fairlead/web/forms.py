"""Fields as controls of a form, and back: the right control per data type, times in the user's zone.

Errors of the API come back as `Trouble`: a sentence for people, beside the control it is about.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from fairlead.errors import ApiError
from fairlead.fields.model import DataType, Field
from fairlead.fields.values import render
from fairlead.web import formats
from fairlead.web.visit import Visit
from fairlead.wire.types import Pair

LONG = 250
"""A text field that holds more characters is written in several lines."""

_INPUTS: Mapping[DataType, str] = {
    DataType.TEXT: "text",
    DataType.NUMBER: "number",
    DataType.DECIMAL: "number",
    DataType.EMAIL: "email",
    DataType.PHONE: "tel",
    DataType.WEBSITE: "text",
    DataType.DATE: "date",
    DataType.DATETIME: "datetime-local",
    DataType.TIME: "time",
    DataType.SELECT: "select",
    DataType.BOOLEAN: "select",
    DataType.USER: "select",
    DataType.PRODUCT: "select",
    DataType.FIELD_SET: "set",
}

_HINTS: Mapping[DataType, str] = {
    DataType.NUMBER: "Enter a number, such as 1200.50.",
    DataType.DECIMAL: "Enter a number, such as 1200.50.",
    DataType.EMAIL: "Enter an address such as name@example.com.",
    DataType.PHONE: "Enter the number with its country code, such as +91-9999900001.",
    DataType.WEBSITE: "Enter an address such as www.example.com.",
    DataType.DATE: "Enter a date.",
    DataType.DATETIME: "Enter a date and a time.",
    DataType.TIME: "Enter a time such as 14:30.",
    DataType.SELECT: "Choose one of the options.",
    DataType.USER: "Choose an active user.",
    DataType.PRODUCT: "Choose an active product.",
}


class Choice(msgspec.Struct):
    """An option of a drop-down; `under` are the values of the parent that allow it, None: all."""

    value: str
    text: str
    chosen: bool = False
    under: list[str] | None = None


class Control(msgspec.Struct, kw_only=True):
    """One field of a form, for `ui.control`. `kind` is the type of an input, or textarea, select, set."""

    name: str
    label: str
    kind: str
    value: str = ""
    choices: list[Choice] = []
    members: list[Control] = []
    multiple: bool = False
    open: bool = False
    required: bool = False
    max_length: int | None = None
    parent: str | None = None
    error: str = ""
    hint: str = ""


class Trouble(msgspec.Struct):
    """What is wrong with a form: a sentence, and the name of the field it is about, if one is."""

    text: str
    field: str | None = None


_NAMED = re.compile(r"'([^']+)'")
_SAME = re.compile(r"with same (.+?) already exists")
_LONGER = re.compile(r"Parameter Name: ([^~ ]+)\S* can not be more than (\d+) characters")


def trouble(error: ApiError, fields: Mapping[str, Field]) -> Trouble:
    """An error in words for people: display names for field names, and what to enter instead."""
    text = error.message
    if (longer := _LONGER.search(text)) and longer[1] in fields:
        said = f"{fields[longer[1]].display_name} can have at most {longer[2]} characters."
        return Trouble(said, longer[1])
    found = [match for match in _NAMED.findall(text) if match.partition("~")[0] in fields]
    name = found[0].partition("~")[0] if found else _same(text, fields)
    field = fields.get(name or "")
    if field is None or name is None:
        return Trouble(text)
    hint = _HINTS.get(field.data_type, "") if found else "Open that one instead, or change the value."
    if found and "mandatory" in text:
        return Trouble(f"{field.display_name} is needed.", name)
    if found and ("not of type" in text or "invalid value" in text):
        return Trouble(f"{field.display_name} cannot be read. {hint}".strip(), name)
    if found:
        return Trouble(text.replace(f"'{found[0]}'", field.display_name), name)
    return Trouble(f"{text} {hint}".strip(), name)


def _same(text: str, fields: Mapping[str, Field]) -> str | None:
    matched = _SAME.search(text)
    if matched is None:
        return None
    said = matched[1].casefold()
    for field in fields.values():
        if said in (field.name.casefold(), field.display_name.casefold()):
            return field.name
    return next((name for name in fields if said in name.casefold()), None)


def controls(
    visit: Visit,
    fields: Iterable[Field],
    values: Mapping[str, Any],
    problem: Trouble | None = None,
) -> list[Control]:
    """The controls of a form. `values` are stored ones; what was sent with a form that was refused goes before.

    A field that is not shown in forms has none, unless nothing can be stored without it.
    """
    made = []
    for field in fields:
        if not field.show_in_form and not field.mandatory:
            continue
        control = _control(visit, field, values.get(field.name))
        if problem is not None and problem.field == field.name:
            control.error = problem.text
        made.append(control)
    return made


def _control(visit: Visit, field: Field, value: Any, prefix: str = "") -> Control:
    name = f"{prefix}{field.name}"
    control = Control(
        name=name,
        label=field.display_name,
        kind=_kind(field),
        required=field.mandatory,
        max_length=field.max_length,
        parent=f"{prefix}{field.parent}" if field.parent else None,
    )
    if field.data_type is DataType.FIELD_SET:
        inner = value if isinstance(value, Mapping) else {}
        control.members = [
            _control(visit, member, inner.get(member.name), f"{name}~") for member in field.members
        ]
        return control
    sent = [str(one) for one in visit.form.getlist(name)] if name in visit.form else None
    chosen = sent if sent is not None else _written(visit, field, value)
    control.value = chosen[0] if chosen else ""
    if control.kind == "select":
        control.multiple = field.multi_select
        control.choices = _choices(visit, field, chosen)
    elif field.data_type is DataType.SELECT:
        control.choices = _choices(visit, field, [])
    return control


def _kind(field: Field) -> str:
    if field.data_type is DataType.TEXT and (field.max_length or 0) > LONG:
        return "textarea"
    if field.data_type is DataType.SELECT and field.others_allowed and not field.multi_select:
        return "text"
    return _INPUTS[field.data_type]


def _written(visit: Visit, field: Field, value: Any) -> list[str]:
    """A stored value as its control holds it."""
    if value is None or value == "":
        return []
    if isinstance(value, list):
        return [str(one) for one in value]
    if field.data_type is DataType.DATETIME and (found := formats.instant(value)):
        return [f"{found.astimezone(visit.zone):%Y-%m-%dT%H:%M}"]
    text = render(field, value, millis=False) or ""
    return [text[:5] if field.data_type is DataType.TIME else text]


def _choices(visit: Visit, field: Field, chosen: list[str]) -> list[Choice]:
    found = [Choice(value, text) for value, text in _options(visit, field)]
    if field.parent:
        for choice in found:
            choice.under = [parent for parent, allowed in field.dependent.items() if choice.value in allowed]
    known = {choice.value for choice in found}
    found += [Choice(value, value) for value in chosen if value and value not in known]
    for choice in found:
        choice.chosen = choice.value in chosen
    return found if field.multi_select else [Choice("", "", chosen=not any(c.chosen for c in found)), *found]


def _options(visit: Visit, field: Field) -> list[tuple[str, str]]:
    if field.data_type is DataType.BOOLEAN:
        return [("1", "Yes"), ("0", "No")]
    if field.data_type is DataType.USER:
        return sorted(
            ((u.id, u.name) for u in visit.defs.users.values() if u.active), key=lambda u: u[1].lower()
        )
    if field.data_type is DataType.PRODUCT:
        return sorted(
            ((p.id, p.name) for p in visit.defs.products.values() if p.active), key=lambda p: p[1].lower()
        )
    options = [
        (option.value, option.text or option.value) for option in sorted(field.options, key=lambda o: o.order)
    ]
    known = {value for value, _ in options}
    more = {value: None for allowed in field.dependent.values() for value in allowed if value not in known}
    return [*options, *((value, value) for value in more)]


def keep_fitting(made: Iterable[Control]) -> None:
    """Leave the choices that the value of the parent allows; one that was chosen and no longer fits goes too."""
    every = [one for control in made for one in (control, *control.members)]
    values = {control.name: control.value for control in every}
    for control in every:
        if control.parent and (parent := values.get(control.parent)):
            control.choices = [
                choice for choice in control.choices if choice.under is None or parent in choice.under
            ]


# what was sent -------------------------------------------------------------------------------------------


def pairs(visit: Visit, fields: Iterable[Field], before: Mapping[str, Any] | None = None) -> list[Pair]:
    """What the form says about these fields, as the rules of leads and activities take it.

    With `before`, the stored values: only what differs, so that nobody's change is overwritten by what was merely
    shown. Fields that the form has no control for are left out; an emptied one is `""`.
    """
    found = []
    for field in fields:
        stored = (before or {}).get(field.name)
        if field.data_type is DataType.FIELD_SET:
            inner = stored if isinstance(stored, Mapping) else {}
            members = [
                Pair(SchemaName=member.name, Value=new)
                for member in field.members
                if (new := sent(visit, member, f"{field.name}~")) is not None
                and (before is None or not _is_same(member, new, inner.get(member.name)))
            ]
            if members:
                found.append(Pair(SchemaName=field.name, Value="", Fields=members))
            continue
        new = sent(visit, field)
        if new is not None and (before is None or not _is_same(field, new, stored)):
            found.append(Pair(SchemaName=field.name, Value=new))
    return found


def sent(visit: Visit, field: Field, prefix: str = "") -> str | None:
    """The text that the form holds for a field, as the API takes it; None where the form has no such control."""
    name = f"{prefix}{field.name}"
    if name not in visit.form:
        return None
    values = [str(value).strip() for value in visit.form.getlist(name)]
    if field.multi_select:
        return ";".join(value for value in values if value)
    value = values[-1].replace("\r\n", "\n")
    if value and field.data_type is DataType.DATETIME:
        return utc(visit, value)
    return value


def utc(visit: Visit, local: str) -> str:
    """A local time of the form (`2026-11-20T14:05`) as the API takes it: UTC. What is none is left as it is."""
    try:
        found = datetime.fromisoformat(local)
    except ValueError:
        return local
    return f"{found.replace(tzinfo=found.tzinfo or visit.zone).astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def _is_same(field: Field, new: str, stored: Any) -> bool:
    """True for what the control was shown with: times are shown and entered without their seconds."""
    text = render(field, stored, millis=False) or ""
    whole = {DataType.TIME: text[:5], DataType.DATETIME: f"{text[:16]}:00"}.get(field.data_type, text)
    return new in (text, whole)


def filled(sent: Iterable[Pair]) -> list[Pair]:
    """What was filled in: of a new record, a field that was left empty gets its default."""
    found = []
    for pair in sent:
        members = [member for member in pair.Fields or () if member.Value not in (None, "")]
        if members:
            found.append(Pair(SchemaName=pair.SchemaName, Value="", Fields=members))
        elif pair.Fields is None and pair.Value not in (None, ""):
            found.append(pair)
    return found
