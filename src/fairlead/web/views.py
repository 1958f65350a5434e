"""Saved views: the query string of a list under a name, for oneself or for everybody."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlencode

from starlette.responses import Response

from fairlead.errors import DomainError, Forbidden
from fairlead.records.picture import new_id
from fairlead.web import queries
from fairlead.web.queries import SavedView
from fairlead.web.screens import screens
from fairlead.web.visit import Visit, local

registry, page, action = screens(__file__)

LONGEST = 60
"""Characters of a name."""


async def of(visit: Visit, db: Any) -> list[SavedView]:
    """The views of the screen that is shown, for `ui.views`."""
    return await queries.views(db, visit.org_id, visit.address, visit.actor.id)


@action("POST /views")
async def keep(visit: Visit) -> Response:
    """Keep the list as it is shown now."""
    name = str(visit.form.get("name", "")).strip()[:LONGEST]
    screen, _, query = local(str(visit.form.get("address", ""))).partition("?")
    if not name:
        said = "Give the view a name."
        raise DomainError(said)
    shared = bool(visit.form.get("shared"))

    async def store(db: Any) -> None:
        await queries.store_view(
            db, visit.org_id, new_id(), visit.actor.id, screen, name, query, shared=shared, now=visit.now
        )

    await visit.committed(store)
    return visit.redirect(f"{screen}?{query}" if query else screen, say=f"Saved the view “{name}”.")


@action("POST /views/{id:uuid}")
async def change(visit: Visit) -> Response:
    """Let a view show what the list at `address` shows; or, where the form brings a `name`, call and share it anew."""
    address = local(str(visit.form.get("address", "")))
    name = str(visit.form.get("name", "")).strip()[:LONGEST]
    # A list may say in its address which view it began with.
    asked = [
        pair for pair in parse_qsl(address.partition("?")[2], keep_blank_values=True) if pair[0] != "view"
    ]
    wanted: dict[str, Any] = {"query": urlencode(asked)}
    if "name" in visit.form:
        if not name:
            said = "Give the view a name."
            raise DomainError(said)
        wanted = {"name": name, "shared": bool(visit.form.get("shared"))}

    async def write(db: Any) -> str | None:
        return await queries.change_view(
            db, visit.org_id, visit.path["id"], visit.actor.id, admin=visit.is_admin, **wanted
        )

    called = await visit.committed(write)
    if called is None:
        raise Forbidden
    return visit.redirect(address, say=f"Saved the view “{called}”.")


@action("POST /views/{id:uuid}/delete")
async def forget(visit: Visit) -> Response:
    """Remove a view."""

    async def delete(db: Any) -> bool:
        return await queries.delete_view(
            db, visit.org_id, visit.path["id"], visit.actor.id, admin=visit.is_admin
        )

    if not await visit.committed(delete):
        raise Forbidden
    return visit.redirect(str(visit.form.get("address", "")), say="The view is removed.")
