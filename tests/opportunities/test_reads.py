"""Reading opportunities: which ones, in which order, with which columns."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fairlead.fields.model import DataType, Field
from world import Client, Envelope, World

FAMILY = "/v2/OpportunityManagement.svc/"
OF_LEAD = f"{FAMILY}GetOpportunitiesOfLead"
BY_FIELD = f"{FAMILY}GetOpportunitiesByUniqueLeadField"
BY_IDS = f"{FAMILY}GetOpportunitiesById"
SEARCH = f"{FAMILY}Retrieve/BySearchParameter"
DETAILS = f"{FAMILY}GetOpportunityDetails"
ACTIVITIES = f"{FAMILY}GetActivitiesOfOpportunity"
ENABLED = f"{FAMILY}IsOpportunityEnabled"
NOBODY = "01000000-0000-7000-8000-000000000000"
UNKNOWN = Envelope(500, "MXInvalidEntityReferenceException", "Opportunity does not exist")
NONE = {"RecordCount": 0, "List": []}

SYSTEM = [
    "ProspectId",
    "FirstName",
    "LastName",
    "EmailAddress",
    "Phone",
    "DoNotCall",
    "DoNotEmail",
    "LeadName",
    "LeadOwner",
    "OpportunityEventType",
    "OpportunityEvent",
    "OpportunityNote",
    "Score",
    "PACreatedOn",
    "PAModifiedOn",
    "IP_Latitude",
    "IP_Longitude",
    "PACreatedByName",
    "Status",
    "Owner",
    "OwnerName",
    "OpportunityId",
    "RelatedProspectId",
    "CreatedOn",
    "ModifiedOn",
]


def missing(name: str, action: str) -> Envelope:
    return Envelope(400, "MXMandatoryAttributeMissingException", f"'{name}' is mandatory for {action}")


@pytest.fixture
async def values(world: World) -> dict[str, str]:
    """Three opportunities of a lead, two types, of which 12005 shows numbers; one of another lead."""
    await world.type_settings(12005, auto_id_field="mx_Custom_20")
    await world.add_fields(
        12005,
        Field(
            "mx_Custom_31",
            "Papers",
            DataType.FIELD_SET,
            sequence=31,
            members=(Field("mx_CustomObject_1", "Paper"),),
        ),
    )
    return await world.need(
        "user.1",
        "opp.1",
        opp_1={"created": "2020-01-01 10:00:00", "mx_Custom_3": "Web"},
        opp_2={"created": "2020-01-02 10:00:00", "mx_Custom_3": "Ads", "status": "Won"},
        opp_3={"created": "2020-01-03 10:00:00", "code": "12003"},
        opp_4={"created": "2020-01-04 10:00:00", "lead": "lead.2"},
        activity_1={"opp": "opp.1", "code": "208", "created": "2020-02-01 10:00:00"},
        activity_2={"opp": "opp.1", "code": "206", "created": "2020-02-02 10:00:00"},
        activity_3={"code": "206"},
    )


async def ids(client: Client, values: dict[str, str], body: Any = ..., **query: str) -> list[str]:
    found = await client.post(OF_LEAD, body, leadId=values["lead.1"], **query)
    names = {id: name for name, id in values.items()}
    return [names[row["OpportunityId"]] for row in found["List"]]


# --- of a lead ---


async def test_newest_first_and_all_types(client: Client, values: dict[str, str]) -> None:
    assert await ids(client, values) == ["opp.3", "opp.2", "opp.1"]
    assert await ids(client, values, {}, opportunityType="12003") == ["opp.3"]
    assert await ids(client, values, None, opportunityType="") == ["opp.3", "opp.2", "opp.1"]


async def test_order_and_page(client: Client, values: dict[str, str]) -> None:
    up = {"Sorting": {"ColumnName": "PACreatedOn", "Direction": "0"}}
    assert await ids(client, values, up) == ["opp.1", "opp.2", "opp.3"]
    by_source = {"Sorting": {"ColumnName": "mx_Custom_3", "Direction": 0}}
    assert await ids(client, values, by_source) == ["opp.3", "opp.2", "opp.1"]
    by_type = {"Sorting": {"ColumnName": "OpportunityEvent", "Direction": 0}}
    assert (await ids(client, values, by_type))[0] == "opp.3"
    assert await ids(client, values, {"Paging": {"PageIndex": "2", "PageSize": "2"}}) == ["opp.1"]
    assert await ids(client, values, {"Paging": {"Offset": 1, "RowCount": 1}}) == ["opp.2"]
    found = await client.post(OF_LEAD, {"Paging": {"PageIndex": 9, "PageSize": 2}}, leadId=values["lead.1"])
    assert found == {"RecordCount": 3, "List": []}


async def people(world: World) -> tuple[str, str]:
    """Owners whose names stand before and behind Asha Rao, the user of the key: their ids."""
    names = (("Aadi", "Zoo"), ("Zoe", "Ahn"))
    first, last = [await world.user_with_key("Sales_Manager", first_name=a, last_name=b) for a, b in names]
    return first[0], last[0]


async def sorted_rows(
    client: Client, path: str, body: dict[str, Any], column: str, direction: int, **query: str
) -> Any:
    """The rows, and the diagnostics."""
    sorting = {"Sorting": {"ColumnName": column, "Direction": direction}}
    response = await client.send("POST", path, json=body | sorting, query=list(query.items()))
    assert response.status_code == 200
    return response.json()["List"], response.headers.get("x-fairlead-diagnostics", "")


async def test_sorted_by_what_rows_show_of_people(client: Client, values: dict[str, str]) -> None:
    world = client.world
    first, last = await people(world)
    for name, owner in (("opp.1", last), ("opp.3", first)):
        sent = {"ProspectOpportunityId": values[name], "Fields": [{"SchemaName": "Owner", "Value": owner}]}
        await client.post("/v2/OpportunityManagement.svc/Update", sent)
    statement = "update activity set created_by = $3 where org_id = $1 and id = $2"
    await world.db.execute(statement, world.org_id, values["opp.2"], first)
    for column, names in (
        ("OwnerName", ["opp.3", "opp.2", "opp.1"]),
        ("PACreatedByName", ["opp.2", "opp.1", "opp.3"]),
    ):
        for direction in (0, 1):
            body = {"Sorting": {"ColumnName": column, "Direction": direction}}
            found = await ids(client, values, body)
            assert (found if direction == 0 else found[::-1]) == names


async def test_a_search_is_sorted_by_what_rows_show_of_the_lead(
    client: Client, values: dict[str, str]
) -> None:
    world = client.world
    first, _ = await people(world)
    statement = """update lead set owner_id = $3, fields = fields || '{"EmailAddress": "AAA@example.com", "LastName": null}'
        where org_id = $1 and id = $2"""
    await world.db.execute(statement, world.org_id, values["lead.2"], first)
    # Meera has no last name now; Ravi Kumar is the other lead.
    for column, position in (
        ("LeadOwner", 0),
        ("LeadName", 0),
        ("FirstName", 0),
        ("LastName", 0),
        ("EmailAddress", 0),
    ):
        rows, said = await sorted_rows(client, SEARCH, search(), column, 0)
        assert said == ""
        assert [row["OpportunityId"] for row in rows].index(values["opp.4"]) == position, column
        backward, _ = await sorted_rows(client, SEARCH, search(), column, 1)
        assert [row["OpportunityId"] for row in backward] == [row["OpportunityId"] for row in rows][::-1]
    _, said = await sorted_rows(client, SEARCH, search(), "P_LeadName", 0)
    assert said == "unknown-sort-column;P_LeadName"


async def test_activities_are_sorted_by_people_too(client: Client, values: dict[str, str]) -> None:
    world = client.world
    _, last = await people(world)
    statement = "update activity set owner_id = $3 where org_id = $1 and id = $2"
    await world.db.execute(statement, world.org_id, values["activity.1"], last)
    rows, said = await sorted_rows(client, ACTIVITIES, {}, "OwnerName", 1, opportunityId=values["opp.1"])
    assert [row["OwnerName"] for row in rows] == ["Zoe Ahn", "Asha Rao"]
    assert said == ""
    for column in ("LeadOwner", "CreatedByName"):  # the same for all: as ids come
        rows, said = await sorted_rows(client, ACTIVITIES, {}, column, 0, opportunityId=values["opp.1"])
        assert [row["ProspectActivityId"] for row in rows] == sorted(
            (values["activity.1"], values["activity.2"])
        )
        assert said == ""


async def test_too_large_a_page_is_made_smaller_and_said(client: Client, values: dict[str, str]) -> None:
    response = await client.send(
        "POST",
        OF_LEAD,
        json={"Paging": {"PageIndex": 1, "PageSize": 5000}},
        query=[("leadId", values["lead.1"])],
    )
    assert response.status_code == 200
    assert response.headers["x-fairlead-diagnostics"] == "page-size-clamped;1000"


async def test_the_whole_row(client: Client, values: dict[str, str]) -> None:
    row = (await client.post(OF_LEAD, leadId=values["lead.1"]))["List"][2]
    own = list(row)[len(SYSTEM) : -1]
    assert list(row) == [*SYSTEM, *own, "Total"]
    assert sorted(own) == sorted(f"mx_Custom_{n}" for n in (*range(1, 22), 31))
    assert row["mx_Custom_1"] == "Opportunity 1"
    assert row["mx_Custom_4"] is None
    assert (row["Total"], row["LeadName"], row["OwnerName"]) == ("3", "Ravi Kumar", "Asha Rao")


async def test_columns_asked_for(client: Client, values: dict[str, str]) -> None:
    path = "/v2/OpportunityManagement.svc/Update"
    await client.post(
        path,
        {
            "ProspectOpportunityId": values["opp.1"],
            "Fields": [
                {
                    "SchemaName": "mx_Custom_31",
                    "Fields": [{"SchemaName": "mx_CustomObject_1", "Value": "pan"}],
                }
            ],
        },
    )
    named = "mx_Custom_31~mx_CustomObject_1, mx_Custom_3,Owner, POwnerEmail,P_FirstName,P_City,P_Phone,OpportunityAge,Nope"
    response = await client.send(
        "POST", OF_LEAD, json={"Columns": {"Include_CSV": named}}, query=[("leadId", values["lead.1"])]
    )
    row = response.json()["List"][2]
    own = list(row)[len(SYSTEM) :]
    assert own == [
        "mx_Custom_31~mx_CustomObject_1", "mx_Custom_3", "POwnerEmail", "P_FirstName", "P_Phone", "OpportunityAge", "Total"
    ]  # fmt: skip
    assert [row[name] for name in own[:5]] == ["pan", "Web", "asha.rao@example.com", "Ravi", None]
    assert int(row["OpportunityAge"]) > 2000
    assert response.headers["x-fairlead-diagnostics"] == "unknown-column;P_City, unknown-column;Nope"


async def test_columns_left_out(client: Client, values: dict[str, str]) -> None:
    body = {"Columns": {"Exclude_CSV": "mx_Custom_1,Owner"}}
    row = (await client.post(OF_LEAD, body, leadId=values["lead.1"]))["List"][0]
    assert "mx_Custom_1" not in row
    assert {"Owner", "mx_Custom_2"} <= row.keys()


async def test_nothing_to_list(client: Client, values: dict[str, str]) -> None:
    for lead in (NOBODY, "nothing"):
        assert await client.post(OF_LEAD, leadId=lead) == NONE
    assert await client.post(OF_LEAD, leadId=values["lead.1"], opportunityType="206") == NONE
    assert await client.refused(OF_LEAD) == missing("leadId", "retrieving opportunities")
    wrong = await client.refused(f"{OF_LEAD}?leadId={NOBODY}&opportunityType=x")
    assert wrong.message == "Invalid Input! Parameter Name: opportunityType value is not correct."


async def test_a_salesperson_sees_the_own_leads_only(client: Client, values: dict[str, str]) -> None:
    _, *client.key = await client.world.user_with_key("Sales_User")  # type: ignore[misc]
    assert await client.post(OF_LEAD, leadId=values["lead.1"]) == NONE
    assert (await client.send("GET", f"{DETAILS}?OpportunityId={values['opp.1']}")).json()[
        "ExceptionMessage"
    ] == UNKNOWN.message
    assert (await client.post(BY_IDS, wanted(12005, [values["opp.1"]])))[0]["RecordCount"] == 0
    assert await client.refused(f"{ACTIVITIES}?opportunityId={values['opp.1']}") == UNKNOWN
    assert (await client.refused(SEARCH, {})).status == 403


# --- of the lead with a unique value ---


def lookup(name: str | None, value: Any, operator: str | None = "=") -> dict[str, Any]:
    return {"Parameter": {"LookupName": name, "LookupValue": value, "SqlOperator": operator}}


async def test_by_unique_values(client: Client, values: dict[str, str]) -> None:
    for name, value in (
        ("EmailAddress", values["lead.1.email"].upper()),
        ("Mobile", f" {values['lead.1.mobile']}"),
        ("ProspectId", values["lead.1"].upper()),
    ):
        found = await client.post(BY_FIELD, lookup(name, value, None))
        assert found["RecordCount"] == 3
        assert list(found["List"][0])[-2:] == ["TrackingNormalized", "Total"]
    assert await client.post(BY_FIELD, lookup("Phone", "+91-0000000000")) == NONE


async def test_by_a_value_that_names_no_lead(client: Client) -> None:
    action = "retrieving opportunities"
    assert await client.refused(BY_FIELD, {}) == missing("Parameter", action)
    assert await client.refused(BY_FIELD, lookup("", "1")) == missing("LookupName", action)
    assert await client.refused(BY_FIELD, lookup("Phone", "")) == missing("LookupValue", action)
    wrong = (await client.refused(BY_FIELD, lookup("FirstName", "Ravi"))).message
    assert wrong == "Invalid SearchBy value provided"
    wrong = (await client.refused(BY_FIELD, lookup("Phone", "1", "LIKE"))).message
    assert wrong == "Invalid Input! Parameter Name: SqlOperator value is not correct."


# --- by ids ---


def wanted(code: Any, opportunities: Any, columns: Any = ...) -> dict[str, Any]:
    columns = {"Include_CSV": "Owner,mx_Custom_3"} if columns is ... else columns
    return {
        "SearchParameters": [{"EventCode": code, "ProspectActivityId": opportunities, "Columns": columns}]
    }


async def test_elements_and_rows_in_order(client: Client, values: dict[str, str]) -> None:
    first = wanted(
        12005, [values["opp.4"], NOBODY, values["opp.1.number"], values["opp.3"], "x", values["opp.1"]]
    )
    second = wanted("12003", [values["opp.3"], values["opp.3.number"]], {"Include_CSV": "CreatedOn"})
    found = await client.post(
        BY_IDS, {"SearchParameters": first["SearchParameters"] + second["SearchParameters"]}
    )
    assert [(some["EventCode"], some["RecordCount"]) for some in found] == [("12005", 2), ("12003", 1)]
    rows = found[0]["Opportunities"]
    assert [row["ProspectActivityId"] for row in rows] == [values["opp.4"], values["opp.1"]]
    assert list(rows[1].items())[3:] == [
        ("Owner", values["user.1"]), ("OwnerEmailAddress", values["user.1.email"]), ("mx_Custom_3", "Web")
    ]  # fmt: skip
    assert found[1]["Opportunities"][0]["CreatedOn"] == "1/3/2020 10:00:00 AM"


async def test_every_column_when_none_is_named(client: Client, values: dict[str, str]) -> None:
    (row,) = (await client.post(BY_IDS, wanted(12005, [values["opp.1"]], {})))[0]["Opportunities"]
    assert {
        "Status",
        "Owner",
        "OwnerEmailAddress",
        "CreatedOn",
        "mx_Custom_2",
        "ActivityEvent_Note",
    } <= row.keys()


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "'SearchParameters' is mandatory for retrieving opportunities"),
        (wanted(None, ["x"]), "'EventCode' is mandatory for retrieving opportunities"),
        (wanted(12005, []), "'ProspectActivityId' is mandatory for retrieving opportunities"),
        (wanted(12005, ["x"], None), "'Columns' is mandatory for retrieving opportunities"),
        (wanted(206, ["x"]), "Event Code is invalid or empty"),
        (
            wanted(12005, ["x"] * 2001),
            "Invalid Input! Parameter Name: Number of records can not be more than 2000.",
        ),
    ],
)
async def test_what_a_call_by_ids_needs(client: Client, body: Any, message: str) -> None:
    assert (await client.refused(BY_IDS, body)).message == message


# --- one ---


async def test_details(client: Client, values: dict[str, str]) -> None:
    found = await client.get(DETAILS, OpportunityId=values["opp.1"].upper(), getFileURL="true")
    assert list(found) == [
        "ID",
        "Name",
        "DisplayName",
        "Fields",
        "RelatedProspectId",
        "OpportunityNote",
        "CreatedOn",
        "CreatedByName",
        "ModifiedOn",
        "ModifiedByName",
    ]
    assert (found["ID"], found["Name"], found["RelatedProspectId"]) == (
        values["opp.1"],
        "Loan",
        values["lead.1"],
    )
    assert found["CreatedOn"] == "/Date(1577872800000+0000)/"
    shown = {field["SchemaName"]: field for field in found["Fields"]}
    assert list(shown)[:3] == ["ActivityEvent_Note", "Status", "Owner"]
    assert all(len(field) == 28 for field in found["Fields"])
    assert shown["CreatedOn"]["Value"] == "2020-01-01 10:00:00"
    assert [option["Value"] for option in json.loads(shown["Status"]["OptionSet"])] == ["Open", "Won", "Lost"]
    assert (await client.get(DETAILS, OpportunityId=values["opp.1.number"]))["ID"] == values["opp.1"]
    assert (await client.post(ACTIVITIES, opportunityId=values["opp.1.number"]))["RecordCount"] == 2


async def test_no_details(client: Client, values: dict[str, str]) -> None:
    for path in (DETAILS, ACTIVITIES):
        name, action = (
            ("OpportunityId", "retrieving opportunity")
            if path == DETAILS
            else ("opportunityId", "retrieving activities")
        )
        verb = "GET" if path == DETAILS else "POST"
        response = await client.send(verb, path)
        assert response.json()["ExceptionMessage"] == f"'{name}' is mandatory for {action}"
        for id in (NOBODY, "x", values["activity.1"], values["opp.3.number"], "999999", "1" * 40):
            response = await client.send(verb, f"{path}?opportunityId={id}")
            assert response.json()["ExceptionMessage"] == UNKNOWN.message


# --- activities of one ---


async def test_activities_of_an_opportunity(client: Client, values: dict[str, str]) -> None:
    found = await client.post(ACTIVITIES, opportunityId=values["opp.1"])
    assert found["RecordCount"] == 2
    assert [row["ActivityEvent"] for row in found["List"]] == ["206", "208"]
    assert list(found["List"][0]) == [
        "ProspectId",
        "ProspectActivityId",
        "RelatedProspectId",
        "RelatedOpportunityId",
        "ActivityType",
        "ActivityEvent",
        "ActivityEvent_Note",
        "Status",
        "Owner",
        "OwnerName",
        "CreatedOn",
        "CreatedByName",
        "ModifiedOn",
        "mx_Custom_1",
        "Total",
    ]
    assert found["List"][0]["RelatedOpportunityId"] == values["opp.1"]
    assert (await client.post(ACTIVITIES, {}, opportunityId=values["opp.2"])) == NONE


async def test_activities_of_one_type(client: Client, values: dict[str, str]) -> None:
    for query, body in (({"activityEventCode": "208"}, ...), ({}, {"activityEventCode": 208})):
        found = await client.post(ACTIVITIES, body, opportunityId=values["opp.1"], **query)
        assert [row["ProspectActivityId"] for row in found["List"]] == [values["activity.1"]]
    found = await client.post(ACTIVITIES, opportunityId=values["opp.1"], activityEventCode="9999")
    assert found == NONE


async def test_too_large_a_page_of_activities_is_refused(client: Client, values: dict[str, str]) -> None:
    path = f"{ACTIVITIES}?opportunityId={values['opp.1']}"
    wrong = await client.refused(path, {"Paging": {"PageIndex": 1, "PageSize": 1001}})
    assert wrong.message == "Invalid Input! Parameter Name: PageSize can not be more than 1000."


# --- search ---


def search(*rows: dict[str, str], code: Any = 12005, **more: Any) -> dict[str, Any]:
    own = {"LSO": "ActivityEvent", "LSO_Type": "PAEvent", "Operator": "eq", "RSO": str(code)}
    condition = {"Type": "Activity", "ConOp": "and", "RowCondition": [own, *rows]}
    text = json.dumps({"GrpConOp": "And", "Conditions": [condition], "QueryTimeZone": "India Standard Time"})
    return {"OpportunityEventCode": code, "AdvancedSearch": text} | more


async def test_search(client: Client, values: dict[str, str]) -> None:
    won = {"LSO": "Status", "LSO_Type": "PADropdown", "Operator": "eq", "RSO": "Won"}
    found = await client.post(SEARCH, search(won, Columns={"Include_CSV": "Owner,Status,mx_Custom_2"}))
    assert [row["OpportunityId"] for row in found["List"]] == [values["opp.2"]]
    assert list(found["List"][0]) == [*SYSTEM, "mx_Custom_2", "Total"]
    body = search(
        Sorting={"ColumnName": "mx_Custom_3", "Direction": 0}, Paging={"PageIndex": 1, "PageSize": 2}
    )
    found = await client.post(SEARCH, body)
    assert found["RecordCount"] == 3
    assert [row["OpportunityId"] for row in found["List"]] == [values["opp.4"], values["opp.2"]]
    assert found["List"][0]["EmailAddress"] == values["lead.2.email"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"AdvancedSearch": "{}"}, "'OpportunityEventCode' is mandatory for searching opportunities"),
        ({"OpportunityEventCode": 12005}, "'AdvancedSearch' is mandatory for searching opportunities"),
        (
            search() | {"OpportunityEventCode": 12003},
            "AdvancedSearch criteria does not match ActivityEvent passed",
        ),
        (search() | {"AdvancedSearch": "soon"}, "Invalid Input! Parameter Name: AdvancedSearch"),
        (search(code=206), "Event Code is invalid or empty"),
    ],
)
async def test_an_unusable_search(client: Client, body: Any, message: str) -> None:
    assert (await client.refused(SEARCH, body)).message == message


async def test_the_feature_is_enabled_for_the_own_account(client: Client) -> None:
    own = {"OpportunityManagement": "Enabled"}
    assert await client.get(ENABLED, orgId=client.world.defs.org.short_code) == own
    assert await client.get(ENABLED) == own
    assert await client.get(ENABLED, orgId="1") == {"OpportunityManagement": "Disabled"}
