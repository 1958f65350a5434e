"""What is stored before anything is measured, so that calls can name it."""

from __future__ import annotations

ACCESS_KEY, SECRET = "u$rbench", "bench-secret"
USER = "sri.sudhan@example.com"
SKU = "PLAN-A"

VISIT = 201
"""The activity type that is posted."""

OPPORTUNITY = 12000
"""The opportunity type."""

BRANCH = "mx_Branch"
"""A custom lead field, which `LEADS_OF_A_BRANCH` leads share the values of."""

LEADS_OF_A_BRANCH = 20

LONG_TIMELINE = 1000
"""Activities of each of the first leads, see `busy_leads`."""


def email(number: int, *, stored: bool) -> str:
    """The e-mail address of a lead; stored and new leads never meet."""
    return f"{'lead' if stored else 'new'}{number}@example.com"


def phone(number: int, *, stored: bool) -> str:
    """The phone number of a lead."""
    return f"+91-{9 if stored else 8}{number:09d}"


def branch(number: int, leads: int) -> str:
    """The branch of a stored lead."""
    return f"Branch {number % branches(leads)}"


def branches(leads: int) -> int:
    """How many branches there are."""
    return max(1, leads // LEADS_OF_A_BRANCH)


def busy_leads(leads: int) -> int:
    """How many leads have a long timeline: the first ones."""
    return max(1, min(50, leads // 100))


# Ids in the order of the numbers and older than all that are made in a run, as UUIDv7 of their time would be.


def lead_id(number: int) -> str:
    """The id of a stored lead, numbered from 1."""
    return f"01900000-0000-7000-8000-{number:012x}"


def sale_id(number: int) -> str:
    """The id of the sale of a stored lead, see `has_deals`."""
    return f"01900001-0000-7000-8000-{number:012x}"


def opportunity_id(number: int) -> str:
    """The id of the opportunity of a stored lead, see `has_deals`."""
    return f"01900002-0000-7000-8000-{number:012x}"


DEALS = 10
"""Every tenth lead has a sale and an opportunity."""


def with_deals(chosen: int) -> int:
    """A lead that has a sale and an opportunity, at or below the chosen one (from `DEALS` on)."""
    return chosen - chosen % DEALS
