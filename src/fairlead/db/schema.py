"""Every table of the database, in one metadata: what migrations are compared with."""

from fairlead.db import queue_tables, tables, web_tables
from fairlead.db.columns import metadata

__all__ = ["metadata", "queue_tables", "tables", "web_tables"]
