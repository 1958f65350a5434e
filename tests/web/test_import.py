"""Importing leads: the file, its columns, the check, the run, and what was refused. With who may, and what a crash does."""

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

import httpx
import pytest

from browsing import Browser, entitled
from fairlead.app import Application
from fairlead.fields.model import DataType, Field
from fairlead.leads.transfer import uploads
from fairlead.settings import Settings
from world import Client, World, Worlds
from world.records import new_id
from world.serving import Log, running

NASTY = '<script>alert("x")</script>\'"><img src=x onerror=alert(1)>'
START = "/app/leads/import"


async def upload(browser: Browser, text: str | bytes, *, name: str = "leads.csv", **fields: str) -> str:
    """Upload a file; where that leads."""
    await browser.get(START)
    raw = text.encode() if isinstance(text, str) else text
    sent = {"csrf": browser.csrf} | fields
    browser.response = await browser.http.post(
        START, data=sent, files={"file": (name, raw, "text/csv")}, follow_redirects=True
    )
    return browser.path


async def begin(browser: Browser, do: str = "run", **fields: Any) -> None:
    """Send the form with the columns as it is shown, but for what is given."""
    chosen = {}
    for name, inside in re.findall(
        r'<select id="([\w-]+)" name="[\w-]+"[^>]*>(.*?)</select>', browser.text, re.DOTALL
    ):
        found = re.search(r'<option value="([^"]*)" selected', inside)
        chosen[name] = html.unescape(found[1]) if found else ""
    await browser.send(browser.path, **(chosen | {"do": do} | fields))


async def finished(browser: Browser) -> dict[str, int]:
    """Look again until the server does not work on it any more; the numbers of the report."""
    async with asyncio.timeout(20):
        while "hx-trigger" in browser.text:
            await asyncio.sleep(0.05)
            await browser.get(browser.path)
    return numbers(browser)


def numbers(browser: Browser) -> dict[str, int]:
    """The numbers that are shown: created, updated, unchanged, refused."""
    found = re.findall(r'<p class="soft">([\w ]+)</p><p class="figure-said">([\d,]+)</p>', browser.text)
    return {name.removeprefix("Would be ").lower(): int(said.replace(",", "")) for name, said in found}


async def imported(browser: Browser, text: str | bytes, **fields: Any) -> dict[str, int]:
    """Upload and import; the numbers of the report."""
    await upload(browser, text)
    await begin(browser, **fields)
    return await finished(browser)


async def leads(world: World) -> dict[str, dict[str, Any]]:
    """The leads of the organisation by e-mail address, with their fields as they are stored."""
    found = [row | {"fields": json.loads(row["fields"])} for row in await world.rows("lead")]
    return {str(row["fields"].get("EmailAddress")): row for row in found}


async def downloaded(browser: Browser) -> list[list[str]]:
    """The refused rows as a spreadsheet reads them."""
    response = await browser.http.get(f"{browser.path}/refused.csv")
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    assert response.headers["content-disposition"] == 'attachment; filename="refused-rows.csv"'
    return list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"), newline="")))


async def known(client: Client, **values: str) -> None:
    """A lead that is there before."""
    pairs = [{"Attribute": name, "Value": value} for name, value in values.items()]
    await client.post("/v2/LeadManagement.svc/Lead.Create", pairs)


def many(count: int, *, domain: str = "many.example") -> str:
    """A file with so many new leads."""
    rows = (f"Ada,Lovelace{number},ada{number}@{domain},Pune" for number in range(count))
    return "\r\n".join(["First Name,Last Name,Email,City", *rows, ""])


# the way through ------------------------------------------------------------------------------------------


