"""The screens about one lead: its groups, its timeline, a new one, posting on it; and changing several at once."""

from __future__ import annotations

import html
import json
import re
from typing import Any

import pytest

from browsing import Browser
from fairlead.fields.model import DataType, Field, Option
from web.test_leads_pages import NASTY, seller_of, stored
from world import World

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
    assert browser.text.count("already") == 1
    assert f'href="/app/leads/{world.values["lead.2"]}"' in browser.text


async def test_a_change_made_meanwhile_is_not_undone(browser: Browser, world: World) -> None:
    await world.need("lead.1")
    lead = f"/app/leads/{world.values['lead.1']}"
    await browser.get(f"{lead}?edit=contact")
    head, contact = re.findall(r'name="as_of" value="([^"]*)"', browser.text)
    await browser.send(lead, group="contact", as_of=contact, FirstName="Ravindra")
    await browser.send(lead, group="contact", as_of=contact, FirstName="Ravi", LastName="Rao")
    assert browser.response.status_code == 422
    assert browser.text.count("was changed while you were editing") == 1
    assert 'value="Rao"' in browser.text
    assert "Ravindra" in (await stored(world))["fields"]
    # Stage and owner are what they were; after another change of them they are not.
    await browser.send(lead, group="head", as_of=head, ProspectStage="Contacted")
    assert "Saved." in browser.text
    await browser.send(lead, group="head", as_of=head, ProspectStage="Interested")
    assert browser.response.status_code == 422
    assert browser.text.count("was changed while you were editing") == 1
    assert (await stored(world))["stage"] == "Contacted"


def line_of(browser: Browser, name: str) -> str:
    """A field as the page shows it."""
    found = re.search(rf'<div class="line[^"]*" id="field-{name}">.*?</div>', browser.text, re.DOTALL)
    assert found, browser.text
    return found[0]


async def test_one_field_is_edited_in_its_place_without_script(browser: Browser, world: World) -> None:
    await world.need("lead.1")
    lead = f"/app/leads/{world.values['lead.1']}"
    await browser.get(lead)
    assert f'href="{lead}?edit=FirstName#field-FirstName"' in line_of(browser, "FirstName")
    assert "<details" in browser.text.partition('id="field-Company"')[0], "what is blank is folded away"
    await browser.get(f"{lead}?edit=FirstName")
    assert 'name="FirstName"' in line_of(browser, "FirstName")
    assert 'name="LastName"' not in browser.text
    as_of = re.findall(r'name="as_of" value="([^"]*)"', line_of(browser, "FirstName"))[0]
    await browser.send(lead, group="FirstName", as_of=as_of, FirstName="Ravindra")
    assert "Saved." in browser.text
    assert "Ravindra" in line_of(browser, "FirstName")
    await browser.send(lead, group="FirstName", as_of=as_of, FirstName="Ravi")
    assert browser.response.status_code == 422
    assert "was changed while you were editing" in line_of(browser, "FirstName")
    await browser.get(f"{lead}?edit=mx_City")
    assert '<details class="group blanks" open>' in browser.text
    await browser.send(lead, group="mx_City", mx_City="Kochi")
    assert "Kochi" in line_of(browser, "mx_City")
    await browser.send(lead, group="ProspectAutoId", ProspectAutoId="7")
    assert "Nothing was different" in browser.text


async def test_one_field_is_edited_in_its_place_with_script(browser: Browser, world: World) -> None:
    await world.need("lead.1", "lead.2")
    lead = f"/app/leads/{world.values['lead.1']}"
    await browser.get(lead)
    token = browser.csrf
    asked = {"hx_request": "true", "hx_target": "field-EmailAddress"}
    await browser.get(f"{lead}?edit=EmailAddress", **asked)
    assert browser.text.lstrip().startswith('<div class="line editing" id="field-EmailAddress">')
    assert "Timeline" not in browser.text
    await browser.get(lead, **asked)
    assert browser.text.lstrip().startswith('<div class="line" id="field-EmailAddress">')

    async def send(**fields: str) -> None:
        headers = {"hx-request": "true", "hx-target": f"field-{fields['group']}"}
        browser.response = await browser.http.post(lead, data={"csrf": token, **fields}, headers=headers)

    await send(group="EmailAddress", EmailAddress="meera.iyer.2@example.com")
    assert browser.response.status_code == 422
    other = f'<a href="/app/leads/{world.values["lead.2"]}">Meera Iyer</a> has this value already'
    assert browser.text.count("already") == 1
    assert other in line_of(browser, "EmailAddress")
    assert "HX-Trigger" not in browser.response.headers
    await send(group="EmailAddress", EmailAddress="new@example.com")
    assert "new@<wbr>example.com" in line_of(browser, "EmailAddress")
    assert 'id="lead-head" hx-swap-oob="true"' in browser.text
    assert "mailto:new%40example.com" in browser.text
    assert browser.response.headers["HX-Trigger"] == "lead-changed"
    headers = {"hx-request": "true", "hx-target": "lead-head"}
    sent = {"csrf": token, "group": "head", "ProspectStage": "Contacted"}
    browser.response = await browser.http.post(lead, data=sent, headers=headers)
    assert browser.text.lstrip().startswith('<header class="page-head lead-head" id="lead-head">')
    assert (await stored(world))["stage"] == "Contacted"


