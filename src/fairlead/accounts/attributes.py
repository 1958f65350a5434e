"""The attributes of an account by name: how each is shown (page get-an-account) and what it is in a search.

Every value is a text or null. What stands in columns of the account or is a user's name is named here once; everything
else is a field.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

import sqlalchemy as sa

from fairlead.accounts.drafts import UNIQUE, UNSET
from fairlead.db.tables import account, account_key, app_user
from fairlead.errors import UnknownAttributes
from fairlead.fields.email import email_key
from fairlead.fields.model import DataType, Field
from fairlead.fields.standard import ACCOUNT_FIELDS
from fairlead.fields.values import render
from fairlead.leads import criteria
from fairlead.leads.criteria import Attribute
from fairlead.orgs.definitions import Definitions, RecordType
from fairlead.records.rows import Account

Reader = Callable[[Account], str | None]

_STANDARD = frozenset(field.name for field in ACCOUNT_FIELDS)


def instant(at: datetime | None) -> str | None:
    """`2022-05-12 10:10:41.000`, or None. Vendor: silent on accounts; as in lead reads."""
    return None if at is None else f"{at:%Y-%m-%d %H:%M:%S}.{at.microsecond // 1000:03}"


_COLUMNS: dict[str, tuple[Reader, Attribute]] = {
    "CompanyId": (lambda one: one.id, criteria.of_column(account.c.id, criteria.read_id)),
    "CompanyAutoId": (
        lambda one: str(one.auto_id),
        criteria.of_column(account.c.auto_id, criteria.read_number),
    ),
    "CompanyName": (lambda one: one.name, criteria.of_column(account.c.name)),
    "Stage": (lambda one: one.stage, criteria.of_column(account.c.stage)),
    "OwnerId": (lambda one: one.owner_id, criteria.of_column(account.c.owner_id, criteria.read_id)),
    "LastActivityOn": (
        lambda one: instant(one.last_activity_on),
        criteria.of_instant(account.c.last_activity_on),
    ),
    "CreatedBy": (lambda one: one.created_by, criteria.of_column(account.c.created_by, criteria.read_id)),
    "CreatedOn": (lambda one: instant(one.created_on), criteria.of_instant(account.c.created_on)),
    "ModifiedBy": (lambda one: one.modified_by, criteria.of_column(account.c.modified_by, criteria.read_id)),
    "ModifiedOn": (lambda one: instant(one.modified_on), criteria.of_instant(account.c.modified_on)),
}
"""Attributes that stand in columns of the account."""

CREATED_ON = _COLUMNS["CreatedOn"][1]
"""What searches are sorted by when nothing else is asked."""


_PEOPLE = {"Owner": "owner_id", "CreatedBy": "created_by", "ModifiedBy": "modified_by"}
_OF_USERS = {
    f"{prefix}{what}": (column, what) for prefix, column in _PEOPLE.items() for what in ("Name", "Email")
}
"""Attributes that are a user's name or address: the column with the user's id, and which of the two."""


def all_names(kind: RecordType) -> list[str]:
    """Every attribute of a type: the standard ones in their order, then its own."""
    return sorted(kind.fields, key=lambda name: name not in _STANDARD)


def readers(defs: Definitions, kind: RecordType, names: Iterable[str]) -> dict[str, Reader]:
    """Readers of these attributes, in this order. Raises UnknownAttributes."""
    named = list(names)
    check(kind, named)
    return {name: _reader(defs, kind.fields[name]) for name in named}


def check(kind: RecordType, names: Iterable[str]) -> None:
    """Raise UnknownAttributes for names that the type has no attribute of."""
    unknown = [name for name in names if name not in kind.fields]
    if unknown:
        raise UnknownAttributes(unknown)


def _reader(defs: Definitions, field: Field) -> Reader:
    name = field.name
    if name in _COLUMNS:
        return _COLUMNS[name][0]
    if name in _OF_USERS:
        column, what = _OF_USERS[name]
        shown = {user.id: user.name if what == "Name" else user.email for user in defs.users.values()}
        return lambda one: shown.get(getattr(one, column))
    unset = UNSET.get(name)
    return lambda one: render(field, one.fields.get(name, unset), millis=True)


def attribute(kind: RecordType, name: str) -> Attribute | None:
    """The expression of an attribute; None for one that the type does not have."""
    field = kind.fields.get(name)
    if field is None:
        return None
    if name in _COLUMNS:
        return _COLUMNS[name][1]
    if name in _OF_USERS:
        column, what = _OF_USERS[name]
        if what == "Name":
            return criteria.of_user(account.c[column], criteria.USER_NAME)
        found = criteria.of_user(account.c[column], sa.func.lower(app_user.c.email))
        found.read = email_key
        return found
    return criteria.of_document(field, account.c.fields[name], UNSET.get(name))


def condition(kind: RecordType, name: str, operator: str, raw: str) -> criteria.Condition:
    """One comparison. Raises UnknownAttributes, InvalidInput for a value that the attribute cannot have."""
    found = attribute(kind, name)
    if found is None:
        raise UnknownAttributes([name])
    if "\0" in raw:
        return sa.false()
    if name in UNIQUE and operator == "=" and raw:
        return _holds(kind.code, name, raw)
    return criteria.condition(found, operator, raw)


def _holds(code: int, name: str, value: str) -> criteria.Condition:
    """The account holds this unique value: through the keys, not by looking into every account."""
    keys = sa.select(account_key.c.account_id).where(
        account_key.c.org_id == account.c.org_id,
        account_key.c.code == code,
        account_key.c.field == name,
        account_key.c.value == value,
    )
    return account.c.id.in_(keys)


def named_like(text: str) -> criteria.Condition:
    """The text stands somewhere in the name, in any case."""
    return sa.false() if "\0" in text else account.c.name.icontains(text, autoescape=True)


def type_of(kind: RecordType, name: str) -> DataType:
    """What an attribute holds. Raises UnknownAttributes."""
    check(kind, [name])
    return kind.fields[name].data_type
