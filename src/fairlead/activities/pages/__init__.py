"""The screens about activities of all leads: `everywhere` (what happened, by day). Posting one: `posting_pages`."""

from fairlead.activities.pages import everywhere
from fairlead.activities.pages.family import registry

__all__ = ["everywhere", "registry"]
