"""Screens of record types: the list of a section, one type with its fields, a new one."""

from __future__ import annotations

from functools import partial
from typing import Any

import msgspec
from starlette.responses import Response

from fairlead.errors import ApiError, Duplicate
from fairlead.metadata import rules
from fairlead.metadata.pages.fields import Group, groups
from fairlead.metadata.pages.kinds import rows
from fairlead.metadata.pages.sections import (
    LEADS,
    TYPES,
    Section,
    action,
    address_of,
    fields_address,
    page,
    stored_type,
    type_of,
)
from fairlead.orgs import rules as orgs
from fairlead.orgs.definitions import TYPE_SETTINGS, RecordType
from fairlead.orgs.settings import Wrong
from fairlead.web.visit import UNPROCESSABLE, Visit, sentence
from fairlead.wire.operation import Call

NAME_LENGTH = 200
STAGE = "mx_Custom_2"
"""The field that holds the stage of an opportunity."""


class Wish(msgspec.Struct):
    """What the form of a type says, and what is wrong with it: a sentence per control."""

    name: str = ""
    code: int | None = None
    score: int = 0
    settings: dict[str, Any] = {}
    errors: dict[str, str] = {}


def _wish(section: Section, visit: Visit) -> Wish:
    found = Wish(name=str(visit.form.get("name", "")).strip(), settings={}, errors={})
    if not found.name:
        found.errors["name"] = "Enter a name."
    elif len(found.name) > NAME_LENGTH:
        found.errors["name"] = f"Enter at most {NAME_LENGTH} characters."
    code = str(visit.form.get("code", "")).strip()
    if code:
        found.code = int(code) if code.isascii() and code.isdigit() and len(code) < 10 else -1
    if section.scored:
        score = _whole(str(visit.form.get("score", "")).strip() or "0")
        if score is None:
            found.errors["score"] = "Enter a whole number, such as 10 or -5."
        found.score = score or 0
    if section.kind == "activity":
        found.settings["direction"] = int(visit.form.get("direction") == "1")
    description = str(visit.form.get("description", "")).strip().replace("\r\n", "\n")
    if len(description) > 4000:
        found.errors["description"] = "Enter at most 4000 characters."
    found.settings["description"] = description
    for name, _ in (*section.switches, *section.told):
        found.settings[name] = name in visit.form
    return found


def _of_opportunities(visit: Visit, kind: RecordType) -> dict[str, Any]:
    """What the form says about duplicates and the number of opportunities."""
    ticked = {str(name) for name in visit.form.getlist("duplicate_fields")}
    known = [field.name for field in rules.comparable(kind) if field.name in ticked]
    return {
        "duplicate_fields": [*known, *sorted(ticked.difference(known))],
        "auto_id_field": str(visit.form.get("auto_id_field", "")) or None,
    }


def _whole(text: str) -> int | None:
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 10):
        return None
    return int(text) if abs(int(text)) <= rules.LARGEST_SCORE else None


async def listing(section: Section, visit: Visit) -> Response:
    """The types of a section, by code."""
    return visit.page(
        "metadata/types.html",
        title=section.title,
        section=section,
        types=visit.defs.of_kind(section.kind),
    )


async def new(section: Section, visit: Visit, wish: Wish | None = None, problem: str = "") -> Response:
    """The form of a new type."""
    errors = wish.errors if wish else {}
    return visit.page(
        "metadata/new_type.html",
        title=f"New {section.one}",
        status=UNPROCESSABLE if errors or problem else 200,
        section=section,
        settings=TYPE_SETTINGS,
        errors=errors,
        problem=problem,
    )


async def create(section: Section, visit: Visit) -> Response:
    """Make a type; on to its page."""
    wish = _wish(section, visit)
    if wish.errors:
        return await new(section, visit, wish)

    async def work(call: Call[Any, Any], db: Any) -> int:
        made = orgs.NewType(
            kind=section.kind, name=wish.name, code=wish.code, score=wish.score, settings=wish.settings
        )
        [code] = await orgs.define_types(db, call.org_id, [made], by=call.actor.id, now=call.now)
        return code

    try:
        code = await visit.write(work)
    except Duplicate:
        wish.errors["code"] = "Another type has this code. Choose another, or leave it empty."
        return await new(section, visit, wish)
    except ApiError as error:
        if wish.code is None:
            return await new(section, visit, wish, sentence(error))
        wish.errors["code"] = f"Enter a code from {section.codes}, or leave it empty."
        return await new(section, visit, wish)
    return visit.redirect(f"{section.address}/{code}", say=f"{wish.name} has the code {code}.")


