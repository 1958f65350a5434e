"""The screens about accounts: the list by type, one account, a new one, activities on it."""

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
UNKNOWN = "00000000-0000-7000-8000-000000000000"


def names(browser: Browser) -> list[str]:
    """The accounts of the list that is shown, in its order."""
    return [html.unescape(one) for one in re.findall(r'<a class="strong"[^>]*>([^<]*)</a>', browser.text)]


async def set_account(world: World, which: str, **columns: Any) -> None:
    """Change an account behind the rules' back; `fields` are added to those it has."""
    for column, value in columns.items():
        new = "fields || $3::jsonb" if column == "fields" else "$3"
        await world.db.execute(
            f"update account set {column} = {new} where org_id = $1 and id = $2",
            world.org_id,
            world.values[which],
            value,
        )


async def stored(world: World, name: str = "company.1", table: str = "account") -> dict[str, Any]:
    """A record as it is stored, its fields read."""
    row = next(row for row in await world.rows(table) if str(row["id"]) == world.values[name])
    return row | {"fields": json.loads(row["fields"]) if isinstance(row["fields"], str) else row["fields"]}


async def tie(world: World, lead: str, company: str = "company.1") -> None:
    """Give a lead to an account behind the rules' back."""
    await world.db.execute(
        "update lead set account_id = $3 where org_id = $1 and id = $2",
        world.org_id,
        world.values[lead],
        world.values[company],
    )


async def me(world: World, browser: Browser) -> str:
    """The id of who is signed in there."""
    return next(user.id for user in world.defs.users.values() if user.email == browser.email)


# the list ------------------------------------------------------------------------------------------------


async def test_an_empty_list_says_what_to_do(browser: Browser) -> None:
    await browser.get("/app/accounts")
    assert "No accounts of this type yet" in browser.text
    assert 'href="/app/accounts/new?type=5000"' in browser.text
    assert 'aria-current="page"><svg' in browser.text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["Acme Foods", "Blue Bank", "Zenith Labs"]),
        ("type=5001", ["Partner One"]),
        ("type=5000", ["Acme Foods", "Blue Bank", "Zenith Labs"]),
        ("q=bank", ["Blue Bank"]),
        ("q=BANK+blue", ["Blue Bank"]),
        ("q=partner", []),
        ("q=%25", []),
        ("q=_", []),
        ("stage=Customer", ["Acme Foods"]),
        ("stage=Odd", ["Zenith Labs"]),
        ("owner=nonsense", []),
        ("sort=-name", ["Zenith Labs", "Blue Bank", "Acme Foods"]),
        ("sort=stage", ["Blue Bank", "Acme Foods", "Zenith Labs"]),
        ("sort=;drop", ["Acme Foods", "Blue Bank", "Zenith Labs"]),
        ("page=2", ["Acme Foods", "Blue Bank", "Zenith Labs"]),  # past the end: the last page
        ("page=no&nonsense=1", ["Acme Foods", "Blue Bank", "Zenith Labs"]),
    ],
)
async def test_accounts_are_found(browser: Browser, world: World, query: str, found: list[str]) -> None:
    await world.need(
        **{
            "company.1": {"name": "Acme Foods"},
            "company.2": {"name": "Blue Bank"},
            "company.3": {"name": "Zenith Labs"},
            "company.4": {"name": "Partner One", "type": "Partners"},
        }
    )
    await set_account(world, "company.1", stage="Customer")
    await set_account(world, "company.3", stage="Odd")
    await browser.get(f"/app/accounts?{query}")
    assert browser.response.status_code == 200
    assert names(browser) == found
    if query == "stage=Odd":
        assert '<option value="Odd" selected>' in browser.text


async def test_a_type_that_nobody_knows_is_not_there(browser: Browser) -> None:
    for path in ("/app/accounts?type=5999", "/app/accounts?type=206", "/app/accounts/new?type=x"):
        assert (await browser.get(path)).status_code == 404


