"""The registry of this family and its decorators."""

from __future__ import annotations

from fairlead.wire.operation import operations

registry, read, write = operations()
