"""Every data type: what is taken, what is stored for it, what is refused, and how it is printed."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.fields.errors import FieldError, NotAnOption, TooLong, UnknownProduct, UnknownUser, WrongType
from fairlead.fields.model import DataType, Field, Option
from fairlead.fields.values import (
    Context,
    check_dependent,
    parse,
    parse_datetime,
    render,
    unknown_options,
)

ASHA = "0190c0a1-0000-7000-8000-00000000000a"
LAMP = "0190c0a1-0000-7000-8000-00000000000b"
CONTEXT = Context(active_users={ASHA: "Asha"}, products={LAMP: "Lamp"})
D = DataType
COLOURS = (Option("Red", is_default=True), Option("Deep Blue"))


def field(data_type: DataType, **rest: Any) -> Field:
    return Field("mx_Custom_1", "Purpose", data_type, **rest)


@pytest.mark.parametrize("data_type", list(DataType))
@pytest.mark.parametrize("raw", [None, ""])
def test_null_and_empty_text_clear_every_type(data_type: DataType, raw: str | None) -> None:
    assert parse(field(data_type), raw, CONTEXT) is None
    assert render(field(data_type), None, millis=True) is None


@pytest.mark.parametrize(
    ("data_type", "raw", "stored", "printed"),
    [
        (D.TEXT, 'two\nlines & "quotes"  ', 'two\nlines & "quotes"  ', 'two\nlines & "quotes"  '),
        (D.TEXT, "👩‍👩‍👧 नमस्ते مرحبا שלום", "👩‍👩‍👧 नमस्ते مرحبا שלום", "👩‍👩‍👧 नमस्ते مرحبا שלום"),
        (D.TEXT, 123, "123", "123"),
        (D.TEXT, 1.5, "1.5", "1.5"),
        (D.TEXT, True, "true", "true"),
        (D.NUMBER, "200,000", Decimal(200000), "200000"),
        (D.NUMBER, "2,00,000.50", Decimal("200000.50"), "200000.50"),
        (D.NUMBER, " 3.00 ", Decimal("3.00"), "3.00"),
        (D.NUMBER, -10, Decimal(-10), "-10"),
        (D.NUMBER, 0.1, Decimal("0.1"), "0.1"),
        (D.NUMBER, 1e20, Decimal(10**20), "100000000000000000000"),
        (D.NUMBER, "-0.00", Decimal("0.00"), "0.00"),
        (D.DECIMAL, "+12.5", Decimal("12.5"), "12.5"),
        (D.BOOLEAN, "TRUE", True, "1"),
        (D.BOOLEAN, 1, True, "1"),
        (D.BOOLEAN, "0", False, "0"),
        (D.BOOLEAN, False, False, "0"),
        (D.EMAIL, " Asha@Example.com ", "Asha@Example.com", "Asha@Example.com"),
        (D.PHONE, " +91-9999999999", "+91-9999999999", "+91-9999999999"),
        (D.PHONE, 9999999999, "9999999999", "9999999999"),
        (D.WEBSITE, "www.example.com", "www.example.com", "www.example.com"),
        (D.DATE, "2020-09-16", "2020-09-16", "2020-09-16"),
        (D.DATE, "2020-09-16 23:59:59", "2020-09-16", "2020-09-16"),
        (D.DATETIME, "2020-09-16 12:13:44", "2020-09-16 12:13:44.000", "2020-09-16 12:13:44.000"),
        (D.DATETIME, "2020-02-29 00:00:00.5", "2020-02-29 00:00:00.500", "2020-02-29 00:00:00.500"),
        (D.TIME, "10:00:00", "10:00:00", "10:00:00"),
        (D.TIME, "23:59", "23:59:00", "23:59:00"),
        (D.USER, ASHA.upper(), ASHA, ASHA),
        (D.PRODUCT, LAMP.upper(), LAMP, LAMP),
    ],
)
def test_what_is_stored_and_printed(data_type: DataType, raw: object, stored: object, printed: str) -> None:
    value = parse(field(data_type), raw, CONTEXT)
    assert value == stored
    assert str(value) == str(stored)  # trailing zeros of numbers too
    assert type(value) is type(stored)
    assert render(field(data_type), value, millis=True) == printed


@pytest.mark.parametrize(
    ("data_type", "raw"),
    [
        *[(D.TEXT, raw) for raw in ("a\0b", "\ud800", "x\udfff")],
        (D.TEXT, {"a": 1}),
        (D.TEXT, ["a"]),
        *[
            (D.NUMBER, raw)
            for raw in ("abc", "1e5", "NaN", "Infinity", "1,5", "1,2,3", "10,000,0", ",100", "1_000")
        ],
        *[(D.NUMBER, raw) for raw in ("١٢", "１２", "--1", ".", "-", "1.2.3", "9" * 31, "0x10", "1 000")],
        (D.NUMBER, True),
        *[(D.NUMBER, raw) for raw in (1e300, 1e-300, float("nan"), float("inf"), 10**40)],
        (D.NUMBER, [1]),
        (D.NUMBER, "1.0,000"),
        *[(D.BOOLEAN, raw) for raw in ("yes", 2, "on", "01", 0.5)],
        *[(D.EMAIL, raw) for raw in ("a@", "@b", "a b@c.d", "a@b", 5, "a\0@example.com")],
        *[(D.PHONE, raw) for raw in ("abc", "12", True, "+91-9999\0999999")],
        *[
            (D.WEBSITE, raw)
            for raw in ("not a site", "word", "javascript://a.b", "http://", "a..b", "a.b:x", "a.\0b")
        ],
        *[
            (D.DATE, raw)
            for raw in ("16/09/2020", "2020-02-30", "2020-9-1", "0000-01-01", "20200916", 20200916)
        ],
        *[(D.DATE, raw) for raw in ("yyyy-MM-dd", "2020-W38-3", "2020-09-16T00:00:00")],
        *[
            (D.TIME, raw)
            for raw in ("24:00:00", "10:60:00", "1:00:00", "10.00.00", "10:00:0a", "10:00 AM", 10)
        ],
        (D.FIELD_SET, "text"),
    ],
)
def test_what_cannot_be_read_is_refused(data_type: DataType, raw: object) -> None:
    with pytest.raises(WrongType) as caught:
        parse(field(data_type), raw, CONTEXT)
    assert caught.value.path == "mx_Custom_1"


BAD_INSTANTS = [
    "yyyy-MM-dd HH:mm:ss",
    "2020-09-16T12:13:44Z",
    "2020-09-16T12:13:44",
    "2020-09-16 12:13:44Z",
    "2020-09-16 12:13:44+05:30",
    "2020-09-16 12:13+05",
    "2020-09-16 12:13:44.",
    "2020-09-16 12:13:44.1234",
    "2020-09-16 12:13:44,123",
    "2020-09-16 12:13",
    "2020-09-16",
    "2020-02-30 00:00:00",
    "2021-02-29 00:00:00",
    "0000-01-01 00:00:00",
    "2020-13-01 00:00:00",
    "2020-09-16 24:00:00",
    "2020-09-16 23:60:00",
    "-020-09-16 12:13:44",
    "2020-09-16 12:13:4²",
    "٢٠٢٠-09-16 12:13:44",
    "2020-W38-3 12:13:44",
    " 2020-09-16 12:13:44",
    20200916121344,
]


@pytest.mark.parametrize("raw", BAD_INSTANTS)
def test_instants_are_read_in_one_form_only(raw: object) -> None:
    assert parse_datetime(raw) is None
    with pytest.raises(WrongType):
        parse(field(D.DATETIME), raw, CONTEXT)


@settings(deadline=None)
@given(st.datetimes(timezones=st.none()))
def test_instants_come_back_as_sent(moment: Any) -> None:
    moment = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    text = moment.isoformat(" ", "milliseconds")
    parsed = parse_datetime(text)
    assert parsed is not None
    assert parsed.utcoffset() is not None
    assert parsed.replace(tzinfo=None) == moment
    stored = parse(field(D.DATETIME), text, CONTEXT)
    assert render(field(D.DATETIME), stored, millis=True) == text
    assert render(field(D.DATETIME), stored, millis=False) == text[:19]


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1))
def test_text_is_kept_exactly(text: str) -> None:
    assert parse(field(D.TEXT), text, CONTEXT) == text


@settings(deadline=None)
@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**20), max_value=10**20))
def test_printing_and_reading_a_number_again_changes_nothing(number: Decimal) -> None:
    target = field(D.NUMBER)
    stored = parse(target, number, CONTEXT)
    assert stored == number
    printed = render(target, stored, millis=False)
    assert render(target, parse(target, printed, CONTEXT), millis=False) == printed
    with_commas = f"{number:,f}"
    assert parse(target, with_commas, CONTEXT) == number


def test_numbers_print_the_same_from_what_the_database_gives_back() -> None:
    target = field(D.NUMBER)
    assert [render(target, raw, millis=True) for raw in (3, 2.5, Decimal("3.00"))] == ["3", "2.5", "3.00"]


@pytest.mark.parametrize("data_type", [data_type for data_type in DataType if data_type is not D.SELECT])
def test_a_number_without_end_is_refused_like_any_other(data_type: DataType) -> None:
    with pytest.raises((WrongType, UnknownUser, UnknownProduct)):
        parse(field(data_type), 10**5000, CONTEXT)


_SCALARS = st.one_of(
    st.text(),
    st.text("0123456789+-,.: eExTZ@", max_size=24),
    st.integers(),
    st.floats(),
    st.booleans(),
    st.lists(st.text(), max_size=2),
    st.dictionaries(st.text(), st.text(), max_size=2),
)


@settings(deadline=None)
@given(st.sampled_from(DataType), _SCALARS)
def test_whatever_is_sent_is_refused_properly_or_prints_the_same_when_read_again(
    data_type: DataType, raw: object
) -> None:
    target = field(data_type, options=COLOURS, others_allowed=True)
    try:
        stored = parse(target, raw, CONTEXT)
    except FieldError:
        return
    printed = render(target, stored, millis=True)
    assert parse(target, printed, CONTEXT) == stored
    assert printed is None or "\0" not in printed


def test_text_longer_than_the_field() -> None:
    limited = field(D.TEXT, max_length=200)
    assert parse(limited, "🚢" * 200, CONTEXT) == "🚢" * 200
    with pytest.raises(TooLong) as caught:
        parse(limited, "x" * 10_000, CONTEXT)
    assert caught.value.limit == 200
    assert parse(field(D.TEXT), "x" * 10_000, CONTEXT) == "x" * 10_000


def test_blanks_only_clear_what_is_trimmed_and_stay_in_a_text() -> None:
    assert parse(field(D.EMAIL), "  ", CONTEXT) is None
    assert parse(field(D.PHONE), "  ", CONTEXT) is None
    assert parse(field(D.TEXT), "  ", CONTEXT) == "  "


def test_users_and_products_must_be_known() -> None:
    with pytest.raises(UnknownUser):
        parse(field(D.USER), LAMP, CONTEXT)
    with pytest.raises(UnknownProduct):
        parse(field(D.PRODUCT), "not-an-id", CONTEXT)


def test_options_are_checked_unless_switched_off() -> None:
    select = field(D.SELECT, options=COLOURS)
    assert parse(select, "Deep Blue", CONTEXT) == "Deep Blue"
    with pytest.raises(NotAnOption) as caught:
        parse(select, "deep blue", CONTEXT)
    assert caught.value.value == "deep blue"
    assert parse(select, "Green", Context(check_options=False)) == "Green"
    assert parse(field(D.SELECT, options=COLOURS, others_allowed=True), "Green", CONTEXT) == "Green"
    assert unknown_options(select, "Green") == ["Green"]
    assert unknown_options(select, "Red") == []


def test_folded_options_are_stored_as_defined() -> None:
    folding = Context(fold_options=True)
    select = field(D.SELECT, options=COLOURS)
    assert parse(select, "DEEP blue", folding) == "Deep Blue"
    with pytest.raises(NotAnOption):
        parse(select, "Green", folding)


def test_several_options_at_once() -> None:
    select = field(D.SELECT, options=COLOURS, multi_select=True)
    value = parse(select, "Red; Deep Blue;Red;", CONTEXT)
    assert value == ["Red", "Deep Blue"]
    assert render(select, value, millis=True) == "Red;Deep Blue"
    assert parse(select, ";", CONTEXT) is None
    with pytest.raises(NotAnOption):
        parse(select, "Red;Green", CONTEXT)


def test_a_dependent_option_belongs_to_its_parents_value() -> None:
    stage = field(D.SELECT, parent="Status", dependent={"Open": ("Qualified",), "Won": ("Closed Won",)})
    assert parse(stage, "Qualified", CONTEXT) == "Qualified"
    check_dependent(stage, "Qualified", "Open")
    check_dependent(stage, None, "Won")
    for parent in ("Won", "Lost", None):
        with pytest.raises(NotAnOption):
            check_dependent(stage, "Qualified", parent)
    check_dependent(msgspec.structs.replace(stage, others_allowed=True), "Anything", "Won")


@pytest.mark.parametrize(
    "site",
    [
        "https://example.com/a?b=c#d",
        "http://localhost:3000",
        "EXAMPLE.COM",
        "https://bücher.example",
        "ftp://a.b",
    ],
)
def test_web_addresses_that_are_taken(site: str) -> None:
    assert parse(field(D.WEBSITE), site, CONTEXT) == site
