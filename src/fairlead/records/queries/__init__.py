"""The two statements of a batch: one READ that sees everything in one snapshot, one WRITE of all that changed.

Both are composed of parts, and only the parts in use are sent. Rows travel as JSON arrays, one per table:
one parameter, one conversion on each side. User text is only ever inside such a parameter.
"""

from fairlead.records.queries.encoding import encode
from fairlead.records.queries.read import lock, read
from fairlead.records.queries.upkeep import analyze, block, writers_gone
from fairlead.records.queries.write import (
    Moved,
    add_statement,
    changed,
    is_written,
    needs_steps,
    write,
    write_in_steps,
)

__all__ = [
    "Moved",
    "add_statement",
    "analyze",
    "block",
    "changed",
    "encode",
    "is_written",
    "lock",
    "needs_steps",
    "read",
    "write",
    "write_in_steps",
    "writers_gone",
]
