"""The definitions of an organisation: record types with their fields, users, products, keys, settings.

A `Definitions` is a picture at one version and never changes; `Cache` holds the newest known one of each
organisation. Whoever reads or writes records compares the version in the same statement or just before, so a
new field or a disabled key counts at once in every process.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any, TypeVar

import msgspec

from fairlead.db.pool import Pool
from fairlead.fields.model import Field
from fairlead.fields.values import Context
from fairlead.orgs import queries
from fairlead.orgs.settings import OWN, SETTINGS
from fairlead.orgs.uses import Uses

LEAD = -1
"""Code of the lead's own record type: no event code is negative."""


class RecordType(msgspec.Struct, frozen=True, dict=True):
    """One kind of record: the lead, an activity type, an opportunity type, an account type and so on.

    `kind` is lead, activity, system, sale, opportunity, account or account_activity. `settings` holds what
    only rules read, see `TYPE_SETTINGS`; `setting` fills in the defaults.
    """

    id: str
    kind: str
    code: int
    name: str
    display_name: str
    score: int
    active: bool
    fields: dict[str, Field]
    settings: dict[str, Any]
    created_by: str | None
    created_on: datetime
    modified_by: str | None
    modified_on: datetime

    @cached_property
    def mandatory(self) -> tuple[Field, ...]:
        """The fields that a record must have a value in."""
        return tuple(field for field in self.fields.values() if field.mandatory)

    @cached_property
    def defaults(self) -> tuple[Field, ...]:
        """The fields that a new record gets a value in by itself."""
        return tuple(field for field in self.fields.values() if field.default_value is not None)

    @property
    def writable(self) -> bool:
        """True for the kinds that callers may post themselves."""
        return self.kind in ("activity", "system")

    def setting(self, name: str) -> Any:
        """A setting of the type, or its default."""
        return self.settings.get(name, TYPE_SETTINGS[name])


TYPE_SETTINGS: dict[str, Any] = {
    "description": "",
    "direction": 0,  # 0 inbound, 1 outbound
    "can_delete": False,
    "can_lock": False,
    "allow_attachments": False,
    "track_location": False,
    "show_in_grid": True,
    "duplicate_fields": [],  # opportunities: names of fields that must all be equal to make a duplicate
    "auto_id_field": None,  # opportunities: name of the field that shows the auto number
}
"""Settings of a record type and their defaults."""


class User(msgspec.Struct, frozen=True):
    """A person of the organisation. `profile` holds what only screens and user reads need: `PROFILE`."""

    id: str
    email: str
    first_name: str
    last_name: str
    role: str
    active: bool
    profile: dict[str, Any]
    created_on: datetime
    modified_on: datetime

    @property
    def name(self) -> str:
        """First and last name with one blank between."""
        return f"{self.first_name} {self.last_name}".strip()

    def detail(self, name: str) -> Any:
        """A part of the profile, or its default."""
        return self.profile.get(name, PROFILE[name])


PROFILE: dict[str, Any] = {
    "phone": None,
    "numbers": "",  # the phone numbers by which calls are told to be theirs, comma-separated
    "date_format": "mm/dd/yy",
    "time_zone": None,  # None: the organisation's
    "user_type": 0,  # 0 web, 1 mobile
    "call_agent": False,
    "tag": "",
    "manager_id": None,
    "team_id": None,
    "team_name": None,
    "groups": [],  # ids of the organisation's setting "groups"
}
"""What the profile of a user may hold, and the defaults."""


class Product(msgspec.Struct, frozen=True):
    """Something that is sold; `sku` is its unique name among the active ones."""

    id: str
    sku: str
    name: str
    description: str
    active: bool
    created_by: str | None
    created_on: datetime
    modified_by: str | None
    modified_on: datetime


class Key(msgspec.Struct, frozen=True):
    """An API key. The secret is stored as a salted SHA-256 digest (decision 0010)."""

    id: str
    user_id: str
    access_key: str
    salt: bytes
    digest: bytes
    active: bool

    def matches(self, secret: str) -> bool:
        """Compare in constant time."""
        return hmac.compare_digest(self.digest, secret_digest(self.salt, secret))


