"""The advanced search as text: what can be read, what is refused, how values are understood."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from fairlead.activities.criteria import pattern
from fairlead.errors import DomainError, InvalidInput
from fairlead.wire import search
from fairlead.wire.zones import WINDOWS_ZONES

EVENT = {"SubConOp": "And", "LSO": "ActivityEvent", "LSO_Type": "PAEvent", "Operator": "eq", "RSO": "201"}


def row(name: str, operator: str, value: Any, **more: Any) -> dict[str, Any]:
    return {"LSO": name, "LSO_Type": "String", "Operator": operator, "RSO": value, **more}


def text(*rows: dict[str, Any], **more: Any) -> str:
    return json.dumps(
        {"Conditions": [{"Type": "Activity", "ConOp": "and", "RowCondition": list(rows)}], **more}
    )


def test_rows_are_joined_by_their_own_word_else_by_the_condition_s() -> None:
    written = text(EVENT, row("Status", "EQ", "Active", SubConOp="OR"), row("Owner", "eq", "x"))
    found = search.parse(written, 201)
    assert [(some.name, some.operator, some.either) for some in found.groups[0]] == [
        ("ActivityEvent", "eq", False),
        ("Status", "eq", True),
        ("Owner", "eq", False),
    ]


def test_unknown_members_and_empty_groups_do_no_harm() -> None:
    written = json.dumps(
        {
            "Conditions": [
                {"Type": "Activity", "RowCondition": [EVENT | {"RSO_IsMailMerged": False}]},
                {"Type": "Lead"},
            ],
            "Extra": [1, {"a": 2}],
        }
    )
    assert len(search.parse(written, 201).groups) == 1


@pytest.mark.parametrize(
    "written",
    [
        "", "no json", "[]", "1", '{"Conditions":' * 5000, "[" * 50_000,
        text(EVENT, row("Status", "like", "x")),
        text(EVENT, row("Status", "eq", "x", SubConOp="xor")),
        text(EVENT, GrpConOp="nor"),
        text(EVENT, QueryTimeZone="Mars/Phobos"),
        text(EVENT, QueryTimeZone="../../etc/passwd"),
        text(EVENT, row("Status", "eq", "a\0b")),
        text(EVENT, *[row("Status", "eq", "x")] * 200),
        json.dumps({"Conditions": [{"Type": "Account", "RowCondition": [EVENT]}]}),
    ],
)  # fmt: skip
def test_what_is_not_the_grammar_is_refused(written: str) -> None:
    with pytest.raises(InvalidInput, match=r"Parameter Name: AdvancedSearch$"):
        search.parse(written, 201)


@pytest.mark.parametrize(
    "written", ["{}", text(), text(EVENT | {"Operator": "neq"}), text(EVENT | {"RSO": "202"})]
)
def test_the_event_code_must_be_among_the_rows(written: str) -> None:
    with pytest.raises(DomainError, match=r"^AdvancedSearch criteria does not match ActivityEvent passed$"):
        search.parse(written, 201)


def test_windows_zones_are_real() -> None:
    assert all(ZoneInfo(name) for name in WINDOWS_ZONES.values())
    assert search.parse(text(EVENT, QueryTimeZone="India Standard Time"), 201).zone.key == "Asia/Kolkata"
    assert search.parse(text(EVENT, QueryTimeZone=""), 201).zone is UTC


def test_a_value_names_a_second_or_a_day_in_the_zone() -> None:
    kolkata = ZoneInfo("Asia/Kolkata")
    assert search.span("2026-01-01 12:00:00 AM", kolkata) == (
        datetime(2025, 12, 31, 18, 30, tzinfo=UTC),
        datetime(2025, 12, 31, 18, 30, 0, 999_999, tzinfo=UTC),
    )
    assert search.span("2026-01-31 11:59:59 PM", UTC)[0] == datetime(2026, 1, 31, 23, 59, 59, tzinfo=UTC)
    first, last = search.span("2026-03-29", ZoneInfo("Europe/Berlin"))
    assert round((last - first).total_seconds()) == 23 * 3600
    first, last = search.span("2019-02-16", ZoneInfo("America/Sao_Paulo"))  # 23:00 to 24:00 came twice
    assert round((last - first).total_seconds()) == 25 * 3600


def test_the_last_second_of_the_calendar_can_be_named_in_every_zone() -> None:
    last = datetime.max.replace(tzinfo=UTC)
    for written in ("9999-12-31", "9999-12-31 23:59:59", "9999-12-31 11:59:59 PM"):
        assert search.span(written, UTC)[1] == last
        assert search.span(written, ZoneInfo("America/New_York"))[1] == last
    assert search.span("0001-01-01", ZoneInfo("Asia/Kolkata"))[0] == datetime.min.replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "written", ["", "x", "2026-13-01", "2026-01-01 13:00:00 PM", "2026-01-01 25:00:00", "10000-01-01"]
)
def test_an_unreadable_instant_is_refused(written: str) -> None:
    with pytest.raises(InvalidInput):
        search.span(written, UTC)


@pytest.mark.parametrize(
    ("written", "expected"), [("ab", "%ab%"), ("a%", "a%"), ("a_b", r"%a\_b%"), ("a\\", "%a\\\\%")]
)
def test_like_means_contains_unless_it_has_a_wildcard(written: str, expected: str) -> None:
    assert pattern(written) == expected
