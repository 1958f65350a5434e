"""Tables of the asynchronous surface and of idempotency keys."""

from __future__ import annotations

import sqlalchemy as sa

from fairlead.db.columns import doc, flag, id_column, integer, metadata, org_column, ref, text, when

# Keys of the asynchronous surface. The key itself is the secret: `directory` finds it by its SHA-256.
async_key = sa.Table(
    "async_key",
    metadata,
    org_column(),
    id_column(),
    flag("active"),
    when("created_on"),
    sa.ForeignKeyConstraint(["org_id"], ["org.org_id"], ondelete="CASCADE"),
)

# The queue is the record that the status reads. `record` is what the request concerns; `state` is queued, retry (a
# fault of ours, waits for `due_on`), success, error (the caller's, final) or failure (ours, all retries used).
async_request = sa.Table(
    "async_request",
    metadata,
    org_column(),
    id_column(),
    text("operation"),
    text("record"),
    ref("user_id"),
    doc("query"),
    text("body"),
    text("state"),
    integer("attempts"),
    integer("crashes"),
    when("accepted_on"),
    when("due_on"),
    when("finished_on", null=True),
    text("reason", null=True),
    text("reply", null=True),
    # Workers walk along the indexes of what waits: what is done must leave them soon.
    postgresql_with={"fillfactor": 80, "autovacuum_vacuum_scale_factor": 0.02},
)
_request = async_request.c
_waiting = _request.state == "queued"
sa.Index("async_request_next_idx", _request.org_id, _request.id, postgresql_where=_waiting)
sa.Index("async_request_record_idx", _request.org_id, _request.record, _request.id, postgresql_where=_waiting)
sa.Index(
    "async_request_suspect_idx",
    _request.org_id,
    _request.id,
    postgresql_where=sa.and_(_waiting, _request.crashes > 0),
)
sa.Index(
    "async_request_retry_idx", _request.org_id, _request.due_on, postgresql_where=_request.state == "retry"
)
sa.Index(
    "async_request_pending_idx",
    _request.org_id,
    _request.operation,
    _request.id,
    postgresql_where=_request.finished_on.is_(None),
)
sa.Index(
    "async_request_finished_idx",
    _request.org_id,
    _request.finished_on,
    postgresql_where=_request.finished_on.is_not(None),
)

# Which requests a worker is trying right now. What is left here by a worker that died has crashed it.
async_trial = sa.Table(
    "async_trial",
    metadata,
    org_column(),
    id_column(),
    doc("requests"),
    when("started_on"),
)

# Finished requests per operation and 10 seconds: the rate costs nothing to read.
async_tally = sa.Table(
    "async_tally",
    metadata,
    org_column(),
    sa.Column("operation", sa.Text, primary_key=True),
    sa.Column("slot", sa.TIMESTAMP(timezone=True), primary_key=True),
    integer("finished"),
)

# The first answer to a write that carried an Idempotency-Key; `fingerprint` tells what was asked.
idempotency = sa.Table(
    "idempotency",
    metadata,
    org_column(),
    sa.Column("key", sa.Text, primary_key=True),
    text("fingerprint"),
    text("answer"),
    when("created_on"),
)
sa.Index("idempotency_created_idx", idempotency.c.org_id, idempotency.c.created_on)
