"""The screens about one opportunity in a real browser."""

from __future__ import annotations

import re

from playwright.async_api import Page, expect

LIST = "/app/opportunities?type=12005&view=list"


async def test_a_stage_follows_the_status(page: Page) -> None:
    await page.goto(LIST)
    await page.locator("#results tbody a.strong").first.click()
    head = page.get_by_role("form", name="Status, stage and owner")
    stage = head.get_by_label("Stage")
    await head.get_by_label("Status").select_option("Won")
    await expect(stage).to_have_value("Closed Won")
    await head.get_by_label("Status").select_option("Lost")
    await expect(stage).to_have_value("Closed Lost")
    await head.get_by_label("Status").select_option("Open")
    await expect(stage).to_have_value("Prospecting")
    await stage.select_option("Proposal")
    await head.get_by_label("Status").select_option("Open")
    await expect(stage).to_have_value("Proposal")


async def test_a_lead_is_found_as_one_types_and_the_form_follows(page: Page) -> None:
    await page.goto("/app/opportunities")
    await page.get_by_role("link", name="New opportunity").click()
    find = page.get_by_label("Which lead?")
    await expect(find).to_be_focused()
    name = await page.locator(".pick-row .strong").nth(3).inner_text()
    await find.fill(name)
    await expect(page).to_have_url(re.compile(r"/app/opportunities/new\?q="))
    await expect(page.locator(".pick-row").first).to_contain_text(name)
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text("New opportunity")
    await expect(page.locator("main")).to_contain_text(f"For {name}")
    stage = page.get_by_label("Stage")
    await page.get_by_label("Status").select_option("Won")
    await expect(stage).to_have_value("Closed Won")
