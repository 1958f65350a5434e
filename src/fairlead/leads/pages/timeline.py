"""What happened on a lead, in words: activities with their fields, opportunities, sales, notes, tasks, changes of fields."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

import msgspec

from fairlead.fields.model import Field
from fairlead.fields.values import parse_boolean
from fairlead.leads import queries
from fairlead.leads.work import queries as work
from fairlead.orgs.definitions import LEAD, RecordType
from fairlead.records.picture import is_id
from fairlead.records.rows import Activity, Change, Note, Task
from fairlead.web import formats
from fairlead.web.render import NOTHING, shown
from fairlead.web.visit import Visit, with_query

SIZE = 30
"""Entries of a page."""

CHANGES = "changes"
"""What `show` says for changes of fields; else it is the code of a type, or nothing for everything."""

NOTES, TASKS = "notes", "tasks"
"""What `show` says for notes and tasks, which leads have."""

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
    """One thing that happened. `link` leads to what it is about, `` when no screen shows that.

    `task` is there where it is one, to be opened again.
    """

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
    task: Task | None = None


class Part(msgspec.Struct):
    """A page of the timeline; `older` is the address of the next, `` on the last."""

    entries: list[Entry]
    show: str
    is_newest: bool
    older: str
    filters: list[tuple[str, str, int | None]]


class Source(Protocol):
    """Where a timeline is read from: the queries of leads, or those of another family."""

    @property
    def timeline(self) -> Callable[..., Awaitable[list[Activity | Change]]]:
        """See `leads.queries.timeline`."""

    @property
    def happened(self) -> Callable[..., Awaitable[dict[int, int]]]:
        """See `leads.queries.happened`."""


async def part(visit: Visit, db: Any, record_id: str, address: str, *, of: Source = queries) -> Part:
    """The page of a record's timeline that the query asks for: `show` and `before`; `of` reads it."""
    show = visit.query.get("show", "")
    known = show == CHANGES or (show in (NOTES, TASKS) and of is queries)
    show = show if known or (show.isascii() and show.isdigit() and len(show) <= 6) else ""
    before = _before(visit.query.get("before", ""))
    found: list[Happening] = []
    if show not in (NOTES, TASKS):
        found += await of.timeline(
            db,
            visit.org_id,
            record_id,
            codes=[int(show)] if show.isdigit() else [] if show == CHANGES else None,
            changes=not show.isdigit(),
            before=before,
            limit=SIZE + 1,
        )
    written: list[tuple[str, str, int]] = []
    if of is queries:
        found = await _with_work(visit, db, record_id, show, before, found)
        notes, tasks = await work.counts(db, visit.org_id, record_id)
        written = [(NOTES, "Notes", notes), (TASKS, "Tasks done", tasks)]
    older = ""
    if len(found) > SIZE:
        last = found[SIZE - 1]
        older = with_query(address, show=show, before=f"{_at(last).isoformat()}~{last.id}")
    counts = await of.happened(db, visit.org_id, record_id)
    return Part(
        entries=[entry(visit, one) for one in found[:SIZE]],
        show=show,
        is_newest=before is None,
        older=older,
        filters=_filters(visit, counts, written),
    )


Happening = Activity | Change | Note | Task
"""What a timeline tells."""


async def _with_work(
    visit: Visit,
    db: Any,
    lead_id: str,
    show: str,
    before: tuple[datetime, str] | None,
    found: list[Happening],
) -> list[Happening]:
    """The page with the notes and tasks of the lead that belong on it."""
    if show not in ("", NOTES, TASKS):
        return found
    more = await work.happened(
        db,
        visit.org_id,
        lead_id,
        before=before,
        limit=SIZE + 1,
        notes=show != TASKS,
        tasks=show != NOTES,
    )
    return sorted([*found, *more], key=lambda one: (_at(one), one.id), reverse=True)[: SIZE + 1]


def _at(one: Happening) -> datetime:
    """When it happened; a task when it was completed."""
    if isinstance(one, Activity):
        return one.happened_on
    if isinstance(one, Change):
        return one.changed_on
    return (one.completed_on if isinstance(one, Task) else None) or one.created_on


def _before(text: str) -> tuple[datetime, str] | None:
    at, _, id = text.partition("~")
    try:
        found = datetime.fromisoformat(at).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return (found, id) if is_id(id) else None


