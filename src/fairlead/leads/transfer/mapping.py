"""What the columns of a file mean: the fields that can be written, a first guess, and the pairs of a row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from fairlead.errors import DomainError
from fairlead.fields.model import DataType, Field
from fairlead.leads.drafts import ID_NAMES
from fairlead.leads.transfer.cells import plain
from fairlead.orgs.definitions import Definitions
from fairlead.wire.types import Pair

CREATE, UPDATE, BOTH = "create", "update", "both"
MODES = (
    (BOTH, "Create and update leads"),
    (CREATE, "Only create leads"),
    (UPDATE, "Only update leads"),
)
LEAVE, CLEAR = "leave", "clear"
BLANKS = ((LEAVE, "Leaves the value as it is"), (CLEAR, "Clears the value"))
BY_RULE = "email-or-phone"
"""Search as the API does without SearchBy: by e-mail, or by phone where a row has no e-mail."""

_ALIASES = {
    "e-mail": "EmailAddress",
    "mail": "EmailAddress",
    "email address": "EmailAddress",
    "e-mail address": "EmailAddress",
    "phone": "Phone",
    "telephone": "Phone",
    "mobile": "Mobile",
    "surname": "LastName",
    "family name": "LastName",
    "given name": "FirstName",
    "stage": "ProspectStage",
    "source": "Source",
    "owner email": "OwnerId",
    "owneridemailaddress": "OwnerId",
    "title": "JobTitle",
    "zip code": "mx_Zip",
    "postcode": "mx_Zip",
    "postal code": "mx_Zip",
}
"""Names of columns that are not those of fields. An owner is also known by the e-mail address."""


class Setup(msgspec.Struct):
    """What to do with the rows of a file: `mapping` is a target per column, `` for one that is not imported."""

    mapping: list[str]
    mode: str
    search_by: str
    blank: str


class Refused(msgspec.Struct):
    """Why a setup cannot be used, and the control it is about: `map-3`, `search_by`; `` for the whole."""

    text: str
    about: str = ""


def targets(defs: Definitions) -> dict[str, str]:
    """What a column can be imported into: name and words. Members of a field set by `mx_Set~Member`."""
    found = {}
    for name, field in defs.lead.fields.items():
        if field.read_only or name in ID_NAMES:
            continue
        if field.data_type is DataType.FIELD_SET:
            for member in field.members:
                found[f"{name}~{member.name}"] = f"{field.display_name}: {member.display_name}"
        else:
            found[name] = field.display_name
    return found


def searchable(defs: Definitions) -> list[tuple[str, str]]:
    """What an existing lead can be found by."""
    rule = [(BY_RULE, "E-mail, else phone")]
    return [*((field.name, field.display_name) for field in defs.unique), *rule]


def guess(defs: Definitions, headers: Sequence[str]) -> Setup:
    """A target for each column by its name: the field's own, its display name, or a usual one. None is given twice."""
    known = targets(defs)
    by_name = {name.casefold(): name for name in known}
    shown: dict[str, str] = {}
    for name, words in known.items():
        shown.setdefault(words.casefold(), name)
    found: list[str] = []
    for header in headers:
        key = header.casefold()
        target = by_name.get(key) or shown.get(key) or _ALIASES.get(key, "")
        found.append(target if target in known and target not in found else "")
    unique = [field.name for field in defs.unique if field.name in found]
    return Setup(found, BOTH, unique[0] if unique else BY_RULE, LEAVE)


def refused(defs: Definitions, setup: Setup) -> Refused | None:
    """What is wrong with a setup; None when rows can be read by it."""
    known = targets(defs)
    first: dict[str, int] = {}
    for number, target in enumerate(setup.mapping):
        if not target:
            continue
        if target not in known:
            return Refused("There is no such field: choose one of the list.", f"map-{number}")
        before = first.setdefault(target, number)
        if before != number:
            said = f"Column {before + 1} goes to {known[target]} already: one of the two has to stay out."
            return Refused(said, f"map-{number}")
    if not first:
        return Refused("Choose a field for one column at least.", "map-0")
    if setup.mode not in dict(MODES) or setup.blank not in dict(BLANKS):
        return Refused("Choose what is to be done.", "mode")
    return None if setup.mode == CREATE else _unsearchable(defs, setup, first)


def _unsearchable(defs: Definitions, setup: Setup, mapped: Mapping[str, int]) -> Refused | None:
    names = dict(searchable(defs))
    if setup.search_by not in names:
        return Refused("Choose what an existing lead is found by.", "search_by")
    if setup.search_by == BY_RULE:
        if setup.mode == UPDATE:
            return Refused("To update only, choose one field that leads are found by.", "search_by")
        return None
    if setup.search_by not in mapped:
        said = f"No column goes to {names[setup.search_by]}: choose one for it, or search by another field."
        return Refused(said, "search_by")
    return None


class Reader:
    """Turns the cells of a row into what the plans of leads take. Made once for a chunk."""

    def __init__(self, defs: Definitions, setup: Setup, width: int) -> None:
        self._clear = setup.blank == CLEAR
        self._width = width
        self._columns: list[tuple[int, str, str, Field | None]] = []
        for number, target in enumerate(setup.mapping):
            if target:
                name, _, inner = target.partition("~")
                field = defs.lead.fields.get(name)
                self._columns.append((number, name, inner, _inside(field, inner)))

    def pairs(self, cells: Sequence[str]) -> list[Pair]:
        """The pairs of a row. A cell that the row does not have is never a value, nor does it clear one.

        Raises DomainError for a row with more cells than there are columns.
        """
        if len(cells) > self._width and any(cell.strip() for cell in cells[self._width :]):
            raise DomainError(f"The row has {len(cells)} cells, but the file has {self._width} columns.")
        found: list[Pair] = []
        sets: dict[str, list[Pair]] = {}
        for number, name, inner, field in self._columns:
            if number >= len(cells):
                continue
            value = _value(field, plain(cells[number]))
            if not value and not self._clear:
                continue
            if inner:
                sets.setdefault(name, []).append(Pair(Attribute=inner, Value=value))
            else:
                found.append(Pair(Attribute=name, Value=value))
        found += [Pair(Attribute=name, Value="", Fields=members) for name, members in sets.items()]
        return found


def _inside(field: Field | None, inner: str) -> Field | None:
    return field.members_by_name.get(inner) if field is not None and inner else field


def _value(field: Field | None, text: str) -> str:
    """The text of a cell as a value; blanks around it count in texts only."""
    bare = text.strip()
    if not bare or field is None:
        return bare
    kind: Any = field.data_type
    if kind is DataType.TEXT or (kind is DataType.SELECT and bare not in field.option_values):
        return text
    return bare
