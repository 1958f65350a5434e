"""Create a lead and activity, under everything that integrators and their networks do to it.

What the page promises is in `contract/activities/create-lead-and-activity.http`; here is what it is silent on:
bad input, many at once, several processes, clients that go away.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from types import SimpleNamespace
from typing import Any

import httpx
import msgspec
import pytest

from fairlead import app
from fairlead.app import Application
from fairlead.fields.model import DataType, Field, Option
from fairlead.orgs import rules
from fairlead.orgs.definitions import LEAD
from fairlead.records.picture import Needs
from fairlead.settings import Settings
from fairlead.wire.operation import Call, Plan, operations
from world import Client, Envelope, World
from world.client import envelope
from world.serving import Log, http_to, running

PATH = "/v2/ProspectActivity.svc/CreateCustom"
TABLES = ("lead", "lead_key", "activity", "change")

BAD = "MXInvalidInputException"
MISSING = "MXMandatoryAttributeMissingException"
TYPE = "MXInvalidDataTypeException"
UNKNOWN = "MXUnknownAttributeException"
FIELD = "MXInvalidActivityFieldsException"
CODE = Envelope(500, "MXInvalidActivityException", "Event Code is invalid or empty")

VISIT: dict[str, Any] = {"ActivityEvent": 105}


def pairs(**attributes: Any) -> list[dict[str, Any]]:
    """Attributes as the vendor writes them."""
    return [{"Attribute": name, "Value": value} for name, value in attributes.items()]


def sent(*, activity: Any = VISIT, **attributes: Any) -> dict[str, Any]:
    """A body of the call."""
    return {"LeadDetails": pairs(**attributes), "Activity": activity}


def with_fields(**fields: Any) -> dict[str, Any]:
    """A body whose activity has these fields."""
    some = [{"SchemaName": name, "Value": value} for name, value in fields.items()]
    return sent(FirstName="N", activity=VISIT | {"Fields": some})


def long(name: str, limit: int) -> Envelope:
    """The answer to a text that is too long."""
    return Envelope(
        500, BAD, f"Invalid Input! Parameter Name: {name} can not be more than {limit} characters."
    )


def wrong(name: str, kind: str) -> Envelope:
    """The answer to a lead value of the wrong type."""
    return Envelope(500, TYPE, f"'{name}' value is not of type '{kind}'.")


def wrong_field(name: str, kind: str) -> Envelope:
    """The answer to an activity value of the wrong type."""
    return Envelope(500, FIELD, f"Field name : '{name}' of datatype : '{kind}' has an invalid value.")


def missing(name: str) -> Envelope:
    """The answer to something mandatory that is absent."""
    return Envelope(400, MISSING, f"'{name}' is mandatory for creating lead and activity")


async def stored(world: World) -> dict[str, int]:
    """How many rows the organisation has, by table."""
    return {table: await world.count(table) for table in TABLES}


# --- bad input: an error that names it, and nothing stored ---

UNREADABLE = {
    "no body": "",
    "null": "null",
    "half an object": '{"LeadDetails": [',
    "not JSON": "EmailAddress=a@example.com",
    "not UTF-8": b'{"LeadDetails": "\xff"}',
    "two objects": "{}{}",
    "NaN": '{"LeadDetails": NaN}',
    "a list": "[]",
    "a text": '"text"',
    "a number": "5",
    "JSON in a text": msgspec.json.encode(msgspec.json.encode(sent(FirstName="N")).decode()),
    "lead details in an object": '{"LeadDetails": {"FirstName": "N"}, "Activity": {"ActivityEvent": 105}}',
    "lead details in a text": '{"LeadDetails": "N", "Activity": {"ActivityEvent": 105}}',
    "a row that is a text": '{"LeadDetails": ["FirstName"], "Activity": {"ActivityEvent": 105}}',
    "a row that is null": '{"LeadDetails": [null], "Activity": {"ActivityEvent": 105}}',
    "a name that is a number": '{"LeadDetails": [{"Attribute": 5}], "Activity": {"ActivityEvent": 105}}',
    "a value that is a list": '{"LeadDetails": [{"Attribute": "FirstName", "Value": []}], "Activity": {}}',
    "a value that is an object": '{"LeadDetails": [{"Attribute": "FirstName", "Value": {}}], "Activity": {}}',
    "an activity in a list": '{"LeadDetails": [{"Attribute": "FirstName", "Value": "N"}], "Activity": []}',
    "fields in an object": '{"LeadDetails": [{"Attribute": "FirstName"}], "Activity": {"Fields": {}}}',
    "half a surrogate": '{"LeadDetails": [{"Attribute": "FirstName", "Value": "\\ud800"}], "Activity": {}}',
    "nested too deeply": "[" * 100_000,
    "a row without a name": msgspec.json.encode({"LeadDetails": [{"Value": "N"}], "Activity": VISIT}),
    "a row whose name is null": msgspec.json.encode(
        {"LeadDetails": [{"Attribute": None}], "Activity": VISIT}
    ),
}


@pytest.mark.parametrize("content", UNREADABLE.values(), ids=UNREADABLE.keys())
async def test_what_cannot_be_read_is_a_400(client: Client, content: bytes | str) -> None:
    status, kind, message = await client.refused(PATH, content=content)
    assert (status, kind) == (400, BAD)
    assert message.startswith("Request body is not valid for this API: ")
    assert len(message) < 500
    assert not any((await stored(client.world)).values())


ALL_UNKNOWN = [f"mx_No_{number}" for number in range(10_000)]

REFUSED: dict[str, tuple[dict[str, Any], Envelope]] = {
    "an empty object": ({}, missing("LeadDetails")),
    "lead details null": ({"LeadDetails": None, "Activity": VISIT}, missing("LeadDetails")),
    "lead details empty": ({"LeadDetails": [], "Activity": VISIT}, missing("LeadDetails")),
    "no activity": ({"LeadDetails": pairs(FirstName="N")}, missing("Activity")),
    "activity null": (sent(FirstName="N", activity=None), missing("Activity")),
    "one unknown attribute": (
        sent(FirstName="N", mx_Nope="x"),
        Envelope(500, UNKNOWN, "Attribute(s) does not exist - mx_Nope."),
    ),
    "two unknown attributes": (
        sent(mx_B="x", FirstName="N", mx_A="x"),
        Envelope(500, UNKNOWN, "Attribute(s) does not exist - mx_B,mx_A."),
    ),
    "the wrong case": (
        sent(firstname="N"),
        Envelope(500, UNKNOWN, "Attribute(s) does not exist - firstname."),
    ),
    "10,000 unknown attributes": (
        sent(**dict.fromkeys(ALL_UNKNOWN, "x")),
        Envelope(500, UNKNOWN, f"Attribute(s) does not exist - {','.join(ALL_UNKNOWN)}."),
    ),
    "a name with NUL": (
        sent(**{"First\0Name": "N"}),
        Envelope(500, UNKNOWN, "Attribute(s) does not exist - First\0Name."),
    ),
    "unknown member of a field set": (
        {
            "LeadDetails": [
                *pairs(FirstName="N"),
                {"Attribute": "mx_KYC", "Fields": pairs(mx_CustomObject_9="x")},
            ],
            "Activity": VISIT,
        },
        Envelope(500, UNKNOWN, "Attribute(s) does not exist - mx_KYC~mx_CustomObject_9."),
    ),
    "bad e-mail": (sent(EmailAddress="not an e-mail"), wrong("EmailAddress", "Email")),
    "e-mail with NUL": (sent(EmailAddress="a\0@example.com"), wrong("EmailAddress", "Email")),
    "bad phone": (sent(Phone="call me"), wrong("Phone", "Phone")),
    "bad number": (sent(FirstName="N", Latitude="north"), wrong("Latitude", "Number")),
    "a number of 400 digits": (sent(FirstName="N", Latitude="9" * 400), wrong("Latitude", "Number")),
    "bad date": (sent(FirstName="N", mx_Born="31/12/1999"), wrong("mx_Born", "Date")),
    "a day that does not exist": (sent(FirstName="N", mx_Born="2023-02-29"), wrong("mx_Born", "Date")),
    "bad flag": (sent(FirstName="N", DoNotEmail="perhaps"), wrong("DoNotEmail", "Boolean")),
    "text with NUL": (sent(FirstName="N\0N"), wrong("FirstName", "Text")),
    "text too long": (sent(FirstName="x" * 101), long("FirstName", 100)),
    "unknown owner": (
        sent(FirstName="N", OwnerId="nobody@example.com"),
        Envelope(500, "MXInvalidEntityReferenceException", "User not found"),
    ),
    "nobody to be": (
        sent(mx_City="Pune"),
        Envelope(400, MISSING, "'FirstName, LastName, EmailAddress or Phone' is mandatory for creating lead"),
    ),
    "all values empty": (
        sent(FirstName="", EmailAddress=None),
        Envelope(400, MISSING, "'FirstName, LastName, EmailAddress or Phone' is mandatory for creating lead"),
    ),
    "SearchBy a field that is not unique": (
        sent(FirstName="N", SearchBy="FirstName"),
        Envelope(500, BAD, "Invalid SearchBy value provided"),
    ),
    "SearchBy a field that does not exist": (
        sent(mx_Nope="x", SearchBy="mx_Nope"),
        Envelope(500, BAD, "Invalid SearchBy value provided"),
    ),
    "SearchBy in the wrong case": (
        sent(EmailAddress="n@example.com", emailaddress="n", SearchBy="emailaddress"),
        Envelope(500, BAD, "Invalid SearchBy value provided"),
    ),
    "SearchBy with an empty value": (sent(FirstName="N", Phone="", SearchBy="Phone"), missing("Phone")),
    "SearchBy an id that nobody has": (
        sent(ProspectID="0190a6c2-0000-7000-8000-000000000009", SearchBy="ProspectId"),
        Envelope(500, "MXInvalidEntityReferenceException", "Lead not found"),
    ),
    "SearchBy an id that is none": (
        sent(ProspectID="x'; drop table lead; --", SearchBy="ProspectId"),
        Envelope(500, "MXInvalidEntityReferenceException", "Lead not found"),
    ),
    "date the literal placeholder": (
        sent(FirstName="N", activity=VISIT | {"ActivityDateTime": "yyyy-MM-dd HH:mm:ss"}),
        Envelope(500, BAD, "Invalid Input! Parameter Name: ActivityDateTime value is not correct."),
    ),
    "date in ISO form": (
        sent(FirstName="N", activity=VISIT | {"ActivityDateTime": "2016-07-07T10:55:00Z"}),
        Envelope(500, BAD, "Invalid Input! Parameter Name: ActivityDateTime value is not correct."),
    ),
    "date a number": (
        sent(FirstName="N", activity=VISIT | {"ActivityDateTime": 1467888900}),
        Envelope(500, BAD, "Invalid Input! Parameter Name: ActivityDateTime value is not correct."),
    ),
    "note too long": (
        sent(FirstName="N", activity=VISIT | {"ActivityNote": "x" * 4001}),
        long("ActivityNote", 4000),
    ),
    "note with NUL": (
        sent(FirstName="N", activity=VISIT | {"ActivityNote": "a\0b"}),
        wrong_field("ActivityEvent_Note", "String"),
    ),
    "activity field too long": (with_fields(mx_Custom_1="x" * 201), long("mx_Custom_1", 200)),
    "unknown activity field": (
        with_fields(mx_Custom_50="x"),
        Envelope(500, FIELD, "Field name : 'mx_Custom_50' does not exist."),
    ),
    "bad activity number": (with_fields(mx_Custom_41="many"), wrong_field("mx_Custom_41", "Number")),
    "bad activity date": (with_fields(mx_Custom_42="tomorrow"), wrong_field("mx_Custom_42", "DateTime")),
    "not an option": (with_fields(mx_Custom_43="c"), wrong_field("mx_Custom_43", "SearchableDropdown")),
    "owner is nobody": (with_fields(Owner="nobody"), wrong_field("Owner", "ActiveUsers")),
    "owner's e-mail is nobody's": (
        sent(FirstName="N", activity=VISIT | {"ActivityOwnerEmail": "nobody@example.com"}),
        Envelope(500, "MXInvalidEntityReferenceException", "User not found"),
    ),
    "code is checked before attributes": (sent(mx_Nope="x", activity={"ActivityEvent": "9999"}), CODE),
    **{
        f"activity code {code!r}"[:40]: (sent(FirstName="N", activity={"ActivityEvent": code}), CODE)
        for code in (None, "", "abc", True, -1, 1.5, "9999", 30, 31, 33, 3001, 5000, 10001, 12005, 10**12)
    },
    "no activity code": (sent(FirstName="N", activity={"ActivityNote": "n"}), CODE),
    "an empty activity": (sent(FirstName="N", activity={}), missing("Activity")),
}

EXTRA = (
    Field("mx_Custom_41", "Amount", DataType.NUMBER, sequence=41),
    Field("mx_Custom_42", "Back at", DataType.DATETIME, sequence=42),
    Field("mx_Custom_43", "Mood", DataType.SELECT, options=(Option("a"), Option("b")), sequence=43),
)


@pytest.fixture(scope="session")
async def bare(worlds: Any) -> World:
    """An organisation without records, with a field of every type; nothing that is sent to it is stored."""
    world: World = await worlds.copy()
    await world.add_fields(LEAD, Field("mx_Born", "Born", DataType.DATE, sequence=202))
    await world.add_fields(105, *EXTRA)
    return world


@pytest.mark.parametrize(("body", "answer"), REFUSED.values(), ids=REFUSED.keys())
async def test_what_is_refused(
    bare: World, client_of: Callable[[World], Client], body: dict[str, Any], answer: Envelope
) -> None:
    before = await stored(bare)
    assert await client_of(bare).refused(PATH, body) == answer
    assert await stored(bare) == before


async def test_what_is_refused_leaves_a_known_lead_as_it_was(client: Client) -> None:
    world = client.world
    values = await world.need("lead.1", "lead.2")
    before = [await world.rows(table) for table in TABLES]
    email, phone = values["lead.1.email"], values["lead.2.phone"]
    for body in (
        sent(EmailAddress=email, FirstName="New", activity={"ActivityEvent": 9999}),
        sent(EmailAddress=email, FirstName="New", activity=VISIT | {"ActivityDateTime": "soon"}),
        sent(EmailAddress=email, FirstName="New", mx_Nope="x"),
        sent(EmailAddress=email, FirstName="New", activity=VISIT | {"Fields": [{"SchemaName": "x"}]}),
        sent(EmailAddress=email, FirstName="New", Phone=phone),
        sent(EmailAddress=email, FirstName="New", RelatedCompanyId="0190a6c2-0000-7000-8000-000000000009"),
    ):
        assert (await client.refused(PATH, body)).type.startswith("MX")
    assert [await world.rows(table) for table in TABLES] == before


# --- good input, however odd ---


async def lead_of(world: World) -> dict[str, Any]:
    """The fields of the only lead."""
    (row,) = await world.rows("lead")
    found: dict[str, Any] = msgspec.json.decode(row["fields"])
    return found


async def test_of_an_attribute_given_twice_the_last_counts(client: Client) -> None:
    twice = [*pairs(FirstName="first", LastName="L"), *pairs(FirstName="last")]
    await client.post(PATH, {"LeadDetails": twice, "Activity": VISIT})
    assert (await lead_of(client.world))["FirstName"] == "last"


async def test_ten_thousand_attributes(client: Client) -> None:
    many = [pair for number in range(10_000) for pair in pairs(FirstName=f"name {number}")]
    await client.post(PATH, {"LeadDetails": many, "Activity": VISIT})
    assert (await lead_of(client.world))["FirstName"] == "name 9999"


ODD = {
    "emoji": "👩‍👩‍👧‍👦 🏳️‍🌈 e\u0301 é",
    "right to left": "\u202eשלום\u202c مرحبا",
    "control characters": "a\x01\x02\x1b[31m\x7f\x85\u2028\u2029b\t\r\n",
    "quotes and markup": """<b>&amp;</b> ' " \\ % $1 {x} -- ; drop table lead""",
    "beyond the first plane": "𝒜𐍈🀄",
    "spaces outside": "  kept  ",
    "noncharacters": "\ufffe\uffff\ufeff",
}


