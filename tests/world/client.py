"""A client of the application that looks at every answer it gets, whatever the test is about."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any, NamedTuple

import httpx
import msgspec

from fairlead.wire.operation import Operation, Registry
from world.keys import SECRET
from world.records import World

GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
ENVELOPE = ["Status", "ExceptionType", "ExceptionMessage", "IsMXException"]

_encode = msgspec.json.Encoder(decimal_format="number").encode


class Envelope(NamedTuple):
    """An error as the caller sees it."""

    status: int
    type: str
    message: str


class Client:
    """Speaks to one application in the name of one organisation."""

    def __init__(self, http: httpx.AsyncClient, registry: Registry, world: World) -> None:
        self.http = http
        self.registry = registry
        self.world = world
        self.key = (world.access_key, world.secret)

    async def send(
        self,
        method: str,
        path: str,
        *,
        query: Iterable[tuple[str, str]] = (),
        json: Any = ...,
        content: bytes | str | None = None,
        headers: dict[str, str] | None = None,
        signed: bool = True,
    ) -> httpx.Response:
        """Send a request, signed with the key in headers unless it brings its own; check the answer's form."""
        own = dict(headers or {})
        if json is not ...:
            content = msgspec.json.encode(json)
            own.setdefault("Content-Type", "application/json")
        if signed and not any(name.lower().startswith("x-lsq") for name in own):
            own |= {"x-LSQ-AccessKey": self.key[0], "x-LSQ-SecretKey": self.key[1]}
        url = httpx.URL(path, params=list(query)) if query else path
        response = await self.http.request(method, url, content=content, headers=own)
        self.check(response)
        return response

    async def post(self, path: str, body: Any = ..., **query: str) -> Any:
        """The answer to a POST that must succeed."""
        return self._good(await self.send("POST", path, json=body, query=query.items()))

    async def get(self, path: str, **query: str) -> Any:
        """The answer to a GET that must succeed."""
        return self._good(await self.send("GET", path, query=query.items()))

    async def refused(self, path: str, body: Any = ..., *, content: bytes | str | None = None) -> Envelope:
        """The error of a POST that must be refused."""
        return envelope(await self.send("POST", path, json=body, content=content))

    @staticmethod
    def _good(response: httpx.Response) -> Any:
        assert response.status_code == 200, f"{response.status_code} {response.text}"
        return response.json()

    def check(self, response: httpx.Response) -> None:
        """What holds for every answer: an id, JSON, the declared shape, and no secret anywhere."""
        assert GUID.fullmatch(response.headers["x-request-id"])
        assert response.headers["content-type"] == "application/json; charset=utf-8"
        assert SECRET not in response.text
        assert SECRET not in str(response.headers)
        request = response.request
        if request.method == "HEAD":
            return
        if response.status_code != 200:
            envelope(response)
            return
        verbs = self.registry.by_path.get(request.url.path.rstrip("/").lower(), {})
        if (operation := verbs.get(request.method)) is not None:
            wrong = misshapen(operation, response.content)
            assert not wrong, f"{request.method} {request.url.path}: {wrong}\n{response.text[:2000]}"


def envelope(response: httpx.Response) -> Envelope:
    """The error in a response; asserts that it is one, with its members in order."""
    body = response.json()
    assert response.status_code >= 400, response.text
    assert isinstance(body, dict), response.text
    fault = ["RequestId"] if body.get("ExceptionType") == "UnexpectedException" else []
    assert list(body) == ENVELOPE + fault, response.text
    assert body["Status"] == "Error"
    assert body["IsMXException"] is body["ExceptionType"].startswith("MX")
    if fault:
        assert body["RequestId"] == response.headers["x-request-id"]
    assert (response.status_code == 405) == ("allow" in response.headers)
    assert (response.status_code == 429) == ("retry-after" in response.headers)
    return Envelope(response.status_code, body["ExceptionType"], body["ExceptionMessage"])


def misshapen(operation: Operation, content: bytes) -> str:
    """How a reply differs from the type that the operation declares; "" when it does not, order included."""
    try:
        typed = msgspec.json.decode(content, type=operation.reply, strict=True)
    except msgspec.ValidationError as error:
        return str(error)
    again = _pairs(_encode(typed))
    return "" if again == _pairs(content) else f"declared as {_encode(typed).decode()[:2000]}"


def _pairs(content: bytes) -> Any:
    """JSON with the order of members kept, so that comparing compares it."""
    return json.loads(content, object_pairs_hook=lambda pairs: ("object", pairs))
