"""The screens of lists: all of them, a new one, the leads in one, and leads that are added from the list of leads."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

import pytest

from browsing import Browser, entitled
from world import World, Worlds

NASTY = '<script>alert("x")</script>\'"><img src=x onerror=alert(1)>'


def names(browser: Browser) -> list[str]:
    """What the table that is shown lists."""
    return [html.unescape(one) for one in re.findall(r'<a class="strong"[^>]*>([^<]*)</a>', browser.text)]


async def owned(world: World, browser: Browser, *leads: str) -> None:
    """Give leads to who is signed in there."""
    user = next(user for user in world.defs.users.values() if user.email == browser.email)
    for lead in leads:
        statement = "update lead set owner_id = $3 where org_id = $1 and id = $2"
        await world.db.execute(statement, world.org_id, world.values[lead], user.id)


async def test_all_lists_with_their_numbers(browser: Browser, world: World) -> None:
    await world.need("lead.1", "lead.2", list_1={"name": "Webinar", "leads": "lead.1"})
    await browser.get("/app/lists")
    assert names(browser) == ["All Leads", "Starred Leads", "Webinar"]
    assert re.findall(r'<td class="right">(\d+)</td>', browser.text) == ["2", "0", "1"]
    assert 'href="/app/leads">All Leads' in browser.text
    await browser.get("/app/lists?q=WEB")
    assert names(browser) == ["Webinar"]
    await browser.get("/app/lists?q=nothing")
    assert "No list is called so" in browser.text


async def test_a_list_is_made(browser: Browser, world: World) -> None:
    await browser.get("/app/lists/new")
    await browser.send("/app/lists/new", name=" Webinar ", description="June")
    assert re.fullmatch(r"/app/lists/[0-9a-f-]{36}", browser.path)
    assert "No leads in this list" in browser.text
    assert (await world.rows("list"))[0]["name"] == "Webinar"
    for name, said in (("WEBINAR", "A list has this name already"), (" ", "Give the list a name")):
        await browser.get("/app/lists/new")
        await browser.send("/app/lists/new", name=name, description="July")
        assert browser.response.status_code == 422
        assert said in browser.text
        assert 'value="July"' in browser.text
    assert await world.count("list") == 1


async def test_a_list_is_renamed(browser: Browser, world: World) -> None:
    await world.need("lead.1", list_1={"name": "Webinar", "leads": "lead.1"}, list_2={"name": "Visit"})
    here = f"/app/lists/{world.values['list.1']}"
    await browser.get(here)
    assert f'href="{here}/edit"' in browser.text
    await browser.get(f"{here}/edit")
    assert 'value="Webinar"' in browser.text
    await browser.send(f"{here}/edit", name=" WEBINAR in June ", description=NASTY)
    assert browser.path == here
    assert "<h1>WEBINAR in June</h1>" in browser.text
    assert "<img" not in browser.text
    for name, said in (
        ("visit", "A list has this name"),
        ("all leads", "A list has this name"),
        (" ", "Give the list"),
    ):
        await browser.get(f"{here}/edit")
        await browser.send(f"{here}/edit", name=name, description="July")
        assert browser.response.status_code == 422
        assert said in browser.text
        assert 'value="July"' in browser.text
    await browser.get(f"{here}/edit")
    await browser.send(f"{here}/edit", name="webinar in june", description="")
    assert browser.path == here, "its own name is not taken"
    assert await world.count("list_member") == 1


async def test_a_list_is_deleted_and_its_leads_stay(browser: Browser, world: World) -> None:
    await world.need("lead.1", list_1={"name": "Webinar", "leads": "lead.1"}, list_2={"leads": "lead.1"})
    here = f"/app/lists/{world.values['list.1']}"
    await browser.get(here)
    assert "Delete this list?" in browser.text
    await browser.send(f"{here}/delete")
    assert browser.path == "/app/lists"
    assert "The list “Webinar” is deleted." in browser.text
    assert await world.count("lead") == 1
    assert [str(row["list_id"]) for row in await world.rows("list_member")] == [world.values["list.2"]]
    assert (await browser.get(here)).status_code == 404


async def test_lists_of_the_system_stay_as_they_are(browser: Browser, world: World) -> None:
    await world.need("lead.1")
    await browser.get("/app/lists")
    (starred,) = re.findall(r'href="(/app/lists/[0-9a-f-]{36})">Starred', browser.text)
    await browser.get(starred)
    assert "/edit" not in browser.text
    assert "Delete this list?" not in browser.text
    await browser.get("/app/lists/new")
    token = browser.csrf
    for path in ("edit", "delete"):
        await browser.send(f"{starred}/{path}", csrf=token, name="Mine", description="")
        assert browser.response.status_code == 403
    assert (await browser.get(f"{starred}/edit")).status_code == 403


async def test_a_seller_changes_own_lists_only(seller: Browser, world: World) -> None:
    await world.need("lead.1", list_1={"name": "Theirs"})
    theirs = f"/app/lists/{world.values['list.1']}"
    await seller.get("/app/lists/new")
    await seller.send("/app/lists/new", name="Mine", description="")
    own, token = seller.path, seller.csrf
    await seller.get(theirs)
    assert f"{theirs}/edit" not in seller.text
    for path in ("edit", "delete"):
        await seller.send(f"{theirs}/{path}", csrf=token, name="Taken", description="")
        assert seller.response.status_code == 403
    await seller.send(f"{own}/edit", csrf=token, name="Mine too", description="")
    assert seller.path == own
    # A lead of somebody else in it is not theirs to take out.
    id = own.rpartition("/")[2]
    await world.db.execute(
        """insert into list_member (org_id, list_id, lead_id, added_by, added_on)
           select org_id, $2::uuid, id, owner_id, now() from lead where org_id = $1""",
        world.org_id,
        id,
    )
    await seller.send(f"{own}/delete", csrf=token)
    assert "an administrator can delete it" in seller.text
    assert await world.count("list") == 2
    await world.db.execute("delete from list_member where org_id = $1", world.org_id)
    await seller.send(f"{own}/delete", csrf=token)
    assert [row["name"] for row in await world.rows("list")] == ["Theirs"]


async def test_leads_are_taken_out_and_a_list_is_emptied(browser: Browser, world: World) -> None:
    await world.need("lead.1", "lead.2", "lead.3", list_1={"leads": "lead.1;lead.2;lead.3"})
    here = f"/app/lists/{world.values['list.1']}"
    await browser.get(f"{here}?sort=name")
    assert names(browser) == ["Meera Iyer", "Ravi Kumar", "Tom Sawyer"]
    await browser.send(f"{here}/remove", address=f"{here}?sort=name")
    assert "No lead was chosen" in browser.text
    await browser.send(f"{here}/remove", id=world.values["lead.1"], address=f"{here}?sort=name")
    assert browser.path == f"{here}?sort=name"
    assert "1 lead was taken out of the list." in browser.text
    assert names(browser) == ["Meera Iyer", "Tom Sawyer"]
    await browser.send(f"{here}/empty")
    assert "No leads in this list" in browser.text
    assert await world.count("list_member") == 0
    assert await world.count("lead") == 3


async def test_chosen_leads_are_added(browser: Browser, world: World) -> None:
    await world.need("lead.1", "lead.2", list_1={"name": "Webinar", "leads": "lead.1"})
    ids = [world.values["lead.1"], world.values["lead.2"]]
    await browser.get("/app/leads")
    assert 'formaction="/app/lists/add"' in browser.text
    await browser.send("/app/lists/add", id=ids, address="/app/leads?sort=name", change="")
    assert "Add 2 leads to a list" in browser.text
    assert "Webinar" in browser.text
    assert "Starred Leads" in browser.text
    assert "All Leads" not in browser.text
    sent = {"id": ids, "address": "/app/leads?sort=name"}
    await browser.send("/app/lists/add", list="", name="", **sent)
    assert browser.response.status_code == 422
    assert "Choose a list, or give a new one a name." in browser.text
    await browser.send("/app/lists/add", list="", name="webinar", **sent)
    assert "A list has this name already" in browser.text
    assert await world.count("list_member") == 1
    await browser.send("/app/lists/add", list=world.values["list.1"], name="", **sent)
    assert browser.path == "/app/leads?sort=name"
    assert "1 lead was added to “Webinar”. 1 was there before." in browser.text
    await browser.send("/app/lists/add", list="", name="Event", **sent)
    assert "2 leads were added to “Event”." in browser.text
    assert await world.count("list_member") == 4
    await browser.send("/app/lists/add", list=world.values["list.1"], name="", address="/app/leads")
    assert "No lead was chosen" in browser.text
    await browser.get("/app/lists/add")
    assert browser.path == "/app/leads"


async def test_a_seller_sees_and_moves_own_leads_only(seller: Browser, world: World) -> None:
    await world.need("lead.1", "lead.2", list_1={"leads": "lead.1;lead.2"})
    await owned(world, seller, "lead.2")
    here = f"/app/lists/{world.values['list.1']}"
    await seller.get("/app/lists")
    assert re.findall(r'<td class="right">(\d+)</td>', seller.text) == ["1", "0", "1"]
    await seller.get(here)
    assert names(seller) == ["Meera Iyer"]
    await seller.send(f"{here}/empty")
    assert "an administrator can empty it" in seller.text
    token = seller.csrf
    await seller.send(f"{here}/remove", csrf=token, id=world.values["lead.1"])
    assert seller.response.status_code == 403
    await seller.send("/app/lists/add", csrf=token, id=world.values["lead.1"], name="Mine", list="")
    assert seller.response.status_code == 422
    assert "Nothing was" in seller.text or "permission" in seller.text
    assert await world.count("list_member") == 2
    assert await world.count("list") == 1
    await seller.send(f"{here}/remove", csrf=token, id=world.values["lead.2"])
    assert await world.count("list_member") == 1


async def test_a_list_of_another_organisation_is_not_there(
    browser: Browser, worlds: Worlds, strange: Callable[..., Browser]
) -> None:
    other = await worlds.copy()
    await other.need("lead.1", list_1={"leads": "lead.1"})
    here = f"/app/lists/{other.values['list.1']}"
    token = browser.csrf
    assert (await browser.get(here)).status_code == 404
    for path in (f"{here}/empty", f"{here}/remove"):
        await browser.send(path, csrf=token, id=other.values["lead.1"])
        assert "List not found" in browser.text
    await browser.send("/app/lists/add", csrf=token, id=other.values["lead.1"], list="", name="Stolen")
    assert browser.response.status_code == 422
    assert await other.count("list_member") == 1
    stranger = strange(await entitled(other))
    await stranger.get(here)
    assert stranger.path.startswith("/app/sign-in")


@pytest.mark.parametrize("path", ["/app/lists", "/app/lists?q={}", "{list}", "/app/lists/new"])
async def test_names_are_escaped(browser: Browser, world: World, path: str) -> None:
    await world.need("lead.1", list_1={"name": NASTY, "leads": "lead.1"})
    await browser.get(path.format("%3Cimg%20src=x%3E", list=f"/app/lists/{world.values['list.1']}"))
    assert browser.response.status_code == 200
    assert "<script>" not in browser.text
    assert "<img" not in browser.text
