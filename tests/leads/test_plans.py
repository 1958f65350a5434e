"""The plans of leads, decided on a picture made by hand: who is meant, what changes, what stays."""

from __future__ import annotations

from collections.abc import Generator
from datetime import UTC, datetime
from typing import Any

import pytest

from fairlead.errors import ApiError, Duplicate, Forbidden, InvalidInput, MandatoryMissing, UnknownReference
from fairlead.fields.model import DataType, Field, Option
from fairlead.fields.standard import LEAD_FIELDS, SYSTEM_TYPES
from fairlead.leads import plans
from fairlead.leads.drafts import default_of
from fairlead.orgs.definitions import LEAD, Definitions, Organisation, RecordType, User
from fairlead.records.picture import Needs, Picture, is_id, new_id
from fairlead.records.rows import Lead
from fairlead.wire.operation import Call
from fairlead.wire.types import Pair

NOW = datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=UTC)
ADMIN, REP = new_id(), new_id()
KYC = Field(
    "mx_KYC",
    "KYC",
    data_type=DataType.FIELD_SET,
    members=(
        Field("Status", "Status"),
        Field("mx_CustomObject_1", "File"),
        Field("Step", "Step", DataType.SELECT, options=(Option("Asked"),)),
    ),
)


def _type(kind: str, code: int, name: str, fields: tuple[Field, ...]) -> RecordType:
    return RecordType(
        id=new_id(),
        kind=kind,
        code=code,
        name=name,
        display_name=name,
        score=0,
        active=True,
        fields={field.name: field for field in fields},
        settings={},
        created_by=None,
        created_on=NOW,
        modified_by=None,
        modified_on=NOW,
    )


def _user(id: str, role: str) -> User:
    return User(id, f"{role}@example.com", role, "", role, True, {}, NOW, NOW)


DEFS = Definitions(
    Organisation(1, new_id(), "Test", "1", 1, {}, NOW),
    [
        _type("lead", LEAD, "Lead", (*LEAD_FIELDS, KYC)),
        *(_type("system", t.code, t.name, ()) for t in SYSTEM_TYPES),
    ],
    [_user(ADMIN, "Administrator"), _user(REP, "Sales_User")],
    [],
    [],
)


class World:
    """A picture with some leads, in which plans run one after the other."""

    def __init__(self) -> None:
        self.numbers = 0
        self.picture = Picture(1, self.take)

    def take(self, org_id: int, name: str) -> int:
        self.numbers += 1
        return self.numbers

    def call(self, actor: str = ADMIN) -> Call[Any, Any]:
        return Call(
            org_id=1,
            actor=DEFS.users[actor],
            access_key="",
            defs=DEFS,
            query=None,
            body=None,
            now=NOW,
            request_id="",
        )

    def run(self, plan: Generator[Needs, Picture, Any]) -> Any:
        try:
            next(plan)
            plan.send(self.picture)
        except StopIteration as stop:
            return stop.value
        raise AssertionError

    def lead(self, **values: object) -> Lead:
        return self.run(plans.create(self.call(), pairs(**values))).lead

    def capture(self, behaviour: str | None = None, **values: object) -> plans.Written:
        return self.run(plans.capture(self.call(), pairs(**values), behaviour=behaviour))


def pairs(**values: object) -> list[Pair]:
    return [Pair(Attribute=name, Value=value) for name, value in values.items()]


@pytest.fixture
def world() -> World:
    return World()


def test_a_refused_write_changes_nothing(world: World) -> None:
    lead = world.lead(EmailAddress="a@example.com", Phone="+91-9999999999")
    before = dict(lead.fields)
    with pytest.raises(Duplicate, match="Phone Number"):
        world.run(
            plans.create_or_update(
                world.call(), pairs(EmailAddress="b@example.com", Phone="+91-9999999999", FirstName="x")
            )
        )
    assert lead.fields == before
    assert list(world.picture.leads) == [lead.id]


def test_an_update_that_says_what_is_stored_changes_nothing(world: World) -> None:
    lead = world.lead(FirstName="A", EmailAddress="a@example.com")
    sent = pairs(
        FirstName="A", EmailAddress="a@example.com", DoNotEmail="false", LeadType="OT_0", LastName=""
    )
    assert not world.run(plans.update(world.call(), lead.id.upper(), sent)).changed


def test_a_unique_value_moves_with_its_lead(world: World) -> None:
    first = world.lead(EmailAddress="a@example.com")
    world.run(plans.update(world.call(), first.id, pairs(EmailAddress="b@example.com")))
    second = world.lead(EmailAddress="A@example.com")
    assert world.picture.keys["EmailAddress", "a@example.com"] == second.id
    assert world.picture.keys["EmailAddress", "b@example.com"] == first.id


