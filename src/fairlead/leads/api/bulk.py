"""Creating and changing many leads at once. A bad row never stops the others."""

from __future__ import annotations

from typing import Any

import msgspec

from fairlead.errors import ApiError, Forbidden, MandatoryMissing, UnknownReference
from fairlead.leads import plans
from fairlead.leads.api.change import Posting
from fairlead.leads.api.family import write
from fairlead.leads.drafts import ID_NAMES, search_field
from fairlead.wire.bulk import each_row
from fairlead.wire.operation import Body, Call, Plan
from fairlead.wire.types import AffectedRows, Done, Pair, Scalar, rows_of, truth


class Created(msgspec.Struct, omit_defaults=True):
    """The result of a row; the last two members only when it failed."""

    RowNumber: int
    LeadId: str
    LeadCreated: bool
    ExceptionType: str | None = None
    ErrorMessage: str | None = None


class Written(msgspec.Struct, omit_defaults=True):
    """The result of a row; the last two members only when it failed."""

    RowNumber: int
    LeadId: str
    LeadCreated: bool
    LeadUpdated: bool
    AffectedRows: int
    ExceptionType: str | None = None
    ErrorMessage: str | None = None


@write("POST /LeadManagement.svc/Lead/Bulk/Create", page="create-leads-in-bulk", bulk=50)
def create(call: Call[None, list[list[Pair]]]) -> Plan[list[Created]]:
    """Create Leads in Bulk.

    Up to 50 leads, each an array of attributes as in Create a Lead. One result per row, in the order of the rows.
    """
    rows_of(call.body, 50)
    results = yield from each_row(plans.create(call, row) for row in call.body)
    return [
        Created(number, "", False, result.type, result.message)
        if isinstance(result, ApiError)
        else Created(number, result.lead.id, True)
        for number, result in enumerate(results, 1)
    ]


@write("POST /LeadManagement.svc/Lead/Bulk/CreateOrUpdate", page="bulk-create-or-update", bulk=25)
def create_or_update(call: Call[Posting, list[list[Pair]]]) -> Plan[list[Written]]:
    """Create or Update Leads in Bulk.

    Up to 25 leads, each an array of attributes as in Create or Update a Lead, with its own SearchBy. Rows see the
    effect of earlier rows. One result per row, in the order of the rows.
    """
    rows_of(call.body, 25)
    truth(call.query.postUpdatedLead, "postUpdatedLead")
    results = yield from each_row(plans.create_or_update(call, row) for row in call.body)
    return [
        Written(number, "", False, False, 0, result.type, result.message)
        if isinstance(result, ApiError)
        else Written(number, result.lead.id, result.created, not result.created, int(result.changed))
        for number, result in enumerate(results, 1)
    ]


class OneField(Body):
    """Leads by id, and one attribute that all of them get."""

    LeadIds: list[str] | None = None
    LeadFields: Pair | None = None


@write("POST /LeadManagement.svc/Lead/Bulk/Update", page="bulk-update", bulk=50)
def update(call: Call[None, OneField]) -> Plan[Done[AffectedRows]]:
    """Update Leads in Bulk (one field).

    Up to 50 leads get the same value in one attribute; unknown ids are skipped, a lead that the caller may not change
    refuses them all. `AffectedRows` counts the leads that are different now. A unique field is refused for more than
    one lead, also to clear it.
    """
    ids, pair = call.body.LeadIds, call.body.LeadFields
    if ids is None:
        raise MandatoryMissing("LeadIds", "updating leads")
    if pair is None:
        raise MandatoryMissing("LeadFields", "updating leads")
    rows_of(ids, 50)
    changed = yield from plans.update_all(call, ids, pair)
    return Done(Message=AffectedRows(changed))


class Row(Body):
    """The attributes of one lead."""

    Fields: list[Pair] | None = None


class Choices(Body):
    """Where unknown leads are listed."""

    PushNonExistentLeadsToUnProcessedList: Scalar = None


class Rows(Body):
    """The leads, and the attribute by which they are found; without it by ProspectId."""

    SearchByKey: str | None = None
    Options: Choices | None = None
    LeadPropertiesList: list[Row] | None = None


class Refused(msgspec.Struct):
    """A lead that was not updated, and why."""

    Identifier: str
    IdentifierValue: str
    Reason: str


class Counts(msgspec.Struct):
    """How many leads were sent, updated, refused, and left unprocessed; Success, Partial Success or Error."""

    TotalCount: int
    SuccessCount: int
    FailureCount: int
    UnProcessedCount: int
    Message: str


class Leftovers(msgspec.Struct):
    """The leads that were not updated."""

    FailedLeads: list[Refused]
    UnProcessedLeads: list[Refused]


class Updated(msgspec.Struct):
    """The result of Update Leads in Bulk v2."""

    Status: Counts
    Details: Leftovers


UNKNOWN = "Lead does not exist in the system or You do not have permission to update the lead"


@write("POST /LeadManagement.svc/Lead/Bulk/UpdateV2", page="update-lead-in-bulk-v2", bulk=25)
def update_v2(call: Call[Posting, Rows]) -> Plan[Updated]:
    """Update Leads in Bulk v2.

    Up to 25 leads, each found by the attribute that SearchByKey names (a unique field or ProspectId); without
    SearchByKey by ProspectId, and rows without one are skipped. No lead is created. Unknown leads are listed as failed,
    or with `PushNonExistentLeadsToUnProcessedList` as unprocessed.
    """
    body = call.body
    if body.LeadPropertiesList is None:
        raise MandatoryMissing("LeadPropertiesList", "updating leads")
    rows_of(body.LeadPropertiesList, 25)
    truth(call.query.postUpdatedLead, "postUpdatedLead")
    apart = body.Options is not None and truth(
        body.Options.PushNonExistentLeadsToUnProcessedList, "PushNonExistentLeadsToUnProcessedList"
    )
    key = (body.SearchByKey or "").strip()
    if key:
        search_field(call.defs, key)
    rows = [row.Fields for row in body.LeadPropertiesList if key or not row.Fields or _value(row.Fields, "")]
    results = yield from each_row(plans.update_found(call, key or "ProspectId", row) for row in rows)
    failed: list[Refused] = []
    unprocessed: list[Refused] = []
    for row, result in zip(rows, results, strict=True):
        if isinstance(result, ApiError):
            unknown = isinstance(result, UnknownReference | Forbidden) and result.message in _UNKNOWN
            refused = Refused(key or "ProspectId", _value(row, key), UNKNOWN if unknown else result.message)
            (unprocessed if unknown and apart else failed).append(refused)
    total, done = len(body.LeadPropertiesList), len(rows) - len(failed) - len(unprocessed)
    message = "Success" if done == total else "Partial Success" if done else "Error"
    return Updated(
        Counts(total, done, len(failed), len(unprocessed), message), Leftovers(failed, unprocessed)
    )


_UNKNOWN = ("Lead not found", Forbidden().message)


def _value(row: list[Pair] | None, key: str) -> str:
    """The value of the identifying attribute in a row, as sent; empty when it is not there."""
    names: Any = ID_NAMES if key == "" or key in ID_NAMES else (key,)
    found = [pair.Value for pair in row or () if pair.name in names]
    return "" if not found or found[-1] is None else str(found[-1])
