"""The main job: a lead and an activity in one call."""

from __future__ import annotations

import random

from jobs.data import VISIT, email, phone
from jobs.job import Call, Job, Target, encode

_CITIES = (
    "Agra",
    "Bengaluru",
    "Chennai",
    "Delhi",
    "Guwahati",
    "Hyderabad",
    "Indore",
    "Jaipur",
    "Kochi",
    "Pune",
)


def _lead_and_activity(number: int, leads: int, rng: random.Random) -> Call:
    """Every second call is about a stored lead, the others make new ones."""
    stored = number % 2 == 1
    who = rng.randint(1, leads) if stored else number
    lead = {
        "EmailAddress": email(who, stored=stored),
        "Phone": phone(who, stored=stored),
        "FirstName": "Lead",
        "LastName": f"Number {who}",
        "mx_City": rng.choice(_CITIES),
        "SearchBy": "EmailAddress",
    }
    body = {
        "LeadDetails": [{"Attribute": name, "Value": value} for name, value in lead.items()],
        "Activity": {
            "ActivityEvent": VISIT,
            "ActivityNote": f"Came to the stand and asked for a quotation, visitor {number}",
            "Fields": [
                {"SchemaName": "mx_Custom_1", "Value": "Quotation"},
                {"SchemaName": "mx_Custom_2", "Value": "2026-03-01 10:30:00"},
            ],
        },
    }
    return "", encode(body)


JOB = Job(
    "main_job",
    "create a lead and an activity",
    "/v2/ProspectActivity.svc/CreateCustom",
    _lead_and_activity,
    floors=("same", "bare", "echo"),
    clients=(1, 8, 64),
    targets=(
        Target("ratio", 64, 0.6, at_least=True),
        Target("bare_ratio", 64, 0.45, at_least=True),
        Target("cpu_us", 64, 125),
        Target("p99_ratio", 64, 3),
        Target("p50_ms", 1, 1),
    ),
)
