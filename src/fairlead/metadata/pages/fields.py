"""Screens of a field: what it is, and what may change about it, its options above all."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import msgspec
from starlette.responses import Response

from fairlead.errors import ApiError
from fairlead.fields.model import DataType, Field
from fairlead.leads.uniqueness import rules as uniqueness
from fairlead.leads.uniqueness.queries import Repeated
from fairlead.metadata import rules
from fairlead.metadata.pages import kinds
from fairlead.metadata.pages.forms import lines, named, ordered, wrong_options
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
from fairlead.orgs.definitions import RecordType
from fairlead.web.screens import ROOT
from fairlead.web.visit import UNPROCESSABLE, Visit, sentence, with_query
from fairlead.wire.operation import Call

log = logging.getLogger("fairlead.metadata")


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
    section: Section,
    visit: Visit,
    errors: dict[str, str] | None = None,
    problem: str = "",
    repeated: Sequence[Repeated] = (),
) -> Response:
    """A field: what it is, and the form of what may change."""
    kind = type_of(section, visit)
    where = place(kind, visit.path["field"])
    field = where.field
    above = fields_address(section, kind)
    places, behind = _places(section, kind, where)
    return visit.page(
        "metadata/field.html",
        title=field.display_name,
        status=UNPROCESSABLE if errors or problem or repeated else 200,
        section=section,
        kind=kind,
        field=field,
        inside=where.set,
        words=kinds.words(field),
        type_name=type_name(section, field),
        fixed=is_fixed(section, where.set or field),
        rows=kinds.members(section, field),
        fields_address=above,
        may_be_mandatory=_may_be_mandatory(section, where),
        may_be_hidden=where.set is None,
        places=places,
        behind=behind,
        parent=where.beside(kind.fields, field.parent) if field.parent else None,
        groups=groups(kind, where),
        unique_reason=uniqueness.why_not(visit.defs, field.name) if section.kind == "lead" else None,
        repeated=[(_leads_with(field, one.value), one.value, one.leads) for one in repeated],
        back=f"{above}/{where.set.name}" if where.set else address_of(section, kind),
        errors=errors or {},
        problem=problem,
    )


def _places(section: Section, kind: RecordType, where: rules.Place) -> tuple[list[tuple[str, str]], str]:
    """The fields behind which this one can stand, and the one behind which it does; none for one that stays."""
    order = rules.movable(kind)
    if where.set is not None or where.field not in order:
        return [], ""
    found = [
        ("", "Nothing: it comes first"),
        *((f.name, f.display_name) for f in order if f is not where.field),
    ]
    return found, found[order.index(where.field)][0]


def _may_be_mandatory(section: Section, where: rules.Place) -> bool:
    # What the standard fields of types demand is what rules rely on; of a field set no field is demanded.
    if where.set is not None or where.field.data_type is DataType.FIELD_SET:
        return False
    return section.kind == "lead" or is_own(section, where.field)


async def save(section: Section, visit: Visit) -> Response:
    """Change the name, the options and whether a field is mandatory."""
    kind = type_of(section, visit)
    path = visit.path["field"]
    where = place(kind, path)
    if is_fixed(section, where.set or where.field):
        return await edit(section, visit, problem="This is a system field, read-only: nothing was changed.")
    errors: dict[str, str] = {}
    title = named(visit, "display_name", errors)
    if where.set is None and "mandatory" in visit.form and "show_in_form" not in visit.form:
        errors["show_in_form"] = "A mandatory field has to be in the forms."
    for group in groups(kind, where):
        values = lines(str(visit.form.get(group.name, "")))
        wrong = wrong_options(values, multi_select=where.field.multi_select)
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
        behind = visit.form.get("behind")
        places, standing = _places(section, stored, now_there)
        if behind is not None and places and behind != standing:
            await rules.move(db, call.defs, stored, now_there.field.name, str(behind), now=call.now)

    try:
        await visit.write(work)
    except ApiError as error:
        return await edit(section, visit, problem=sentence(error))
    back = f"{fields_address(section, kind)}/{where.set.name}" if where.set else address_of(section, kind)
    return visit.redirect(back, say=f"{title} is saved.")


def _changed(section: Section, visit: Visit, kind: RecordType, where: rules.Place, title: str) -> Field:
    """The field as the form wants it."""
    field = where.field
    changes: dict[str, Any] = {"display_name": title}
    if _may_be_mandatory(section, where):
        changes["mandatory"] = "mandatory" in visit.form
    if where.set is None:
        # A mandatory standard field has no box: it stands in the forms.
        changes["show_in_form"] = "show_in_form" in visit.form or changes.get("mandatory", field.mandatory)
    written = {
        group.label: lines(str(visit.form[group.name])) if group.name in visit.form else group.values
        for group in groups(kind, where)
    }
    if written:
        values = list(dict.fromkeys(value for some in written.values() for value in some))
        if values != [option.value for option in field.options]:
            changes["options"] = ordered(field, values)
        if field.parent is not None:
            changes["dependent"] = {parent: tuple(some) for parent, some in written.items() if some}
    return msgspec.structs.replace(field, **changes)


PATIENCE = 10.0
"""Seconds that somebody waits for the comparison of all leads; it goes on behind them."""

_running: set[asyncio.Task[bool]] = set()


def _ended(task: asyncio.Task[bool]) -> None:
    _running.discard(task)
    if not task.cancelled() and (error := task.exception()) is not None:
        log.warning("a field did not become unique: %s", error)


async def set_unique(visit: Visit) -> Response:
    """Let no two leads have the same value in a field, or let them."""
    field = place(visit.defs.lead, visit.path["field"]).field
    back = f"{LEADS.address}/{visit.path['field']}"
    by, now = visit.actor.id, visit.now
    try:
        if visit.form.get("on") != "1":
            await uniqueness.make_common(visit.office.pool, visit.org_id, field.name, by=by, now=now)
            return visit.redirect(back, say=f"Leads may have the same {field.display_name} from now on.")
        made = uniqueness.make_unique(visit.office.pool, visit.org_id, field.name, by=by, now=now)
        task = asyncio.create_task(made, name=f"unique {field.name}")
        _running.add(task)
        task.add_done_callback(_ended)
        done, _ = await asyncio.wait({task}, timeout=PATIENCE)
        if not done:
            return visit.redirect(
                back, say="The values of all leads are being compared: look again in a minute."
            )
        task.result()
    except uniqueness.Refused as refused:
        return await edit(
            LEADS, visit, problem="" if refused.repeated else str(refused), repeated=refused.repeated
        )
    return visit.redirect(back, say=f"{field.display_name} is unique: no two leads have the same value.")


def _leads_with(field: Field, value: str) -> str:
    """The list of the leads with this value."""
    return with_query(f"{ROOT}/leads", field=field.name, op="=", value=value)


action(f"POST {LEADS.path}/{{field}}/unique", nav=LEADS.nav, admin=True)(set_unique)


def _register(section: Section, path: str) -> None:
    page(f"GET {path}/{{field}}", nav=section.nav, admin=True)(partial(edit, section))
    action(f"POST {path}/{{field}}", nav=section.nav, admin=True)(partial(save, section))


_register(LEADS, LEADS.path)
for _section in TYPES:
    _register(_section, f"{_section.path}/{{code:int}}/fields")
