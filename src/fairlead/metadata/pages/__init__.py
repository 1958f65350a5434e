"""Screens about what records look like: types with their fields, and the fields of leads."""

from fairlead.metadata.pages import fields, new_fields, types
from fairlead.metadata.pages.sections import registry

__all__ = ["fields", "new_fields", "registry", "types"]
