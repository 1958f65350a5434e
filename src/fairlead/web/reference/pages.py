"""The reference: every operation, what of the vendor's API is done, and every error."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import Any

from markupsafe import Markup
from starlette.responses import Response

from fairlead.errors import NotFound
from fairlead.web import curl, linking
from fairlead.web.reference import trial
from fairlead.web.screens import screens
from fairlead.web.visit import UNPROCESSABLE, Visit

registry, page, action = screens(__file__)

TABS = [
    ("Operations", "/app/reference"),
    ("Coverage", "/app/reference/coverage"),
    ("Errors", "/app/reference/errors"),
]


def _description() -> ModuleType:
    from fairlead.web.reference import description  # noqa: PLC0415  only who reads the reference pays for it

    return description


@page("GET /reference", nav="reference")
async def operations(visit: Visit) -> Response:
    """Every operation by family; `find` narrows to those with these words."""
    words = visit.query.get("find", "").strip()[:200]
    families = _description().families(words)
    return visit.page(
        "reference/list.html",
        title="API reference",
        tabs=TABS,
        words=words,
        families=families,
        count=sum(len(some) for _, some in families),
    )


@page("GET /reference/coverage", nav="reference")
async def coverage(visit: Visit) -> Response:
    """Which operations of the vendor's API are done: numbers by family, and those of a family, the done or the missing."""
    sums, families = _description().done()
    only, family = visit.query.get("show", ""), visit.query.get("family", "")
    numbers = [(name, sum(some.row.done for some in rows), len(rows)) for name, rows in families]
    if only in ("done", "missing"):
        wanted = only == "done"
        families = [(name, [some for some in rows if some.row.done is wanted]) for name, rows in families]
    else:
        families = [(name, rows) for name, rows in families if name == family]
    return visit.page(
        "reference/coverage.html",
        title="Coverage",
        tabs=TABS,
        sums=sums,
        numbers=numbers,
        family=family,
        only=only,
        families=[(name, rows) for name, rows in families if rows],
    )


@page("GET /reference/errors", nav="reference")
async def errors(visit: Visit) -> Response:
    """Every kind of refusal."""
    return visit.page("reference/errors.html", title="Errors", tabs=TABS, failures=_description().refusals())


@page("GET /reference/{operation}", nav="reference")
async def operation(visit: Visit) -> Response:
    """One operation: what to send, what comes back, a command line and a form to try it with."""
    return await _operation(visit, _found(visit))


@action("POST /reference/{operation}", nav="reference")
async def try_it(visit: Visit) -> Response:
    """Send a call in the name of a key of the organisation. Neither it nor its secret is kept."""
    found = _found(visit)
    sent = {name: str(value).strip() for name, value in visit.form.items() if name != "csrf"}
    if problems := _problems(visit, found, sent):
        return await _operation(visit, found, sent=sent, problems=problems)
    given = {
        "pair": [
            (trial.ACCESS_KEY, sent.get("access_key", "")),
            (trial.SECRET_KEY, sent.get("secret_key", "")),
        ],
        "x-api-key": [(trial.ASYNC_KEY, sent.get("async_key", ""))],
    }
    call = trial.Trial(
        found.listed.verb,
        found.listed.path,
        query=[(line.name, value) for line in found.parameters if (value := sent.get(f"q-{line.name}", ""))],
        keys=[key for need in found.needs for key in given[need]],
        body=sent.get("body", "") if found.takes_body else "",
        host=visit.request.url.netloc,
    )
    api = visit.office.api
    if api is None:
        raise NotFound
    answer = await trial.sent(api, call)
    return await _operation(visit, found, sent=sent, answer=answer)


def _found(visit: Visit) -> Any:
    found = _description().operation(visit.path["operation"])
    if found is None:
        raise NotFound
    return found


def _problems(visit: Visit, found: Any, sent: dict[str, str]) -> dict[str, str]:
    """What is missing, by the name of the control: the keys are the organisation's own."""
    problems: dict[str, str] = {}
    if "pair" in found.needs:
        if sent.get("access_key") not in visit.defs.keys:
            problems["access_key"] = "This is no access key of your organisation."
        if not sent.get("secret_key"):
            problems["secret_key"] = "Type the secret key that belongs to it."  # noqa: S105  a sentence
    if "x-api-key" in found.needs and not sent.get("async_key"):
        problems["async_key"] = "Type the x-api-key of your organisation."
    return problems


async def _operation(
    visit: Visit,
    found: Any,
    *,
    sent: Mapping[str, str] | None = None,
    problems: Mapping[str, str] | None = None,
    answer: trial.Answer | None = None,
) -> Response:
    answered = [Markup()]
    if answer is not None:
        async with visit.db() as db:
            answered = await linking.linked(visit, db, answer.body)
    command = curl.command(
        found.listed.verb,
        str(visit.request.base_url).rstrip("/") + found.listed.path,
        query=found.query,
        body=found.example,
        needs=found.needs,
    )
    own = next(
        (k.access_key for k in visit.defs.keys.values() if k.user_id == visit.actor.id and k.active), ""
    )
    return visit.page(
        "reference/operation.html",
        title=found.listed.title,
        status=UNPROCESSABLE if problems else 200,
        found=found,
        command=command,
        sent=sent or {"access_key": own, "body": found.example},
        problems=problems or {},
        answer=answer,
        answered=answered[0],
        can_try=visit.office.api is not None,
    )
