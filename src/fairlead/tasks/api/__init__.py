"""The vendor's pages about tasks: vendor words in, our words, vendor words out.

By sub-topic: `write` (one task), `bulk` (many: create, move, delete), `reads` and `task_types`.
"""

from fairlead.tasks.api import bulk, reads, task_types, write
from fairlead.tasks.api.family import registry

__all__ = ["bulk", "reads", "registry", "task_types", "write"]
