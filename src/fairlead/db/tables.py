"""The tables, once. `org_id` is first in every key, so that organisations never mix and rows can be sharded by it.

Ids are UUIDv7 made in the program. Times are UTC. Foreign keys stand where writes are rare; between leads,
activities and history the version check of the write gives the guarantee (decision 0009).
"""

from __future__ import annotations

import sqlalchemy as sa

from fairlead.db.columns import (
    big,
    blob,
    doc,
    flag,
    id_column,
    integer,
    metadata,
    org_column,
    ref,
    text,
    when,
)

# An organisation: the tenant. `version` moves with every change of its definitions, users or keys.
org = sa.Table(
    "org",
    metadata,
    org_column(),
    ref("id"),
    text("name"),
    text("short_code"),
    big("version"),
    doc("settings"),
    when("created_on"),
)

# What must be found without knowing the organisation: access keys, async keys, sign-in names.
directory = sa.Table(
    "directory",
    metadata,
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, primary_key=True),
    big("org_id"),
    ref("id"),
)

app_user = sa.Table(
    "app_user",
    metadata,
    org_column(),
    id_column(),
    text("email"),
    text("first_name"),
    text("last_name"),
    text("role"),
    flag("active"),
    doc("profile"),
    when("created_on"),
    when("modified_on"),
    sa.ForeignKeyConstraint(["org_id"], ["org.org_id"], ondelete="CASCADE"),
)
sa.Index("app_user_email_key", app_user.c.org_id, sa.func.lower(app_user.c.email), unique=True)

api_key = sa.Table(
    "api_key",
    metadata,
    org_column(),
    id_column(),
    ref("user_id"),
    text("name", null=True),
    text("access_key"),
    blob("salt"),
    blob("digest"),
    flag("active"),
    when("created_on"),
    sa.ForeignKeyConstraint(["org_id", "user_id"], ["app_user.org_id", "app_user.id"], ondelete="CASCADE"),
)

# What can be recorded: lead, activity, opportunity, sale, account, account activity. `definition` holds what
# only the program reads (description, direction, settings).
record_type = sa.Table(
    "record_type",
    metadata,
    org_column(),
    id_column(),
    text("kind"),
    integer("code"),
    text("name"),
    text("display_name"),
    integer("score"),
    flag("active"),
    doc("definition"),
    ref("created_by", null=True),
    when("created_on"),
    ref("modified_by", null=True),
    when("modified_on"),
    sa.UniqueConstraint("org_id", "code"),
    sa.ForeignKeyConstraint(["org_id"], ["org.org_id"], ondelete="CASCADE"),
)

field = sa.Table(
    "field",
    metadata,
    org_column(),
    id_column(),
    ref("type_id"),
    text("name"),
    integer("sequence"),
    doc("definition"),
    when("created_on"),
    when("modified_on"),
    sa.UniqueConstraint("org_id", "type_id", "name"),
    sa.ForeignKeyConstraint(
        ["org_id", "type_id"], ["record_type.org_id", "record_type.id"], ondelete="CASCADE"
    ),
)

product = sa.Table(
    "product",
    metadata,
    org_column(),
    id_column(),
    text("sku"),
    text("name"),
    text("description"),
    flag("active"),
    ref("created_by", null=True),
    when("created_on"),
    ref("modified_by", null=True),
    when("modified_on"),
    sa.ForeignKeyConstraint(["org_id"], ["org.org_id"], ondelete="CASCADE"),
)
sa.Index("product_sku_key", product.c.org_id, product.c.sku, unique=True, postgresql_where=product.c.active)

# Auto numbers are handed out in blocks; `next` is the first number of the next block.
counter = sa.Table(
    "counter",
    metadata,
    org_column(),
    sa.Column("name", sa.Text, primary_key=True),
    big("next"),
)

# No index on a column that every activity moves: it would end in-page updates. fillfactor leaves them room.
lead = sa.Table(
    "lead",
    metadata,
    org_column(),
    id_column(),
    integer("version"),
    big("auto_id"),
    ref("owner_id"),
    text("stage"),
    big("score"),
    big("engagement_score"),
    sa.Column("revenue", sa.Numeric, nullable=False),
    ref("account_id", null=True),
    flag("is_lead"),
    ref("created_by"),
    when("created_on"),
    ref("modified_by"),
    when("modified_on"),
    when("touched_on"),
    ref("first_activity_id", null=True),
    when("first_activity_on", null=True),
    ref("last_activity_id", null=True),
    when("last_activity_on", null=True),
    integer("last_activity_code", null=True),
    doc("fields"),
    postgresql_with={"fillfactor": 80},
)
sa.Index("lead_auto_id_key", lead.c.org_id, lead.c.auto_id, unique=True)
# Whose leads these are, in turn: the list of a person who sees their own only.
sa.Index("lead_owner_idx", lead.c.org_id, lead.c.owner_id, lead.c.auto_id)
sa.Index(
    "lead_account_idx", lead.c.org_id, lead.c.account_id, postgresql_where=lead.c.account_id.is_not(None)
)

