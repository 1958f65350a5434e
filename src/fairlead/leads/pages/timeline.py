"""What happened on a lead, in words: activities with their fields, opportunities, sales, and changes of fields."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from fairlead.fields.model import Field
from fairlead.fields.values import parse_boolean
from fairlead.leads import queries
from fairlead.orgs.definitions import LEAD, RecordType
from fairlead.records.picture import is_id
from fairlead.records.rows import Activity, Change
from fairlead.web.render import NOTHING, shown
from fairlead.web.visit import Visit, with_query

SIZE = 30
"""Entries of a page."""

CHANGES = "changes"
"""What `show` says for changes of fields; else it is the code of a type, or nothing for everything."""

NOTE = "ActivityEvent_Note"
_ICONS: Mapping[str, str] = {"opportunity": "opportunities", "sale": "sales", "system": "note"}
_CALLS = (21, 22)
_MAILS = frozenset((0, 1, 5, 9, 10, 12, 13, 14, 15))
_MOVES: Mapping[str, tuple[str, str]] = {
    "CurrentStage": ("Stage", "PreviousStage"),
    "CurrentOwner": ("Owner", "PreviousOwner"),
}
"""What the server's own activities say of a move: how it is called, and what was before."""

_UNTOLD = frozenset(("CreatedBy", *(before for _, before in _MOVES.values())))


class Row(msgspec.Struct):
    """A line of an entry: `before` is what a change took away, None where nothing is told of it."""

    label: str
    text: str
    before: str | None = None


class Entry(msgspec.Struct, kw_only=True):
    """One thing that happened. `link` leads to what it is about, `` when no screen shows that."""

    at: datetime
    by: str
    icon: str
    title: str
    status: str = ""
    note: str = ""
    link: str = ""
    owner: str = ""
    is_cancelled: bool = False
    rows: list[Row] = []


class Part(msgspec.Struct):
    """A page of the timeline; `older` is the address of the next, `` on the last."""

    entries: list[Entry]
    show: str
    is_newest: bool
    older: str
    filters: list[tuple[str, str, int | None]]


async def part(visit: Visit, db: Any, lead_id: str, address: str) -> Part:
    """The page of the timeline that the query asks for: `show` and `before`."""
    show = visit.query.get("show", "")
    show = show if show == CHANGES or (show.isascii() and show.isdigit() and len(show) <= 6) else ""
    before = _before(visit.query.get("before", ""))
    codes = [int(show)] if show.isdigit() else [] if show == CHANGES else None
    found = await queries.timeline(
        db,
        visit.org_id,
        lead_id,
        codes=codes,
        changes=not show.isdigit(),
        before=before,
        limit=SIZE + 1,
    )
    older = ""
    if len(found) > SIZE:
        last = found[SIZE - 1]
        at = last.happened_on if isinstance(last, Activity) else last.changed_on
        older = with_query(address, show=show, before=f"{at.isoformat()}~{last.id}")
    counts = await queries.happened(db, visit.org_id, lead_id)
    return Part(
        entries=[_entry(visit, one) for one in found[:SIZE]],
        show=show,
        is_newest=before is None,
        older=older,
        filters=_filters(visit, counts),
    )


def _before(text: str) -> tuple[datetime, str] | None:
    at, _, id = text.partition("~")
    try:
        found = datetime.fromisoformat(at).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return (found, id) if is_id(id) else None


def _filters(visit: Visit, counts: Mapping[int, int]) -> list[tuple[str, str, int | None]]:
    """What can be looked at alone: (`show`, words, how many)."""
    kinds = {code: visit.defs.types.get(code) for code in counts}
    names = sorted(
        ((kind.display_name if kind else f"Type {code}"), str(code), counts[code])
        for code, kind in kinds.items()
    )
    return [
        ("", "Everything", None),
        *((code, name, count) for name, code, count in names),
        (CHANGES, "Field changes", None),
    ]


def _entry(visit: Visit, one: Activity | Change) -> Entry:
    return _activity(visit, one) if isinstance(one, Activity) else _change(visit, one)


