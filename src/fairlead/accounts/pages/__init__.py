"""The screens about accounts: `listing` (find, sort), `record` (one account), `new`, `activities` (post, change)."""

from fairlead.accounts.pages import activities, listing, new, record
from fairlead.accounts.pages.family import registry

__all__ = ["activities", "listing", "new", "record", "registry"]