async def test_a_file_becomes_leads(browser: Browser, world: World) -> None:
    text = (
        "First Name,Surname,E-mail,mx_City,Colour\n"
        'Ada,Lovelace,ada@example.com,"Pune, West",red\n'
        "Bad,Address,not-an-address,Delhi,blue\n"
        "\n"
        "Grace,Hopper,GRACE@example.com,,\n"
    )
    path = await upload(browser, text, name="people.csv")
    assert re.fullmatch(r"/app/leads/import/[0-9a-f-]{36}", path)
    assert "people.csv" in browser.text
    assert "3 rows · 5 columns · UTF-8 · comma" in browser.text
    assert '<option value="EmailAddress" selected>' in browser.text
    assert '<option value="LastName" selected>' in browser.text
    assert "Pune, West" in browser.text

    await begin(browser, "check")
    would = await finished(browser)
    assert would == {"created": 2, "updated": 0, "unchanged": 0, "refused": 1}
    assert "Nothing was written yet" in browser.text
    assert await world.count("lead") == 0
    assert await world.count("lead_key") == 0
    assert await world.count("import_shadow") == 0

    await browser.send(browser.path, do="run")
    assert await finished(browser) == would
    stored = await leads(world)
    assert stored["ada@example.com"]["fields"]["mx_City"] == "Pune, West"
    assert stored["GRACE@example.com"]["fields"]["LastName"] == "Hopper"
    assert "mx_City" not in stored["GRACE@example.com"]["fields"]
    person = next(user.id for user in world.defs.users.values() if user.email == browser.email)
    assert {str(row["created_by"]) for row in stored.values()} == {person}
    assert {str(row["changed_by"]) for row in await world.rows("change")} == {person}

    assert await downloaded(browser) == [
        ["First Name", "Surname", "E-mail", "mx_City", "Colour", "Row", "Reason"],
        ["Bad", "Address", "not-an-address", "Delhi", "blue", "3", "Email cannot be read. Enter an address such as name@example.com."],
    ]  # fmt: skip
    await browser.get(START)
    assert path in browser.text
    assert "Done" in browser.text


async def test_it_goes_on_without_script_and_with_htmx(browser: Browser, world: World) -> None:
    await world.need("lead.1")
    await upload(browser, many(3))
    await begin(browser)
    assert 'hx-trigger="every 1s"' in browser.text
    assert "<progress" in browser.text
    assert "Look again" in browser.text
    await finished(browser)
    await browser.get(browser.path, hx_request="true")
    assert "<html" not in browser.text
    assert 'id="run"' in browser.text


@pytest.mark.parametrize(
    ("mode", "counts"),
    [
        ("both", {"created": 1, "updated": 1, "unchanged": 1, "refused": 0}),
        ("create", {"created": 1, "updated": 0, "unchanged": 0, "refused": 2}),
        ("update", {"created": 0, "updated": 1, "unchanged": 1, "refused": 1}),
    ],
)
async def test_existing_leads_are_created_or_updated_as_one_chose(
    browser: Browser, client: Client, world: World, mode: str, counts: dict[str, int]
) -> None:
    await known(client, EmailAddress="other@example.com", FirstName="Old Name")
    await known(client, EmailAddress="same@example.com", FirstName="Same")
    text = "Email,First Name\nother@example.com,New Name\nsame@example.com,Same\nnew@example.com,New\n"
    await upload(browser, text)
    await begin(browser, "check", mode=mode)
    assert await finished(browser) == counts
    await browser.send(browser.path, do="run")
    assert await finished(browser) == counts
    assert await world.count("lead") == 2 + counts["created"]
    reasons = [row[-1] for row in await downloaded(browser)][1:]
    expected = {
        "both": [],
        "create": ["A Lead with same Email already exists. Open that one instead, or change the value."] * 2,
        "update": ["There is no such lead to update."],
    }
    assert reasons == expected[mode]


