"""The records of a test organisation: made when a test first names them, by the rules of the product.

`lead.1` is the first lead, `activity.1` the first activity… Record N of a kind is always the same N: a number
says nothing about the order in which they were made. Without another word a record belongs to `lead.1`,
`company.1` and `user.1`.
"""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec

from fairlead.fields.model import Field
from fairlead.leads import rules as leads
from fairlead.leads.drafts import draft
from fairlead.orgs import definitions, rules
from fairlead.orgs import queries as orgs
from fairlead.orgs.definitions import Definitions
from fairlead.records import posting, queries
from fairlead.records.picture import Needs, Picture, new_id
from fairlead.records.rows import Account, Activity, Note, Task
from fairlead.tasks import types
from fairlead.wire.operation import Call
from fairlead.wire.types import Pair
from world.keys import new_key, new_secret

PEOPLE = (
    "Ravi Kumar",
    "Meera Iyer",
    "Tom Sawyer",
    "Lena Horn",
    "Ibrahim Khan",
    "Yu Li",
    "Ana Sousa",
    "Eva Berg",
)
BEFORE = "as it was before"
"""What a text holds that no contract file sends."""

MADE = datetime(2021, 5, 3, 9, 30, tzinfo=UTC)
"""When records were made that do not say it."""

Wanted = Mapping[str, str]
"""Attributes of a record as the contract files write them: `{"code": "206", "note": "PAN collected"}`."""


class UnknownState(LookupError):
    """A contract file asks for something that nobody here knows how to make."""


