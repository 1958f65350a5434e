"""The screens about opportunities: the board, the list, moving one to another stage, one of them, opening one on a lead."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from browsing import Browser, entitled
from fairlead.fields.model import Field
from world import World, Worlds

NASTY = '<script>alert("x")</script>\'"><img src=x onerror=alert(1)>'
QUOTED = "%3Cscript%3Ealert(%22x%22)%3C/script%3E%22%3E%3Cimg"
BOARD = "/app/opportunities?type=12005"
LIST = f"{BOARD}&view=list"


async def set_deal(world: World, name: str, **columns: Any) -> None:
    """Change an opportunity behind the rules' back; `fields` are added to those it has."""
    for column, value in columns.items():
        new = "fields || $3::jsonb" if column == "fields" else "$3"
        sent = json.dumps(value) if column == "fields" else value
        await world.db.execute(
            f"update activity set {column} = {new} where org_id = $1 and id = $2",
            world.org_id,
            world.values[name],
            sent,
        )


async def stored(world: World, name: str = "opp.1") -> dict[str, Any]:
    """An opportunity as it is stored, its fields read."""
    found = next(row for row in await world.rows("activity") if str(row["id"]) == world.values[name])
    return found | {"fields": json.loads(found["fields"])}


async def five_deals(world: World) -> None:
    """Deals in several stages: two open with a size, one won, one lost, one of a lead called Meera."""
    await world.need(
        "opp.1",
        "opp.2",
        "opp.3",
        opp_4={"status": "Won", "mx_Custom_2": "Closed Won"},
        opp_5={"status": "Lost", "mx_Custom_2": "Closed Lost", "lead": "lead.2"},
    )
    await set_deal(world, "opp.1", fields={"mx_Custom_6": 1200000.5, "mx_Custom_1": "Alpha"})
    await set_deal(world, "opp.2", fields={"mx_Custom_6": 34000, "mx_Custom_1": "beta"})
    await set_deal(world, "opp.3", fields={"mx_Custom_2": "Proposal", "mx_Custom_1": "Gamma"})
    await set_deal(world, "opp.4", fields={"mx_Custom_1": "Delta", "mx_Custom_6": 5})
    await set_deal(world, "opp.5", fields={"mx_Custom_1": "Epsilon"})


def names(browser: Browser) -> list[str]:
    """The opportunities that are shown, in their order; on the board those that are open."""
    shown = browser.text.partition('<div class="ways-out">')[0]
    found = re.findall(r'<a class="strong"[^>]*href="/app/opportunities/[^"]*"[^>]*>([^<]*)</a>', shown)
    return [html.unescape(one) for one in found]


