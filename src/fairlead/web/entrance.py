"""The entrance: sign in, the first administrator, the demo, sign out, and the choice of light or dark."""

from __future__ import annotations

import ipaddress
from typing import Any
from urllib.parse import urlsplit

from starlette.responses import Response

from fairlead.errors import ApiError, DomainError
from fairlead.orgs import definitions, places
from fairlead.orgs import queries as orgs
from fairlead.orgs import rules as orgs_rules
from fairlead.orgs.settings import SETTINGS, Wrong
from fairlead.web import passwords, queries, session
from fairlead.web.screens import ROOT, screens
from fairlead.web.visit import THEME, UNPROCESSABLE, Guest, Visit, local

registry, page, action = screens(__file__)

WRONG = "That e-mail address and password do not belong together. Check both, or ask your administrator for a new password."
_YEAR = 365 * 24 * 3600

_names = passwords.Pauses(free=5)
_places = passwords.Pauses(free=30)


def is_here(guest: Guest) -> bool:
    """True when the browser runs on this very machine, and no proxy speaks for one elsewhere."""
    request = guest.request
    host = request.client.host if request.client else ""
    forwarded = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")
    if request.scope.get("http_version") == "1.0" or any(name in request.headers for name in forwarded):
        return False
    origin = urlsplit(request.headers.get("origin", ""))
    names = [request.url.hostname or "", *([origin.hostname or ""] if origin.netloc else [])]
    return _is_loopback(host) and all(name == "localhost" or _is_loopback(name) for name in names)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _place(guest: Guest) -> str:
    return guest.request.client.host if guest.request.client else ""


def _has_demo(guest: Guest) -> bool:
    return bool(guest.office.demo_key) and is_here(guest)


@page("GET /sign-in", public=True)
async def sign_in_page(guest: Guest) -> Response:
    """The form, and what else can be done by who has no password yet."""
    if guest.signed_in:
        return guest.leave(local(guest.query.get("next", "")))
    return await _entrance(guest)


async def _entrance(guest: Guest, *, problem: str = "", status: int = 200) -> Response:
    async with guest.office.pool.connection() as db:
        first = not await queries.any_password(db)
    if first and is_here(guest) and not _has_demo(guest) and not problem:
        return guest.redirect(f"{ROOT}/first-run")
    wanted = guest.form.get("next") or guest.query.get("next", "")
    return guest.page(
        "web/sign_in.html",
        title="Sign in",
        status=status,
        problem=problem,
        email=str(guest.form.get("email", "")),
        wanted=local(str(wanted), ""),
        nobody=first,
        here=is_here(guest),
        demo=_has_demo(guest),
    )


@action("POST /sign-in", public=True)
async def sign_in(guest: Guest) -> Response:
    """Compare the password; a good one begins a new session."""
    email = str(guest.form.get("email", "")).strip().lower()
    password = str(guest.form.get("password", ""))
    name, place = session.digest_of(email), _place(guest)
    if (wait := max(_names.left(name), _places.left(place))) > 0:
        slow = f"Too many wrong passwords. Wait {wait} s and try again."
        return await _entrance(guest, problem=slow, status=429)
    async with guest.office.pool.connection() as db:
        known = await queries.by_sign_in(db, email)
    good = await passwords.matches(known.hash if known else None, password)
    if known is None or not good or not await _may_enter(guest, known, email):
        _names.failed(name)
        _places.failed(place)
        return await _entrance(guest, problem=WRONG, status=UNPROCESSABLE)
    _names.forget(name)
    to = local(str(guest.form.get("next", "")))
    return await _enter(guest, known.org_id, known.user_id, to)


async def _may_enter(guest: Guest, known: queries.Known, email: str) -> bool:
    """True for an active user who still has this address."""
    async with guest.office.pool.connection() as db:
        defs = await guest.office.cache.current(db, known.org_id)
    user = defs.users.get(known.user_id)
    return user is not None and user.active and user.email.strip().lower() == email


async def _enter(guest: Guest, org_id: int, user_id: str, to: str) -> Response:
    token = await session.begin(guest.office.pool, guest.request, org_id, user_id, now=guest.now)
    guest.cookies = [
        (session.COOKIE, token, int(session.LASTS.total_seconds())),
        (session.STRANGER, "", 0),
    ]
    return guest.leave(to)


@action("POST /sign-in/demo", public=True)
async def enter_demo(guest: Guest) -> Response:
    """Into the demo organisation, whose keys are public; only from this machine."""
    if not _has_demo(guest):
        return await _entrance(guest, problem="The demo is open to this machine only.", status=403)
    async with guest.office.pool.connection() as db:
        org_id = await orgs.org_of(db, "access_key", guest.office.demo_key)
        defs = await definitions.read(db, org_id) if org_id is not None else None
    user = defs.actor(guest.office.demo_key) if defs else None
    if org_id is None or user is None:
        return await _entrance(guest, problem="There is no demo organisation here.", status=404)
    return await _enter(guest, org_id, user.id, local(str(guest.form.get("next", ""))))


