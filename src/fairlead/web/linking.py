"""Ids in a text that lead to the pages of their records: for what went over the wire."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from markupsafe import Markup, escape

from fairlead.web import queries
from fairlead.web.visit import Visit

MOST = 200
"""Ids of a text that are looked up."""

_ID = re.compile(r"\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b")


async def linked(visit: Visit, db: Any, *texts: str) -> list[Markup]:
    """The texts, escaped, with a link where an id is that of a record that has a page."""
    ids = dict.fromkeys(found.lower() for text in texts for found in _ID.findall(text))
    known = await addresses(visit, db, list(ids)[:MOST]) if ids else {}
    return [_with_links(text, known) for text in texts]


async def addresses(visit: Visit, db: Any, ids: list[str]) -> dict[str, str]:
    """Where the pages of the records with these ids are, by id; those without a page are left out."""
    found = {}
    for row in await queries.records(db, visit.org_id, ids):
        place = _place(row)
        if place and visit.has(f"{place.rpartition('/')[0]}/{{id:uuid}}"):
            found[row.id] = place
    for id in ids:
        if id in visit.defs.users and visit.is_admin:
            found[id] = f"/app/settings/users/{id}"
        elif id in visit.defs.products and visit.is_admin:
            found[id] = f"/app/settings/products/{id}"
    return found


def _place(row: queries.Record) -> str:
    if row.kind != "activity":
        return {
            "lead": f"/app/leads/{row.id}",
            "account": f"/app/accounts/{row.id}",
            "task": f"/app/tasks/{row.id}",
            "request": f"/app/async/{row.id}",
        }[row.kind]
    if row.of_account:
        return f"/app/account-activities/{row.id}"
    if row.code >= _OPPORTUNITIES:
        return f"/app/opportunities/{row.id}"
    # What happened on a lead stands in its timeline.
    return f"/app/sales/{row.id}" if row.code == _SALE else f"/app/leads/{row.of_lead}"


_SALE, _OPPORTUNITIES = 30, 12000
"""The event code of sales, and the first one of opportunities."""


def _with_links(text: str, known: Mapping[str, str]) -> Markup:
    parts: list[Any] = []
    at = 0
    for found in _ID.finditer(text):
        to = known.get(found[0].lower())
        if to is not None:
            parts += [escape(text[at : found.start()]), Markup('<a href="{}">{}</a>').format(to, found[0])]
            at = found.end()
    return Markup("").join([*parts, escape(text[at:])])
