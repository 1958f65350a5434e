"""The screen of what happened on all leads: newest first, by type, day and owner, without gap or repeat."""

from __future__ import annotations

import html
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from browsing import Browser
from fairlead.activities.pages import everywhere
from world import World, Worlds

ADDRESS = "/app/activities"
INDIA = ZoneInfo("Asia/Kolkata")
NASTY = "<script>alert(1)</script>"


def notes(browser: Browser) -> list[str]:
    """The notes of the activities that are shown, in their order."""
    return [html.unescape(one) for one in re.findall(r'<p class="soft clip">([^<]*)</p>', browser.text)]


def older(browser: Browser) -> str:
    """Where the next page is; nothing on the last one."""
    found = re.findall(r'class="button" href="([^"]*before=[^"]*)"', browser.text)
    return html.unescape(found[0]) if found else ""


async def happened(world: World, *ages: timedelta, **columns: Any) -> None:
    """Activities `n0`, `n1`, … on lead.1 that happened and were written so long ago."""
    await world.need(
        **{f"activity_{n}": {"note": f"n{n - 1}", "code": "206"} for n in range(1, len(ages) + 1)}
    )
    for number, age in enumerate(ages, 1):
        then = datetime.now(UTC) - age
        await world.db.execute(
            "update activity set happened_on = $3, modified_on = $4 where org_id = $1 and id = $2",
            world.org_id,
            world.values[f"activity.{number}"],
            then,
            columns.get("modified_on", then),
        )


async def test_what_happened_is_told_by_day_the_newest_first(browser: Browser, world: World) -> None:
    now = datetime.now(INDIA)
    await happened(world, timedelta(days=3), timedelta(minutes=1), timedelta(days=20), timedelta(days=200))
    await browser.get(ADDRESS)
    assert browser.response.status_code == 200
    assert notes(browser) == ["n1", "n0", "n2", "n3"]
    lead = world.values["lead.1"]
    assert browser.text.count(f'<a href="/app/leads/{lead}">Ravi Kumar</a>') == 4
    days = re.findall(r'<h2 id="day-\d">([^<]*)</h2>', browser.text)
    if (now - timedelta(minutes=1)).date() == now.date():
        assert days[0] == "Today"
    assert days[-1] == f"{now - timedelta(days=200):%-d %b %Y}"
    assert older(browser) == ""
    assert 'href="/app/activities"' in browser.text, "the navigation shows it"


async def test_type_day_and_owner_narrow_it(browser: Browser, world: World) -> None:
    await world.need(
        activity_1={"note": "call", "code": "21"},
        activity_2={"note": "visit", "code": "206"},
        activity_3={"note": "early", "code": "206"},
    )
    user_id, *_ = await world.user_with_key("Sales_User", first_name="Nila")
    day = datetime.now(INDIA).date() - timedelta(days=5)
    # One o'clock at night there is the day before in UTC.
    for name, at in (("activity.1", 1), ("activity.2", 23), ("activity.3", -1)):
        moment = datetime(day.year, day.month, day.day, tzinfo=INDIA) + timedelta(hours=at)
        await world.db.execute(
            "update activity set happened_on = $3, modified_on = $3, owner_id = $4 where org_id = $1 and id = $2",
            world.org_id,
            world.values[name],
            moment,
            user_id if name == "activity.2" else None,
        )

    async def shown(query: str) -> list[str]:
        await browser.get(f"{ADDRESS}?{query}")
        assert browser.response.status_code == 200
        return notes(browser)

    assert await shown(f"from={day}&to={day}") == ["visit", "call"]
    assert await shown(f"from={day}&to={day}&type=206") == ["visit"]
    assert await shown(f"to={day - timedelta(days=1)}") == ["early"]
    assert await shown(f"owner={user_id.upper()}") == ["visit"]
    assert await shown(f"from={day + timedelta(days=1)}") == []
    assert "No activity is like this" in browser.text
    assert await shown(f"from={day}&to={day - timedelta(days=1)}") == []
    assert "Swap them." in browser.text
    assert len(await shown("type=99999&from=soon&to=²&owner=me&before=x")) == 3, (
        "what cannot be meant is left out"
    )
    await browser.get(f"{ADDRESS}?type=206&from=&to=&owner=", hx_request="true", hx_target="results")
    assert browser.response.headers["hx-replace-url"] == f"{ADDRESS}?type=206"


