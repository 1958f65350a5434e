"""Tasks: what is filled in, what a change leaves alone, whose they are, and what becomes of them with their lead."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fairlead.records import queries
from fairlead.records.picture import Needs, Picture
from fairlead.tasks import types
from fairlead.tasks.queries import SORTED_BY
from world import Client, Envelope, World, Worlds
from world.client import envelope

CREATE, UPDATE = "/v2/Task.svc/Create", "/v2/Task.svc/Update"
MEETING = {"Name": "Meeting"}
FORBIDDEN = Envelope(
    403, "MXUnAuthorizedAccessException", "You do not have permission to perform this action."
)
UNKNOWN = "MXInvalidEntityReferenceException"


async def created(client: Client, **body: Any) -> str:
    """The id of a task that must be created."""
    answer = await client.post(CREATE, {"Name": "Discuss offer", "TaskType": MEETING} | body)
    return str(answer["Message"]["Id"])


async def shown(client: Client, task_id: str) -> dict[str, Any]:
    """A task as the read by id shows it."""
    found = await client.get("/v2/Task.svc/Retrieve.GetById", id=task_id)
    assert len(found) == 1
    return dict(found[0])


async def seller(client_of: Callable[[World], Client], world: World) -> tuple[Client, str]:
    """A client in the name of another user, who is a Sales_User; and the user's id."""
    user_id, *key = await world.user_with_key("Sales_User")
    found = client_of(world)
    found.key = (key[0], key[1])
    return found, user_id


async def give(world: World, lead: str, user_id: str) -> None:
    """Give a lead to a user."""
    statement = "update lead set owner_id = $3 where org_id = $1 and id = $2"
    await world.db.execute(statement, world.org_id, world.values[lead], user_id)


# what is filled in ---------------------------------------------------------------------------------------


async def test_a_task_with_nothing_but_a_name_and_a_type(client: Client) -> None:
    before = datetime.now(UTC).replace(tzinfo=None) - timedelta(milliseconds=1)
    task = await shown(client, await created(client))
    due = datetime.fromisoformat(task["DueDate"])
    assert before <= due <= datetime.now(UTC).replace(tzinfo=None)
    assert datetime.fromisoformat(task["EndDate"]) - due == timedelta(minutes=30)
    assert task["OwnerId"] == task["CreatedBy"] == client.world.user_id
    assert task["OwnerEmailAddress"] == "asha.rao@example.com"
    empty = {name: task[name] for name in ("RelatedEntityId", "CompletedOn", "Location", "ReminderTime")}
    assert set(empty.values()) == {None}
    assert (task["Category"], task["StatusCode"], task["RelatedEntity"]) == (0, 0, 0)
    assert (task["Reminder"], task["ReminderBeforeDays"], task["NotifyBy"]) == (0, 0, "1000")
    assert task["Description"] == ""


