"""The screens about activities of leads: `posting` (a new one), `record` (one that is there).

`form` is what both are made with, and those of accounts too.
"""

from fairlead.activities.pages import posting, record
from fairlead.activities.pages.family import registry

__all__ = ["posting", "record", "registry"]
