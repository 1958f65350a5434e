"""Exporting leads: which, with which columns, what a spreadsheet may not run, and that an import gives all of it back."""

from __future__ import annotations

import asyncio
import csv
import html
import io
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from browsing import Browser, entitled
from fairlead.leads.transfer.cells import guarded, lines, plain
from world import Client, World, Worlds
from world.records import new_id

NASTY = '<script>alert("x")</script>\'"><img src=x onerror=alert(1)>'
START = "/app/leads/export"


async def known(client: Client, **values: str) -> None:
    """A lead that is there before."""
    pairs = [{"Attribute": name, "Value": value} for name, value in values.items()]
    await client.post("/v2/LeadManagement.svc/Lead.Create", pairs)


async def asked(browser: Browser, query: str = "", columns: list[str] | None = None) -> str:
    """Ask for an export with the columns that are ticked, or with these; where that leads."""
    await browser.get(f"{START}?{query}" if query else START)
    ticked = re.findall(r'name="column" value="([^"]+)" checked', browser.text)
    view = re.search(r'name="query" value="([^"]*)"', browser.text)
    assert view
    await browser.send(START, query=html.unescape(view[1]), column=columns if columns is not None else ticked)
    return browser.path


async def file(browser: Browser) -> bytes:
    """The file, once it is there."""
    async with asyncio.timeout(20):
        while "hx-trigger" in browser.text:
            await asyncio.sleep(0.05)
            await browser.get(browser.path)
    assert "Download CSV" in browser.text
    response = await browser.http.get(f"{browser.path}/leads.csv")
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    assert re.fullmatch(
        r'attachment; filename="leads-\d{4}-\d\d-\d\d\.csv"', response.headers["content-disposition"]
    )
    return response.content


async def exported(browser: Browser, query: str = "", columns: list[str] | None = None) -> list[list[str]]:
    """The rows of the file, as a spreadsheet reads them."""
    await asked(browser, query, columns)
    return rows(await file(browser))


def rows(raw: bytes) -> list[list[str]]:
    """The rows of a file, without what says that it is UTF-8."""
    assert raw.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline="")))


async def stored(world: World) -> dict[str, dict[str, Any]]:
    """What is stored of the leads, by e-mail address, but for their origin."""
    found = [(row, json.loads(row["fields"])) for row in await world.rows("lead")]
    return {
        fields["EmailAddress"]: fields | {"stage": row["stage"], "owner": str(row["owner_id"])}
        for row, fields in found
    }


# which leads ----------------------------------------------------------------------------------------------


async def test_the_view_of_the_list_is_exported(browser: Browser, world: World) -> None:
    await world.need("lead.1", "lead.2", "lead.3")
    found = await exported(browser, "sort=name", ["FirstName", "EmailAddress", "OwnerIdName"])
    assert found[0] == ["First Name", "Email", "Owner"]
    assert [row[0] for row in found[1:]] == ["Meera", "Ravi", "Tom"]
    assert found[1][1] == world.values["lead.2.email"]
    assert "3 leads are in the file" in browser.text
    found = await exported(browser, "sort=-name&q=9845", ["FirstName"])
    assert found == [["First Name"], ["Tom"], ["Ravi"], ["Meera"]]
    assert await exported(browser, "q=ravi", ["LastName", "FirstName"]) == [
        ["First Name", "Last Name"], ["Ravi", "Kumar"]
    ]  # fmt: skip
    assert 'href="/app/leads?q=ravi"' in browser.text
    query = "stage=Prospect&field=LastName&op=LIKE&value=y"
    assert [row[0] for row in await exported(browser, query, ["FirstName"])][1:] == ["Tom", "Meera"]
    query = "field=Score&op=empty&value=&field=FirstName&op=IN&value=Tom,Ravi&field=mx_City&op=empty&value="
    assert await exported(browser, query, ["FirstName"]) == [["First Name"]]
    query = query.removeprefix("field=Score&op=empty&value=&") + "&sort=-FirstName"
    assert await exported(browser, query, ["FirstName"]) == [["First Name"], ["Tom"], ["Ravi"]]
    assert await exported(browser, "q=nobody", ["FirstName"]) == [["First Name"]]
    await browser.get(START)
    assert browser.text.count("Ready") == 7


async def test_the_usual_columns_are_ticked_and_others_can_be_named(browser: Browser, world: World) -> None:
    await world.need("lead.1")
    found = await exported(browser)
    assert found[0][:4] == ["First Name", "Last Name", "Email", "Company"]
    assert "Owner Email" in found[0]
    found = await exported(browser, "columns=Phone,score,nope&sort=created")
    assert found[0] == ["First Name", "Last Name", "Email", "Phone Number", "Lead Score"]
    assert found[1][3:] == [f"'{world.values['lead.1.phone']}", "0"]


