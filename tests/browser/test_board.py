"""The board of opportunities in a real browser: a card is dragged or carried with the keyboard, and the API tells the same."""

from __future__ import annotations

import re
from typing import Any

import httpx
from playwright.async_api import Locator, Page, expect

from fairlead.sandbox import demo

BOARD = "/app/opportunities?type=12005"


def lane(page: Page, stage: str) -> Locator:
    return page.locator(f'.lane[data-stage="{stage}"]')


async def told(server: str, id: str) -> dict[str, Any]:
    """Status and stage of an opportunity as the API tells them."""
    keys = {"x-LSQ-AccessKey": demo.ACCESS_KEY, "x-LSQ-SecretKey": demo.SECRET_KEY}
    path = f"{server}/v2/OpportunityManagement.svc/GetOpportunityDetails"
    async with httpx.AsyncClient(headers=keys) as http:
        answer = await http.get(path, params={"OpportunityId": id})
    assert answer.status_code == 200, answer.text
    fields = {field["SchemaName"]: field["Value"] for field in answer.json()["Fields"]}
    return {"Status": fields["Status"], "Stage": fields["mx_Custom_2"]}


async def drag(page: Page, card: Locator, stage: str) -> None:
    """Drag a card to the head of a stage, which is in sight: scrolling would take it from under the pointer."""
    await card.drag_to(lane(page, stage), target_position={"x": 40, "y": 20})


async def first_of(page: Page, stage: str) -> tuple[Locator, str, str]:
    """The first card of a stage, its id and its name."""
    card = lane(page, stage).locator(".deal").first
    return card, await card.get_attribute("data-id") or "", await card.locator("a").first.inner_text()


async def count(page: Page, stage: str) -> int:
    return int(await lane(page, stage).locator(".count").inner_text())


async def test_a_deal_is_dragged_to_another_stage(page: Page, server: str) -> None:
    await page.goto(BOARD)
    card, id, name = await first_of(page, "Qualified")
    before = await count(page, "Proposal")
    await drag(page, card, "Proposal")
    await expect(lane(page, "Proposal").locator(f'[data-id="{id}"]')).to_be_visible()
    await expect(lane(page, "Proposal").locator(".count")).to_have_text(str(before + 1))
    await expect(page.locator("#board-said")).to_have_text(
        re.compile(f"^{name} moved to Proposal: {before + 1} opp")
    )
    await expect(page.locator("#toasts")).to_contain_text(f"{name} is in Proposal now.")
    assert await told(server, id) == {"Status": "Open", "Stage": "Proposal"}
    assert page.url.endswith(BOARD)


async def test_a_deal_is_won_by_dragging_it_off_the_board(page: Page, server: str) -> None:
    await page.goto(BOARD)
    card, id, name = await first_of(page, "Proposal")
    await drag(page, card, "Closed Won")
    await expect(page.locator("#toasts")).to_contain_text(f"{name} is in Closed Won now, its status is Won.")
    await expect(page.locator(f'[data-id="{id}"]')).to_have_count(0)
    assert await told(server, id) == {"Status": "Won", "Stage": "Closed Won"}


async def test_a_deal_is_moved_with_the_keyboard_alone(page: Page, server: str) -> None:
    await page.goto(BOARD)
    card, id, name = await first_of(page, "Qualified")
    await card.locator("a").first.focus()
    await page.keyboard.press("Shift+ArrowRight")
    moved = lane(page, "Proposal").locator(f'[data-id="{id}"]')
    await expect(moved.locator("a").first).to_be_focused()
    await expect(page.locator("#board-said")).to_have_text(re.compile(f"^{name} moved to Proposal"))
    assert await told(server, id) == {"Status": "Open", "Stage": "Proposal"}
    # And with what every card has: Tab to the lead, to the stages, to the button.
    await page.keyboard.press("Tab")
    await page.keyboard.press("Tab")
    await page.keyboard.type("Neg")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(lane(page, "Negotiation").locator(f'[data-id="{id}"] a').first).to_be_focused()
    assert await told(server, id) == {"Status": "Open", "Stage": "Negotiation"}
    await page.keyboard.press("ArrowLeft")
    await expect(page.locator(".lane:not([data-stage='Negotiation']) .deal a:focus")).to_have_count(1)


async def test_a_card_that_is_refused_goes_back_and_says_why(page: Page, server: str) -> None:
    await page.goto(BOARD)
    card, id, _ = await first_of(page, "Proposal")
    before = await told(server, id)
    # As when the stage was taken away from the type while the board was shown.
    await page.evaluate(
        """() => {
            document.querySelector('.lane[data-stage="Negotiation"]').dataset.stage = "Gone";
            document.querySelectorAll(".deal option").forEach((one) => {
                if (one.value === "Negotiation") one.value = "Gone";
            });
        }"""
    )
    await drag(page, card, "Gone")
    await expect(page.locator("#toasts .bad")).to_contain_text("It stays where it was.")
    await expect(lane(page, "Proposal").locator(f'[data-id="{id}"]')).to_be_visible()
    await expect(lane(page, "Gone").locator(f'[data-id="{id}"]')).to_have_count(0)
    await expect(page.locator("#board-said")).to_have_text(re.compile("was not moved"))
    assert await told(server, id) == before


async def test_the_board_fits_a_telephone(page: Page) -> None:
    await page.set_viewport_size({"width": 380, "height": 800})
    await page.goto(BOARD)
    await expect(lane(page, "Qualified")).to_be_attached()
    assert await page.evaluate("document.documentElement.scrollWidth") == 380
