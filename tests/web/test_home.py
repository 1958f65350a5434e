"""The first page: each number is the number of the list behind it, for everybody who reads it; and counting costs little."""

from __future__ import annotations

import asyncio
import html
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from browsing import Browser
from fairlead.app import Application
from fairlead.db.pool import Lost, Pool
from fairlead.web import tallies
from fairlead.web.home import pages as home
from fairlead.web.home.queries import Day
from fairlead.web.tallies import Tallies
from web.test_async_pages import queued
from web.test_leads_pages import set_lead
from world import World

_LINK = re.compile(r'<a href="(/app/(?:leads|opportunities|sales|async)\b[^"]*)">([^<]*)</a>')
_ROW = {
    "leads": r'<a class="strong" href="/app/leads/[0-9a-f-]{36}"',
    "opportunities": r'<a class="strong[^"]*" href="/app/opportunities/[0-9a-f-]{36}"',
    "sales": r'<a class="strong" href="/app/sales/[0-9a-f-]{36}"',
    "async": r'<td><a href="/app/async/[0-9a-f-]{36}"',
}
STAGES = ("Prospect", "Contacted", "Customer")


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """Numbers are counted for every page, however slow this machine is today."""
    monkeypatch.setattr(tallies, "QUICK", 60.0)
    monkeypatch.setattr(tallies, "PATIENCE", 60.0)


async def furnish(world: World, seller: str) -> None:
    """Leads in three stages, a visitor, opportunities, sales of this month and the last, requests; half of it the seller's."""
    now = datetime.now(UTC)
    today, before = f"{now:%Y-%m-%d %H:%M:%S}", f"{now.replace(day=1) - timedelta(days=9):%Y-%m-%d %H:%M:%S}"
    names = [f"lead.{number}" for number in range(1, 8)]
    await world.need(*names, "visitor.1")
    await world.need(
        opp_1={"lead": "lead.1"},
        opp_2={"lead": "lead.2"},
        opp_3={"lead": "lead.3", "status": "Won"},
        sales_1={"lead": "lead.1", "date": today, "revenue": "100"},
        sales_2={"lead": "lead.2", "date": today, "revenue": "50"},
        sales_3={"lead": "lead.2", "date": before, "revenue": "7"},
        sales_4={"lead": "lead.2", "date": today, "cancelled": "true"},
    )
    for number, name in enumerate(names):
        await world.db.execute(
            "update lead set stage = $3, owner_id = case when $4 then $5::uuid else owner_id end where org_id = $1 and id = $2",
            world.org_id,
            world.values[name],
            STAGES[number % 3],
            number % 2 == 1,
            seller,
        )
    await queued(world)
    await queued(world, "error", reason="It was refused")
    await queued(world, "retry", attempts=2)


def numbers(text: str) -> dict[str, int]:
    """The counts that lead somewhere, by where they lead: of `₹2,000 · 3` it is the last, of `5 waiting` the only one."""
    found = {}
    for address, said in _LINK.findall(text):
        digits = re.findall(r"[\d,]+", said.rpartition("·")[2])
        if (digits and not said.startswith(("₹", "$"))) or "·" in said:
            found[html.unescape(address)] = int(digits[0].replace(",", ""))
    return found


@pytest.mark.usefixtures("fresh")
async def test_each_number_is_that_of_the_list_behind_it(
    browser: Browser, seller: Browser, world: World
) -> None:
    user = next(user.id for user in world.defs.users.values() if user.email == seller.email)
    await furnish(world, user)
    totals = {}
    for who in (browser, seller):
        found = numbers((await who.get("/app")).text)
        assert {address.split("?")[0] for address in found} == {
            "/app/leads",
            "/app/opportunities",
            "/app/async",
        }
        assert len(found) >= 8, found
        for address, count in found.items():
            family = address.split("?")[0].rpartition("/")[2]
            text = (await who.get(address)).text
            if address == "/app/async":
                continue  # how many wait, beside the whole queue
            assert len(re.findall(_ROW[family], text)) == count, (who.email, address)
        totals[who.email] = found["/app/leads"]
    assert totals == {browser.email: 8, seller.email: 3}


@pytest.mark.usefixtures("fresh")
async def test_sales_of_this_month_stand_beside_those_of_the_last(browser: Browser, world: World) -> None:
    await furnish(world, world.user_id)
    text = html.unescape((await browser.get("/app")).text)
    assert '<a href="/app/sales">$150</a>' in text
    assert "2 sales" in text
    assert "+2,043\u202f%" in text
    before = re.search(r'<a href="(/app/sales\?from=[^"]*)">\$7</a>', text)
    assert before is not None
    assert len(re.findall(_ROW["sales"], (await browser.get("/app/sales")).text)) == 2
    assert len(re.findall(_ROW["sales"], (await browser.get(before[1])).text)) == 1


@pytest.mark.usefixtures("fresh")
async def test_leads_stand_in_the_order_of_their_stages_and_few_are_seen_beside_many(
    browser: Browser, world: World
) -> None:
    await furnish(world, world.user_id)
    options = sorted(world.defs.lead.fields["ProspectStage"].options, key=lambda one: one.order)
    order = [one.value for one in options if one.value in STAGES]
    text = (await browser.get("/app")).text
    assert re.findall(r'<a href="/app/leads\?stage=(\w+)">[A-Z]\w+</a>', text) == order
    await world.db.execute("update lead set stage = 'Prospect' where org_id = $1", world.org_id)
    await world.need(*(f"lead.{number}" for number in range(10, 130)))
    await set_lead(world, "lead.1", stage="Customer")
    text = (await browser.get("/app")).text
    widths = [float(width) for width in re.findall(r'class="bar-fill" width="([\d.]+)%"', text)]
    assert widths[:2] == [100.0, 2.5]


