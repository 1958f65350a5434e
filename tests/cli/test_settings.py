"""`fairlead org settings`, `set` and `rename`: what an organisation chooses for itself."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import asyncpg
import pytest
from click.testing import CliRunner, Result

from fairlead.cli import main
from fairlead.orgs import definitions
from fairlead.orgs.settings import SETTINGS, read, written


@pytest.fixture
def url(migrated_database: Callable[[], str]) -> str:
    """A database with one organisation."""
    made = migrated_database()
    CliRunner().invoke(main, ["org", "create", "Acme"], env={"FAIRLEAD_DATABASE_URL": made})
    return made


@pytest.fixture
def run(url: str) -> Callable[..., Result]:
    """Runs a command on that database."""
    return lambda *arguments: CliRunner().invoke(main, arguments, env={"FAIRLEAD_DATABASE_URL": url})


def stored(url: str) -> definitions.Definitions:
    async def asked() -> Any:
        db = await asyncpg.connect(url)
        try:
            return await definitions.read(db, 1)
        finally:
            await db.close()

    return asyncio.run(asked())


def test_the_settings_are_listed_with_what_they_do(run: Callable[..., Result]) -> None:
    rows = json.loads(run("org", "settings", "--json").output)
    assert [row["setting"] for row in rows] == list(SETTINGS)
    assert rows[0] == {"org": 1, "setting": "region", "value": "IN"}
    assert {row["value"] for row in rows} >= {"server", "own", "on", ""}
    listed = run("org", "settings").output.splitlines()
    assert len(listed) == len(rows)
    assert all(some.about in line for some, line in zip(SETTINGS.values(), listed, strict=True))


@pytest.mark.parametrize(
    ("name", "given", "kept", "said"),
    [
        ("region", "de", "DE", "DE"),
        ("time_zone", "Europe/Kiev", "Europe/Kyiv", "Europe/Kyiv"),
        ("time_zone", "UTC", "UTC", "UTC"),
        ("currency_symbol", "€", "€", "€"),
        ("sales_user_records", "all", "all", "all"),
        ("lead_delete", "No", False, "off"),
        ("convert_to_customer", "0", False, "off"),
        ("customer_stage", "Interested", "Interested", "Interested"),
        ("rate_limit", "7/2s", "7/2s", "7/2s"),
        ("rate_limit", "off", "off", "off"),
        ("rate_limit", "server", None, "server"),
    ],
)
def test_a_setting_is_changed(
    run: Callable[..., Result], url: str, name: str, given: str, kept: object, said: str
) -> None:
    before = stored(url)
    assert run("org", "set", name, given).output == f"{name} is {said} now.\n"
    after = stored(url)
    assert after.setting(name) == kept
    assert after.version > before.version
    assert read(after, name, written(name, kept)) == kept


@pytest.mark.parametrize(
    ("name", "given", "reason"),
    [
        ("colour", "red", "There is no such setting, but: region, time_zone"),
        ("region", "XX", "«XX» is the code of no country"),
        ("time_zone", "Mars/Base", "«Mars/Base» is no time zone"),
        ("currency_symbol", "", "Enter 1 to 10 characters."),
        ("sales_user_records", "some", "«some» is none of: own, all."),
        ("lead_delete", "perhaps", "neither on nor off"),
        ("customer_stage", "Nope", "Leads have no stage «Nope», but: Prospect, "),
        ("rate_limit", "many", "write it as 25/5s, or off"),
        ("groups", "x" * 101, "at most 100 characters"),
    ],
)
def test_a_wrong_value_is_refused_by_name_and_reason(
    run: Callable[..., Result], url: str, name: str, given: str, reason: str
) -> None:
    refused = run("org", "set", name, given)
    assert refused.exit_code == 2
    assert f"Error: {name}: " in refused.output
    assert reason in refused.output
    assert stored(url).org.settings == {}


def test_a_group_whose_name_stays_keeps_its_users(run: Callable[..., Result], url: str) -> None:
    assert run("org", "set", "groups", "Sales, Support, sales").output == "groups is Sales, Support now.\n"
    before = stored(url).setting("groups")
    run("org", "set", "groups", "Service, sales")
    after = stored(url).setting("groups")
    assert sorted(after.values()) == ["Service", "sales"]
    assert {id for id, name in after.items() if name == "sales"} == {
        id for id, name in before.items() if name == "Sales"
    }


def test_an_organisation_gets_another_name(run: Callable[..., Result], url: str) -> None:
    assert run("org", "rename", " Acme India ").output == "Organisation 1 is Acme India now.\n"
    assert stored(url).org.name == "Acme India"
    assert run("org", "rename", " ").exit_code == 2


def test_the_calling_code_follows_from_the_country() -> None:
    from fairlead.orgs.places import calling_code, countries, currency_of, zones

    assert (calling_code("IN"), calling_code("US"), calling_code("DE")) == ("91", "1", "49")
    assert all(calling_code(code).isdigit() for code in countries())
    assert set(zones().values()) - {""} <= set(countries()) | {"AQ", "GS", "PN", "TF", "UM"}
    assert (currency_of("IN").symbol, currency_of("AQ").code) == ("₹", "USD")
