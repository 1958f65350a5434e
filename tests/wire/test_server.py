"""What only a real server shows: HEAD without a body, bodies in pieces, connections that break or stay."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator

import httpx
import pytest
import uvicorn

from fairlead import protocol
from fairlead.app import Application
from fairlead.protocol import Protocol
from fairlead.wire.operation import Registry
from world import Client, World
from world.serving import Log

PATH = "/v2/ProspectActivity.svc/CreateCustom"
LARGEST = 10 * 1024 * 1024


class Server(uvicorn.Server):
    """Uvicorn, telling when it answers."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.answers = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.answers.set()


@pytest.fixture(scope="session")
async def address(application: Application) -> AsyncIterator[tuple[str, int]]:
    """Where a real server answers with the session's application."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        config = uvicorn.Config(application, lifespan="off", log_config=None, http=Protocol)
        server = Server(config)
        serving = asyncio.create_task(server._serve([bound]))
        await server.answers.wait()
        yield bound.getsockname()
        server.should_exit = True
        await serving


@pytest.fixture
async def real(address: tuple[str, int], registry: Registry, world: World) -> AsyncIterator[Client]:
    """A client over a socket."""
    async with httpx.AsyncClient(base_url=f"http://{address[0]}:{address[1]}") as http:
        yield Client(http, registry, world)


async def test_head_has_no_body(real: Client) -> None:
    path = "/v2/UserManagement.svc/Users.Get"
    plain = await real.send("GET", path)
    head = await real.send("HEAD", path)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == plain.headers["content-length"]


async def test_one_connection_after_every_kind_of_answer(real: Client) -> None:
    good = {"LeadDetails": [{"Attribute": "FirstName", "Value": "ü"}], "Activity": {"ActivityEvent": 105}}
    for content, status in ((b"{", 400), (b"", 400), (b"x" * 200_000, 400)):
        assert (await real.send("POST", PATH, content=content)).status_code == status
        assert (await real.send("POST", "/v2/no", content=content)).status_code == 404
        assert (await real.send("PUT", PATH, content=content)).status_code == 405
        assert (await real.send("POST", PATH, content=content, signed=False)).status_code == 401
        await real.post(PATH, good)
    assert await real.world.count("lead") == 3


async def test_a_body_in_pieces(real: Client) -> None:
    body = b'{"LeadDetails":[{"Attribute":"FirstName","Value":"N"}],"Activity":{"ActivityEvent":105}}'

    async def pieces(size: int, content: bytes) -> AsyncIterator[bytes]:
        for start in range(0, len(content), size):
            yield content[start : start + size]
            await asyncio.sleep(0)

    key, secret = real.key
    headers = {"x-LSQ-AccessKey": key, "x-LSQ-SecretKey": secret}
    reply = await real.http.post(PATH, content=pieces(7, body), headers=headers)
    real.check(reply)
    assert reply.status_code == 200
    large = await real.http.post(PATH, content=pieces(1 << 20, b" " * (LARGEST + 1)), headers=headers)
    real.check(large)
    assert large.status_code == 400
    fits = await real.http.post(PATH, content=pieces(1 << 20, body.ljust(LARGEST)), headers=headers)
    real.check(fits)
    assert fits.status_code == 200


async def test_a_client_that_leaves_in_the_middle_of_its_body(real: Client, address: tuple[str, int]) -> None:
    key, secret = real.key
    head = (
        f"POST {PATH}?accessKey={key}&secretKey={secret} HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n"
    )
    for _ in range(5):
        _, writer = await asyncio.open_connection(*address)
        writer.write(head.encode() + b'{"LeadDetails":')
        await writer.drain()
        writer.close()
        await writer.wait_closed()
    await real.post(
        PATH, {"LeadDetails": [{"Attribute": "FirstName", "Value": "N"}], "Activity": {"ActivityEvent": 105}}
    )
    assert await real.world.count("lead") == 1


async def said(address: tuple[str, int], *pieces: bytes) -> bytes:
    """What comes back for these bytes until the server closes."""
    reader, writer = await asyncio.open_connection(*address)
    try:
        for piece in pieces:
            writer.write(piece)
            await asyncio.sleep(0.01)
        return await asyncio.wait_for(reader.read(), 10)
    except ConnectionResetError:
        return b""
    finally:
        writer.close()


def body_of(answer: bytes) -> dict[str, object]:
    """The JSON of an answer, which has an id."""
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"content-type: application/json; charset=utf-8" in head
    assert b"x-request-id: " in head
    found: dict[str, object] = json.loads(body)
    return found


@pytest.mark.parametrize(
    "rubbish",
    [
        b"\0\0\0\0\r\n\r\n",
        b"GET\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"NOPE /v2/LeadManagement.svc/Lead.Create HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\n",
    ],
)
async def test_what_is_not_http(address: tuple[str, int], rubbish: bytes, log: Log) -> None:
    answer = await said(address, rubbish)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert body_of(answer)["ExceptionMessage"] == "This is no valid HTTP request."


async def test_a_head_has_a_size(address: tuple[str, int]) -> None:
    start = b"GET /health HTTP/1.1\r\nHost: x\r\nX-Long: "
    fits = await said(address, start, b"x" * 60_000, b"\r\nConnection: close\r\n\r\n")
    assert fits.startswith(b"HTTP/1.1 200 ")
    answer = await said(address, start, *[b"x" * 40_000] * 2)
    assert answer.startswith(b"HTTP/1.1 431 ")
    assert "65536 bytes" in str(body_of(answer)["ExceptionMessage"])


@pytest.mark.parametrize(
    "sent", [b"", b"GET /health HT", b"POST /v2/x HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{"]
)
async def test_who_falls_silent_is_left(
    address: tuple[str, int], monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    monkeypatch.setattr(protocol, "PATIENCE", 0.3)
    answer = await said(address, *([sent] if sent else []))
    assert answer == b"" or answer.startswith(b"HTTP/1.1 404 ")


async def test_every_answer_has_an_id(real: Client) -> None:
    for path in ("/health", "/ready", "/openapi.json", "/", "/app/sign-in", "/static/none", "/nothing"):
        assert (await real.http.get(path)).headers["x-request-id"], path