async def test_pages_have_fifty_accounts_and_the_exact_count(browser: Browser, world: World) -> None:
    await world.need(*(f"company.{number}" for number in range(1, 53)))
    await browser.get("/app/accounts?q=pvt")
    assert len(names(browser)) == 50
    assert "52 accounts" in browser.text
    await browser.get(html.unescape(re.findall(r'rel="next" href="([^"]*)"', browser.text)[0]))
    assert len(names(browser)) == 2
    assert "q=pvt" in browser.path
    assert "51–52 of 52" in browser.text


async def test_typing_gives_the_list_and_a_clean_address(browser: Browser, world: World) -> None:
    await world.need(**{"company.1": {"name": "Acme Foods", "type": "Partners"}})
    await browser.get(
        "/app/accounts?type=5001&q=acme&stage=&owner=&page=1", hx_request="true", hx_target="results"
    )
    assert names(browser) == ["Acme Foods"]
    assert browser.response.headers["hx-replace-url"] == "/app/accounts?type=5001&q=acme"
    assert "<html" not in browser.text


async def test_values_of_accounts_and_of_the_address_are_escaped(browser: Browser, world: World) -> None:
    await world.need("company.1", "companyactivity.1", "lead.1")
    kept = ("Industry", "City", "Phone", "Website", "EmailAddress", "Description", "Currency")
    await set_account(
        world, "company.1", name=NASTY, stage=NASTY, fields=json.dumps(dict.fromkeys(kept, NASTY))
    )
    await world.db.execute(
        "update activity set note = $2, status = $2, fields = $3::jsonb where org_id = $1",
        world.org_id,
        NASTY,
        json.dumps({"mx_Custom_1": NASTY}),
    )
    await world.db.execute(
        "update lead set stage = $2, account_id = $3, fields = fields || $4::jsonb where org_id = $1",
        world.org_id,
        NASTY,
        world.values["company.1"],
        json.dumps({"FirstName": NASTY, "JobTitle": NASTY}),
    )
    quoted = "%3Cscript%3Ealert(%22x%22)%3C/script%3E%22%3E%3Cimg"
    account = f"/app/accounts/{world.values['company.1']}"
    for path in (
        "/app/accounts",
        f"/app/accounts?q={quoted}&stage={quoted}&owner={quoted}&sort={quoted}&page={quoted}",
        account,
        f"{account}?edit=account&show={quoted}&before={quoted}",
        f"{account}/activities/new?type=10001",
        f"/app/account-activities/{world.values['companyactivity.1']}",
    ):
        await browser.get(path)
        assert browser.response.status_code == 200, path
        assert "<script>" not in browser.text
        assert "<img" not in browser.text


@pytest.mark.parametrize("with_leads", [True, False])
async def test_an_account_is_deleted_with_or_without_its_leads(
    browser: Browser, world: World, *, with_leads: bool
) -> None:
    await world.need("company.1", "companyactivity.1", "lead.1", "lead.2")
    await tie(world, "lead.1")
    account = f"/app/accounts/{world.values['company.1']}"
    await browser.get(account)
    assert "Delete this account?" in browser.text
    assert "And its lead?" in browser.text
    await browser.send(f"{account}/delete", leads="1" if with_leads else "")
    assert browser.path.startswith("/app/accounts?type=")
    said = " with its leads" if with_leads else ""
    assert f"Company 1 Pvt Ltd is deleted{said}." in browser.text
    assert (await world.count("account"), await world.count("activity")) == (0, 0)
    left = {str(row["id"]): row["account_id"] for row in await world.rows("lead")}
    names = ("lead.2",) if with_leads else ("lead.1", "lead.2")
    assert left == {world.values[name]: None for name in names}


