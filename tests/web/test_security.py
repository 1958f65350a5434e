"""What holds for every screen and every action, taken from the registry: who may come in, whose forms count, where redirects
lead, and that what people write stays text wherever it is shown.

Forms and sessions one by one: `test_console`, `test_entrance`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import msgspec
import pytest

import crawling
from browsing import PASSWORD, Browser, entitled
from fairlead.web import session
from world import World
from world.serving import Log

Make = Callable[..., Browser]

NASTY = """javascript:alert(1)//'"><img src=x onerror=alert(1)><script>alert("x")</script>"""
_RUNS = re.compile(
    r"""<img src=x|<script>alert|(?:href|src|action|formaction|hx-\w+)=["']?\s*javascript:""", re.IGNORECASE
)
"""What a page would hold if the text above were anything but text in it."""

PAGES = crawling.screens("GET")
ACTIONS = crawling.screens("POST")
ROWS = (
    "lead",
    "activity",
    "account",
    "product",
    "app_user",
    "api_key",
    "web_session",
    "saved_view",
    "task",
    "note",
    "list",
    "list_member",
)
"""Tables that no page changes."""


# who may come in -----------------------------------------------------------------------------------------


async def test_strangers_come_to_the_entrance(strange: Make) -> None:
    http = strange().http
    for screen in (*PAGES, *ACTIONS):
        if screen.public:
            continue
        address = crawling.filled(screen.path)
        response = await (
            http.get(address) if screen.verb == "GET" else http.post(address, data={"csrf": "x"})
        )
        assert response.status_code == 303, (screen.verb, screen.path)
        assert response.headers["location"].startswith("/app/sign-in"), (screen.verb, screen.path)


async def test_screens_for_administrators_are_for_them_alone(seller: Browser) -> None:
    for screen in PAGES:
        if screen.admin:
            response = await seller.http.get(crawling.filled(screen.path))
            assert response.status_code == 403, screen.path
    for screen in ACTIONS:
        if screen.admin:
            response = await seller.http.post(crawling.filled(screen.path), data={"csrf": seller.csrf})
            assert response.status_code == 403, screen.path


async def test_settings_are_changed_by_administrators_alone() -> None:
    for screen in ACTIONS:
        if screen.path.startswith("/app/settings/"):
            assert screen.admin, screen.path


async def test_what_is_not_there_is_not_found(browser: Browser) -> None:
    for screen in PAGES:
        if "{id:uuid}" in screen.path:
            response = await browser.http.get(crawling.filled(screen.path))
            assert response.status_code == 404, screen.path


# whose forms count ---------------------------------------------------------------------------------------


async def test_no_action_without_the_token_of_a_form(browser: Browser, world: World) -> None:
    before = [await world.rows(table) for table in ROWS]
    cross = {"sec-fetch-site": "cross-site"}
    plain = {"content-type": "text/plain"}
    tries: list[dict[str, Any]] = [
        {"data": {}},
        {"data": {"csrf": session.csrf_of(session.new_token())}},
        {"data": {"csrf": browser.csrf}, "headers": cross},
        {"content": f"csrf={browser.csrf}", "headers": plain},
        {"json": {"csrf": browser.csrf}},
    ]
    for screen in ACTIONS:
        for sent in tries:
            response = await browser.http.post(crawling.filled(screen.path), **sent)
            assert response.status_code == 403, (screen.path, sent)
            assert "nothing was done" in response.text, (screen.path, sent)
    assert [await world.rows(table) for table in ROWS] == before


async def test_no_page_changes_anything(browser: Browser, world: World) -> None:
    await world.need("lead.1", "activity.1", "opp.1", "sales.1", "company.1", "task.1", "note.1", "list.1")
    before = [await world.rows(table) for table in ROWS]
    for route, address in (await _addresses(browser)).items():
        await browser.http.get(address)
        assert [await world.rows(table) for table in ROWS] == before, route


# sessions ------------------------------------------------------------------------------------------------


def _token(browser: Browser) -> str:
    [*_, token] = [cookie.value for cookie in browser.http.cookies.jar if cookie.name == session.COOKIE]
    assert token
    return token


async def test_a_session_is_new_with_every_sign_in_and_the_old_one_is_dead(
    strange: Make, world: World
) -> None:
    browser = strange(await entitled(world))
    browser.http.cookies.set(session.COOKIE, "planted-by-somebody-else-0123456789-012345", path="/app")
    await browser.sign_in()
    first = _token(browser)
    assert first != "planted-by-somebody-else-0123456789-012345"
    fields = {"csrf": session.csrf_of(first), "email": browser.email, "password": PASSWORD}
    response = await browser.http.post("/app/sign-in", data=fields)
    assert response.status_code == 303
    second = _token(browser)
    assert second != first
    for token, path in ((first, "/app/sign-in"), (second, "/app")):
        other = strange()
        other.http.cookies.set(session.COOKIE, token, path="/app")
        await other.get("/app")
        assert other.path == path


