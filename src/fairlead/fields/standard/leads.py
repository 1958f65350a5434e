"""The lead fields of a new organisation, in the order a read without Columns prints them (create-a-lead)."""

from collections.abc import Mapping
from typing import NamedTuple

from fairlead.fields.model import DataType, Field, Option

_D = DataType


class _Row(NamedTuple):
    name: str
    display_name: str
    data_type: DataType = DataType.TEXT
    max_length: int | None = 200
    read_only: bool = False


def _made(name: str, display_name: str, data_type: DataType = DataType.TEXT) -> _Row:
    """A field the server fills in; what a caller sends for it is ignored."""
    return _Row(name, display_name, data_type, None, read_only=True)


def _flag(name: str, display_name: str) -> _Row:
    return _Row(name, display_name, _D.BOOLEAN, None)


_ROWS: tuple[_Row, ...] = (
    _made("ProspectID", "Lead Id"),
    _made("ProspectAutoId", "Lead Number", _D.NUMBER),
    _Row("FirstName", "First Name", _D.TEXT, 100),
    _Row("LastName", "Last Name", _D.TEXT, 100),
    _Row("EmailAddress", "Email", _D.EMAIL),
    _Row("Company", "Company"),
    _made("Origin", "Lead Origin"),
    _Row("Phone", "Phone Number", _D.PHONE, 50),
    _Row("Mobile", "Mobile Number", _D.PHONE, 50),
    _Row("Fax", "Fax Number", _D.TEXT, 50),
    _Row("Website", "Website", _D.WEBSITE, 2000),
    _Row("TimeZone", "Time Zone"),
    _Row("Region", "Region"),
    _Row("JobTitle", "Job Title", _D.TEXT, 100),
    _Row("Source", "Lead Source", _D.SELECT),
    _Row("SourceMedium", "Source Medium"),
    _Row("Notes", "Notes", _D.TEXT, 4000),
    _Row("SourceCampaign", "Source Campaign"),
    _Row("SourceContent", "Source Content"),
    _flag("DoNotEmail", "Do Not Email"),
    _flag("DoNotCall", "Do Not Call"),
    _flag("DoNotSMS", "Do Not SMS"),
    _flag("DoNotTrack", "Do Not Track"),
    _Row("ProspectStage", "Lead Stage", _D.SELECT),
    _made("Grade", "Lead Grade"),
    _made("Score", "Lead Score", _D.NUMBER),
    _made("Revenue", "Order Value", _D.NUMBER),
    _made("EngagementScore", "Engagement Score", _D.NUMBER),
    _made("TotalVisits", "Total Visits", _D.NUMBER),
    _made("PageViewsPerVisit", "Page Views Per Visit", _D.NUMBER),
    _made("AvgTimePerVisit", "Average Time Per Visit", _D.NUMBER),
    _made("RelatedProspectId", "Related Lead Id"),
    _made("ProspectActivityId_Min", "First Activity Id"),
    _made("ProspectActivityDate_Min", "First Activity Date", _D.DATETIME),
    _made("ProspectActivityId_Max", "Last Activity Id"),
    _made("ProspectActivityDate_Max", "Last Activity Date", _D.DATETIME),
    _made("ProspectActivityName_Max", "Last Activity"),
    _Row("Web_Referrer", "Web Referrer", _D.TEXT, 2000),
    _Row("Web_RefKeyword", "Web Referrer Keyword"),
    _made("LeadLastModifiedOn", "Lead Last Modified On", _D.DATETIME),
    _made("LastVisitDate", "Last Visit Date", _D.DATETIME),
    _made("NotableEvent", "Last Notable Activity"),
    _made("NotableEventdate", "Last Notable Activity Date", _D.DATETIME),
    _made("FirstLandingPageSubmissionId", "First Landing Page Submission Id"),
    _made("FirstLandingPageSubmissionDate", "First Landing Page Submission Date", _D.DATETIME),
    _made("RelatedLandingPageId", "Related Landing Page Id"),
    _Row("SourceReferrer", "Source Referrer", _D.TEXT, 2000),
    _Row("SourceReferrerURL", "Source Referrer URL", _D.TEXT, 2000),
    _Row("ConversionReferrerURL", "Conversion Referrer URL", _D.TEXT, 2000),
    _Row("SourceIPAddress", "Source IP Address", _D.TEXT, 50),
    _Row("Latitude", "Latitude", _D.NUMBER, None),
    _Row("Longitude", "Longitude", _D.NUMBER, None),
    _made("StatusCode", "Status Code", _D.NUMBER),
    _made("StatusReason", "Status Reason", _D.NUMBER),
    _made("DeletionStatusCode", "Deletion Status Code", _D.NUMBER),
    _made("IsLead", "Is Lead", _D.BOOLEAN),
    _Row("LeadType", "Lead Type", _D.SELECT, 50),
    _made("LeadConversionDate", "Lead Conversion Date", _D.DATETIME),
    _Row("OwnerId", "Owner Id", _D.USER, None),
    _made("OwnerIdName", "Owner"),
    _made("OwnerIdEmailAddress", "Owner Email", _D.EMAIL),
    _made("CreatedBy", "Created By Id", _D.USER),
    _made("CreatedByName", "Created By"),
    _made("CreatedOn", "Created On", _D.DATETIME),
    _made("ModifiedBy", "Modified By Id", _D.USER),
    _made("ModifiedByName", "Modified By"),
    _made("ModifiedOn", "Modified On", _D.DATETIME),
    _made("CompanyType", "Account Type"),
    _Row("RelatedCompanyId", "Account Id", _D.TEXT, 36),
    _flag("IsPrimaryContact", "Is Primary Contact"),
    _made("IsTaggedLead", "Is Tagged Lead", _D.BOOLEAN),
    _Row("mx_Street1", "Address 1"),
    _Row("mx_Street2", "Address 2"),
    _Row("mx_City", "City", _D.TEXT, 100),
    _Row("mx_State", "State", _D.TEXT, 100),
    _Row("mx_Country", "Country", _D.TEXT, 100),
    _Row("mx_Zip", "Zip", _D.TEXT, 50),
)

