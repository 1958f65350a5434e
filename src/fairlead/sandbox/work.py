"""What the people of the demo have to do and wrote down: tasks around now, and notes on leads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from random import Random

from fairlead.notes import rules as notes
from fairlead.records.rows import Lead, Task
from fairlead.sandbox import catalogue
from fairlead.sandbox.ledger import Act, Ledger
from fairlead.sandbox.stories import World
from fairlead.tasks import rules as tasks
from fairlead.tasks.drafts import LEAD, Sent

SAID = (
    "Prefers to be called after six in the evening.",
    "Compares us with the bank next door; the processing fee decides.",
    "Speaks Hindi and Marathi. The brother helps with the papers.",
    "Wants everything by e-mail first.",
    "Moves to another city in spring: ask for the new address.",
)
TO_DO = (
    ("Call about the offer", "Call"),
    ("Send the list of documents", "Email"),
    ("Ask how the visit was", "Follow-Up"),
    ("Meeting at the branch", "Meeting"),
    ("Explain the rates by phone", "Phone Call"),
)
WITH_A_NOTE, WITH_A_TASK, OF_THE_ADMINISTRATOR = 40, 60, 6
"""So many leads."""


def acts(world: World, leads: Iterable[Lead]) -> Iterator[Act]:
    """Everything about tasks and notes, each by the lead's owner; a few tasks are the administrator's."""
    chance = world.random("work")
    some = sorted(leads, key=lambda lead: lead.auto_id)
    for lead in chance.sample(some, WITH_A_NOTE):
        yield _note(world, chance, lead)
    for number, lead in enumerate(chance.sample(some, WITH_A_TASK)):
        own = number < OF_THE_ADMINISTRATOR
        by = world.users[catalogue.ADMINISTRATOR] if own else lead.owner_id
        yield from _task(world, chance, lead, by)


def _note(world: World, chance: Random, lead: Lead) -> Act:
    text = chance.choice(SAID)
    at = min(world.later(chance, lead.created_on, 0, 20), world.now)

    def write(ledger: Ledger) -> None:
        ledger.run(notes.create(ledger.call, lead.id, text))

    return Act(at, lead.owner_id, write)


def _task(world: World, chance: Random, lead: Lead, by: str) -> Iterator[Act]:
    """A task that was due in the last days or is due in the next; most that were due are done."""
    name, kind = chance.choice(TO_DO)
    due = world.later(chance, world.now - timedelta(days=4), 0, 12)
    at = max(lead.created_on, min(world.now, due) - timedelta(days=chance.randrange(1, 6)))
    made: list[Task] = []

    def create(ledger: Ledger) -> None:
        sent = Sent(
            name=name, type_name=kind, related=LEAD, related_id=lead.id, due_on=_text(due), owner_id=by
        )
        made.append(ledger.run(tasks.create(ledger.call, sent)))

    def complete(ledger: Ledger) -> None:
        ledger.run(tasks.complete(ledger.call, made[0].id))

    yield Act(at, by, create)
    if chance.random() < 0.7 and due < world.now:
        yield Act(max(due, at), by, complete)


def _text(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}"
