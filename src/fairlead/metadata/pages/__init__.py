"""Screens about what records look like: types with their fields, and the fields of leads."""

from fairlead.metadata.pages import fields, types
from fairlead.metadata.pages.sections import registry

__all__ = ["fields", "registry", "types"]
