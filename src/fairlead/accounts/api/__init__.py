"""The vendor's pages about accounts, which the API calls companies: vendor words in, our words, vendor words out.

By sub-topic: `accounts` (create, update, bulk, search, delete) and `activities` (post, update, read).
"""

from fairlead.accounts.api import accounts, activities
from fairlead.accounts.api.family import registry

__all__ = ["accounts", "activities", "registry"]
