"""Making organisations, their types and fields, users and keys. Plain functions on a connection inside a transaction."""

from __future__ import annotations

import hashlib
import itertools
import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from fairlead.errors import Duplicate, InvalidInput, UnknownReference
from fairlead.fields import standard
from fairlead.fields.email import is_email
from fairlead.fields.model import DataType, Field
from fairlead.orgs import queries
from fairlead.orgs.definitions import LEAD, Definitions, RecordType, secret_digest
from fairlead.orgs.places import currency_of
from fairlead.orgs.settings import Wrong, group_names, zone_or_none
from fairlead.orgs.settings import read as read_setting
from fairlead.records.picture import is_id, new_id

LONGEST_NAME = 200
"""Characters of the name of an organisation."""

ROLES = ("Administrator", "Marketing_User", "Sales_Manager", "Sales_User")

SALE = 30
SALE_NAME = "Sales Activity - New"


class NewType(msgspec.Struct, kw_only=True):
    """A record type to be made. Without `code` it takes the next free one of its kind.

    `fields` are its own; the standard ones of its kind come with it, an own one of the same name replaces one.
    """

    kind: str
    name: str
    code: int | None = None
    display_name: str = ""
    score: int = 0
    settings: dict[str, Any] = {}
    fields: Sequence[Field] = ()


class Kind(msgspec.Struct, frozen=True):
    """What is the same for all types of a kind: their codes, and the fields they start with."""

    codes: tuple[range, ...]
    fields: tuple[Field, ...]


_BELOW_ACCOUNTS = range(4000, 5000)
KINDS = {
    "activity": Kind((range(200, 3000), _BELOW_ACCOUNTS, range(6000, 10001)), standard.ACTIVITY_FIELDS),
    "account": Kind((range(5000, 6000),), standard.ACCOUNT_FIELDS),
    "account_activity": Kind((range(10001, 12000),), standard.ACCOUNT_ACTIVITY_FIELDS),
    "opportunity": Kind((range(12000, 100_000),), standard.OPPORTUNITY_FIELDS),
}
"""The kinds of which an organisation makes its own types. Activity types may also have 100 to 199, when asked for."""

ASKED_FOR = range(100, 200)


async def create_org(db: Any, name: str, *, now: datetime, settings: dict[str, Any] | None = None) -> int:
    """Create an organisation with the standard fields, types and system activity types. Returns its org_id."""
    org_id: int = await queries.next_org_id(db)
    await queries.insert_org(
        db, org_id, new_id(), name, short_code=str(10000 + org_id), settings=settings or {}, now=now
    )
    await _store(db, org_id, _standard_types(), by=None, now=now)
    return org_id


def _standard_types() -> list[NewType]:
    """Lead, system activities, sale and account types, with all their fields."""
    found = [NewType(kind="lead", code=LEAD, name="Lead", fields=standard.LEAD_FIELDS)]
    for code, title, direction, score in standard.SYSTEM_TYPES:
        if code == SALE:
            own = standard.SALE_FIELDS
            found.append(
                NewType(kind="sale", code=code, name=SALE_NAME, display_name="Sales Activity", fields=own)
            )
        else:
            note = standard.ACTIVITY_FIELDS[:1]
            settings = {"direction": direction}
            found.append(
                NewType(kind="system", code=code, name=title, score=score, settings=settings, fields=note)
            )
    for code, title in standard.ACCOUNT_TYPES:
        found.append(NewType(kind="account", code=code, name=title, fields=standard.ACCOUNT_FIELDS))
    return found


async def define_types(
    db: Any, org_id: int, new: Sequence[NewType], *, now: datetime, by: str | None = None
) -> list[int]:
    """Make types of activities, opportunities, accounts and account activities; returns their codes, in order.

    The caller holds the organisation's lock and raises its version afterwards (`definitions_changed`). Raises
    InvalidInput for a code outside its kind, an unnamed or wrong field; Duplicate for a code that is taken.
    """
    taken = await queries.codes(db, org_id)
    whole = []
    for some in new:
        code = some.code if some.code is not None else free_code(some.kind, taken)
        if not _belongs(some.kind, code):
            raise InvalidInput.value("code")
        if code in taken:
            raise Duplicate("Type", "code")
        taken.add(code)
        fields = _with_standard(some.kind, some.fields)
        check_fields(fields)
        whole.append(msgspec.structs.replace(some, code=code, fields=fields))
    await _store(db, org_id, whole, by=by, now=now)
    return [some.code for some in whole if some.code is not None]


