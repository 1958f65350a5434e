"""tasks and notes."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "task",
        sa.Column("org_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("auto_id", sa.BigInteger(), nullable=False),
        sa.Column("type_id", sa.Uuid(), nullable=False),
        sa.Column("category", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("location", sa.Text(), nullable=True),
        sa.Column("related", sa.Integer(), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=True),
        sa.Column("opportunity_id", sa.Uuid(), nullable=True),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("due_on", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("ends_on", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("reminder", sa.Integer(), nullable=False),
        sa.Column("reminder_days", sa.Integer(), nullable=False),
        sa.Column("reminder_time", sa.Text(), nullable=True),
        sa.Column("notify", sa.Text(), nullable=False),
        sa.Column("completed_on", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_on", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("modified_by", sa.Uuid(), nullable=False),
        sa.Column("modified_on", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("fields", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("task_pkey")),
    )
    op.create_index("task_auto_id_key", "task", ["org_id", "auto_id"], unique=True)
    op.create_index(
        "task_lead_idx",
        "task",
        ["org_id", "lead_id", "due_on"],
        unique=False,
        postgresql_where=sa.text("lead_id IS NOT NULL"),
    )
    op.create_index(
        "task_opportunity_idx",
        "task",
        ["org_id", "opportunity_id"],
        unique=False,
        postgresql_where=sa.text("opportunity_id IS NOT NULL"),
    )
    op.create_index("task_owner_idx", "task", ["org_id", "owner_id", "due_on", "id"], unique=False)
    op.create_index(
        "task_open_idx",
        "task",
        ["org_id", "owner_id", "due_on", "id"],
        unique=False,
        postgresql_where=sa.text("completed_on IS NULL"),
    )
    op.create_index(
        "task_due_idx",
        "task",
        ["org_id", "due_on", "id"],
        unique=False,
        postgresql_where=sa.text("completed_on IS NULL"),
    )
    op.create_index(
        "task_owner_done_idx",
        "task",
        ["org_id", "owner_id", "completed_on", "id"],
        unique=False,
        postgresql_where=sa.text("completed_on IS NOT NULL"),
    )
    op.create_index(
        "task_done_idx",
        "task",
        ["org_id", "completed_on", "id"],
        unique=False,
        postgresql_where=sa.text("completed_on IS NOT NULL"),
    )
    op.create_table(
        "note",
        sa.Column("org_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("attachment", sa.Text(), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_on", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("modified_by", sa.Uuid(), nullable=False),
        sa.Column("modified_on", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("note_pkey")),
    )
    op.create_index("note_lead_idx", "note", ["org_id", "lead_id", "created_on", "id"], unique=False)
