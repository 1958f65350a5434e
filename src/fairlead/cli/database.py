"""The database a command works on: the embedded one or one of yours, at the schema of this program."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click

from fairlead.db import migrate
from fairlead.db.embedded import Embedded, default_data_dir
from fairlead.db.pool import DatabaseError, Pool, connect

Result = TypeVar("Result")

_UPGRADE = "fairlead db upgrade"


def say(sentence: str) -> None:
    """Tell people about progress, apart from what a script reads."""
    click.echo(sentence, err=True)


@contextmanager
def opened(
    data: Path | None, database_url: str, *, as_server: bool = False, on_progress: Callable[[str], None] = say
) -> Iterator[str]:
    """The address of the database, for as long as it is used; the embedded one is started where needed.

    Raises EmbeddedError, and click.UsageError when both were asked for.
    """
    if database_url and data is not None:
        msg = "--data is the embedded database and --database-url your own: give one of them"
        raise click.UsageError(msg)
    if database_url:
        yield database_url
        return
    with ended_by_signals():
        enter = Embedded.start if as_server else Embedded.attach
        with enter(data or default_data_dir(), on_progress=on_progress) as embedded:
            yield embedded.url


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """SIGTERM and SIGINT end the block as an exit with 128 + their number; what it opened closes undisturbed."""

    def end(number: int, _: object) -> None:
        for each in before:
            signal.signal(each, signal.SIG_IGN)
        raise SystemExit(128 + number)

    before = {each: signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGINT)}
    for each in before:
        signal.signal(each, end)
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


async def state(url: str) -> str:
    """What `migrate.state` says. Raises DatabaseError."""
    db = await connect(url)
    try:
        return await migrate.state(db)
    finally:
        await db.close()


def ensure_schema(url: str, *, upgrade: tuple[str, ...] = ()) -> str:
    """See that the tables are of this program; a state in `upgrade` is brought there. Returns the state found.

    Raises DatabaseError with the way out.
    """
    found = asyncio.run(state(url))
    if found in upgrade:
        migrate.upgrade(url)
    elif found == "empty":
        msg = (
            f"the database has no tables of Fairlead yet: make them with «{_UPGRADE}», with the same options"
        )
        raise DatabaseError(msg)
    elif found == "older":
        msg = f"the tables are of an older Fairlead: make a backup, then bring them up with «{_UPGRADE}»"
        raise DatabaseError(msg)
    elif found == "newer":
        msg = (
            "the tables are of a newer Fairlead: start that version, or restore the backup from before its "
            "upgrade into another database"
        )
        raise DatabaseError(msg)
    return found


def in_transaction(data: Path | None, database_url: str, work: Callable[[Any], Awaitable[Result]]) -> Result:
    """What `work` returns for a connection, inside a transaction that commits afterwards."""
    with opened(data, database_url) as url:
        # An embedded database that is just being made has nothing to lose.
        ensure_schema(url, upgrade=() if database_url else ("empty",))
        return made_in_transaction(url, work)


def made_in_transaction(url: str, work: Callable[[Any], Awaitable[Result]]) -> Result:
    """The same, in a database that is known to be ready."""
    return asyncio.run(_in_transaction(url, work))


async def _in_transaction(url: str, work: Callable[[Any], Awaitable[Result]]) -> Result:
    pool = await Pool.open(url, size=1)
    try:
        async with pool.transaction() as db:
            return await work(db)
    finally:
        await pool.close()


def with_pool(data: Path | None, database_url: str, work: Callable[[Pool], Awaitable[Result]]) -> Result:
    """What `work` returns for connections of which it makes transactions by itself."""

    async def run(url: str) -> Result:
        pool = await Pool.open(url, size=2)
        try:
            return await work(pool)
        finally:
            await pool.close()

    with opened(data, database_url) as url:
        ensure_schema(url)
        return asyncio.run(run(url))


def outside_transactions(
    data: Path | None, database_url: str, work: Callable[[Any], Awaitable[Result]]
) -> Result:
    """What `work` returns for a connection on which every statement is a transaction of its own."""

    async def connected(url: str) -> Result:
        db = await connect(url)
        try:
            return await work(db)
        finally:
            await db.close()

    with opened(data, database_url) as url:
        ensure_schema(url)
        return asyncio.run(connected(url))
