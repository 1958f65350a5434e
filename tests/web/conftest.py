"""What tests of the console may ask for: browsers, signed in or not, and an application with trial screens."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import asyncpg
import httpx
import pytest

from browsing import Browser, entitled
from fairlead.app import SCREENS, Application
from fairlead.settings import Settings
from web import pages as trial
from world import World
from world.serving import running


@pytest.fixture(scope="session")
async def console(database_url: str, anyio_backend: object) -> AsyncIterator[Application]:
    """The application with the screens of the tests beside its own."""
    made = Application(Settings(queue_workers=0, inspector="on"), database_url, screens=(*SCREENS, trial))
    async with running(made) as started:
        yield started


@pytest.fixture
async def withheld(world: World, database_url: str) -> AsyncIterator[None]:
    """No worker that other tests have started takes what this one queues; pages can change it all the same."""
    world.withholding = await asyncpg.connect(database_url)
    async with world.withholding.transaction():
        yield
    await world.withholding.close()


@pytest.fixture
async def strange(console: Application) -> AsyncIterator[Callable[..., Browser]]:
    """Makes browsers of who is not signed in; `client` is the address they come from."""
    opened: list[httpx.AsyncClient] = []

    def make(email: str = "", *, client: str = "203.0.113.7", host: str = "crm.example.com") -> Browser:
        transport = httpx.ASGITransport(console, client=(client, 4711))
        opened.append(httpx.AsyncClient(transport=transport, base_url=f"http://{host}"))
        return Browser(opened[-1], email)

    yield make
    for http in opened:
        await http.aclose()


@pytest.fixture
async def browser(strange: Callable[..., Browser], world: World) -> Browser:
    """An administrator of the test's own organisation, signed in, on the first page."""
    found = strange(await entitled(world))
    await found.sign_in()
    assert found.path == "/app", found.text
    return found


@pytest.fixture
async def seller(strange: Callable[..., Browser], world: World) -> Browser:
    """A Sales_User of the test's own organisation, signed in: sees their own leads only."""
    found = strange(await entitled(world, role="Sales_User"))
    await found.sign_in()
    return found
