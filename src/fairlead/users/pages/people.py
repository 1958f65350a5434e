"""Users and Permissions: the list, a new user, and what may change about one."""

from __future__ import annotations

from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import Response

from fairlead.errors import ApiError, Duplicate
from fairlead.fields.email import is_email
from fairlead.orgs import rules as orgs
from fairlead.orgs.definitions import Definitions, User
from fairlead.orgs.settings import OWN, Wrong, zone_or_none
from fairlead.users import rules
from fairlead.users.pages.family import action, page
from fairlead.web import passwords
from fairlead.web.me import zones
from fairlead.web.pager import Pager
from fairlead.web.screens import ROOT
from fairlead.web.visit import UNPROCESSABLE, Visit, sentence
from fairlead.wire.operation import Call

PATH = "/settings/users"
ADDRESS = ROOT + PATH
NAV = "users"
LONGEST = 200
"""Characters of a name."""

_SETTLED: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Delete leads and accounts, change locked activities", ("Yes", "", "", "")),
    ("Search activities and opportunities by any field, with the API", ("Yes", "", "", "")),
    ("Change settings: types, fields, options, products", ("Yes", "", "", "")),
    ("Change users, keys and limits, see the requests of all", ("Yes", "", "", "")),
)


def permissions(defs: Definitions) -> list[tuple[str, tuple[str, ...]]]:
    """What the roles may do, in the order of `orgs.ROLES`: what, and a word for each role, empty for no."""
    own = defs.setting("sales_user_records") == OWN
    sold = ("All", "All", "All", "Own" if own else "All")
    return [
        ("See and change leads with what belongs to them, accounts and tasks", sold),
        ("Import and export leads, merge them, make lists", sold),
        *_SETTLED,
    ]


def _roles(defs: Definitions) -> list[tuple[str, str]]:
    own = defs.setting("sales_user_records") == OWN
    about = {
        "Administrator": "everything, these settings too",
        "Sales_User": "own records only" if own else "all records",
    }
    return [(role, f"{role.replace('_', ' ')} – {about.get(role, 'all records')}") for role in orgs.ROLES]


@page(f"GET {PATH}", nav=NAV, admin=True)
async def users(visit: Visit) -> Response:
    """The users by name, those who are deactivated at the end; `q` is part of a name or an address."""
    part = visit.query.get("q", "").strip()
    sought = part.casefold()
    found = [
        user
        for user in visit.defs.users.values()
        if sought in user.name.casefold() or sought in user.email.casefold()
    ]
    found.sort(key=lambda user: (not user.active, user.name.casefold(), user.id))
    pager = Pager(ADDRESS, visit.query)
    return visit.page(
        "users/users.html",
        title="Users and Permissions",
        address=ADDRESS,
        users=pager.part_of(found),
        part=part,
        pager=pager,
        roles=permissions(visit.defs),
        organisation_address=f"{ROOT}/settings/organisation",
    )


@page(f"GET {PATH}/new", nav=NAV, admin=True)
async def new(visit: Visit) -> Response:
    """The form of a new user."""
    return _form(visit, None)


@action(f"POST {PATH}/new", nav=NAV, admin=True)
async def create(visit: Visit) -> Response:
    """Add a user; with a password they can sign in here."""
    sent, errors = _sent(visit, None)
    email, password = str(visit.form.get("email", "")).strip(), str(visit.form.get("password", ""))
    if not is_email(email):
        errors["email"] = "Enter an address such as name@example.com."
    if password and (reason := passwords.why_not(password)):
        errors["password"] = reason
    if errors:
        return _form(visit, None, errors)

    async def work(call: Call[Any, Any], db: Any) -> str:
        made = await orgs.create_user(
            db,
            call.org_id,
            email=email,
            first_name=sent["first_name"],
            last_name=sent["last_name"],
            role=sent["role"],
            profile=_profile(call.defs, sent),
            now=call.now,
        )
        if password:
            await passwords.store(db, call.org_id, made, email, password, now=call.now)
        return made

    try:
        user_id = await visit.write(work)
    except Duplicate:
        return _form(
            visit, None, {"email": "Another user has this address. Change that one, or enter another."}
        )
    except ApiError as error:
        return _form(visit, None, problem=sentence(error))
    return visit.redirect(f"{ADDRESS}/{user_id}", say=f"{sent['first_name']} is added.")


@page(f"GET {PATH}/{{id:uuid}}", nav=NAV, admin=True)
async def one(visit: Visit) -> Response:
    """The form of a user."""
    return _form(visit, _user(visit))


@action(f"POST {PATH}/{{id:uuid}}", nav=NAV, admin=True)
async def save(visit: Visit) -> Response:
    """Change name, role, manager, phone number, time zone and sales groups."""
    user = _user(visit)
    sent, errors = _sent(visit, user)
    if user.id == visit.actor.id and sent["role"] != user.role:
        errors["role"] = "You cannot give up your own role: ask another administrator."
    if errors:
        return _form(visit, user, errors)

    async def work(call: Call[Any, Any], db: Any) -> None:
        change = rules.Change(
            first_name=sent["first_name"],
            last_name=sent["last_name"],
            role=sent["role"],
            profile=_profile(call.defs, sent),
        )
        await rules.update(db, call.defs, user.id, change, now=call.now)

    try:
        await visit.write(work)
    except ApiError as error:
        return _form(visit, user, problem=sentence(error))
    return visit.redirect(f"{ADDRESS}/{user.id}", say=f"{sent['first_name']} is saved.")


