"""Running many plans as one: READ, decide call by call in order, WRITE. Used by the batcher and by the queue.

A call that is refused changes nothing; one that fails unexpectedly raises `Poisoned` and nothing is written.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from typing import Any

from fairlead.db.pool import DatabaseError, Lost, connect, end_session, translated
from fairlead.errors import ApiError, Unauthorised, Unexpected
from fairlead.orgs.definitions import Cache, Definitions
from fairlead.records import queries
from fairlead.records.picture import Needs, Picture
from fairlead.wire import idempotency
from fairlead.wire.bulk import BROKEN, BrokenRow
from fairlead.wire.idempotency import Once
from fairlead.wire.operation import Call, Plan

log = logging.getLogger("fairlead.batch")

PATIENCE = 15.0
"""Seconds to wait for a lost database before calls are answered with a fault."""

LOOKS = 5
"""Times a connection may break while it is asked what became of a write."""

_NOTHING = Needs()
_OPEN: Any = object()  # not decided yet


class Job:
    """One call on its way through a batch."""

    __slots__ = ("broken", "call", "future", "needs", "number", "plan", "result", "start")

    def __init__(self, start: Callable[[Call[Any, Any]], Plan[Any]], call: Call[Any, Any]) -> None:
        self.start = start
        self.call = call
        self.number = 0
        self.broken: frozenset[int] = frozenset()
        self.future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.plan: Plan[Any] | None = None
        self.needs = _NOTHING
        self.result: Any = _OPEN

    def prepare(self) -> None:
        """Run the plan up to what it needs to see. An early answer or error waits in `result`."""
        self.call.notices.clear()
        self.forget()
        plan = self.start(self.call)
        try:
            self.needs = next(plan) if not self.broken else self._next_without_broken(plan)
        except StopIteration as stop:
            self.result = stop.value
        except ApiError as error:
            self.result = error
        else:
            self.plan = plan

    def _next_without_broken(self, plan: Plan[Any]) -> Needs:
        token = BROKEN.set(self.broken)
        try:
            return next(plan)
        finally:
            BROKEN.reset(token)

    def leave_out(self, row: BrokenRow) -> None:
        """Start anew without a row over which a fault of ours was met; the row is answered with it."""
        log.error("a row failed", exc_info=row.__cause__, extra={"request_id": self.call.request_id})
        self.broken |= {row.number}
        self.forget()

    def forget(self) -> None:
        """Back to the beginning: the next attempt prepares the call anew."""
        self.plan = None
        self.needs = _NOTHING
        self.result = _OPEN

    @property
    def is_prepared(self) -> bool:
        """False before `prepare` and after `forget`."""
        return self.plan is not None or self.result is not _OPEN

    def decide(self, picture: Picture) -> None:
        """Let the plan decide; its reply or its error is kept in `result`."""
        plan, self.plan = self.plan, None
        if plan is None:
            return
        self.call.now = picture.moment(self.call.now)
        try:
            plan.send(picture)
        except StopIteration as stop:
            self.result = stop.value
        except ApiError as error:
            self.result = error
        else:
            msg = "a plan yields once"
            raise RuntimeError(msg)

    def answer(self) -> None:
        """Wake the caller. A caller that went away does not matter: the write is done."""
        if self.future.done():
            return
        if isinstance(self.result, BaseException):
            self.future.set_exception(self.result)
        else:
            self.future.set_result(self.result)

    def fail(self, error: BaseException) -> None:
        """Answer with a fault of ours."""
        log.error("call failed", exc_info=error, extra={"request_id": self.call.request_id})
        self.result = Unexpected(self.call.request_id)
        self.answer()


class Poisoned(Exception):
    """A plan failed unexpectedly; the others must be run again without it."""

    def __init__(self, job: Job, cause: Exception) -> None:
        super().__init__(job)
        self.job = job
        self.cause = cause


class Unknown(Exception):
    """The connection broke while writing and the database stays away: the calls may be done, or not."""


class Numbers:
    """Auto numbers, reserved in blocks so that no row is fought over."""

    def __init__(self) -> None:
        self._blocks: dict[tuple[int, str], deque[list[int]]] = {}

    async def reserve(self, db: Any, org_id: int, name: str, count: int) -> None:
        """Make sure that `count` numbers can be taken."""
        blocks = self._blocks.setdefault((org_id, name), deque())
        while sum(end - first for first, end in blocks) < count:
            blocks.append(list(await queries.block(db, org_id, name)))

    def forget(self) -> None:
        """Drop what is reserved; gaps between numbers are allowed."""
        self._blocks.clear()

    def take(self, org_id: int, name: str) -> int:
        """The next number. Raises LookupError when none was reserved: a plan that did not announce it."""
        blocks = self._blocks.get((org_id, name))
        while blocks and blocks[0][0] >= blocks[0][1]:
            blocks.popleft()
        if not blocks:
            msg = f"no {name} number was reserved"
            raise LookupError(msg)
        number = blocks[0][0]
        blocks[0][0] += 1
        return number


class Engine:
    """READ, decide, WRITE over a connection of its own."""

    def __init__(self, url: str, cache: Cache) -> None:
        self._url = url
        self._cache = cache
        self._numbers = Numbers()
        self.db: Any = None

    async def open(self) -> None:
        """Connect. Raises DatabaseError."""
        self.db = await connect(self._url, batch=True)

    async def close(self) -> None:
        """Disconnect."""
        if self.db is not None and not self.db.is_closed():
            await self.db.close()

    async def attempt(
        self, jobs: list[Job], *, lock: bool, meanwhile: Callable[[], None] | None = None
    ) -> int:
        """Decide the jobs and commit what they decided; their results wait in `Job.result`.

        `lock`: lock the rows that are read, for calls that lost against others. `meanwhile` is called while the database
        writes, if it comes to that. Returns how many rows were written. Raises Conflict, Lost or Poisoned with nothing
        written, and the jobs forgotten; Unknown.
        """
        found: dict[str, list[Any]] = {}
        try:
            with translated():
                if lock:
                    async with self.db.transaction():
                        await self.lock(jobs)
                        found = await self.decide(jobs)
                        await queries.write_in_steps(self.db, found)
                else:
                    found = await self.decide(jobs)
                    if meanwhile is not None:
                        asyncio.get_running_loop().call_soon(meanwhile)
                    await self._write(found)
        except Lost:
            # The answer to the write, or to its commit, never came: look whether its rows are there.
            if not (found and await self._is_written(found)):
                self.forget(jobs)
                raise
        except Exception:
            self.forget(jobs)
            raise
        return sum(map(len, found.values()))

    async def _is_written(self, found: dict[str, list[Any]]) -> bool:
        """After the connection was lost while writing: is it written? Raises Unknown when that cannot be learned.

        The lost session may still be at work where only the line broke: it is ended before anybody looks.
        """
        session = self.db.get_server_pid()
        for _ in range(LOOKS):
            if not await self.reconnect():
                break
            try:
                with translated():
                    await end_session(self.db, session)
                    return await queries.is_written(self.db, found)
            except Lost:
                log.warning("the database was lost again")
        self._numbers.forget()
        raise Unknown

    def forget(self, jobs: list[Job]) -> None:
        """Nothing was written: the plans start anew, and numbers reserved in the same transaction are gone."""
        self._numbers.forget()
        for job in jobs:
            job.forget()

    async def lock(self, jobs: list[Job]) -> None:
        """Lock the rows that the jobs need, inside the caller's transaction."""
        self._prepare_all(jobs)
        await queries.lock(self.db, (await self._read(jobs)).values())

    async def _write(self, found: dict[str, list[Any]]) -> None:
        if not found:
            return
        if queries.needs_steps(found):
            async with self.db.transaction():
                await queries.write_in_steps(self.db, found)
        else:
            await queries.write(self.db, found)

    async def decide(self, jobs: list[Job]) -> dict[str, list[Any]]:
        """READ what the jobs need and let them decide in order; returns the rows to write."""
        self._prepare_all(jobs)
        pictures = await self._read(jobs)
        for job in jobs:
            try:
                job.decide(pictures[job.call.org_id])
            except Exception as error:
                raise Poisoned(job, error) from error
        return queries.changed(pictures.values())

    def _prepare_all(self, jobs: list[Job]) -> None:
        for job in jobs:
            if not job.is_prepared:
                self._prepare(job)

    async def _read(self, jobs: list[Job]) -> dict[int, Picture]:
        """Pictures by organisation. Calls whose definitions are out of date are prepared again first."""
        while True:
            take = self._numbers.take
            pictures = {org: Picture(org, take) for org in {job.call.org_id for job in jobs}}
            needs = [(job.call.org_id, job.needs) for job in jobs if job.needs is not _NOTHING]
            versions = await queries.read(self.db, needs, pictures)
            if not await self._refresh(jobs, versions):
                break
        for org, picture in pictures.items():
            picture.version = versions.get(org)
        if keyed := [(job.call.org_id, job.start) for job in jobs if isinstance(job.start, Once)]:
            await idempotency.look_up(self.db, keyed)
        wanted: dict[tuple[int, str], int] = {}
        for org, need in needs:
            for name, count in need.numbers:
                wanted[org, name] = wanted.get((org, name), 0) + count
        for (org, name), count in wanted.items():
            await self._numbers.reserve(self.db, org, name, count)
        return pictures

    async def _refresh(self, jobs: list[Job], versions: dict[int, int]) -> bool:
        """True when a definition, user or key changed under a call, which was therefore prepared again."""
        fresh: dict[int, Definitions] = {}
        again = False
        for job in jobs:
            org = job.call.org_id
            if job.call.defs.version == versions.get(org):
                continue
            if org not in versions:
                job.forget()
                job.result = Unauthorised()
                continue
            again = True
            if org not in fresh:
                fresh[org] = await self._cache.load(self.db, org)
            self._renew(job, fresh[org])
        return again

    def _renew(self, job: Job, defs: Definitions) -> None:
        call = job.call
        call.defs = defs
        user = defs.actor(call.access_key) if call.access_key else defs.users.get(call.actor.id)
        if user is None:
            job.forget()
            job.result = Unauthorised()
            return
        call.actor = user
        self._prepare(job)

    def _prepare(self, job: Job) -> None:
        try:
            job.prepare()
        except Exception as error:
            raise Poisoned(job, error) from error

    async def reconnect(self) -> bool:
        """A new connection after a lost one; False when the database stays away for `PATIENCE` seconds."""
        if self.db is not None:
            self.db.terminate()
        deadline = asyncio.get_running_loop().time() + PATIENCE
        pause = 0.02
        while True:
            try:
                self.db = await connect(self._url, batch=True)
            except DatabaseError as error:
                if asyncio.get_running_loop().time() > deadline:
                    log.error("the database stays away: %s", error)  # noqa: TRY400  its message says all
                    return False
                await asyncio.sleep(pause)
                pause = min(pause * 2, 1.0)
            else:
                log.warning("connected to the database again")
                return True
