"""The screens about tasks: `listing` (what there is to do), `record` (one task, a new one)."""

from fairlead.tasks.pages import listing, record
from fairlead.tasks.pages.family import registry

__all__ = ["listing", "record", "registry"]