async def test_everything_that_can_be_said(client: Client) -> None:
    values = await client.world.need("opp.1", "user.2", "tasktype.1")
    task_id = await created(
        client,
        Name=" Räume <b> ",
        Description="a\nb",
        Location="Pune",
        RelatedEntity="5",
        RelatedEntityId=values["opp.1"].upper(),
        DueDate="2022-05-25 10:00:00.5",
        EndDate="2022-05-25 10:00:00.500",
        Reminder="1,200",
        ReminderBeforeDays="2",
        ReminderTime="07:05",
        NotifyBy=1100,
        OwnerEmailAddress=values["user.2.email"].upper(),
        TaskType={"Id": values["tasktype.1"], "Name": "whatever"},
        CustomFields={"mx_Custom_1": "x", "mx_Custom_50": 7, "mx_Custom_2": ""},
    )
    task = await shown(client, task_id)
    wanted = {
        "Name": " Räume <b> ",
        "Description": "a\nb",
        "Location": "Pune",
        "RelatedEntity": 5,
        "RelatedEntityId": values["opp.1"],
        "DueDate": "2022-05-25 10:00:00.500",
        "EndDate": "2022-05-25 10:00:00.500",
        "Reminder": 1200,
        "ReminderBeforeDays": 2,
        "ReminderTime": "07:05:00",
        "NotifyBy": "1100",
        "OwnerId": values["user.2"],
        "TaskType": {"Id": values["tasktype.1"], "Name": "Meeting"},
        "CustomFields": {"mx_Custom_1": "x", "mx_Custom_50": "7"},
    }
    assert {name: task[name] for name in wanted} == wanted
    of_lead = await client.get("/v2/LeadManagement.svc/RetrieveTaskByLeadId", leadId=values["lead.1"])
    assert [row["TaskID"] for row in of_lead["TaskList"]] == [task_id]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"Name": "x" * 201}, "Name can not be more than 200 characters."),
        ({"Name": "a\0b"}, "Name value is not correct."),
        ({"Description": "x" * 4001}, "Description can not be more than 4000 characters."),
        ({"Location": "x" * 201}, "Location can not be more than 200 characters."),
        ({"Reminder": -1}, "Reminder value is not correct."),
        ({"Reminder": 1.5}, "Reminder value is not correct."),
        ({"Reminder": 10**12}, "Reminder value is not correct."),
        ({"ReminderBeforeDays": 367}, "ReminderBeforeDays value is not correct."),
        ({"ReminderTime": "24:00:00"}, "ReminderTime value is not correct."),
        ({"NotifyBy": "0000"}, "NotifyBy value is not correct."),
        ({"DueDate": "2022-02-30 10:00:00"}, "DueDate value is not correct."),
        ({"EndDate": 5}, "EndDate value is not correct."),
        ({"RelatedEntity": "lead", "RelatedEntityId": "x"}, "RelatedEntity value is not correct."),
        ({"CustomFields": {"mx_Custom_51": "x"}}, "CustomFields.mx_Custom_51 value is not correct."),
        ({"CustomFields": {"OwnerId": "x"}}, "CustomFields.OwnerId value is not correct."),
        ({"CustomFields": {"mx_Custom_1": "x" * 201}}, "mx_Custom_1 can not be more than 200 characters."),
    ],
)
async def test_what_cannot_be_stored_is_named_and_stores_nothing(
    client: Client, body: dict[str, Any], message: str
) -> None:
    await client.world.need("task.1")
    before = await client.world.rows("task")
    expected = Envelope(500, "MXInvalidInputException", f"Invalid Input! Parameter Name: {message}")
    assert await client.refused(CREATE, {"Name": "x", "TaskType": MEETING} | body) == expected
    assert await client.refused(UPDATE, {"UserTaskId": client.world.values["task.1"]} | body) == expected
    assert await client.world.rows("task") == before


async def test_an_id_without_a_kind_is_ignored_and_said_so(client: Client) -> None:
    values = await client.world.need("lead.1")
    body = {"Name": "x", "TaskType": MEETING, "RelatedEntityId": values["lead.1"]}
    response = await client.send("POST", CREATE, json=body)
    assert "member-ignored;RelatedEntityId" in response.headers["x-fairlead-diagnostics"]
    assert (await shown(client, response.json()["Message"]["Id"]))["RelatedEntityId"] is None


async def test_an_opportunity_by_the_number_that_its_type_shows(client: Client) -> None:
    values = await client.world.need("opp.1", "task.1")
    about = {"RelatedEntity": 5, "RelatedEntityId": int(values["opp.1.number"])}
    refused = await client.refused(CREATE, {"Name": "x", "TaskType": MEETING} | about)
    assert refused == Envelope(500, UNKNOWN, "Opportunity does not exist")
    await client.world.type_settings(12005, auto_id_field="mx_Custom_11")
    assert (await shown(client, await created(client, **about)))["RelatedEntityId"] == values["opp.1"]
    await client.post(UPDATE, {"UserTaskId": values["task.1"]} | about)
    assert (await shown(client, values["task.1"]))["RelatedEntityId"] == values["opp.1"]


