"""The screens about tasks in a real browser."""

from __future__ import annotations

import re

from playwright.async_api import Page, expect


async def test_a_note_and_a_task_are_added_and_done(page: Page) -> None:
    await page.goto("/app/leads")
    await page.locator("#results tbody a.strong").first.click()
    await page.evaluate("window.stayed = true")
    await page.get_by_placeholder("Write a note…").fill("Told by a browser")
    await page.get_by_role("button", name="Add note").click()
    await expect(page.locator(".timeline")).to_contain_text("Told by a browser")
    await page.get_by_role("link", name="Task", exact=True).click()
    await page.get_by_label("What is to be done").fill("Seen by a browser")
    await page.get_by_role("button", name="Add task").click()
    to_do = page.locator(".lead-work .task", has_text="Seen by a browser")
    await to_do.get_by_role("button", name="Complete: Seen by a browser").click()
    await expect(to_do).to_have_count(0)
    again = page.locator(".timeline").get_by_role("button", name="Open again: Seen by a browser")
    await again.focus()
    await page.keyboard.press("Enter")
    await expect(to_do).to_have_count(1)
    assert (await page.evaluate("window.stayed")) is True


async def test_whose_tasks_are_shown_follows_the_choice(page: Page) -> None:
    await page.goto("/app/tasks?show=later")
    await page.get_by_label("Whose tasks").select_option("all")
    await expect(page).to_have_url(re.compile(r"/app/tasks\?show=later&owner=all$"))
    await expect(page.get_by_label("Whose tasks")).to_have_value("all")
    assert await page.locator(".task").count() > 0
    await page.set_viewport_size({"width": 380, "height": 800})
    wide = await page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 380
