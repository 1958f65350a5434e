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


async def test_a_condition_columns_and_a_view_are_made_and_kept(page: Page) -> None:
    await page.goto("/app/leads")
    rows = page.locator("#results tbody tr")
    await expect(rows).to_have_count(50)
    await page.get_by_label("Field", exact=True).select_option(label="Lead Score")
    await page.get_by_label("Comparison").select_option(label="is between")
    await page.get_by_label("and", exact=True).fill("30")  # comes with this comparison
    await page.get_by_label("Value", exact=True).fill("20")
    await page.get_by_role("button", name="Filter").click()
    await expect(page.get_by_role("link", name="Take away: Lead Score is between 20 and 30")).to_be_visible()
    count = await rows.count()
    assert 0 < count < 50
    await page.get_by_role("button", name="Columns").click()
    columns = page.get_by_role("dialog", name="Columns of this list")
    await columns.get_by_label("City", exact=True).check()
    await columns.get_by_label("Owner", exact=True).uncheck()
    await columns.get_by_role("button", name="Show these").click()
    await expect(page.get_by_role("columnheader", name="City")).to_be_visible()
    await expect(page.get_by_role("columnheader", name="Owner")).to_have_count(0)
    await expect(page).to_have_url(re.compile("columns=stage%2Csource%2Cscore%2Cactive%2Ccreated%2Cmx_City$"))
    await page.get_by_role("button", name="Save view").click()
    await page.get_by_role("dialog", name="Save this view").get_by_label("Name").fill("Warm")
    await page.get_by_role("dialog", name="Save this view").get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Saved the view “Warm”.")).to_be_visible()
    await page.goto("/app/leads")
    await page.get_by_role("link", name="Warm").click()
    await expect(page.get_by_role("columnheader", name="City")).to_be_visible()
    await expect(rows).to_have_count(count)
    await page.reload()
    await expect(rows).to_have_count(count)
    await page.go_back()
    await expect(rows).to_have_count(50)
    await page.go_forward()
    await page.get_by_role("button", name="Remove view").click()
    await expect(page.get_by_text("The view is removed.")).to_be_visible()
    await expect(page.get_by_role("link", name="Warm")).to_have_count(0)


async def test_chosen_leads_go_into_a_new_list(page: Page) -> None:
    await page.goto("/app/leads?stage=Customer")
    for at in (1, 2):
        await page.locator("#results tbody input[name=id]").nth(at).check()
    await page.get_by_role("button", name="Add to a list").click()
    await expect(page.get_by_role("heading", name="Add 2 leads to a list")).to_be_visible()
    await page.get_by_label("or a new list with the name").fill("Call again")
    await page.get_by_role("button", name="Add", exact=True).click()
    await expect(page.get_by_text("2 leads were added to “Call again”.")).to_be_visible()
    assert page.url.endswith("/app/leads?stage=Customer")
    await page.goto("/app/lists")
    await page.get_by_role("link", name="Call again").click()
    await expect(page.locator("tbody tr")).to_have_count(2)
    await page.get_by_role("button", name="Empty").click()
    await page.get_by_role("button", name="Empty the list").click()
    await expect(page.get_by_text("No leads in this list")).to_be_visible()


async def test_deleting_asks_first(page: Page) -> None:
    await page.goto("/app/leads?sort=created")
    rows = page.locator("#results tbody tr")
    first = await rows.nth(0).locator("input[name=id]").get_attribute("value")
    await rows.nth(0).locator("input[name=id]").check()
    await page.get_by_role("button", name="Delete", exact=True).click()
    asking = page.get_by_role("dialog", name="Delete the chosen leads?")
    await asking.get_by_role("button", name="Cancel").click()
    await expect(asking).to_be_hidden()
    await page.get_by_role("button", name="Delete", exact=True).click()
    await asking.get_by_role("button", name="Delete the leads").click()
    await expect(page.get_by_text("1 lead is deleted.")).to_be_visible()
    await expect(page.locator(f'input[value="{first}"]')).to_have_count(0)