@action(f"POST {PATH}/{{id:uuid}}/active", nav=NAV, admin=True)
async def switch(visit: Visit) -> Response:
    """Activate or deactivate a user: one who is deactivated is refused here and with their keys."""
    user = _user(visit)
    active = visit.form.get("on") == "1"
    if user.id == visit.actor.id:
        return _form(visit, user, problem="You cannot deactivate yourself: ask another administrator.")

    async def work(call: Call[Any, Any], db: Any) -> None:
        await rules.update(db, call.defs, user.id, rules.Change(active=active), now=call.now)

    await visit.write(work)
    return visit.redirect(
        f"{ADDRESS}/{user.id}", say=f"{user.name} is {'active again' if active else 'deactivated'}."
    )


@action(f"POST {PATH}/{{id:uuid}}/password", nav=NAV, admin=True)
async def password(visit: Visit) -> Response:
    """Give a user a password for the console; their sessions end."""
    user = _user(visit)
    chosen = str(visit.form.get("password", ""))
    if reason := passwords.why_not(chosen):
        return _form(visit, user, {"password": reason})

    async def work(db: Any) -> None:
        await passwords.store(db, visit.org_id, user.id, user.email, chosen, now=visit.now)

    try:
        await visit.committed(work)
    except Duplicate:
        said = "Somebody of another organisation signs in with this address."
        return _form(visit, user, {"password": said})
    return visit.redirect(
        f"{ADDRESS}/{user.id}", say=f"{user.name} signs in with {user.email} and this password."
    )


def _user(visit: Visit) -> User:
    user = visit.defs.users.get(visit.path["id"].lower())
    if user is None:
        raise HTTPException(404, "There is no such user: the address is mistyped.")
    return user


def _form(
    visit: Visit, user: User | None, errors: dict[str, str] | None = None, problem: str = ""
) -> Response:
    managers = [
        some for some in visit.defs.users.values() if some.active and (user is None or some.id != user.id)
    ]
    managers.sort(key=lambda some: some.name.casefold())
    return visit.page(
        "users/user.html",
        title=(user.name or user.email) if user else "New user",
        status=UNPROCESSABLE if errors or problem else 200,
        address=ADDRESS,
        user=user,
        roles=_roles(visit.defs),
        managers=[("", "Nobody"), *((some.id, some.name or some.email) for some in managers)],
        manager=(user.detail("manager_id") or "") if user else "",
        phone=(user.detail("phone") or "") if user else "",
        groups=sorted(visit.defs.setting("groups").items(), key=lambda group: group[1].casefold()),
        member_of=user.detail("groups") if user else [],
        zones=zones(visit),
        zone=(user.detail("time_zone") or "") if user else "",
        reports=_reports(visit, user) if user else [],
        keys_address=f"{ROOT}/settings/api",
        keys=[key for key in visit.defs.keys.values() if user and key.user_id == user.id],
        shortest=passwords.SHORTEST,
        errors=errors or {},
        problem=problem,
    )


def _reports(visit: Visit, user: User) -> list[User]:
    """The active users whose manager this is, by name."""
    found = (
        some for some in visit.defs.users.values() if some.active and some.detail("manager_id") == user.id
    )
    return sorted(found, key=lambda some: some.name.casefold())


def _sent(visit: Visit, user: User | None) -> tuple[dict[str, Any], dict[str, str]]:
    """What the form says, and what is wrong with it: a sentence per control."""
    names = ("first_name", "last_name", "role", "manager", "phone")
    sent: dict[str, Any] = {name: str(visit.form.get(name, "")).strip() for name in names}
    errors = {name: f"Enter at most {LONGEST} characters." for name in names if len(sent[name]) > LONGEST}
    if not sent["first_name"]:
        errors["first_name"] = "Enter a first name."
    if sent["role"] not in orgs.ROLES:
        errors["role"] = "Choose a role."
    manager = sent["manager"]
    if manager and (manager not in visit.defs.users or (user is not None and manager == user.id)):
        errors["manager"] = "Choose another user of your organisation, or nobody."
    try:
        sent["time_zone"] = zone_or_none(str(visit.form.get("time_zone", "")))
    except Wrong as wrong:
        errors[wrong.name] = wrong.reason
    sent["groups"] = [str(group) for group in visit.form.getlist("groups")]
    return sent, errors


def _profile(defs: Definitions, sent: dict[str, Any]) -> dict[str, Any]:
    return {
        "time_zone": sent["time_zone"],
        "groups": [group for group in sent["groups"] if group in defs.setting("groups")],
        "manager_id": sent["manager"] if sent["manager"] in defs.users else None,
        "phone": sent["phone"] or None,
    }