async def test_leads_stay_where_they_are_not_to_be_deleted(browser: Browser, world: World) -> None:
    await world.need("company.1", "lead.1")
    await tie(world, "lead.1")
    await world.settings(lead_delete=False)
    account = f"/app/accounts/{world.values['company.1']}"
    await browser.get(account)
    assert "Its lead stays, without an account." in browser.text
    await browser.send(f"{account}/delete", leads="1")
    assert "Delete is not enabled for you" in browser.text
    assert (await world.count("account"), await world.count("lead")) == (1, 1)


async def test_only_an_administrator_deletes_an_account(seller: Browser, world: World) -> None:
    await world.need("company.1")
    await set_account(world, "company.1", owner_id=await me(world, seller))
    account = f"/app/accounts/{world.values['company.1']}"
    await seller.get(account)
    assert "Delete this account?" not in seller.text
    await seller.send(f"{account}/delete")
    assert seller.response.status_code == 403
    assert await world.count("account") == 1


# its leads -----------------------------------------------------------------------------------------------


async def test_a_lead_is_added_to_an_account_and_removed_again(browser: Browser, world: World) -> None:
    await world.need("company.1", "company.2", "lead.1")
    account = f"/app/accounts/{world.values['company.1']}"
    await browser.get(account)
    assert "No lead belongs to this account yet." in browser.text
    assert f'href="{account}/leads/add"' in browser.text
    await browser.get(f"{account}/leads/add?q=ravi")
    assert 'aria-label="Add: Ravi Kumar"' in browser.text
    assert f'href="{account}/leads/new"' in browser.text
    await browser.send(f"{account}/leads/add", lead=world.values["lead.1"])
    assert browser.path == account
    assert "Ravi Kumar belongs to this account now." in browser.text
    found = await stored(world, "lead.1", "lead")
    assert str(found["account_id"]) == world.values["company.1"]
    other = f"/app/accounts/{world.values['company.2']}"
    await browser.send(f"{other}/leads/remove", lead=world.values["lead.1"])
    assert browser.response.status_code == 404
    await browser.get(account)
    await browser.send(f"{other}/leads/add", lead=world.values["lead.1"])
    assert "belongs to this account now, no longer to Company 1 Pvt Ltd." in browser.text
    await browser.send(f"{other}/leads/remove", lead=world.values["lead.1"])
    assert "Ravi Kumar belongs to no account now." in browser.text
    assert (await stored(world, "lead.1", "lead"))["account_id"] is None
    for lead in ("", "x", world.values["company.1"]):
        await browser.get(account)
        await browser.send(f"{account}/leads/add", lead=lead)
        assert browser.response.status_code == 404


async def test_a_new_lead_is_made_for_an_account(browser: Browser, world: World) -> None:
    await world.need("company.1")
    new = f"/app/accounts/{world.values['company.1']}/leads/new"
    await browser.get(new)
    assert "It belongs to Company 1 Pvt Ltd." in browser.text
    await browser.send(new, FirstName="", LastName="", EmailAddress="", Phone="")
    assert browser.response.status_code == 422
    assert "Enter a first name, a last name, an e-mail address or a phone number." in browser.text
    await browser.send(new, FirstName="Asha", EmailAddress="asha@example.com")
    (made,) = await world.rows("lead")
    assert browser.path == f"/app/leads/{made['id']}"
    assert str(made["account_id"]) == world.values["company.1"]


async def test_a_seller_adds_own_leads_to_own_accounts_only(seller: Browser, world: World) -> None:
    await world.need("company.1", "company.2", "lead.1", "lead.2")
    user = await me(world, seller)
    await set_account(world, "company.1", owner_id=user)
    await world.db.execute(
        "update lead set owner_id = $3 where org_id = $1 and id = $2",
        world.org_id,
        world.values["lead.1"],
        user,
    )
    own, other = (f"/app/accounts/{world.values[name]}/leads" for name in ("company.1", "company.2"))
    for path in (f"{other}/add", f"{other}/new"):
        assert (await seller.get(path)).status_code == 404
    await seller.get(f"{own}/add")
    assert "Ravi Kumar" in seller.text
    assert "Meera Iyer" not in seller.text
    token = seller.csrf
    for path, lead in ((f"{own}/add", "lead.2"), (f"{other}/add", "lead.1"), (f"{other}/new", "lead.1")):
        await seller.send(path, csrf=token, lead=world.values[lead], FirstName="X")
        assert seller.response.status_code == 404
    assert [row["account_id"] for row in await world.rows("lead")] == [None, None]
    await seller.send(f"{own}/add", csrf=token, lead=world.values["lead.1"])
    assert str((await stored(world, "lead.1", "lead"))["account_id"]) == world.values["company.1"]


