"""Accounts: create, update, both in bulk, search, delete."""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa

from fairlead.accounts import attributes, queries, removal, rules
from fairlead.accounts.api.activities import needed
from fairlead.accounts.api.family import read, write
from fairlead.activities.periods import period_of
from fairlead.errors import ApiError, InvalidDataType, InvalidInput, MandatoryMissing
from fairlead.fields.model import DataType
from fairlead.fields.scalars import parse_date
from fairlead.leads.criteria import Attribute, Condition
from fairlead.leads.rules import seen_by
from fairlead.orgs.definitions import RecordType
from fairlead.wire.bulk import each_row
from fairlead.wire.operation import Body, Call, Plan, Query
from fairlead.wire.types import (
    AffectedRows,
    Columns,
    Done,
    Id,
    Paging,
    Pair,
    Scalar,
    Sorting,
    check_names,
    descending,
    names_of,
    page_of,
    rows_of,
    truth,
)

MOST = 25
"""Accounts in one bulk call."""

CAP = 1000
"""Rows on the largest page."""


class AccountType(Body):
    """The account type, by name."""

    CompanyTypeName: Scalar = None


def _kind(call: Call[Any, Any], sent: AccountType | None, action: str) -> RecordType:
    return rules.kind_of(call, _type_name(sent, action))


def _type_name(sent: AccountType | None, action: str) -> str:
    # Vendor: silent on its absence in writes; as in the search.
    name = "" if sent is None or sent.CompanyTypeName is None else str(sent.CompanyTypeName).strip()
    if not name:
        raise MandatoryMissing("CompanyTypeName", action)
    return name


class NewAccount(Body):
    """The type and the attributes of an account. `Company` is another name of CompanyProperties."""

    CompanyType: AccountType | None = None
    CompanyProperties: list[Pair] | None = None
    Company: list[Pair] | None = None


@write("POST /CompanyManagement.svc/Company.Create", page="create-an-account")
def create(call: Call[None, NewAccount]) -> Plan[Done[Id]]:
    """Create an Account.

    CompanyName is mandatory and need not be unique; CompanyNumber and CompanyIdentifier are unique among the accounts
    of a type. Drop-down values must be options, in any case; a Stage may be any text. Without OwnerId the account is the
    caller's.
    """
    body, action = call.body, "creating company"
    pairs = body.CompanyProperties or body.Company or []
    check_names(pairs)
    name = _type_name(body.CompanyType, action)
    if {pair.name: pair.Value for pair in pairs}.get("CompanyName") in (None, ""):
        raise MandatoryMissing("CompanyName", action)
    account = yield from rules.create(call, rules.kind_of(call, name), pairs)
    return Done(Message=Id(account.id))


class OneAccount(Query):
    """The account's id."""

    companyId: str | None = None


class Update(Body):
    """The attributes that change; what is not sent stays. `Company` is another name of CompanyProperties."""

    CompanyProperties: list[Pair] | None = None
    Company: list[Pair] | None = None


@write("POST /CompanyManagement.svc/Company.Update", page="update-an-account")
def update(call: Call[OneAccount, Update | list[Any]]) -> Plan[Done[AffectedRows]]:
    """Update an Account.

    Writes the attributes sent. An empty value clears one, but every account has a CompanyName and an owner: without the
    first it is refused, without OwnerId the owner stays. A drop-down value must be one that its parent's value allows,
    also when only the parent is sent. `AffectedRows` is 0 when everything was stored already.
    """
    # Vendor: a bare array is no fault of the body's structure but an account without details.
    pairs = None if isinstance(call.body, list) else call.body.CompanyProperties or call.body.Company
    check_names(pairs)
    account_id = needed(call.query.companyId, "companyId", "updating company")
    if not pairs:
        raise InvalidDataType("You're missing Company details.")
    changed = yield from rules.update(call, account_id, pairs)
    return Done(Message=AffectedRows(int(changed)))


