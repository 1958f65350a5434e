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


async def test_what_is_done_with_leads_shows_once_some_are_chosen(page: Page) -> None:
    await page.goto(
        "/app/leads?field=Score&op=%3E&value=0"
    )  # without those that other tests may have imported
    bar = page.get_by_role("group", name="The chosen leads")
    await expect(bar).to_be_hidden()
    await page.locator("#results tbody input[name=id]").nth(3).check()
    await page.locator("#results tbody input[name=id]").nth(5).check()
    await expect(bar).to_contain_text("2 selected")
    await expect(page.get_by_role("button", name="Columns")).to_be_hidden()
    await expect(page.locator("input[name=every]")).to_be_hidden()
    await page.get_by_label("Choose all on this page").check()
    await expect(bar).to_contain_text("50 selected")
    every = bar.locator("input[name=every]")
    total = int(await every.get_attribute("value") or "")
    assert total > 50
    await every.check()
    await expect(bar).to_contain_text(f"{total} selected")
    await page.get_by_role("button", name="Delete", exact=True).click()
    await expect(page.get_by_role("dialog", name=f"Delete {total} leads?")).to_be_visible()
    await page.keyboard.press("Escape")
    await page.locator("#results tbody input[name=id]").nth(0).uncheck()
    await expect(bar).to_contain_text("49 selected")
    await bar.get_by_role("button", name="Choose none").click()
    await expect(bar).to_be_hidden()
    await expect(page.locator("input[name=id]:checked")).to_have_count(0)


async def test_each_filter_asks_by_itself(page: Page) -> None:
    await page.goto("/app/leads")
    await page.evaluate("window.stayed = true")
    await expect(page.get_by_role("button", name="Filter")).to_be_hidden()
    await page.get_by_label("Stage", exact=True).and_(page.locator("select")).select_option("Customer")
    await expect(page).to_have_url(re.compile(r"/app/leads\?stage=Customer$"))
    await page.get_by_label("Field", exact=True).select_option(label="Lead Score")
    await page.get_by_label("Comparison").select_option(label="is more than")
    # Meanwhile a name is looked for, and what was begun stays.
    await page.get_by_placeholder("Name, e-mail, phone, company, city").fill("a")
    await expect(page).to_have_url(re.compile(r"/app/leads\?q=a&stage=Customer$"))
    await page.get_by_label("Value", exact=True).fill("20")
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Take away: Lead Score is more than 20")).to_be_visible()
    await expect(page.get_by_label("Comparison")).to_have_count(0)
    await page.get_by_role("link", name="Clear").click()
    await expect(page).to_have_url(re.compile(r"/app/leads$"))
    await expect(page.get_by_placeholder("Name, e-mail, phone, company, city")).to_have_value("")
    assert (await page.evaluate("window.stayed")) is True


async def test_columns_are_found_by_name_and_put_in_order(page: Page) -> None:
    await page.goto("/app/leads")
    await page.get_by_role("button", name="Columns").click()
    columns = page.get_by_role("dialog", name="Columns of this list")
    await columns.get_by_role("button", name="Move Owner up").click()
    await columns.get_by_label("Search the columns").fill("own")
    await expect(columns.get_by_label("City", exact=True)).to_be_hidden()
    await columns.get_by_label("Owner Email").check()
    await columns.get_by_label("Search the columns").fill("no such column")
    await expect(columns.get_by_text("No column has this in its name.")).to_be_visible()
    await columns.get_by_role("button", name="Show these").click()
    await expect(page.locator("thead th").nth(2)).to_have_text("Owner")
    await expect(page.locator("thead th").last).to_have_text("Owner Email")


async def test_on_a_phone_the_list_begins_with_leads_and_a_lead_has_two_parts(page: Page) -> None:
    await page.set_viewport_size({"width": 380, "height": 760})
    await page.goto("/app/leads")
    first = await page.locator("#results tbody tr").first.bounding_box()
    assert first is not None
    assert first["y"] < 330
    stage = page.get_by_label("Stage", exact=True).and_(page.locator("select"))
    await expect(stage).to_be_hidden()
    await page.get_by_text("Filters", exact=True).click()
    await stage.select_option("Customer")
    await expect(page).to_have_url(re.compile("stage=Customer$"))
    await expect(page.locator("#filter-count")).to_have_text("1")
    name = page.locator("#results tbody a.strong").first
    await page.locator(".table-box").evaluate("box => box.scrollLeft = 300")
    at = await name.bounding_box()
    assert at is not None
    assert at["x"] > 0, "the name stays while the rest moves"
    await name.click()
    timeline, details = page.locator("#timeline"), page.locator("#details")
    await expect(timeline).to_be_visible()
    await expect(details).to_be_hidden()
    await page.get_by_role("link", name="Details", exact=True).click()
    await expect(page).to_have_url(re.compile("#details$"))
    await expect(details).to_be_visible()
    await expect(timeline).to_be_hidden()
    await page.get_by_role("link", name="Edit: Contact").click()
    await page.get_by_label("Job Title").fill("On the way")
    await page.locator("#group-contact").get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Saved.")).to_be_visible()
    await expect(details).to_be_visible()
    await page.get_by_role("link", name="Leads", exact=True).first.click()
    await expect(page.get_by_role("heading", name="Leads")).to_be_visible()
    await page.go_back()
    await expect(details).to_be_visible()
    await page.reload()
    await expect(details).to_be_visible()
    await page.get_by_role("link", name="Timeline", exact=True).click()
    await expect(timeline).to_be_visible()
    await expect(details).to_be_hidden()


