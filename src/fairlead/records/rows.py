"""The rows of the record tables as they stand in memory, one struct per table, members named as the columns."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

Values = dict[str, Any]
"""Field values by name: str, bool, Decimal, list of str, or a dict for a field set."""


class Lead(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A lead. `version` is the stored one; every write raises it by one."""

    org_id: int
    id: str
    version: int
    auto_id: int
    owner_id: str
    stage: str
    score: int
    engagement_score: int
    revenue: Decimal
    account_id: str | None
    is_lead: bool
    created_by: str
    created_on: datetime
    modified_by: str
    modified_on: datetime
    touched_on: datetime
    first_activity_id: str | None = None
    first_activity_on: datetime | None = None
    last_activity_id: str | None = None
    last_activity_on: datetime | None = None
    last_activity_code: int | None = None
    fields: Values


class Activity(msgspec.Struct, kw_only=True, omit_defaults=True):
    """An activity, opportunity, sale or account activity; `code` names its type."""

    org_id: int
    id: str
    version: int
    code: int
    lead_id: str | None = None
    account_id: str | None = None
    opportunity_id: str | None = None
    auto_id: int | None = None
    happened_on: datetime
    note: str | None = None
    owner_id: str | None = None
    status: str | None = None
    score: int
    locked: bool = False
    cancelled: bool = False
    created_by: str
    created_on: datetime
    modified_by: str
    modified_on: datetime
    fields: Values


class Account(msgspec.Struct, kw_only=True, omit_defaults=True):
    """An account; `code` names its account type."""

    org_id: int
    id: str
    version: int
    code: int
    auto_id: int
    name: str
    owner_id: str
    stage: str | None = None
    created_by: str
    created_on: datetime
    modified_by: str
    modified_on: datetime
    last_activity_on: datetime | None = None
    fields: Values


class Task(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Something that a user has to do. `related`: 0 about nothing, 1 a lead, 5 an opportunity (with its lead).

    `category` 0 is an appointment, 1 a to-do. `reminder` is in minutes, `reminder_days` in days, `reminder_time` is
    `10:00:00`. Open while `completed_on` is None.
    """

    org_id: int
    id: str
    version: int
    auto_id: int
    type_id: str
    category: int
    name: str
    description: str
    location: str | None = None
    related: int
    lead_id: str | None = None
    opportunity_id: str | None = None
    owner_id: str
    due_on: datetime
    ends_on: datetime
    reminder: int
    reminder_days: int
    reminder_time: str | None = None
    notify: str
    completed_on: datetime | None = None
    created_by: str
    created_on: datetime
    modified_by: str
    modified_on: datetime
    fields: Values


class Note(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What somebody wrote down about a lead; `attachment` names a file or is an address."""

    org_id: int
    id: str
    version: int
    lead_id: str
    text: str
    attachment: str | None = None
    created_by: str
    created_on: datetime
    modified_by: str
    modified_on: datetime


class LeadCount(msgspec.Struct):
    """What activities move on a lead, see `Picture.count_lead`."""

    org_id: int
    id: str
    version: int
    score: int
    engagement_score: int
    touched_on: datetime
    first_activity_id: str | None
    first_activity_on: datetime | None
    last_activity_id: str | None
    last_activity_on: datetime | None
    last_activity_code: int | None

    @classmethod
    def of(cls, lead: Lead) -> LeadCount:
        """The counted columns of a lead."""
        return cls(
            lead.org_id,
            lead.id,
            lead.version,
            lead.score,
            lead.engagement_score,
            lead.touched_on,
            lead.first_activity_id,
            lead.first_activity_on,
            lead.last_activity_id,
            lead.last_activity_on,
            lead.last_activity_code,
        )


class LeadKey(msgspec.Struct):
    """A unique value of a lead."""

    org_id: int
    field: str
    value: str
    lead_id: str


class AccountKey(msgspec.Struct):
    """A unique value of an account of one type."""

    org_id: int
    code: int
    field: str
    value: str
    account_id: str


class Change(msgspec.Struct):
    """Who changed which fields of a record: `changes` is {name: [old, new]}."""

    org_id: int
    record_id: str
    id: str
    code: int
    lead_id: str | None
    changed_on: datetime
    changed_by: str
    changes: dict[str, list[Any]]


CANCELLATION = "Cancelled"
"""The name under which the history of a sale keeps that it was cancelled, which is no field: None, then True."""

columns = {
    kind: ", ".join(kind.__struct_fields__)
    for kind in (Lead, Activity, Account, LeadKey, AccountKey, Change, Task, Note)
}
"""The columns of each table, in the order of the struct."""
