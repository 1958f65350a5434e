"""Settings › Organisation: what everybody here has in common, and the zone of one user."""

from __future__ import annotations

import re

import pytest

from browsing import Browser
from fairlead.orgs import definitions
from fairlead.orgs.definitions import Definitions
from world import Client, World

PAGE = "/app/settings/organisation"
SENT = {
    "name": "Acme",
    "region": "IN",
    "time_zone": "Asia/Kolkata",
    "currency": "INR",
    "sales_user_records": "own",
    "customer_stage": "Customer",
    "convert_to_customer": "1",
    "lead_delete": "1",
}


async def now_of(world: World) -> Definitions:
    return await definitions.read(world.db, world.org_id)


async def test_the_organisation_is_named_and_gets_its_country(
    browser: Browser, world: World, client: Client
) -> None:
    await browser.get(PAGE)
    assert "+91" in browser.text
    await browser.send(
        PAGE,
        **(SENT | {"name": "Muster <GmbH>", "region": "DE", "time_zone": "Europe/Berlin", "currency": "EUR"}),
    )
    assert "Saved." in browser.text
    assert "Muster &lt;GmbH&gt;" in browser.text
    assert "+49" in browser.text
    defs = await now_of(world)
    assert (defs.org.name, defs.setting("region"), defs.context.region) == ("Muster <GmbH>", "DE", "DE")
    assert [defs.setting(f"currency_{part}") for part in ("abbreviation", "symbol", "name")] == [
        "EUR",
        "€",
        "Euros",
    ]
    told = await client.get("/v2/Authentication.svc/UserByAccessKey.Get")
    assert (told["DefaultCountryCode"], told["TimeZone"]) == ("49", "Europe/Berlin")
    assert told["OrgDisplayName"] == "Muster <GmbH>"


async def test_boxes_that_are_not_ticked_are_off(browser: Browser, world: World, client: Client) -> None:
    values = await world.need("lead.1")
    await browser.get(PAGE)
    sent = {name: text for name, text in SENT.items() if name not in ("lead_delete", "convert_to_customer")}
    await browser.send(PAGE, **(sent | {"customer_stage": "Interested"}))
    defs = await now_of(world)
    assert (defs.setting("lead_delete"), defs.setting("convert_to_customer")) == (False, False)
    assert defs.setting("customer_stage") == "Interested"
    place, query = "/v2/LeadManagement.svc/Lead/Delete/ById", [("leadId", values["lead.1"])]
    refused = (await client.send("GET", place, query=query)).json()
    assert refused["ExceptionMessage"] == "Delete is not enabled for you"


@pytest.mark.parametrize(
    ("control", "text", "said"),
    [
        ("name", " ", "Enter 1 to 200 characters."),
        ("region", "XX", "is the code of no country"),
        ("time_zone", "Mars/Base", "is no time zone"),
        ("currency", "XYZ", "Choose a currency."),
        ("sales_user_records", "some", "is none of: own, all."),
        ("customer_stage", "Nope", "Leads have no stage"),
    ],
)
async def test_what_is_wrong_stands_beside_its_control_which_has_the_focus(
    browser: Browser, world: World, control: str, text: str, said: str
) -> None:
    before = await now_of(world)
    await browser.get(PAGE)
    await browser.send(PAGE, **(SENT | {control: text}))
    assert browser.response.status_code == 422
    [focused] = re.findall(r"<(?:input|select)[^>]* autofocus[^>]*>", browser.text)
    assert f'name="{control}"' in focused
    assert 'aria-invalid="true"' in focused
    hint = re.search(rf'id="{control}-hint">([^<]+)', browser.text)
    assert hint
    assert said in hint[1].replace("&#39;", "'")
    assert (await now_of(world)).version == before.version


async def test_a_sales_user_may_see_all_records_in_the_console_too(
    browser: Browser, seller: Browser, world: World
) -> None:
    values = await world.need("lead.1")
    lead = f"/app/leads/{values['lead.1']}"
    assert (await seller.get(lead)).status_code == 404
    await browser.get(PAGE)
    await browser.send(PAGE, **(SENT | {"sales_user_records": "all"}))
    assert (await seller.get(lead)).status_code == 200
    assert "all records" in (await browser.get("/app/settings/users/new")).text
    await browser.get(PAGE)
    await browser.send(PAGE, **SENT)
    assert (await seller.get(lead)).status_code == 404
    await browser.get("/app/settings/users/new")
    assert "own records only" in browser.text


async def test_groups_are_added_renamed_and_removed(browser: Browser, world: World) -> None:
    await browser.get(PAGE)
    await browser.send(f"{PAGE}/groups", added="Sales, Support")
    groups = (await now_of(world)).setting("groups")
    assert sorted(groups.values()) == ["Sales", "Support"]
    sales = next(id for id, name in groups.items() if name == "Sales")
    user = f"/app/settings/users/{world.user_id}"
    await browser.get(user)
    sent = {"first_name": "Asha", "role": "Administrator", "time_zone": "", "groups": [sales, "made up"]}
    await browser.send(user, **sent)
    assert (await now_of(world)).users[world.user_id].detail("groups") == [sales]
    await browser.get(PAGE)
    assert "Group of 1 active user" in browser.text
    await browser.send(
        f"{PAGE}/groups", **{f"group~{id}": "Selling" if id == sales else "" for id in groups}, added=""
    )
    assert (await now_of(world)).setting("groups") == {sales: "Selling"}
    await browser.send(f"{PAGE}/groups", added="selling")
    assert browser.response.status_code == 422
    assert "Two groups have the same name." in browser.text
    assert (await now_of(world)).setting("groups") == {sales: "Selling"}


async def test_a_page_without_groups_does_not_speak_of_them(browser: Browser, world: World) -> None:
    await browser.get(f"/app/settings/users/{world.user_id}")
    assert "Sales groups" not in browser.text


async def test_everybody_chooses_their_own_zone(browser: Browser, seller: Browser, world: World) -> None:
    await seller.get("/app/me")
    await seller.send("/app/me/zone", time_zone="America/New_York")
    assert "in this zone" in seller.text
    user = (await now_of(world)).users_by_email[seller.email]
    assert user.detail("time_zone") == "America/New_York"
    await seller.send("/app/me/zone", time_zone="Mars/Base")
    assert seller.response.status_code == 422
    await seller.send("/app/me/zone", time_zone="")
    assert (await now_of(world)).users[user.id].detail("time_zone") is None
    page = f"/app/settings/users/{user.id}"
    await browser.get(page)
    await browser.send(page, first_name="Ravi", role="Sales_User", time_zone="Asia/Calcutta")
    assert (await now_of(world)).users[user.id].detail("time_zone") == "Asia/Kolkata"
    await browser.send(page, first_name="Ravi", role="Sales_User", time_zone="Nowhere")
    assert browser.response.status_code == 422


async def test_the_roles_are_told_as_they_are(browser: Browser) -> None:
    await browser.get("/app/settings/users")
    rows = re.findall(r'<th scope="row">([^<]+)</th>(.*?)</tr>', browser.text, re.DOTALL)
    told = {what: [re.sub(r"<[^>]+>", "", cell) for cell in cells.split("</td>")[:4]] for what, cells in rows}
    assert told["See and change leads with what belongs to them, accounts and tasks"] == [
        "All",
        "All",
        "All",
        "Own",
    ]
    assert told["Delete leads and accounts, change locked activities"] == ["Yes", "–", "–", "–"]
