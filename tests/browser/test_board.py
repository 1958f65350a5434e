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


async def test_a_deal_is_won_by_dragging_it_and_stays_in_sight(page: Page, server: str) -> None:
    await page.goto(BOARD)
    card, id, name = await first_of(page, "Proposal")
    before = await count(page, "Closed Won")
    await drag(page, card, "Closed Won")
    await expect(page.locator("#toasts")).to_contain_text(f"{name} is in Closed Won now, its status is Won.")
    await expect(lane(page, "Closed Won").locator(f'[data-id="{id}"]')).to_be_visible()
    await expect(lane(page, "Closed Won").locator(".count")).to_have_text(str(before + 1))
    assert await told(server, id) == {"Status": "Won", "Stage": "Closed Won"}


async def test_a_card_that_is_held_over_a_stage_shows_where_it_would_lie(page: Page, server: str) -> None:
    await page.goto(BOARD)
    card, id, _ = await first_of(page, "Qualified")
    before = await told(server, id)
    await card.hover()
    await page.mouse.down()
    for stage in ("Proposal", "Closed Lost"):
        for _ in range(2):
            await lane(page, stage).locator("h2").hover()
        await expect(lane(page, stage).locator(".drop-here")).to_be_visible()
        await expect(page.locator(".drop-here")).to_have_count(1)
    for _ in range(2):
        await lane(page, "Qualified").locator("h2").hover()
    await expect(page.locator(".drop-here")).to_have_count(0)
    await page.mouse.up()
    await expect(page.locator(".dragging")).to_have_count(0)
    assert await told(server, id) == before


async def test_every_stage_is_in_sight_on_a_screen_of_1280(page: Page) -> None:
    await page.goto(BOARD)
    box = page.locator(".board-box")
    assert await box.evaluate("box => box.scrollWidth <= box.clientWidth")
    widths = await page.locator(".lane").evaluate_all("lanes => lanes.map(one => one.offsetWidth)")
    assert len(widths) == 6
    assert min(widths) > 180
    await page.set_viewport_size({"width": 1920, "height": 1000})
    assert await page.locator(".board").evaluate("board => board.offsetWidth") > 1600


async def test_the_drop_down_of_a_card_shows_when_one_is_at_it(page: Page) -> None:
    await page.goto(BOARD)
    card, _, _ = await first_of(page, "Qualified")
    moves = card.locator(".deal-move")
    await page.mouse.move(2, 2)
    await expect(moves).to_have_css("opacity", "0")
    height = await card.evaluate("card => card.offsetHeight")
    await card.hover()
    await expect(moves).to_have_css("opacity", "1")
    await page.mouse.move(2, 2)
    await card.locator("select").focus()
    await expect(moves).to_have_css("opacity", "1")
    assert await card.evaluate("card => card.offsetHeight") == height, "nothing moves"


async def test_filters_count_at_once(page: Page) -> None:
    await page.goto(BOARD)
    name = await page.locator(".deal a.strong").first.inner_text()
    await page.get_by_role("searchbox", name="Name, lead, e-mail, company").fill(name)
    await expect(page.locator(".board > .lane .deal")).to_have_count(1)
    await expect(page).to_have_url(re.compile("q="))
    await expect(page.get_by_role("searchbox", name="Name, lead, e-mail, company")).to_be_focused()
    await page.get_by_role("combobox", name="Type").select_option(label="Property Purchase")
    await expect(page.locator(".board-box")).to_have_attribute("aria-label", "Property Purchase by stage")
    await page.get_by_role("link", name="Clear", exact=True).click()
    await expect(page).to_have_url(re.compile(r"/app/opportunities\?type=12231$"))
    await expect(page.get_by_role("link", name="Clear", exact=True)).to_have_count(0)
    # Going back leads to what was there before the filters.
    await page.get_by_role("link", name="List", exact=True).click()
    await expect(page).to_have_url(re.compile("view=list"))
    await page.get_by_role("combobox", name="Status").focus()
    await page.keyboard.type("Won")
    await expect(page).to_have_url(re.compile("status=Won"))
    await expect(page.get_by_role("combobox", name="Status")).to_be_focused()
    await page.go_back()
    await expect(page.locator(".board-box")).to_be_visible()


async def test_a_deal_is_moved_with_the_keyboard_alone(page: Page, server: str) -> None:
    await page.goto(BOARD)
    card, id, name = await first_of(page, "Qualified")
    await card.locator("a").first.focus()
    await page.keyboard.press("Shift+ArrowRight")
    moved = lane(page, "Proposal").locator(f'[data-id="{id}"]')
    await expect(moved.locator("a").first).to_be_focused()
    await expect(page.locator("#board-said")).to_have_text(re.compile(f"^{name} moved to Proposal"))
    assert await told(server, id) == {"Status": "Open", "Stage": "Proposal"}
    # And with what every card has: Tab to the stages, to the button.
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
