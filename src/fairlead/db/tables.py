"""The tables, once. `org_id` is first in every key, so that organisations never mix and rows can be sharded by it.

Ids are UUIDv7 made in the program. Times are UTC. Foreign keys stand where writes are rare; between leads,
activities and history the version check of the write gives the guarantee (decision 0009).
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

metadata = sa.MetaData(
    naming_convention={
        "pk": "%(table_name)s_pkey",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
        "ix": "%(table_name)s_%(column_0_N_name)s_idx",
    }
)


def _org() -> sa.Column[int]:
    return sa.Column("org_id", sa.BigInteger, primary_key=True, autoincrement=False)


def _id(name: str = "id") -> sa.Column[object]:
    return sa.Column(name, sa.Uuid, primary_key=True)


def _text(name: str, *, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=null)


def _int(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=null)


def _big(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=null)


def _flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean, nullable=False)


def _when(name: str, *, null: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.TIMESTAMP(timezone=True), nullable=null)


def _ref(name: str, *, null: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Uuid, nullable=null)


def _doc(name: str) -> sa.Column[object]:
    return sa.Column(name, JSONB, nullable=False)


def _bytes(name: str) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary, nullable=False)


# An organisation: the tenant. `version` moves with every change of its definitions, users or keys.
org = sa.Table(
    "org",
    metadata,
    _org(),
    _ref("id"),
    _text("name"),
    _text("short_code"),
    _big("version"),
    _doc("settings"),
    _when("created_on"),
)

# What must be found without knowing the organisation: access keys, async keys, sign-in names.
directory = sa.Table(
    "directory",
    metadata,
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, primary_key=True),
    _big("org_id"),
    _ref("id"),
)

app_user = sa.Table(
    "app_user",
    metadata,
    _org(),
    _id(),
    _text("email"),
    _text("first_name"),
    _text("last_name"),
    _text("role"),
    _flag("active"),
    _doc("profile"),
    _when("created_on"),
    _when("modified_on"),
    sa.ForeignKeyConstraint(["org_id"], ["org.org_id"], ondelete="CASCADE"),
)
sa.Index("app_user_email_key", app_user.c.org_id, sa.func.lower(app_user.c.email), unique=True)

api_key = sa.Table(
    "api_key",
    metadata,
    _org(),
    _id(),
    _ref("user_id"),
    _text("access_key"),
    _bytes("salt"),
    _bytes("digest"),
    _flag("active"),
    _when("created_on"),
    sa.ForeignKeyConstraint(["org_id", "user_id"], ["app_user.org_id", "app_user.id"], ondelete="CASCADE"),
)

# What can be recorded: lead, activity, opportunity, sale, account, account activity. `definition` holds what
# only the program reads (description, direction, settings).
record_type = sa.Table(
    "record_type",
    metadata,
    _org(),
    _id(),
    _text("kind"),
    _int("code"),
    _text("name"),
    _text("display_name"),
    _int("score"),
    _flag("active"),
    _doc("definition"),
    _ref("created_by", null=True),
    _when("created_on"),
    _ref("modified_by", null=True),
    _when("modified_on"),
    sa.UniqueConstraint("org_id", "code"),
    sa.ForeignKeyConstraint(["org_id"], ["org.org_id"], ondelete="CASCADE"),
)

field = sa.Table(
    "field",
    metadata,
    _org(),
    _id(),
    _ref("type_id"),
    _text("name"),
    _int("sequence"),
    _doc("definition"),
    _when("created_on"),
    _when("modified_on"),
    sa.UniqueConstraint("org_id", "type_id", "name"),
    sa.ForeignKeyConstraint(["org_id", "type_id"], ["record_type.org_id", "record_type.id"], ondelete="CASCADE"),
)

product = sa.Table(
    "product",
    metadata,
    _org(),
    _id(),
    _text("sku"),
    _text("name"),
    _text("description"),
    _flag("active"),
    _ref("created_by", null=True),
    _when("created_on"),
    _ref("modified_by", null=True),
    _when("modified_on"),
    sa.ForeignKeyConstraint(["org_id"], ["org.org_id"], ondelete="CASCADE"),
)
sa.Index("product_sku_key", product.c.org_id, product.c.sku, unique=True, postgresql_where=product.c.active)

# Auto numbers are handed out in blocks; `next` is the first number of the next block.
counter = sa.Table(
    "counter",
    metadata,
    _org(),
    sa.Column("name", sa.Text, primary_key=True),
    _big("next"),
)

# No index on a column that every activity moves: it would end in-page updates. fillfactor leaves them room.
lead = sa.Table(
    "lead",
    metadata,
    _org(),
    _id(),
    _int("version"),
    _big("auto_id"),
    _ref("owner_id"),
    _text("stage"),
    _int("score"),
    _int("engagement_score"),
    sa.Column("revenue", sa.Numeric, nullable=False),
    _ref("account_id", null=True),
    _flag("is_lead"),
    _ref("created_by"),
    _when("created_on"),
    _ref("modified_by"),
    _when("modified_on"),
    _when("touched_on"),
    _ref("first_activity_id", null=True),
    _when("first_activity_on", null=True),
    _ref("last_activity_id", null=True),
    _when("last_activity_on", null=True),
    _int("last_activity_code", null=True),
    _doc("fields"),
    postgresql_with={"fillfactor": 80},
)
sa.Index("lead_auto_id_key", lead.c.org_id, lead.c.auto_id, unique=True)
sa.Index("lead_account_idx", lead.c.org_id, lead.c.account_id, postgresql_where=lead.c.account_id.is_not(None))

# One row per unique value of a lead. The primary key is what makes "no duplicate lead" true under any race,
# and what every search-by goes through.
lead_key = sa.Table(
    "lead_key",
    metadata,
    _org(),
    sa.Column("field", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, primary_key=True),
    _ref("lead_id"),
)
# The by-phone read compares digits only; the last eight of them narrow the search to a handful of rows.
sa.Index(
    "lead_key_phone_idx",
    lead_key.c.org_id,
    sa.text(r"right(regexp_replace(value, '\D', '', 'g'), 8)"),
    postgresql_where=lead_key.c.field.in_(["Phone", "Mobile"]),
)

# Lead activities, opportunities, sales and account activities: one id space, one table.
activity = sa.Table(
    "activity",
    metadata,
    _org(),
    _id(),
    _int("version"),
    _int("code"),
    _ref("lead_id", null=True),
    _ref("account_id", null=True),
    _ref("opportunity_id", null=True),
    _big("auto_id", null=True),
    _when("happened_on"),
    _text("note", null=True),
    _ref("owner_id", null=True),
    _text("status", null=True),
    _int("score"),
    _flag("locked"),
    _flag("cancelled"),
    _ref("created_by"),
    _when("created_on"),
    _ref("modified_by"),
    _when("modified_on"),
    _doc("fields"),
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
    _org(),
    _id(),
    _int("version"),
    _int("code"),
    _big("auto_id"),
    _text("name"),
    _ref("owner_id"),
    _text("stage", null=True),
    _ref("created_by"),
    _when("created_on"),
    _ref("modified_by"),
    _when("modified_on"),
    _when("last_activity_on", null=True),
    _doc("fields"),
)
sa.Index("account_auto_id_key", account.c.org_id, account.c.auto_id, unique=True)
sa.Index("account_name_idx", account.c.org_id, account.c.code, account.c.name)

# CompanyNumber and CompanyIdentifier are unique per account type when filled.
account_key = sa.Table(
    "account_key",
    metadata,
    _org(),
    sa.Column("code", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("field", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, primary_key=True),
    _ref("account_id"),
)

# Who changed which field from what to what: `changes` is {name: [old, new]}.
change = sa.Table(
    "change",
    metadata,
    _org(),
    _id("record_id"),
    _id(),
    _int("code"),
    _ref("lead_id", null=True),
    _when("changed_on"),
    _ref("changed_by"),
    _doc("changes"),
)
# Histories by type and time. Lead rows (code -1) are found by record only and are not indexed again.
sa.Index("change_code_idx", change.c.org_id, change.c.code, change.c.changed_on, postgresql_where=change.c.code >= 0)