async def test_a_refused_row_tells_everything_that_is_wrong_with_it(browser: Browser, world: World) -> None:
    await world.add_fields(-1, Field("mx_Sum", "Sum", DataType.NUMBER))
    text = (
        "First Name,Email,Sum,Lead Stage,Owner\n"
        "Ada,ada@example.com,7,Prospect,\n"
        "Bob,no address,many,Nowhere,nobody@example.com\n"
        ",,,,\n"
        "Eve,eve@example.com,none,Prospect,\n"
    )
    await upload(browser, text)
    await begin(browser, "check", **{"map-4": "OwnerId"})
    assert await finished(browser) == {"created": 1, "updated": 0, "unchanged": 0, "refused": 2}
    number = "Sum cannot be read. Enter a number, such as 1200.50."
    assert [row[-1] for row in await downloaded(browser)][1:] == [
        f"Email cannot be read. Enter an address such as name@example.com. {number} Owner Id: User not found",
        number,
    ]
    assert "Lead Stage: Nowhere" in browser.text
    assert "The 2 refused rows are left out." in browser.text
    assert "Import 1 row<" in browser.text
    await browser.send(browser.path, do="run")
    await finished(browser)
    (made,) = await world.rows("lead")
    assert json.loads(made["fields"])["Origin"] == "Import"


async def test_where_every_row_is_refused_nothing_is_offered_to_be_imported(browser: Browser) -> None:
    await upload(browser, "First Name,Email\nBob,no address\n")
    await begin(browser, "check")
    assert (await finished(browser))["refused"] == 1
    assert "The refused row is left out." in browser.text
    assert 'value="run"' not in browser.text
    await browser.send(browser.path, do="check")
    assert (await finished(browser))["refused"] == 1


async def test_leads_are_found_by_phone_or_any_unique_field(browser: Browser, world: World) -> None:
    await world.add_fields(
        -1, Field("mx_Customer_No", "Customer No.", DataType.TEXT, unique=True, max_length=50)
    )
    assert (await imported(browser, "Customer No.,Phone,First Name\nA-1,+919845011111,Ann\n"))["created"] == 1
    assert (await imported(browser, "phone,first name\n+919845011111,Anna\n"))["updated"] == 1
    await upload(browser, "Customer No.,First Name\nA-1,Anne\n")
    assert '<option value="mx_Customer_No" selected>' in browser.text.partition('name="search_by"')[2]
    await begin(browser)
    assert (await finished(browser))["updated"] == 1
    assert [row["fields"]["FirstName"] for row in (await leads(world)).values()] == ["Anne"]


@pytest.mark.parametrize(("blank", "city"), [("leave", "Pune"), ("clear", None)])
async def test_empty_cells_leave_or_clear(
    browser: Browser, client: Client, world: World, blank: str, city: str | None
) -> None:
    await known(client, EmailAddress="ada@example.com", mx_City="Pune", Company="Engines")
    counts = await imported(browser, "Email,Company,City\nada@example.com,Engines,\n", blank=blank)
    assert counts["refused"] == 0
    assert (await leads(world))["ada@example.com"]["fields"].get("mx_City") == city
    # A row that has no cell for the city at all clears nothing.
    await imported(browser, "Email,City\nada@example.com,Delhi\n")
    counts = await imported(browser, "Email,Company,City\nada@example.com,Engines\n", blank="clear")
    assert counts["unchanged"] == 1
    assert (await leads(world))["ada@example.com"]["fields"]["mx_City"] == "Delhi"


async def test_rows_see_the_rows_before_them_in_a_check_too(
    browser: Browser, client: Client, world: World
) -> None:
    await known(client, EmailAddress="old@example.com", Phone="+919845000001")
    head = "Email,Phone,First Name\n"
    filler = [f"f{number}@example.com,,F{number}\n" for number in range(uploads.ROWS)]
    text = head + "".join(
        [
            "new@example.com,+919845000002,Ann\n",  # created
            "new@example.com,+919845000002,Ann\n",  # the same again: unchanged
            "old@example.com,+919845000003,Old\n",  # updated, and its phone is free
            *filler,
            "new@example.com,,Anna\n",  # updated, from an earlier chunk
            "third@example.com,+919845000001,Tom\n",  # created with the phone that was given up
            "fourth@example.com,+919845000003,Eve\n",  # refused: the phone is old@'s since a chunk ago
            *filler,
            "third@example.com,+919845000001,Tom\n",  # unchanged
        ]
    )
    await upload(browser, text)
    await begin(browser, "check")
    would = await finished(browser)
    assert would == {
        "created": 2 + uploads.ROWS,
        "updated": 2,
        "unchanged": 2 + uploads.ROWS,
        "refused": 1,
    }
    assert await world.count("lead") == 1
    await browser.send(browser.path, do="run")
    assert await finished(browser) == would
    assert await world.count("lead") == 3 + uploads.ROWS


