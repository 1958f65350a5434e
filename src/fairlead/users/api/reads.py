"""The vendor's pages that read users one by one, and all of them."""

from __future__ import annotations

from typing import Any

import msgspec

from fairlead.errors import MandatoryMissing
from fairlead.orgs.definitions import Definitions, User
from fairlead.users import rules
from fairlead.wire.operation import Call, Query, operations

registry, read, write = operations()


class UserRow(msgspec.Struct):
    """A user in the list of all; StatusCode 0 is active, 1 inactive."""

    ID: str
    FirstName: str
    LastName: str
    EmailAddress: str
    Role: str
    StatusCode: int
    MemberOfGroups: list[str]
    Tag: str
    IsPhoneCallAgent: bool


@read("GET /UserManagement.svc/Users.Get", page="get-users")
async def users(call: Call[None, None], db: Any) -> list[UserRow]:
    """Get Users.

    All users, active and inactive, the oldest first.
    """
    return [
        UserRow(
            ID=user.id,
            FirstName=user.first_name,
            LastName=user.last_name,
            EmailAddress=user.email,
            Role=user.role,
            StatusCode=int(not user.active),
            MemberOfGroups=list(rules.groups_of(call.defs, user).values()),
            Tag=user.detail("tag"),
            IsPhoneCallAgent=user.detail("call_agent"),
        )
        for user in call.defs.users.values()
    ]


class Group(msgspec.Struct):
    """A sales group."""

    Id: str
    Name: str


class UserDetails(msgspec.Struct):
    """A user; `OrgId` is the account number."""

    UserId: str
    FirstName: str
    LastName: str
    EmailAddress: str
    AssociatedPhoneNumbers: str
    DateFormat: str
    TimeZone: str
    Role: str
    IsPhoneCallAgent: bool
    OrgId: int
    CompanyName: str
    UserType: str
    ManagerUserId: str | None
    ManagerName: str | None
    mx_Custom_1: str | None
    Groups: list[Group]
    TeamId: str | None
    TeamName: str | None


class ById(Query):
    """The user's id, under either name."""

    userId: str | None = None
    id: str | None = None


class ByEmail(Query):
    """The user's e-mail address; case does not matter."""

    emailAddress: str | None = None


@read("GET /UserManagement.svc/User/Retrieve/ByUserId", page="get-user-by-id")
async def user_by_id(call: Call[ById, None], db: Any) -> list[UserDetails]:
    """Get a User by Id.

    An array of one; empty for an unknown or inactive user.
    """
    user_id = call.query.userId or call.query.id
    if not user_id:
        raise MandatoryMissing("userId", "retrieving user")
    return _details(call.defs, call.defs.users.get(user_id.strip().lower()))


@read("GET /UserManagement.svc/User/Retrieve/ByEmailAddress", page="get-user-by-email-id")
async def user_by_email(call: Call[ByEmail, None], db: Any) -> list[UserDetails]:
    """Get a User by Email Address.

    An array of one; empty for an unknown or inactive user.
    """
    email = call.query.emailAddress
    if not email:
        raise MandatoryMissing("emailAddress", "retrieving user")
    return _details(call.defs, call.defs.users_by_email.get(email.strip().lower()))


def _details(defs: Definitions, user: User | None) -> list[UserDetails]:
    if user is None or not user.active:
        return []
    manager = user.detail("manager_id")
    return [
        UserDetails(
            UserId=user.id,
            FirstName=user.first_name,
            LastName=user.last_name,
            EmailAddress=user.email,
            AssociatedPhoneNumbers=user.detail("numbers"),
            DateFormat=user.detail("date_format"),
            TimeZone=user.detail("time_zone") or defs.setting("time_zone"),
            Role=user.role,
            IsPhoneCallAgent=user.detail("call_agent"),
            OrgId=int(defs.org.short_code),
            CompanyName=defs.org.name,
            # Vendor: silent on the name of user type 1.
            UserType="Mobile" if user.detail("user_type") == 1 else "Regular",
            ManagerUserId=manager,
            ManagerName=defs.user_name(manager),
            mx_Custom_1=None,
            Groups=[Group(group, name) for group, name in rules.groups_of(defs, user).items()],
            TeamId=user.detail("team_id"),
            TeamName=user.detail("team_name"),
        )
    ]
