"""The account types and account fields of a new organisation (create-an-account, get-an-account)."""

from typing import NamedTuple

from fairlead.fields.model import DataType, Field, Option

_D = DataType


class AccountType(NamedTuple):
    """An account type: its code (5000 and up) and its name."""

    code: int
    name: str


ACCOUNT_TYPES: tuple[AccountType, ...] = (AccountType(5000, "Customers"), AccountType(5001, "Partners"))


def _options(*values: str) -> tuple[Option, ...]:
    return tuple(Option(value, order=order) for order, value in enumerate(values, 1))


# Vendor: silent on the options of a new organisation. Industry is strict, as recorded; a stage may be
# anything.
_STAGES = _options("Prospect", "Customer", "Partner", "Inactive")
_INDUSTRIES = _options(
    "Agriculture",
    "Automotive",
    "Banking",
    "Construction",
    "Education",
    "Energy",
    "Government",
    "Healthcare",
    "Hospitality",
    "Insurance",
    "Manufacturing",
    "Media",
    "Real Estate",
    "Retail",
    "Technology",
    "Telecommunications",
    "Transportation",
    "Other",
)


class _Row(NamedTuple):
    name: str
    display_name: str
    data_type: DataType = DataType.TEXT
    max_length: int | None = 200
    read_only: bool = False


def _made(name: str, display_name: str, data_type: DataType = DataType.TEXT) -> _Row:
    """A field the server fills in; what a caller sends for it is ignored."""
    return _Row(name, display_name, data_type, None, read_only=True)


_ROWS: tuple[_Row, ...] = (
    _made("CompanyId", "Account Id"),
    _made("CompanyAutoId", "Account Auto Id", _D.NUMBER),
    _Row("CompanyName", "Account Name", _D.TEXT, 200),
    _Row("CompanyNumber", "Account Number", _D.TEXT, 100),
    _Row("CompanyIdentifier", "Account Identifier", _D.TEXT, 200),
    _Row("AlternateName", "Alternate Name", _D.TEXT, 200),
    _Row("Description", "Description", _D.TEXT, 4000),
    _Row("Stage", "Stage", _D.SELECT, 200),
    _Row("Source", "Source", _D.TEXT, 200),
    _made("Origin", "Origin"),
    _Row("Industry", "Industry", _D.SELECT, 200),
    _Row("AnnualRevenue", "Annual Revenue", _D.DECIMAL, None),
    _Row("Employees", "Employees", _D.NUMBER, None),
    _Row("Currency", "Currency", _D.TEXT, 50),
    _Row("Phone", "Phone Number", _D.PHONE, 50),
    _Row("EmailAddress", "Email", _D.EMAIL, 200),
    _Row("Website", "Website", _D.WEBSITE, 2000),
    _Row("FacebookUrl", "Facebook URL", _D.WEBSITE, 2000),
    _Row("TwitterUrl", "Twitter URL", _D.WEBSITE, 2000),
    _Row("LinkedInUrl", "LinkedIn URL", _D.WEBSITE, 2000),
    _Row("Address1", "Address 1", _D.TEXT, 200),
    _Row("Address2", "Address 2", _D.TEXT, 200),
    _Row("City", "City", _D.TEXT, 100),
    _Row("State", "State", _D.TEXT, 100),
    _Row("Country", "Country", _D.TEXT, 100),
    _Row("ZipCode", "Zip Code", _D.TEXT, 50),
    _Row("TimeZone", "Time Zone", _D.TEXT, 200),
    _Row("Language", "Language", _D.TEXT, 100),
    _Row("DoNotCall", "Do Not Call", _D.BOOLEAN, None),
    _Row("DoNotEmail", "Do Not Email", _D.BOOLEAN, None),
    _Row("Notes", "Notes", _D.TEXT, 4000),
    _made("Entity", "Entity"),
    _Row("OwnerId", "Owner Id", _D.USER, None),
    _made("OwnerName", "Owner"),
    _made("OwnerEmail", "Owner Email", _D.EMAIL),
    _made("LastActivityOn", "Last Activity On", _D.DATETIME),
    _made("CreatedBy", "Created By Id", _D.USER),
    _made("CreatedOn", "Created On", _D.DATETIME),
    _made("CreatedByName", "Created By"),
    _made("CreatedByEmail", "Created By Email", _D.EMAIL),
    _made("ModifiedBy", "Modified By Id", _D.USER),
    _made("ModifiedOn", "Modified On", _D.DATETIME),
    _made("ModifiedByName", "Modified By"),
    _made("ModifiedByEmail", "Modified By Email", _D.EMAIL),
)


def _field(row: _Row, sequence: int) -> Field:
    return Field(
        row.name,
        row.display_name,
        row.data_type,
        mandatory=row.name == "CompanyName",
        unique=row.name in ("CompanyNumber", "CompanyIdentifier"),  # per account type, where filled
        max_length=row.max_length,
        options={"Stage": _STAGES, "Industry": _INDUSTRIES}.get(row.name, ()),
        others_allowed=row.name == "Stage",
        sequence=sequence,
        show_in_form=not row.read_only,
        read_only=row.read_only,
    )


ACCOUNT_FIELDS: tuple[Field, ...] = tuple(_field(row, sequence) for sequence, row in enumerate(_ROWS, 1))
"""Every account type, in the order a read prints them; custom fields follow."""
