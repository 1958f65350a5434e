"""Importing leads: upload a file, say what its columns mean, try, run, and get back what was refused."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from itertools import islice
from typing import Any, BinaryIO

from starlette.datastructures import UploadFile
from starlette.responses import Response

from fairlead.errors import NotFound
from fairlead.leads.transfer import mapping, uploads
from fairlead.leads.transfer.cells import BOM, lines, plain
from fairlead.leads.transfer.mapping import Refused, Setup
from fairlead.leads.transfer.pages.family import LISTED, action, download, page
from fairlead.leads.transfer.queries import imports as queries
from fairlead.leads.transfer.queries.imports import Import
from fairlead.leads.transfer.uploads import Row, Shape, Unreadable
from fairlead.records.picture import new_id
from fairlead.web.visit import UNPROCESSABLE, Visit

ADDRESS = "/app/leads/import"

STATES: dict[str, tuple[str, str]] = {
    "new": ("Not started", "info"),
    "checking": ("Being checked", "info"),
    "checked": ("Checked", "info"),
    "running": ("Running", "info"),
    "cancelled": ("Cancelled", "warn"),
    "stopped": ("Stopped", "bad"),
    "done": ("Done", "good"),
}
"""How the states of a run are called, and their colour."""

EXAMPLES = 3
"""Rows that are shown beside the columns."""

SHOWN = 10
"""Refused rows that are shown; all of them are in the file."""

AT_ONCE = 20
"""Chunks that are read from a file at a time."""

WIDE = 1500
"""Columns times fields from which on fields are typed, not chosen: else the page would be too large."""


@page("GET /leads/import", nav="leads")
async def start(visit: Visit) -> Response:
    """The form for a file, and the runs there were."""
    return await _start(visit)


async def _start(visit: Visit, problem: str = "") -> Response:
    async with visit.db() as db:
        runs = await queries.listed(db, visit.org_id, _only(visit), LISTED)
    return visit.page(
        "transfer/imports.html",
        title="Import leads",
        status=UNPROCESSABLE if problem else 200,
        problem=problem,
        runs=runs,
        states=STATES,
        delimiters=[("", "Detect"), *uploads.DELIMITERS],
        megabytes=visit.office.largest_upload // 1_000_000,
    )


@action("POST /leads/import", nav="leads", upload=True)
async def upload(visit: Visit) -> Response:
    """Store the rows of the file, so that nothing hangs on this process or on the file."""
    sent = visit.form.get("file")
    if not isinstance(sent, UploadFile) or not (sent.filename or sent.size):
        return await _start(visit, "Choose a CSV file first.")
    said = str(visit.form.get("delimiter", ""))
    delimiter = said if said in dict(uploads.DELIMITERS) else ""
    file = sent.file
    try:
        shape = await asyncio.to_thread(uploads.shape, file, delimiter)
        run_id = await visit.committed(lambda db: _store(visit, db, sent.filename or "", file, shape))
    except Unreadable as error:
        return await _start(visit, str(error))
    return visit.redirect(f"{ADDRESS}/{run_id}")


async def _store(visit: Visit, db: Any, name: str, file: BinaryIO, shape: Shape) -> str:
    """Write the file into the database, a part at a time. Raises Unreadable for one without rows."""
    setup = mapping.guess(visit.defs, shape.headers)
    run = queries.Uploaded(
        visit.org_id,
        new_id(),
        visit.actor.id,
        uploads.shown_name(name),
        shape.encoding,
        shape.delimiter,
        shape.headers,
        setup.mapping,
        setup.mode,
        setup.search_by,
        setup.blank,
        visit.now,
    )
    await queries.insert(db, run)
    found = uploads.chunks(file, shape)
    number = rows = 0
    while some := await asyncio.to_thread(_several, found):
        await queries.insert_chunks(db, visit.org_id, run.id, number, some)
        number += len(some)
        rows += sum(map(len, some))
    if not rows:
        raise Unreadable("The file has no rows after its first one.")
    await queries.set_counts(db, visit.org_id, run.id, rows, number)
    return run.id


def _several(found: Iterator[list[Row]]) -> list[list[Row]]:
    return list(islice(found, AT_ONCE))


# ONE RUN -----------------------------------------------------------------------------------------------


@page("GET /leads/import/{id:uuid}", nav="leads")
async def one(visit: Visit) -> Response:
    """How a run stands: its mapping, its progress, or its report."""
    return await _page(visit, await _found(visit))


@action("POST /leads/import/{id:uuid}", nav="leads")
async def begin(visit: Visit) -> Response:
    """Check all rows without writing, or import them."""
    run = await _found(visit)
    setup = Setup(run.mapping, run.mode, run.search_by, run.blank)
    if run.state == "new":
        setup = _said(visit, run)
        if (problem := mapping.refused(visit.defs, setup)) is not None:
            return await _page(visit, run, setup, problem)
    state = "running" if visit.form.get("do") == "run" else "checking"

    async def work(db: Any) -> bool:
        return await queries.begin(
            db,
            run,
            state,
            now=visit.now,
            mapping=setup.mapping,
            mode=setup.mode,
            search_by=setup.search_by,
            blank=setup.blank,
        )

    begun = await visit.committed(work)
    return visit.redirect(
        visit.address, say="" if begun else "It was begun already: see how it stands.", kind="warn"
    )


@action("POST /leads/import/{id:uuid}/{do}", nav="leads")
async def act(visit: Visit) -> Response:
    """Cancel, continue, go back to the columns, or remove a run."""
    run = await _found(visit)
    do = visit.path["do"]
    address = f"{ADDRESS}/{run.id}"
    if do == "delete":
        removed = await visit.committed(lambda db: queries.delete(db, run))
        if removed:
            return visit.redirect(ADDRESS, say="The upload and its report are removed. The leads stay.")
        return visit.redirect(address, say="The server works on it: cancel it first.", kind="warn")
    moves: dict[str, list[tuple[str, str]]] = {
        "cancel": [("running", "cancelled"), ("checking", "new")],
        "continue": [("cancelled", "running"), ("stopped", "running")],
        "map": [("checked", "new")],
    }
    if do not in moves:
        raise NotFound
    ended = visit.now if do == "cancel" else None

    async def work(db: Any) -> bool:
        for before, after in moves[do]:
            if await queries.move(db, run, [before], after, finished_on=ended):
                await queries.forget_shadows(db, run)
                return True
        return False

    moved = await visit.committed(work)
    return visit.redirect(
        address, say="" if moved else "It stands otherwise by now, so nothing was done.", kind="warn"
    )


@page("GET /leads/import/{id:uuid}/refused.csv", nav="leads")
async def refused(visit: Visit) -> Response:
    """The refused rows as a file: as they were, with their number and the reason."""
    run = await _found(visit)
    return download(_refused(visit, run), "refused-rows.csv")


async def _refused(visit: Visit, run: Import) -> AsyncIterator[str]:
    width = len(run.headers)
    yield BOM + lines([[*run.headers, _new("Row", run.headers), _new("Reason", run.headers)]])
    after = 0
    while True:
        async with visit.db() as db:
            some = await queries.refusals(db, run, after, 500)
        if not some:
            return
        after = some[-1][0]
        yield lines(
            [*map(plain, cells[:width]), *[""] * (width - len(cells)), str(number), reason]
            for number, reason, cells in some
        )


def _new(name: str, headers: list[str]) -> str:
    """A name for a column that the file does not have: it may be what was refused before, and is uploaded again."""
    taken = {header.casefold() for header in headers}
    names = (name, *(f"{name} ({number})" for number in range(2, len(headers) + 2)))
    return next(one for one in names if one.casefold() not in taken)


def _named(visit: Visit, value: str) -> str:
    """`Lead Source: Fair` for `Source=Fair`."""
    name, _, option = value.partition("=")
    field = visit.defs.lead.fields.get(name)
    return f"{field.display_name if field is not None else name}: {option}"


def _only(visit: Visit) -> str | None:
    """Whose runs one may see: one's own, an administrator those of all."""
    return None if visit.is_admin else visit.actor.id


