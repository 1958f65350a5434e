"""The screens about leads: the list, one lead with its timeline, a new one, several at once, posting on one."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from browsing import Browser, entitled
from world import World, Worlds

NASTY = '<script>alert("x")</script>\'"><img src=x onerror=alert(1)>'


def names(browser: Browser) -> list[str]:
    """The leads of the list that is shown, in its order."""
    return [html.unescape(one) for one in re.findall(r'<a class="strong"[^>]*>([^<]*)</a>', browser.text)]


async def set_lead(world: World, name: str, **columns: Any) -> None:
    """Change a lead behind the rules' back; `fields` are added to those it has."""
    for column, value in columns.items():
        new = "fields || $3::jsonb" if column == "fields" else "$3"
        await world.db.execute(
            f"update lead set {column} = {new} where org_id = $1 and id = $2",
            world.org_id,
            world.values[name],
            value,
        )


async def stored(world: World, name: str = "lead.1") -> dict[str, Any]:
    """A lead as it is stored."""
    return next(row for row in await world.rows("lead") if str(row["id"]) == world.values[name])


async def seller_of(world: World, browser: Browser, name: str) -> None:
    """Give a lead to the person who is signed in there."""
    user = next(user for user in (await world.current()).users.values() if user.email == browser.email)
    await set_lead(world, name, owner_id=user.id)


# the list ------------------------------------------------------------------------------------------------


async def test_an_empty_list_says_what_to_do(browser: Browser) -> None:
    await browser.get("/app/leads")
    assert "No leads yet" in browser.text
    assert browser.text.count('href="/app/leads/new"') == browser.text.count('href="/app/leads/import"') == 2
    assert 'aria-label="Filter the leads"' not in browser.text
    assert "Save view" not in browser.text
    await browser.get("/app/leads?stage=Prospect")
    assert "No lead is like this" in browser.text
    assert 'aria-label="Filter the leads"' in browser.text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=ravi", ["Ravi Kumar"]),
        ("q=kumar+RAVI", ["Ravi Kumar"]),
        ("q=98450000", ["Tom Sawyer", "Meera Iyer", "Ravi Kumar"]),
        ("q=%25", []),
        ("q=_", []),
        ("stage=Contacted", ["Meera Iyer"]),
        ("stage=Nope", []),
        ("source=Event", ["Tom Sawyer"]),
        ("source=Event&q=ravi", []),
        ("field=Source&op=%3D&value=Event", ["Tom Sawyer"]),
        ("field=Source&op=empty", ["Meera Iyer", "Ravi Kumar"]),
        ("field=Source&op=filled", ["Tom Sawyer"]),
        ("field=LastName&op=LIKE&value=y", ["Tom Sawyer", "Meera Iyer"]),
        ("field=FirstName&op=IN&value=Ravi,+Tom", ["Tom Sawyer", "Ravi Kumar"]),
        ("field=Score&op=%3E%3D&value=7", ["Ravi Kumar"]),
        ("field=EmailAddress&op=%3D&value=RAVI.kumar.1@example.com", ["Ravi Kumar"]),
        ("field=ProspectAutoId&op=IN&value=1,2", ["Meera Iyer", "Ravi Kumar"]),
        ("field=DoNotCall&op=%3D&value=no", ["Tom Sawyer", "Meera Iyer", "Ravi Kumar"]),
        ("field=OwnerIdName&op=%3D&value=Nobody", []),
        ("field=CreatedOn&op=%3E&value=2015-01-01", ["Tom Sawyer", "Meera Iyer", "Ravi Kumar"]),
        ("field=CreatedOn&op=%3C&value=2015-01-01+10:00", []),
        ("sort=name", ["Meera Iyer", "Ravi Kumar", "Tom Sawyer"]),
        ("sort=-name", ["Tom Sawyer", "Ravi Kumar", "Meera Iyer"]),
        ("sort=score", ["Meera Iyer", "Tom Sawyer", "Ravi Kumar"]),
        ("sort=;drop", ["Tom Sawyer", "Meera Iyer", "Ravi Kumar"]),
        ("page=2", ["Tom Sawyer", "Meera Iyer", "Ravi Kumar"]),  # past the end: the last page
        ("page=no&nonsense=1", ["Tom Sawyer", "Meera Iyer", "Ravi Kumar"]),
    ],
)
async def test_leads_are_found(browser: Browser, world: World, query: str, found: list[str]) -> None:
    await world.need("lead.1", "lead.2", "lead.3")
    await set_lead(world, "lead.1", score=9)
    await set_lead(world, "lead.2", stage="Contacted")
    await set_lead(world, "lead.3", fields='{"Source": "Event"}')
    await browser.get(f"/app/leads?{query}")
    assert browser.response.status_code == 200
    assert sorted(names(browser)) == sorted(found)
    if "sort=" in query and "score" not in query and "drop" not in query:
        assert names(browser) == found


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("field=Nope&op=%3D&value=1", "no such field"),
        ("field=Score&op=drop&value=1", "Choose how to compare"),
        ("field=Score&op=%3D&value=many", "Enter a number"),
        ("field=Score&op=%3D", "Enter what to compare with"),
        ("field=CreatedOn&op=%3E&value=soon", "Enter a date"),
        ("field=CreatedOn&op=%3E&value=0001-01-01", "Enter a date"),
        ("field=Score&op=%3E&value=1e999999", "Enter a number"),
        ("field=DoNotCall&op=%3D&value=maybe", "Enter yes or no"),
    ],
)
async def test_a_condition_that_cannot_be_read_says_so_beside_it(
    browser: Browser, world: World, query: str, said: str
) -> None:
    await world.need("lead.1")
    await browser.get(f"/app/leads?{query}")
    assert browser.text.count(said) == 1
    assert 'aria-describedby="by-error"' in browser.text
    assert names(browser) == []