async def test_a_drop_down_in_its_place_offers_what_fits_the_one_it_hangs_on(
    browser: Browser, world: World
) -> None:
    parent = Field("mx_P", "Region", DataType.SELECT, options=(Option("North"), Option("South")))
    child = Field(
        "mx_C",
        "Branch",
        DataType.SELECT,
        options=(Option("Delhi"), Option("Kochi")),
        parent="mx_P",
        dependent={"North": ("Delhi",), "South": ("Kochi",)},
    )
    await world.add_fields(-1, parent, child)
    await world.need("lead.1")
    lead = f"/app/leads/{world.values['lead.1']}"
    await browser.get(lead)
    await browser.send(lead, group="mx_P", mx_P="South")
    await browser.get(f"{lead}?edit=mx_C")
    assert '<option value="Kochi"' in line_of(browser, "mx_C")
    assert '<option value="Delhi"' not in line_of(browser, "mx_C")
    assert "data-parent" not in browser.text
    # What is stored stays on offer, so that looking at it does not take it away.
    await browser.send(lead, group="mx_C", mx_C="Delhi")
    await browser.get(f"{lead}?edit=mx_C")
    assert '<option value="Delhi" selected' in line_of(browser, "mx_C")


async def test_what_says_nothing_is_folded_into_one_place(browser: Browser, world: World) -> None:
    await world.need("lead.1")
    lead = f"/app/leads/{world.values['lead.1']}"
    await browser.get(lead)
    shown, _, folded = browser.text.partition('<details class="group blanks">')
    assert "Do Not Call" not in shown, "nobody said so"
    assert "Do Not Call" in folded
    assert "Is Primary Contact" not in shown
    assert folded.count('id="group-address"') == folded.count('id="group-consent"') == 1
    await browser.send(lead, group="DoNotCall", DoNotCall="1")
    assert '<span class="badge warn">Do not call</span>' in browser.text
    assert 'id="group-consent"' in browser.text.partition('<details class="group blanks">')[0]


async def test_a_lead_says_where_types_of_activities_are_made(
    browser: Browser, seller: Browser, world: World
) -> None:
    await world.need("lead.1")
    await world.db.execute(
        "update record_type set active = false where org_id = $1 and kind = 'activity'", world.org_id
    )
    await world.definitions_changed()
    lead = f"/app/leads/{world.values['lead.1']}"
    await browser.get(lead)
    assert 'href="/app/settings/activities/new"' in browser.text
    assert "an administrator makes one" not in browser.text
    await seller_of(world, seller, "lead.1")
    await seller.get(lead)
    assert "an administrator makes one" in seller.text


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
    shown = browser.text.split('<ol class="timeline">')[1]
    titles = re.findall(r'<(?:strong|a class="strong" href="[^"]*")>([^<]*)<', shown)
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
    assert json.loads(made["fields"])["Origin"] == "Manual"


async def test_a_new_lead_that_is_refused_keeps_what_was_typed(browser: Browser, world: World) -> None:
    await world.need("lead.1")
    await browser.get("/app/leads/new")
    await browser.send("/app/leads/new", FirstName="", Company="Acme")
    assert browser.response.status_code == 422
    assert "Enter a first name, a last name, an e-mail address or a phone number." in browser.text
    assert 'value="Acme"' in browser.text
    await browser.send("/app/leads/new", FirstName="Ravi", EmailAddress="RAVI.kumar.1@example.com")
    assert browser.response.status_code == 422
    assert browser.text.count("already") == 1
    assert (
        f'<a href="/app/leads/{world.values["lead.1"]}">Ravi Kumar</a> has this value already' in browser.text
    )
    assert await world.count("lead") == 1


async def test_a_value_of_a_lead_that_one_does_not_see_is_told_without_a_link(
    seller: Browser, world: World
) -> None:
    await world.need("lead.1")
    await seller.get("/app/leads/new")
    await seller.send("/app/leads/new", FirstName="Ravi", EmailAddress="RAVI.kumar.1@example.com")
    assert seller.response.status_code == 422
    assert "A lead that you do not see has this value already." in seller.text
    assert world.values["lead.1"] not in seller.text


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


# every kind of field -------------------------------------------------------------------------------------

