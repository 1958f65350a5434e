"""The sections of the settings that are about record types, under the names that the vendor's pages use."""

from __future__ import annotations

from typing import NamedTuple

from starlette.exceptions import HTTPException

from fairlead.fields.model import ACCOUNT_NAMES, LEAD_NAMES, Field, activity_name
from fairlead.metadata import rules
from fairlead.orgs.definitions import LEAD, Definitions, RecordType
from fairlead.orgs.rules import KINDS
from fairlead.web.screens import ROOT, screens
from fairlead.web.visit import Visit

registry, page, action = screens(__file__)

_FILES = ("allow_attachments", "Takes files")


class Section(NamedTuple):
    """A part of the settings that shows the types of one kind. `one` is what a type of it is called.

    `switches` are settings of a type that are yes or no, each with its words; those in `told` are only told to
    integrations. `removable`: a type can be deleted.
    """

    path: str
    kind: str
    area: str
    title: str
    one: str
    note: str
    codes: str = ""
    scored: bool = False
    removable: bool = False
    switches: tuple[tuple[str, str], ...] = ()
    told: tuple[tuple[str, str], ...] = ()

    @property
    def address(self) -> str:
        """`/app/settings/activities`."""
        return ROOT + self.path

    @property
    def nav(self) -> str:
        """The entry of the navigation."""
        return f"set-{self.path.rpartition('/')[2]}"


TYPES = (
    Section(
        "/settings/activities",
        "activity",
        "Leads",
        "Custom Activities and Scores",
        "activity type",
        "What can happen with a lead: the event code that integrations post, its score and its fields.",
        "100 to 2999, 4000 to 4999 or 6000 to 10000",
        scored=True,
        removable=True,
        switches=(("can_lock", "Can be locked: then only administrators change it"),),
        told=(
            ("can_delete", "Can be deleted"),
            _FILES,
            ("track_location", "Records where it happened"),
            ("show_in_grid", "Listed in the activity grid"),
        ),
    ),
    Section(
        "/settings/opportunities",
        "opportunity",
        "Opportunities",
        "Opportunity Types",
        "opportunity type",
        "Each type has an event code, fields of its own, and stages under Open, Won and Lost.",
        "12000 and up",
        removable=True,
        switches=(("can_delete", "Opportunities can be deleted"),),
        told=(_FILES,),
    ),
    Section(
        "/settings/account-activities",
        "account_activity",
        "Accounts Customization",
        "Custom Activities and Scores",
        "account activity type",
        "What can happen with an account: the event code that integrations post, and its fields.",
        "10001 to 11999",
        scored=True,
        removable=True,
    ),
    Section(
        "/settings/accounts",
        "account",
        "Accounts",
        "Account Types and Fields",
        "account type",
        "Each type has a code and fields of its own.",
        "5000 to 5999",
    ),
)

LEADS = Section(
    "/settings/lead-fields",
    "lead",
    "Leads",
    "Lead Fields",
    "lead",
    "What is known about a lead. Integrations name a field by its schema name.",
)
"""Leads are of one type, so this section shows its fields at once."""


def missing() -> HTTPException:
    """What a page raises for something that its organisation does not have."""
    return HTTPException(404, "This is not there: it was deleted, or the address is mistyped.")


def type_of(section: Section, visit: Visit) -> RecordType:
    """The type that the address names. Raises HTTPException 404."""
    return stored_type(section, visit.defs, visit)


def stored_type(section: Section, defs: Definitions, visit: Visit) -> RecordType:
    """The same in these definitions, which may be newer than those of the visit."""
    if section.kind == "lead":
        return defs.types[LEAD]
    found = defs.types.get(int(visit.path["code"]))
    if found is None or found.kind != section.kind:
        raise missing()
    return found


def address_of(section: Section, kind: RecordType) -> str:
    """The page of a type."""
    return section.address if section.kind == "lead" else f"{section.address}/{kind.code}"


def fields_address(section: Section, kind: RecordType) -> str:
    """The address below which the fields of a type stand."""
    return section.address if section.kind == "lead" else f"{address_of(section, kind)}/fields"


def type_name(section: Section, field: Field) -> str:
    """The vendor's name of a field's data type, as the API prints it for this kind of record."""
    if section.kind == "lead":
        return LEAD_NAMES[field.data_type]
    return ACCOUNT_NAMES[field.data_type] if section.kind == "account" else activity_name(field)


def is_own(section: Section, field: Field) -> bool:
    """True for a field that the organisation added; the others come with the kind of record."""
    if section.kind == "lead":
        return field.name.startswith("mx_")
    return all(field.name != some.name for some in KINDS[section.kind].fields)


def is_fixed(section: Section, field: Field) -> bool:
    """True for a field that nobody changes: computed ones, and those that rules read."""
    # Whatever a type is about, its opportunities are open, won or lost.
    return field.read_only or (section.kind == "opportunity" and field.name == "Status")


def place(kind: RecordType, path: str) -> rules.Place:
    """The field that an address names. Raises HTTPException 404."""
    found = rules.place(kind.fields, path)
    if found is None:
        raise missing()
    return found
