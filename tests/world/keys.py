"""Keys of the tests: of the vendor's shape, and secrets that are recognised wherever they leak."""

from __future__ import annotations

import secrets

SECRET = "5ec2e7" * 6
"""Every secret of the tests starts with this."""


def new_key() -> str:
    """An access key."""
    return "u$r" + secrets.token_hex(16)


def new_secret() -> str:
    """A secret key."""
    return SECRET + secrets.token_hex(2)