async def test_values_that_are_no_options_are_told(browser: Browser, world: World) -> None:
    head, rows = "Email,Lead Source,Lead Stage\n", uploads.ROWS + 3
    text = head + "".join(f"a{number}@example.com,{NASTY[:8]},Prospect\n" for number in range(rows))
    await upload(browser, text + "b@example.com,,Nowhere\n")
    for do in ("check", "run"):
        await (begin(browser, do) if do == "check" else browser.send(browser.path, do=do))
        assert (await finished(browser))["created"] == rows + 1
        told = re.findall(r'<tr><td class="right">(\d+)</td><td>(.*?)</td></tr>', browser.text)
        assert told == [(str(rows), "Lead Source: &lt;script&gt;"), ("1", "Lead Stage: Nowhere")]
    await browser.send(f"{browser.path}/delete")
    assert await world.count("import_notice") == 0


async def test_members_of_a_field_set_are_imported(browser: Browser, world: World) -> None:
    members = (Field("mx_CustomObject_1", "Status"), Field("mx_CustomObject_2", "Number", DataType.NUMBER))
    await world.add_fields(-1, Field("mx_Papers", "Papers", DataType.FIELD_SET, members=members))
    counts = await imported(
        browser, "Email,Papers: Status,mx_Papers~mx_CustomObject_2\nada@example.com,Done,12.50\n"
    )
    assert counts["created"] == 1
    stored = (await leads(world))["ada@example.com"]["fields"]
    assert stored["mx_Papers"] == {"mx_CustomObject_1": "Done", "mx_CustomObject_2": 12.50}


# files ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ("Email,City\nada@example.com,Orléans\n".encode(), "UTF-8 · comma"),
        (b"\xef\xbb\xbf" + "Email;City\r\nada@example.com;Orléans\r\n".encode(), "UTF-8 · semicolon"),
        ("Email\tCity\nada@example.com\tOrléans\n".encode("cp1252"), "Windows-1252 · tab"),
        ("Email\tCity\nada@example.com\tOrléans\n".encode("utf-16"), "UTF-16 · tab"),
        ('"City","Email"\n"Orléans","ada@example.com"'.encode(), "UTF-8 · comma"),
    ],
)
async def test_encodings_and_delimiters_are_found(
    browser: Browser, world: World, raw: bytes, said: str
) -> None:
    await upload(browser, raw)
    assert said in browser.text
    assert ("read as Windows-1252" in browser.text) is ("Windows" in said)
    await begin(browser)
    assert (await finished(browser))["created"] == 1
    assert (await leads(world))["ada@example.com"]["fields"]["mx_City"] == "Orléans"