async def test_an_inactive_user_owns_nothing_new(client: Client) -> None:
    user_id, *_ = await client.world.user_with_key("Sales_User")
    statement = "update app_user set active = false where org_id = $1 and id = $2"
    await client.world.db.execute(statement, client.world.org_id, user_id)
    await client.world.definitions_changed()
    refused = await client.refused(CREATE, {"Name": "x", "TaskType": MEETING, "OwnerId": user_id})
    assert refused == Envelope(500, UNKNOWN, "User not found")


async def test_numbers_rise(client: Client) -> None:
    numbers = [(await shown(client, await created(client)))["AutoId"] for _ in range(3)]
    assert numbers == sorted(set(numbers))


async def test_a_call_that_is_sent_twice_under_one_key_is_done_once(client: Client) -> None:
    body = {"Name": "x", "TaskType": MEETING}
    answers = [
        (await client.send("POST", CREATE, json=body, headers={"Idempotency-Key": "k1"})).json()
        for _ in range(2)
    ]
    assert answers[0] == answers[1]
    assert await client.world.count("task") == 1


# changing ------------------------------------------------------------------------------------------------


async def test_a_change_leaves_the_rest_alone(client: Client) -> None:
    values = await client.world.need("lead.1", "lead.2")
    task_id = await created(
        client,
        RelatedEntity=1,
        RelatedEntityId=values["lead.1"],
        DueDate="2022-05-25 10:00:00",
        EndDate="2022-05-25 11:15:00",
        Location="Pune",
        CustomFields={"mx_Custom_1": "a", "mx_Custom_2": "b"},
    )
    before = await shown(client, task_id)
    body = {
        "UserTaskId": task_id.upper(),
        "DueDate": "2022-06-01 09:00:00",
        "Location": "",
        "EndDate": "",
        "CustomFields": {"mx_Custom_1": None, "mx_Custom_3": "c"},
    }
    answer = await client.post(UPDATE, body)
    assert answer["Message"] == {"AffectedRows": 1, "AutoId": before["AutoId"]}
    after = await shown(client, task_id)
    changed = {name: value for name, value in after.items() if value != before[name]}
    changed.pop("ModifiedOn")
    assert changed == {
        "DueDate": "2022-06-01 09:00:00.000",
        "EndDate": "2022-06-01 10:15:00.000",
        "Location": None,
        "CustomFields": {"mx_Custom_2": "b", "mx_Custom_3": "c"},
    }
    again = await client.post(UPDATE, body)
    assert again["Message"]["AffectedRows"] == 0
    assert await shown(client, task_id) == after


async def test_a_task_gets_another_subject(client: Client) -> None:
    values = await client.world.need("lead.1", "lead.2", "opp.1", "opp.2", opp_1={"lead": "lead.2"})
    task_id = await created(client, RelatedEntity=1, RelatedEntityId=values["lead.1"])
    for related, name, lead in ((5, "opp.1", "lead.2"), (1, "lead.1", "lead.1")):
        body = {"UserTaskId": task_id, "RelatedEntity": related, "RelatedEntityId": values[name]}
        await client.post(UPDATE, body)
        assert (await shown(client, task_id))["RelatedEntityId"] == values[name]
        row = (await client.world.rows("task"))[0]
        assert str(row["lead_id"]) == values[lead]
    for related, name in ((1, "lead.2"), (5, "opp.1")):
        body = {"UserTaskId": task_id, "RelatedEntity": related, "RelatedEntityId": values[name]}
        await client.post(UPDATE, body)
        kept = "lead.1" if related == 1 else "opp.2"
        await client.post(UPDATE, {"UserTaskId": task_id, "RelatedEntityId": values[kept].upper()})
        task = await shown(client, task_id)
        assert (task["RelatedEntity"], task["RelatedEntityId"]) == (related, values[kept])
    # It names what the stored kind says: no lead where the task is about an opportunity.
    refused = await client.refused(UPDATE, {"UserTaskId": task_id, "RelatedEntityId": values["lead.1"]})
    assert refused == Envelope(500, UNKNOWN, "Opportunity does not exist")
    await client.post(UPDATE, {"UserTaskId": task_id, "RelatedEntity": 0})
    response = await client.send(
        "POST", UPDATE, json={"UserTaskId": task_id, "RelatedEntityId": values["lead.1"]}
    )
    assert response.headers["x-fairlead-diagnostics"] == "member-ignored;RelatedEntityId"
    row = (await client.world.rows("task"))[0]
    assert (row["related"], row["lead_id"], row["opportunity_id"]) == (0, None, None)
    refused = await client.refused(UPDATE, {"UserTaskId": task_id, "RelatedEntity": 1})
    assert refused.message == "'RelatedEntityId' is mandatory for updating task"


