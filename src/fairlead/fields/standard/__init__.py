"""What every new organisation has, as data in code: standard fields, account types, system activity types."""

from fairlead.fields.standard.accounts import ACCOUNT_FIELDS, ACCOUNT_TYPES, AccountType
from fairlead.fields.standard.activities import ACCOUNT_ACTIVITY_FIELDS, ACTIVITY_FIELDS, SALE_FIELDS
from fairlead.fields.standard.leads import LEAD_FIELDS, UNIQUE_LEAD_FIELDS
from fairlead.fields.standard.opportunities import OPPORTUNITY_FIELDS
from fairlead.fields.standard.system_types import SYSTEM_TYPES, SystemType

__all__ = [
    "ACCOUNT_ACTIVITY_FIELDS",
    "ACCOUNT_FIELDS",
    "ACCOUNT_TYPES",
    "ACTIVITY_FIELDS",
    "LEAD_FIELDS",
    "OPPORTUNITY_FIELDS",
    "SALE_FIELDS",
    "SYSTEM_TYPES",
    "UNIQUE_LEAD_FIELDS",
    "AccountType",
    "SystemType",
]
