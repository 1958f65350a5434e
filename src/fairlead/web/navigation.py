"""The navigation: every entry that may be there, in its order. One is shown when a screen answers at its address."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple


class Entry(NamedTuple):
    """`key` is the `nav` of the screens it stands for; `keys` typed after `g` go there; `admin`: for administrators."""

    key: str
    label: str
    address: str
    icon: str
    keys: str = ""
    admin: bool = False


GROUPS: tuple[tuple[str, tuple[Entry, ...]], ...] = (
    (
        "Work",
        (
            Entry("home", "Home", "/app", "home", "h"),
            Entry("leads", "Leads", "/app/leads", "leads", "l"),
            Entry("opportunities", "Opportunities", "/app/opportunities", "opportunities", "o"),
            Entry("accounts", "Accounts", "/app/accounts", "accounts", "a"),
            Entry("activities", "Activities", "/app/activities", "activities", "c"),
            Entry("tasks", "Tasks", "/app/tasks", "tasks", "t"),
            Entry("sales", "Sales", "/app/sales", "sales", "s"),
            Entry("lists", "Lists", "/app/lists", "lists", "i"),
        ),
    ),
    (
        "Integrate",
        (
            Entry("requests", "Requests", "/app/inspector", "requests", "r", admin=True),
            Entry("async", "Queue", "/app/async", "queue", "q"),
            Entry("webhooks", "Webhooks", "/app/webhooks", "webhooks", "w"),
            Entry("faults", "Faults", "/app/faults", "faults", "f", admin=True),
            Entry("sandbox", "Sandbox", "/app/sandbox", "sandbox", "b", admin=True),
            Entry("reference", "API reference", "/app/reference", "file", "x"),
        ),
    ),
    (
        "Set up",
        (
            Entry(
                "set-activities",
                "Activities and Scores",
                "/app/settings/activities",
                "fields",
                "d",
                admin=True,
            ),
            Entry("set-lead-fields", "Lead Fields", "/app/settings/lead-fields", "leads", admin=True),
            Entry(
                "set-opportunities",
                "Opportunity Types",
                "/app/settings/opportunities",
                "opportunities",
                admin=True,
            ),
            Entry(
                "set-account-activities",
                "Account Activities",
                "/app/settings/account-activities",
                "activities",
                admin=True,
            ),
            Entry("set-accounts", "Account Types", "/app/settings/accounts", "accounts", admin=True),
            Entry("products", "Manage Products", "/app/settings/products", "products", "p"),
            Entry("users", "Users and Permissions", "/app/settings/users", "people", "u", admin=True),
            Entry("keys", "API and Webhooks", "/app/settings/api", "keys", "k", admin=True),
            Entry("settings", "Organisation", "/app/settings/organisation", "settings", "e", admin=True),
        ),
    ),
)


def shown(addresses: Collection[str], *, admin: bool) -> list[tuple[str, list[Entry]]]:
    """The groups with the entries whose address is answered, for an administrator or not; no empty group."""
    found = []
    for title, entries in GROUPS:
        kept = [entry for entry in entries if entry.address in addresses and (admin or not entry.admin)]
        if kept:
            found.append((title, kept))
    return found