class Choices(Body):
    """How accounts are found, and what happens with one that is there: FillMissingFields, OverwriteAllFields, IgnoreDuplicate."""

    SearchBy: Scalar = None
    CollisionResolutionStrategy: Scalar = None


class Many(Body):
    """Accounts of one type, each a list of attributes."""

    CompanyType: AccountType | None = None
    Options: Choices | None = None
    Companies: list[list[Pair]] | None = None


class Written(msgspec.Struct, omit_defaults=True):
    """The result of a row; the last two members only when it failed."""

    RowNumber: int
    CompanyId: str | None
    CompanyCreated: bool
    CompanyUpdated: bool
    ExceptionType: str | None = None
    ErrorMessage: str | None = None


@write(
    "POST /CompanyManagement.svc/Company/Bulk/CreateOrUpdate",
    page="create-or-update-accounts-in-bulk",
    bulk=MOST,
)
def create_or_update(call: Call[None, Many]) -> Plan[list[Written]]:
    """Create or Update Accounts in Bulk.

    Up to 25 accounts of one type, each found by the attribute that SearchBy names: CompanyName, CompanyNumber or
    CompanyIdentifier, compared exactly. One that is there gets its blanks filled, or is overwritten with what is sent,
    or stays as it is. Rows see the effect of earlier rows. One result per row, in the order of the rows.
    """
    body, action = call.body, "creating or updating company"
    options = body.Options or Choices()
    for row in body.Companies or ():
        check_names(row)
    name = _type_name(body.CompanyType, action)
    # Vendor: silent on absent options; a guess could overwrite what somebody wants to keep.
    search_by = _option(options.SearchBy, "SearchBy", action)
    strategy = _option(options.CollisionResolutionStrategy, "CollisionResolutionStrategy", action)
    if body.Companies is None:
        raise MandatoryMissing("Companies", action)
    kind = rules.kind_of(call, name)
    found_by = rules.search_name(search_by)
    if strategy not in rules.STRATEGIES:
        raise InvalidInput.value("CollisionResolutionStrategy")
    rows_of(body.Companies, MOST)
    results = yield from each_row(
        rules.create_or_update(call, kind, found_by, strategy, row) for row in body.Companies
    )
    return [
        Written(number, None, False, False, result.type, result.message)
        if isinstance(result, ApiError)
        else Written(number, result.account.id, result.created, result.updated)
        for number, result in enumerate(results, 1)
    ]


def _option(value: Scalar, name: str, action: str) -> str:
    text = "" if value is None else str(value).strip()
    if not text:
        raise MandatoryMissing(name, action)
    return text


class DateRange(Body):
    """From and to, UTC, both ends included, on an attribute that is a date; a missing one leaves that end open.

    For an attribute without a time a day is enough.
    """

    DateField: str | None = None
    FromDate: Scalar = None
    ToDate: Scalar = None


class Lookup(Body):
    """One condition. Operators: `=  LIKE  >  <  <=  >=  <>` and `IN` (a comma list)."""

    LookupName: str | None = None
    LookupValue: Scalar = None
    SqlOperator: str | None = None


class Criteria(Body):
    """Which accounts: all conditions must hold; only the type is mandatory."""

    CompanyType: AccountType | None = None
    SearchText: Scalar = None
    DateRange: DateRange | None = None
    FilterBy: Lookup | None = None


class Search(Body):
    """What to look for, what to show, in which order, which page."""

    Query: Criteria | None = None
    Columns: Columns | None = None
    Sorting: Sorting | None = None
    Paging: Paging | None = None


class Shown(msgspec.Struct):
    """An attribute of an account."""

    Attribute: str
    Value: str | None


class Account(msgspec.Struct):
    """An account as a list of attributes."""

    companyPropertyList: list[Shown]


class Accounts(msgspec.Struct):
    """How many there are in all, and the page."""

    RecordCount: int
    Companies: list[Account]


