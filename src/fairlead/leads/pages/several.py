"""What is done to several leads at once: another stage or owner, deleting. Adding to lists is a screen of the lists.

They are ticked one by one, or they are all that the list shows, page or not: `chosen` finds out.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import QueryParams
from starlette.responses import Response

from fairlead.errors import DomainError
from fairlead.leads import plans, queries, removal
from fairlead.leads.finding import Unreadable
from fairlead.leads.pages.asking import ADDRESS, asked_of, condition_of, page_of
from fairlead.leads.pages.family import action
from fairlead.leads.pages.queries import matching
from fairlead.records.picture import is_id
from fairlead.web.visit import Visit, local
from fairlead.wire.operation import Call
from fairlead.wire.types import Pair

MOST = 1000
"""Leads that are changed at once, beyond those that are ticked one by one."""

TOGETHER = 250
"""Leads that are changed in one transaction, so that nobody else waits long."""


def options(visit: Visit, name: str, chosen: str = "") -> list[tuple[str, str]]:
    """The options of a drop-down as (value, words); one that is chosen and defined no more stays."""
    field = visit.defs.lead.fields[name]
    found = [(one.value, one.text or one.value) for one in sorted(field.options, key=lambda one: one.order)]
    missing = chosen and chosen not in dict(found)
    return [*found, (chosen, chosen)] if missing else found


def people(visit: Visit, *, active: bool) -> list[tuple[str, str]]:
    """The users as (id, name)."""
    users = (user for user in visit.defs.users.values() if user.active or not active)
    return sorted(((user.id, user.name or user.email) for user in users), key=lambda one: one[1].casefold())


def changes(visit: Visit) -> list[tuple[str, list[tuple[str, str]]]]:
    """What can be changed of several leads, in groups: (`ProspectStage:Contacted`, words)."""
    groups = (
        ("Stage", "ProspectStage", options(visit, "ProspectStage")),
        ("Owner", "OwnerId", people(visit, active=True)),
    )
    return [(title, [(f"{name}:{value}", said) for value, said in some]) for title, name, some in groups]


async def chosen(visit: Visit) -> list[str]:
    """The ids of the leads that a form is about: those ticked (`id`), or all of the list at `address`.

    `every` says that all are meant, and how many there were when the list was shown: raises DomainError where there are
    more by now, since nobody has seen those.
    """
    seen = str(visit.form.get("every", ""))
    if not (seen.isascii() and seen.isdigit()):
        return list(dict.fromkeys(str(one).lower() for one in visit.form.getlist("id")))
    most = min(int(seen), MOST)
    query = QueryParams(urlsplit(str(visit.form.get("address", ""))).query)
    wanted = asked_of(visit.defs, query)
    condition = condition_of(visit, wanted)
    if isinstance(condition, Unreadable):
        raise DomainError(condition.text)
    async with visit.db() as db:
        found = await matching(db, await page_of(visit, db, wanted, condition, limit=most), most + 1)
    if len(found) > most:
        said = "More leads match by now than you saw. Look at the list, and choose again."
        raise DomainError(said)
    return found


def _steps(ids: list[str]) -> list[list[str]]:
    return [ids[at : at + TOGETHER] for at in range(0, len(ids), TOGETHER)]


@action("POST /leads/change", nav="leads")
async def change(visit: Visit) -> Response:
    """Give the chosen leads another stage or another owner; those that are somebody else's by now are passed over."""
    back = local(str(visit.form.get("address", "")), ADDRESS)
    ids = await chosen(visit)
    name, _, value = str(visit.form.get("change", "")).partition(":")
    if not ids:
        return visit.redirect(back, say="No lead was chosen: tick the ones to change.", kind="warn")
    if name not in ("ProspectStage", "OwnerId") or not value:
        return visit.redirect(back, say="Choose a stage or an owner for the leads.", kind="warn")
    changed = 0
    for some in _steps([id for id in ids if is_id(id)]):
        async with visit.db() as db:
            seen = await queries.seen_ids(db, visit.org_id, visit.sees, some)
        changed += await visit.run(plans.update_all, seen, Pair(Attribute=name, Value=value))
    return visit.redirect(back, say=_said(visit, name, value, changed, len(ids) - changed))


def _said(visit: Visit, name: str, value: Any, changed: int, same: int) -> str:
    to = visit.defs.user_name(value) if name == "OwnerId" else value
    what = "owner" if name == "OwnerId" else "stage"
    leads = "1 lead has" if changed == 1 else f"{changed} leads have"
    text = f"{leads} the {what} {to} now."
    return f"{text} {same} stayed as they were." if same else text


@action("POST /leads/delete", nav="leads", admin=True)
async def delete(visit: Visit) -> Response:
    """Delete the chosen leads for good; those that are gone already are passed over."""
    back = local(str(visit.form.get("address", "")), ADDRESS)
    named = [id for id in await chosen(visit) if id]
    if not named:
        return visit.redirect(back, say="No lead was chosen: tick the ones to delete.", kind="warn")
    gone = 0
    for some in _steps([id for id in named if is_id(id)]):

        async def work(call: Call[Any, Any], db: Any, some: list[str] = some) -> int:
            ids = await queries.seen_ids(db, call.org_id, visit.sees, some)
            for id in ids:
                await removal.delete(db, call, id)
            return len(ids)

        gone += await visit.write(work)
    return visit.redirect(back, say="1 lead is deleted." if gone == 1 else f"{gone} leads are deleted.")