def secret_digest(salt: bytes, secret: str) -> bytes:
    """SHA-256 of salt and secret, 32 bytes."""
    return hashlib.sha256(salt + secret.encode()).digest()


class Organisation(msgspec.Struct, frozen=True):
    """The tenant. `settings` are its own choices; the others are as `orgs.settings` says."""

    org_id: int
    id: str
    name: str
    short_code: str
    version: int
    settings: dict[str, Any]
    created_on: datetime


class Definitions:
    """Everything that says what records of an organisation look like and who may touch them."""

    __slots__ = (
        "_own_only",
        "async_keys",
        "context",
        "keys",
        "lead",
        "loose",
        "org",
        "products",
        "products_by_sku",
        "types",
        "unique",
        "users",
        "users_by_email",
        "version",
    )

    def __init__(
        self,
        org: Organisation,
        types: Iterable[RecordType],
        users: Iterable[User],
        products: Iterable[Product],
        keys: Iterable[Key],
        async_keys: Iterable[str] = (),
    ) -> None:
        self.org = org
        self.version = org.version
        self.types = {t.code: t for t in types}
        self.lead = self.types[LEAD]
        self.users = {u.id: u for u in users}
        self.users_by_email = {u.email.lower(): u for u in self.users.values()}
        self.products = {p.id: p for p in products}
        self.products_by_sku = {p.sku: p for p in self.products.values() if p.active}
        self.keys = {k.access_key: k for k in keys}
        self.async_keys = frozenset(async_keys)  # ids of the active ones
        self.unique = unique_fields(self.lead)
        self._own_only = self.setting("sales_user_records") == OWN
        active = {u.id: u for u in self.users.values() if u.active}
        sold = {p.id: p for p in self.products.values() if p.active}
        region = str(self.setting("region"))
        self.context = Context(active_users=active, products=sold, region=region)
        self.loose = Context(active_users=active, products=sold, region=region, check_options=False)

    def setting(self, name: str) -> Any:
        """A setting of the organisation, or its default."""
        return self.org.settings.get(name, SETTINGS[name].default)

    def has_own_only(self, user: User) -> bool:
        """True for who sees and changes only records of their own: a Sales_User, unless all are open to them."""
        return self._own_only and user.role == "Sales_User"

    def user(self, id_or_email: str) -> User | None:
        """The active user with this id or e-mail address."""
        found = self.users.get(id_or_email.lower()) or self.users_by_email.get(id_or_email.strip().lower())
        return found if found is not None and found.active else None

    def actor(self, access_key: str) -> User | None:
        """The active user of an active key."""
        key = self.keys.get(access_key)
        found = self.users.get(key.user_id) if key is not None and key.active else None
        return found if found is not None and found.active else None

    def user_name(self, user_id: str | None) -> str | None:
        """The name of a user, active or not; None for an unknown id."""
        found = self.users.get(user_id or "")
        return found.name if found is not None else None

    def type(self, code: int | None) -> RecordType | None:
        """The active record type with this code."""
        found = self.types.get(code) if code is not None else None
        return found if found is not None and found.active else None

    def of_kind(self, *kinds: str) -> list[RecordType]:
        """Record types of these kinds, by code; the inactive ones too."""
        return sorted((t for t in self.types.values() if t.kind in kinds), key=lambda t: t.code)


_KEY_ORDER = ("EmailAddress", "Phone", "Mobile")


def unique_fields(lead: RecordType) -> tuple[Field, ...]:
    """The lead fields whose values no two leads share, in the order in which collisions are reported.

    That is e-mail, phone, mobile, others. Those that only become unique are among them: leads are found by the others.
    """
    found = [f for f in lead.fields.values() if f.unique or f.filling]
    rank = {name: i for i, name in enumerate(_KEY_ORDER)}
    return tuple(sorted(found, key=lambda f: rank.get(f.name, len(rank))))


