"""Every error a caller can see, read off the tree in `errors.py`, and its reference page."""

from __future__ import annotations

import msgspec

from fairlead import errors
from fairlead.wire.describe.kinds import sentence

_MEANT_TO_BE_RAISED_AS_SOMETHING_ELSE = (errors.ApiError,)


class Failure(msgspec.Struct, frozen=True):
    """One kind of error: HTTP status, ExceptionType, what it means; `traced` when it carries the RequestId."""

    name: str
    status: int
    type: str
    meaning: str
    traced: bool

    @property
    def is_mx(self) -> bool:
        """True when repeating the call will not help."""
        return self.type.startswith("MX")


def failures() -> list[Failure]:
    """Every kind of error of the program, by status and type."""
    found = [
        Failure(cls.__name__, cls.status, cls.type, sentence(cls), issubclass(cls, errors.Unexpected))
        for cls in _tree(errors.ApiError)
        if cls.__module__.startswith("fairlead.") and cls not in _MEANT_TO_BE_RAISED_AS_SOMETHING_ELSE
    ]
    return sorted(found, key=lambda failure: (failure.status, failure.type, failure.name))


def _tree(root: type[errors.ApiError]) -> list[type[errors.ApiError]]:
    """The class and all below it, parents first."""
    found = [root]
    for cls in root.__subclasses__():
        found += [some for some in _tree(cls) if some not in found]
    return found
