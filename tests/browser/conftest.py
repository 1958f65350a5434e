"""A real browser on a server of its own. Where there is none these tests are skipped and say so; where CI=true, they fail."""

from __future__ import annotations

import asyncio
import os
import re
import threading
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import uvicorn
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from chromium import ARGUMENTS, PROGRAM
from fairlead.app import Application
from fairlead.db import migrate
from fairlead.db.pool import connect
from fairlead.sandbox import demo
from fairlead.server import bind
from fairlead.settings import Settings

PATIENCE = 10_000
"""Milliseconds that a page may take to show what a test waits for."""


@pytest.fixture(scope="session")
async def chromium(anyio_backend: object) -> AsyncIterator[Browser]:
    """Chromium of this machine, without a window."""
    if PROGRAM is None:
        if os.environ.get("CI") == "true":
            pytest.fail("no browser: .ci/run installs chromium-headless-shell")
        pytest.skip("no browser here: install chromium-headless-shell or chromium to test the screens in one")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=PROGRAM, args=list(ARGUMENTS))
        yield browser
        await browser.close()


@pytest.fixture(scope="session")
def server(database_url: str) -> Iterator[str]:
    """The address of a server with the demo organisation, on a port and a database of its own."""
    own_url = database_url.replace("/fairlead?", "/browser?")

    async def make_database() -> None:
        db = await connect(database_url)
        try:
            await db.execute("create database browser")
        finally:
            await db.close()

    async def make() -> None:
        db = await connect(own_url)
        try:
            async with db.transaction():
                await demo.ensure(db, now=datetime.now(UTC) - timedelta(minutes=1))
        finally:
            await db.close()

    asyncio.run(make_database())
    migrate.upgrade(own_url)
    asyncio.run(make())
    bound = bind("127.0.0.1", 0)
    application: Any = Application(Settings(demo=True, queue_workers=0), own_url)
    config = uvicorn.Config(
        application, lifespan="on", log_config=None, ws="none", timeout_graceful_shutdown=2
    )
    running = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: running.run(sockets=[bound]))
    thread.start()
    yield f"http://127.0.0.1:{bound.getsockname()[1]}"
    running.should_exit = True
    thread.join(20)
    bound.close()


@pytest.fixture
async def context(server: str, chromium: Browser) -> AsyncIterator[BrowserContext]:
    """A browser of the test's own: no cookies yet. Whatever it writes to its console fails the test."""
    opened = await chromium.new_context(base_url=server, viewport={"width": 1280, "height": 900})
    opened.set_default_timeout(PATIENCE)
    said: list[str] = []

    def hear(kind: str, text: str) -> None:
        # A form that is refused is answered with 422, which the browser calls an error.
        if kind in ("error", "warning") and "status of 4" not in text:
            said.append(text)

    opened.on("console", lambda message: hear(message.type, message.text))
    opened.on("weberror", lambda error: said.append(str(error.error)))
    yield opened
    await opened.close()
    assert said == []


@pytest.fixture
async def page(context: BrowserContext) -> Page:
    """A page that is nowhere yet, signed in to the demo as its button does it."""
    entrance = await (await context.request.get("/app/sign-in")).text()
    [csrf] = set(re.findall(r'name="csrf" value="([\w-]+)"', entrance))
    opened = await context.request.post("/app/sign-in/demo", form={"csrf": csrf}, max_redirects=0)
    assert opened.headers["location"] == "/app", opened.status
    return await context.new_page()
