"""The screens of lists: which there are, a new one, the leads in one, its name and its end.

The list of leads sends its chosen ones here, to be added to a list.
"""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from fairlead.errors import ApiError, Duplicate, Forbidden, MandatoryMissing, NotFound
from fairlead.leads import criteria
from fairlead.leads import queries as leads
from fairlead.leads.pages import several
from fairlead.leads.pages.record import name_of
from fairlead.lists import rules
from fairlead.lists.rules import LeadList
from fairlead.web.pager import Pager
from fairlead.web.screens import screens
from fairlead.web.visit import UNPROCESSABLE, Visit, local, with_query
from fairlead.wire.operation import Call

registry, page, action = screens(__file__)

ADDRESS = "/app/lists"
LEADS = "/app/leads"

COLUMNS: dict[str, str] = {
    "name": "FirstName",
    "stage": "ProspectStage",
    "owner": "OwnerIdName",
    "active": "ProspectActivityDate_Max",
    "created": "CreatedOn",
}
"""What the members of a list can be sorted by: the name in the address, and the attribute."""


@page("GET /lists", nav="lists")
async def every(visit: Visit) -> Response:
    """All lists with the number of leads in them, as far as the person may see these."""
    part = visit.query.get("q", "").strip()
    pager = Pager(ADDRESS, visit.query)
    call = visit.call()
    async with visit.db() as db:
        found = await rules.lists(call, db, text=part)
        shown = await rules.counted(call, db, pager.part_of(found))
    response = visit.page("lists/every.html", title="Lists", lists=shown, part=part, pager=pager, to=_address)
    if visit.is_htmx and visit.request.headers.get("hx-target") == "results":
        response.headers["HX-Replace-Url"] = with_query(ADDRESS, q=part)
    return response


def _address(some: LeadList) -> str:
    """Where the leads of a list are shown; a dynamic one holds every lead."""
    return LEADS if some.kind == "dynamic" else f"{ADDRESS}/{some.id}"


@page("GET /lists/new", nav="lists")
async def new(visit: Visit) -> Response:
    """The form for a new list."""
    return _form(visit)


@action("POST /lists/new", nav="lists")
async def create(visit: Visit) -> Response:
    """Make the list and show it."""
    name, description = (str(visit.form.get(key, "")) for key in ("name", "description"))

    async def work(call: Call[Any, Any], db: Any) -> str:
        return await rules.create(call, db, name=name, description=description)

    try:
        list_id = await visit.write(work)
    except ApiError as error:
        return _form(visit, error)
    return visit.redirect(
        f"{ADDRESS}/{list_id}", say="The list is there. Add leads to it from the list of leads."
    )


@page("GET /lists/{id:uuid}/edit", nav="lists")
async def edit(visit: Visit) -> Response:
    """The form with the name of a list and what it is for."""
    return _form(visit, some=await _own(visit))


@action("POST /lists/{id:uuid}/edit", nav="lists")
async def rename(visit: Visit) -> Response:
    """Give the list another name or description."""
    some = await _own(visit)
    name, description = (str(visit.form.get(key, "")) for key in ("name", "description"))

    async def work(call: Call[Any, Any], db: Any) -> LeadList:
        return await rules.rename(call, db, some.id, name=name, description=description)

    try:
        await visit.write(work)
    except Forbidden:
        raise
    except ApiError as error:
        return _form(visit, error, some=some)
    return visit.redirect(f"{ADDRESS}/{some.id}", say="Saved.")


@action("POST /lists/{id:uuid}/delete", nav="lists")
async def delete(visit: Visit) -> Response:
    """Remove the list; its leads stay."""
    some = await _own(visit)

    async def work(call: Call[Any, Any], db: Any) -> LeadList:
        return await rules.delete(call, db, some.id)

    try:
        await visit.write(work)
    except Forbidden:
        said = "Leads of other people are in the list: an administrator can delete it."
        return visit.redirect(f"{ADDRESS}/{some.id}", say=said)
    return visit.redirect(ADDRESS, say=f"The list “{some.name}” is deleted. Its leads are still there.")


async def _own(visit: Visit) -> LeadList:
    """The list of the address, if the person may change it. Raises NotFound, Forbidden."""
    call = visit.call()
    async with visit.db() as db:
        some = await rules.find(call, db, visit.path["id"])
    if some is None:
        raise NotFound
    if not rules.may_change(call, some):
        raise Forbidden
    return some


def _form(visit: Visit, error: ApiError | None = None, *, some: LeadList | None = None) -> Response:
    return visit.page(
        "lists/new.html",
        title="New list" if some is None else some.name,
        status=200 if error is None else UNPROCESSABLE,
        some=some,
        name=visit.form.get("name", some.name if some is not None else ""),
        description=visit.form.get("description", some.description if some is not None else ""),
        problem="" if error is None else _told(error),
        about="description" if error is not None and "Description" in error.message else "name",
    )


