"""The screens about tasks and notes: the list of work, one task, and what stands on the page of a lead."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from browsing import Browser, entitled
from world import World, Worlds

NASTY = '<script>alert("x")</script>\'"><img src=x onerror=alert(1)>'


def names(browser: Browser) -> list[str]:
    """The tasks of the list that is shown, in its order."""
    return [
        html.unescape(one) for one in re.findall(r'<a class="strong clip"[^>]*>([^<]*)</a>', browser.text)
    ]


def headings(browser: Browser) -> list[str]:
    """The groups of the list that is shown."""
    return re.findall(r'<h2 id="group-(\w+)"', browser.text)


def user_of(world: World, browser: Browser) -> str:
    """The id of the person who is signed in there."""
    return next(user.id for user in world.defs.users.values() if user.email == browser.email)


async def set_task(world: World, name: str, **columns: Any) -> None:
    """Change a task behind the rules' back."""
    for column, value in columns.items():
        statement = f"update task set {column} = $3 where org_id = $1 and id = $2"
        await world.db.execute(statement, world.org_id, world.values[name], value)


async def work(world: World, browser: Browser) -> None:
    """Tasks of who is signed in there: due two days ago, in five minutes, in two days; and one that is done."""
    now = datetime.now(UTC)
    given = {f"task_{n}": {"name": name} for n, name in enumerate(("late", "now", "then", "done"), 1)}
    await world.need(**given)
    owner = user_of(world, browser)
    for name, due in (("task.1", -2), ("task.3", 2), ("task.4", -3)):
        await set_task(world, name, owner_id=owner, due_on=now + timedelta(days=due))
    await set_task(world, "task.2", owner_id=owner, due_on=now + timedelta(minutes=5))
    await set_task(world, "task.4", completed_on=now)


# the list ------------------------------------------------------------------------------------------------


async def test_an_empty_list_says_what_to_do(browser: Browser) -> None:
    await browser.get("/app/tasks")
    assert "Nothing to do" in browser.text
    assert 'href="/app/tasks/new"' in browser.text
    for show in ("overdue", "today", "later", "done"):
        await browser.get(f"/app/tasks?show={show}")
        assert 'class="empty"' in browser.text


async def test_work_by_due_date(browser: Browser, world: World) -> None:
    await work(world, browser)
    await browser.get("/app/tasks")
    assert names(browser) == ["late", "now", "then"]
    assert headings(browser)[0] == "overdue"
    assert headings(browser)[-1] == "later"
    for show, found in (("overdue", ["late"]), ("done", ["done"]), ("nonsense", ["late", "now", "then"])):
        await browser.get(f"/app/tasks?show={show}")
        assert names(browser) == found
    await browser.get("/app/tasks?show=later")
    assert "then" in names(browser)
    assert "late" not in names(browser)


async def test_the_work_of_others(browser: Browser, world: World) -> None:
    await work(world, browser)
    await world.need("user.2", "task.9", task_9={"name": "theirs", "owner": "user.1"})
    await browser.get("/app/tasks")
    assert "theirs" not in names(browser)
    await browser.get(f"/app/tasks?owner={world.user_id}")
    assert names(browser) == ["theirs"]
    await browser.get("/app/tasks?owner=all")
    assert names(browser) == ["theirs", "late", "now", "then"]
    assert "Asha Rao" in browser.text
    await browser.get(f"/app/tasks?owner={world.values['user.2']}")
    assert names(browser) == []
    await browser.get("/app/tasks?owner=nobody")
    assert names(browser) == ["late", "now", "then"]


async def test_who_sees_their_own_leads_sees_their_own_work(seller: Browser, world: World) -> None:
    await work(world, seller)
    await world.need("task.9", task_9={"name": "theirs"})
    for query in ("", "?owner=all", f"?owner={world.user_id}"):
        await seller.get(f"/app/tasks{query}")
        assert names(seller) == ["late", "now", "then"]
        assert 'name="owner"' not in seller.text


