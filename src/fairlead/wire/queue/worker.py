"""The worker: takes what waits, runs it through the same engine as direct calls, stores effect and result as one.

Requests are locked, not marked: a worker that dies loses its locks and with them its claim, so nothing is lost and
nothing happens twice. Requests about one record are applied in the order they were accepted, also across workers, and
also while one of them waits for its next attempt: then the later ones wait with it. Source of states and delays: the
async-api page.
"""

from __future__ import annotations

import asyncio
import functools
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from fairlead.db.pool import Conflict, Lost, connect, translated
from fairlead.errors import ApiError, Unauthorised
from fairlead.orgs.definitions import Cache
from fairlead.records import queries as records
from fairlead.records.picture import new_id
from fairlead.wire.decode import Reader
from fairlead.wire.engine import Engine, Job, Poisoned
from fairlead.wire.http import query_struct
from fairlead.wire.operation import Call, Operation, Plan, Registry
from fairlead.wire.queue import queries
from fairlead.wire.queue.queries import Busy, Ended, Outcome, Request, Tally
from fairlead.wire.queue.status import FAULT, queueable, tell

log = logging.getLogger("fairlead.queue")

DELAYS = tuple(
    timedelta(seconds=seconds) for seconds in (30, 120, 420, 900, 1800, 2700, 3600, 5400, 7200, 10800)
)
"""How long after a fault a request is tried again; after the last one it is a failure."""

POLL = 0.5
"""Seconds between looks at the queue when nobody has hinted at work, and for new organisations when it is full."""
LIMIT = 256
"""Requests in one batch."""
WINDOWS = (500, 5_000, 50_000)
"""How deep to look for a record that nobody works on; the next only when the one before had none."""
CRASHES = 3
"""Times a worker may die over a request before it is set apart."""

_encode = msgspec.json.Encoder(decimal_format="number").encode


