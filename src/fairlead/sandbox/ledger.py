"""Doing things in the past: every act of the demo goes through the families' rules, at its own time, by its own user."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from fairlead.activities import drafts as activity_drafts
from fairlead.activities.rules import Wish
from fairlead.leads import drafts as lead_drafts
from fairlead.leads import rules as leads
from fairlead.opportunities import rules as opportunities
from fairlead.orgs.definitions import Definitions
from fairlead.records.picture import Picture, new_id
from fairlead.records.rows import Account, Activity, Lead
from fairlead.wire.operation import Call, Plan
from fairlead.wire.types import Pair, Scalar

R = TypeVar("R")


class Act(NamedTuple):
    """Something that a user does at a time."""

    at: datetime
    by: str
    do: Callable[[Ledger], None]


class Ledger:
    """What is known and written at one moment: the picture, the definitions, the acting user and the time."""

    def __init__(self, picture: Picture, defs: Definitions) -> None:
        self.picture = picture
        self.defs = defs
        self.call: Call[Any, Any]

    def perform(self, act: Act) -> None:
        """Do it, as if the user had called at that time. Raises ApiError when a rule refuses."""
        self.call = Call(
            org_id=self.defs.org.org_id,
            actor=self.defs.users[act.by],
            access_key="",
            defs=self.defs,
            query=None,
            body=None,
            now=act.at,
            request_id="",
        )
        act.do(self)

    def run(self, plan: Plan[R]) -> R:
        """The reply of a plan whose needs are all in the picture."""
        next(plan)
        try:
            plan.send(self.picture)
        except StopIteration as stop:
            found: R = stop.value
            return found
        msg = "a plan yields once"
        raise RuntimeError(msg)

    def create_lead(self, pairs: list[Pair]) -> Lead:
        """A new lead."""
        return leads.create(self.picture, self.call, lead_drafts.draft(self.call, pairs).check())

    def update_lead(self, lead: Lead, pairs: list[Pair]) -> None:
        """Other values for a lead; a change of stage or owner becomes an activity."""
        leads.update(self.picture, self.call, lead, lead_drafts.draft(self.call, pairs).check())

    def post(
        self,
        lead: Lead,
        code: int,
        note: str | None = None,
        values: Mapping[str, Scalar] | None = None,
        *,
        sets: list[Pair] | None = None,
        opportunity: Activity | None = None,
    ) -> None:
        """An activity on a lead, and perhaps on one of its opportunities."""
        fields = [*pairs_of(values or {}), *(sets or [])]
        wish = Wish(
            self.call, code=code, note=note, at=None, fields=fields, owner_email=None, skip_options=False
        )
        wish.check()
        wish.post(self.picture, self.call, lead, opportunity_id=opportunity.id if opportunity else None)

    def open_opportunity(self, lead: Lead, code: int, note: str, values: Mapping[str, Scalar]) -> Activity:
        """A new opportunity of a lead, owned by the acting user."""
        wish = opportunities.Wish(self.call, code=code, note=note, at=None, fields=pairs_of(values))
        return wish.open(self.picture, self.call, lead)

    def move_opportunity(self, lead: Lead, opportunity: Activity, values: Mapping[str, Scalar]) -> None:
        """Other values for an opportunity, such as the next stage."""
        draft = activity_drafts.draft(self.call, self.defs.types[opportunity.code], pairs_of(values))
        opportunities.change(self.picture, self.call, opportunity, lead, draft)

    def create_account(self, code: int, name: str, stage: str, values: dict[str, Any]) -> Account:
        """A new account; `values` are in stored form."""
        call, now, by = self.call, self.call.now, self.call.actor.id
        account = Account(
            org_id=call.org_id,
            id=new_id(),
            version=1,
            code=code,
            auto_id=self.picture.number("account"),
            name=name,
            owner_id=by,
            stage=stage,
            created_by=by,
            created_on=now,
            modified_by=by,
            modified_on=now,
            fields=values,
        )
        self.picture.add_account(account)
        self.picture.claim_account("CompanyNumber", values["CompanyNumber"], account)
        core = {"CompanyName": name, "Stage": stage, "OwnerId": by}
        changes = {column: [None, value] for column, value in (core | values).items()}
        self.picture.record(account.id, code, changes, at=now, by=by)
        return account

    def post_on_account(self, account: Account, code: int, note: str, values: Mapping[str, Scalar]) -> None:
        """An activity on an account."""
        call, kind = self.call, self.defs.types[code]
        draft = activity_drafts.draft(call, kind, pairs_of(values), note=note)
        status, _, fields = activity_drafts.new_values(call, draft)
        now, by = call.now, call.actor.id
        self.picture.add_activity(
            Activity(
                org_id=call.org_id,
                id=new_id(),
                version=1,
                code=code,
                account_id=account.id,
                happened_on=now,
                note=note,
                owner_id=by,
                status=status,
                score=0,
                created_by=by,
                created_on=now,
                modified_by=by,
                modified_on=now,
                fields=fields,
            )
        )
        account.last_activity_on = now
        self.picture.touch_account(account)


def pairs_of(values: Mapping[str, Scalar]) -> list[Pair]:
    """Names and values as a caller sends them."""
    return [Pair(Attribute=name, Value=value) for name, value in values.items()]


def set_of(name: str, values: Mapping[str, Scalar]) -> Pair:
    """A field set as a caller sends it."""
    return Pair(Attribute=name, Value="", Fields=pairs_of(values))
