"""Waiting at the start for a PostgreSQL of one's own that is not ready yet: it recovers, or is being started too."""

from __future__ import annotations

import asyncio
import logging
import time

import asyncpg

from fairlead.db.pool import DatabaseError, connect

log = logging.getLogger("fairlead")

PAUSE = 0.5
"""Seconds between two tries."""
SAID_EVERY = 10.0
"""Seconds between two words about it."""

_NOT_YET = (asyncpg.CannotConnectNowError, asyncpg.TooManyConnectionsError, OSError, TimeoutError)
"""Starting up, shutting down or recovering (57P03), full, refused, not found, silent: it may come. All else will not."""


def wait_for(url: str, seconds: float) -> None:
    """Until the database answers, for so many seconds; says so while it waits.

    Raises DatabaseError when it stays away, and at once for a reason that waiting does not mend.
    """
    asyncio.run(_wait_for(url, seconds))


async def _wait_for(url: str, seconds: float) -> None:
    begin = time.monotonic()
    said = -SAID_EVERY
    while True:
        try:
            db = await connect(url)
        except DatabaseError as error:
            waited = time.monotonic() - begin
            if not isinstance(error.__cause__, _NOT_YET) or waited >= seconds:
                raise
            if waited - said >= SAID_EVERY:
                said = waited
                log.warning("waiting for the database", extra={"reason": str(error), "seconds": seconds})
            await asyncio.sleep(min(PAUSE, seconds - waited))
        else:
            await db.close()
            if said >= 0:
                log.info("the database answers")
            return
