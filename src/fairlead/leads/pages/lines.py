"""The fields of a lead one by one: each is a line that is read, and edited where it stands."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec

from fairlead.fields.model import DataType, Field
from fairlead.leads.drafts import UNSET
from fairlead.web import forms
from fairlead.web.forms import Control, Trouble
from fairlead.web.render import shown
from fairlead.web.visit import Visit


class Line(msgspec.Struct, kw_only=True):
    """A field with its value as text. `control` is there while it is edited, `as_of` what it began with then.

    `is_blank`: it says nothing, as where nothing was ever filled in. `about`: what is wrong, where that is not the value.
    """

    name: str
    label: str
    text: str
    is_email: bool
    is_blank: bool
    control: Control | None = None
    as_of: str = ""
    about: str = ""


class Section(msgspec.Struct, kw_only=True):
    """Fields that belong together: those that say something, and those that do not."""

    key: str
    title: str
    lines: list[Line]
    blanks: list[Line]

    @property
    def is_open(self) -> bool:
        """True while one of the fields that say nothing is being filled in."""
        return any(line.control is not None for line in self.blanks)


def section_of(
    visit: Visit,
    values: Mapping[str, Any],
    key: str,
    title: str,
    fields: list[Field],
    *,
    editing: str = "",
    problem: Trouble | None = None,
) -> Section:
    """Fields with their values, the one that `editing` names with its control."""
    lines = [
        line_of(visit, values, field, is_edited=field.name == editing, problem=problem) for field in fields
    ]
    return Section(
        key=key,
        title=title,
        lines=[line for line in lines if not line.is_blank],
        blanks=[line for line in lines if line.is_blank],
    )


def line_of(
    visit: Visit, values: Mapping[str, Any], field: Field, *, is_edited: bool, problem: Trouble | None = None
) -> Line:
    """A field of those in `values`; one that hangs on another offers what fits that one's value."""
    value = values[field.name]
    found = Line(
        name=field.name,
        label=field.display_name,
        text=shown(visit, field, value),
        is_email=field.data_type is DataType.EMAIL,
        is_blank=value in (None, "", {}, []) or value == UNSET.get(field.name),
    )
    if is_edited:
        (found.control,) = forms.controls(visit, [field], values, problem)
        above = values.get(field.parent or "")
        found.control.parent = None
        if above:
            found.control.choices = [
                choice
                for choice in found.control.choices
                if choice.chosen or choice.under is None or above in choice.under
            ]
        found.as_of = seal({field.name: value})
        found.about = problem.text if problem is not None and problem.field != field.name else ""
    return found


def seal(values: Mapping[str, Any]) -> str:
    """A short text that is another one once one of these values is: a form brings back the one that it was made with."""
    return hashlib.sha256(msgspec.json.encode(values, order="deterministic")).hexdigest()[:16]