async def test_a_long_list_goes_on(browser: Browser, world: World) -> None:
    await world.need(**{f"task_{n}": {"name": f"t{n:03}"} for n in range(1, 61)})
    for show, column in (("", "due_on"), ("done", "completed_on")):
        statement = f"update task set {column} = created_on, owner_id = $2 where org_id = $1"
        await world.db.execute(statement, world.org_id, user_of(world, browser))
        found: list[str] = []
        address = f"/app/tasks?show={show}"
        while address:
            await browser.get(address)
            found += names(browser)
            more = re.search(r'<p class="older below"><a class="button" href="([^"]+)"', browser.text)
            address = html.unescape(more[1]) if more else ""
        wanted = [f"t{n:03}" for n in range(1, 61)]
        assert found == (wanted[::-1] if show else wanted)
    await browser.get("/app/tasks?after=nonsense")
    assert browser.response.status_code == 200


async def test_completing_and_opening_again(browser: Browser, world: World) -> None:
    await work(world, browser)
    task = world.values["task.1"]
    await browser.get("/app/tasks?show=overdue")
    await browser.send(f"/app/tasks/{task}/done", address="/app/tasks?show=overdue")
    assert browser.path == "/app/tasks?show=overdue"
    assert "late: done." in browser.text
    assert names(browser) == []
    await browser.send(f"/app/tasks/{task}/done", address="https://evil.example/x", again="1")
    assert browser.path == "/app/tasks"
    assert names(browser)[0] == "late"


# one task ------------------------------------------------------------------------------------------------


async def test_a_new_task_about_nothing(browser: Browser, world: World) -> None:
    await browser.get("/app/tasks/new")
    form = {
        "Name": "Call the bank",
        "TaskType": "Call",
        "DueDate": "2030-01-02T15:30",
        "EndDate": "",
        "OwnerId": user_of(world, browser),
        "Location": "",
        "Description": "a\r\nb",
    }
    await browser.send("/app/tasks/new", **form)
    assert browser.path == "/app/tasks"
    assert names(browser) == ["Call the bank"]
    row = (await world.rows("task"))[0]
    assert row["due_on"] == datetime(2030, 1, 2, 10, 0, tzinfo=UTC)  # the organisation is in Kolkata
    assert row["ends_on"] - row["due_on"] == timedelta(minutes=15)
    assert (row["description"], row["location"], row["lead_id"]) == ("a\nb", None, None)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"Name": ""}, "What is to be done is needed."),
        ({"TaskType": ""}, "Type is needed."),
        ({"Name": "x" * 201}, "What is to be done holds at most 200 characters."),
        ({"DueDate": "soon"}, "The time cannot be read. Enter a date and a time."),
        ({"EndDate": "2029-01-01T10:00"}, "The end lies before the beginning"),
        ({"OwnerId": "nobody"}, "User not found"),
        ({"TaskType": "Nap"}, "Task Type does not exist"),
    ],
)
async def test_what_is_wrong_is_said_beside_the_field(
    browser: Browser, world: World, change: dict[str, str], said: str
) -> None:
    await browser.get("/app/tasks/new")
    form = {"Name": "kept", "TaskType": "Call", "DueDate": "2030-01-02T15:30", "OwnerId": world.user_id}
    answer = await browser.send("/app/tasks/new", **form | change)
    assert answer.status_code == 422
    assert said in html.unescape(browser.text)
    assert await world.count("task") == 0


async def test_changing_a_task(browser: Browser, world: World) -> None:
    values = await world.need("task.1", task_1={"name": "Visit", "due": "2030-01-02 10:00:00"})
    address = f"/app/tasks/{values['task.1']}"
    await browser.get(address)
    controls = dict(re.findall(r'name="(DueDate|EndDate)"[^>]*value="([^"]+)"', browser.text))
    assert controls == {"DueDate": "2030-01-02T15:30", "EndDate": "2030-01-02T16:00"}
    form = {"Name": "Visit", "TaskType": "Meeting", "OwnerId": world.user_id, "Location": "Pune"} | controls
    await browser.send(address, **form | {"DueDate": "2030-01-03T15:30", "Description": "new"})
    assert "Saved." in browser.text
    row = (await world.rows("task"))[0]
    assert (row["location"], row["description"]) == ("Pune", "new")
    assert row["due_on"] == datetime(2030, 1, 3, 10, 0, tzinfo=UTC)
    assert row["ends_on"] == datetime(2030, 1, 3, 10, 30, tzinfo=UTC)
    assert (await browser.send(address, **form | {"Name": ""})).status_code == 422