async def test_a_type_decides_the_category(client: Client) -> None:
    task_id = await created(client)
    await client.post(UPDATE, {"UserTaskId": task_id, "TaskType": {"Name": "follow-up"}})
    task = await shown(client, task_id)
    assert (task["Category"], task["TaskType"]["Name"]) == (1, "Follow-Up")


async def test_completing_keeps_the_first_time(client: Client) -> None:
    task_id = await created(client)
    answer = await client.get("/v2/Task.svc/MarkComplete", id=task_id)
    assert answer["Message"] == {"AffectedRows": 1}
    first = await shown(client, task_id)
    answer = await client.get("/v2/Task.svc/MarkComplete", id=task_id)
    assert answer["Message"] == {"AffectedRows": 0}
    assert await shown(client, task_id) == first
    assert first["StatusCode"] == 1
    assert first["CompletedOn"] == first["ModifiedOn"]


async def test_changes_at_once_are_all_kept(client: Client) -> None:
    task_id = await created(client)
    bodies = [{"UserTaskId": task_id, "CustomFields": {f"mx_Custom_{n}": str(n)}} for n in range(1, 9)]
    await asyncio.gather(*(client.post(UPDATE, body) for body in bodies))
    fields = (await shown(client, task_id))["CustomFields"]
    assert fields == {f"mx_Custom_{n}": str(n) for n in range(1, 9)}


# many ----------------------------------------------------------------------------------------------------


async def test_the_rows_of_a_bulk_stand_for_themselves(client: Client) -> None:
    values = await client.world.need("lead.1")
    rows = [
        {"Name": "one", "TaskType": MEETING, "RelatedEntity": 1, "RelatedEntityId": values["lead.1"]},
        {"Name": "two", "TaskType": {"Name": "?"}},
        {"TaskType": MEETING},
        {"Name": "four", "TaskType": {"Name": "Call"}, "RelatedEntity": 1, "RelatedEntityId": "nobody"},
        {"Name": "five", "TaskType": {"Name": "Call"}},
    ]
    body = {"TaskList": rows, "StatusWebhookURL": "https://example.com/told"}
    response = await client.send("POST", "/v2/Task.svc/Bulk/Create", json=body)
    assert response.json()["Message"] == {"Message": "Your request to create tasks has been queued."}
    said = response.headers["x-fairlead-diagnostics"]
    assert "status-webhook-not-sent" in said
    assert re.findall(r"row-refused;(\d)", said) == ["2", "3", "4"]
    assert "2 Task Type does not exist" in said
    assert {row["name"] for row in await client.world.rows("task")} == {"one", "five"}


async def test_a_bulk_over_its_limit_stores_nothing(client: Client) -> None:
    rows = [{"Name": "x", "TaskType": MEETING}] * 51
    refused = await client.refused("/v2/Task.svc/Bulk/Create", {"TaskList": rows})
    assert refused.message == "Invalid Input! Parameter Name: Number of records can not be more than 50."
    assert await client.world.count("task") == 0


