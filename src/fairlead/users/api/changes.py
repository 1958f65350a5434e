"""The vendor's pages that create and change users."""

from __future__ import annotations

from typing import Any

from fairlead.errors import InvalidInput, MandatoryMissing, UnknownReference
from fairlead.orgs import rules as orgs
from fairlead.users import rules
from fairlead.wire.operation import Body, Call, operations
from fairlead.wire.types import AffectedRows, Done, Id, Scalar, truth

registry, read, write = operations()


class GroupAccess(Body):
    """Membership of a sales group. What it allows to see and change is not restricted here."""

    GroupId: str | None = None
    ViewAllLeadsOfGroup: Scalar = None
    ModifyAllLeadsOfGroup: Scalar = None
    AddUsersToGroup: Scalar = None
    ViewAllAccountsOfGroup: Scalar = None
    ModifyAllAccountsOfGroup: Scalar = None


class NewUser(Body):
    """A user; `UserType` is 0 for web, 1 for mobile."""

    FirstName: str | None = None
    LastName: str | None = None
    EmailAddress: str | None = None
    Role: str | None = None
    UserType: Scalar = None
    AssociatedGroups: list[GroupAccess] | None = None


class ChangedUser(NewUser):
    """What changes about a user; `StatusCode` 1 switches them off, 0 on."""

    UserId: str | None = None
    StatusCode: Scalar = None


@write("POST /UserManagement.svc/User/Create", page="create-a-user", admin=True)
async def create_user(call: Call[None, NewUser], db: Any) -> Done[Id]:
    """Create a User.

    Role is Administrator, Marketing_User, Sales_Manager or Sales_User. The user gets no key: those are made by
    the operator.
    """
    body = call.body
    for name in ("FirstName", "EmailAddress", "Role"):
        if not (getattr(body, name) or "").strip():
            raise MandatoryMissing(name, "creating user")
    user_id = await orgs.create_user(
        db,
        call.org_id,
        email=_text(body.EmailAddress, "EmailAddress") or "",
        first_name=_text(body.FirstName, "FirstName") or "",
        last_name=_text(body.LastName, "LastName") or "",
        role=body.Role or "",
        profile=_profile(call, body),
        now=call.now,
    )
    return Done(Message=Id(user_id))


# The vendor has no page for this one: it is named after its title.
@write("POST /UserManagement.svc/User/Update", page="update-a-user", admin=True)
async def update_user(call: Call[None, ChangedUser], db: Any) -> Done[AffectedRows]:
    """Update a User.

    Only what is sent changes. A user who is switched off is refused with their keys from the next call on.
    """
    body = call.body
    if not body.UserId:
        raise MandatoryMissing("UserId", "updating user")
    if call.defs.users.get(body.UserId.strip().lower()) is None:
        raise UnknownReference("User not found")
    for name in ("FirstName", "EmailAddress", "Role"):
        sent = getattr(body, name)
        # Vendor: silent on emptying what creation demands; refused as there.
        if sent is not None and not sent.strip():
            raise MandatoryMissing(name, "updating user")
    change = rules.Change(
        email=_text(body.EmailAddress, "EmailAddress"),
        first_name=_text(body.FirstName, "FirstName"),
        last_name=_text(body.LastName, "LastName"),
        role=body.Role,
        active=None if body.StatusCode in (None, "") else not truth(body.StatusCode, "StatusCode"),
        profile=_profile(call, body),
    )
    rows = await rules.update(db, call.defs, body.UserId, change, now=call.now)
    return Done(Message=AffectedRows(rows))


def _text(value: str | None, name: str) -> str | None:
    if value is None:
        return None
    if "\0" in value:
        raise InvalidInput.value(name)
    if len(value) > 200:
        raise InvalidInput.too_long(name, 200)
    return value.strip()


def _profile(call: Call[None, Any], body: NewUser) -> dict[str, Any]:
    """What the body says about the profile. A group that does not exist is left out, with a notice."""
    profile: dict[str, Any] = {}
    if body.UserType is not None and body.UserType != "":
        profile["user_type"] = int(truth(body.UserType, "UserType"))
    if body.AssociatedGroups is not None:
        known = call.defs.setting("groups")
        named = [(group.GroupId or "").strip().lower() for group in body.AssociatedGroups]
        # Vendor: silent on unknown groups; no page makes one, so refusing them would refuse the user.
        for group in named:
            if group not in known:
                call.notice("unknown-group", group)
        profile["groups"] = list(dict.fromkeys(group for group in named if group in known))
    return profile
