"""The screens about opportunities: `overview` (a board by stage, a list), `moving`, `record` (one of them), `opening`.

What is asked for with the address is read in `asking`; what happened on an opportunity is told by `timeline`.
"""

from fairlead.opportunities.pages import moving, opening, overview, record
from fairlead.opportunities.pages.family import registry

__all__ = ["moving", "opening", "overview", "record", "registry"]
