"""The screens about sales: `listing` (find, add up), `record` (one sale), `new` (on a lead); and `products`.

Which period is meant: `periods`. How the form of a sale is read: `reading`.
"""

from fairlead.sales.pages import listing, new, products, record
from fairlead.sales.pages.family import registry

__all__ = ["listing", "new", "products", "record", "registry"]