class World:
    """One organisation: its keys, its records by name, and its database."""

    def __init__(self, db: Any, org_id: int, defs: Definitions, user_id: str, key: tuple[str, str]) -> None:
        self.db = db
        self.org_id = org_id
        self._defs: Definitions | None = defs
        self.user_id = user_id
        self.access_key, self.secret = key
        self.withholding: Any = None  # a connection that locks queued requests, so that no worker takes them
        self.values: dict[str, str] = {}
        self._numbers: dict[str, int] = {}
        self._picture = Picture(org_id, self._number)

    # --- asking ---

    @property
    def defs(self) -> Definitions:
        """The definitions; after a change of them, first `await world.current()`."""
        assert self._defs is not None, "the definitions are changed: await world.current()"
        return self._defs

    async def current(self) -> Definitions:
        """The definitions as they are now."""
        if self._defs is None:
            self._defs = await definitions.read(self.db, self.org_id)
        return self._defs

    async def need(self, *names: str, **wanted: Wanted) -> dict[str, str]:
        """Make the named records (`lead.1`) that are not there yet; all known values by placeholder.

        `wanted` are their attributes by name with `_` for the dot: `activity_1={"code": "206"}`.
        """
        await self.current()
        attributes = {name.replace("_", "."): some for name, some in wanted.items()}
        for name in dict.fromkeys((*names, *attributes)):
            await self._make(name, attributes)
        await self._write()
        await self.current()
        return self.values

    async def count(self, table: str) -> int:
        """How many rows the organisation has in a table."""
        found: int = await self.db.fetchval(f"select count(*) from {table} where org_id = $1", self.org_id)
        return found

    async def rows(self, table: str) -> list[dict[str, Any]]:
        """The rows of the organisation in a table."""
        found = await self.db.fetch(f"select * from {table} where org_id = $1 order by 1, 2, 3", self.org_id)
        return [dict(row) for row in found]

    async def definitions_changed(self) -> None:
        """Let every process see a change of types, fields, users or keys that was made behind its back."""
        await orgs.definitions_changed(self.db, self.org_id)
        self._defs = None

    async def settings(self, **settings: Any) -> None:
        """Choose settings of the organisation."""
        text = msgspec.json.encode(settings).decode()
        statement = "update org set settings = settings || $2::text::jsonb where org_id = $1"
        await self.db.execute(statement, self.org_id, text)
        await self.definitions_changed()

    async def type_settings(self, code: int, **settings: Any) -> None:
        """Choose settings of a type."""
        text = msgspec.json.encode(settings).decode()
        statement = "update record_type set definition = definition || $3::text::jsonb where org_id = $1 and code = $2"
        await self.db.execute(statement, self.org_id, code, text)
        await self.definitions_changed()

    async def switch_type_off(self, code: int) -> None:
        """Deactivate a type that is in use, as deleting it does."""
        statement = "update record_type set active = false where org_id = $1 and code = $2"
        await self.db.execute(statement, self.org_id, code)
        await self.definitions_changed()

    async def add_fields(self, code: int, *fields: Field) -> None:
        """Give a type more fields, as another process would: no application here is told."""
        await rules.add_fields(self.db, self.org_id, (await self.current()).types[code].id, fields, now=MADE)
        await self.definitions_changed()

    async def user_with_key(self, role: str, **names: str) -> tuple[str, str, str]:
        """Another user and a key: user id, access key, secret."""
        given = {"email": f"{uuid.uuid4().hex[:12]}@example.com", "first_name": role} | names
        user_id = await rules.create_user(self.db, self.org_id, **given, role=role, now=MADE)
        key = await rules.create_key(
            self.db, self.org_id, user_id, now=MADE, access_key=new_key(), secret=new_secret()
        )
        await orgs.definitions_changed(self.db, self.org_id)
        self._join(user_id, role, given)
        return user_id, *key

    def _join(self, user_id: str, role: str, given: Mapping[str, str]) -> None:
        """Put a new user into `defs`: quicker than to read all of them anew."""
        user = definitions.User(
            user_id,
            given["email"],
            given["first_name"],
            given.get("last_name", ""),
            role,
            True,
            {},
            MADE,
            MADE,
        )
        if (old := self._defs) is not None:
            users = [*old.users.values(), user]
            self._defs = Definitions(
                old.org, old.types.values(), users, old.products.values(), old.keys.values()
            )

    # --- making ---

    def call(self, at: datetime = MADE) -> Call[Any, Any]:
        """A call in the name of `user.1`, for the product's rules."""
        return Call(
            org_id=self.org_id,
            actor=self.defs.users[self.user_id],
            access_key=self.access_key,
            defs=self.defs,
            query=None,
            body=None,
            now=at,
            request_id=new_id(),
        )

    def _number(self, _: int, name: str) -> int:
        self._numbers[name] = self._numbers.get(name, 0) + 1
        return self._numbers[name]

    async def _make(self, name: str, wanted: Mapping[str, Wanted]) -> None:
        parts = name.split(".")
        record = ".".join(parts[:2])
        if record in self.values or name in self.values:
            return
        maker = _MAKERS.get(parts[0])
        if maker is None:
            raise UnknownState(
                f"{{{name}}}: nobody knows how to make a {parts[0]!r}; see tests/world/records.py"
            )
        if len(parts) > 1 and not parts[1].isdigit():
            await maker(self, 0, {})
            return
        own = wanted.get(record, {})
        for other in own.values():
            if other.split(".")[0] in _MAKERS and other.count(".") == 1 and other.split(".")[1].isdigit():
                await self._make(other, wanted)
        for attribute, kind in (("lead", "lead.1"), ("company", "company.1")):
            if attribute in _BELONGS.get(parts[0], ()) and attribute not in own:
                await self._make(kind, wanted)
        await self.current()
        await maker(self, int(parts[1]), own)

    async def _write(self) -> None:
        found = queries.changed([self._picture])
        if not found:
            return
        async with self.db.transaction():
            await queries.write_in_steps(self.db, found)
            for name, last in self._numbers.items():
                statement = """insert into counter values ($1, $2, $3)
                    on conflict (org_id, name) do update set next = $3"""
                await self.db.execute(statement, self.org_id, name, last + 1)
        known, self._picture = self._picture, Picture(self.org_id, self._number)
        again = Needs(
            leads=list(known.leads), activities=list(known.activities), accounts=list(known.accounts)
        )
        await queries.read(self.db, [(self.org_id, again)], {self.org_id: self._picture})


def instant(text: str) -> datetime:
    """An instant as the contract files write it."""
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)


