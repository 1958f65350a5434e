"""What a few words find among leads, accounts and opportunities, as one may see them: in groups, the best first.

Words are looked for together: every one of them has to be there. An id, a number, a phone or the start of an e-mail address
is found however old the record is.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from fairlead.leads import queries as leads
from fairlead.leads.pages.record import name_of
from fairlead.opportunities import queries as opportunities
from fairlead.records.picture import is_id
from fairlead.search import queries
from fairlead.web.visit import Visit, with_query

AMONG = 10_000
"""Records of a kind among which any part of a name is looked for: the newest ones."""
SHORTEST = 2
"""Characters; less would find everything."""
LONGEST_NUMBER = 15
PHONE = 7
"""Digits of a phone number at least."""


class Hit(msgspec.Struct):
    """One record that was found: what it is called, what tells it from others, where it is."""

    title: str
    note: str
    address: str
    stage: str = ""
    status: str = ""


class Group(msgspec.Struct):
    """Records of one kind. `more` is the list that looks through all of them, `left_out` says when older ones were not looked at."""

    title: str
    icon: str
    hits: list[Hit]
    more: str
    left_out: str = ""


async def find(visit: Visit, text: str, limit: int) -> list[Group]:
    """What the words find, at most `limit` of each kind; kinds in which nothing was found are there too."""
    words = text.split()
    if len("".join(words)) < SHORTEST:
        return []
    async with visit.db() as db:
        groups = [await _leads(visit, db, text, words, limit)]
        if visit.has("/app/accounts"):
            groups.append(await _accounts(visit, db, text, words, limit))
        if visit.has("/app/opportunities"):
            groups.append(await _opportunities(visit, db, text, words, limit))
    return groups


async def _leads(visit: Visit, db: Any, text: str, words: list[str], limit: int) -> Group:
    org, owner = visit.org_id, visit.sees
    sure = list(_ids(words))
    if len(words) == 1:
        number = int(text) if text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER else None
        sure += await queries.numbered_lead(db, org, owner, number) if number is not None else []
        sure += await queries.keyed_leads(db, org, owner, text, limit)
    if sum(letter.isdigit() for letter in text) >= PHONE:
        sure += [lead.id for lead in await leads.by_phone(db, org, owner, text, keyed=True)]
    newest = await queries.newest_leads(db, org, owner, words, among=AMONG, limit=limit)
    found = await leads.by_ids(db, org, owner, _first(limit, sure, newest.ids))
    hits = [Hit(name_of(lead), _about(lead), f"/app/leads/{lead.id}", stage=lead.stage) for lead in found]
    return Group("Leads", "leads", hits, with_query("/app/leads", q=text), _left_out(newest, "leads"))


def _about(lead: Any) -> str:
    """What tells a lead from others of the same name."""
    named = name_of(lead)
    values = (str(lead.fields.get(name) or "") for name in ("EmailAddress", "Phone", "Company"))
    return " · ".join(value for value in values if value and value != named)


async def _accounts(visit: Visit, db: Any, text: str, words: list[str], limit: int) -> Group:
    org, owner = visit.org_id, visit.sees
    codes = [kind.code for kind in visit.defs.of_kind("account") if kind.active]
    newest = await queries.newest_accounts(db, org, owner, words, among=AMONG, limit=limit)
    named: list[str] = []
    if not newest.is_all:
        starts = {text, text[:1].upper() + text[1:], text.title(), text.upper(), text.lower()}
        named = await queries.named_accounts(db, org, owner, codes, sorted(starts), limit)
    ids = _first(limit, _ids(words), named, newest.ids)
    found = await queries.accounts(db, org, owner, ids)
    hits = [
        Hit(
            one.name,
            " · ".join(filter(None, (_kind(visit, one.code), one.city))),
            f"/app/accounts/{one.id}",
            one.stage or "",
        )
        for one in found
    ]
    return Group(
        "Accounts", "accounts", hits, with_query("/app/accounts", q=text), _left_out(newest, "accounts")
    )


async def _opportunities(visit: Visit, db: Any, text: str, words: list[str], limit: int) -> Group:
    org, owner = visit.org_id, visit.sees
    codes = [kind.code for kind in visit.defs.of_kind("opportunity") if kind.active]
    among = max(AMONG // max(len(codes), 1), 500)
    newest = await queries.newest_opportunities(db, org, owner, codes, words, among=among, limit=limit)
    named = await opportunities.named(db, org, list(_ids(words)), [], owner=owner)
    ids = _first(limit, (one.id for one in named), newest.ids)
    found = await opportunities.in_order(db, org, ids)
    people = {
        lead.id: name_of(lead)
        for lead in await leads.by_ids(db, org, owner, [one.lead_id for one in found if one.lead_id])
    }
    hits = [
        Hit(
            str(one.fields.get("mx_Custom_1") or _kind(visit, one.code)),
            people.get(one.lead_id or "", ""),
            f"/app/opportunities/{one.id}",
            str(one.fields.get("mx_Custom_2") or ""),
            one.status or "",
        )
        for one in found
    ]
    more = with_query("/app/opportunities", view="list", type="all", status="any", q=text)
    return Group("Opportunities", "opportunities", hits, more, _left_out(newest, "opportunities"))


def _kind(visit: Visit, code: int) -> str:
    kind = visit.defs.types.get(code)
    return kind.display_name if kind is not None else ""


def _ids(words: Iterable[str]) -> list[str]:
    return [word.lower() for word in words if is_id(word.lower())]


def _first(limit: int, *some: Iterable[str]) -> list[str]:
    """The first of them all, each once."""
    return list(dict.fromkeys(id for ids in some for id in ids))[:limit]


def _left_out(newest: queries.Hits, what: str) -> str:
    return "" if newest.is_all else f"Names were looked for among the newest {AMONG:,} {what}."
