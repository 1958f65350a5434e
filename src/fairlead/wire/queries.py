"""Every SQL statement about idempotency keys."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from fairlead.records.queries import add_statement, encode


class Answer(msgspec.Struct):
    """The first answer to a write under a key; `fingerprint` tells what was asked."""

    org_id: int
    key: str
    fingerprint: str
    answer: str
    created_on: datetime


_NEW = """
insert into idempotency (org_id, key, fingerprint, answer, created_on)
select n.org_id, n.key, n.fingerprint, n.answer, n.created_on
from json_to_recordset($0::json) as n(org_id bigint, key text, fingerprint text, answer text, created_on timestamptz)
"""
# A key that another process used meanwhile makes the whole write fail: it is run again and finds the answer.
add_statement("idempotency_new", _NEW)

ANSWERS = """
select i.org_id, i.key, i.fingerprint, i.answer, i.created_on
from unnest($1::bigint[], $2::text[]) as n(org_id, key)
join idempotency i on i.org_id = n.org_id and i.key = n.key
"""
EXPIRED = """
delete from idempotency i using org o cross join lateral (
    select e.org_id, e.key from idempotency e
    where e.org_id = o.org_id and e.created_on < $1 order by e.created_on limit $2 for update skip locked) as old
where i.org_id = old.org_id and i.key = old.key
"""


async def answers(db: Any, keys: list[tuple[int, str]]) -> dict[tuple[int, str], Answer]:
    """The answers that are known, by organisation and key."""
    rows = await db.fetch(ANSWERS, [org_id for org_id, _ in keys], [key for _, key in keys])
    return {(row["org_id"], row["key"]): Answer(**row) for row in rows}


async def insert_answer(db: Any, answer: Answer) -> None:
    """Remember an answer; in the transaction of the effect."""
    await db.execute(_NEW.replace("$0", "$1"), encode([answer]))


async def expire(db: Any, before: datetime, most: int) -> int:
    """Forget up to `most` answers from before then; returns how many."""
    tag: str = await db.execute(EXPIRED, before, most)
    return int(tag.rpartition(" ")[2])
