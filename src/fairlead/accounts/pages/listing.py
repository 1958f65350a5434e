"""The list of accounts of one type: found by name, owner and stage, sorted, a page at a time."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
import sqlalchemy as sa
from starlette.responses import Response

from fairlead.accounts import attributes, queries
from fairlead.accounts.pages.family import page
from fairlead.errors import NotFound
from fairlead.fields.model import Field
from fairlead.leads import criteria
from fairlead.orgs.definitions import RecordType
from fairlead.web.pager import Pager
from fairlead.web.visit import Visit, with_query
from fairlead.wire.types import Page

ADDRESS = "/app/accounts"
BY_NAME = "name"

COLUMNS: dict[str, str] = {
    "name": "CompanyName",
    "stage": "Stage",
    "owner": "OwnerName",
    "active": "LastActivityOn",
    "created": "CreatedOn",
}
"""What can be sorted by: the name in the address, and the attribute."""

_PARAMETERS = ("type", "q", "stage", "owner", "sort", "page")


class Wanted(msgspec.Struct):
    """What the list is asked for; an empty text asks for nothing."""

    words: str = ""
    stage: str = ""
    owner: str = ""


@page("GET /accounts", nav="accounts")
async def accounts(visit: Visit) -> Response:
    """Accounts that the person may see, by name, or as they are asked for."""
    types = types_of(visit)
    if not types:
        return visit.page("accounts/none.html", title="Accounts")
    kind = chosen(types, visit.query.get("type", ""))
    said = {name: visit.query.get(name, "").strip() for name in _PARAMETERS}
    said["type"] = str(kind.code) if kind is not types[0] else ""
    wanted = Wanted(words=said["q"], stage=said["stage"], owner=said["owner"])
    sort = said["sort"] if said["sort"].removeprefix("-") in COLUMNS else BY_NAME
    pager = Pager(ADDRESS, visit.query)
    by = attributes.attribute(kind, COLUMNS[sort.removeprefix("-")]) or attributes.CREATED_ON
    async with visit.db() as db:
        total, found = await queries.search(
            db,
            visit.org_id,
            visit.sees,
            kind.code,
            _condition(kind, wanted),
            by,
            descending=sort.startswith("-"),
            page=Page(pager.offset, pager.size),
        )
    kept = {name: said[name] for name in _PARAMETERS if name not in ("sort", "page")}
    address = with_query(ADDRESS, **kept)
    response = visit.page(
        "accounts/list.html",
        title="Accounts",
        kind=kind,
        types=[(one.display_name, _at(types, one)) for one in types],
        home=_at(types, kind),
        wanted=wanted,
        accounts=found,
        pager=pager.found(len(found), total=total),
        sort=sort,
        address=address,
        is_filtered=any((wanted.words, wanted.stage, wanted.owner)),
        choices=_choices(visit, kind, wanted),
    )
    if visit.is_htmx and visit.request.headers.get("hx-target") == "results":
        # What is asked for makes no steps to go back over, and what was left empty is left out.
        shown = {"sort": sort if sort != BY_NAME else "", "page": pager.page if pager.page > 1 else ""}
        response.headers["HX-Replace-Url"] = with_query(ADDRESS, **kept, **shown)
    return response


def types_of(visit: Visit) -> list[RecordType]:
    """The types that accounts may have, in the order of their codes."""
    return sorted((one for one in visit.defs.of_kind("account") if one.active), key=lambda one: one.code)


def chosen(types: Iterable[RecordType], code: str) -> RecordType:
    """The type with this code, the first one for no code. Raises NotFound."""
    found = next((one for one in types if code in ("", str(one.code))), None)
    if found is None:
        raise NotFound
    return found


def _at(types: list[RecordType], kind: RecordType) -> str:
    return with_query(ADDRESS, type=None if kind is types[0] else kind.code)


def _condition(kind: RecordType, wanted: Wanted) -> criteria.Condition:
    parts = [attributes.named_like(word) for word in wanted.words.split()]
    for name, value in (("Stage", wanted.stage), ("OwnerId", wanted.owner)):
        found = attributes.attribute(kind, name)
        if value and found is not None:
            parts.append(criteria.condition(found, "=", value))
    return sa.and_(sa.true(), *parts)


def _choices(visit: Visit, kind: RecordType, wanted: Wanted) -> dict[str, list[tuple[str, str]]]:
    """What the filters offer: (value, words)."""
    stages = stages_of(kind.fields["Stage"], wanted.stage) if "Stage" in kind.fields else []
    people = ((user.id, user.name or user.email) for user in visit.defs.users.values())
    return {
        "stage": [("", "Any stage"), *stages],
        "owner": [("", "Any owner"), *sorted(people, key=lambda one: one[1].casefold())],
    }


def stages_of(field: Field, current: str | None) -> list[tuple[str, str]]:
    """The stages in their order; one that is not among the options is there where it is in use."""
    found = [(one.value, one.text or one.value) for one in sorted(field.options, key=lambda one: one.order)]
    return found if not current or current in dict(found) else [*found, (current, current)]