async def test_a_delimiter_can_be_given(browser: Browser) -> None:
    await upload(browser, "Email,x;Notes,y\nada@example.com;b\n", delimiter=";")
    assert "2 columns · UTF-8 · semicolon" in browser.text


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "The file is empty"),
        (b"  \n\n", "The file is empty"),
        (b"Email,City\n", "no rows after its first one"),
        (b"Email,City\n,\n , \n", "no rows after its first one"),
        (b"Email,,City\na@example.com,x,y\n", "Column 2 has no name"),
        (b"Email,City,email \na@example.com,x,y\n", "Columns 1 and 3 are both called “email”"),
        (b",,\na,b,c\n", "The first row is empty"),
        (b"PK\x03\x04rest", "This is a workbook"),
        (b"Email,Ci\0ty\na@example.com,x\n", "the character NUL"),
        (b"Email,City\n\x81\x8d\xff,x\n", "cannot be read: save it as"),
        (b"Email\n" + b"x" * 140_000, "The row after row 1 cannot be read"),
        (",".join(f"c{n}" for n in range(301)).encode() + b"\n1\n", "The file has 301 columns"),
        (b"x" * 201 + b",Email\n1,2\n", "longer than 200 characters"),
    ],
)
async def test_what_is_no_list_of_leads_is_refused_with_the_reason(
    browser: Browser, world: World, raw: bytes, said: str
) -> None:
    assert await upload(browser, raw) == START
    assert browser.response.status_code == 422
    assert said in html.unescape(browser.text)
    assert 'aria-invalid="true"' in browser.text
    assert await world.count("import_run") == 0
    assert await world.count("import_chunk") == 0


async def test_no_file_is_said_beside_the_control(browser: Browser) -> None:
    await browser.get(START)
    await browser.send(START)
    assert browser.response.status_code == 422
    assert "Choose a CSV file first." in browser.text


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../../etc/passwd", "passwd"),
        ("..\\..\\windows\\system32\\x.csv", "x.csv"),
        ("/", "file.csv"),
        ("...", "..."),
        (NASTY, "script&gt;"),
        ("x" * 2000 + ".csv", "x" * 200),
        ("a\u202egpj.csv", "agpj.csv"),
        ("CON", "CON"),
    ],
)
async def test_a_file_name_is_only_ever_shown(browser: Browser, world: World, name: str, shown: str) -> None:
    path = await upload(browser, "Email\nada@example.com\n", name=name)
    assert re.fullmatch(r"/app/leads/import/[0-9a-f-]{36}", path)
    (run,) = await world.rows("import_run")
    assert "/" not in run["name"]
    assert "\\" not in run["name"]
    assert len(run["name"]) <= 200
    assert shown in browser.text
    assert "<script>alert" not in browser.text
    await begin(browser)
    assert (await finished(browser))["created"] == 1


async def test_nothing_of_a_file_is_ever_markup(browser: Browser) -> None:
    text = io.StringIO()
    csv.writer(text).writerows([["Email", NASTY], [NASTY, NASTY]])
    await upload(browser, text.getvalue(), name=f"{NASTY}.csv")
    for do in ("check", "run"):
        assert "<script>alert" not in browser.text
        assert "<img" not in browser.text
        assert "alert(1)" in browser.text
        await (begin(browser, do) if do == "check" else browser.send(browser.path, do=do))
        assert (await finished(browser))["refused"] == 1
    assert "<img" not in browser.text
    await browser.get(START)
    assert "<img" not in browser.text


async def test_a_file_that_is_too_large_is_refused_while_it_comes_in(
    world: World, database_url: str, strange: Callable[..., Browser]
) -> None:
    email = await entitled(world)
    large = b"Email\n" + b"ada@example.com\n" * 80_000
    async with running(Application(Settings(queue_workers=0, upload_limit=1), database_url)) as small:
        http = httpx.AsyncClient(transport=httpx.ASGITransport(small), base_url="http://crm.example.com")
        async with http:
            browser = Browser(http, email)
            await browser.sign_in()
            await upload(browser, b"Email\nada@example.com\n")
            assert browser.response.status_code == 200
            await upload(browser, large)
            assert browser.response.status_code == 413
            assert "has at most 1 MB" in browser.text
            # The head of the request may lie: what counts is what comes.
            await browser.get(START)
            form = {"csrf": browser.csrf}
            request = http.build_request(
                "POST", START, data=form, files={"file": ("x.csv", large, "text/csv")}
            )
            request.headers["content-length"] = "100"
            assert (await http.send(request)).status_code == 413
    assert await world.count("import_run") == 1


async def test_an_upload_needs_the_token_of_the_form(browser: Browser, world: World) -> None:
    await browser.get(START)
    response = await browser.http.post(
        START, files={"file": ("x.csv", b"Email\na@example.com\n", "text/csv")}
    )
    assert response.status_code == 403
    assert await world.count("import_run") == 0


