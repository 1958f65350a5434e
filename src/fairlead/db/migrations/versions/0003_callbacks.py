"""callbacks."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Apply."""
    op.add_column("async_request", sa.Column("callback_url", sa.Text(), nullable=True))
    op.add_column("async_request", sa.Column("callback_key_id", sa.Uuid(), nullable=True))
    op.create_index(
        "async_request_behind_idx",
        "async_request",
        ["org_id", "record", "id"],
        unique=False,
        postgresql_where=sa.text("state IN ('retry', 'held')"),
    )
    op.create_table(
        "delivery",
        sa.Column("org_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("about", sa.Uuid(), nullable=False),
        sa.Column("key_id", sa.Uuid(), nullable=True),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_on", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("due_on", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("finished_on", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("delivery_pkey")),
    )
    op.create_index(
        "delivery_due_idx",
        "delivery",
        ["org_id", "due_on"],
        unique=False,
        postgresql_where=sa.text("state = 'due'"),
    )
    op.create_index("delivery_about_idx", "delivery", ["org_id", "about", "id"], unique=False)
    op.create_index(
        "delivery_finished_idx",
        "delivery",
        ["org_id", "finished_on"],
        unique=False,
        postgresql_where=sa.text("finished_on IS NOT NULL"),
    )
    op.create_table(
        "async_gauge",
        sa.Column("org_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("slot", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("waiting", sa.Integer(), nullable=False),
        sa.Column("delay", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("org_id", "slot", name=op.f("async_gauge_pkey")),
    )
