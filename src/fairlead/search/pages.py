"""The search of the frame: what is found while somebody types, and the page of all that is found."""

from __future__ import annotations

from starlette.responses import Response

from fairlead.search import finding
from fairlead.web.screens import screens
from fairlead.web.visit import Visit

registry, page, action = screens(__file__)

AT_ONCE, ALL = 6, 50
"""Records of a kind that are shown while somebody types, and on the page."""
LONGEST = 200


def _words(visit: Visit) -> str:
    return " ".join(visit.query.get("q", "")[:LONGEST].split())


@page("GET /search")
async def search(visit: Visit) -> Response:
    """Everything that has these words, by kind."""
    words = _words(visit)
    groups = await finding.find(visit, words, ALL)
    return visit.page(
        "search/results.html",
        title="Search",
        words=words,
        groups=groups,
        found=sum(len(group.hits) for group in groups),
        shortest=finding.SHORTEST,
        most=ALL,
    )


@page("GET /search/found")
async def found(visit: Visit) -> Response:
    """The same while somebody types: the first of each kind, below the box."""
    words = _words(visit)
    groups = await finding.find(visit, words, AT_ONCE)
    return visit.partial("search/found.html", words=words, groups=groups)
