"""One lead: its fields in groups, each edited in its place, owner and stage, and what happened."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

import msgspec
from starlette.responses import Response

from fairlead.errors import ApiError, NotFound
from fairlead.fields.model import DataType, Field
from fairlead.leads import attributes, plans, queries
from fairlead.leads.drafts import UNSET, compared_text
from fairlead.leads.pages.family import action, page
from fairlead.leads.pages.grouping import HEAD, groups
from fairlead.leads.pages.live import EVERY
from fairlead.leads.pages.timeline import part
from fairlead.leads.queries import SeenLead
from fairlead.leads.work import queries as work
from fairlead.orgs.definitions import Definitions
from fairlead.web import forms
from fairlead.web.forms import Control, Trouble
from fairlead.web.render import NOTHING, shown
from fairlead.web.visit import UNPROCESSABLE, Visit
from fairlead.wire.types import Pair

OPEN_TASKS = 20
"""Open tasks of a lead that are shown above its timeline."""

_MADE = (
    "ProspectAutoId",
    "ProspectID",
    "Origin",
    "Score",
    "EngagementScore",
    "Revenue",
    "CreatedOn",
    "CreatedByName",
    "ModifiedOn",
    "ModifiedByName",
    "LeadConversionDate",
)
"""What the server fills in, as far as it is shown."""


class Group(msgspec.Struct, kw_only=True):
    """Fields that are shown and edited together. `controls` only while they are edited."""

    key: str
    title: str
    rows: list[tuple[str, str]] = []
    empty: int = 0
    controls: list[Control] = []
    problem: Trouble | None = None


class Holder(msgspec.Struct):
    """The record that has a unique value which was refused: what it is called and where it stands."""

    name: str
    link: str


@page("GET /leads/{id:uuid}", nav="leads")
async def lead(visit: Visit) -> Response:
    """A lead with its timeline; `edit` opens one of its groups."""
    async with visit.db() as db:
        found = await _lead(visit, db)
        return await _page(visit, db, found, editing=visit.query.get("edit", ""))


@action("POST /leads/{id:uuid}", nav="leads")
async def save(visit: Visit) -> Response:
    """Write what was changed in one group, or owner and stage."""
    key = str(visit.form.get("group", ""))
    async with visit.db() as db:
        found = await _lead(visit, db)
    fields = _fields(visit.defs, key)
    changed = forms.pairs(visit, fields, _values(visit.defs, found, fields))
    if not changed:
        return visit.redirect(visit.address, say="Nothing was different, so nothing was saved.")
    problem = _stale(visit, found)
    if problem is None:
        try:
            written = await visit.run(plans.update, found.id, changed)
        except ApiError as error:
            problem = told(error, visit.defs)
    if problem is not None:
        async with visit.db() as db:
            return await _page(visit, db, found, editing=key, problem=problem, sent=changed)
    if visit.sees not in (None, written.lead.owner_id):
        name = visit.defs.user_name(written.lead.owner_id)
        return visit.redirect("/app/leads", say=f"Saved. The lead belongs to {name} now.")
    return visit.redirect(visit.address, say="Saved.")


def _stale(visit: Visit, lead: SeenLead) -> Trouble | None:
    """Says that the lead was changed since the form was shown: what stands in the form would undo that."""
    as_of = visit.form.get("as_of")
    if as_of is None or as_of == lead.modified_on.isoformat():
        return None
    return Trouble("This lead was changed while you were editing. Look over your values and save them again.")


def told(error: ApiError, defs: Definitions) -> Trouble:
    """What is wrong with the form of a lead, in words for people."""
    found = forms.trouble(error, defs.lead.fields)
    if "FirstName, LastName" in found.text:
        return Trouble("Enter a first name, a last name, an e-mail address or a phone number.", "FirstName")
    return found


async def _lead(visit: Visit, db: Any) -> SeenLead:
    found = await queries.by_ids(db, visit.org_id, visit.sees, [visit.path["id"].lower()])
    if not found:
        raise NotFound
    return found[0]


def _fields(defs: Definitions, key: str) -> list[Field]:
    if key == "head":
        return [defs.lead.fields[name] for name in HEAD]
    return next((fields for known, _, fields in groups(defs) if known == key), [])


async def _page(
    visit: Visit,
    db: Any,
    found: SeenLead,
    *,
    editing: str,
    problem: Trouble | None = None,
    sent: list[Pair] | None = None,
) -> Response:
    defs = visit.defs
    made = [
        group_of(visit, _values(defs, found, fields), key, title, fields, editing=editing, problem=problem)
        for key, title, fields in groups(defs)
    ]
    head = [defs.lead.fields[name] for name in HEAD]
    account = await queries.account(db, visit.org_id, found.account_id) if found.account_id else None
    holder = await holder_of(visit, db, problem, sent or [])
    return visit.page(
        "leads/lead.html",
        title=name_of(found),
        status=UNPROCESSABLE if problem is not None else 200,
        lead=found,
        name_of=name_of,
        groups=made,
        head_problem=problem if editing == "head" else None,
        head=_head(visit, head, found, problem if editing == "head" else None),
        made=_made(visit, found),
        account=account,
        holder=holder,
        state=await work.state(db, visit.org_id, visit.sees, found.id),
        every=EVERY,
        happened=await part(visit, db, found.id, visit.address),
        types=postable(visit),
        open_tasks=await work.open_tasks(db, visit.org_id, found.id, OPEN_TASKS)
        if visit.has("/app/tasks")
        else [],
    )


def name_of(lead: SeenLead) -> str:
    """What a lead is called: by name, else by e-mail address, phone or number."""
    fields = lead.fields
    name = f"{fields.get('FirstName') or ''} {fields.get('LastName') or ''}".strip()
    return name or fields.get("EmailAddress") or fields.get("Phone") or f"Lead {lead.auto_id}"


async def holder_of(visit: Visit, db: Any, problem: Trouble | None, sent: Iterable[Pair]) -> Holder | None:
    """The lead that has the unique value which was refused, if the person may see it."""
    field = visit.defs.lead.fields.get(problem.field or "") if problem is not None else None
    value = next((pair.Value for pair in sent if field is not None and pair.name == field.name), None)
    if field is None or not field.unique or not value:
        return None
    text = compared_text(visit.call(), field, value)
    found = await queries.by_key(db, visit.org_id, visit.sees, field.name, text or "")
    return Holder(name_of(found[0]), f"/app/leads/{found[0].id}") if found else None


def postable(visit: Visit) -> list[tuple[int, str]]:
    """Types of activities that are posted by hand; none while there is no screen for it."""
    if not visit.has("/app/leads/{id:uuid}/activities/new"):
        return []
    types = (kind for kind in visit.defs.of_kind("activity") if kind.active)
    return sorted(((kind.code, kind.display_name) for kind in types), key=lambda one: one[1].casefold())


def _values(defs: Definitions, lead: SeenLead, fields: Iterable[Field]) -> dict[str, Any]:
    """Stored values by name; where a field without a value means one, that."""
    found = {field.name: lead.fields.get(field.name, UNSET.get(field.name)) for field in fields}
    core = {"ProspectStage": lead.stage, "OwnerId": lead.owner_id}
    return found | {name: value for name, value in core.items() if name in found}


def group_of(
    visit: Visit,
    values: Mapping[str, Any],
    key: str,
    title: str,
    fields: list[Field],
    *,
    editing: str,
    problem: Trouble | None,
) -> Group:
    """A group as it is shown, or, where it is the one that is edited, with its controls. `values` by field."""
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


def _head(visit: Visit, fields: list[Field], lead: SeenLead, problem: Trouble | None) -> list[Control]:
    """Stage and owner; a user who is not active any more stays named."""
    labels: Mapping[str, str] = {"OwnerId": "Owner", "ProspectStage": "Stage"}
    made = forms.controls(visit, fields, _values(visit.defs, lead, fields), problem)
    for control in made:
        control.label = labels[control.name]
        control.choices = [choice for choice in control.choices if choice.value]
        for choice in control.choices:
            if choice.value == choice.text == lead.owner_id:
                choice.text = f"{visit.defs.user_name(lead.owner_id) or choice.value} (not active)"
    return made


def _made(visit: Visit, lead: SeenLead) -> list[tuple[str, str]]:
    rows = []
    for name in _MADE:
        field, read = visit.defs.lead.fields.get(name), attributes.reader(visit.defs, name)
        text = read(lead) if read is not None else None
        if field is not None and text:
            rows.append((field.display_name, shown(visit, field, _number(field, text))))
    return [row for row in rows if row[1] != NOTHING]


def _number(field: Field, text: str) -> Any:
    """Only what is counted is written with groups; the lead's number is a name."""
    counted = field.data_type is DataType.NUMBER and field.name != "ProspectAutoId"
    return Decimal(text) if counted else text
