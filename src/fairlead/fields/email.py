"""E-mail addresses: is it one, and when are two the same. Syntax only: nothing here asks the DNS."""

import re
from functools import lru_cache

import email_validator

# The library refuses reserved domains (.test, .local, .invalid…) unless they are taken off this list, which
# its manual names as the way. Integrators use such addresses in CI, and a CRM stores what it is given: only
# syntax is judged here.
email_validator.SPECIAL_USE_DOMAIN_NAMES.clear()

_LONGEST = 254
_ATOM = r"[a-zA-Z0-9_!#$%&'*+\-/=?^`{|}~]++"
_LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9\-]{0,61}[a-zA-Z0-9])?"
# Narrower than the library on purpose: what this takes, the library takes too (a property test says so).
_is_ordinary = re.compile(rf"{_ATOM}(?:\.{_ATOM})*+@(?:{_LABEL}\.)+[a-zA-Z]{{2,63}}", re.ASCII).fullmatch


def is_email(text: str) -> bool:
    """Whether `text`, without outer blanks, is an address (ASCII or international) in a dotted domain."""
    if len(text) > _LONGEST:
        return False
    if "--" not in text and _is_ordinary(text) is not None:
        return True
    return _library_takes(text)


def email_key(text: str) -> str:
    """What two spellings of one address have in common: e-mail compares without case (platform rules)."""
    return text.strip().lower()


@lru_cache(maxsize=4096)
def _library_takes(text: str) -> bool:
    try:
        email_validator.validate_email(text, check_deliverability=False)
    except email_validator.EmailNotValidError:
        return False
    return True
