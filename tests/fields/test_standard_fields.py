"""What a new organisation has."""

import pytest

from fairlead.fields.model import (
    ACCOUNT_NAMES,
    ACTIVITY_NAMES,
    LEAD_NAMES,
    DataType,
    Field,
    activity_name,
    activity_type,
    lead_type,
)
from fairlead.fields.standard import (
    ACCOUNT_ACTIVITY_FIELDS,
    ACCOUNT_FIELDS,
    ACCOUNT_TYPES,
    ACTIVITY_FIELDS,
    LEAD_FIELDS,
    OPPORTUNITY_FIELDS,
    SALE_FIELDS,
    SYSTEM_TYPES,
    UNIQUE_LEAD_FIELDS,
)
from fairlead.fields.values import Context, check_dependent, parse

CONTEXT = Context()
TABLES = [
    LEAD_FIELDS,
    ACCOUNT_FIELDS,
    ACTIVITY_FIELDS,
    ACCOUNT_ACTIVITY_FIELDS,
    SALE_FIELDS,
    OPPORTUNITY_FIELDS,
]

LEAD_ORDER = """
ProspectID ProspectAutoId FirstName LastName EmailAddress Company Origin Phone Mobile Fax Website TimeZone
Region JobTitle Source SourceMedium Notes SourceCampaign SourceContent DoNotEmail DoNotCall DoNotSMS
DoNotTrack ProspectStage Grade Score Revenue EngagementScore TotalVisits PageViewsPerVisit AvgTimePerVisit
RelatedProspectId ProspectActivityId_Min ProspectActivityDate_Min ProspectActivityId_Max
ProspectActivityDate_Max ProspectActivityName_Max Web_Referrer Web_RefKeyword LeadLastModifiedOn LastVisitDate
NotableEvent NotableEventdate FirstLandingPageSubmissionId FirstLandingPageSubmissionDate RelatedLandingPageId
SourceReferrer SourceReferrerURL ConversionReferrerURL SourceIPAddress Latitude Longitude StatusCode
StatusReason DeletionStatusCode IsLead LeadType LeadConversionDate OwnerId OwnerIdName OwnerIdEmailAddress
CreatedBy CreatedByName CreatedOn ModifiedBy ModifiedByName ModifiedOn CompanyType RelatedCompanyId
IsPrimaryContact IsTaggedLead mx_Street1 mx_Street2 mx_City mx_State mx_Country mx_Zip
"""
ACCOUNT_ORDER = """
CompanyId CompanyAutoId CompanyName CompanyNumber CompanyIdentifier AlternateName Description Stage Source
Origin Industry AnnualRevenue Employees Currency Phone EmailAddress Website FacebookUrl TwitterUrl LinkedInUrl
Address1 Address2 City State Country ZipCode TimeZone Language DoNotCall DoNotEmail Notes Entity OwnerId
OwnerName OwnerEmail LastActivityOn CreatedBy CreatedOn CreatedByName CreatedByEmail ModifiedBy ModifiedOn
ModifiedByName ModifiedByEmail
"""


def names(fields: tuple[Field, ...]) -> list[str]:
    return [field.name for field in fields]


def by_name(fields: tuple[Field, ...], name: str) -> Field:
    return next(field for field in fields if field.name == name)


def test_leads_and_accounts_have_the_documented_attributes_in_order() -> None:
    assert names(LEAD_FIELDS) == LEAD_ORDER.split()
    assert names(ACCOUNT_FIELDS) == ACCOUNT_ORDER.split()


@pytest.mark.parametrize("fields", TABLES)
def test_names_and_places_are_given_once_and_options_are_sound(fields: tuple[Field, ...]) -> None:
    assert len(set(names(fields))) == len(fields)
    assert len({field.sequence for field in fields}) == len(fields)
    for field in fields:
        assert (field.data_type is DataType.SELECT) == bool(field.options)
        assert sum(option.is_default for option in field.options) <= 1
        if field.default_value is not None:
            assert parse(field, field.default_value, CONTEXT) == field.default_value


def test_unique_lead_fields() -> None:
    assert tuple(field.name for field in LEAD_FIELDS if field.unique) == UNIQUE_LEAD_FIELDS
    assert [by_name(LEAD_FIELDS, name).display_name for name in UNIQUE_LEAD_FIELDS[:2]] == [
        "Email",
        "Phone Number",
    ]


def test_computed_and_audit_data_is_read_only() -> None:
    read_only = {field.name for field in LEAD_FIELDS if field.read_only}
    assert {"ProspectID", "ProspectAutoId", "CreatedOn", "ModifiedByName", "Score", "Revenue"} <= read_only
    assert not {"EmailAddress", "OwnerId", "ProspectStage", "LeadType", "RelatedCompanyId"} & read_only


def test_defaults_that_callers_rely_on() -> None:
    assert by_name(LEAD_FIELDS, "ProspectStage").default_value == "Prospect"
    assert by_name(LEAD_FIELDS, "LeadType").default_value == "OT_0"
    assert by_name(ACTIVITY_FIELDS, "Status").default_value == "Active"
    assert by_name(SALE_FIELDS, "Status").default_value == "Open"
    assert by_name(OPPORTUNITY_FIELDS, "Status").default_value == "Open"


def test_every_stage_belongs_to_one_status() -> None:
    stage = by_name(OPPORTUNITY_FIELDS, "mx_Custom_2")
    status = by_name(OPPORTUNITY_FIELDS, "Status")
    assert set(stage.dependent) == status.option_values == {"Open", "Won", "Lost"}
    assert [option.value for option in stage.options] == [
        s for stages in stage.dependent.values() for s in stages
    ]
    for state, stages in stage.dependent.items():
        check_dependent(stage, stages[0], state)


def test_types_every_organisation_has() -> None:
    codes = [system.code for system in SYSTEM_TYPES]
    assert codes == sorted(set(codes))
    assert {0, 2, 21, 22, 30, 31, 98, 3001, 3002, 3006} <= set(codes)
    assert all(code < 100 or 3000 <= code < 4000 for code in codes)
    assert [tuple(account_type) for account_type in ACCOUNT_TYPES] == [
        (5000, "Customers"),
        (5001, "Partners"),
    ]


def test_vendor_names_of_types() -> None:
    for table in (LEAD_NAMES, ACTIVITY_NAMES, ACCOUNT_NAMES):
        assert set(table) == set(DataType)
    assert lead_type("Date", "DateTime") is DataType.DATETIME
    assert lead_type("Date", "Date") is DataType.DATE
    assert lead_type("text", "Textbox") is None
    for name in (
        "String",
        "Number",
        "DateTime",
        "Date",
        "SearchableDropdown",
        "ActiveUsers",
        "Product",
        "CustomObject",
    ):
        data_type = activity_type(name)
        assert data_type is not None
        assert activity_name(Field("x", "X", data_type)) == name
    dropdown = Field("x", "X", DataType.SELECT, render_type="Dropdown")
    assert activity_type("Dropdown") is DataType.SELECT
    assert activity_name(dropdown) == "Dropdown"
    assert ACCOUNT_NAMES[by_name(ACCOUNT_FIELDS, "AnnualRevenue").data_type] == "Decimal"
    assert ACCOUNT_NAMES[by_name(ACCOUNT_FIELDS, "Employees").data_type] == "Number"
