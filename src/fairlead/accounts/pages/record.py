"""One account: its fields in groups, each edited in its place, owner and stage, its leads, and what happened."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import msgspec
from starlette.responses import Response

from fairlead.accounts import attributes, drafts, queries, removal, rules
from fairlead.accounts.drafts import OWNER, STAGE, UNIQUE, UNSET
from fairlead.accounts.pages.family import action, page
from fairlead.errors import ApiError, NotFound
from fairlead.fields.model import DataType, Field
from fairlead.fields.standard import ACCOUNT_FIELDS
from fairlead.leads import criteria
from fairlead.leads import queries as leads
from fairlead.leads.pages.record import Holder, group_of, name_of
from fairlead.leads.pages.timeline import part
from fairlead.orgs.definitions import RecordType
from fairlead.records.rows import Account
from fairlead.web import forms
from fairlead.web.forms import Control, Trouble
from fairlead.web.render import NOTHING, shown
from fairlead.web.visit import UNPROCESSABLE, Visit, with_query
from fairlead.wire.types import Page, Pair

ADDRESS = "/app/accounts"

LEADS = 8
"""Leads that are shown beside the account; the list of leads has the others."""

LINK = "RelatedCompanyId"
"""The attribute of a lead that names its account."""

_GROUPS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (
        "account",
        "Account",
        (
            "CompanyName",
            "CompanyNumber",
            "CompanyIdentifier",
            "AlternateName",
            "Industry",
            "AnnualRevenue",
            "Employees",
            "Currency",
            "Source",
        ),
    ),
    (
        "contact",
        "Contact",
        ("Phone", "EmailAddress", "Website", "FacebookUrl", "TwitterUrl", "LinkedInUrl"),
    ),
    (
        "address",
        "Address",
        ("Address1", "Address2", "City", "State", "Country", "ZipCode", "TimeZone", "Language"),
    ),
    ("notes", "Notes", ("Description", "Notes")),
    ("consent", "Consent", ("DoNotCall", "DoNotEmail")),
)
"""Groups of the standard fields: key, title, fields. Own fields come after the first, the others at the end."""

HEAD = (STAGE, OWNER)
"""Fields that stand at the head of the account, with a form of their own."""

LABELS = {STAGE: "Stage", OWNER: "Owner"}

_STANDARD = frozenset(field.name for field in ACCOUNT_FIELDS)
_MADE = (
    "CompanyAutoId",
    "CompanyId",
    "Origin",
    "CreatedOn",
    "CreatedByName",
    "ModifiedOn",
    "ModifiedByName",
)
"""What the server fills in, as far as it is shown."""


def groups(kind: RecordType) -> list[tuple[str, str, list[Field]]]:
    """The fields that people edit, in groups: key, title, fields."""
    fields = {name: field for name, field in kind.fields.items() if not field.read_only and name not in HEAD}
    found = [
        (key, title, [fields[name] for name in names if name in fields]) for key, title, names in _GROUPS
    ]
    found.insert(1, ("own", "Details", [field for name, field in fields.items() if name not in _STANDARD]))
    named = {field.name for _, _, some in found for field in some}
    found.append(("more", "More", [field for name, field in fields.items() if name not in named]))
    return [group for group in found if group[2]]


@page("GET /accounts/{id:uuid}", nav="accounts")
async def account(visit: Visit) -> Response:
    """An account with its leads and its timeline; `edit` opens one of its groups."""
    async with visit.db() as db:
        found = await account_of(visit, db)
        return await _page(visit, db, found, editing=visit.query.get("edit", ""))


@action("POST /accounts/{id:uuid}", nav="accounts")
async def save(visit: Visit) -> Response:
    """Write what was changed in one group, or owner and stage."""
    key = str(visit.form.get("group", ""))
    async with visit.db() as db:
        found = await account_of(visit, db)
    fields = _fields(visit.defs.types[found.code], key)
    changed = forms.pairs(visit, fields, _values(found, fields))
    if not changed:
        return visit.redirect(visit.address, say="Nothing was different, so nothing was saved.", kind="info")
    problem = _stale(visit, found)
    if problem is None:
        try:
            await visit.run(rules.update, found.id, changed)
        except ApiError as error:
            problem = told(error, visit.defs.types[found.code])
    if problem is not None:
        async with visit.db() as db:
            return await _page(visit, db, found, editing=key, problem=problem, sent=changed)
    owner = next((str(pair.Value) for pair in changed if pair.name == OWNER and pair.Value), found.owner_id)
    if visit.sees not in (None, owner):
        said = f"Saved. The account belongs to {visit.defs.user_name(owner)} now."
        return visit.redirect(ADDRESS, say=said)
    return visit.redirect(visit.address, say="Saved.")


@action("POST /accounts/{id:uuid}/delete", nav="accounts", admin=True)
async def delete(visit: Visit) -> Response:
    """Delete the account, and with `leads` those that belong to it."""
    with_leads = bool(visit.form.get("leads"))
    async with visit.db() as db:
        found = await account_of(visit, db)
    await visit.write(lambda call, db: removal.delete(db, call, found.id, with_leads=with_leads))
    said = " with its leads" if with_leads else ""
    return visit.redirect(with_query(ADDRESS, type=found.code), say=f"{found.name} is deleted{said}.")


def _stale(visit: Visit, found: Account) -> Trouble | None:
    """Says that the account was changed since the form was shown: what stands in the form would undo that."""
    as_of = visit.form.get("as_of")
    if as_of is None or as_of == found.modified_on.isoformat():
        return None
    return Trouble(
        "This account was changed while you were editing. Look over your values and save them again."
    )


def told(error: ApiError, kind: RecordType) -> Trouble:
    """What is wrong with the form of an account, in the words of these screens."""
    found = forms.trouble(error, kind.fields)
    return Trouble(found.text.replace("A Company with", "An account with"), found.field)


async def holder_of(
    visit: Visit, db: Any, kind: RecordType, problem: Trouble | None, sent: Iterable[Pair]
) -> Holder | None:
    """The account that has the unique value which was refused, if the person may see it."""
    name = problem.field if problem is not None and problem.field in UNIQUE else None
    value = next((pair.Value for pair in sent if pair.name == name), None)
    if name is None or not value:
        return None
    has = attributes.condition(kind, name, "=", str(value))
    _, found = await queries.search(
        db,
        visit.org_id,
        visit.sees,
        kind.code,
        has,
        attributes.CREATED_ON,
        descending=False,
        page=Page(0, 1),
    )
    return Holder(found[0].name, f"{ADDRESS}/{found[0].id}") if found else None


async def account_of(visit: Visit, db: Any, account_id: str = "") -> Account:
    """The account that the address names, if the person may see it. Raises NotFound."""
    id = (account_id or visit.path["id"]).lower()
    found = await queries.by_id(db, visit.org_id, visit.sees, id)
    if found is None or found.code not in visit.defs.types:
        raise NotFound
    return found


def _fields(kind: RecordType, key: str) -> list[Field]:
    if key == "head":
        return _head_fields(kind)
    return next((fields for known, _, fields in groups(kind) if known == key), [])


def _head_fields(kind: RecordType) -> list[Field]:
    return [chosen(kind.fields[name]) for name in HEAD if name in kind.fields]


def chosen(field: Field) -> Field:
    """The field as these screens ask for it: a stage is chosen from the options and the one that is stored."""
    return msgspec.structs.replace(field, others_allowed=False) if field.name == STAGE else field


def _values(found: Account, fields: Iterable[Field]) -> dict[str, Any]:
    """Stored values by name; where a field without a value means one, that."""
    stored = {field.name: drafts.stored(found, field.name) for field in fields}
    return {name: UNSET.get(name) if value is None else value for name, value in stored.items()}


async def _page(
    visit: Visit,
    db: Any,
    found: Account,
    *,
    editing: str,
    problem: Trouble | None = None,
    sent: Iterable[Pair] = (),
) -> Response:
    kind, here = visit.defs.types[found.code], f"{ADDRESS}/{found.id}"
    made = [
        group_of(visit, _values(found, fields), key, title, fields, editing=editing, problem=problem)
        for key, title, fields in groups(kind)
    ]
    head_problem = problem if editing == "head" else None
    of = await _leads(visit, db, found)
    return visit.page(
        "accounts/account.html",
        title=found.name,
        status=UNPROCESSABLE if problem is not None else 200,
        account=found,
        kind=kind,
        here=here,
        as_of=found.modified_on.isoformat(),
        groups=made,
        holder=await holder_of(visit, db, kind, problem, sent),
        problem=problem if editing != "head" and not any(group.controls for group in made) else None,
        head=_head(visit, kind, found, head_problem),
        head_problem=head_problem,
        made=_made(visit, kind, found),
        leads=of,
        all_leads=with_query("/app/leads", field=LINK, op="=", value=found.id),
        name_of=name_of,
        happened=await part(visit, db, found.id, here, of=queries),
        types=postable(visit),
        can_delete_leads=bool(visit.defs.setting("lead_delete")),
    )


async def _leads(visit: Visit, db: Any, found: Account) -> leads.Found:
    """The newest leads of the account, and how many it has, as far as the person may see them."""
    link = criteria.attribute(visit.defs, LINK)
    if link is None:
        return leads.Found(0, [])
    return await leads.search(
        db,
        visit.org_id,
        visit.sees,
        criteria.condition(link, "=", found.id),
        criteria.created_on,
        descending=True,
        offset=0,
        limit=LEADS,
    )


def _head(visit: Visit, kind: RecordType, found: Account, problem: Trouble | None) -> list[Control]:
    """Stage and owner; a user who is not active any more stays named."""
    fields = _head_fields(kind)
    made = forms.controls(visit, fields, _values(found, fields), problem)
    for control in made:
        control.label = LABELS[control.name]
        for choice in control.choices:
            if not choice.value:
                choice.text = "No stage"
            elif choice.value == choice.text == found.owner_id:
                choice.text = f"{visit.defs.user_name(found.owner_id) or choice.value} (not active)"
        if control.name == OWNER:
            control.choices = [choice for choice in control.choices if choice.value]
    return made


def postable(visit: Visit) -> list[tuple[int, str]]:
    """Types of activities that are posted on accounts, by name."""
    types = (kind for kind in visit.defs.of_kind("account_activity") if kind.active)
    return sorted(((kind.code, kind.display_name) for kind in types), key=lambda one: one[1].casefold())


def _made(visit: Visit, kind: RecordType, found: Account) -> list[tuple[str, str]]:
    rows = []
    for name, read in attributes.readers(
        visit.defs, kind, (name for name in _MADE if name in kind.fields)
    ).items():
        field, text = kind.fields[name], read(found)
        if text:
            # Only what is counted is written with groups; the account's number is a name.
            counted = field.data_type is DataType.NUMBER and name != "CompanyAutoId"
            rows.append((field.display_name, shown(visit, field, Decimal(text) if counted else text)))
    return [row for row in rows if row[1] != NOTHING]
