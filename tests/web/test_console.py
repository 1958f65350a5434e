"""What holds for every screen: tokens, headers, escaping, both forms of a page, errors."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from browsing import PASSWORD, Browser
from fairlead.web.console import HEADERS
from fairlead.web.session import csrf_of, new_token
from fairlead.web.visit import SAID
from world import World
from world.serving import Log

NASTY = '<script>alert("x")</script>\'"><img src=x onerror=alert(1)>'


@pytest.mark.parametrize(
    "token",
    ["", "wrong", "é" * 43, csrf_of(new_token())],
    ids=["none", "wrong", "not-ascii", "of-another-session"],
)
async def test_a_form_without_its_token_does_nothing(browser: Browser, world: World, token: str) -> None:
    await browser.send("/app/sign-out", csrf=token)
    assert browser.response.status_code == 403
    assert "nothing was done" in browser.text
    assert await world.count("web_session") == 1


async def test_a_form_from_another_site_does_nothing(browser: Browser, world: World) -> None:
    response = await browser.http.post(
        "/app/sign-out", data={"csrf": browser.csrf}, headers={"sec-fetch-site": "cross-site"}
    )
    assert response.status_code == 403
    assert await world.count("web_session") == 1


async def test_the_token_may_come_in_a_header(browser: Browser) -> None:
    response = await browser.http.post("/app/sign-out", headers={"x-csrf-token": browser.csrf})
    assert response.status_code == 303


@pytest.mark.parametrize(
    "path", ["/app", "/app/sign-in", "/app/nothing", "/app/me", "/static/console.css", "/static/no", "/"]
)
async def test_every_answer_has_the_headers(browser: Browser, path: str) -> None:
    response = await browser.http.get(path)
    for name, value in HEADERS.items():
        assert response.headers[name] == value
    if not path.startswith("/static/"):
        assert response.headers["cache-control"] == "no-store"


async def test_nothing_is_inline_and_nothing_comes_from_elsewhere(browser: Browser) -> None:
    for path in ("/app", "/app/me", "/app/trial", "/app/nothing"):
        text = (await browser.get(path)).text
        for inline in ("<style", " style=", "javascript:", " onclick", " onload", "http://", "https://"):
            assert inline not in text.replace("http://www.w3.org", ""), (path, inline)
        assert text.count("<script") == text.count("<script src=")


async def test_get_and_head_change_nothing_and_post_is_needed(browser: Browser) -> None:
    for path in ("/app/sign-out", "/app/trial/fail", "/app/theme"):
        assert (await browser.http.get(path)).status_code == 405
    assert (await browser.http.head("/app")).status_code == 200
    assert (await browser.http.post("/app", data={"csrf": browser.csrf})).status_code == 405


async def test_a_value_is_text_wherever_it_is_shown(browser: Browser, world: World) -> None:
    await world.need("lead.1")
    lead = world.values["lead.1"]
    await browser.get(f"/app/trial/{lead}")
    await browser.send(f"/app/trial/{lead}", FirstName=NASTY)
    assert browser.response.status_code == 200
    assert "Saved &lt;this&gt; lead." in browser.text
    for path in (f"/app/trial/{lead}", "/app/trial?q=alert", f"/app/trial?q={NASTY}"):
        await browser.get(path)
        assert "<script>alert" not in browser.text
        assert "<img src=x" not in browser.text
    await browser.get("/app/trial?q=alert")
    assert "&lt;script&gt;alert" in browser.text


async def test_a_change_goes_by_the_rules_of_the_api(browser: Browser, world: World) -> None:
    await world.need("lead.1", "lead.2")
    lead, other = world.values["lead.1"], world.values["lead.2"]
    row = next(row for row in await world.rows("lead") if str(row["id"]) == other)
    await browser.get(f"/app/trial/{lead}")
    taken = row["fields"].partition('"EmailAddress": "')[2].partition('"')[0]
    await browser.send(f"/app/trial/{lead}", FirstName="Changed", EmailAddress=taken)
    assert browser.response.status_code == 422
    assert "already exists" in browser.text
    assert 'aria-invalid="true"' in browser.text
    assert 'value="Changed"' in browser.text, "what was typed is still there"
    await browser.send(f"/app/trial/{lead}", FirstName="Changed", EmailAddress="no address")
    assert "Enter an address such as" in browser.text
    await browser.send(f"/app/trial/{lead}", FirstName="Changed", EmailAddress="new@example.com")
    assert browser.response.status_code == 200
    assert 'value="new@example.com"' in browser.text
    assert any(row["changed_by"] for row in await world.rows("change"))


async def test_htmx_gets_the_main_region_and_a_whole_page_for_its_history(browser: Browser) -> None:
    part = await browser.get("/app/trial", hx_request="true")
    assert "<!doctype" not in part.text
    assert '<main id="main"' in part.text
    assert 'hx-swap-oob="true"' in part.text
    assert "HX-Request" in part.headers["vary"]
    whole = await browser.get("/app/trial", hx_request="true", hx_history_restore_request="true")
    assert "<!doctype html>" in whole.text


async def test_an_error_of_a_rule_is_told_where_the_form_stands(browser: Browser) -> None:
    await browser.send("/app/trial/fail", how="rule")
    assert browser.response.status_code == 422
    assert "This cannot be done: it is &lt;closed&gt;." in browser.text
    await browser.get("/app")
    await browser.send("/app/trial/fail", how="rule", htmx=True)
    assert browser.response.headers["hx-retarget"] == "#toasts"
    assert browser.text.strip().startswith('<div class="toast bad"')


async def test_a_fault_of_ours_tells_its_number_and_nothing_else(browser: Browser, log: Log) -> None:
    await browser.send("/app/trial/fail", how="fault")
    assert browser.response.status_code == 500
    assert "a fault of ours" not in browser.text
    assert len(log.faults) == 1
    log.faults.clear()


async def test_only_administrators_reach_what_is_theirs(
    browser: Browser, seller: Browser, world: World
) -> None:
    await seller.send("/app/trial/rename", name="Mine")
    assert seller.response.status_code == 403
    await browser.send("/app/trial/rename", name="Renamed Ltd")
    assert "Renamed." in browser.text
    assert "Renamed Ltd" in browser.text
    await seller.get("/app")
    assert "Renamed Ltd" in seller.text


async def test_who_is_signed_out_meanwhile_is_sent_to_the_entrance_by_htmx_too(
    browser: Browser, world: World
) -> None:
    await world.db.execute("delete from web_session where org_id = $1", world.org_id)
    response = await browser.http.get("/app/trial", headers={"hx-request": "true", "hx-boosted": "true"})
    assert response.headers["hx-redirect"] == "/app/sign-in?next=%2Fapp%2Ftrial"


async def test_a_piece_of_a_page_leads_nobody_away_from_what_they_are_at(
    browser: Browser, world: World
) -> None:
    await world.db.execute("delete from web_session where org_id = $1", world.org_id)
    here = {"hx-request": "true", "hx-current-url": "http://crm.example.com/app/trial?q=a"}
    response = await browser.http.get("/app/search/found?q=ada", headers=here)
    assert response.status_code == 401
    assert response.headers["hx-retarget"] == "#toasts"
    assert "hx-redirect" not in response.headers
    assert 'href="/app/sign-in?next=%2Fapp%2Ftrial%3Fq%3Da"' in response.text


@pytest.mark.parametrize("htmx", [False, True])
async def test_a_form_that_comes_after_the_session_leads_back_to_where_it_stood(
    browser: Browser, world: World, htmx: bool
) -> None:
    await world.db.execute("delete from web_session where org_id = $1", world.org_id)
    here = "http://crm.example.com/app/trial?q=a"
    headers = {"hx-request": "true", "hx-current-url": here} if htmx else {"referer": here}
    response = await browser.http.post("/app/trial/fail", data={"how": "rule"}, headers=headers)
    to = response.headers["hx-redirect" if htmx else "location"]
    assert to == "/app/sign-in?next=%2Fapp%2Ftrial%3Fq%3Da"
    assert response.headers.get("hx-trigger") == ("kept" if htmx else None), (
        "the browser keeps what was typed"
    )
    await browser.get(to)
    assert "Your session has ended, so nothing was done." in browser.text
    assert ("with what you had typed" in browser.text) == htmx
    await browser.send("/app/sign-in", email=browser.email, password=PASSWORD, next="/app/trial?q=a")
    assert browser.path == "/app/trial?q=a"
    assert "Your session has ended" not in browser.text


@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example", "https://evil.example//evil.example", "/v2/x", "javascript:alert(1)", ""],
)
async def test_a_form_leads_back_to_a_page_of_ours_only(
    browser: Browser, world: World, elsewhere: str
) -> None:
    await world.db.execute("delete from web_session where org_id = $1", world.org_id)
    response = await browser.http.post("/app/trial/fail", headers={"referer": elsewhere})
    assert response.headers["location"] == "/app/sign-in"


async def test_a_form_of_an_older_session_gives_what_was_typed_back(browser: Browser) -> None:
    headers = {"hx-request": "true", "hx-current-url": "http://crm.example.com/app/trial?q=a"}
    form = {"csrf": csrf_of(new_token()), "how": "rule"}
    response = await browser.http.post("/app/trial/fail", data=form, headers=headers)
    assert response.headers["hx-redirect"] == "/app/trial?q=a"
    assert response.headers["hx-trigger"] == "kept"


async def test_a_toast_says_of_which_kind_it_is_and_may_lead_on(browser: Browser) -> None:
    await browser.send("/app/trial/tell", kind="warn")
    assert '<div class="toast warn"><p>Nothing &lt;was&gt; done.</p>' in browser.text
    await browser.send("/app/trial/tell", kind="good", label="Open <it>", to="/app/trial?q=a")
    assert '<div class="toast good"><p>Nothing &lt;was&gt; done. <a href="/app/trial?q=a"' in browser.text
    assert "Open &lt;it&gt;</a>" in browser.text
    await browser.send("/app/trial/tell", kind="good", label="Open", to="https://evil.example")
    assert "evil" not in browser.text
    for cookie in ("nonsense", "[]", '["a"]', "{}", '["a", "b", "c", "//evil.example"]', '[1, {}, "x", "y"]'):
        browser.http.cookies.set(SAID, quote(cookie), domain="crm.example.com", path="/app")
        assert (await browser.get("/app/trial")).status_code == 200
        assert "evil" not in browser.text


async def test_what_is_not_permitted_or_not_there_leads_on(browser: Browser, seller: Browser) -> None:
    await seller.get("/app/settings/users", referer="http://crm.example.com/app/leads?q=a")
    assert seller.response.status_code == 403
    assert "what you typed" not in seller.text
    assert '<a class="button primary" href="/app/leads?q=a">Back</a>' in seller.text
    await browser.get("/app/leads/01a1fa94-53e6-7436-b94f-b3e3f348a232")
    assert browser.response.status_code == 404
    assert '<a class="button primary" href="/app/leads">Leads</a>' in browser.text
    assert '<a class="button " href="/app">Home</a>' in browser.text
    await browser.get("/app/nothing")
    assert '<a class="button primary" href="/app">Home</a>' in browser.text
    await browser.get("/app")
    await browser.send("/app/trial/fail", how="forbidden")
    assert "what you typed is still there" in browser.text


async def test_pages_past_the_end_are_the_last_one(browser: Browser, world: World) -> None:
    await world.need("lead.1", "lead.2", "lead.3")
    await browser.get("/app/trial?q=&page=9999")
    assert browser.path == "/app/trial?q=&page=2"
    assert "page 2 of 2" in browser.text
    assert '<a class="button small" href="/app/trial?q=">First</a>' in browser.text


async def test_wrong_input_is_refused_without_a_fault(browser: Browser) -> None:
    assert (await browser.http.get("/app/trial?q=%00")).status_code == 404
    assert (await browser.http.get("/app/trial/not-an-id")).status_code == 404
    assert (await browser.http.get("/app/trial?page=-1")).status_code == 200
    assert (await browser.http.get("/app/trial?page=99999999999999999999")).status_code == 303
    assert (await browser.send("/app/trial/fail", how="\0")).status_code == 400
    assert (
        await browser.http.post("/app/trial/fail", headers={"content-length": "99999999999"})
    ).status_code == 413


async def test_static_files_are_kept_for_ever_under_their_tag(browser: Browser) -> None:
    found = await browser.get("/app")
    address = found.text.partition('<script src="')[2].partition('"')[0]
    assert address.startswith("/static/htmx.min.js?")
    file = await browser.http.get(address)
    assert file.headers["content-type"] == "text/javascript; charset=utf-8"
    assert "immutable" in file.headers["cache-control"]
    assert (
        await browser.http.get(address, headers={"if-none-match": file.headers["etag"]})
    ).status_code == 304
    assert (await browser.http.get("/static/../console.py")).status_code == 404


async def test_the_theme_is_remembered(browser: Browser) -> None:
    await browser.send("/app/theme", theme="dark", next="/app/me")
    assert browser.path == "/app/me"
    assert 'data-theme="dark"' in browser.text
    await browser.send("/app/theme", theme="", next="https://evil.example")
    assert browser.path == "/app"
    assert "data-theme" not in browser.text


async def test_a_view_of_a_list_is_kept_and_removed(browser: Browser, seller: Browser) -> None:
    await browser.get("/app/trial?q=a")
    await browser.send("/app/views", name="With <a>", address="/app/trial?q=a", shared="1")
    assert browser.path == "/app/trial?q=a"
    assert "Saved the view" in browser.text
    await browser.send("/app/views", name=" ", address="/app/trial")
    assert browser.response.status_code == 422
