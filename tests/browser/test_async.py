"""The queue in a real browser: a request that failed through a fault of ours is found, run again, and done."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import asyncpg
import httpx
import msgspec
import pytest
from playwright.async_api import Page, expect

from fairlead import app
from fairlead.orgs.definitions import Cache
from fairlead.sandbox.demo import ACCESS_KEY
from fairlead.wire.operation import Call, Plan, Registry
from fairlead.wire.queue.crew import Crew
from fairlead.wire.queue.worker import DELAYS
from world.serving import Log

KEYS = {"x-LSQ-AccessKey": ACCESS_KEY, "x-LSQ-SecretKey": "demo-secret", "x-api-key": "demo-async-key"}
NOTE = "Called back from the browser's test"


@pytest.fixture
async def db(database_url: str, server: str) -> AsyncIterator[Any]:
    """The database of the browser's server."""
    assert server
    opened = await asyncpg.connect(database_url.replace("/fairlead?", "/browser?"))
    yield opened
    await opened.close()


def faulty() -> Registry:
    """The operations, of which the opportunity update fails."""

    def failing(function: Callable[[Any], Plan[Any]]) -> Callable[[Any], Plan[Any]]:
        def started(call: Call[Any, Any]) -> Plan[Any]:
            if getattr(call.body, "OpportunityNote", None) == NOTE:
                raise RuntimeError(NOTE)
            return (yield from function(call))

        return started

    found = Registry()
    for operation in app.registry().all():
        found.add(msgspec.structs.replace(operation, function=failing(operation.function)))
    return found


async def worked(db: Any, url: str, registry: Registry, request: str, state: str) -> None:
    """A worker, until the request is in a state."""
    crew = Crew(url, Cache(), registry, 1)
    await crew.open()
    try:
        for _ in range(1000):
            if await db.fetchval("select state from async_request where id = $1", request) == state:
                return
            await asyncio.sleep(0.02)
    finally:
        await crew.close()
    raise AssertionError(state)


async def submitted(db: Any, server: str) -> str:
    opportunity = str(await db.fetchval("select id from activity where code >= 12000 order by id limit 1"))
    async with httpx.AsyncClient(base_url=server, headers=KEYS) as http:
        body = {"ProspectOpportunityId": opportunity, "OpportunityNote": NOTE}
        answer = await http.post("/opportunity/update", json=body)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["RequestID"])


async def test_one_that_failed_is_run_again_and_is_done(
    page: Page, db: Any, server: str, database_url: str, log: Log
) -> None:
    url = database_url.replace("/fairlead?", "/browser?")
    request = await submitted(db, server)
    await db.execute("update async_request set attempts = $2 where id = $1", request, len(DELAYS))
    await worked(db, url, faulty(), request, "failure")
    log.faults.clear()

    await page.goto("/app")
    await page.locator("#nav").get_by_role("link", name="Queue").click()
    await page.get_by_label("Status").select_option("failure")
    await page.get_by_role("button", name="Filter").click()
    await page.wait_for_url("**/app/async?state=failure*")
    row = page.locator("tbody tr").filter(has=page.locator(f"a[href='/app/async/{request}']"))
    await expect(row).to_contain_text("Failed")
    await row.locator("a").first.click()
    await expect(page.get_by_text("The server could not do it, after all attempts.")).to_be_visible()
    await page.get_by_role("button", name="Run again").click()
    await expect(page.get_by_text("It is back in the queue.")).to_be_visible()
    await expect(page.locator("dl .badge")).to_have_text("Waiting")

    await worked(db, url, app.registry(), request, "success")
    await page.reload()
    await expect(page.locator("dl .badge")).to_have_text("Done")
    await expect(page.get_by_role("button", name="Run again")).to_have_count(0)
    note = await db.fetchval("select count(*) from activity where note = $1", NOTE)
    assert note == 1


async def test_one_that_waits_is_given_up_after_a_question(page: Page, db: Any, server: str) -> None:
    request = await submitted(db, server)
    await page.goto(f"/app/async/{request}")
    await page.get_by_role("button", name="Give up").first.click()
    dialog = page.get_by_role("dialog", name="Give up this request?")
    await expect(dialog).to_be_visible()
    await dialog.get_by_role("button", name="Cancel").click()
    await expect(dialog).to_be_hidden()
    assert await db.fetchval("select state from async_request where id = $1", request) == "queued"
    await page.get_by_role("button", name="Give up").first.click()
    await dialog.get_by_role("button", name="Give up").click()
    await expect(page.get_by_text("It is given up.")).to_be_visible()
    await expect(page.locator("dl .badge")).to_have_text("Failed")
