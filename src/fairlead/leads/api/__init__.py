"""The vendor's pages about leads: vendor words in, our words, vendor words out.

By sub-topic: `change` (create, capture, update, convert), `bulk`, `find` (one lead, a few), `search` (by criteria,
ids and time), `remove` (delete, merge).
"""

from fairlead.leads.api import bulk, change, find, remove, search
from fairlead.leads.api.family import registry

__all__ = ["bulk", "change", "find", "registry", "remove", "search"]