async def test_only_appointments_get_another_time(client: Client) -> None:
    values = await client.world.need("task.1", "task.2", task_2={"category": "1"})
    row = {"DueDate": "2030-01-01 10:00:00", "EndDate": "2030-01-01 09:00:00"}
    good = row | {"EndDate": "2030-01-01 11:00:00"}
    rows = [
        row | {"UserTaskId": values["task.1"]},
        good | {"UserTaskId": values["task.2"]},
        {"UserTaskId": values["task.1"]},
    ]
    await client.post("/v2/Task.svc/BulkUpdateAppointmentTime", {"TaskList": rows})
    assert all(stored["due_on"].year == 2021 for stored in await client.world.rows("task"))
    rows = [good | {"UserTaskId": values["task.1"]}]
    await client.post("/v2/Task.svc/BulkUpdateAppointmentTime", {"TaskList": rows})
    assert {str(stored["id"]): stored["due_on"].year for stored in await client.world.rows("task")} == {
        values["task.1"]: 2030,
        values["task.2"]: 2021,
    }


async def test_deleting_several(client: Client) -> None:
    values = await client.world.need("task.1", "task.2", "task.3")
    ids = [values["task.1"], values["task.1"].upper(), "nobody", values["task.3"]]
    answer = await client.post("/v2/Task.svc/DeleteTasks", {"TaskIds": ids})
    assert (answer["TasksCount"], answer["DeletedTasksCount"]) == (4, 2)
    assert answer["FailureReason"] == "Task not found: nobody"
    assert [str(row["id"]) for row in await client.world.rows("task")] == [values["task.2"]]


# whose they are ------------------------------------------------------------------------------------------


async def test_who_sees_and_changes_what(client_of: Callable[[World], Client], world: World) -> None:
    """A Sales_User has their own tasks, and all those on their leads; nothing else."""
    sales, user_id = await seller(client_of, world)
    values = await world.need("lead.1", "lead.2", "task.1", "task.2", "task.3", task_2={"lead": "lead.2"},
                              task_3={"related": "0"})  # fmt: skip
    await give(world, "lead.2", user_id)
    statement = "update task set owner_id = $3 where org_id = $1 and id = $2"
    mine = await created(client_of(world), RelatedEntity=1, RelatedEntityId=values["lead.1"])
    await world.db.execute(statement, world.org_id, mine, user_id)

    found = await sales.post("/v2/Task.svc/Retrieve", {"Parameter": {}})
    assert {row["UserTaskId"] for row in found["List"]} == {values["task.2"], mine}
    assert found["RecordCount"] == 2
    for name in ("task.1", "task.3"):
        assert await sales.get("/v2/Task.svc/Retrieve.GetById", id=values[name]) == []
        body = {"UserTaskId": values[name], "Name": "mine"}
        assert await sales.refused(UPDATE, body) == FORBIDDEN
        done = await sales.send("GET", "/v2/Task.svc/MarkComplete", query=[("id", values[name])])
        assert envelope(done) == FORBIDDEN
    for id in (values["task.2"], mine):
        answer = await sales.get("/v2/Task.svc/MarkComplete", id=id)
        assert answer["Message"]["AffectedRows"] == 1
    ids = {"TaskIds": [mine, values["task.1"]]}
    assert await sales.refused("/v2/Task.svc/DeleteTasks", ids) == FORBIDDEN
    elsewhere = {"UserTaskId": mine, "RelatedEntity": 1, "RelatedEntityId": values["lead.1"]}
    assert await sales.refused(UPDATE, elsewhere) == FORBIDDEN
    assert await world.count("task") == 4
    answer = await sales.post("/v2/Task.svc/DeleteTasks", {"TaskIds": [mine]})
    assert answer["DeletedTasksCount"] == 1


# with their lead -----------------------------------------------------------------------------------------