# One row per unique value of a lead. The primary key is what makes "no duplicate lead" true under any race,
# and what every search-by goes through.
lead_key = sa.Table(
    "lead_key",
    metadata,
    org_column(),
    sa.Column("field", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, primary_key=True),
    ref("lead_id"),
)
# The by-phone read compares digits only; the last eight of them narrow the search to a handful of rows.
sa.Index(
    "lead_key_phone_idx",
    lead_key.c.org_id,
    sa.text("right(translate(value, ' +-()./', ''), 8)"),
    postgresql_where=lead_key.c.field.in_(["Phone", "Mobile"]),
)

# In the words of PostgreSQL, so that they can be compared with what is there.
STAGE = "case when code >= 12000 then fields->>'mx_Custom_2'::text else null::text end"
WORTH = """case when code >= 12000 and jsonb_typeof(fields->'mx_Custom_6'::text) = 'number'::text
        then (fields->>'mx_Custom_6'::text)::numeric else null::numeric end"""

# Lead activities, opportunities, sales and account activities: one id space, one table.
activity = sa.Table(
    "activity",
    metadata,
    org_column(),
    id_column(),
    integer("version"),
    integer("code"),
    ref("lead_id", null=True),
    ref("account_id", null=True),
    ref("opportunity_id", null=True),
    big("auto_id", null=True),
    when("happened_on"),
    text("note", null=True),
    ref("owner_id", null=True),
    text("status", null=True),
    integer("score"),
    flag("locked"),
    flag("cancelled"),
    ref("created_by"),
    when("created_on"),
    ref("modified_by"),
    when("modified_on"),
    doc("fields"),
    # Of opportunities, made by the database from the fields: their stage and their expected size, so that an index
    # alone can tell how many are in each stage and what they are worth.
    sa.Column("stage", sa.Text, sa.Computed(STAGE, persisted=True)),
    sa.Column("worth", sa.Numeric, sa.Computed(WORTH, persisted=True)),
    postgresql_with={"fillfactor": 90},
)
sa.Index(
    "activity_timeline_idx",
    activity.c.org_id,
    activity.c.lead_id,
    activity.c.happened_on,
    activity.c.id,
    postgresql_where=activity.c.lead_id.is_not(None),
)
sa.Index("activity_code_idx", activity.c.org_id, activity.c.code, activity.c.modified_on, activity.c.id)
sa.Index(
    "activity_opportunity_idx",
    activity.c.org_id,
    activity.c.opportunity_id,
    activity.c.happened_on,
    postgresql_where=activity.c.opportunity_id.is_not(None),
)
sa.Index(
    "activity_account_idx",
    activity.c.org_id,
    activity.c.account_id,
    activity.c.happened_on,
    postgresql_where=activity.c.account_id.is_not(None),
)
# Opportunities by stage, those changed last together.
sa.Index(
    "activity_board_idx",
    activity.c.org_id,
    activity.c.code,
    activity.c.status,
    activity.c.stage,
    activity.c.modified_on,
    activity.c.id,
    postgresql_include=["worth"],
    postgresql_where=activity.c.code >= 12000,
)
# Sales by the day they were sold.
sa.Index(
    "activity_sold_idx",
    activity.c.org_id,
    sa.text("(fields->>'mx_Custom_3')"),
    activity.c.id,
    postgresql_where=activity.c.code == 30,
)
sa.Index(
    "activity_auto_id_key",
    activity.c.org_id,
    activity.c.auto_id,
    unique=True,
    postgresql_where=activity.c.auto_id.is_not(None),
)

account = sa.Table(
    "account",
    metadata,
    org_column(),
    id_column(),
    integer("version"),
    integer("code"),
    big("auto_id"),
    text("name"),
    ref("owner_id"),
    text("stage", null=True),
    ref("created_by"),
    when("created_on"),
    ref("modified_by"),
    when("modified_on"),
    when("last_activity_on", null=True),
    doc("fields"),
)
sa.Index("account_auto_id_key", account.c.org_id, account.c.auto_id, unique=True)
sa.Index("account_name_idx", account.c.org_id, account.c.code, account.c.name)

# CompanyNumber and CompanyIdentifier are unique per account type when filled.
account_key = sa.Table(
    "account_key",
    metadata,
    org_column(),
    sa.Column("code", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("field", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, primary_key=True),
    ref("account_id"),
)

# Who changed which field from what to what: `changes` is {name: [old, new]}.
change = sa.Table(
    "change",
    metadata,
    org_column(),
    id_column("record_id"),
    id_column(),
    integer("code"),
    ref("lead_id", null=True),
    when("changed_on"),
    ref("changed_by"),
    sa.Column("changes", sa.JSON, nullable=False),  # only read, never searched: kept as text
)
# Histories by type and time. Lead rows (code -1) are found by record only and are not indexed again.
sa.Index(
    "change_code_idx",
    change.c.org_id,
    change.c.code,
    change.c.changed_on,
    postgresql_where=change.c.code >= 0,
)