@pytest.mark.parametrize(
    ("sent", "same"),
    [
        ({}, False),
        ({"ProspectID": "known"}, True),
        ({"ProspectID": "known", "EmailAddress": "A@EXAMPLE.COM"}, True),
        ({"ProspectID": "known", "EmailAddress": "other@example.com"}, False),
        ({"ProspectID": "unknown", "EmailAddress": "a@example.com"}, True),
        ({"EmailAddress": "other@example.com", "Phone": "+91-9999999999"}, True),
        ({"Phone": "+91-9999999998"}, False),
    ],
)
def test_whom_a_capture_means(world: World, sent: dict[str, str], same: bool) -> None:
    lead = world.lead(EmailAddress="a@example.com", Phone="+91-9999999999")
    ids = {"known": lead.id, "unknown": new_id()}
    written = world.capture(FirstName="x", **{name: ids.get(value, value) for name, value in sent.items()})
    assert (written.lead is lead) == same
    assert written.created != same


def test_a_capture_ignores_search_by_when_all_three_keys_are_sent(world: World) -> None:
    lead = world.lead(EmailAddress="a@example.com")
    other = world.lead(Phone="+91-9999999999")
    with pytest.raises(Duplicate):
        world.capture(
            ProspectID=lead.id, EmailAddress="a@example.com", Phone="+91-9999999999", SearchBy="Phone"
        )
    written = world.capture(EmailAddress="b@example.com", Phone="+91-9999999999", SearchBy="Phone")
    assert written.lead is other


def test_what_a_capture_may_change(world: World) -> None:
    lead = world.lead(EmailAddress="a@example.com", FirstName="A", Source="Event")
    sent = {"EmailAddress": "a@example.com", "FirstName": "B", "LastName": "L", "Source": "Partner"}
    assert not world.capture("DoNotUpdate", **sent).changed
    world.capture("UpdateOnlyEmptyFields", **sent)
    assert (lead.fields["FirstName"], lead.fields["LastName"]) == ("A", "L")
    world.capture("DoNotUpdateUniqueFields", **sent, Phone="+91-9999999999")
    assert (lead.fields["FirstName"], lead.fields.get("Phone")) == ("B", None)
    world.capture(None, **sent, Phone="+91-9999999999")
    assert (lead.fields["Phone"], lead.fields["Source"]) == ("+91-9999999999", "Event")
    with pytest.raises(InvalidInput, match="LeadUpdateBehavior"):
        world.capture("Nothing", **sent)


def test_every_capture_leaves_a_note_of_what_was_sent(world: World) -> None:
    world.capture(EmailAddress="a@example.com", DoNotEmail=True, SearchBy="EmailAddress", CreatedOn="\0")
    (activity,) = world.picture.new_activities.values()
    assert activity.code == 23
    assert activity.note == "{keyvalueinfo}EmailAddress{=}a@example.com{next}DoNotEmail{=}true"


def test_blank_members_of_a_field_set_are_blanks(world: World) -> None:
    lead = world.lead(FirstName="A")
    lead.fields["mx_KYC"] = {"Status": "Done"}
    members = [Pair(Attribute="Status", Value="New"), Pair(Attribute="mx_CustomObject_1", Value="a.png")]
    sent = [*pairs(ProspectID=lead.id), Pair(Attribute="mx_KYC", Value="", Fields=members)]
    world.run(plans.capture(world.call(), sent, behaviour="UpdateOnlyEmptyFields"))
    assert lead.fields["mx_KYC"] == {"Status": "Done", "mx_CustomObject_1": "a.png"}


def test_what_no_value_means_is_no_blank(world: World) -> None:
    lead = world.lead(EmailAddress="a@example.com")
    sent = {"EmailAddress": "a@example.com", "LeadType": "OT_1", "DoNotEmail": "1", "LastName": "L"}
    world.capture("UpdateOnlyEmptyFields", **sent)
    assert {name: lead.fields.get(name) for name in sent} == {
        "EmailAddress": "a@example.com",
        "LeadType": None,
        "DoNotEmail": None,
        "LastName": "L",
    }
    world.capture(None, **sent)
    assert (lead.fields["LeadType"], lead.fields["DoNotEmail"]) == ("OT_1", True)
    with pytest.raises(InvalidInput, match="LeadType"):
        world.run(plans.update(world.call(), lead.id, pairs(LeadType="")))


def test_an_option_that_a_member_does_not_have_is_stored_and_noticed(world: World) -> None:
    call = world.call()
    members = [Pair(Attribute="Step", Value="Nowhere"), Pair(Attribute="Status", Value="New")]
    sent = [*pairs(FirstName="A"), Pair(Attribute="mx_KYC", Fields=members)]
    lead = world.run(plans.create(call, sent)).lead
    assert lead.fields["mx_KYC"] == {"Step": "Nowhere", "Status": "New"}
    assert call.notices == [("unknown-option", "mx_KYC~Step=Nowhere")]


def test_a_default_that_its_field_refuses_is_none() -> None:
    """Such a field can be stored, by a version that took one."""
    options = (Option("Too long", is_default=True), Option("No"))
    city = Field("mx_Wish", "Wish", DataType.SELECT, options=options, max_length=3)
    found = default_of(city, DEFS)
    assert found is None


