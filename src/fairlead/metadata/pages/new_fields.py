"""Screens of new fields: of a type or of the lead, and inside a field set."""

from __future__ import annotations

from functools import partial
from typing import Any

import msgspec
from starlette.responses import Response

from fairlead.errors import ApiError, DomainError, Duplicate
from fairlead.fields.model import DataType, Field
from fairlead.metadata import rules
from fairlead.metadata.pages import kinds
from fairlead.metadata.pages.forms import LONGEST, lines, named, ordered, wrong_options
from fairlead.metadata.pages.sections import (
    LEADS,
    TYPES,
    Section,
    action,
    address_of,
    fields_address,
    is_fixed,
    missing,
    page,
    place,
    stored_type,
    type_of,
)
from fairlead.orgs import rules as orgs
from fairlead.orgs.definitions import RecordType
from fairlead.web.visit import UNPROCESSABLE, Visit, sentence
from fairlead.wire.operation import Call

MOST_LENGTH = 4000
OWN = "mx_Custom_"
MEMBER = "mx_CustomObject_"
STATUS = "Status"
MEMBERS = 4
"""Fields of a new set that the form has room for."""

_MANDATORY = " ".join(kind.key for kind in kinds.KINDS)


def _set_of(section: Section, visit: Visit, kind: RecordType) -> Field | None:
    """The field set that the address names, where it names one. Raises HTTPException 404 for what is none."""
    if "field" not in visit.path:
        return None
    found = place(kind, visit.path["field"]).field
    if found.data_type is not DataType.FIELD_SET or is_fixed(section, found):
        raise missing()
    return found


def _parents(kind: RecordType, inside: Field | None) -> list[Field]:
    around = inside.members if inside is not None else tuple(kind.fields.values())
    return [field for field in around if field.data_type is DataType.SELECT and not field.multi_select]


async def new(
    section: Section, visit: Visit, errors: dict[str, str] | None = None, problem: str = ""
) -> Response:
    """The form of a new field."""
    kind = type_of(section, visit)
    inside = _set_of(section, visit, kind)
    above = fields_address(section, kind)
    return visit.page(
        "metadata/new_field.html",
        title=f"New field of {inside.display_name if inside else kind.display_name}",
        status=UNPROCESSABLE if errors or problem else 200,
        section=section,
        kind=kind,
        inside=inside,
        choices=kinds.choices(section, inside=inside is not None),
        member_choices=kinds.choices(section, inside=True),
        members=MEMBERS,
        mandatory_kinds=_MANDATORY,
        parents=[("", "Nothing"), *((some.name, some.display_name) for some in _parents(kind, inside))],
        back=f"{above}/{inside.name}" if inside else address_of(section, kind),
        errors=errors or {},
        problem=problem,
    )


async def add(section: Section, visit: Visit) -> Response:
    """Add a field; on to what it belongs to, or to its options where they depend on another field."""
    kind = type_of(section, visit)
    inside = _set_of(section, visit, kind)
    errors: dict[str, str] = {}
    field = _described(section, visit, _parents(kind, inside), errors, inside=inside is not None)
    if errors:
        return await new(section, visit, errors)

    async def work(call: Call[Any, Any], db: Any) -> Field:
        stored = stored_type(section, call.defs, visit)
        if inside is None:
            return await _store_new(section, call, db, stored, field)
        return await _store_member(call, db, stored, inside.name, field)

    try:
        made = await visit.write(work)
    except Duplicate:
        return await new(
            section, visit, {"display_name": "Another field has the same schema name. Choose another name."}
        )
    except ApiError as error:
        return await new(section, visit, problem=sentence(error))
    path = f"{inside.name}~{made.name}" if inside else made.name
    back = f"{fields_address(section, kind)}/{inside.name}" if inside else address_of(section, kind)
    to = f"{fields_address(section, kind)}/{path}" if made.parent else back
    return visit.redirect(to, say=f"{made.display_name} is {path}.")


def _described(
    section: Section, visit: Visit, parents: list[Field], errors: dict[str, str], *, inside: bool
) -> Field:
    """The field that the form describes, without its schema name; what is wrong goes to `errors`."""
    form = visit.form
    title = named(visit, "display_name", errors)
    how = kinds.chosen(section, form.get("kind"), inside=inside)
    field = _of_kind(section, title, how)
    if how.data_type is DataType.TEXT:
        length = str(form.get("max_length", "")).strip()
        if length and not (length.isascii() and length.isdigit() and 1 <= int(length[:6]) <= MOST_LENGTH):
            errors["max_length"] = f"Enter a number from 1 to {MOST_LENGTH}, or leave it empty."
        elif length:
            field = msgspec.structs.replace(field, max_length=int(length))
    if how is kinds.SET:
        return msgspec.structs.replace(field, members=_members(section, visit, errors))
    field = msgspec.structs.replace(field, mandatory="mandatory" in form and not inside)
    return _with_options(visit, parents, field, errors) if how.data_type is DataType.SELECT else field


