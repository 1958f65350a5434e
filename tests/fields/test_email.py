"""Which addresses are taken, and that the short way agrees with the library."""

import email_validator
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.fields import email
from fairlead.fields.email import email_key, is_email


@pytest.mark.parametrize(
    "address",
    [
        "asha@example.com",
        "asha.rao+crm@mail.example.co.in",
        "o'neil@example.com",
        "ci@example.test",
        "ci@build.local",
        "nobody@none.invalid",
        "a--b@example.com",
        "用户@例子.公司",
        "ünï@exämple.com",
        "x@xn--exmple-cua.com",
    ],
)
def test_addresses_that_are_taken(address: str) -> None:
    assert is_email(address)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a@",
        "@b",
        "a b@c.d",
        "a@b",
        "plain",
        "a@@example.com",
        "a@b@example.com",
        "a..b@example.com",
        ".a@example.com",
        "a@example..com",
        "a@-example.com",
        "a@example.com\n",
        "a@1.2.3.4",
        "a\0@example.com",
        "Asha <asha@example.com>",
        "a" * 250 + "@example.com",
    ],
)
def test_rubbish_is_refused(text: str) -> None:
    assert not is_email(text)


_LOCAL = st.text("abzAZ09.!#$%&'*+-/=?^_`{|}~ \"@é", min_size=0, max_size=12)
_LABELS = st.lists(st.text("abzAZ09-_xné", max_size=66), min_size=1, max_size=4)


@settings(deadline=None)
@given(local=_LOCAL, labels=_LABELS)
def test_what_the_short_way_takes_the_library_takes(local: str, labels: list[str]) -> None:
    address = f"{local}@{'.'.join(labels)}"
    if "--" not in address and len(address) <= 254 and email._is_ordinary(address):
        assert email_validator.validate_email(address, check_deliverability=False)


@settings(deadline=None)
@given(
    local=st.from_regex(r"[a-z0-9_+]{1,20}(\.[a-z0-9]{1,9})?", fullmatch=True),
    domain=st.from_regex(r"([a-z0-9]([a-z0-9-]{0,5}[a-z0-9])?\.){1,3}[a-z]{2,9}", fullmatch=True),
)
def test_ordinary_addresses_agree_with_the_library_both_ways(local: str, domain: str) -> None:
    address = f"{local}@{domain}"
    try:
        email_validator.validate_email(address, check_deliverability=False)
        expected = True
    except email_validator.EmailNotValidError:
        expected = False
    assert is_email(address) is expected


def test_the_key_ignores_case_and_outer_blanks() -> None:
    assert email_key(" Asha.Rao@Example.COM ") == email_key("asha.rao@example.com") == "asha.rao@example.com"
