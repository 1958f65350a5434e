"""One migration history. What state a database is in costs one lookup; Alembic is loaded only to change it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fairlead.db.pool import DatabaseError

HEAD = "0009"
"""The newest migration in `migrations/versions`; a test compares."""

_FOLDER = Path(__file__).parent / "migrations"
_VERSION = "select version_num from alembic_version"
_EXISTS = "select to_regclass('alembic_version') is not null"


async def state(db: Any) -> str:
    """`empty`, `current`, `older` or `newer` than this program."""
    if not await db.fetchval(_EXISTS):
        return "empty"
    version = await db.fetchval(_VERSION)
    if version == HEAD:
        return "current"
    if version is None:
        return "empty"
    known = {path.name.partition("_")[0] for path in (_FOLDER / "versions").glob("[0-9]*.py")}
    return "older" if version in known else "newer"


def config_for(url: str) -> Any:
    """Alembic's configuration for a database: the address reaches `migrations/env.py` as an attribute."""
    from alembic.config import Config  # noqa: PLC0415  loaded only when there is something to change

    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.attributes["url"] = url
    return config


def upgrade(url: str) -> None:
    """Bring a database to the newest schema. `url` is a postgresql:// address. Raises DatabaseError.

    Several may try at once: one does it, the others wait and find it done.
    """
    from alembic import command  # noqa: PLC0415  loaded only when there is something to change
    from sqlalchemy.exc import DBAPIError  # noqa: PLC0415

    try:
        command.upgrade(config_for(url), "head")
    except DBAPIError as error:
        cause = error.orig.__cause__ if error.orig is not None else None
        reason = str(cause or error.orig).partition("\n")[0]
        msg = f"the tables could not be changed, and are as they were: {reason}"
        raise DatabaseError(msg) from error