@pytest.mark.parametrize("text", ODD.values(), ids=ODD.keys())
async def test_text_is_kept_exactly(client: Client, text: str) -> None:
    activity = VISIT | {"ActivityNote": text, "Fields": [{"SchemaName": "mx_Custom_1", "Value": text}]}
    await client.post(PATH, sent(FirstName=text, activity=activity))
    assert (await lead_of(client.world))["FirstName"] == text
    (row,) = await client.world.rows("activity")
    assert row["note"] == text
    assert msgspec.json.decode(row["fields"])["mx_Custom_1"] == text


async def test_scalars_of_any_json_type(client: Client) -> None:
    await client.post(
        PATH,
        sent(
            FirstName=5,
            LastName=True,
            DoNotEmail="true",
            Latitude="1,234.50",
            activity={"ActivityEvent": "105"},
        ),
    )
    found = await lead_of(client.world)
    assert (found["FirstName"], found["LastName"], found["DoNotEmail"]) == ("5", "true", True)
    assert str(found["Latitude"]) == "1234.5"


async def test_nulls_and_blanks_clear(client: Client) -> None:
    values = await client.world.need("lead.1")
    await client.post(PATH, sent(EmailAddress=values["lead.1.email"], LastName=None, Mobile=""))
    found = await lead_of(client.world)
    assert "LastName" not in found
    assert "Mobile" not in found
    keys = {row["field"] for row in await client.world.rows("lead_key")}
    assert keys == {"EmailAddress", "Phone"}


