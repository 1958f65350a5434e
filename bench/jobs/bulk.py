"""Many records in one call: 25 activities on one opportunity, 25 activities on 25 leads."""

from __future__ import annotations

import random
from typing import Any

from jobs.data import DEALS, USER, VISIT, lead_id, opportunity_id, with_deals
from jobs.job import Call, Job, Target, encode

ROWS = 25
"""The most that a call may carry."""


def _row(number: int, row: int) -> dict[str, Any]:
    return {
        "ActivityEvent": VISIT,
        "ActivityNote": f"Came to the stand and asked for a quotation, visitor {number}-{row}",
        "ActivityOwnerEmail": USER,
        "Fields": [
            {"SchemaName": "mx_Custom_1", "Value": "Quotation"},
            {"SchemaName": "mx_Custom_2", "Value": "2026-03-01 10:30:00"},
        ],
    }


def _on_opportunity(number: int, leads: int, rng: random.Random) -> Call:
    who = with_deals(rng.randint(DEALS, leads))
    return f"&opportunityId={opportunity_id(who)}", encode([_row(number, row) for row in range(ROWS)])


def _on_leads(number: int, leads: int, rng: random.Random) -> Call:
    rows = [{"RelatedProspectId": lead_id(rng.randint(1, leads)), **_row(number, row)} for row in range(ROWS)]
    return "", encode(rows)


_ADD = "/v2/ProspectActivity.svc/Bulk/CustomActivity/Add/"
_CREATED = b'"RowNumber":%d,"ActivityCreated":true}' % ROWS
_TARGETS = (Target("rows_per_s", 1, 8_000, at_least=True), Target("rows_per_s", 4, 10_000, at_least=True))

JOBS = (
    Job(
        "bulk_on_opportunity",
        f"post {ROWS} activities on an opportunity",
        _ADD + "ByOpportunityId",
        _on_opportunity,
        clients=(1, 4),
        rows=ROWS,
        success=_CREATED,
        targets=_TARGETS,
    ),
    Job(
        "bulk_on_leads",
        f"post {ROWS} activities on {ROWS} leads",
        _ADD + "ByLeadId",
        _on_leads,
        clients=(1, 4),
        rows=ROWS,
        success=_CREATED,
        targets=_TARGETS,
    ),
)
