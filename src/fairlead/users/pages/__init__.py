"""Screens of the people of an organisation, of the keys that their programs call with, and of the organisation itself."""

from fairlead.users.pages import keys, organisation, people
from fairlead.users.pages.family import registry

__all__ = ["keys", "organisation", "people", "registry"]
