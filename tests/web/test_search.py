"""The search of the frame: what it finds, how far it looks, and who sees what."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest

from browsing import Browser
from fairlead.search import finding, queries
from web.test_leads_pages import set_lead
from web.test_opportunities_pages import set_deal
from world import World, Worlds

NASTY = '<script>alert("x")</script>'
_HIT = re.compile(r'<a role="option"[^>]* href="(/app/(?:leads|accounts|opportunities)/[0-9a-f-]{36})"')


async def found(browser: Browser, words: str) -> list[str]:
    """The ids that are found while somebody types, in their order."""
    await browser.get(f"/app/search/found?q={quote(words)}", hx_request="true")
    assert browser.response.status_code == 200
    return [address.rpartition("/")[2] for address in _HIT.findall(browser.text)]


async def furnish(world: World) -> dict[str, str]:
    await world.need(
        **{
            "lead.1": {"FirstName": "Ada"},
            "lead.2": {"FirstName": "Grace"},
            "company.1": {"name": "Ada Foods"},
            "company.2": {"name": "Blue Bank"},
            "opp.1": {"lead": "lead.2"},
        }
    )
    await set_lead(
        world,
        "lead.1",
        fields='{"FirstName": "Ada", "LastName": "Lovelace", "EmailAddress": "ada.1@example.com"}',
    )
    await set_lead(
        world,
        "lead.2",
        fields='{"FirstName": "Grace", "LastName": "Hopper_", "EmailAddress": "grace@example.com"}',
    )
    await set_deal(world, "opp.1", fields={"mx_Custom_1": "Loan for Ada"})
    return world.values


async def test_leads_accounts_and_opportunities_are_found_by_all_words(
    browser: Browser, world: World
) -> None:
    values = await furnish(world)
    lead, other, foods, deal = values["lead.1"], values["lead.2"], values["company.1"], values["opp.1"]
    asked = {
        "ada": [lead, foods, deal],
        "ADA love": [lead],
        "lovelace ada": [lead],
        "grace@exam": [other],
        "foods": [foods],
        "for loan": [deal],
        "hopper_": [other],
        "%a": [],
        "a_a": [],
        "nobody": [],
        lead.upper(): [lead],
        foods: [foods],
        deal: [deal],
        "a": [],
        "  ": [],
    }
    for words, wanted in asked.items():
        assert await found(browser, words) == wanted, words


async def test_a_lead_is_found_by_number_and_phone(browser: Browser, world: World) -> None:
    await world.need("lead.1", "lead.2")
    row = next(row for row in await world.rows("lead") if str(row["id"]) == world.values["lead.1"])
    assert world.values["lead.1"] in await found(browser, f"00{row['auto_id']}")
    phone = re.search(r'"Phone": "([^"]*)"', row["fields"])
    assert phone is not None
    assert await found(browser, phone[1]) == [world.values["lead.1"]]


async def test_old_records_are_found_by_what_has_an_index_and_it_is_said_what_was_left_out(
    browser: Browser, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = await furnish(world)
    await world.need("lead.3", "lead.4", "company.3", "company.4")
    monkeypatch.setattr(finding, "AMONG", 2)
    assert await found(browser, "lovelace") == []
    stored = await world.db.fetchval(
        "select value from lead_key where org_id = $1 and lead_id = $2 and field = 'EmailAddress'",
        world.org_id,
        values["lead.1"],
    )
    assert await found(browser, stored[:-3].upper()) == [values["lead.1"]]
    assert await found(browser, "ada foo") == [values["company.1"]]
    assert await found(browser, "foods") == []
    await browser.get("/app/search?q=foods")
    assert "Nothing is found" in browser.text
    assert 'href="/app/leads?q=foods"' in browser.text
    await browser.get("/app/search?q=ada+foo")
    assert "Names were looked for among the newest 2 accounts." in browser.text
    assert 'href="/app/accounts?q=ada+foo"' in browser.text


async def test_the_page_has_everything_that_is_found_and_works_by_enter(
    browser: Browser, world: World
) -> None:
    values = await furnish(world)
    await browser.get("/app")
    assert '<form class="search" action="/app/search" method="get"' in browser.text
    await browser.get("/app/search?q=ada")
    for name in ("lead.1", "company.1", "opp.1"):
        assert values[name] in browser.text, name
    assert 'value="ada"' in browser.text
    assert "Names were looked for" not in browser.text
    await browser.get("/app/search")
    assert "What are you looking for?" in browser.text
    await browser.get("/app/leads?q=ada")
    assert 'placeholder="Search" value=""' in browser.text, "words of a list are not those of the search"


async def test_a_seller_finds_what_is_on_their_own_leads(
    browser: Browser, seller: Browser, world: World
) -> None:
    values = await furnish(world)
    user = next(user.id for user in world.defs.users.values() if user.email == seller.email)
    assert await found(seller, "ada") == []
    assert await found(seller, "loan") == []
    for name in ("lead.1", "company.1", "opp.1"):
        assert await found(seller, values[name]) == []
    assert await found(seller, "grace@example") == []
    await set_lead(world, "lead.2", owner_id=user)
    assert await found(seller, "grace@example") == [values["lead.2"]]
    assert await found(seller, "loan") == [values["opp.1"]]


async def test_another_organisation_is_not_there(browser: Browser, worlds: Worlds) -> None:
    other = await worlds.copy()
    values = await furnish(other)
    for words in ("ada", values["lead.1"], values["company.1"], values["opp.1"]):
        assert await found(browser, words) == []


async def test_words_are_text(browser: Browser) -> None:
    for path in ("/app/search?q=", "/app/search/found?q="):
        await browser.get(path + quote(NASTY))
        assert "<script>alert" not in browser.text
        assert "&lt;script&gt;" in browser.text


async def test_what_begins_with_the_word_comes_first(browser: Browser, world: World) -> None:
    values = await world.need("lead.1", "lead.2", "lead.3")
    for name, last in (("lead.1", "Ada"), ("lead.2", "Yadav"), ("lead.3", "Yadav")):
        await set_lead(world, name, fields=f'{{"FirstName": "Ravi", "LastName": "{last}"}}')
    assert await found(browser, "ada") == [values["lead.1"], values["lead.3"], values["lead.2"]]


def test_patterns_hold_nothing_special() -> None:
    assert queries.beginnings(["a%", "b"]) == ["a\\%%", "% a\\%%"]
    assert queries.patterns(["a%", "b_", "c\\"]) == ["%a\\%%", "%b\\_%", "%c\\\\%"]
