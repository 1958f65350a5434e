"""Tables of lists: their names, and which leads are in them."""

from __future__ import annotations

import sqlalchemy as sa

from fairlead.db.columns import id_column, metadata, org_column, ref, text, when

# Static lists. Those that every organisation has (Starred Leads, All Leads) have no row: see `lists/rules.py`.
static_list = sa.Table(
    "list",
    metadata,
    org_column(),
    id_column(),
    text("name"),
    text("description"),
    ref("created_by"),
    when("created_on"),
    sa.ForeignKeyConstraint(["org_id"], ["org.org_id"], ondelete="CASCADE"),
)
# No two lists have the same name, whatever its case.
sa.Index("list_name_key", static_list.c.org_id, sa.text("lower(name)"), unique=True)

# A lead that is deleted takes its rows along (`lists/queries.py`): records have no foreign keys between them.
list_member = sa.Table(
    "list_member",
    metadata,
    org_column(),
    id_column("list_id"),
    id_column("lead_id"),
    ref("added_by"),
    when("added_on"),
)
sa.Index("list_member_lead_idx", list_member.c.org_id, list_member.c.lead_id)
