"""The registry of these screens."""

from fairlead.web.screens import screens

registry, page, action = screens(__file__)
