"""Screens of fields: a new one of any record type, and what may change about one, its options above all."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import msgspec
from starlette.responses import Response

from fairlead.errors import ApiError, DomainError, Duplicate
from fairlead.fields.model import DataType, Field, Option
from fairlead.metadata import rules
from fairlead.metadata.pages.sections import (
    LEADS,
    TYPES,
    Section,
    action,
    address_of,
    fields_address,
    is_fixed,
    is_own,
    page,
    place,
    stored_type,
    type_name,
    type_of,
)
from fairlead.orgs import rules as orgs
from fairlead.orgs.definitions import RecordType
from fairlead.web.visit import UNPROCESSABLE, Visit, sentence
from fairlead.wire.operation import Call

LONGEST = 200
"""Characters of a name or an option."""
MOST_LENGTH = 4000
OWN = "mx_Custom_"


class Kind(NamedTuple):
    """A kind of field as people choose it; `shown_as` is how the vendor's forms render it on leads."""

    key: str
    label: str
    data_type: DataType
    shown_as: str
    length: int | None = None
    on_leads: bool = True


KINDS = (
    Kind("text", "Text", DataType.TEXT, "Textbox", 200),
    Kind("lines", "Text in several lines", DataType.TEXT, "TextArea", 4000),
    Kind("number", "Number", DataType.NUMBER, "Textbox"),
    Kind("select", "Drop-down", DataType.SELECT, "SearchableDropdown"),
    Kind("others", "Drop-down that takes other values too", DataType.SELECT, "DropdownWithOthers"),
    Kind("date", "Date", DataType.DATE, "Date"),
    Kind("datetime", "Date and time", DataType.DATETIME, "DateTime"),
    Kind("time", "Time", DataType.TIME, "Time"),
    Kind("boolean", "Yes or no", DataType.BOOLEAN, "CheckBox"),
    Kind("email", "E-mail address", DataType.EMAIL, "Email"),
    Kind("phone", "Phone number", DataType.PHONE, "Phone"),
    Kind("website", "Website", DataType.WEBSITE, "URL"),
    Kind("user", "User", DataType.USER, "", on_leads=False),
    Kind("product", "Product", DataType.PRODUCT, "", on_leads=False),
)


def _kinds(section: Section) -> list[Kind]:
    return [kind for kind in KINDS if kind.on_leads or section.kind != "lead"]


def _parents(kind: RecordType) -> list[Field]:
    return [f for f in kind.fields.values() if f.data_type is DataType.SELECT and not f.multi_select]


def lines(text: str) -> list[str]:
    """The options of a form: one per line, blanks around them and repetitions left out."""
    return list(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))


def _wrong(values: list[str], *, multi_select: bool) -> str:
    """What is wrong with options; empty for nothing."""
    if any(len(value) > LONGEST for value in values):
        return f"An option has at most {LONGEST} characters."
    if multi_select and any(";" in value for value in values):
        return "Leave out the semicolon: it stands between two chosen options."
    return ""


def _ordered(field: Field, values: list[str]) -> tuple[Option, ...]:
    """These options in this order; what is known about one already stays, its colours for example."""
    known = {option.value: option for option in field.options}
    return tuple(
        msgspec.structs.replace(known.get(value, Option(value)), order=order)
        for order, value in enumerate(values, 1)
    )


# a new field -----------------------------------------------------------------------------------------------


async def new(
    section: Section, visit: Visit, errors: dict[str, str] | None = None, problem: str = ""
) -> Response:
    """The form of a new field."""
    kind = type_of(section, visit)
    return visit.page(
        "metadata/new_field.html",
        title=f"New field of {kind.display_name}",
        status=UNPROCESSABLE if errors or problem else 200,
        section=section,
        kind=kind,
        kinds=_kinds(section),
        parents=_parents(kind),
        back=address_of(section, kind),
        errors=errors or {},
        problem=problem,
    )


async def add(section: Section, visit: Visit) -> Response:
    """Add a field; on to the type, or to the options where they depend on another field."""
    kind = type_of(section, visit)
    errors: dict[str, str] = {}
    field = _described(section, visit, kind, errors)
    if errors:
        return await new(section, visit, errors)

    async def work(call: Call[Any, Any], db: Any) -> Field:
        return await _store_new(section, call, db, stored_type(section, call.defs, visit), field)

    try:
        made = await visit.write(work)
    except Duplicate:
        return await new(
            section, visit, {"display_name": "Another field has the same schema name. Choose another name."}
        )
    except ApiError as error:
        return await new(section, visit, problem=sentence(error))
    to = f"{fields_address(section, kind)}/{made.name}" if made.parent else address_of(section, kind)
    return visit.redirect(to, say=f"{made.display_name} is {made.name}.")


def _described(section: Section, visit: Visit, kind: RecordType, errors: dict[str, str]) -> Field:
    """The field that the form describes, without its schema name; what is wrong goes to `errors`."""
    form = visit.form
    title = str(form.get("display_name", "")).strip()
    if not title or len(title) > LONGEST:
        errors["display_name"] = "Enter a name." if not title else f"Enter at most {LONGEST} characters."
    how = next((some for some in _kinds(section) if some.key == form.get("kind")), KINDS[0])
    length = str(form.get("max_length", "")).strip()
    if length and not (length.isascii() and length.isdigit() and 1 <= int(length[:6]) <= MOST_LENGTH):
        errors["max_length"] = f"Enter a number from 1 to {MOST_LENGTH}, or leave it empty."
    select = how.data_type is DataType.SELECT
    field = Field(
        "",
        title,
        how.data_type,
        mandatory="mandatory" in form,
        max_length=int(length)
        if length and "max_length" not in errors and how.data_type is DataType.TEXT
        else how.length,
        multi_select=select and "multi_select" in form,
        others_allowed=how.key == "others",
        # On types the vendor prints how a field is rendered only for drop-downs.
        render_type=how.shown_as if section.kind == "lead" else "SearchableDropdown" if select else "",
    )
    return _with_options(visit, kind, field, errors) if select else field