# the first administrator ---------------------------------------------------------------------------------


@page("GET /first-run", public=True)
async def first_run_page(guest: Guest) -> Response:
    """The form that makes the first administrator, as long as nobody has a password."""
    return await _first_run(guest)


async def _first_run(guest: Guest, *, problem: str = "") -> Response:
    async with guest.office.pool.connection() as db:
        over = await queries.any_password(db)
        known = [dict(row) for row in await orgs.organisations(db)]
        demo = await orgs.org_of(db, "access_key", guest.office.demo_key) if guest.office.demo_key else None
    if over or not is_here(guest):
        return guest.redirect(f"{ROOT}/sign-in")
    return guest.page(
        "web/first_run.html",
        title="Welcome to Fairlead",
        status=UNPROCESSABLE if problem else 200,
        problem=problem,
        orgs=[row for row in known if row["org"] != demo],
        sent=guest.form,
        countries=places.countries(),
        zones=places.zones(),
        former=places.former_names(),
        region=str(guest.form.get("region", SETTINGS["region"].default)),
        zone=str(guest.form.get("time_zone", SETTINGS["time_zone"].default)),
        shortest=passwords.SHORTEST,
    )


@action("POST /first-run", public=True)
async def first_run(guest: Guest) -> Response:
    """Make the first administrator, with an organisation where there is none, and sign them in."""
    if not is_here(guest):
        return guest.redirect(f"{ROOT}/sign-in")
    sent = {
        name: str(guest.form.get(name, "")).strip()
        for name in ("org", "organisation", "first_name", "last_name", "email", "region", "time_zone")
    }
    password = str(guest.form.get("password", ""))
    if sent["org"] == "" and not sent["organisation"]:
        return await _first_run(guest, problem="Give your organisation a name; you can change it later.")
    if not sent["first_name"]:
        return await _first_run(guest, problem="Say your first name, so that others know who did what.")

    async def make(db: Any) -> tuple[int, str]:
        return await _make_first(db, guest, sent, password)

    try:
        org_id, user_id = await guest.committed(make)
    except ApiError as error:
        return await _first_run(guest, problem=error.message)
    except Wrong as wrong:
        return await _first_run(guest, problem=wrong.reason)
    return await _enter(guest, org_id, user_id, ROOT)


async def _make_first(db: Any, guest: Guest, sent: dict[str, str], password: str) -> tuple[int, str]:
    known = {row["org"] for row in await orgs.organisations(db)}
    chosen = int(sent["org"]) if sent["org"].isascii() and sent["org"].isdigit() else 0
    if chosen in known:
        org_id = chosen
    else:
        org_id = await orgs_rules.create_org(db, sent["organisation"] or "My organisation", now=guest.now)
        await orgs_rules.settle(db, await definitions.read(db, org_id), sent["region"], sent["time_zone"])
    await orgs.lock(db, org_id)
    if await queries.any_password(db):
        said = "Somebody else was first: sign in, or ask them for a password."
        raise DomainError(said)
    user_id = await orgs.user_by_email(db, org_id, sent["email"])
    if user_id is None:
        user_id = await orgs_rules.create_user(
            db,
            org_id,
            email=sent["email"],
            first_name=sent["first_name"],
            last_name=sent["last_name"],
            role="Administrator",
            now=guest.now,
        )
    await passwords.store(db, org_id, user_id, sent["email"], password, now=guest.now)
    await orgs.definitions_changed(db, org_id)
    return org_id, user_id


# leaving -------------------------------------------------------------------------------------------------


@action("POST /sign-out")
async def sign_out(visit: Visit) -> Response:
    """End this session; with `everywhere`, all sessions of the user."""
    everywhere = visit.actor.id if visit.form.get("everywhere") else None

    async def end(db: Any) -> None:
        digest = session.digest_of(visit.token)
        await queries.end_sessions(db, visit.org_id, digests=[digest], user_id=everywhere, now=visit.now)

    await visit.committed(end)
    visit.cookies.append((session.COOKIE, "", 0))
    return visit.leave(f"{ROOT}/sign-in")


@action("POST /theme", public=True)
async def choose_theme(guest: Guest) -> Response:
    """Light, dark, or what the system wants."""
    chosen = str(guest.form.get("theme", ""))
    guest.cookies.append((THEME, chosen if chosen in ("light", "dark") else "", _YEAR if chosen else 0))
    return guest.leave(local(str(guest.form.get("next", ""))))
