"""Reading, checking and printing one value of a field.

Stored forms (JSON in the database): text as sent; numbers as decimals; booleans; `2020-09-16`;
`2020-09-16 12:13:44.000` (UTC); `10:00:00`; lower-case ids of users and products; a list of options for a
multi-select; an object of stored forms for a field set. Nothing here knows HTTP, SQL or an error text of the
vendor.
"""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from types import MappingProxyType

import msgspec

from fairlead.fields.email import is_email
from fairlead.fields.errors import (
    FieldError,
    NotAnOption,
    TooLong,
    UnknownMember,
    UnknownProduct,
    UnknownUser,
    WrongType,
)
from fairlead.fields.model import DataType, Field
from fairlead.fields.phone import is_phone
from fairlead.fields.scalars import (
    MOST_DIGITS,
    exact,
    is_datetime,
    parse_boolean,
    parse_date,
    parse_datetime,
    parse_number,
)
from fairlead.fields.website import is_website

Value = str | bool | Decimal | list[str] | dict[str, "Value"]
_EMPTY: Mapping[str, object] = MappingProxyType({})


__all__ = [
    "AUDIT",
    "Context",
    "Value",
    "check_dependent",
    "members_of",
    "parse",
    "parse_boolean",
    "parse_date",
    "parse_datetime",
    "parse_members",
    "parse_number",
    "render",
    "unknown_options",
]


class Context(msgspec.Struct, frozen=True, gc=False):
    """What checking a value may need to know besides its field.

    `active_users` and `products` are looked up by lower-case id; `region` is the country of phone numbers
    without `+`; `check_options` is false where drop-down values are not validated (leads;
    `ValidateDropDownOptions` true); `fold_options` makes options match without case and stores them as
    defined (accounts).
    """

    active_users: Mapping[str, object] = _EMPTY
    products: Mapping[str, object] = _EMPTY
    region: str = "IN"
    check_options: bool = True
    fold_options: bool = False


def parse(field: Field, raw: object, context: Context) -> Value | None:
    """What is stored for `raw`, a scalar as JSON gave it. `None` and `""` clear the field: None.

    Raises WrongType, TooLong, NotAnOption, UnknownUser or UnknownProduct. A dependent option is checked
    against its parent by `check_dependent`; a field set is read by `parse_members`. Platform rules, sections
    10, 11 and 16.
    """
    if raw is None or raw == "":
        return None
    return _READERS[field.data_type](field, raw, context)


def parse_members(
    field: Field, pairs: Iterable[tuple[str, object]], current: object, context: Context
) -> dict[str, Value] | None:
    """The new members of a field set: those of `current`, as stored, with the ones in `pairs` changed; None when empty.

    Only members that are sent change; `None` or `""` clears one. The last of two equal names counts. Raises
    what `parse` raises, with a path such as `mx_KYC~mx_CustomObject_1`, and UnknownMember.
    """
    before = members_of(field, current)
    result = dict(before)
    members = field.members_by_name
    sent: set[str] = set()
    for name, raw in pairs:
        member = members.get(name)
        if member is None:
            raise UnknownMember(field, name)
        try:
            value = parse(member, raw, context)
        except FieldError as error:
            raise error.within(field) from None
        if value is None:
            result.pop(name, None)
        else:
            result[name] = value
        sent.add(name)
    if context.check_options:
        _check_dependent_members(field, sent, before, result)
    return result or None


AUDIT = ("ModifiedByName", "ModifiedOn")
"""What may stand in a stored field set beside its members: who changed one of them last, and when."""


def members_of(field: Field, stored: object) -> dict[str, Value]:
    """The members of a field set as stored, without audit data.

    What is no object was stored while the field had another type, and holds no member.
    """
    if not isinstance(stored, dict):
        return {}
    known = field.members_by_name
    return {name: value for name, value in stored.items() if name in known or name not in AUDIT}


def check_dependent(field: Field, value: Value | None, parent_value: Value | None) -> None:
    """Raise NotAnOption unless `value` is allowed under the parent's current value.

    Does nothing for an independent field, an empty value, or a field that takes others.
    """
    if field.parent is None or value is None or field.others_allowed:
        return
    allowed = field.dependent.get(parent_value, ()) if isinstance(parent_value, str) else ()
    for option in value if isinstance(value, list) else [str(value)]:
        if option not in allowed:
            raise NotAnOption(field, option)


def unknown_options(field: Field, value: Value | None) -> list[str]:
    """The parts of a stored drop-down value that are none of its options: for a diagnostic."""
    if field.data_type is not DataType.SELECT or field.others_allowed or value is None:
        return []
    values = value if isinstance(value, list) else [str(value)]
    return [option for option in values if option not in field.option_values]


def render(field: Field, value: object, *, millis: bool) -> str | None:
    """How a stored value is printed: always text, None for empty. Takes numbers as JSON or as decimals.

    Booleans `1`/`0`; numbers without commas, with the decimals they were sent with; instants with `.000` if
    `millis` (leads) and without otherwise (activities); multi-select joined by `;`; a field set as one JSON
    text.
    """
    if value is None:
        return None
    if type(value) is str:
        return value[:19] if field.data_type is DataType.DATETIME and not millis else value
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, list):
        return ";".join(value)
    if isinstance(value, dict):
        return _render_members(field, value, millis=millis)
    return format(exact(value), "f")


def _text(field: Field, raw: object, context: Context) -> str:
    text = raw if type(raw) is str else _as_text(field, raw)
    limit = field.max_length
    if limit is not None and len(text) > limit:
        raise TooLong(field, limit)
    if "\0" in text or (not text.isascii() and not _is_unicode(text)):
        raise WrongType(field)
    return text


