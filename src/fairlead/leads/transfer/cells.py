"""Cells of a CSV file that a spreadsheet will open: what could be taken for a formula is made plain text, and back.

A spreadsheet runs a cell that begins with = + - @, a tab or a carriage return. Such a cell is written with an
apostrophe before it, unless it is a pure number (`-12.5`, `+4915112345678`), which can do nothing. A value that itself
begins with apostrophes before such a character gets one more: so whatever is exported comes back as it was.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence

_RISKY = re.compile(r"'*[=+\-@\t\r]")
_MARKED = re.compile(r"'+[=+\-@\t\r]")
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?", re.ASCII)

BOM = "\ufeff"
"""At the beginning of a file: by this spreadsheets know that it is UTF-8."""


def guarded(value: str) -> str:
    """A value as a cell that no spreadsheet runs."""
    if _RISKY.match(value) is None or _NUMBER.fullmatch(value) is not None:
        return value
    return f"'{value}"


def plain(cell: str) -> str:
    """The value of a cell: without the apostrophe that `guarded`, or a person, put before it."""
    return cell[1:] if _MARKED.match(cell) is not None else cell


def lines(rows: Iterable[Sequence[str]]) -> str:
    """Rows as CSV, every cell guarded, each line ended by CR LF."""
    text = io.StringIO()
    csv.writer(text).writerows([guarded(cell) for cell in row] for row in rows)
    return text.getvalue()