@pytest.mark.parametrize(
    ("query", "columns", "said"),
    [
        ("", [], "Choose one column at least"),
        ("", ["Nope"], "Choose one column at least"),
        ("field=Nope&op=%3D&value=1", ["FirstName"], "no such field"),
        ("field=Score&op=%3D&value=many", ["FirstName"], "Enter a number"),
    ],
)
async def test_what_cannot_be_exported_is_said(
    browser: Browser, world: World, query: str, columns: list[str], said: str
) -> None:
    await asked(browser, query, columns)
    assert browser.response.status_code == 422
    assert said in browser.text
    assert await world.count("export_run") == 0


async def test_a_file_is_made_of_pieces_in_order(browser: Browser, client: Client, world: World) -> None:
    text = "x" * 3900
    for number in range(320):
        await known(client, FirstName=f"F{number:03}", Notes=text)
    found = await exported(browser, "sort=name", ["FirstName", "Notes"])
    assert [row[0] for row in found[1:]] == [f"F{number:03}" for number in range(320)]
    assert {row[1] for row in found[1:]} == {text}
    assert await world.count("export_part") >= 2


# who may --------------------------------------------------------------------------------------------------


async def test_who_sees_their_own_leads_only_exports_those(
    browser: Browser, seller: Browser, world: World, worlds: Worlds, strange: Callable[..., Browser]
) -> None:
    await world.need("lead.1", "lead.2")
    person = next(user.id for user in world.defs.users.values() if user.email == seller.email)
    statement = "update lead set owner_id = $3 where org_id = $1 and id = $2"
    await world.db.execute(statement, world.org_id, world.values["lead.2"], person)
    assert await exported(seller, "", ["FirstName"]) == [["First Name"], ["Meera"]]
    theirs = seller.path
    mine = await asked(browser, "", ["FirstName"])
    assert len(rows(await file(browser))) == 3
    await browser.get(theirs)
    assert browser.response.status_code == 200
    stranger = strange(await entitled(await worlds.copy()))
    await stranger.sign_in()
    await stranger.get(START)
    assert theirs not in stranger.text
    await seller.get(START)
    assert mine not in seller.text
    for other in (seller, stranger):
        token = other.csrf
        for path in (mine, f"{mine}/leads.csv"):
            assert (await other.http.get(path)).status_code == 404
        for do in ("cancel", "delete"):
            await other.send(f"{mine}/{do}", csrf=token)
            assert other.response.status_code in (404, 422)
    assert await world.count("export_run") == 2


# what a spreadsheet may not run ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=1+1", "'=1+1"),
        ('=HYPERLINK("http://x","y")', "'=HYPERLINK(\"http://x\",\"y\")"),
        ("+91-9845000001", "'+91-9845000001"),
        ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
        ("-2+3+cmd", "'-2+3+cmd"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("'=1", "''=1"),
        ("''-x", "'''-x"),
        ("+4915112345678", "+4915112345678"),
        ("-12.5", "-12.5"),
        ("'", "'"),
        ("'s-Hertogenbosch", "'s-Hertogenbosch"),
        ("plain = text", "plain = text"),
        ("", ""),
    ],
)  # fmt: skip
def test_what_a_spreadsheet_would_run_is_made_text(value: str, cell: str) -> None:
    assert guarded(value) == cell
    assert plain(cell) == value


@given(st.text(alphabet=st.sampled_from("'=+-@\t\r1.x\n\",; "), max_size=8) | st.text())
def test_every_value_comes_back_and_no_cell_is_run(value: str) -> None:
    cell = guarded(value)
    assert plain(cell) == value
    assert cell[:1] not in ("=", "+", "-", "@", "\t", "\r") or re.fullmatch(r"[+-]?\d+(\.\d+)?", cell)
    if "\0" not in value:
        assert list(csv.reader(io.StringIO(lines([[value, "x"]]), newline=""))) == [[cell, "x"]]


async def test_formulas_in_leads_are_text_in_the_file(browser: Browser, client: Client) -> None:
    await known(client, FirstName="=1+1", Company="@SUM(A1)", Phone="+4915112345678", Notes="a\r\n=b")
    found = await exported(browser, "", ["FirstName", "Company", "Phone", "Notes"])
    assert found[1] == ["'=1+1", "'@SUM(A1)", "+4915112345678", "a\r\n=b"]


async def test_nothing_of_a_view_is_ever_markup(browser: Browser) -> None:
    await asked(browser, f"q={NASTY.replace('&', '')}".replace("<", "%3C").replace(">", "%3E"), ["FirstName"])
    await file(browser)
    assert "<img" not in browser.text
    await browser.get(f"{START}?q=%3Cimg+src%3Dx%3E&columns=%3Cimg+src%3Dx%3E")
    assert "<img" not in browser.text


# and back -------------------------------------------------------------------------------------------------