async def test_a_session_is_dead_after_signing_out(browser: Browser, strange: Make) -> None:
    token = _token(browser)
    await browser.send("/app/sign-out")
    again = strange()
    again.http.cookies.set(session.COOKIE, token, path="/app")
    await again.get("/app")
    assert again.path == "/app/sign-in"


# where redirects lead ------------------------------------------------------------------------------------

ELSEWHERE = ("https://evil.example/", "//evil.example/", "/app\r\nset-cookie: a=b")
"""The others that `visit.local` refuses are in `test_entrance`."""


@pytest.mark.parametrize("elsewhere", ELSEWHERE)
async def test_every_place_that_takes_an_address_stays_inside(
    browser: Browser, strange: Make, elsewhere: str
) -> None:
    names = ("next", "address", "to", "back", "return", "url", "redirect")
    for screen in ACTIONS:
        if screen.path.endswith(("/sign-out", "/first-run")):
            continue
        for headers in ({}, {"hx-request": "true"}):
            fields = {"csrf": browser.csrf} | dict.fromkeys(names, elsewhere)
            response = await browser.http.post(crawling.filled(screen.path), data=fields, headers=headers)
            _stays(response, screen.path)
    for screen in PAGES:
        query = "&".join(f"{name}={quote(elsewhere)}" for name in names)
        response = await browser.http.get(f"{crawling.filled(screen.path)}?{query}")
        _stays(response, screen.path)
    stranger = strange()
    _stays(await stranger.http.get(f"/app/leads?next={quote(elsewhere)}"), "the entrance")


def _stays(response: Any, where: str) -> None:
    for name in ("location", "hx-redirect", "hx-location", "hx-push-url", "hx-replace-url"):
        to = response.headers.get(name, "")
        assert to in ("", "false") or re.match(r"/app(?![^/?#])(?!.*//)", to.partition("?")[0]), (
            where,
            name,
            to,
        )
    assert "a=b" not in str(response.headers.get_list("set-cookie"))


# files ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "../visit.py",
        "..%2fvisit.py",
        "%2e%2e/visit.py",
        "..%5cvisit.py",
        "....//visit.py",
        "/etc/passwd",
        "%2fetc%2fpasswd",
        "templates/ui.html",
        "console.css%00.js",
        "console.css/",
        "",
    ],
)
async def test_only_static_files_are_sent(browser: Browser, path: str) -> None:
    response = await browser.http.get(f"/static/{path}")
    assert response.status_code == 404
    assert "def " not in response.text
    assert "root:" not in response.text


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [("gzip, deflate, br", "gzip"), ("br;q=1, gzip;q=0.5", "gzip"), ("gzip;q=0", ""), ("br", ""), ("", "")],
)
async def test_a_file_is_compressed_where_that_is_taken(
    browser: Browser, accepted: str, encoding: str
) -> None:
    response = await browser.http.get("/static/console.css", headers={"accept-encoding": accepted})
    assert response.headers.get("content-encoding", "") == encoding
    assert response.text.startswith("/* Tokens first")
    assert "Accept-Encoding" in response.headers["vary"]
    page = await browser.http.get("/app", headers={"accept-encoding": accepted})
    assert "content-encoding" not in page.headers, "a page with a token has a length that tells nothing"


# what people write stays text ----------------------------------------------------------------------------

_TECHNICAL = frozenset(
    [
        "access_key",
        "blank",
        "delimiter",
        "digest",
        "email",
        "encoding",
        "field",
        "fingerprint",
        "hash",
        "key",
        "kind",
        "mode",
        "notify",
        "operation",
        "query",
        "record",
        "reminder_time",
        "role",
        "screen",
        "search_by",
        "state",
        "value",
    ]
)
"""Columns of text that people do not write freely: the program chooses their values."""
_TYPES = frozenset(("record_type", "field", "counter", "directory", "api_key", "async_key", "web_password"))
"""Tables whose names are addresses and keys; of the first two, what is shown is poisoned."""


