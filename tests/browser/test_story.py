"""From signing in to seeing what a program did: the way of somebody who connects a system, in a real browser."""

from __future__ import annotations

import re

from playwright.async_api import Page, expect

from fairlead.sandbox.demo import ACCESS_KEY, SECRET_KEY

KEYS = {"x-LSQ-AccessKey": ACCESS_KEY, "x-LSQ-SecretKey": SECRET_KEY}
POST = "/v2/ProspectActivity.svc/Create"


async def test_a_new_type_is_posted_by_the_api_and_seen_at_once(page: Page) -> None:
    await page.goto("/app")
    await page.locator("#nav").get_by_role("link", name="Activities and Scores").click()
    await page.get_by_role("link", name="New activity type").click()
    await page.get_by_label("Display name").fill("Site visit")
    await page.get_by_role("button", name="Create", exact=True).click()
    await expect(page.get_by_role("heading", name="Site visit")).to_be_visible()
    code = re.search(r"/app/settings/activities/(\d+)", page.url)
    assert code is not None
    await expect(page.locator("#main")).to_contain_text(code[1])

    await page.get_by_role("link", name="New field").click()
    await expect(page.get_by_role("heading", name="New field")).to_be_visible()
    await page.get_by_label("Display name").fill("Outcome")
    await page.locator("#kind").select_option(value="select")
    await page.locator("#options").fill("Interested\nNot at home")
    await page.get_by_role("button", name="Add the field").click()
    row = page.locator("tbody tr").filter(has_text="Outcome")
    field = re.search(r"mx_Custom_\d+", await row.inner_text())
    assert field is not None

    await page.goto("/app/leads")
    await page.locator("#results tbody a").first.click()
    await expect(page.locator("#timeline")).to_be_visible()
    lead = page.url.rsplit("/", 1)[1]
    await page.evaluate("window.stayed = true")
    body = {
        "RelatedProspectId": lead,
        "ActivityEvent": int(code[1]),
        "ActivityNote": "They want a second visit in March",
        "Fields": [{"SchemaName": field[0], "Value": "Interested"}],
    }
    posted = await page.context.request.post(POST, data=body, headers=KEYS)
    assert posted.status == 200, await posted.text()
    newest = page.locator(".happening").first
    await expect(newest).to_contain_text("Site visit")
    await expect(newest).to_contain_text("They want a second visit in March")
    await expect(newest).to_contain_text("Outcome")
    await expect(newest).to_contain_text("Interested")
    assert (await page.evaluate("window.stayed")) is True


async def test_a_refused_call_is_found_mended_and_sent_again(page: Page) -> None:
    await page.goto("/app")
    body = [{"Attribute": "EmailAddress", "Value": "not an address"}]
    refused = await page.context.request.post("/v2/LeadManagement.svc/Lead.Create", data=body, headers=KEYS)
    assert refused.status != 200
    await page.locator("#nav").get_by_role("link", name="Requests").click()
    await page.get_by_label("Status").select_option(label="All but 2xx")
    await page.get_by_role("button", name="Filter").click()
    await page.locator("#calls tbody a").first.click()
    await expect(page.get_by_role("heading", name="Create a Lead")).to_be_visible()
    await expect(page.get_by_label("Answered")).to_contain_text("MXInvalid")
    first = page.url
    await page.get_by_role("button", name="Send again").click()
    await expect(page.get_by_text(f"Sent again: {refused.status}.")).to_be_visible()
    assert page.url != first
    await page.get_by_text("Send it changed").click()
    box = page.get_by_label("Body")
    await box.fill((await box.input_value()).replace("not an address", "mended@example.com"))
    await page.get_by_role("button", name="Send", exact=True).click()
    await expect(page.get_by_text("Sent again: 200.")).to_be_visible()
    await expect(page.get_by_label("Answered")).to_contain_text('"Status": "Success"')
    await page.goto("/app/leads?q=mended@example.com")
    await expect(page.locator("#results tbody tr")).to_have_count(1)


async def test_the_policy_of_the_pages_is_kept_after_a_form_too(page: Page) -> None:
    """A box that somebody made taller has a style of its own, which htmx would carry over to the next page."""
    await page.goto("/app/leads")
    await page.locator("#results tbody a").first.click()
    box = page.get_by_placeholder("Write a note…")
    await box.evaluate("box => { box.style.height = '200px'; }")
    await box.fill("Call again in March")
    await page.get_by_role("button", name="Add note").click()
    await expect(page.locator(".timeline")).to_contain_text("Call again in March")
    await expect(box).to_have_value("")
