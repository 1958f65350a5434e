"""A server of one's own, from nothing: the first administrator by the browser or by the command."""

from __future__ import annotations

import subprocess
from pathlib import Path

import httpx

from browsing import PASSWORD, Browser
from command import PROGRAM, fairlead, refused, serving


async def test_the_first_administrator_is_made_in_the_browser(reachable: Path) -> None:
    place = reachable / "first-run"
    place.mkdir()
    with serving(place, "--data", place / "data") as server:
        async with httpx.AsyncClient(base_url=server.address) as http:
            browser = Browser(http, "asha@example.com")
            await browser.get("/")
            assert browser.path == "/app/first-run"
            person = {"first_name": "Asha", "last_name": "Rao", "email": browser.email}
            await browser.send("/app/first-run", org="", organisation="Acme", password="short", **person)
            assert "at least" in browser.text
            assert 'value="Acme"' in browser.text
            for weak in ("1234567890", "Password123!"):
                await browser.send("/app/first-run", org="", organisation="Acme", password=weak, **person)
                assert "among the first that somebody would try" in browser.text
            place_of = {"region": "FR", "time_zone": "Mars/Base"}
            await browser.send(
                "/app/first-run", org="", organisation="Acme", password=PASSWORD, **person, **place_of
            )
            assert "no time zone" in browser.text
            assert '<option value="FR" selected>' in browser.text
            place_of["time_zone"] = "Europe/Paris"
            await browser.send(
                "/app/first-run", org="", organisation="Acme", password=PASSWORD, **person, **place_of
            )
            assert browser.path == "/app"
            assert "Acme" in browser.text
            await browser.get("/app/settings/organisation")
            for chosen in ('value="FR" selected', "selected>Europe/Paris", 'value="EUR" selected'):
                assert chosen in browser.text
            await browser.get("/app/first-run")
            assert browser.path == "/app"
        async with httpx.AsyncClient(base_url=server.address) as http:
            again = Browser(http, browser.email)
            await again.get("/app/first-run")
            assert again.path == "/app/sign-in", "the first run is over"
            await again.sign_in()
            assert again.path == "/app"


def test_the_command_gives_passwords(reachable: Path) -> None:
    place = reachable / "passwords"
    where = ("--data", place)
    fairlead("org", "create", "Acme", *where)
    made = _typed("user", "create", "asha@example.com", "--password", *where, typed=PASSWORD)
    assert made.returncode == 0, made.stderr
    changed = _typed("user", "password", "asha@example.com", *where, typed="another four words")
    assert changed.stdout == "asha@example.com can sign in with the new password.\n"
    weak = _typed("user", "password", "asha@example.com", *where, typed="short")
    assert "at least" in refused(weak)
    unknown = _typed("user", "password", "nobody@example.com", *where, typed=PASSWORD)
    assert "no user nobody@example.com" in refused(unknown)


def _typed(*arguments: object, typed: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [PROGRAM, *map(str, arguments)],
        input=f"{typed}\n",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
