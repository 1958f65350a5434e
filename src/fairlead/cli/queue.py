"""`fairlead worker` and `fairlead async`: applying queued requests, giving one another chance, giving one up."""

from __future__ import annotations

import asyncio
import logging
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from fairlead import logs
from fairlead.cli import options
from fairlead.cli.manage import answer

log = logging.getLogger("fairlead")


@click.command()
@options.option(
    "--concurrency",
    type=click.IntRange(1, 64),
    default=2,
    show_default=True,
    help="Batches at a time: while the database works on one, another is decided. More pay only when it is far away.",
)
@options.settings(
    "data",
    "database_url",
    "database_patience",
    "queue_keep_days",
    "callback_private_addresses",
    "log_format",
    "log_level",
)
def worker(
    concurrency: int,
    data: Path | None,
    database_url: str,
    database_patience: int,
    queue_keep_days: int,
    *,
    callback_private_addresses: bool,
    log_format: str,
    log_level: str,
) -> None:
    """Apply queued requests until told to stop (Ctrl-C, SIGTERM); the batch under way is finished.

    A server does this by itself. Beside one with --queue-workers 0, or on other machines, this does it apart.
    """
    logs.configure(log_format, log_level)
    from fairlead.cli import database  # noqa: PLC0415  the help does without a database
    from fairlead.cli.patience import wait_for  # noqa: PLC0415

    keep = timedelta(days=queue_keep_days)
    try:
        with database.ended_by_signals(), database.opened(data, database_url, on_progress=log.info) as url:
            if database_url:
                wait_for(url, database_patience)
            database.ensure_schema(url)
            asyncio.run(_work(url, concurrency, keep, private_callbacks=callback_private_addresses))
    except SystemExit as ended:
        if ended.code not in (130, 143):  # told to stop, and stopped
            raise
    log.info("stopped")


async def _work(url: str, concurrency: int, keep: timedelta, *, private_callbacks: bool) -> None:
    from fairlead.app import registry  # noqa: PLC0415  takes a while
    from fairlead.orgs.definitions import Cache  # noqa: PLC0415
    from fairlead.wire.queue.crew import Crew  # noqa: PLC0415

    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    crew = Crew(url, Cache(), registry(), concurrency, private_callbacks=private_callbacks, keep=keep)
    await crew.open()
    log.info("working", extra={"concurrency": concurrency})
    try:
        await told.wait()
        log.info("stopping: the batch under way is finished")
    finally:
        await crew.close()


@click.group("async")
def queued() -> None:
    """Look after requests of the asynchronous API."""


@queued.command("retry")
@click.argument("request_id", metavar="ID")
@options.database
@options.as_json
def retry(request_id: str, data: Path | None, database_url: str, *, as_json: bool) -> None:
    """Put a request that did not succeed, or waits for its next attempt, back into the queue."""
    from fairlead.cli.database import in_transaction  # noqa: PLC0415  the help does without them
    from fairlead.records.picture import is_id  # noqa: PLC0415
    from fairlead.wire.queue import queries  # noqa: PLC0415

    async def again(db: Any) -> bool:
        return is_id(request_id) and await queries.again(db, request_id, datetime.now(UTC))

    if not in_transaction(data, database_url, again):
        msg = f"No request {request_id} has ended without success."
        raise click.ClickException(msg)
    answer({"request": request_id}, f"Request {request_id} is queued again.", as_json=as_json)


@queued.command("fail")
@click.argument("request_id", metavar="ID")
@options.database
@options.as_json
def fail(request_id: str, data: Path | None, database_url: str, *, as_json: bool) -> None:
    """Give up a request that waits: it ends as a failure, and later ones about the same record go on.

    What a worker is applying at this moment is applied first.
    """
    from fairlead.app import registry  # noqa: PLC0415  the help does without them
    from fairlead.cli.database import in_transaction  # noqa: PLC0415
    from fairlead.records.picture import is_id  # noqa: PLC0415
    from fairlead.wire.queue.status import give_up, queueable  # noqa: PLC0415

    async def end(db: Any) -> bool:
        kinds = queueable(registry())
        return is_id(request_id) and await give_up(db, kinds, request_id, datetime.now(UTC))

    if not in_transaction(data, database_url, end):
        msg = f"No request {request_id} is waiting."
        raise click.ClickException(msg)
    answer({"request": request_id}, f"Request {request_id} is given up.", as_json=as_json)
