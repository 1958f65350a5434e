"""Alembic's way to the database: the address comes from `fairlead.db.migrate.upgrade`."""

import asyncio

from alembic import context
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from fairlead.db.pool import connect
from fairlead.db.schema import metadata

# Any number that no other program takes; one upgrade at a time, the others wait and find it done.
ONE_AT_A_TIME = text("select pg_advisory_xact_lock(7304918226)")


def migrate(connection: Connection) -> None:
    """Run the migrations on a connection, all in one transaction: wholly or not at all."""
    connection.execute(ONE_AT_A_TIME)
    context.configure(connection=connection, target_metadata=metadata)
    with context.begin_transaction():
        context.run_migrations()


async def main() -> None:
    """Connect as everything else does: the driver reads the address, not SQLAlchemy."""
    url = str(context.config.attributes["url"])
    engine = create_async_engine(
        "postgresql+asyncpg://", async_creator=lambda: connect(url), poolclass=NullPool
    )
    async with engine.connect() as connection:
        await connection.run_sync(migrate)
        await connection.commit()
    await engine.dispose()


asyncio.run(main())