async def test_what_a_condition_lacks_is_no_mistake_while_it_is_made(browser: Browser, world: World) -> None:
    await world.need("lead.1", "lead.2")
    half = "field=Score&op=%3E&value="
    await browser.get(f"/app/leads?draft=1&{half}", hx_request="true")
    assert names(browser) == ["Meera Iyer", "Ravi Kumar"]
    assert "hx-replace-url" not in browser.response.headers
    # Typing a name meanwhile asks for the name alone, and the half of the condition stays where it is.
    await browser.get(f"/app/leads?q=ravi&{half}", hx_request="true")
    assert names(browser) == ["Ravi Kumar"]
    assert browser.response.headers["hx-replace-url"] == "/app/leads?q=ravi"
    assert '<option value="&gt;" selected>is more than' in browser.text
    await browser.get("/app/leads?draft=1&field=Source&op=empty&value=", hx_request="true")
    assert "Take away: Lead Source is empty" in browser.text
    assert browser.response.headers["hx-replace-url"] == "/app/leads?field=Source&op=empty&value="


async def test_pages_have_fifty_leads_and_the_exact_count(browser: Browser, world: World) -> None:
    await world.need(*(f"lead.{number}" for number in range(1, 53)))
    await browser.get("/app/leads?field=LastName&op=filled")
    assert len(names(browser)) == 50
    assert "1–50 of 52" in browser.text
    await browser.get(html.unescape(re.findall(r'rel="next" href="([^"]*)"', browser.text)[0]))
    assert len(names(browser)) == 2
    assert "field=LastName" in browser.path
    assert "51–52 of 52" in browser.text