def lanes(browser: Browser) -> dict[str, str]:
    """The text of each lane of the board by its title."""
    found = re.findall(r'<section class="lane.*?</section>', browser.text, re.DOTALL)
    texts = [re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", one))).strip() for one in found]
    titles = [html.unescape(re.findall(r"<h2[^>]*>(.*?)</h2>", one)[0]) for one in found]
    return dict(zip(titles, texts, strict=True))


async def seller_of(world: World, browser: Browser, name: str) -> None:
    """Give a lead to the person who is signed in there."""
    user = next(user for user in world.defs.users.values() if user.email == browser.email)
    await world.db.execute(
        "update lead set owner_id = $3 where org_id = $1 and id = $2",
        world.org_id,
        world.values[name],
        user.id,
    )


# the board -----------------------------------------------------------------------------------------------


async def test_the_board_has_the_stages_in_order_with_count_and_sum(browser: Browser, world: World) -> None:
    await five_deals(world)
    await world.settings(currency_symbol="₹")
    await browser.get(BOARD)
    assert browser.response.status_code == 200
    found = lanes(browser)
    assert list(found) == [
        "Prospecting",
        "Qualified",
        "Proposal",
        "Negotiation",
        "Closed Won",
        "Closed Lost",
    ]
    assert found["Prospecting"].startswith("Prospecting 2 2 opportunities, worth ₹12,34,000.50")
    assert found["Proposal"].startswith("Proposal 1 1 opportunity, worth ₹0")
    assert found["Negotiation"] == "Negotiation 0 0 opportunities, worth ₹0"
    assert sorted(names(browser)) == ["Alpha", "Gamma", "beta"]
    assert 'href="/app/opportunities"' in browser.text, "the navigation shows it"


async def test_stages_that_end_a_deal_show_the_newest_of_a_month(browser: Browser, world: World) -> None:
    await five_deals(world)
    await world.need(
        **{f"opp_{n}": {"status": "Won", "mx_Custom_2": "Closed Won"} for n in (6, 7, 8, 9)},
        opp_10={"status": "Lost", "mx_Custom_2": "Closed Lost"},
    )
    for number, days in ((4, 0), (5, 0), (6, 3), (7, 2), (8, 1), (9, 31), (10, 40)):
        await set_deal(world, f"opp.{number}", modified_on=datetime.now(UTC) - timedelta(days=days))
    for number in (6, 7, 8, 9, 10):
        await set_deal(world, f"opp.{number}", fields={"mx_Custom_6": 10})
    await browser.get(BOARD)
    won, lost = lanes(browser)["Closed Won"], lanes(browser)["Closed Lost"]
    assert won.startswith("Closed Won 4 4 opportunities, worth $35 in 30 days Delta ")
    assert re.findall("Opportunity [0-9]+|Delta", won) == ["Delta", "Opportunity 8", "Opportunity 7"]
    assert lost.startswith("Closed Lost 1 1 opportunity, worth $0 in 30 days Epsilon ")
    (more,) = re.findall(r'class="lane-end"><a href="([^"]*)">All Closed Won', browser.text)
    await browser.get(html.unescape(more))
    assert len(names(browser)) == 5
    assert "status=Won" in browser.path
    # What is asked for holds there, too.
    await browser.get(f"{BOARD}&q=delta")
    assert lanes(browser)["Closed Won"].startswith("Closed Won 1 1 opportunity, worth $5 in 30 days")
    assert lanes(browser)["Closed Lost"].startswith("Closed Lost 0 0 opportunities")


async def test_a_card_says_the_lead_once_and_tells_near_days_without_year(
    browser: Browser, world: World
) -> None:
    await world.need("opp.1", "opp.2")
    soon, far = (datetime.now(UTC) + timedelta(days=days) for days in (10, 500))
    await set_deal(
        world, "opp.1", fields={"mx_Custom_1": "Ravi Kumar: House", "mx_Custom_8": f"{soon:%F} 06:00:00.000"}
    )
    await set_deal(world, "opp.2", fields={"mx_Custom_1": "Boat", "mx_Custom_8": f"{far:%F} 06:00:00.000"})
    await browser.get(BOARD)
    found = lanes(browser)["Prospecting"]
    assert found.count("Ravi Kumar") == 2, "one name has it, under the other it stands"
    assert f"closes {soon:%-d %b} " in found
    assert f"closes {far:%-d %b %Y} " in found


async def test_the_board_opens_with_the_type_looked_at_last_or_the_fullest(
    browser: Browser, world: World
) -> None:
    await world.need("opp.1", "opp.2", opp_3={"code": "12000"}, opp_4={"code": "12000", "status": "Won"})
    await world.definitions_changed()

    async def shown() -> str:
        await browser.get("/app/opportunities")
        return re.findall(r'class="board-box"[^>]*aria-label="([^"]*) by stage"', browser.text)[0]

    fullest = await shown()
    assert fullest == (await world.current()).types[12005].display_name
    await browser.get("/app/opportunities?type=12000&view=list")
    assert await shown() == (await world.current()).types[12000].display_name
    assert browser.response.headers.get("set-cookie") is None, "nothing is remembered that was not asked for"
    await browser.get("/app/opportunities?type=99999")
    assert browser.response.status_code == 200
    assert 'name="address" value="/app/opportunities?type=12000"' in browser.text, "a view keeps the type"


async def test_a_column_counts_all_and_shows_ten(browser: Browser, world: World) -> None:
    await world.need(*(f"opp.{number}" for number in range(1, 14)))
    for number in range(1, 14):
        await set_deal(world, f"opp.{number}", fields={"mx_Custom_6": number})
    await browser.get(f"{BOARD}&sort=-value")
    assert len(names(browser)) == 10
    assert names(browser)[0] == "Opportunity 13"
    assert lanes(browser)["Prospecting"].startswith("Prospecting 13 13 opportunities, worth $91")
    (more,) = re.findall(r'class="lane-end"><a href="([^"]*)">All 13', browser.text)
    await browser.get(html.unescape(more))
    assert len(names(browser)) == 13
    assert names(browser)[0] == "Opportunity 13"


async def test_stages_that_the_type_does_not_know_have_one_column(browser: Browser, world: World) -> None:
    await five_deals(world)
    await set_deal(world, "opp.1", fields={"mx_Custom_2": "Lunch"})
    await set_deal(world, "opp.2", fields={"mx_Custom_2": None})
    await browser.get(BOARD)
    assert lanes(browser)["Other stages"].startswith("Other stages 2 2 opportunities, worth $12,34,000.50")
    assert 'data-stage="~"' not in browser.text
    await browser.get(f"{LIST}&stage=~&sort=name")
    assert names(browser) == ["Alpha", "beta"]


async def test_without_a_type_there_is_nothing_to_open(browser: Browser, world: World) -> None:
    await world.need("lead.1")
    await world.db.execute(
        "update record_type set active = false where org_id = $1 and kind = 'opportunity'", world.org_id
    )
    await world.definitions_changed()
    for path in ("/app/opportunities", f"/app/leads/{world.values['lead.1']}/opportunity/new"):
        await browser.get(path)
        assert browser.response.status_code == 200
        assert "No opportunity types yet" in browser.text
        assert 'href="/app/settings/opportunities"' in browser.text


@pytest.mark.parametrize("view", [BOARD, LIST])
async def test_what_is_empty_says_what_to_do(browser: Browser, world: World, view: str) -> None:
    await browser.get(view)
    assert "No open opportunities" in browser.text
    await browser.get(f"{view}&q=nobody")
    assert "No opportunity is like this" in browser.text


# what is asked for ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("status=any&sort=name", ["Alpha", "beta", "Delta", "Epsilon", "Gamma"]),
        ("status=any&sort=-name", ["Gamma", "Epsilon", "Delta", "beta", "Alpha"]),
        ("status=Won", ["Delta"]),
        ("status=nonsense&sort=name", ["Alpha", "beta", "Gamma"]),
        ("stage=Proposal", ["Gamma"]),
        ("stage=Nope", []),
        ("q=ALP", ["Alpha"]),
        ("q=meera&status=any", ["Epsilon"]),
        ("q=ravi+beta", ["beta"]),
        ("q=%25", []),
        ("q=_", []),
        ("sort=value", ["beta", "Alpha", "Gamma"]),
        ("sort=-value&status=any", ["Alpha", "beta", "Delta", "Epsilon", "Gamma"]),
        ("sort=-stage", ["Gamma", "beta", "Alpha"]),
        ("sort=;drop+table&sort=x", ["Alpha", "Gamma", "beta"]),
        ("closing=overdue", ["Alpha"]),
        ("closing=week", ["beta"]),
        ("closing=none", ["Gamma"]),
        ("closing=soon&sort=closing", ["Alpha", "beta", "Gamma"]),
        ("owner=01a1fa94-53e6-7436-b94f-b3e3f348a232", []),
        ("owner=nobody&sort=name", ["Alpha", "beta", "Gamma"]),
        ("type=12000", []),
        ("type=all&sort=name", ["Alpha", "beta", "Gamma"]),
        ("page=2&sort=name", ["Alpha", "beta", "Gamma"]),  # past the end: the last page
    ],
)
@pytest.mark.parametrize("view", ["", "list"])
async def test_opportunities_are_found(
    browser: Browser, world: World, query: str, found: list[str], view: str
) -> None:
    await five_deals(world)
    late, soon = (datetime.now(UTC) + timedelta(hours=hours) for hours in (-1, 30))
    await set_deal(world, "opp.1", fields={"mx_Custom_8": f"{late:%Y-%m-%d %H:%M:%S}.000"})
    await set_deal(world, "opp.2", fields={"mx_Custom_8": f"{soon:%Y-%m-%d %H:%M:%S}.000"})
    code = "" if "type=" in query else "type=12005&"
    await browser.get(f"/app/opportunities?{code}view={view}&{query}")
    assert browser.response.status_code == 200
    if view == "" and ("status=" in query or "stage=" in query or query in ("page=2", "type=all&sort=name")):
        return  # the board shows every stage of one type, and has no pages
    assert sorted(names(browser)) == sorted(found)
    ties = "stage" in query or "drop" in query
    if view == "list" and "sort=" in query and not ties and "-value" not in query:
        assert names(browser) == found


