"""Every documented error has an exchange that shows it, and none of them changes anything.

`contract/errors.csv` is the list: page, status, exception type, message, and the exchange of the page's file that shows
it. Status 200 stands for errors of rows and of captured opportunities. That each exchange is answered exactly so, and
that what is refused leaves every row of every table as it was, is tested in test_contract.py; here is that the list is
complete and right, and that the queue refuses what the direct call refuses.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import pytest

from contract_file import Exchange, fill, refusals, refused
from fairlead import app, errors
from fairlead.wire.operation import Operation
from test_contract import CONTRACT, EXCHANGES, built, named, worked
from test_roles import requests_of
from test_shapes import OPERATIONS, WITH_BODY, called
from world import Client, World, prepare
from world.client import envelope
from world.contents import DRAWN, differences, stored

Query = list[tuple[str, str]]
COLUMNS = ["page", "status", "exception", "message", "exchange"]


class Documented(NamedTuple):
    """A line of the list."""

    page: str
    status: int
    exception: str
    message: str
    exchange: str


def listed() -> list[Documented]:
    """The lines of the list."""
    with (CONTRACT / "errors.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == COLUMNS
    assert all(len(row) == len(COLUMNS) for row in rows), "a message with a comma needs quotes"
    return [Documented(row[0], int(row[1]), row[2], row[3], row[4]) for row in rows[1:]]


LISTED = listed()
FAMILIES = {line.page.partition("/")[0] for line in LISTED}
SHOWN = {(f"{family}/{page}", exchange.title): exchange for family, page, exchange in EXCHANGES}
PAGES = {page: family for family, page, _ in EXCHANGES}

NEVER = {
    "GET /v2/LeadManagement.svc/LeadsMetaData.Get": "an unknown name is an empty list",
    "GET /v2/OpportunityManagement.svc/GetOpportunityTypes": "takes nothing",
    "GET /v2/OpportunityManagement.svc/IsOpportunityEnabled": "another organisation is 'Disabled'",
    "GET /v2/ProspectActivity.svc/ActivityTypes.Get": "takes nothing",
    "GET /v2/SalesActivity.svc/RetrieveSetting": "takes nothing",
    "GET /v2/Task.svc/RetrieveTaskType": "takes nothing",
    "GET /v2/UserManagement.svc/Users.Get": "takes nothing",
}
"""Operations that refuse nothing but what the door refuses (no key, no permission, the limit, the verb), and why."""

IN_OTHER_TESTS = {
    "Unexpected": "a fault: test_contract does not make any; tests/wire and tests/faults do",
    "QueueFull": "tests/queue",
    "KeyReused": "tests/queue/test_idempotency.py",
    "InvalidKey": "tests/queue/test_idempotency.py",
    "KeyInUse": "tests/queue/test_idempotency.py",
    "InvalidHeader": "the header of callbacks",
    "NoHttp": "tests/wire/test_server.py",
    "HeadTooLarge": "tests/wire/test_server.py",
}
"""Classes of errors.py that no page documents."""


# --- the list ---


@pytest.mark.parametrize("line", LISTED, ids=lambda line: f"{line.page}/{line.exchange}".replace(" ", "-"))
def test_a_documented_error_is_shown(line: Documented) -> None:
    exchange = SHOWN.get((line.page, line.exchange))
    assert exchange is not None, f"{line.page}.http has no exchange {line.exchange!r}"
    assert exchange.status == line.status
    assert (line.exception, line.message) in refusals(exchange.response)


def test_the_list_is_in_order() -> None:
    assert [line for line, count in Counter(LISTED).items() if count > 1] == []
    pages = [line.page for line in LISTED]
    assert pages == sorted(pages)


def test_every_error_that_is_shown_is_listed() -> None:
    """A new exchange that is refused gets its line, so that the list can be read instead of the files."""
    lines = {(line.page, line.status, line.exception, line.message) for line in LISTED}
    missing = [
        f"{family}/{page},{exchange.status},{kind},{message},{exchange.title}"
        for family, page, exchange in EXCHANGES
        if family in FAMILIES
        for kind, message in refusals(exchange.response)
        if (f"{family}/{page}", exchange.status, kind, message) not in lines
    ]
    assert missing == [], "lines for tests/contract/errors.csv"


def test_every_operation_has_its_errors() -> None:
    pages = {line.page.partition("/")[2] for line in LISTED}
    silent = set()
    for operation in OPERATIONS:
        files = {file_of(page) for page in operation.pages}
        families = {PAGES.get(page) for page in files}
        if families & FAMILIES and not files & pages:
            silent.add(f"{operation.verb} {operation.path}")
    assert silent == set(NEVER)


def test_every_page_has_its_contract_file() -> None:
    """`not_built` of test_contract prints the other way round: files whose operation is not there yet."""
    without = sorted(
        page for operation in OPERATIONS for page in operation.pages if file_of(page) not in PAGES
    )
    assert without == []


def test_every_kind_of_error_is_shown() -> None:
    """What errors.py can say, a page says; a message with names in it is shown by at least one."""
    kinds = {(error.status, error.type) for error in error_classes() if error.__name__ not in IN_OTHER_TESTS}
    shown = {
        (exchange.status, kind)
        for _, _, exchange in EXCHANGES
        for kind, _ in refusals(exchange.response)
        if exchange.status != 200
    }
    assert kinds - shown == set()


def error_classes() -> list[type[errors.ApiError]]:
    """The classes of errors.py that have a type of their own."""
    found = [cls for cls in vars(errors).values() if isinstance(cls, type)]
    return [cls for cls in found if issubclass(cls, errors.ApiError) and cls is not errors.ApiError]


def file_of(page: str) -> str:
    """The contract file of a page; a page that is a number has its file under its title."""
    return {"?p=2191": "post-an-activity-on-an-opportunity"}.get(page, page)


# --- bodies that are none ---


@pytest.mark.parametrize("operation", WITH_BODY, ids=called)
async def test_what_is_no_body_changes_nothing(
    operation: Operation, world: World, client_of: Callable[[World], Client]
) -> None:
    """How each is refused is in test_shapes.py."""
    known = await world.need("lead.1", "activity.1", "opp.1", "company.1", "sales.1")
    ids = [(name, known["lead.1"]) for name in operation.parameters.values()]
    before = await stored(world, but=DRAWN)
    for content in (b"{", b"\xff", b'"{}"', b"5", b"[[5]]", b"\0"):
        response = await client_of(world).send("POST", operation.path, query=ids, content=content)
        # Vendor: an account update answers a bare array with the error of its own members.
        assert envelope(response).status == 400 or "Company.Update" in operation.path
        assert envelope(response).type.startswith("MX")
    assert differences(before, await stored(world, but=DRAWN)) == []


# --- the queue ---

TWINS = {
    operation.path.lower(): operation.queued
    for operation in app.registry().all()
    if operation.queued is not None
}
QUEUED = [
    entry
    for entry in EXCHANGES
    if built(entry[2])
    and entry[2].path.lower() in TWINS
    and refused(entry[2])
    and entry[2].status in (200, 500)
    and entry[2].method == "POST"
]


@pytest.mark.parametrize("entry", QUEUED, ids=named)
async def test_the_queue_refuses_what_the_call_refuses(
    entry: tuple[str, str, Exchange], world: World, client_of: Callable[[World], Client]
) -> None:
    """Accepted, and judged when it is worked: the status says the same words, and nothing is stored."""
    exchange = entry[2]
    values = (await prepare(world, exchange)).values
    await world.need("async.key")
    before = await stored(world)
    task = await worked(client_of(world), exchange, TWINS[exchange.path.lower()].path, values)
    ((_, message),) = refusals(exchange.response)
    assert (task["Status"], task["StatusReason"], task["Message"]) == ("ERROR", message, None)
    assert differences(before, await stored(world)) == []


# --- odd values, in every place of a body ---

ODD: list[Any] = [
    "a\0b",
    "x" * 5000,
    "\u202eשלום 👩‍👩‍👧‍👦\x1b\x7f",
    None,
    "",
    -1,
    1e300,
    True,
    [],
    {},
    ["x"],
    [{}],
    "∞",
]
"""What is put in the place of each value: NUL, too long, control characters, no value, other types."""

SUCCEEDS = {
    called(operation): [one for one in requests_of(operation) if one.body is not None][:1]
    for operation in WITH_BODY
}


def places(value: Any, at: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Where the values of a body stand, the body itself left out."""
    members: Iterable[tuple[str | int, Any]] = ()
    if isinstance(value, dict):
        members = value.items()
    elif isinstance(value, list):
        members = enumerate(value[:1])
    for name, member in members:
        yield (*at, name)
        yield from places(member, (*at, name))


