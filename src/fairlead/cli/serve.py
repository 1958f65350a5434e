"""`fairlead serve`: the database, its tables, the demo if asked for, then the server."""

from __future__ import annotations

import gc
import ipaddress
import logging
import socket
from typing import Any

import click

from fairlead import logs
from fairlead.cli import options
from fairlead.settings import Settings

log = logging.getLogger("fairlead")


@click.command()
@options.settings()
def serve(**values: Any) -> None:
    """Serve the API until it is told to stop (Ctrl-C, SIGTERM).

    Without --database-url it uses the PostgreSQL it brings along, which is started and stopped with it.
    """
    settings = Settings(**values)
    _refuse_open_demo(settings)
    logs.configure(settings.log_format, settings.log_level)
    from fairlead.cli.database import ended_by_signals  # noqa: PLC0415  the help does without a database

    try:
        with ended_by_signals():
            _serve(settings)
    except SystemExit as ended:
        # 130 and 143: told to stop, and stopped.
        if ended.code not in (130, 143):
            raise
        log.info("stopped")


def _refuse_open_demo(settings: Settings) -> None:
    if settings.demo and not settings.demo_on_network and not _is_loopback(settings.host):
        msg = (
            f"anybody who reaches {settings.host} could use the public demo keys: leave out --demo, listen on "
            "127.0.0.1, or say --demo-on-network"
        )
        raise click.UsageError(msg)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _serve(settings: Settings) -> None:
    from fairlead.cli import database  # noqa: PLC0415  only now is it certain that they are needed
    from fairlead.cli.patience import wait_for  # noqa: PLC0415
    from fairlead.server import address_of, bind, run  # noqa: PLC0415

    try:
        bound = bind(settings.host, settings.port)
    except OSError as error:
        raise click.ClickException(_why_not(settings, error)) from error
    with (
        bound,
        database.opened(settings.data, settings.database_url, as_server=True, on_progress=log.info) as url,
    ):
        if settings.database_url:
            wait_for(url, settings.database_patience)
        upgradable = () if settings.database_url else ("empty", "older")
        if database.ensure_schema(url, upgrade=upgradable) != "current":
            log.info("the tables are up to date now")
            gc.collect()
        address = address_of(bound)
        banner = _demo(url, address) if settings.demo else ""

        def ready() -> None:
            log.info("serving", extra={"address": address})
            if banner:
                click.echo(banner)

        run(settings, url, bound, ready)


def _why_not(settings: Settings, error: OSError) -> str:
    place = f"{settings.host} port {settings.port}"
    if isinstance(error, socket.gaierror):
        return f"There is no address for the host {settings.host}."
    if isinstance(error, PermissionError):
        return f"Listening on {place} is not permitted: choose a port above 1023."
    if error.strerror and "in use" in error.strerror:
        return f"Something else listens on {place}: stop it, or choose another --port."
    return f"Listening on {place} is not possible: {error.strerror}."


def _demo(url: str, address: str) -> str:
    from fairlead.cli.demo import banner, ensure  # noqa: PLC0415  only with --demo

    ensure(url)
    return banner(address)
