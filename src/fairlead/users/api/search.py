"""The vendor's page that searches users by criteria."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from fairlead.errors import InvalidInput
from fairlead.fields.scalars import parse_datetime
from fairlead.orgs.definitions import Definitions, User
from fairlead.users import rules
from fairlead.wire.operation import Body, Call, operations
from fairlead.wire.types import Columns, Paging, Scalar, Sorting, descending, names_of, page_of

registry, read, write = operations()


class ConditionBody(Body):
    """A comparison of one column."""

    LookupName: str | None = None
    Operator: str | None = None
    LookupValue: Scalar = None
    ConditionOperator: str | None = None


class GroupBody(Body):
    """Comparisons that belong together."""

    Condition: list[ConditionBody] | None = None
    GroupOperator: str | None = None


class SearchUsers(Body):
    """Criteria in groups, columns, an array of sorts, and a page of at most 1000 rows."""

    Columns: Columns | None = None
    GroupConditions: list[GroupBody] | None = None
    GroupOperator: str | None = None
    Sorting: list[Sorting] | Sorting | None = None
    Paging: Paging | None = None


class FoundUser(msgspec.Struct):
    """A user as the search shows them, all as texts; columns that were not asked for are null."""

    UserId: str | None = None
    FirstName: str | None = None
    LastName: str | None = None
    EmailAddress: str | None = None
    Role: str | None = None
    StatusCode: str | None = None
    PhoneMain: str | None = None
    TeamId: str | None = None
    ManagerUserId: str | None = None
    Groups: str | None = None


class FoundUsers(msgspec.Struct):
    """One page of users; `RecordCount` counts all that were found."""

    RecordCount: int
    Users: list[FoundUser]


@read("POST /UserManagement.svc/User/AdvancedSearch", page="user-advanced-search")
async def search_users(call: Call[None, SearchUsers], db: Any) -> FoundUsers:
    """User Advanced Search.

    Compares the columns shown, `CreatedOn` and `ModifiedOn` (at whole seconds). ConditionOperator joins its condition
    with the next one, GroupOperator its group, from left to right; null means AND. Where the last one has an operator
    and the first has none, each joins with the one before. Without Sorting the newest user comes first.
    """
    body = call.body
    page = page_of(body.Paging, cap=1000)
    rows = [_columns(call.defs, user) for user in call.defs.users.values()]
    criteria = _criteria(body)
    found = [row for row in rows if rules.holds(criteria, row)]
    _sort(call, found, body.Sorting)
    shown = _shown_columns(call, body.Columns)
    users = [
        FoundUser(**{name: row[name] for name in shown})
        for row in found[page.offset : page.offset + page.limit]
    ]
    return FoundUsers(len(found), users)


def _columns(defs: Definitions, user: User) -> rules.Columns:
    return {
        "UserId": user.id,
        "FirstName": user.first_name,
        "LastName": user.last_name or None,
        "EmailAddress": user.email,
        "Role": user.role,
        "StatusCode": str(int(not user.active)),
        "PhoneMain": user.detail("phone"),
        "TeamId": user.detail("team_id"),
        "ManagerUserId": user.detail("manager_id"),
        "Groups": ",".join(rules.groups_of(defs, user).values()) or None,
        "CreatedOn": f"{user.created_on:%Y-%m-%d %H:%M:%S.%f}",
        "ModifiedOn": f"{user.modified_on:%Y-%m-%d %H:%M:%S.%f}",
    }


_INSTANTS = ("CreatedOn", "ModifiedOn")
_COLUMNS = (*FoundUser.__struct_fields__, *_INSTANTS)
_SECOND = len("YYYY-MM-DD HH:MM:SS")
_OF_TEXTS = ("lik", "nlik", "isnull", "isnotnull")  # what an instant is written like, or whether there is one


def _criteria(body: SearchUsers) -> rules.Joined:
    groups = [
        rules.Joined(
            [_condition(one) for one in group.Condition or ()],
            _operators((one.ConditionOperator for one in group.Condition or ()), None, "ConditionOperator"),
        )
        for group in body.GroupConditions or ()
    ]
    between = (group.GroupOperator for group in body.GroupConditions or ())
    return rules.Joined(groups, _operators(between, body.GroupOperator, "GroupOperator"))


def _condition(body: ConditionBody) -> rules.Condition:
    if body.LookupName not in _COLUMNS:
        raise InvalidInput.value("LookupName")
    operator = (body.Operator or "eq").strip().lower()
    if operator not in rules.OPERATORS:
        raise InvalidInput.value("Operator")
    value = "" if body.LookupValue is None else str(body.LookupValue)
    if body.LookupName not in _INSTANTS or operator in _OF_TEXTS:
        return rules.Condition(body.LookupName or "", operator, value)
    value = ",".join(_second(part) for part in (value.split(",") if operator == "in" else [value]))
    return rules.Condition(body.LookupName or "", operator, value, length=_SECOND)


def _second(text: str) -> str:
    """An instant as it is compared: at whole seconds. Raises InvalidInput."""
    found = parse_datetime(text.strip())
    if found is None:
        raise InvalidInput.value("LookupValue")
    return f"{found:%Y-%m-%d %H:%M:%S}"


def _operators(sent: Iterable[str | None], otherwise: str | None, name: str) -> list[str]:
    """What stands between the parts, an absent operator being `otherwise`, else AND.

    Vendor: silent on whether an operator joins its part with the next one or with the one before, and on which of two
    binds more. It is the next one, and they are read from left to right. Where the last part has one and the first has
    none, it is the one before.
    """
    every = [operator or None for operator in sent]
    between = every[1:] if every and every[0] is None and every[-1] is not None else every[:-1]
    for operator in (*every, otherwise):
        if (operator or "and").strip().lower() not in ("and", "or"):
            raise InvalidInput.value(name)
    return [(operator or otherwise or "and").strip().lower() for operator in between]


def _sort(call: Call[Any, Any], rows: list[rules.Columns], sent: list[Sorting] | Sorting | None) -> None:
    """Unknown columns are noticed, and do not count; without any other one the newest user comes first."""
    sorts = []
    for sorting in [sent] if isinstance(sent, Sorting) else sent or ():
        name, downwards = sorting.ColumnName or "CreatedOn", descending(sorting)
        if name in _COLUMNS:
            sorts.append((name, downwards))
        else:
            call.notice("unknown-sort-column", name)
    rows.sort(key=lambda row: row["UserId"] or "")
    for name, downwards in reversed(sorts or [("CreatedOn", True)]):
        rows.sort(key=lambda row, name=name: (row[name] or "").casefold(), reverse=downwards)  # type: ignore[misc]


def _shown_columns(call: Call[Any, Any], columns: Columns | None) -> list[str]:
    included = names_of(columns.Include_CSV) if columns is not None else []
    excluded = names_of(columns.Exclude_CSV) if columns is not None else []
    for name in (*included, *excluded):
        if name not in _COLUMNS:
            call.notice("unknown-column", name)
    return [n for n in FoundUser.__struct_fields__ if n in (included or _COLUMNS) and n not in excluded]
