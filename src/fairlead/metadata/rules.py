"""What may happen to record types, fields and options. Our words; stored by the statements of `orgs.queries`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from fairlead.db.pool import Pool
from fairlead.errors import InvalidEventCode, InvalidInput
from fairlead.fields import standard
from fairlead.fields.model import DataType, Field, Option
from fairlead.fields.printing import in_order, is_first
from fairlead.metadata import queries as values
from fairlead.orgs import queries
from fairlead.orgs import rules as orgs
from fairlead.orgs.definitions import Definitions, RecordType
from fairlead.orgs.settings import Wrong
from fairlead.records.queries import writers_gone

ACTIVITY_KINDS = ("activity", "system", "sale", "account_activity", "opportunity")
"""Kinds that the vendor calls activity types: everything with an event code."""

LARGEST_SCORE = 1_000_000
"""How much an activity may add to a lead's score, or take away."""

OWN_FIELDS = 50
"""Own fields of an activity type: `mx_Custom_1` to `mx_Custom_50`."""


def type_of(defs: Definitions, code: int | None, *kinds: str) -> RecordType:
    """The type with this code, active or not. Raises InvalidEventCode when there is none of these kinds."""
    found = defs.types.get(code) if code is not None else None
    if found is None or found.kind not in kinds:
        raise InvalidEventCode
    return found


def type_by_id(defs: Definitions, type_id: str, *kinds: str) -> RecordType:
    """The type with this id, active or not. Raises InvalidEventCode when there is none of these kinds."""
    for found in defs.types.values():
        if found.id == type_id.strip().lower() and found.kind in kinds:
            return found
    raise InvalidEventCode


# fields inside fields ----------------------------------------------------------------------------------


class Place(msgspec.Struct, frozen=True):
    """A field of a type, or a member of a field set: `set` is the field set it stands in."""

    field: Field
    set: Field | None = None

    def changed(self, field: Field) -> Field:
        """The field of the type with `field` in this place."""
        if self.set is None:
            return field
        members = tuple(field if member.name == field.name else member for member in self.set.members)
        return msgspec.structs.replace(self.set, members=members)

    def beside(self, fields: Mapping[str, Field], name: str) -> Field | None:
        """The field called `name` in the same type or the same field set."""
        return self.set.members_by_name.get(name) if self.set is not None else fields.get(name)


def place(fields: Mapping[str, Field], path: str) -> Place | None:
    """Where `mx_Custom_4` or `mx_Custom_4~mx_CustomObject_1` is; the `~` may be written `x007E`."""
    name, _, member = path.strip().replace("x007E", "~").partition("~")
    field = fields.get(name)
    if field is None or not member:
        return Place(field) if field is not None else None
    inner = field.members_by_name.get(member)
    return Place(inner, field) if inner is not None else None


# options -------------------------------------------------------------------------------------------------


def check_separable(field: Field, values: Iterable[str], name: str) -> None:
    """`;` stands between two values of a multi-select: one that holds it could never be chosen. Raises InvalidInput."""
    if field.multi_select and any(";" in value for value in values):
        raise InvalidInput.value(name)


def with_options(field: Field, values: Iterable[str], *, name: str = "Options") -> Field:
    """The drop-down with these values behind its own; those it has already stay where they are.

    `name` is what the request calls them. Raises InvalidInput for one that could never be chosen.
    """
    options = list(field.options)
    known = {option.value for option in options}
    values = [value for value in values if value not in known]
    check_separable(field, values, name)
    order = max((option.order for option in options), default=0)
    for value in values:
        if value not in known:
            known.add(value)
            order += 1
            options.append(Option(value, order=order))
    return (
        field
        if len(options) == len(field.options)
        else msgspec.structs.replace(field, options=tuple(options))
    )


def without_options(field: Field, values: Iterable[str]) -> Field:
    """The drop-down without these values, also under every parent. Stored values stay as they are."""
    gone = set(values)
    options = tuple(option for option in field.options if option.value not in gone)
    dependent = {parent: _without(allowed, gone) for parent, allowed in field.dependent.items()}
    if options == field.options and dependent == field.dependent:
        return field
    return msgspec.structs.replace(field, options=options, dependent=dependent)


def with_dependent(field: Field, parent: str, values: Iterable[str]) -> Field:
    """The dependent drop-down with these values allowed under the parent's value. Raises what `with_options` raises."""
    allowed = field.dependent.get(parent, ())
    added = tuple(dict.fromkeys(value for value in values if value not in allowed))
    if not added:
        return field
    wider = with_options(field, added)
    return msgspec.structs.replace(wider, dependent={**field.dependent, parent: (*allowed, *added)})


