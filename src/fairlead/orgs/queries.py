"""Every SQL statement about organisations, users, keys and definitions."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from fairlead.fields.model import Field

VERSION = "select version from org where org_id = $1"

ORG_OF = "select org_id from directory where kind = $1 and value = $2"
ENTRY = "select org_id, id::text as id from directory where kind = $1 and value = $2"

# One row, one snapshot: the organisation and its lists as JSON texts.
DEFINITIONS = """
select (select row_to_json(o)::text from org o where o.org_id = $1) as org,
       (select json_agg(t order by t.code)::text from record_type t where t.org_id = $1) as types,
       (select json_agg(f)::text from (select id, type_id, sequence, definition from field
               where org_id = $1 order by sequence, name) f) as fields,
       (select json_agg(u)::text from (select org_id, id, email, first_name, last_name, role, active, profile,
               created_on, modified_on from app_user where org_id = $1 order by created_on, id) u) as users,
       (select json_agg(p order by p.id)::text from product p where p.org_id = $1) as products,
       (select json_agg(k)::text from (select id, user_id, access_key, encode(salt, 'base64') as salt,
               encode(digest, 'base64') as digest, active from api_key where org_id = $1
               order by created_on, id) k) as keys,
       (select json_agg(s.id)::text from async_key s where s.org_id = $1 and s.active) as async_keys
"""


async def version(db: Any, org_id: int) -> int | None:
    """The version of an organisation's definitions; None when it does not exist."""
    found: int | None = await db.fetchval(VERSION, org_id)
    return found


async def org_of(db: Any, kind: str, value: str) -> int | None:
    """The organisation a directory entry points to."""
    found: int | None = await db.fetchval(ORG_OF, kind, value)
    return found


async def entry(db: Any, kind: str, value: str) -> tuple[int, str] | None:
    """The organisation and the id that a directory entry points to."""
    row = await db.fetchrow(ENTRY, kind, value)
    return (row["org_id"], row["id"]) if row is not None else None


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
# Types and fields arrive as JSON lists: one statement each, however many there are.
INSERT_TYPES = """
insert into record_type (org_id, id, kind, code, name, display_name, score, active, definition,
    created_by, created_on, modified_by, modified_on)
select org_id, id, kind, code, name, display_name, score, true, definition, by, at, by, at
from json_to_recordset($1::json) as n(org_id bigint, id uuid, kind text, code int, name text, display_name text,
    score int, definition jsonb, by uuid, at timestamptz)
"""
INSERT_FIELDS = """
insert into field (org_id, id, type_id, name, sequence, definition, created_on, modified_on)
select org_id, id, type_id, name, sequence, definition, at, at
from json_to_recordset($1::json) as n(org_id bigint, id uuid, type_id uuid, name text, sequence int,
    definition jsonb, at timestamptz)
"""
CODES = "select code from record_type where org_id = $1"
UPDATE_TYPE = """
update record_type set name = $3, display_name = $4, score = $5, active = $6, definition = $7::text::jsonb,
    modified_by = $8, modified_on = $9
where org_id = $1 and id = $2
"""
UPDATE_FIELD = """
update field set sequence = $4, definition = $5::text::jsonb, modified_on = $6
where org_id = $1 and type_id = $2 and name = $3
"""
# A list of names and sequences as JSON: one statement, however many fields change their place.
SET_SEQUENCES = """
update field f set sequence = n.sequence, modified_on = $4 from json_to_recordset($3::json) as n(name text, sequence int)
where f.org_id = $1 and f.type_id = $2 and f.name = n.name
"""
DELETE_TYPE = "delete from record_type where org_id = $1 and id = $2"
TYPE_IN_USE = "select exists (select 1 from activity where org_id = $1 and code = $2)"
RENAME_ORG = "update org set name = $2 where org_id = $1"
SET_SETTINGS = "update org set settings = settings || $2::text::jsonb where org_id = $1"
INSERT_PRODUCTS = """
insert into product (org_id, id, sku, name, description, active, created_by, created_on, modified_by, modified_on)
select org_id, id, sku, name, description, true, by, at, by, at
from json_to_recordset($1::json) as n(org_id bigint, id uuid, sku text, name text, description text, by uuid,
    at timestamptz)
"""
INSERT_USER = """
insert into app_user (org_id, id, email, first_name, last_name, role, active, profile, created_on, modified_on)
values ($1, $2, $3, $4, $5, $6, true, $7::text::jsonb, $8, $8)
"""
USER_BY_EMAIL = "select id::text from app_user where org_id = $1 and lower(email) = lower($2)"
SET_PROFILE = """
update app_user set profile = profile || $3::text::jsonb, modified_on = $4 where org_id = $1 and id = $2
"""
INSERT_KEY = """
insert into api_key (org_id, id, user_id, access_key, salt, digest, active, created_on, name)
values ($1, $2, $3, $4, $5, $6, true, $7, $8)
"""
INSERT_DIRECTORY = "insert into directory (kind, value, org_id, id) values ($1, $2, $3, $4)"
INSERT_ASYNC_KEY = (
    "insert into async_key (org_id, id, active, created_on, name) values ($1, $2, true, $3, $4)"
)
SET_ASYNC_KEY_ACTIVE = "update async_key set active = $3 where org_id = $1 and id = $2"
ASYNC_KEY_ORG = "select s.org_id from async_key s join org o on o.org_id = s.org_id where s.id = $1"
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


