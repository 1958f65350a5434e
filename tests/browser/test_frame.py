"""The frame of the console in a real browser: quick, by keyboard, on small screens, in the dark, without scripts."""

from __future__ import annotations

import asyncio
import re

from playwright.async_api import Browser, Page, Route, expect


async def test_home_shows_numbers_and_a_chart(page: Page) -> None:
    await page.goto("/app")
    await expect(page.get_by_role("heading", name="Leads by stage")).to_be_visible()
    # Its bars lead to the days, so that it is no picture.
    await expect(page.get_by_role("group", name="Activities per day", exact=True)).to_be_visible()
    assert (await page.locator(".chart-svg .bar rect").count()) > 10


async def test_links_swap_the_main_region_and_the_way_back_works(page: Page) -> None:
    await page.goto("/app")
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


async def test_the_link_that_was_clicked_last_is_where_one_comes_to(page: Page) -> None:
    await page.goto("/app")

    async def slowly(route: Route) -> None:
        answer = await route.fetch()
        await asyncio.sleep(0.3)
        await route.fulfill(response=answer)

    await page.route("**/app/accounts", slowly)
    async with page.expect_request("**/app/accounts"):
        await page.locator("#nav").get_by_role("link", name="Accounts", exact=True).click()
    await page.route("**/app/sales", slowly)
    await page.locator("#nav").get_by_role("link", name="Sales").click()
    await expect(page.get_by_role("heading", name="Sales", level=1)).to_be_visible()
    assert page.url.endswith("/app/sales")


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
    await page.goto("/app")

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
    await page.goto("/app")
    await page.context.clear_cookies(name="fairlead_session")
    await page.get_by_role("button", name="My menu").click()
    await page.get_by_role("link", name="Password and sessions").click()
    await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert "next=" in page.url


async def scrolled_to(page: Page, place: int) -> None:
    """Wait until the page stands there."""
    async with asyncio.timeout(5):
        while (await page.evaluate("Math.round(scrollY)")) != place:  # noqa: ASYNC110  no event tells of it
            await asyncio.sleep(0.02)


async def signed_in(chromium: Browser, server: str) -> Page:
    """Another browser of the same person."""
    page = await (await chromium.new_context(base_url=server)).new_page()
    await page.goto("/app/sign-in")
    await page.get_by_role("button", name="Open the demo").click()
    await page.wait_for_url("**/app")
    return page


async def test_everything_is_searched_while_one_types_and_by_keyboard_alone(page: Page) -> None:
    await page.goto("/app")
    box = page.get_by_role("combobox", name="Search leads, accounts and opportunities")
    await page.keyboard.press("Control+k")
    await expect(box).to_be_focused()
    await box.press_sequentially("singh", delay=20)
    await expect(page.get_by_role("group", name="Leads").get_by_role("option").first).to_be_visible()
    await expect(page.get_by_role("group", name="Opportunities").get_by_role("option").first).to_be_visible()
    await box.press("ArrowDown")
    await box.press("ArrowDown")
    second = page.get_by_role("option").nth(1)
    await expect(second).to_have_attribute("aria-selected", "true")
    await expect(box).to_have_attribute("aria-activedescendant", "found-2")
    address = await second.get_attribute("href")
    await box.press("Enter")
    await page.wait_for_url(f"**{address}")
    await expect(box).to_have_value("")
    await expect(page.get_by_role("listbox")).to_be_hidden()
    await page.keyboard.press("Control+k")
    await box.fill("singh")
    await box.press("Enter")
    await page.wait_for_url("**/app/search?q=singh")
    await expect(page.get_by_role("heading", name="Search")).to_be_visible()
    await expect(box).to_have_value("singh")
    await page.get_by_role("link", name="Home").click()
    await expect(box).to_have_value("")


async def test_a_slash_goes_to_the_search_of_the_list_that_is_shown(page: Page) -> None:
    await page.goto("/app")
    await page.keyboard.press("/")
    await expect(page.locator("#search")).to_be_focused()
    await page.goto("/app/accounts")
    await page.keyboard.press("/")
    await expect(page.locator("#main input[type=search]").first).to_be_focused()


async def test_back_and_reload_lead_to_the_place_where_one_was(page: Page) -> None:
    await page.goto("/app/leads")
    await page.evaluate("scrollTo(0, 700)")
    await page.wait_for_timeout(100)
    await page.locator("#results tbody tr").nth(15).get_by_role("link").first.click()
    await expect(page.get_by_role("heading", name="Timeline")).to_be_visible()
    await scrolled_to(page, 0)
    await page.evaluate("scrollTo(0, 200)")
    await page.wait_for_timeout(100)
    await page.go_back()
    await expect(page.get_by_role("heading", name="Leads", exact=True)).to_be_visible()
    await scrolled_to(page, 700)
    await page.go_forward()
    await expect(page.get_by_role("heading", name="Timeline")).to_be_visible()
    await scrolled_to(page, 200)
    await page.reload()
    await scrolled_to(page, 200)