async def _lead(world: World, number: int, wanted: Wanted, *, is_lead: bool = True) -> None:
    first, last = PEOPLE[(number - 1) % len(PEOPLE)].split()
    values = {
        "FirstName": first,
        "LastName": last,
        "EmailAddress": f"{first}.{last}.{number}@example.com".lower(),
        "Phone": f"+91-98450{number:05d}",
        "Mobile": f"+91-98860{number:05d}",
    }
    if not is_lead:
        values = {"FirstName": "Visitor"}
    values |= {name: value for name, value in wanted.items() if name[0].isupper() or name.startswith("mx_")}
    call = world.call(_at(wanted.get("created"), number))
    found = draft(call, [Pair(Attribute=name, Value=value) for name, value in values.items()]).check()
    lead = leads.create(world._picture, call, found)
    lead.is_lead = is_lead
    name = f"{'lead' if is_lead else 'visitor'}.{number}"
    world.values |= {
        name: lead.id,
        f"{name}.number": str(lead.auto_id),
        f"{name}.name": f"{first} {last}",
        f"{name}.first": first,
        f"{name}.last": last,
        f"{name}.email": values.get("EmailAddress", ""),
        f"{name}.phone": values.get("Phone", ""),
        f"{name}.mobile": values.get("Mobile", ""),
    }


def _at(text: str | None, number: int) -> datetime:
    return instant(text) if text else MADE + timedelta(minutes=number)


async def _visitor(world: World, number: int, wanted: Wanted) -> None:
    await _lead(world, number, wanted, is_lead=False)


def _stored(wanted: Wanted) -> dict[str, Any]:
    return {name: value for name, value in wanted.items() if name.startswith("mx_")}


def _fields(world: World, wanted: Wanted) -> dict[str, Any]:
    """Field values; `mx_Custom_40~mx_CustomObject_1` is a member of a field set, `lead.1` the id of that lead."""
    found: dict[str, Any] = {}
    for name, value in _stored(wanted).items():
        field, _, member = name.partition("~")
        stored = world.values.get(value, value)
        found[field] = {**found.get(field, {}), member: stored} if member else stored
    return found


def _post(
    world: World, name: str, wanted: Wanted, code: int, fields: dict[str, Any], **more: Any
) -> Activity:
    """An activity of any kind on the lead it belongs to."""
    kind = world.defs.types[int(wanted.get("code", code))]
    lead = world._picture.leads[world.values[wanted.get("lead", "lead.1")]]
    created = _at(wanted.get("created"), 0)
    made = posting.post(
        world._picture,
        lead,
        kind,
        now=created,
        by=world.user_id,
        happened_on=instant(wanted["date"]) if "date" in wanted else created,
        note=wanted.get("note", BEFORE),
        owner_id=world.user_id,
        fields=fields | _fields(world, wanted),
        **more,
    )
    if "modified" in wanted:
        made.modified_on = instant(wanted["modified"])
    world.values[name] = made.id
    world.values[f"{name}.note"] = made.note or ""
    return made


async def _activity(world: World, number: int, wanted: Wanted) -> None:
    opportunity = world.values[wanted["opp"]] if "opp" in wanted else None
    fields = {} if "mx_Custom_1" in wanted else {"mx_Custom_1": BEFORE}
    made = _post(
        world, f"activity.{number}", wanted, 206, fields, status="Active", opportunity_id=opportunity
    )
    made.locked = wanted.get("locked") == "true"


async def _opportunity(world: World, number: int, wanted: Wanted) -> None:
    fields = {"mx_Custom_1": f"Opportunity {number}", "mx_Custom_2": "Prospecting"}
    status = wanted.get("status", "Open")
    auto_id = world._picture.number("opportunity")
    _post(world, f"opp.{number}", wanted, 12005, fields, status=status, auto_id=auto_id)
    world.values[f"opp.{number}.number"] = str(auto_id)


async def _sale(world: World, number: int, wanted: Wanted) -> None:
    await world._make("product.1", {})
    await world.current()
    date = wanted.get("date", "2021-05-03 09:30:00")
    fields = {
        "mx_Custom_1": world.values["product.1"],
        "mx_Custom_2": Decimal(wanted.get("revenue", "77")),
        "mx_Custom_3": f"{date}.000",
        "mx_Custom_4": world.user_id,
    }
    known = {name: text for name, text in wanted.items() if name != "date"}
    made = _post(world, f"sales.{number}", known, 30, fields, status=wanted.get("status", "Open"))
    made.cancelled = wanted.get("cancelled") == "true"


async def _product(world: World, number: int, wanted: Wanted) -> None:
    name = f"product.{number}"
    id = new_id()
    sku = wanted.get("sku", f"STOCK-{number}")
    created = _at(wanted.get("created"), number)
    modified = instant(wanted["modified"]) if "modified" in wanted else created
    title = wanted.get("name", f"Product {number}")
    await world.db.execute(
        """insert into product (org_id, id, sku, name, description, active, created_by, created_on,
            modified_by, modified_on) values ($1, $2, $3, $4, $5, true, $6, $7, $6, $8)""",
        world.org_id, id, sku, title, wanted.get("description", BEFORE), world.user_id, created, modified,
    )  # fmt: skip
    world.values |= {name: id, f"{name}.sku": sku, f"{name}.name": title}
    await world.definitions_changed()