def without_dependent(field: Field, parent: str, values: Iterable[str]) -> Field:
    """The dependent drop-down without these values under the parent's value.

    A value that is left under no parent is no option any more.
    """
    gone = set(values)
    before = field.dependent.get(parent, ())
    after = _without(before, gone)
    if after == before:
        return field
    dependent = {**field.dependent, parent: after}
    held = set().union(*dependent.values())
    options = tuple(o for o in field.options if o.value not in before or o.value in held)
    return msgspec.structs.replace(field, options=options, dependent=dependent)


def _without(values: tuple[str, ...], gone: set[str]) -> tuple[str, ...]:
    return tuple(value for value in values if value not in gone)


async def store_field(
    db: Any, defs: Definitions, kind: RecordType, where: Place, field: Field, *, by: str, now: datetime
) -> int:
    """Store the field that stands in this place now; 0 when it was stored so already, else 1."""
    if field == where.field:
        return 0
    whole = where.changed(field)
    extra = {**whole.extra, **orgs.stamp("Modified", by, now)} if kind.kind == "lead" else whole.extra
    await queries.update_field(
        db, defs.org.org_id, kind.id, msgspec.structs.replace(whole, extra=extra), now=now
    )
    return 1


# lead fields ---------------------------------------------------------------------------------------------


def field_name(display_name: str) -> str:
    """`mx_Blood_Group` for `Blood Group`. Raises InvalidInput when no letter or digit is left."""
    # Vendor: silent on characters that fit no schema name; they are left out.
    kept = "".join(c for c in display_name.strip().replace(" ", "_") if c.isalnum() or c == "_")
    if not kept.strip("_"):
        raise InvalidInput.value("DisplayName")
    return f"mx_{kept}"


def movable(kind: RecordType) -> list[Field]:
    """The fields of a type that can change places, in their order."""
    if kind.kind in ("lead", "account"):
        return list(kind.fields.values())
    return [field for field in in_order(kind.fields.values()) if not is_first(field)]


async def move(
    db: Any, defs: Definitions, kind: RecordType, name: str, behind: str, *, now: datetime
) -> None:
    """Put a field behind another one, or before all where `behind` is empty. Raises InvalidInput."""
    before = movable(kind)
    order = [field.name for field in before if field.name != name]
    if len(order) == len(before) or (behind and behind not in order):
        raise InvalidInput.value("Sequence")
    order.insert(order.index(behind) + 1 if behind else 0, name)
    # The sequences that the fields have, each once, in the new order: few rows change.
    wanted: dict[str, int] = {}
    last = -1
    for place, field in zip(order, before, strict=True):
        last = max(field.sequence, last + 1)
        if kind.fields[place].sequence != last:
            wanted[place] = last
    await queries.set_sequences(db, defs.org.org_id, kind.id, wanted, now=now)


# activity types ------------------------------------------------------------------------------------------


class TypeChange(msgspec.Struct, kw_only=True):
    """What is to be different about a type; None stays. `fields` are added, or replace those of their names."""

    name: str | None = None
    score: int | None = None
    settings: dict[str, Any] = {}
    fields: tuple[Field, ...] = ()


async def create_activity_type(
    db: Any, defs: Definitions, wish: TypeChange, *, by: str, now: datetime
) -> int:
    """Make an activity type; returns its code, the next free one. Raises InvalidInput."""
    _check_own(wish.fields)
    new = orgs.NewType(
        kind="activity",
        name=wish.name or "",
        score=wish.score or 0,
        settings=wish.settings,
        fields=behind(wish.fields, standard.ACTIVITY_FIELDS),
    )
    [code] = await orgs.define_types(db, defs.org.org_id, [new], by=by, now=now)
    return code


def behind(own: Iterable[Field], others: Sequence[Field]) -> tuple[Field, ...]:
    """Fields without a sequence of their own stand behind the others, in the order given."""
    standing = {field.name for field in others}
    last = max((field.sequence for field in others), default=0)
    found = []
    for field in own:
        if field.sequence == 0 and field.name not in standing:
            found.append(msgspec.structs.replace(field, sequence=last + 1))
        else:
            found.append(field)
        last = max(last, found[-1].sequence)
    return tuple(found)


def _check_own(fields: Sequence[Field]) -> None:
    """Own fields are called `mx_Custom_1…50`; the standard ones may be changed. Raises InvalidInput."""
    known = {field.name for field in standard.ACTIVITY_FIELDS}
    for field in fields:
        prefix, _, number = field.name.rpartition("_")
        own = prefix == "mx_Custom" and number.isdecimal() and number.isascii() and number[0] != "0"
        if field.name not in known and not (own and 1 <= int(number) <= OWN_FIELDS):
            raise InvalidInput.value("SchemaName")
    names = [field.name for field in fields]
    if len(set(names)) != len(names):
        raise InvalidInput.value("SchemaName")


