"""What happened on an opportunity: activities tied to it and changes of its fields, told as on a lead."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from fairlead.leads.pages.timeline import CHANGES, SIZE, Entry, Part, entry
from fairlead.opportunities import queries
from fairlead.orgs.definitions import RecordType
from fairlead.records.picture import is_id
from fairlead.records.rows import Activity, Change
from fairlead.web.visit import Visit, with_query


async def part(visit: Visit, db: Any, found: Activity, kind: RecordType, address: str) -> Part:
    """The page of the timeline that the query asks for: `show` and `before`, as on a lead."""
    show = visit.query.get("show", "")
    show = show if show == CHANGES or (show.isascii() and show.isdigit() and len(show) <= 6) else ""
    before = _place(visit.query.get("before", ""))
    codes = [int(show)] if show.isdigit() else [] if show == CHANGES else None
    rows = await queries.timeline(
        db,
        visit.org_id,
        found.id,
        codes=codes,
        changes=not show.isdigit(),
        before=before,
        limit=SIZE + 1,
    )
    older = ""
    if len(rows) > SIZE:
        last = rows[SIZE - 1]
        at = last.happened_on if isinstance(last, Activity) else last.changed_on
        older = with_query(address, show=show, before=f"{at.isoformat()}~{last.id}")
    counts = await queries.happened(db, visit.org_id, found.id)
    return Part(
        entries=[_entry(visit, one, found, kind) for one in rows[:SIZE]],
        show=show,
        is_newest=before is None,
        older=older,
        filters=_filters(visit, counts),
    )


def _place(text: str) -> tuple[datetime, str] | None:
    """Where the page before ended: `<time>~<id>`."""
    at, _, id = text.partition("~")
    try:
        found = datetime.fromisoformat(at).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return (found, id) if is_id(id) else None


def _entry(visit: Visit, one: Activity | Change, found: Activity, kind: RecordType) -> Entry:
    made = entry(visit, one)
    if isinstance(one, Change) and _opens(one, found):
        made.title, made.icon = f"{kind.display_name} opened", "plus"
        for row in made.rows:
            row.before = None
    return made


def _opens(one: Change, found: Activity) -> bool:
    """True for the history that begins an opportunity: nothing had a value before."""
    return one.changed_on == found.created_on and all(before is None for before, _ in one.changes.values())


def _filters(visit: Visit, counts: dict[int, int]) -> list[tuple[str, str, int | None]]:
    """What can be looked at alone: (`show`, words, how many)."""
    kinds = {code: visit.defs.types.get(code) for code in counts}
    names = sorted(
        (kind.display_name if kind is not None else f"Type {code}", str(code), counts[code])
        for code, kind in kinds.items()
    )
    return [
        ("", "Everything", None),
        *((code, name, count) for name, code, count in names),
        (CHANGES, "Field changes", None),
    ]
