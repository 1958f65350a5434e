"""Reading: a page of a long timeline, a search on an indexed custom field."""

from __future__ import annotations

import random

from jobs.data import BRANCH, branches, busy_leads, lead_id
from jobs.job import Call, Job, Target, encode

_TARGETS = (Target("p50_ms", 1, 3),)


def _timeline(number: int, leads: int, rng: random.Random) -> Call:
    body = {"Paging": {"Offset": "0", "RowCount": "25"}}
    return f"&leadId={lead_id(rng.randint(1, busy_leads(leads)))}", encode(body)


def _search(number: int, leads: int, rng: random.Random) -> Call:
    body = {
        "Parameter": {
            "LookupName": BRANCH,
            "LookupValue": f"Branch {rng.randrange(branches(leads))}",
            "SqlOperator": "=",
        },
        "Columns": {"Include_CSV": f"ProspectID,FirstName,LastName,EmailAddress,{BRANCH}"},
        "Sorting": {"ColumnName": "CreatedOn", "Direction": "1"},
        "Paging": {"PageIndex": 1, "PageSize": 25},
    }
    return "", encode(body)


JOBS = (
    Job(
        "timeline",
        "a page of a lead with 1,000 activities",
        "/v2/ProspectActivity.svc/Retrieve",
        _timeline,
        clients=(1, 8),
        success=b'"RecordCount":1',
        targets=_TARGETS,
    ),
    Job(
        "search",
        "search on an indexed custom field",
        "/v2/LeadManagement.svc/Leads.Get",
        _search,
        clients=(1, 8),
        indexed=BRANCH,
        success=b'"Total":',
        targets=_TARGETS,
    ),
)
