"""The screens about leads.

`listing` finds and sorts (its `columns`, its `counting`), `several` changes and deletes, `record` is one lead, `merging`
makes two one, `new` makes one. What happened on a lead, as it is told there: `timeline`, kept fresh by `live`. Posting an
activity is a screen of the activities.
"""

from fairlead.leads.pages import listing, live, merging, new, record, several
from fairlead.leads.pages.family import registry

__all__ = ["listing", "live", "merging", "new", "record", "registry", "several"]