def _told(error: ApiError) -> str:
    """What is wrong with a new list, in words for people."""
    if isinstance(error, MandatoryMissing):
        return "Give the list a name."
    if isinstance(error, Duplicate):
        return "A list has this name already. Choose another one."
    return error.message.removeprefix("Invalid Input! Parameter Name: ")


@page("GET /lists/{id:uuid}", nav="lists")
async def one(visit: Visit) -> Response:
    """The leads in a list, those of them that the person may see; the newest first, or sorted."""
    sort = visit.query.get("sort", "")
    sort = sort if sort.removeprefix("-") in COLUMNS else ""
    here = f"{ADDRESS}/{visit.path['id'].lower()}"
    pager = Pager(here, visit.query)
    call = visit.call()
    async with visit.db() as db:
        some = await rules.find(call, db, visit.path["id"])
        if some is None:
            raise NotFound
        if some.kind == "dynamic":
            return visit.redirect(LEADS)
        place = {"offset": pager.offset, "limit": pager.size}
        if sort:
            by = criteria.attribute(visit.defs, COLUMNS[sort.removeprefix("-")]) or criteria.created_on
            falling = sort.startswith("-")
            condition = rules.members(some)
            found = await leads.search(
                db, visit.org_id, visit.sees, condition, by, descending=falling, **place
            )
        else:
            found = await rules.newest_members(call, db, some, **place)
    return visit.page(
        "lists/list.html",
        title=some.name,
        some=some,
        may_change=rules.may_change(call, some),
        here=here,
        leads=found.leads,
        name_of=name_of,
        sort=sort,
        pager=pager.found(len(found.leads), total=found.total),
    )


# changes -------------------------------------------------------------------------------------------------


@action("POST /lists/{id:uuid}/remove", nav="lists")
async def remove(visit: Visit) -> Response:
    """Take the chosen leads out of the list."""
    here = f"{ADDRESS}/{visit.path['id'].lower()}"
    back = local(str(visit.form.get("address", "")), here)
    ids = [str(one) for one in visit.form.getlist("id")]
    if not ids:
        return visit.redirect(back, say="No lead was chosen: tick the ones to take out.", kind="warn")

    async def work(call: Call[Any, Any], db: Any) -> int:
        return await rules.remove(call, db, visit.path["id"], ids)

    return visit.redirect(back, say=f"{_leads(await visit.write(work))} taken out of the list.")


@action("POST /lists/{id:uuid}/empty", nav="lists")
async def empty(visit: Visit) -> Response:
    """Take every lead out of the list."""

    async def work(call: Call[Any, Any], db: Any) -> str:
        return await rules.empty(call, db, visit.path["id"])

    here = f"{ADDRESS}/{visit.path['id'].lower()}"
    try:
        await visit.write(work)
    except Forbidden:
        return visit.redirect(
            here, say="Leads of other people are in the list: an administrator can empty it.", kind="warn"
        )
    return visit.redirect(here, say="The list is empty.")


@page("GET /lists/add", nav="lists")
async def chosen(visit: Visit) -> Response:
    """Leads are chosen in the list of leads: nothing is known about them here."""
    return visit.redirect(LEADS, say="Choose leads here, then add them to a list.", kind="info")


@action("POST /lists/add", nav="lists")
async def add(visit: Visit) -> Response:
    """Put the chosen leads into a list: `list` names one, `name` a new one; without either both are asked for."""
    back = local(str(visit.form.get("address", "")), LEADS)
    ids = await several.chosen(visit)
    list_id, name = (str(visit.form.get(key, "")).strip() for key in ("list", "name"))
    if not ids:
        return visit.redirect(back, say="No lead was chosen: tick the ones to add.", kind="warn")
    if not list_id and not name:
        problem = "Choose a list, or give a new one a name." if "list" in visit.form else ""
        return await _adding(visit, ids, back, problem)

    async def work(call: Call[Any, Any], db: Any) -> tuple[int, str]:
        where = await rules.create(call, db, name=name, description="") if name else list_id
        added = await rules.add(call, db, where, ids)
        found = await rules.find(call, db, where)
        return added, found.name if found is not None else ""

    try:
        added, where = await visit.write(work)
    except ApiError as error:
        return await _adding(visit, ids, back, _told(error))
    same = len(ids) - added
    more = f" {same} {'was' if same == 1 else 'were'} there before." if same else ""
    return visit.redirect(back, say=f"{_leads(added)} added to “{where}”.{more}")


async def _adding(visit: Visit, ids: list[str], back: str, problem: str) -> Response:
    """Asks for the list."""
    async with visit.db() as db:
        found = await rules.lists(visit.call(), db, kind="static")
    return visit.page(
        "lists/add.html",
        title="Add to a list",
        status=UNPROCESSABLE if problem else 200,
        ids=ids,
        back=back,
        problem=problem,
        lists=[("", "Choose a list…"), *((one.id, one.name) for one in found)],
        chosen=visit.form.get("list", ""),
        name=visit.form.get("name", ""),
    )


def _leads(count: int) -> str:
    return "1 lead was" if count == 1 else f"{count} leads were"
