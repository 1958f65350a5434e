"""The screens about activities: `everywhere` (of all leads, by day), `posting` (a new one), `record` (one that is there).

`form` is what the last two are made with, and those of accounts too.
"""

from fairlead.activities.pages import everywhere, posting, record
from fairlead.activities.pages.family import registry

__all__ = ["everywhere", "posting", "record", "registry"]