async def _found(visit: Visit) -> Import:
    async with visit.db() as db:
        run = await queries.one(db, visit.org_id, _only(visit), visit.path["id"])
    if run is None:
        raise NotFound
    return run


def _said(visit: Visit, run: Import) -> Setup:
    """What the form says; a field may be typed by its words too."""
    words = {said.casefold(): name for name, said in mapping.targets(visit.defs).items()}
    sent = (str(visit.form.get(f"map-{number}", "")).strip() for number in range(len(run.headers)))
    return Setup(
        [words.get(one.casefold(), one) for one in sent],
        str(visit.form.get("mode", "")),
        str(visit.form.get("search_by", "")),
        str(visit.form.get("blank", "")),
    )


async def _page(
    visit: Visit, run: Import, setup: Setup | None = None, problem: Refused | None = None
) -> Response:
    async with visit.db() as db:
        examples = await queries.chunk(db, run.org_id, run.id, 0) if run.state == "new" else []
        refusals = await queries.refusals(db, run, 0, SHOWN) if run.failed else []
        notices = await queries.notices(db, run, SHOWN) if run.done and not run.is_active else []
    targets = mapping.targets(visit.defs)
    return visit.page(
        "transfer/import.html",
        title="Import leads",
        status=UNPROCESSABLE if problem is not None else 200,
        run=run,
        setup=setup or Setup(run.mapping, run.mode, run.search_by, run.blank),
        problem=problem,
        address=f"{ADDRESS}/{run.id}",
        state=STATES[run.state],
        encoding=uploads.ENCODINGS.get(run.encoding, run.encoding),
        delimiter=dict(uploads.DELIMITERS).get(run.delimiter, run.delimiter),
        examples=[(number, cells[: len(run.headers)]) for number, cells in examples[:EXAMPLES]],
        targets=sorted(targets.items(), key=lambda one: one[1].casefold()),
        is_wide=len(run.headers) * len(targets) > WIDE,
        modes=mapping.MODES,
        blanks=mapping.BLANKS,
        searchable=mapping.searchable(visit.defs),
        refusals=refusals,
        notices=[(_named(visit, value), rows) for value, rows in notices],
    )