async def test_the_stage_of_a_new_account_is_chosen(browser: Browser, world: World) -> None:
    await browser.get("/app/accounts/new")
    assert re.search(r'<select id="f-Stage" name="Stage"', browser.text)


# what one may see ----------------------------------------------------------------------------------------


async def test_a_seller_sees_and_changes_own_accounts_only(seller: Browser, world: World) -> None:
    await world.need(
        "companyactivity.1", **{"company.1": {"name": "Not mine"}, "company.2": {"name": "Mine"}}
    )
    await set_account(world, "company.2", owner_id=await me(world, seller))
    await seller.get("/app/accounts")
    assert names(seller) == ["Mine"]
    assert 'name="owner"' not in seller.text
    other, own = (f"/app/accounts/{world.values[name]}" for name in ("company.1", "company.2"))
    activity = f"/app/account-activities/{world.values['companyactivity.1']}"
    for path in (other, f"{other}?edit=account", f"{other}/activities/new?type=10001", activity):
        assert (await seller.get(path)).status_code == 404
    await seller.get(own)
    assert seller.response.status_code == 200
    token = seller.csrf
    for path in (other, f"{other}/activities/new?type=10001", activity):
        await seller.send(
            path,
            csrf=token,
            group="account",
            CompanyName="Taken",
            ActivityEvent_Note="Taken",
            mx_Custom_1="T",
        )
        assert seller.response.status_code in (403, 404)
    assert (await stored(world))["name"] == "Not mine"
    assert await world.count("activity") == 1
    assert (await stored(world, "companyactivity.1", "activity"))["version"] == 1


async def test_a_seller_sees_own_leads_of_the_account_only(seller: Browser, world: World) -> None:
    await world.need("company.1", "lead.1", "lead.2")
    user = await me(world, seller)
    await set_account(world, "company.1", owner_id=user)
    for name in ("lead.1", "lead.2"):
        await tie(world, name)
    await world.db.execute(
        "update lead set owner_id = $3 where org_id = $1 and id = $2",
        world.org_id,
        world.values["lead.2"],
        user,
    )
    await seller.get(f"/app/accounts/{world.values['company.1']}")
    assert "Meera Iyer" in seller.text
    assert "Ravi Kumar" not in seller.text
    assert "<span>1 lead</span>" in seller.text


async def test_a_lead_names_its_account_and_leads_to_one_that_may_be_seen(
    seller: Browser, world: World
) -> None:
    await world.need("company.1", "lead.1")
    user = await me(world, seller)
    await tie(world, "lead.1")
    await world.db.execute("update lead set owner_id = $2 where org_id = $1", world.org_id, user)
    lead, account = f"/app/leads/{world.values['lead.1']}", f"/app/accounts/{world.values['company.1']}"
    await seller.get(lead)
    assert "Company 1 Pvt Ltd" in seller.text
    assert account not in seller.text
    await set_account(world, "company.1", owner_id=user)
    await seller.get(lead)
    assert f'href="{account}"' in seller.text


