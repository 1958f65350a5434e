"""Screens of the people of an organisation, and of the keys that their programs call with."""

from fairlead.users.pages import keys, people
from fairlead.users.pages.family import registry

__all__ = ["keys", "people", "registry"]
