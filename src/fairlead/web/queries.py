"""Every SQL statement about passwords, sessions and saved views."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

SIGN_IN = "sign_in"
"""Kind of directory entry that finds a user by e-mail address, in lower case."""
SESSION = "session"
"""Kind of directory entry that finds the organisation of a session by the digest of its token."""


class Known(msgspec.Struct):
    """Who has a sign-in name: organisation, user, and the hash of the password, None without one."""

    org_id: int
    user_id: str
    hash: str | None


class Session(msgspec.Struct):
    """A session that has not ended. `version` is that of the organisation's definitions."""

    user_id: str
    created_on: datetime
    expires_on: datetime
    version: int


class Device(msgspec.Struct):
    """A session as its user sees it among others."""

    digest: str
    agent: str
    created_on: datetime
    used_on: datetime | None

    @property
    def name(self) -> str:
        """Browser and system, as far as the program says: `Chrome on Linux`."""
        browser = next((name for mark, name in _BROWSERS if mark in self.agent), "")
        system = next((name for mark, name in _SYSTEMS if mark in self.agent), "")
        return f"{browser or 'A program'} on {system}" if system else browser or self.agent or "A program"


# The first mark found counts: many programs claim to be others too.
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


class SavedView(msgspec.Struct):
    """A list as somebody likes to see it; `query` is the query string of its address."""

    id: str
    user_id: str
    name: str
    query: str
    shared: bool


FIND = "select d.org_id, d.id::text as user_id from directory d where d.kind = $1 and d.value = $2"
PASSWORD = "select p.hash from web_password p where p.org_id = $1 and p.user_id = $2"  # noqa: S105


async def by_sign_in(db: Any, email: str) -> Known | None:
    """Whose sign-in name this is; None when nobody's."""
    row = await db.fetchrow(FIND, SIGN_IN, email.strip().lower())
    if row is None:
        return None
    return Known(row["org_id"], row["user_id"], await password(db, row["org_id"], row["user_id"]))


async def password(db: Any, org_id: int, user_id: str) -> str | None:
    """The hash of a user's password; None without one."""
    found: str | None = await db.fetchval(PASSWORD, org_id, user_id)
    return found


ANY_PASSWORD = "select exists (select 1 from web_password p join org o on o.org_id = p.org_id)"  # noqa: S105


async def any_password(db: Any) -> bool:
    """True when somebody, in whatever organisation, can sign in."""
    return bool(await db.fetchval(ANY_PASSWORD))


STORE_PASSWORD = """
insert into web_password (org_id, user_id, hash, changed_on) values ($1, $2, $3, $4)
on conflict (org_id, user_id) do update set hash = excluded.hash, changed_on = excluded.changed_on
"""  # noqa: S105
FORGET_NAMES = "delete from directory d where d.kind = $1 and d.org_id = $2 and d.id = $3"
STORE_ENTRY = "insert into directory (kind, value, org_id, id) values ($1, $2, $3, $4)"


async def store_password(
    db: Any, org_id: int, user_id: str, email: str, hashed: str, *, now: datetime
) -> None:
    """Store a password and the sign-in name it belongs to, which must be free."""
    await db.execute(FORGET_NAMES, SIGN_IN, org_id, user_id)
    await db.execute(STORE_ENTRY, SIGN_IN, email.strip().lower(), org_id, user_id)
    await db.execute(STORE_PASSWORD, org_id, user_id, hashed, now)


SIGNS_IN = "select exists (select 1 from directory d where d.kind = $1 and d.org_id = $2 and d.id = $3)"


async def signs_in(db: Any, org_id: int, user_id: str) -> bool:
    """True for a user who has a sign-in name."""
    return bool(await db.fetchval(SIGNS_IN, SIGN_IN, org_id, user_id))


async def move_sign_in(db: Any, org_id: int, user_id: str, email: str) -> None:
    """Give a user another sign-in name, which must be free."""
    await db.execute(FORGET_NAMES, SIGN_IN, org_id, user_id)
    await db.execute(STORE_ENTRY, SIGN_IN, email.strip().lower(), org_id, user_id)


# sessions ------------------------------------------------------------------------------------------------

OPEN = """
select s.user_id::text as user_id, s.created_on, s.expires_on, o.version
from web_session s join org o on o.org_id = s.org_id
where s.org_id = $1 and s.digest = $2 and s.expires_on > $3
"""
STORE_SESSION = """
insert into web_session (org_id, digest, user_id, agent, created_on, expires_on) values ($1, $2, $3, $4, $5, $6)
"""
DEVICES = """
select s.digest, s.agent, s.created_on, l.used_on
from web_session s left join last_use l on l.org_id = s.org_id and l.kind = 'session' and l.name = s.digest
where s.org_id = $1 and s.user_id = $2 and s.expires_on > $3 order by s.created_on desc
"""
# $2 digests to end, or null; $3 the user whose sessions all end, or null; $4 all that ended before end too.
END = """
delete from web_session s
where s.org_id = $1 and (s.digest = any($2::text[]) or s.user_id = $3::uuid or s.expires_on <= $4)
returning s.digest
"""
FORGET_SESSIONS = "delete from directory d where d.kind = $1 and d.value = any($2::text[]) and d.org_id = $3"
FORGET_USES = "delete from last_use l where l.kind = $1 and l.name = any($2::text[]) and l.org_id = $3"