def free_code(kind: str, taken: Collection[int]) -> int:
    """The first code of this kind that is not taken. Raises InvalidInput when there is none."""
    for code in itertools.chain(*KINDS[kind].codes):
        if code not in taken:
            return code
    what = "Number of types can not be more."
    raise InvalidInput(what)


def _belongs(kind: str, code: int) -> bool:
    return any(code in some for some in KINDS[kind].codes) or (kind == "activity" and code in ASKED_FOR)


def _with_standard(kind: str, own: Iterable[Field]) -> tuple[Field, ...]:
    """The standard fields of a kind, then the own ones behind them by sequence."""
    found = {field.name: field for field in KINDS[kind].fields}
    found.update({field.name: field for field in own})
    return tuple(found.values())


def check_fields(fields: Iterable[Field]) -> None:
    """Raise InvalidInput for a name given twice, a drop-down under a parent that is none, or a set without members."""
    known: dict[str, Field] = {}
    for field in fields:
        if not field.name or field.name in known:
            raise InvalidInput.value("SchemaName")
        known[field.name] = field
    for field in known.values():
        if field.parent is not None:
            parent = known.get(field.parent)
            if parent is None or parent is field or parent.data_type is not DataType.SELECT:
                raise InvalidInput.value("ParentField")
        if field.data_type is DataType.FIELD_SET:
            if not field.members or any(member.data_type is DataType.FIELD_SET for member in field.members):
                raise InvalidInput.value("Fields")
            check_fields(field.members)


async def _store(db: Any, org_id: int, types: Iterable[NewType], *, by: str | None, now: datetime) -> None:
    heads, fields = [], []
    for some in types:
        type_id = new_id()
        shown = some.display_name or some.name
        heads.append(
            queries.TypeRow(
                org_id,
                type_id,
                some.kind,
                some.code or 0,
                some.name,
                shown,
                some.score,
                some.settings,
                by,
                now,
            )
        )
        fields += [
            queries.FieldRow(org_id, new_id(), type_id, f.name, f.sequence, f, now) for f in some.fields
        ]
    await queries.insert_types(db, heads)
    await queries.insert_fields(db, fields)


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
    """Add a record type with exactly these fields, whatever its code; returns its id."""
    type_id = new_id()
    head = queries.TypeRow(
        org_id, type_id, kind, code, name, display_name or name, score, settings or {}, by, now
    )
    await queries.insert_types(db, [head])
    await add_fields(db, org_id, type_id, fields, now=now)
    return type_id


async def add_fields(
    db: Any, org_id: int, type_id: str, fields: Iterable[Field], *, now: datetime
) -> list[str]:
    """Add fields to a record type; returns their ids, in order."""
    rows = [queries.FieldRow(org_id, new_id(), type_id, f.name, f.sequence, f, now) for f in fields]
    await queries.insert_fields(db, rows)
    return [row.id for row in rows]


async def define_lead_fields(
    db: Any, org_id: int, lead: RecordType, fields: Iterable[Field], *, by: str, now: datetime
) -> list[str]:
    """Add fields to the lead, behind all others; returns their ids, in order.

    The caller holds the organisation's lock and raises its version. Raises Duplicate when a name is taken, in
    whatever case, and what `check_fields` raises.
    """
    taken = {name.casefold() for name in lead.fields}
    last = max((field.sequence for field in lead.fields.values()), default=0)
    found = []
    for sequence, field in enumerate(fields, last + 1):
        if field.name.casefold() in taken:
            raise Duplicate("Lead field", "name")
        taken.add(field.name.casefold())
        extra = field.extra | stamp("Created", by, now) | stamp("Modified", by, now)
        found.append(msgspec.structs.replace(field, sequence=sequence, extra=extra))
    check_fields([*lead.fields.values(), *found])
    return await add_fields(db, org_id, lead.id, found, now=now)


def stamp(what: str, by: str, now: datetime) -> dict[str, object]:
    """Who created or modified a lead field and when, as its metadata keeps it."""
    return {f"{what}By": by, f"{what}On": now.isoformat()}


async def choose(db: Any, defs: Definitions, given: Mapping[str, str]) -> dict[str, Any]:
    """Change settings of an organisation, given as text; others stay. Returns what is stored now.

    Raises Wrong for the first one that cannot be so.
    """
    found = {name: read_setting(defs, name, text) for name, text in given.items()}
    if "groups" in found:
        found["groups"] = _groups(defs, found["groups"])
    await queries.set_settings(db, defs.org.org_id, found)
    return found


