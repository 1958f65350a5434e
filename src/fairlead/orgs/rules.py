"""Making organisations, users and keys. Plain functions on a connection inside a transaction."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec

from fairlead.errors import Duplicate, InvalidInput, UnknownReference
from fairlead.fields import standard
from fairlead.fields.email import is_email
from fairlead.fields.model import Field
from fairlead.orgs import queries
from fairlead.orgs.definitions import LEAD, secret_digest
from fairlead.records.picture import new_id

ROLES = ("Administrator", "Marketing_User", "Sales_Manager", "Sales_User")

SALE = 30
SALE_NAME = "Sales Activity - New"


async def create_org(db: Any, name: str, *, now: datetime, settings: dict[str, Any] | None = None) -> int:
    """Create an organisation with the standard fields, types and system activity types. Returns its org_id."""
    org_id: int = await queries.next_org_id(db)
    await queries.insert_org(
        db, org_id, new_id(), name, short_code=str(10000 + org_id), settings=settings or {}, now=now
    )
    await add_type(db, org_id, "lead", LEAD, "Lead", standard.LEAD_FIELDS, now=now)
    for code, title, direction, score in standard.SYSTEM_TYPES:
        if code == SALE:
            await add_type(
                db, org_id, "sale", SALE, SALE_NAME, standard.SALE_FIELDS, display_name="Sales Activity", now=now
            )
        else:
            await add_type(
                db,
                org_id,
                "system",
                code,
                title,
                standard.ACTIVITY_FIELDS[:1],
                score=score,
                settings={"direction": direction},
                now=now,
            )
    for code, title in standard.ACCOUNT_TYPES:
        await add_type(db, org_id, "account", code, title, standard.ACCOUNT_FIELDS, now=now)
    return org_id


async def add_type(
    db: Any,
    org_id: int,
    kind: str,
    code: int,
    name: str,
    fields: Iterable[Field],
    *,
    now: datetime,
    display_name: str | None = None,
    score: int = 0,
    settings: dict[str, Any] | None = None,
    by: str | None = None,
) -> str:
    """Add a record type with its fields; returns its id."""
    type_id = new_id()
    await queries.insert_type(
        db, org_id, type_id, kind, code, name, display_name or name, score, settings or {}, by=by, now=now
    )
    await add_fields(db, org_id, type_id, fields, now=now)
    return type_id


async def add_fields(db: Any, org_id: int, type_id: str, fields: Iterable[Field], *, now: datetime) -> list[str]:
    """Add fields to a record type; returns their ids, in order."""
    ids = []
    rows = []
    for field in fields:
        ids.append(new_id())
        rows.append((org_id, ids[-1], type_id, field.name, field.sequence, _definition(field), now))
    await queries.insert_fields(db, rows)
    return ids


def _definition(field: Field) -> str:
    return msgspec.json.encode(field).decode()


async def create_user(
    db: Any,
    org_id: int,
    *,
    email: str,
    first_name: str,
    last_name: str = "",
    role: str,
    now: datetime,
    profile: dict[str, Any] | None = None,
) -> str:
    """Create an active user; returns their id. Raises InvalidInput, Duplicate."""
    email = email.strip()
    if not is_email(email):
        raise InvalidInput.value("EmailAddress")
    if role not in ROLES:
        raise InvalidInput.value("Role")
    if await queries.user_by_email(db, org_id, email) is not None:
        raise Duplicate("User", "Email")
    user_id = new_id()
    await queries.insert_user(db, org_id, user_id, email, first_name, last_name, role, profile or {}, now=now)
    return user_id


async def create_key(
    db: Any, org_id: int, user_id: str, *, now: datetime, access_key: str = "", secret: str = ""
) -> tuple[str, str]:
    """Create an API key for a user, or register a given pair; returns access key and secret.

    The secret is shown here and never again. Raises Duplicate when the access key exists anywhere.
    """
    access_key = access_key or "u$r" + secrets.token_hex(16)
    secret = secret or secrets.token_hex(20)
    if await queries.org_of(db, "access_key", access_key) is not None:
        raise Duplicate("Key", "access key")
    salt = secrets.token_bytes(16)
    key_id = new_id()
    await queries.insert_key(
        db, org_id, key_id, user_id, access_key, salt, secret_digest(salt, secret), now=now
    )
    return access_key, secret


async def set_key_active(db: Any, access_key: str, *, active: bool) -> int:
    """Enable or disable a key; returns its organisation. Raises UnknownReference."""
    org_id = await queries.org_of(db, "access_key", access_key)
    if org_id is None:
        raise UnknownReference("Key not found")
    await queries.set_key_active(db, org_id, access_key, active)
    return org_id
