"""opportunities by stage, sales by day."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Apply."""
    op.add_column(
        "activity",
        sa.Column(
            "stage", sa.Text(), sa.Computed("case when code >= 12000 then fields->>'mx_Custom_2'::text else null::text end", persisted=True)
        ),
    )
    op.add_column(
        "activity",
        sa.Column(
            "worth",
            sa.Numeric(),
            sa.Computed(
                """case when code >= 12000 and jsonb_typeof(fields->'mx_Custom_6'::text) = 'number'::text
        then (fields->>'mx_Custom_6'::text)::numeric else null::numeric end""",
                persisted=True,
            ),
        ),
    )
    op.create_index(
        "activity_board_idx",
        "activity",
        ["org_id", "code", "status", "stage", "modified_on", "id"],
        unique=False,
        postgresql_include=["worth"],
        postgresql_where=sa.text("code >= 12000"),
    )
    op.create_index(
        "activity_sold_idx",
        "activity",
        ["org_id", sa.literal_column("(fields->>'mx_Custom_3')"), "id"],
        unique=False,
        postgresql_where=sa.text("code = 30"),
    )
