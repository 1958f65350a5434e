"""The page by which clients test their keys: who am I, where am I."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from fairlead.orgs.definitions import Definitions, User
from fairlead.orgs.places import calling_code
from fairlead.wire.operation import Call, operations

registry, read, write = operations()


class MobileServices(msgspec.Struct):
    """Addresses of services that this server does not have: empty."""

    ReportsURL: str = ""
    FileUploadURL: str = ""
    MobileNotificationURL: str = ""


class Hosts(msgspec.Struct):
    """Host names without a scheme, with the port where there is one."""

    api: str
    app: str
    tracking: str
    async_: str = msgspec.field(name="async")
    files: str


class AccessKeyUser(msgspec.Struct, kw_only=True):
    """The user of a key pair and their organisation. Texts unless shown otherwise; no member `Status`."""

    Class: str = "1"
    Group: str = "1"
    SubRegionId: str = "1"
    Id: str
    Name: str
    PassPhrase: str
    Role: str
    EmailAddress: None = None
    SessionId: str = ""
    TimeZone: str
    TokenId: None = None
    Type: str = "ApplicationUser"
    OrgDisplayName: str
    OrgId: str
    OrgShortCode: str
    OrgUniqueName: str
    DefaultCountryCode: str
    Website: str = ""
    Street1: str = ""
    Street2: str = ""
    City: str = ""
    State: str = ""
    Country: str = ""
    Phone: str = ""
    Fax: str = ""
    Zip: str = ""
    AssociatedPhoneNumbers: str
    RestrictedFeatures: None = None
    CustomerType: str = ""
    Plan: None = None
    UserType: str
    MobileServiceURLs: MobileServices
    LSQCommonServiceURLs: Hosts


@read("GET /Authentication.svc/UserByAccessKey.Get", page="user-authentication")
async def user_by_access_key(call: Call[None, None], db: Any) -> AccessKeyUser:
    """Authenticate a User.

    Who the keys belong to. The e-mail address stands in PassPhrase. LSQCommonServiceURLs are host names, with the
    port where there is one, by which this server was reached. A good answer has no member `Status`.
    """
    return _identity(call.defs, call.actor, call.host)


def _identity(defs: Definitions, user: User, host: str) -> AccessKeyUser:
    """Who this is, at the organisation of these definitions, on a server reached as `host`."""
    org = defs.org
    return AccessKeyUser(
        Id=user.id,
        Name=user.name,
        PassPhrase=user.email,
        Role=user.role,
        TimeZone=user.detail("time_zone") or defs.setting("time_zone"),
        OrgDisplayName=org.name,
        OrgId=org.id,
        OrgShortCode=org.short_code,
        OrgUniqueName=re.sub(r"[^a-z0-9]+", "-", org.name.lower()).strip("-"),
        DefaultCountryCode=calling_code(str(defs.setting("region"))),
        AssociatedPhoneNumbers=user.detail("numbers"),
        UserType="Mobile" if user.detail("user_type") == 1 else "Regular",
        MobileServiceURLs=MobileServices(),
        LSQCommonServiceURLs=Hosts(api=host, app=host, tracking=host, async_=host, files=host),
    )
