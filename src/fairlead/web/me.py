"""The page of who is signed in: password and sessions."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from fairlead.errors import ApiError
from fairlead.orgs import places
from fairlead.orgs import rules as orgs
from fairlead.orgs.settings import Wrong
from fairlead.web import passwords, queries, session
from fairlead.web.screens import ROOT, screens
from fairlead.web.visit import UNPROCESSABLE, Visit
from fairlead.wire.operation import Call

registry, page, action = screens(__file__)

PLACE = f"{ROOT}/me"


@page("GET /me", nav="me")
async def me(visit: Visit) -> Response:
    """Who I am, my password, where I am signed in."""
    return await _me(visit)


async def _me(visit: Visit, *, problem: str = "", errors: dict[str, str] | None = None) -> Response:
    async with visit.db() as db:
        devices = await queries.devices(db, visit.org_id, visit.actor.id, now=visit.now)
        stored = await queries.password(db, visit.org_id, visit.actor.id)
    return visit.page(
        "web/me.html",
        title=visit.actor.name or visit.actor.email,
        status=UNPROCESSABLE if problem or errors else 200,
        problem=problem,
        errors=errors or {},
        zones=zones(visit),
        devices=devices,
        this=session.digest_of(visit.token),
        has_password=stored is not None,
        shortest=passwords.SHORTEST,
        is_demo=visit.actor is visit.defs.actor(visit.office.demo_key),
    )


def zones(visit: Visit) -> list[tuple[str, str]]:
    """The time zones that a user may choose from: first the organisation's, which counts without a choice."""
    return [
        ("", f"{visit.defs.setting('time_zone')} – as the organisation"),
        *((z, z) for z in places.zones()),
    ]


@action("POST /me/zone", nav="me")
async def choose_zone(visit: Visit) -> Response:
    """See and write times in another zone."""
    zone = str(visit.form.get("time_zone", ""))

    async def work(call: Call[Any, Any], db: Any) -> None:
        await orgs.choose_zone(db, call.org_id, call.actor.id, zone, now=call.now)

    try:
        await visit.write(work)
    except Wrong as wrong:
        return await _me(visit, errors={wrong.name: wrong.reason})
    return visit.redirect(PLACE, say="Times are shown in this zone from now on.")


@action("POST /me/sessions/end", nav="me")
async def end_session(visit: Visit) -> Response:
    """End one of one's sessions, not this one: that is signing out."""
    digest = str(visit.form.get("session", ""))

    async def end(db: Any) -> bool:
        mine = await queries.devices(db, visit.org_id, visit.actor.id, now=visit.now)
        known = any(device.digest == digest for device in mine)
        if known:
            await queries.end_sessions(db, visit.org_id, digests=[digest], now=visit.now)
        return known

    ended = await visit.committed(end)
    return visit.redirect(PLACE, say="That session is ended." if ended else "That session was over already.")


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