def _with_options(visit: Visit, kind: RecordType, field: Field, errors: dict[str, str]) -> Field:
    values = lines(str(visit.form.get("options", "")))
    wrong = _wrong(values, multi_select=field.multi_select)
    parent = next((some for some in _parents(kind) if some.name == visit.form.get("parent")), None)
    if wrong:
        errors["options"] = wrong
    elif not values and parent is None:
        errors["options"] = "Enter at least one option, each on a line of its own."
    field = msgspec.structs.replace(field, options=_ordered(field, values))
    if parent is None:
        return field
    under = {value: tuple(values) for value in sorted(parent.option_values)}
    return msgspec.structs.replace(field, parent=parent.name, dependent=under)


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


# a field ---------------------------------------------------------------------------------------------------


class Group(NamedTuple):
    """Options that are written together: all of a drop-down, or those under one value of its parent."""

    name: str
    label: str
    values: list[str]


def groups(kind: RecordType, where: rules.Place) -> list[Group]:
    """The options of a field as they are written; none for what is no drop-down. A parent's values keep their order."""
    field = where.field
    if field.data_type is not DataType.SELECT:
        return []
    if field.parent is None:
        return [Group("options", "Options", [option.value for option in field.options])]
    parent = where.beside(kind.fields, field.parent)
    values = [option.value for option in parent.options] if parent else []
    values += [value for value in field.dependent if value not in values]
    return [Group(f"under~{value}", value, list(field.dependent.get(value, ()))) for value in values]


async def edit(
    section: Section, visit: Visit, errors: dict[str, str] | None = None, problem: str = ""
) -> Response:
    """A field: what it is, and the form of what may change."""
    kind = type_of(section, visit)
    where = place(kind, visit.path["field"])
    field = where.field
    parent = where.beside(kind.fields, field.parent) if field.parent else None
    return visit.page(
        "metadata/field.html",
        title=field.display_name,
        status=UNPROCESSABLE if errors or problem else 200,
        section=section,
        kind=kind,
        field=field,
        inside=where.set,
        type_name=type_name(section, field),
        fixed=is_fixed(section, where.set or field),
        may_be_mandatory=_may_be_mandatory(section, where),
        parent=parent,
        groups=groups(kind, where),
        back=address_of(section, kind),
        errors=errors or {},
        problem=problem,
    )


def _may_be_mandatory(section: Section, where: rules.Place) -> bool:
    # What the standard fields of types demand is what rules rely on.
    return section.kind == "lead" or where.set is not None or is_own(section, where.field)


async def save(section: Section, visit: Visit) -> Response:
    """Change the name, the options and whether a field is mandatory."""
    kind = type_of(section, visit)
    path = visit.path["field"]
    where = place(kind, path)
    if is_fixed(section, where.set or where.field):
        return await edit(section, visit, problem="This field is the system's: it cannot be changed.")
    errors: dict[str, str] = {}
    title = str(visit.form.get("display_name", "")).strip()
    if not title or len(title) > LONGEST:
        errors["display_name"] = "Enter a name." if not title else f"Enter at most {LONGEST} characters."
    for group in groups(kind, where):
        values = lines(str(visit.form.get(group.name, "")))
        wrong = _wrong(values, multi_select=where.field.multi_select)
        if where.field.parent is None and group.name in visit.form and group.values and not values:
            wrong = "Leave at least one option, each on a line of its own."
        if wrong:
            errors[group.name] = wrong
    if errors:
        return await edit(section, visit, errors)

    async def work(call: Call[Any, Any], db: Any) -> None:
        stored = stored_type(section, call.defs, visit)
        now_there = place(stored, path)
        changed = _changed(section, visit, stored, now_there, title)
        await rules.store_field(db, call.defs, stored, now_there, changed, by=call.actor.id, now=call.now)

    try:
        await visit.write(work)
    except ApiError as error:
        return await edit(section, visit, problem=sentence(error))
    return visit.redirect(address_of(section, kind), say=f"{title} is saved.")


def _changed(section: Section, visit: Visit, kind: RecordType, where: rules.Place, title: str) -> Field:
    """The field as the form wants it."""
    field = where.field
    changes: dict[str, Any] = {"display_name": title}
    if _may_be_mandatory(section, where):
        changes["mandatory"] = "mandatory" in visit.form
    written = {
        group.label: lines(str(visit.form[group.name])) if group.name in visit.form else group.values
        for group in groups(kind, where)
    }
    if written:
        values = list(dict.fromkeys(value for some in written.values() for value in some))
        if values != [option.value for option in field.options]:
            changes["options"] = _ordered(field, values)
        if field.parent is not None:
            changes["dependent"] = {parent: tuple(some) for parent, some in written.items() if some}
    return msgspec.structs.replace(field, **changes)


def _register(section: Section, path: str, new_path: str) -> None:
    nav = section.nav
    page(f"GET {new_path}", nav=nav, admin=True)(partial(new, section))
    action(f"POST {new_path}", nav=nav, admin=True)(partial(add, section))
    page(f"GET {path}/{{field}}", nav=nav, admin=True)(partial(edit, section))
    action(f"POST {path}/{{field}}", nav=nav, admin=True)(partial(save, section))


_register(LEADS, LEADS.path, f"{LEADS.path}/new")
for _section in TYPES:
    _fields = f"{_section.path}/{{code:int}}/fields"
    _register(_section, _fields, f"{_fields}/new")