async def test_who_owns_it_is_asked_for_and_sorted_by_name(browser: Browser, world: World) -> None:
    await five_deals(world)
    user_id, *_ = await world.user_with_key("Sales_User", first_name="Aaron")
    await set_deal(world, "opp.2", owner_id=user_id)
    await browser.get(f"{LIST}&owner={user_id.upper()}")
    assert names(browser) == ["beta"]
    await browser.get(f"{LIST}&sort=owner")
    assert names(browser)[0] == "beta"
    await browser.get(f"{LIST}&sort=-owner")
    assert names(browser)[-1] == "beta"


async def test_board_and_list_keep_what_is_asked_for(browser: Browser, world: World) -> None:
    await five_deals(world)
    await browser.get(f"{BOARD}&q=alp&sort=name")
    (to_list,) = re.findall(
        r'<nav class="tabs".*?<a href="[^"]*"[^>]*>Board</a><a href="([^"]*)"', browser.text
    )
    await browser.get(html.unescape(to_list))
    assert names(browser) == ["Alpha"]
    assert "view=list" in browser.path
    assert "q=alp" in browser.path
    await browser.get(f"{browser.path}&status=any&stage=Prospecting")
    (to_board,) = re.findall(r'<nav class="tabs".*?<a href="([^"]*)"[^>]*>Board</a>', browser.text)
    assert html.unescape(to_board) == "/app/opportunities?type=12005&q=alp&sort=name", "it shows every stage"


async def test_pages_of_the_list_have_the_exact_count(browser: Browser, world: World) -> None:
    await world.need(*(f"opp.{number}" for number in range(1, 53)))
    await browser.get(LIST)
    assert len(names(browser)) == 50
    assert "1–50 of 52" in browser.text
    await browser.get(html.unescape(re.findall(r'rel="next" href="([^"]*)"', browser.text)[0]))
    assert len(names(browser)) == 2
    assert "view=list" in browser.path


