"""Phone numbers: is it one, and when are two the same.

A number is judged by its length in its country (the "possible number" of libphonenumber), never by whether
the operator has given it out. It is stored as sent; nothing here rewrites a number.
"""

import re
from collections.abc import Callable
from functools import cache, lru_cache

import phonenumbers
from phonenumbers.phonemetadata import PhoneMetadata

_LONGEST_CODE = 3
_SHORTEST, _LONGEST = 2, 17  # digits of a national number, as the library has it
_LONGEST_TEXT = 250  # characters the library looks at
_COMMON = 7  # digits two numbers must share at their end to be the same number
_EXTENSION = re.compile(r"(?:\bext\.?|x)(?=\s*\d+\s*$)", re.IGNORECASE)
_NO_LENGTHS: frozenset[int] = frozenset()


def is_phone(text: str, region: str = "IN") -> bool:
    """Whether `text`, already without outer blanks, is a possible number; without `+` it is one of `region`.

    Letters are refused, an extension (`x12`, `ext. 12`) is not. `region` is an ISO country code.
    """
    if len(text) > _LONGEST_TEXT:
        return False
    digits = text.replace("-", "").replace(" ", "")
    if digits[:1] == "+":
        national = digits[1:]
        if national.isdigit() and national.isascii() and _plain_international(national):
            return True
    elif digits.isdigit() and digits.isascii():
        numbers = _numbers_of(region)
        if len(digits) in numbers.lengths and numbers.is_prefixed(digits) is None:
            return True
    return _library_takes(text, region)


def phone_digits(text: str) -> str:
    """The digits of a number and nothing else: `+91-98765 43210` → `919876543210`."""
    digits = text.replace("-", "").replace(" ", "").replace("+", "")
    if digits.isdigit() and digits.isascii():
        return digits
    return "".join(c for c in digits if "0" <= c <= "9")


def same_phone(a: str, b: str) -> bool:
    """Whether two spellings name one number, with or without its country code; blanks, hyphens, `+` ignored.

    A number with `+` has its country code: so two of them are equal or different, and one without `+` may be it whole
    or without the code. Of two without `+` one ends with the other and has at most three more digits in front (a
    country code or a trunk 0). At least seven digits are shared. Page get-lead-by-phone; Vendor: silent on what makes
    two numbers of different forms one.
    """
    one, other = phone_digits(a), phone_digits(b)
    if min(len(one), len(other)) < _COMMON:
        return False
    if one == other:
        return True
    one_has_code, other_has_code = a.lstrip().startswith("+"), b.lstrip().startswith("+")
    if one_has_code and other_has_code:
        return False
    if one_has_code or other_has_code:
        whole, part = (one, other) if one_has_code else (other, one)
        national = _national(whole)
        return part in (f"00{whole}", national, f"0{national}")
    if len(one) < len(other):
        one, other = other, one
    return len(one) - len(other) <= _LONGEST_CODE and one.endswith(other)


def _national(digits: str) -> str:
    """What stands behind the country code of an international number; nothing when there is no such code."""
    codes = _code_lengths()
    for end in range(1, _LONGEST_CODE + 1):
        if digits[:end] in codes:
            return digits[end:]
    return ""


@lru_cache(maxsize=4096)
def _library_takes(text: str, region: str) -> bool:
    if any(c.isalpha() for c in _EXTENSION.sub("", text)):
        return False
    try:
        number = phonenumbers.parse(text, region or None)
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.is_possible_number(number)


def _plain_international(digits: str) -> bool:
    codes = _code_lengths()
    for end in range(1, _LONGEST_CODE + 1):
        lengths = codes.get(digits[:end])
        if lengths is not None:
            return len(digits) - end in lengths
    return False


@cache
def _code_lengths() -> dict[str, frozenset[int]]:
    return {str(code): _lengths(code) for code in phonenumbers.COUNTRY_CODE_TO_REGION_CODE}


def _lengths(code: int) -> frozenset[int]:
    """How many national digits a number of a calling code may have; empty where only the library knows.

    The library strips a national prefix and then counts. Without a rewriting rule stripping only ever
    shortens, and a shortened number counts only if its new length is possible too: so a possible length stays
    possible.
    """
    region = phonenumbers.region_code_for_country_code(code)
    metadata = PhoneMetadata.metadata_for_region_or_calling_code(code, region)
    if (
        metadata is None
        or metadata.national_prefix_transform_rule is not None
        or metadata.general_desc is None
    ):
        return _NO_LENGTHS
    return frozenset(n for n in metadata.general_desc.possible_length if _SHORTEST <= n <= _LONGEST)


class _RegionNumbers:
    """What a number written without `+` looks like in one region."""

    def __init__(self, region: str) -> None:
        self.lengths: frozenset[int] = _NO_LENGTHS
        prefix = ""
        code = phonenumbers.country_code_for_region(region)
        # A region that borrows its calling code is judged by the main region's numbers: left to the library.
        if code and phonenumbers.region_code_for_country_code(code) == region:
            metadata = PhoneMetadata.metadata_for_region(region)
            self.lengths = _lengths(code)
            prefix = (metadata and metadata.international_prefix) or ""
        # Numbers that open with the way out of the country or with its own calling code are left to the
        # library.
        self.is_prefixed: Callable[[str], re.Match[str] | None] = re.compile(
            f"(?:{prefix or 'x'})|{code}"
        ).match


@lru_cache(maxsize=512)
def _numbers_of(region: str) -> _RegionNumbers:
    return _RegionNumbers(region)
