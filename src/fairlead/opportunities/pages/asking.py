"""What the board and the list are asked for: read from the address, and offered by their filters.

The board shows every stage of one type, so it asks for no stage and no status; the rest is the same for both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec

from fairlead.opportunities import queries
from fairlead.opportunities.queries import ORDERS, Chosen, Sorting
from fairlead.opportunities.rules import STAGE
from fairlead.orgs.definitions import RecordType
from fairlead.records.picture import is_id
from fairlead.web.visit import Visit, with_query

ADDRESS = "/app/opportunities"
ALL = "all"
"""Opportunities of every type; the board shows one."""
ANY = "any"
"""Opportunities of every status."""
OPEN = "Open"
OTHER = "~"
"""What `stage` says for those in no stage of their type."""
NEWEST = "-changed"
LOOKED_AT = "fairlead_deals"
"""Cookie that holds the type one looked at last: a board without a type in its address shows that one."""
KEPT = 365 * 86_400
"""Seconds for which it is known."""

_NAMES = ("view", "type", "q", "status", "stage", "owner", "closing", "sort")

CLOSING: tuple[tuple[str, str], ...] = (
    ("", "Any closure date"),
    ("overdue", "Overdue"),
    ("week", "Within 7 days"),
    ("month", "This month"),
    ("next-month", "Next month"),
    ("quarter", "This quarter"),
    ("none", "No closure date"),
)


class Asked(msgspec.Struct, kw_only=True):
    """What is asked for. `kinds` are the types of the list, `kind` the one of the board; empty texts ask for nothing."""

    kind: RecordType
    kinds: list[RecordType]
    said: dict[str, str]
    words: str
    status: str
    stage: str
    owner: str
    closing: str
    sort: str

    def at(self, **changes: str) -> str:
        """The address of the same with something else; an empty text takes a condition away."""
        return with_query(ADDRESS, **(self.said | changes))

    @property
    def query(self) -> str:
        """The query string that asks for the same: what a saved view keeps."""
        return self.at().partition("?")[2]

    @property
    def is_board(self) -> bool:
        """True for the board, false for the list."""
        return self.said.get("view") != "list"

    @property
    def is_filtered(self) -> bool:
        """True when there is a condition besides the type and the usual status."""
        return bool(self.words or self.stage or self.owner or self.closing or self.status != OPEN)

    @property
    def cleared(self) -> str:
        """The address of the same type without any condition."""
        return self.at(q="", status="", stage="", owner="", closing="")


async def read(visit: Visit, db: Any) -> Asked | None:
    """What the address asks for; what it says that cannot be is left out. None while there is no type."""
    kinds = types(visit)
    if not kinds:
        return None
    said = {name: visit.query.get(name, "").strip() for name in _NAMES}
    kind = await _kind(visit, db, kinds, said["type"])
    is_list = said["view"] == "list"
    every = is_list and said["type"] == ALL
    known = {
        "view": ("list",),
        "stage": (said["stage"],) if is_list else (),
        "status": (ANY, *statuses(kind)) if is_list else (),
        "closing": tuple(dict(CLOSING)),
        "sort": tuple(f"{way}{name}" for way in ("", "-") for name in ORDERS),
    }
    for name, allowed in known.items():
        said[name] = said[name] if said[name] in allowed else ""
    said |= {name: "" for name, value in (("status", OPEN), ("sort", NEWEST)) if said[name] == value}
    # The type stands in the address wherever there are several: it is the same page for everybody who is sent it.
    said["type"] = ALL if every else str(kind.code) if len(kinds) > 1 else ""
    said["owner"] = said["owner"].lower() if is_id(said["owner"].lower()) else ""
    return Asked(
        kind=kind,
        kinds=kinds if every else [kind],
        said={name: value for name, value in said.items() if value},
        words=said["q"],
        status=said["status"] or OPEN,
        stage=said["stage"],
        owner=said["owner"],
        closing=said["closing"],
        sort=said["sort"] or NEWEST,
    )


async def _kind(visit: Visit, db: Any, kinds: list[RecordType], code: str) -> RecordType:
    """The type with this code; for no code, or one that is none, that which was looked at last, else the fullest."""
    before = visit.request.cookies.get(LOOKED_AT, "")
    by_code = {str(kind.code): kind for kind in kinds}
    kind = by_code.get(code) or by_code.get(before)
    if kind is None:
        fullest = await queries.fullest(db, visit.org_id, [one.code for one in kinds]) if kinds[1:] else 0
        kind = by_code.get(str(fullest), kinds[0])
    if kinds[1:] and code in by_code and code != before:
        visit.cookies.append((LOOKED_AT, code, KEPT))
    return kind


def types(visit: Visit) -> list[RecordType]:
    """The types that opportunities can be opened with, by name."""
    active = (kind for kind in visit.defs.of_kind("opportunity") if kind.active)
    return sorted(active, key=lambda kind: (kind.display_name.casefold(), kind.code))


def statuses(kind: RecordType) -> list[str]:
    """The statuses of a type, in their order."""
    return _options(kind, "Status")


def stages(kind: RecordType) -> list[str]:
    """The stages of a type, in their order."""
    return _options(kind, STAGE)


def _options(kind: RecordType, name: str) -> list[str]:
    field = kind.fields.get(name)
    if field is None:
        return []
    found = [option.value for option in sorted(field.options, key=lambda option: option.order)]
    return list(
        dict.fromkeys([*found, *(value for allowed in field.dependent.values() for value in allowed)])
    )


def statuses_of_stage(kind: RecordType, stage: str) -> list[str]:
    """The statuses that allow a stage, in their order; all of them where stages do not depend on the status."""
    field = kind.fields.get(STAGE)
    if field is None or field.parent != "Status":
        return statuses(kind)
    return [status for status in statuses(kind) if stage in field.dependent.get(status, ())]


def ending(kind: RecordType) -> dict[str, str]:
    """The stages in which nothing is open, in their order, each with the status that it stands for."""
    found = {stage: statuses_of_stage(kind, stage) for stage in stages(kind)}
    return {stage: allowed[0] for stage, allowed in found.items() if allowed and OPEN not in allowed}


def chosen(visit: Visit, asked: Asked, kinds: Sequence[RecordType]) -> Chosen:
    """The same as a query takes it."""
    known = list(dict.fromkeys(stage for kind in kinds for stage in stages(kind)))
    is_other = asked.stage == OTHER and OTHER not in known
    return Chosen(
        codes=[kind.code for kind in kinds],
        stages=known,
        status="" if asked.status == ANY else asked.status,
        stage="" if is_other else asked.stage,
        is_other=is_other,
        owner=asked.owner,
        words=asked.words.split(),
        closes=_span(asked.closing, visit),
        is_unplanned=asked.closing == "none",
    )


def sorting(visit: Visit, asked: Asked, kinds: Sequence[RecordType]) -> Sorting:
    """The order that is asked for: stages as their type has them, owners by name."""
    column = asked.sort.removeprefix("-")
    ranks: list[str] = []
    if column == "stage":
        ranks = list(dict.fromkeys(stage for kind in kinds for stage in stages(kind)))
    elif column == "owner":
        ranks = [id for id, _ in people(visit)]
    return Sorting(column, asked.sort.startswith("-"), ranks)


def people(visit: Visit) -> list[tuple[str, str]]:
    """All users by name: (id, name)."""
    found = ((user.id, user.name or user.email) for user in visit.defs.users.values())
    return sorted(found, key=lambda one: one[1].casefold())


def _span(closing: str, visit: Visit) -> tuple[str, str]:
    """The first and the last moment of a span of days in the person's time zone, as closures are stored."""
    today = visit.now.astimezone(visit.zone).date()
    this = today.replace(day=1)
    following = _month_after(this, 1)
    quarter = this.replace(month=(this.month - 1) // 3 * 3 + 1)
    spans: Mapping[str, tuple[date, date]] = {
        "month": (this, following),
        "next-month": (following, _month_after(following, 1)),
        "quarter": (quarter, _month_after(quarter, 3)),
    }
    now = f"{visit.now:%Y-%m-%d %H:%M:%S}"
    if closing == "overdue":
        return "", now
    if closing == "week":
        return now, _stored(today + timedelta(days=8), visit)
    if closing not in spans:
        return "", ""
    first, last = (_stored(day, visit) for day in spans[closing])
    return first, last


def _month_after(first: date, months: int) -> date:
    month = first.month - 1 + months
    return date(first.year + month // 12, month % 12 + 1, 1)


def _stored(day: date, visit: Visit) -> str:
    return f"{datetime(day.year, day.month, day.day, tzinfo=visit.zone).astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def choices(visit: Visit, asked: Asked) -> dict[str, Any]:
    """What the filters offer: (value, words)."""
    stage_names = list(dict.fromkeys(stage for kind in asked.kinds for stage in stages(kind)))
    found = {
        "type": [(str(kind.code), kind.display_name) for kind in types(visit)],
        "status": [*((one, one) for one in statuses(asked.kind)), (ANY, "Any status")],
        "stage": [("", "Any stage"), *((one, one) for one in stage_names)],
        "owner": [("", "Any owner"), *people(visit)],
        "closing": list(CLOSING),
    }
    if asked.stage and asked.stage not in stage_names:
        found["stage"].append((asked.stage, "Other stages" if asked.stage == OTHER else asked.stage))
    if asked.owner and asked.owner not in visit.defs.users:
        found["owner"].append((asked.owner, "Unknown user"))
    return found
