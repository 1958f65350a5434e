"""scores of leads: the sum of what activities add."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Apply."""
    op.alter_column("lead", "score", type_=sa.BigInteger())
    op.alter_column("lead", "engagement_score", type_=sa.BigInteger())
