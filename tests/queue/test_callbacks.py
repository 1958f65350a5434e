"""The header Fairlead-Callback: who asked for it is told the end of a request, signed, at least once."""

from __future__ import annotations

import asyncio
import hashlib
import ipaddress
import json
import re
import socket
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from fairlead.app import Application
from fairlead.settings import Settings
from fairlead.wire.operation import Registry
from fairlead.wire.queue import outside
from fairlead.wire.queue.outside import Poster, Unreachable, WrongAddress, checked_url, is_public
from fairlead.wire.queue.sender import DELAYS, LEASE
from world import Worlds
from world.client import envelope
from world.queue import Clock, Queue, queue_of
from world.receiver import SILENCE, Receiver, answered, receiving
from world.serving import Log, http_to, running

UPDATE = "/opportunity/update"


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """Who is told."""
    async with receiving() as opened:
        yield opened


def noted(queue: Queue, note: str = "Called") -> dict[str, str]:
    return {"ProspectOpportunityId": queue.world.values["opp.1"], "OpportunityNote": note}


async def told(queue: Queue) -> list[Any]:
    rows: list[Any] = await queue.db.fetch(
        "select * from delivery where org_id = $1 order by id", queue.world.org_id
    )
    return rows


async def until_told(queue: Queue, state: str, attempts: int) -> Any:
    """The one delivery, when it is in this state after so many attempts."""
    for _ in range(1000):
        found = await told(queue)
        if found and (found[0]["state"], found[0]["attempts"]) == (state, attempts):
            return found[0]
        await asyncio.sleep(0.02)
    raise AssertionError([dict(row) for row in found])


async def status_text(queue: Queue, request: str) -> bytes:
    answer = await queue.client.send(
        "GET", f"{UPDATE}/status", query=[("RequestID", request)], headers=queue.key
    )
    return answer.content


async def test_the_end_is_told_as_the_status_tells_it(queue: Queue, receiver: Receiver) -> None:
    good = await queue.submit(UPDATE, noted(queue), callback=f"{receiver.address}/a/b?x=1")
    bad = await queue.submit(UPDATE, {"ProspectOpportunityId": "none"}, callback=receiver.address)
    await queue.submit(UPDATE, noted(queue, "nobody asked"))
    async with queue.working(private_callbacks=True):
        first, second = sorted(await receiver.until(2), key=lambda some: some.target)[::-1]
    assert (first.target, second.target) == ("/a/b?x=1", "/")
    assert first.body == await status_text(queue, good)
    assert second.body == await status_text(queue, bad)
    assert (first.json["TaskStatus"]["Status"], second.json["TaskStatus"]["Status"]) == ("Success", "ERROR")
    secret = hashlib.sha256(queue.key["x-api-key"].encode()).hexdigest()
    assert first.is_signed_with(secret)
    assert second.is_signed_with(secret)
    assert not first.is_signed_with("0" * 64)
    assert abs(int(first.headers["fairlead-timestamp"]) - time.time()) < 60
    assert first.headers["content-type"] == "application/json; charset=utf-8"
    rows = await told(queue)
    assert {str(row["id"]) for row in rows} == {
        some.headers["fairlead-delivery"] for some in receiver.arrived
    }
    assert {
        (row["kind"], str(row["about"]), row["state"], row["attempts"], row["status"]) for row in rows
    } == {
        ("callback", good, "sent", 1, 200),
        ("callback", bad, "sent", 1, 200),
    }


async def test_one_that_fails_is_told_again_twice_with_the_same_id(queue: Queue, receiver: Receiver) -> None:
    clock = Clock()
    receiver.answers = [answered(500), answered(302, Location=f"{receiver.address}/elsewhere"), answered(204)]
    await queue.submit(UPDATE, noted(queue), callback=receiver.address)
    async with queue.working(clock=clock, private_callbacks=True):
        first = await until_told(queue, "due", 1)
        assert (first["status"], first["due_on"]) == (500, clock.now + DELAYS[0])
        clock.now += DELAYS[0]
        assert (await until_told(queue, "due", 2))["reason"] == "it answered with HTTP status 302"
        clock.now += DELAYS[1]
        last = await until_told(queue, "sent", 3)
    assert (last["status"], last["reason"], last["finished_on"]) == (204, None, clock.now)
    assert {some.target for some in receiver.arrived} == {"/"}  # the redirect was not followed
    assert len({some.headers["fairlead-delivery"] for some in receiver.arrived}) == 1
    assert len({some.headers["fairlead-signature"] for some in receiver.arrived}) == 3


async def test_after_three_attempts_it_is_left_alone(queue: Queue, receiver: Receiver) -> None:
    clock = Clock()
    receiver.answers = [answered(500)] * 4
    await queue.submit(UPDATE, noted(queue), callback=receiver.address)
    async with queue.working(clock=clock, private_callbacks=True):
        for attempt in (1, 2):
            await until_told(queue, "due", attempt)
            clock.now += timedelta(minutes=1)
        await until_told(queue, "failed", 3)
        clock.now += timedelta(hours=1)
        await asyncio.sleep(1)
    assert len(receiver.arrived) == 3
    assert await queue.count("success") == 1


