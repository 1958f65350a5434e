"""What a queued request is about: the same lead has the same name in every queued operation."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead import app
from fairlead.leads.records import record_of_lead
from fairlead.wire.operation import Queued

RECORD = {
    operation.queued.path: operation.queued
    for operation in app.registry().all()
    if operation.queued is not None
}
LEAD = "0190F5D2-0000-7000-8000-00000000000A"


def pairs(**values: Any) -> list[dict[str, Any]]:
    return [{"Attribute": name, "Value": value} for name, value in values.items()]


@pytest.mark.parametrize(
    ("attributes", "name"),
    [
        (pairs(EmailAddress="A@B.c", ProspectID=LEAD, SearchBy="EmailAddress"), LEAD.lower()),
        (pairs(EmailAddress="A@B.c", Phone="+91", SearchBy="Phone"), "phone:+91"),
        (pairs(EmailAddress=" A@B.c ", Phone="+91"), "emailaddress:a@b.c"),
        (pairs(EmailAddress="", Phone="+91"), "phone:+91"),
        (pairs(mx_Code=12, SearchBy="mx_Code"), "mx_code:12"),
        ([{"SchemaName": "Phone", "Value": "1\0"}], "phone:1"),
        (pairs(FirstName="Yu"), None),
        ([], None),
    ],
)
def test_a_lead_by_its_attributes(attributes: Any, name: str | None) -> None:
    assert record_of_lead(attributes) == name


def test_the_same_lead_has_the_same_name_everywhere() -> None:
    by_id, by_email = pairs(ProspectID=LEAD), pairs(EmailAddress="A@B.c", SearchBy="EmailAddress")
    for attributes, activity, name in (
        (by_id, {"RelatedProspectId": LEAD}, LEAD.lower()),
        (by_email, {"EmailAddress": "a@b.C"}, "emailaddress:a@b.c"),
    ):
        assert name == RECORD["/lead/capture"].record({}, attributes)
        assert name == RECORD["/opportunity/capture"].record({}, {"LeadDetails": attributes})
        assert name == RECORD["/activity/createcustom"].record({}, {"LeadDetails": attributes})
        assert name == RECORD["/activity/create"].record({}, activity)
    assert RECORD["/lead/update"].record({"leadid": LEAD}, []) == LEAD.lower()
    assert RECORD["/activity/create"].record({"leadid": LEAD}, {}) == LEAD.lower()
    assert RECORD["/opportunity/update"].record({}, {"ProspectOpportunityId": LEAD}) == LEAD.lower()


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["Attribute", "Value", "LeadDetails", "SearchBy", "EmailAddress"]), inner
        )
    ),
    max_leaves=10,
)


@pytest.mark.parametrize("queued", RECORD.values(), ids=lambda queued: queued.path)
@given(body=anything)
def test_rubbish_names_nothing_and_breaks_nothing(queued: Queued, body: Any) -> None:
    body = body if isinstance(body, dict) else {"LeadDetails": body, "RelatedProspectId": body}
    if queued.path.startswith("/lead/"):
        body = [body]
    found = queued.record({}, body)
    assert found is None or ("\0" not in found and found)