async def test_a_task_of_who_has_left_can_be_changed(browser: Browser, world: World) -> None:
    values = await world.need("user.2", "task.1", task_1={"owner": "user.2", "due": "2030-01-02 10:00:00"})
    statement = "update app_user set active = false where org_id = $1 and id = $2"
    await world.db.execute(statement, world.org_id, values["user.2"])
    await world.definitions_changed()
    address = f"/app/tasks/{values['task.1']}"
    await browser.get(address)
    assert f"{values['user.2.name']} (not active)" in browser.text
    form = {
        "Name": "Other",
        "TaskType": "Meeting",
        "DueDate": "2030-01-02T15:30",
        "OwnerId": values["user.2"],
    }
    await browser.send(address, **form)
    assert "Saved." in browser.text
    assert str((await world.rows("task"))[0]["owner_id"]) == values["user.2"]


async def test_deleting_a_task(browser: Browser, world: World) -> None:
    values = await world.need("task.1")
    address = f"/app/tasks/{values['task.1']}"
    await browser.get(address)
    assert "Delete this task?" in browser.text
    await browser.send(f"{address}/delete", address=f"/app/leads/{values['lead.1']}")
    assert browser.path == f"/app/leads/{values['lead.1']}"
    assert await world.count("task") == 0
    assert (await browser.get(address)).status_code == 404


# on a lead -----------------------------------------------------------------------------------------------


async def test_a_note_and_a_task_on_a_lead(browser: Browser, world: World) -> None:
    values = await world.need("lead.1")
    lead = f"/app/leads/{values['lead.1']}"
    await browser.get(lead)
    await browser.send(f"{lead}/notes/new", Note="Likes\r\nthe blue one")
    assert browser.path == lead
    assert "Likes\nthe blue one" in browser.text
    assert (await browser.send(f"{lead}/notes/new", Note="  ")).status_code == 422
    assert "Write something first." in browser.text
    assert (await browser.send(f"{lead}/notes/new", Note="x" * 4001)).status_code == 422
    assert "A note holds at most 4000 characters." in browser.text
    await browser.get(f"{lead}/tasks/new")
    form = {"Name": "Call", "TaskType": "Call", "DueDate": "2030-01-02T15:30", "OwnerId": world.user_id}
    await browser.send(f"{lead}/tasks/new", **form)
    assert browser.path == lead
    assert names(browser) == ["Call"]
    row = (await world.rows("task"))[0]
    assert (row["related"], str(row["lead_id"])) == (1, values["lead.1"])
    assert (await browser.send(f"{lead}/tasks/new", **form | {"Name": ""})).status_code == 422
    await browser.get(lead)
    await browser.send(f"/app/tasks/{row['id']}/done", address=lead)
    assert browser.path == lead
    assert names(browser) == []
    assert "Done" in browser.text


async def test_changing_a_note(browser: Browser, world: World) -> None:
    values = await world.need("note.1", "lead.2", note_1={"text": "first", "attachment": "offer.pdf"})
    address = f"/app/leads/{values['lead.1']}/notes/{values['note.1']}"
    await browser.get(f"/app/leads/{values['lead.1']}")
    assert f'href="{address}"' in browser.text
    await browser.get(address)
    assert ">first</textarea>" in browser.text
    await browser.send(address, Note="second")
    assert "second" in browser.text
    row = (await world.rows("note"))[0]
    assert (row["text"], row["attachment"]) == ("second", "offer.pdf")
    assert (await browser.send(address, Note="")).status_code == 422
    other = f"/app/leads/{values['lead.2']}/notes/{values['note.1']}"
    assert (await browser.get(other)).status_code == 404