async def one(section: Section, visit: Visit, wish: Wish | None = None, problem: str = "") -> Response:
    """A type: what it is, and its fields."""
    kind = type_of(section, visit)
    errors = wish.errors if wish else {}
    return visit.page(
        "metadata/type.html",
        title=kind.display_name,
        status=UNPROCESSABLE if errors or problem else 200,
        section=section,
        kind=kind,
        settings={name: kind.setting(name) for name in TYPE_SETTINGS},
        rows=rows(section, kind),
        fields_address=fields_address(section, kind),
        compared=rules.comparable(kind),
        numbers=[("", "None"), *((field.name, field.display_name) for field in rules.numberable(kind))],
        stages=_stages(section, kind),
        stage=STAGE,
        errors=errors,
        problem=problem,
    )


def _stages(section: Section, kind: RecordType) -> list[Group]:
    """The stages of an opportunity type under each status."""
    field = kind.fields.get(STAGE) if section.kind == "opportunity" else None
    return groups(kind, rules.Place(field)) if field is not None else []


async def save(section: Section, visit: Visit) -> Response:
    """Change what a type is called, its score and its settings."""
    kind = type_of(section, visit)
    wish = _wish(section, visit)
    if wish.errors:
        return await one(section, visit, wish)
    if section.kind == "opportunity":
        wish.settings |= _of_opportunities(visit, kind)

    async def work(call: Call[Any, Any], db: Any) -> None:
        change = rules.TypeChange(
            name=wish.name, score=wish.score if section.scored else None, settings=wish.settings
        )
        stored = stored_type(section, call.defs, visit)
        if section.kind == "opportunity":
            await rules.check_opportunity_type(db, call.defs, stored, wish.settings)
        await rules.update_activity_type(db, call.defs, stored, change, by=call.actor.id, now=call.now)

    try:
        await visit.write(work)
    except ApiError as error:
        return await one(section, visit, wish, sentence(error))
    except Wrong as wrong:
        wish.errors[wrong.name] = wrong.reason
        return await one(section, visit, wish)
    if wish.settings.get("auto_id_field") not in (None, kind.setting("auto_id_field")):
        await rules.show_numbers(visit.office.pool, visit.org_id, kind.code, wish.settings["auto_id_field"])
    return visit.redirect(address_of(section, kind), say=f"{wish.name} is saved.")


async def switch(section: Section, visit: Visit) -> Response:
    """Activate or deactivate a type: with one that is deactivated nothing new is recorded."""
    kind = type_of(section, visit)
    active = visit.form.get("on") == "1"

    async def work(call: Call[Any, Any], db: Any) -> None:
        stored = stored_type(section, call.defs, visit)
        await rules.set_active(db, call.defs, stored, active=active, by=call.actor.id, now=call.now)

    await visit.write(work)
    said = "is active again" if active else "is deactivated: nothing new can be recorded with it"
    return visit.redirect(address_of(section, kind), say=f"{kind.display_name} {said}.")


async def remove(section: Section, visit: Visit) -> Response:
    """Delete a type that nothing was recorded with, and deactivate another one."""
    kind = type_of(section, visit)

    async def work(call: Call[Any, Any], db: Any) -> bool:
        stored = stored_type(section, call.defs, visit)
        return await rules.delete_activity_type(db, call.defs, stored, by=call.actor.id, now=call.now)

    if await visit.write(work):
        return visit.redirect(section.address, say=f"{kind.display_name} is deleted.")
    said = f"{kind.display_name} is in use, so it is deactivated: nothing new can be recorded with it."
    return visit.redirect(section.address, say=said)


async def lead_fields(visit: Visit) -> Response:
    """The fields of leads; `q` is part of a name."""
    part = visit.query.get("q", "").strip().casefold()
    found = rows(LEADS, visit.defs.lead)
    if part:
        found = [
            row
            for row in found
            if part in row.field.name.casefold() or part in row.field.display_name.casefold()
        ]
    return visit.page(
        "metadata/lead_fields.html",
        title=LEADS.title,
        section=LEADS,
        rows=found,
        fields_address=LEADS.address,
        part=visit.query.get("q", ""),
    )


page(f"GET {LEADS.path}", nav=LEADS.nav, admin=True)(lead_fields)
for _section in TYPES:
    _path, _nav = _section.path, _section.nav
    page(f"GET {_path}", nav=_nav, admin=True)(partial(listing, _section))
    page(f"GET {_path}/new", nav=_nav, admin=True)(partial(new, _section))
    action(f"POST {_path}/new", nav=_nav, admin=True)(partial(create, _section))
    page(f"GET {_path}/{{code:int}}", nav=_nav, admin=True)(partial(one, _section))
    action(f"POST {_path}/{{code:int}}", nav=_nav, admin=True)(partial(save, _section))
    action(f"POST {_path}/{{code:int}}/active", nav=_nav, admin=True)(partial(switch, _section))
    if _section.removable:
        action(f"POST {_path}/{{code:int}}/delete", nav=_nav, admin=True)(partial(remove, _section))