async def test_an_account_of_another_organisation_is_not_there(
    browser: Browser, worlds: Worlds, strange: Callable[..., Browser]
) -> None:
    other = await worlds.copy()
    await other.need("company.1", "companyactivity.1")
    account = f"/app/accounts/{other.values['company.1']}"
    activity = f"/app/account-activities/{other.values['companyactivity.1']}"
    token = browser.csrf
    paths = (account, f"{account}/activities/new?type=10001", activity)
    for path in (*paths, f"/app/accounts/{UNKNOWN}", f"/app/account-activities/{UNKNOWN}"):
        assert (await browser.get(path)).status_code == 404, path
    for path in paths:
        await browser.send(path, csrf=token, group="account", CompanyName="Taken", mx_Custom_1="Taken")
        assert browser.response.status_code == 404 or "Company not found" in browser.text
    assert (await stored(other))["version"] == 1
    assert await other.count("activity") == 1
    stranger = strange(await entitled(other))
    await stranger.get(account)
    assert stranger.path.startswith("/app/sign-in")


# one account ---------------------------------------------------------------------------------------------


async def test_a_group_is_edited_in_its_place(browser: Browser, world: World) -> None:
    await world.need("company.1")
    account = f"/app/accounts/{world.values['company.1']}"
    await browser.get(account)
    assert 'name="CompanyName"' not in browser.text
    await browser.get(f"{account}?edit=account")
    assert 'value="Company 1 Pvt Ltd"' in browser.text
    await browser.send(account, group="account", CompanyName="Acme", Employees="1200", Industry="Retail")
    assert browser.path == account
    assert "Saved." in browser.text
    assert "<del>Company 1 Pvt Ltd</del>" in browser.text
    assert "Account changed" in browser.text
    assert "1,200" in browser.text
    found = await stored(world)
    assert (found["name"], found["fields"]["Industry"], found["version"]) == ("Acme", "Retail", 2)
    await browser.send(account, group="account", CompanyName="Acme")
    assert "Nothing was different" in browser.text
    await browser.send(account, group="nothing", CompanyName="Other")
    assert "Nothing was different" in browser.text
    assert (await stored(world))["version"] == 2


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"CompanyName": ""}, "Account Name is needed."),
        ({"Employees": "many"}, "Employees cannot be read. Enter a number"),
        ({"Industry": "Piracy"}, "is not a valid option for Industry"),
        ({"CompanyNumber": "N-2"}, "An account with same Account Number already exists."),
        ({"CompanyName": "x" * 201}, "Account Name can have at most 200 characters."),
    ],
)
async def test_what_is_refused_stands_beside_its_control(
    browser: Browser, world: World, sent: dict[str, str], said: str
) -> None:
    await world.need("company.1", "company.2")
    second, account = (f"/app/accounts/{world.values[name]}" for name in ("company.2", "company.1"))
    await browser.get(second)
    await browser.send(second, group="account", CompanyNumber="N-2")
    await browser.send(account, group="account", Currency="INR", **sent)
    assert browser.response.status_code == 422
    name = next(iter(sent))
    hint = re.search(rf'id="h-{name}">([^<]*)<', browser.text)
    assert hint is not None, browser.text
    assert said in html.unescape(hint[1])
    assert 'value="INR"' in browser.text
    assert (f'This value belongs to <a href="{second}">' in browser.text) == ("CompanyNumber" in sent)
    assert (await stored(world))["version"] == 1


async def test_a_change_made_meanwhile_is_not_undone(browser: Browser, world: World) -> None:
    await world.need("company.1")
    account = f"/app/accounts/{world.values['company.1']}"
    await browser.get(f"{account}?edit=account")
    as_of = re.findall(r'name="as_of" value="([^"]*)"', browser.text)[0]
    await browser.send(account, group="account", as_of=as_of, CompanyName="Acme")
    for group, name, value in (("account", "Currency", "EUR"), ("head", "Stage", "Customer")):
        await browser.send(account, group=group, as_of=as_of, **{name: value})
        assert browser.response.status_code == 422
        assert "was changed while you were editing" in browser.text
    assert (await stored(world))["version"] == 2


