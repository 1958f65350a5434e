"""How sales and products are shown: the field rows of the three sales reads, in the vendor's words and order."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from fairlead.activities.rendering import plain_time, printed, stored
from fairlead.fields.model import Field, activity_name
from fairlead.fields.printing import field_object
from fairlead.orgs.definitions import Definitions, Product, RecordType
from fairlead.records.rows import Activity
from fairlead.sales.drafts import OWNER, PRODUCT, SALE, SYSTEM


class SettingField(msgspec.Struct, kw_only=True):
    """A sales field without a value: 7 members (get-sales-activity-settings)."""

    SchemaName: str
    DisplayName: str | None
    Value: str | None
    DataType: str | None
    IsMandatory: bool
    ShowInForm: bool
    Sequence: int


class SaleField(SettingField, kw_only=True):
    """A field of one sale: 8 members, a derived one has a ninth (retrieve-sales-activity)."""

    OptionSet: str | None
    IsDerived: bool | UnsetType = UNSET


class LeadSaleField(msgspec.Struct, kw_only=True):
    """A field of a sale of a lead: 20 members (retrieve-sales-activities-by-lead-id).

    A derived one has IsDerived and no InternalName.
    """

    SchemaName: str
    InternalName: str | UnsetType = UNSET
    DisplayName: str | None = None
    Value: str | None = None
    DataType: str | None = None
    IsMandatory: bool = False
    ShowInForm: bool = False
    Sequence: int = 0
    ParentField: str | None = None
    OptionSet: str | None = None
    DependentOptionSet: str | None = None
    IsDerived: bool | UnsetType = UNSET
    IsDefault: bool = False
    IsReadOnly: bool = False
    RenderType: str | None = None
    ExportAsPlainText: bool = False
    IsMultiSelectDropdown: bool = False
    IncludeOthersOption: bool = False
    BehaviorOnMissingDropdownOption: int = 0
    IsOthersValue: bool = False
    StringRenderType: str | None = None


class LeadSale(msgspec.Struct, kw_only=True):
    """A sale in the list of a lead's sales."""

    ID: str
    Name: str
    DisplayName: str
    Fields: list[LeadSaleField]


class _Settings(msgspec.Struct, kw_only=True):
    ID: str
    Name: str
    DisplayName: str
    DefaultCurrencySymbol: str
    DefaultCurrencyAbbreviation: str
    DefaultCurrencyName: str
    CustomerStageName: str
    ConvertToCustomer: bool


class Settings(_Settings, kw_only=True):
    """The organisation's choices about sales, and the fields of a sale."""

    Fields: list[SettingField]


class Sale(_Settings, kw_only=True):
    """One sale, with the organisation's choices about sales."""

    Fields: list[SaleField]


def lead_sale(defs: Definitions, sale: Activity, *, options: bool) -> LeadSale:
    """A sale as the list of a lead's sales shows it; `options` fills the option sets of drop-downs."""
    kind = defs.types[SALE]
    rows = []
    for field in (*_system(defs), *_configured(defs)):
        rows.append(_lead_row(kind, field, sale, options=options))
        if field.name == PRODUCT:
            rows.append(
                LeadSaleField(SchemaName="ProductName", Value=_product_name(defs, sale), IsDerived=True)
            )
        elif field.name == OWNER:
            rows.append(
                LeadSaleField(SchemaName="SalesOwnerName", Value=_owner_name(defs, sale), IsDerived=True)
            )
    return LeadSale(ID=sale.id, Name=kind.name, DisplayName=kind.display_name, Fields=rows)


def one_sale(defs: Definitions, sale: Activity) -> Sale:
    """A sale as its own read shows it.

    Vendor: silent on the sequence of Status here, its sample counts the product as 1; rows are counted as they
    stand.
    """
    status, *system = _system(defs)
    rows: list[SaleField] = []
    for number, field in enumerate((*system, status, *_configured(defs)), 1):
        rows.append(_sale_row(defs.types[SALE], field, sale, number))
        if field.name == PRODUCT:
            rows.append(_derived("ProductName", _product_name(defs, sale)))
    rows.append(_derived("SalesOwnerName", _owner_name(defs, sale)))
    return Sale(ID=sale.id, **_choices(defs), Fields=rows)