class TypeRow(msgspec.Struct):
    """A record type to store; it is active."""

    org_id: int
    id: str
    kind: str
    code: int
    name: str
    display_name: str
    score: int
    definition: dict[str, Any]
    by: str | None
    at: datetime


class FieldRow(msgspec.Struct):
    """A field to store."""

    org_id: int
    id: str
    type_id: str
    name: str
    sequence: int
    definition: Field
    at: datetime


class ProductRow(msgspec.Struct):
    """A product to store; it is active."""

    org_id: int
    id: str
    sku: str
    name: str
    description: str
    by: str
    at: datetime


async def insert_types(db: Any, rows: list[TypeRow]) -> None:
    """Store record types."""
    await db.execute(INSERT_TYPES, _json(rows))


async def insert_fields(db: Any, rows: list[FieldRow]) -> None:
    """Store fields."""
    await db.execute(INSERT_FIELDS, _json(rows))


async def insert_products(db: Any, rows: list[ProductRow]) -> None:
    """Store products."""
    await db.execute(INSERT_PRODUCTS, _json(rows))


async def codes(db: Any, org_id: int) -> set[int]:
    """The codes that are taken, by active types and by others."""
    return {row["code"] for row in await db.fetch(CODES, org_id)}


async def update_type(
    db: Any,
    org_id: int,
    id: str,
    *,
    name: str,
    display_name: str,
    score: int,
    active: bool,
    definition: dict[str, Any],
    by: str | None,
    now: datetime,
) -> None:
    """Store the changed head of a record type; its kind and code never change."""
    text = _json(definition)
    await db.execute(UPDATE_TYPE, org_id, id, name, display_name, score, active, text, by, now)


async def update_field(db: Any, org_id: int, type_id: str, field: Field, *, now: datetime) -> None:
    """Store a changed field."""
    await db.execute(UPDATE_FIELD, org_id, type_id, field.name, field.sequence, _json(field), now)


async def set_sequences(
    db: Any, org_id: int, type_id: str, sequences: dict[str, int], *, now: datetime
) -> None:
    """Give fields, by name, other sequences."""
    rows = [{"name": name, "sequence": sequence} for name, sequence in sequences.items()]
    await db.execute(SET_SEQUENCES, org_id, type_id, _json(rows), now)


async def delete_type(db: Any, org_id: int, id: str) -> None:
    """Remove a record type with its fields."""
    await db.execute(DELETE_TYPE, org_id, id)


async def type_in_use(db: Any, org_id: int, code: int) -> bool:
    """True when there is an activity, opportunity, sale or account activity with this code."""
    return bool(await db.fetchval(TYPE_IN_USE, org_id, code))


async def rename_org(db: Any, org_id: int, name: str) -> None:
    """Store another name of an organisation."""
    await db.execute(RENAME_ORG, org_id, name)


