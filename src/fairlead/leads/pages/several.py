"""What is done to several leads at once: another stage or owner, deleting. Adding to lists is a screen of the lists."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from fairlead.leads import plans, queries, removal
from fairlead.leads.pages.family import action
from fairlead.records.picture import is_id
from fairlead.web.visit import Visit, local
from fairlead.wire.operation import Call
from fairlead.wire.types import Pair

ADDRESS = "/app/leads"


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


@action("POST /leads/change", nav="leads")
async def change(visit: Visit) -> Response:
    """Give the chosen leads another stage or another owner."""
    back = local(str(visit.form.get("address", "")), ADDRESS)
    ids = [str(one) for one in visit.form.getlist("id")]
    name, _, value = str(visit.form.get("change", "")).partition(":")
    if not ids:
        return visit.redirect(back, say="No lead was chosen: tick the ones to change.", kind="warn")
    if name not in ("ProspectStage", "OwnerId") or not value:
        return visit.redirect(back, say="Choose a stage or an owner for the leads.", kind="warn")
    changed = await visit.run(plans.update_all, ids, Pair(Attribute=name, Value=value))
    return visit.redirect(back, say=_said(visit, name, value, changed, len(set(ids)) - changed))


def _said(visit: Visit, name: str, value: Any, changed: int, same: int) -> str:
    to = visit.defs.user_name(value) if name == "OwnerId" else value
    what = "owner" if name == "OwnerId" else "stage"
    leads = "1 lead has" if changed == 1 else f"{changed} leads have"
    text = f"{leads} the {what} {to} now."
    return f"{text} {same} stayed as they were." if same else text


@action("POST /leads/delete", nav="leads", admin=True)
async def delete(visit: Visit) -> Response:
    """Delete the chosen leads for good, all in one transaction; those that are gone already are passed over."""
    back = local(str(visit.form.get("address", "")), ADDRESS)
    named = dict.fromkeys(str(one).lower() for one in visit.form.getlist("id"))
    if not named:
        return visit.redirect(back, say="No lead was chosen: tick the ones to delete.", kind="warn")

    async def work(call: Call[Any, Any], db: Any) -> int:
        ids = await queries.seen_ids(db, call.org_id, visit.sees, [id for id in named if is_id(id)])
        for id in ids:
            await removal.delete(db, call, id)
        return len(ids)

    gone = await visit.write(work)
    return visit.redirect(back, say="1 lead is deleted." if gone == 1 else f"{gone} leads are deleted.")
