"""The demo organisation: made once, in one transaction, with public keys and the history of half a year.

The same `now` gives the same history; only ids differ. People and types: `catalogue.py`, what happened: `stories.py`.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any

from fairlead.opportunities.rules import NUMBER
from fairlead.orgs import definitions, queries
from fairlead.orgs import rules as orgs
from fairlead.records import queries as records
from fairlead.records.picture import Picture, new_id
from fairlead.sandbox import catalogue, work
from fairlead.sandbox.ledger import Act, Ledger
from fairlead.sandbox.stories import ACCOUNTS, DAYS, LeadStory, World, account_story, people

ACCESS_KEY = "u$rdemo"
SECRET_KEY = "demo-secret"  # noqa: S105  public on purpose
ASYNC_KEY = "demo-async-key"
KEY_NAME = "Public demo key"

LEADS = 200
SEED = 12005


async def ensure(db: Any, *, now: datetime) -> bool:
    """Make the demo organisation unless its key exists; False when it was there. `db` is inside a transaction."""
    if await queries.org_of(db, "access_key", ACCESS_KEY) is not None:
        return False
    founded = now - timedelta(days=DAYS + 30)
    org_id, users = await _found(db, founded)
    defs = await definitions.read(db, org_id)
    take = await _numbers(db, org_id)
    picture = Picture(org_id, take)
    ledger = Ledger(picture, defs)
    world = World(SEED, now, users)
    for act in _history(world):
        ledger.perform(act)
    for act in work.acts(world, picture.leads.values()):
        ledger.perform(act)
    await records.write(db, records.changed([picture]))
    return True


async def _found(db: Any, founded: datetime) -> tuple[int, list[str]]:
    """The organisation without records; its org_id, and the ids of its people in the catalogue's order."""
    groups = {new_id(): name for name in catalogue.GROUPS}
    settings = {**catalogue.SETTINGS, "groups": groups}
    org_id = await orgs.create_org(db, catalogue.NAME, now=founded, settings=settings)
    users: list[str] = []
    for number, person in enumerate(catalogue.PEOPLE):
        profile: dict[str, Any] = {
            "groups": [group for group, name in groups.items() if name in person.groups],
            "phone": f"+91-9999700{number:03}",
            "manager_id": users[catalogue.MANAGER] if number in catalogue.SELLERS else None,
        }
        users.append(
            await orgs.create_user(
                db,
                org_id,
                email=person.email,
                first_name=person.first_name,
                last_name=person.last_name,
                role=person.role,
                profile=profile,
                now=founded,
            )
        )
    by = users[catalogue.ADMINISTRATOR]
    await orgs.create_key(
        db, org_id, by, now=founded, access_key=ACCESS_KEY, secret=SECRET_KEY, name=KEY_NAME
    )
    await orgs.create_async_key(db, org_id, now=founded, key=ASYNC_KEY, name=KEY_NAME)
    products = [
        queries.ProductRow(org_id, new_id(), some.sku, some.name, some.description, by, founded)
        for some in catalogue.PRODUCTS
    ]
    await queries.insert_products(db, products)
    await orgs.define_types(db, org_id, catalogue.TYPES, by=by, now=founded)
    lead = (await definitions.read(db, org_id)).lead
    await orgs.define_lead_fields(db, org_id, lead, catalogue.LEAD_FIELDS, by=by, now=founded)
    return org_id, users


async def _numbers(db: Any, org_id: int) -> Callable[[int, str], int]:
    """Auto numbers for the demo's records, from blocks reserved like any other."""
    blocks = {}
    for name in ("lead", "account", NUMBER, "task"):
        first, end = await records.block(db, org_id, name)
        blocks[name] = iter(range(first, end))
    return lambda _, name: next(blocks[name])


def _history(world: World) -> Iterator[Act]:
    """Everything that happened until now, in the order of time."""
    stories = [account_story(world, number) for number in range(len(ACCOUNTS))]
    names = people(world, LEADS)
    stories += [LeadStory(world, number, name).acts() for number, name in enumerate(names, 1)]
    past = (takewhile(lambda act: act.at <= world.now, story) for story in stories)
    return heapq.merge(*past, key=lambda act: act.at)
