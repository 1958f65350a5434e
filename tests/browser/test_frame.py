"""The frame of the console in a real browser: quick, by keyboard, on small screens, in the dark, without scripts."""

from __future__ import annotations

from playwright.async_api import Browser, Page, expect


async def test_home_shows_numbers_and_a_chart(page: Page) -> None:
    await expect(page.get_by_role("heading", name="Leads by stage")).to_be_visible()
    # Its bars lead to the days, so that it is no picture.
    await expect(page.get_by_role("group", name="Activities per day")).to_be_visible()
    assert (await page.locator(".chart-svg .bar rect").count()) > 10


async def test_links_swap_the_main_region_and_the_way_back_works(page: Page) -> None:
    await page.evaluate("window.stayed = true")
    await page.get_by_role("button", name="My menu").click()
    await page.get_by_role("link", name="Password and sessions").click()
    await expect(page.get_by_role("heading", name="Sri Sudhan")).to_be_visible()
    assert page.url.endswith("/app/me")
    assert (await page.evaluate("window.stayed")) is True
    await expect(page.locator("#nav [aria-current]")).to_have_count(0)
    await page.go_back()
    await expect(page.get_by_role("heading", name="Home")).to_be_visible()
    await expect(page.locator("#nav [aria-current]")).to_have_text("Home")
    assert (await page.title()) == "Home · Fairlead"
    await page.go_forward()
    await expect(page.get_by_role("heading", name="Sri Sudhan")).to_be_visible()
    await page.reload()
    await expect(page.get_by_role("heading", name="Sri Sudhan")).to_be_visible()


async def test_the_keyboard_leads_everywhere(page: Page) -> None:
    await page.goto("/app/me")
    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog", name="Keyboard")).to_be_hidden()
    await page.keyboard.press("g")
    await page.keyboard.press("h")
    await expect(page.get_by_role("heading", name="Home")).to_be_visible()


async def test_a_small_screen_needs_no_scrolling_sideways(page: Page) -> None:
    await page.set_viewport_size({"width": 380, "height": 760})
    for path in ("/app", "/app/me"):
        await page.goto(path)
        assert (await page.evaluate("document.documentElement.scrollWidth")) <= 380
    await expect(page.locator("#nav")).to_be_hidden()
    await page.locator("label[for=nav-toggle]").click()
    await expect(page.locator("#nav")).to_be_visible()
    await page.locator("#nav").get_by_role("link", name="Home").click()
    await expect(page.get_by_role("heading", name="Home")).to_be_visible()
    await expect(page.locator("#nav")).to_be_hidden()


async def test_light_and_dark_can_be_chosen(page: Page) -> None:
    async def ground() -> str:
        return str(await page.evaluate("getComputedStyle(document.body).backgroundColor"))

    light = await ground()
    await page.emulate_media(color_scheme="dark")
    dark = await ground()
    assert light != dark
    await page.get_by_role("button", name="My menu").click()
    await page.get_by_role("button", name="Light", exact=True).click()
    await expect(page.locator("html")).to_have_attribute("data-theme", "light")
    assert await ground() == light


async def test_everything_works_without_scripts(chromium: Browser, server: str) -> None:
    context = await chromium.new_context(base_url=server, java_script_enabled=False)
    page = await context.new_page()
    await page.goto("/app/me")
    await page.get_by_role("button", name="Open the demo").click()
    await page.goto("/app/me")
    await expect(page.get_by_role("heading", name="Sri Sudhan")).to_be_visible()
    await page.get_by_role("button", name="My menu").click()
    await page.get_by_role("button", name="Sign out", exact=True).click()
    await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    await context.close()


async def test_a_session_that_ended_leads_to_the_entrance(page: Page) -> None:
    await page.context.clear_cookies(name="fairlead_session")
    await page.get_by_role("button", name="My menu").click()
    await page.get_by_role("link", name="Password and sessions").click()
    await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert "next=" in page.url
