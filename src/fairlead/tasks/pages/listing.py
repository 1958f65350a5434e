"""What there is to do: open tasks by due date, one's own or everybody's, and what was done."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

import msgspec
from starlette.responses import Response

from fairlead.errors import ApiError
from fairlead.leads import queries as leads
from fairlead.leads.pages.record import name_of
from fairlead.records.picture import is_id
from fairlead.records.rows import Task
from fairlead.tasks import queries, rules
from fairlead.tasks.pages.family import action, page
from fairlead.tasks.queries import Work
from fairlead.web.visit import Visit, local, with_query

ADDRESS = "/app/tasks"
SIZE = 50
MOST = 999
"""So many tasks are counted; of more it is said that there are more."""

EVERYBODY = "all"
SHOWN = (
    ("", "All open"),
    ("overdue", "Overdue"),
    ("today", "Today"),
    ("later", "Later"),
    ("done", "Done"),
)
"""What `show` may say, and its words."""


class Row(msgspec.Struct):
    """A task of the list. `due` is overdue, today or later, and `done` once it is complete.

    `lead` and `deal` are the names of the lead and of the opportunity that it is about.
    """

    task: Task
    kind: str
    due: str
    lead: str
    deal: str
    is_timed: bool


@page("GET /tasks", nav="tasks")
async def tasks(visit: Visit) -> Response:
    """Open tasks, the first due first; `show` and `owner` narrow them, `after` is where the page before ended."""
    show = visit.query.get("show", "")
    show = show if show in dict(SHOWN) else ""
    owner = _owner(visit)
    wanted = _wanted(visit, show, owner, after=_after(visit.query.get("after", "")))
    async with visit.db() as db:
        found = await queries.listed(db, visit.org_id, wanted, SIZE + 1)
        counts = {
            key: await queries.counted(db, visit.org_id, _wanted(visit, key, owner), MOST + 1)
            for key, _ in SHOWN
            if key not in ("", "done")
        }
        rows = await _rows(visit, db, found[:SIZE])
    kept = {"owner": visit.query.get("owner", "") if owner != visit.actor.id else ""}
    more = ""
    if len(found) > SIZE:
        last = found[SIZE - 1]
        at = last.completed_on if show == "done" and last.completed_on is not None else last.due_on
        more = with_query(ADDRESS, show=show, **kept, after=f"{at.isoformat()}~{last.id}")
    return visit.page(
        "tasks/list.html",
        title="Tasks",
        rows=rows,
        groups=_groups(rows),
        show=show,
        tabs=[
            (words, with_query(ADDRESS, show=key, **kept), _count(counts.get(key)), key)
            for key, words in SHOWN
        ],
        owner=EVERYBODY if owner is None else owner,
        owners=_owners(visit),
        is_mine=owner == visit.actor.id,
        is_first=wanted.after is None,
        more=more,
        here=with_query(ADDRESS, show=show, **kept),
    )


def _count(found: int | None) -> str:
    """`12`, `999+`, or nothing where nothing is counted."""
    return "" if found is None else f"{MOST}+" if found > MOST else str(found)


def _owner(visit: Visit) -> str | None:
    """Whose tasks: one's own unless another user is asked for; None: everybody's. Who sees little sees their own."""
    asked = visit.query.get("owner", "")
    if visit.sees is not None or not asked:
        return visit.actor.id
    if asked == EVERYBODY:
        return None
    return asked.lower() if asked.lower() in visit.defs.users else visit.actor.id


def _owners(visit: Visit) -> list[tuple[str, str]]:
    """Whose tasks may be looked at: (`owner`, words); none for who sees their own only."""
    if visit.sees is not None:
        return []
    people = sorted(
        (
            (user.id, user.name or user.email)
            for user in visit.defs.users.values()
            if user.id != visit.actor.id
        ),
        key=lambda one: one[1].casefold(),
    )
    return [(visit.actor.id, "My tasks"), (EVERYBODY, "Everybody's tasks"), *people]


def _today(visit: Visit) -> tuple[datetime, datetime]:
    """The user's day: its beginning and its end."""
    day = visit.now.astimezone(visit.zone).date()
    first = datetime.combine(day, time(), visit.zone)
    return first.astimezone(UTC), datetime.combine(day + timedelta(days=1), time(), visit.zone).astimezone(
        UTC
    )


def _wanted(visit: Visit, show: str, owner: str | None, *, after: tuple[datetime, str] | None = None) -> Work:
    _, tomorrow = _today(visit)
    wanted = Work(owner_id=owner, after=after, is_completed=show == "done")
    if show == "overdue":
        wanted.end = visit.now
    elif show == "today":
        wanted.start, wanted.end = visit.now, tomorrow
    elif show == "later":
        wanted.start = tomorrow
    return wanted


def _after(text: str) -> tuple[datetime, str] | None:
    at, _, id = text.partition("~")
    try:
        found = datetime.fromisoformat(at).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return (found, id) if is_id(id) else None


async def _rows(visit: Visit, db: Any, found: list[Task]) -> list[Row]:
    ids = list({task.lead_id for task in found if task.lead_id is not None})
    names = {lead.id: name_of(lead) for lead in await leads.by_ids(db, visit.org_id, visit.sees, ids)}
    deals = await queries.names_of(
        db,
        visit.org_id,
        [task.opportunity_id for task in found if task.opportunity_id and task.lead_id in names],
    )
    _, tomorrow = _today(visit)
    return [
        Row(
            task=task,
            kind=rules.type_name(visit.defs, task),
            due="done" if task.completed_on is not None else due_of(visit, task),
            lead=names.get(task.lead_id or "", ""),
            deal=deals.get(task.opportunity_id or "", ""),
            is_timed=task.due_on < tomorrow,
        )
        for task in found
    ]


def due_of(visit: Visit, task: Task) -> str:
    """When an open task is due, as the list groups them: overdue, today or later."""
    _, tomorrow = _today(visit)
    return "overdue" if task.due_on < visit.now else "today" if task.due_on < tomorrow else "later"


def _groups(rows: list[Row]) -> list[tuple[str, str, list[Row]]]:
    """The rows under their headings: key, words, rows."""
    found = [(key, words, [row for row in rows if row.due == key]) for key, words in SHOWN if key]
    return [group for group in found if group[2]]


@action("POST /tasks/{id:uuid}/done", nav="tasks")
async def done(visit: Visit) -> Response:
    """Complete a task, or open it again (`again`), and go back to where the button was."""
    again = bool(visit.form.get("again"))
    back = local(str(visit.form.get("address", "")), ADDRESS)
    try:
        changed = await visit.run(rules.complete, visit.path["id"], completed=not again)
    except ApiError as error:
        return visit.redirect(back, say=error.message, kind="bad")
    what = "open again" if again else "done"
    return visit.redirect(back, say=f"{changed.task.name[:80]}: {what}.")