async def test_stage_and_owner_are_changed_at_the_head(browser: Browser, world: World) -> None:
    await world.need("company.1")
    user_id, *_ = await world.user_with_key("Sales_User", first_name="Nila")
    account = f"/app/accounts/{world.values['company.1']}"
    await browser.get(account)
    await browser.send(account, group="head", Stage="Customer", OwnerId=user_id)
    found = await stored(world)
    assert (found["stage"], str(found["owner_id"])) == ("Customer", user_id)
    await browser.send(account, group="head", Stage="")
    assert (await stored(world))["stage"] is None
    await set_account(world, "company.1", stage="Odd")
    await browser.get(account)
    assert '<option value="Odd" selected>' in browser.text


async def test_a_seller_who_gives_an_account_away_lands_on_the_list(seller: Browser, world: World) -> None:
    await world.need("company.1")
    await set_account(world, "company.1", owner_id=await me(world, seller))
    account = f"/app/accounts/{world.values['company.1']}"
    await seller.get(account)
    await seller.send(account, group="head", OwnerId=world.user_id)
    assert seller.path == "/app/accounts"
    assert "The account belongs to Asha Rao now." in seller.text


async def test_its_leads_are_few_and_the_list_of_leads_has_all(browser: Browser, world: World) -> None:
    await world.need("company.1", *(f"lead.{number}" for number in range(1, 11)))
    for number in range(1, 10):
        await tie(world, f"lead.{number}")
    await browser.get(f"/app/accounts/{world.values['company.1']}")
    shown = re.findall(r'<li><span class="grow"><a href="/app/leads/([^"]*)"', browser.text)
    assert len(shown) == 8
    assert "All 9" in browser.text
    more = re.findall(r'href="(/app/leads\?[^"]*)"', browser.text)[0]
    await browser.get(html.unescape(more))
    assert len(names(browser)) == 9
    await browser.get(f"/app/leads/{world.values['lead.1']}")
    assert f'href="/app/accounts/{world.values["company.1"]}"' in browser.text


async def test_own_fields_of_a_type_have_a_group(browser: Browser, world: World) -> None:
    await world.need("company.1")
    await world.add_fields(
        5000, Field("Tier", "Tier", DataType.SELECT, options=(Option("Gold"), Option("Tin")))
    )
    account = f"/app/accounts/{world.values['company.1']}"
    await browser.get(f"{account}?edit=own")
    assert '<option value="Gold"' in browser.text
    await browser.send(account, group="own", Tier="Gold")
    assert (await stored(world))["fields"]["Tier"] == "Gold"
    await browser.send(account, group="own", Tier="Lead")
    assert browser.response.status_code == 422


# a new account -------------------------------------------------------------------------------------------


async def test_a_new_account_of_a_type(browser: Browser, world: World) -> None:
    await browser.get("/app/accounts/new?type=5001")
    assert re.search(r'href="/app/accounts/new\?type=5001" aria-current="page"', browser.text)
    fields = {"CompanyName": "Acme & Sons", "City": "Pune", "AnnualRevenue": "12.5", "Industry": ""}
    await browser.send("/app/accounts/new?type=5001", **fields)
    assert "The account is created." in browser.text
    assert "Acme &amp; Sons" in browser.text
    assert "Account created" in browser.text
    row = (await world.rows("account"))[0]
    assert (row["code"], row["name"]) == (5001, "Acme & Sons")
    assert str(row["owner_id"]) == await me(world, browser)
    assert browser.path == f"/app/accounts/{row['id']}"


async def test_who_has_the_number_of_a_new_account_is_told(browser: Browser, world: World) -> None:
    await browser.get("/app/accounts/new")
    await browser.send("/app/accounts/new", CompanyName="First", CompanyNumber="N-1")
    first = browser.path
    await browser.get("/app/accounts/new")
    await browser.send("/app/accounts/new", CompanyName="Second", CompanyNumber="N-1")
    assert browser.response.status_code == 422
    assert f'This value belongs to <a href="{first}">First</a>' in browser.text
    await browser.send("/app/accounts/new?type=5001", CompanyName="Second", CompanyNumber="N-1")
    assert "The account is created." in browser.text
    assert await world.count("account") == 2


