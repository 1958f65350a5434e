"""The screens about sales: the list with its totals, one sale, posting one on a lead; and the products."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from browsing import Browser, entitled
from fairlead.fields.model import DataType, Field, Option
from fairlead.sales.pages import periods
from world import World, Worlds

NASTY = '<script>alert("x")</script>\'"><img src=x onerror=alert(1)>'
UNKNOWN = "00000000-0000-7000-8000-000000000000"
ZONE = ZoneInfo("Asia/Kolkata")


def rows(browser: Browser) -> list[str]:
    """The ids of the sales in the list that is shown, in its order."""
    return re.findall(r'<a class="strong" href="/app/sales/([^"]*)"', browser.text)


def figures(browser: Browser) -> dict[str, tuple[str, str]]:
    """What the list adds up to: name → (money, how many)."""
    found = re.findall(
        r'<div class="figure "><p class="soft">([^<]*)</p><p class="figure-said">([^<]*)</p><p class="soft">([^<]*)</p>',
        browser.text,
    )
    return {name: (money, count) for name, money, count in found}


async def stored(world: World, name: str = "sales.1") -> dict[str, Any]:
    """A sale as it is stored, its fields read."""
    row = next(row for row in await world.rows("activity") if str(row["id"]) == world.values[name])
    read = json.loads(row["fields"], parse_float=Decimal) if isinstance(row["fields"], str) else row["fields"]
    return row | {"fields": read}


async def revenue(world: World) -> Decimal:
    """What the sales of the first lead come to, as the lead has it."""
    found = next(row for row in await world.rows("lead") if str(row["id"]) == world.values["lead.1"])
    return Decimal(found["revenue"])


async def own(world: World, browser: Browser, name: str) -> None:
    """Give a lead to the person who is signed in there."""
    user = next(user for user in world.defs.users.values() if user.email == browser.email)
    await world.db.execute(
        "update lead set owner_id = $3 where org_id = $1 and id = $2",
        world.org_id,
        world.values[name],
        user.id,
    )


# periods -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "first", "after"),
    [
        ("month", "2026-11-01", "2026-12-01"),
        ("last-month", "2026-10-01", "2026-11-01"),
        ("quarter", "2026-10-01", "2027-01-01"),
        ("year", "2026-01-01", "2027-01-01"),
        ("last-year", "2025-01-01", "2026-01-01"),
    ],
)
def test_a_period_begins_and_ends_at_midnight_of_the_person_who_asks(
    name: str, first: str, after: str
) -> None:
    found = periods.read(name, "", "", date(2026, 11, 30), ZONE)
    assert found.since is not None
    assert found.until is not None
    assert f"{found.since.astimezone(ZONE):%Y-%m-%d %H:%M}" == f"{first} 00:00"
    assert f"{found.until.astimezone(ZONE):%Y-%m-%d %H:%M}" == f"{after} 00:00"


def test_the_last_month_of_a_year_ends_with_it() -> None:
    december = date(2026, 12, 31)
    month, last = (periods.read(name, "", "", december, ZONE) for name in ("month", "last-month"))
    assert month.since == last.until
    assert month.until is not None
    assert month.until.astimezone(ZONE).date() == december + timedelta(days=1)


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        ("soon", "", "Enter dates"),
        ("", "2026-02-30", "Enter dates"),
        ("0001-01-01", "", "Enter dates"),
        ("", "9999-12-31", "Enter dates"),
        ("2026-03-02", "2026-03-01", "Swap them"),
    ],
)
def test_days_that_cannot_be_meant_are_said(first: str, last: str, said: str) -> None:
    found = periods.read("dates", first, last, date(2026, 11, 30), ZONE)
    assert said in found.problem
    assert found.since is found.until is None


# the list ------------------------------------------------------------------------------------------------

MANY = {
    "sales.1": {"date": "2021-05-03 09:30:00", "revenue": "100"},
    "sales.2": {"date": "2021-05-31 18:29:59", "revenue": "20.5", "status": "Won"},
    "sales.3": {"date": "2021-05-31 18:30:00", "revenue": "3", "status": "Lost"},
    "sales.4": {"date": "2020-01-01 00:00:00", "revenue": "7", "lead": "lead.2"},
}


async def test_a_list_without_sales_says_what_to_do(browser: Browser) -> None:
    await browser.get("/app/sales")
    assert "No sales this month" in browser.text
    assert figures(browser) == {}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", []),
        ("period=all", [3, 2, 1, 4]),
        ("period=dates&from=2021-05-01&to=2021-05-31", [2, 1]),
        ("from=2021-06-01&to=2021-06-01", [3]),
        ("period=dates&to=2020-12-31", [4]),
        ("period=dates&from=2021-05-03", [3, 2, 1]),
        ("period=all&status=Won", [2]),
        ("period=all&status=Cancelled", []),
        ("period=all&status=Nope", []),
        (f"period=all&owner={UNKNOWN}", []),
        ("period=all&owner=me", []),
        ("period=all&sort=worth", [3, 4, 2, 1]),
        ("period=all&sort=-worth", [1, 2, 4, 3]),
        ("period=all&sort=sold", [4, 1, 2, 3]),
        ("period=all&sort=%3Bdrop", [3, 2, 1, 4]),
        ("period=nonsense", []),
        ("period=all&page=2", [3, 2, 1, 4]),  # past the end: the last page
    ],
)
async def test_sales_are_found(browser: Browser, world: World, query: str, found: list[int]) -> None:
    await world.need("lead.2", **MANY)
    await browser.get(f"/app/sales?{query}")
    assert browser.response.status_code == 200
    assert rows(browser) == [world.values[f"sales.{number}"] for number in found]


async def test_what_the_filters_choose_is_added_up(browser: Browser, world: World) -> None:
    await world.need("lead.2", **MANY)
    await browser.get("/app/sales?period=all")
    assert figures(browser) == {
        "Revenue": ("$130.50", "4 sales"),
        "Open": ("$107", "2 sales"),
        "Won": ("$20.50", "1 sale"),
        "Lost": ("$3", "1 sale"),
    }
    await browser.get("/app/sales?period=all&status=Open")
    assert figures(browser) == {"Revenue": ("$107", "2 sales")}
    product = world.values["product.1"]
    await browser.get(f"/app/sales?period=all&product={product.upper()}&owner={world.user_id}")
    assert figures(browser)["Revenue"] == ("$130.50", "4 sales")
    assert f'<option value="{product}" selected>' not in browser.text or len(rows(browser)) == 4


async def test_pages_have_fifty_sales_and_the_exact_count(browser: Browser, world: World) -> None:
    await world.need(*(f"sales.{number}" for number in range(1, 53)))
    await browser.get("/app/sales?period=all")
    assert len(rows(browser)) == 50
    assert figures(browser)["Revenue"] == ("$4,004", "52 sales")
    await browser.get(html.unescape(re.findall(r'rel="next" href="([^"]*)"', browser.text)[0]))
    assert len(rows(browser)) == 2
    assert "51–52 of 52" in browser.text
    assert figures(browser)["Revenue"] == ("$4,004", "52 sales")


@pytest.mark.parametrize(
    "query", ["from=soon", "period=dates&to=2021-02-30", "from=2021-03-02&to=2021-03-01"]
)
async def test_days_that_cannot_be_read_are_said_beside_them(
    browser: Browser, world: World, query: str
) -> None:
    await world.need("sales.1")
    await browser.get(f"/app/sales?{query}")
    assert browser.response.status_code == 200
    assert browser.text.count('aria-describedby="by-error"') == 2
    assert rows(browser) == []


async def test_values_of_sales_and_of_the_address_are_escaped(browser: Browser, world: World) -> None:
    await world.need("sales.1")
    await world.db.execute("update product set name = $2 where org_id = $1", world.org_id, NASTY)
    await world.definitions_changed()
    await world.db.execute(
        "update activity set status = $2, fields = fields || $3::jsonb where org_id = $1 and code = 30",
        world.org_id,
        NASTY,
        json.dumps({"mx_Custom_7": NASTY}),
    )
    await world.db.execute(
        "update lead set fields = fields || $2::jsonb where org_id = $1",
        world.org_id,
        json.dumps({"FirstName": NASTY}),
    )
    await world.add_fields(30, Field("mx_Custom_7", "Note", max_length=200))
    quoted = "%3Cscript%3Ealert(%22x%22)%3C/script%3E%22%3E%3Cimg"
    asked = "&".join(
        f"{name}={quoted}" for name in ("from", "to", "owner", "product", "status", "sort", "page")
    )
    sale = f"/app/sales/{world.values['sales.1']}"
    for path in (
        "/app/sales?period=all",
        f"/app/sales?{asked}",
        sale,
        f"{sale}?edit=1",
        f"/app/leads/{world.values['lead.1']}/sale/new",
        f"/app/products?q={quoted}",
    ):
        await browser.get(path)
        assert browser.response.status_code == 200, path
        assert "<script>" not in browser.text
        assert "<img" not in browser.text


# what one may see ----------------------------------------------------------------------------------------


async def test_a_seller_sees_and_changes_the_sales_of_own_leads_only(seller: Browser, world: World) -> None:
    await world.need("lead.2", **MANY)
    await own(world, seller, "lead.2")
    await seller.get("/app/sales?period=all")
    assert rows(seller) == [world.values["sales.4"]]
    assert figures(seller) == {"Revenue": ("$7", "1 sale")}
    other, mine = (f"/app/sales/{world.values[name]}" for name in ("sales.1", "sales.4"))
    form = f"/app/leads/{world.values['lead.1']}/sale/new"
    for path in (other, f"{other}?edit=1", form):
        assert (await seller.get(path)).status_code == 404
    await seller.get(mine)
    assert seller.response.status_code == 200
    token = seller.csrf
    for path in (other, f"{other}/cancel", form):
        await seller.send(path, csrf=token, **full(world))
        assert seller.response.status_code in (403, 404)
    assert (await stored(world))["version"] == 1
    assert await world.count("activity") == 4


async def test_a_sale_of_another_organisation_is_not_there(
    browser: Browser, worlds: Worlds, strange: Callable[..., Browser]
) -> None:
    other = await worlds.copy()
    await other.need("sales.1")
    sale, form = f"/app/sales/{other.values['sales.1']}", f"/app/leads/{other.values['lead.1']}/sale/new"
    token = browser.csrf
    for path in (sale, form, f"/app/sales/{UNKNOWN}", f"/app/sales/{other.values['lead.1']}"):
        assert (await browser.get(path)).status_code == 404, path
    for path in (sale, f"{sale}/cancel", form):
        await browser.send(path, csrf=token, **full(other))
        assert browser.response.status_code == 404
    assert (await stored(other))["version"] == 1
    assert await other.count("activity") == 1
    stranger = strange(await entitled(other))
    await stranger.get(sale)
    assert stranger.path.startswith("/app/sign-in")


async def test_an_activity_that_is_no_sale_is_not_shown_as_one(browser: Browser, world: World) -> None:
    await world.need("activity.1")
    assert (await browser.get(f"/app/sales/{world.values['activity.1']}")).status_code == 404


# posting -------------------------------------------------------------------------------------------------


def full(world: World, **other: str) -> dict[str, str]:
    """A form of a sale that is right."""
    return {
        "Status": "Open",
        "mx_Custom_1": world.values.get("product.1", UNKNOWN),
        "mx_Custom_2": "120.50",
        "mx_Custom_3": "2026-03-01T10:00",
        "mx_Custom_4": world.user_id,
    } | other


async def test_a_sale_is_posted_from_its_lead(browser: Browser, world: World) -> None:
    await world.need("lead.1", "product.1")
    lead = f"/app/leads/{world.values['lead.1']}"
    await browser.get(lead)
    assert f'href="{lead}/sale/new"' in browser.text
    await browser.get(f"{lead}/sale/new")
    assert '<option value="Open" selected>' in browser.text
    await browser.send(f"{lead}/sale/new", **full(world, Status="Won"))
    assert browser.path == lead
    assert "The sale is added." in browser.text
    row = next(row for row in await world.rows("activity") if row["code"] == 30)
    world.values["sales.1"] = str(row["id"])
    found = await stored(world)
    assert found["status"] == "Won"
    assert found["fields"]["mx_Custom_2"] == Decimal("120.50")
    assert found["fields"]["mx_Custom_3"].startswith("2026-03-01 04:30:00")
    assert await revenue(world) == Decimal("120.50")
    assert f'href="/app/sales/{row["id"]}"' in browser.text
    await browser.get(f"/app/sales/{row['id']}")
    assert "Sale added" in browser.text
    assert "$120.50" in browser.text


@pytest.mark.parametrize(
    ("sent", "control", "said"),
    [
        ({"mx_Custom_1": ""}, "mx_Custom_1", "Product is needed."),
        ({"mx_Custom_1": UNKNOWN}, "mx_Custom_1", "Choose a product that is in use."),
        ({"mx_Custom_2": "much"}, "mx_Custom_2", "not below zero"),
        ({"mx_Custom_2": "-1"}, "mx_Custom_2", "not below zero"),
        ({"mx_Custom_2": ""}, "mx_Custom_2", "Order Value is needed."),
        ({"mx_Custom_3": "soon"}, "mx_Custom_3", "Enter a date and a time."),
        ({"mx_Custom_4": UNKNOWN}, "mx_Custom_4", "Choose an active user."),
        ({"Status": "Odd"}, "Status", "Choose one of the options."),
    ],
)
async def test_what_is_refused_stands_beside_its_control(
    browser: Browser, world: World, sent: dict[str, str], control: str, said: str
) -> None:
    await world.need("sales.1")
    for path in (f"/app/leads/{world.values['lead.1']}/sale/new", f"/app/sales/{world.values['sales.1']}"):
        await browser.get(path)
        kept = {"mx_Custom_2": "4321"} if control != "mx_Custom_2" else {"mx_Custom_3": "2026-03-01T10:01"}
        await browser.send(path, **full(world, **(kept | sent)))
        assert browser.response.status_code == 422
        hint = re.search(rf'id="h-{control}">([^<]*)<', browser.text)
        assert hint is not None, browser.text
        assert said in html.unescape(hint[1])
        assert "4321" in browser.text or "2026-03-01T10:01" in browser.text
    assert await world.count("activity") == 1
    assert (await stored(world))["version"] == 1


async def test_without_products_the_form_says_so(browser: Browser, seller: Browser, world: World) -> None:
    await world.need("lead.1")
    await own(world, seller, "lead.1")
    path = f"/app/leads/{world.values['lead.1']}/sale/new"
    await browser.get(path)
    assert 'href="/app/settings/products/new"' in browser.text
    await seller.get(path)
    assert "An administrator adds the first one" in seller.text
    assert 'href="/app/settings/products/new"' not in seller.text


async def test_own_fields_that_hang_together_offer_what_fits(browser: Browser, world: World) -> None:
    await world.need("lead.1", "product.1")
    parent = Field("mx_Custom_5", "Place", DataType.SELECT, options=(Option("Shop"), Option("Fair")))
    child = Field(
        "mx_Custom_6",
        "Desk",
        DataType.SELECT,
        options=(Option("Till"), Option("Booth")),
        parent="mx_Custom_5",
        dependent={"Shop": ("Till",), "Fair": ("Booth",)},
    )
    await world.add_fields(30, parent, child)
    path = f"/app/leads/{world.values['lead.1']}/sale/new"
    await browser.get(path)
    await browser.send(path, **full(world, again="1", mx_Custom_5="Fair"))
    assert browser.response.status_code == 200
    assert '<option value="Till"' not in browser.text
    await browser.send(path, **full(world, mx_Custom_5="Fair", mx_Custom_6="Till"))
    assert browser.response.status_code == 422
    await browser.send(path, **full(world, mx_Custom_5="Fair", mx_Custom_6="Booth"))
    row = next(row for row in await world.rows("activity") if row["code"] == 30)
    world.values["sales.1"] = str(row["id"])
    assert (await stored(world))["fields"]["mx_Custom_6"] == "Booth"
    await browser.get(f"/app/sales/{row['id']}?edit=1")
    await browser.send(f"/app/sales/{row['id']}", again="1", mx_Custom_5="Shop")
    assert browser.response.status_code == 200
    assert '<option value="Booth"' not in browser.text


# one sale ------------------------------------------------------------------------------------------------


async def test_a_sale_is_changed_and_its_history_told(browser: Browser, world: World) -> None:
    await world.need("sales.1", "product.2")
    sale = f"/app/sales/{world.values['sales.1']}"
    await browser.get(sale)
    assert 'name="mx_Custom_2"' not in browser.text
    assert f'href="/app/leads/{world.values["lead.1"]}"' in browser.text
    before = await revenue(world)
    await browser.get(f"{sale}?edit=1")
    as_of = re.findall(r'name="as_of" value="([^"]*)"', browser.text)[0]
    await browser.send(
        sale,
        as_of=as_of,
        **full(world, Status="Won", mx_Custom_1=world.values["product.2"], mx_Custom_2="80"),
    )
    assert browser.path == sale
    assert "Saved." in browser.text
    assert "<del>Product 1</del>" in browser.text
    found = await stored(world)
    assert found["fields"]["mx_Custom_1"] == world.values["product.2"]
    assert found["status"] == "Won"
    assert await revenue(world) == before + 3
    await browser.send(sale, mx_Custom_2="80.00")
    assert "Nothing was different" in browser.text
    await browser.get(f"{sale}?edit=1")
    await browser.send(sale, as_of=as_of, mx_Custom_2="90")
    assert browser.response.status_code == 422
    assert "was changed while you were editing" in browser.text
    assert (await stored(world))["version"] == 2


async def test_a_sale_of_a_deleted_product_keeps_it(browser: Browser, world: World) -> None:
    await world.need("sales.1")
    await world.db.execute("update product set active = false where org_id = $1", world.org_id)
    await world.definitions_changed()
    sale = f"/app/sales/{world.values['sales.1']}"
    await browser.get(f"{sale}?edit=1")
    await browser.send(sale, mx_Custom_1=world.values["product.1"], mx_Custom_2="80")
    assert "Saved." in browser.text
    assert "Product 1" in browser.text
    await browser.get("/app/sales?period=all")
    assert "Product 1 (deleted)" in browser.text


async def test_a_sale_is_cancelled_once(browser: Browser, world: World) -> None:
    await world.need("sales.1", "sales.2")
    sale = f"/app/sales/{world.values['sales.1']}"
    await browser.get(sale)
    before = await revenue(world)
    await browser.send(f"{sale}/cancel", note="x" * 4001)
    assert browser.response.status_code == 422
    assert not (await stored(world))["cancelled"]
    await browser.send(f"{sale}/cancel", note="Order was refunded")
    assert browser.path == sale
    assert "Cancelled" in browser.text
    assert f'action="{sale}' not in browser.text
    assert await revenue(world) == before - 77
    note = next(row for row in await world.rows("activity") if row["code"] == 31)
    assert note["note"] == "Order was refunded"
    token = browser.csrf
    await browser.get(f"{sale}?edit=1")
    assert 'name="mx_Custom_2"' not in browser.text
    for path in (f"{sale}/cancel", sale):
        await browser.send(path, csrf=token, mx_Custom_2="1")
        assert browser.response.status_code == 422
        assert "cancelled already" in browser.text
    assert await revenue(world) == before - 77
    await browser.get("/app/sales?period=all")
    assert rows(browser) == [world.values["sales.2"]]
    await browser.get("/app/sales?period=all&status=Cancelled")
    assert rows(browser) == [world.values["sales.1"]]


# products ------------------------------------------------------------------------------------------------


async def test_products_are_found_where_they_are_looked_for(browser: Browser, world: World) -> None:
    await world.need("product.1", "product.2")
    await browser.get("/app/products?q=STOCK-2")
    assert browser.path == "/app/settings/products?q=STOCK-2"
    assert "Product 2" in browser.text
    assert "Product 1" not in browser.text
    await browser.get("/app/products")
    assert browser.path == "/app/settings/products"


async def test_products_and_users_come_in_pages(browser: Browser, world: World) -> None:
    await world.need(*(f"product.{number}" for number in range(1, 53)))
    await browser.get("/app/settings/products?q=stock")
    assert "1–50 of 52" in browser.text
    await browser.get(html.unescape(re.findall(r'rel="next" href="([^"]*)"', browser.text)[0]))
    assert "51–52 of 52" in browser.text
    assert "q=stock" in browser.path
    await browser.get("/app/settings/users?q=asha")
    assert "Asha" in browser.text
