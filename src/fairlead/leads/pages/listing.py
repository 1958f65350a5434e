"""The list of leads: found by words and filters, sorted, a page at a time; and one change for several of them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from starlette.responses import Response

from fairlead.leads import criteria, finding, plans, queries
from fairlead.leads.finding import Unreadable, Wanted
from fairlead.leads.pages.family import action, page
from fairlead.leads.pages.record import name_of
from fairlead.web.pager import Pager
from fairlead.web.visit import Visit, local, with_query
from fairlead.wire.types import Pair

ADDRESS = "/app/leads"

COLUMNS: dict[str, str] = {
    "name": "FirstName",
    "stage": "ProspectStage",
    "owner": "OwnerIdName",
    "source": "Source",
    "score": "Score",
    "active": "ProspectActivityDate_Max",
    "created": "CreatedOn",
}
"""What can be sorted by: the name in the address, and the attribute."""

NEWEST = "-created"

_PARAMETERS = ("q", "stage", "owner", "source", "field", "op", "value", "sort", "page")


@page("GET /leads", nav="leads")
async def leads(visit: Visit) -> Response:
    """Leads that the person may see, newest first, or as they are asked for."""
    wanted = _wanted(visit)
    sort = visit.query.get("sort", NEWEST)
    sort = sort if sort.removeprefix("-") in COLUMNS else NEWEST
    pager = Pager(ADDRESS, visit.query)
    condition = finding.condition(visit.defs, wanted, visit.zone)
    unreadable = condition if isinstance(condition, Unreadable) else None
    async with visit.db() as db:
        found = await queries.search(
            db,
            visit.org_id,
            visit.sees,
            sa.false() if isinstance(condition, Unreadable) else condition,
            criteria.attribute(visit.defs, COLUMNS[sort.removeprefix("-")]) or criteria.created_on,
            descending=sort.startswith("-"),
            offset=pager.offset,
            limit=pager.size,
        )
    kept = {name: visit.query.get(name) for name in _PARAMETERS if name not in ("sort", "page")}
    response = visit.page(
        "leads/list.html",
        title="Leads",
        wanted=wanted,
        unreadable=unreadable,
        leads=found.leads,
        name_of=name_of,
        pager=pager.found(len(found.leads), total=found.total),
        sort=sort,
        address=with_query(ADDRESS, **kept),
        is_filtered=any(kept.values()),
        choices=_choices(visit, wanted),
        changes=_changes(visit),
    )
    return _addressed(visit, response)


def _wanted(visit: Visit) -> Wanted:
    said = {name: visit.query.get(name, "").strip() for name in _PARAMETERS}
    return Wanted(
        words=said["q"],
        stage=said["stage"],
        owner=said["owner"],
        source=said["source"],
        field=said["field"],
        operator=said["op"] or "=",
        value=said["value"],
    )


def _addressed(visit: Visit, response: Response) -> Response:
    """The address that the browser shows: without what was left empty; typing makes no steps to go back over."""
    if visit.is_htmx:
        kept = {name: visit.query.get(name) for name in _PARAMETERS}
        kept = {name: value for name, value in kept.items() if (name, value) not in _UNSAID}
        kept |= {} if kept.get("field") else {"op": None, "value": None}
        way = "HX-Push-Url" if visit.request.headers.get("hx-boosted") else "HX-Replace-Url"
        response.headers[way] = with_query(ADDRESS, **kept)
    return response


_UNSAID = (("sort", NEWEST), ("page", "1"))


def _options(visit: Visit, name: str, chosen: str = "") -> list[tuple[str, str]]:
    field = visit.defs.lead.fields[name]
    found = [(one.value, one.text or one.value) for one in sorted(field.options, key=lambda one: one.order)]
    missing = chosen and chosen not in dict(found)
    return [*found, (chosen, chosen)] if missing else found


def _people(visit: Visit, *, active: bool) -> list[tuple[str, str]]:
    people = (user for user in visit.defs.users.values() if user.active or not active)
    return sorted(((user.id, user.name or user.email) for user in people), key=lambda one: one[1].casefold())


def _choices(visit: Visit, wanted: Wanted) -> dict[str, list[tuple[str, str]]]:
    """What the filters offer: (value, words)."""
    return {
        "stage": [("", "Any stage"), *_options(visit, "ProspectStage", wanted.stage)],
        "owner": [("", "Any owner"), *_people(visit, active=False)],
        "source": [("", "Any source"), *_options(visit, "Source", wanted.source)],
        "field": [
            ("", "Any field"),
            *((one.name, one.display_name) for one in finding.comparable(visit.defs)),
        ],
        "op": list(finding.COMPARISONS),
    }


def _changes(visit: Visit) -> list[tuple[str, list[tuple[str, str]]]]:
    """What can be done to several leads, in groups: (`ProspectStage:Contacted`, words)."""
    groups = (
        ("Stage", "ProspectStage", _options(visit, "ProspectStage")),
        ("Owner", "OwnerId", _people(visit, active=True)),
    )
    return [(title, [(f"{name}:{value}", said) for value, said in some]) for title, name, some in groups]


@action("POST /leads/change", nav="leads")
async def change(visit: Visit) -> Response:
    """Give the chosen leads another stage or another owner."""
    back = local(str(visit.form.get("address", "")), ADDRESS)
    ids = [str(one) for one in visit.form.getlist("id")]
    name, _, value = str(visit.form.get("change", "")).partition(":")
    if not ids:
        return visit.redirect(back, say="No lead was chosen: tick the ones to change.")
    if name not in ("ProspectStage", "OwnerId") or not value:
        return visit.redirect(back, say="Choose a stage or an owner for the leads.")
    changed = await visit.run(plans.update_all, ids, Pair(Attribute=name, Value=value))
    return visit.redirect(back, say=_said(visit, name, value, changed, len(set(ids)) - changed))


def _said(visit: Visit, name: str, value: Any, changed: int, same: int) -> str:
    to = visit.defs.user_name(value) if name == "OwnerId" else value
    what = "owner" if name == "OwnerId" else "stage"
    leads = "1 lead has" if changed == 1 else f"{changed} leads have"
    text = f"{leads} the {what} {to} now."
    return f"{text} {same} stayed as they were." if same else text