async def test_an_import_gives_everything_back(browser: Browser, client: Client, world: World) -> None:
    await known(
        client,
        EmailAddress="ada@example.com",
        FirstName="=cmd|' /C calc'!A0",
        LastName="'=quoted",
        Company='Engines; "Ltd", 50\u202f% Ørsted 日本',
        Phone="+91-9845000001",
        Mobile="+4915112345678",
        Notes="line one\r\nline two\n\n-last, ",
        JobTitle="-5",
        Latitude="-12.50",
        DoNotCall="true",
        ProspectStage="Contacted",
        mx_City="'s-Gravenhage",
    )
    await known(
        client, EmailAddress="bob@example.com", FirstName="Bob", Region="\tx", Website="www.example.com"
    )
    before = await stored(world)
    await asked(browser)
    ticked = ["FirstName", "LastName", "EmailAddress", "Company", "Phone", "Mobile", "Notes", "JobTitle",
              "Latitude", "DoNotCall", "ProspectStage", "mx_City", "Region", "Website", "OwnerId",
              "OwnerIdEmailAddress", "CreatedOn"]  # fmt: skip
    await asked(browser, "", ticked)
    raw = await file(browser)

    async def back() -> None:
        await browser.get("/app/leads/import")
        sent = {"csrf": browser.csrf}
        files = {"file": ("leads.csv", raw, "text/csv")}
        browser.response = await browser.http.post(
            "/app/leads/import", data=sent, files=files, follow_redirects=True
        )
        chosen = {
            name: (re.findall(r'<option value="([^"]*)" selected', inside) or [""])[0]
            for name, inside in re.findall(
                r'<select id="([\w-]+)"[^>]*>(.*?)</select>', browser.text, re.DOTALL
            )
        }
        assert chosen["search_by"] == "EmailAddress"
        await browser.send(browser.path, **(chosen | {"do": "run", "blank": "clear"}))
        async with asyncio.timeout(20):
            while "hx-trigger" in browser.text:
                await asyncio.sleep(0.05)
                await browser.get(browser.path)

    await back()
    figures = re.findall(r'figure-said">([\d,]+)<', browser.text)
    assert figures == ["0", "0", "2", "0"], "nothing may be different"
    await world.db.execute(
        "update lead set stage = 'Prospect', fields = jsonb_build_object('EmailAddress', fields->>'EmailAddress')"
        " where org_id = $1",
        world.org_id,
    )
    await world.db.execute("delete from lead_key where org_id = $1 and field <> 'EmailAddress'", world.org_id)
    await back()
    after = await stored(world)
    for fields in before.values():
        del fields["Origin"]
    assert after == before


# a crash, cancelling --------------------------------------------------------------------------------------


async def test_what_a_dead_process_left_is_begun_anew(browser: Browser, world: World) -> None:
    await world.need("lead.1", "lead.2")
    statement = """insert into export_run (org_id, id, user_id, view, columns, state, attempt, written, worker,
        leased_until, asked_on) values ($1, $2, $3, '', '["FirstName"]', 'running', 1, 1, $4, $5, $6)"""
    id, now = new_id(), datetime.now(UTC)
    person = next(user.id for user in world.defs.users.values() if user.email == browser.email)
    later = now + timedelta(minutes=5)
    await world.db.execute(statement, world.org_id, id, person, new_id(), later, now)
    part = "insert into export_part (org_id, run_id, number, text) values ($1, $2, 0, 'half')"
    await world.db.execute(part, world.org_id, id)
    await asyncio.sleep(0.7)
    await browser.get(f"{START}/{id}")
    assert "hx-trigger" in browser.text
    assert (await browser.http.get(f"{START}/{id}/leads.csv")).status_code == 404
    over = "update export_run set leased_until = $2 where org_id = $1"
    await world.db.execute(over, world.org_id, now - timedelta(seconds=1))
    assert rows(await file(browser)) == [["First Name"], ["Meera"], ["Ravi"]]
    (run,) = await world.rows("export_run")
    assert (run["state"], run["attempt"], run["written"], run["total"]) == ("done", 2, 2, 2)


async def test_an_export_is_cancelled_and_removed(browser: Browser, world: World) -> None:
    await world.need("lead.1")
    path = await asked(browser, "", ["FirstName"])
    await browser.send(f"{path}/cancel")
    await browser.get(path)
    if "Download CSV" not in browser.text:
        assert "It was cancelled, so there is no file" in browser.text
        assert (await browser.http.get(f"{path}/leads.csv")).status_code == 404
    await browser.send(f"{path}/delete")
    assert browser.path == START
    assert await world.count("export_run") == await world.count("export_part") == 0


async def test_an_export_ends_with_its_person(browser: Browser, world: World) -> None:
    await world.need("lead.1")
    person = next(user.id for user in world.defs.users.values() if user.email == browser.email)
    await asked(browser, "", ["FirstName"])
    await file(browser)
    await world.db.execute(
        "update app_user set active = false where org_id = $1 and id = $2", world.org_id, person
    )
    await world.definitions_changed()
    await world.db.execute("update export_run set state = 'waiting' where org_id = $1", world.org_id)
    async with asyncio.timeout(10):
        while True:
            (run,) = await world.rows("export_run")
            if run["state"] == "stopped":
                break
            await asyncio.sleep(0.05)
    assert run["reason"] == "The person who asked for it is not an active user any more."
    assert await world.count("export_part") == 0
