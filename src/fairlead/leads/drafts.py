"""What a caller wants a lead to be: attributes read and checked against the definitions, before any record is seen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from fairlead.errors import (
    ApiError,
    Duplicate,
    InvalidDataType,
    InvalidInput,
    InvalidSearchBy,
    UnknownAttributes,
    UnknownReference,
)
from fairlead.fields.email import email_key
from fairlead.fields.errors import FieldError, TooLong, UnknownMember, UnknownProduct, UnknownUser
from fairlead.fields.model import LEAD_NAMES, DataType, Field
from fairlead.fields.values import parse, parse_members, render, unknown_options
from fairlead.orgs.definitions import Definitions
from fairlead.wire.operation import Call
from fairlead.wire.types import Pair

IDENTITY = ("FirstName", "LastName", "EmailAddress", "Phone")
"""A lead has a value in at least one of these."""

UNSET: Mapping[str, Any] = {
    "LeadType": "OT_0",
    **dict.fromkeys(("DoNotEmail", "DoNotCall", "DoNotSMS", "DoNotTrack", "IsPrimaryContact"), False),
}
"""What a field without a value means and shows, where that is not a blank."""

ID_NAMES = ("ProspectID", "ProspectId")
"""The two spellings of the lead's id."""

_USER_GUID = "__UseUserDefinedGuid__"


class Draft:
    """Attributes of a lead as sent, in stored form. `values` holds field values, None = clear.

    `id` is the ProspectID sent, `chosen_id` whether the caller may choose it for a new lead; `search_by` the
    pseudo-attribute; `sets` the members sent of field sets. `error` is what is wrong with the attributes: it waits
    for its turn in the order of checks, see `check`.
    """

    __slots__ = (
        "_keys",
        "account_id",
        "chosen_id",
        "error",
        "id",
        "owner_id",
        "search_by",
        "sent",
        "sets",
        "stage",
        "values",
    )

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self.sets: dict[str, tuple[Field, list[tuple[str, Any]]]] = {}
        self.sent: set[str] = set()
        self.id: str | None = None
        self.chosen_id = False
        self.search_by: str | None = None
        self.owner_id: str | None = None
        self.stage: str | None = None
        self.account_id: str | None = None
        self.error: ApiError | None = None
        self._keys: list[tuple[str, str]] | None = None

    def check(self) -> Draft:
        """Raise what is wrong with the attributes: UnknownAttributes, InvalidDataType, InvalidInput, UnknownReference."""
        if self.error is not None:
            raise self.error
        return self

    def key(self, field: Field) -> str | None:
        """The value of a unique field as it is compared; None when it is not sent or empty."""
        return compared(field, self.values.get(field.name))

    def keys(self, defs: Definitions) -> list[tuple[str, str]]:
        """All unique values sent: (field, value as it is compared), in the order in which collisions are reported.

        Asked for several times on the way of a call, and the values no longer change: made once.
        """
        if self._keys is None:
            values = self.values
            self._keys = [
                (field.name, compared(field, values[field.name]) or "")
                for field in defs.unique
                if values.get(field.name) is not None
            ]
        return self._keys


def compared_text(call: Call[Any, Any], field: Field, raw: Any) -> str | None:
    """A unique value as a caller names a lead by it, as it is compared; None for one that no lead can have."""
    try:
        return compared(field, parse(field, raw.strip() if isinstance(raw, str) else raw, call.defs.loose))
    except FieldError:
        return None


def compared(field: Field, value: Any) -> str | None:
    """A unique value as it is stored in the keys: e-mail without case, everything else exactly."""
    if value is None:
        return None
    if field.data_type is DataType.EMAIL:
        return email_key(value)
    return value if type(value) is str else render(field, value, millis=True)