def settings(defs: Definitions) -> Settings:
    """The settings with the fields of a sale but Status, counted from 1."""
    fields = (*_system(defs)[1:], *_configured(defs))
    rows = [
        SettingField(
            SchemaName=field.name,
            DisplayName=field.display_name,
            Value=None,
            DataType=activity_name(field),
            IsMandatory=field.mandatory,
            ShowInForm=field.show_in_form,
            Sequence=number,
        )
        for number, field in enumerate(fields, 1)
    ]
    return Settings(ID="", **_choices(defs), Fields=rows)


def _choices(defs: Definitions) -> dict[str, Any]:
    kind = defs.types[SALE]
    return {
        "Name": kind.name,
        "DisplayName": kind.display_name,
        "DefaultCurrencySymbol": defs.setting("currency_symbol"),
        "DefaultCurrencyAbbreviation": defs.setting("currency_abbreviation"),
        "DefaultCurrencyName": defs.setting("currency_name"),
        "CustomerStageName": defs.setting("customer_stage"),
        "ConvertToCustomer": defs.setting("convert_to_customer"),
    }


def _system(defs: Definitions) -> list[Field]:
    """Status, product, order value, date, owner."""
    fields = defs.types[SALE].fields
    return [fields[name] for name in SYSTEM]


def _configured(defs: Definitions) -> list[Field]:
    """The organisation's own fields of a sale, by sequence."""
    return [field for field in defs.types[SALE].fields.values() if field.name not in SYSTEM]


def _lead_row(kind: RecordType, field: Field, sale: Activity, *, options: bool) -> LeadSaleField:
    shown = field_object(field, stored(sale, field.name), options=options)
    return LeadSaleField(
        SchemaName=shown.SchemaName,
        InternalName=shown.InternalName,
        DisplayName=shown.DisplayName,
        Value=printed(kind, field, sale),
        DataType=shown.DataType,
        IsMandatory=shown.IsMandatory,
        ShowInForm=shown.ShowInForm,
        Sequence=shown.Sequence,
        ParentField=shown.ParentField,
        OptionSet=shown.OptionSet,
        DependentOptionSet=shown.DependentOptionSet,
        IsReadOnly=shown.IsReadOnly,
        IsMultiSelectDropdown=shown.IsMultiSelectDropdown,
        IncludeOthersOption=shown.IncludeOthersOption,
        IsOthersValue=shown.IsOthersValue,
    )


def _sale_row(kind: RecordType, field: Field, sale: Activity, number: int) -> SaleField:
    # Vendor: silent on the options of drop-downs in this read, its samples are all empty; they are left empty.
    return SaleField(
        SchemaName=field.name,
        DisplayName=field.display_name,
        Value=printed(kind, field, sale),
        DataType=activity_name(field),
        IsMandatory=field.mandatory,
        ShowInForm=field.show_in_form,
        Sequence=number,
        OptionSet="",
    )


def _derived(name: str, value: str | None) -> SaleField:
    return SaleField(
        SchemaName=name,
        DisplayName=None,
        Value=value,
        DataType=None,
        IsMandatory=False,
        ShowInForm=False,
        Sequence=0,
        OptionSet=None,
        IsDerived=True,
    )


def _product_name(defs: Definitions, sale: Activity) -> str | None:
    """SKU and name of the product, which may be out of use by now."""
    product = defs.products.get(sale.fields.get(PRODUCT) or "")
    return f"{product.sku} - {product.name}" if product is not None else None


def _owner_name(defs: Definitions, sale: Activity) -> str | None:
    return defs.user_name(sale.fields.get(OWNER))


class ProductRow(msgspec.Struct):
    """A product as lists show it (retrieve-list-of-products)."""

    ProductId: str
    ProductSku: str
    Name: str
    Description: str
    CreatedBy: str | None
    CreatedByName: str | None
    CreatedOn: str
    ModifiedBy: str | None
    ModifiedByName: str | None
    ModifiedOn: str


def product_row(defs: Definitions, product: Product) -> ProductRow:
    """A product with the names of who made and changed it."""
    return ProductRow(
        product.id,
        product.sku,
        product.name,
        product.description,
        product.created_by,
        defs.user_name(product.created_by),
        plain_time(product.created_on),
        product.modified_by,
        defs.user_name(product.modified_by),
        plain_time(product.modified_on),
    )
