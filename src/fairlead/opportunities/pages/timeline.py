"""What happened on an opportunity: activities tied to it, tasks about it and changes of its fields, told as on a lead."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from fairlead.leads.pages.timeline import CHANGES, SIZE, TASKS, Entry, Part, entry
from fairlead.opportunities import queries
from fairlead.opportunities.queries import Told
from fairlead.orgs.definitions import RecordType
from fairlead.records.picture import is_id
from fairlead.records.rows import Activity, Change, Task
from fairlead.tasks import queries as tasks
from fairlead.web.visit import Visit, with_query


async def part(visit: Visit, db: Any, found: Activity, kind: RecordType, address: str) -> Part:
    """The page of the timeline that the query asks for: `show` and `before`, as on a lead."""
    show = visit.query.get("show", "")
    is_code = show.isascii() and show.isdigit() and len(show) <= 6
    show = show if show in (CHANGES, TASKS) or is_code else ""
    before = _place(visit.query.get("before", ""))
    told = Told(
        codes=[int(show)] if is_code else None if not show else [],
        changes=show in ("", CHANGES),
        tasks=show in ("", TASKS),
    )
    rows = await queries.timeline(db, visit.org_id, found.id, told, before=before, limit=SIZE + 1)
    older = ""
    if len(rows) > SIZE:
        last = rows[SIZE - 1]
        older = with_query(address, show=show, before=f"{_at(last).isoformat()}~{last.id}")
    counts = await queries.happened(db, visit.org_id, found.id)
    return Part(
        entries=[_entry(visit, one, found, kind) for one in rows[:SIZE]],
        show=show,
        is_newest=before is None,
        older=older,
        filters=_filters(visit, counts, await tasks.count_about(db, visit.org_id, found.id)),
    )


def _at(one: Activity | Change | Task) -> datetime:
    """When it happened; a task when it was completed, until then when it was added."""
    if isinstance(one, Activity):
        return one.happened_on
    return one.changed_on if isinstance(one, Change) else one.completed_on or one.created_on


def _place(text: str) -> tuple[datetime, str] | None:
    """Where the page before ended: `<time>~<id>`."""
    at, _, id = text.partition("~")
    try:
        found = datetime.fromisoformat(at).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return (found, id) if is_id(id) else None


def _entry(visit: Visit, one: Activity | Change | Task, found: Activity, kind: RecordType) -> Entry:
    made = entry(visit, one)
    if isinstance(one, Change) and _opens(one, found):
        made.title, made.icon = f"{kind.display_name} opened", "plus"
        for row in made.rows:
            row.before = None
    return made


def _opens(one: Change, found: Activity) -> bool:
    """True for the history that begins an opportunity: nothing had a value before."""
    return one.changed_on == found.created_on and all(before is None for before, _ in one.changes.values())


def _filters(visit: Visit, counts: dict[int, int], to_do: int) -> list[tuple[str, str, int | None]]:
    """What can be looked at alone: (`show`, words, how many)."""
    kinds = {code: visit.defs.types.get(code) for code in counts}
    names = sorted(
        (kind.display_name if kind is not None else f"Type {code}", str(code), counts[code])
        for code, kind in kinds.items()
    )
    return [
        ("", "Everything", None),
        *((code, name, count) for name, code, count in names),
        *([(TASKS, "Tasks", to_do)] if to_do else []),
        (CHANGES, "Field changes", None),
    ]