async def _company(world: World, number: int, wanted: Wanted) -> None:
    name = f"company.{number}"
    kinds = {kind.name: kind.code for kind in world.defs.of_kind("account")}
    at = _at(wanted.get("created"), number)
    title = wanted.get("name", f"Company {number} Pvt Ltd")
    names = {"CompanyNumber": "number", "Phone": "phone", "Website": "website"}
    fields: dict[str, Any] = {field: wanted.get(name) for field, name in names.items()}
    made = Account(
        org_id=world.org_id,
        id=new_id(),
        version=1,
        code=kinds[wanted.get("type", "Customers")],
        auto_id=world._picture.number("account"),
        name=title,
        owner_id=world.user_id,
        created_by=world.user_id,
        created_on=at,
        modified_by=world.user_id,
        modified_on=at,
        fields={key: value for key, value in fields.items() if value is not None},
    )
    world._picture.add_account(made)
    if "number" in wanted:
        world._picture.claim_account("CompanyNumber", wanted["number"], made)
    world.values |= {name: made.id, f"{name}.name": title}


async def _company_activity(world: World, number: int, wanted: Wanted) -> None:
    name = f"companyactivity.{number}"
    created = _at(wanted.get("created"), number)
    kind = world.defs.types[int(wanted.get("code", 10001))]
    made = Activity(
        org_id=world.org_id,
        id=new_id(),
        version=1,
        code=kind.code,
        account_id=world.values[wanted.get("company", "company.1")],
        happened_on=instant(wanted["date"]) if "date" in wanted else created,
        note=wanted.get("note", BEFORE),
        owner_id=world.user_id,
        status="Active",
        score=kind.score,
        created_by=world.user_id,
        created_on=created,
        modified_by=world.user_id,
        modified_on=instant(wanted["modified"]) if "modified" in wanted else created,
        fields=_fields(world, wanted) or {"mx_Custom_1": BEFORE},
    )
    world._picture.add_activity(made)
    world.values[name] = made.id


async def _user(world: World, number: int, wanted: Wanted) -> None:
    name = f"user.{number}"
    if number == 1:
        user = world.defs.users[world.user_id]
        world.values[f"{name}.access_key"] = world.access_key
    else:
        first, last = PEOPLE[-number].split()
        id, access_key, _ = await world.user_with_key(
            "Sales_User", email=f"{first}.{last}@example.com".lower(), first_name=first, last_name=last
        )
        user = (await world.current()).users[id]
        world.values[f"{name}.access_key"] = access_key
        if wanted.get("active") == "false":
            statement = "update app_user set active = false where org_id = $1 and id = $2"
            await world.db.execute(statement, world.org_id, id)
            await world.definitions_changed()
    if "role" in wanted:
        statement = "update app_user set role = $3 where org_id = $1 and id = $2"
        await world.db.execute(statement, world.org_id, user.id, wanted["role"])
        await world.definitions_changed()
    world.values |= {
        name: user.id,
        f"{name}.email": user.email,
        f"{name}.name": user.name,
        f"{name}.first": user.first_name,
        f"{name}.last": user.last_name,
    }


async def _org(world: World, number: int, wanted: Wanted) -> None:
    world.values |= {"org.1": world.defs.org.id, "org.1.number": world.defs.org.short_code}


async def _activity_type(world: World, number: int, wanted: Wanted) -> None:
    world.values[f"activitytype.{number}"] = world.defs.types[int(wanted.get("code", 206))].id


async def _unknown(world: World, number: int, wanted: Wanted) -> None:
    world.values[f"unknown.{number}"] = str(uuid.uuid4())


async def _file(world: World, number: int, wanted: Wanted) -> None:
    world.values[f"file.{number}.path"] = "offer.pdf"


