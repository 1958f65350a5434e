"""What is true of an organisation's records whatever was done to them. `wrong` says in sentences what is not."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from fairlead.leads.drafts import compared
from fairlead.orgs.definitions import Definitions
from world import World

SALE = 30
FIRST_OPPORTUNITY = 12000
AMOUNT = "mx_Custom_2"

Row = dict[str, Any]


async def wrong(world: World) -> list[str]:
    """What does not hold in the database of this organisation; nothing, if all is well."""
    rows = {name: [_read(row) for row in await world.rows(name)] for name in _TABLES}
    leads = {row["id"]: row for row in rows["lead"]}
    activities = {row["id"]: row for row in rows["activity"]}
    accounts = {row["id"] for row in rows["account"]}
    found = list(_keys(await world.current(), leads, rows["lead_key"]))
    found += _belonging(leads, activities, accounts)
    found += _sums(leads, activities)
    found += _history(leads, activities, accounts, rows["change"])
    return found


_TABLES = ("lead", "lead_key", "activity", "account", "change")


def _read(row: Row) -> Row:
    """A row with its ids as text and its JSON read."""
    found = {name: str(value) if type(value).__name__ == "UUID" else value for name, value in row.items()}
    for name in ("fields", "changes"):
        if name in found:
            found[name] = json.loads(found[name], parse_float=Decimal)
    return found


def _keys(defs: Definitions, leads: dict[str, Row], keys: Iterable[Row]) -> Iterator[str]:
    """A unique value is one lead's: keys and values of leads agree both ways."""
    stored = {(key["field"], key["value"]): key["lead_id"] for key in keys}
    expected: dict[tuple[str, str], str] = {}
    for id, lead in leads.items():
        for field in defs.unique:
            value = compared(field, lead["fields"].get(field.name))
            if value is None:
                continue
            if (field.name, value) in expected:
                yield f"two leads have {field.name} {value}"
            expected[field.name, value] = id
    for key in stored.keys() | expected.keys():
        if stored.get(key) != expected.get(key):
            yield f"{key} is the key of {stored.get(key)} and the value of {expected.get(key)}"


def _belonging(leads: dict[str, Row], activities: dict[str, Row], accounts: set[str]) -> Iterator[str]:
    """No activity without its lead or account, none tied to an opportunity that is not there."""
    for id, activity in activities.items():
        if activity["lead_id"] not in leads and activity["account_id"] not in accounts:
            yield f"activity {id} has no lead and no account"
        tied_to = activity["opportunity_id"]
        if tied_to is not None and activities.get(tied_to, {}).get("lead_id") != activity["lead_id"]:
            yield f"activity {id} is tied to an opportunity that its lead does not have"
    for id, lead in leads.items():
        if lead["account_id"] is not None and lead["account_id"] not in accounts:
            yield f"lead {id} has an account that is not there"


def _sums(leads: dict[str, Row], activities: dict[str, Row]) -> Iterator[str]:
    """Score, revenue, first and last activity of a lead are what its activities say."""
    of_lead: dict[str, list[Row]] = defaultdict(list)
    for activity in activities.values():
        of_lead[activity["lead_id"]].append(activity)
    for id, lead in leads.items():
        own = of_lead[id]
        score = sum(activity["score"] for activity in own)
        if lead["score"] != score:
            yield f"lead {id} has score {lead['score']}, its activities have {score}"
        sales = [a for a in own if a["code"] == SALE and not a["cancelled"]]
        revenue = sum((Decimal(sale["fields"].get(AMOUNT) or 0) for sale in sales), Decimal(0))
        if lead["revenue"] != revenue:
            yield f"lead {id} has revenue {lead['revenue']}, its sales have {revenue}"
        for end, which in (("first", min), ("last", max)):
            yield from _end(lead, own, end, which)


def _end(lead: Row, own: list[Row], end: str, which: Any) -> Iterator[str]:
    named, at = lead[f"{end}_activity_id"], lead[f"{end}_activity_on"]
    if not own:
        if named is not None or at is not None:
            yield f"lead {lead['id']} has a {end} activity and no activities"
        return
    right = which(activity["happened_on"] for activity in own)
    there = {activity["id"]: activity for activity in own if activity["happened_on"] == right}
    if at != right or named not in there:
        yield f"the {end} activity of lead {lead['id']} is {named} at {at}, but should be at {right}"
    elif end == "last" and lead["last_activity_code"] != there[named]["code"]:
        yield f"lead {lead['id']} has a wrong code of its last activity"


def _history(
    leads: dict[str, Row], activities: dict[str, Row], accounts: set[str], changes: Iterable[Row]
) -> Iterator[str]:
    """History, replayed from the creation on, gives the record as it is; no history without its record."""
    of_record: dict[str, list[dict[str, list[Any]]]] = defaultdict(list)
    for change in sorted(changes, key=lambda row: row["id"]):
        of_record[change["record_id"]].append(change["changes"])
        record = leads.get(change["record_id"]) or activities.get(change["record_id"])
        if record is None:
            if change["record_id"] not in accounts:
                yield f"history of {change['record_id']}, which is not there"
        elif change["lead_id"] != record.get("lead_id", change["record_id"]):
            yield f"history of {change['record_id']} belongs to another lead than the record"
    for id, lead in leads.items():
        core = {"OwnerId": "owner_id", "ProspectStage": "stage", "RelatedCompanyId": "account_id"}
        present = lead["fields"] | {name: lead[column] for name, column in core.items()}
        yield from _replay(f"lead {id}", of_record[id], present, whole=True)
    for id, activity in activities.items():
        code = activity["code"]
        core = {"Status": "status", "Owner": "owner_id", "ActivityEvent_Note": "note"}
        if code == SALE:
            del core["Owner"], core["ActivityEvent_Note"]
        present = activity["fields"] | {name: activity[column] for name, column in core.items()}
        present["Cancelled"] = True if activity["cancelled"] else None
        whole = code == SALE or code >= FIRST_OPPORTUNITY
        yield from _replay(f"activity {id} ({code})", of_record[id], present, whole=whole)


def _replay(what: str, history: list[dict[str, list[Any]]], present: Row, *, whole: bool) -> Iterator[str]:
    """`whole`: the history begins with the creation; else with the first change, and only its names count."""
    state: Row = {}
    for changes in history:
        for name, (old, new) in changes.items():
            if (whole or name in state) and state.get(name) != old:
                yield f"{what}: {name} was {state.get(name)!r}, but its history says that it changed from {old!r}"
            state[name] = new
    names = present.keys() | state.keys() if whole else state.keys()
    for name in names:
        if state.get(name) != present.get(name):
            yield f"{what}: {name} is {present.get(name)!r}, but its history ends with {state.get(name)!r}"
