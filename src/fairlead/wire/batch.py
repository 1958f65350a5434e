"""Natural batching: calls that arrive while the previous batch is committing form the next one.

No timer: an idle server runs a batch of one at once, a busy one commits many calls in one transaction. Nobody is
answered before the commit. One batch is READ, decide call by call in order, WRITE (see `records.queries`); a call
that is refused changes nothing, a call that fails unexpectedly harms only itself.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from typing import Any

from fairlead.db.pool import Conflict, DatabaseError, Lost, connect, translated
from fairlead.errors import ApiError, Unauthorised, Unexpected
from fairlead.orgs.definitions import Cache, Definitions
from fairlead.records import queries
from fairlead.records.picture import Needs, Picture
from fairlead.wire.operation import Call, Plan

log = logging.getLogger("fairlead.batch")

MOST = 128
"""Calls in one batch: more would keep the first ones waiting for little gain."""

PATIENCE = 15.0
"""Seconds to wait for a lost database before calls are answered with a fault."""

_NOTHING = Needs()


class Job:
    """One call on its way through a batch."""

    __slots__ = ("call", "future", "needs", "plan", "result", "start")

    def __init__(self, start: Callable[[Call[Any, Any]], Plan[Any]], call: Call[Any, Any]) -> None:
        self.start = start
        self.call = call
        self.future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.plan: Plan[Any] | None = None
        self.needs = _NOTHING
        self.result: Any = None

    def prepare(self) -> None:
        """Run the plan up to what it needs to see. An early answer or error waits in `result`."""
        self.call.notices.clear()
        self.plan = None
        self.needs = _NOTHING
        plan = self.start(self.call)
        try:
            self.needs = next(plan)
        except StopIteration as stop:
            self.result = stop.value
        except ApiError as error:
            self.result = error
        else:
            self.plan = plan

    def decide(self, picture: Picture) -> None:
        """Let the plan decide; its reply or its error is kept in `result`."""
        plan, self.plan = self.plan, None
        if plan is None:
            return
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


class Numbers:
    """Auto numbers, reserved in blocks so that no row is fought over."""

    def __init__(self) -> None:
        self._blocks: dict[tuple[int, str], deque[list[int]]] = {}

    async def reserve(self, db: Any, org_id: int, name: str, count: int) -> None:
        """Make sure that `count` numbers can be taken."""
        blocks = self._blocks.setdefault((org_id, name), deque())
        while sum(end - first for first, end in blocks) < count:
            blocks.append(list(await queries.block(db, org_id, name)))

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


class Batcher:
    """Runs the batches of one process over a connection of its own."""

    def __init__(self, url: str, cache: Cache) -> None:
        self._url = url
        self._cache = cache
        self._numbers = Numbers()
        self._waiting: deque[Job] = deque()
        self._wake = asyncio.Event()
        self._closing = False
        self._db: Any = None
        self._task: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Connect and begin. Raises DatabaseError."""
        self._db = await connect(self._url, batch=True)
        self._task = asyncio.create_task(self._run(), name="batcher")

    async def close(self) -> None:
        """Finish what was submitted, then stop."""
        self._closing = True
        self._wake.set()
        if self._task is not None:
            await self._task
        if self._db is not None and not self._db.is_closed():
            await self._db.close()

    def submit(self, start: Callable[[Call[Any, Any]], Plan[Any]], call: Call[Any, Any]) -> asyncio.Future[Any]:
        """Put a call into the next batch. The future gives the plan's reply, or raises its ApiError."""
        job = Job(start, call)
        try:
            job.prepare()
        except Exception as error:
            job.fail(error)
            return job.future
        self._waiting.append(job)
        self._wake.set()
        return job.future

    async def _run(self) -> None:
        waiting = self._waiting
        while True:
            if not waiting:
                if self._closing:
                    return
                self._wake.clear()
                await self._wake.wait()
                continue
            jobs = [waiting.popleft() for _ in range(min(MOST, len(waiting)))]
            await self._serve(jobs)

    async def _serve(self, jobs: list[Job]) -> None:
        """Run a batch to its end: again after a conflict, by halves after a fault."""
        again = False
        while jobs:
            try:
                await self._attempt(jobs, lock=again)
            except Poisoned as poison:
                poison.job.fail(poison.cause)
                jobs = [job for job in jobs if job is not poison.job]
            except Conflict:
                if again and len(jobs) > 1:
                    return await self._halves(jobs)
                again = True
            except Lost as error:
                if not await self._reconnect():
                    for job in jobs:
                        job.fail(error)
                    return None
            except Exception as error:
                if len(jobs) > 1:
                    return await self._halves(jobs)
                jobs[0].fail(error)
                return None
            else:
                return None
        return None

    async def _halves(self, jobs: list[Job]) -> None:
        middle = len(jobs) // 2
        await self._serve(jobs[:middle])
        await self._serve(jobs[middle:])

    async def _attempt(self, jobs: list[Job], *, lock: bool) -> None:
        """READ, decide, WRITE, answer. Raises Conflict, Lost or Poisoned with nothing written."""
        for job in jobs:
            if job.plan is None and job.result is None:
                self._prepare(job)
        with translated():
            if lock:
                async with self._db.transaction():
                    pictures = await self._read(jobs)
                    await queries.lock(self._db, pictures.values())
                    pictures = await self._read(jobs)
                    found = self._decide(jobs, pictures)
                    if found:
                        await self._in_steps(jobs, found)
            else:
                found = self._decide(jobs, await self._read(jobs))
                if found:
                    await self._write(jobs, found)
        for job in jobs:
            job.answer()

    async def _read(self, jobs: list[Job]) -> dict[int, Picture]:
        """Pictures by organisation. Calls whose definitions are out of date are prepared again first."""
        while True:
            take = self._numbers.take
            pictures = {org: Picture(org, take) for org in {job.call.org_id for job in jobs}}
            needs = [(job.call.org_id, job.needs) for job in jobs if job.needs is not _NOTHING]
            versions = await queries.read(self._db, needs, pictures)
            if not await self._refresh(jobs, versions):
                break
        wanted: dict[tuple[int, str], int] = {}
        for org, need in needs:
            for name, count in need.numbers:
                wanted[org, name] = wanted.get((org, name), 0) + count
        for (org, name), count in wanted.items():
            await self._numbers.reserve(self._db, org, name, count)
        return pictures

    async def _refresh(self, jobs: list[Job], versions: dict[int, int]) -> bool:
        """True when a definition, user or key changed under a call, which was therefore prepared again."""
        fresh: dict[int, Definitions] = {}
        again = False
        for job in jobs:
            org = job.call.org_id
            if job.call.defs.version == versions.get(org):
                continue
            if org not in fresh:
                fresh[org] = await self._cache.load(self._db, org)
            again = True
            self._renew(job, fresh[org])
        return again

    def _renew(self, job: Job, defs: Definitions) -> None:
        call = job.call
        call.defs = defs
        key = defs.keys.get(call.access_key)
        user = defs.users.get(key.user_id if key is not None and key.active else "")
        if user is None or not user.active:
            job.plan, job.needs, job.result = None, _NOTHING, Unauthorised()
            return
        call.actor = user
        job.result = None
        self._prepare(job)

    def _prepare(self, job: Job) -> None:
        try:
            job.prepare()
        except Exception as error:
            raise Poisoned(job, error) from error

    def _decide(self, jobs: list[Job], pictures: dict[int, Picture]) -> dict[str, list[Any]]:
        for job in jobs:
            try:
                job.decide(pictures[job.call.org_id])
            except Exception as error:
                self._again(jobs)
                raise Poisoned(job, error) from error
        return queries.changed(pictures.values())

    @staticmethod
    def _again(jobs: list[Job]) -> None:
        """Forget what was decided: the plans start anew in the next attempt."""
        for job in jobs:
            job.plan = job.result = None

    async def _write(self, jobs: list[Job], found: dict[str, list[Any]]) -> None:
        if queries.needs_steps(found):
            try:
                async with self._db.transaction():
                    await queries.write_in_steps(self._db, found)
            except BaseException:
                self._again(jobs)
                raise
            return
        try:
            await queries.write(self._db, found)
        except BaseException as error:
            if await self._took_effect(error, found):
                return
            self._again(jobs)
            raise

    async def _in_steps(self, jobs: list[Job], found: dict[str, list[Any]]) -> None:
        try:
            await queries.write_in_steps(self._db, found)
        except BaseException:
            self._again(jobs)
            raise

    async def _took_effect(self, error: BaseException, found: dict[str, list[Any]]) -> bool:
        """The connection broke while the write was under way: look whether its rows are there."""
        try:
            with translated():
                raise error
        except Lost:
            return await self._reconnect() and await queries.is_written(self._db, found)
        except BaseException:
            return False

    async def _reconnect(self) -> bool:
        """A new connection after a lost one; False when the database stays away for `PATIENCE` seconds."""
        if self._db is not None:
            self._db.terminate()
        deadline = asyncio.get_running_loop().time() + PATIENCE
        pause = 0.02
        while True:
            try:
                self._db = await connect(self._url, batch=True)
            except DatabaseError as error:
                if asyncio.get_running_loop().time() > deadline:
                    log.error("the database stays away", extra={"reason": str(error)})
                    return False
                await asyncio.sleep(pause)
                pause = min(pause * 2, 1.0)
            else:
                log.warning("connected to the database again")
                return True
