"""What a caller wants a lead to be: attributes read and checked against the definitions, before any record is seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
from fairlead.fields.errors import FieldError, TooLong, UnknownProduct, UnknownUser
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
"""What a field without a value means and shows, where that is not a blank. Vendor: silent on whether it is one."""


def meant(name: str, stored: Any) -> Any:
    """What a field says with this stored value: what is stored, or what `UNSET` has; None only for a blank."""
    return UNSET.get(name) if stored is None else stored


def is_blank(value: Any) -> bool:
    """True for no value, and for a text of blanks. Vendor: silent on those; stored as they are sent, they say nothing."""
    return value is None or (type(value) is str and not value.strip())


ID_NAMES = ("ProspectID", "ProspectId")
"""The two spellings of the lead's id."""

_USER_GUID = "__UseUserDefinedGuid__"


class Draft:
    """Attributes of a lead as sent, in stored form. `values` holds field values, None = clear.

    `id` is the ProspectID sent, `chosen_id` whether the caller may choose it for a new lead; `search_by` the
    pseudo-attribute; `sets` the members sent of field sets; `unknown` the names that are not defined; `origin` where a
    new lead says it came from. `error` is what is wrong with the attributes: it waits for its turn in the order of
    checks, see `check`.
    """

    __slots__ = (
        "_keys",
        "_pairs",
        "account_id",
        "chosen_id",
        "error",
        "id",
        "origin",
        "owner_id",
        "search_by",
        "sent",
        "sets",
        "stage",
        "unknown",
        "values",
    )

    def __init__(self, pairs: Sequence[Pair] = ()) -> None:
        self.values: dict[str, Any] = {}
        self.sets: dict[str, tuple[Field, list[tuple[str, Any]]]] = {}
        self.sent: set[str] = set()
        self.id: str | None = None
        self.chosen_id = False
        self.search_by: str | None = None
        self.owner_id: str | None = None
        self.stage: str | None = None
        self.account_id: str | None = None
        self.origin = "API"
        self.unknown: dict[str, None] = {}
        self.error: ApiError | None = None
        self._pairs = pairs
        self._keys: list[tuple[str, str]] | None = None

    def check(self) -> Draft:
        """Raise what is wrong with the attributes: UnknownAttributes, InvalidDataType, InvalidInput, UnknownReference."""
        if self.error is not None:
            raise self.error
        return self

    def fills(self, name: str) -> bool:
        """True when this attribute was sent with a value, whatever became of it: refused, read-only or unknown."""
        sent = [pair.Value for pair in self._pairs if pair.name == name]
        return bool(sent) and not is_blank(sent[-1])

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


def draft(call: Call[Any, Any], pairs: Sequence[Pair]) -> Draft:
    """Read the attributes of a lead write. Of a name given twice the last value counts.

    Errors wait in `Draft.error`: all unknown names in one, else the first value that cannot be stored.
    """
    found = Draft(pairs)
    fields = call.defs.lead.fields
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
            found.search_by = _trimmed(pair.Value)
        elif name in ID_NAMES:
            found.id = (_trimmed(pair.Value) or "").lower() or None
        elif name == _USER_GUID:
            found.chosen_id = str(pair.Value).strip().lower() in ("true", "1")
        elif field is not None:
            call.notice("read-only-attribute", name)
        else:
            found.unknown[name] = None
    if found.unknown:
        found.error = UnknownAttributes(list(found.unknown))
    elif late:
        first = next(iter(late.values()))
        found.error = first if isinstance(first, ApiError) else refusal(first)
    return found


def _set(call: Call[Any, Any], found: Draft, field: Field, pair: Pair) -> None:
    name = field.name
    if field.data_type is DataType.FIELD_SET:
        _members(call, found, field, pair)
        return
    if pair.Fields:
        call.notice("member-ignored", f"{name}.Fields")
    if name in _CORE:
        _CORE[name](call, found, field, pair.Value)
    else:
        value = found.values[name] = parse(field, pair.Value, call.defs.loose)
        if field.data_type is DataType.SELECT:
            _notice_options(call, field, value, name)


def _members(call: Call[Any, Any], found: Draft, field: Field, pair: Pair) -> None:
    """The members sent of a field set; they are merged into the stored ones when the lead is seen."""
    members = field.members_by_name
    sent = [(member.name, member.Value) for member in pair.Fields or ()]
    if not sent and not is_blank(pair.Value):
        call.notice("member-ignored", f"{field.name}.Value")
    unknown = [name for name, _ in sent if name not in members]
    if unknown:
        found.unknown.update(dict.fromkeys(f"{field.name}~{name}" for name in unknown))
        return
    for name, value in (parse_members(field, sent, None, call.defs.loose) or {}).items():
        if members[name].data_type is DataType.SELECT:
            _notice_options(call, members[name], value, f"{field.name}~{name}")
    found.sets[field.name] = (field, sent)


def default_of(field: Field, defs: Definitions) -> Any:
    """What a new lead gets in a field that is not sent; None for a default that the field itself refuses."""
    try:
        return parse(field, field.default_value, defs.loose)
    except FieldError:
        return None


def refusal(error: FieldError) -> ApiError:
    """A refused value in the lead's words."""
    if isinstance(error, TooLong):
        return InvalidInput.too_long(error.path, error.limit)
    if isinstance(error, UnknownUser):
        return UnknownReference("User not found")
    if isinstance(error, UnknownProduct):
        return UnknownReference("Product not found")
    return InvalidDataType.value(error.path, LEAD_NAMES[error.field.data_type])


def _trimmed(value: Any) -> str | None:
    return None if value is None else str(value).strip() or None


def _notice_options(call: Call[Any, Any], field: Field, value: Any, path: str) -> None:
    for option in unknown_options(field, value):
        call.notice("unknown-option", f"{path}={option}")


def _owner(call: Call[Any, Any], found: Draft, _: Field, raw: Any) -> None:
    found.owner_id = None
    if raw is None or raw == "":
        call.notice("cannot-be-empty", "OwnerId")  # Vendor: silent on emptying what every lead has; it stays
        return
    user = call.defs.user(str(raw))
    if user is None:
        raise UnknownReference("User not found")
    found.owner_id = user.id


def _stage(call: Call[Any, Any], found: Draft, field: Field, raw: Any) -> None:
    value = parse(field, raw, call.defs.loose)
    if value is None:
        call.notice("cannot-be-empty", field.name)
    _notice_options(call, field, value, field.name)
    found.stage = None if value is None else str(value)


def _account(_: Call[Any, Any], found: Draft, __: Field, raw: Any) -> None:
    found.account_id = (_trimmed(raw) or "").lower() or None


def _lead_type(_: Call[Any, Any], found: Draft, field: Field, raw: Any) -> None:
    value = None if raw is None or raw == "" else str(raw)
    if value is not None and value not in field.option_values:
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