@pytest.mark.parametrize(
    ("sent", "said"),
    [({"CompanyName": ""}, "Account Name is needed."), ({"AnnualRevenue": "lots"}, "Annual Revenue cannot")],
)
async def test_a_new_account_that_is_refused_keeps_what_was_typed(
    browser: Browser, world: World, sent: dict[str, str], said: str
) -> None:
    await browser.get("/app/accounts/new")
    await browser.send("/app/accounts/new", **({"CompanyName": "Acme", "City": "Pune"} | sent))
    assert browser.response.status_code == 422
    assert said in browser.text
    assert 'value="Pune"' in browser.text
    assert await world.count("account") == 0


# activities ----------------------------------------------------------------------------------------------


async def test_an_activity_is_posted_and_stands_in_the_timeline(browser: Browser, world: World) -> None:
    await world.need("company.1")
    account = f"/app/accounts/{world.values['company.1']}"
    await browser.get(f"{account}/activities/new?type=10001")
    assert 'name="ActivityDateTime"' in browser.text
    await browser.send(
        f"{account}/activities/new?type=10001",
        ActivityDateTime="2026-03-01T10:00",
        ActivityEvent_Note="Renewal\r\ntalk",
        Status="Inactive",
        Owner=world.user_id,
        mx_Custom_1="",
    )
    assert browser.path == account
    assert "Posted: Phone Call." in browser.text
    row = (await world.rows("activity"))[0]
    assert (row["code"], row["note"], row["status"]) == (10001, "Renewal\ntalk", "Inactive")
    assert f"{row['happened_on']:%Y-%m-%d %H:%M}" == "2026-03-01 04:30"
    assert str(row["account_id"]) == world.values["company.1"]
    assert f'href="/app/account-activities/{row["id"]}"' in browser.text


async def test_only_what_is_posted_on_accounts_can_be_posted_there(browser: Browser, world: World) -> None:
    await world.need("company.1")
    account = f"/app/accounts/{world.values['company.1']}"
    for code in ("206", "30", "5000", "x", "", "99999999"):
        assert (await browser.get(f"{account}/activities/new?type={code}")).status_code == 404


@pytest.mark.parametrize(
    ("sent", "control"),
    [
        ({"ActivityDateTime": "soon"}, "ActivityDateTime"),
        ({"Status": "Odd"}, "Status"),
        ({"Owner": UNKNOWN}, "Owner"),
        ({"ActivityEvent_Note": "x" * 4001}, "ActivityEvent_Note"),
    ],
)
async def test_an_activity_that_is_refused_says_where(
    browser: Browser, world: World, sent: dict[str, str], control: str
) -> None:
    await world.need("company.1", "companyactivity.1")
    path = f"/app/accounts/{world.values['company.1']}/activities/new?type=10001"
    await browser.get(path)
    await browser.send(path, **({"mx_Custom_1": "kept"} | sent))
    assert browser.response.status_code == 422
    assert f'id="h-{control}"' in browser.text
    assert 'value="kept"' in browser.text
    assert await world.count("activity") == 1
    if control != "ActivityDateTime":
        activity = f"/app/account-activities/{world.values['companyactivity.1']}"
        await browser.get(activity)
        await browser.send(activity, **({"mx_Custom_1": "kept"} | sent))
        assert browser.response.status_code == 422
        assert f'id="h-{control}"' in browser.text
        assert (await stored(world, "companyactivity.1", "activity"))["version"] == 1


