"""Opportunities together: a board with a column for each stage of a type, and a list. Both take the same conditions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
from starlette.responses import Response

from fairlead.leads import queries as leads
from fairlead.leads.pages.record import name_of
from fairlead.opportunities import queries
from fairlead.opportunities.pages.asking import (
    ADDRESS,
    ALL,
    ANY,
    OPEN,
    OTHER,
    Asked,
    choices,
    chosen,
    read,
    sorting,
    stages,
    statuses_of_stage,
)
from fairlead.opportunities.pages.family import page
from fairlead.opportunities.queries import Lane
from fairlead.opportunities.rules import STAGE
from fairlead.orgs.definitions import RecordType
from fairlead.records.rows import Activity
from fairlead.web import formats, views
from fairlead.web.pager import Pager
from fairlead.web.visit import Visit
from fairlead.wire.types import Page

NAME, SIZE, CLOSURE = "mx_Custom_1", "mx_Custom_6", "mx_Custom_8"
"""The fields of every type that hold the name, the expected size and the expected closure."""
CARDS = 10
"""Cards that a column shows; the list shows them all."""
OTHERS = "Other stages"


class Deal(msgspec.Struct, kw_only=True):
    """An opportunity as a card or a row shows it. `days`: how long ago it was opened; `is_late`: open after its closure."""

    id: str
    name: str
    kind: RecordType
    lead_id: str
    lead: str
    owner_id: str | None
    status: str
    stage: str
    worth: Decimal | None
    opened: datetime
    changed: datetime
    days: int
    closes: datetime | None
    is_late: bool


class Column(msgspec.Struct, kw_only=True):
    """A stage on the board. `more` leads to all of it where not all of it is shown.

    `status`: what a card gets that is moved here and leaves the board by it, because another status is asked for.
    """

    stage: str
    title: str
    status: str = ""
    count: int = 0
    worth: Decimal = Decimal(0)
    deals: list[Deal] = []
    more: str = ""

    @property
    def takes(self) -> bool:
        """True when cards can be moved here."""
        return self.stage != OTHER


@page("GET /opportunities", nav="opportunities")
async def opportunities(visit: Visit) -> Response:
    """The board, or with `view=list` the list."""
    asked = read(visit)
    if asked is None:
        return visit.page("opportunities/no_types.html", title="Opportunities")
    show = _list if visit.query.get("view") == "list" else _board
    async with visit.db() as db:
        response = await show(visit, db, asked)
    if visit.is_htmx and visit.request.headers.get("hx-boosted"):
        number = visit.query.get("page", "")
        response.headers["HX-Push-Url"] = asked.at(page=number if number != "1" else "")
    return response


async def _board(visit: Visit, db: Any, asked: Asked) -> Response:
    kinds = [asked.kind]
    lanes = await queries.lanes(
        db,
        visit.org_id,
        chosen(visit, asked, kinds),
        owner=visit.sees,
        sorting=sorting(visit, asked, kinds),
        size=CARDS,
    )
    found = await queries.in_order(db, visit.org_id, [id for lane in lanes for id in lane.first])
    deals = {deal.id: deal for deal in await _deals(visit, db, found)}
    columns = _columns(asked, {lane.stage: lane for lane in lanes}, deals)
    return visit.page(
        "opportunities/board.html",
        title="Opportunities",
        columns=columns,
        stages=stages(asked.kind),
        count=sum(column.count for column in columns),
        worth=sum((column.worth for column in columns), Decimal(0)),
        here=asked.at(),
        saved=await views.of(visit, db),
        **_filters(visit, asked),
    )


async def _list(visit: Visit, db: Any, asked: Asked) -> Response:
    pager = Pager(ADDRESS, visit.query)
    total, found = await queries.listed(
        db,
        visit.org_id,
        chosen(visit, asked, asked.kinds),
        owner=visit.sees,
        sorting=sorting(visit, asked, asked.kinds),
        page=Page(pager.offset, pager.size),
    )
    return visit.page(
        "opportunities/list.html",
        title="Opportunities",
        deals=await _deals(visit, db, found),
        pager=pager.found(len(found), total=total),
        address=asked.at(sort=""),
        has_types=len(asked.kinds) > 1,
        saved=await views.of(visit, db),
        **_filters(visit, asked),
    )


def _filters(visit: Visit, asked: Asked) -> dict[str, Any]:
    return {
        "asked": asked,
        "choices": choices(visit, asked),
        "every": asked.said.get("type") == ALL,
        "board_address": asked.at(
            view="", type="" if asked.said.get("type") == ALL else str(asked.kind.code)
        ),
        "list_address": asked.at(view="list"),
    }


async def _deals(visit: Visit, db: Any, found: Sequence[Activity]) -> list[Deal]:
    """Opportunities with their leads; those whose lead or type went meanwhile are left out."""
    ids = list({one.lead_id for one in found if one.lead_id is not None})
    on = {lead.id: lead for lead in await leads.by_ids(db, visit.org_id, visit.sees, ids)} if ids else {}
    made = []
    for one in found:
        lead, kind = on.get(one.lead_id or ""), visit.defs.types.get(one.code)
        if lead is not None and kind is not None:
            made.append(deal_of(visit, one, kind, name_of(lead)))
    return made


def deal_of(visit: Visit, one: Activity, kind: RecordType, lead: str) -> Deal:
    """An opportunity in the words of the board; `lead` is the name of its lead."""
    closes = formats.instant(one.fields.get(CLOSURE))
    worth = one.fields.get(SIZE)
    return Deal(
        id=one.id,
        name=title_of(one, kind),
        kind=kind,
        lead_id=one.lead_id or "",
        lead=lead,
        owner_id=one.owner_id,
        status=one.status or "",
        stage=str(one.fields.get(STAGE) or ""),
        worth=worth if isinstance(worth, Decimal) else Decimal(worth) if isinstance(worth, int) else None,
        opened=one.happened_on,
        changed=one.modified_on,
        days=max(0, (visit.now - one.happened_on).days),
        closes=closes,
        is_late=one.status == OPEN and closes is not None and closes < visit.now,
    )


def title_of(one: Activity, kind: RecordType) -> str:
    """What an opportunity is called: by its name, else by its type and number."""
    number = f" {one.auto_id}" if one.auto_id is not None else ""
    return str(one.fields.get(NAME) or "") or f"{kind.display_name}{number}"


def _columns(asked: Asked, lanes: dict[str, Lane], deals: dict[str, Deal]) -> list[Column]:
    """A column per stage: those of the status that is asked for, then those that lead out of it."""
    inside: list[Column] = []
    outside: list[Column] = []
    for stage in stages(asked.kind):
        column = _column(asked, stage, stage, lanes.get(stage), deals)
        allowed = statuses_of_stage(asked.kind, stage)
        if asked.status in (ANY, *allowed) or column.count or not allowed:
            inside.append(column)
        else:
            column.status = allowed[0]
            outside.append(column)
    if "" in lanes:
        inside.append(_column(asked, OTHER, OTHERS, lanes[""], deals))
    return [*_only(inside, asked.stage), *outside]


def _only(columns: Iterable[Column], stage: str) -> list[Column]:
    return [column for column in columns if stage in ("", column.stage)]


def _column(asked: Asked, stage: str, title: str, lane: Lane | None, deals: dict[str, Deal]) -> Column:
    if lane is None:
        return Column(stage=stage, title=title)
    shown = [deals[id] for id in lane.first if id in deals]
    more = asked.at(view="list", type=str(asked.kind.code), stage=stage) if lane.count > len(shown) else ""
    return Column(stage=stage, title=title, count=lane.count, worth=lane.worth, deals=shown, more=more)
