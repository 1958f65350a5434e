"""The list of leads: several conditions at once, columns, saved views, long lists, deleting."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest

from browsing import Browser, entitled
from fairlead.fields.model import DataType, Field, Option
from fairlead.leads.pages import counting
from fairlead.leads.queries import Page
from web.test_leads_pages import NASTY, names, seller_of, set_lead
from world import World

TODAY = datetime.now(UTC)

OWN = (
    Field("mx_Due", "Due", DataType.DATE, sequence=300),
    Field("mx_Met", "Met", DataType.DATETIME, sequence=301),
    Field("mx_Sum", "Sum", DataType.NUMBER, sequence=302),
    Field("mx_Plan", "Plan", DataType.SELECT, options=(Option("Gold"), Option("Silver")), sequence=303),
)


def heads(browser: Browser) -> list[str]:
    """What stands above the columns, besides the name."""
    found = re.findall(r'<a class="sorting"[^>]*>([^<]*)</a>', browser.text)
    return [html.unescape(one).strip(" ↑↓") for one in found][1:]


@pytest.fixture
async def three(world: World) -> World:
    """Ravi, Meera and Tom with values in fields of every kind."""
    await world.add_fields(-1, *OWN)
    await world.need("lead.1", "lead.2", "lead.3")
    day = [(TODAY - timedelta(days=days)).date().isoformat() for days in (1, 10, 400)]
    for number, plan in enumerate(("Gold", "Silver", "Gold"), 1):
        at = f"{day[number - 1]} 12:00:00.000"
        more = {"mx_Due": day[number - 1], "mx_Met": at, "mx_Sum": number * 100, "mx_Plan": plan}
        await set_lead(world, f"lead.{number}", score=number, fields=json.dumps(more))
    return world


def compared(*rows: tuple[str, str, str] | tuple[str, str, str, str]) -> str:
    """The query of several comparisons."""
    parts = [("field", "op", "value", "upto")[: len(row)] for row in rows]
    return "&".join(
        f"{name}={text}"
        for names_, row in zip(parts, rows, strict=True)
        for name, text in zip(names_, row, strict=True)
    )


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ([("mx_Sum", "%3E", "100"), ("mx_Plan", "%3D", "Gold")], ["Tom Sawyer"]),
        ([("mx_Sum", "%3E%3D", "100"), ("mx_Sum", "%3C", "300")], ["Meera Iyer", "Ravi Kumar"]),
        ([("mx_Sum", "between", "150", "250")], ["Meera Iyer"]),
        ([("mx_Sum", "IN", "100,300")], ["Tom Sawyer", "Ravi Kumar"]),
        ([("Score", "between", "2", "3"), ("mx_Plan", "%3C%3E", "Gold", "")], ["Meera Iyer"]),
        ([("mx_Due", "last", "30")], ["Meera Iyer", "Ravi Kumar"]),
        ([("mx_Met", "last", "5")], ["Ravi Kumar"]),
        ([("mx_Met", "last", "5"), ("mx_Due", "empty", "")], []),
        ([("mx_Due", "%3C", "{year_ago}")], ["Tom Sawyer"]),
        ([("mx_Met", "%3E", "{year_ago}"), ("mx_Met", "%3C", "{week_ago}")], ["Meera Iyer"]),
        ([("mx_Met", "between", "{two_weeks_ago}", "{week_ago}")], ["Meera Iyer"]),
        ([("mx_Plan", "IN", "Gold,Silver"), ("FirstName", "starts", "t")], ["Tom Sawyer"]),
        ([("FirstName", "starts", "%25")], []),
        ([("FirstName", "LIKE", "a"), ("LastName", "LIKE", "ku")], ["Ravi Kumar"]),
        ([("mx_City", "empty", "")], ["Tom Sawyer", "Meera Iyer", "Ravi Kumar"]),
        ([("OwnerIdName", "%3D", "Asha Rao"), ("Score", "%3D", "1")], ["Ravi Kumar"]),
    ],
)
async def test_conditions_are_combined(
    browser: Browser, three: World, rows: list[tuple[str, str, str]], found: list[str]
) -> None:
    ago = {"year_ago": 365, "week_ago": 7, "two_weeks_ago": 14}
    days = {name: (TODAY - timedelta(days=back)).date().isoformat() for name, back in ago.items()}
    await browser.get(f"/app/leads?{compared(*rows).format(**days)}")
    assert browser.response.status_code == 200
    assert names(browser) == found
    assert browser.text.count('aria-label="Take away:') == len(rows)


async def test_a_day_of_an_instant_is_one_of_the_persons_zone(browser: Browser, three: World) -> None:
    await three.settings(time_zone="Asia/Kolkata")
    await set_lead(three, "lead.1", fields=json.dumps({"mx_Met": "2026-03-01 20:00:00.000"}))
    for day, found in (("2026-03-02", ["Ravi Kumar"]), ("2026-03-01", [])):
        await browser.get(f"/app/leads?field=mx_Met&op=%3D&value={day}")
        assert names(browser) == found
    await browser.get("/app/leads?field=mx_Met&op=%3C%3E&value=2026-03-02")
    assert names(browser) == ["Tom Sawyer", "Meera Iyer"]
    await browser.get("/app/leads?field=mx_Met&op=%3D&value=2026-03-02+01:30")
    assert names(browser) == ["Ravi Kumar"]


async def test_a_condition_is_taken_away_and_another_added(browser: Browser, three: World) -> None:
    await browser.get(f"/app/leads?{compared(('mx_Sum', '%3E', '100'), ('mx_Plan', '%3D', 'Gold'))}")
    assert "Sum is more than 100" in html.unescape(browser.text)
    without = re.findall(r'<a class="chip" href="([^"]*)" aria-label="Take away: Plan', browser.text)[0]
    await browser.get(html.unescape(without))
    assert names(browser) == ["Tom Sawyer", "Meera Iyer"]
    assert dict(parse_qsl(urlsplit(browser.path).query)) == {"field": "mx_Sum", "op": ">", "value": "100"}
    # What a form sends: the conditions that are there, then the new one.
    await browser.get(
        "/app/leads?q=&stage=&field=mx_Sum&op=%3E&value=100&upto=&field=mx_Plan&op=IN&value=&any=Silver&any=Gold"
    )
    assert names(browser) == ["Tom Sawyer", "Meera Iyer"]
    assert "Plan is one of Silver,Gold" in browser.text


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("field=mx_Met&op=last&value=0", "Enter a number of days, 1 to 3650."),
        ("field=mx_Met&op=last&value=many", "Enter a number of days, 1 to 3650."),
        ("field=mx_Sum&op=between&value=1", "Enter what to compare with"),
        ("field=mx_Sum&op=between&value=1&upto=x", "Enter a number, such as"),
        ("field=mx_Due&op=between&value=2026-01-01&upto=soon", "Enter a date, such as"),
        ("field=mx_Plan&op=last&value=3", "Choose how to compare."),
        ("field=mx_Sum&op=%3E&value=1&field=Nope&op=%3D&value=1", "There is no such field any more."),
    ],
)
async def test_what_cannot_be_read_is_said(browser: Browser, three: World, query: str, said: str) -> None:
    await browser.get(f"/app/leads?{query}")
    assert said in browser.text
    assert 'aria-describedby="by-error"' in browser.text
    assert names(browser) == []


@pytest.mark.parametrize(
    ("field", "op", "control"),
    [
        ("mx_Due", "%3E", 'name="value" type="date"'),
        ("mx_Sum", "between", 'name="upto" type="number"'),
        ("mx_Met", "last", 'placeholder="Days"'),
        ("mx_Plan", "%3D", '<select id="by-value" name="value"'),
        ("mx_Plan", "IN", 'name="any" value="Silver"'),
        ("DoNotCall", "%3D", '<option value="yes"'),
        ("FirstName", "starts", 'name="value" type="text"'),
    ],
)
async def test_a_field_has_the_controls_of_its_kind(
    browser: Browser, three: World, field: str, op: str, control: str
) -> None:
    await browser.get(f"/app/leads?draft=1&q=&field={field}&op={op}&value=", hx_request="true")
    assert control in browser.text
    assert "by-error" not in browser.text
    assert len(names(browser)) == 3
    assert "hx-replace-url" not in browser.response.headers


# columns -------------------------------------------------------------------------------------------------


async def test_columns_are_chosen_and_kept_in_the_address(browser: Browser, three: World) -> None:
    await browser.get("/app/leads")
    assert heads(browser) == ["Stage", "Owner", "Source", "Score", "Last activity", "Created"]
    await browser.get(
        "/app/leads?sort=mx_Sum&column=mx_Sum&column=mx_Plan&column=mx_Due&column=Nope&column=stage"
    )
    assert heads(browser) == ["Sum", "Plan", "Due", "Stage"]
    assert names(browser) == ["Ravi Kumar", "Meera Iyer", "Tom Sawyer"]
    assert '<td class="right">300</td>' in browser.text
    links = re.findall(r'<a class="sorting" href="([^"]*)"', browser.text)
    assert all("columns=mx_Sum%2Cmx_Plan%2Cmx_Due%2Cstage" in link for link in links)
    await browser.get("/app/leads?columns=mx_Sum, mx_Plan ,mx_Sum")
    assert heads(browser) == ["Sum", "Plan"]
    await browser.get("/app/leads?columns=,,Nope")
    assert len(heads(browser)) == 6


async def test_every_field_can_be_a_column_and_be_sorted_by(browser: Browser, three: World) -> None:
    await browser.get("/app/leads")
    keys = re.findall(r'name="column" value="([^"]*)"', browser.text)
    assert len(keys) > 60
    for at in range(0, len(keys), 16):
        await browser.get(f"/app/leads?columns={','.join(keys[at : at + 16])}&sort={keys[at]}")
        assert browser.response.status_code == 200
        assert len(heads(browser)) == len(keys[at : at + 16])
        assert len(names(browser)) == 3
        assert len(browser.response.content) < 120_000


async def test_values_and_names_of_fields_are_escaped(browser: Browser, three: World) -> None:
    await three.add_fields(-1, Field("mx_Evil", NASTY, sequence=310))
    await set_lead(three, "lead.1", fields=json.dumps({"mx_Evil": NASTY}))
    for path in (
        "columns=mx_Evil",
        "field=mx_Evil&op=%3D&value=%3Cimg+src%3E",
        "field=mx_Evil&op=%3D&draft=1",
    ):
        await browser.get(f"/app/leads?{path}")
        assert browser.response.status_code == 200
        assert "<script>" not in browser.text
        assert "<img" not in browser.text


# saved views ---------------------------------------------------------------------------------------------


async def test_views_are_kept_shared_and_removed(
    browser: Browser, three: World, strange: Callable[..., Browser]
) -> None:
    asked = "/app/leads?field=mx_Sum&op=%3E&value=100&columns=mx_Sum&sort=-mx_Sum"
    await browser.get(f"{asked}&page=1&nonsense=1")
    kept = re.findall(r'name="address" value="([^"]*)"', browser.text)
    address = next(html.unescape(one) for one in kept if "columns" in one)
    await browser.send("/app/views", address=address, name="My <b>view</b>")
    assert browser.path == asked
    assert "Saved the view" in browser.text
    await browser.send("/app/views", address=address, name="For all", shared="1")
    await browser.get("/app/leads")
    links = re.findall(r'<a class="chip" href="(/app/leads\?[^"]*)"[^>]*>([^<]*)</a>', browser.text)
    assert [html.unescape(name) for _, name in links] == ["For all", "My <b>view</b>"]
    assert "Remove the view" not in browser.text
    await browser.get(html.unescape(links[0][0]))
    assert names(browser) == ["Tom Sawyer", "Meera Iyer"]
    assert heads(browser) == ["Sum"]
    assert "Remove the view “For all”?" in browser.text
    colleague = strange(await entitled(three, role="Sales_Manager"))
    await colleague.sign_in()
    await colleague.get(asked)
    assert "For all" in colleague.text
    assert "My &lt;b&gt;" not in colleague.text
    assert "Remove the view" not in colleague.text
    view = next(row for row in await three.rows("saved_view") if row["shared"])
    for path in (f"/app/views/{view['id']}/delete", f"/app/views/{view['id']}"):
        await colleague.get("/app/leads")
        await colleague.send(path, address="/app/leads", name="Mine")
        assert colleague.response.status_code == 403
    await browser.send(f"/app/views/{view['id']}/delete", address="/app/leads")
    assert "The view is removed." in browser.text
    assert await three.count("saved_view") == 1


def current(browser: Browser) -> list[str]:
    """The views that the page says one is in."""
    return re.findall(r'<a class="chip"[^>]*aria-current="[^"]*"[^>]*>([^<]*)', browser.text)


async def test_a_view_is_brought_up_to_date_and_called_anew(browser: Browser, three: World) -> None:
    await browser.get("/app/leads")
    assert current(browser) == ["All leads"]
    assert "Save view" not in browser.text
    await browser.send("/app/views", address="/app/leads?stage=Prospect", name="Fresh")
    assert current(browser) == ["Fresh"]
    (view,) = await three.rows("saved_view")
    # Looked at through its chip, the list stays in the view while it is asked for something else.
    await browser.get(f"/app/leads?view={view['id']}&stage=Prospect")
    assert f'name="view" value="{view["id"]}"' in browser.text
    assert "Update “Fresh”" not in browser.text
    changed = f"/app/leads?view={view['id']}&source=Event&columns=score"
    await browser.get(changed)
    assert current(browser) == ["Fresh "]
    assert "(changed)" in browser.text
    assert "Save as new" in browser.text
    address = html.unescape(re.findall(r'name="address" value="([^"]*)"', browser.text)[0])
    assert address == changed
    await browser.send(f"/app/views/{view['id']}", address=address)
    assert "Saved the view “Fresh”." in browser.text
    assert browser.path == changed
    assert current(browser) == ["Fresh"]
    await browser.send(f"/app/views/{view['id']}", address=address, name="  ")
    assert browser.response.status_code == 422
    await browser.get(changed)
    await browser.send(f"/app/views/{view['id']}", address=address, name="Events <1>", shared="1")
    assert "Events &lt;1&gt;" in browser.text
    (view,) = await three.rows("saved_view")
    assert (view["name"], view["query"], view["shared"]) == ("Events <1>", "source=Event&columns=score", True)
    await browser.get("/app/leads?view=01a1fa94-53e6-7436-b94f-b3e3f348a232&stage=Prospect")
    assert current(browser) == []


async def test_columns_stand_in_the_order_of_their_numbers(browser: Browser, three: World) -> None:
    await browser.get("/app/leads?columns=stage,mx_Sum,score")
    assert [
        re.findall(rf'name="at-{key}"[^>]*value="(\d+)"', browser.text) for key in ("mx_Sum", "score")
    ] == [
        ["2"],
        ["3"],
    ]
    ticked = "column=stage&column=mx_Sum&column=score&column=mx_Plan"
    await browser.get(f"/app/leads?{ticked}&at-stage=3&at-mx_Sum=2&at-score=1&at-nonsense=1&at-mx_Plan=")
    assert heads(browser) == ["Score", "Sum", "Stage", "Plan"]
    await browser.get(f"/app/leads?{ticked}&at-stage=²&at-mx_Sum=-1&at-score=99999")
    assert heads(browser) == ["Stage", "Sum", "Score", "Plan"]


# all that match ------------------------------------------------------------------------------------------


async def test_all_that_match_are_changed_not_only_those_of_the_page(browser: Browser, world: World) -> None:
    await world.need(*(f"lead.{number}" for number in range(1, 54)))
    await set_lead(world, "lead.53", stage="Customer")
    await browser.get("/app/leads?stage=Prospect")
    assert 'name="every" value="52"' in browser.text
    assert "All 52 that match" in browser.text
    sent = {"every": "52", "id": world.values["lead.53"], "address": "/app/leads?stage=Prospect&page=2"}
    await browser.send("/app/leads/change", change="ProspectStage:Contacted", **sent)
    assert "52 leads have the stage Contacted now." in browser.text
    assert [row["stage"] for row in await world.rows("lead")].count("Contacted") == 52
    assert (await world.rows("lead"))[-1]["stage"] == "Customer"
    await browser.get("/app/leads?stage=Contacted")
    await world.need("lead.54")
    await set_lead(world, "lead.54", stage="Contacted")
    sent = {"every": "52", "address": "/app/leads?stage=Contacted"}
    await browser.send("/app/leads/delete", **sent)
    assert "More leads match by now than you saw." in browser.text
    assert await world.count("lead") == 54
    await browser.get("/app/leads?stage=Contacted")
    await browser.send("/app/lists/add", name="Everyone", **sent | {"every": "53"})
    assert "53 leads were added to “Everyone”." in browser.text
    await browser.send("/app/leads/delete", **sent | {"every": "53"})
    assert "53 leads are deleted." in browser.text
    assert await world.count("lead") == 1


async def test_all_that_match_are_those_that_one_may_see(seller: Browser, world: World) -> None:
    await world.need("lead.1", "lead.2")
    await seller_of(world, seller, "lead.2")
    await seller.get("/app/leads")
    assert 'name="every"' not in seller.text, "all of them are on the page"
    sent = {"every": "1", "address": "/app/leads", "change": "ProspectStage:Contacted"}
    await seller.send("/app/leads/change", **sent)
    assert "1 lead has the stage Contacted now." in seller.text
    assert [row["stage"] for row in await world.rows("lead")] == ["Prospect", "Contacted"]


# long lists ----------------------------------------------------------------------------------------------


async def test_a_long_list_is_counted_after_the_page(
    browser: Browser, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "MOST", 55)
    monkeypatch.setattr(counting, "counts", counting.Counts(lambda: 0))
    await world.need(*(f"lead.{number}" for number in range(1, 121)))
    await browser.get("/app/leads?field=LastName&op=filled")
    assert len(names(browser)) == 50
    assert "more than 55 leads" in browser.text
    later = html.unescape(re.findall(r'hx-get="(/app/leads/count[^"]*)"', browser.text)[0])
    following = html.unescape(re.findall(r'rel="next" href="([^"]*)"', browser.text)[0])
    await browser.get(later)
    assert browser.text == '<span id="count">120 leads</span>'
    for path in (following, "/app/leads?field=LastName&op=filled&count=1"):
        await browser.get(path)
        assert "of 120" in browser.text
    await browser.get("/app/leads?field=LastName&op=filled&page=3")
    assert len(names(browser)) == 20
    await browser.get("/app/leads?field=FirstName&op=filled&page=3")
    assert "101–120 of 120" in browser.text


def test_a_number_is_remembered_for_a_while() -> None:
    clock = [100.0]
    counts = counting.Counts(lambda: clock[0])
    page = Page(org_id=1, owner_id=None, where="x", values=[1], order="y", in_turn=True, offset=0, limit=50)
    other = Page(org_id=2, owner_id=None, where="x", values=[2], order="y", in_turn=True, offset=0, limit=50)
    counts.keep(page, counting.MOST)
    assert counts.of(page) is None, "short lists are counted every time"
    counts.keep(page, 1_000_000)
    assert (counts.of(page), counts.of(other)) == (1_000_000, None)
    clock[0] += counting.KEPT
    assert counts.of(page) is None


# deleting ------------------------------------------------------------------------------------------------


async def test_chosen_leads_are_deleted(browser: Browser, three: World) -> None:
    await three.need("activity.1", list_1={"leads": "lead.1;lead.2"})
    await browser.get("/app/leads")
    assert 'formaction="/app/leads/delete"' in browser.text
    await browser.send("/app/leads/delete", address="/app/leads?sort=name")
    assert "No lead was chosen" in browser.text
    ids = [three.values["lead.1"], three.values["lead.2"], "nonsense"]
    await browser.send("/app/leads/delete", id=ids, address="/app/leads?sort=name")
    assert browser.path == "/app/leads?sort=name"
    assert "2 leads are deleted." in browser.text
    assert names(browser) == ["Tom Sawyer"]
    assert await three.count("activity") == await three.count("list_member") == 0


@pytest.mark.parametrize("role", ["Sales_Manager", "Sales_User"])
async def test_only_administrators_delete(three: World, strange: Callable[..., Browser], role: str) -> None:
    other = strange(await entitled(three, role=role))
    await other.sign_in()
    token = other.csrf
    await other.get("/app/leads")
    assert "/app/leads/delete" not in other.text
    await other.send("/app/leads/delete", csrf=token, id=three.values["lead.1"])
    assert other.response.status_code == 403
    assert await three.count("lead") == 3


async def test_deleting_that_is_switched_off_is_refused(browser: Browser, three: World) -> None:
    await three.settings(lead_delete=False)
    await browser.get("/app/leads")
    assert "/app/leads/delete" not in browser.text
    await browser.send("/app/leads/delete", id=three.values["lead.1"])
    assert "Delete is not enabled" in browser.text
    assert await three.count("lead") == 3
