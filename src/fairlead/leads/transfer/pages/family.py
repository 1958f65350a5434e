"""The registry of these screens and its decorators, and how a file is sent."""

from __future__ import annotations

from collections.abc import AsyncIterator

from starlette.responses import StreamingResponse

from fairlead.web.screens import screens

registry, page, action = screens(__file__)

LISTED = 20
"""Runs that a list shows."""


def download(pieces: AsyncIterator[str], name: str) -> StreamingResponse:
    """A CSV file to be saved under a name of ours, piece by piece."""
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(pieces, media_type="text/csv; charset=utf-8", headers=headers)