class Cache:
    """The newest known definitions of each organisation, in this process; `uses` is what was used in it."""

    def __init__(self) -> None:
        self._known: dict[int, Definitions] = {}
        self._directory: dict[tuple[str, str], int] = {}
        self._async_keys: dict[str, tuple[int, str]] = {}
        self.uses = Uses()

    def known(self, org_id: int) -> Definitions | None:
        """What is in memory; its version may be old."""
        return self._known.get(org_id)

    async def load(self, db: Any, org_id: int) -> Definitions:
        """Read the definitions anew and remember them."""
        found = await read(db, org_id)
        self._known[org_id] = found
        return found

    async def current(self, db: Any, org_id: int) -> Definitions:
        """The definitions at the version that is stored now."""
        known = self._known.get(org_id)
        if known is not None and await queries.version(db, org_id) == known.version:
            return known
        return await self.load(db, org_id)

    async def org_of(self, db: Any, kind: str, value: str) -> int | None:
        """The organisation that a key or sign-in name belongs to; unknown ones are not remembered."""
        org_id = self._directory.get((kind, value))
        if org_id is None:
            org_id = await queries.org_of(db, kind, value)
            if org_id is not None:
                if len(self._directory) > 10_000:
                    self._directory.clear()
                self._directory[kind, value] = org_id
        return org_id

    async def async_key(self, pool: Pool, digest: str) -> tuple[int, str] | None:
        """Organisation and id of a key of the asynchronous surface, by its digest, active or not."""
        found = self._async_keys.get(digest)
        if found is None:
            async with pool.connection() as db:
                found = await queries.entry(db, "async_key", digest)
            if found is not None:
                self._async_keys[digest] = found
        return found

    def org_known(self, kind: str, value: str) -> int | None:
        """As `org_of`, from memory only."""
        return self._directory.get((kind, value))


async def read(db: Any, org_id: int) -> Definitions:
    """All definitions of an organisation, in one snapshot. Raises LookupError when it does not exist."""
    row = await queries.definitions(db, org_id)
    if row is None:
        msg = f"organisation {org_id} does not exist"
        raise LookupError(msg)
    org = msgspec.json.decode(row["org"], type=Organisation)
    fields = _fields(row["fields"])
    types = [_type(t, fields.get(t.id, {})) for t in _rows(row["types"], _StoredType)]
    return Definitions(
        org,
        types,
        _rows(row["users"], User),
        _rows(row["products"], Product),
        _rows(row["keys"], Key),
        _rows(row["async_keys"], str),
    )


class _StoredField(msgspec.Struct):
    id: str
    type_id: str
    sequence: int
    definition: Field


# Most changes of an organisation leave the many fields as they were: nobody changes what is remembered here.
@lru_cache(maxsize=16)
def _fields(text: str | None) -> dict[str, dict[str, Field]]:
    """The fields of each type, by its id and their names."""
    found: dict[str, dict[str, Field]] = {}
    for stored in _rows(text, _StoredField):
        field = msgspec.structs.replace(stored.definition, id=stored.id, sequence=stored.sequence)
        found.setdefault(stored.type_id, {})[field.name] = field
    return found


class _StoredType(msgspec.Struct):
    id: str
    kind: str
    code: int
    name: str
    display_name: str
    score: int
    active: bool
    definition: dict[str, Any]
    created_on: datetime
    modified_on: datetime
    created_by: str | None = None
    modified_by: str | None = None


def _type(stored: _StoredType, fields: dict[str, Field]) -> RecordType:
    return RecordType(
        id=stored.id,
        kind=stored.kind,
        code=stored.code,
        name=stored.name,
        display_name=stored.display_name,
        score=stored.score,
        active=stored.active,
        fields=fields,
        settings=stored.definition,
        created_by=stored.created_by,
        created_on=stored.created_on,
        modified_by=stored.modified_by,
        modified_on=stored.modified_on,
    )


T = TypeVar("T")


def _rows(text: str | None, kind: type[T]) -> list[T]:
    return msgspec.json.decode(text, type=list[kind]) if text else []  # type: ignore[valid-type]