def _activity(visit: Visit, one: Activity) -> Entry:
    kind = visit.defs.types.get(one.code)
    family = kind.kind if kind is not None else ""
    icon = (
        "phone" if one.code in _CALLS else "mail" if one.code in _MAILS else _ICONS.get(family, "activities")
    )
    note, parts = _note(visit, one.note or "")
    return Entry(
        at=one.happened_on,
        by=visit.defs.user_name(one.created_by) or "",
        icon=icon,
        title=kind.display_name if kind is not None else f"Type {one.code}",
        status=_status(kind, one),
        note=note,
        link=_link(visit, family, one.id),
        owner=visit.defs.user_name(one.owner_id) or "" if one.owner_id != one.created_by else "",
        is_cancelled=one.cancelled,
        rows=[*parts, *_values(visit, kind, one)],
    )


def _status(kind: RecordType | None, one: Activity) -> str:
    """How an opportunity or a sale stands; of other activities only a status that says more than the usual one."""
    field = kind.fields.get("Status") if kind is not None else None
    usual = field.default_value if field is not None else None
    told = kind is not None and (kind.kind in ("opportunity", "sale") or one.status != usual)
    return one.status or "" if told else ""


def _link(visit: Visit, family: str, id: str) -> str:
    folder = {"opportunity": "opportunities", "sale": "sales"}.get(family)
    known = folder is not None and visit.has(f"/app/{folder}/{{id:uuid}}")
    return f"/app/{folder}/{id}" if known else ""


def _note(visit: Visit, text: str) -> tuple[str, list[Row]]:
    """A note as it is; one that lists names and values (`{keyvalueinfo}Name{=}Value{next}…`) as lines."""
    if "{=}" not in text:
        return text, []
    fields = visit.defs.lead.fields
    rows = []
    for part in text.removeprefix("{keyvalueinfo}").split("{next}"):
        name, sign, value = part.partition("{=}")
        if sign and value:
            field = fields.get(name.strip())
            rows.append(Row(field.display_name if field is not None else name.strip(), value))
    return "", rows


def _values(visit: Visit, kind: RecordType | None, one: Activity) -> list[Row]:
    """The fields of an activity that have a value, in their order; what is not defined last."""
    fields = kind.fields if kind is not None else {}
    rows = []
    for field in fields.values():
        value = one.fields.get(field.name)
        if value not in (None, "", {}, []):
            rows.append(Row(field.display_name, shown(visit, field, value)))
    for name, value in one.fields.items():
        if name in _MOVES:
            label, before = _MOVES[name]
            rows.append(Row(label, _named(visit, value), _named(visit, one.fields.get(before))))
        elif name not in fields and name not in _UNTOLD and value not in (None, ""):
            rows.append(Row(name, str(value)))
    return rows


def _named(visit: Visit, value: Any) -> str:
    """A stage as it is, a user by name."""
    return visit.defs.user_name(str(value)) or str(value) if value else NOTHING


_CORE = {NOTE: "Note", "Status": "Status", "IsLead": "Is a lead"}


def _change(visit: Visit, one: Change) -> Entry:
    kind = visit.defs.types.get(one.code)
    fields = kind.fields if kind is not None else {}
    is_new = one.code == LEAD and all(before is None for before, _ in one.changes.values()) and _opens(one)
    rows = []
    for name, (before, after) in one.changes.items():
        field = fields.get(name)
        label = field.display_name if field is not None else _CORE.get(name, name)
        told = None if is_new else _text(visit, field, before)
        if not (is_new and name == "Origin"):
            rows.append(Row("Owner" if name == "OwnerId" else label, _text(visit, field, after), told))
    about = "Lead" if one.code == LEAD else kind.display_name if kind is not None else f"Type {one.code}"
    return Entry(
        at=one.changed_on,
        by=visit.defs.user_name(one.changed_by) or "",
        icon="plus" if is_new else "edit",
        title="Lead created" if is_new else f"{about} changed",
        rows=rows,
    )


def _opens(one: Change) -> bool:
    """True for the history that begins a lead: it names owner and stage, which had no value before."""
    return "OwnerId" in one.changes and "ProspectStage" in one.changes


def _text(visit: Visit, field: Field | None, value: Any) -> str:
    if value is None or value == "":
        return NOTHING
    if field is None:
        return "Yes" if isinstance(value, bool) and parse_boolean(value) else str(value)
    return shown(visit, field, value)