async def set_settings(db: Any, org_id: int, settings: dict[str, Any]) -> None:
    """Store the settings named; others stay."""
    await db.execute(SET_SETTINGS, org_id, _json(settings))


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


async def set_profile(db: Any, org_id: int, user_id: str, profile: dict[str, Any], *, now: datetime) -> None:
    """Store the parts of a user's profile that are named; others stay."""
    await db.execute(SET_PROFILE, org_id, user_id, _json(profile), now)


async def insert_key(
    db: Any,
    org_id: int,
    id: str,
    user_id: str,
    access_key: str,
    salt: bytes,
    digest: bytes,
    *,
    name: str | None,
    now: datetime,
) -> None:
    """Store an API key and its directory entry."""
    await db.execute(INSERT_DIRECTORY, "access_key", access_key, org_id, id)
    await db.execute(INSERT_KEY, org_id, id, user_id, access_key, salt, digest, now, name)


async def insert_async_key(
    db: Any, org_id: int, id: str, digest: str, *, name: str | None, now: datetime
) -> None:
    """Store a key of the asynchronous surface and the directory entry that finds it by its digest."""
    await db.execute(INSERT_DIRECTORY, "async_key", digest, org_id, id)
    await db.execute(INSERT_ASYNC_KEY, org_id, id, now, name)


async def set_key_active(db: Any, org_id: int, access_key: str, *, active: bool) -> None:
    """Enable or disable a key."""
    await db.execute(SET_KEY_ACTIVE, org_id, access_key, active)


async def set_async_key_active(db: Any, org_id: int, id: str, *, active: bool) -> None:
    """Enable or disable a key of the asynchronous surface."""
    await db.execute(SET_ASYNC_KEY_ACTIVE, org_id, id, active)


async def org_of_async_key(db: Any, id: str) -> int | None:
    """The organisation of the key with this id."""
    found: int | None = await db.fetchval(ASYNC_KEY_ORG, id)
    return found


ASYNC_KEYS = """
select s.org_id as org, s.id::text as id, s.name, s.active, s.created_on, l.used_on
from async_key s left join last_use l on l.org_id = s.org_id and l.kind = 'async_key' and l.name = s.id::text
where $1::bigint is null or s.org_id = $1
order by s.org_id, s.created_on, s.id
"""
ORGANISATIONS = "select o.org_id as org, o.name from org o order by o.org_id"
KEYS = """
select k.org_id as org, k.access_key, k.name, k.active, k.created_on, u.email, u.id::text as user_id, l.used_on
from api_key k join app_user u on u.org_id = k.org_id and u.id = k.user_id
left join last_use l on l.org_id = k.org_id and l.kind = 'key' and l.name = k.id::text
where $1::bigint is null or k.org_id = $1
order by k.org_id, k.created_on, k.id
"""


async def organisations(db: Any) -> Any:
    """All organisations, for the operator: org, name."""
    return await db.fetch(ORGANISATIONS)


async def keys(db: Any, org_id: int | None) -> Any:
    """The keys of one organisation or, for the operator, of all: org, access_key, name, active, email, user_id, dates."""
    return await db.fetch(KEYS, org_id)


async def async_keys(db: Any, org_id: int | None) -> Any:
    """The keys of the asynchronous surface of one organisation or, for the operator, of all: org, id, name, active, dates."""
    return await db.fetch(ASYNC_KEYS, org_id)


STORE_USES = """
insert into last_use as l (org_id, kind, name, used_on)
select n.org_id, n.kind, n.name, $4 from unnest($1::bigint[], $2::text[], $3::text[]) as n(org_id, kind, name)
join org o on o.org_id = n.org_id order by 1, 2, 3
on conflict (org_id, kind, name) do update set used_on = greatest(l.used_on, excluded.used_on)
"""


async def store_uses(db: Any, rows: list[tuple[int, str, str]], *, now: datetime) -> None:
    """Store that these were used: organisation, kind, name."""
    orgs, kinds, names = zip(*rows, strict=True)
    await db.execute(STORE_USES, list(orgs), list(kinds), list(names), now)
