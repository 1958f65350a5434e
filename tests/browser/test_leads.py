"""The screens about leads in a real browser: what scripts make quicker there."""

from __future__ import annotations

import re

from playwright.async_api import Page, expect


async def test_the_list_follows_what_is_typed(page: Page) -> None:
    await page.goto("/app/leads")
    rows = page.locator("#results tbody tr")
    await expect(rows).to_have_count(50)
    await page.get_by_placeholder("Name, e-mail, phone, company, city").press_sequentially("asha", delay=20)
    await expect(page).to_have_url(re.compile(r"/app/leads\?q=asha$"))
    count = await rows.count()
    assert 0 < count < 50
    assert await rows.filter(has_text=re.compile("asha", re.IGNORECASE)).count() == count
    await page.reload()
    await expect(rows).to_have_count(count)


async def test_all_on_a_page_are_ticked_at_once(page: Page) -> None:
    await page.goto("/app/leads?stage=Customer")
    count = await page.locator("#results tbody tr").count()
    await page.get_by_label("Choose all on this page").check()
    await expect(page.locator("input[name=id]:checked")).to_have_count(count)


async def test_a_group_is_edited_where_it_stands(page: Page) -> None:
    await page.goto("/app/leads")
    await page.locator("#results tbody a").first.click()
    await page.evaluate("window.stayed = true")
    await page.get_by_role("link", name="Edit: Contact").click()
    box = page.get_by_label("Job Title")
    await expect(page.get_by_label("First Name")).to_be_focused()
    await box.fill("Head of Tests")
    await page.locator("#group-contact").get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Saved.")).to_be_visible()
    await expect(page.locator("#group-contact")).to_contain_text("Head of Tests")
    await expect(page.locator(".timeline ins").first).to_have_text("Head of Tests")
    assert (await page.evaluate("window.stayed")) is True
