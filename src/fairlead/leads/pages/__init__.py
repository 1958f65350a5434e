"""The screens about leads: `listing` (find, sort, change several), `record` (one lead), `new`.

What happened on a lead, as it is told there: `timeline`. Posting an activity is a screen of the activities.
"""

from fairlead.leads.pages import listing, new, record
from fairlead.leads.pages.family import registry

__all__ = ["listing", "new", "record", "registry"]