async def test_a_filter_makes_a_clean_address(browser: Browser, world: World) -> None:
    await five_deals(world)
    sent = "/app/opportunities?view=list&type=12005&q=alp&status=Open&stage=&owner=&closing="
    await browser.get(sent, hx_request="true", hx_target="results")
    assert names(browser) == ["Alpha"]
    assert browser.response.headers["hx-replace-url"] == "/app/opportunities?view=list&type=12005&q=alp"
    await browser.get(sent, hx_request="true", hx_boosted="true")
    assert browser.response.headers["hx-push-url"] == "/app/opportunities?view=list&type=12005&q=alp"


async def test_the_first_page_leads_to_the_list_of_a_stage(browser: Browser, world: World) -> None:
    await five_deals(world)
    await browser.get("/app")
    (to,) = re.findall(
        r'class="bar-label"><a href="(/app/opportunities[^"]*stage=Proposal[^"]*)"', browser.text
    )
    await browser.get(html.unescape(to))
    assert names(browser) == ["Gamma"]


# moving --------------------------------------------------------------------------------------------------


async def test_a_card_moves_to_another_stage(browser: Browser, world: World) -> None:
    await five_deals(world)
    await browser.get(BOARD)
    id = world.values["opp.1"]
    assert f'name="move" value="{id}"' in browser.text
    await browser.send(
        "/app/opportunities/move",
        move=id,
        address=BOARD,
        **{id: "Qualified", world.values["opp.2"]: "Negotiation"},
    )
    assert browser.path == BOARD
    assert "Alpha is in Qualified now." in browser.text
    assert lanes(browser)["Qualified"].startswith("Qualified 1 1 opportunity, worth $12,00,000.50")
    assert (await stored(world))["fields"]["mx_Custom_2"] == "Qualified"
    assert (await stored(world))["status"] == "Open"
    assert (await stored(world, "opp.2"))["fields"]["mx_Custom_2"] == "Prospecting", "only the pressed one"
    (change,) = [row for row in await world.rows("change") if str(row["record_id"]) == id]
    assert json.loads(change["changes"]) == {"mx_Custom_2": ["Prospecting", "Qualified"]}


async def test_a_stage_of_another_status_brings_it_along(browser: Browser, world: World) -> None:
    await five_deals(world)
    await browser.get(BOARD)
    id = world.values["opp.1"]
    await browser.send("/app/opportunities/move", move=id, address=BOARD, **{id: "Closed Won"})
    assert "Alpha is in Closed Won now, its status is Won." in browser.text
    assert "Alpha" not in names(browser)
    assert "Alpha" in lanes(browser)["Closed Won"], "it stays in sight"
    found = await stored(world)
    assert (found["status"], found["fields"]["mx_Custom_2"]) == ("Won", "Closed Won")
    await browser.send("/app/opportunities/move", move=id, address=BOARD, **{id: "Proposal"})
    assert (await stored(world))["status"] == "Open"


@pytest.mark.parametrize(
    ("stage", "said"),
    [
        ("", "Choose the stage to move it to. It stays where it was."),
        ("Lunch", "Stage cannot be read. Choose one of the options. It stays where it was."),
    ],
)
async def test_a_card_that_may_not_move_says_why(
    browser: Browser, world: World, stage: str, said: str
) -> None:
    await five_deals(world)
    await browser.get(BOARD)
    id, token = world.values["opp.1"], browser.csrf
    before = await stored(world)
    await browser.send(
        "/app/opportunities/move", htmx=True, csrf=token, move=id, address=BOARD, **{id: stage}
    )
    assert browser.response.status_code == 422
    assert browser.response.headers["hx-retarget"] == "#toasts"
    assert browser.response.headers["hx-reselect"] == ".toast"
    assert browser.text.strip().startswith(f'<div class="toast bad"><p>{said}</p>')
    await browser.send("/app/opportunities/move", csrf=token, move=id, address=BOARD, **{id: stage})
    assert browser.response.status_code == 422
    assert said in browser.text
    assert await stored(world) == before


async def test_moving_nowhere_and_back_to_elsewhere_is_harmless(browser: Browser, world: World) -> None:
    await five_deals(world)
    await browser.get(BOARD)
    id = world.values["opp.1"]
    sent = {"move": id, id: "Prospecting", "address": "https://elsewhere.example/"}
    await browser.send("/app/opportunities/move", **sent)
    assert browser.path == "/app/opportunities"
    assert "Alpha is in Prospecting already." in browser.text
    assert (await stored(world))["version"] == 1
    for unknown in ("", "nonsense", "01a1fa94-53e6-7436-b94f-b3e3f348a232", world.values["lead.1"]):
        await browser.get(BOARD)
        await browser.send("/app/opportunities/move", move=unknown, **{unknown or "x": "Proposal"})
        assert browser.response.status_code == 422
        assert "It is not there any more" in browser.text


# one opportunity -----------------------------------------------------------------------------------------


