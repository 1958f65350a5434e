"""One migration history. What state a database is in costs one lookup; Alembic is loaded only to change it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

HEAD = "0001"
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
    known = {path.name.partition("_")[0] for path in (_FOLDER / "versions").glob("[0-9]*.py")}
    return "older" if version in known else "newer"


def upgrade(url: str) -> None:
    """Bring a database to the newest schema. `url` is a postgresql:// address."""
    from alembic import command  # noqa: PLC0415  loaded only when there is something to change
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.attributes["url"] = url
    command.upgrade(config, "head")


def run(coroutine: Any) -> Any:
    """Run a coroutine from Alembic's environment."""
    return asyncio.run(coroutine)