@pytest.mark.parametrize(("who", "many"), [("browser", 30_000), ("browser", 2), ("seller", 30_000)])
async def test_pages_follow_without_gap_or_repeat(
    browser: Browser, seller: Browser, world: World, monkeypatch: pytest.MonkeyPatch, who: str, many: int
) -> None:
    monkeypatch.setattr(everywhere, "SIZE", 3)
    monkeypatch.setattr(everywhere, "MANY", many)
    somebody = browser if who == "browser" else seller
    ages = [timedelta(hours=5 * n * n) for n in range(20)]
    await happened(world, *ages)
    # Some were changed lately, and two happened at once.
    await world.db.execute(
        "update activity set modified_on = now() where org_id = $1 and note in ('n9', 'n17')", world.org_id
    )
    await world.db.execute(
        """update activity set happened_on = (select happened_on from activity where org_id = $1 and note = 'n4')
           where org_id = $1 and note = 'n5'""",
        world.org_id,
    )
    user = next(user for user in world.defs.users.values() if user.email == somebody.email)
    await world.db.execute("update lead set owner_id = $2 where org_id = $1", world.org_id, user.id)
    found: list[str] = []
    to = ADDRESS
    for _ in range(30):
        await somebody.get(to)
        assert somebody.response.status_code == 200
        assert len(notes(somebody)) <= 3
        found += notes(somebody)
        to = older(somebody)
        if not to:
            break
    assert [name for name in found if name not in ("n4", "n5")] == [
        f"n{n}" for n in range(20) if n not in (4, 5)
    ]
    assert sorted(found[4:6]) == ["n4", "n5"]


async def test_a_long_silence_is_looked_over_step_by_step(
    browser: Browser, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(everywhere, "MANY", 2)
    await happened(world, *(timedelta(days=days) for days in (2, 100, 101, 102)))
    await world.db.execute("update activity set code = 21 where org_id = $1 and note = 'n0'", world.org_id)
    await browser.get(ADDRESS)
    assert notes(browser) == ["n0"]
    assert "Back to " in browser.text
    await browser.get(older(browser))
    assert "Nothing since " in browser.text
    for _ in range(20):
        await browser.get(older(browser))
        if notes(browser):
            break
    assert notes(browser)[0] == "n1"
    await browser.get(f"{ADDRESS}?type=21")
    assert notes(browser) == ["n0"]
    assert older(browser) == "", "there is not much of this type, so it is looked over whole"


async def test_a_seller_sees_what_happened_on_own_leads(seller: Browser, world: World) -> None:
    await world.need(
        activity_1={"note": "mine", "lead": "lead.1"}, activity_2={"note": "theirs", "lead": "lead.2"}
    )
    user = next(user for user in world.defs.users.values() if user.email == seller.email)
    await world.db.execute(
        "update lead set owner_id = $3 where org_id = $1 and id = $2",
        world.org_id,
        world.values["lead.1"],
        user.id,
    )
    await seller.get(ADDRESS)
    assert notes(seller) == ["mine"]


async def test_opportunities_sales_and_other_organisations_are_not_among_it(
    browser: Browser, world: World, worlds: Worlds
) -> None:
    other = await worlds.copy()
    await other.need(activity_1={"note": "elsewhere"})
    await world.need("opp.1", "sales.1", activity_1={"note": NASTY})
    await world.db.execute(
        "update lead set fields = fields || $2::jsonb where org_id = $1",
        world.org_id,
        json.dumps({"FirstName": NASTY}),
    )
    await browser.get(f"{ADDRESS}?owner=%3Cscript%3E&from=%3Cscript%3E")
    assert notes(browser) == [NASTY]
    assert "<script>alert" not in browser.text
