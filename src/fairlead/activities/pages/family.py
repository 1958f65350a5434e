"""The registry of these screens and its decorators."""

from __future__ import annotations

from fairlead.web.screens import screens

registry, page, action = screens(__file__)