async def test_an_opportunity_shows_its_fields_its_lead_and_what_happened(
    browser: Browser, world: World
) -> None:
    await world.need("opp.1", activity_1={"opp": "opp.1", "note": "PAN collected"})
    await world.need("activity.2")
    await set_deal(world, "opp.1", fields={"mx_Custom_6": 1200000, "mx_Custom_8": "2026-12-31 20:00:00.000"})
    deal = f"/app/opportunities/{world.values['opp.1']}"
    await browser.get(deal)
    assert browser.response.status_code == 200
    assert "Opportunity 1" in browser.text
    assert f'href="/app/leads/{world.values["lead.1"]}"' in browser.text
    assert "1 Jan 2027, 01:30" in browser.text, "in the time zone of the organisation"
    timeline = browser.text.split('id="timeline"')[1].split('<div class="stack">')[0]
    assert "PAN collected" in timeline
    assert timeline.count('class="happening"') == 1, "the other activity is the lead's alone"
    await browser.get(f"{deal}?show=changes")
    assert "PAN collected" not in browser.text
    assert "Nothing of this kind" in browser.text
    await browser.get(f"/app/leads/{world.values['lead.1']}")
    assert f'href="{deal}"' in browser.text


async def test_a_group_is_edited_in_its_place(browser: Browser, world: World) -> None:
    await world.need("opp.1")
    deal = f"/app/opportunities/{world.values['opp.1']}"
    await browser.get(deal)
    assert 'name="mx_Custom_6"' not in browser.text
    await browser.get(f"{deal}?edit=deal")
    assert 'type="datetime-local"' in browser.text
    assert re.search(r'name="mx_Custom_6"[^>]* type="number"', browser.text)
    await browser.send(
        deal,
        group="deal",
        mx_Custom_1="House loan",
        mx_Custom_6="250000.50",
        mx_Custom_8="2026-12-24T09:30:00",
    )
    assert browser.path == deal
    assert "Saved." in browser.text
    found = await stored(world)
    assert found["fields"]["mx_Custom_1"] == "House loan"
    assert found["fields"]["mx_Custom_6"] == 250000.5
    assert found["fields"]["mx_Custom_8"] == "2026-12-24 04:00:00.000"
    assert "<del>Opportunity 1</del>" in browser.text
    assert "<ins>House loan</ins>" in browser.text
    await browser.send(deal, group="deal", mx_Custom_1="House loan")
    assert "Nothing was different" in browser.text


async def test_what_is_refused_stands_beside_its_control(browser: Browser, world: World) -> None:
    await world.need("opp.1")
    deal = f"/app/opportunities/{world.values['opp.1']}"
    await browser.get(deal)
    await browser.send(deal, group="deal", mx_Custom_1="New", mx_Custom_6="much")
    assert browser.response.status_code == 422
    assert "Expected Deal Size cannot be read. Enter a number" in browser.text
    assert 'value="New"' in browser.text
    await browser.send(deal, group="deal", mx_Custom_1="")
    assert browser.response.status_code == 422
    assert "Opportunity Name is needed." in browser.text
    assert (await stored(world))["fields"]["mx_Custom_1"] == "Opportunity 1"


async def test_status_stage_and_owner_are_changed_at_the_head(browser: Browser, world: World) -> None:
    await world.need("opp.1")
    user_id, *_ = await world.user_with_key("Sales_User", first_name="Nila")
    deal = f"/app/opportunities/{world.values['opp.1']}"
    await browser.get(deal)
    await browser.send(deal, group="head", Status="Won", mx_Custom_2="Prospecting", Owner=user_id)
    found = await stored(world)
    assert (found["status"], found["fields"]["mx_Custom_2"]) == ("Won", "Closed Won")
    assert str(found["owner_id"]) == user_id
    await browser.send(deal, group="head", Status="Open", mx_Custom_2="", Owner=user_id)
    found = await stored(world)
    assert (found["status"], found["fields"]["mx_Custom_2"]) == ("Open", "Prospecting")
    await browser.send(deal, group="head", Status="Open", mx_Custom_2="Closed Lost", Owner=user_id)
    assert browser.response.status_code == 422
    assert "Stage" in browser.text
    assert (await stored(world))["status"] == "Open"


async def test_a_change_made_meanwhile_is_not_undone(browser: Browser, world: World) -> None:
    await world.need("opp.1")
    deal = f"/app/opportunities/{world.values['opp.1']}"
    await browser.get(f"{deal}?edit=deal")
    as_of = re.findall(r'name="as_of" value="([^"]*)"', browser.text)[0]
    await browser.send(deal, group="deal", as_of=as_of, mx_Custom_1="First")
    await browser.send(deal, group="deal", as_of=as_of, mx_Custom_1="Second")
    assert browser.response.status_code == 422
    assert "was changed while you were editing" in browser.text
    assert 'value="Second"' in browser.text
    assert (await stored(world))["fields"]["mx_Custom_1"] == "First"


