"""What holds for every operation, whatever it does: who is let in, what is read, how it is refused.

Generated over the registry and over the contract files, so that an operation that is added is tested too.
"""

from __future__ import annotations

import functools
import re
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from msgspec import inspect

from contract_file import Exchange, all_exchanges, refused
from fairlead import app
from fairlead.errors import NotFound, Unauthorised
from fairlead.orgs import rules
from fairlead.wire.operation import Operation
from test_contract import built, named, send
from world import Client, Envelope, World, Worlds
from world.client import GUID, envelope
from world.keys import new_key, new_secret

OPERATIONS = app.registry().all()
WITH_BODY = [op for op in OPERATIONS if op.verb == "POST" and op.takes_body]
EXCHANGES = [
    entry
    for entry in all_exchanges(Path(__file__).parent / "contract")
    if built(entry[2]) and not refused(entry[2])
]
"""What is refused with one's own records is not asked about those of others."""

NOBODY = "0190a6c2-ffff-7000-8000-00000000dead"
REFUSED = Envelope(401, Unauthorised.type, "Invalid Access Details provided.")
LOST = Envelope(404, NotFound.type, "The API could not be found. Please check the API signature.")


def called(operation: Operation) -> str:
    """The name of a test."""
    return f"{operation.verb} {operation.path.removeprefix('/v2/')}"


every = pytest.mark.parametrize("operation", OPERATIONS, ids=called)
every_with_body = pytest.mark.parametrize("operation", WITH_BODY, ids=called)


def unknown(operation: Operation) -> list[tuple[str, str]]:
    """Query parameters of an operation, each the id of nothing."""
    return [(name, NOBODY) for name in operation.parameters.values()]


@pytest.fixture
def reader(client_of: Callable[[World], Client], standing: World) -> Client:
    """A client of the organisation that tests only read."""
    return client_of(standing)


# --- credentials ---


@pytest.fixture(scope="session")
async def closed_keys(standing: World) -> dict[str, tuple[str, str]]:
    """Key pairs that open nothing, by what is wrong with them."""
    world = standing
    disabled = await rules.create_key(
        world.db, world.org_id, world.user_id, now=world.defs.org.created_on,
        access_key=new_key(), secret=new_secret(),
    )  # fmt: skip
    await rules.set_key_active(world.db, disabled[0], active=False)
    gone, *inactive = await world.user_with_key("Administrator")
    statement = "update app_user set active = false where org_id = $1 and id = $2"
    await world.db.execute(statement, world.org_id, gone)
    await world.definitions_changed()
    return {
        "no such key": (new_key(), world.secret),
        "wrong secret": (world.access_key, new_secret()),
        "secret of another case": (world.access_key, world.secret.upper()),
        "empty secret": (world.access_key, ""),
        "empty key": ("", world.secret),
        "NUL": ("u$r\0", world.secret),
        "not ASCII": ("schlüssel", "geheimnis"),
        "disabled key": disabled,
        "inactive user": (inactive[0], inactive[1]),
    }


@every
async def test_nobody_gets_in_without_a_key(
    reader: Client, operation: Operation, closed_keys: dict[str, tuple[str, str]]
) -> None:
    bare = await reader.send(operation.verb, operation.path, signed=False)
    assert envelope(bare) == REFUSED
    for key, secret in closed_keys.values():
        query = [("accessKey", key), ("secretKey", secret)]
        assert (
            envelope(await reader.send(operation.verb, operation.path, query=query, signed=False)) == REFUSED
        )
        names = {"x-LSQ-AccessKey": key.encode(), "x-LSQ-SecretKey": secret.encode()}
        if b"\0" not in names["x-LSQ-AccessKey"]:
            signed: Any = names
            response = await reader.send(operation.verb, operation.path, headers=signed, signed=False)
            assert envelope(response) == REFUSED


