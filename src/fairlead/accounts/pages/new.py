"""The form for a new account of a type."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.responses import Response

from fairlead.accounts import rules
from fairlead.accounts.drafts import OWNER, STAGE
from fairlead.accounts.pages import record
from fairlead.accounts.pages.family import action, page
from fairlead.accounts.pages.listing import ADDRESS, chosen, types_of
from fairlead.accounts.pages.record import LABELS, groups, holder_of, told
from fairlead.errors import ApiError
from fairlead.fields.model import Field
from fairlead.orgs.definitions import RecordType
from fairlead.web import forms
from fairlead.web.forms import Trouble
from fairlead.web.visit import UNPROCESSABLE, Visit, with_query
from fairlead.wire.types import Pair

FIRST = (
    "CompanyName",
    "CompanyNumber",
    "Phone",
    "EmailAddress",
    "Website",
    "Industry",
    "City",
    "Country",
    STAGE,
    OWNER,
)
"""What the form asks for at once, besides what is mandatory; everything else is folded away."""


@page("GET /accounts/new", nav="accounts")
async def new(visit: Visit) -> Response:
    """An empty form; `type` is the code of the type."""
    return await _form(visit, chosen(types_of(visit), visit.query.get("type", "")))


@action("POST /accounts/new", nav="accounts")
async def create(visit: Visit) -> Response:
    """Create the account and show it; what was refused stands in the form again."""
    kind = chosen(types_of(visit), visit.query.get("type", ""))
    first, more = _fields(kind)
    sent = forms.filled(forms.pairs(visit, [*first, *more]))
    try:
        made = await visit.run(rules.create, kind, sent)
    except ApiError as error:
        return await _form(visit, kind, told(error, kind), sent)
    if visit.sees not in (None, made.owner_id):
        said = f"The account is created. It belongs to {visit.defs.user_name(made.owner_id)}."
        return visit.redirect(with_query(ADDRESS, type=kind.code), say=said)
    return visit.redirect(f"{ADDRESS}/{made.id}", say="The account is created.")


def _fields(kind: RecordType) -> tuple[list[Field], list[Field]]:
    """The fields of the form: those seen at once, and the others."""
    first = [record.chosen(kind.fields[name]) for name in FIRST if name in kind.fields]
    others = [field for _, _, some in groups(kind) for field in some if field.name not in FIRST]
    return [*first, *(field for field in others if field.mandatory)], [
        field for field in others if not field.mandatory
    ]


async def _form(
    visit: Visit, kind: RecordType, problem: Trouble | None = None, sent: Iterable[Pair] = ()
) -> Response:
    first, more = _fields(kind)
    holder = None
    if problem is not None:
        async with visit.db() as db:
            holder = await holder_of(visit, db, kind, problem, sent)
    values = {field.name: field.default_value for field in (*first, *more)} | {OWNER: visit.actor.id}
    shown = forms.controls(visit, first, values, problem)
    for control in shown:
        control.label = LABELS.get(control.name, control.label)
    folded = forms.controls(visit, more, values, problem)
    return visit.page(
        "accounts/new.html",
        title="New account",
        status=UNPROCESSABLE if problem is not None else 200,
        kind=kind,
        types=[(one.code, one.display_name) for one in types_of(visit)],
        here=with_query(f"{ADDRESS}/new", type=kind.code),
        back=with_query(ADDRESS, type=kind.code),
        controls=shown,
        folded=folded,
        problem=problem,
        holder=holder,
        is_open=any(control.error for control in folded),
    )
