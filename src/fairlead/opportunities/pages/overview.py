"""Opportunities together: a board with a lane for each stage of a type, and a list. Both take the same conditions.

The lanes of stages in which an opportunity is open hold all of them. What has ended would fill the board: a stage that
ends it holds what came there lately.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
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
    OPEN,
    OTHER,
    Asked,
    choices,
    chosen,
    ending,
    read,
    sorting,
    stages,
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
CARDS, CLOSED_CARDS = 10, 3
"""Cards that a lane shows, of what is open and of what has ended; the list shows them all."""
LATELY = 30
"""Days for which an opportunity that has ended stays on the board after its last change."""
NEAR = 300
"""Days: a date that lies so near is told without its year."""
OTHERS = "Other stages"


class Deal(msgspec.Struct, kw_only=True):
    """An opportunity as a card or a row shows it. `days`: how long ago it was opened; `is_late`: open after its closure.

    `closes_on` is the day of `closes` as a card tells it.
    """

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
    closes_on: str
    is_late: bool

    @property
    def about(self) -> str:
        """The name of the lead, where the name of the opportunity does not say it."""
        return "" if self.lead.casefold() in self.name.casefold() else self.lead


class Column(msgspec.Struct, kw_only=True):
    """A stage on the board. `more` leads to all of it where not all of it is shown.

    `status` is that of a stage in which nothing is open: what a card becomes that is moved here. `takes`: cards can be
    moved here.
    """

    stage: str
    title: str
    status: str = ""
    count: int = 0
    worth: Decimal = Decimal(0)
    deals: list[Deal] = []
    more: str = ""
    takes: bool = True


@page("GET /opportunities", nav="opportunities")
async def opportunities(visit: Visit) -> Response:
    """The board, or with `view=list` the list."""
    async with visit.db() as db:
        asked = await read(visit, db)
        if asked is None:
            return visit.page("opportunities/no_types.html", title="Opportunities", back="", back_label="")
        response = await (_board if asked.is_board else _list)(visit, db, asked)
    if visit.is_htmx:
        # A filter makes no step to go back over, unless another page is shown for it.
        stays = visit.request.headers.get("hx-target") == "results"
        number = visit.query.get("page", "")
        way = "HX-Replace-Url" if stays else "HX-Push-Url"
        response.headers[way] = asked.at(page=number if number != "1" else "")
    return response


async def _board(visit: Visit, db: Any, asked: Asked) -> Response:
    kinds = [asked.kind]
    wanted = chosen(visit, asked, kinds)
    order = sorting(visit, asked, kinds)
    lanes = await queries.lanes(db, visit.org_id, wanted, owner=visit.sees, sorting=order, size=CARDS)
    ends = ending(asked.kind)
    wanted.status = ""
    closed = await queries.closed(
        db,
        visit.org_id,
        wanted,
        list(ends.items()),
        owner=visit.sees,
        since=visit.now - timedelta(days=LATELY),
        size=CLOSED_CARDS,
    )
    ids = [id for lane in (*lanes, *closed) for id in lane.first]
    deals = {deal.id: deal for deal in await _deals(visit, db, await queries.in_order(db, visit.org_id, ids))}
    columns = _columns(asked, {lane.stage: lane for lane in lanes}, deals)
    return visit.page(
        "opportunities/board.html",
        title="Opportunities",
        columns=columns,
        ways_out=_ways_out(asked, ends, {lane.stage: lane for lane in closed}, deals),
        lately=LATELY,
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
    every = asked.said.get("type") == ALL
    return {
        "asked": asked,
        "choices": choices(visit, asked),
        "every": every,
        "board_address": asked.at(view="", stage="", status="", **({"type": ""} if every else {})),
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
        closes_on=_day(visit, closes) if closes is not None else "",
        is_late=one.status == OPEN and closes is not None and closes < visit.now,
    )


def _day(visit: Visit, at: datetime) -> str:
    """A day of the reader's time zone as a card tells it: `31 Dec`, one that is far away with its year."""
    day: date = at.astimezone(visit.zone).date()
    is_near = abs((day - visit.now.astimezone(visit.zone).date()).days) < NEAR
    return f"{day:%-d %b}" if is_near else formats.day(day)


def title_of(one: Activity, kind: RecordType) -> str:
    """What an opportunity is called: by its name, else by its type and number."""
    number = f" {one.auto_id}" if one.auto_id is not None else ""
    return str(one.fields.get(NAME) or "") or f"{kind.display_name}{number}"


def _columns(asked: Asked, lanes: dict[str, Lane], deals: dict[str, Deal]) -> list[Column]:
    """A lane per stage in which opportunities are open, and one for those in no stage of the type."""
    ends = ending(asked.kind)
    found = [
        _column(asked, stage, stage, lanes.get(stage), deals)
        for stage in stages(asked.kind)
        if stage not in ends or stage in lanes
    ]
    if "" in lanes:
        found.append(_column(asked, OTHER, OTHERS, lanes[""], deals))
    for column in found:
        column.takes = column.stage != OTHER and column.stage not in ends
    return found


def _column(asked: Asked, stage: str, title: str, lane: Lane | None, deals: dict[str, Deal]) -> Column:
    if lane is None:
        return Column(stage=stage, title=title)
    shown = [deals[id] for id in lane.first if id in deals]
    more = asked.at(view="list", stage=stage) if lane.count > len(shown) else ""
    return Column(stage=stage, title=title, count=lane.count, worth=lane.worth, deals=shown, more=more)


def _ways_out(
    asked: Asked, ends: dict[str, str], lanes: dict[str, Lane], deals: dict[str, Deal]
) -> list[Column]:
    """A lane per stage that ends an opportunity, with what came there lately; `more` leads to all that ever did."""
    found = []
    for stage, status in ends.items():
        column = _column(asked, stage, stage, lanes.get(stage), deals)
        column.status, column.more = status, asked.at(view="list", stage=stage, status=status)
        found.append(column)
    return found
