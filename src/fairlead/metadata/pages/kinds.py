"""Kinds of fields as people choose them, what a field is in their words, and the list of the fields of a type."""

from __future__ import annotations

from typing import NamedTuple

from fairlead.fields.model import ACCOUNT_NAMES, ACTIVITY_NAMES, LEAD_NAMES, DataType, Field
from fairlead.fields.printing import in_order
from fairlead.metadata.pages.sections import Section, is_fixed, type_name
from fairlead.orgs.definitions import RecordType


class Kind(NamedTuple):
    """A kind of field; `shown_as` is how the vendor's forms render it on leads."""

    key: str
    label: str
    data_type: DataType
    shown_as: str
    length: int | None = None
    on_leads: bool = True


LONG = 250
"""A text that holds more characters is written in several lines, see `web.forms`."""

KINDS = (
    Kind("text", "Text", DataType.TEXT, "Textbox", 200),
    Kind("lines", "Text in several lines", DataType.TEXT, "TextArea", 4000),
    Kind("number", "Number", DataType.NUMBER, "Textbox"),
    Kind("select", "Drop-down", DataType.SELECT, "SearchableDropdown"),
    Kind("others", "Drop-down that takes other values too", DataType.SELECT, "DropdownWithOthers"),
    Kind("date", "Date", DataType.DATE, "Date"),
    Kind("datetime", "Date and time", DataType.DATETIME, "DateTime"),
    Kind("time", "Time", DataType.TIME, "Time"),
    Kind("boolean", "Yes or no", DataType.BOOLEAN, "CheckBox"),
    Kind("email", "E-mail address", DataType.EMAIL, "Email"),
    Kind("phone", "Phone number", DataType.PHONE, "Phone"),
    Kind("website", "Website", DataType.WEBSITE, "URL"),
    Kind("user", "User", DataType.USER, "", on_leads=False),
    Kind("product", "Product", DataType.PRODUCT, "", on_leads=False),
)
SET = Kind("set", "Field set: several fields as one", DataType.FIELD_SET, "")

_WORDS = {kind.data_type: kind.label for kind in reversed(KINDS)} | {
    DataType.DECIMAL: "Number",
    DataType.FIELD_SET: "Field set",
}


def kinds(section: Section, *, inside: bool) -> list[Kind]:
    """The kinds that a new field can be of, `inside` a field set or not."""
    found = [kind for kind in KINDS if kind.on_leads or section.kind != "lead"]
    return found if inside else [*found, SET]


def chosen(section: Section, key: object, *, inside: bool) -> Kind:
    """The kind with this key; the first one for a key that is none."""
    return next((kind for kind in kinds(section, inside=inside) if kind.key == key), KINDS[0])


def choices(section: Section, *, inside: bool) -> list[tuple[str, str]]:
    """The kinds of a drop-down, each with the API's name for it."""
    names = {"lead": LEAD_NAMES, "account": ACCOUNT_NAMES}.get(section.kind, ACTIVITY_NAMES)
    found = [(kind.key, kind.label, names[kind.data_type]) for kind in kinds(section, inside=inside)]
    return [(key, label if label == name else f"{label} · {name}") for key, label, name in found]


def words(field: Field) -> str:
    """What a field is: `Drop-down`, `Text in several lines`."""
    if field.data_type is DataType.TEXT and (
        field.render_type == "TextArea" or (field.max_length or 0) > LONG
    ):
        return "Text in several lines"
    several = ", several" if field.multi_select else ""
    others = ", others too" if field.others_allowed else ""
    return f"{_WORDS[field.data_type]}{several}{others}"


class Row(NamedTuple):
    """A field in the list of a type; `path` names it in addresses, `member` is true inside a field set."""

    path: str
    field: Field
    words: str
    type_name: str
    member: bool
    fixed: bool


def rows(section: Section, kind: RecordType) -> list[Row]:
    """The fields of a type in their order, the members of a field set behind it."""
    plain = section.kind in ("lead", "account")
    found = []
    for field in kind.fields.values() if plain else in_order(kind.fields.values()):
        found.append(_row(section, field, field.name, fixed=is_fixed(section, field)))
        found += members(section, field)
    return found


def members(section: Section, field: Field) -> list[Row]:
    """The fields inside a field set."""
    fixed = is_fixed(section, field)
    return [_row(section, m, f"{field.name}~{m.name}", member=True, fixed=fixed) for m in field.members]


def _row(section: Section, field: Field, path: str, *, fixed: bool, member: bool = False) -> Row:
    return Row(path, field, words(field), type_name(section, field), member, fixed)
