"""The browser of this machine, as tests and pictures start it."""

from __future__ import annotations

import shutil

# The headless shell is the same browser without what surrounds a page, and needs half of the processor.
PROGRAM = next(
    (
        found
        for name in ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
        if (found := shutil.which(name))
    ),
    None,
)
ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