async def test_a_lead_takes_its_tasks_and_notes_along(client: Client) -> None:
    values = await client.world.need("lead.1", "opp.1", "task.1", "task.2", "task.3", "note.1",
                                     task_2={"opp": "opp.1"}, task_3={"related": "0"})  # fmt: skip
    await client.get("/v2/LeadManagement.svc/Lead/Delete/ById", leadId=values["lead.1"])
    assert [str(row["id"]) for row in await client.world.rows("task")] == [values["task.3"]]
    assert await client.world.count("note") == 0


async def test_a_merged_lead_leaves_them_to_the_other(client: Client) -> None:
    values = await client.world.need("lead.1", "lead.2", "opp.1", "task.1", "task.2", "note.1",
                                     task_2={"opp": "opp.1"})  # fmt: skip
    path = f"/v2/LeadManagement.svc/Lead.Merge?masterId={values['lead.2']}&childId={values['lead.1']}"
    await client.post(path)
    rows = [*await client.world.rows("task"), *await client.world.rows("note")]
    assert {str(row["lead_id"]) for row in rows} == {values["lead.2"]}
    assert len(rows) == 3
    of_lead = await client.get("/v2/LeadManagement.svc/RetrieveTaskByLeadId", leadId=values["lead.2"])
    assert of_lead["RecordCount"] == 2


async def test_a_task_outlives_its_opportunity(client: Client) -> None:
    values = await client.world.need("opp.1", "task.1", task_1={"opp": "opp.1"})
    statement = """update record_type set definition = definition || '{"can_delete": true}'
        where org_id = $1 and kind = 'opportunity'"""
    await client.world.db.execute(statement, client.world.org_id)
    await client.world.definitions_changed()
    await client.get("/v2/OpportunityManagement.svc/Delete", Id=values["opp.1"])
    task = await shown(client, values["task.1"])
    assert (task["RelatedEntity"], task["RelatedEntityId"]) == (1, values["lead.1"])


async def test_no_task_is_left_of_a_lead_that_is_deleted_meanwhile(client: Client) -> None:
    values = await client.world.need("lead.1")
    body = {"Name": "x", "TaskType": MEETING, "RelatedEntity": 1, "RelatedEntityId": values["lead.1"]}
    note = {"RelatedProspectId": values["lead.1"], "Note": "x"}
    calls = [client.send("POST", CREATE, json=body) for _ in range(20)]
    calls += [client.send("POST", "/v2/LeadManagement.svc/CreateNote", json=note) for _ in range(20)]
    removal = client.get("/v2/LeadManagement.svc/Lead/Delete/ById", leadId=values["lead.1"])
    *answers, _ = await asyncio.gather(*calls, removal)
    assert all(answer.status_code == 200 or "Lead not found" in answer.text for answer in answers)
    assert (await client.world.count("task"), await client.world.count("note")) == (0, 0)


# reading -------------------------------------------------------------------------------------------------


async def test_pages_are_sorted_and_never_repeat(client: Client) -> None:
    days = ("2022-01-03", "2022-01-01", "2022-01-02", "2022-01-01", "2022-01-05")
    for day in days:
        await created(client, DueDate=f"{day} 10:00:00", Name=day)
    for direction, wanted in (("0", sorted(days)), (1, sorted(days, reverse=True))):
        found: list[dict[str, Any]] = []
        for page in range(3):
            body = {
                "Sorting": {"ColumnName": "DueDate", "Direction": direction},
                "Paging": {"Offset": page, "RowCount": "2"},
                "Columns": {"Exclude_CSV": "Description, CustomFields"},
            }
            answer = await client.post("/v2/Task.svc/Retrieve", body)
            assert answer["RecordCount"] == len(days)
            found += answer["List"]
        assert [row["Name"] for row in found] == wanted
        assert len({row["UserTaskId"] for row in found}) == len(days)
        assert not {"Description", "CustomFields"} & set(found[0])