def replaced(value: Any, at: tuple[str | int, ...], new: Any) -> Any:
    """The body with another value in one place."""
    if not at:
        return new
    copy = value.copy()
    copy[at[0]] = replaced(value[at[0]], at[1:], new)
    return copy


async def refused_of(client: Client, path: str, query: Query, bodies: list[Any]) -> list[Any]:
    """Those of the bodies that are not taken; each gets a reason, and none is a fault."""
    found = []
    for body in bodies:
        response = await client.send("POST", path, query=query, json=body)
        assert "UnexpectedException" not in response.text, (body, response.text)
        if response.status_code != 200:
            assert envelope(response).type.startswith("MX"), body
            found.append(body)
    return found


@pytest.mark.parametrize("operation", WITH_BODY, ids=called)
async def test_an_odd_value_in_any_place(
    operation: Operation, world: World, client_of: Callable[[World], Client]
) -> None:
    """No fault, and what is refused names a reason and changes nothing, in whichever place the value stands."""
    client = client_of(world)

    async def look() -> Any:
        return None if operation.kind == "read" else await stored(world, but=DRAWN)

    for exchange in SUCCEEDS[called(operation)]:
        values = (await prepare(world, exchange)).values
        query, whole = fill(exchange.query, values), fill(exchange.body, values)
        for at in places(whole):
            bodies = [replaced(whole, at, odd) for odd in ODD]
            before = await look()
            refused = await refused_of(client, operation.path, query, bodies)
            if refused != bodies:  # some were taken: those that are not once more, by themselves
                before = await look()
                assert await refused_of(client, operation.path, query, refused) == refused, at
            assert await look() == before, (at, refused)