async def update_activity_type(
    db: Any, defs: Definitions, kind: RecordType, wish: TypeChange, *, by: str, now: datetime
) -> None:
    """Change a type: what is named changes, fields are added or replaced, none is removed. Raises InvalidInput."""
    org_id = defs.org.org_id
    _check_own(wish.fields)
    fields = {field.name: field for field in behind(wish.fields, list(kind.fields.values()))}
    orgs.check_fields({**kind.fields, **fields}.values())
    name = wish.name or kind.name
    await queries.update_type(
        db,
        org_id,
        kind.id,
        name=name,
        display_name=name if wish.name else kind.display_name,
        score=kind.score if wish.score is None else wish.score,
        active=kind.active,
        definition={**kind.settings, **wish.settings},
        by=by,
        now=now,
    )
    for field in fields.values():
        if field.name in kind.fields:
            await queries.update_field(db, org_id, kind.id, field, now=now)
    added = [field for field in fields.values() if field.name not in kind.fields]
    await orgs.add_fields(db, org_id, kind.id, added, now=now)


async def set_active(
    db: Any, defs: Definitions, kind: RecordType, *, active: bool, by: str, now: datetime
) -> None:
    """Let a type be used, or not any more; what is recorded with it stays."""
    await queries.update_type(
        db,
        defs.org.org_id,
        kind.id,
        name=kind.name,
        display_name=kind.display_name,
        score=kind.score,
        active=active,
        definition=kind.settings,
        by=by,
        now=now,
    )


async def delete_activity_type(
    db: Any, defs: Definitions, kind: RecordType, *, by: str, now: datetime
) -> bool:
    """Remove a type that nothing was posted with, and switch off another one; False when it was in use."""
    org_id = defs.org.org_id
    if not await queries.type_in_use(db, org_id, kind.code):
        await queries.delete_type(db, org_id, kind.id)
        return True
    if kind.active:
        await set_active(db, defs, kind, active=False, by=by, now=now)
    return False


# opportunity types -----------------------------------------------------------------------------------------


def comparable(kind: RecordType) -> list[Field]:
    """The fields that a duplicate rule can compare: all but field sets, the number, and what nobody writes."""
    auto = kind.setting("auto_id_field")
    return [
        field
        for field in in_order(kind.fields.values())
        if field.data_type is not DataType.FIELD_SET and not field.read_only and field.name != auto
    ]


def numberable(kind: RecordType) -> list[Field]:
    """The fields that can show the number of an opportunity: own ones that hold a number or a text."""
    # Vendor: silent on the data type of an AutoId field.
    standing = {field.name for field in standard.OPPORTUNITY_FIELDS}
    return [
        field
        for field in in_order(kind.fields.values())
        if field.name not in standing and field.data_type in (DataType.NUMBER, DataType.TEXT)
    ]


async def check_opportunity_type(
    db: Any, defs: Definitions, kind: RecordType, wish: Mapping[str, Any]
) -> None:
    """Raise Wrong unless `wish`, settings of an opportunity type, names fields that can be used so."""
    compared: Sequence[str] = wish.get("duplicate_fields", ())
    known = {field.name for field in comparable(kind)}
    auto: str | None = wish.get("auto_id_field")
    for name in compared:
        if name not in known and name != kind.setting("auto_id_field"):
            raise Wrong(
                "duplicate_fields", f"{name} is no field of {kind.display_name} that can be compared."
            )
        if name == auto:
            raise Wrong(
                "duplicate_fields", "Every opportunity has another number: nothing would be a duplicate."
            )
    if auto is None or auto == kind.setting("auto_id_field"):
        return
    if auto not in {field.name for field in numberable(kind)}:
        raise Wrong("auto_id_field", "Choose a field of your own that holds a text or a number.")
    if await values.holds_values(db, defs.org.org_id, kind.code, auto):
        said = f"Opportunities have values in {kind.fields[auto].display_name}: choose a field without, or add one."
        raise Wrong("auto_id_field", said)


def is_independent(field: Field) -> bool:
    """True for a drop-down that has no parent."""
    return field.data_type is DataType.SELECT and field.parent is None


async def show_numbers(pool: Pool, org_id: int, code: int, field: str) -> None:
    """Write the number of every opportunity of a type into the field that shows it now.

    Not inside a transaction: first those that are being written without the field have to be there.
    """
    async with pool.connection() as db:
        await writers_gone(db, "activity")
        await values.show_numbers(db, org_id, code, field)