# columns --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "about", "said"),
    [
        ({"map-1": "EmailAddress"}, "map-1", "Column 1 goes to Email already"),
        ({"map-1": "Score"}, "map-1", "There is no such field"),
        ({"map-1": NASTY}, "map-1", "There is no such field"),
        ({"map-0": "", "map-1": ""}, "map-0", "Choose a field for one column"),
        ({"map-0": ""}, "search_by", "No column goes to Email"),
        ({"search_by": "FirstName"}, "search_by", "Choose what an existing lead is found by"),
        ({"search_by": "email-or-phone", "mode": "update"}, "search_by", "choose one field"),
        ({"mode": "drop"}, "mode", "Choose what is to be done"),
    ],
)
async def test_columns_that_make_no_sense_are_told_beside_them(
    browser: Browser, world: World, fields: dict[str, str], about: str, said: str
) -> None:
    await upload(browser, "Email,City\nada@example.com,Pune\n")
    await begin(browser, **fields)
    assert browser.response.status_code == 422
    assert said in browser.text
    assert f'aria-describedby="{about}-hint"' in browser.text
    assert NASTY not in browser.text
    assert await world.count("lead") == 0
    assert (await world.rows("import_run"))[0]["state"] == "new"


async def test_many_columns_are_typed_and_the_page_stays_small(browser: Browser, world: World) -> None:
    names = ["Email", *(f"Column {number}" for number in range(1, 120))]
    await upload(browser, ",".join(names) + "\n" + ",".join(["ada@example.com"] + ["x"] * 119) + "\n")
    assert len(browser.text) < 120_000
    assert '<datalist id="targets">' in browser.text
    sent = {f"map-{number}": "" for number in range(120)} | {"map-0": "email", "map-7": "City"}
    await browser.send(browser.path, do="run", mode="both", search_by="EmailAddress", blank="leave", **sent)
    assert (await finished(browser))["created"] == 1
    assert (await leads(world))["ada@example.com"]["fields"]["mx_City"] == "x"


async def test_a_row_with_too_many_cells_is_refused(browser: Browser, world: World) -> None:
    counts = await imported(browser, "Email,City\na@example.com,Pune,extra\nb@example.com,Pune,\n")
    assert counts == {"created": 1, "updated": 0, "unchanged": 0, "refused": 1}
    assert (await downloaded(browser))[1] == [
        "a@example.com", "Pune", "2", "The row has 3 cells, but the file has 2 columns."
    ]  # fmt: skip
    assert list(await leads(world)) == ["b@example.com"]


async def test_refused_rows_mean_the_same_when_they_are_uploaded_again(
    browser: Browser, world: World
) -> None:
    text = "Email,First Name,'=Last\nnot-an-address,'=Ada,=Love\n"
    path = await upload(browser, text)
    await begin(browser, **{"map-2": "LastName"})
    await finished(browser)
    raw = (await browser.http.get(f"{path}/refused.csv")).content
    await upload(browser, raw)
    await begin(browser, **{"map-2": "LastName"})
    await finished(browser)
    rows = await downloaded(browser)
    assert rows[0] == ["Email", "First Name", "'=Last", "Row", "Reason", "Row (2)", "Reason (2)"]
    assert rows[1][:3] == ["not-an-address", "'=Ada", "'=Love"]
    mended = (await browser.http.get(f"{browser.path}/refused.csv")).content.replace(b"not-an", b"an@some")
    await upload(browser, mended.replace(b"-address", b".example"))
    await begin(browser, **{"map-2": "LastName"})
    assert (await finished(browser))["created"] == 1
    stored = (await leads(world))["an@some.example"]["fields"]
    assert (stored["FirstName"], stored["LastName"]) == ("=Ada", "=Love")


