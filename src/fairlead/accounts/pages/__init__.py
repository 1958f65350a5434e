"""The screens about accounts: `listing` (find, sort), `record` (one account), `new`, `activities` (post, change).

`leads`: which leads belong to an account.
"""

from fairlead.accounts.pages import activities, leads, listing, new, record
from fairlead.accounts.pages.family import registry

__all__ = ["activities", "leads", "listing", "new", "record", "registry"]
