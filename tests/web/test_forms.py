"""Fields as controls and back, and the words for dates, numbers and errors."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.datastructures import FormData, QueryParams

from fairlead.errors import Duplicate, InvalidActivityField, InvalidDataType, MandatoryMissing
from fairlead.fields.model import DataType, Field, Option
from fairlead.web import formats, forms, render
from fairlead.web.pager import Pager, PastTheEnd

FIELDS = [
    Field("Name", "Name", mandatory=True, max_length=50),
    Field("Notes", "Notes", max_length=2000),
    Field("At", "Met on", DataType.DATETIME),
    Field(
        "Tags",
        "Tags",
        DataType.SELECT,
        options=(Option("a"), Option("b", "Bee"), Option("c")),
        multi_select=True,
    ),
    Field(
        "City",
        "City",
        DataType.SELECT,
        parent="State",
        dependent={"MH": ("Pune", "Mumbai"), "KA": ("Mysore",)},
    ),
    Field("Email", "E-mail", DataType.EMAIL),
    Field(
        "Set",
        "Papers",
        DataType.FIELD_SET,
        members=(Field("Status", "Status"), Field("Paid", "Paid", DataType.BOOLEAN)),
    ),
]
STORED: dict[str, Any] = {
    "Name": "Ada",
    "At": "2026-11-20 08:30:05.000",
    "Tags": ["a", "c"],
    "City": "Pune",
    "Set": {"Status": "Done", "Paid": True},
}


def visit(**sent: Any) -> Any:
    pairs = [
        (name, one) for name, some in sent.items() for one in (some if isinstance(some, list) else [some])
    ]
    return SimpleNamespace(form=FormData(pairs), zone=formats.zone("India Standard Time"))


def test_every_type_has_its_control() -> None:
    made = {control.name: control for control in forms.controls(visit(), FIELDS, STORED)}
    assert {name: control.kind for name, control in made.items()} == {
        "Name": "text", "Notes": "textarea", "At": "datetime-local", "Tags": "select", "City": "select",
        "Email": "email", "Set": "set",
    }  # fmt: skip
    assert made["At"].value == "2026-11-20T14:00", "seconds are not shown, and not lost"
    assert [choice.value for choice in made["Tags"].choices if choice.chosen] == ["a", "c"]
    assert {choice.value: choice.under for choice in made["City"].choices if choice.value} == {
        "Pune": ["MH"], "Mumbai": ["MH"], "Mysore": ["KA"],
    }  # fmt: skip
    assert [(member.name, member.value) for member in made["Set"].members] == [
        ("Set~Status", "Done"),
        ("Set~Paid", "1"),
    ]


def test_what_is_sent_unchanged_changes_nothing() -> None:
    shown = forms.controls(visit(), FIELDS, STORED)
    values: dict[str, Any] = {}
    for control in [*shown, *(member for some in shown for member in some.members)]:
        chosen = [choice.value for choice in control.choices if choice.chosen]
        values[control.name] = ["", *chosen] if control.multiple else control.value
    assert forms.pairs(visit(**values), FIELDS, STORED) == []


def test_only_changes_are_sent_as_the_api_takes_them() -> None:
    sent = visit(Name="Ada", At="2026-11-20T15:00", Tags=["", "b"], **{"Set~Status": "", "Set~Paid": "1"})
    found = forms.pairs(sent, FIELDS, STORED)
    assert [(pair.SchemaName, pair.Value) for pair in found] == [
        ("At", "2026-11-20 09:30:00"), ("Tags", "b"), ("Set", ""),
    ]  # fmt: skip
    assert [(pair.SchemaName, pair.Value) for pair in found[2].Fields or []] == [("Status", "")]


@pytest.mark.parametrize(
    ("error", "text", "field"),
    [
        (InvalidDataType.value("Email", "Email"), "E-mail cannot be read. Enter an address such as name@example.com.", "Email"),
        (InvalidActivityField.mandatory("Name", "String"), "Name is needed.", "Name"),
        (MandatoryMissing("Name", "creating lead"), "Name is needed.", "Name"),
        (InvalidActivityField.value("Set~Paid", "Boolean"), "Papers cannot be read.", "Set"),
        (Duplicate("Lead", "Email"), "A Lead with same Email already exists. Open that one instead, or change the value.", "Email"),
        (Duplicate("Lead", "Phone"), "A Lead with same Phone already exists.", None),
    ],
)  # fmt: skip
def test_an_error_is_told_beside_its_field(error: Any, text: str, field: str | None) -> None:
    assert forms.trouble(error, {some.name: some for some in FIELDS}) == forms.Trouble(text, field)


@pytest.mark.parametrize(
    ("value", "region", "text"),
    [
        (1234567, "IN", "12,34,567"), (123, "IN", "123"), (-1234567.5, "US", "−1,234,567.5"),
        (Decimal("1234.50"), "DE", "1.234,50"), (1234567, "FR", "1\u202f234\u202f567"), (0, "IN", "0"),
    ],
)  # fmt: skip
def test_numbers_are_written_as_in_the_country(value: Any, region: str, text: str) -> None:
    assert formats.number(value, region) == text


def test_times_are_told_by_their_distance() -> None:
    now, zone = datetime(2026, 11, 20, 20, 0, tzinfo=UTC), formats.zone("Asia/Kolkata")
    told = [
        formats.ago(now - timedelta(seconds=s), now, zone) for s in (3, 300, 7200, 200_000, 900_000, -7200)
    ]
    assert told == ["just now", "5 min ago", "2 h ago", "2 d ago", "10 Nov 2026", "in 2 h"]
    assert formats.moment(now, zone) == "21 Nov 2026, 01:30"


def test_a_pager_keeps_the_rest_of_the_address() -> None:
    pager = Pager("/app/leads", QueryParams("q=a%26b&page=3&tag=x&tag=y"), size=10).found(10, total=41)
    assert (pager.offset, pager.first, pager.last) == (20, 21, 30)
    assert pager.previous == "/app/leads?q=a%26b&tag=x&tag=y&page=2"
    assert pager.next == "/app/leads?q=a%26b&tag=x&tag=y&page=4"
    assert (pager.pages, pager.beginning, pager.end) == (
        5,
        "/app/leads?q=a%26b&tag=x&tag=y",
        f"{pager.at(5)}",
    )
    last = Pager("/app/leads", QueryParams("page=5"), size=10).found(1, total=41)
    assert (last.next, last.end) == (None, None)


@pytest.mark.parametrize(
    ("total", "address"),
    [
        (41, "/app/leads?q=x&page=5"),
        (40, "/app/leads?q=x&page=4"),
        (0, "/app/leads?q=x"),
        (None, "/app/leads?q=x"),
    ],
)
def test_past_the_end_is_the_last_page(total: int | None, address: str) -> None:
    pager = Pager("/app/leads", QueryParams("q=x&page=9999"), size=10)
    with pytest.raises(PastTheEnd) as end:
        pager.found(0, total=total)
    assert end.value.address == address
    assert Pager("/app/leads", QueryParams(""), size=10).found(0, total=0).pages == 0


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (35300, "₹35,300"),
        (Decimal("35300.00"), "₹35,300"),
        ("5.5", "₹5.50"),
        (Decimal("-0.005"), "−₹0.01"),
        (0, "₹0"),
    ],
)
def test_an_amount_has_its_cents_only_where_there_are_any(value: Any, said: str) -> None:
    assert formats.money(value, _defs("₹")) == said
    assert formats.money(1500, _defs("CHF")) == "CHF\u202f1,500"


def test_the_fields_that_hold_amounts_are_told_from_others_of_their_name() -> None:
    deal, other = (
        Field("mx_Custom_6", "Expected Deal Size", DataType.NUMBER),
        Field("mx_Custom_6", "Rooms", DataType.NUMBER),
    )
    defs: Any = SimpleNamespace(
        types={
            12000: SimpleNamespace(kind="opportunity", fields={"mx_Custom_6": deal}),
            105: SimpleNamespace(kind="activity", fields={"mx_Custom_6": other}),
        },
        setting=_defs("₹").setting,
    )
    seen = SimpleNamespace(defs=defs)
    assert [render.shown(seen, field, Decimal("570000.00")) for field in (deal, other)] == [
        "₹5,70,000",
        "5,70,000.00",
    ]


def _defs(symbol: str) -> Any:
    return SimpleNamespace(setting={"region": "IN", "currency_symbol": symbol}.get)