async def test_nobody_listens(queue: Queue) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{closed.getsockname()[1]}"
        await queue.submit(UPDATE, noted(queue), callback=address)
        async with queue.working(private_callbacks=True):
            found = await until_told(queue, "due", 1)
    assert (found["status"], "ConnectError" in found["reason"]) == (None, True)


async def test_a_private_address_is_refused_unless_the_operator_allows_it(
    queue: Queue, receiver: Receiver
) -> None:
    """It was accepted where they are allowed; the worker that sends does not allow them."""
    await queue.submit(UPDATE, noted(queue), callback=receiver.address.replace("http:", "https:"))
    async with queue.working():
        found = await until_told(queue, "failed", 1)
    assert found["reason"] == "refused: 127.0.0.1 is not a public address"
    assert receiver.arrived == []


async def test_a_name_is_judged_by_the_address_that_is_connected_to(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that is public when it is looked at and private when it is used: it is asked for once."""
    asked: list[str] = []
    port = int(receiver.address.rpartition(":")[2])
    loop = asyncio.get_running_loop()

    def answer(address: str) -> Any:
        async def resolve(host: str, *_: Any, **__: Any) -> list[Any]:
            asked.append(host)
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

        return resolve

    poster = Poster(private=False, most=1)
    monkeypatch.setattr(loop, "getaddrinfo", answer("127.0.0.1"))
    with pytest.raises(WrongAddress, match=r"^inside\.example is 127\.0\.0\.1"):
        await poster.post(f"https://inside.example:{port}/", b"{}", {})
    await poster.close()
    # Allowed, the connection goes to the address that was found, under the name that was asked for.
    poster = Poster(private=True, most=1)
    assert (await poster.post(f"http://inside.example:{port}/", b"{}", {})).status == 200
    await poster.close()
    assert asked == ["inside.example"] * 2
    assert receiver.arrived[0].headers["host"] == f"inside.example:{port}"


async def test_a_slow_or_endless_answer_does_not_hold_it_up(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outside, "TIMEOUT", 0.3)
    poster = Poster(private=True, most=2)
    receiver.answers = [SILENCE, answered(200, b"x" * 1_000_000), b"no HTTP\r\n\r\n"]
    with pytest.raises(Unreachable, match="no answer within"):
        await poster.post(receiver.address, b"{}", {})
    assert len((await poster.post(receiver.address, b"{}", {})).body) == outside.READ
    with pytest.raises(Unreachable, match="RemoteProtocolError"):
        await poster.post(receiver.address, b"{}", {})
    await poster.close()


async def test_a_sender_that_died_is_followed_by_another_with_the_same_id(
    queue: Queue, receiver: Receiver
) -> None:
    """The outcome is committed and the sender is cut off while it sends: the next one sends it again."""
    clock = Clock()
    receiver.answers = [SILENCE]
    await queue.submit(UPDATE, noted(queue), callback=receiver.address)
    async with queue.working(clock=clock, private_callbacks=True):
        await receiver.until(1)
        assert await queue.count("success") == 1
    found = (await told(queue))[0]
    assert (found["state"], found["attempts"], found["due_on"]) == ("due", 0, clock.now + LEASE)
    clock.now += LEASE
    async with queue.working(clock=clock, private_callbacks=True):
        await until_told(queue, "sent", 1)
    assert len({some.headers["fairlead-delivery"] for some in receiver.arrived}) == 1
    assert len(receiver.arrived) == 2


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "it is not an address of 1 to 2000 characters"),
        ("https://example.com/" + "x" * 2000, "it is not an address of 1 to 2000 characters"),
        ("example.com", "it must begin with https://"),
        ("http://example.com", "it must begin with https://"),
        ("ftp://example.com", "it must begin with https://"),
        ("https://", "it names no host"),
        ("https://example.com:0/", "its port is not a port"),
        ("https://example.com:99999/", "it is not an address"),
        ("https://[::1/", "it is not an address"),
        ("https://user:secret@example.com/", "it must not contain a user or a password"),
        ("https://example.com/#x", "it must not contain a fragment (#)"),
        ("https://example.com/a b", "it contains characters that an address cannot have"),
        ("https://exämple.com/", "it contains characters that an address cannot have"),
        ("https://localhost/", "it names this machine"),
        ("https://127.1/", "127.1 is not a public address"),
        ("https://0/", "0 is not a public address"),
        ("https://2130706433/", "2130706433 is not a public address"),
        ("https://0x7f.1./", "0x7f.1. is not a public address"),
        ("https://169.254.169.254/latest", "169.254.169.254 is not a public address"),
        ("https://[::ffff:10.0.0.1]/", "::ffff:10.0.0.1 is not a public address"),
        ("https://10.1.2.3/", "10.1.2.3 is not a public address"),
    ],
)
async def test_a_header_that_is_no_address_is_refused_and_nothing_is_accepted(
    text: str, reason: str, queue_url: str, queue_worlds: Worlds, registry: Registry
) -> None:
    async with (
        running(Application(Settings(queue_workers=0), queue_url)) as strict,
        http_to(strict) as http,
    ):
        queue = await queue_of(queue_url, http, registry, await queue_worlds.copy())
        headers: Any = [
            *queue.key.items(),
            ("Fairlead-Callback", text.encode("latin-1")),
            ("Content-Type", "application/json"),
            ("x-LSQ-AccessKey", queue.client.key[0]),
            ("x-LSQ-SecretKey", queue.client.key[1]),
        ]
        answer = await http.post(UPDATE, content=json.dumps(noted(queue)), headers=headers)
        found = envelope(answer)
        assert found[:2] == (400, "MXInvalidInputException")
        assert found.message.startswith(f"Invalid header Fairlead-Callback: {reason}")
        assert await queue.count("queued") == 0


async def test_the_how_to_checks_signatures_as_it_says(queue: Queue, receiver: Receiver) -> None:
    text = (Path(__file__).parents[2] / "docs" / "how-to" / "async.md").read_text()
    found = re.search(r"```python\n(.*?)```", text, re.DOTALL)
    assert found
    names: dict[str, Any] = {}
    exec(found[1], names)
    await queue.submit(UPDATE, noted(queue), callback=receiver.address)
    async with queue.working(private_callbacks=True):
        arrived = (await receiver.until(1))[0]
    secret = hashlib.sha256(queue.key["x-api-key"].encode()).hexdigest()
    headers = httpx.Headers(arrived.headers)
    assert names["is_ours"](secret, headers, arrived.body)
    assert not names["is_ours"](secret, headers, arrived.body + b" ")
    assert not names["is_ours"]("0" * 64, headers, arrived.body)
    later = httpx.Headers(arrived.headers | {"fairlead-timestamp": str(int(time.time()) - 3600)})
    assert not names["is_ours"](secret, later, arrived.body)


def test_what_is_an_address_is_kept_as_it_is() -> None:
    for text in ("https://example.com", "https://example.com:8443/a?b=c%20d", "https://[2606:4700::1111]/"):
        assert checked_url(text, private=False) == text
    assert checked_url("http://10.0.0.1:8080/x", private=True) == "http://10.0.0.1:8080/x"


@pytest.mark.parametrize(
    "text",
    [
        "127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
        "224.0.0.1", "255.255.255.255", "192.0.2.1", "::", "::1", "fe80::1", "fc00::1", "fd00:ec2::254",
        "ff02::1", "::ffff:127.0.0.1", "64:ff9b::a00:1", "2002:7f00:1::", "2001:db8::1", "fec0::1",
    ],
)  # fmt: skip
def test_what_is_not_public(text: str) -> None:
    assert not is_public(ipaddress.ip_address(text))


def test_what_is_public() -> None:
    for text in ("1.1.1.1", "93.184.216.34", "2606:4700::1111", "::ffff:8.8.8.8"):
        assert is_public(ipaddress.ip_address(text))


async def test_the_same_key_with_another_callback_is_another_call(queue: Queue, receiver: Receiver) -> None:
    headers = queue.key | {"Idempotency-Key": "k"}
    answers = [
        await queue.client.send(
            "POST",
            UPDATE,
            json=noted(queue),
            headers=headers | {"Fairlead-Callback": receiver.address + path},
        )
        for path in ("/a", "/a", "/b")
    ]
    assert answers[0].content == answers[1].content
    assert envelope(answers[2]).status == 422
    assert await queue.count("queued") == 1


async def test_one_that_is_set_apart_or_given_up_is_told_too(queue: Queue, receiver: Receiver) -> None:
    crashed = await queue.submit(UPDATE, noted(queue), callback=f"{receiver.address}/crashed")
    given_up = await queue.submit(UPDATE, noted(queue), callback=f"{receiver.address}/given-up")
    await queue.db.execute(
        "update async_request set crashes = 2 where org_id = $1 and id = $2", queue.world.org_id, crashed
    )
    await queue.db.execute(
        "update async_request set state = 'held' where org_id = $1 and id = $2", queue.world.org_id, given_up
    )
    await queue.db.execute(
        "insert into async_trial (org_id, id, requests, started_on) values ($1, $2, $3, now())",
        queue.world.org_id,
        crashed,
        json.dumps([crashed]),
    )
    await queue.give_up(given_up)
    async with queue.working(private_callbacks=True):
        arrived = await receiver.until(2)
    by_target = {some.target: some.json for some in arrived}
    for target, request in (("/crashed", crashed), ("/given-up", given_up)):
        assert by_target[target]["RequestID"] == request
        assert by_target[target]["TaskStatus"]["Status"] == "FAILURE"


async def test_what_was_told_long_ago_is_forgotten(queue: Queue, receiver: Receiver, log: Log) -> None:
    clock = Clock()
    await queue.submit(UPDATE, noted(queue), callback=receiver.address)
    async with queue.working(clock=clock, private_callbacks=True):
        await until_told(queue, "sent", 1)
    clock.now += timedelta(days=31)
    async with queue.working(clock=clock):
        for _ in range(500):
            if not await told(queue):
                break
            await asyncio.sleep(0.02)
    assert await told(queue) == []
    assert log.faults == []
