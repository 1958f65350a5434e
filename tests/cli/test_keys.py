"""`fairlead org`, `user` and `key`: what an operator does before the first call."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result

from fairlead.cli import main


@pytest.fixture
def run(migrated_database: Callable[[], str]) -> Callable[..., Result]:
    """Runs a command on a database of the test's own, with the tables."""
    environment = {"FAIRLEAD_DATABASE_URL": migrated_database()}

    def run(*arguments: str, **more: str) -> Result:
        return CliRunner().invoke(main, arguments, env=environment | more)

    return run


def test_the_way_to_a_key(run: Callable[..., Result]) -> None:
    assert run("org", "create", "Acme").output == "Made organisation 1, Acme.\n"
    assert run("user", "create", "ada@example.com").exit_code == 0
    made = json.loads(run("key", "create", "ada@example.com", "--json").output)
    assert list(made) == ["org", "user", "accessKey", "secretKey"]
    assert len(made["secretKey"]) == 40
    [listed] = json.loads(run("key", "list", "--json").output)
    assert listed.pop("created")
    assert listed == {
        "org": 1,
        "user": "ada@example.com",
        "accessKey": made["accessKey"],
        "name": "",
        "enabled": True,
        "used": None,
    }
    assert made["secretKey"] not in run("key", "list").output


def test_a_given_pair_is_registered_and_a_short_secret_warned_of(run: Callable[..., Result]) -> None:
    run("org", "create", "Acme")
    run("user", "create", "ada@example.com")
    made = run("key", "create", "ada@example.com", "--access-key", "mine", FAIRLEAD_SECRET="short")
    assert made.stdout.splitlines()[:2] == ["accessKey  mine", "secretKey  short"]
    assert made.stderr == "Warning: a secret of less than 20 characters can be guessed.\n"
    again = run("key", "create", "ada@example.com", "--access-key", "mine")
    assert (again.exit_code, again.output.startswith("Error: ")) == (1, True)


def test_a_key_has_a_name(run: Callable[..., Result]) -> None:
    run("org", "create", "Acme")
    run("user", "create", "ada@example.com")
    run("key", "create", "ada@example.com", "--name", " Zapier ")
    assert json.loads(run("key", "list", "--json").output)[0]["name"] == "Zapier"
    assert run("key", "list").output.endswith("never used        ada@example.com  Zapier\n")
    run("async-key", "create", "--name", "Import")
    [listed] = json.loads(run("async-key", "list", "--json").output)
    assert (listed["name"], listed["used"], listed["enabled"]) == ("Import", None, True)
    assert run("async-key", "list").output.endswith("never used        Import\n")


def test_keys_are_disabled_and_enabled(run: Callable[..., Result]) -> None:
    run("org", "create", "Acme")
    run("user", "create", "ada@example.com")
    run("key", "create", "ada@example.com", "--access-key", "mine")
    assert run("key", "disable", "mine").output == "Disabled mine.\n"
    assert "disabled" in run("key", "list").output
    assert run("key", "enable", "mine").output == "Enabled mine.\n"
    assert run("key", "disable", "another").output == "Error: There is no access key another.\n"


def test_with_several_organisations_one_is_named(run: Callable[..., Result]) -> None:
    assert "make one with" in run("user", "create", "ada@example.com").output
    run("org", "create", "Acme")
    run("org", "create", "Zeta")
    assert json.loads(run("org", "list", "--json").output) == [
        {"org": 1, "name": "Acme"},
        {"org": 2, "name": "Zeta"},
    ]
    unsaid = run("user", "create", "ada@example.com")
    assert (unsaid.exit_code, "1 (Acme), 2 (Zeta)" in unsaid.output) == (2, True)
    assert run("user", "create", "ada@example.com", "--org", "2").exit_code == 0
    assert "no organisation 3" in run("user", "create", "ada@example.com", "--org", "3").output
    assert "has no user" in run("key", "create", "ada@example.com", "--org", "1").output


def test_a_user_is_checked(run: Callable[..., Result]) -> None:
    run("org", "create", "Acme")
    assert run("user", "create", "nobody").exit_code == 1
    assert run("user", "create", "ada@example.com", "--role", "Pilot").exit_code == 2
    assert run("org", "create", " ").exit_code == 2


def test_every_option_has_a_twin_in_the_environment() -> None:
    help_of_serve = CliRunner().invoke(main, ["serve", "--help"], terminal_width=200).output
    options = [line for line in help_of_serve.splitlines() if line.lstrip().startswith("--")]
    assert len(options) > 10
    for name in ("DATA", "DATABASE_URL", "RATE_LIMIT", "BULK_RATE_LIMIT", "DEMO_ON_NETWORK", "LOG_FORMAT"):
        assert f"FAIRLEAD_{name}" in help_of_serve
