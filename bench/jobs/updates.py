"""Changing one record: a sale, an opportunity. Every call changes what is stored."""

from __future__ import annotations

import random

from jobs.data import DEALS, SKU, USER, lead_id, opportunity_id, sale_id, with_deals
from jobs.job import Call, Job, encode


def _sale(number: int, leads: int, rng: random.Random) -> Call:
    who = with_deals(rng.randint(DEALS, leads))
    body = {
        "ProspectId": lead_id(who),
        "Id": sale_id(who),
        "ProductSku": SKU,
        "Revenue": f"{1000 + number}.50",
        "SalesOwnerEmail": USER,
        "SalesDate": "2026-03-01 10:30:00",
    }
    return "", encode(body)


def _opportunity(number: int, leads: int, rng: random.Random) -> Call:
    who = with_deals(rng.randint(DEALS, leads))
    body = {
        "ProspectOpportunityId": opportunity_id(who),
        "Fields": [
            {"SchemaName": "mx_Custom_1", "Value": f"Deal {who}"},
            {"SchemaName": "mx_Custom_5", "Value": f"Asked for a quotation, visit {number}"},
            {"SchemaName": "mx_Custom_6", "Value": str(number)},
        ],
    }
    return "", encode(body)


JOBS = (
    Job("update_sale", "update a sale", "/v2/SalesActivity.svc/Update", _sale),
    Job("update_opportunity", "update an opportunity", "/v2/OpportunityManagement.svc/Update", _opportunity),
)
