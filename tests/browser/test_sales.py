"""The screens about sales in a real browser: from the lead to the sale, and its end."""

from __future__ import annotations

from playwright.async_api import Page, expect


async def test_a_sale_is_posted_on_a_lead_and_cancelled(page: Page) -> None:
    await page.goto("/app/leads?stage=Prospect")
    await page.locator("#results tbody a").first.click()
    await page.get_by_role("link", name="Sale", exact=True).click()
    await expect(page.get_by_label("Product")).to_be_focused()
    await page.get_by_label("Product").select_option(index=1)
    await page.get_by_label("Order Value").fill("1234567.5")
    await page.get_by_role("button", name="Add the sale").click()
    await expect(page.get_by_text("The sale is added.")).to_be_visible()
    await page.locator(".timeline").get_by_role("link", name="Sales Activity").first.click()
    await expect(page.locator(".page-head")).to_contain_text("₹12,34,567.50")
    await page.get_by_role("button", name="Cancel the sale").first.click()
    await page.get_by_label("Why it is cancelled").fill("Ordered twice")
    await page.get_by_role("dialog").get_by_role("button", name="Cancel the sale").click()
    await expect(page.locator(".page-head")).to_contain_text("Cancelled")
    await page.get_by_role("link", name="Sales", exact=True).first.click()
    await expect(page.get_by_role("heading", name="Sales", exact=True)).to_be_visible()
    await expect(page.locator("#main")).not_to_contain_text("₹12,34,567.50")
