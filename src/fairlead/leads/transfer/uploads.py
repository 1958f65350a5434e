"""Reading an uploaded CSV file: its encoding, its delimiter, its columns, and its rows in chunks. Nothing is kept whole.

Nothing here uses the name of the file but to show it.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator
from typing import BinaryIO

import msgspec

from fairlead.leads.transfer.cells import plain

DELIMITERS = ((",", "Comma"), (";", "Semicolon"), ("\t", "Tab"))
"""What may stand between cells, and how it is called."""

ROWS = 200
"""Rows of a chunk: one transaction when they are imported."""

CHARACTERS = 400_000
"""Characters of a chunk after which it ends, also with fewer rows."""

COLUMNS = 300
LONGEST_NAME = 200
_SAMPLE = 65_536
_SNIFFED = 4096  # the sniffer searches back and forth: its time grows with the square
_FALLBACK = "cp1252"
ENCODINGS = {"utf-8-sig": "UTF-8", "utf-16": "UTF-16", _FALLBACK: "Windows-1252"}
"""How a file is read, and how that is called."""

Row = tuple[int, list[str]]
"""A row: its number, as spreadsheets count (the header is 1), and its cells."""


class Unreadable(Exception):
    """Why a file cannot be taken, in a sentence that says what to do."""


class Shape(msgspec.Struct):
    """How a file is to be read, and the names of its columns."""

    encoding: str
    delimiter: str
    headers: list[str]


def shown_name(name: str) -> str:
    """The name of a file for showing: its last part, without what cannot be printed."""
    last = re.split(r"[\\/]", name)[-1]
    text = "".join(one for one in last if one.isprintable()).strip()
    return text[:LONGEST_NAME] or "file.csv"


def shape(file: BinaryIO, delimiter: str = "") -> Shape:
    """Encoding, delimiter (sniffed when none is given) and header. Raises Unreadable."""
    encoding = _encoding(file)
    file.seek(0)
    sample = file.read(_SAMPLE)
    text = codecs.getincrementaldecoder(encoding)().decode(sample)
    if not text.strip():
        raise Unreadable("The file is empty: its first row has to name the columns.")
    found = delimiter or _delimiter(text)
    with _reading(file, encoding) as lines:
        try:
            header = next(iter(csv.reader(lines, delimiter=found)), [])
        except csv.Error as error:
            raise Unreadable(f"The first row cannot be read: {error}.") from error
    return Shape(encoding, found, _names(header))


def _encoding(file: BinaryIO) -> str:
    file.seek(0)
    head = file.read(4)
    if head.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise Unreadable("This is a workbook, not a CSV file: save it as CSV and upload that.")
    wide = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    for encoding in ("utf-16",) if wide else ("utf-8-sig", _FALLBACK):
        if _fits(file, encoding):
            return encoding
    raise Unreadable("The letters of this file cannot be read: save it as “CSV UTF-8” and upload that.")


def _fits(file: BinaryIO, encoding: str) -> bool:
    """True when all of the file can be decoded so. Raises Unreadable for the character NUL."""
    file.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        while piece := file.read(1 << 20):
            if "\0" in decoder.decode(piece):
                raise Unreadable(
                    "This is no text: it has the character NUL in it. Save it as CSV and upload that."
                )
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _delimiter(text: str) -> str:
    """What csv.Sniffer says, if it stands in the header; else what stands there most often; else the comma."""
    header = text.lstrip().partition("\n")[0]
    known = [one for one, _ in DELIMITERS]
    try:
        sniffed = csv.Sniffer().sniff(text[:_SNIFFED], "".join(known)).delimiter
    except csv.Error:
        sniffed = ""
    bare = re.sub(r'"[^"]*"', "", header)
    if sniffed in known and sniffed in bare:
        return sniffed
    return max(known, key=bare.count)


class _reading:  # noqa: N801  used as a function
    """The file as text from its beginning; it stays open afterwards."""

    def __init__(self, file: BinaryIO, encoding: str) -> None:
        file.seek(0)
        self._text = io.TextIOWrapper(file, encoding=encoding, newline="")

    def __enter__(self) -> io.TextIOWrapper:
        return self._text

    def __exit__(self, *_: object) -> None:
        self._text.detach()


def _names(header: list[str]) -> list[str]:
    """The names of the columns, trimmed. Raises Unreadable for what a mapping could not tell apart."""
    names = [plain(name.strip()) for name in header]
    if not any(names):
        raise Unreadable("The first row is empty: it has to name the columns.")
    if len(names) > COLUMNS:
        raise Unreadable(f"The file has {len(names)} columns; {COLUMNS} are possible.")
    first: dict[str, int] = {}
    for number, name in enumerate(names, 1):
        if not name:
            raise Unreadable(f"Column {number} has no name: name it in the first row, or take it out.")
        if len(name) > LONGEST_NAME:
            raise Unreadable(f"The name of column {number} is longer than {LONGEST_NAME} characters.")
        before = first.setdefault(name.casefold(), number)
        if before != number:
            raise Unreadable(
                f"Columns {before} and {number} are both called “{name}”: give each its own name."
            )
    return names


def chunks(file: BinaryIO, shape: Shape) -> Iterator[list[Row]]:
    """The rows after the header, some hundred at a time; rows without any text are left out. Raises Unreadable."""
    with _reading(file, shape.encoding) as text:
        reader = csv.reader(text, delimiter=shape.delimiter)
        next(reader)
        found: list[Row] = []
        size = 0
        number = 1
        try:
            for number, cells in enumerate(reader, 2):
                length = sum(map(len, cells))
                if not length or not any(cell.strip() for cell in cells):
                    continue
                found.append((number, cells))
                size += length
                if len(found) == ROWS or size > CHARACTERS:
                    yield found
                    found, size = [], 0
        except csv.Error as error:
            raise Unreadable(f"The row after row {number} cannot be read: {error}.") from error
        if found:
            yield found