KINDS = (
    (Field("mx_K01", "Text", max_length=50), "text", "Blue & green", "Blue & green", "Blue &amp; green"),
    (Field("mx_K02", "Long", max_length=500), "textarea", "One\nTwo", "One\nTwo", "One\nTwo"),
    (Field("mx_K03", "Number", DataType.NUMBER), "number", "1200000.5", 1200000.5, "12,00,000.5"),
    (Field("mx_K04", "Day", DataType.DATE), "date", "2026-11-20", "2026-11-20", "20 Nov 2026"),
    (
        Field("mx_K05", "Moment", DataType.DATETIME),
        "datetime-local",
        "2026-11-20T10:30:00",
        "2026-11-20 05:00:00.000",
        "20 Nov 2026, 10:30",
    ),
    (Field("mx_K06", "Time", DataType.TIME), "time", "14:05:00", "14:05:00", "14:05"),
    (
        Field("mx_K07", "E-mail", DataType.EMAIL),
        "email",
        "a.b@example.com",
        "a.b@example.com",
        "a.b@example.com",
    ),
    (
        Field("mx_K08", "Telephone", DataType.PHONE),
        "tel",
        "+91-9845012345",
        "+91-9845012345",
        "+91-9845012345",
    ),
    (
        Field("mx_K09", "Site", DataType.WEBSITE),
        "text",
        "www.example.com",
        "www.example.com",
        "www.example.com",
    ),
    (Field("mx_K10", "Yes or no", DataType.BOOLEAN), "select", "1", True, "Yes"),
    (
        Field("mx_K11", "One of", DataType.SELECT, options=(Option("g", "Gold"), Option("s", "Silver"))),
        "select",
        "s",
        "s",
        "Silver",
    ),
    (
        Field(
            "mx_K12",
            "Some of",
            DataType.SELECT,
            options=(Option("a"), Option("b"), Option("c")),
            multi_select=True,
        ),
        "select",
        ["a", "c"],
        ["a", "c"],
        "a, c",
    ),
)


def words_of(browser: Browser, name: str) -> str:
    """The value of a field as it is read."""
    value = line_of(browser, name).partition("<dd>")[2].partition("<svg")[0]
    return re.sub(r"<[^>]*>", "", value)


@pytest.mark.parametrize("alone", [False, True], ids=["in its group", "alone"])
@pytest.mark.parametrize(
    ("field", "kind", "sent", "kept", "said"), KINDS, ids=[one[0].display_name for one in KINDS]
)
async def test_every_kind_of_field_is_edited_in_its_place(
    browser: Browser, world: World, field: Field, kind: str, sent: Any, kept: Any, said: str, alone: bool
) -> None:
    key = field.name if alone else "own"
    await world.settings(time_zone="Asia/Kolkata")
    await world.add_fields(-1, field)
    await world.need("lead.1")
    lead = f"/app/leads/{world.values['lead.1']}"
    await browser.get(f"{lead}?edit={key}")
    control = re.findall(rf'<(select|textarea|input)[^>]*name="{field.name}"([^>]*)>', browser.text)[-1]
    assert control[0] == kind or f'type="{kind}"' in control[1]
    await browser.send(lead, group=key, **{field.name: sent})
    assert "Saved." in browser.text
    assert json.loads((await stored(world))["fields"])[field.name] == kept
    assert words_of(browser, field.name).startswith(said)
    await browser.get(f"{lead}?edit={key}")
    await browser.send(lead, group=key, **{field.name: ""})
    assert field.name not in json.loads((await stored(world))["fields"])


async def test_users_products_and_sets_are_edited_in_their_place(browser: Browser, world: World) -> None:
    user = Field("mx_K20", "Adviser", DataType.USER)
    product = Field("mx_K21", "Plan", DataType.PRODUCT)
    await world.add_fields(-1, user, product)
    await world.need("lead.1", "product.1")
    lead = f"/app/leads/{world.values['lead.1']}"
    await browser.get(f"{lead}?edit=own")
    sent = {
        "mx_K20": world.user_id,
        "mx_K21": world.values["product.1"],
        "mx_KYC~Status": "Pending",
        "mx_KYC~mx_CustomObject_1": "a.png",
    }
    await browser.send(lead, group="own", **sent)
    fields = json.loads((await stored(world))["fields"])
    assert (fields["mx_K20"], fields["mx_K21"]) == (world.user_id, world.values["product.1"])
    assert fields["mx_KYC"]["Status"] == "Pending"
    for name, said in (
        ("mx_K20", "Asha Rao"),
        ("mx_K21", "Product 1"),
        ("mx_KYC", "Status: Pending; Document: a.png"),
    ):
        assert words_of(browser, name) == said
    await browser.send(lead, group="mx_KYC", **{"mx_KYC~Status": "Done"})
    assert words_of(browser, "mx_KYC") == "Status: Done; Document: a.png"