async def test_one_field_is_edited_where_it_stands(page: Page) -> None:
    await page.goto("/app/leads?stage=Interested")
    await page.locator("#results tbody a.strong").first.click()
    await page.evaluate("window.stayed = true")
    value = page.locator("#field-FirstName .value")
    await value.click()
    box = page.get_by_label("First Name", exact=True)
    await expect(box).to_be_focused()
    before = await box.input_value()
    await page.keyboard.type("Nobody")
    await page.keyboard.press("Escape")
    await expect(value).to_have_text(before)
    await expect(value).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(box).to_be_focused()
    await page.keyboard.type("Somebody")
    await page.keyboard.press("Enter")
    await expect(value).to_have_text("Somebody")
    await expect(value).to_be_focused()
    await expect(page.locator("h1")).to_contain_text("Somebody")
    await expect(page.locator(".timeline ins").first).to_have_text("Somebody")
    await page.locator("#field-EmailAddress .value").click()
    mail = page.get_by_label("Email", exact=True)
    await mail.fill("nothing")
    await mail.evaluate("box => box.form.noValidate = true")
    await page.keyboard.press("Enter")
    await expect(page.locator("#field-EmailAddress .hint")).to_contain_text("Enter an address such as")
    await page.keyboard.press("Escape")
    assert (await page.evaluate("window.stayed")) is True


async def test_the_stage_is_saved_as_it_is_chosen(page: Page) -> None:
    await page.goto("/app/leads?stage=Interested")
    await page.locator("#results tbody a.strong").first.click()
    await page.evaluate("window.stayed = true")
    stage = page.locator(".head-form").get_by_label("Stage")
    save = page.locator(".head-form").get_by_role("button", name="Save")
    await expect(save).to_be_hidden()
    # With the keyboard one passes other stages on the way, so it is the button that saves.
    await stage.select_option("Contacted")
    await save.click()
    await expect(page.locator(".timeline ins").first).to_have_text("Contacted")
    await expect(save).to_be_hidden()
    # What is picked with the pointer is meant. A browser without a window opens no list to pick from.
    await stage.dispatch_event("pointerdown")
    await stage.select_option("Customer")
    await expect(page.locator(".timeline ins").first).to_have_text("Customer")
    assert (await page.evaluate("window.stayed")) is True


async def test_a_merge_is_told_before_it_is_done(page: Page) -> None:
    await page.goto("/app/leads?sort=name")
    await page.locator("#results tbody a.strong").first.click()
    await page.get_by_role("link", name="Merge…").click()
    await page.get_by_label("Name, e-mail, phone, company or city").press_sequentially("singh", delay=20)
    await page.get_by_role("table").get_by_role("link", name="Compare").first.click()
    await page.get_by_role("button", name="Continue").click()
    await expect(page.get_by_text("Nothing has happened yet.")).to_be_visible()
    await page.reload()
    await expect(page.get_by_role("button", name="Merge the two")).to_be_visible()
    await page.get_by_role("link", name="Choose the values").click()
    await expect(page.get_by_role("button", name="Continue")).to_be_visible()


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
    await expect(rows).to_have_count(count)
    await page.get_by_label("Source", exact=True).and_(page.locator("select")).select_option("Event")
    await page.get_by_role("button", name="Update “Warm”").click()
    await expect(page.get_by_text("Saved the view “Warm”.")).to_be_visible()
    await page.get_by_role("button", name="Edit the view Warm").click()
    await page.get_by_role("button", name="Remove…").click()
    asking = page.get_by_role("dialog", name="Remove the view “Warm”?")
    await asking.get_by_role("button", name="Remove the view").click()
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
    asking = page.get_by_role("dialog", name="Delete 1 lead?")
    await asking.get_by_role("button", name="Cancel").click()
    await expect(asking).to_be_hidden()
    await page.get_by_role("button", name="Delete", exact=True).click()
    await asking.get_by_role("button", name="Delete the leads").click()
    await expect(page.get_by_text("1 lead is deleted.")).to_be_visible()
    await expect(page.locator(f'input[value="{first}"]')).to_have_count(0)