async def _poison(world: World) -> None:
    """Write something nasty into every text of the organisation that people write."""
    columns = await world.db.fetch(
        """select c.table_name, c.column_name, c.data_type from information_schema.columns c
        where c.table_schema = 'public' and c.is_generated = 'NEVER' and c.data_type in ('text', 'jsonb', 'json') and exists (
            select from information_schema.columns o where o.table_name = c.table_name and o.column_name = 'org_id')"""
    )
    for table, column, kind in columns:
        if kind == "text" and table not in _TYPES and column not in _TECHNICAL:
            await world.db.execute(
                f"""update {table} set {column} = $2 || left(gen_random_uuid()::text, 8)
                where org_id = $1 and {column} <> ''""",
                world.org_id,
                NASTY,
            )
        elif kind != "text" and (
            column in ("fields", "changes") or (table in _TYPES and column == "definition")
        ):
            await _poison_documents(world, table, column, kind)
    await world.db.execute("update record_type set display_name = $2 where org_id = $1", world.org_id, NASTY)
    await world.definitions_changed()


async def _poison_documents(world: World, table: str, column: str, kind: str) -> None:
    rows = await world.db.fetch(
        f"select ctid::text, {column}::text as doc from {table} where org_id = $1", world.org_id
    )
    for row in rows:
        doc = msgspec.json.decode(row["doc"])
        changed = _named(doc) if column == "definition" else _written(doc)
        await world.db.execute(
            f"update {table} set {column} = $3::text::{kind} where org_id = $1 and ctid = $2::text::tid",
            world.org_id, row["ctid"], msgspec.json.encode(changed).decode(),
        )  # fmt: skip


def _written(value: Any) -> Any:
    """Values of a record: texts that are no ids and no times."""
    if isinstance(value, dict):
        return {name: _written(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_written(inner) for inner in value]
    is_text = isinstance(value, str) and not re.match(r"[0-9a-f]{8}-|\d{4}-\d\d-\d\d", value)
    return NASTY if is_text and value else value


def _named(value: Any, name: str = "") -> Any:
    """What a definition calls things, and its texts for people."""
    if isinstance(value, dict):
        return {key: _named(inner, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [_named(inner, name) for inner in value]
    return (
        NASTY
        if isinstance(value, str) and name in ("display_name", "description", "text", "help_text")
        else value
    )


async def _addresses(browser: Browser) -> dict[str, str]:
    async def fetch(address: str) -> str:
        response = await browser.http.get(address, follow_redirects=True)
        return response.text if response.status_code == 200 else ""

    return await crawling.addresses(fetch)


async def test_what_is_stored_is_text_on_every_page(browser: Browser, world: World, log: Log) -> None:
    await world.need(
        "lead.1",
        "visitor.1",
        "activity.1",
        "opp.1",
        "sales.1",
        "company.1",
        "companyactivity.1",
        "product.2",
        "task.1",
        "note.1",
        "list.1",
    )
    before = await _addresses(browser)
    await _poison(world)
    shown = 0
    for route, address in ({route: route for route in before} | before).items():
        if "{" in address:
            continue
        for htmx in ({}, {"hx-request": "true"}):
            text = (await browser.http.get(address, headers=htmx, follow_redirects=True)).text
            assert not _RUNS.search(text), (route, _around(text))
            shown += "&lt;img src=x" in text
    assert shown > 20, "the nasty texts are on the pages, as text"


def _around(text: str) -> str:
    found = _RUNS.search(text)
    return text[max(0, found.start() - 200) : found.end() + 50] if found else ""


_NAMES = re.compile(r'<(?:input|select|textarea|button)[^>]* name="([^"]+)"')


async def test_what_is_sent_is_text_on_every_page(browser: Browser, world: World, log: Log) -> None:
    await world.need("lead.1", "activity.1", "opp.1", "sales.1", "company.1", "task.1", "note.1", "list.1")
    addresses = await _addresses(browser)
    names = {"q", "page", "sort", "show", "before", "edit", "next", "type", "view"}
    for address in addresses.values():
        text = (await browser.http.get(address, follow_redirects=True)).text
        names |= {name for name in _NAMES.findall(text) if "~" not in name and not name.startswith("mx_")}
    sent = "&".join(f"{name}={quote(NASTY)}" for name in sorted(names) if name != "csrf")
    for route, address in addresses.items():
        response = await browser.http.get(f"{address.partition('?')[0]}?{sent}", follow_redirects=True)
        assert not _RUNS.search(response.text), (route, _around(response.text))
    for screen in ACTIONS:
        if screen.path.endswith(("/sign-out", "/first-run")) or "/sign-in" in screen.path:
            continue
        address = addresses.get(screen.path, crawling.filled(screen.path)).partition("?")[0]
        fields = dict.fromkeys(names, NASTY) | {"csrf": browser.csrf}
        for htmx in ({}, {"hx-request": "true"}):
            response = await browser.http.post(address, data=fields, headers=htmx, follow_redirects=True)
            assert response.status_code < 500, (screen.path, response.text[-600:])
            assert not _RUNS.search(response.text), (screen.path, _around(response.text))
