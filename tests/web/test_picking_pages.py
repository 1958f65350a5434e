"""Choosing the lead that a sale or an opportunity is about, before its form."""

from __future__ import annotations

import html
import re

import pytest

from browsing import Browser
from fairlead.leads.picking import MOST
from world import World

FORMS = {"/app/sales/new": "sale/new", "/app/opportunities/new": "opportunity/new"}


def offered(browser: Browser) -> dict[str, str]:
    """The leads that can be chosen: where choosing one leads, by name."""
    rows = re.findall(r'<a class="pick-row" href="([^"]*)">(.*?)</a>', browser.text, re.DOTALL)
    return {re.findall(r'class="strong">([^<]*)<', row)[0]: html.unescape(to) for to, row in rows}


@pytest.mark.parametrize("path", FORMS)
async def test_a_lead_is_found_and_its_form_follows(browser: Browser, world: World, path: str) -> None:
    await world.need("lead.1", "lead.2")
    await browser.get(path.removesuffix("/new"))
    assert f'href="{path}"' in browser.text
    await browser.get(path)
    assert set(offered(browser)) == {"Ravi Kumar", "Meera Iyer"}, "the newest ones, before anything is typed"
    await browser.get(f"{path}?q=ravi")
    assert offered(browser) == {"Ravi Kumar": f"/app/leads/{world.values['lead.1']}/{FORMS[path]}"}
    await browser.get(offered(browser)["Ravi Kumar"])
    assert browser.response.status_code == 200
    assert "Ravi Kumar" in browser.text
    await browser.get(f"{path}?q=nobody")
    assert "No lead is like this" in browser.text
    assert 'href="/app/leads/new"' in browser.text


async def test_typing_draws_the_results_and_makes_no_step(browser: Browser, world: World) -> None:
    await world.need("lead.1")
    await browser.get("/app/sales/new?q=ravi", hx_request="true", hx_target="results")
    assert browser.response.headers["hx-replace-url"] == "/app/sales/new?q=ravi"
    assert list(offered(browser)) == ["Ravi Kumar"]


async def test_only_some_are_offered_and_that_is_said(browser: Browser, world: World) -> None:
    await world.need(*(f"lead.{number}" for number in range(1, MOST + 3)))
    await browser.get("/app/sales/new")
    assert browser.text.count('class="pick-row"') == MOST
    assert "These are the newest: type more" in browser.text
    assert '<a href="/app/leads/new">Create the lead</a>' in browser.text


async def test_a_seller_chooses_among_own_leads(seller: Browser, world: World) -> None:
    await world.need("lead.1", "lead.2")
    user = next(user for user in world.defs.users.values() if user.email == seller.email)
    await world.db.execute(
        "update lead set owner_id = $3 where org_id = $1 and id = $2",
        world.org_id,
        world.values["lead.2"],
        user.id,
    )
    for path in FORMS:
        await seller.get(path)
        assert len(offered(seller)) == 1
        assert world.values["lead.2"] in next(iter(offered(seller).values()))


async def test_words_and_names_are_escaped(browser: Browser, world: World) -> None:
    await world.need("lead.1")
    await world.db.execute(
        """update lead set fields = fields || '{"FirstName": "<script>", "Company": "<img src=x>"}' where org_id = $1""",
        world.org_id,
    )
    await browser.get("/app/sales/new?q=%3Cscript%3E")
    assert "<script>" not in browser.text
    assert "<img" not in browser.text
    assert "&lt;script&gt;" in browser.text
