"""The vendor's pages about metadata, by what they describe."""

from __future__ import annotations

from fairlead.metadata.api import activity_types, lead_fields, opportunity_types, options
from fairlead.wire.operation import Registry

registry = Registry()
for _page in (lead_fields, activity_types, opportunity_types, options):
    for _operation in _page.registry.all():
        registry.add(_operation)