async def test_an_activity_is_changed_and_its_history_told(browser: Browser, world: World) -> None:
    await world.need("company.1", "companyactivity.1")
    activity = f"/app/account-activities/{world.values['companyactivity.1']}"
    await browser.get(activity)
    assert "as it was before" in browser.text
    as_of = re.findall(r'name="as_of" value="([^"]*)"', browser.text)[0]
    await browser.send(activity, as_of=as_of, ActivityEvent_Note="", mx_Custom_1="Renewal")
    assert browser.path == f"/app/accounts/{world.values['company.1']}"
    assert "Saved." in browser.text
    found = await stored(world, "companyactivity.1", "activity")
    assert (found["note"], found["fields"]["mx_Custom_1"], found["status"]) == (None, "Renewal", "Active")
    await browser.get(activity)
    assert "<del>as it was before</del>" in browser.text
    await browser.send(activity, mx_Custom_1="Renewal")
    assert "Nothing was different" in browser.text
    await browser.get(activity)
    await browser.send(activity, as_of=as_of, mx_Custom_1="Old")
    assert browser.response.status_code == 422
    assert "was changed while you were editing" in browser.text


async def test_drop_downs_that_hang_together_offer_what_fits(browser: Browser, world: World) -> None:
    await world.need("company.1")
    parent = Field("mx_Custom_48", "Place", DataType.SELECT, options=(Option("Shop"), Option("Fair")))
    child = Field(
        "mx_Custom_49",
        "Desk",
        DataType.SELECT,
        options=(Option("Till"), Option("Booth")),
        parent="mx_Custom_48",
        dependent={"Shop": ("Till",), "Fair": ("Booth",)},
    )
    await world.add_fields(10001, parent, child)
    path = f"/app/accounts/{world.values['company.1']}/activities/new?type=10001"
    await browser.get(path)
    await browser.send(path, again="1", mx_Custom_48="Fair")
    assert browser.response.status_code == 200
    assert '<option value="Booth"' in browser.text
    assert '<option value="Till"' not in browser.text
    await browser.send(path, mx_Custom_48="Fair", mx_Custom_49="Till")
    assert browser.response.status_code == 422
    assert await world.count("activity") == 0
    await browser.send(path, mx_Custom_48="Fair", mx_Custom_49="Booth")
    assert await world.count("activity") == 1


async def test_the_timeline_is_told_by_type_and_in_pages(browser: Browser, world: World) -> None:
    await world.need(
        "company.1",
        **{f"companyactivity.{n}": {"date": f"2021-06-{n:02} 10:00:00"} for n in range(1, 31)},
        **{
            f"companyactivity.{n}": {"code": "10002", "date": f"2021-07-{n - 30:02} 10:00:00"}
            for n in range(31, 33)
        },
    )
    account = f"/app/accounts/{world.values['company.1']}"
    await browser.get(account)
    assert browser.text.count('class="happening"') == 30
    times = re.findall(
        r'<time datetime="([^"]*)"', browser.text.split('<ol class="timeline">')[1].split("</ol>")[0]
    )
    assert times == sorted(times, reverse=True)
    await browser.get(
        html.unescape(re.findall(r'class="older"><a class="button" href="([^"]*)"', browser.text)[0])
    )
    assert browser.text.count('class="happening"') == 2
    await browser.get(f"{account}?show=10002")
    assert browser.text.count('class="happening"') == 2
    assert ">2</span>" in browser.text
    await browser.get(f"{account}?show=10003")
    assert "Nothing of this kind" in browser.text
    await browser.get(f"{account}?show=changes")
    assert browser.text.count('class="happening"') == 0


@pytest.mark.parametrize(
    "query", ["before=x", "before=0001-01-01T00:00:00%2B14:00~x", "show=²", "edit=nothing"]
)
async def test_an_address_that_was_meddled_with_shows_the_account(
    browser: Browser, world: World, query: str
) -> None:
    await world.need("company.1")
    await browser.get(f"/app/accounts/{world.values['company.1']}?{query}")
    assert browser.response.status_code == 200