async def _task(world: World, number: int, wanted: Wanted) -> None:
    """A meeting with the lead, or (`category=1`) a call; `related=0`: about nothing."""
    name = f"task.{number}"
    created = _at(wanted.get("created"), number)
    kind = types.by_name(world.defs, "Call" if wanted.get("category") == "1" else "Meeting")
    assert kind is not None
    related = 0 if wanted.get("related") == "0" else 5 if "opp" in wanted else 1
    if related:
        await world._make(wanted.get("lead", "lead.1"), {})
    due = instant(wanted["due"]) if "due" in wanted else created
    made = Task(
        org_id=world.org_id,
        id=new_id(),
        version=1,
        auto_id=world._picture.number("task"),
        type_id=kind.id,
        category=kind.category,
        name=wanted.get("name", BEFORE),
        description=wanted.get("description", BEFORE),
        related=related,
        lead_id=world.values[wanted.get("lead", "lead.1")] if related else None,
        opportunity_id=world.values[wanted["opp"]] if related == 5 else None,
        owner_id=world.values[wanted["owner"]] if "owner" in wanted else world.user_id,
        due_on=due,
        ends_on=due + timedelta(minutes=kind.duration),
        reminder=int(wanted.get("reminder", "0")),
        reminder_days=0,
        notify="1000",
        completed_on=instant(wanted["completed"]) if "completed" in wanted else None,
        created_by=world.user_id,
        created_on=created,
        modified_by=world.user_id,
        modified_on=created,
        fields={},
    )
    world._picture.add_task(made)
    world.values |= {
        name: made.id,
        f"{name}.name": made.name,
        f"{name}.description": made.description,
        f"{name}.number": str(made.auto_id),
        f"{name}.created": f"{created:%Y-%m-%d %H:%M:%S}.000",
    }


async def _note(world: World, number: int, wanted: Wanted) -> None:
    created = _at(wanted.get("created"), number)
    made = Note(
        org_id=world.org_id,
        id=new_id(),
        version=1,
        lead_id=world.values[wanted.get("lead", "lead.1")],
        text=wanted.get("text", BEFORE),
        attachment=wanted.get("attachment"),
        created_by=world.user_id,
        created_on=created,
        modified_by=world.user_id,
        modified_on=created,
    )
    world._picture.add_note(made)
    world.values |= {f"note.{number}": made.id, f"note.{number}.created": f"{created:%Y-%m-%d %H:%M:%S}"}


async def _task_type(world: World, number: int, wanted: Wanted) -> None:
    found = types.by_name(world.defs, wanted.get("name", "Meeting"))
    assert found is not None
    world.values[f"tasktype.{number}"] = found.id


async def _list(world: World, number: int, wanted: Wanted) -> None:
    name = f"list.{number}"
    id, title = new_id(), wanted.get("name", f"List {number}")
    statement = """insert into list (org_id, id, name, description, created_by, created_on)
        values ($1, $2, $3, $4, $5, $6)"""
    await world.db.execute(statement, world.org_id, id, title, BEFORE, world.user_id, MADE)
    members = [world.values[lead] for lead in wanted.get("leads", "").split(";") if lead]
    for more in range(int(wanted.get("members", "0"))):
        await _lead(world, 100 * number + more, {})
        members.append(world.values[f"lead.{100 * number + more}"])
    statement = "insert into list_member select $1, $2, unnest($3::uuid[]), $4, $5"
    await world.db.execute(statement, world.org_id, id, members, world.user_id, MADE)
    world.values |= {name: id, f"{name}.name": title, f"{name}.description": BEFORE}


async def _async_key(world: World, number: int, wanted: Wanted) -> None:
    world.values["async.key"] = await rules.create_async_key(world.db, world.org_id, now=MADE)
    await world.definitions_changed()


_MAKERS: dict[str, Callable[[World, int, Wanted], Awaitable[None]]] = {
    "async": _async_key,
    "lead": _lead,
    "visitor": _visitor,
    "activity": _activity,
    "opp": _opportunity,
    "sales": _sale,
    "product": _product,
    "company": _company,
    "companyactivity": _company_activity,
    "user": _user,
    "org": _org,
    "activitytype": _activity_type,
    "unknown": _unknown,
    "file": _file,
    "task": _task,
    "tasktype": _task_type,
    "note": _note,
    "list": _list,
}

_BELONGS: dict[str, tuple[str, ...]] = {
    "activity": ("lead",),
    "opp": ("lead",),
    "sales": ("lead",),
    "companyactivity": ("company",),
    "note": ("lead",),
}
"""What a record of a kind belongs to."""
