"""Making two leads one: the other is found, both stand side by side, of each difference one value is chosen.

What will happen is told before it does.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import msgspec
from starlette.responses import Response

from fairlead.errors import ApiError, NotFound
from fairlead.fields.model import Field
from fairlead.leads import queries, removal
from fairlead.leads.drafts import UNSET
from fairlead.leads.pages.family import action, page
from fairlead.leads.pages.queries import same_email_name, same_name
from fairlead.leads.pages.record import name_of
from fairlead.leads.queries import SeenLead
from fairlead.leads.searching import newest
from fairlead.records.picture import is_id
from fairlead.web.render import NOTHING, shown
from fairlead.web.visit import UNPROCESSABLE, Visit
from fairlead.wire.operation import Call

FOUND = 20
"""Leads that a search offers."""

KEEP = "keep~"
"""Before the name of a field: whose value stays, `master` or `child`."""


NEWEST = 2000
"""Leads of which those with the same name are proposed."""

LIKELY = 6
"""Leads that are proposed for one reason."""


class Likely(msgspec.Struct):
    """A lead that may be the same person, and why."""

    lead: SeenLead
    why: str


class Difference(msgspec.Struct):
    """A field in which two leads differ, as text. `is_open`: both have a value, so one is chosen."""

    name: str
    label: str
    master: str
    child: str
    is_open: bool
    is_childs: bool


@page("GET /leads/{id:uuid}/merge", nav="leads")
async def compare(visit: Visit) -> Response:
    """Find the other lead (`q`); with its id (`with`), both side by side; with `check`, what will happen."""
    return await _page(visit, visit.query.get("with", ""))


@action("POST /leads/{id:uuid}/merge", nav="leads")
async def merge(visit: Visit) -> Response:
    """Make the other lead part of this one, by the rule of the API."""
    master_id, child_id = visit.path["id"].lower(), str(visit.form.get("with", "")).lower()
    prefer = [
        name.removeprefix(KEEP)
        for name, value in visit.form.items()
        if name.startswith(KEEP) and value == "child"
    ]
    async with visit.db() as db:
        master, child = await _lead(visit, db, master_id), await _lead(visit, db, child_id)
    if visit.form.get("as_of", "") not in ("", _as_of(master, child)):
        said = "One of the leads was changed while you were choosing. Look over your choices and merge again."
        return await _page(visit, child_id, said)

    async def work(call: Call[Any, Any], db: Any) -> None:
        await removal.merge(db, call, master_id, child_id, prefer=prefer)

    try:
        await visit.write(work)
    except ApiError as error:
        return await _page(visit, child_id, error.message)
    return visit.redirect(f"/app/leads/{master_id}", say=f"{name_of(child)} is part of this lead now.")


async def _lead(visit: Visit, db: Any, id: str) -> SeenLead:
    found = await queries.by_ids(db, visit.org_id, visit.sees, [id.lower()]) if is_id(id) else []
    if not found:
        raise NotFound
    return found[0]


def _as_of(master: SeenLead, child: SeenLead) -> str:
    return f"{master.modified_on.isoformat()}~{child.modified_on.isoformat()}"


async def _page(visit: Visit, child_id: str, problem: str = "") -> Response:
    async with visit.db() as db:
        master = await _lead(visit, db, visit.path["id"])
        child = await _lead(visit, db, child_id) if child_id else None
        if child is not None and child.id == master.id:
            child, problem = None, "A lead cannot be merged with itself. Choose another one."
        if child is None:
            return await _finding(visit, db, master, problem)
        happened = {
            one.id: sum((await queries.happened(db, visit.org_id, one.id)).values())
            for one in (master, child)
        }
    as_of, is_checked = _as_of(master, child), "check" in visit.query and not visit.form
    if is_checked and visit.query.get("as_of", as_of) != as_of:
        problem = "One of the leads was changed while you were choosing. Look over your choices."
    here = f"/app/leads/{master.id}/merge"
    kept = [(name, text) for name, text in visit.query.multi_items() if name not in ("check", "as_of")]
    return visit.page(
        "leads/merge_check.html" if is_checked and not problem else "leads/merge.html",
        title=f"Merge {name_of(master)}",
        status=UNPROCESSABLE if problem else 200,
        here=here,
        choosing=f"{here}?{urlencode(kept)}",
        master=master,
        child=child,
        name_of=name_of,
        differences=_differences(visit, master, child),
        happened=happened,
        as_of=as_of,
        keep=KEEP,
        problem=problem,
    )


async def _finding(visit: Visit, db: Any, master: SeenLead, problem: str) -> Response:
    """Asks for the other lead: those that are likely, or those with the words."""
    words = visit.query.get("q", "").strip()
    return visit.page(
        "leads/merge_find.html",
        title=f"Merge {name_of(master)}",
        status=UNPROCESSABLE if problem else 200,
        here=f"/app/leads/{master.id}/merge",
        master=master,
        name_of=name_of,
        words=words,
        found=await _found(visit, db, words, master) if words else [],
        likely=[] if words else await _likely(visit, db, master),
        problem=problem,
    )


async def _likely(visit: Visit, db: Any, master: SeenLead) -> list[Likely]:
    """Other leads that may be the same person: by number, by the name in the e-mail address, by name."""
    fields, unique = master.fields, {field.name for field in visit.defs.unique}
    why: dict[str, str] = {}
    for name in ("Phone", "Mobile") if {"Phone", "Mobile"} <= unique else ():
        text = str(fields.get(name) or "")
        same = await queries.by_phone(db, visit.org_id, visit.sees, text, keyed=True) if text else []
        why |= {lead.id: "The same phone number" for lead in same[:LIKELY]}
    before, at, _ = str(fields.get("EmailAddress") or "").lower().partition("@")
    if at and before and "EmailAddress" in unique:
        for id in await same_email_name(db, visit.org_id, before, LIKELY):
            why.setdefault(id, "The same name in the e-mail address")
    first, last = (str(fields.get(name) or "") for name in ("FirstName", "LastName"))
    if first or last:
        called = await same_name(db, visit.org_id, visit.sees, first, last, among=NEWEST, most=LIKELY)
        why |= {id: "The same name" for id in called if id not in why}
    seen = await queries.by_ids(db, visit.org_id, visit.sees, [id for id in why if id != master.id])
    return [Likely(lead, why[lead.id]) for lead in seen]


async def _found(visit: Visit, db: Any, words: str, master: SeenLead) -> list[SeenLead]:
    """Other leads with these words, newest first."""
    found = await newest(visit, db, words, FOUND + 1)
    return [lead for lead in found if lead.id != master.id][:FOUND]


def _differences(visit: Visit, master: SeenLead, child: SeenLead) -> list[Difference]:
    """Where the two differ: what both have first, then what one of them has."""
    found = []
    sent: Any = visit.form or visit.query
    for name, field in removal.choosable(visit.defs).items():
        one, other = _value(field, master), _value(field, child)
        if one == other:
            continue
        chosen = sent.get(f"{KEEP}{name}", "master") == "child"
        mine, its = shown(visit, field, one), shown(visit, field, other)
        is_open = NOTHING not in (mine, its)
        found.append(Difference(name, _label(field), mine, its, is_open, is_open and chosen))
    return sorted(found, key=lambda difference: not difference.is_open)


def _label(field: Field) -> str:
    return {"OwnerId": "Owner", "ProspectStage": "Stage"}.get(field.name, field.display_name)


def _value(field: Field, lead: SeenLead) -> Any:
    core = {"OwnerId": lead.owner_id, "ProspectStage": lead.stage}
    return core.get(field.name) or lead.fields.get(field.name, UNSET.get(field.name))