class Hint:
    """Wakes the workers of this process when something was accepted here."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def ring(self) -> None:
        """There may be work."""
        self._event.set()

    async def wait(self, seconds: float) -> None:
        """Until somebody rings, or so many seconds."""
        try:
            await asyncio.wait_for(self._event.wait(), seconds)
        except TimeoutError:
            return
        self._event.clear()


class Worker:
    """Applies queued requests over connections of its own."""

    def __init__(
        self,
        url: str,
        cache: Cache,
        registry: Registry,
        *,
        hint: Hint | None = None,
        told: Hint | None = None,
        suspecting: asyncio.Lock | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._url = url
        self._cache = cache
        self._engine = Engine(url, cache)
        self._operations = {op.queued.path: op for op in registry.all() if op.queued is not None}
        self._kinds = queueable(registry)
        self._readers = {
            path: Reader(op.body, optional=op.body_optional) for path, op in self._operations.items()
        }
        self._hint = hint or Hint()
        self._told = told or Hint()
        self._suspecting = suspecting or asyncio.Lock()
        self._now = now
        self._busy: deque[Busy] = deque()
        self._looked = 0.0
        self._limit = LIMIT
        self._contended = False
        self._closing = False
        self._news = False
        self._side: Any = None
        self._trial: tuple[str, list[int]] | None = None
        self._task: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Connect and begin. Raises DatabaseError."""
        await self._engine.open()
        await self._open_side()
        self._task = asyncio.create_task(self._run(), name="worker")

    async def close(self, grace: float) -> None:
        """Claim no other batch; the running one has `grace` seconds to end."""
        self._closing = True
        self._hint.ring()
        if self._task is not None:
            await asyncio.wait([self._task], timeout=grace)
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._engine.close()
        if self._side is not None and not self._side.is_closed():
            await self._side.close()

    async def _open_side(self) -> None:
        """The connection for notes that are not part of a batch. A lost note harms nothing, so none waits for the disk."""
        self._side = await connect(self._url)
        await self._side.execute("set synchronous_commit = off")

    async def _run(self) -> None:
        while not self._closing:
            try:
                with translated():
                    done = await self._turn()
            except Lost:
                log.warning("the database was lost; the requests of the batch wait for the next one")
                await self._recover()
                continue
            except Exception:
                log.exception("the queue stumbled")
                done = 0
            if not done and not self._closing:
                await self._hint.wait(POLL)

    async def _recover(self) -> None:
        """New connections. The worker lives, so its trial must not look as if it had died."""
        try:
            self._side.terminate()
            if await self._engine.reconnect():
                await self._open_side()
                if self._trial is not None:
                    await queries.end_trial(self._side, *self._trial)
        except Exception as error:
            log.warning("no second connection for the queue yet", extra={"reason": str(error)})
            await asyncio.sleep(POLL)

    async def _turn(self) -> int:
        """Take and apply a batch; returns how many requests were taken."""
        clock = asyncio.get_running_loop().time()
        held = 0
        if not self._busy or clock - self._looked > POLL:
            self._looked = clock
            self._busy = deque(await queries.busy(self._engine.db, self._now()))
            if not self._busy:
                return 0
            held = await self._hold()
        self._busy.rotate(1)
        limit = self._limit
        orgs = list(self._busy)[:limit]
        done = 0
        for window in WINDOWS:
            each = max(1, limit // len(orgs))
            claim = functools.partial(queries.claim, orgs=orgs, window=window, each=each, limit=limit)
            if done := await self._batch(claim):
                break
        if done < limit:
            self._looked = 0.0
        # Those that were there when a worker died come one by one, between the others; in a process one at a time, so
        # that when it dies again nobody else is suspected of it.
        suspected = [org for org in orgs if org.suspects]
        if suspected and not self._suspecting.locked():
            async with self._suspecting:
                done += await self._batch(functools.partial(queries.claim_suspect, orgs=suspected))
        return done or held

    async def _hold(self) -> int:
        """Put aside what stands behind a request that waits for its next attempt, so that the look goes past it."""
        blocked = [org for org in self._busy if org.blocking]
        if not blocked:
            return 0
        async with self._engine.db.transaction():
            return await queries.park(self._engine.db, blocked, window=WINDOWS[1])

    async def _batch(self, claim: Callable[[Any], Awaitable[list[Request]]]) -> int:
        """Claim, decide, write: one transaction. Returns how many requests were taken, also when it was rolled back."""
        db = self._engine.db
        requests: list[Request] = []
        try:
            with translated():
                async with db.transaction():
                    requests = await claim(db)
                    if requests:
                        await self._apply(requests)
        except Exception as error:
            self._engine.forget([])
            await self._after(error, requests)
        else:
            if requests:
                self._limit = min(LIMIT, self._limit * 2)
                self._contended = False
            self._ring()
        self._trial = None
        return len(requests)

    async def _after(self, error: Exception, requests: list[Request]) -> None:
        """The batch was rolled back: lock next time, leave out or isolate the culprit, or wait for the database."""
        if isinstance(error, Lost):
            raise error
        if self._trial is not None:
            await queries.end_trial(self._side, *self._trial)
        if isinstance(error, Conflict):
            self._contended = True
        elif isinstance(error, Poisoned):
            await self._fault(requests[error.job.number], error.cause)
        elif len(requests) == 1:
            await self._fault(requests[0], error)
        elif not requests:
            raise error
        else:
            self._limit = max(1, len(requests) // 2)

    async def _apply(self, requests: list[Request]) -> None:
        """Decide, write the effects and what became of each request: one transaction, the caller's."""
        db = self._engine.db
        ids: dict[int, list[str]] = {}
        for request in requests:
            ids.setdefault(request.org_id, []).append(request.id)
        trial = new_id()
        await queries.begin_trial(self._side, trial, ids)
        self._trial = (trial, list(ids))
        results: list[Any] = []
        jobs: list[Job] = []
        for number, request in enumerate(requests):
            try:
                job = await self._job(request)
            except ApiError as error:
                results.append(error)
            else:
                job.number = number
                jobs.append(job)
                results.append(job)
        if jobs:
            if self._contended:
                await self._engine.lock(jobs)
            found = await self._engine.decide(jobs)
            await records.write_in_steps(db, found)
        now = self._now()
        outcomes = []
        for request, result in zip(requests, results, strict=True):
            value = result.result if isinstance(result, Job) else result
            outcomes.append(_outcome(request, self._operations[request.operation], value, now))
        if await queries.finish(db, outcomes, _tallies(requests, outcomes)) != len(outcomes):
            msg = "requests were finished by somebody else"
            raise Conflict(msg)
        await self._tell(db, requests, outcomes, now)
        await queries.end_trial(db, *self._trial)

    async def _tell(self, db: Any, requests: list[Request], outcomes: list[Outcome], now: datetime) -> None:
        """Have those told who asked for it; in the transaction of the outcomes."""
        pairs = zip(requests, outcomes, strict=True)
        ended = [
            _ended(request, outcome)
            for request, outcome in pairs
            if request.callback_url is not None and outcome.finished_on is not None
        ]
        if ended and await tell(db, self._kinds, ended, now):
            self._news = True

    async def _job(self, request: Request) -> Job:
        operation = self._operations[request.operation]
        body, _ = self._readers[request.operation].read(request.body.encode())
        defs = self._cache.known(request.org_id) or await self._cache.load(self._engine.db, request.org_id)
        user = defs.users.get(request.user_id)
        if user is None:
            raise Unauthorised
        call: Call[Any, Any] = Call(
            org_id=request.org_id,
            actor=user,
            access_key="",  # accepted work is done although its key was disabled meanwhile
            defs=defs,
            query=query_struct(operation, request.query),
            body=body,
            now=self._now(),
            request_id=new_id(),
        )
        start: Callable[[Call[Any, Any]], Plan[Any]] = operation.function
        return Job(start, call)

    async def _fault(self, request: Request, cause: BaseException) -> None:
        """A fault of ours: try again later, as often as the vendor says; then it is a failure, kept and visible."""
        log.error("queued request failed", exc_info=cause, extra={"request_id": request.id})
        now = self._now()
        attempts = request.attempts + 1
        if attempts <= len(DELAYS):
            due = now + DELAYS[attempts - 1]
            outcome = Outcome(request.org_id, request.id, "retry", attempts, due, None, None, None)
        else:
            outcome = Outcome(request.org_id, request.id, "failure", attempts, now, now, FAULT, None)
        async with self._engine.db.transaction():
            if await queries.finish(self._engine.db, [outcome], _tallies([request], [outcome])):
                await self._tell(self._engine.db, [request], [outcome], now)
        self._ring()

    def _ring(self) -> None:
        """Wake the sender, now that what it is to send is committed."""
        if self._news:
            self._news = False
            self._told.ring()


def _ended(request: Request, outcome: Outcome) -> Ended:
    return Ended(
        request.org_id,
        request.id,
        request.operation,
        outcome.state,
        outcome.reason,
        request.body,
        outcome.reply,
        request.callback_url,
        request.callback_key_id,
    )


def _outcome(request: Request, operation: Operation, value: Any, now: datetime) -> Outcome:
    queued = operation.queued
    if isinstance(value, ApiError):
        return _refused(request, value.message, now)
    reason = queued.refusal(value) if queued is not None and queued.refusal is not None else None
    if reason is not None:
        return _refused(request, reason, now)
    reply = _encode(value).decode()
    return Outcome(request.org_id, request.id, "success", request.attempts, now, now, None, reply)


def _refused(request: Request, reason: str, now: datetime) -> Outcome:
    """The reason may repeat what was sent: NUL, which JSON can spell, is no text that the database can hold."""
    reason = reason.replace("\0", "")
    return Outcome(request.org_id, request.id, "error", request.attempts, now, now, reason, None)


def _tallies(requests: list[Request], outcomes: list[Outcome]) -> list[Tally]:
    counts: dict[tuple[int, str, datetime], int] = {}
    for request, outcome in zip(requests, outcomes, strict=True):
        if outcome.finished_on is not None:
            at = outcome.finished_on
            slot = at.replace(second=at.second // 10 * 10, microsecond=0)
            key = (request.org_id, request.operation, slot)
            counts[key] = counts.get(key, 0) + 1
    return [Tally(org, operation, slot, count) for (org, operation, slot), count in sorted(counts.items())]
