"""The page of who is signed in: password and sessions."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from fairlead.errors import ApiError
from fairlead.web import passwords, queries, session
from fairlead.web.screens import ROOT, screens
from fairlead.web.visit import UNPROCESSABLE, Visit

registry, page, action = screens(__file__)

PLACE = f"{ROOT}/me"


@page("GET /me", nav="me")
async def me(visit: Visit) -> Response:
    """Who I am, my password, where I am signed in."""
    return await _me(visit)


async def _me(visit: Visit, *, problem: str = "") -> Response:
    async with visit.db() as db:
        devices = await queries.devices(db, visit.org_id, visit.actor.id, now=visit.now)
        stored = await queries.password(db, visit.org_id, visit.actor.id)
    return visit.page(
        "web/me.html",
        title=visit.actor.name or visit.actor.email,
        status=UNPROCESSABLE if problem else 200,
        problem=problem,
        devices=devices,
        this=session.digest_of(visit.token),
        has_password=stored is not None,
        shortest=passwords.SHORTEST,
        is_demo=visit.actor is visit.defs.actor(visit.office.demo_key),
    )


@action("POST /me", nav="me")
async def change_password(visit: Visit) -> Response:
    """Give oneself a new password. All sessions end, and this browser gets a new one."""
    if visit.actor is visit.defs.actor(visit.office.demo_key):
        return await _me(visit, problem="The demo is everybody's: it has no password.")
    async with visit.db() as db:
        stored = await queries.password(db, visit.org_id, visit.actor.id)
    old, new = str(visit.form.get("old", "")), str(visit.form.get("new", ""))
    if stored is not None and not await passwords.matches(stored, old):
        return await _me(visit, problem="The present password is not right.")

    async def store(db: Any) -> None:
        await passwords.store(db, visit.org_id, visit.actor.id, visit.actor.email, new, now=visit.now)

    try:
        await visit.committed(store)
    except ApiError as error:
        return await _me(visit, problem=error.message)
    token = await session.begin(visit.office.pool, visit.request, visit.org_id, visit.actor.id, now=visit.now)
    visit.cookies.append((session.COOKIE, token, int(session.LASTS.total_seconds())))
    return visit.redirect(PLACE, say="Your password is changed. You are signed out everywhere else.")