def test_blanks_are_stored_and_yet_identify_nobody(world: World) -> None:
    lead = world.lead(FirstName="A", LastName="  ")
    assert lead.fields["LastName"] == "  "
    for plan in (
        plans.create(world.call(), pairs(FirstName=" \t", LastName="")),
        plans.update(world.call(), lead.id, pairs(FirstName="")),
        plans.update(world.call(), lead.id, pairs(FirstName=" ")),
    ):
        with pytest.raises(MandatoryMissing):
            world.run(plan)


def test_a_visitor_becomes_a_lead_once(world: World) -> None:
    lead = world.lead(FirstName="V")
    lead.is_lead = False
    lead.fields.pop("FirstName")
    with pytest.raises(MandatoryMissing):
        world.run(plans.convert(world.call(), lead.id, pairs(mx_City="Pune")))
    assert world.run(plans.convert(world.call(), lead.id, pairs(LastName="V"))).changed
    assert lead.is_lead
    assert lead.fields["LeadConversionDate"] == "2026-01-02 03:04:05.678"
    assert not world.run(plans.convert(world.call(), lead.id, pairs(LastName="V"))).changed


def test_a_sales_user_changes_only_their_own_leads(world: World) -> None:
    theirs, other = world.lead(FirstName="A", OwnerId=REP), world.lead(EmailAddress="a@example.com")
    assert world.run(plans.update(world.call(REP), theirs.id, pairs(FirstName="B"))).changed
    for plan in (
        plans.update(world.call(REP), other.id, pairs(FirstName="B")),
        plans.create_or_update(world.call(REP), pairs(EmailAddress="a@example.com")),
        plans.capture(world.call(REP), pairs(EmailAddress="a@example.com")),
    ):
        with pytest.raises(Forbidden):
            world.run(plan)
    city = Pair(Attribute="mx_City", Value="Pune")
    assert world.run(plans.update_all(world.call(REP), [theirs.id, new_id()], city)) == 1
    with pytest.raises(Forbidden):
        world.run(
            plans.update_all(world.call(REP), [theirs.id, other.id], Pair(Attribute="mx_City", Value="Goa"))
        )
    assert (theirs.fields["mx_City"], other.fields.get("mx_City")) == ("Pune", None)


def test_one_field_of_many_leads(world: World) -> None:
    leads = [world.lead(FirstName="A"), world.lead(LastName="B")]
    ids = [lead.id for lead in leads]
    blank = Pair(Attribute="FirstName", Value="")
    with pytest.raises(MandatoryMissing):
        world.run(plans.update_all(world.call(), ids[:1], blank))
    assert (
        world.run(plans.update_all(world.call(), [*ids, "nobody"], Pair(Attribute="mx_City", Value="Pune")))
        == 2
    )
    for value in ("a@example.com", "", None):
        with pytest.raises(Duplicate):
            world.run(plans.update_all(world.call(), ids, Pair(Attribute="EmailAddress", Value=value)))


@pytest.mark.parametrize(
    ("sent", "error"),
    [
        ({"FirstName": "A", "SearchBy": "FirstName"}, "Invalid SearchBy value provided"),
        ({"SearchBy": "Phone"}, "'Phone' is mandatory for creating or updating lead"),
        ({"ProspectID": new_id(), "FirstName": "A", "SearchBy": "ProspectId"}, "Lead not found"),
        ({"EmailAddress": "no address", "SearchBy": "EmailAddress"}, "not of type 'Email'"),
        ({"FirstName": "A", "OwnerId": "x", "SearchBy": "OwnerId"}, "Invalid SearchBy value provided"),
        ({"FirstName": "A", "Score": " ", "SearchBy": "Score"}, "'Score' is mandatory for creating"),
        ({"FirstName": "A", "mx_KYC": "", "SearchBy": "mx_KYC"}, "'mx_KYC' is mandatory for creating"),
        ({"FirstName": "A", "Phone": " ", "SearchBy": "Phone"}, "'Phone' is mandatory for creating"),
    ],
)
def test_what_search_by_may_not_be(world: World, sent: dict[str, str], error: str) -> None:
    with pytest.raises(ApiError, match=error):
        world.run(plans.create_or_update(world.call(), pairs(**sent)))


def test_of_a_name_given_twice_the_last_value_counts(world: World) -> None:
    sent = [
        *pairs(FirstName="A", EmailAddress="no address", OwnerId="nobody"),
        *pairs(EmailAddress="a@example.com"),
    ]
    with pytest.raises(UnknownReference):
        world.run(plans.create(world.call(), sent))
    lead = world.run(plans.create(world.call(), [*sent, *pairs(OwnerId=REP)])).lead
    assert (lead.fields["EmailAddress"], lead.owner_id) == ("a@example.com", REP)


@pytest.mark.parametrize(
    "text", ["", "1_3e4567-e89b-12d3-a456-426614174000", "１23e4567-e89b-12d3-a456-426614174000"]
)
def test_only_a_guid_is_an_id(text: str) -> None:
    assert not is_id(text)
    assert is_id(new_id().upper())