async def test_after_a_check_the_columns_can_be_changed(browser: Browser, world: World) -> None:
    await upload(browser, "Email,Town\nada@example.com,Pune\n")
    await begin(browser, "check")
    await finished(browser)
    await browser.send(f"{browser.path}/map")
    await begin(browser, **{"map-1": "mx_City"})
    assert (await finished(browser))["created"] == 1
    assert (await leads(world))["ada@example.com"]["fields"]["mx_City"] == "Pune"


# who may --------------------------------------------------------------------------------------------------


async def test_a_row_needs_the_permission_of_its_lead(seller: Browser, client: Client, world: World) -> None:
    await known(client, EmailAddress="theirs@example.com", FirstName="Theirs")
    counts = await imported(seller, "Email,First Name\ntheirs@example.com,Mine\nmine@example.com,Mine\n")
    assert counts == {"created": 1, "updated": 0, "unchanged": 0, "refused": 1}
    assert (await leads(world))["theirs@example.com"]["fields"]["FirstName"] == "Theirs"
    assert "belongs to somebody else" in seller.text


async def test_a_run_is_seen_by_who_made_it_and_by_administrators(
    browser: Browser, seller: Browser, world: World, worlds: Worlds, strange: Callable[..., Browser]
) -> None:
    mine = await upload(browser, "Email\nada@example.com\n", name="secret.csv")
    theirs = await upload(seller, "Email\nbob@example.com\n")
    await seller.get(START)
    assert "secret.csv" not in seller.text
    token = seller.csrf
    await browser.get(theirs)
    assert browser.response.status_code == 200
    stranger = strange(await entitled(await worlds.copy()))
    await stranger.sign_in()
    await stranger.get(START)
    for other, csrf in ((seller, token), (stranger, stranger.csrf)):
        for path in (mine, f"{mine}/refused.csv"):
            assert (await other.http.get(path)).status_code == 404
        for path in (mine, *(f"{mine}/{do}" for do in ("cancel", "continue", "map", "delete"))):
            await other.send(path, csrf=csrf, do="run")
            assert other.response.status_code in (404, 422), path
    assert len(await world.rows("import_run")) == 2
    assert await world.count("lead") == 0


async def test_a_run_stops_with_its_person(browser: Browser, world: World) -> None:
    await upload(browser, many(3))
    person = next(user.id for user in world.defs.users.values() if user.email == browser.email)
    path = browser.path
    await leased(world)
    await begin(browser)
    await leased(world)
    await world.db.execute(
        "update app_user set active = false where org_id = $1 and id = $2", world.org_id, person
    )
    await world.definitions_changed()
    await free(world)
    run = await until(world, "stopped")
    assert run["reason"] == "The person who started it is not an active user any more."
    assert await world.count("lead") == 0
    assert path.endswith(str(run["id"]))


# a crash, two processes, cancelling -----------------------------------------------------------------------


async def leased(world: World) -> None:
    """As if another process, which may be dead, worked on the runs of this organisation."""
    statement = "update import_run set worker = $2, leased_until = $3 where org_id = $1"
    later = datetime.now(UTC) + timedelta(minutes=10)
    await world.db.execute(statement, world.org_id, new_id(), later)


async def free(world: World) -> None:
    """The lease is over."""
    before = datetime.now(UTC) - timedelta(seconds=1)
    await world.db.execute("update import_run set leased_until = $2 where org_id = $1", world.org_id, before)


async def until(world: World, state: str) -> dict[str, Any]:
    """The run of the organisation, once it has come to a state."""
    async with asyncio.timeout(20):
        while True:
            (run,) = await world.rows("import_run")
            if run["state"] == state:
                return run
            await asyncio.sleep(0.02)


