"""What the demo organisation is made of: people, products, types and fields of a small finance company."""

from __future__ import annotations

from typing import Any, NamedTuple

from fairlead.fields.model import DataType, Field, Option
from fairlead.orgs.rules import NewType

NAME = "Example Finance"

SETTINGS: dict[str, Any] = {
    "rate_limit": "off",
    "currency_symbol": "₹",
    "currency_abbreviation": "INR",
    "currency_name": "Indian Rupees",
}


class Person(NamedTuple):
    """A user of the demo organisation; `groups` are names of sales groups."""

    first_name: str
    last_name: str
    role: str
    groups: tuple[str, ...] = ("Sales",)

    @property
    def email(self) -> str:
        """first.last@example.com."""
        return f"{self.first_name}.{self.last_name}@example.com".lower()


PEOPLE = (
    Person("Sri", "Sudhan", "Administrator", ()),
    Person("Meera", "Iyer", "Sales_Manager"),
    Person("Neha", "Kapoor", "Marketing_User", ("Marketing",)),
    Person("Arjun", "Nair", "Sales_User"),
    Person("Kavya", "Reddy", "Sales_User"),
    Person("Rohan", "Mehta", "Sales_User"),
)
ADMINISTRATOR, MANAGER, MARKETER = 0, 1, 2
SELLERS = (3, 4, 5)

GROUPS = ("Sales", "Marketing")


class Article(NamedTuple):
    """A product and the order values that are usual for it, in rupees."""

    sku: str
    name: str
    description: str
    least: int
    most: int


PRODUCTS = (
    Article("LOAN-PERSONAL", "Personal Loan", "Up to 15 lakh, 12 to 60 months", 1200, 9000),
    Article("LOAN-HOME", "Home Loan", "Up to 3 crore, 5 to 30 years", 8000, 45000),
    Article("LOAN-CAR", "Car Loan", "New and used cars, up to 7 years", 2500, 14000),
    Article("INS-LIFE", "Term Life Insurance", "Cover until 75", 6000, 32000),
    Article("INS-HEALTH", "Family Health Insurance", "Cashless in 6,000 hospitals", 9000, 38000),
    Article("CARD-GOLD", "Gold Credit Card", "No fee in the first year", 500, 1500),
    Article("DEPOSIT-12", "Fixed Deposit, 12 Months", "Interest paid quarterly", 300, 2500),
    Article("ADVISORY", "Financial Advice", "Two hours with an adviser", 1500, 4000),
)


def options(*values: str, default: str | None = None) -> tuple[Option, ...]:
    """Options in this order."""
    return tuple(Option(v, is_default=v == default, order=order) for order, v in enumerate(values))


def choice(name: str, title: str, *values: str, sequence: int = 0, **more: Any) -> Field:
    """A drop-down that depends on no other field."""
    kind = "SearchableDropdown"
    return Field(
        name, title, DataType.SELECT, options=options(*values), sequence=sequence, render_type=kind, **more
    )


def under(
    name: str, title: str, parent: str, allowed: dict[str, tuple[str, ...]], *, sequence: int = 0, **more: Any
) -> Field:
    """A drop-down whose options depend on the value of `parent`."""
    values = dict.fromkeys(value for some in allowed.values() for value in some)
    return Field(
        name,
        title,
        DataType.SELECT,
        options=options(*values),
        parent=parent,
        dependent=allowed,
        sequence=sequence,
        render_type="SearchableDropdown",
        **more,
    )


def text(name: str, title: str, sequence: int = 0) -> Field:
    """A text of at most 200 characters."""
    return Field(name, title, max_length=200, sequence=sequence)


def moment(name: str, title: str, sequence: int) -> Field:
    """A date with time."""
    return Field(name, title, DataType.DATETIME, sequence=sequence)


KYC_STATES = ("Pending", "In Review", "Done", "Rejected")
LANGUAGES = ("English", "Hindi", "Kannada", "Malayalam", "Marathi", "Tamil", "Telugu")
BRANCHES = {
    "South": ("Bangalore", "Chennai", "Hyderabad", "Kochi"),
    "West": ("Mumbai", "Pune", "Panaji"),
    "North": ("Delhi", "Jaipur"),
}
INTERESTS = ("Loan", "Insurance", "Card", "Deposit")
MODES = ("In Person", "Video", "Phone")
PURPOSES = ("Address Check", "Sign Documents", "Introduction")
OUTCOMES = {
    "Address Check": ("Confirmed", "Not at Home", "Wrong Address"),
    "Sign Documents": ("Signed", "Postponed"),
    "Introduction": ("Interested", "Not Interested", "Call Again"),
}
LOAN_KINDS = ("Personal", "Home", "Car", "Education")
POLICIES = ("Life", "Health", "Motor")
DOCUMENTS = ("PAN Card", "Salary Slip", "Bank Statement", "Address Proof")

