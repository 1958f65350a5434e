"""Notes: what is kept, what a change leaves alone, whose they are."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from world import Client, Envelope, World

CREATE = "/v2/LeadManagement.svc/CreateNote"
UPDATE = "/v2/LeadManagement.svc/UpdateNote"
RETRIEVE = "/v2/LeadManagement.svc/RetrieveNote"
FORBIDDEN = Envelope(
    403, "MXUnAuthorizedAccessException", "You do not have permission to perform this action."
)


async def test_a_note_is_kept_as_it_is_written(client: Client) -> None:
    values = await client.world.need("lead.1")
    text = ' <b>"Räume"</b>\r\n\ttwo & three '
    body = {
        "RelatedProspectId": values["lead.1"].upper(),
        "Note": text,
        "AttachmentName": "https://x.example/a b",
    }
    note_id = (await client.post(CREATE, body))["Message"]["Id"]
    found = await client.post(RETRIEVE, {"Parameter": {"RelatedId": values["lead.1"], "Id": note_id}})
    assert found["RecordCount"] == 1
    row = found["List"][0]
    assert (row["Note"], row["AttachmentName"]) == (text, "https://x.example/a b")
    assert (row["CreatedBy"], row["CreatedByName"]) == (client.world.user_id, "Asha Rao")
    lead = (await client.world.rows("lead"))[0]
    assert lead["modified_on"] == lead["created_on"], "a note does not change its lead"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"Note": "x" * 4001}, "Note can not be more than 4000 characters."),
        ({"Note": "a\0b"}, "Note value is not correct."),
        ({"AttachmentName": "x" * 2001}, "AttachmentName can not be more than 2000 characters."),
    ],
)
async def test_what_cannot_be_kept_is_named_and_changes_nothing(
    client: Client, body: dict[str, str], message: str
) -> None:
    values = await client.world.need("note.1")
    before = await client.world.rows("note")
    expected = Envelope(500, "MXInvalidInputException", f"Invalid Input! Parameter Name: {message}")
    assert (
        await client.refused(CREATE, {"RelatedProspectId": values["lead.1"], "Note": "x"} | body) == expected
    )
    assert await client.refused(UPDATE, {"ProspectNoteId": values["note.1"]} | body) == expected
    assert await client.world.rows("note") == before


async def test_a_change_leaves_the_rest_alone(client: Client) -> None:
    values = await client.world.need("note.1", note_1={"text": "hello", "attachment": "a.pdf"})

    async def stored() -> tuple[str, str | None, int]:
        row = (await client.world.rows("note"))[0]
        return row["text"], row["attachment"], row["version"]

    for change, after in (
        ({"Note": "hello"}, ("hello", "a.pdf", 1)),
        ({"Note": "bye"}, ("bye", "a.pdf", 2)),
        ({"AttachmentName": ""}, ("bye", None, 3)),
        ({"AttachmentName": "b.pdf", "Note": "x"}, ("x", "b.pdf", 4)),
    ):
        assert await client.post(UPDATE, {"ProspectNoteId": values["note.1"]} | change) == {
            "Status": "Success"
        }
        assert await stored() == after
    refused = await client.refused(UPDATE, {"ProspectNoteId": values["note.1"], "Note": ""})
    assert refused.message == "'Note' is mandatory for updating note"
    response = await client.send("POST", UPDATE, json={"ProspectNoteId": values["note.1"], "Note": "x"})
    assert "mandatory-tolerated;RelatedProspectId" in response.headers["x-fairlead-diagnostics"]


async def test_pages_newest_first(client: Client) -> None:
    attributes = {
        f"note_{n}": {"created": f"2022-01-0{n} 10:00:00", "text": f"note {n}"} for n in range(1, 6)
    }
    values = await client.world.need(**attributes)
    found = []
    for page in (1, 2, 3):
        body = {"Parameter": {"RelatedId": values["lead.1"]}, "Paging": {"PageIndex": page, "PageSize": 2}}
        answer = await client.post(RETRIEVE, body)
        assert answer["RecordCount"] == 5
        found += [row["Note"] for row in answer["List"]]
    assert found == [f"note {n}" for n in (5, 4, 3, 2, 1)]
    body = {"Parameter": {"RelatedId": values["lead.1"]}, "Sorting": {"ColumnName": "Note", "Direction": 0}}
    answer = await client.post(RETRIEVE, body)
    assert [row["Note"] for row in answer["List"]] == sorted(found)


async def test_notes_are_seen_with_their_lead(client_of: Callable[[World], Client], world: World) -> None:
    user_id, *key = await world.user_with_key("Sales_User")
    sales = client_of(world)
    sales.key = (key[0], key[1])
    values = await world.need("lead.1", "lead.2", "note.1", "note.2", note_2={"lead": "lead.2"})
    statement = "update lead set owner_id = $3 where org_id = $1 and id = $2"
    await world.db.execute(statement, world.org_id, values["lead.2"], user_id)
    for lead, note, count in (("lead.1", "note.1", 0), ("lead.2", "note.2", 1)):
        answer = await sales.post(RETRIEVE, {"Parameter": {"RelatedId": values[lead]}})
        assert answer["RecordCount"] == len(answer["List"]) == count
        change = {"ProspectNoteId": values[note], "Note": "mine"}
        new = {"RelatedProspectId": values[lead], "Note": "mine"}
        if count:
            await sales.post(UPDATE, change)
            await sales.post(CREATE, new)
        else:
            assert await sales.refused(UPDATE, change) == FORBIDDEN
            assert await sales.refused(CREATE, new) == FORBIDDEN
    assert await world.count("note") == 3
