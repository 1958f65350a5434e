"""The rows of a file as plans: a chunk is one plan, each row goes through the plan of its API operation.

`write` writes, `check` decides the same on a picture of its own and writes only what would have happened.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgspec

from fairlead.errors import ApiError, Forbidden, Unauthorised, UnknownReference
from fairlead.leads import plans
from fairlead.leads.drafts import compared, draft
from fairlead.leads.plans import Written
from fairlead.leads.transfer import mapping
from fairlead.leads.transfer.mapping import Reader, Setup
from fairlead.leads.transfer.queries.imports import (
    NOTICED,
    REFUSED,
    SHADOWED,
    STEP,
    Import,
    Notice,
    Refusal,
    Shadow,
    Step,
)
from fairlead.leads.transfer.uploads import Row
from fairlead.orgs.definitions import Definitions
from fairlead.records.picture import Needs, Picture
from fairlead.records.queries import encode
from fairlead.records.rows import Lead
from fairlead.web.forms import trouble
from fairlead.wire.bulk import each_row
from fairlead.wire.operation import Call, Plan
from fairlead.wire.types import Pair

NOTICES = 5
"""Values that are none of the options, which are told of a chunk: a column that goes to the wrong field has only such."""

LONGEST = 200
"""Characters of such a value."""

Results = Sequence[Written | ApiError]


def write(call: Call[Any, Any], run: Import, rows: Sequence[Row]) -> Plan[None]:
    """Import a chunk. What it does, what it refuses and how far the run is are one transaction."""
    decided = _decided(call, run, rows)
    try:
        needs = next(decided)
    except StopIteration as stop:
        picture = yield Needs()
        _record(picture, call, run, rows, stop.value)
        return
    picture = yield needs
    _record(picture, call, run, rows, _sent(decided, picture))


def check(
    call: Call[Any, Any],
    run: Import,
    rows: Sequence[Row],
    holders: dict[tuple[str, str], str | None],
    leads: dict[str, Lead],
) -> Plan[None]:
    """Decide a chunk as `write` would, without writing a lead.

    `holders` and `leads` are what earlier chunks would have written, see `queries.imports.shadows`.
    """
    decided = _decided(call, run, rows)
    try:
        needs = next(decided)
    except StopIteration as stop:
        picture = yield Needs()
        _record(picture, call, run, rows, stop.value)
        return
    needs.numbers = ()
    picture = yield needs
    shadow = _shadow(picture, holders, leads)
    _record(picture, call, run, rows, _sent(decided, shadow))
    if run.next_chunk + 1 < run.chunk_count:
        for one in _shadows(run, call.defs, shadow):
            picture.also(SHADOWED, one)


def keys(call: Call[Any, Any], run: Import, rows: Sequence[Row]) -> list[tuple[str, str]]:
    """The unique values that a chunk asks for."""
    decided = _decided(call, run, rows)
    try:
        return list(next(decided).keys)
    except StopIteration:
        return []
    finally:
        decided.close()


def _decided(call: Call[Any, Any], run: Import, rows: Sequence[Row]) -> Plan[list[Written | ApiError]]:
    if not call.actor.active:
        raise Unauthorised
    setup, reader = _setup(run), _reader(call, run)
    return each_row(_row(call, setup, reader, cells) for _, cells in rows)


def _setup(run: Import) -> Setup:
    return Setup(run.mapping, run.mode, run.search_by, run.blank)


def _reader(call: Call[Any, Any], run: Import) -> Reader:
    return Reader(call.defs, _setup(run), len(run.headers))


def _row(call: Call[Any, Any], setup: Setup, reader: Reader, cells: list[str]) -> Plan[Written]:
    pairs = reader.pairs(cells)
    if setup.mode == mapping.CREATE:
        return (yield from plans.create(call, pairs, origin=plans.BY_FILE))
    if setup.mode == mapping.UPDATE:
        return (yield from plans.update_found(call, setup.search_by, pairs))
    if setup.search_by != mapping.BY_RULE:
        pairs.append(Pair(Attribute="SearchBy", Value=setup.search_by))
    return (yield from plans.create_or_update(call, pairs, origin=plans.BY_FILE))


def _sent(decided: Plan[list[Written | ApiError]], picture: Picture) -> Results:
    try:
        decided.send(picture)
    except StopIteration as stop:
        results: Results = stop.value
        return results
    msg = "a plan yields once"
    raise RuntimeError(msg)


def _record(
    picture: Picture, call: Call[Any, Any], run: Import, rows: Sequence[Row], results: Results
) -> None:
    """Write down what became of the rows, with the batch."""
    step = Step(run.org_id, run.id, run.attempt, run.next_chunk)
    reader = _reader(call, run)
    unknown = Counter(detail[:LONGEST] for code, detail in call.notices if code == "unknown-option")
    for (number, cells), result in zip(rows, results, strict=True):
        if isinstance(result, ApiError):
            step.failed += 1
            reason = _reason(call, reader, cells, result)
            picture.also(REFUSED, Refusal(run.org_id, run.id, number, reason, encode(cells)))
        elif result.created:
            step.created += 1
        elif result.changed:
            step.updated += 1
        else:
            step.unchanged += 1
    picture.also(STEP, step)
    for value, count in unknown.most_common(NOTICES):
        picture.also(NOTICED, Notice(run.org_id, run.id, value, count))


def _reason(call: Call[Any, Any], reader: Reader, cells: list[str], error: ApiError) -> str:
    """Why a row was refused, in words for people: every cell that cannot be stored, not only the first."""
    try:
        pairs = reader.pairs(cells)
    except ApiError:
        pairs = []
    wrong = [(pair, found) for pair in pairs if (found := draft(call, [pair]).error) is not None]
    said = [_about(call, pair, found) for pair, found in wrong]
    if error.message not in [found.message for _, found in wrong]:
        said.insert(0, _said(call, error))
    return " ".join(dict.fromkeys(said))


def _about(call: Call[Any, Any], pair: Pair, error: ApiError) -> str:
    """What is wrong with one value, with the name of its field."""
    field, text = call.defs.lead.fields.get(pair.name), _said(call, error)
    return text if field is None or field.display_name in text else f"{field.display_name}: {text}"


def _said(call: Call[Any, Any], error: ApiError) -> str:
    if isinstance(error, Forbidden):
        return "The lead belongs to somebody else: your role does not let you change it."
    if isinstance(error, UnknownReference) and error.message == "Lead not found":
        return "There is no such lead to update."
    return trouble(error, call.defs.lead.fields).text


# WHAT A CHECK SEES --------------------------------------------------------------------------------------


def _shadow(picture: Picture, holders: dict[tuple[str, str], str | None], leads: dict[str, Lead]) -> Picture:
    """A copy of the picture that rules may change, with what earlier chunks would have written."""
    found = Picture(picture.org_id, lambda _, __: 0)
    found.keys = dict(picture.keys)
    found.leads = {id: _copied(lead) for id, lead in picture.leads.items()} | leads
    found.accounts = dict(picture.accounts)
    for key, holder in holders.items():
        if holder is None:
            found.keys.pop(key, None)
        else:
            found.keys[key] = holder
    return found


def _copied(lead: Lead) -> Lead:
    return msgspec.structs.replace(lead, fields=dict(lead.fields))


def _shadows(run: Import, defs: Definitions, shadow: Picture) -> list[Shadow]:
    """What later chunks have to know: leads that are new or different, all their unique values, and those given up."""
    found: dict[tuple[str, str], Shadow] = {}
    for name, given_up in shadow.released:
        found[name, given_up] = Shadow(run.org_id, run.id, name, given_up)
    for lead in (*shadow.new_leads.values(), *shadow.dirty_leads.values()):
        found["", lead.id] = Shadow(run.org_id, run.id, "", lead.id, lead=encode(lead))
        for field in defs.unique:
            value = compared(field, lead.fields.get(field.name))
            if value is not None and shadow.keys.get((field.name, value)) == lead.id:
                found[field.name, value] = Shadow(run.org_id, run.id, field.name, value, lead_id=lead.id)
    return list(found.values())
