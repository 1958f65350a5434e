"""The migration history, against a real database: it leads to the tables, and its states are told apart."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from shutil import rmtree
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from fairlead.db import migrate
from fairlead.db.embedded import Embedded
from fairlead.db.pool import DatabaseError, connect
from fairlead.db.schema import metadata


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A migrated database of this module's own."""
    place = Path(tempfile.mkdtemp(prefix="fairlead-test-"))
    place.chmod(0o711)
    with Embedded.start(place / "migrations") as database:
        assert state(database.url) == "empty"
        migrate.upgrade(database.url)
        yield database.url
    rmtree(place)


def run(url: str, work: Any) -> Any:
    async def connected() -> Any:
        db = await connect(url)
        try:
            return await work(db)
        finally:
            await db.close()

    return asyncio.run(connected())


def state(url: str) -> str:
    return str(run(url, migrate.state))


def set_version(url: str, version: str) -> None:
    run(url, lambda db: db.execute("update alembic_version set version_num = $1", version))


def test_head_is_the_newest_migration() -> None:
    versions = Path(migrate.__file__).parent / "migrations" / "versions"
    assert max(path.name for path in versions.glob("[0-9]*.py")).partition("_")[0] == migrate.HEAD


def test_the_migrations_lead_to_the_tables(url: str) -> None:
    async def differences() -> Any:
        engine = create_async_engine(
            "postgresql+asyncpg://", async_creator=lambda: connect(url), poolclass=NullPool
        )
        async with engine.connect() as connection:
            found = await connection.run_sync(compare)
        await engine.dispose()
        return found

    def compare(connection: Connection) -> Any:
        options = {"compare_type": True, "compare_server_default": True}
        return compare_metadata(MigrationContext.configure(connection, opts=options), metadata)

    assert asyncio.run(differences()) == []


def test_a_migrated_database_is_current_and_stays_so(url: str) -> None:
    assert state(url) == "current"
    migrate.upgrade(url)
    assert state(url) == "current"


def test_a_version_that_we_do_not_know_is_newer(url: str) -> None:
    set_version(url, "9999")
    try:
        assert state(url) == "newer"
    finally:
        set_version(url, migrate.HEAD)


def test_a_version_that_we_know_is_older(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrate, "HEAD", "9999")
    assert state(url) == "older"


def test_a_refused_migration_is_told_in_a_sentence_and_leaves_nothing(url: str) -> None:
    run(url, lambda db: db.execute("create schema other; create table other.lead (mine int)"))
    elsewhere = f"{url}&options=-csearch_path%3Dother"
    with pytest.raises(
        DatabaseError, match=r"^the tables could not be changed, and are as they were: .*lead"
    ):
        migrate.upgrade(elsewhere)
    assert run(url, lambda db: db.fetchval("select count(*) from pg_tables where schemaname = 'other'")) == 1


def test_two_upgrades_at_once_do_it_once(url: str) -> None:
    run(url, lambda db: db.execute("create schema twice"))
    elsewhere = f"{url}&options=-csearch_path%3Dtwice"

    # In processes: Alembic's context is one for all threads.
    program = "import sys; from fairlead.db.migrate import upgrade; upgrade(sys.argv[1])"
    both = [subprocess.Popen([sys.executable, "-c", program, elsewhere]) for _ in range(2)]
    assert [process.wait(30) for process in both] == [0, 0]
    assert state(elsewhere) == "current"
