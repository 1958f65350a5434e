"""What only a real server shows: HEAD without a body, bodies in pieces, connections that break or stay."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator

import httpx
import pytest
import uvicorn

from fairlead.app import Application
from fairlead.server import Protocol
from fairlead.wire.operation import Registry
from world import Client, World

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


async def test_what_is_not_http(address: tuple[str, int]) -> None:
    for rubbish in (
        b"\0\0\0\0\r\n\r\n",
        b"GET\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    ):
        reader, writer = await asyncio.open_connection(*address)
        writer.write(rubbish)
        answer = await reader.read()
        assert not answer or answer.startswith(b"HTTP/1.1 400 ")
        writer.close()
        await writer.wait_closed()