async def test_sorting_by_every_column(client: Client) -> None:
    await client.world.need("task.1", "task.2", task_2={"completed": "2022-01-01 00:00:00"})
    for column in (*SORTED_BY, "NoSuchColumn"):
        body = {"Sorting": {"ColumnName": column, "Direction": 0}}
        response = await client.send("POST", "/v2/Task.svc/Retrieve", json=body)
        assert response.json()["RecordCount"] == 2
        said = response.headers.get("x-fairlead-diagnostics", "")
        assert ("unknown-sort-column;NoSuchColumn" in said) == (column == "NoSuchColumn")


async def test_sorting_by_people_and_places(client: Client) -> None:
    other, *_ = await client.world.user_with_key("Sales_Manager", first_name="Aadi", last_name="Zoo")
    for name, more in (("a", {"OwnerId": other}), ("b", {"Location": "Pune"}), ("c", {"Location": "Agra"})):
        await created(client, Name=name, **more)
    for column, wanted in (("OwnerName", "abc"), ("Location", "acb"), ("OwnerEmailAddress", None)):
        orders = []
        for direction in (0, 1):
            body = {"Sorting": {"ColumnName": column, "Direction": direction}}
            response = await client.send("POST", "/v2/Task.svc/Retrieve", json=body)
            assert "unknown-sort-column" not in response.headers["x-fairlead-diagnostics"]
            orders.append("".join(row["Name"] for row in response.json()["List"]))
        assert orders[0] == orders[1][::-1]
        assert wanted in (orders[0], None)


async def test_filters_of_the_list(client: Client) -> None:
    values = await client.world.need("task.1", "task.2", "tasktype.1", task_1={"due": "2022-05-25 10:00:00"},
                                     task_2={"due": "2022-05-26 10:00:00", "category": "1"})  # fmt: skip
    for parameter, count in (
        ({"FromDate": "2022-05-25 10:00:00", "ToDate": "2022-05-25 10:00:00"}, 1),
        ({"FromDate": "2022-05-25 10:00:01", "ToDate": ""}, 1),
        ({"TypeName": values["tasktype.1"]}, 1),
        ({"TypeName": "CALL"}, 1),
        ({"TypeName": "No Such Type"}, 0),
        ({"StatusCode": ""}, 2),
        ({"StatusCode": "0"}, 2),
        ({"LookupName": "OwnerId", "LookupValue": client.world.user_id.upper()}, 2),
        ({"LookupName": "OwnerId", "LookupValue": ""}, 0),
        ({"LookupName": "ownerid", "LookupValue": client.world.user_id}, 0),
    ):
        answer = await client.post("/v2/Task.svc/Retrieve", {"Parameter": parameter})
        assert answer["RecordCount"] == len(answer["List"]) == count, parameter


async def test_types_belong_to_their_organisation(worlds: Worlds, world: World) -> None:
    other = await worlds.made("Elsewhere")
    ours, theirs = (types.all_types(some.defs) for some in (world, other))
    assert [kind.name for kind in ours] == [kind.name for kind in theirs]
    assert not {kind.id for kind in ours} & {kind.id for kind in theirs}


async def test_a_write_is_recognised_after_the_line_broke(client: Client) -> None:
    """What the engine asks when an answer never came: is this task, this note written?"""
    world = client.world
    values = await world.need("task.1", "note.1")
    picture = Picture(world.org_id, lambda *_: 1)
    needs = Needs(tasks=[values["task.1"]], notes=[values["note.1"]])
    await queries.read(world.db, [(world.org_id, needs)], {world.org_id: picture})
    task, note = picture.tasks[values["task.1"]], picture.notes[values["note.1"]]
    assert picture.leads[values["lead.1"]].id == task.lead_id == note.lead_id
    for name, row in (("task_new", task), ("task_moved", task), ("note_new", note), ("note_moved", note)):
        assert await queries.is_written(client.world.db, {name: [row]}) is True
        row.modified_on += timedelta(seconds=1)
        assert await queries.is_written(client.world.db, {name: [row]}) is False
        row.modified_on -= timedelta(seconds=1)
