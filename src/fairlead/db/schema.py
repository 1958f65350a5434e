"""Every table of the database, in one metadata: what migrations are compared with."""

from fairlead.db import list_tables, queue_tables, tables, transfer_tables, web_tables, work_tables
from fairlead.db.columns import metadata

__all__ = [
    "list_tables",
    "metadata",
    "queue_tables",
    "tables",
    "transfer_tables",
    "web_tables",
    "work_tables",
]
