"""The screens about accounts in a real browser: what scripts make quicker there."""

from __future__ import annotations

import re

from playwright.async_api import Page, expect


async def test_an_account_is_found_by_typing_and_edited_where_it_stands(page: Page) -> None:
    await page.goto("/app/accounts")
    rows = page.locator("#results tbody tr")
    await expect(rows).to_have_count(8)
    await page.evaluate("window.stayed = true")
    await page.get_by_placeholder("Name of the account").press_sequentially("blue", delay=20)
    await expect(page).to_have_url(re.compile(r"/app/accounts\?q=blue$"))
    await expect(rows).to_have_count(1)
    await rows.get_by_role("link").click()
    await page.get_by_role("link", name="Edit: Account", exact=True).click()
    await expect(page.get_by_label("Account Name")).to_be_focused()
    await page.get_by_label("Employees").fill("1234")
    await page.locator("#group-account").get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Saved.")).to_be_visible()
    await expect(page.locator("#group-account")).to_contain_text("1,234")
    await expect(page.locator(".timeline ins").first).to_have_text("1,234")
    assert (await page.evaluate("window.stayed")) is True
