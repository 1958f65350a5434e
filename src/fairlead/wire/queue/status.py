"""What became of a request or a job, as its status tells it and as it is sent to who asked to be told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from fairlead.records.picture import new_id
from fairlead.wire.operation import Call, Queued, Registry
from fairlead.wire.queue import queries
from fairlead.wire.queue.outside import WrongAddress, checked_url
from fairlead.wire.queue.queries import Ended, deliveries
from fairlead.wire.queue.queries.deliveries import CALLBACK, STATUS_WEBHOOK, NewDelivery
from fairlead.wire.types import Scalar

FAULT = "There was an error processing the request. Please contact administrator."
DONE = "Request was successfully completed"
WAITING = "Request is in queue"
STEP = "In-Process-Queue"
GIVEN_UP = "Given up by hand."
"""What the console says about such a failure; on the wire all failures have one sentence."""

_encode = msgspec.json.Encoder(decimal_format="number").encode


class TaskStatus(msgspec.Struct):
    """What became of a request: `RequestBody` is the text that came in, `Message` the direct answer as JSON text."""

    TaskType: str
    Status: str
    StatusReason: str | None
    TaskCurrentStep: str | None
    TaskLastStep: str | None
    RequestBody: str
    Message: str | None


STATES: dict[str, tuple[str, str | None, str | None, str | None]] = {
    "queued": ("In-Queue", STEP, None, WAITING),
    "retry": ("In-Queue", STEP, None, WAITING),
    "held": ("In-Queue", STEP, None, WAITING),
    "success": ("Success", None, STEP, DONE),
    "error": ("ERROR", None, STEP, None),
    "failure": ("FAILURE", None, STEP, FAULT),
}
"""How a state is called on the wire: Status, TaskCurrentStep, TaskLastStep, and StatusReason where it is always the same."""


def document(
    queued: Queued, id: str, state: str, reason: str | None, body: str, reply: str | None
) -> dict[str, Any]:
    """The answer of the status operation about a request."""
    status, step, last, fixed = STATES[state]
    task = TaskStatus(
        TaskType=queued.task_type,
        Status=status,
        StatusReason=fixed or reason,
        TaskCurrentStep=step,
        TaskLastStep=last,
        RequestBody=body,
        Message=reply if state == "success" else None,
    )
    return {queued.id_key: id, "TaskStatus": task}


def queueable(registry: Registry) -> dict[str, Queued]:
    """How operations are queued, by their path in the queue."""
    return {op.queued.path: op.queued for op in registry.all() if op.queued is not None}


async def tell(db: Any, kinds: Mapping[str, Queued], ended: Iterable[Ended], now: datetime) -> int:
    """Have the end of requests told to who asked for it, in the transaction of the end; returns how many are told."""
    new = [
        NewDelivery(
            request.org_id,
            new_id(),
            CALLBACK,
            request.id,
            request.callback_key_id,
            request.callback_url,
            _body(kinds[request.operation], request),
            now,
        )
        for request in ended
        if request.callback_url is not None
    ]
    if new:
        await deliveries.add(db, new)
    return len(new)


async def announce(call: Call[Any, Any], db: Any, address: Scalar, result: Any) -> None:
    """Have the result of a job told at its StatusWebhookURL, in the transaction of the job.

    Nothing is told without an address; at one that nothing is sent to neither, and that is noticed.
    """
    text = "" if address is None else str(address).strip()
    if not text:
        return
    try:
        url = checked_url(text, private=call.private_addresses, plain=True)
    except WrongAddress:
        call.notice("status-webhook-not-sent", text)
        return
    body = _encode(result).decode()
    new = NewDelivery(call.org_id, new_id(), STATUS_WEBHOOK, call.request_id, None, url, body, call.now)
    await deliveries.add(db, [new])


async def give_up(db: Any, kinds: Mapping[str, Queued], request_id: str, now: datetime) -> bool:
    """End a request that waits, as a failure; False when there is none. Inside the caller's transaction."""
    ended = await queries.give_up(db, request_id, now, GIVEN_UP)
    if ended is None:
        return False
    await tell(db, kinds, [ended], now)
    return True


def _body(queued: Queued, request: Ended) -> str:
    told = document(queued, request.id, request.state, request.reason, request.body, request.reply)
    return _encode(told).decode()
