"""Sends deliveries: callbacks signed, all retried, each at least once under the same id.

A delivery is taken for a while (`LEASE`), sent outside of any transaction, and then marked. A sender that dies
between the two loses it to the next one, which sends it again: receivers tell repeats by `Fairlead-Delivery`.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from fairlead.db.pool import DatabaseError, Lost, connect, translated
from fairlead.wire.queue import signing
from fairlead.wire.queue.outside import Poster, Unreachable, WrongAddress
from fairlead.wire.queue.queries import deliveries
from fairlead.wire.queue.queries.deliveries import CALLBACK, Due, Sent

log = logging.getLogger("fairlead.callbacks")

DELAYS = (timedelta(seconds=30), timedelta(seconds=30))
"""How long after an attempt that failed the next one follows: three in all, as the vendor does with webhooks."""
POLL = 0.5
"""Seconds between looks while nobody hints."""
MOST = 32
"""Deliveries that are sent at a time, and"""
EACH = 8
"""of one organisation, so that its slow receiver does not keep the others waiting."""
LEASE = timedelta(seconds=60)
"""How long one that was taken is left alone; much longer than an attempt lasts."""
GRACE = 3.0
"""Seconds that attempts under way get when the process ends; those that are cut off are made again later."""


class Sender:
    """Sends what is due, over one connection to the database."""

    def __init__(
        self,
        url: str,
        hint: Any,
        *,
        private: bool = False,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._url = url
        self._hint = hint
        self._now = now
        self._poster = Poster(private=private, most=MOST)
        self._db: Any = None
        self._lock = asyncio.Lock()
        self._running: dict[asyncio.Task[None], int] = {}
        self._secrets: dict[tuple[int, str], str] = {}
        self._closing = False
        self._task: asyncio.Task[None] | None = None

    def open(self) -> None:
        """Begin."""
        self._task = asyncio.create_task(self._run(), name="deliveries")

    async def close(self) -> None:
        """Take no more; attempts under way get `GRACE` seconds."""
        self._closing = True
        self._hint.ring()
        if self._running:
            await asyncio.wait(self._running, timeout=GRACE)
        tasks = [*self._running, *([self._task] if self._task is not None else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._poster.close()
        if self._db is not None and not self._db.is_closed():
            await self._db.close()

    async def _run(self) -> None:
        while not self._closing:
            taken = 0
            try:
                with translated():
                    if self._db is None or self._db.is_closed():
                        self._db = await connect(self._url)
                    taken = await self._turn()
            except (DatabaseError, Lost) as error:
                log.warning("no deliveries now", extra={"reason": str(error)})
                self._forget_connection()
            except Exception:
                log.exception("deliveries stumbled")
            if not taken:
                await self._hint.wait(POLL)

    def _forget_connection(self) -> None:
        if self._db is not None:
            self._db.terminate()
            self._db = None

    async def _turn(self) -> int:
        """Take what is due and begin to send it; returns how many were taken."""
        free = MOST - len(self._running)
        if free <= 0:
            await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)
            return 1
        running = Counter(self._running.values())
        async with self._lock:
            found = await deliveries.take(
                self._db, self._now(), lease=LEASE, most=free, each=EACH, running=running
            )
        for due in found:
            task = asyncio.create_task(self._deliver(due), name=f"delivery {due.id}")
            self._running[task] = due.org_id
            task.add_done_callback(self._done)
        return len(found)

    def _done(self, task: asyncio.Task[None]) -> None:
        del self._running[task]
        self._hint.ring()

    async def _deliver(self, due: Due) -> None:
        """One attempt, and what came of it. What cannot be stored now is sent again after the lease."""
        try:
            sent = await self._attempt(due)
            with translated():
                async with self._lock:
                    await deliveries.store(self._db, due, sent)
        except (DatabaseError, Lost) as error:
            log.warning("a delivery will be made again", extra={"delivery": due.id, "reason": str(error)})
        except Exception:
            log.exception("a delivery stumbled", extra={"delivery": due.id})

    async def _attempt(self, due: Due) -> Sent:
        body = due.body.encode()
        timestamp = int(self._now().timestamp())
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "Fairlead",
            signing.DELIVERY: due.id,
            signing.TIMESTAMP: str(timestamp),
        }
        signed = due.kind == CALLBACK
        if signed:
            secret = await self._secret(due)
            if secret is None:
                return self._failed(due, None, "the key that signs it is gone", final=True)
            headers[signing.SIGNATURE] = signing.signature(secret, timestamp, body)
        try:
            answer = await self._poster.post(due.url, body, headers, plain=not signed)
        except WrongAddress as error:
            return self._failed(due, None, f"refused: {error}", final=True)
        except Unreachable as error:
            return self._failed(due, None, str(error))
        if 200 <= answer.status < 300:
            now = self._now()
            return Sent("sent", now, now, answer.status, None)
        return self._failed(due, answer.status, f"it answered with HTTP status {answer.status}")

    async def _secret(self, due: Due) -> str | None:
        if due.key_id is None:
            return None
        known = self._secrets.get((due.org_id, due.key_id))
        if known is None:
            async with self._lock:
                known = await deliveries.digest(self._db, due.org_id, due.key_id)
            if known is not None:
                self._secrets[due.org_id, due.key_id] = known
        return known

    def _failed(self, due: Due, status: int | None, reason: str, *, final: bool = False) -> Sent:
        now = self._now()
        log.info(
            "a delivery failed", extra={"delivery": due.id, "attempt": due.attempts + 1, "reason": reason}
        )
        if final or due.attempts >= len(DELAYS):
            return Sent("failed", now, now, status, reason)
        return Sent("due", now + DELAYS[due.attempts], None, status, reason)
