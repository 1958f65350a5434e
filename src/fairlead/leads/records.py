"""What a queued request is about, out of its body as JSON gave it: requests with the same name keep their order.

The body is not checked yet: what makes no sense names nothing, and is refused when its turn comes.
"""

from __future__ import annotations

from typing import Any

from fairlead.leads.drafts import ID_NAMES


def record_of_lead(pairs: Any) -> str | None:
    """The lead that attributes name: its id, else the value of what SearchBy names, else its e-mail, else its phone.

    An id stands for itself, a value as `emailaddress:a@b.c`; all in lower case. None when they name no lead.
    """
    values = _values(pairs)
    names = (*ID_NAMES, values.get("SearchBy", ""), "EmailAddress", "Phone")
    found = next((name for name in names if values.get(name)), None)
    if found is None:
        return None
    return named(values[found]) if found in ID_NAMES else named(values[found], found)


def named(value: Any, field: str = "") -> str | None:
    """The name of a record by its id, or by a unique value of the field; None for what is neither."""
    text = _text(value)
    if not text:
        return None
    return f"{field}:{text}".lower() if field else text.lower()


def _values(pairs: Any) -> dict[str, str]:
    found = {}
    for pair in pairs if isinstance(pairs, list) else ():
        if isinstance(pair, dict):
            name = pair.get("Attribute") or pair.get("SchemaName")
            if isinstance(name, str):
                found[name.strip()] = _text(pair.get("Value"))
    return found


def _text(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return str(value).replace("\0", "").strip()
