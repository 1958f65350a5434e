"""Every SQL statement about organisations, users, keys and definitions."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

VERSION = "select version from org where org_id = $1"

ORG_OF = "select org_id from directory where kind = $1 and value = $2"

# One row, one snapshot: the organisation and its lists as JSON texts.
DEFINITIONS = """
select (select row_to_json(o)::text from org o where o.org_id = $1) as org,
       (select json_agg(t order by t.code)::text from record_type t where t.org_id = $1) as types,
       (select json_agg(f order by f.sequence, f.name)::text from field f where f.org_id = $1) as fields,
       (select json_agg(u)::text from (select org_id, id, email, first_name, last_name, role, active, profile,
               created_on, modified_on from app_user where org_id = $1 order by created_on, id) u) as users,
       (select json_agg(p order by p.id)::text from product p where p.org_id = $1) as products,
       (select json_agg(k)::text from (select id, user_id, access_key, encode(salt, 'base64') as salt,
               encode(digest, 'base64') as digest, active from api_key where org_id = $1
               order by created_on, id) k) as keys
"""

async def version(db: Any, org_id: int) -> int | None:
    """The version of an organisation's definitions; None when it does not exist."""
    found: int | None = await db.fetchval(VERSION, org_id)
    return found


async def org_of(db: Any, kind: str, value: str) -> int | None:
    """The organisation a directory entry points to."""
    found: int | None = await db.fetchval(ORG_OF, kind, value)
    return found


async def definitions(db: Any, org_id: int) -> Any:
    """JSON texts of an organisation, its types, fields, users, products and keys; None when it does not exist."""
    row = await db.fetchrow(DEFINITIONS, org_id)
    return row if row is not None and row["org"] is not None else None


LOCK = "select version from org where org_id = $1 for update"
CHANGED = "update org set version = version + 1 where org_id = $1"


async def lock(db: Any, org_id: int) -> None:
    """Let one rare write of an organisation run at a time."""
    await db.fetchval(LOCK, org_id)


async def definitions_changed(db: Any, org_id: int) -> None:
    """Every process reads the definitions anew before it uses them again."""
    await db.execute(CHANGED, org_id)


NEXT_ORG = "select coalesce(max(org_id), 0) + 1 from org"
INSERT_ORG = """
insert into org (org_id, id, name, short_code, version, settings, created_on)
values ($1, $2, $3, $4, 1, $5::text::jsonb, $6)
"""
INSERT_TYPE = """
insert into record_type (org_id, id, kind, code, name, display_name, score, active, definition,
    created_by, created_on, modified_by, modified_on)
values ($1, $2, $3, $4, $5, $6, $7, true, $8::text::jsonb, $9, $10, $9, $10)
"""
INSERT_FIELD = """
insert into field (org_id, id, type_id, name, sequence, definition, created_on, modified_on)
values ($1, $2, $3, $4, $5, $6::text::jsonb, $7, $7)
"""
INSERT_USER = """
insert into app_user (org_id, id, email, first_name, last_name, role, active, profile, created_on, modified_on)
values ($1, $2, $3, $4, $5, $6, true, $7::text::jsonb, $8, $8)
"""
USER_BY_EMAIL = "select id::text from app_user where org_id = $1 and lower(email) = lower($2)"
INSERT_KEY = """
insert into api_key (org_id, id, user_id, access_key, salt, digest, active, created_on)
values ($1, $2, $3, $4, $5, $6, true, $7)
"""
INSERT_DIRECTORY = "insert into directory (kind, value, org_id, id) values ($1, $2, $3, $4)"
SET_KEY_ACTIVE = "update api_key set active = $3 where org_id = $1 and access_key = $2"


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


async def next_org_id(db: Any) -> int:
    """A number no organisation has."""
    found: int = await db.fetchval(NEXT_ORG)
    return found


async def insert_org(
    db: Any, org_id: int, id: str, name: str, *, short_code: str, settings: dict[str, Any], now: datetime
) -> None:
    """Store an organisation at version 1."""
    await db.execute(INSERT_ORG, org_id, id, name, short_code, _json(settings), now)


async def insert_type(
    db: Any,
    org_id: int,
    id: str,
    kind: str,
    code: int,
    name: str,
    display_name: str,
    score: int,
    definition: dict[str, Any],
    *,
    by: str | None,
    now: datetime,
) -> None:
    """Store a record type."""
    text = _json(definition)
    await db.execute(INSERT_TYPE, org_id, id, kind, code, name, display_name, score, text, by, now)


async def insert_fields(db: Any, rows: list[tuple[Any, ...]]) -> None:
    """Store fields: (org_id, id, type_id, name, sequence, definition as JSON text, created_on)."""
    await db.executemany(INSERT_FIELD, rows)


async def insert_user(
    db: Any,
    org_id: int,
    id: str,
    email: str,
    first_name: str,
    last_name: str,
    role: str,
    profile: dict[str, Any],
    *,
    now: datetime,
) -> None:
    """Store an active user."""
    await db.execute(INSERT_USER, org_id, id, email, first_name, last_name, role, _json(profile), now)


async def user_by_email(db: Any, org_id: int, email: str) -> str | None:
    """The id of the user with this e-mail address, active or not."""
    found: str | None = await db.fetchval(USER_BY_EMAIL, org_id, email)
    return found


async def insert_key(
    db: Any,
    org_id: int,
    id: str,
    user_id: str,
    access_key: str,
    salt: bytes,
    digest: bytes,
    *,
    now: datetime,
) -> None:
    """Store an API key and its directory entry."""
    await db.execute(INSERT_DIRECTORY, "access_key", access_key, org_id, id)
    await db.execute(INSERT_KEY, org_id, id, user_id, access_key, salt, digest, now)


async def set_key_active(db: Any, org_id: int, access_key: str, active: bool) -> None:
    """Enable or disable a key."""
    await db.execute(SET_KEY_ACTIVE, org_id, access_key, active)
