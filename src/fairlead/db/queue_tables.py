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
    text("name", null=True),
    flag("active"),
    when("created_on"),
    sa.ForeignKeyConstraint(["org_id"], ["org.org_id"], ondelete="CASCADE"),
)

# The queue is the record that the status reads. `record` is what the request concerns; `state` is queued, retry (a
# fault of ours, waits for `due_on`), held (one about the same record, accepted before, is in retry), success, error
# (the caller's, final) or failure (ours, all retries used). Whose end is told, and signed with which key, see `delivery`.
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
    text("callback_url", null=True),
    ref("callback_key_id", null=True),
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
# What the later requests about a record wait for; nearly always empty, so that looking costs nothing.
sa.Index(
    "async_request_behind_idx",
    _request.org_id,
    _request.record,
    _request.id,
    postgresql_where=_request.state.in_(("retry", "held")),
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

# What is to be sent to somebody's address: made in the transaction of what it tells about, sent afterwards, at least
# once. `kind` says what `about` is the id of (callback: a queued request; status-webhook: the call that ordered a job);
# `key_id` is the async key whose secret signs a callback.
# `state` is due (also between attempts), sent or failed; `status` and `reason` are of the last attempt.
delivery = sa.Table(
    "delivery",
    metadata,
    org_column(),
    id_column(),
    text("kind"),
    ref("about"),
    ref("key_id", null=True),
    text("url"),
    text("body"),
    text("state"),
    integer("attempts"),
    when("created_on"),
    when("due_on"),
    when("finished_on", null=True),
    integer("status", null=True),
    text("reason", null=True),
)
_delivery = delivery.c
sa.Index("delivery_due_idx", _delivery.org_id, _delivery.due_on, postgresql_where=_delivery.state == "due")
sa.Index("delivery_about_idx", _delivery.org_id, _delivery.about, _delivery.id)
sa.Index(
    "delivery_finished_idx",
    _delivery.org_id,
    _delivery.finished_on,
    postgresql_where=_delivery.finished_on.is_not(None),
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

# How many requests of an organisation wait and for how many seconds the oldest has, once a minute while some do.
async_gauge = sa.Table(
    "async_gauge",
    metadata,
    org_column(),
    sa.Column("slot", sa.TIMESTAMP(timezone=True), primary_key=True),
    integer("waiting"),
    integer("delay"),
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