async def test_what_a_dead_process_left_is_taken_up_when_its_lease_ends(
    browser: Browser, world: World
) -> None:
    rows = uploads.ROWS * 3
    await upload(browser, many(rows))
    await begin(browser, mode="create")
    async with asyncio.timeout(10):
        while True:
            if await world.count("lead"):
                break
            await asyncio.sleep(0.005)
    await leased(world)
    await asyncio.sleep(0.7)
    state = (await world.rows("import_run"))[0]
    done = state["created"]
    # Effect and progress are one transaction: what is written is what is counted.
    assert await world.count("lead") == done
    assert done == state["next_chunk"] * uploads.ROWS
    await free(world)
    run = await until(world, "done")
    assert (run["created"], run["failed"]) == (rows, 0)
    assert await world.count("lead") == rows


async def test_processes_that_work_on_one_run_do_each_row_once(
    browser: Browser, world: World, application: Application, log: Log
) -> None:
    rows = uploads.ROWS * 5
    await upload(browser, many(rows))
    await begin(browser, mode="create")
    # Both applications of these tests, and no lease that keeps them apart.
    async with asyncio.timeout(20):
        while (await world.rows("import_run"))[0]["state"] != "done":
            await world.db.execute(
                "update import_run set leased_until = null where org_id = $1", world.org_id
            )
            await asyncio.sleep(0.003)
    (run,) = await world.rows("import_run")
    assert (run["created"], run["failed"], run["next_chunk"]) == (rows, 0, 5)
    assert await world.count("lead") == rows
    log.faults.clear()  # who came second was told so


async def test_a_fault_stops_the_run_and_it_can_be_continued(
    browser: Browser, world: World, log: Log
) -> None:
    path = await upload(browser, many(uploads.ROWS + 5))
    chunk = "update import_chunk set rows = $2 where org_id = $1 and number = 1"
    (whole,) = [row["rows"] for row in await world.rows("import_chunk") if row["number"] == 1]
    await world.db.execute(chunk, world.org_id, '[[2, "no cells"]]')
    await begin(browser, mode="create")
    run = await until(world, "stopped")
    assert run["reason"].startswith(f"The server failed after {uploads.ROWS} rows.")
    assert await world.count("lead") == run["created"] == uploads.ROWS
    assert any("a chunk of an import failed" in fault for fault in log.faults)
    log.faults.clear()
    await browser.get(path)
    assert "Nothing is lost: continue it." in browser.text
    await world.db.execute(chunk, world.org_id, whole)
    await browser.send(f"{path}/continue")
    assert (await finished(browser))["created"] == uploads.ROWS + 5


async def test_a_run_is_cancelled_and_continued(browser: Browser, world: World) -> None:
    rows = uploads.ROWS * 4
    path = await upload(browser, many(rows))
    await begin(browser, mode="create")
    await browser.send(f"{path}/cancel")
    assert "It was cancelled after" in browser.text
    await asyncio.sleep(0.7)
    (run,) = await world.rows("import_run")
    assert run["state"] == "cancelled"
    assert await world.count("lead") == run["created"] < rows
    await browser.get(path)
    await browser.send(f"{path}/continue")
    assert (await finished(browser))["created"] == rows
    assert await world.count("lead") == rows
    await browser.send(f"{path}/continue", csrf=None) if 'name="csrf"' in browser.text else None
    assert (await world.rows("import_run"))[0]["created"] == rows


async def test_a_check_that_is_cancelled_goes_back_to_the_columns(browser: Browser, world: World) -> None:
    path = await upload(browser, many(5))
    await leased(world)
    await begin(browser, "check")
    await browser.send(f"{path}/cancel")
    assert "Check all rows first" in browser.text
    assert await world.count("lead") == 0


async def test_a_run_is_begun_once_and_removed_with_its_rows(browser: Browser, world: World) -> None:
    path = await upload(browser, many(5) + "x,y,not-an-address,z\r\n")
    await begin(browser)
    await finished(browser)
    await browser.send(path, do="run")
    assert "was begun already" in browser.text
    assert await world.count("lead") == 5
    await browser.send(f"{path}/delete")
    assert browser.path == START
    for table in ("import_run", "import_chunk", "import_refusal"):
        assert await world.count(table) == 0
    assert await world.count("lead") == 5
    assert (await browser.http.get(path)).status_code == 404
