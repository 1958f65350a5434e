"""Field sets: several named values in one field."""

from decimal import Decimal

import msgspec
import pytest

from fairlead.fields.errors import NotAnOption, TooLong, UnknownMember, WrongType
from fairlead.fields.model import DataType, Field, Option
from fairlead.fields.values import Context, Value, members_of, parse_members, render

CONTEXT = Context()
KYC = Field(
    "mx_KYC",
    "KYC",
    DataType.FIELD_SET,
    members=(
        Field("Status", "Status", DataType.SELECT, options=(Option("Pending"), Option("Done"))),
        Field("mx_CustomObject_1", "File", max_length=10),
        Field("mx_CustomObject_2", "Amount", DataType.NUMBER),
        Field(
            "mx_CustomObject_3",
            "Step",
            DataType.SELECT,
            parent="Status",
            dependent={"Pending": ("Asked",), "Done": ("Filed",)},
        ),
        Field("mx_CustomObject_4", "When", DataType.DATETIME),
    ),
)


def test_only_the_members_sent_change() -> None:
    current: dict[str, Value] = {"Status": "Pending", "mx_CustomObject_1": "a.png"}
    changed = parse_members(KYC, [("mx_CustomObject_2", "2,000")], current, CONTEXT)
    assert changed == {**current, "mx_CustomObject_2": Decimal(2000)}
    assert current == {"Status": "Pending", "mx_CustomObject_1": "a.png"}


@pytest.mark.parametrize("raw", [None, ""])
def test_an_empty_member_is_cleared_and_an_empty_set_is_none(raw: str | None) -> None:
    assert parse_members(KYC, [("Status", raw)], {"Status": "Done", "mx_CustomObject_1": "a"}, CONTEXT) == {
        "mx_CustomObject_1": "a"
    }
    assert parse_members(KYC, [("Status", raw)], {"Status": "Done"}, CONTEXT) is None


def test_errors_name_the_member_by_its_full_path() -> None:
    with pytest.raises(UnknownMember) as unknown:
        parse_members(KYC, [("mx_CustomObject_9", "x")], None, CONTEXT)
    assert unknown.value.path == "mx_KYC~mx_CustomObject_9"
    with pytest.raises(WrongType) as wrong:
        parse_members(KYC, [("mx_CustomObject_2", "abc")], None, CONTEXT)
    assert wrong.value.path == "mx_KYC~mx_CustomObject_2"
    assert wrong.value.field.data_type is DataType.NUMBER
    with pytest.raises(TooLong):
        parse_members(KYC, [("mx_CustomObject_1", "x" * 11)], None, CONTEXT)


def test_a_dependent_member_follows_its_parent_in_the_same_set() -> None:
    pairs = [("mx_CustomObject_3", "Filed"), ("Status", "Done")]
    assert parse_members(KYC, pairs, None, CONTEXT) == {"Status": "Done", "mx_CustomObject_3": "Filed"}
    with pytest.raises(NotAnOption) as caught:
        parse_members(KYC, [("mx_CustomObject_3", "Filed")], {"Status": "Pending"}, CONTEXT)
    assert caught.value.path == "mx_KYC~mx_CustomObject_3"


def test_a_member_must_still_belong_to_its_parent_when_only_that_changes() -> None:
    current = {"Status": "Done", "mx_CustomObject_3": "Filed"}
    with pytest.raises(NotAnOption) as caught:
        parse_members(KYC, [("Status", "Pending")], current, CONTEXT)
    assert caught.value.path == "mx_KYC~mx_CustomObject_3"
    assert parse_members(KYC, [("Status", "Done")], current, CONTEXT) == current
    assert parse_members(KYC, [("Status", "Pending"), ("mx_CustomObject_3", "")], current, CONTEXT) == {
        "Status": "Pending"
    }
    assert parse_members(KYC, [("Status", "Pending")], current, Context(check_options=False)) == {
        **current,
        "Status": "Pending",
    }


def test_a_text_from_before_the_field_was_a_set_holds_no_member() -> None:
    for stored in ("a text", ["a", "b"], True, Decimal(1)):
        assert members_of(KYC, stored) == {}
        assert parse_members(KYC, [("Status", "Done")], stored, CONTEXT) == {"Status": "Done"}


def test_who_changed_a_set_and_when_are_no_members() -> None:
    stored = {"ModifiedByName": "Asha Rao", "ModifiedOn": "2019-05-14 10:13:46", "Status": "Done", "old": "x"}
    assert members_of(KYC, stored) == {"Status": "Done", "old": "x"}
    assert list(msgspec.json.decode(render(KYC, stored, millis=False) or "")) == [
        "Status",
        "ModifiedByName",
        "ModifiedOn",
        "old",
    ]


def test_it_prints_as_one_json_text() -> None:
    pairs = [
        ("mx_CustomObject_4", "2019-05-14 10:13:46"),
        ("Status", "Pending"),
        ("mx_CustomObject_1", "ä.png"),
    ]
    value = parse_members(KYC, pairs, None, CONTEXT)
    printed = render(KYC, value, millis=False)
    assert (
        printed
        == '{"Status":"Pending","mx_CustomObject_1":"ä.png","mx_CustomObject_4":"2019-05-14 10:13:46"}'
    )
    assert list(msgspec.json.decode(printed).items()) == [
        ("Status", "Pending"),
        ("mx_CustomObject_1", "ä.png"),
        ("mx_CustomObject_4", "2019-05-14 10:13:46"),
    ]
    again = parse_members(KYC, list(msgspec.json.decode(printed).items()), None, CONTEXT)
    assert again == value
