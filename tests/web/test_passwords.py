"""What a good password is."""

from __future__ import annotations

import pytest

from browsing import PASSWORD
from fairlead.web.passwords import why_not


@pytest.mark.parametrize(
    "password",
    [
        "1234567890", "0987654321", "abcdefghij", "qwertyuiop", "qwerty12345", "12345abcde", "1q2w3e4r5t", "1qaz2wsx3edc",
        "Password123", "P@ssw0rd2026!", "passwordpassword", "welcome2026", "Welcome@2026", "iloveyou123", "administrator",
        "fairlead2026", "abcabcabcabc", "k7#k7#k7#k7#", "          a",
    ],
)  # fmt: skip
def test_what_everybody_would_try_first_is_refused(password: str) -> None:
    assert why_not(password)


@pytest.mark.parametrize(
    "password",
    [PASSWORD, "correct horse battery", "Tr0ub4dor&3x", "j8#kLq92mZ", "sommerregen am see", "लंबा पासवर्ड यहाँ"],
)
def test_a_good_one_is_taken(password: str) -> None:
    assert why_not(password) is None


@pytest.mark.parametrize("length", [9, 501])
def test_the_length_has_two_ends(length: int) -> None:
    assert "characters" in (why_not(("k7#Lq92mZx" * 51)[:length]) or "")
