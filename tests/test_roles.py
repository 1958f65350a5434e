"""What each role may do, and that nobody learns anything of another organisation. Walks over the whole registry.

The requests are those of the contract files that succeed, so an operation that is added is walked too; one without
such a file needs a request in `MORE`, and a test says so. What must come out follows from what the administrator's
call does: what touches a record of somebody else is refused to a Sales_User, what reads one answers as if the record
were not there.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from contract_file import PLACEHOLDER, Exchange, all_exchanges, refused
from fairlead import app
from fairlead.orgs.queries import definitions_changed
from fairlead.wire.operation import Operation
from test_contract import send, worked
from world import Client, World, Worlds, prepare
from world.client import GUID
from world.contents import MOVING, Rows, stored, tables_but
from world.ground import USER
from world.records import MADE

ROLES = ("Administrator", "Marketing_User", "Sales_Manager", "Sales_User")
OPERATIONS = app.registry().all()
FORBIDDEN = {
    "Status": "Error",
    "ExceptionType": "MXUnAuthorizedAccessException",
    "ExceptionMessage": "You do not have permission to perform this action.",
    "IsMXException": True,
}

SKIPPED = {
    "/v2/leadmanagement.svc/lead/bulk/updatev2": "'… does not exist in the system or You do not have permission …'",
    "/v2/task.svc/bulk/create": "'queued' is all that is answered; what became of the rows is told elsewhere",
    "/v2/task.svc/bulkupdateappointmenttime": "'queued' is all that is answered",
}
"""Writes for which the contract makes no difference between an unknown record and one of somebody else."""


def request(method: str, path: str, query: str = "", body: Any = None, given: str = "") -> Exchange:
    """A request of an operation that no contract file shows in success; written as there."""
    text = "" if body is None else json.dumps(body)
    parts = [part.split("=", 1) for part in query.split("&") if part]
    return Exchange(
        title="success",
        evidence="decided",
        note="",
        partial=True,
        given=tuple(dict.fromkeys(PLACEHOLDER.findall(query + text))),
        state=tuple(given.split()),
        method=method,
        path=f"/v2/{path}",
        query=[(name, value) for name, value in parts],
        headers={"Content-Type": "application/json"} if text else {},
        body=body,
        body_text=text,
        status=200,
        response_headers={},
        response={},
        line=0,
    )


def search(code: int) -> str:
    """An advanced search for everything of one event code."""
    row = {
        "SubConOp": "And",
        "LSO": "ActivityEvent",
        "LSO_Type": "PAEvent",
        "Operator": "eq",
        "RSO": str(code),
    }
    condition = {"Type": "Activity", "ConOp": "and", "RowCondition": [row]}
    return json.dumps({"GrpConOp": "And", "Conditions": [condition], "QueryTimeZone": ""})


RANGE = {"FromDate": "2015-01-01 00:00:00", "ToDate": "2035-01-01 00:00:00"}
CITY = [{"Attribute": "EmailAddress", "Value": "{lead.1.email}"}, {"Attribute": "mx_City", "Value": "Pune"}]
BY_ADDRESS = {"Attribute": "SearchBy", "Value": "EmailAddress"}

MORE = [
    request(
        "POST",
        "ProspectActivity.svc/Activity/Retrieve/BySearchParameter",
        body={"ActivityEvent": 206, "AdvancedSearch": search(206)},
        given="activity.1.note=x",
    ),
    request(
        "POST",
        "ProspectActivity.svc/RetrieveRecentlyModified",
        body={"Parameter": RANGE | {"IncludeCustomFields": 1}},
        given="activity.1.note=x opp.1.status=Open sales.1.revenue=5",
    ),
    request(
        "POST",
        "ProspectActivity.svc/RetrieveActivityChange",
        body={"Parameter": RANGE | {"ActivityEvents": [206, 12005, 30]}},
        given="activity.1.note=x opp.1.status=Open sales.1.revenue=5",
    ),
    request("GET", "OpportunityManagement.svc/GetOpportunityDetails", "OpportunityId={opp.1}"),
    request("GET", "Authentication.svc/UserByAccessKey.Get"),
    # Reads that name a record where the contract files show a search, and the other way round.
    request("POST", "LeadManagement.svc/Leads.Get", body={}, given="only=lead.1"),
    request("GET", "LeadManagement.svc/Leads.GetById", "id={lead.1}"),
    request("GET", "ProspectActivity.svc/GetActivityDetails", "activityId={opp.1}"),
    request("GET", "ProspectActivity.svc/GetActivityDetails", "activityId={sales.1}"),
    request("POST", "OpportunityManagement.svc/GetOpportunitiesOfLead", "leadId={lead.1}", {}, "opp.1.status=Open"),
    request(
        "POST",
        "CompanyManagement.svc/Company.Get",
        body={"Query": {"CompanyType": {"CompanyTypeName": "Customers"}}},
        given="company.1.type=Customers",
    ),
    request("GET", "LeadManagement.svc/Leads.GetByEmailaddress", "emailaddress={lead.1.email}"),
    request("GET", "LeadManagement.svc/Leads.GetByQuickSearch", "key={lead.1.first}"),
    request("GET", "LeadManagement.svc/RetrieveLeadByPhoneNumber", "phone={lead.1.phone}"),
    request(
        "POST",
        "ProspectActivity.svc/DeleteActivities",
        body={"ProspectId": "{lead.1}", "ActivityEventList": ["163"]},
        given="activity.1.code=163",
    ),
    request("POST", "LeadManagement.svc/Lead/Bulk/CreateOrUpdate", body=[[*CITY, BY_ADDRESS]]),
    request(
        "POST",
        "LeadManagement.svc/Lead/Bulk/UpdateV2",
        body={"SearchByKey": "EmailAddress", "LeadPropertiesList": [{"Fields": CITY}]},
    ),
    request("POST", "LeadManagement.svc/Lead.Merge", "masterId={lead.1}&childId={lead.2}"),
]  # fmt: skip
"""Requests beside those of the contract files."""


async def an_update(client: Client, values: dict[str, str]) -> None:
    """Give an activity a history."""
    await client.world.need("activity.1")
    body = {"ProspectActivityId": client.world.values["activity.1"], "ActivityNote": "Changed"}
    await client.post("/v2/ProspectActivity.svc/CustomActivity/Update", body)


FIRST: dict[str, Callable[[Client, dict[str, str]], Awaitable[None]]] = {
    "/v2/prospectactivity.svc/retrieveactivitychange": an_update,
}
"""What an administrator does before a read, where the words of contract files cannot say it."""


def place(method: str, path: str) -> tuple[str, str]:
    """By what requests and operations find each other."""
    return method, path.rstrip("/").lower()


CONTRACT = [entry[2] for entry in all_exchanges(Path(__file__).parent / "contract")]
REQUESTS: dict[tuple[str, str], list[Exchange]] = {}
for one in [*(exchange for exchange in CONTRACT if not refused(exchange)), *MORE]:
    REQUESTS.setdefault(place(one.method, one.path), []).append(one)


def called(operation: Operation) -> str:
    """The name of a test."""
    return f"{operation.verb} {operation.path.removeprefix('/v2/')}"


every = pytest.mark.parametrize("operation", OPERATIONS, ids=called)


def requests_of(operation: Operation) -> list[Exchange]:
    """Requests that succeed for an administrator. Without one the test fails and says what to write."""
    found = REQUESTS.get(place(operation.verb, operation.path), [])
    if not found:
        pytest.fail(
            f"No request is known with which {called(operation)} succeeds, so its roles cannot be tested: write the "
            f"contract file of {operation.pages[0]}, or a request in MORE of tests/test_roles.py."
        )
    return found


# --- answers and what they did ---


SHARED = {
    f"/v2/{path}".lower()
    for path in (
        "LeadManagement.svc/LeadsMetaData.Get",
        "OpportunityManagement.svc/GetOpportunityTypeMetadata",
        "OpportunityManagement.svc/GetOpportunityTypes",
        "OpportunityManagement.svc/IsOpportunityEnabled",
        "ProspectActivity.svc/ActivityField/Dropdown/Options/Get",
        "ProspectActivity.svc/ActivityTypes.Get",
        "ProspectActivity.svc/CustomActivity/GetActivitySetting",
        "SalesActivity.svc/RetrieveProducts",
        "SalesActivity.svc/RetrieveSetting",
        "Task.svc/RetrieveTaskType",
        "Authentication.svc/UserByAccessKey.Get",
        "UserManagement.svc/User/AdvancedSearch",
        "UserManagement.svc/User/Retrieve/ByEmailAddress",
        "UserManagement.svc/User/Retrieve/ByUserId",
        "UserManagement.svc/Users.Get",
    )
}
"""Reads of what every user of an organisation sees: no record is in their answers."""

CREATES = {
    f"/v2/{path}".lower()
    for path in (
        "CompanyManagement.svc/Company.Create",
        "LeadManagement.svc/Lead.Create",
        "LeadManagement.svc/Lead/Bulk/Create",
        "LeadSegmentation.svc/CreateEmptyList",
    )
}
"""Writes that never touch a record that is there."""


class Answer(NamedTuple):
    """A status, and a body without what differs from call to call."""

    status: int
    text: str


_IDS = re.compile(GUID.pattern)
_TIMES = re.compile(
    r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?|/Date\(\d+\+0000\)/|\d+/\d+/\d{4} \d+:\d\d:\d\d [AP]M"
)
_ROLES = re.compile("|".join(ROLES))


def plain(response: httpx.Response, values: dict[str, str]) -> Answer:
    """An answer with the values that were sent by their names, other ids by their order, times and roles unnamed."""
    text = response.text
    for name in sorted(values, key=lambda name: -len(values[name])):
        if len(values[name]) > 4:
            text = text.replace(json.dumps(values[name])[1:-1], f"«{name}»")
    seen: dict[str, str] = {}
    text = _IDS.sub(lambda found: seen.setdefault(found[0], f"id {len(seen)}"), text)
    return Answer(response.status_code, _ROLES.sub("role", _TIMES.sub("time", text)))


def is_forbidden(response: httpx.Response) -> bool:
    """True for the exact refusal."""
    return response.status_code == 403 and response.text == json.dumps(FORBIDDEN, separators=(",", ":"))


def refuses(response: httpx.Response) -> bool:
    """True for the refusal of a call, and for a result that carries it: that of a row, or of a captured opportunity."""
    inside = all(
        json.dumps(FORBIDDEN[name]) in response.text for name in ("ExceptionType", "ExceptionMessage")
    )
    old_bulk = f'"ErrorMessage":{json.dumps(FORBIDDEN["ExceptionMessage"])}' in response.text
    return is_forbidden(response) or (response.status_code == 200 and (inside or old_bulk))


TABLES = tables_but(MOVING)
_NO_RECORDS = frozenset(
    ("app_user", "api_key", "async_key", "record_type", "field", "product", "option", "sales_group", "list")
)
"""What every user of the organisation sees."""


def touched(before: Rows, after: Rows) -> list[str]:
    """Rows that are changed or gone, and new ones that hang on a record that was there."""
    there = [id for name in ("lead", "account", "activity") for key in before[name] for id in key.split()]
    found = []
    for name, rows in before.items():
        if name in _NO_RECORDS:
            continue
        found += [f"{name} {key}" for key, row in rows.items() if after[name].get(key) != row]
        for key, row in after[name].items():
            if key not in rows and any(id in row for id in there):
                found.append(f"{name} {key} is new")
    return found


async def absent(world: World) -> None:
    """Remove every record, so that only what all users share is left."""
    for table in reversed(TABLES):
        if table.name not in _NO_RECORDS:
            await world.db.execute(f"delete from {table.name} where org_id = $1", world.org_id)


class Scene:
    """Runs requests, each in an organisation of its own."""

    def __init__(self, worlds: Worlds, client_of: Callable[[World], Client]) -> None:
        self.worlds = worlds
        self.client_of = client_of

    async def of(self, exchange: Exchange) -> tuple[Client, dict[str, str]]:
        """An organisation with what the request needs; all of it belongs to `user.1`, whose key the client has."""
        world = await self.worlds.copy()
        values = (await prepare(world, exchange)).values
        client = self.client_of(world)
        if (first := FIRST.get(place(exchange.method, exchange.path)[1])) is not None:
            await first(client, values)
        return client, values


@pytest.fixture
def scene(worlds: Worlds, client_of: Callable[[World], Client]) -> Scene:
    """Makes organisations for requests."""
    return Scene(worlds, client_of)


async def become(world: World, role: str) -> None:
    """Give the user who owns everything another role."""
    statement = "update app_user set role = $3 where org_id = $1 and id = $2"
    await world.db.execute(statement, world.org_id, world.user_id, role)
    await definitions_changed(world.db, world.org_id)


async def colleague(client: Client, role: str) -> None:
    """Let the client speak for another user, who looks like `user.1` and owns nothing."""
    names = {"first_name": USER["first_name"], "last_name": USER["last_name"]}
    _, *key = await client.world.user_with_key(role, **names)
    client.key = (key[0], key[1])


async def colleagues(
    scene: Scene, exchange: Exchange, role: str, *, first: Callable[[World], Awaitable[None]] | None = None
) -> Answer:
    """What a colleague with that role gets, who owns nothing; `first` is done to the organisation before."""
    client, values = await scene.of(exchange)
    if first is not None:
        await first(client.world)
    await colleague(client, role)
    return unnamed(plain(await send(client, exchange, values), values))


_own: dict[int, Answer] = {}
_others: dict[int, Answer] = {}


async def administrators(scene: Scene, exchange: Exchange) -> Answer:
    """What the administrator gets."""
    if id(exchange) not in _own:
        client, values = await scene.of(exchange)
        _own[id(exchange)] = plain(await send(client, exchange, values), values)
    return _own[id(exchange)]


async def another_administrators(scene: Scene, exchange: Exchange) -> Answer:
    """What an administrator gets who owns nothing."""
    if id(exchange) not in _others:
        _others[id(exchange)] = await colleagues(scene, exchange, "Administrator")
    return _others[id(exchange)]


# --- one's own records, and operations of administrators ---


@every
async def test_every_role_with_records_of_its_own(scene: Scene, operation: Operation) -> None:
    """An operation of administrators is refused to everybody else; any other one is the same for all."""
    for exchange in requests_of(operation):
        expected = await administrators(scene, exchange)
        assert expected.status == 200, (exchange.title, expected)
        # What is refused or only read leaves the organisation as it was: one serves all roles.
        stays = operation.admin or operation.kind == "read"
        client, values = await scene.of(exchange)
        for role in ROLES[1:]:
            if not stays:
                client, values = await scene.of(exchange)
            await become(client.world, role)
            before = await stored(client.world) if operation.admin else {}
            response = await send(client, exchange, values)
            if operation.admin:
                assert is_forbidden(response), (role, response.text[:500])
                assert await stored(client.world) == before, role
            else:
                assert plain(response, values) == expected, (role, exchange.title)


# --- the records of others ---

OPEN = [operation for operation in OPERATIONS if not operation.admin]
every_open = pytest.mark.parametrize("operation", OPEN, ids=called)


@every_open
async def test_who_sees_everything(scene: Scene, operation: Operation) -> None:
    """The records of others are no others' for a manager: the answers are the administrator's."""
    for exchange in requests_of(operation):
        expected = await another_administrators(scene, exchange)
        for role in ROLES[1:3]:
            assert await colleagues(scene, exchange, role) == expected, (role, exchange.title)


@every_open
async def test_all_records_can_be_open_to_everybody(scene: Scene, operation: Operation) -> None:
    """Where the organisation has chosen so, a Sales_User's answers are the administrator's, writes and reads."""
    for exchange in requests_of(operation):
        expected = await another_administrators(scene, exchange)
        assert await colleagues(scene, exchange, "Sales_User", first=opened) == expected, exchange.title


async def opened(world: World) -> None:
    """Let a Sales_User see and change all records."""
    statement = "update org set settings = settings || $2::text::jsonb where org_id = $1"
    await world.db.execute(statement, world.org_id, '{"sales_user_records": "all"}')
    await definitions_changed(world.db, world.org_id)


def unnamed(answer: Answer) -> Answer:
    """Without e-mail addresses, which every user has their own of."""
    return Answer(answer.status, re.sub(r"[\w.+-]+@example\.com", "address", answer.text))


@pytest.mark.parametrize("operation", [op for op in OPEN if op.kind == "read"], ids=called)
async def test_a_read_of_what_is_somebody_elses(scene: Scene, operation: Operation) -> None:
    """A Sales_User gets the answer that there would be if the record were not there."""
    shown = False
    for exchange in requests_of(operation):
        answer = await colleagues(scene, exchange, "Sales_User")
        assert answer == await colleagues(scene, exchange, "Sales_User", first=absent), exchange.title
        shown = shown or answer != await another_administrators(scene, exchange)
    shared = operation.path.lower() in SHARED
    assert shown is not shared, (
        "needs a request that shows a record (MORE), unless its answer has none (SHARED)"
    )


@pytest.mark.parametrize("operation", [op for op in OPEN if op.kind != "read"], ids=called)
async def test_a_write_to_what_is_somebody_elses(scene: Scene, operation: Operation) -> None:
    """What would touch a record of somebody else is refused to a Sales_User and touches nothing."""
    reached = False
    for exchange in requests_of(operation):
        client, values = await scene.of(exchange)
        before = await stored(client.world)
        await send(client, exchange, values)
        reaches = touched(before, await stored(client.world))

        client, values = await scene.of(exchange)
        await colleague(client, "Sales_User")
        before = await stored(client.world)
        response = await send(client, exchange, values)
        assert not touched(before, await stored(client.world)), (exchange.title, response.text[:500])
        if place(operation.verb, operation.path)[1] in SKIPPED:
            answer = unnamed(plain(response, values))
            assert answer == await colleagues(scene, exchange, "Sales_User", first=absent), exchange.title
        elif reaches:
            assert refuses(response), (exchange.title, response.text[:500], reaches)
        reached = reached or bool(reaches)
    creates = operation.path.lower() in CREATES
    assert reached is not creates, (
        "needs a request that reaches a record (MORE), unless none is there (CREATES)"
    )


# --- other organisations ---


@pytest.fixture(scope="session")
async def stranger(worlds: Worlds) -> World:
    """Another organisation, with ids of its own and a record of each kind."""
    made = await worlds.made("Stranger")
    await made.need(
        *(f"{kind}.1" for kind in ("lead", "activity", "opp", "sales", "companyactivity", "user"))
    )
    return made


def never(name: str, value: str) -> str:
    """A value like this one that nobody has; users are the same everywhere, and so are words."""
    if GUID.fullmatch(value):
        return str(uuid.uuid4())
    if name.startswith(("user.", "org.", "async.")):
        return value
    if "@" in value:
        return f"nobody.{uuid.uuid4().hex[:8]}@example.com"
    if value.startswith("+91-"):
        return f"+91-70{uuid.uuid4().int % 10**8:08d}"
    return f"{value}x" if name.endswith((".sku", ".name")) else value


@every
async def test_what_another_organisation_has_is_unknown(
    scene: Scene, stranger: World, operation: Operation
) -> None:
    """For every role: ids, addresses, numbers of another organisation answer as ones that never were.

    A request that names nothing shows nothing of it, and changes nothing there.
    """
    for exchange in requests_of(operation):
        given = [name for name in exchange.given if not name.startswith("request.")]
        found = await stranger.need(*given)
        theirs = {name: found[name] for name in given}
        never_there = {name: never(name, value) for name, value in theirs.items()}
        before = await stored(stranger)
        if not theirs:
            client, values = await scene.of(exchange)
            shown = set(_IDS.findall((await send(client, exchange, values)).text))
            assert not shown & {
                id for rows in (await stored(stranger)).values() for key in rows for id in key.split()
            }
        worlds = [await scene.worlds.copy() for _ in range(2)] if theirs else []
        for role in ROLES if theirs else ():
            answers = []
            for values, world in zip((theirs, never_there), worlds, strict=True):
                await become(world, role)
                answers.append(plain(await send(scene.client_of(world), exchange, values), values))
            assert answers[0] == answers[1], (role, exchange.title)
            assert answers[0].status != 500 or '"IsMXException":true' in answers[0].text, answers[0]
        assert await stored(stranger) == before, exchange.title


@pytest.mark.parametrize("operation", [op for op in OPERATIONS if op.queued is not None], ids=called)
async def test_the_queue_knows_nothing_of_another_organisation(
    worlds: Worlds, stranger: World, client_of: Callable[[World], Client], operation: Operation
) -> None:
    """A request is accepted whatever it names; its status is then that of ids that never were."""
    assert operation.queued is not None
    for exchange in requests_of(operation):
        given = [name for name in exchange.given if not name.startswith("request.")]
        found = await stranger.need(*given)
        theirs = {name: found[name] for name in given}
        before = await stored(stranger)
        tasks = []
        for values in (theirs, {name: never(name, value) for name, value in theirs.items()}):
            client = client_of(await worlds.copy())
            task = await worked(client, exchange, operation.queued.path, values)
            tasks.append((task["Status"], plain_text(task["StatusReason"] or "", values)))
        assert tasks[0] == tasks[1], exchange.title
        assert await stored(stranger) == before, exchange.title


def plain_text(text: str, values: dict[str, str]) -> str:
    """A text with the values that were sent by their names."""
    for name, value in values.items():
        text = text.replace(value, f"«{name}»")
    return text


# --- that all are walked ---


def test_every_operation_is_walked() -> None:
    """By every test above that is about it: a list that is made otherwise than from the registry shows here."""
    registered = {place(operation.verb, operation.path) for operation in app.registry().all()}
    assert {place(operation.verb, operation.path) for operation in OPERATIONS} == registered
    assert registered <= set(REQUESTS)
    assert {op.path for op in OPEN} | {op.path for op in OPERATIONS if op.admin} == {
        op.path for op in OPERATIONS
    }


def test_the_words_of_this_file_are_right() -> None:
    """Requests and exceptions name operations that there are."""
    paths = {place(operation.verb, operation.path) for operation in OPERATIONS}
    assert {place(more.method, more.path) for more in MORE} <= paths
    assert {("POST", path) for path in SKIPPED} <= paths
    assert MADE.year > int(RANGE["FromDate"][:4])