UNIQUE_LEAD_FIELDS: tuple[str, ...] = ("EmailAddress", "Phone", "Mobile")
"""Unique from the start, in the order in which a duplicate is reported."""


def _options(*values: str, default: str | None = None) -> tuple[Option, ...]:
    return tuple(
        Option(value, is_default=value == default, order=order) for order, value in enumerate(values, 1)
    )


# Vendor: silent on the options of a new organisation, but for the stage Prospect and the type OT_0.
_OPTIONS: Mapping[str, tuple[Option, ...]] = {
    "ProspectStage": _options(
        "Prospect", "Contacted", "Interested", "Opportunity", "Customer", "Disqualified", default="Prospect"
    ),
    "Source": _options(
        "Direct Traffic",
        "Organic Search",
        "Referral Sites",
        "Pay per Click Ads",
        "Social Media",
        "Email Campaign",
        "Inbound Phone Call",
        "Outbound Phone Call",
        "Web Form",
        "Event",
        "Partner",
        "API",
        "Unknown",
    ),
    "LeadType": _options("OT_0", "OT_1", default="OT_0"),
}
_RENDER_TYPES: Mapping[DataType, str] = {
    _D.TEXT: "Textbox",
    _D.NUMBER: "Textbox",
    _D.EMAIL: "Email",
    _D.PHONE: "Phone",
    _D.WEBSITE: "URL",
    _D.DATETIME: "DateTime",
    _D.BOOLEAN: "CheckBox",
    _D.SELECT: "Dropdown",
}
_PERSON = ("FirstName", "LastName", "EmailAddress", "Phone", "Mobile", "Company", "JobTitle")


def _extra(name: str, *, read_only: bool) -> dict[str, object]:
    """The flags only the metadata page prints."""
    return {
        "IsVisible": True,
        "IsSearchable": True,
        "IsSortable": True,
        "ShowInMailMerge": not read_only,
        "ShowInImport": not read_only,
        "ShowInQuickAdd": name in _PERSON,
        "ShowInQuickSearch": name in _PERSON,
        "IsLeadIdentifier": name in UNIQUE_LEAD_FIELDS,
        "AllowMultiple": False,
        "LockAfterCreate": 0,
        "UseInLeadClone": False,
    }


def _field(row: _Row, sequence: int) -> Field:
    return Field(
        row.name,
        row.display_name,
        row.data_type,
        unique=row.name in UNIQUE_LEAD_FIELDS,
        max_length=row.max_length,
        options=_OPTIONS.get(row.name, ()),
        range_min="10" if row.name == "Phone" else None,
        sequence=sequence,
        show_in_form=not row.read_only,
        read_only=row.read_only,
        render_type="TextArea" if row.name == "Notes" else _RENDER_TYPES.get(row.data_type, "Textbox"),
        extra=_extra(row.name, read_only=row.read_only),
    )


LEAD_FIELDS: tuple[Field, ...] = tuple(_field(row, sequence) for sequence, row in enumerate(_ROWS, 1))
"""Every lead; custom fields `mx_…` follow."""
