"""Which numbers are taken, that the short way agrees with the library, and when two numbers are one."""

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.fields.phone import is_phone, phone_digits, same_phone


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("+91-9999999999", "IN"),
        ("9999999999", "IN"),
        ("09999999999", "IN"),
        ("919999999999", "IN"),
        ("+1 650 253 0000", "IN"),
        ("(020) 2765 4321", "IN"),
        ("+44 20 7946 0018", "US"),
        ("(650) 253-0000", "US"),
        ("650-253-0000 x12", "US"),
        ("+49 30 901820 ext. 7", "IN"),
        ("+54 9 11 2345 6789", "IN"),
    ],
)
def test_numbers_that_are_taken(text: str, region: str) -> None:
    assert is_phone(text, region)


@pytest.mark.parametrize(
    "text",
    ["abc", "12", "12345", "+91-99999", "+999 1234567", "+", "call 9999999999", "1800 MICROSOFT", "9" * 40],
)
def test_what_is_no_number_is_refused(text: str) -> None:
    assert not is_phone(text, "IN")


def test_a_number_without_plus_needs_a_known_region() -> None:
    assert not is_phone("9999999999", "")
    assert not is_phone("9999999999", "ZZ")
    assert is_phone("+91-9999999999", "ZZ")


def _library(text: str, region: str) -> bool:
    try:
        return phonenumbers.is_possible_number(phonenumbers.parse(text, region))
    except phonenumbers.NumberParseException:
        return False


_CODES = st.sampled_from(sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE))
_DIGITS = st.text("0123456789", min_size=1, max_size=18)
_GAPS = st.sampled_from(["", "-", " ", " - "])


@settings(max_examples=400, deadline=None)
@given(code=_CODES, gap=_GAPS, digits=_DIGITS)
def test_numbers_with_plus_agree_with_the_library(code: int, gap: str, digits: str) -> None:
    text = f"+{code}{gap}{digits}"
    assert is_phone(text, "IN") is _library(text, "IN")


@settings(max_examples=400, deadline=None)
@given(
    region=st.sampled_from(["IN", "US", "GB", "AU", "DE", "IT", "BR", "AR", "MX", "SG", "BS", "KZ"]),
    digits=_DIGITS,
)
def test_numbers_without_plus_agree_with_the_library(region: str, digits: str) -> None:
    assert is_phone(digits, region) is _library(digits, region)


def test_digits_are_all_that_is_left() -> None:
    assert phone_digits("+91-98765 43210") == "919876543210"
    assert phone_digits("(020) 2765.4321") == "02027654321"
    assert phone_digits("abc") == ""


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("+91-9876543210", "9876543210"),
        ("+91 98765 43210", "91-9876543210"),
        ("09876543210", "9876543210"),
        ("+971501234567", "501234567"),
        ("+91-9876543210", "00919876543210"),
        ("+91-9876543210", "0 98765 43210"),
        ("919876543210", "9876543210"),
        ("9876543210", "+1-9876543210"),
    ],
)
def test_same_number_in_two_spellings(a: str, b: str) -> None:
    assert same_phone(a, b)
    assert same_phone(b, a)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("+91-9876543210", "9876543211"),
        ("543210", "543210"),
        ("", ""),
        ("+91-9876543210", "6543210"),
        ("+91-9876543210", "+1-9876543210"),
        ("+91-9876543210", "19876543210"),
        ("+999-9876543210", "9876543210"),
    ],
)
def test_different_numbers_and_numbers_too_short_to_tell(a: str, b: str) -> None:
    assert not same_phone(a, b)
