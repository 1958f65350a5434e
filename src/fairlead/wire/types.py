"""Wire shapes that several operations share: scalars, envelopes, attribute pairs, paging, sorting, columns.

Members carry the vendor's names. Source: the overview and error-handling pages.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Generic, Literal, TypeVar

import msgspec

from fairlead.errors import BadRequest, InvalidInput
from fairlead.fields.scalars import parse_boolean
from fairlead.wire.operation import Body

T = TypeVar("T")

# Vendor: silent on how exact numbers are; those with a point are read as doubles, 15 digits. A text is exact.
Scalar = str | int | float | bool | None
"""A value as clients send it: text, number, boolean or null."""

Success = Literal["Success"]


class Pair(Body):
    """An attribute or field with its value; a field set adds `Fields`. `Attribute` and `SchemaName` are one."""

    Attribute: str | None = None
    SchemaName: str | None = None
    Value: Scalar = None
    Fields: list[Pair] | None = None

    @property
    def name(self) -> str:
        """The attribute's name, outer blanks trimmed; missing: 400."""
        found = self.Attribute if self.Attribute is not None else self.SchemaName
        if found is None:
            reason = "an element has neither Attribute nor SchemaName"
            raise BadRequest(reason)
        return found.strip()


def check_names(pairs: Iterable[Pair] | None) -> None:
    """Raise BadRequest for a pair without a name, in field sets too: structure is judged before anything else."""
    for pair in pairs or ():
        check_names(pair.Fields if pair.name else None)


class Done(msgspec.Struct, Generic[T], kw_only=True):
    """A write that succeeded: `{"Status":"Success","Message":…}`."""

    Status: Success = "Success"
    Message: T


class Id(msgspec.Struct):
    """The id of what was written."""

    Id: str


class AffectedRows(msgspec.Struct):
    """How many rows really changed."""

    AffectedRows: int


class Paging(Body):
    """Both dialects of paging, as numbers or texts."""

    PageIndex: Scalar = None
    PageSize: Scalar = None
    Offset: Scalar = None
    RowCount: Scalar = None


class Sorting(Body):
    """Sort column and direction: 1 descending, 0 ascending."""

    ColumnName: str | None = None
    Direction: Scalar = None


class Columns(Body):
    """Which columns to return; default all."""

    Include_CSV: str | None = None
    Exclude_CSV: str | None = None


class Page(msgspec.Struct):
    """A slice of rows: `limit` rows after the first `offset`."""

    offset: int
    limit: int


def page_of(paging: Paging | None, *, cap: int, default: int = 25) -> Page:
    """Read either dialect. PageIndex counts from 1, Offset counts pages from 0.

    Raises InvalidInput naming the member for a value that is no number or too small, and for a page over
    `cap` rows.
    """
    if paging is None:
        return Page(0, default)
    if _given(paging.PageIndex) or _given(paging.PageSize):
        size = _number(paging.PageSize, "PageSize", 1, default)
        index = _number(paging.PageIndex, "PageIndex", 1, 1) - 1
    else:
        size = _number(paging.RowCount, "RowCount", 1, default)
        index = _number(paging.Offset, "Offset", 0, 0)
    if size > cap:
        what = f"PageSize can not be more than {cap}."
        raise InvalidInput(what)
    return Page(index * size, size)


def _given(value: Scalar) -> bool:
    return value is not None and value != ""


def _number(value: Scalar, name: str, least: int, default: int) -> int:
    if not _given(value):
        return default
    found = whole(value)
    if found is None or not least <= found <= 1_000_000_000:
        raise InvalidInput.value(name)
    return found


def whole(value: Scalar) -> int | None:
    """A whole number as number or text of plain digits; None for anything else. Python reads more: `1_0`, `٥`, true."""
    if type(value) is int:
        return value
    if type(value) is float:
        return int(value) if value.is_integer() else None
    if type(value) is not str:
        return None
    text = value.strip()
    digits = text[1:] if text[:1] in ("-", "+") else text
    return int(text) if digits.isascii() and digits.isdigit() and len(digits) <= 18 else None


def descending(sorting: Sorting | None) -> bool:
    """True for direction 1, which is the default. Raises InvalidInput for anything but 0 and 1."""
    if sorting is None or not _given(sorting.Direction):
        return True
    return truth(sorting.Direction, "Direction")


LONGEST_LIST = 100_000
"""Characters of a comma list: more names than anything here has."""


def names_of(csv: str | None) -> list[str]:
    """Names of a comma list, blanks trimmed, empty ones dropped. Raises InvalidInput for one that is too long."""
    if csv is not None and len(csv) > LONGEST_LIST:
        raise InvalidInput.too_long("Columns", LONGEST_LIST)
    return [name for part in (csv or "").split(",") if (name := part.strip())]


def truth(value: Scalar, name: str) -> bool:
    """A flag as true/false, 1/0, in any JSON type; absent or empty is false. Raises InvalidInput."""
    if value is None or value == "":
        return False
    found = parse_boolean(value)
    if found is None:
        raise InvalidInput.value(name)
    return found


def code_of(value: Scalar) -> int | None:
    """An event code as number or text; None when it is absent or no code."""
    found = whole(value)
    return found if found is not None and -1 < found < 2_000_000_000 else None


def rows_of(body: list[Any], limit: int) -> None:
    """A bulk body has 1 to `limit` rows."""
    if not body:
        what = "You have not passed any records."
        raise InvalidInput(what)
    if len(body) > limit:
        what = f"Number of records can not be more than {limit}."
        raise InvalidInput(what)
