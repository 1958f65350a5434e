"""The screen of one activity of a lead: what it says, changing, locking and deleting it, and who may; and deleting a note."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from browsing import Browser, entitled
from fairlead.fields.model import Field
from web.test_leads_pages import NASTY, seller_of, set_lead
from world import World

FIELDS = (Field("mx_Custom_20", "Purpose", sequence=20), Field("mx_Custom_21", "Outcome", sequence=21))


async def settings_of(world: World, code: int, **settings: Any) -> None:
    """Change what a type allows."""
    statement = (
        "update record_type set definition = definition || $3::text::jsonb where org_id = $1 and code = $2"
    )
    await world.db.execute(statement, world.org_id, code, json.dumps(settings))
    await world.definitions_changed()


@pytest.fixture
async def visited(world: World) -> str:
    """The address of a home visit of lead.1, of a type that may be locked and deleted."""
    await world.add_fields(206, *FIELDS)
    await settings_of(world, 206, can_lock=True, can_delete=True)
    values = await world.need("lead.1", "activity.1")
    row = await activity(world)
    assert row["code"] == 206
    return f"/app/leads/{values['lead.1']}/activities/{values['activity.1']}"


async def activity(world: World) -> dict[str, Any]:
    """activity.1 as it is stored."""
    return next(row for row in await world.rows("activity") if str(row["id"]) == world.values["activity.1"])


async def test_the_timeline_leads_to_each_activity(browser: Browser, world: World, visited: str) -> None:
    lead = visited.partition("/activities")[0]
    await browser.get(lead)
    assert f'<a class="strong" href="{visited}">Home Visit</a>' in browser.text
    await browser.get(visited)
    assert "<h1>Home Visit</h1>" in browser.text
    assert re.search(r"On Ravi Kumar, [^<]*, by Asha Rao", browser.text)
    assert 'name="mx_Custom_20"' in browser.text
    assert f'href="{lead}"' in browser.text


async def test_an_activity_is_changed_and_tells_its_history(
    browser: Browser, world: World, visited: str
) -> None:
    await browser.get(visited)
    as_of = re.findall(r'name="as_of" value="([^"]*)"', browser.text)[0]
    await browser.send(visited, as_of=as_of, ActivityEvent_Note=f"Came {NASTY}", mx_Custom_20="Loan")
    assert "Saved." in browser.text
    assert "Came &lt;script&gt;" in browser.text
    row = await activity(world)
    assert json.loads(row["fields"])["mx_Custom_20"] == "Loan"
    await browser.get(visited)
    assert "Home Visit changed" in browser.text
    assert "<ins>Loan</ins>" in browser.text
    await browser.send(visited, as_of=as_of, mx_Custom_20="Card")
    assert browser.response.status_code == 422
    assert "was changed while you were editing" in browser.text
    assert 'value="Card"' in browser.text
    await browser.send(visited, mx_Custom_20="Loan")
    assert "Nothing was different" in browser.text
    await browser.get(visited)
    await browser.send(visited, ActivityEvent_Note="x" * 5000)
    assert browser.response.status_code == 422
    assert "This note is too long." in browser.text


async def test_a_locked_activity_is_only_read_but_by_administrators(
    browser: Browser, seller: Browser, world: World, visited: str
) -> None:
    await seller_of(world, seller, "lead.1")
    await seller.get(visited)
    assert "Lock this activity?" in seller.text
    assert "Delete this activity?" in seller.text
    await seller.send(f"{visited}/lock")
    assert "It is locked." in seller.text
    assert (await activity(world))["locked"]
    assert 'name="mx_Custom_20"' not in seller.text
    assert "Lock this activity?" not in seller.text
    assert "Delete this activity?" not in seller.text
    for path, fields in ((visited, {"mx_Custom_20": "Card"}), (f"{visited}/delete", {})):
        await seller.get("/app/leads")
        await seller.send(path, **fields)
        assert seller.response.status_code in (403, 422)
    assert "mx_Custom_20" not in json.loads((await activity(world))["fields"])
    await browser.get(visited)
    await browser.send(visited, mx_Custom_20="Card")
    assert "Saved." in browser.text


async def test_an_activity_is_deleted_with_its_history_and_its_score(
    browser: Browser, world: World, visited: str
) -> None:
    await world.db.execute("update activity set score = 7 where org_id = $1", world.org_id)
    await set_lead(world, "lead.1", score=10, last_activity_id=world.values["activity.1"])
    await browser.get(visited)
    await browser.send(visited, mx_Custom_20="Loan")
    await browser.send(f"{visited}/delete")
    assert browser.path == visited.partition("/activities")[0]
    assert "Deleted: Home Visit." in browser.text
    assert "Home Visit changed" not in browser.text
    assert await world.count("activity") == 0
    (lead,) = await world.rows("lead")
    assert (lead["score"], lead["last_activity_id"]) == (3, None)
    assert (await browser.get(visited)).status_code == 404


async def test_what_the_type_does_not_allow_is_not_offered_nor_done(
    browser: Browser, world: World, visited: str
) -> None:
    await settings_of(world, 206, can_lock=False, can_delete=False)
    await browser.get(visited)
    assert "Lock this activity?" not in browser.text
    assert "Delete this activity?" not in browser.text
    for do, status in (("lock", 403), ("delete", 403), ("nonsense", 404)):
        await browser.get(visited)
        await browser.send(f"{visited}/{do}")
        assert browser.response.status_code in (status, 422)
    row = await activity(world)
    assert not row["locked"]


async def test_what_the_server_posted_is_read(browser: Browser, world: World) -> None:
    await world.need("lead.1")
    lead = f"/app/leads/{world.values['lead.1']}"
    await browser.get(lead)
    await browser.send(lead, group="head", ProspectStage="Contacted")
    (row,) = await world.rows("activity")
    address = f"{lead}/activities/{row['id']}"
    assert f'href="{address}">Stage Change</a>' in browser.text
    await browser.get(address)
    assert "Prospect → Contacted" in browser.text
    assert 'class="record-form"' not in browser.text
    await browser.get(lead)
    await browser.send(address, Status="Inactive")
    assert browser.response.status_code in (403, 422) or "Nothing was different" in browser.text
    await browser.get(lead)
    await browser.send(f"{address}/delete")
    assert browser.response.status_code in (403, 422)
    assert await world.count("activity") == 1


async def test_an_activity_is_there_for_who_may_see_its_lead(
    seller: Browser, browser: Browser, world: World, visited: str
) -> None:
    await world.need("lead.2", "opp.1", "sales.1")
    token = seller.csrf
    assert (await seller.get(visited)).status_code == 404
    for path in (visited, f"{visited}/lock", f"{visited}/delete"):
        await seller.send(path, csrf=token, mx_Custom_20="Mine")
        assert seller.response.status_code == 404
    lead = visited.partition("/activities")[0]
    others = (
        visited.replace(world.values["lead.1"], world.values["lead.2"]),
        f"{lead}/activities/{world.values['opp.1']}",
        f"{lead}/activities/{world.values['sales.1']}",
    )
    for path in others:
        assert (await browser.get(path)).status_code == 404
    assert not (await activity(world))["locked"]


# notes ---------------------------------------------------------------------------------------------------


async def test_a_note_is_deleted_by_who_wrote_it_and_by_administrators(
    browser: Browser, seller: Browser, strange: Callable[..., Browser], world: World
) -> None:
    await world.need("lead.1")
    await seller_of(world, seller, "lead.1")
    lead = f"/app/leads/{world.values['lead.1']}"
    for text in ("mine", "hers"):
        await seller.get(lead)
        await seller.send(f"{lead}/notes/new", Note=text)
    notes = {row["text"]: f"{lead}/notes/{row['id']}" for row in await world.rows("note")}
    manager = strange(await entitled(world, role="Sales_Manager"))
    await manager.sign_in()
    await manager.get(notes["mine"])
    assert "Delete this note?" not in manager.text
    await manager.send(f"{notes['mine']}/delete")
    assert manager.response.status_code == 403
    await seller.get(notes["mine"])
    assert "Delete this note?" in seller.text
    await seller.send(f"{notes['mine']}/delete")
    assert seller.path == lead
    assert "The note is deleted." in seller.text
    assert 'Notes&nbsp;<span class="soft">1</span>' in seller.text
    assert ">mine<" not in seller.text
    await browser.get(notes["hers"])
    await browser.send(f"{notes['hers']}/delete")
    assert await world.count("note") == 0
    assert (await browser.get(notes["hers"])).status_code == 404


async def test_a_note_on_somebody_elses_lead_stays(seller: Browser, world: World) -> None:
    values = await world.need("note.1")
    token = seller.csrf
    await seller.send(f"/app/leads/{values['lead.1']}/notes/{values['note.1']}/delete", csrf=token)
    assert seller.response.status_code == 404
    assert await world.count("note") == 1
