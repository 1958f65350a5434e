"""The vendor's pages about activities of leads: vendor words in, our words, vendor words out.

By sub-topic: `create`, `bulk`, `change` (update, lock, delete), `timeline` (one lead, one activity), `ranges` (by
event code and time, history) and `search`.
"""

from fairlead.activities.api import bulk, change, create, ranges, search, timeline
from fairlead.activities.api.family import registry

__all__ = ["bulk", "change", "create", "ranges", "registry", "search", "timeline"]
