"""The vendor's pages about sales: sales themselves, settings, products. One registry of all three."""

from fairlead.sales.api import products, sales, settings
from fairlead.wire.operation import Registry

registry = Registry()
for _part in (sales, settings, products):
    for _operation in _part.registry.all():
        registry.add(_operation)