async def test_older_entries_follow_without_gap_or_repeat(browser: Browser, world: World) -> None:
    wanted = {f"activity_{number}": {"opp": "opp.1"} for number in range(1, 41)}
    await world.need("opp.1", **wanted)
    await browser.get(f"/app/opportunities/{world.values['opp.1']}")
    first = browser.text.count('class="happening"')
    older = html.unescape(re.findall(r'hx-get="([^"]*before=[^"]*)"', browser.text)[0])
    await browser.get(older)
    assert (first, browser.text.count('class="happening"')) == (30, 10)
    for query in ("before=x", "before=2026-01-01~x", "show=²", "show=-1", "edit=nothing"):
        await browser.get(f"/app/opportunities/{world.values['opp.1']}?{query}")
        assert browser.response.status_code == 200


async def test_an_activity_is_posted_on_it(browser: Browser, world: World) -> None:
    await world.need("opp.1", "lead.2")
    deal = f"/app/opportunities/{world.values['opp.1']}"
    post = f"/app/leads/{world.values['lead.1']}/activities/new?type=206&opportunity={world.values['opp.1']}"
    await browser.get(post)
    assert "A new activity on Opportunity 1, Ravi Kumar" in browser.text
    assert f'href="{deal}"' in browser.text
    await browser.send(post, ActivityEvent_Note="Papers signed", mx_Custom_1="x")
    assert browser.path == deal
    assert "Papers signed" in browser.text
    posted = next(row for row in await world.rows("activity") if row["code"] == 206)
    assert str(posted["opportunity_id"]) == world.values["opp.1"]
    assert str(posted["lead_id"]) == world.values["lead.1"]
    wrong = post.replace(world.values["lead.1"], world.values["lead.2"])
    assert (await browser.get(wrong)).status_code == 404
    assert (await browser.get(post[:-1] + "x")).status_code == 404
    await browser.get(post)
    await browser.send(wrong, ActivityEvent_Note="Wrong lead", mx_Custom_1="x")
    assert browser.response.status_code in (404, 422)
    assert [row["code"] for row in await world.rows("activity")].count(206) == 1


async def test_it_is_deleted_where_its_type_allows_that(browser: Browser, world: World) -> None:
    await world.need("opp.1", activity_1={"opp": "opp.1"})
    deal = f"/app/opportunities/{world.values['opp.1']}"
    await world.db.execute(
        """update record_type set definition = definition || '{"can_delete": false}' where org_id = $1""",
        world.org_id,
    )
    await world.definitions_changed()
    await browser.get(deal)
    assert "Delete this opportunity?" not in browser.text
    await browser.send(f"{deal}/delete")
    assert browser.response.status_code == 403
    await world.db.execute(
        """update record_type set definition = definition || '{"can_delete": true}' where org_id = $1""",
        world.org_id,
    )
    await world.definitions_changed()
    await browser.get(deal)
    assert "Delete this opportunity?" in browser.text
    await browser.send(f"{deal}/delete")
    assert browser.path == BOARD
    assert "Opportunity 1 is deleted." in browser.text
    (left,) = await world.rows("activity")
    assert left["opportunity_id"] is None, "what happened about it stays on the lead"
    assert (await browser.get(deal)).status_code == 404


async def test_tasks_about_it_stand_on_its_page(browser: Browser, world: World) -> None:
    await world.need("opp.1", "lead.2")
    deal = f"/app/opportunities/{world.values['opp.1']}"
    await browser.get(deal)
    assert f'href="{deal}/tasks/new"' in browser.text
    await browser.get(f"{deal}/tasks/new")
    assert "About Opportunity 1" in browser.text
    sent = {"Name": "Send papers", "TaskType": "Call", "DueDate": "2026-12-24T09:30", "EndDate": ""}
    user = next(user for user in world.defs.users.values() if user.email == browser.email)
    sent |= {"OwnerId": user.id, "Location": "", "Description": ""}
    await browser.send(f"{deal}/tasks/new", **sent)
    assert browser.path == deal
    (task,) = await world.rows("task")
    assert (task["related"], str(task["opportunity_id"])) == (5, world.values["opp.1"])
    assert str(task["lead_id"]) == world.values["lead.1"]
    shown = browser.text.split('id="timeline"')[1].split('<div class="stack">')[0]
    assert shown.count("Send papers</a>") == 2, "to be done, and in the timeline"
    assert re.search(r"Tasks&nbsp;<span class=\"soft\">1<", shown)
    await browser.send(f"/app/tasks/{task['id']}/done", address=deal)
    assert browser.path == deal
    await browser.get(f"{deal}?show=tasks")
    assert browser.text.count('class="happening"') == 1
    assert "Open again: Send papers" in browser.text
    await browser.get(f"{deal}?show=changes")
    assert "Open again" not in browser.text
    await browser.get(f"/app/tasks/{task['id']}")
    assert f'<a href="{deal}">Opportunity 1</a>' in browser.text
    await browser.get("/app/tasks?show=done")
    assert f'<a href="{deal}">Opportunity 1</a>' in browser.text