def _filters(
    visit: Visit, counts: Mapping[int, int], written: list[tuple[str, str, int]]
) -> list[tuple[str, str, int | None]]:
    """What can be looked at alone: (`show`, words, how many)."""
    kinds = {code: visit.defs.types.get(code) for code in counts}
    names = sorted(
        ((kind.display_name if kind else f"Type {code}"), str(code), counts[code])
        for code, kind in kinds.items()
    )
    return [
        ("", "Everything", None),
        *((code, name, count) for name, code, count in names),
        *(one for one in written if one[2]),
        (CHANGES, "Field changes", None),
    ]


def entry(visit: Visit, one: Happening) -> Entry:
    """An activity, a note, a task or a change as it is told."""
    if isinstance(one, Note):
        return _note_entry(visit, one)
    if isinstance(one, Task):
        return _task_entry(visit, one)
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
        link=_link(visit, family, one),
        owner=visit.defs.user_name(one.owner_id) or "" if one.owner_id != one.created_by else "",
        is_cancelled=one.cancelled,
        rows=[*parts, *_values(visit, kind, one)],
    )


def _note_entry(visit: Visit, one: Note) -> Entry:
    known = visit.has("/app/leads/{id:uuid}/notes/{note:uuid}")
    return Entry(
        at=one.created_on,
        by=visit.defs.user_name(one.created_by) or "",
        icon="note",
        title="Note",
        note=one.text,
        link=f"/app/leads/{one.lead_id}/notes/{one.id}" if known else "",
        rows=[Row("Attachment", one.attachment)] if one.attachment else [],
    )


def _task_entry(visit: Visit, one: Task) -> Entry:
    by = one.modified_by
    return Entry(
        at=_at(one),
        by=visit.defs.user_name(by) or "",
        icon="tasks",
        title=one.name,
        status="Done",
        note=one.description,
        link=f"/app/tasks/{one.id}" if visit.has("/app/tasks/{id:uuid}") else "",
        owner=visit.defs.user_name(one.owner_id) or "" if one.owner_id != by else "",
        rows=[Row("Due", formats.moment(one.due_on, visit.zone))],
        task=one if visit.has("/app/tasks") else None,
    )


def _status(kind: RecordType | None, one: Activity) -> str:
    """How an opportunity or a sale stands; of other activities only a status that says more than the usual one."""
    field = kind.fields.get("Status") if kind is not None else None
    usual = field.default_value if field is not None else None
    told = kind is not None and (kind.kind in ("opportunity", "sale") or one.status != usual)
    return one.status or "" if told else ""


_FOLDERS = {"opportunity": "opportunities", "sale": "sales", "account_activity": "account-activities"}
"""Where the screens of what happened stand."""


def _link(visit: Visit, family: str, one: Activity) -> str:
    folder = _FOLDERS.get(family)
    if folder is not None:
        return f"/app/{folder}/{one.id}" if visit.has(f"/app/{folder}/{{id:uuid}}") else ""
    known = one.lead_id is not None and visit.has("/app/leads/{id:uuid}/activities/{activity:uuid}")
    return f"/app/leads/{one.lead_id}/activities/{one.id}" if known else ""


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
    is_new = all(before is None for before, _ in one.changes.values()) and _opens(one)
    rows = []
    for name, (before, after) in one.changes.items():
        field = fields.get(name)
        label = field.display_name if field is not None else _CORE.get(name, name)
        told = None if is_new else _text(visit, field, before)
        if not (is_new and name == "Origin"):
            rows.append(Row("Owner" if name == "OwnerId" else label, _text(visit, field, after), told))
    is_account = kind is not None and kind.kind == "account"
    named = kind.display_name if kind is not None else f"Type {one.code}"
    about = "Lead" if one.code == LEAD else "Account" if is_account else named
    return Entry(
        at=one.changed_on,
        by=visit.defs.user_name(one.changed_by) or "",
        icon="plus" if is_new else "edit",
        title=f"{about} created" if is_new else f"{about} changed",
        rows=rows,
    )


def _opens(one: Change) -> bool:
    """True for the history that begins a lead or an account: it names the owner, who was nobody before."""
    return "OwnerId" in one.changes and ("ProspectStage" in one.changes or "CompanyName" in one.changes)


def _text(visit: Visit, field: Field | None, value: Any) -> str:
    if value is None or value == "":
        return NOTHING
    if field is None:
        return "Yes" if isinstance(value, bool) and parse_boolean(value) else str(value)
    return shown(visit, field, value)
