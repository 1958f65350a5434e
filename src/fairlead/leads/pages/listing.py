"""The list of leads: found by words and filters, with the columns that people choose, sorted, a page at a time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
from starlette.responses import Response

from fairlead.leads import finding
from fairlead.leads.finding import Comparison, Unreadable, Wanted
from fairlead.leads.pages import counting, several
from fairlead.leads.pages.asking import ADDRESS, Asked, asked_of, condition_of, page_of
from fairlead.leads.pages.columns import columns, grouped_choices
from fairlead.leads.pages.family import page
from fairlead.leads.pages.record import name_of
from fairlead.leads.pages.several import changes, options, people
from fairlead.web import views
from fairlead.web.pager import Pager
from fairlead.web.queries import SavedView
from fairlead.web.visit import Visit


class Standing(msgspec.Struct):
    """The saved view that is looked at: whether the list shows something else by now, and whether one may change it."""

    view: SavedView
    is_changed: bool
    is_open: bool


@page("GET /leads", nav="leads")
async def leads(visit: Visit) -> Response:
    """Leads that the person may see, newest first, or as they are asked for."""
    wanted = asked_of(visit.defs, visit.query)
    editor = _drafted(visit, wanted.wanted)
    condition = condition_of(visit, wanted)
    unreadable = condition if isinstance(condition, Unreadable) else None
    if unreadable is not None:
        editor = wanted.wanted.comparisons.pop(unreadable.at)
    pager = Pager(ADDRESS, _query(visit, wanted))
    async with visit.db() as db:
        where = await page_of(visit, db, wanted, condition, offset=pager.offset, limit=pager.size)
        everything = wanted.wanted.is_everything and visit.sees is None
        found, total = await counting.shown(db, where, is_counted=everything or "count" in visit.query)
        saved = await views.of(visit, db)
    standing = _standing(visit, wanted, saved)
    wanted.view = standing.view.id if standing is not None else ""
    more = total is None and len(found) == pager.size
    is_filtered = not wanted.wanted.is_everything or bool(editor.field)
    response = visit.page(
        "leads/list.html",
        title="Leads",
        asked=wanted,
        wanted=wanted.wanted,
        told=[finding.told(visit.defs, one) for one in wanted.wanted.comparisons],
        editor=editor,
        editing=_editing(visit, editor),
        unreadable=unreadable,
        is_filtered=is_filtered,
        is_new=not (found or is_filtered or total or pager.page > 1),
        leads=found,
        name_of=name_of,
        pager=pager.found(len(found), total=total, more=more),
        most=counting.MOST,
        most_chosen=several.MOST,
        columns=columns(visit, wanted.columns),
        other_columns=grouped_choices(visit.defs, wanted.columns),
        saved=saved,
        standing=standing,
        choices=_choices(visit, wanted.wanted),
        changes=changes(visit),
        can_delete=visit.is_admin and visit.defs.setting("lead_delete"),
    )
    # While a comparison is being made, the list is the one that it was.
    return response if "draft" in visit.query and editor.field else _addressed(visit, pager, response)


@page("GET /leads/count", nav="leads")
async def count(visit: Visit) -> Response:
    """How many leads a long list has, to the last one; asked after the page is shown."""
    wanted = asked_of(visit.defs, visit.query)
    async with visit.db() as db:
        where = await page_of(visit, db, wanted, condition_of(visit, wanted), limit=1)
        total = await counting.exactly(db, where)
    return visit.partial("leads/count.html", total=total)


def _drafted(visit: Visit, wanted: Wanted) -> Comparison:
    """The comparison that is being made, taken from those that count: what it lacks is no mistake yet.

    A script says so (`draft`), or asks for something else while a comparison has no value.
    """
    last = wanted.comparisons[-1] if wanted.comparisons else Comparison("")
    is_whole = bool(last.value) or last.operator in (finding.EMPTY, finding.FILLED)
    is_asked = "draft" in visit.query and last.operator not in (finding.EMPTY, finding.FILLED)
    if not last.field or not (is_asked or (visit.is_htmx and not is_whole)):
        return Comparison("")
    return wanted.comparisons.pop()


def _standing(visit: Visit, wanted: Asked, saved: list[SavedView]) -> Standing | None:
    """The view that the address names, else one that shows exactly this; None for a list of no view."""
    found = next((view for view in saved if view.id == wanted.view), None)
    found = found or next((view for view in saved if view.query == wanted.query), None)
    if found is None:
        return None
    is_open = found.user_id == visit.actor.id or (visit.is_admin and found.shared)
    return Standing(found, found.query != wanted.query, is_open)


def _query(visit: Visit, wanted: Asked) -> Any:
    """The query of the pages of this list: what it asks for, and the page."""
    found = [*wanted.pairs(), *((name, text) for name, text in visit.query.multi_items() if name == "page")]
    return type(visit.query)(found)


def _addressed(visit: Visit, pager: Pager, response: Response) -> Response:
    """The address that the browser shows: without what was left empty; typing makes no steps to go back over."""
    if visit.is_htmx:
        way = "HX-Push-Url" if visit.request.headers.get("hx-boosted") else "HX-Replace-Url"
        response.headers[way] = pager.at(pager.page)
    return response


def _editing(visit: Visit, editor: Comparison) -> dict[str, Any]:
    """What the controls of a new comparison offer: operators and values of the field's kind."""
    field = visit.defs.lead.fields.get(editor.field)
    kind = finding.kind_of(field) if field is not None else ""
    values: Iterable[tuple[str, str]] = ()
    if field is not None and kind == "choice":
        values = options(visit, field.name, editor.value if editor.operator != "IN" else "")
    elif kind == "user":
        values = [(name, name) for _, name in people(visit, active=False)]
    elif kind == "flag":
        values = [("yes", "Yes"), ("no", "No")]
    known = list(finding.KINDS[kind]) if kind else []
    first = known[0][0] if known else ""
    return {
        "kind": kind,
        "operators": known,
        "operator": editor.operator if editor.operator in dict(known) else first,
        "values": list(values),
        "picked": editor.value.split(","),
    }


def _choices(visit: Visit, wanted: Wanted) -> dict[str, list[tuple[str, str]]]:
    """What the filters offer: (value, words)."""
    return {
        "stage": [("", "Any stage"), *options(visit, "ProspectStage", wanted.stage)],
        "owner": [("", "Any owner"), *people(visit, active=False)],
        "source": [("", "Any source"), *options(visit, "Source", wanted.source)],
        "field": [
            ("", "More filters…"),
            *((one.name, one.display_name) for one in finding.comparable(visit.defs)),
        ],
    }
