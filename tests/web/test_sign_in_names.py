"""The name with which somebody signs in follows their e-mail address."""

from __future__ import annotations

from collections.abc import Callable

from browsing import Browser, entitled
from world import Client, Envelope, World, Worlds

UPDATE = "/v2/UserManagement.svc/User/Update"
Make = Callable[..., Browser]


async def names(world: World) -> list[str]:
    """The sign-in names of an organisation."""
    statement = "select value from directory where org_id = $1 and kind = 'sign_in' order by value"
    return [row["value"] for row in await world.db.fetch(statement, world.org_id)]


async def test_a_new_address_signs_in_and_the_old_one_no_more(
    strange: Make, world: World, client: Client
) -> None:
    old = await entitled(world)
    user = world.defs.user(old)
    assert user
    await client.post(UPDATE, {"UserId": user.id, "EmailAddress": "New.Name@example.com"})
    assert await names(world) == ["new.name@example.com"]
    for address, there in ((old, "/app/sign-in"), ("new.name@example.com", "/app")):
        browser = strange(address)
        await browser.sign_in()
        assert browser.path == there, address


async def test_another_spelling_of_the_address_is_the_same_name(
    strange: Make, world: World, client: Client
) -> None:
    old = await entitled(world)
    user = world.defs.user(old)
    assert user
    await client.post(UPDATE, {"UserId": user.id, "EmailAddress": old.upper()})
    browser = strange(old)
    await browser.sign_in()
    assert browser.path == "/app"


async def test_who_does_not_sign_in_gets_no_name(world: World, client: Client) -> None:
    await client.post(UPDATE, {"UserId": world.user_id, "EmailAddress": "quiet@example.com"})
    assert await names(world) == []


async def test_the_sign_in_name_of_another_organisation_is_taken(
    worlds: Worlds, world: World, client: Client
) -> None:
    theirs = await entitled(await worlds.copy())
    ours = await entitled(world)
    user = world.defs.user(ours)
    assert user
    taken = Envelope(500, "MXDuplicateEntryException", "A User with same Email already exists.")
    change = {"UserId": user.id, "EmailAddress": theirs, "FirstName": "Changed"}
    before = await world.rows("app_user")
    assert await client.refused(UPDATE, change) == taken
    assert await world.rows("app_user") == before
    assert await names(world) == [ours]