async def test_the_answer_names_the_activity_that_was_stored(client: Client) -> None:
    reply = await client.post(PATH, sent(EmailAddress="N@Example.com", SearchBy="EmailAddress"))
    again = await client.post(PATH, sent(EmailAddress=" n@example.COM ", SearchBy="EmailAddress"))
    rows = await client.world.rows("activity")
    assert [str(row["id"]) for row in rows] == [reply["Message"]["Id"], again["Message"]["Id"]]
    assert await client.world.count("lead") == 1


# --- many at once ---


@pytest.fixture
async def second(database_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """HTTP into another application on the same database, as a second process is."""
    async with running(Application(Settings(), database_url)) as other, http_to(other) as http:
        yield http


async def together(calls: list[tuple[Client, dict[str, Any]]]) -> list[httpx.Response]:
    """Send all at once; the answers in the same order."""
    sending = (client.send("POST", PATH, json=body) for client, body in calls)
    return list(await asyncio.gather(*sending))


@pytest.mark.parametrize("processes", [1, 2])
@pytest.mark.parametrize(
    "who",
    [
        {"EmailAddress": "many@example.com"},
        {"EmailAddress": "many@example.com", "SearchBy": "EmailAddress"},
        {"Phone": "+91-9845012345", "SearchBy": "Phone"},
        {"EmailAddress": "many@example.com", "Phone": "+91-9845012345", "SearchBy": "Phone"},
    ],
    ids=" ".join,
)
async def test_64_clients_make_one_lead(
    client: Client, second: httpx.AsyncClient, who: dict[str, str], processes: int
) -> None:
    clients = [client, Client(second, client.registry, client.world)][:processes]
    calls = [(clients[n % processes], sent(**who, FirstName=f"Client {n}")) for n in range(64)]
    for response in await together(calls):
        assert response.status_code == 200, response.text
    kept = await stored(client.world)
    assert kept["lead"] == 1
    assert kept["activity"] == 64
    assert kept["lead_key"] == len(who.keys() - {"SearchBy"})


async def test_two_values_of_two_leads(client: Client, second: httpx.AsyncClient) -> None:
    values = await client.world.need("lead.1", "lead.2")
    before = await stored(client.world)
    clients = [client, Client(second, client.registry, client.world)]
    both = sent(EmailAddress=values["lead.1.email"], Phone=values["lead.2.phone"], SearchBy="EmailAddress")
    answers = {envelope(r) for r in await together([(clients[n % 2], both) for n in range(64)])}
    assert answers == {
        Envelope(500, "MXDuplicateEntryException", "A Lead with same Phone Number already exists.")
    }
    by_phone = both | {"LeadDetails": [*both["LeadDetails"][:2], *pairs(SearchBy="Phone")]}
    assert await client.refused(PATH, by_phone) == Envelope(
        500, "MXDuplicateEntryException", "A Lead with same Email already exists."
    )
    assert await stored(client.world) == before


@pytest.mark.parametrize("processes", [1, 2])
async def test_crossing_values_never_deadlock(
    client: Client, second: httpx.AsyncClient, processes: int
) -> None:
    """Calls that want the same two values in either order: each value has one holder in the end."""
    clients = [client, Client(second, client.registry, client.world)][:processes]
    people = [{"EmailAddress": f"p{n % 8}@example.com", "Phone": f"+91-98450{n % 5:05d}"} for n in range(80)]
    order = [dict(reversed(who.items())) if n % 2 else who for n, who in enumerate(people)]
    answers = await together([(clients[n % processes], sent(**who)) for n, who in enumerate(order)])
    good = [r for r in answers if r.status_code == 200]
    assert {envelope(r).type for r in answers if r.status_code != 200} <= {"MXDuplicateEntryException"}
    rows = await client.world.rows("lead_key")
    held = {(row["field"], row["value"]): row["lead_id"] for row in rows}
    leads = {row["id"]: msgspec.json.decode(row["fields"]) for row in await client.world.rows("lead")}
    assert await client.world.count("activity") == len(good)
    for lead_id, fields in leads.items():
        for name in ("EmailAddress", "Phone"):
            if name in fields:
                assert held.pop((name, fields[name])) == lead_id
    assert not held


@pytest.mark.parametrize("processes", [1, 2])
async def test_calls_for_one_record_keep_their_order(
    client: Client, second: httpx.AsyncClient, processes: int
) -> None:
    """Each write saw the one before it; those of one process happen in the order in which they came."""
    clients = [client, Client(second, client.registry, client.world)][:processes]
    calls = [
        (clients[n % processes], sent(EmailAddress="o@example.com", FirstName=f"{n:02}")) for n in range(40)
    ]
    await together([(one, sent(EmailAddress="o@example.com", FirstName="start")) for one in clients])
    assert {r.status_code for r in await together(calls)} == {200}
    history = [msgspec.json.decode(row["changes"]) for row in await client.world.rows("change")]
    moves = [change["FirstName"] for change in history if "FirstName" in change]
    steps = dict(moves[1:])
    chain = [moves[0][1]]
    while chain[-1] in steps:
        chain.append(steps.pop(chain[-1]))
    assert not steps
    assert (await lead_of(client.world))["FirstName"] == chain[-1]
    for process in range(processes):
        own = [name for name in chain[1:] if int(name) % processes == process]
        assert own == sorted(own)
    if processes == 1:
        assert chain[1:] == [f"{n:02}" for n in range(40)]


# --- one bad call among good ones ---

_test_registry, _, _write = operations()


def _poisons() -> None:
    def before(call: Call[None, None]) -> Plan[dict[str, str]]:
        """Fails before it says what it needs."""
        raise ZeroDivisionError
        yield Needs()

    def after(call: Call[None, None]) -> Plan[dict[str, str]]:
        """Fails when it decides."""
        picture = yield Needs()
        return {"never": str(picture.leads["nobody"])}

    def database(call: Call[None, None]) -> Plan[dict[str, str]]:
        """Writes what the database refuses."""
        picture = yield Needs()
        picture.record(call.actor.id, -1, {"x": [None, "a\0b"]}, at=call.now, by=call.actor.id)
        return {"never": "answered"}

    def twice(call: Call[None, None]) -> Plan[dict[str, str]]:
        """Asks twice."""
        yield Needs()
        yield Needs()
        return {}

    for plan in (before, after, database, twice):
        plan.__module__ = "tests.poison"
        _write(f"POST /Poison.svc/{plan.__name__}", page=plan.__name__)(plan)


_poisons()


@pytest.fixture
async def poisonable(
    database_url: str, monkeypatch: pytest.MonkeyPatch, world: World
) -> AsyncIterator[Client]:
    """A client of an application that has operations which fail."""
    monkeypatch.setattr(app, "FAMILIES", (*app.FAMILIES, SimpleNamespace(registry=_test_registry)))
    async with running(Application(Settings(), database_url)) as other, http_to(other) as http:
        yield Client(http, app.registry(), world)


@pytest.mark.parametrize("poison", ["before", "after", "database", "twice"])
async def test_a_poisoned_call_harms_only_itself(poisonable: Client, log: Log, poison: str) -> None:
    calls = [poisonable.send("POST", PATH, json=sent(EmailAddress=f"g{n}@example.com")) for n in range(30)]
    for place in (20, 10, 0):
        calls.insert(place, poisonable.send("POST", f"/v2/Poison.svc/{poison}"))
    answers = await asyncio.gather(*calls)
    bad = [envelope(r) for r in answers if r.status_code != 200]
    message = "There was an error processing the request. Please contact administrator."
    assert bad == [Envelope(500, "UnexpectedException", message)] * 3
    assert await poisonable.world.count("lead") == 30
    assert await poisonable.world.count("activity") == 30
    assert len(log.faults) == 3
    log.faults.clear()


async def test_a_client_that_goes_away_loses_no_commit(application: Application, client: Client) -> None:
    """The server may lose the client after the call was taken; what it asked for happens, and others go on."""
    calls = []
    for number in range(10):
        taken = asyncio.Event()
        call = asyncio.create_task(
            _raw(application, client, sent(EmailAddress=f"c{number}@example.com"), taken)
        )
        calls.append(call)
        await taken.wait()
        call.cancel()
    await asyncio.wait(calls)
    assert all(call.cancelled() for call in calls)
    await client.post(PATH, sent(EmailAddress="afterwards@example.com"))
    assert await client.world.count("lead") == 11
    assert await client.world.count("activity") == 11


async def _raw(application: Application, client: Client, body: dict[str, Any], taken: asyncio.Event) -> None:
    """A call whose client can be told from outside that the server has read it all."""
    content = msgspec.json.encode(body)

    async def receive() -> dict[str, Any]:
        taken.set()
        return {"type": "http.request", "body": content}

    async def send(_: Any) -> None:
        return None

    key, secret = client.key
    scope = {
        "type": "http",
        "method": "POST",
        "path": PATH,
        "query_string": b"",
        "headers": [(b"x-lsq-accesskey", key.encode()), (b"x-lsq-secretkey", secret.encode())],
    }
    await application(scope, receive, send)


# --- several processes on one database ---


async def test_a_new_field_counts_at_once_everywhere(client: Client, second: httpx.AsyncClient) -> None:
    clients = [client, Client(second, client.registry, client.world)]
    body = sent(EmailAddress="n@example.com", mx_New="x")
    for one in clients:
        assert (await one.refused(PATH, body)).type == UNKNOWN
    await client.world.add_fields(LEAD, Field("mx_New", "New", max_length=10, sequence=300))
    for one in reversed(clients):
        await one.post(PATH, body)
    await client.world.add_fields(105, Field("mx_Custom_44", "New", max_length=10, sequence=300))
    for one in clients:
        await one.post(PATH, with_fields(mx_Custom_44="y"))


async def test_a_disabled_key_is_refused_at_once_everywhere(
    client: Client, second: httpx.AsyncClient
) -> None:
    world = client.world
    clients = [client, Client(second, client.registry, world)]
    refused = Envelope(401, "MXInvalidAccessDetailsException", "Invalid Access Details provided.")
    for active in (True, False, True):
        await rules.set_key_active(world.db, world.access_key, active=active)
        await world.definitions_changed()
        for one in clients:
            response = await one.send("POST", PATH, json=sent(FirstName="N"))
            assert response.status_code == 200 if active else envelope(response) == refused
    assert await world.count("lead") == 4
