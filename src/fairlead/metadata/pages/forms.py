"""What the forms of types and fields have in common: names, options, and what is wrong with them."""

from __future__ import annotations

import msgspec

from fairlead.fields.model import Field, Option
from fairlead.web.visit import Visit

LONGEST = 200
"""Characters of a name or an option."""


def named(visit: Visit, control: str, errors: dict[str, str]) -> str:
    """The name in a control; what is wrong with it goes to `errors`."""
    title = str(visit.form.get(control, "")).strip()
    if not title or len(title) > LONGEST:
        errors[control] = "Enter a name." if not title else f"Enter at most {LONGEST} characters."
    return title


def lines(text: str) -> list[str]:
    """The options of a form: one per line, blanks around them and repetitions left out."""
    return list(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))


def wrong_options(values: list[str], *, multi_select: bool) -> str:
    """What is wrong with options; empty for nothing."""
    if any(len(value) > LONGEST for value in values):
        return f"An option has at most {LONGEST} characters."
    if multi_select and any(";" in value for value in values):
        return "Leave out the semicolon: it stands between two chosen options."
    return ""


def ordered(field: Field, values: list[str]) -> tuple[Option, ...]:
    """These options in this order; what is known about one already stays, its colours for example."""
    known = {option.value: option for option in field.options}
    return tuple(
        msgspec.structs.replace(known.get(value, Option(value)), order=order)
        for order, value in enumerate(values, 1)
    )
