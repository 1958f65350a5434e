"""The vendor's pages about opportunities: vendor words in, our words, vendor words out.

By sub-topic: `write` (update, capture, bulk), `listing` (many as flat rows), `details` (by id, the activities of one)
and `remove`.
"""

from fairlead.opportunities.api import details, listing, remove, write
from fairlead.opportunities.api.family import registry

__all__ = ["details", "listing", "registry", "remove", "write"]
