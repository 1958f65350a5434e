"""Tables of importing and exporting leads as CSV: the runs, what was uploaded, what was refused, what was written."""

from __future__ import annotations

import sqlalchemy as sa

from fairlead.db.columns import doc, id_column, integer, metadata, org_column, ref, text, when

_USER = ["app_user.org_id", "app_user.id"]
_IMPORT = ["import_run.org_id", "import_run.id"]
_EXPORT = ["export_run.org_id", "export_run.id"]

# `state` is new (a mapping is to be chosen), checking, checked, running, cancelled, stopped (a fault) or done.
# `attempt` rises with every beginning, `next_chunk` with every chunk that is done: in the transaction of its effect.
# `worker` works on it until `leased_until`.
import_run = sa.Table(
    "import_run",
    metadata,
    org_column(),
    id_column(),
    ref("user_id"),
    text("name"),
    text("encoding"),
    text("delimiter"),
    doc("headers"),
    integer("row_count"),
    integer("chunk_count"),
    doc("mapping"),
    text("mode"),
    text("search_by"),
    text("blank"),
    text("state"),
    integer("attempt"),
    integer("next_chunk"),
    integer("created"),
    integer("updated"),
    integer("unchanged"),
    integer("failed"),
    text("reason", null=True),
    when("uploaded_on"),
    when("started_on", null=True),
    when("finished_on", null=True),
    ref("worker", null=True),
    when("leased_until", null=True),
    sa.ForeignKeyConstraint(["org_id", "user_id"], _USER, ondelete="CASCADE"),
)
_import = import_run.c
sa.Index(
    "import_run_active_idx",
    _import.org_id,
    _import.id,
    postgresql_where=_import.state.in_(("checking", "running")),
)

# The rows of the file as it was uploaded, some hundred together: [[number in the file, [cell, …]], …].
import_chunk = sa.Table(
    "import_chunk",
    metadata,
    org_column(),
    id_column("run_id"),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    text("rows"),
    sa.ForeignKeyConstraint(["org_id", "run_id"], _IMPORT, ondelete="CASCADE"),
)

# Rows that were refused, with their cells as they were in the file.
import_refusal = sa.Table(
    "import_refusal",
    metadata,
    org_column(),
    id_column("run_id"),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    text("reason"),
    text("cells"),
    sa.ForeignKeyConstraint(["org_id", "run_id"], _IMPORT, ondelete="CASCADE"),
)

# Values that are none of the options of their field, and were taken all the same: in how many rows.
import_notice = sa.Table(
    "import_notice",
    metadata,
    org_column(),
    id_column("run_id"),
    sa.Column("value", sa.Text, primary_key=True),
    integer("rows"),
    sa.ForeignKeyConstraint(["org_id", "run_id"], _IMPORT, ondelete="CASCADE"),
)

# What a check would have written so far, for its later rows: under (field, value) the lead that would hold it (none:
# it would be free), under ('', id) that lead. Written three times a row, so no foreign key is asked each time.
import_shadow = sa.Table(
    "import_shadow",
    metadata,
    org_column(),
    id_column("run_id"),
    sa.Column("field", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, primary_key=True),
    ref("lead_id", null=True),
    text("lead", null=True),
)

# `state` is waiting, running, cancelled, stopped or done; `view` is the query string of the list's address.
export_run = sa.Table(
    "export_run",
    metadata,
    org_column(),
    id_column(),
    ref("user_id"),
    text("view"),
    doc("columns"),
    text("state"),
    integer("attempt"),
    integer("total", null=True),
    integer("written"),
    text("reason", null=True),
    when("asked_on"),
    when("finished_on", null=True),
    ref("worker", null=True),
    when("leased_until", null=True),
    sa.ForeignKeyConstraint(["org_id", "user_id"], _USER, ondelete="CASCADE"),
)
_export = export_run.c
sa.Index(
    "export_run_active_idx",
    _export.org_id,
    _export.id,
    postgresql_where=_export.state.in_(("waiting", "running")),
)

# The finished file, in pieces.
export_part = sa.Table(
    "export_part",
    metadata,
    org_column(),
    id_column("run_id"),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    text("text"),
    sa.ForeignKeyConstraint(["org_id", "run_id"], _EXPORT, ondelete="CASCADE"),
)
