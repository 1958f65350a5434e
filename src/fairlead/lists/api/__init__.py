"""The vendor's pages about lists: `find` (which lists there are, who is in them), `change` (new ones, their members)."""

from fairlead.lists.api import change, find
from fairlead.lists.api.family import registry

__all__ = ["change", "find", "registry"]