async def test_tasks_follow_among_older_entries_without_gap_or_repeat(browser: Browser, world: World) -> None:
    await world.need(
        "opp.1",
        **{f"activity_{number}": {"opp": "opp.1"} for number in range(1, 31)},
        **{f"task_{number}": {"opp": "opp.1"} for number in range(1, 11)},
    )
    await browser.get(f"/app/opportunities/{world.values['opp.1']}")
    first = browser.text.count('class="happening"')
    older = html.unescape(re.findall(r'hx-get="([^"]*before=[^"]*)"', browser.text)[0])
    await browser.get(older)
    assert (first, browser.text.count('class="happening"')) == (30, 10)


# opening one on a lead -----------------------------------------------------------------------------------


async def test_an_opportunity_is_opened_on_a_lead(browser: Browser, world: World) -> None:
    await world.need("lead.1")
    new = f"/app/leads/{world.values['lead.1']}/opportunity/new"
    await browser.get(f"/app/leads/{world.values['lead.1']}")
    assert f'href="{new}"' in browser.text
    await browser.get(f"{new}?type=12005")
    assert 'name="mx_Custom_2"' in browser.text
    assert '<option value="Open" selected' in browser.text
    await browser.send(
        f"{new}?type=12005",
        mx_Custom_1=NASTY,
        Status="Open",
        mx_Custom_2="",
        mx_Custom_6="75000",
        mx_Custom_8="2026-12-24T09:30:00",
        ActivityEvent_Note="Wants an offer",
        OpportunityDateTime="2026-11-01T05:30:00",
    )
    made = next(row for row in await world.rows("activity") if row["code"] == 12005)
    assert browser.path == f"/app/opportunities/{made['id']}"
    assert "<script>" not in browser.text
    assert "<img" not in browser.text
    fields = json.loads(made["fields"])
    assert (fields["mx_Custom_1"], fields["mx_Custom_2"]) == (NASTY, "Prospecting")
    assert fields["mx_Custom_8"] == "2026-12-24 04:00:00.000"
    assert made["note"] == "Wants an offer"
    assert made["happened_on"] == datetime(2026, 11, 1, tzinfo=UTC)
    assert str(made["lead_id"]) == world.values["lead.1"]
    assert sorted(row["code"] for row in await world.rows("activity")) == [33, 12005], (
        "as the capture of the API"
    )
    assert "opened</strong>" in browser.text


async def test_an_opening_that_is_refused_keeps_what_was_typed(browser: Browser, world: World) -> None:
    await world.need("lead.1")
    new = f"/app/leads/{world.values['lead.1']}/opportunity/new?type=12005"
    await browser.get(new)
    await browser.send(new, mx_Custom_1="", Status="Open", mx_Custom_3="Referral")
    assert browser.response.status_code == 422
    assert "Opportunity Name is needed." in browser.text
    assert 'value="Referral"' in browser.text
    await browser.send(new, mx_Custom_1="House", Status="Open", mx_Custom_2="Closed Won")
    assert browser.response.status_code == 422
    await browser.send(new, mx_Custom_1="House", Status="Won", again="1")
    assert browser.response.status_code == 200
    assert "Closed Won" in browser.text
    assert "Prospecting" not in browser.text
    assert await world.count("activity") == 0
    for type in ("206", "99999", "x"):
        assert (await browser.get(new.replace("12005", type))).status_code == 404


async def test_a_duplicate_leads_to_the_one_that_is_there(browser: Browser, world: World) -> None:
    await world.need("lead.1")
    await world.db.execute(
        """update record_type set definition = definition || '{"duplicate_fields": ["mx_Custom_1"]}'
           where org_id = $1 and code = 12005""",
        world.org_id,
    )
    await world.definitions_changed()
    new = f"/app/leads/{world.values['lead.1']}/opportunity/new?type=12005"
    await browser.get(new)
    await browser.send(new, mx_Custom_1="House")
    first = browser.path
    await browser.get(new)
    await browser.send(new, mx_Custom_1="House")
    assert browser.path == first
    assert "The lead has this one already" in browser.text
    assert [row["code"] for row in await world.rows("activity")].count(12005) == 1


async def test_the_number_of_an_opportunity_is_not_asked_for(browser: Browser, world: World) -> None:
    await world.need("opp.1")
    await world.add_fields(12005, Field("mx_Custom_97", "Deal Number", sequence=30))
    await world.db.execute(
        """update record_type set definition = definition || '{"auto_id_field": "mx_Custom_97"}'
           where org_id = $1 and code = 12005""",
        world.org_id,
    )
    await world.definitions_changed()
    await browser.get(f"/app/opportunities/{world.values['opp.1']}?edit=own")
    assert 'name="mx_Custom_97"' not in browser.text
    await browser.get(f"/app/leads/{world.values['lead.1']}/opportunity/new?type=12005")
    assert 'name="mx_Custom_97"' not in browser.text


# what one may see ----------------------------------------------------------------------------------------


