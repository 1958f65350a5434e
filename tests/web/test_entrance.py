"""Who comes in, and who does not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from browsing import PASSWORD, Browser, entitled
from fairlead.web import entrance, passwords, session
from fairlead.web.visit import local
from world import World

Make = Callable[..., Browser]


async def test_the_address_of_the_server_leads_to_the_entrance_and_then_home(
    strange: Make, world: World
) -> None:
    browser = strange(await entitled(world))
    await browser.get("/")
    assert browser.path == "/app/sign-in"
    await browser.sign_in()
    assert browser.path == "/app"
    assert "Leads by stage" in browser.text


async def test_a_page_that_was_asked_for_comes_after_the_sign_in(strange: Make, world: World) -> None:
    browser = strange(await entitled(world))
    await browser.get("/app/me?a=1")
    assert browser.path == "/app/sign-in?next=%2Fapp%2Fme%3Fa%3D1"
    assert 'name="next" value="/app/me?a=1"' in browser.text
    await browser.send("/app/sign-in", email=browser.email, password=PASSWORD, next="/app/me?a=1")
    assert browser.path == "/app/me?a=1"


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "/v2/x",
        "/app/../v2",
        "/app//evil.example",
        "/appx",
        "/app\n//evil.example",
        "http:evil",
        "",
    ],
)
async def test_no_sign_in_leads_to_another_place(strange: Make, world: World, elsewhere: str) -> None:
    assert local(elsewhere) == "/app"
    browser = strange(await entitled(world))
    await browser.sign_in(next=elsewhere)
    assert browser.path == "/app"


async def test_a_wrong_password_and_a_stranger_get_the_same_answer(strange: Make, world: World) -> None:
    known, unknown = strange(await entitled(world)), strange("nobody@example.com")
    for browser in (known, unknown):
        await browser.sign_in("not this password")
        assert browser.response.status_code == 422
        assert entrance.WRONG in browser.text
        assert session.COOKIE not in browser.http.cookies
    assert known.text.replace(known.email, "").replace(known.csrf, "") == unknown.text.replace(
        unknown.email, ""
    ).replace(unknown.csrf, "")


async def test_guessing_becomes_slow(strange: Make, world: World) -> None:
    browser = strange(await entitled(world), client="203.0.113.99")
    statuses = [(await browser.sign_in(f"guess number {n}")).status_code for n in range(7)]
    assert statuses[:5] == [422] * 5
    assert 429 in statuses[5:]
    await browser.sign_in()
    assert browser.response.status_code == 429
    assert "Wait" in browser.text


async def test_every_sign_in_makes_a_session_of_its_own(strange: Make, world: World) -> None:
    browser = strange(await entitled(world))
    browser.http.cookies.set(session.COOKIE, "chosen-by-somebody-else-0123456789-0123456789", path="/app")
    await browser.sign_in()
    first = _token(browser)
    assert first != "chosen-by-somebody-else-0123456789-0123456789"
    again = strange(browser.email)
    again.http.cookies.set(session.COOKIE, first, path="/app")
    await again.send("/app/sign-in", email=browser.email, password=PASSWORD, csrf=session.csrf_of(first))
    assert _token(again) != first
    await browser.get("/app")
    assert browser.path == "/app/sign-in", "the session that the browser had is over"


def _token(browser: Browser) -> str:
    tokens = [cookie.value for cookie in browser.http.cookies.jar if cookie.name == session.COOKIE]
    assert tokens[-1]
    return str(tokens[-1])


async def test_only_the_digest_of_a_token_is_stored(browser: Browser, world: World) -> None:
    stored = [row["digest"] for row in await world.rows("web_session")]
    assert stored == [session.digest_of(_token(browser))]


@pytest.mark.parametrize(("headers", "secure"), [({}, False), ({"x-forwarded-proto": "https"}, True)])
async def test_the_cookie_is_kept_from_scripts_and_other_sites(
    strange: Make, world: World, headers: dict[str, str], secure: bool
) -> None:
    browser = strange(await entitled(world))
    await browser.get("/app/sign-in")
    fields = {"csrf": browser.csrf, "email": browser.email, "password": PASSWORD}
    response = await browser.http.post("/app/sign-in", data=fields, headers=headers)
    cookies = response.headers.get_list("set-cookie")
    [cookie] = [one for one in cookies if one.startswith(session.COOKIE)]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert ("Secure" in cookie) is secure


async def test_signing_out_ends_the_session(browser: Browser, strange: Make, world: World) -> None:
    token = _token(browser)
    await browser.send("/app/sign-out")
    assert browser.path == "/app/sign-in"
    thief = strange()
    thief.http.cookies.set(session.COOKIE, token, path="/app")
    await thief.get("/app")
    assert thief.path == "/app/sign-in"


async def test_signing_out_everywhere_ends_all_sessions(
    browser: Browser, strange: Make, world: World
) -> None:
    other = strange(browser.email)
    await other.sign_in()
    await browser.get("/app/me")
    assert browser.text.count("since ") == 2
    await browser.send("/app/sign-out", everywhere="1")
    await other.get("/app/me")
    assert other.path.startswith("/app/sign-in")
    assert await world.count("web_session") == 0


async def test_a_user_who_is_switched_off_is_out_at_once(browser: Browser, world: World) -> None:
    await world.db.execute(
        "update app_user set active = false where org_id = $1 and email = $2", world.org_id, browser.email
    )
    await world.definitions_changed()
    await browser.get("/app")
    assert browser.path == "/app/sign-in"
    await browser.sign_in()
    assert browser.response.status_code == 422


async def test_a_session_ends_by_itself(browser: Browser, world: World) -> None:
    await world.db.execute("update web_session set expires_on = now() where org_id = $1", world.org_id)
    await browser.get("/app")
    assert browser.path == "/app/sign-in"


async def test_a_new_password_ends_the_other_sessions(browser: Browser, strange: Make) -> None:
    other = strange(browser.email)
    await other.sign_in()
    await browser.get("/app/me")
    await browser.send("/app/me", old="wrong one", new="another four words")
    assert "not right" in browser.text
    await browser.send("/app/me", old=PASSWORD, new="short")
    assert "at least" in browser.text
    await browser.send("/app/me", old=PASSWORD, new="another four words")
    assert "Your password is changed" in browser.text
    await other.get("/app/me")
    assert other.path.startswith("/app/sign-in")
    await other.sign_in("another four words")
    assert other.path == "/app"


async def test_an_address_signs_in_to_one_organisation(strange: Make, world: World, worlds: object) -> None:
    email = await entitled(world)
    user_id = world.defs.user(email)
    assert user_id
    other = await worlds.copy()  # type: ignore[attr-defined]
    with pytest.raises(passwords.Duplicate):
        await passwords.store(
            world.db, other.org_id, other.user_id, email.upper(), PASSWORD, now=datetime.now(UTC)
        )


async def test_the_first_run_is_for_this_machine_and_over_once_there_is_a_password(
    strange: Make, world: World
) -> None:
    await entitled(world)
    for browser in (strange(), strange(client="127.0.0.1", host="localhost")):
        await browser.get("/app/first-run")
        assert browser.path == "/app/sign-in"


@pytest.mark.parametrize(
    ("client", "host", "headers", "here"),
    [
        ("127.0.0.1", "localhost:8080", {}, True),
        ("::1", "[::1]:8080", {}, True),
        ("203.0.113.7", "localhost", {}, False),
        ("127.0.0.1", "crm.example.com", {}, False),
        ("127.0.0.1", "localhost", {"x-forwarded-for": "203.0.113.7"}, False),
        ("127.0.0.1", "localhost", {"forwarded": "for=203.0.113.7"}, False),
        ("127.0.0.1", "127.0.0.1:8080", {"origin": "https://crm.example.com"}, False),
        ("127.0.0.1", "127.0.0.1:8080", {"origin": "http://127.0.0.1:8080"}, True),
    ],
)
def test_this_machine_is_told_from_others(
    client: str, host: str, headers: dict[str, str], here: bool
) -> None:
    from starlette.requests import Request

    from fairlead.web.visit import Guest

    raw = [(name.encode(), value.encode()) for name, value in ({"host": host} | headers).items()]
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/app",
        "query_string": b"",
        "headers": raw,
        "client": (client, 1),
        "server": ("127.0.0.1", 8080),
        "scheme": "http",
        "http_version": "1.1",
    }
    assert entrance.is_here(Guest(None, Request(scope), None, "")) is here  # type: ignore[arg-type]
