"""The header `Idempotency-Key`: a write that is sent twice is done once, and both get the first answer.

The answer is stored in the transaction of the effect, and the primary key of its table decides between processes.
So nobody ever finds a key half done. Who comes while the first call is under way in this process is told so at once
(409); in another process it waits for the commit and gets the first answer. A call that was refused did nothing and
leaves its key free.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import msgspec

from fairlead.errors import InvalidKey, KeyInUse, KeyReused
from fairlead.wire import queries
from fairlead.wire.operation import Call, Plan
from fairlead.wire.queries import Answer

KEEP = timedelta(hours=24)
"""How long an answer is kept."""

LONGEST = 255
"""Characters of a key."""

_CREDENTIALS = ("accesskey", "secretkey")

_encode = msgspec.json.Encoder(decimal_format="number").encode


class Key:
    """A key as a call carries it, with the fingerprint of what is asked."""

    __slots__ = ("fingerprint", "text")

    def __init__(self, text: str, fingerprint: str) -> None:
        self.text = text
        self.fingerprint = fingerprint

    def replayed(self, known: Answer) -> Any:
        """The first answer. Raises KeyReused when something else was asked."""
        if known.fingerprint != self.fingerprint:
            raise KeyReused
        return msgspec.Raw(known.answer.encode())

    def answer(self, call: Call[Any, Any], reply: Any) -> Answer:
        """What is to be remembered."""
        return Answer(call.org_id, self.text, self.fingerprint, _encode(reply).decode(), call.now)


def read(
    header: bytes | None, path: str, query: dict[str, str], body: bytes, *, more: str = ""
) -> Key | None:
    """The key of a call; None when it has none. `more` is what else makes it another call. Raises InvalidKey."""
    if header is None:
        return None
    text = header.decode("latin-1").strip()
    if not text or len(text) > LONGEST or not text.isascii() or not text.isprintable():
        raise InvalidKey(LONGEST)
    asked = sorted(item for item in query.items() if item[0] not in _CREDENTIALS)
    seen = hashlib.sha256(_encode([path.rstrip("/").lower(), asked]))
    seen.update(body)
    seen.update(more.encode())
    return Key(text, seen.hexdigest())


class InFlight:
    """The keys of the calls that this process is doing now, by organisation, with what they ask."""

    def __init__(self) -> None:
        self._asked: dict[tuple[int, str], str] = {}

    @contextlib.contextmanager
    def taking(self, org_id: int, key: Key | None) -> Iterator[None]:
        """Hold the key for the length of a block; without a key, nothing.

        Raises KeyInUse when a call under the key is being done, KeyReused when that is another one.
        """
        if key is None:
            yield
            return
        place = (org_id, key.text)
        asked = self._asked.get(place)
        if asked is not None:
            raise KeyInUse if asked == key.fingerprint else KeyReused
        self._asked[place] = key.fingerprint
        try:
            yield
        finally:
            del self._asked[place]


class Once:
    """A plan under a key. `answers` are those known to the batch, by organisation and key.

    `refusal` reads a refusal out of a reply that is one without raising, see `Queued`.
    """

    __slots__ = ("answers", "key", "refusal", "start")

    def __init__(
        self,
        start: Callable[[Call[Any, Any]], Plan[Any]],
        key: Key,
        refusal: Callable[[Any], str | None] | None = None,
    ) -> None:
        self.start = start
        self.key = key
        self.refusal = refusal
        self.answers: dict[tuple[int, str], Answer] = {}

    def __call__(self, call: Call[Any, Any]) -> Plan[Any]:
        """Run the plan unless there is an answer; remember its answer with its effect."""
        plan = self.start(call)
        try:
            needs = next(plan)
        except StopIteration as stop:
            return stop.value
        picture = yield needs
        place = (call.org_id, self.key.text)
        if (known := self.answers.get(place)) is not None:
            return self.key.replayed(known)
        try:
            plan.send(picture)
        except StopIteration as stop:
            if self.refusal is None or self.refusal(stop.value) is None:
                self.answers[place] = answer = self.key.answer(call, stop.value)
                picture.also("idempotency_new", answer)
            return stop.value
        msg = "a plan yields once"
        raise RuntimeError(msg)


async def look_up(db: Any, keyed: list[tuple[int, Once]]) -> None:
    """Tell plans under keys which answers are known; those of one batch share what they learn."""
    known = await queries.answers(db, [(org_id, once.key.text) for org_id, once in keyed])
    for _, once in keyed:
        once.answers = known


async def known(db: Any, org_id: int, key: Key) -> Any:
    """The first answer under a key, None when there is none. Raises KeyReused."""
    found = await queries.answers(db, [(org_id, key.text)])
    return key.replayed(found[org_id, key.text]) if found else None


async def remember(db: Any, call: Call[Any, Any], key: Key, reply: Any) -> None:
    """Store the answer of a rare write, inside its transaction."""
    await queries.insert_answer(db, key.answer(call, reply))


async def expire(db: Any, now: datetime, most: int) -> int:
    """Forget up to `most` answers that were kept long enough; returns how many."""
    return await queries.expire(db, now - KEEP, most)