def _of_kind(section: Section, title: str, how: kinds.Kind) -> Field:
    # On types the vendor prints how a field is rendered only for drop-downs.
    shown = "SearchableDropdown" if how.data_type is DataType.SELECT else ""
    return Field(
        "",
        title,
        how.data_type,
        max_length=how.length,
        others_allowed=how.key == "others",
        render_type=how.shown_as if section.kind == "lead" else shown,
    )


def _with_options(visit: Visit, parents: list[Field], field: Field, errors: dict[str, str]) -> Field:
    field = msgspec.structs.replace(field, multi_select="multi_select" in visit.form)
    values = lines(str(visit.form.get("options", "")))
    wrong = wrong_options(values, multi_select=field.multi_select)
    parent = next((some for some in parents if some.name == visit.form.get("parent")), None)
    if wrong:
        errors["options"] = wrong
    elif not values and parent is None:
        errors["options"] = "Enter at least one option, each on a line of its own."
    field = msgspec.structs.replace(field, options=ordered(field, values))
    if parent is None:
        return field
    under = {value: tuple(values) for value in sorted(parent.option_values)}
    return msgspec.structs.replace(field, parent=parent.name, dependent=under)


# field sets ------------------------------------------------------------------------------------------------


def _members(section: Section, visit: Visit, errors: dict[str, str]) -> tuple[Field, ...]:
    """The fields of a new set, as the rows of the form describe them."""
    found: list[Field] = []
    for number in range(1, MEMBERS + 1):
        title = str(visit.form.get(f"member~{number}", "")).strip()
        if not title:
            continue
        if len(title) > LONGEST:
            errors[f"member~{number}"] = f"Enter at most {LONGEST} characters."
        how = kinds.chosen(section, visit.form.get(f"kind~{number}"), inside=True)
        member = _of_kind(section, title, how)
        if how.data_type is DataType.SELECT:
            values = lines(str(visit.form.get(f"options~{number}", "")).replace(";", "\n"))
            wrong = wrong_options(values, multi_select=False) or (
                "" if values else "Enter at least one option."
            )
            if wrong:
                errors[f"options~{number}"] = wrong
            member = msgspec.structs.replace(member, options=ordered(member, values))
        if title == STATUS and any(some.name == STATUS for some in found):
            errors[f"member~{number}"] = "Only one field of a set is called Status."
        found.append(msgspec.structs.replace(member, name=member_name(found, title), sequence=len(found)))
    if not found:
        errors["member~1"] = "Enter at least one field."
    return tuple(found)


def member_name(members: list[Field] | tuple[Field, ...], title: str) -> str:
    """The schema name of a new field in a set: Status, or the next free number."""
    taken = {member.name for member in members}
    if title == STATUS and STATUS not in taken:
        return STATUS
    number = 1
    while f"{MEMBER}{number}" in taken:
        number += 1
    return f"{MEMBER}{number}"


async def _store_member(call: Call[Any, Any], db: Any, kind: RecordType, name: str, member: Field) -> Field:
    """Put a field into a field set, behind the others. Raises DomainError."""
    where = place(kind, name)
    members = where.field.members
    named_ = member_name(members, member.display_name)
    made = msgspec.structs.replace(member, name=named_, sequence=len(members))
    wider = msgspec.structs.replace(where.field, members=(*members, made))
    orgs.check_fields([wider])
    await rules.store_field(db, call.defs, kind, where, wider, by=call.actor.id, now=call.now)
    return made


# storing ---------------------------------------------------------------------------------------------------


async def _store_new(
    section: Section, call: Call[Any, Any], db: Any, kind: RecordType, field: Field
) -> Field:
    """Name the field as its kind of record wants it, and store it. Raises Duplicate, DomainError."""
    by, now = call.actor.id, call.now
    if section.kind in ("lead", "account"):
        name = rules.field_name(field.display_name)
        if any(known.casefold() == name.casefold() for known in kind.fields):
            raise Duplicate("Field", "name")
    else:
        name = _next_name(kind)
    field = msgspec.structs.replace(field, name=name)
    if section.kind == "lead":
        await orgs.define_lead_fields(db, call.org_id, kind, [field], by=by, now=now)
    elif section.kind == "account":
        placed = rules.behind([field], list(kind.fields.values()))
        orgs.check_fields([*kind.fields.values(), *placed])
        await orgs.add_fields(db, call.org_id, kind.id, placed, now=now)
    else:
        change = rules.TypeChange(fields=(field,))
        await rules.update_activity_type(db, call.defs, kind, change, by=by, now=now)
    return field


def _next_name(kind: RecordType) -> str:
    for number in range(1, rules.OWN_FIELDS + 1):
        if f"{OWN}{number}" not in kind.fields:
            return f"{OWN}{number}"
    what = f"{kind.display_name} has all {rules.OWN_FIELDS} fields already."
    raise DomainError(what)


def _register(section: Section, path: str) -> None:
    for address in (f"{path}/new", f"{path}/{{field}}/new"):
        page(f"GET {address}", nav=section.nav, admin=True)(partial(new, section))
        action(f"POST {address}", nav=section.nav, admin=True)(partial(add, section))


_register(LEADS, LEADS.path)
for _section in TYPES:
    _register(_section, f"{_section.path}/{{code:int}}/fields")
