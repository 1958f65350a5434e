"""Importing and exporting leads in a real browser: a large file with bad rows, and its progress without a reload."""

from __future__ import annotations

import csv
from pathlib import Path

from playwright.async_api import Page, expect

ROWS = 5000
BAD = 20


async def test_five_thousand_leads_come_in_and_the_bad_rows_come_back(page: Page, tmp_path: Path) -> None:
    source = tmp_path / "leads.csv"
    with source.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["First Name", "Last Name", "E-mail", "Phone", "City"])
        for number in range(ROWS):
            bad = number % (ROWS // BAD) == 7
            mail = "not-an-address" if bad else f"ada{number}@import.example"
            writer.writerow(["Ada", f"Lovelace {number}", mail, f"+9170120{number:05}", "Pune"])
    await page.goto("/app/leads")
    await page.get_by_role("link", name="Import").click()
    await page.get_by_label("CSV file").set_input_files(source)
    await page.get_by_role("button", name="Upload").click()
    await expect(page.get_by_label("Field for E-mail")).to_have_value("EmailAddress")
    await page.evaluate("window.stayed = true")
    await page.get_by_role("button", name="Import 5,000 rows").click()
    await expect(page.get_by_text("20 of 5,000 were refused")).to_be_visible(timeout=15_000)
    assert (await page.evaluate("window.stayed")) is True
    await expect(page.locator(".figure", has_text="Created")).to_contain_text("4,980")
    async with page.expect_download() as waiting:
        await page.get_by_role("link", name="Download 20 as CSV").click()
    saved = tmp_path / "refused.csv"
    await (await waiting.value).save_as(saved)
    with saved.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == BAD
    assert rows[0]["E-mail"] == "not-an-address"
    assert rows[0]["Row"] == "9"
    assert rows[0]["Reason"].startswith("Email cannot be read.")


async def test_the_leads_of_the_list_are_exported(page: Page, tmp_path: Path) -> None:
    await page.goto("/app/leads?stage=Customer")
    await page.get_by_role("link", name="Export").click()
    await page.get_by_role("button", name="Export").click()
    async with page.expect_download() as waiting:
        await page.get_by_role("link", name="Download CSV").click()
    saved = tmp_path / "leads.csv"
    await (await waiting.value).save_as(saved)
    with saved.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows
    assert {row["Lead Stage"] for row in rows} == {"Customer"}
