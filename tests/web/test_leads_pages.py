"""The screens about leads: the list, one lead with its timeline, a new one, several at once, posting on one."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from browsing import Browser, entitled
from fairlead.fields.model import DataType, Field, Option
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
    user = next(user for user in world.defs.users.values() if user.email == browser.email)
    await set_lead(world, name, owner_id=user.id)


# the list ------------------------------------------------------------------------------------------------


async def test_an_empty_list_says_what_to_do(browser: Browser) -> None:
    await browser.get("/app/leads")
    assert "No leads yet" in browser.text
    assert 'href="/app/leads/new"' in browser.text


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
        ("field=DoNotCall&op=%3D&value=no", ["Tom Sawyer", "Meera Iyer", "Ravi Kumar"]),
        ("field=OwnerIdName&op=%3D&value=Nobody", []),
        ("field=CreatedOn&op=%3E&value=2015-01-01", ["Tom Sawyer", "Meera Iyer", "Ravi Kumar"]),
        ("field=CreatedOn&op=%3C&value=2015-01-01+10:00", []),
        ("sort=name", ["Meera Iyer", "Ravi Kumar", "Tom Sawyer"]),
        ("sort=-name", ["Tom Sawyer", "Ravi Kumar", "Meera Iyer"]),
        ("sort=score", ["Meera Iyer", "Tom Sawyer", "Ravi Kumar"]),
        ("sort=;drop", ["Tom Sawyer", "Meera Iyer", "Ravi Kumar"]),
        ("page=2", []),
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
    assert said in browser.text
    assert 'aria-describedby="by-error"' in browser.text
    assert names(browser) == []


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


# one lead ------------------------------------------------------------------------------------------------


async def test_a_group_is_edited_in_its_place(browser: Browser, world: World) -> None:
    await world.need("lead.1")
    lead = f"/app/leads/{world.values['lead.1']}"
    await browser.get(lead)
    assert 'name="FirstName"' not in browser.text
    await browser.get(f"{lead}?edit=contact")
    assert 'value="Ravi"' in browser.text
    assert 'type="email"' in browser.text
    before = (await stored(world))["fields"]
    await browser.send(lead, group="contact", FirstName="Ravindra", LastName="Kumar", JobTitle="")
    assert browser.path == lead
    assert "Saved." in browser.text
    assert "<del>Ravi</del>" in browser.text
    assert "Ravindra" in (await stored(world))["fields"]
    assert before != (await stored(world))["fields"]
    await browser.send(lead, group="contact", FirstName="Ravindra")
    assert "Nothing was different" in browser.text


async def test_what_is_refused_stands_beside_its_control(browser: Browser, world: World) -> None:
    await world.need("lead.1", "lead.2")
    lead = f"/app/leads/{world.values['lead.1']}"
    await browser.get(lead)
    await browser.send(lead, group="contact", FirstName="New", EmailAddress="no address")
    assert browser.response.status_code == 422
    assert "Enter an address such as" in browser.text
    assert 'value="no address"' in browser.text
    assert 'value="New"' in browser.text
    await browser.send(lead, group="contact", EmailAddress="meera.iyer.2@example.com")
    assert browser.response.status_code == 422
    assert "already exists" in browser.text
    assert f'href="/app/leads/{world.values["lead.2"]}"' in browser.text


async def test_a_change_made_meanwhile_is_not_undone(browser: Browser, world: World) -> None:
    await world.need("lead.1")
    lead = f"/app/leads/{world.values['lead.1']}"
    await browser.get(f"{lead}?edit=contact")
    as_of = re.findall(r'name="as_of" value="([^"]*)"', browser.text)[0]
    await browser.send(lead, group="contact", as_of=as_of, FirstName="Ravindra")
    await browser.send(lead, group="contact", as_of=as_of, FirstName="Ravi", LastName="Rao")
    assert browser.response.status_code == 422
    assert "was changed while you were editing" in browser.text
    assert 'value="Rao"' in browser.text
    assert "Ravindra" in (await stored(world))["fields"]
    await browser.send(lead, group="head", as_of=as_of, ProspectStage="Contacted")
    assert browser.response.status_code == 422
    assert "was changed while you were editing" in browser.text


async def test_a_seller_who_gives_a_lead_away_lands_on_the_list(seller: Browser, world: World) -> None:
    await world.need("lead.1")
    await seller_of(world, seller, "lead.1")
    lead = f"/app/leads/{world.values['lead.1']}"
    await seller.get(lead)
    await seller.send(lead, group="head", OwnerId=world.user_id)
    assert seller.path == "/app/leads"
    assert "The lead belongs to Asha Rao now." in seller.text


async def test_stage_and_owner_are_changed_at_the_head(browser: Browser, world: World) -> None:
    await world.need("lead.1")
    user_id, *_ = await world.user_with_key("Sales_User", first_name="Nila")
    lead = f"/app/leads/{world.values['lead.1']}"
    await browser.get(lead)
    await browser.send(lead, group="head", ProspectStage="Contacted", OwnerId=user_id)
    found = await stored(world)
    assert (found["stage"], str(found["owner_id"])) == ("Contacted", user_id)
    assert "Stage Change" in browser.text
    assert "<del>Prospect</del>" in browser.text
    assert "Lead Assigned" in browser.text


# the timeline --------------------------------------------------------------------------------------------


async def test_the_timeline_tells_everything_newest_first(browser: Browser, world: World) -> None:
    await world.need("lead.1", "activity.1", "opp.1", "sales.1")
    lead = f"/app/leads/{world.values['lead.1']}"
    await browser.get(lead)
    titles = re.findall(r"<strong>([^<]*)</strong>", browser.text.split('<ol class="timeline">')[1])
    assert "Lead created" in titles
    assert len(titles) >= 4
    times = re.findall(
        r'<time datetime="([^"]*)"', browser.text.split('<ol class="timeline">')[1].split("</ol>")[0]
    )
    assert times == sorted(times, reverse=True)
    await browser.get(f"{lead}?show=changes")
    assert "Lead created" in browser.text
    assert browser.text.count('class="happening"') < len(titles)
    code = next(
        row["code"] for row in await world.rows("activity") if str(row["id"]) == world.values["activity.1"]
    )
    await browser.get(f"{lead}?show={code}")
    assert browser.text.count('class="happening"') >= 1
    assert "Lead created" not in browser.text
    await browser.get(f"{lead}?show=999999")
    assert "Nothing of this kind" in browser.text


@pytest.mark.parametrize(
    "query",
    [
        "before=x",
        "before=2026-01-01T00:00:00~x",
        "before=0001-01-01T00:00:00%2B14:00~01a1fa94-53c3-7501-b82d-1ce794ee83dc",
        "show=²",
        "show=-1",
        "edit=nothing",
    ],
)
async def test_an_address_that_was_meddled_with_shows_the_lead(
    browser: Browser, world: World, query: str
) -> None:
    await world.need("lead.1")
    await browser.get(f"/app/leads/{world.values['lead.1']}?{query}")
    assert browser.response.status_code == 200
    assert "Lead created" in browser.text


async def test_older_entries_follow_without_gap_or_repeat(browser: Browser, world: World) -> None:
    await world.need("lead.1", *(f"activity.{number}" for number in range(1, 41)))
    path = f"/app/leads/{world.values['lead.1']}"
    await browser.get(path)
    first = browser.text.count('class="happening"')
    older = html.unescape(re.findall(r'hx-get="([^"]*before=[^"]*)"', browser.text)[0])
    await browser.get(older)
    assert (first, browser.text.count('class="happening"')) == (30, 11)
    assert "Newest" in browser.text
    assert "before=" not in browser.text.split('<ol class="timeline">')[1]


# a new lead ----------------------------------------------------------------------------------------------


async def test_a_new_lead_is_made_and_shown(browser: Browser, world: World) -> None:
    await browser.get("/app/leads/new")
    await browser.send(
        "/app/leads/new",
        FirstName=NASTY,
        EmailAddress="new@example.com",
        LastName="",
        ProspectStage="Contacted",
        Source="Event",
        mx_City="Kochi",
    )
    (made,) = await world.rows("lead")
    assert browser.path == f"/app/leads/{made['id']}"
    assert "The lead is created." in browser.text
    assert "<script>" not in browser.text
    assert made["stage"] == "Contacted"
    assert "Kochi" in made["fields"]


async def test_a_new_lead_that_is_refused_keeps_what_was_typed(browser: Browser, world: World) -> None:
    await world.need("lead.1")
    await browser.get("/app/leads/new")
    await browser.send("/app/leads/new", FirstName="", Company="Acme")
    assert browser.response.status_code == 422
    assert "Enter a first name, a last name, an e-mail address or a phone number." in browser.text
    assert 'value="Acme"' in browser.text
    await browser.send("/app/leads/new", FirstName="Ravi", EmailAddress="RAVI.kumar.1@example.com")
    assert browser.response.status_code == 422
    assert f'href="/app/leads/{world.values["lead.1"]}"' in browser.text
    assert await world.count("lead") == 1


# several -------------------------------------------------------------------------------------------------


async def test_several_leads_get_another_stage_or_owner(browser: Browser, world: World) -> None:
    await world.need("lead.1", "lead.2", "lead.3")
    await browser.get("/app/leads?sort=name")
    chosen = [world.values["lead.1"], world.values["lead.3"]]
    sent = {"id": chosen, "address": "/app/leads?sort=name"}
    await browser.send("/app/leads/change", change="ProspectStage:Contacted", **sent)
    assert browser.path == "/app/leads?sort=name"
    assert "2 leads have the stage Contacted now." in browser.text
    assert [row["stage"] for row in await world.rows("lead")].count("Contacted") == 2
    user_id, *_ = await world.user_with_key("Sales_User", first_name="Nila")
    await browser.send("/app/leads/change", change=f"OwnerId:{user_id}", **sent)
    assert [str(row["owner_id"]) for row in await world.rows("lead")].count(user_id) == 2


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"change": "ProspectStage:Contacted"}, "No lead was chosen"),
        ({"id": "lead.1"}, "Choose a stage or an owner"),
        ({"id": "lead.1", "change": "FirstName:Nobody"}, "Choose a stage or an owner"),
        ({"id": "nonsense", "change": "ProspectStage:Contacted"}, "0 leads have"),
    ],
)
async def test_several_leads_stay_as_they_are(
    browser: Browser, world: World, sent: dict[str, str], said: str
) -> None:
    await world.need("lead.1")
    await browser.get("/app/leads")
    known = {name: world.values.get(value, value) for name, value in sent.items()}
    await browser.send("/app/leads/change", **known)
    assert said in browser.text
    assert (await stored(world))["version"] == 1


# posting -------------------------------------------------------------------------------------------------

PURPOSE = Field(
    "mx_Custom_20", "Reason", DataType.SELECT, options=(Option("Loan"), Option("Card")), sequence=20
)
OUTCOME = Field(
    "mx_Custom_21",
    "Outcome",
    DataType.SELECT,
    options=(Option("Signed"), Option("Sent")),
    parent="mx_Custom_20",
    dependent={"Loan": ("Signed",), "Card": ("Sent",)},
    sequence=21,
)


async def test_an_activity_is_posted(browser: Browser, world: World) -> None:
    await world.need("lead.1")
    lead = f"/app/leads/{world.values['lead.1']}"
    await browser.get(lead)
    assert f'action="{lead}/activities/new"' in browser.text
    await browser.get(f"{lead}/activities/new?type=206")
    await browser.send(
        f"{lead}/activities/new?type=206",
        ActivityDateTime="2026-11-20T10:30",
        ActivityEvent_Note=f"Met her {NASTY}",
        Status="Active",
        mx_Custom_1="Address",
    )
    assert browser.path == lead
    assert "Posted: Home Visit." in browser.text
    assert "Met her &lt;script&gt;" in browser.text
    (made,) = await world.rows("activity")
    assert made["code"] == 206
    assert f"{made['happened_on']:%H:%M}" == "05:00"


async def test_drop_downs_offer_what_fits_without_script(browser: Browser, world: World) -> None:
    await world.add_fields(206, PURPOSE, OUTCOME)
    await world.need("lead.1")
    lead = f"/app/leads/{world.values['lead.1']}"
    await browser.get(f"{lead}/activities/new?type=206")
    assert "Offer what fits" in browser.text
    assert '<option value="Signed"' in browser.text
    assert '<option value="Sent"' in browser.text
    sent = {"ActivityEvent_Note": "Half typed", "mx_Custom_20": "Loan", "mx_Custom_21": ""}
    await browser.send(f"{lead}/activities/new?type=206", again="1", **sent)
    assert "Half typed" in browser.text
    assert '<option value="Signed"' in browser.text
    assert '<option value="Sent"' not in browser.text
    await browser.send(f"{lead}/activities/new?type=206", **sent | {"mx_Custom_21": "Sent"})
    assert browser.response.status_code == 422
    assert "Outcome" in browser.text
    assert await world.count("activity") == 0


@pytest.mark.parametrize("code", ["30", "3002", "12000", "9999", "", "x", "²", "-1"])
async def test_only_types_that_are_posted_by_hand_have_a_form(
    browser: Browser, world: World, code: str
) -> None:
    await world.need("lead.1")
    path = f"/app/leads/{world.values['lead.1']}/activities/new?type={code}"
    token = browser.csrf
    assert (await browser.get(path)).status_code == 404
    await browser.send(path, csrf=token)
    assert browser.response.status_code in (404, 422)
    assert await world.count("activity") == 0