@read("POST /CompanyManagement.svc/Company.Get", page="get-an-account")
async def search(call: Call[None, Search], db: Any) -> Accounts:
    """Get an Account (search).

    Accounts of one type: with a text in the name, changed in a time, or meeting one condition. Without Columns every
    attribute is shown; a column or a condition on something that is no attribute is an error.
    """
    body = call.body
    query = body.Query or Criteria()
    kind = _kind(call, query.CompanyType, "retrieving companies")
    shown = attributes.readers(call.defs, kind, _columns(kind, body.Columns))
    total, found = await queries.search(
        db,
        call.org_id,
        seen_by(call),
        kind.code,
        _condition(kind, query),
        _order(call, kind, body.Sorting),
        descending=descending(body.Sorting),
        page=page_of(body.Paging, cap=CAP),
    )
    rows = [Account([Shown(name, shows(one)) for name, shows in shown.items()]) for one in found]
    return Accounts(total, rows)


def _columns(kind: RecordType, columns: Columns | None) -> list[str]:
    included = names_of(columns.Include_CSV) if columns is not None else []
    if included:
        return included
    excluded = names_of(columns.Exclude_CSV) if columns is not None else []
    attributes.check(kind, excluded)
    return [name for name in attributes.all_names(kind) if name not in excluded]


def _condition(kind: RecordType, query: Criteria) -> Condition:
    found: list[Condition] = []
    if query.SearchText not in (None, ""):
        found.append(attributes.named_like(str(query.SearchText)))
    if query.DateRange is not None:
        found += _period(kind, query.DateRange)
    lookup = query.FilterBy
    if lookup is not None and (lookup.LookupName or lookup.LookupValue not in (None, "")):
        operator = (lookup.SqlOperator or "=").strip().upper()
        found.append(attributes.condition(kind, lookup.LookupName or "", operator, _text(lookup.LookupValue)))
    return sa.and_(sa.true(), *found)


def _text(value: Scalar) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _period(kind: RecordType, sent: DateRange) -> list[Condition]:
    """The ends that are given. Raises InvalidInput, UnknownAttributes."""
    name = (sent.DateField or "").strip()
    first, last = (None if text in (None, "") else str(text) for text in (sent.FromDate, sent.ToDate))
    if first is None and last is None:
        return []
    type = attributes.type_of(kind, name) if name else None
    if type is DataType.DATE:
        period_of(_at_midnight(first), _at_midnight(last), optional=True)
    elif type is DataType.DATETIME:
        period_of(first, last, optional=True)
    else:
        raise InvalidInput.value("DateField")
    ends = ((">=", first), ("<=", last))
    return [attributes.condition(kind, name, operator, text) for operator, text in ends if text is not None]


def _at_midnight(text: str | None) -> str | None:
    """A day as the instant at which it begins; anything else as it is. An attribute that is a day takes both."""
    return text if text is None or parse_date(text) is None else f"{text} 00:00:00"


def _order(call: Call[Any, Any], kind: RecordType, sorting: Sorting | None) -> Attribute:
    """What to sort by; CreatedOn by default and for an unknown column, which is noticed."""
    name = (sorting.ColumnName or "").strip() if sorting is not None else ""
    found = attributes.attribute(kind, name) if name else None
    if found is None and name:
        call.notice("unknown-sorting", name)
    return found or attributes.CREATED_ON


class Deletion(OneAccount):
    """The account to delete, and whether its leads are deleted too; default false."""

    withLeadDelete: str | None = None


class Nothing(msgspec.Struct):
    """`{}`."""


@write("GET /CompanyManagement.svc/Company.Delete", page="delete-an-account", admin=True, redefines=False)
async def delete(call: Call[Deletion, None], db: Any) -> Done[Nothing]:
    """Delete an Account.

    Removes the account with its activities and history, for good. Its leads stay and lose their account, or with
    `withLeadDelete=true` are deleted too.
    """
    account_id = needed(call.query.companyId, "companyId", "deleting company")
    with_leads = truth(call.query.withLeadDelete, "withLeadDelete")
    await removal.delete(db, call, account_id, with_leads=with_leads)
    return Done(Message=Nothing())
