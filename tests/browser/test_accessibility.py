"""Every registered screen in a real browser: its controls and landmarks, contrast in light and dark, the keyboard, a small
screen, its weight, and that the browser has nothing to complain about.

The screens are taken from the registry and their addresses from links, so that a new screen is looked over without a line
here, and one that nothing leads to is found.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    FilePayload,
    Page,
    Response,
    ViewportSize,
)

import crawling
from fairlead.sandbox.demo import ACCESS_KEY, ASYNC_KEY, SECRET_KEY

HEAVIEST = 120_000
"""Bytes of a page with everything that it loads, as they are sent."""
WIDE: ViewportSize = {"width": 1280, "height": 900}
SMALL: ViewportSize = {"width": 380, "height": 760}
TABS = 6

CHECKS = (Path(__file__).parent / "checks.js").read_text()
_WATCH = """
window.focusedInOrder = [];
document.addEventListener("focusin", (event) => window.focusedInOrder.push(event.target));
document.addEventListener("securitypolicyviolation", (event) => console.error(
    `refused by the policy ${event.violatedDirective}: ${event.blockedURI} ${event.sample} ${event.target?.outerHTML ?? ""}`));
"""
# Of a long table the first rows tell what the others are like; the frame is the same on every screen, and is looked over
# with its menu and its help.
_AXE = """options => axe.run({exclude: ["tbody tr:nth-child(n+4)", "li:nth-child(n+7)", "option", ...FRAME]}, options)
    .then(found => found.violations)"""
FRAME = (".top", "#nav")
_SIDEWAYS = """() => document.documentElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll("body *")]
    .filter(e => e.checkVisibility() && e.getBoundingClientRect().right > innerWidth + 1 && !e.closest(".table-box, .chart-box, pre"))
    .slice(0, 5).map(e => e.outerHTML.slice(0, 120))"""

TABS_AT_ONCE = 3
ENTRANCE = frozenset(("/app/sign-in", "/app/first-run"))
"""Pages for who is not signed in; the second one only while nobody has a password."""

ROUTES = [
    screen.path
    for screen in crawling.screens("GET")
    if screen.path not in ENTRANCE and "." not in screen.path.rpartition("/")[2]
]
"""All pages; an address with a dot at its end is a file."""


class Eye:
    """A page of a browser, and what the browser complains about there."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.said: list[str] = []
        self.weights: dict[str, int] = {}
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.on("response", self._weigh)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.said.append(f"{message.type}: {message.text}")

    def _weigh(self, response: Response) -> None:
        self.weights[response.url] = int(response.headers.get("content-length", "0"))

    async def look(self, address: str) -> list[str]:
        """What is wrong with a page, in sentences."""
        page = self.page
        self.said.clear()
        self.weights.clear()
        await page.emulate_media(color_scheme="light", reduced_motion="reduce")
        await page.set_viewport_size(WIDE)
        try:
            response = await page.goto(address)
        except Error as error:
            return [error.message]
        if response is None or response.status != 200:
            return [f"answered with {response.status if response else 'nothing'}"]
        for _ in range(TABS):
            await page.keyboard.press("Tab")
        wrong: list[str] = await page.evaluate(CHECKS)
        wrong += await self.axe("light")
        await page.emulate_media(color_scheme="dark", reduced_motion="reduce")
        wrong += await self.axe("dark", runOnly=["color-contrast"])
        await page.set_viewport_size(SMALL)
        wrong += [f"wider than {SMALL['width']} px: {one}" for one in await page.evaluate(_SIDEWAYS)]
        weight = sum(self.weights.values())
        if weight > HEAVIEST:
            wrong.append(f"{weight} bytes: {json.dumps(self.weights, indent=1)}")
        return wrong + self.said

    async def axe(self, theme: str, *, but: tuple[str, ...] = FRAME, **options: Any) -> list[str]:
        """What the rules of axe find, `but` in these parts."""
        script = _AXE.replace("...FRAME", ", ".join(json.dumps(one) for one in but))
        found = await self.page.evaluate(script, {"resultTypes": ["violations"], "preload": False, **options})
        return [
            f"{theme}: {rule['id']}: {node['html'][:200]} {node['failureSummary'][:300]}"
            for rule in found
            for node in rule["nodes"][:5]
        ]


@pytest.fixture(scope="module")
async def context(server: str, chromium: Browser) -> AsyncIterator[BrowserContext]:
    """A browser that is signed in to the demo."""
    opened = await chromium.new_context(base_url=server, viewport=WIDE)
    await opened.add_init_script(_WATCH + AXE_SCRIPT)
    page = await opened.new_page()
    await page.goto("/app/sign-in")
    await page.get_by_role("button", name="Open the demo").click()
    await page.wait_for_url("**/app")
    await page.close()
    yield opened
    await opened.close()


