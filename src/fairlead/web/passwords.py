"""Passwords: what a good one is, its hash, and the pause after wrong ones."""

from __future__ import annotations

import asyncio
import itertools
import math
import threading
import time
from collections import OrderedDict
from datetime import datetime
from functools import cache
from typing import Any

from fairlead.errors import Duplicate, InvalidInput
from fairlead.web import queries

SHORTEST = 10
LONGEST = 500
"""Characters of a password."""

_AT_ONCE = 2
_hashing = threading.Semaphore(_AT_ONCE)
"""Each hash takes 19 MB and some 30 ms; more than two at a time only take memory."""


@cache
def _hasher() -> Any:
    from argon2 import PasswordHasher  # noqa: PLC0415  loaded when the first password comes

    # Argon2id with OWASP's parameters for servers: 19 MiB, two passes, one lane.
    return PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


@cache
def _nobodys() -> str:
    """A hash to compare with where there is none, so that a stranger takes as long as a wrong password."""
    hashed: str = _hasher().hash("nobody's")
    return hashed


async def matches(stored: str | None, password: str) -> bool:
    """Compare with the stored hash; without one it takes as long and is False."""
    return await asyncio.to_thread(_matches, stored, password)


def _matches(stored: str | None, password: str) -> bool:
    from argon2.exceptions import VerificationError  # noqa: PLC0415

    try:
        with _hashing:
            found: bool = _hasher().verify(stored or _nobodys(), password[:LONGEST])
    except VerificationError:
        return False
    return found and stored is not None


def why_not(password: str) -> str | None:
    """What is wrong with a new password, as a sentence; None for a good one."""
    if len(password) < SHORTEST:
        return f"Choose at least {SHORTEST} characters: four words that you remember are better than one with signs in it."
    if len(password) > LONGEST:
        return f"Choose at most {LONGEST} characters."
    if len(set(password)) < 4:
        return "Choose a password with more different characters."
    if is_common(password):
        return "This is among the first that somebody would try: choose four words that have nothing to do with each other."
    return None


_ROWS = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "qwertyuiop",
    "qwertzuiop",
    "azertyuiop",
    "asdfghjkl",
    "zxcvbnm",
)
_NEXT = frozenset(pair for row in _ROWS for way in (row, row[::-1]) for pair in itertools.pairwise(way))
_COLUMNS = ("1qaz2wsx3edc4rfv5tgb", "1q2w3e4r5t6z7u8i9o0p", "1q2w3e4r5t6y7u8i9o0p", "q1w2e3r4t5y6u7i8o9p0")
_AS_LETTERS = str.maketrans("013457$@!", "oleastsai")
_COMMON = """
abc access admin administrator baseball batman charlie changeme computer daniel default demo dragon fairlead flower
football freedom guest hello hockey hunter iloveyou internet jesus jordan killer leadsquared letmein login lovely
master michael monkey mustang ninja nothing pass passphrase password princess qazwsx qwerty ranger root sales secret
shadow soccer starwars summer sunshine superman temp test testing trustno user welcome whatever winter
"""
_WORDS = frozenset(_COMMON.split())
"""What people make passwords of, over and over: with a year or some digits behind it, it stays the same word."""


def is_common(password: str) -> bool:
    """True for rows of the keyboard or the alphabet, a part that repeats, and a common word with digits around it."""
    text = "".join(password.lower().split())
    size = (text + text).find(text, 1)  # of the part that the text is a repetition of
    jumps = sum(pair not in _NEXT and pair[0] != pair[1] for pair in itertools.pairwise(text))
    if size <= len(text) // 2 or jumps * 5 <= len(text) or any(text[:size] in row for row in _COLUMNS):
        return True
    bare = text.strip("0123456789.,;:!?#*+-_@$%&/()=")
    spelt = text.translate(_AS_LETTERS).strip("0123456789.,;:!?#*+-_@$%&/()=")
    return any(_is_word(some) for some in (bare, spelt, text.rstrip("0123456789!").translate(_AS_LETTERS)))


def _is_word(text: str) -> bool:
    """True for a common word, or one twice."""
    half = len(text) // 2
    return text in _WORDS or (text[:half] in _WORDS and text[half:] in _WORDS)


def _hash(password: str) -> str:
    with _hashing:
        hashed: str = _hasher().hash(password)
    return hashed


async def store(db: Any, org_id: int, user_id: str, email: str, password: str, *, now: datetime) -> None:
    """Give a user a password, let them sign in with their e-mail address, and end their sessions.

    `db` is inside a transaction. Raises InvalidInput for a bad password, Duplicate when somebody of another
    organisation signs in with this address.
    """
    if (reason := why_not(password)) is not None:
        error = InvalidInput("Password")
        error.message = reason
        raise error
    await _check_free(db, org_id, user_id, email)
    hashed = await asyncio.to_thread(_hash, password)
    await queries.store_password(db, org_id, user_id, email, hashed, now=now)
    await queries.end_sessions(db, org_id, user_id=user_id, now=now)


async def move(db: Any, org_id: int, user_id: str, email: str) -> None:
    """Let a user who signs in here do it with another address; who has no password is left alone.

    `db` is inside the transaction that changes the address. Raises Duplicate when somebody of another organisation
    signs in with it.
    """
    if await queries.signs_in(db, org_id, user_id):
        await _check_free(db, org_id, user_id, email)
        await queries.move_sign_in(db, org_id, user_id, email)


async def _check_free(db: Any, org_id: int, user_id: str, email: str) -> None:
    holder = await queries.by_sign_in(db, email)
    if holder is not None and (holder.org_id, holder.user_id) != (org_id, user_id):
        raise Duplicate("User", "Email")


class Pauses:
    """Slows down guessing: after `free` wrong passwords under a key, each further one doubles a pause.

    Kept in memory, per process. A pause is no lock: it lasts a minute at most, and a quarter of an hour without a
    wrong password forgets the others.
    """

    LONGEST = 60.0
    FORGOTTEN_AFTER = 900.0
    MOST = 20_000

    def __init__(self, free: int) -> None:
        self._free = free
        self._failures: OrderedDict[str, tuple[int, float, float]] = OrderedDict()

    def left(self, key: str) -> int:
        """Seconds until the next try is looked at; 0: now."""
        _, _, until = self._failures.get(key, (0, 0.0, 0.0))
        return math.ceil(max(0.0, until - time.monotonic()))

    def failed(self, key: str) -> None:
        """Count a wrong password."""
        now = time.monotonic()
        count, last, _ = self._failures.pop(key, (0, 0.0, 0.0))
        count = 1 if now - last > self.FORGOTTEN_AFTER else count + 1
        over = count - self._free
        pause = min(2.0 ** min(over, 10), self.LONGEST) if over >= 0 else 0.0
        self._failures[key] = (count, now, now + pause)
        if len(self._failures) > self.MOST:
            self._failures.popitem(last=False)

    def forget(self, key: str) -> None:
        """The right one came."""
        self._failures.pop(key, None)
