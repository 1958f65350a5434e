"""Options of drop-downs: what the pages' own exchanges do not say."""

from __future__ import annotations

from fairlead.fields.model import DataType, Field, Option
from fairlead.metadata import rules

CITY = Field(
    "mx_City",
    "City",
    DataType.SELECT,
    options=(Option("Panaji", order=1), Option("Pune", order=2)),
    parent="mx_State",
    dependent={"Goa": ("Panaji",), "Maharashtra": ("Pune",)},
)
KYC = Field(
    "mx_KYC",
    "KYC",
    DataType.FIELD_SET,
    members=(Field("Status", "Status", DataType.SELECT, options=(Option("Pending"),)), Field("mx_A", "A")),
)


def test_values_that_are_there_stay_and_new_ones_stand_behind() -> None:
    assert rules.with_options(CITY, ["Pune", "Panaji"]) is CITY
    changed = rules.with_options(CITY, ["Goa", "Pune", "Agra"])
    assert [(o.value, o.order) for o in changed.options] == [
        ("Panaji", 1),
        ("Pune", 2),
        ("Goa", 3),
        ("Agra", 4),
    ]


def test_a_removed_value_is_allowed_under_no_parent_any_more() -> None:
    changed = rules.without_options(CITY, ["Pune", "Nowhere"])
    assert [o.value for o in changed.options] == ["Panaji"]
    assert changed.dependent == {"Goa": ("Panaji",), "Maharashtra": ()}
    assert rules.without_options(CITY, ["Nowhere"]) is CITY


def test_a_value_allowed_under_a_parent_is_an_option_too() -> None:
    changed = rules.with_dependent(CITY, "Goa", ["Margao", "Panaji", "Margao"])
    assert changed.dependent["Goa"] == ("Panaji", "Margao")
    assert "Margao" in changed.option_values
    assert rules.with_dependent(CITY, "Goa", ["Panaji"]) is CITY


def test_a_value_left_under_no_parent_is_no_option() -> None:
    both = rules.with_dependent(CITY, "Goa", ["Pune"])
    one = rules.without_dependent(both, "Maharashtra", ["Pune"])
    assert [o.value for o in one.options] == ["Panaji", "Pune"]
    assert [o.value for o in rules.without_dependent(one, "Goa", ["Pune"]).options] == ["Panaji"]


def test_a_member_of_a_field_set_is_found_and_put_back_in_its_place() -> None:
    fields = {"mx_KYC": KYC}
    for path in ("mx_KYC~Status", "mx_KYCx007EStatus", " mx_KYC~Status "):
        where = rules.place(fields, path)
        assert where is not None
        changed = where.changed(rules.with_options(where.field, ["Done"]))
        assert [o.value for o in changed.members_by_name["Status"].options] == ["Pending", "Done"]
        assert changed.members[1] is KYC.members[1]
    assert rules.place(fields, "mx_KYC~Nope") is None
    assert rules.place(fields, "Nope") is None
