"""Moving an opportunity to another stage, from the board: the update of the API, with the status that the stage asks for."""

from __future__ import annotations

from starlette.responses import Response

from fairlead.errors import ApiError, DomainError, Forbidden, InvalidActivityField, UnknownReference
from fairlead.opportunities import rules
from fairlead.opportunities.finding import one
from fairlead.opportunities.pages.asking import ADDRESS, statuses_of_stage
from fairlead.opportunities.pages.family import action
from fairlead.opportunities.pages.overview import title_of
from fairlead.opportunities.rules import STAGE
from fairlead.orgs.definitions import RecordType
from fairlead.records.rows import Activity
from fairlead.web import forms
from fairlead.web.visit import UNPROCESSABLE, Visit, local
from fairlead.wire.types import Pair


@action("POST /opportunities/move", nav="opportunities")
async def move(visit: Visit) -> Response:
    """Give the opportunity `move` the stage that the form holds under its id, and show the board again."""
    id = str(visit.form.get("move", ""))
    try:
        said = await _moved(visit, id, str(visit.form.get(id, "")).strip())
    except Forbidden:
        return _refused(visit, "It is on a lead that is not yours, so it stays where it was.")
    except UnknownReference:
        return _refused(visit, "It is not there any more, or you may not see it. Load the board anew.")
    except ApiError as error:
        return _refused(visit, f"{error.message.rstrip('.')}. It stays where it was.")
    return visit.redirect(local(str(visit.form.get("address", "")), ADDRESS), say=said)


async def _moved(visit: Visit, id: str, stage: str) -> str:
    async with visit.db() as db:
        found, kind = await one(visit.call(), db, id, owner=visit.sees)
    name = title_of(found, kind)
    if not stage:
        raise DomainError("Choose the stage to move it to")
    if found.fields.get(STAGE) == stage:
        return f"{name} is in {stage} already."
    status = _status(kind, found, stage)
    pairs = [Pair(SchemaName=STAGE, Value=stage)]
    if status:
        pairs.insert(0, Pair(SchemaName="Status", Value=status))
    try:
        await visit.run(rules.update, found.id, pairs)
    except InvalidActivityField as error:
        raise DomainError(forms.trouble(error, kind.fields).text, type=error.type) from None
    return f"{name} is in {stage} now, its status is {status}." if status else f"{name} is in {stage} now."


def _status(kind: RecordType, found: Activity, stage: str) -> str:
    """The status that a stage brings along; empty where the one that is there allows it."""
    allowed = statuses_of_stage(kind, stage)
    return "" if not allowed or found.status in allowed else allowed[0]


def _refused(visit: Visit, text: str) -> Response:
    """Why it was not moved: beside the board where it still stands, else as a page."""
    if not visit.is_htmx:
        raise DomainError(text)
    response = visit.partial("web/toast.html", status=UNPROCESSABLE, text=text, kind="bad")
    response.headers.update(
        {
            "HX-Retarget": "#toasts",
            "HX-Reselect": ".toast",
            "HX-Reswap": "beforeend",
            "HX-Push-Url": "false",
        }
    )
    return response
