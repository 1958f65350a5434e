"""Tables of the console: who may sign in, who is signed in, and the views they keep."""

from __future__ import annotations

import sqlalchemy as sa

from fairlead.db.columns import flag, id_column, metadata, org_column, ref, text, when

_USER = ["app_user.org_id", "app_user.id"]

# Argon2 hashes. Who has no row here cannot sign in; `directory` (kind sign_in) finds the user by e-mail address.
web_password = sa.Table(
    "web_password",
    metadata,
    org_column(),
    id_column("user_id"),
    text("hash"),
    when("changed_on"),
    sa.ForeignKeyConstraint(["org_id", "user_id"], _USER, ondelete="CASCADE"),
)

# Sessions by the SHA-256 of their token; `directory` (kind session) says of which organisation one is.
web_session = sa.Table(
    "web_session",
    metadata,
    org_column(),
    sa.Column("digest", sa.Text, primary_key=True),
    ref("user_id"),
    text("agent"),
    when("created_on"),
    when("expires_on"),
    sa.ForeignKeyConstraint(["org_id", "user_id"], _USER, ondelete="CASCADE"),
)
sa.Index("web_session_user_idx", web_session.c.org_id, web_session.c.user_id)

# When keys and sessions were used last, to within some minutes: `kind` is key, async_key or session.
last_use = sa.Table(
    "last_use",
    metadata,
    org_column(),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    when("used_on"),
    sa.ForeignKeyConstraint(["org_id"], ["org.org_id"], ondelete="CASCADE"),
)

# A list as somebody likes to see it: the query string of its address. A shared one is everybody's to see.
saved_view = sa.Table(
    "saved_view",
    metadata,
    org_column(),
    id_column(),
    ref("user_id"),
    text("screen"),
    text("name"),
    text("query"),
    flag("shared"),
    when("created_on"),
    sa.ForeignKeyConstraint(["org_id", "user_id"], _USER, ondelete="CASCADE"),
)
sa.Index("saved_view_screen_idx", saved_view.c.org_id, saved_view.c.screen)
