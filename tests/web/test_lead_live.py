"""The timeline that keeps itself fresh: answered only when something happened, and only to who may see the lead."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

from browsing import Browser, entitled
from world import Client, World, Worlds


def poll(browser: Browser) -> str:
    """The address that the open page asks for."""
    found = re.search(r'hx-get="(/app/leads/[^"]*/live[^"]*)"', browser.text)
    assert found, browser.text
    return html.unescape(found[1])


async def test_only_news_is_answered(browser: Browser, client: Client, world: World) -> None:
    await world.need("lead.1", "activity.1")
    lead = world.values["lead.1"]
    await browser.get(f"/app/leads/{lead}")
    asked = poll(browser)
    for _ in range(2):
        response = await browser.http.get(asked, headers={"hx-request": "true"})
        assert response.status_code == 204
        assert response.content == b""
    sent = {"RelatedProspectId": lead, "ActivityEvent": 206, "ActivityNote": "They <b>called</b> back"}
    await client.post("/v2/ProspectActivity.svc/Create", sent)
    await browser.get(asked, hx_request="true")
    assert browser.text.lstrip().startswith('<div id="happened">')
    assert "They &lt;b&gt;called&lt;/b&gt; back" in browser.text
    assert f"/app/leads/{lead}/live" not in re.sub(r'hx-get="[^"]*"', "", browser.text), "no link leads here"
    assert poll(browser) != asked
    assert (await browser.http.get(poll(browser))).status_code == 204


async def test_notes_and_tasks_are_news(browser: Browser, client: Client, world: World) -> None:
    await world.need("lead.1")
    lead = world.values["lead.1"]
    await browser.get(f"/app/leads/{lead}?show=notes")
    asked = poll(browser)
    assert "show=notes" in asked
    await client.post(
        "/v2/LeadManagement.svc/CreateNote", {"RelatedProspectId": lead, "Note": "Call in March"}
    )
    await browser.get(asked)
    assert "Call in March" in browser.text


async def test_an_older_page_stays_as_it_is(browser: Browser, world: World) -> None:
    await world.need("lead.1", "activity.1")
    lead, activity = world.values["lead.1"], world.values["activity.1"]
    await browser.get(f"/app/leads/{lead}?before=2030-01-01T00:00:00~{activity}")
    assert "/live" not in browser.text


async def test_news_are_for_who_may_see_the_lead(
    browser: Browser, seller: Browser, world: World, worlds: Worlds, strange: Callable[..., Browser]
) -> None:
    await world.need("lead.1")
    address = f"/app/leads/{world.values['lead.1']}/live"
    assert (await browser.http.get(address)).status_code == 200
    assert (await seller.http.get(address)).status_code == 404
    other = strange(await entitled(await worlds.copy()))
    await other.sign_in()
    assert (await other.http.get(address)).status_code == 404
