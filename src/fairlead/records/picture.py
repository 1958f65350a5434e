"""What a batch sees and what it has decided: the records of one organisation in memory.

A plan asks with `Needs`, is given a `Picture`, checks, and changes it. Nothing here talks to the database:
`queries.py` fills pictures and writes what changed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import uuid_utils

from fairlead.records.rows import Account, AccountKey, Activity, Change, Lead, LeadKey, Note, Task

BEGINNING = datetime(1, 1, 1, tzinfo=UTC)
TICK = timedelta(microseconds=1)


def new_id() -> str:
    """A UUIDv7, lower case with hyphens."""
    return str(uuid_utils.uuid7())


_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)


def is_id(text: str) -> bool:
    """True for the shape of an id: 8-4-4-4-12 hex digits."""
    return _ID.fullmatch(text) is not None


class Needs:
    """What a plan must see before it can decide. All ids are of the caller's organisation.

    `keys` (field, compared value) of leads · `leads`, `activities`, `accounts` ids · `auto_activities` auto
    numbers of opportunities · `opportunities` codes: the opportunities of these types of every lead found ·
    `account_activities` ids of activities that must be seen with their accounts ·
    `accounts_by` (type code, field, value) · `tasks`, `notes` ids, seen with their leads · `numbers` how many auto numbers may be taken, by counter name.
    """

    __slots__ = (
        "account_activities",
        "accounts",
        "accounts_by",
        "activities",
        "auto_activities",
        "keys",
        "leads",
        "notes",
        "numbers",
        "opportunities",
        "tasks",
    )

    def __init__(
        self,
        *,
        keys: Sequence[tuple[str, str]] = (),
        leads: Sequence[str] = (),
        activities: Sequence[str] = (),
        accounts: Sequence[str] = (),
        accounts_by: Sequence[tuple[int, str, str]] = (),
        account_activities: Sequence[str] = (),
        auto_activities: Sequence[int] = (),
        opportunities: Sequence[int] = (),
        tasks: Sequence[str] = (),
        notes: Sequence[str] = (),
        numbers: Sequence[tuple[str, int]] = (),
    ) -> None:
        self.keys = keys
        self.leads = leads
        self.activities = activities
        self.accounts = accounts
        self.accounts_by = accounts_by
        self.account_activities = account_activities
        self.auto_activities = auto_activities
        self.opportunities = opportunities
        self.tasks = tasks
        self.notes = notes
        self.numbers = numbers

    @classmethod
    def together(cls, many: Iterable[Needs]) -> Needs:
        """The needs of several plans as one."""
        found = cls()
        for name in cls.__slots__:
            setattr(found, name, [item for needs in many for item in getattr(needs, name)])
        return found


class Picture:
    """The records of one organisation that a batch has read, and what its plans changed."""

    __slots__ = (
        "_take",
        "accounts",
        "accounts_by",
        "activities",
        "by_auto_id",
        "changes",
        "claimed",
        "counted_leads",
        "dirty_accounts",
        "dirty_activities",
        "dirty_leads",
        "dirty_notes",
        "dirty_tasks",
        "extra",
        "keys",
        "latest",
        "leads",
        "new_account_keys",
        "new_accounts",
        "new_activities",
        "new_leads",
        "new_notes",
        "new_tasks",
        "notes",
        "opportunities",
        "org_id",
        "released",
        "released_account_keys",
        "tasks",
        "version",
    )

    def __init__(self, org_id: int, take: Callable[[int, str], int]) -> None:
        self.org_id = org_id
        self.version: int | None = None
        """Of the definitions with which it is decided: where they moved meanwhile, nothing is written."""
        self._take = take
        self.latest = BEGINNING
        """When the last change was made of what is in the picture: what is decided now is later."""
        # what was read
        self.keys: dict[tuple[str, str], str] = {}
        self.leads: dict[str, Lead] = {}
        self.activities: dict[str, Activity] = {}
        self.by_auto_id: dict[int, Activity] = {}
        self.accounts: dict[str, Account] = {}
        self.accounts_by: dict[tuple[int, str, str], list[str]] = {}
        self.opportunities: dict[str, list[Activity]] = {}
        self.tasks: dict[str, Task] = {}
        self.notes: dict[str, Note] = {}
        # what was decided
        self.new_leads: dict[str, Lead] = {}
        self.dirty_leads: dict[str, Lead] = {}
        self.counted_leads: dict[str, Lead] = {}
        self.claimed: dict[tuple[str, str], LeadKey] = {}
        self.released: dict[tuple[str, str], LeadKey] = {}
        self.new_activities: dict[str, Activity] = {}
        self.dirty_activities: dict[str, Activity] = {}
        self.new_accounts: dict[str, Account] = {}
        self.dirty_accounts: dict[str, Account] = {}
        self.new_account_keys: dict[tuple[int, str, str], AccountKey] = {}
        self.released_account_keys: dict[tuple[int, str, str], AccountKey] = {}
        self.new_tasks: dict[str, Task] = {}
        self.dirty_tasks: dict[str, Task] = {}
        self.new_notes: dict[str, Note] = {}
        self.dirty_notes: dict[str, Note] = {}
        self.changes: list[Change] = []
        self.extra: dict[str, list[Any]] = {}

    def moment(self, now: datetime) -> datetime:
        """When a change is made that was asked for at `now`: later than every change in the picture.

        Calls are decided in another order than they came in where several processes write the same record. Its history
        and its ModifiedOn must not run backwards for that.
        """
        if now <= self.latest:
            now = self.latest + TICK
        self.latest = now
        return now

    def number(self, name: str) -> int:
        """The next auto number of a counter; it must have been announced in the needs."""
        return self._take(self.org_id, name)

    # leads

    def lead_by_key(self, field: str, value: str) -> Lead | None:
        """The lead that holds this unique value."""
        lead_id = self.keys.get((field, value))
        return self.leads.get(lead_id) if lead_id is not None else None

    def add_lead(self, lead: Lead) -> None:
        """A lead that is created now."""
        self.leads[lead.id] = lead
        self.new_leads[lead.id] = lead

    def touch_lead(self, lead: Lead) -> None:
        """The lead has changed and must be written."""
        if lead.id not in self.new_leads:
            self.dirty_leads[lead.id] = lead

    def count_lead(self, lead: Lead) -> None:
        """Only what activities move has changed: score, touched, first and last activity."""
        if lead.id not in self.new_leads:
            self.counted_leads[lead.id] = lead

    def claim(self, field: str, value: str, lead: Lead) -> None:
        """Give a unique value to a lead; the caller has checked that nobody else holds it."""
        key = (field, value)
        self.keys[key] = lead.id
        self.claimed[key] = LeadKey(self.org_id, field, value, lead.id)

    def release(self, field: str, value: str, lead: Lead) -> None:
        """Take a unique value from the lead that holds it."""
        key = (field, value)
        self.keys.pop(key, None)
        if self.claimed.pop(key, None) is None:
            self.released[key] = LeadKey(self.org_id, field, value, lead.id)

    # activities, opportunities, sales, account activities

    def add_activity(self, activity: Activity) -> None:
        """An activity that is posted now."""
        self.activities[activity.id] = activity
        self.new_activities[activity.id] = activity
        if activity.auto_id is not None:
            self.by_auto_id[activity.auto_id] = activity
        if activity.code >= 12000 and activity.lead_id is not None:
            self.opportunities.setdefault(activity.lead_id, []).append(activity)

    def touch_activity(self, activity: Activity) -> None:
        """The activity has changed and must be written."""
        if activity.id not in self.new_activities:
            self.dirty_activities[activity.id] = activity

    # accounts

    def add_account(self, account: Account) -> None:
        """An account that is created now."""
        self.accounts[account.id] = account
        self.new_accounts[account.id] = account
        self.accounts_by.setdefault((account.code, "CompanyName", account.name), []).append(account.id)

    def rename_account(self, account: Account, name: str) -> None:
        """Give an account another name, by which later calls find it."""
        known = self.accounts_by.get((account.code, "CompanyName", account.name), [])
        if account.id in known:
            known.remove(account.id)
        account.name = name
        self.accounts_by.setdefault((account.code, "CompanyName", name), []).append(account.id)

    def touch_account(self, account: Account) -> None:
        """The account has changed and must be written."""
        if account.id not in self.new_accounts:
            self.dirty_accounts[account.id] = account

    def claim_account(self, field: str, value: str, account: Account) -> None:
        """Give a unique value to an account of its type."""
        key = (account.code, field, value)
        self.accounts_by[key] = [account.id]
        self.new_account_keys[key] = AccountKey(self.org_id, account.code, field, value, account.id)

    def release_account(self, field: str, value: str, account: Account) -> None:
        """Take a unique value from the account that holds it."""
        key = (account.code, field, value)
        self.accounts_by.pop(key, None)
        if self.new_account_keys.pop(key, None) is None:
            self.released_account_keys[key] = AccountKey(self.org_id, account.code, field, value, account.id)

    # tasks and notes

    def add_task(self, task: Task) -> None:
        """A task that is created now."""
        self.tasks[task.id] = task
        self.new_tasks[task.id] = task

    def touch_task(self, task: Task) -> None:
        """The task has changed and must be written."""
        if task.id not in self.new_tasks:
            self.dirty_tasks[task.id] = task

    def add_note(self, note: Note) -> None:
        """A note that is written now."""
        self.notes[note.id] = note
        self.new_notes[note.id] = note

    def touch_note(self, note: Note) -> None:
        """The note has changed and must be written."""
        if note.id not in self.new_notes:
            self.dirty_notes[note.id] = note

    # rows of tables that only the waist knows

    def also(self, statement: str, row: Any) -> None:
        """A row for a statement that was announced with `queries.add_statement`, in the same transaction."""
        self.extra.setdefault(statement, []).append(row)

    # history

    def record(
        self,
        record_id: str,
        code: int,
        changes: dict[str, list[Any]],
        *,
        at: datetime,
        by: str,
        lead_id: str | None = None,
    ) -> None:
        """Write down who changed what: `changes` is {name: [old, new]}."""
        self.changes.append(Change(self.org_id, record_id, new_id(), code, lead_id, at, by, changes))