def draft(call: Call[Any, Any], pairs: Iterable[Pair]) -> Draft:
    """Read the attributes of a lead write. Of a name given twice the last value counts.

    Errors wait in `Draft.error`: all unknown names in one, else the first value that cannot be stored.
    """
    found = Draft()
    fields = call.defs.lead.fields
    unknown: dict[str, None] = {}
    late: dict[str, FieldError | ApiError] = {}
    for pair in pairs:
        name = pair.name
        field = fields.get(name)
        if field is not None and not field.read_only:
            try:
                _set(call, found, field, pair)
                if late:
                    late.pop(name, None)
            except (FieldError, ApiError) as error:
                late[name] = error
            found.sent.add(name)
        elif name == "SearchBy":
            found.search_by = _search_by(pair.Value)
        elif name in ID_NAMES:
            found.id = str(pair.Value).strip().lower() if pair.Value else None
        elif name == _USER_GUID:
            found.chosen_id = str(pair.Value).strip().lower() in ("true", "1")
        elif field is not None:
            call.notice("read-only-attribute", name)
        else:
            unknown[name] = None
    if unknown:
        found.error = UnknownAttributes(list(unknown))
    elif late:
        first = next(iter(late.values()))
        found.error = first if isinstance(first, ApiError) else refusal(first)
    return found


def _set(call: Call[Any, Any], found: Draft, field: Field, pair: Pair) -> None:
    name = field.name
    if field.data_type is DataType.FIELD_SET:
        sent = [(member.name, member.Value) for member in pair.Fields or ()]
        parse_members(field, sent, None, call.defs.loose)
        found.sets[name] = (field, sent)
    elif name in _CORE:
        _CORE[name](call, found, field, pair.Value)
    else:
        value = found.values[name] = parse(field, pair.Value, call.defs.loose)
        if field.data_type is DataType.SELECT:
            _notice_options(call, field, value)


def refusal(error: FieldError) -> ApiError:
    """A refused value in the lead's words."""
    if isinstance(error, TooLong):
        return InvalidInput.too_long(error.path, error.limit)
    if isinstance(error, UnknownMember):
        return UnknownAttributes([error.path])
    if isinstance(error, UnknownUser):
        return UnknownReference("User not found")
    if isinstance(error, UnknownProduct):
        return UnknownReference("Product not found")
    return InvalidDataType.value(error.path, LEAD_NAMES[error.field.data_type])


def _search_by(value: Any) -> str | None:
    return str(value).strip() if value is not None and value != "" else None


def _notice_options(call: Call[Any, Any], field: Field, value: Any) -> None:
    for option in unknown_options(field, value):
        call.notice("unknown-option", f"{field.name}={option}")


def _owner(call: Call[Any, Any], found: Draft, _: Field, raw: Any) -> None:
    found.owner_id = None
    if raw is None or raw == "":
        return
    user = call.defs.user(str(raw))
    if user is None:
        raise UnknownReference("User not found")
    found.owner_id = user.id


def _stage(call: Call[Any, Any], found: Draft, field: Field, raw: Any) -> None:
    value = parse(field, raw, call.defs.loose)
    _notice_options(call, field, value)
    found.stage = None if value is None else str(value)


def _account(_: Call[Any, Any], found: Draft, __: Field, raw: Any) -> None:
    found.account_id = str(raw).strip().lower() if raw else None


def _lead_type(_: Call[Any, Any], found: Draft, field: Field, raw: Any) -> None:
    found.values.pop("LeadType", None)
    if raw is None or raw == "":
        return
    value = str(raw)
    if value not in field.option_values:
        raise InvalidInput.value("LeadType")
    found.values["LeadType"] = value


_CORE = {"OwnerId": _owner, "ProspectStage": _stage, "RelatedCompanyId": _account, "LeadType": _lead_type}


def search_field(defs: Definitions, search_by: str) -> Field | None:
    """The unique field that SearchBy names; None for the lead id. Raises InvalidSearchBy for anything else."""
    if search_by in ID_NAMES:
        return None
    for field in defs.unique:
        if field.name == search_by and field.unique:
            return field
    raise InvalidSearchBy


def duplicate(field: Field) -> Duplicate:
    """The answer when a unique value belongs to another lead."""
    return Duplicate("Lead", _LABELS.get(field.name, field.display_name))


_LABELS = {"EmailAddress": "Email", "Phone": "Phone Number"}
