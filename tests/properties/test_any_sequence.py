"""Any sequence of writes, alone and at once, keeps what `truths.py` says.

Hypothesis chooses the calls and their order and looks for the shortest sequence that breaks something. The values
are few, so that calls meet: the same e-mail address, the same record. A run takes about half a minute;
`FAIRLEAD_PROPERTIES=long` searches for some ten minutes.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Coroutine
from typing import Any

import anyio.from_thread
import anyio.to_thread
import hypothesis
from hypothesis import HealthCheck
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from properties.truths import wrong
from world import Client, World, Worlds
from world.client import envelope

SEARCHES = {
    "": hypothesis.settings(max_examples=65, stateful_step_count=40),
    "long": hypothesis.settings(max_examples=600, stateful_step_count=80),
}
CHOSEN = hypothesis.settings(
    SEARCHES[os.environ.get("FAIRLEAD_PROPERTIES", "")],
    deadline=None,  # the machine is shared; how long a call takes is measured elsewhere
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)

LEADS, ACTIVITIES = "/v2/LeadManagement.svc/", "/v2/ProspectActivity.svc/"
OPPORTUNITIES, SALES = "/v2/OpportunityManagement.svc/", "/v2/SalesActivity.svc/"
SCORES = {206: 5, 201: -3, 200: 0, 12000: 10, 12005: 7, 30: 2}

# --- values ---

records = st.integers(0, 7)
"""The number of a record, in the order in which they were made."""

addresses = st.sampled_from(["ann@example.com", "ANN@example.com", "bob@example.com", "eve@example.com", ""])
phones = st.sampled_from(["+91-9845000001", "9845000001", "+91-9845000002", "+91-9845000003", ""])
texts = st.sampled_from(["one", "two", "", None])
dates = st.sampled_from(["2020-01-01 00:00:00", "2021-05-03 09:30:00", "2031-12-31 23:59:59", None])
amounts = st.sampled_from(["0", "10", "10.5", "99999999.99", 7])
statuses = st.sampled_from(["Open", "Won", "Lost"])
codes = st.sampled_from([200, 201, 206])
kinds = st.sampled_from([12000, 12005])
flags = st.booleans()
keys = st.one_of(
    st.tuples(st.just("EmailAddress"), addresses), st.tuples(st.sampled_from(["Phone", "Mobile"]), phones)
)
"""A unique field of leads and a value by which one is looked for."""

members = st.dictionaries(st.sampled_from(["Status", "mx_CustomObject_1"]), texts, min_size=1)
lead_values = st.fixed_dictionaries(
    {},
    optional={
        "FirstName": st.sampled_from(["Ann", "Bob", "Eve", ""]),
        "EmailAddress": addresses,
        "Phone": phones,
        "Mobile": phones,
        "mx_City": texts,
        "Source": st.sampled_from(["Web", "Fair"]),
        "ProspectStage": st.sampled_from(["Prospect", "Opportunity"]),
        "OwnerId": st.sampled_from(["user 0", "user 1"]),
        "RelatedCompanyId": st.sampled_from(["company 0", "company 1", ""]),
        "mx_KYC": members,
    },
)
activity_values = st.fixed_dictionaries(
    {},
    optional={
        "mx_Custom_1": texts,
        "Status": st.sampled_from(["Active", "Inactive"]),
        "Owner": st.just("user 1"),
    },
)
opportunity_values = st.fixed_dictionaries(
    {},
    optional={
        "Status": statuses,
        "mx_Custom_1": st.sampled_from(["Deal", "Other deal"]),
        "mx_Custom_6": amounts,
        "mx_Custom_11": texts,
        "Owner": st.sampled_from(["user 0", "user 1", ""]),
    },
)

Call = tuple[str, str, dict[str, str], Any]
"""Verb, path, query, body."""


class AnySequence(RuleBasedStateMachine):
    """One organisation and everything that clients may do to its records.

    A call is sent at once, or held back and sent together with the next ones: then they meet in one batch.
    """

    run: Callable[[Coroutine[Any, Any, Any]], Any]
    make: Callable[[], Coroutine[Any, Any, Client]]

    def __init__(self) -> None:
        super().__init__()
        self.client: Client = self.run(self.make())
        self.me = self.client.world.values["user.1.email"]
        self.code_of: dict[str, int] = {}
        self.held: list[Call] = []
        self.moved = False
        self.known: dict[str, list[str]] = {name: [] for name in ("lead", "activity", "opportunity", "sale")}

    # --- sending ---

    def call(
        self, path: str, body: Any = None, *, hold: bool = False, verb: str = "POST", **query: str
    ) -> None:
        """Send a call, with those that were held back, or hold it back too."""
        self.held.append((verb, path, query, body))
        if not hold or len(self.held) == 6:
            self.send()

    def send(self) -> None:
        """Send what is held back, all at once."""
        held, self.held = self.held, []
        self.run(self._send(held))
        self.moved = True

    async def _send(self, calls: list[Call]) -> None:
        answers = await asyncio.gather(
            *(
                self.client.send(verb, path, query=query.items(), json=body)
                for verb, path, query, body in calls
            )
        )
        for call, answer in zip(calls, answers, strict=True):
            assert answer.status_code == 200 or envelope(answer).type.startswith("MX"), (call, answer.text)
        await self._look()

    async def _look(self) -> None:
        """Learn which records there are; one that is gone stays known, so that calls name it too."""
        world = self.client.world
        found = await world.db.fetch(
            "select id::text from lead where org_id = $1 order by auto_id", world.org_id
        )
        self._learn("lead", [row["id"] for row in found])
        statement = "select id::text, code from activity where org_id = $1 order by id"
        rows = await world.db.fetch(statement, world.org_id)
        self.code_of |= {row["id"]: row["code"] for row in rows}
        self._learn("opportunity", [row["id"] for row in rows if row["code"] >= 12000])
        self._learn("sale", [row["id"] for row in rows if row["code"] == 30])
        self._learn("activity", [row["id"] for row in rows if row["code"] in (200, 201, 206)])

    def _learn(self, kind: str, ids: list[str]) -> None:
        gone = [id for id in self.known[kind] if id not in ids]
        self.known[kind] = gone[-1:] + ids

    # --- words ---

    def a(self, kind: str, number: int) -> str:
        """The id of a record: the newest ones have the small numbers."""
        known = self.known[kind]
        return known[-1 - number % len(known)] if known else "0190a6c2-ffff-7000-8000-00000000dead"

    def value(self, text: Any) -> Any:
        """A value with the names of users and accounts replaced by their ids."""
        return self.client.world.values.get(text, text) if isinstance(text, str) else text

    def pairs(self, values: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
        """Attributes of a lead."""
        return [self._pair("Attribute", name, value) for name, value in {**values, **more}.items()]

    def fields(self, values: dict[str, Any]) -> list[dict[str, Any]]:
        """Fields of an activity or opportunity."""
        return [self._pair("SchemaName", name, value) for name, value in values.items()]

    def by(self, key: tuple[str, str] | None) -> dict[str, Any]:
        """The attributes that say by what a lead is looked for."""
        return {} if key is None else {key[0]: key[1], "SearchBy": key[0]}

    def _pair(self, key: str, name: str, value: Any) -> dict[str, Any]:
        if isinstance(value, dict):
            return {key: name, "Value": "", "Fields": self.pairs(value)}
        return {key: name, "Value": self.value(value)}

    # --- leads ---

    @initialize(number=st.sampled_from([3, 4, 2, 1, 0]))
    def some_records(self, number: int) -> None:
        """Begin with so many leads, each with an activity, a sale and an opportunity."""
        chosen = [
            ("ann@example.com", "9845000001"),
            ("bob@example.com", "9845000002"),
            ("", "9845000003"),
            ("", ""),
        ]
        for address, phone in chosen[:number]:
            values = {"FirstName": "Ann", "EmailAddress": address, "Phone": phone}
            self.create_lead(values, hold=False)
            self.post_activity(0, 206, "2021-05-03 09:30:00", {}, hold=True)
            self.create_sale(0, "10", "Open", hold=True)
            self.many_opportunities([address], 12005, hold=False)

    @rule(values=lead_values, hold=flags)
    def create_lead(self, values: dict[str, Any], hold: bool) -> None:
        self.call(LEADS + "Lead.Create", self.pairs(values), hold=hold)

    @rule(values=lead_values, key=keys | st.none(), hold=flags)
    def create_or_update_lead(self, values: dict[str, Any], key: tuple[str, str] | None, hold: bool) -> None:
        self.call(LEADS + "Lead.CreateOrUpdate", self.pairs(values | self.by(key)), hold=hold)

    @rule(
        values=lead_values,
        lead=records | st.none(),
        behaviour=st.sampled_from(["", "DoNotUpdate", "UpdateOnlyEmptyFields", "DoNotUpdateUniqueFields"]),
        hold=flags,
    )
    def capture_lead(self, values: dict[str, Any], lead: int | None, behaviour: str, hold: bool) -> None:
        more = {} if lead is None else {"ProspectID": self.a("lead", lead)}
        self.call(LEADS + "Lead.Capture", self.pairs(values, **more), hold=hold, LeadUpdateBehavior=behaviour)

    @rule(lead=records, values=lead_values, hold=flags)
    def update_lead(self, lead: int, values: dict[str, Any], hold: bool) -> None:
        self.call(LEADS + "Lead.Update", self.pairs(values), hold=hold, leadId=self.a("lead", lead))

    @rule(
        rows=st.lists(st.tuples(lead_values, keys | st.none()), min_size=1, max_size=4),
        update=flags,
        hold=flags,
    )
    def many_leads(
        self, rows: list[tuple[dict[str, Any], tuple[str, str] | None]], update: bool, hold: bool
    ) -> None:
        path = "Lead/Bulk/CreateOrUpdate" if update else "Lead/Bulk/Create"
        self.call(LEADS + path, [self.pairs(values | self.by(key)) for values, key in rows], hold=hold)

    @rule(leads=st.lists(records, min_size=1, max_size=3), values=lead_values, hold=flags)
    def one_field_of_many_leads(self, leads: list[int], values: dict[str, Any], hold: bool) -> None:
        pair = self.pairs(values)[:1] or self.pairs({"mx_City": "three"})
        body = {"LeadIds": [self.a("lead", lead) for lead in leads], "LeadFields": pair[0]}
        self.call(LEADS + "Lead/Bulk/Update", body, hold=hold)

    @rule(rows=st.lists(st.tuples(lead_values, addresses), min_size=1, max_size=3), hold=flags)
    def update_found_leads(self, rows: list[tuple[dict[str, Any], str]], hold: bool) -> None:
        listed = [{"Fields": self.pairs(values | {"EmailAddress": address})} for values, address in rows]
        body = {"SearchByKey": "EmailAddress", "LeadPropertiesList": listed}
        self.call(LEADS + "Lead/Bulk/UpdateV2", body, hold=hold)

    @rule(lead=records, hold=flags)
    def delete_lead(self, lead: int, hold: bool) -> None:
        self.call(LEADS + "Lead/Delete/ById", verb="GET", hold=hold, leadId=self.a("lead", lead))

    @rule(master=records, child=records, hold=flags)
    def merge_leads(self, master: int, child: int, hold: bool) -> None:
        ids = {"masterId": self.a("lead", master), "childId": self.a("lead", child)}
        self.call(LEADS + "Lead.Merge", hold=hold, **ids)

    @rule(company=st.sampled_from(["company 0", "company 1"]), with_leads=flags, hold=flags)
    def delete_account(self, company: str, with_leads: bool, hold: bool) -> None:
        query = {"companyId": self.value(company), "withLeadDelete": str(with_leads).lower()}
        self.call("/v2/CompanyManagement.svc/Company.Delete", verb="GET", hold=hold, **query)

    # --- activities ---

    def activity(self, code: int, at: str | None, values: dict[str, Any]) -> dict[str, Any]:
        """What a post says of an activity."""
        said = {"ActivityEvent": code, "ActivityNote": "posted", "Fields": self.fields(values)}
        return said | ({"ActivityDateTime": at} if at else {})

    @rule(lead=records, code=codes, at=dates, values=activity_values, hold=flags)
    def post_activity(self, lead: int, code: int, at: str | None, values: dict[str, Any], hold: bool) -> None:
        id = self.a("lead", lead)
        body = {"RelatedProspectId": id} | self.activity(code, at, values)
        self.call(ACTIVITIES + "Create", body, hold=hold, leadId=id)

    @rule(lead=lead_values, key=keys, code=codes, at=dates, values=activity_values, hold=flags)
    def lead_and_activity(
        self,
        lead: dict[str, Any],
        key: tuple[str, str],
        code: int,
        at: str | None,
        values: dict[str, Any],
        hold: bool,
    ) -> None:
        body = {"LeadDetails": self.pairs(lead | self.by(key)), "Activity": self.activity(code, at, values)}
        self.call(ACTIVITIES + "CreateCustom", body, hold=hold)

    @rule(leads=st.lists(records, min_size=1, max_size=4), code=codes, at=dates, hold=flags)
    def many_activities(self, leads: list[int], code: int, at: str | None, hold: bool) -> None:
        rows = [{"RelatedProspectId": self.a("lead", lead)} | self.activity(code, at, {}) for lead in leads]
        self.call(ACTIVITIES + "Bulk/CustomActivity/Add/ByLeadId", rows, hold=hold)

    @rule(opportunity=records, code=codes, at=dates, hold=flags)
    def activities_on_opportunity(self, opportunity: int, code: int, at: str | None, hold: bool) -> None:
        path = ACTIVITIES + "Bulk/CustomActivity/Add/ByOpportunityId"
        rows = [self.activity(code, at, {}) | {"ActivityOwnerEmail": self.me}] * 2
        self.call(path, rows, hold=hold, opportunityId=self.a("opportunity", opportunity))

    @rule(
        activities=st.lists(records, min_size=1, max_size=3), note=texts, values=activity_values, hold=flags
    )
    def update_activities(
        self, activities: list[int], note: str | None, values: dict[str, Any], hold: bool
    ) -> None:
        fields = self.fields(values)
        rows = [
            {"ProspectActivityId": self.a("activity", number), "ActivityNote": note, "Fields": fields}
            for number in activities
        ]
        path = "Bulk/CustomActivity/Update" if len(rows) > 1 else "CustomActivity/Update"
        self.call(ACTIVITIES + path, rows if len(rows) > 1 else rows[0], hold=hold)

    @rule(lead=records, wanted=st.lists(codes, min_size=1, unique=True), hold=flags)
    def delete_activities(self, lead: int, wanted: list[int], hold: bool) -> None:
        body = {"ProspectId": self.a("lead", lead), "ActivityEventList": wanted}
        self.call(ACTIVITIES + "DeleteActivities", body, hold=hold)

    # --- sales ---

    @rule(lead=records, amount=amounts, status=statuses, hold=flags)
    def create_sale(self, lead: int, amount: Any, status: str, hold: bool) -> None:
        body = {
            "ProspectId": self.a("lead", lead),
            "ProductSku": self.client.world.values["product.1.sku"],
            "Status": status,
            "Revenue": amount,
            "SalesOwnerEmail": self.me,
            "SalesDate": "2021-05-03 09:30:00",
        }
        self.call(SALES + "Create", body, hold=hold)

    @rule(sale=records, amount=amounts, status=statuses, hold=flags)
    def update_sale(self, sale: int, amount: Any, status: str, hold: bool) -> None:
        body = {"Id": self.a("sale", sale), "Revenue": amount, "Status": status}
        self.call(SALES + "Update", body, hold=hold)

    @rule(sale=records, hold=flags)
    def cancel_sale(self, sale: int, hold: bool) -> None:
        body = {"activityId": self.a("sale", sale), "activityEventNote": "Refunded"}
        self.call(SALES + "Cancel", body, hold=hold)

    # --- opportunities ---

    @rule(
        lead=lead_values,
        key=keys,
        code=kinds,
        values=opportunity_values,
        how=st.tuples(flags, flags, flags),
        hold=flags,
    )
    def capture_opportunity(
        self,
        lead: dict[str, Any],
        key: tuple[str, str],
        code: int,
        values: dict[str, Any],
        how: tuple[bool, bool, bool],
        hold: bool,
    ) -> None:
        names = ("OverwriteFields", "UpdateEmptyFields", "DoNotPostDuplicateActivity")
        opportunity = {
            "OpportunityEventCode": code,
            "OpportunityNote": "captured",
            "Fields": self.fields({"mx_Custom_1": "Deal"} | values),
        }
        opportunity |= dict(zip(names, how, strict=True))
        body = {"LeadDetails": self.pairs(lead | self.by(key)), "Opportunity": opportunity}
        self.call(OPPORTUNITIES + "Capture", body, hold=hold)

    @rule(wanted=st.lists(addresses, min_size=1, max_size=3), code=kinds, hold=flags)
    def many_opportunities(self, wanted: list[str], code: int, hold: bool) -> None:
        fields = self.fields({"mx_Custom_1": "Deal", "Status": "Open"})
        rows = [
            {
                "SearchByValue": one,
                "OpportunityEventCode": code,
                "Fields": fields,
                "OpportunityOwnerEmail": self.me,
            }
            for one in wanted
        ]
        self.call(OPPORTUNITIES + "Bulk/Add/ByLeadField", rows, hold=hold, SearchBy="EmailAddress")

    @rule(opportunity=records, note=texts, values=opportunity_values, hold=flags)
    def update_opportunity(
        self, opportunity: int, note: str | None, values: dict[str, Any], hold: bool
    ) -> None:
        id = self.a("opportunity", opportunity)
        body = {"ProspectOpportunityId": id, "OpportunityNote": note, "Fields": self.fields(values)}
        self.call(OPPORTUNITIES + "Update", body, hold=hold)

    @rule(opportunities=st.lists(records, min_size=1, max_size=3), values=opportunity_values, hold=flags)
    def update_opportunities(self, opportunities: list[int], values: dict[str, Any], hold: bool) -> None:
        fields = self.fields(values)
        rows = [
            {
                "ProspectOpportunityId": id,
                "OpportunityEventCode": self.code_of.get(id, 12000),
                "Fields": fields,
            }
            for id in (self.a("opportunity", number) for number in opportunities)
        ]
        self.call(OPPORTUNITIES + "Bulk/Update/ByOpportunityId", rows, hold=hold)

    @rule(opportunity=records, hold=flags)
    def delete_opportunity(self, opportunity: int, hold: bool) -> None:
        self.call(OPPORTUNITIES + "Delete", verb="GET", hold=hold, Id=self.a("opportunity", opportunity))

    # --- what always holds ---

    @invariant()
    def all_is_well(self) -> None:
        if self.moved:
            self.moved = False
            found = self.run(wrong(self.client.world))
            assert not found, "\n".join(found)

    def teardown(self) -> None:
        if self.held:
            self.send()
            self.all_is_well()


async def prepared(world: World) -> World:
    """The organisation at the start: two users, two accounts, a product, scores, a rule for duplicates."""
    found = await world.need("user.1", "user.2", "product.1", "company.1", "company.2")
    world.values |= {f"{kind} {n}": found[f"{kind}.{n + 1}"] for kind in ("user", "company") for n in (0, 1)}
    for code, score in SCORES.items():
        statement = "update record_type set score = $3 where org_id = $1 and code = $2"
        await world.db.execute(statement, world.org_id, code, score)
    statement = (
        "update record_type set definition = definition || $3::text::jsonb where org_id = $1 and code = $2"
    )
    await world.db.execute(
        statement, world.org_id, 12005, '{"duplicate_fields": ["mx_Custom_1"], "can_delete": true}'
    )
    await world.db.execute(statement, world.org_id, 12000, '{"can_delete": true}')
    await world.definitions_changed()
    return world


async def test_any_sequence_keeps_the_records_right(
    worlds: Worlds, client_of: Callable[[World], Client]
) -> None:
    async def make() -> Client:
        return client_of(await prepared(await worlds.copy()))

    async def wait(work: Coroutine[Any, Any, Any]) -> Any:
        return await work

    class Sequence(AnySequence):
        def run(self, work: Coroutine[Any, Any, Any]) -> Any:
            return anyio.from_thread.run(wait, work)

        def make(self) -> Coroutine[Any, Any, Client]:
            return make()

    await anyio.to_thread.run_sync(lambda: run_state_machine_as_test(Sequence, settings=CHOSEN))
