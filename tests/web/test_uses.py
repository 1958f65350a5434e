"""When keys and sessions were used last, and that one session of several is ended."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta

import pytest

from browsing import Browser
from fairlead.db.pool import Pool
from fairlead.orgs import definitions
from fairlead.orgs.definitions import Cache
from fairlead.orgs.uses import ASYNC_KEY, KEY, SESSION, Uses
from fairlead.wire.door import Door
from world import World

NOW = datetime.now(UTC).replace(microsecond=0)


async def used_on(world: World, kind: str, name: str) -> datetime | None:
    statement = "select used_on from last_use where org_id = $1 and kind = $2 and name = $3"
    found: datetime | None = await world.db.fetchval(statement, world.org_id, kind, name)
    return found


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    made = await Pool.open(database_url, size=2)
    yield made
    await made.close()


async def test_a_call_notes_its_key_and_writes_nothing(pool: Pool, world: World) -> None:
    cache = Cache()
    key = (await definitions.read(world.db, world.org_id)).keys[world.access_key]
    headers = {b"x-lsq-accesskey": world.access_key.encode(), b"x-lsq-secretkey": world.secret.encode()}
    for _ in range(3):
        await Door(pool, cache).open({}, headers)
    assert await used_on(world, KEY, key.id) is None
    await cache.uses.store(pool, now=NOW)
    assert await used_on(world, KEY, key.id) == NOW
    await cache.uses.store(pool, now=NOW + timedelta(hours=1))
    assert await used_on(world, KEY, key.id) == NOW, "nothing was used since"


async def test_the_latest_use_of_all_processes_counts(pool: Pool, world: World) -> None:
    one, other = Uses(), Uses()
    for uses in (one, other):
        uses.note(ASYNC_KEY, world.org_id, "some")
        uses.note(ASYNC_KEY, 0, "of no organisation")
    await one.store(pool, now=NOW)
    await other.store(pool, now=NOW - timedelta(minutes=1))
    assert await used_on(world, ASYNC_KEY, "some") == NOW


async def test_keys_show_their_name_and_last_use(browser: Browser, world: World, pool: Pool) -> None:
    await browser.get("/app/settings/api/keys/new")
    await browser.send("/app/settings/api/keys/new", name=" ", user=world.user_id)
    assert "Enter 1 to 100 characters." in browser.text
    await browser.send("/app/settings/api/keys/new", name="<Zapier>", user=world.user_id)
    assert 'data-copy="secret-key"' in browser.text
    await browser.get("/app/settings/api")
    assert "&lt;Zapier&gt;" in browser.text
    keys = (await definitions.read(world.db, world.org_id)).keys
    assert browser.text.count("Never") == len(keys)
    uses = Uses()
    uses.note(KEY, world.org_id, keys[world.access_key].id)
    await uses.store(pool, now=datetime.now(UTC) - timedelta(minutes=10))
    await browser.get("/app/settings/api")
    assert "10 min ago" in browser.text
    assert browser.text.count("Never") == len(keys) - 1


async def test_one_session_of_several_is_ended(
    browser: Browser, strange: Callable[..., Browser], seller: Browser, pool: Pool, world: World
) -> None:
    other = strange(browser.email)
    await other.sign_in()
    await browser.get("/app/me")
    digest = browser.text.split('name="session" value="')[1].split('"')[0]
    uses = Uses()
    uses.note(SESSION, world.org_id, digest)
    await uses.store(pool, now=datetime.now(UTC) - timedelta(minutes=20))
    await browser.get("/app/me")
    assert browser.text.count("last used 20 min ago") == 1
    theirs = await seller.get("/app/me")
    assert digest not in theirs.text
    await seller.send("/app/me/sessions/end", session=digest)
    assert "over already" in seller.text
    assert (await other.get("/app")).url.path == "/app"
    await browser.send("/app/me/sessions/end", session=digest)
    assert "That session is ended." in browser.text
    assert (await other.get("/app")).url.path == "/app/sign-in"
    assert 'name="session"' not in browser.text
    await browser.send("/app/me/sessions/end", session=digest)
    assert "over already" in browser.text
    assert (await browser.get("/app")).url.path == "/app"