def _as_text(field: Field, raw: object) -> str:
    if type(raw) is str:
        return raw
    if type(raw) is bool:
        # Vendor: silent on true and false in a text field; stored as JSON spells them.
        return "true" if raw else "false"
    if isinstance(raw, int | float | Decimal):
        number = exact(raw)
        if number.is_finite() and abs(number.adjusted()) <= MOST_DIGITS:
            return format(number, "f")
    raise WrongType(field)


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _trimmed(field: Field, raw: object, context: Context) -> str:
    return _text(field, raw.strip() if type(raw) is str else raw, context)


def _email(field: Field, raw: object, context: Context) -> str | None:
    text = _trimmed(field, raw, context)
    if text and not is_email(text):
        raise WrongType(field)
    return text or None


def _phone(field: Field, raw: object, context: Context) -> str | None:
    text = _trimmed(field, raw, context)
    if text and not is_phone(text, context.region):
        raise WrongType(field)
    return text or None


def _website(field: Field, raw: object, context: Context) -> str | None:
    text = _trimmed(field, raw, context)
    if text and not is_website(text):
        raise WrongType(field)
    return text or None


def _number(field: Field, raw: object, context: Context) -> Decimal:
    number = parse_number(raw)
    if number is None:
        raise WrongType(field)
    return number


def _boolean(field: Field, raw: object, context: Context) -> bool:
    value = parse_boolean(raw)
    if value is None:
        raise WrongType(field)
    return value


def _date(field: Field, raw: object, context: Context) -> str:
    # Vendor: silent on an instant in a Date field; its day is kept, because reads of other dates print a
    # time.
    if type(raw) is str and (parse_date(raw) is not None or is_datetime(raw)):
        return raw[:10]
    raise WrongType(field)


def _datetime(field: Field, raw: object, context: Context) -> str:
    if type(raw) is not str or not is_datetime(raw):
        raise WrongType(field)
    return raw + ".000" if len(raw) == 19 else raw.ljust(23, "0")


def _time(field: Field, raw: object, context: Context) -> str:
    # Vendor: silent on the form of a time; `HH:MM:SS`, and `HH:MM` as HTML forms send it.
    if type(raw) is str and len(raw) in (5, 8) and raw.isascii() and raw[2] == ":":
        hours, minutes, seconds = raw[:2], raw[3:5], raw[6:] or "00"
        plain = (hours + minutes + seconds).isdigit() and raw[5:6] in ("", ":")
        if plain and hours < "24" and minutes < "60" and seconds < "60":
            return f"{hours}:{minutes}:{seconds}"
    raise WrongType(field)


def _select(field: Field, raw: object, context: Context) -> str | list[str] | None:
    text = _text(field, raw, context)
    if not field.multi_select:
        return _option(field, text, context)
    chosen: dict[str, None] = {}
    for part in text.split(";"):
        if name := part.strip():
            chosen[_option(field, name, context)] = None
    return list(chosen) or None


def _option(field: Field, value: str, context: Context) -> str:
    if value in field.option_values:
        return value
    if context.fold_options and (known := field.folded_options.get(value.casefold())) is not None:
        return known
    if context.check_options and not field.others_allowed:
        raise NotAnOption(field, value)
    return value


def _user(field: Field, raw: object, context: Context) -> str | None:
    user_id = _trimmed(field, raw, context).lower()
    if user_id and user_id not in context.active_users:
        raise UnknownUser(field, user_id)
    return user_id or None


def _product(field: Field, raw: object, context: Context) -> str | None:
    product_id = _trimmed(field, raw, context).lower()
    if product_id and product_id not in context.products:
        raise UnknownProduct(field, product_id)
    return product_id or None


def _field_set(field: Field, raw: object, context: Context) -> None:
    # Vendor: the Value next to Fields is ignored; without Fields there is nothing that a value could mean.
    raise WrongType(field)


def _check_dependent_members(
    field: Field, sent: set[str], before: Mapping[str, Value], after: Mapping[str, Value]
) -> None:
    """A member that was sent, or whose parent has changed, must belong to the parent's value now."""
    for member in field.members:
        parent = member.parent
        if parent is not None and (member.name in sent or before.get(parent) != after.get(parent)):
            try:
                check_dependent(member, after.get(member.name), after.get(parent))
            except FieldError as error:
                raise error.within(field) from None


def _render_members(field: Field, values: Mapping[str, object], *, millis: bool) -> str:
    printed = {
        member.name: render(member, values[member.name], millis=millis)
        for member in field.members
        if values.get(member.name) is not None
    }
    for name in (*AUDIT, *values):  # what has no definition comes last
        value = values.get(name)
        if name not in printed and value is not None:
            printed[name] = str(value)
    return msgspec.json.encode(printed).decode()


_READERS: Mapping[DataType, Callable[[Field, object, Context], Value | None]] = {
    DataType.TEXT: _text,
    DataType.NUMBER: _number,
    DataType.DECIMAL: _number,
    DataType.EMAIL: _email,
    DataType.PHONE: _phone,
    DataType.WEBSITE: _website,
    DataType.DATE: _date,
    DataType.DATETIME: _datetime,
    DataType.TIME: _time,
    DataType.SELECT: _select,
    DataType.BOOLEAN: _boolean,
    DataType.USER: _user,
    DataType.PRODUCT: _product,
    DataType.FIELD_SET: _field_set,
}
