"""Making two leads one in the console: finding the other, choosing values, who may, and what is refused."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from urllib.parse import quote

import pytest

from browsing import Browser, entitled
from web.test_leads_pages import NASTY, names, seller_of, set_lead, stored
from world import Client, World, Worlds


def differing(browser: Browser) -> list[str]:
    """The fields of which one value is chosen."""
    return list(dict.fromkeys(re.findall(r'type="radio" name="keep~([^"]*)"', browser.text)))


async def test_the_other_lead_is_found(browser: Browser, world: World) -> None:
    await world.need("lead.1", "lead.2", "lead.9")
    here = f"/app/leads/{world.values['lead.1']}"
    await browser.get(here)
    assert f'href="{here}/merge"' in browser.text
    await browser.get(f"{here}/merge")
    assert names(browser) == ["Ravi Kumar"], "the ninth has the name of the first"
    assert "The same name" in browser.text
    await browser.get(f"{here}/merge?q=kumar+ravi")
    assert names(browser) == ["Ravi Kumar"]
    assert f'href="{here}/merge?with={world.values["lead.9"]}"' in browser.text
    await browser.get(f"{here}/merge?q=nobody")
    assert "No other lead is like this" in browser.text


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"EmailAddress": "Ravi.Kumar.1@other.example"}, "The same name in the e-mail address"),
        ({"EmailAddress": "ravi.kumar.12@other.example"}, ""),
        ({"Mobile": "{phone}"}, "The same phone number"),
        ({"FirstName": "RAVI", "LastName": "kumar"}, "The same name"),
        ({"FirstName": "Ravi"}, ""),
    ],
)
async def test_leads_that_may_be_the_same_are_proposed(
    browser: Browser, client: Client, world: World, fields: dict[str, str], why: str
) -> None:
    await world.need("lead.1")
    phone = world.values["lead.1.phone"].rpartition("-")[2]
    pairs = [{"Attribute": name, "Value": value.format(phone=phone)} for name, value in fields.items()]
    if "FirstName" not in fields:
        pairs.append({"Attribute": "LastName", "Value": "Other"})
    await client.post("/v2/LeadManagement.svc/Lead.Create", pairs)
    id = next(str(row["id"]) for row in await world.rows("lead") if str(row["id"]) != world.values["lead.1"])
    await browser.get(f"/app/leads/{world.values['lead.1']}/merge")
    assert (f'?with={id}"' in browser.text) is bool(why)
    assert why in browser.text
    if not why:
        assert "None has the same name, phone number or e-mail name." in browser.text


async def test_what_will_happen_is_told_before_it_does(browser: Browser, world: World) -> None:
    await world.need("lead.1", "lead.2", activity_1={"lead": "lead.2"})
    await set_lead(world, "lead.1", score=4, fields=json.dumps({"mx_City": "Delhi"}))
    await set_lead(world, "lead.2", score=3, fields=json.dumps({"mx_City": "Pune", "JobTitle": "Buyer"}))
    here, other = f"/app/leads/{world.values['lead.1']}/merge", world.values["lead.2"]
    await browser.get(f"{here}?with={other}")
    assert 'method="post" action="/app/leads' not in browser.text, "nothing is done from here"
    as_of = html.unescape(re.findall(r'name="as_of" value="([^"]*)"', browser.text)[0])
    asked = f"{here}?with={other}&check=1&keep~mx_City=child&as_of={quote(as_of)}"
    await browser.get(asked)
    said = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", browser.text))
    assert "Merge Meera Iyer into Ravi Kumar?" in said
    assert "1 activity moves to Ravi Kumar, which has 1 then." in said
    assert "The score is 7: 4 and 3." in said
    assert "CityPune Delhi" in said
    assert "First NameRavi Meera" in said
    assert "Job TitleBuyer" in said
    assert await world.count("lead") == 2
    back = html.unescape(re.findall(r'class="back" href="([^"]*)"', browser.text)[0])
    await browser.get(back)
    assert re.search(r'name="keep~mx_City" value="child" checked', browser.text)
    await browser.get(asked)
    sent = dict(
        re.findall(
            r'type="hidden" name="([^"]*)" value="([^"]*)"',
            browser.text.partition('<form method="post" action="/app/leads')[2],
        )
    )
    del sent["csrf"]
    await browser.send(f"{here}?with={other}", **{name: html.unescape(text) for name, text in sent.items()})
    assert "Meera Iyer is part of this lead now." in browser.text
    (left,) = await world.rows("lead")
    assert json.loads(left["fields"])["mx_City"] == "Pune"
    assert json.loads(left["fields"])["FirstName"] == "Ravi"


async def test_two_leads_become_one_with_the_values_that_were_chosen(browser: Browser, world: World) -> None:
    await world.need("lead.1", "lead.2", activity_1={"lead": "lead.2"}, list_1={"leads": "lead.2"})
    user_id, *_ = await world.user_with_key("Sales_User", first_name="Nila")
    more = {"JobTitle": "Buyer", "mx_City": "Pune"}
    await set_lead(world, "lead.2", stage="Contacted", owner_id=user_id, score=3, fields=json.dumps(more))
    await set_lead(world, "lead.1", score=4, fields=json.dumps({"mx_City": "Delhi"}))
    here = f"/app/leads/{world.values['lead.1']}/merge"
    await browser.get(f"{here}?with={world.values['lead.2']}")
    assert set(differing(browser)) == {
        "FirstName", "LastName", "EmailAddress", "Phone", "Mobile", "mx_City", "ProspectStage", "OwnerId",
    }  # fmt: skip
    assert "Buyer" in browser.text
    chosen = {
        "keep~EmailAddress": "child",
        "keep~mx_City": "child",
        "keep~ProspectStage": "child",
        "keep~OwnerId": "child",
        "keep~FirstName": "master",
    }
    as_of = re.findall(r'name="as_of" value="([^"]*)"', browser.text)[0]
    await browser.send(
        f"{here}?with={world.values['lead.2']}", **{"with": world.values["lead.2"]}, as_of=as_of, **chosen
    )
    assert browser.path == f"/app/leads/{world.values['lead.1']}"
    assert "Meera Iyer is part of this lead now." in browser.text
    (left,) = await world.rows("lead")
    fields = json.loads(left["fields"])
    assert fields["FirstName"] == "Ravi"
    assert fields["EmailAddress"] == "meera.iyer.2@example.com"
    assert (fields["mx_City"], fields["JobTitle"]) == ("Pune", "Buyer")
    assert (left["stage"], str(left["owner_id"]), left["score"]) == ("Contacted", user_id, 7)
    assert "Stage Change" in browser.text
    assert "Lead Assigned" in browser.text
    assert "<del>Delhi</del>" in browser.text
    keys = {(row["field"], row["value"]) for row in await world.rows("lead_key")}
    assert keys == {
        ("EmailAddress", "meera.iyer.2@example.com"),
        ("Phone", world.values["lead.1.phone"]),
        ("Mobile", world.values["lead.1.mobile"]),
    }
    assert {str(row["lead_id"]) for row in await world.rows("activity")} == {world.values["lead.1"]}
    assert {str(row["lead_id"]) for row in await world.rows("list_member")} == {world.values["lead.1"]}


async def test_a_no_that_is_stored_nowhere_can_be_chosen(browser: Browser, world: World) -> None:
    await world.need("lead.1", "lead.2")
    await set_lead(
        world, "lead.1", fields=json.dumps({"FirstName": "A", "DoNotEmail": True, "DoNotCall": True})
    )
    await set_lead(world, "lead.2", fields=json.dumps({"FirstName": "A"}))
    here = f"/app/leads/{world.values['lead.1']}/merge?with={world.values['lead.2']}"
    await browser.get(here)
    assert {"DoNotEmail", "DoNotCall"} <= set(differing(browser))
    as_of = re.findall(r'name="as_of" value="([^"]*)"', browser.text)[0]
    sent = {"with": world.values["lead.2"], "keep~DoNotEmail": "child", "keep~DoNotCall": "master"}
    await browser.send(here, **sent, as_of=as_of)
    (left,) = await world.rows("lead")
    fields = json.loads(left["fields"])
    assert (fields["DoNotEmail"], fields["DoNotCall"]) == (False, True)


async def test_what_is_refused_leaves_both_as_they_were(browser: Browser, world: World) -> None:
    await world.need("lead.1", "lead.2")
    own, other = world.values["lead.1"], world.values["lead.2"]
    here = f"/app/leads/{own}/merge"
    await browser.get(f"{here}?with={own}")
    assert "cannot be merged with itself" in browser.text
    for name in ("ProspectID", "LeadType", "Nope", "CreatedOn"):
        await browser.get(f"{here}?with={other}")
        await browser.send(here, **{"with": other, f"keep~{name}": "child"})
        assert browser.response.status_code == 422
        assert f"{name} value is not correct." in browser.text
    await browser.get(f"{here}?with={other}")
    as_of = re.findall(r'name="as_of" value="([^"]*)"', browser.text)[0]
    await browser.send(f"/app/leads/{other}", group="head", ProspectStage="Contacted")
    await browser.send(here, **{"with": other, "as_of": as_of, "keep~FirstName": "child"})
    assert browser.response.status_code == 422
    assert "was changed while you were choosing" in browser.text
    assert re.search(r'name="keep~FirstName" value="child" checked', browser.text)
    await browser.get(f"{here}?with={other}&check=1&as_of={quote(as_of)}")
    assert browser.response.status_code == 422
    assert "was changed while you were choosing" in browser.text
    assert await world.count("lead") == 2
    assert json.loads((await stored(world))["fields"])["FirstName"] == "Ravi"


async def test_only_leads_that_one_may_see_are_merged(seller: Browser, world: World) -> None:
    await world.need("lead.1", "lead.2")
    await seller_of(world, seller, "lead.1")
    own, other = world.values["lead.1"], world.values["lead.2"]
    token = seller.csrf
    for path in (f"{own}/merge?with={other}", f"{other}/merge", f"{own}/merge?with=nonsense"):
        assert (await seller.get(f"/app/leads/{path}")).status_code == 404
    await seller.get(f"/app/leads/{own}/merge?q=meera")
    assert names(seller) == []
    for one, two in ((own, other), (other, own)):
        await seller.send(f"/app/leads/{one}/merge", csrf=token, **{"with": two})
        assert seller.response.status_code == 404
    assert await world.count("lead") == 2


async def test_another_organisations_leads_are_not_there(
    browser: Browser, world: World, worlds: Worlds, strange: Callable[..., Browser]
) -> None:
    other = await worlds.copy()
    await other.need("lead.1")
    await world.need("lead.2")
    own, theirs = world.values["lead.2"], other.values["lead.1"]
    await browser.get(f"/app/leads/{own}/merge")
    token = browser.csrf
    assert (await browser.get(f"/app/leads/{own}/merge?with={theirs}")).status_code == 404
    await browser.send(f"/app/leads/{own}/merge", csrf=token, **{"with": theirs})
    assert browser.response.status_code == 404
    stranger = strange(await entitled(other))
    await stranger.sign_in()
    assert (await stranger.get(f"/app/leads/{own}/merge")).status_code == 404
    assert await other.count("lead") == await world.count("lead") == 1


async def test_values_are_escaped(browser: Browser, world: World) -> None:
    await world.need("lead.1", "lead.2")
    for lead in ("lead.1", "lead.2"):
        nasty = dict.fromkeys(("FirstName", "Company", "mx_City"), f"{NASTY} {lead}")
        await set_lead(world, lead, stage=f"{NASTY} {lead}", fields=json.dumps(nasty))
    here = f"/app/leads/{world.values['lead.1']}/merge"
    for path in (here, f"{here}?q=script", f"{here}?q=%3Cimg%3E", f"{here}?with={world.values['lead.2']}"):
        await browser.get(path)
        assert browser.response.status_code == 200
        assert "<script>" not in browser.text
        assert "<img" not in browser.text
