"""Every setting of an organisation once: its name, its default, a sentence, and how a value is read and checked.

The command, the console and the reference page are made from this list. What the server needs to run: `fairlead.settings`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from fairlead.orgs import places

if TYPE_CHECKING:
    from fairlead.orgs.definitions import Definitions

Choices = Mapping[str, str]
"""Values to choose from, each with its words for people."""


class Wrong(ValueError):
    """A value that a setting cannot have; `reason` is a sentence."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name}: {reason}")
        self.name = name
        self.reason = reason


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """One setting. `label` names it on screens, `about` says what it does, `values` how a value is written.

    `read` makes what is stored of a text, given the organisation's definitions; it raises ValueError with a sentence.
    `choices` are the values there are, where they can be listed.
    """

    name: str
    label: str
    about: str
    values: str
    default: Any
    kind: Literal["text", "flag", "choice", "rate", "names"]
    read: Callable[[str, Definitions], Any]
    choices: Callable[[Definitions], Choices] | None = None


def read(defs: Definitions, name: str, text: str) -> Any:
    """What is stored for a setting that is given as text. Raises Wrong, for a name that is none too."""
    setting = SETTINGS.get(name)
    if setting is None:
        raise Wrong(name, f"There is no such setting, but: {', '.join(SETTINGS)}.")
    try:
        return setting.read(text.strip(), defs)
    except ValueError as error:
        raise Wrong(name, str(error)) from None


def written(name: str, value: Any) -> str:
    """A stored value as it is given: `read` turns it back."""
    kind = SETTINGS[name].kind
    if kind == "flag":
        return "on" if value else "off"
    if kind == "rate":
        return "server" if value is None else str(value or "off")
    if kind == "names":
        return ", ".join(sorted(value.values(), key=str.casefold))
    return str(value)


# reading ---------------------------------------------------------------------------------------------------


def _text(longest: int) -> Callable[[str, Definitions], str]:
    def read(text: str, _: Definitions) -> str:
        if not text or len(text) > longest or not text.isprintable():
            raise ValueError(f"Enter 1 to {longest} characters.")
        return text

    return read


def _flag(text: str, _: Definitions) -> bool:
    known = {
        "on": True,
        "true": True,
        "yes": True,
        "1": True,
        "off": False,
        "false": False,
        "no": False,
        "0": False,
    }
    if text.lower() not in known:
        raise ValueError(f"«{text}» is neither on nor off.")
    return known[text.lower()]


def _region(text: str, _: Definitions) -> str:
    if text.upper() not in places.countries():
        raise ValueError(f"«{text}» is the code of no country: enter its two letters, such as IN.")
    return text.upper()


def zone(text: str) -> str:
    """The name of a time zone as it is stored. Raises ValueError with a sentence."""
    name = places.former_names().get(text, text)
    if name not in places.zones():
        raise ValueError(f"«{text}» is no time zone: enter one such as Asia/Kolkata.")
    return name


def zone_or_none(text: str) -> str | None:
    """The time zone of a user; None, the organisation's, where none is given. Raises Wrong."""
    try:
        return zone(text.strip()) if text.strip() else None
    except ValueError as error:
        raise Wrong("time_zone", str(error)) from None


def rate_of(text: str) -> tuple[int, int] | None:
    """Calls and seconds of `25/5s`; `off`, `0` and nothing mean no limit: None. Raises ValueError with a sentence."""
    text = text.strip().lower()
    if text in ("", "off", "0"):
        return None
    matched = _RATE.fullmatch(text)
    if matched is None or matched[1].strip("0") == "" or matched[2].strip("0") == "":
        raise ValueError(f"{text!r} is not a rate limit: write it as 25/5s, or off")
    return int(matched[1]), int(matched[2])


_RATE = re.compile(r"(\d{1,9})/(\d{1,6})s", re.ASCII)


def _rate(text: str, _: Definitions) -> str | None:
    if text.lower() == "server":
        return None
    found = rate_of(text)
    return f"{found[0]}/{found[1]}s" if found else "off"


def _stages(defs: Definitions) -> Choices:
    field = defs.lead.fields.get("ProspectStage")
    return {option.value: option.value for option in field.options} if field else {}


