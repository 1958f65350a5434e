"""One opportunity: its fields in groups, each edited in its place, status, stage and owner, and what happened."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from starlette.responses import Response

from fairlead.activities.drafts import NOTE
from fairlead.errors import ApiError, NotFound
from fairlead.fields.model import Field
from fairlead.fields.standard.opportunities import OPPORTUNITY_FIELDS
from fairlead.leads import queries as leads
from fairlead.leads.pages.record import Group, name_of, postable
from fairlead.leads.queries import SeenLead
from fairlead.opportunities import deletion, rules
from fairlead.opportunities.finding import one
from fairlead.opportunities.pages.asking import ADDRESS, types
from fairlead.opportunities.pages.family import action, page
from fairlead.opportunities.pages.overview import deal_of, title_of
from fairlead.opportunities.pages.timeline import part
from fairlead.opportunities.rules import STAGE
from fairlead.orgs.definitions import RecordType
from fairlead.records.rows import Activity
from fairlead.tasks import queries as tasks
from fairlead.web import forms
from fairlead.web.forms import Control, Trouble
from fairlead.web.render import shown
from fairlead.web.visit import UNPROCESSABLE, Visit, with_query

HEAD = ("Status", STAGE, "Owner")
"""Fields that stand at the head of the record, with a form of their own."""

OPEN_TASKS = 20
"""Open tasks that are shown above the timeline."""

_GROUPS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (
        "deal",
        "Deal",
        ("mx_Custom_1", "mx_Custom_6", "mx_Custom_7", "mx_Custom_8", "mx_Custom_9", "mx_Custom_10"),
    ),
    ("notes", "Notes", (NOTE, "mx_Custom_5")),
    ("source", "Where it came from", ("mx_Custom_3", "mx_Custom_4")),
)
"""Groups of the standard fields: key, title, fields. Own fields come after the first."""

_STANDARD = frozenset(field.name for field in OPPORTUNITY_FIELDS)


def groups(kind: RecordType) -> list[tuple[str, str, list[Field]]]:
    """The fields of a type that people edit, in groups: key, title, fields."""
    auto = kind.setting("auto_id_field")
    fields = {
        name: field
        for name, field in kind.fields.items()
        if not field.read_only and name not in HEAD and name != auto
    }
    found = [
        (key, title, [fields[name] for name in names if name in fields]) for key, title, names in _GROUPS
    ]
    found.insert(1, ("own", "Details", [field for name, field in fields.items() if name not in _STANDARD]))
    return [group for group in found if group[2]]


@page("GET /opportunities/{id:uuid}", nav="opportunities")
async def opportunity(visit: Visit) -> Response:
    """An opportunity with its timeline; `edit` opens one of its groups."""
    async with visit.db() as db:
        found, kind = await one(visit.call(), db, visit.path["id"], owner=visit.sees)
        return await _page(visit, db, found, kind, editing=visit.query.get("edit", ""))


@action("POST /opportunities/{id:uuid}", nav="opportunities")
async def save(visit: Visit) -> Response:
    """Write what was changed in one group, or status, stage and owner."""
    key = str(visit.form.get("group", ""))
    async with visit.db() as db:
        found, kind = await one(visit.call(), db, visit.path["id"], owner=visit.sees)
    fields = _fields(kind, key)
    changed = forms.pairs(visit, fields, _values(found, fields))
    if key == "head":
        # A stage that the new status does not allow is no choice of the form: the first one of the status is taken.
        changed = [pair for pair in changed if pair.Value not in (None, "")]
    if not changed:
        return visit.redirect(visit.address, say="Nothing was different, so nothing was saved.", kind="info")
    problem = _stale(visit, found)
    if problem is None:
        try:
            await visit.run(rules.update, found.id, changed)
        except ApiError as error:
            problem = forms.trouble(error, kind.fields)
    if problem is not None:
        async with visit.db() as db:
            return await _page(visit, db, found, kind, editing=key, problem=problem)
    return visit.redirect(visit.address, say="Saved.")


@action("POST /opportunities/{id:uuid}/delete", nav="opportunities")
async def delete(visit: Visit) -> Response:
    """Delete the opportunity, where its type allows that, and show the board."""
    async with visit.db() as db:
        found, kind = await one(visit.call(), db, visit.path["id"], owner=visit.sees)
    await visit.write(lambda call, db: deletion.delete(call, db, found.id))
    return visit.redirect(_board(visit, kind), say=f"{title_of(found, kind)} is deleted.")


def _board(visit: Visit, kind: RecordType) -> str:
    return with_query(ADDRESS, type=kind.code if len(types(visit)) > 1 else "")


def _stale(visit: Visit, found: Activity) -> Trouble | None:
    """Says that it was changed since the form was shown: what stands in the form would undo that."""
    as_of = visit.form.get("as_of")
    if as_of is None or as_of == found.modified_on.isoformat():
        return None
    return Trouble(
        "This opportunity was changed while you were editing. Look over your values and save them again."
    )


def _fields(kind: RecordType, key: str) -> list[Field]:
    if key == "head":
        return [kind.fields[name] for name in HEAD if name in kind.fields]
    return next((fields for known, _, fields in groups(kind) if known == key), [])


def _values(found: Activity, fields: Iterable[Field]) -> dict[str, Any]:
    """Stored values by name."""
    core = {NOTE: found.note, "Status": found.status, "Owner": found.owner_id}
    return {field.name: core.get(field.name, found.fields.get(field.name)) for field in fields}


async def _page(
    visit: Visit,
    db: Any,
    found: Activity,
    kind: RecordType,
    *,
    editing: str,
    problem: Trouble | None = None,
) -> Response:
    on = await leads.by_ids(db, visit.org_id, visit.sees, [found.lead_id or ""])
    if not on:
        raise NotFound
    lead = on[0]
    in_head = problem if editing == "head" else None
    return visit.page(
        "opportunities/opportunity.html",
        title=title_of(found, kind),
        status=UNPROCESSABLE if problem is not None else 200,
        deal=deal_of(visit, found, kind, name_of(lead)),
        kind=kind,
        as_of=found.modified_on.isoformat(),
        groups=[_group(visit, found, *some, editing=editing, problem=problem) for some in groups(kind)],
        head=_head(visit, found, kind, in_head),
        head_problem=in_head,
        lead_rows=_lead_rows(visit, lead),
        made=_made(visit, found, kind),
        happened=await part(visit, db, found, kind, visit.address),
        open_tasks=await tasks.open_about(db, visit.org_id, found.id, OPEN_TASKS),
        types=postable(visit),
        board=_board(visit, kind),
        can_delete=bool(kind.setting("can_delete")),
    )


def _group(
    visit: Visit,
    found: Activity,
    key: str,
    title: str,
    fields: list[Field],
    *,
    editing: str,
    problem: Trouble | None,
) -> Group:
    values = _values(found, fields)
    if key == editing:
        return Group(
            key=key, title=title, controls=forms.controls(visit, fields, values, problem), problem=problem
        )
    filled = [field for field in fields if values[field.name] not in (None, "", {}, [])]
    return Group(
        key=key,
        title=title,
        rows=[(field.display_name, shown(visit, field, values[field.name])) for field in filled],
        empty=len(fields) - len(filled),
    )


def _head(visit: Visit, found: Activity, kind: RecordType, problem: Trouble | None) -> list[Control]:
    """Status, stage and owner, none of which can be empty; a user who is not active any more stays named."""
    fields = _fields(kind, "head")
    made = forms.controls(visit, fields, _values(found, fields), problem)
    for control in made:
        control.choices = [choice for choice in control.choices if choice.value]
        for choice in control.choices:
            if choice.value == choice.text == found.owner_id:
                choice.text = f"{visit.defs.user_name(found.owner_id) or choice.value} (not active)"
    return made


def _lead_rows(visit: Visit, lead: SeenLead) -> list[tuple[str, str]]:
    """What one wants to know of the lead here."""
    rows = [
        ("Stage", lead.stage),
        ("Owner", visit.defs.user_name(lead.owner_id) or ""),
        *(
            (visit.defs.lead.fields[name].display_name, str(lead.fields.get(name) or ""))
            for name in ("EmailAddress", "Phone", "Company")
            if name in visit.defs.lead.fields
        ),
    ]
    return [row for row in rows if row[1]]


def _made(visit: Visit, found: Activity, kind: RecordType) -> list[tuple[str, str]]:
    values: dict[str, Any] = {
        "CreatedOn": found.happened_on,
        "CreatedBy": found.created_by,
        "ModifiedOn": found.modified_on,
        "ModifiedBy": found.modified_by,
    }
    rows = [
        (kind.fields[name].display_name, shown(visit, kind.fields[name], value))
        for name, value in values.items()
        if name in kind.fields
    ]
    return [*rows, ("Number", str(found.auto_id))] if found.auto_id is not None else rows