async def test_a_seller_sees_and_changes_deals_of_own_leads_only(seller: Browser, world: World) -> None:
    await world.need("lead.1", opp_1={"lead": "lead.1"}, opp_2={"lead": "lead.2"})
    await seller_of(world, seller, "lead.2")
    other, own = (world.values[name] for name in ("opp.1", "opp.2"))
    for view in (BOARD, LIST):
        await seller.get(view)
        assert names(seller) == ["Opportunity 2"]
    await seller.get(BOARD)
    assert "1 opportunity, worth" in lanes(seller)["Prospecting"]
    assert lanes(seller)["Closed Won"].startswith("Closed Won 0 ")
    token = seller.csrf
    lead = f"/app/leads/{world.values['lead.1']}"
    post = f"{lead}/activities/new?type=206&opportunity={other}"
    task = f"/app/opportunities/{other}/tasks/new"
    paths = (f"/app/opportunities/{other}", f"{lead}/opportunity/new", post, task)
    for path in (*paths, f"/app/opportunities/{other}/delete"):
        assert (await seller.get(path)).status_code == (405 if path.endswith("/delete") else 404)
        await seller.send(path, csrf=token, group="deal", mx_Custom_1="Mine", ActivityEvent_Note="Mine")
        assert seller.response.status_code in (403, 404, 422)
    await seller.send("/app/opportunities/move", csrf=token, move=other, **{other: "Proposal"})
    assert seller.response.status_code == 422
    assert (await stored(world, "opp.1"))["fields"] == {
        "mx_Custom_1": "Opportunity 1",
        "mx_Custom_2": "Prospecting",
    }
    await seller.send("/app/opportunities/move", csrf=token, move=own, **{own: "Proposal"})
    assert (await stored(world, "opp.2"))["fields"]["mx_Custom_2"] == "Proposal"
    assert await world.count("activity") == 2


async def test_an_opportunity_of_another_organisation_is_not_there(
    browser: Browser, worlds: Worlds, strange: Callable[..., Browser]
) -> None:
    other = await worlds.copy()
    await other.need("opp.1")
    id, lead = other.values["opp.1"], other.values["lead.1"]
    token = browser.csrf
    paths = (f"/app/opportunities/{id}", f"/app/leads/{lead}/opportunity/new?type=12005")
    for path in paths:
        assert (await browser.get(path)).status_code == 404
        await browser.send(path, csrf=token, group="deal", mx_Custom_1="Taken")
        assert browser.response.status_code in (404, 422)
    await browser.send("/app/opportunities/move", csrf=token, move=id, **{id: "Proposal"})
    assert browser.response.status_code == 422
    for view in (BOARD, LIST):
        await browser.get(f"{view}&status=any")
        assert names(browser) == []
    assert (await stored(other))["version"] == 1
    assert await other.count("activity") == 1
    stranger = strange(await entitled(other))
    await stranger.get(f"/app/opportunities/{id}")
    assert stranger.path.startswith("/app/sign-in")


async def test_values_of_opportunities_and_of_the_address_are_escaped(browser: Browser, world: World) -> None:
    await world.need("opp.1", activity_1={"opp": "opp.1", "note": NASTY})
    nasty = dict.fromkeys(("mx_Custom_1", "mx_Custom_2", "mx_Custom_3", "mx_Custom_8"), NASTY)
    await set_deal(world, "opp.1", fields=nasty, status=NASTY)
    await world.db.execute(
        "update lead set fields = fields || $2::jsonb, stage = $3 where org_id = $1",
        world.org_id,
        json.dumps({"FirstName": NASTY, "Company": NASTY}),
        NASTY,
    )
    deal = f"/app/opportunities/{world.values['opp.1']}"
    said = "&".join(f"{name}={QUOTED}" for name in ("q", "stage", "owner", "closing", "sort", "page"))
    for path in (
        f"{BOARD}&status=any",
        f"{LIST}&status=any",
        f"{BOARD}&{said}",
        f"{LIST}&{said}",
        f"/app/opportunities?type={QUOTED}&view={QUOTED}&status={QUOTED}",
        deal,
        f"{deal}?edit=deal&show={QUOTED}&before={QUOTED}",
        f"/app/leads/{world.values['lead.1']}/opportunity/new",
        f"/app/leads/{world.values['lead.1']}/activities/new?type=206&opportunity={world.values['opp.1']}",
    ):
        await browser.get(path)
        assert browser.response.status_code == 200, path
        assert "<script>" not in browser.text
        assert "<img" not in browser.text


@pytest.mark.parametrize("path", ["/app/opportunities/move", "/app/opportunities/{opp.1}"])
async def test_nothing_changes_without_the_token_of_a_form(browser: Browser, world: World, path: str) -> None:
    await world.need("opp.1")
    id = world.values["opp.1"]
    sent = {"move": id, id: "Proposal", "group": "head", "mx_Custom_2": "Proposal"}
    await browser.send(path.replace("{opp.1}", id), csrf="wrong", **sent)
    assert browser.response.status_code == 403
    assert (await stored(world))["version"] == 1