async def test_the_timeline_tells_notes_and_tasks_in_their_order(browser: Browser, world: World) -> None:
    given = {f"note_{n}": {"text": f"n{n:02}", "created": f"2022-01-01 {n // 60:02}:{n % 60:02}:00"}
             for n in range(0, 80, 2)}  # fmt: skip
    given |= {f"task_{n}": {"name": f"n{n:02}", "created": "2021-06-01 00:00:00",
                            "completed": f"2022-01-01 {n // 60:02}:{n % 60:02}:00"}
              for n in range(1, 80, 2)}  # fmt: skip
    given["task_98"] = {
        "name": "n98",
        "created": "2022-01-03 00:00:00",
    }  # open: to be done, nothing that happened
    given["task_99"] = {"name": "n99", "created": "2021-06-01 00:00:00", "completed": "2022-01-02 00:00:00"}
    values = await world.need(**given)
    lead = f"/app/leads/{values['lead.1']}"
    wanted = ["n99", *(f"n{n:02}" for n in reversed(range(80)))]

    async def told(address: str) -> list[str]:
        found: list[str] = []
        while address:
            await browser.get(address)
            timeline = browser.text.partition('class="timeline-part"')[2]
            found += re.findall(r">(n\d\d)<", timeline)
            more = re.search(r'<p class="older"><a class="button" href="([^"]+)"', timeline)
            address = html.unescape(more[1]) if more else ""
        return found

    assert await told(lead) == wanted
    assert await told(f"{lead}?show=notes") == [name for name in wanted if int(name[1:]) % 2 == 0]
    assert await told(f"{lead}?show=tasks") == [name for name in wanted if int(name[1:]) % 2]
    assert await told(f"{lead}?show=changes") == []
    await browser.get(lead)
    assert browser.text.count(">n98<") == 1
    assert 'Tasks done&nbsp;<span class="soft">41</span>' in browser.text


# whose they are, and what they may not do ---------------------------------------------------------------


async def test_what_is_somebody_elses_is_not_there(seller: Browser, world: World) -> None:
    values = await world.need("task.1", "note.1")
    lead, task = f"/app/leads/{values['lead.1']}", f"/app/tasks/{values['task.1']}"
    note = f"{lead}/notes/{values['note.1']}"
    for address in (task, note, f"{lead}/tasks/new", f"{lead}/notes/new"):
        assert (await seller.get(address)).status_code == 404
    await seller.get("/app/tasks")
    before = [*await world.rows("task"), *await world.rows("note")]
    form = {"Name": "mine", "TaskType": "Call", "DueDate": "2030-01-02T15:30", "OwnerId": world.user_id}
    for address, fields in (
        (task, form),
        (f"{task}/delete", {}),
        (f"{lead}/tasks/new", form),
        (f"{lead}/notes/new", {"Note": "mine"}),
        (note, {"Note": "mine"}),
    ):
        await seller.get("/app/tasks")
        answer = await seller.send(address, **fields)
        assert answer.status_code in (403, 404), address
    await seller.get("/app/tasks")
    await seller.send(f"{task}/done")
    assert "You do not have permission to perform this action." in seller.text
    assert [*await world.rows("task"), *await world.rows("note")] == before


async def test_another_organisation_has_its_own(
    strange: Callable[..., Browser], worlds: Worlds, browser: Browser
) -> None:
    other = await worlds.made("Elsewhere")
    values = await other.need("task.1", "note.1")
    lead = f"/app/leads/{values['lead.1']}"
    task = f"/app/tasks/{values['task.1']}"
    for address in (task, f"{lead}/notes/{values['note.1']}", f"{lead}/tasks/new", f"/app/tasks/{uuid4()}"):
        assert (await browser.get(address)).status_code == 404
    await browser.get("/app/tasks?owner=all")
    assert names(browser) == []
    await browser.send(f"{task}/done")
    assert "Task not found" in browser.text
    own = strange(await entitled(other))
    await own.sign_in()
    assert (await own.get(task)).status_code == 200


async def test_nothing_of_what_people_write_is_run(browser: Browser, world: World) -> None:
    values = await world.need("task.1", "note.1", task_1={"name": NASTY, "description": NASTY},
                              note_1={"text": NASTY, "attachment": NASTY})  # fmt: skip
    await set_task(world, "task.1", owner_id=user_of(world, browser), location=NASTY)
    lead = f"/app/leads/{values['lead.1']}"
    pages = (
        "/app/tasks",
        "/app/tasks?owner=all",
        f"/app/tasks/{values['task.1']}",
        lead,
        f"{lead}/notes/{values['note.1']}",
    )
    for address in pages:
        await browser.get(address)
        assert browser.response.status_code == 200
        assert "<img src=x" not in browser.text, address
        assert 'alert("x")' not in browser.text, address
        assert len(browser.response.content) < 60_000
    await browser.get(pages[0])
    await browser.send(f"/app/tasks/{values['task.1']}/done")
    assert "<img src=x" not in browser.text
