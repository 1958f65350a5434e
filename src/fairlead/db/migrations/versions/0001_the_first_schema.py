"""the first schema."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "account",
        sa.Column("org_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("code", sa.Integer(), nullable=False),
        sa.Column("auto_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_on", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("modified_by", sa.Uuid(), nullable=False),
        sa.Column("modified_on", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("last_activity_on", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("fields", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("account_pkey")),
    )
    op.create_index("account_auto_id_key", "account", ["org_id", "auto_id"], unique=True)
    op.create_index("account_name_idx", "account", ["org_id", "code", "name"], unique=False)
    op.create_table(
        "account_key",
        sa.Column("org_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("code", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("org_id", "code", "field", "value", name=op.f("account_key_pkey")),
    )
    op.create_table(
        "activity",
        sa.Column("org_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("code", sa.Integer(), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=True),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("opportunity_id", sa.Uuid(), nullable=True),
        sa.Column("auto_id", sa.BigInteger(), nullable=True),
        sa.Column("happened_on", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("status", sa.Text(), nullable=True),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("locked", sa.Boolean(), nullable=False),
        sa.Column("cancelled", sa.Boolean(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_on", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("modified_by", sa.Uuid(), nullable=False),
        sa.Column("modified_on", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("fields", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("activity_pkey")),
        postgresql_with={"fillfactor": 90},
    )
    op.create_index(
        "activity_account_idx",
        "activity",
        ["org_id", "account_id", "happened_on"],
        unique=False,
        postgresql_where=sa.text("account_id IS NOT NULL"),
    )
    op.create_index(
        "activity_auto_id_key",
        "activity",
        ["org_id", "auto_id"],
        unique=True,
        postgresql_where=sa.text("auto_id IS NOT NULL"),
    )
    op.create_index("activity_code_idx", "activity", ["org_id", "code", "modified_on", "id"], unique=False)
    op.create_index(
        "activity_opportunity_idx",
        "activity",
        ["org_id", "opportunity_id", "happened_on"],
        unique=False,
        postgresql_where=sa.text("opportunity_id IS NOT NULL"),
    )
    op.create_index(
        "activity_timeline_idx",
        "activity",
        ["org_id", "lead_id", "happened_on", "id"],
        unique=False,
        postgresql_where=sa.text("lead_id IS NOT NULL"),
    )
    op.create_table(
        "async_request",
        sa.Column("org_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("query", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("crashes", sa.Integer(), nullable=False),
        sa.Column("accepted_on", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("due_on", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("finished_on", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("reply", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("async_request_pkey")),
        postgresql_with={"fillfactor": 80, "autovacuum_vacuum_scale_factor": 0.02},
    )
    op.create_index(
        "async_request_finished_idx",
        "async_request",
        ["org_id", "finished_on"],
        unique=False,
        postgresql_where=sa.text("finished_on IS NOT NULL"),
    )
    op.create_index(
        "async_request_next_idx",
        "async_request",
        ["org_id", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'queued'"),
    )
    op.create_index(
        "async_request_pending_idx",
        "async_request",
        ["org_id", "operation", "id"],
        unique=False,
        postgresql_where=sa.text("finished_on IS NULL"),
    )
    op.create_index(
        "async_request_record_idx",
        "async_request",
        ["org_id", "record", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'queued'"),
    )
    op.create_index(
        "async_request_retry_idx",
        "async_request",
        ["org_id", "due_on"],
        unique=False,
        postgresql_where=sa.text("state = 'retry'"),
    )
    op.create_index(
        "async_request_suspect_idx",
        "async_request",
        ["org_id", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'queued' AND crashes > 0"),
    )
    # How many requests wait changes a thousandfold between two looks: no statistics are better than old ones.
    op.execute("alter table async_request alter column state set statistics 0, alter column finished_on set statistics 0")
    op.create_table(
        "async_tally",
        sa.Column("org_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("slot", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("finished", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("org_id", "operation", "slot", name=op.f("async_tally_pkey")),
    )
    op.create_table(
        "async_trial",
        sa.Column("org_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("requests", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("started_on", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("async_trial_pkey")),
    )
    op.create_table(
        "change",
        sa.Column("org_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Integer(), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=True),
        sa.Column("changed_on", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("changed_by", sa.Uuid(), nullable=False),
        sa.Column("changes", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("org_id", "record_id", "id", name=op.f("change_pkey")),
    )
    op.create_index(
        "change_code_idx",
        "change",
        ["org_id", "code", "changed_on"],
        unique=False,
        postgresql_where=sa.text("code >= 0"),
    )
    op.create_table(
        "counter",
        sa.Column("org_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("next", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("org_id", "name", name=op.f("counter_pkey")),
    )
    op.create_table(
        "directory",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("org_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "value", name=op.f("directory_pkey")),
    )
    op.create_table(
        "idempotency",
        sa.Column("org_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("created_on", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("org_id", "key", name=op.f("idempotency_pkey")),
    )
    op.create_index("idempotency_created_idx", "idempotency", ["org_id", "created_on"], unique=False)
    op.create_table(
        "lead",
        sa.Column("org_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("auto_id", sa.BigInteger(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("engagement_score", sa.Integer(), nullable=False),
        sa.Column("revenue", sa.Numeric(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("is_lead", sa.Boolean(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_on", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("modified_by", sa.Uuid(), nullable=False),
        sa.Column("modified_on", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("touched_on", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("first_activity_id", sa.Uuid(), nullable=True),
        sa.Column("first_activity_on", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("last_activity_id", sa.Uuid(), nullable=True),
        sa.Column("last_activity_on", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("last_activity_code", sa.Integer(), nullable=True),
        sa.Column("fields", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("lead_pkey")),
        postgresql_with={"fillfactor": 80},
    )
    op.create_index(
        "lead_account_idx",
        "lead",
        ["org_id", "account_id"],
        unique=False,
        postgresql_where=sa.text("account_id IS NOT NULL"),
    )
    op.create_index("lead_auto_id_key", "lead", ["org_id", "auto_id"], unique=True)
    op.create_table(
        "lead_key",
        sa.Column("org_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("org_id", "field", "value", name=op.f("lead_key_pkey")),
    )
    op.create_index(
        "lead_key_phone_idx",
        "lead_key",
        ["org_id", sa.literal_column("right(translate(value, ' +-()./', ''), 8)")],
        unique=False,
        postgresql_where=sa.text("field IN ('Phone', 'Mobile')"),
    )
    op.create_table(
        "org",
        sa.Column("org_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("short_code", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("settings", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_on", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("org_id", name=op.f("org_pkey")),
    )
    op.create_table(
        "app_user",
        sa.Column("org_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("first_name", sa.Text(), nullable=False),
        sa.Column("last_name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("profile", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_on", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("modified_on", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id"], ["org.org_id"], name=op.f("app_user_org_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("app_user_pkey")),
    )
    op.create_index(
        "app_user_email_key", "app_user", ["org_id", sa.literal_column("lower(email)")], unique=True
    )
    op.create_table(
        "async_key",
        sa.Column("org_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_on", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id"], ["org.org_id"], name=op.f("async_key_org_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("async_key_pkey")),
    )
    op.create_table(
        "product",
        sa.Column("org_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_on", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("modified_by", sa.Uuid(), nullable=True),
        sa.Column("modified_on", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id"], ["org.org_id"], name=op.f("product_org_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("product_pkey")),
    )
    op.create_index("product_sku_key", "product", ["org_id", "sku"], unique=True, postgresql_where="active")
    op.create_table(
        "record_type",
        sa.Column("org_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("code", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("definition", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_on", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("modified_by", sa.Uuid(), nullable=True),
        sa.Column("modified_on", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id"], ["org.org_id"], name=op.f("record_type_org_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("record_type_pkey")),
        sa.UniqueConstraint("org_id", "code", name=op.f("record_type_org_id_code_key")),
    )
    op.create_table(
        "api_key",
        sa.Column("org_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("access_key", sa.Text(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_on", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id", "user_id"],
            ["app_user.org_id", "app_user.id"],
            name=op.f("api_key_org_id_user_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("api_key_pkey")),
    )
    op.create_table(
        "field",
        sa.Column("org_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("type_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("definition", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_on", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("modified_on", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id", "type_id"],
            ["record_type.org_id", "record_type.id"],
            name=op.f("field_org_id_type_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("field_pkey")),
        sa.UniqueConstraint("org_id", "type_id", "name", name=op.f("field_org_id_type_id_name_key")),
    )
