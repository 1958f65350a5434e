"""Connections to PostgreSQL, and what their errors mean. Nothing above knows the driver's exceptions."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from typing import Any

import asyncpg

MINIMUM = 150000
"""Oldest supported server_version_num."""


class DatabaseError(Exception):
    """The database cannot be used; one sentence for people."""


class Conflict(Exception):
    """Somebody else was there first: read again and decide again."""


class Lost(Exception):
    """The connection broke; whether the last statement took effect is not known."""


_CONFLICTS = (
    asyncpg.UniqueViolationError,
    asyncpg.SerializationError,
    asyncpg.DeadlockDetectedError,
    asyncpg.DivisionByZeroError,  # a moved version, see records.queries.write
)
_LOST = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # the driver's own confusion when the connection ends between two statements
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    ConnectionError,
    OSError,
    asyncio.TimeoutError,
)


@contextlib.contextmanager
def translated() -> Iterator[None]:
    """Turn driver errors into `Conflict` and `Lost`; others pass."""
    try:
        yield
    except _CONFLICTS as error:
        raise Conflict(type(error).__name__) from error
    except _LOST as error:
        raise Lost(type(error).__name__) from error


_SETTINGS = {"application_name": "fairlead", "jit": "off", "timezone": "UTC"}

# Array estimates must never flip the plan of a batch: only index lookups, planned once.
_BATCH_SETTINGS = _SETTINGS | {
    "application_name": "fairlead batch",
    "plan_cache_mode": "force_generic_plan",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "enable_seqscan": "off",
    "statement_timeout": "60s",
}


async def connect(url: str, *, batch: bool = False) -> asyncpg.Connection[Any]:
    """One connection. `batch`: with the planner settings of the batcher.

    Raises DatabaseError when the server cannot be reached, refuses, or is too old.
    """
    settings = _BATCH_SETTINGS if batch else _SETTINGS
    try:
        db = await asyncpg.connect(
            url,
            server_settings=settings,
            statement_cache_size=400,
            max_cached_statement_lifetime=0,
            timeout=10,
        )
    except (asyncpg.PostgresError, *_LOST) as error:
        msg = f"the database does not answer: {_reason(error)}"
        raise DatabaseError(msg) from error
    except (ValueError, asyncpg.ClientConfigurationError) as error:
        msg = f"the database address cannot be used: {_reason(error)}"
        raise DatabaseError(msg) from error
    await _check_version(db)
    return db


_END_SESSION = """
select pg_terminate_backend(a.pid, 5000) from pg_stat_activity a
where a.pid = $1 and a.application_name = 'fairlead batch' and a.pid <> pg_backend_pid()
"""


async def end_session(db: Any, pid: int) -> None:
    """End a session of ours whose connection was lost, and wait until it has ended: what it did not commit is undone."""
    await db.fetch(_END_SESSION, pid)


async def _check_version(db: Any) -> None:
    version = db.get_server_version()
    if version.major * 10000 < MINIMUM:
        await db.close()
        msg = f"PostgreSQL {version.major}.{version.minor} is too old; Fairlead needs 15 or newer"
        raise DatabaseError(msg)


def _reason(error: BaseException) -> str:
    text = str(error).strip() or type(error).__name__
    return text.splitlines()[0]


class Pool:
    """Connections for reads and rare writes."""

    def __init__(self, pool: asyncpg.Pool[Any]) -> None:
        self._pool = pool

    @classmethod
    async def open(cls, url: str, *, size: int = 8) -> Pool:
        """Open a pool of at most `size` connections; the first one is made at once, so errors show here."""
        probe = await connect(url)
        await probe.close()
        pool = await asyncpg.create_pool(
            url,
            min_size=1,
            max_size=size,
            server_settings=_SETTINGS,
            statement_cache_size=400,
            max_cached_statement_lifetime=0,
            reset=_no_reset,
        )
        return cls(pool)

    @contextlib.asynccontextmanager
    async def connection(self) -> AsyncIterator[Any]:
        """A connection outside a transaction, for reads."""
        with translated():
            async with self._pool.acquire() as db:
                yield db

    @contextlib.asynccontextmanager
    async def transaction(self) -> AsyncIterator[Any]:
        """A connection inside a transaction that commits at the end of the block."""
        with translated():
            async with self._pool.acquire() as db, db.transaction():
                yield db

    @contextlib.asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Any]:
        """A connection inside a read-only transaction that sees one moment."""
        with translated():
            async with self._pool.acquire() as db, db.transaction(isolation="repeatable_read", readonly=True):
                yield db

    async def close(self) -> None:
        """Close all connections, waiting for those in use for up to 5 s."""
        try:
            await asyncio.wait_for(self._pool.close(), 5)
        except TimeoutError:
            self._pool.terminate()


async def _no_reset(_: Any) -> None:
    """Nothing in this program changes a connection's state, so nothing is reset between uses."""
