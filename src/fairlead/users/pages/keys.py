"""API and Webhooks: access keys, keys of the asynchronous API, and the limit on requests."""

from __future__ import annotations

from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import Response

from fairlead.orgs import queries
from fairlead.orgs import rules as orgs
from fairlead.users.pages.family import action, page
from fairlead.web.screens import ROOT
from fairlead.web.visit import UNPROCESSABLE, Visit
from fairlead.wire.limits import Rate
from fairlead.wire.operation import Call
from fairlead.wire.queue.signing import secret_of

PATH = "/settings/api"
ADDRESS = ROOT + PATH
NAV = "keys"

LONGEST = 100
"""Characters of the name of a key."""

_MOST = {"calls": 1_000_000, "seconds": 86_400}


@page(f"GET {PATH}", nav=NAV, admin=True)
async def overview(visit: Visit, errors: dict[str, str] | None = None) -> Response:
    """The keys of the organisation, and its limit on requests."""
    async with visit.db() as db:
        keys = await queries.keys(db, visit.org_id)
        async_keys = await queries.async_keys(db, visit.org_id)
    own = visit.defs.setting("rate_limit")
    rate = Rate.read(own) if own is not None else None
    return visit.page(
        "users/api.html",
        title="API and Webhooks",
        status=UNPROCESSABLE if errors else 200,
        address=ADDRESS,
        users_address=f"{ROOT}/settings/users",
        host=visit.request.url.netloc,
        scheme="https" if visit.is_https else "http",
        keys=keys,
        async_keys=async_keys,
        mode="server" if own is None else "own" if rate else "off",
        rate=rate,
        errors=errors or {},
    )


@page(f"GET {PATH}/keys/new", nav=NAV, admin=True)
async def new_key(
    visit: Visit, errors: dict[str, str] | None = None, pair: tuple[str, str] | None = None
) -> Response:
    """The form of a new access key; with `pair`, the key that was made."""
    people = [user for user in visit.defs.users.values() if user.active]
    people.sort(key=lambda user: user.name.casefold())
    return visit.page(
        "users/new_key.html",
        title="New access key",
        status=UNPROCESSABLE if errors else 200,
        address=ADDRESS,
        people=[(user.id, f"{user.name} – {user.role.replace('_', ' ')}") for user in people],
        errors=errors or {},
        pair=pair,
        host=visit.request.url.netloc,
        scheme="https" if visit.is_https else "http",
    )


@action(f"POST {PATH}/keys/new", nav=NAV, admin=True)
async def create_key(visit: Visit) -> Response:
    """Make a key pair; its secret is in this answer and never again."""
    user_id = str(visit.form.get("user", ""))
    name, errors = _named(visit)
    if errors:
        return await new_key(visit, errors)

    async def work(call: Call[Any, Any], db: Any) -> tuple[str, str] | None:
        user = call.defs.users.get(user_id)
        if user is None or not user.active:
            return None
        return await orgs.create_key(db, call.org_id, user.id, now=call.now, name=name)

    pair = await visit.write(work)
    if pair is None:
        return await new_key(visit, {"user": "Choose an active user of your organisation."})
    return await new_key(visit, pair=pair)


@action(f"POST {PATH}/keys/active", nav=NAV, admin=True)
async def switch_key(visit: Visit) -> Response:
    """Enable or disable an access key."""
    access_key, active = str(visit.form.get("key", "")), visit.form.get("on") == "1"

    async def work(call: Call[Any, Any], db: Any) -> None:
        # The rule finds a key in whatever organisation it is.
        if access_key not in call.defs.keys:
            raise _missing()
        await orgs.set_key_active(db, access_key, active=active)

    await visit.write(work)
    return visit.redirect(ADDRESS, say=_said(active=active))


@page(f"GET {PATH}/async-keys/new", nav=NAV, admin=True)
async def new_async_key(visit: Visit, key: str = "", errors: dict[str, str] | None = None) -> Response:
    """The form of a new key of the asynchronous API; with `key`, the one that was made."""
    secret = secret_of(key) if key else ""
    return visit.page(
        "users/new_async_key.html",
        title="New async key",
        status=UNPROCESSABLE if errors else 200,
        address=ADDRESS,
        key=key,
        secret=secret,
        errors=errors or {},
    )


@action(f"POST {PATH}/async-keys/new", nav=NAV, admin=True)
async def create_async_key(visit: Visit) -> Response:
    """Make a key of the asynchronous API; it is in this answer and never again."""
    name, errors = _named(visit)
    if errors:
        return await new_async_key(visit, errors=errors)

    async def work(call: Call[Any, Any], db: Any) -> str:
        return await orgs.create_async_key(db, call.org_id, now=call.now, name=name)

    return await new_async_key(visit, await visit.write(work))


@action(f"POST {PATH}/async-keys/{{id:uuid}}/active", nav=NAV, admin=True)
async def switch_async_key(visit: Visit) -> Response:
    """Enable or disable a key of the asynchronous API."""
    key_id, active = visit.path["id"].lower(), visit.form.get("on") == "1"

    async def work(call: Call[Any, Any], db: Any) -> None:
        if all(row["id"] != key_id for row in await queries.async_keys(db, call.org_id)):
            raise _missing()
        await orgs.set_async_key_active(db, key_id, active=active)

    await visit.write(work)
    return visit.redirect(ADDRESS, say=_said(active=active))


@action(f"POST {PATH}/limit", nav=NAV, admin=True)
async def limit(visit: Visit) -> Response:
    """Set how many requests the organisation may send in how many seconds."""
    mode = visit.form.get("mode")
    value = "off" if mode == "off" else "server"
    if mode == "own":
        errors = {name: wrong for name, most in _MOST.items() if (wrong := _wrong(visit, name, most))}
        if errors:
            return await overview(visit, errors)
        value = f"{_number(visit, 'calls')}/{_number(visit, 'seconds')}s"

    async def work(call: Call[Any, Any], db: Any) -> None:
        await orgs.choose(db, call.defs, {"rate_limit": value})

    await visit.write(work)
    return visit.redirect(ADDRESS, say="The request limit is saved and counts from now on.")


def _named(visit: Visit) -> tuple[str, dict[str, str]]:
    """The name of a new key, and what is wrong with it."""
    name = str(visit.form.get("name", "")).strip()
    if not name or len(name) > LONGEST:
        return name, {"name": f"Enter 1 to {LONGEST} characters."}
    return name, {}


def _number(visit: Visit, name: str) -> int:
    """The whole number of a control; 0 for what is none."""
    text = str(visit.form.get(name, "")).strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _wrong(visit: Visit, name: str, most: int) -> str:
    return "" if 1 <= _number(visit, name) <= most else f"Enter a whole number from 1 to {most}."


def _missing() -> HTTPException:
    return HTTPException(404, "Your organisation has no such key.")


def _said(*, active: bool) -> str:
    return "The key is enabled." if active else "The key is disabled: from the next call on it is refused."
