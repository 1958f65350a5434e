"""The vendor's pages about users, by what they do. Sales groups are a setting of the organisation."""

from __future__ import annotations

from fairlead.users.api import authentication, changes, reads, search
from fairlead.wire.operation import Registry

registry = Registry()
for _page in (authentication, reads, search, changes):
    for _operation in _page.registry.all():
        registry.add(_operation)