@pytest.mark.usefixtures("fresh")
async def test_the_chart_of_activities_leads_to_their_lists(browser: Browser, world: World) -> None:
    await world.need(activity_1={"code": "206"}, activity_2={"code": "206"})
    await world.db.execute(
        "update activity set happened_on = now(), modified_on = now() where org_id = $1", world.org_id
    )
    visit: Any = SimpleNamespace(has=lambda _: True, defs=world.defs)
    chart, legend = home._chart(visit, date(2026, 11, 20), [Day("", date(2026, 11, 19), 206, 2)])
    assert 'href="/app/activities?type=206&amp;from=2026-11-19&amp;to=2026-11-19"' in chart
    assert legend == [("Home Visit", 2, "/app/activities?type=206&from=2026-11-07&to=2026-11-20")]
    text = (await browser.get("/app")).text
    assert "Home Visit" in text
    assert ("/app/activities?type=206" in text) == ('href="/app/activities"' in text), (
        "once there is such a page"
    )


def test_the_rest_is_grey_and_leads_nowhere() -> None:
    codes = range(101, 110)
    kinds = {code: SimpleNamespace(display_name=f"Type {code}") for code in codes}
    visit: Any = SimpleNamespace(has=lambda _: True, defs=SimpleNamespace(types=kinds))
    days = [Day("", date(2026, 11, 20), code, 200 - code) for code in codes]
    chart, legend = home._chart(visit, date(2026, 11, 20), days)
    assert [name for name, _, _ in legend] == [*(f"Type {code}" for code in codes[:7]), "Others"]
    assert legend[-1] == ("Others", 92 + 91, "")
    assert "color-7" in chart


async def test_what_is_counted_says_so_and_comes_by_itself(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tallies, "MOST", 0)  # nothing is known, however often it is counted
    text = (await browser.get("/app")).text
    assert text.count("being counted") == 7
    assert 'hx-trigger="load delay:1s"' in text
    monkeypatch.undo()
    text = (await browser.get("/app")).text
    assert "being counted" not in text
    assert "hx-trigger" not in text


# how it is counted ---------------------------------------------------------------------------------------


class Work:
    """Counts how often it was asked, takes as long as it is told, and answers with how often it was asked."""

    def __init__(self, clock: Clock, took: float) -> None:
        self.clock = clock
        self.took = took
        self.asked = 0
        self.error: Exception | None = None

    async def __call__(self, _: Any) -> int:
        self.asked += 1
        if self.error is not None:
            raise self.error
        self.clock.now += self.took
        return self.asked


class Clock:
    """Time that a test moves."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def make(database_url: str, console: Application) -> Callable[[Clock], Any]:
    """Makes tallies on a pool of their own."""

    async def made(clock: Clock) -> tuple[Tallies, Pool]:
        pool = await Pool.open(database_url, size=3)
        return Tallies(pool, clock=clock), pool

    return made


async def test_what_is_quick_is_counted_every_time(make: Callable[[Clock], Any]) -> None:
    clock = Clock()
    kept, pool = await make(clock)
    work = Work(clock, took=0.001)
    assert [(await kept.ask(1, {"n": work}))["n"].found for _ in range(3)] == [1, 2, 3]
    await pool.close()


async def test_what_is_slow_is_kept_and_counted_anew_in_the_background(make: Callable[[Clock], Any]) -> None:
    clock = Clock()
    kept, pool = await make(clock)
    work = Work(clock, took=0.5)
    assert (await kept.ask(1, {"n": work}))["n"].found == 1
    clock.now += 0.5 * tallies.SHARE - 1
    assert (await kept.ask(1, {"n": work}))["n"].found == 1
    assert work.asked == 1
    clock.now += 2
    old = (await kept.ask(1, {"n": work}))["n"]
    assert old.found == 1, "a page does not wait for it"
    assert kept.age(old) > 50
    await asyncio.sleep(0.2)
    assert (await kept.ask(1, {"n": work}))["n"].found == 2
    clock.now += 10_000
    assert (await kept.ask(1, {"n": work}))["n"].found == 3, "what is very old is waited for"
    assert (await kept.ask(2, {"n": work}))["n"].found == 4, "another organisation has numbers of its own"
    await pool.close()


async def test_counting_goes_on_once_however_many_ask(make: Callable[[Clock], Any]) -> None:
    clock = Clock()
    kept, pool = await make(clock)
    work = Work(clock, took=0.5)
    found = await asyncio.gather(*(kept.ask(1, {"n": work}) for _ in range(10)))
    assert [one["n"].found for one in found] == [1] * 10
    await pool.close()


async def test_a_number_that_cannot_be_counted_is_the_old_one_or_an_error(
    make: Callable[[Clock], Any],
) -> None:
    clock = Clock()
    kept, pool = await make(clock)
    work = Work(clock, took=0.001)
    assert (await kept.ask(1, {"n": work}))["n"].found == 1
    work.error = Lost("gone")
    assert (await kept.ask(1, {"n": work}))["n"].found == 1
    with pytest.raises(Lost):
        await kept.ask(2, {"n": work})
    await pool.close()


async def test_only_so_many_numbers_are_kept(
    make: Callable[[Clock], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tallies, "MOST", 3)
    clock = Clock()
    kept, pool = await make(clock)
    work = Work(clock, took=1.0)
    for org in range(5):
        await kept.ask(org, {"n": work})
    await kept.ask(4, {"n": work})
    assert work.asked == 5
    await kept.ask(0, {"n": work})
    assert work.asked == 6
    await pool.close()