async def settle(db: Any, defs: Definitions, region: str, zone: str) -> None:
    """Give a new organisation its country, with the currency that is paid with there, and its time zone. Raises Wrong."""
    found = {"region": region, "time_zone": zone}
    money = currency_of(region.upper())
    found |= {
        "currency_abbreviation": money.code,
        "currency_symbol": money.symbol,
        "currency_name": money.name,
    }
    await choose(db, defs, {name: text for name, text in found.items() if text})


def _groups(defs: Definitions, names: Iterable[str]) -> dict[str, str]:
    """Groups of these names; one that was there keeps its id, and with it its users."""
    known = {name.casefold(): id for id, name in defs.setting("groups").items()}
    return {known.get(name.casefold()) or new_id(): name for name in names}


async def set_groups(db: Any, defs: Definitions, named: Mapping[str, str], added: Iterable[str] = ()) -> None:
    """Give the sales groups named by their ids these names, and add some; one without a name is gone.

    Raises Wrong for a name that is too long or belongs to two.
    """
    known = defs.setting("groups")
    after = {id: named.get(id, name).strip() for id, name in known.items()}
    after |= {new_id(): name.strip() for name in added}
    groups = {id: name for id, name in after.items() if name}
    try:
        distinct = group_names(list(groups.values()))
    except ValueError as error:
        raise Wrong("groups", str(error)) from None
    if len(distinct) < len(groups):
        raise Wrong("groups", "Two groups have the same name.")
    await queries.set_settings(db, defs.org.org_id, {"groups": groups})


async def rename(db: Any, org_id: int, name: str) -> None:
    """Give an organisation another name. Raises Wrong."""
    if not name.strip() or len(name.strip()) > LONGEST_NAME:
        raise Wrong("name", f"Enter 1 to {LONGEST_NAME} characters.")
    await queries.rename_org(db, org_id, name.strip())


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


async def choose_zone(db: Any, org_id: int, user_id: str, zone: str, *, now: datetime) -> None:
    """Show a user times in this zone; without one, in the organisation's. Raises Wrong."""
    await queries.set_profile(db, org_id, user_id, {"time_zone": zone_or_none(zone)}, now=now)


async def create_key(
    db: Any,
    org_id: int,
    user_id: str,
    *,
    now: datetime,
    access_key: str = "",
    secret: str = "",
    name: str = "",
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
        db,
        org_id,
        key_id,
        user_id,
        access_key,
        salt,
        secret_digest(salt, secret),
        name=name.strip() or None,
        now=now,
    )
    return access_key, secret


async def create_async_key(db: Any, org_id: int, *, now: datetime, key: str = "", name: str = "") -> str:
    """Create a key of the asynchronous surface (`x-api-key`), or register a given one; returns it.

    The key is its own secret: only its SHA-256 is stored. Raises Duplicate when it exists anywhere.
    """
    key = key or secrets.token_hex(20)
    digest = hashlib.sha256(key.encode()).hexdigest()
    if await queries.org_of(db, "async_key", digest) is not None:
        raise Duplicate("Key", "async key")
    await queries.insert_async_key(db, org_id, new_id(), digest, name=name.strip() or None, now=now)
    return key


async def set_key_active(db: Any, access_key: str, *, active: bool) -> int:
    """Enable or disable a key; returns its organisation. Raises UnknownReference."""
    org_id = await queries.org_of(db, "access_key", access_key)
    if org_id is None:
        raise UnknownReference("Key not found")
    await queries.set_key_active(db, org_id, access_key, active=active)
    return org_id


async def set_async_key_active(db: Any, key_or_id: str, *, active: bool) -> int:
    """Enable or disable a key of the asynchronous surface, named by itself or by its id; returns its organisation.

    Raises UnknownReference.
    """
    digest = hashlib.sha256(key_or_id.encode()).hexdigest()
    found = await queries.entry(db, "async_key", digest)
    if found is None and is_id(key_or_id):
        org_id = await queries.org_of_async_key(db, key_or_id)
        found = (org_id, key_or_id) if org_id is not None else None
    if found is None:
        raise UnknownReference("Key not found")
    await queries.set_async_key_active(db, *found, active=active)
    return found[0]