LEAD_FIELDS = (
    Field(
        "mx_KYC",
        "KYC",
        DataType.FIELD_SET,
        members=(
            choice("Status", "Status", *KYC_STATES),
            text("mx_CustomObject_1", "Document", 1),
            text("mx_CustomObject_2", "Document Number", 2),
        ),
    ),
    Field("mx_Annual_Income", "Annual Income", DataType.NUMBER, render_type="Textbox"),
    Field("mx_Date_of_Birth", "Date of Birth", DataType.DATE, render_type="Date"),
    choice("mx_Preferred_Language", "Preferred Language", *LANGUAGES),
    choice("mx_Product_Interest", "Product Interest", *INTERESTS),
    choice("mx_Branch_Region", "Branch Region", *BRANCHES),
    under("mx_Branch", "Branch", "mx_Branch_Region", BRANCHES),
)
"""Fields of the demo's leads, besides the standard ones."""


def _activity(code: int, name: str, score: int, *fields: Field, **settings: Any) -> NewType:
    return NewType(kind="activity", code=code, name=name, score=score, settings=settings, fields=fields)


TYPES = (
    _activity(
        102,
        "Meeting",
        10,
        choice("mx_Custom_1", "Mode", *MODES, sequence=3),
        text("mx_Custom_2", "Agenda", 4),
        direction=1,
        can_delete=True,
    ),
    _activity(
        105,
        "Demo Request",
        15,
        text("mx_Custom_1", "Requested On Page", 3),
        moment("mx_Custom_2", "Preferred Time", 4),
        can_delete=True,
    ),
    _activity(
        201,
        "Office Visit",
        8,
        choice("mx_Custom_1", "Purpose", "Enquiry", "Documents", "Complaint", sequence=3),
        moment("mx_Custom_2", "Appointment", 4),
        can_delete=True,
        can_lock=True,
    ),
    _activity(
        206,
        "Home Visit",
        12,
        choice("mx_Custom_1", "Purpose", *PURPOSES, sequence=3),
        under("mx_Custom_2", "Outcome", "mx_Custom_1", OUTCOMES, sequence=4),
        Field(
            "mx_Custom_3",
            "Address Proof",
            DataType.FIELD_SET,
            sequence=5,
            members=(
                choice("Status", "Status", *KYC_STATES),
                text("mx_CustomObject_1", "Photo", 1),
                text("mx_CustomObject_2", "Remark", 2),
            ),
        ),
        direction=1,
        track_location=True,
        allow_attachments=True,
        can_lock=True,
    ),
    _activity(
        208,
        "Document Collection",
        6,
        choice("mx_Custom_1", "Document", *DOCUMENTS, sequence=3),
        text("mx_Custom_2", "PAN", 4),
        direction=1,
        allow_attachments=True,
    ),
    NewType(
        kind="account_activity", code=10001, name="Phone Call", fields=(text("mx_Custom_1", "Subject", 3),)
    ),
    NewType(
        kind="account_activity",
        code=10002,
        name="Meeting with Stakeholders",
        fields=(
            text("mx_Custom_1", "Stakeholder", 3),
            choice("mx_Custom_2", "Result", "Next Meeting", "Contract", "No Interest", sequence=4),
        ),
    ),
    NewType(
        kind="opportunity",
        code=12000,
        name="Insurance",
        settings={"description": "A policy that somebody wants", "can_delete": True},
        fields=(choice("mx_Custom_11", "Policy", *POLICIES, sequence=13),),
    ),
    NewType(
        kind="opportunity",
        code=12005,
        name="Loan",
        settings={"description": "An application for a loan", "can_delete": True},
        fields=(
            choice("mx_Custom_11", "Loan Kind", *LOAN_KINDS, sequence=13),
            Field("mx_Custom_12", "Months", DataType.NUMBER, sequence=14),
        ),
    ),
    NewType(
        kind="opportunity",
        code=12231,
        name="Property Purchase",
        settings={"can_delete": True, "duplicate_fields": ["mx_Custom_1"]},
        fields=(text("mx_Custom_11", "Property City", 13),),
    ),
)
"""Types of the demo organisation. Account types Customers and Partners exist from the start."""
