"""The columns of the list of leads: which may be chosen, which are, and what stands in them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from decimal import Decimal
from typing import Any

import msgspec

from fairlead.fields.model import DataType, Field
from fairlead.leads import attributes, finding
from fairlead.leads.drafts import UNSET
from fairlead.leads.pages.grouping import grouped
from fairlead.leads.queries import SeenLead
from fairlead.orgs.definitions import Definitions
from fairlead.web.render import NOTHING, shown
from fairlead.web.visit import Visit

ALIASES: dict[str, str] = {
    "name": "FirstName",
    "stage": "ProspectStage",
    "owner": "OwnerIdName",
    "source": "Source",
    "score": "Score",
    "active": "ProspectActivityDate_Max",
    "created": "CreatedOn",
}
"""Short names of attributes in addresses."""

_LABELS = {
    "stage": "Stage",
    "owner": "Owner",
    "source": "Source",
    "score": "Score",
    "active": "Last activity",
    "created": "Created",
}
DEFAULT = tuple(_LABELS)
"""The columns of somebody who chose none; the name of the lead stands before them always."""

MOST = 16
"""Columns at once, so that a page stays small."""

_SHORT = {attribute: alias for alias, attribute in ALIASES.items()}


class Column(msgspec.Struct):
    """A column: its name in addresses, what stands above it, and how it is drawn (text, number, when or stage).

    `read` gives what is drawn: an instant for `when`, else a text.
    """

    key: str
    label: str
    drawn: str
    read: Callable[[SeenLead], Any]


def key_of(name: str) -> str:
    """How an attribute is called in addresses."""
    return _SHORT.get(name, name)


def choices(defs: Definitions) -> list[tuple[str, str]]:
    """What may be a column: its name in addresses and its words. The names of the lead stand in the first column."""
    return [
        (key, field.display_name)
        for field in finding.comparable(defs)
        if (key := key_of(field.name)) not in ("name", "LastName")
    ]


def grouped_choices(defs: Definitions, without: Collection[str]) -> list[tuple[str, list[tuple[str, str]]]]:
    """The same in groups with their titles, but for those in `without`."""
    words = {key: said for key, said in choices(defs) if key not in without}
    return [
        (title, [(key_of(name), words[key_of(name)]) for name in names])
        for title, names in grouped(defs, [ALIASES.get(key, key) for key in words])
    ]


def asked(defs: Definitions, names: Iterable[str]) -> list[str]:
    """The columns asked for that there are, each once, in their order; the usual ones when none is."""
    known = dict(choices(defs))
    found = [key for name in names if (key := key_of(name.strip())) in known]
    return list(dict.fromkeys(found))[:MOST] or list(DEFAULT)


def columns(visit: Visit, keys: Iterable[str]) -> list[Column]:
    """The columns with these names."""
    words = dict(choices(visit.defs))
    return [_column(visit, key, _LABELS.get(key, words[key])) for key in keys]


def _column(visit: Visit, key: str, label: str) -> Column:
    field = visit.defs.lead.fields[ALIASES.get(key, key)]
    read = attributes.reader(visit.defs, field.name)
    assert read is not None, key
    if key == "stage":
        return Column(key, label, "stage", lambda lead: lead.stage)
    if field.data_type is DataType.DATETIME:
        return Column(key, label, "when", read)
    drawn = "number" if finding.kind_of(field) == "number" else "text"
    return Column(key, label, drawn, _text(visit, field, read))


def _text(visit: Visit, field: Field, read: Callable[[SeenLead], str | None]) -> Callable[[SeenLead], str]:
    """A value for reading: as it is stored where the field has one, else as the API tells it."""
    counted = finding.kind_of(field) == "number" and field.name != "ProspectAutoId"

    def text(lead: SeenLead) -> str:
        value = lead.fields.get(field.name, UNSET.get(field.name))
        if value is None and (said := read(lead)) is not None:
            value = Decimal(said) if counted else said
        return NOTHING if value is None else shown(visit, field, value)

    return text
