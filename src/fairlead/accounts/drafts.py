"""What a caller wants an account to be: attributes read and checked against the definitions of its type."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from typing import Any

import msgspec

from fairlead.errors import ApiError, InvalidDataType, InvalidInput, UnknownAttributes, UnknownReference
from fairlead.fields.errors import (
    FieldError,
    NotAnOption,
    TooLong,
    UnknownMember,
    UnknownProduct,
    UnknownUser,
)
from fairlead.fields.model import ACCOUNT_NAMES, DataType, Field
from fairlead.fields.values import Context, check_dependent, parse, parse_members
from fairlead.orgs.definitions import RecordType
from fairlead.records.rows import Account
from fairlead.wire.operation import Call
from fairlead.wire.types import Pair, Scalar

NAME, NUMBER, IDENTIFIER, OWNER, STAGE = (
    "CompanyName",
    "CompanyNumber",
    "CompanyIdentifier",
    "OwnerId",
    "Stage",
)

UNIQUE = (NUMBER, IDENTIFIER)
"""Held by one account of a type only, where filled."""

COLUMNS = {NAME: "name", OWNER: "owner_id", STAGE: "stage"}
"""Attributes that callers write and that stand in columns of the account; all others are in its fields."""

UNSET: Mapping[str, Any] = {"DoNotCall": False, "DoNotEmail": False}
"""What an attribute without a value means and shows, where that is not a blank. Vendor: silent; as in leads."""

Changes = dict[str, list[Any]]
"""Attributes that become different: {name: [old, new]}."""


class Draft:
    """Attributes of an account as sent, in stored form. `values`: None = clear; `sets`: members sent of field sets."""

    __slots__ = ("kind", "sets", "values")

    def __init__(self, kind: RecordType) -> None:
        self.kind = kind
        self.values: dict[str, Any] = {}
        self.sets: dict[str, tuple[Field, list[tuple[str, Any]]]] = {}


def draft(call: Call[Any, Any], kind: RecordType, pairs: Iterable[Pair]) -> Draft:
    """Read the attributes of an account write. Of a name given twice the last value counts.

    Raises UnknownAttributes with all unknown names; InvalidDataType, InvalidInput (too long) or UnknownReference
    (not an option, no such user) for the first value that cannot be stored.
    """
    found = Draft(kind)
    sent = {pair.name: pair for pair in pairs}
    unknown = [name for name in sent if name not in kind.fields]
    if unknown:
        raise UnknownAttributes(unknown)
    for name, pair in sent.items():
        field = kind.fields[name]
        if field.read_only:
            call.notice("read-only-attribute", name)
            continue
        try:
            _set(call, found, field, pair)
        except FieldError as error:
            raise refusal(error) from None
    return found


def _set(call: Call[Any, Any], found: Draft, field: Field, pair: Pair) -> None:
    if field.data_type is DataType.FIELD_SET:
        sent = [(member.name, member.Value) for member in pair.Fields or ()]
        parse_members(field, sent, None, call.defs.loose)
        found.sets[field.name] = (field, sent)
    elif field.name == OWNER:
        found.values[OWNER] = _owner(call, pair.Value)
    else:
        found.values[field.name] = parse(field, pair.Value, context(call))


def _owner(call: Call[Any, Any], raw: Scalar) -> str | None:
    if raw is None or raw == "":
        return None
    user = call.defs.user(str(raw))
    if user is None:
        raise UnknownReference("User not found")
    return user.id


def context(call: Call[Any, Any]) -> Context:
    """How values of accounts are checked: options strictly, in any case."""
    return msgspec.structs.replace(call.defs.context, fold_options=True)


def refusal(error: FieldError) -> ApiError:
    """A refused value in the account's words."""
    if isinstance(error, TooLong):
        return InvalidInput.too_long(error.path, error.limit)
    if isinstance(error, UnknownMember):
        return UnknownAttributes([error.path])
    if isinstance(error, UnknownUser):
        return UnknownReference("User not found")
    if isinstance(error, UnknownProduct):
        return UnknownReference("Product not found")
    if isinstance(error, NotAnOption):
        return UnknownReference(f"'{error.value}' is not a valid option for '{error.path}'.")
    return InvalidDataType.value(error.path, ACCOUNT_NAMES[error.field.data_type])


def unique_values(
    call: Call[Any, Any], kind: RecordType, pairs: Iterable[Pair]
) -> list[tuple[int, str, str]]:
    """The (type code, name, value) of what is unique among the attributes; values that are refused are left out."""
    found = []
    for pair in pairs:
        field = kind.fields.get(pair.name)
        if field is not None and field.name in UNIQUE and (value := compared(call, field, pair.Value)):
            found.append((kind.code, field.name, value))
    return found


def compared(call: Call[Any, Any], field: Field, raw: object) -> str | None:
    """The stored form of a value that accounts are found by; None for an empty one and for one that is refused."""
    try:
        value = parse(field, raw, context(call))
    except FieldError:
        return None
    return None if value is None else str(value)


def stored(account: Account, name: str) -> Any:
    """What an account has for an attribute that callers write."""
    column = COLUMNS.get(name)
    return account.fields.get(name) if column is None else getattr(account, column)


def changes_of(call: Call[Any, Any], account: Account, found: Draft, *, only_empty: bool = False) -> Changes:
    """What the draft would change on an account; `only_empty` fills blanks only, in field sets too."""
    changes: Changes = {}
    for name, value in found.values.items():
        before = stored(account, name)
        if only_empty and before is not None:
            continue
        if name == OWNER and value is None:
            # Vendor: silent on emptying it; an account always has an owner, so it keeps the one it has.
            call.notice("cannot-be-empty", OWNER)
            continue
        if before != value and _meant(name, before) != _meant(name, value):
            changes[name] = [before, value]
    for name, (field, sent) in found.sets.items():
        before = account.fields.get(name)
        blank = [(member, value) for member, value in sent if (before or {}).get(member) is None]
        after = members(call, field, blank if only_empty else sent, before)
        if before != after:
            changes[name] = [before, after]
    return changes


def _meant(name: str, value: Any) -> Any:
    return UNSET.get(name) if value is None else value


def members(call: Call[Any, Any], field: Field, sent: list[tuple[str, Any]], before: Any) -> Any:
    """The new value of a field set. Raises what `draft` raises."""
    try:
        return parse_members(field, sent, before, context(call))
    except FieldError as error:
        raise refusal(error) from None


def check_dependents(kind: RecordType, changed: Container[str], values: Mapping[str, Any]) -> None:
    """Raise UnknownReference for a value that its parent's value does not allow, where either of them has changed."""
    for field in kind.fields.values():
        if field.parent is not None and (field.name in changed or field.parent in changed):
            try:
                check_dependent(field, values.get(field.name), values.get(field.parent))
            except FieldError as error:
                raise refusal(error) from None