async def _furnish(context: BrowserContext) -> dict[str, str]:
    """What the demo has none of: a refused call, a queued request, an import, an export, a note, a list. By route."""
    keys = {"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY}

    async def call(path: str, body: Any, **headers: str) -> Any:
        return await (await context.request.post(path, params=keys, data=body, headers=headers)).json()

    lead = [{"Attribute": "EmailAddress", "Value": "tour@example.com"}]
    activity = {"ActivityEvent": 105, "ActivityNote": "Asked for a demo"}
    refused = await call("/v2/ProspectActivity.svc/CreateCustom", activity)
    assert refused["Status"] == "Error"
    queued = {"LeadDetails": lead, "Activity": activity}
    assert "RequestID" in await call("/activity/createcustom", queued, **{"x-api-key": ASYNC_KEY})
    made = await call("/v2/LeadManagement.svc/Lead.Create", lead)
    id = made["Message"]["Id"]
    note = await call("/v2/LeadManagement.svc/CreateNote", {"RelatedProspectId": id, "Note": "Call in March"})
    own = await call("/v2/LeadSegmentation.svc/CreateEmptyList", {"Name": "Webinar", "Description": "June"})
    page = await context.request.get("/app/leads/export")
    csrf = re.findall(r'name="csrf" value="([\w-]+)"', await page.text())[0]
    file: FilePayload = {"name": "leads.csv", "mimeType": "text/csv", "buffer": b"First Name\nAda\n"}
    await context.request.post("/app/leads/export", form={"csrf": csrf, "column": "FirstName"})
    await context.request.post("/app/leads/import", multipart={"csrf": csrf, "file": file})
    known = {
        "/app/leads/{id:uuid}/notes/{note:uuid}": f"/app/leads/{id}/notes/{note['Message']['Id']}",
        "/app/lists/{id:uuid}": f"/app/lists/{own['Message']['Id']}",
    }
    # A field set of every kind of type: the page of its first field leads to a new one in the set.
    new = {"csrf": csrf, "display_name": "Check", "kind": "set", "member~1": "Photo", "kind~1": "text"}
    for section, code in (
        ("activities", 206),
        ("opportunities", 12000),
        ("accounts", 5000),
        ("account-activities", 10001),
    ):
        fields = f"/app/settings/{section}/{code}/fields"
        made = await context.request.post(f"{fields}/new", form=new)
        [name] = re.findall(r">Check</a>.*?<code>(\w+)</code>", await made.text(), re.DOTALL)
        known[f"/app/settings/{section}/{{code:int}}/fields/{{field}}/new"] = f"{fields}/{name}/new"
    return known | {"/app/settings/lead-fields/{field}/new": "/app/settings/lead-fields/mx_KYC/new"}


@pytest.fixture(scope="module")
async def seen(context: BrowserContext) -> dict[str, list[str]]:
    """What is wrong with each screen that something leads to, by its route; some are looked at at the same time."""

    pieces = set()  # of a page, for htmx; nothing of a page of their own

    async def text(address: str) -> str:
        response = await context.request.get(address)
        said = await response.text()
        if response.ok and "<!doctype html>" not in said[:100]:
            pieces.add(address)
        return said if response.ok else ""

    addresses = await crawling.addresses(text, known=await _furnish(context))
    waiting = [(route, addresses[route]) for route in ROUTES if route in addresses]
    found: dict[str, list[str]] = {}

    async def look() -> None:
        eye = Eye(await context.new_page())
        while waiting:
            route, address = waiting.pop()
            found[route] = await eye.look(address) if address not in pieces else []
        await eye.page.close()

    await asyncio.gather(*(look() for _ in range(TABS_AT_ONCE)))
    return found


@pytest.mark.parametrize("route", ROUTES)
async def test_a_screen_can_be_used_by_everybody(seen: dict[str, list[str]], route: str) -> None:
    wrong = seen.get(route, [f"no link or form leads to {route}"])
    if wrong:
        pytest.fail("\n".join(wrong), pytrace=False)


async def test_the_entrance_can_be_used_by_everybody(server: str, chromium: Browser) -> None:
    stranger = await chromium.new_context(base_url=server, viewport=WIDE)
    await stranger.add_init_script(_WATCH + AXE_SCRIPT)
    found = await Eye(await stranger.new_page()).look("/app/sign-in")
    await stranger.close()
    assert found == []


@pytest.mark.parametrize("size", [WIDE, SMALL], ids=["wide", "small"])
async def test_menu_and_help_can_be_used_by_everybody(context: BrowserContext, size: ViewportSize) -> None:
    eye = Eye(await context.new_page())
    await eye.page.set_viewport_size(size)
    await eye.page.goto("/app")
    for theme in ("light", "dark"):
        await eye.page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        for opened in ("help", "my-menu"):
            await eye.page.evaluate("id => document.getElementById(id).showPopover()", opened)
            assert await eye.axe(theme, but=()) == []
            await eye.page.evaluate("id => document.getElementById(id).hidePopover()", opened)
    assert eye.said == []
    await eye.page.close()


@pytest.mark.parametrize("size", [WIDE, SMALL], ids=["wide", "small"])
async def test_what_opens_on_the_screens_of_leads_can_be_used_by_everybody(
    context: BrowserContext, size: ViewportSize
) -> None:
    eye = Eye(await context.new_page())
    page = eye.page
    await page.set_viewport_size(size)
    await page.emulate_media(reduced_motion="reduce")

    async def fine() -> None:
        for theme in ("light", "dark"):
            await page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            assert await eye.axe(theme) == []
            assert await page.evaluate(_SIDEWAYS) == []

    await page.goto("/app/leads?stage=Customer&field=Score&op=%3E&value=5")
    await page.evaluate("document.querySelectorAll('details').forEach(one => (one.open = true))")
    await page.get_by_label("Field", exact=True).select_option(label="Lead Source")
    await page.get_by_label("Comparison").select_option(label="is one of")
    await page.get_by_label("Choose all on this page").check()
    await fine()
    await page.get_by_role("button", name="Delete", exact=True).click()
    await fine()
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Choose none").click()
    await page.get_by_role("button", name="Columns").click()
    await fine()
    await page.keyboard.press("Escape")
    await page.locator("#results tbody a.strong").first.click()
    await page.locator("#timeline").wait_for()
    if size is SMALL:
        await page.get_by_role("link", name="Details", exact=True).click()
    await page.evaluate("document.querySelectorAll('#details details').forEach(one => (one.open = true))")
    for name in ("FirstName", "mx_KYC", "Company"):
        await page.locator(f"#field-{name} .value").click()
        await page.locator(f"#field-{name} .line-form").wait_for()
    await fine()
    assert eye.said == []
    await page.close()
