"""names and last use of keys."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "last_use",
        sa.Column("org_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("used_on", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id"], ["org.org_id"], name=op.f("last_use_org_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("org_id", "kind", "name", name=op.f("last_use_pkey")),
    )
    op.add_column("api_key", sa.Column("name", sa.Text(), nullable=True))
    op.add_column("async_key", sa.Column("name", sa.Text(), nullable=True))
