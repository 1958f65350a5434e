"""One lead: its fields in groups, each edited in its place, owner and stage, and what happened."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

import msgspec
from markupsafe import Markup
from starlette.responses import Response

from fairlead.errors import ApiError, Duplicate, NotFound
from fairlead.fields.model import DataType, Field
from fairlead.leads import attributes, plans, queries
from fairlead.leads.drafts import UNSET, compared_text
from fairlead.leads.pages.family import action, page
from fairlead.leads.pages.grouping import HEAD, groups
from fairlead.leads.pages.lines import line_of, seal, section_of
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

OPEN_TASKS = 100
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
    """A lead with its timeline; `edit` opens one of its groups, or one field. A script may ask for its line alone."""
    editing = visit.query.get("edit", "")
    async with visit.db() as db:
        found = await _lead(visit, db)
        alone = _alone(visit)
        if alone is None:
            return await _page(visit, db, found, editing=editing)
    line = line_of(visit, _values(visit.defs, found), alone, is_edited=alone.name == editing)
    return visit.partial("leads/line.html", line=line, here=visit.address)


@action("POST /leads/{id:uuid}", nav="leads")
async def save(visit: Visit) -> Response:
    """Write what was changed in one group or one field (`group`), or owner and stage."""
    key = str(visit.form.get("group", ""))
    async with visit.db() as db:
        found = await _lead(visit, db)
    values = _values(visit.defs, found)
    fields = _fields(visit.defs, key)
    changed = forms.pairs(visit, fields, values)
    problem = _stale(visit, {field.name: values[field.name] for field in fields}) if changed else None
    if changed and problem is None:
        try:
            written = await visit.run(plans.update, found.id, changed)
        except ApiError as error:
            problem = await refused(visit, error, changed)
        else:
            if visit.sees not in (None, written.lead.owner_id):
                name = visit.defs.user_name(written.lead.owner_id)
                return visit.leave("/app/leads", say=f"Saved. The lead belongs to {name} now.")
    if visit.is_htmx and visit.request.headers.get("hx-target", "") in ("lead-head", f"field-{key}"):
        return await _pieces(visit, key, problem)
    if problem is not None:
        async with visit.db() as db:
            return await _page(visit, db, found, editing=key, problem=problem)
    return visit.redirect(
        visit.address, say="Saved." if changed else "Nothing was different, so nothing was saved."
    )


async def _pieces(visit: Visit, key: str, problem: Trouble | None) -> Response:
    """What a form that was sent from its place left there: the field or the head, and what else is another by now."""
    async with visit.db() as db:
        found = await _lead(visit, db)
        head = await _head(visit, db, found, problem if key == "head" else None)
    line = None
    if key != "head":
        field = visit.defs.lead.fields[key]
        values = _values(visit.defs, found)
        line = line_of(visit, values, field, is_edited=problem is not None, problem=problem)
    response = visit.partial(
        "leads/pieces.html",
        status=UNPROCESSABLE if problem is not None else 200,
        line=line,
        made=_made(visit, found),
        here=visit.address,
        **head,
    )
    if problem is None:
        # The timeline on the page looks at once whether something happened.
        response.headers["HX-Trigger"] = "lead-changed"
    return response


def _alone(visit: Visit) -> Field | None:
    """The field whose line alone is asked for."""
    name = visit.request.headers.get("hx-target", "").removeprefix("field-")
    fields = _fields(visit.defs, name) if visit.is_htmx else []
    return fields[0] if len(fields) == 1 and fields[0].name == name else None


def _stale(visit: Visit, values: Mapping[str, Any]) -> Trouble | None:
    """Says that these values were changed since the form was shown: what stands in the form would undo that."""
    if visit.form.get("as_of") in (None, seal(values)):
        return None
    return Trouble("This lead was changed while you were editing. Look over your values and save them again.")


async def refused(visit: Visit, error: ApiError, sent: Iterable[Pair]) -> Trouble:
    """What is wrong with the form of a lead, in words for people; of a value that another lead has, with the way there."""
    fields = visit.defs.lead.fields
    found = forms.trouble(error, fields)
    if "FirstName, LastName" in found.text:
        return Trouble("Enter a first name, a last name, an e-mail address or a phone number.", "FirstName")
    if not isinstance(error, Duplicate) or found.field is None:
        return found
    async with visit.db() as db:
        holder = await _holder(visit, db, fields[found.field], sent)
    if holder is None:
        return Trouble("A lead that you do not see has this value already.", found.field)
    said = Markup('<a href="{}">{}</a> has this value already: open that one, or change the value.')
    return Trouble(said.format(f"/app/leads/{holder.id}", name_of(holder)), found.field)


async def _holder(visit: Visit, db: Any, field: Field, sent: Iterable[Pair]) -> SeenLead | None:
    """The lead that has the value sent for a unique field, if the person may see it."""
    value = next((pair.Value for pair in sent if pair.name == field.name), None)
    text = compared_text(visit.call(), field, value)
    found = await queries.by_key(db, visit.org_id, visit.sees, field.name, text or "")
    return found[0] if found else None


async def _lead(visit: Visit, db: Any) -> SeenLead:
    found = await queries.by_ids(db, visit.org_id, visit.sees, [visit.path["id"].lower()])
    if not found:
        raise NotFound
    return found[0]


def _fields(defs: Definitions, key: str) -> list[Field]:
    """The fields of a form: those of the head, of a group, or the one with this name."""
    if key == "head":
        return [defs.lead.fields[name] for name in HEAD]
    edited = groups(defs)
    of_group = next((fields for known, _, fields in edited if known == key), [])
    return of_group or [field for _, _, fields in edited for field in fields if field.name == key]


async def _page(
    visit: Visit,
    db: Any,
    found: SeenLead,
    *,
    editing: str,
    problem: Trouble | None = None,
) -> Response:
    values = _values(visit.defs, found)
    edited = groups(visit.defs)
    sections = [
        section_of(visit, values, key, title, fields, editing=editing, problem=problem)
        for key, title, fields in edited
    ]
    whole = [
        group_of(visit, values, key, title, fields, editing=editing, problem=problem)
        for key, title, fields in edited
        if key == editing
    ]
    here = f"/app/leads/{found.id}"
    return visit.page(
        "leads/lead.html",
        title=name_of(found),
        status=UNPROCESSABLE if problem is not None else 200,
        here=here,
        sections=[one for one in sections if one.lines or one.key == editing],
        blank_sections=[one for one in sections if not one.lines and one.key != editing],
        edited=whole[0] if whole else None,
        as_of=seal({field.name: values[field.name] for field in _fields(visit.defs, editing)}),
        made=_made(visit, found),
        state=await work.state(db, visit.org_id, visit.sees, found.id),
        every=EVERY,
        happened=await part(visit, db, found.id, here),
        types=postable(visit),
        open_tasks=await work.open_tasks(db, visit.org_id, found.id, OPEN_TASKS)
        if visit.has("/app/tasks")
        else [],
        is_at_details=bool(_fields(visit.defs, editing)) and editing != "head",
        **await _head(visit, db, found, problem if editing == "head" else None),
    )


async def _head(visit: Visit, db: Any, lead: SeenLead, problem: Trouble | None) -> dict[str, Any]:
    """What stands at the head of the page: who it is, stage and owner."""
    fields = [visit.defs.lead.fields[name] for name in HEAD]
    values = _values(visit.defs, lead)
    account = await queries.account(db, visit.org_id, lead.account_id) if lead.account_id else None
    return {
        "lead": lead,
        "name_of": name_of,
        "account": account,
        "head": _head_controls(visit, fields, values, lead, problem),
        "head_as_of": seal({name: values[name] for name in HEAD}),
        "head_problem": problem,
    }


def name_of(lead: SeenLead) -> str:
    """What a lead is called: by name, else by e-mail address, phone or number."""
    fields = lead.fields
    name = f"{fields.get('FirstName') or ''} {fields.get('LastName') or ''}".strip()
    return name or fields.get("EmailAddress") or fields.get("Phone") or f"Lead {lead.auto_id}"


def postable(visit: Visit) -> list[tuple[int, str]]:
    """Types of activities that are posted by hand; none while there is no screen for it."""
    if not visit.has("/app/leads/{id:uuid}/activities/new"):
        return []
    types = (kind for kind in visit.defs.of_kind("activity") if kind.active)
    return sorted(((kind.code, kind.display_name) for kind in types), key=lambda one: one[1].casefold())


def _values(defs: Definitions, lead: SeenLead) -> dict[str, Any]:
    """Stored values by name; where a field without a value means one, that."""
    found = {name: lead.fields.get(name, UNSET.get(name)) for name in defs.lead.fields}
    return found | {"ProspectStage": lead.stage, "OwnerId": lead.owner_id}


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


def _head_controls(
    visit: Visit, fields: list[Field], values: Mapping[str, Any], lead: SeenLead, problem: Trouble | None
) -> list[Control]:
    """Stage and owner; a user who is not active any more stays named."""
    labels: Mapping[str, str] = {"OwnerId": "Owner", "ProspectStage": "Stage"}
    made = forms.controls(visit, fields, values, problem)
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