@every
async def test_every_spelling_of_a_key_gets_in(reader: Client, operation: Operation) -> None:
    key, secret = reader.key
    wrong = {"x-LSQ-AccessKey": "u$rwrong", "x-LSQ-SecretKey": "wrong"}
    half = {"x-LSQ-AccessKey": "u$rwrong"}
    for query, headers in (
        (f"accessKey={key}&secretKey={secret}", {}),
        (f"accessKey={key.replace('$', '%24')}&secretKey={secret}", {}),
        (f"ACCESSKEY={key}&secretkey={secret}", {}),
        (f"accessKey={key}&secretKey={secret}&accessKey=x", {}),
        (f"accessKey={key}&secretKey={secret}", half),
        ("", {"x-LSQ-AccessKey": key, "x-LSQ-SecretKey": secret}),
        ("", {"x-LSQ-AccessKey": f" {key.replace('$', '%24')}", "x-LSQ-SecretKey": f"{secret}\t"}),
        ("", half | {"X-LSQ-ACCESS-KEY": key, "X-LSQ-SECRET-KEY": secret}),
        ("", {"X-LSQ-ACCESS-KEY": key, "X-LSQ-SECRET-KEY": secret}),
        ("accessKey=u$rwrong&secretKey=wrong", {"x-lsq-accesskey": key, "x-lsq-secretkey": secret}),
    ):
        more = "&".join(f"{name}={value}" for name, value in unknown(operation))
        response = await reader.send(
            operation.verb, f"{operation.path}?{query}&{more}", headers=headers, content="{", signed=False
        )
        assert response.status_code != 401, (query, headers)
    query = f"?accessKey={key}&secretKey={secret}"
    both = await reader.send(operation.verb, operation.path + query, headers=wrong, signed=False)
    assert envelope(both) == REFUSED


@pytest.mark.parametrize("operation", [op for op in OPERATIONS if op.admin], ids=called)
async def test_what_only_administrators_may_do(client: Client, operation: Operation) -> None:
    _, *key = await client.world.user_with_key("Sales_User")
    client.key = (key[0], key[1])
    response = await client.send(operation.verb, operation.path, query=unknown(operation), content="{")
    message = "You do not have permission to perform this action."
    assert envelope(response) == Envelope(403, "MXUnAuthorizedAccessException", message)


# --- paths and verbs ---


@pytest.mark.parametrize(
    "path", ["/v2", "/v2/", "/v2/Lead.svc/No", "/x", "/v2/../etc/passwd", "/v2/%00", "/v2/ü"]
)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "HEAD"])
async def test_an_unknown_path(reader: Client, method: str, path: str) -> None:
    for signed in (True, False):
        response = await reader.send(method, path, signed=signed)
        assert response.status_code == 404
        if method != "HEAD":
            assert envelope(response) == LOST


@every
async def test_paths_are_matched_without_case(reader: Client, operation: Operation) -> None:
    for path in (operation.path.upper(), operation.path.lower(), operation.path + "/"):
        for question in ("", "?"):
            response = await reader.send(operation.verb, path + question, signed=False)
            assert envelope(response) == REFUSED
    assert envelope(await reader.send(operation.verb, operation.path + "/x", signed=False)) == LOST
    assert envelope(await reader.send(operation.verb, "/v2" + operation.path, signed=False)) == LOST