def _stage(text: str, defs: Definitions) -> str:
    if text not in _stages(defs):
        raise ValueError(f"Leads have no stage «{text}», but: {', '.join(_stages(defs))}.")
    return text


def _one_of(choices: Choices) -> Callable[[str, Definitions], str]:
    def read(text: str, _: Definitions) -> str:
        if text not in choices:
            raise ValueError(f"«{text}» is none of: {', '.join(choices)}.")
        return text

    return read


def _groups(text: str, defs: Definitions) -> list[str]:
    return group_names(text.split(","))


LONGEST_GROUP = 100


def group_names(given: Sequence[str]) -> list[str]:
    """Names of sales groups, each once; blank ones are left out. Raises ValueError with a sentence."""
    found: dict[str, str] = {}
    for name in given:
        if len(name.strip()) > LONGEST_GROUP or "," in name:
            raise ValueError(f"A group has at most {LONGEST_GROUP} characters, and no comma.")
        if name.strip():
            found.setdefault(name.strip().casefold(), name.strip())
    return list(found.values())


# the list --------------------------------------------------------------------------------------------------

OWN, ALL = "own", "all"
RECORDS: Choices = {
    OWN: "Their own records only",
    ALL: "All records, as everybody else does",
}
"""Which records a Sales_User sees and changes."""

_LIST = (
    Setting(
        name="region",
        label="Country",
        about="Numbers and money are written as in this country, and a phone number without + is one of it.",
        values="two letters: `IN`",
        default="IN",
        kind="choice",
        read=_region,
        choices=lambda _: places.countries(),
    ),
    Setting(
        name="time_zone",
        label="Time zone",
        about="Times are shown in it to users who have chosen no zone of their own.",
        values="a name such as `Asia/Kolkata`",
        default="Asia/Kolkata",
        kind="choice",
        read=lambda text, _: zone(text),
        choices=lambda _: {name: name for name in places.zones()},
    ),
    Setting(
        name="currency_symbol",
        label="Currency symbol",
        about="Stands before amounts of money.",
        values="text",
        default="$",
        kind="text",
        read=_text(10),
    ),
    Setting(
        name="currency_abbreviation",
        label="Currency code",
        about="The three letters of the currency, which the API tells.",
        values="text",
        default="USD",
        kind="text",
        read=_text(10),
    ),
    Setting(
        name="currency_name",
        label="Currency name",
        about="The name of the currency, which the API tells.",
        values="text",
        default="US Dollars",
        kind="text",
        read=_text(50),
    ),
    Setting(
        name="sales_user_records",
        label="A Sales User sees and changes",
        about="Whether a Sales_User sees and changes only leads, accounts and tasks of their own, or all.",
        values="`own` or `all`",
        default=OWN,
        kind="choice",
        read=_one_of(RECORDS),
        choices=lambda _: RECORDS,
    ),
    Setting(
        name="lead_delete",
        label="Leads can be deleted",
        about="Administrators can delete leads for good.",
        values="`on` or `off`",
        default=True,
        kind="flag",
        read=_flag,
    ),
    Setting(
        name="convert_to_customer",
        label="A sale makes a lead a customer",
        about="A sale that is won moves its lead to the stage of customers.",
        values="`on` or `off`",
        default=True,
        kind="flag",
        read=_flag,
    ),
    Setting(
        name="customer_stage",
        label="Stage of customers",
        about="The stage that a lead gets when a sale is won.",
        values="a stage of leads",
        default="Customer",
        kind="choice",
        read=_stage,
        choices=_stages,
    ),
    Setting(
        name="rate_limit",
        label="Request limit",
        about="Calls of the API in any so many seconds: the server's own limit, another, or none.",
        values="`server`, `25/5s` or `off`",
        default=None,
        kind="rate",
        read=_rate,
    ),
    Setting(
        name="groups",
        label="Sales groups",
        about="Groups that users are in. A name that stays keeps its users.",
        values="names with commas between them",
        default={},
        kind="names",
        read=_groups,
    ),
)
SETTINGS: Mapping[str, Setting] = {setting.name: setting for setting in _LIST}
"""The settings by name, in the order in which they are shown."""
