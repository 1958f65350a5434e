"""Reading numbers, booleans, dates and instants, for fields and for members of a request alike."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

MOST_DIGITS = 30
_TOO_LARGE = 10**MOST_DIGITS
_SECONDS = len("YYYY-MM-DD HH:MM:SS")


def parse_datetime(text: object) -> datetime | None:
    """The instant (aware, UTC) of `YYYY-MM-DD HH:MM:SS`, `.f` to `.fff` allowed; None if unreadable."""
    if type(text) is not str or len(text) < _SECONDS or not _has_shape(text):
        return None
    try:
        return datetime.fromisoformat(text + "+00:00")  # half the time of replace(tzinfo=UTC)
    except ValueError:
        return None


def is_datetime(text: str) -> bool:
    """Whether `parse_datetime` can read the text."""
    if len(text) < _SECONDS or not _has_shape(text):
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def parse_date(text: object) -> date | None:
    """The day that `YYYY-MM-DD` names; None if unreadable."""
    if type(text) is not str or len(text) != 10 or text[4] != "-" or text[7] != "-":
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def parse_number(raw: object) -> Decimal | None:
    """The number that a JSON number or a text such as `"200,000"` or `"3.00"` names; None if unreadable.

    At most 30 digits; trailing zeros stay; no exponent in texts. A comma is a thousands separator and nothing
    else: three digits stand after the last one, two or three between two (`2,00,000`), so that `1,5` is not
    read as 15.
    """
    if type(raw) is str:
        return _number_of_text(raw.strip())
    if type(raw) is int:
        return Decimal(raw) if abs(raw) < _TOO_LARGE else None
    if type(raw) is not float and type(raw) is not Decimal:
        return None
    text = str(raw)
    if "e" in text or "E" in text:
        number = Decimal(text)
        if abs(number.adjusted()) > MOST_DIGITS:
            return None
        text = format(number, "f")
    return _number_of_text(text)


def parse_boolean(raw: object) -> bool | None:
    """What `1 0 true false`, as a JSON value or a text in any case, says; None if unreadable."""
    if type(raw) is bool:
        return raw
    if type(raw) is str:
        return _BOOLEANS.get(raw.strip().lower())
    if raw == 1:
        return True
    return False if raw == 0 else None


_BOOLEANS: Mapping[str, bool] = {"1": True, "0": False, "true": True, "false": False}


def exact(number: object) -> Decimal:
    """A JSON number as it was written, not as binary has it: 0.1 is 0.1."""
    return Decimal(number) if isinstance(number, int | Decimal) else Decimal(str(number))


def _number_of_text(text: str) -> Decimal | None:
    if "," in text:
        whole, dot, fraction = text.partition(".")
        first, *groups = whole.lstrip("+-").split(",")
        if "," in fraction or not 1 <= len(first) <= 3 or len(groups[-1]) != 3:
            return None
        if not all(2 <= len(group) <= 3 for group in groups):
            return None
        text = whole.replace(",", "") + dot + fraction
    unsigned = text[1:] if text[:1] in ("-", "+") else text
    digits = unsigned.replace(".", "", 1)
    if not digits.isdigit() or not digits.isascii() or len(digits) > MOST_DIGITS:
        return None
    number = Decimal(text)
    return number or abs(number)


def _has_shape(text: str) -> bool:
    """Whether a text of 19 characters or more is written the one way; fromisoformat takes many others."""
    if (
        text[10] != " "
        or text[4] != "-"
        or text[7] != "-"
        or text[13] != ":"
        or text[16] != ":"
        or text[11:13] > "23"  # later Pythons read 24:00:00 as the next day
    ):
        return False
    return len(text) == _SECONDS or (
        text[19] == "." and 21 <= len(text) <= 23 and text[20:].isdigit() and text.isascii()
    )