@every
async def test_a_wrong_verb(reader: Client, operation: Operation) -> None:
    right = set(app.registry().by_path[operation.path.lower()])
    allowed = right | {"HEAD"} if "GET" in right else right
    for verb in {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"} - allowed:
        response = await reader.send(verb, operation.path, signed=False)
        assert response.status_code == 405
        assert response.headers["allow"] == ", ".join(sorted(allowed))
        if verb != "HEAD":
            message = f"The API does not support the {verb} method."
            assert envelope(response) == Envelope(405, "MethodNotAllowedException", message)


@pytest.mark.parametrize("operation", [op for op in OPERATIONS if op.verb == "GET"], ids=called)
async def test_a_get(reader: Client, operation: Operation) -> None:
    """Its body is ignored, its parameters have no case, HEAD is answered like it."""
    plain = await reader.send("GET", operation.path, query=unknown(operation))
    for content, kind in (
        ("null", "application/json"),
        ("{", "application/json"),
        ("", "text/plain"),
        ("x", "x/y"),
    ):
        headers = {"Content-Type": kind}
        response = await reader.send(
            "GET", operation.path, query=unknown(operation), content=content, headers=headers
        )
        assert same(response, plain)
    for spell in (str.upper, str.lower):
        query = [(spell(name), value) for name, value in unknown(operation)]
        query += [(name, "a second value") for name in operation.parameters]
        assert same(await reader.send("GET", operation.path, query=[*query, ("other", "1")]), plain)
    head = await reader.send("HEAD", operation.path, query=unknown(operation))
    assert head.status_code == plain.status_code
    assert head.headers["content-type"] == plain.headers["content-type"]


def same(one: httpx.Response, other: httpx.Response) -> bool:
    """Equal answers, apart from the ids of the requests."""
    mask = [r.content.replace(r.headers["x-request-id"].encode(), b"id") for r in (one, other)]
    return one.status_code == other.status_code and mask[0] == mask[1]


# --- bodies ---


form = functools.cache(inspect.type_info)


def fits(kind: Any, value: Any) -> bool:
    """True when JSON of this outer form is a body of the operation."""
    found = form(kind)
    options = found.types if isinstance(found, inspect.UnionType) else (found,)
    lists = [one.item_type for one in options if isinstance(one, inspect.ListType)]
    if isinstance(value, list):
        rows = any(isinstance(one, inspect.StructType) for one in lists)
        return bool(lists) and not (rows and any(not isinstance(item, dict) for item in value))
    objects = any(isinstance(one, inspect.StructType | inspect.DictType) for one in options)
    return objects and isinstance(value, dict)


@every_with_body
async def test_what_is_no_body_of_this_operation(reader: Client, operation: Operation) -> None:
    wrong: list[bytes] = [
        b"{", b"x", b"\xff\xfe", b"\0", b"{}{}", b'{"a":}', b"{'a':1}", b"[1,]", b"\xef\xbb\xbf{",
        b"[" * 50_000, b'{"a":' * 50_000, b'"{\\"a\\":1}"', b'"[{\\"Attribute\\":\\"FirstName\\"}]"',
    ]  # fmt: skip
    forms: list[Any] = ["text", "{}", "[]", 5, True, [], [{}], [5], ["x"], [None], [[]], {}, {"a": 1}]
    wrong += [msgspec.json.encode(form) for form in forms if not fits(operation.body, form)]
    if operation.body_optional:
        wrong = [content for content in wrong if content != b"{}"]
    else:
        wrong += [b"", b"null", b" \r\n\t", b"\xef\xbb\xbf"]
    for content in wrong:
        headers = {"Content-Type": "application/json"}
        response = await reader.send(
            "POST", operation.path, query=unknown(operation), content=content, headers=headers
        )
        assert response.status_code == 400, (content[:40], response.text[:300])
        _, kind, message = envelope(response)
        assert kind == "MXInvalidInputException", content[:40]
        assert message.startswith("Request body is not valid for this API: "), content[:40]
        assert len(message) < 1000


@every_with_body
async def test_content_types(reader: Client, operation: Operation) -> None:
    async def status(kind: str | None, content: bytes) -> int:
        headers = {} if kind is None else {"Content-Type": kind}
        return (await reader.send("POST", operation.path, content=content, headers=headers)).status_code

    for kind in (
        "text/plain",
        "application/xml",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
    ):
        response = await reader.send(
            "POST", operation.path, content=b"{}", headers={"Content-Type": kind}, query=unknown(operation)
        )
        assert envelope(response)[:2] == (400, "MXInvalidInputException")
        assert "is not JSON" in envelope(response).message
    empty = await status("application/json", b"[]")
    for kind in (
        "APPLICATION/JSON",
        "application/json; charset=utf-8",
        "text/json",
        "application/hal+json",
        None,
    ):
        assert await status(kind, b"[]") == empty


@every_with_body
async def test_a_body_that_is_too_large(reader: Client, operation: Operation) -> None:
    headers = {"Content-Length": str(10 * 1024 * 1024 + 1)}
    response = await reader.send("POST", operation.path, content=b"{}", headers=headers)
    assert envelope(response)[:2] == (400, "MXInvalidInputException")


@pytest.mark.parametrize(
    "operation", [op for op in OPERATIONS if op.body_optional and op.verb == "POST"], ids=called
)
async def test_all_forms_of_no_body_are_one(reader: Client, operation: Operation) -> None:
    answers = [
        await reader.send("POST", operation.path, query=unknown(operation), content=content)
        for content in (b"", b"{}", b"null")
    ]
    assert same(answers[0], answers[1])
    assert same(answers[0], answers[2])


# --- ids ---

_IDS = re.compile(GUID.pattern)
_TIMES = re.compile(
    r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?|/Date\(\d+\+0000\)/|\d+/\d+/\d{4} \d+:\d\d:\d\d [AP]M"
)


@pytest.fixture(scope="session")
async def foreign(worlds: Worlds) -> World:
    """Another organisation, with ids of its own."""
    return await worlds.made("Foreign")


@pytest.mark.parametrize("entry", EXCHANGES, ids=named)
async def test_ids_of_others_are_as_unknown_ones(
    entry: tuple[str, str, Exchange], worlds: Worlds, foreign: World, client_of: Callable[[World], Client]
) -> None:
    exchange = entry[2]
    theirs = await foreign.need(*(name for name in exchange.given if not name.startswith("request.")))
    theirs = {name: value for name, value in theirs.items() if name in exchange.given}
    theirs |= {name: str(uuid.uuid4()) for name in exchange.given if name.startswith("request.")}
    here = {name: value for name, value in theirs.items() if not GUID.fullmatch(value)}
    before = {table: await foreign.rows(table) for table in ("lead", "activity", "account", "product")}
    nobody = (
        dict.fromkeys(theirs, "") | {name: str(uuid.uuid4()) for name in theirs if name not in here} | here
    )
    answers = []
    for values in (dict(theirs), nobody):
        response = await send(client_of(await worlds.copy()), exchange, values)
        assert response.status_code == 200 or "MX" in envelope(response).type or response.status_code == 404
        answers.append((response.status_code, neutral(response.text, values)))
    assert answers[0] == answers[1]
    assert {table: await foreign.rows(table) for table in before} == before


def neutral(text: str, values: dict[str, str]) -> str:
    """An answer with ids and times replaced by what they are: ids sent by their names, others by their order."""
    names = {value: name for name, value in values.items() if GUID.fullmatch(value)}
    seen: dict[str, str] = {}
    text = _IDS.sub(lambda found: names.get(found[0]) or seen.setdefault(found[0], f"id {len(seen)}"), text)
    return _TIMES.sub("time", text)


@every
async def test_ids_that_are_none(reader: Client, operation: Operation) -> None:
    """What is no GUID is an unknown id, never a fault."""
    for text in (
        "",
        "x",
        "0",
        "-1",
        "1" * 500,
        "'; drop table lead; --",
        "\0",
        "ü",
        "{}",
        "null",
        NOBODY + "0",
    ):
        query = [(name, text) for name in operation.parameters.values()]
        response = await reader.send(operation.verb, operation.path, query=query, content=b"[")
        assert response.status_code == 200 or envelope(response).type.startswith("MX")


# --- rate limit ---


async def test_the_26th_call(client: Client) -> None:
    """Every operation is refused by the same body; what is refused at the door does not count."""
    await client.world.settings(rate_limit="25/5s")
    first = OPERATIONS[0]
    for _ in range(30):
        await client.send(first.verb, first.path, signed=False)
        await client.send("POST", "/v2/No.svc/No")
        await client.send("PATCH", first.path)
    for number in range(25):
        response = await client.send(first.verb, first.path, content=b"{")
        assert response.status_code != 429, number
    for operation in OPERATIONS:
        response = await client.send(operation.verb, operation.path, content=b"{")
        message = "API calls exceeded the limit of 25 in 5 second(s)"
        assert envelope(response) == Envelope(429, "MXAPIRateLimitExceededException", message)
        assert 1 <= int(response.headers["retry-after"]) <= 5


async def test_the_limit_belongs_to_the_organisation(
    client: Client, worlds: Worlds, client_of: Callable[[World], Client]
) -> None:
    await client.world.settings(rate_limit="2/60s")
    other = client_of(await worlds.copy())
    await other.world.settings(rate_limit="2/60s")
    _, *key = await client.world.user_with_key("Administrator")
    second_key = client_of(client.world)
    second_key.key = (key[0], key[1])
    path = OPERATIONS[0].path
    verb = OPERATIONS[0].verb
    statuses = [(await one.send(verb, path, content=b"{")).status_code == 429 for one in (client, second_key)]
    assert statuses == [False, False]
    assert (await client.send(verb, path)).status_code == 429
    assert (await second_key.send(verb, path)).status_code == 429
    assert (await other.send(verb, path, content=b"{")).status_code != 429


def test_every_operation_declares_what_it_answers() -> None:
    for operation in OPERATIONS:
        msgspec.json.Decoder(operation.reply)
        assert operation.title[0].isupper()
        assert not operation.title.endswith(".")


BODYLESS = [operation for operation in OPERATIONS if operation.verb == "POST" and not operation.takes_body]


@pytest.mark.parametrize("operation", BODYLESS, ids=called)
@pytest.mark.parametrize("content", ["{{", "[1]", '"text"', "1"])
async def test_a_post_without_body_takes_no_other_one(
    client: Client, operation: Operation, content: str
) -> None:
    """Nothing, `null` and an object mean no body; anything else is none."""
    response = await client.send(
        "POST", operation.path, content=content, headers={"Content-Type": "application/json"}
    )
    assert response.status_code == 400
    assert "Request body is not valid for this API" in response.text
