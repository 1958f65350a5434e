"""Settings › Organisation: its name, what it chooses for itself, and its sales groups."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from fairlead.orgs import places, settings
from fairlead.orgs import rules as orgs
from fairlead.users.pages.family import action, page
from fairlead.web.screens import ROOT
from fairlead.web.visit import UNPROCESSABLE, Visit
from fairlead.wire.operation import Call

PATH = "/settings/organisation"
ADDRESS = ROOT + PATH
NAV = "settings"

PARTS = (
    ("Country, time and money", ("region", "time_zone")),
    ("Who sees what", ("sales_user_records",)),
    ("Leads and sales", ("convert_to_customer", "customer_stage", "lead_delete")),
)
"""The settings that stand in the form by themselves; money is chosen as one, groups and the limit have their own."""

_MONEY = ("currency_abbreviation", "currency_symbol", "currency_name")


@page(f"GET {PATH}", nav=NAV, admin=True)
async def organisation(visit: Visit, errors: dict[str, str] | None = None) -> Response:
    """The form of the organisation, with every setting as it is."""
    defs = visit.defs
    return visit.page(
        "users/organisation.html",
        title="Organisation",
        status=UNPROCESSABLE if errors else 200,
        address=ADDRESS,
        api_address=f"{ROOT}/settings/api",
        parts=[(title, [settings.SETTINGS[name] for name in names]) for title, names in PARTS],
        currencies=_currencies(visit),
        currency=defs.setting("currency_abbreviation"),
        calling_code=places.calling_code(str(defs.setting("region"))),
        groups=sorted(defs.setting("groups").items(), key=lambda group: group[1].casefold()),
        members=_members(visit),
        limit=settings.written("rate_limit", defs.setting("rate_limit")),
        errors=errors or {},
    )


def _currencies(visit: Visit) -> list[tuple[str, str]]:
    """The currencies to choose from; one that the command made stands among them."""
    found = {code: f"{code} – {name} ({symbol})" for code, symbol, name in places.currencies().values()}
    code, symbol, name = (str(visit.defs.setting(some)) for some in _MONEY)
    if places.currencies().get(code) != (code, symbol, name):
        found[code] = f"{code} – {name} ({symbol})"
    return list(found.items())


def _members(visit: Visit) -> dict[str, int]:
    """How many active users are in each sales group."""
    found: dict[str, int] = {}
    for user in visit.defs.users.values():
        for group in user.detail("groups") if user.active else ():
            found[group] = found.get(group, 0) + 1
    return found


@action(f"POST {PATH}", nav=NAV, admin=True)
async def save(visit: Visit) -> Response:
    """Store the name and every setting of the form."""
    given, errors = _given(visit)
    name = str(visit.form.get("name", "")).strip()
    for setting, text in given.items():
        try:
            settings.read(visit.defs, setting, text)
        except settings.Wrong as wrong:
            errors[setting] = wrong.reason
    if errors:
        return await organisation(visit, errors)

    async def work(call: Call[Any, Any], db: Any) -> None:
        await orgs.rename(db, call.org_id, name)
        await orgs.choose(db, call.defs, given)

    try:
        await visit.write(work)
    except settings.Wrong as wrong:
        return await organisation(visit, {wrong.name: wrong.reason})
    return visit.redirect(ADDRESS, say="Saved. It counts from now on, for the API too.")


def _given(visit: Visit) -> tuple[dict[str, str], dict[str, str]]:
    """The settings that the form holds, as text, and what is wrong with the choice of money."""
    given, errors = {}, {}
    for _, names in PARTS:
        for name in names:
            flag = settings.SETTINGS[name].kind == "flag"
            given[name] = ("on" if name in visit.form else "off") if flag else str(visit.form.get(name, ""))
    code = str(visit.form.get("currency", ""))
    money = places.currencies().get(code)
    if money is not None:
        given |= dict(zip(_MONEY, money, strict=True))
    elif code != visit.defs.setting("currency_abbreviation"):
        errors["currency"] = "Choose a currency."
    return given, errors


@action(f"POST {PATH}/groups", nav=NAV, admin=True)
async def groups(visit: Visit) -> Response:
    """Name, add and remove sales groups."""
    named = {
        name.partition("~")[2]: str(value)
        for name, value in visit.form.items()
        if name.startswith("group~") and isinstance(value, str)
    }
    added = str(visit.form.get("added", "")).split(",")

    async def work(call: Call[Any, Any], db: Any) -> None:
        await orgs.set_groups(db, call.defs, named, added)

    try:
        await visit.write(work)
    except settings.Wrong as wrong:
        return await organisation(visit, {"added": wrong.reason})
    return visit.redirect(ADDRESS, say="The sales groups are saved.")
