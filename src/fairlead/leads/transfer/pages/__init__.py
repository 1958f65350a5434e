"""The screens of importing (`imports`) and exporting (`exports`) leads."""

from fairlead.leads.transfer.pages import exports, imports
from fairlead.leads.transfer.pages.family import registry

__all__ = ["exports", "imports", "registry"]
