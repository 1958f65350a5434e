"""Every SQL statement of the queue. A queued request is one row; its effect and its result commit together."""

from fairlead.wire.queue.queries import deliveries
from fairlead.wire.queue.queries.ending import Ended, again, count_crashes, give_up
from fairlead.wire.queue.queries.requests import (
    NewRequest,
    depth,
    expire,
    finished_since,
    forget_tallies,
    gauge,
    pending,
    status,
)
from fairlead.wire.queue.queries.working import (
    Busy,
    Outcome,
    Request,
    Tally,
    begin_trial,
    busy,
    claim,
    claim_suspect,
    end_trial,
    finish,
    park,
    planned_anew,
)

__all__ = [
    "Busy",
    "Ended",
    "NewRequest",
    "Outcome",
    "Request",
    "Tally",
    "again",
    "begin_trial",
    "busy",
    "claim",
    "claim_suspect",
    "count_crashes",
    "deliveries",
    "depth",
    "end_trial",
    "expire",
    "finish",
    "finished_since",
    "forget_tallies",
    "gauge",
    "give_up",
    "park",
    "pending",
    "planned_anew",
    "status",
]