async def test_typing_gives_the_list_and_a_clean_address(browser: Browser, world: World) -> None:
    await world.need("lead.1", "lead.2")
    await browser.get("/app/leads?q=ravi&stage=&owner=&op=%3D&value=&page=1", hx_request="true")
    assert names(browser) == ["Ravi Kumar"]
    assert browser.response.headers["hx-replace-url"] == "/app/leads?q=ravi"
    assert "<html" not in browser.text
    await browser.get("/app/leads?q=ravi&stage=", hx_request="true", hx_boosted="true")
    assert browser.response.headers["hx-push-url"] == "/app/leads?q=ravi"


async def test_values_of_leads_and_of_the_address_are_escaped(browser: Browser, world: World) -> None:
    await world.need("lead.1")
    await set_lead(
        world,
        "lead.1",
        stage=NASTY,
        fields=json.dumps(dict.fromkeys(("FirstName", "Source", "Company", "mx_City"), NASTY)),
    )
    quoted = "%3Cscript%3Ealert(%22x%22)%3C/script%3E%22%3E%3Cimg"
    lead = f"/app/leads/{world.values['lead.1']}"
    for path in (
        "/app/leads",
        f"/app/leads?q={quoted}&stage={quoted}&source={quoted}&field={quoted}&op={quoted}&value={quoted}&sort={quoted}",
        lead,
        f"{lead}?edit=contact&show={quoted}&before={quoted}",
        f"{lead}/activities/new?type=206",
    ):
        await browser.get(path)
        assert browser.response.status_code == 200, path
        assert "<script>" not in browser.text
        assert "<img" not in browser.text


# what one may see ----------------------------------------------------------------------------------------


async def test_a_seller_sees_and_changes_own_leads_only(seller: Browser, world: World) -> None:
    await world.need("lead.1", "lead.2")
    await seller_of(world, seller, "lead.2")
    await seller.get("/app/leads")
    assert names(seller) == ["Meera Iyer"]
    assert 'name="owner"' not in seller.text
    other, own = (f"/app/leads/{world.values[name]}" for name in ("lead.1", "lead.2"))
    for path in (other, f"{other}?edit=contact", f"{other}/activities/new?type=206"):
        assert (await seller.get(path)).status_code == 404
    await seller.get(own)
    assert seller.response.status_code == 200
    token = seller.csrf
    await seller.send(other, csrf=token, group="contact", FirstName="Mine")
    assert seller.response.status_code in (404, 422)
    await seller.send(f"{other}/activities/new?type=206", csrf=token, ActivityEvent_Note="Mine")
    assert seller.response.status_code in (403, 404, 422)
    ids = [world.values["lead.1"], world.values["lead.2"]]
    await seller.send("/app/leads/change", csrf=token, id=ids, change="ProspectStage:Contacted")
    assert (await stored(world, "lead.1"))["stage"] == "Prospect"
    assert "Mine" not in (await stored(world, "lead.1"))["fields"]
    assert (await stored(world, "lead.2"))["stage"] == "Contacted"
    assert await world.count("activity") == 1


async def test_a_lead_of_another_organisation_is_not_there(
    browser: Browser, worlds: Worlds, strange: Callable[..., Browser]
) -> None:
    other = await worlds.copy()
    await other.need("lead.1")
    lead = f"/app/leads/{other.values['lead.1']}"
    token = browser.csrf
    for path in (lead, f"{lead}/activities/new?type=206", "/app/leads/01a1fa94-53e6-7436-b94f-b3e3f348a232"):
        assert (await browser.get(path)).status_code == 404
    for path in (lead, f"{lead}/activities/new?type=206"):
        await browser.send(path, csrf=token, group="contact", FirstName="Taken")
        assert browser.response.status_code in (404, 422)
    await browser.send("/app/leads/change", csrf=token, id=lead[-36:], change="ProspectStage:Contacted")
    assert (await stored(other))["stage"] == "Prospect"
    assert (await stored(other))["version"] == 1
    assert await other.count("activity") == 0
    stranger = strange(await entitled(other))
    await stranger.get(lead)
    assert stranger.path.startswith("/app/sign-in")
