"""The contract-file library: reading, filling, comparing; and that every contract file is well formed."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from contract_file import EVIDENCE, MalformedFile, MissingValue, all_exchanges, fill, match, read

CONTRACT = Path(__file__).parent / "contract"
FILES = sorted(CONTRACT.rglob("*.http"))
FAMILIES = {
    *("leads", "activities", "sales", "opportunities", "accounts", "metadata", "users"),
    *("tasks", "lists", "webhooks", "notes", "async_", "platform"),
}
ONE = "0190a6c2-0000-7000-8000-000000000001"
TWO = "0190a6c2-0000-7000-8000-000000000002"

GOOD = """\
# a comment above the first exchange

### everything sent was already stored          [doc]
# note: first line,
# note: second line
# given: sales.1.revenue=120 sales.1.date='2015-10-01 10:11:34'
# partial
POST /v2/SalesActivity.svc/Update?leadId={lead.1}&text=a b+c=d&empty=
Content-Type: application/json
x-api-key: {async.key}

{"Id": "{sales.1}",

 "ProspectId": "{lead.1}"}

HTTP/1.1 200
Retry-After: {code.1}

{"Status": "Success", "Message": {"AffectedRows": 0}}

### nothing but a path  [live]
GET /v2/X.svc/Get

HTTP/1.1 404
[]
"""


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "a-page.http"
    path.write_text(text, encoding="utf-8")
    return path


# --- reading ---


def test_every_part_of_an_exchange_is_read(tmp_path: Path) -> None:
    first, second = read(written(tmp_path, GOOD))

    assert (first.title, first.evidence) == ("everything sent was already stored", "doc")
    assert first.note == "first line, second line"
    assert first.state == ("sales.1.revenue=120", "sales.1.date=2015-10-01 10:11:34")
    assert first.partial
    assert (first.method, first.path) == ("POST", "/v2/SalesActivity.svc/Update")
    assert first.query == [("leadId", "{lead.1}"), ("text", "a b+c=d"), ("empty", "")]
    assert first.headers == {"Content-Type": "application/json", "x-api-key": "{async.key}"}
    assert first.given == ("lead.1", "async.key", "sales.1")
    assert first.body == {"Id": "{sales.1}", "ProspectId": "{lead.1}"}
    assert first.body_text == '{"Id": "{sales.1}",\n\n "ProspectId": "{lead.1}"}'
    assert (first.status, first.response_headers) == (200, {"Retry-After": "{code.1}"})
    assert first.response == {"Status": "Success", "Message": {"AffectedRows": 0}}
    assert first.line == 3

    assert (second.title, second.evidence, second.note, second.state) == (
        "nothing but a path",
        "live",
        "",
        (),
    )
    assert (second.query, second.headers, second.given, second.partial) == ([], {}, (), False)
    assert (second.body, second.body_text) == (None, "")
    assert (second.status, second.response) == (404, [])


def test_a_body_of_another_type_stays_text(tmp_path: Path) -> None:
    text = GOOD.replace("application/json", "text/plain").replace('{"Id"', 'no json {"Id"')
    exchange = read(written(tmp_path, text))[0]
    assert exchange.body is None
    assert exchange.body_text.startswith("no json")


@pytest.mark.parametrize(
    ("old", "new", "line", "what"),
    [
        ("[doc]", "[rumour]", 3, "expected '### title [doc | live | client | decided]'"),
        ("[doc]", "", 3, "expected '### title"),
        ("# a comment", "a comment", 1, "only '# ' comments may stand before an exchange"),
        ("# note: first", "# hint: first", 4, "expected '# note: …', '# given: …' or '# partial'"),
        ("34'", "34", 6, "cannot read the words of '# given:'"),
        ("POST /v2", "POST v2", 8, "expected '<METHOD> /path?name=value'"),
        ("POST /v2", "FETCH /v2", 8, "expected '<METHOD> /path?name=value'"),
        ("text=a b+c=d", "text", 8, "expected 'name=value' in the query, got 'text'"),
        ("x-api-key: ", "x-api-key ", 10, "expected a header 'Name: value' or an empty line"),
        ('"Id": "{sales.1}",', '"Id": "{sales.1}"', 14, "not JSON: "),
        ('"ProspectId": ', '"Id": ', 12, "the member 'Id' is written twice"),
        ("HTTP/1.1 200", "HTTP/1.1 20", 16, "expected 'HTTP/1.1 <status>'"),
        ("HTTP/1.1 200", "200", 3, "the exchange has no line 'HTTP/1.1 <status>'"),
        ("HTTP/1.1 404\n[]", "HTTP/1.1 404", 24, "the answer has no JSON"),
        ("### nothing but a path  [live]", "### everything sent was already stored [live]", 21, "a second"),
    ],
)
def test_a_malformed_file_is_refused_with_its_line(
    tmp_path: Path, old: str, new: str, line: int, what: str
) -> None:
    assert GOOD.count(old) == 1
    path = written(tmp_path, GOOD.replace(old, new))
    with pytest.raises(MalformedFile, match=re.escape(f"{path}:{line}: {what}")):
        read(path)


def test_a_file_without_an_exchange_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MalformedFile, match=r"a-page\.http:1: no exchange"):
        read(written(tmp_path, "# soon\n"))


# --- filling ---


def test_placeholders_are_filled_at_any_depth() -> None:
    template = {
        "Id": "{lead.1}",
        "In": [{"Text": "<{user.1.email}> {lead.1}"}, 1, None, True],
        "Json": '{"a":{}}',
    }
    filled = fill(template, {"lead.1": ONE, "user.1.email": "ann@example.com"})
    assert filled == {
        "Id": ONE,
        "In": [{"Text": f"<ann@example.com> {ONE}"}, 1, None, True],
        "Json": '{"a":{}}',
    }
    assert fill([("leadId", "{lead.1}")], {"lead.1": ONE}) == [("leadId", ONE)]


def test_a_placeholder_without_a_value_is_named() -> None:
    with pytest.raises(
        MissingValue, match=r"no value for \{lead\.9\.phone\} in 'x\{lead\.9\.phone\}'; known: lead\.1"
    ):
        fill({"Phone": ["x{lead.9.phone}"]}, {"lead.1": ONE})


# --- comparing ---

SAME: list[tuple[Any, Any, bool]] = [
    ({"a": 1, "b": [True, None, "x"]}, {"a": 1, "b": [True, None, "x"]}, False),
    ({"Id": "{activity.1}", "Again": "{activity.1}"}, {"Id": ONE, "Again": ONE}, False),
    ({"Id": "{lead.1}"}, {"Id": TWO}, False),
    ("Request body is not valid: …", "Request body is not valid: expected array", False),
    ("{product.1.sku} - {product.1.name}", "01 - Sample", False),
    ('{"Message":{"Id":"{activity.1}"}}', f'{{"Message":{{"Id":"{ONE}"}}}}', False),
    ({"Rate": "{number.1}", "rate": "{number.1}"}, {"Rate": 24.8, "rate": 24.8}, False),
    ({"Id": "{code.1}"}, {"Id": "206"}, False),
    ({"b": 1}, {"a": 0, "b": 1}, True),
    ([{"N": "x"}, {"N": "z"}], [{"N": "w"}, {"N": "x"}, {"N": "y"}, {"N": "z", "M": 1}], True),
    (
        [{"Id": "{activity.1}", "N": "y"}],
        [{"Id": ONE, "N": "x"}, {"Id": "0" + ONE[1:-1] + "9", "N": "y"}],
        True,
    ),
]

DIFFERENT: list[tuple[Any, Any, bool, str]] = [
    ({"a": 1}, {"a": 1, "b": "x"}, False, 'reply.b: expected nothing, got "x"'),
    ({"a": 1, "b": 2}, {"a": 1}, False, "reply.b: expected 2, got nothing"),
    ({"a": 1, "b": 2}, {"a": 1}, True, "reply.b: expected 2, got nothing"),
    ({"a": 1, "b": 2}, {"b": 2, "a": 1}, False, "reply: expected the order a, b, got b, a"),
    ({"a": {"b": [{"c": 1}]}}, {"a": {"b": [{"c": 2}]}}, False, "reply.a.b[0].c: expected 1, got 2"),
    ({"a": 1}, {"a": "1"}, False, 'reply.a: expected 1, got "1"'),
    ({"a": "1"}, {"a": 1}, False, 'reply.a: expected "1", got 1'),
    ({"a": 1}, {"a": True}, False, "reply.a: expected 1, got true"),
    ({"a": 1}, {"a": 1.0}, False, "reply.a: expected 1, got 1.0"),
    ({"a": None}, {"a": ""}, False, 'reply.a: expected null, got ""'),
    ([], {}, False, "reply: expected [], got {}"),
    ([1], [1, 2], False, "reply: expected 1 elements, got 2"),
    ([1, 2], [1], False, "reply: expected 2 elements, got 1"),
    ("not found", "not found.", False, 'reply: expected "not found", got "not found."'),
    ("not …", "nothing", False, 'reply: expected "not …", got "nothing"'),
    ("{lead.1}", ONE, False, f'reply: expected "{TWO}", got "{ONE}"'),
    ("{activity.1}", "7", False, 'reply: expected a GUID for {activity.1}, got "7"'),
    ("{activity.1}", ONE.replace("a", "A"), False, "reply: expected a GUID for {activity.1}, got"),
    ("{activity.1}", None, False, 'reply: expected "{activity.1}", got null'),
    ("{activity.1}", TWO, False, "reply: expected a new id for {activity.1}, got that of {lead.1}"),
    (["{activity.1}", "{activity.1}"], [ONE, TWO], False, f'reply[1]: expected "{ONE}", got "{TWO}"'),
    ("{task.1.description}", "", False, 'reply: expected some text for {task.1.description}, got ""'),
    ("{code.1}", "two", False, 'reply: expected digits for {code.1}, got "two"'),
    ("{number.1}", "1", False, 'reply: expected a number for {number.1}, got "1"'),
    ("{number.1}", True, False, "reply: expected a number for {number.1}, got true"),
    (["{number.1}", "{number.1}"], [1, 2], False, "reply[1]: expected 1 for {number.1}, got 2"),
    ([{"N": "x"}], [], True, 'reply: expected element 0 {"N": "x"} is not there'),
    ([{"N": "x", "M": 1}], [{"N": "y"}, {"N": "x", "M": 2}], True, "nearest: reply[1].M: expected 1, got 2"),
    (["z", "x"], ["x", "z"], True, 'reply: expected element 1 "x" is not there'),
]


@pytest.mark.parametrize(("expected", "actual", "partial"), SAME)
def test_an_answer_as_promised_has_no_differences(expected: Any, actual: Any, partial: bool) -> None:
    assert match(expected, actual, {"lead.1": TWO}, partial=partial) == []


@pytest.mark.parametrize(("expected", "actual", "partial", "difference"), DIFFERENT)
def test_a_difference_is_named(expected: Any, actual: Any, partial: bool, difference: str) -> None:
    (found,) = match(expected, actual, {"lead.1": TWO}, partial=partial)
    assert difference in found


def test_every_difference_is_reported() -> None:
    found = match({"a": 1, "b": 2, "c": 3}, {"a": 0, "b": 2, "d": 4}, {}, partial=False)
    expected = (
        "reply.c: expected 3, got nothing",
        "reply.d: expected nothing, got 4",
        "reply.a: expected 1, got 0",
    )
    assert tuple(found) == expected


def test_what_a_placeholder_met_is_kept_for_later() -> None:
    values = {"lead.1": TWO}
    assert (
        match({"Id": "{activity.1}", "N": "{number.1}"}, {"Id": ONE, "N": 2.5}, values, partial=False) == []
    )
    assert values == {"lead.1": TWO, "activity.1": ONE, "number.1": "2.5"}
    assert match("{activity.1}", TWO, values, partial=False) != []


def test_an_element_that_does_not_match_binds_nothing() -> None:
    values: dict[str, str] = {}
    assert (
        match(
            [{"Id": "{task.1}", "N": "b"}],
            [{"Id": ONE, "N": "a"}, {"Id": TWO, "N": "b"}],
            values,
            partial=True,
        )
        == []
    )
    assert values == {"task.1": TWO}


# --- the files ---


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(CONTRACT)))
def test_every_contract_file_is_well_formed(path: Path) -> None:
    family, page = path.relative_to(CONTRACT).parts
    assert family in FAMILIES
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*\.http", page), "a file is named after the slug of its page"
    exchanges = read(path)
    paths = {exchange.path.partition(".svc/")[2] or exchange.path for exchange in exchanges}
    operations = {re.sub(r"^/(\w+)/\w+/status$", r"/\1/status", path) for path in paths}
    assert len(operations) == 1, "a page describes one operation, if under the names of two services"
    heading = path.read_text(encoding="utf-8").splitlines()[0]
    named = f"https://apidocs.leadsquared.com/{path.stem}/"
    assert heading.endswith((named, "no page of its own")) or "/?p=" in heading
    for exchange in exchanges:
        assert exchange.evidence in EVIDENCE
        assert json.loads(json.dumps(exchange.response)) == exchange.response


def test_a_page_has_one_file() -> None:
    pages = [path.stem for path in FILES]
    assert sorted(set(pages)) == sorted(pages)


def test_all_exchanges_are_found_with_family_and_page() -> None:
    found = all_exchanges(CONTRACT)
    assert {(family, page) for family, page, _ in found} == {(path.parent.name, path.stem) for path in FILES}
    titles = {
        exchange.title for family, page, exchange in found if page == "update-an-existing-sales-activity"
    }
    assert "everything sent was already stored" in titles


def test_many_of_the_same_are_written_once(tmp_path: Path) -> None:
    text = GOOD.replace(
        '"{lead.1}"}', '["{lead.1}", "×3"], "Note": "x×5", "Other": "2×", "Rows": [["×2"], "×2"]}'
    )
    body = read(written(tmp_path, text))[0].body
    assert body == {
        "Id": "{sales.1}",
        "ProspectId": ["{lead.1}"] * 3,
        "Note": "xxxxx",
        "Other": "2×",
        "Rows": [["×2"], ["×2"]],
    }
    assert json.loads(read(written(tmp_path, text))[0].body_text) == body