async def session(db: Any, org_id: int, digest: str, *, now: datetime) -> Session | None:
    """The session with this digest, unless it has ended."""
    row = await db.fetchrow(OPEN, org_id, digest, now)
    return Session(**row) if row is not None else None


async def store_session(
    db: Any, org_id: int, digest: str, user_id: str, agent: str, *, now: datetime, until: datetime
) -> None:
    """Begin a session."""
    await db.execute(STORE_ENTRY, SESSION, digest, org_id, user_id)
    await db.execute(STORE_SESSION, org_id, digest, user_id, agent, now, until)


async def devices(db: Any, org_id: int, user_id: str, *, now: datetime) -> list[Device]:
    """The sessions of a user, the newest first."""
    return [Device(**row) for row in await db.fetch(DEVICES, org_id, user_id, now)]


async def end_sessions(
    db: Any, org_id: int, *, digests: list[str] | None = None, user_id: str | None = None, now: datetime
) -> None:
    """End the sessions with these digests, or all of a user; those that are over go along."""
    ended = [row["digest"] for row in await db.fetch(END, org_id, digests, user_id, now)]
    await db.execute(FORGET_SESSIONS, SESSION, ended, org_id)
    await db.execute(FORGET_USES, SESSION, ended, org_id)


# saved views ---------------------------------------------------------------------------------------------

VIEWS = """
select v.id::text as id, v.user_id::text as user_id, v.name, v.query, v.shared from saved_view v
where v.org_id = $1 and v.screen = $2 and (v.shared or v.user_id = $3) order by lower(v.name), v.id
"""
STORE_VIEW = """
insert into saved_view (org_id, id, user_id, screen, name, query, shared, created_on)
values ($1, $2, $3, $4, $5, $6, $7, $8)
"""
# What is null stays as it is.
CHANGE_VIEW = """
update saved_view v set name = coalesce($5, v.name), shared = coalesce($6, v.shared), query = coalesce($7, v.query)
where v.org_id = $1 and v.id = $2 and (v.user_id = $3 or ($4 and v.shared)) returning v.name
"""
DELETE_VIEW = """
delete from saved_view v where v.org_id = $1 and v.id = $2 and (v.user_id = $3 or ($4 and v.shared))
"""


async def views(db: Any, org_id: int, screen: str, user_id: str) -> list[SavedView]:
    """The views of a screen that a user may choose from, by name."""
    return [SavedView(**row) for row in await db.fetch(VIEWS, org_id, screen, user_id)]


async def store_view(
    db: Any,
    org_id: int,
    id: str,
    user_id: str,
    screen: str,
    name: str,
    query: str,
    *,
    shared: bool,
    now: datetime,
) -> None:
    """Keep a view."""
    await db.execute(STORE_VIEW, org_id, id, user_id, screen, name, query, shared, now)


async def change_view(
    db: Any,
    org_id: int,
    id: str,
    user_id: str,
    *,
    admin: bool,
    name: str | None = None,
    shared: bool | None = None,
    query: str | None = None,
) -> str | None:
    """Change a view of the user's own or, for an administrator, a shared one; its name, None when it is neither."""
    found: str | None = await db.fetchval(CHANGE_VIEW, org_id, id, user_id, admin, name, shared, query)
    return found


async def delete_view(db: Any, org_id: int, id: str, user_id: str, *, admin: bool) -> bool:
    """Remove a view of the user's own or, for an administrator, a shared one; False when it is neither."""
    tag: str = await db.execute(DELETE_VIEW, org_id, id, user_id, admin)
    return tag != "DELETE 0"


# records of all kinds, by their ids ----------------------------------------------------------------------

RECORDS = """
select 'lead' as kind, l.id::text as id, 0 as code, l.id::text as of_lead, null as of_account
from lead l where l.org_id = $1 and l.id = any($2::uuid[])
union all
select 'account', c.id::text, 0, null, null from account c where c.org_id = $1 and c.id = any($2::uuid[])
union all
select 'activity', a.id::text, a.code, a.lead_id::text, a.account_id::text
from activity a where a.org_id = $1 and a.id = any($2::uuid[])
union all
select 'task', t.id::text, 0, null, null from task t where t.org_id = $1 and t.id = any($2::uuid[])
union all
select 'request', r.id::text, 0, null, null from async_request r where r.org_id = $1 and r.id = any($2::uuid[])
"""


class Record(msgspec.Struct):
    """What has an id: `kind` is lead, account, activity, task or request; an activity has a code and what it is on."""

    kind: str
    id: str
    code: int
    of_lead: str | None
    of_account: str | None


async def records(db: Any, org_id: int, ids: list[str]) -> list[Record]:
    """The records with these ids (GUIDs), in no order."""
    return [Record(**row) for row in await db.fetch(RECORDS, org_id, ids)]