async def test_a_page_that_is_filtered_stays_where_it_is_and_one_that_is_turned_begins_at_its_top(
    page: Page,
) -> None:
    await page.goto("/app/leads")
    await page.get_by_role("link", name="Next").scroll_into_view_if_needed()
    await page.get_by_role("link", name="Next").click()
    await page.wait_for_url("**page=2")
    await scrolled_to(page, 0)
    await page.set_viewport_size({"width": 1280, "height": 500})
    await page.goto("/app/async")
    await page.evaluate("scrollTo(0, 150)")
    await page.get_by_role("button", name="Filter").click()
    await page.wait_for_url("**/app/async?**")
    assert (await page.evaluate("scrollY")) > 100


async def test_a_session_that_ended_takes_nothing_that_was_typed(
    page: Page, chromium: Browser, server: str
) -> None:
    await page.goto("/app/leads/new")
    await page.get_by_label("First Name").fill("Kept by the browser")
    other = await signed_in(chromium, server)
    await other.goto("/app/me")
    await other.get_by_role("button", name="Sign out everywhere").click()
    await other.wait_for_url("**/sign-in")
    await other.context.close()
    await page.get_by_role("button", name="Create the lead").click()
    await expect(page.get_by_text("Your session has ended, so nothing was done.")).to_be_visible()
    await page.get_by_role("button", name="Open the demo").click()
    await page.wait_for_url("**/app/leads/new")
    await expect(page.get_by_label("First Name")).to_have_value("Kept by the browser")
    await expect(page.get_by_text("What you had typed is back.")).to_be_visible()
    await page.reload()
    await expect(page.get_by_label("First Name")).to_have_value("")


async def test_passwords_are_never_kept(page: Page, chromium: Browser, server: str) -> None:
    await page.goto("/app/settings/users/new")
    kept = await page.evaluate(
        """() => {
            const form = document.createElement("form");
            form.innerHTML = '<input name="a" value="typed"><input type="password" name="b" value="secret">';
            document.getElementById("main").append(form);
            form.dispatchEvent(new CustomEvent("kept", { bubbles: true }));
            return JSON.stringify(sessionStorage);
        }"""
    )
    assert "typed" not in kept
    assert "secret" not in kept


async def test_a_command_line_is_copied(page: Page) -> None:
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await page.goto("/app/reference/create-a-lead")
    await page.get_by_role("button", name="Copy").click()
    await expect(page.get_by_role("button", name="Copied")).to_be_visible()
    copied = await page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("curl -X POST http://")
    assert copied == await page.locator("#command").inner_text()


async def test_an_answer_comes_beside_what_was_typed(page: Page) -> None:
    await page.goto("/app/reference/create-a-lead")
    await page.get_by_label("Secret key").fill("wrong-secret")
    await page.get_by_role("textbox", name="Body").fill("[]")
    await page.get_by_role("button", name="Send").scroll_into_view_if_needed()
    before = await page.evaluate("Math.round(scrollY)")
    await page.get_by_role("button", name="Send").click()
    await expect(page.get_by_label("Answer")).to_contain_text("MXInvalidAccessDetailsException")
    await expect(page.get_by_label("Secret key")).to_have_value("wrong-secret")
    await expect(page.get_by_role("textbox", name="Body")).to_have_value("[]")
    assert abs(await page.evaluate("Math.round(scrollY)") - before) < 40


async def test_charts_show_today_first_on_a_small_screen_and_tables_keep_words_whole(page: Page) -> None:
    await page.set_viewport_size({"width": 380, "height": 760})
    await page.goto("/app")
    last = page.locator(".wide-chart .axis.x text").last
    box = await last.bounding_box()
    assert box is not None
    assert box["x"] < 380
    await page.goto("/app/settings/products")
    broken = await page.evaluate(
        """() => [...document.querySelectorAll("td code")].filter((code) => code.getClientRects().length > 1).length"""
    )
    assert broken == 0


async def test_the_help_is_reached_on_a_small_screen_and_tells_of_the_board(page: Page) -> None:
    await page.goto("/app")
    await page.set_viewport_size({"width": 380, "height": 760})
    await page.get_by_role("button", name="My menu").click()
    await page.get_by_role("button", name="Keyboard and help").click()
    shown = page.get_by_role("dialog", name="Keyboard")
    await expect(shown.get_by_text("Move it a stage on")).to_be_visible()
    await expect(shown.get_by_role("link", name="API reference")).to_have_attribute(
        "href", re.compile("^/app/reference")
    )
