"""Changing opportunities: what follows from a change, and how one is refused."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from fairlead.app import Application
from fairlead.fields.model import DataType, Field
from fairlead.settings import Settings
from fairlead.wire.operation import Registry
from world import Client, Envelope, World
from world.ground import text_fields
from world.serving import http_to, running

UPDATE = "/v2/OpportunityManagement.svc/Update"
BULK = "/v2/OpportunityManagement.svc/Bulk/Update/ByOpportunityId"
UNKNOWN = Envelope(500, "MXInvalidEntityReferenceException", "Opportunity does not exist")
FORBIDDEN = Envelope(
    403, "MXUnAuthorizedAccessException", "You do not have permission to perform this action."
)
MISSING = Envelope(
    400,
    "MXMandatoryAttributeMissingException",
    "'ProspectOpportunityId' is mandatory for updating opportunity",
)


def field(text: str) -> Envelope:
    return Envelope(500, "MXInvalidActivityFieldsException", f"Field name : {text}")


def body(id: str, **values: Any) -> dict[str, Any]:
    return {
        "ProspectOpportunityId": id,
        "Fields": [{"SchemaName": name, "Value": value} for name, value in values.items()],
    }


@pytest.fixture
async def opportunity(world: World) -> str:
    return (await world.need("opp.1"))["opp.1"]


async def stored(world: World, id: str) -> dict[str, Any]:
    return next(row for row in await world.rows("activity") if str(row["id"]) == id)


async def fields(world: World, id: str) -> dict[str, Any]:
    return json.loads((await stored(world, id))["fields"])


async def history(world: World, id: str) -> list[dict[str, list[Any]]]:
    return [json.loads(row["changes"]) for row in await world.rows("change") if str(row["record_id"]) == id]


async def test_only_what_is_sent_changes_and_is_remembered(client: Client, opportunity: str) -> None:
    await client.post(UPDATE, body(opportunity, mx_Custom_6="200,000", mx_Custom_3="Web"))
    found = await fields(client.world, opportunity)
    assert found == {
        "mx_Custom_1": "Opportunity 1",
        "mx_Custom_2": "Prospecting",
        "mx_Custom_3": "Web",
        "mx_Custom_6": 200000,
    }
    assert (await stored(client.world, opportunity))["note"] == client.world.values["opp.1.note"]
    assert await history(client.world, opportunity) == [
        {"mx_Custom_6": [None, 200000], "mx_Custom_3": [None, "Web"]}
    ]


async def test_what_is_stored_already_is_no_change(client: Client, opportunity: str) -> None:
    before = await stored(client.world, opportunity)
    await client.post(UPDATE, body(opportunity, mx_Custom_1="Opportunity 1", Status="Open"))
    assert await stored(client.world, opportunity) == before
    assert await history(client.world, opportunity) == []


@pytest.mark.parametrize("empty", ["", None])
async def test_an_empty_note_clears_it(client: Client, opportunity: str, empty: str | None) -> None:
    await client.post(UPDATE, {"ProspectOpportunityId": opportunity, "OpportunityNote": empty})
    assert (await stored(client.world, opportunity))["note"] is None


@pytest.mark.parametrize(("status", "stage"), [("Won", "Closed Won"), ("Lost", "Closed Lost")])
async def test_the_stage_follows_the_status(
    client: Client, opportunity: str, status: str, stage: str
) -> None:
    await client.post(UPDATE, body(opportunity, Status=status))
    assert (await stored(client.world, opportunity))["status"] == status
    assert (await fields(client.world, opportunity))["mx_Custom_2"] == stage
    assert await history(client.world, opportunity) == [
        {"Status": ["Open", status], "mx_Custom_2": ["Prospecting", stage]}
    ]


async def test_status_and_stage_may_change_together(client: Client, opportunity: str) -> None:
    await client.post(UPDATE, body(opportunity, Status="Won", mx_Custom_2="Closed Won"))
    await client.post(UPDATE, body(opportunity, Status="Open", mx_Custom_2="Proposal"))
    assert (await fields(client.world, opportunity))["mx_Custom_2"] == "Proposal"


STAGE = "'mx_Custom_2' of datatype : 'SearchableDropdown'"


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"Status": "Prospecting"}, "'Status' of datatype : 'SearchableDropdown' has an invalid value."),
        ({"Status": ""}, "'Status' of datatype : 'SearchableDropdown' is mandatory."),
        ({"mx_Custom_2": "Closed Won"}, f"{STAGE} has an invalid value."),
        ({"Status": "Won", "mx_Custom_2": "Prospecting"}, f"{STAGE} has an invalid value."),
        ({"Status": "Won", "mx_Custom_2": "Proposal"}, f"{STAGE} has an invalid value."),
        ({"mx_Custom_2": ""}, f"{STAGE} is mandatory."),
        ({"mx_Custom_1": ""}, "'mx_Custom_1' of datatype : 'String' is mandatory."),
        ({"mx_Custom_6": "many"}, "'mx_Custom_6' of datatype : 'Number' has an invalid value."),
        ({"mx_Custom_8": "tomorrow"}, "'mx_Custom_8' of datatype : 'DateTime' has an invalid value."),
        ({"mx_Custom_10": "nothing"}, "'mx_Custom_10' of datatype : 'Product' has an invalid value."),
        ({"Owner": "nobody"}, "'Owner' of datatype : 'ActiveUsers' has an invalid value."),
        ({"mx_Custom_99": "1"}, "'mx_Custom_99' does not exist."),
    ],
)
async def test_a_refused_value_changes_nothing(
    client: Client, opportunity: str, values: dict[str, str], error: str
) -> None:
    before = await client.world.rows("activity")
    sent = body(opportunity, mx_Custom_3="Web", **values) | {"OpportunityNote": "new"}
    assert await client.refused(UPDATE, sent) == field(error)
    assert await client.world.rows("activity") == before
    assert await history(client.world, opportunity) == []


async def test_options_are_not_checked_when_asked_not_to(client: Client, opportunity: str) -> None:
    sent = body(opportunity, mx_Custom_2="Dreaming") | {"ValidateDropDownOptions": True}
    await client.post(UPDATE, sent)
    assert (await fields(client.world, opportunity))["mx_Custom_2"] == "Dreaming"


async def test_the_status_is_one_of_three_also_when_options_are_not_checked(
    client: Client, opportunity: str
) -> None:
    before = await stored(client.world, opportunity)
    for status in ("Parked", "open", " Won"):
        sent = body(opportunity, Status=status, mx_Custom_2="Dreaming") | {"ValidateDropDownOptions": True}
        refused = await client.refused(UPDATE, sent)
        assert refused == field("'Status' of datatype : 'SearchableDropdown' has an invalid value.")
    assert await stored(client.world, opportunity) == before
    await client.post(UPDATE, body(opportunity, Status="Won") | {"ValidateDropDownOptions": True})
    assert (await fields(client.world, opportunity))["mx_Custom_2"] == "Closed Won"


async def test_the_stored_status_again_moves_nothing(client: Client, opportunity: str) -> None:
    sent = body(opportunity, mx_Custom_2="Dreaming") | {"ValidateDropDownOptions": True}
    await client.post(UPDATE, sent)
    before, history_before = await stored(client.world, opportunity), await history(client.world, opportunity)
    await client.post(UPDATE, body(opportunity, Status="Open"))
    assert await stored(client.world, opportunity) == before
    assert await history(client.world, opportunity) == history_before
    await client.post(UPDATE, body(opportunity, Status="Lost"))  # another status has a stage of its own
    assert (await fields(client.world, opportunity))["mx_Custom_2"] == "Closed Lost"


async def test_under_a_type_that_is_switched_off_nothing_changes(client: Client, opportunity: str) -> None:
    await client.world.switch_type_off(12005)
    before = await stored(client.world, opportunity)
    refused = await client.refused(UPDATE, body(opportunity, mx_Custom_3="Web"))
    assert refused == Envelope(500, "MXInvalidActivityException", "Event Code is invalid or empty")
    assert await client.refused(UPDATE, body("nothing", mx_Custom_3="Web")) == UNKNOWN
    assert await stored(client.world, opportunity) == before


async def test_too_long_a_note_is_refused(client: Client, opportunity: str) -> None:
    sent = {"ProspectOpportunityId": opportunity, "OpportunityNote": "n" * 4001}
    assert await client.refused(UPDATE, sent) == Envelope(
        500,
        "MXInvalidInputException",
        "Invalid Input! Parameter Name: OpportunityNote can not be more than 4000 characters.",
    )


async def test_audit_data_is_ignored(client: Client, opportunity: str) -> None:
    before = await stored(client.world, opportunity)
    await client.post(UPDATE, body(opportunity, CreatedOn="2001-01-01 00:00:00", ModifiedBy="nobody"))
    assert await stored(client.world, opportunity) == before


async def test_an_emptied_owner_is_the_user_of_the_key(client: Client, opportunity: str) -> None:
    other, _, _ = await client.world.user_with_key("Sales_Manager")
    await client.post(UPDATE, body(opportunity, Owner=other.upper()))
    assert str((await stored(client.world, opportunity))["owner_id"]) == other
    await client.post(UPDATE, body(opportunity, Owner=""))
    assert str((await stored(client.world, opportunity))["owner_id"]) == client.world.user_id


async def test_the_auto_number_is_an_id_where_the_type_shows_it(client: Client, opportunity: str) -> None:
    number = client.world.values["opp.1.number"]
    assert await client.refused(UPDATE, body(number, mx_Custom_3="Web")) == UNKNOWN
    await client.world.type_settings(12005, auto_id_field="mx_Custom_99")  # a field that the type has not
    assert await client.refused(UPDATE, body(number, mx_Custom_3="Web")) == UNKNOWN
    await client.world.type_settings(12005, auto_id_field="mx_Custom_11")
    for sent in (number, int(number), opportunity.upper()):
        assert (await client.post(UPDATE, body(sent)))["Message"] == {"Id": opportunity}  # type: ignore[arg-type]


async def test_nobody_writes_the_auto_number(client: Client, opportunity: str) -> None:
    world = client.world
    await world.add_fields(
        12005, Field("mx_Custom_31", "Number", DataType.NUMBER, mandatory=True, sequence=31)
    )
    await world.type_settings(12005, auto_id_field="mx_Custom_31")
    await client.post(UPDATE, body(opportunity, mx_Custom_31="77", mx_Custom_3="Web"))
    found = await fields(world, opportunity)
    assert "mx_Custom_31" not in found
    assert found["mx_Custom_3"] == "Web"


@pytest.mark.parametrize("id", ["", "   ", None, ...])
async def test_the_id_is_mandatory(client: Client, id: Any) -> None:
    sent = {"Opportunity": {}, "LeadDetails": []} if id is ... else {"ProspectOpportunityId": id}
    assert await client.refused(UPDATE, sent) == MISSING


@pytest.mark.parametrize("id", ["01000000-0000-7000-8000-000000000000", "12", "nothing", "1" * 30])
async def test_an_unknown_id_is_refused(client: Client, id: str) -> None:
    assert await client.refused(UPDATE, body(id, mx_Custom_3="Web")) == UNKNOWN


async def test_an_activity_is_no_opportunity(client: Client) -> None:
    values = await client.world.need("activity.1")
    assert await client.refused(UPDATE, body(values["activity.1"])) == UNKNOWN


async def test_of_other_owners_leads_a_salesperson_changes_nothing(client: Client, opportunity: str) -> None:
    _, *client.key = await client.world.user_with_key("Sales_User")  # type: ignore[misc]
    assert await client.refused(UPDATE, body(opportunity, mx_Custom_3="Web")) == FORBIDDEN


async def test_writers_at_once_all_count(client: Client, opportunity: str) -> None:
    await client.world.add_fields(12005, *text_fields(22, 30))
    sent = {f"mx_Custom_{n}": f"value {n}" for n in range(11, 31)}
    await asyncio.gather(*(client.post(UPDATE, body(opportunity, **{n: v})) for n, v in sent.items()))
    found = await fields(client.world, opportunity)
    assert {name: found[name] for name in sent} == sent
    changes = await history(client.world, opportunity)
    assert sorted(name for some in changes for name in some) == sorted(sent)


async def test_writers_in_two_processes_all_count(
    client: Client, opportunity: str, database_url: str, registry: Registry
) -> None:
    await client.world.add_fields(12005, *text_fields(22, 30))
    async with (
        running(Application(Settings(queue_workers=0), database_url)) as second,
        http_to(second) as http,
    ):
        clients = (client, Client(http, registry, client.world))
        sent = {f"mx_Custom_{n}": f"value {n}" for n in range(11, 31)}
        calls = [
            clients[turn % 2].post(UPDATE, body(opportunity, **{name: value}))
            for turn, (name, value) in enumerate(sent.items())
        ]
        await asyncio.gather(*calls)
    found = await fields(client.world, opportunity)
    assert {name: found[name] for name in sent} == sent
    changes = await history(client.world, opportunity)
    assert sorted(name for some in changes for name in some) == sorted(sent)


# --- in bulk ---


async def test_rows_stand_for_themselves(client: Client, opportunity: str) -> None:
    values = await client.world.need("opp.2", opp_2={"code": "12003"})
    rows = [
        body(opportunity, mx_Custom_3="Web") | {"OpportunityEventCode": 12005},
        body(opportunity, mx_Custom_4="Spring") | {"OpportunityEventCode": "12005"},
        body(values["opp.2"], mx_Custom_3="Web") | {"OpportunityEventCode": 12005},
        body(values["opp.2"], mx_Custom_3="Web"),
        body("nothing") | {"OpportunityEventCode": 12005},
        {"OpportunityEventCode": 12005},
        body(" \t") | {"OpportunityEventCode": 12005},
        body(opportunity, Status="Prospecting") | {"OpportunityEventCode": 12005},
    ]
    found = (await client.post(BULK, rows))["Response"]
    assert [row["OpportunityUpdated"] for row in found] == [True, True, *([False] * 6)]
    assert [row["RowNumber"] for row in found] == list(range(1, 9))
    assert found[1] == {"ProspectOpportunityId": opportunity, "RowNumber": 2, "OpportunityUpdated": True}
    assert [row["ExceptionMessage"] for row in found[2:]] == [
        "Event Code is invalid or empty",
        "Event Code is invalid or empty",
        UNKNOWN.message,
        MISSING.message,
        MISSING.message,
        "Field name : 'Status' of datatype : 'SearchableDropdown' has an invalid value.",
    ]
    after = await fields(client.world, opportunity)
    assert (after["mx_Custom_3"], after["mx_Custom_4"]) == ("Web", "Spring")


async def test_a_field_without_a_name_is_no_row(client: Client, opportunity: str) -> None:
    good = body(opportunity, mx_Custom_3="Web") | {"OpportunityEventCode": 12005}
    for bad in (
        [{"Value": "1"}],
        [{"SchemaName": "mx_Custom_1", "Fields": [{"Value": "1"}]}],
        [{"SchemaName": 5}],
    ):
        refused = await client.refused(BULK, [good, good | {"Fields": bad}])
        assert refused[:2] == (400, "MXInvalidInputException")
    assert "mx_Custom_3" not in await fields(client.world, opportunity)


@pytest.mark.parametrize(
    ("rows", "what"),
    [([], "You have not passed any records."), ([{}] * 26, "Number of records can not be more than 25.")],
)
async def test_one_to_25_rows(client: Client, rows: list[Any], what: str) -> None:
    assert (await client.refused(BULK, rows)).message == f"Invalid Input! Parameter Name: {what}"
