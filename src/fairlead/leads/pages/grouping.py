"""The fields of leads in groups, as people look for them: on the page of a lead, and where columns are chosen."""

from __future__ import annotations

from collections.abc import Iterable

from fairlead.fields.model import Field
from fairlead.fields.standard import LEAD_FIELDS
from fairlead.orgs.definitions import Definitions

HEAD = ("ProspectStage", "OwnerId")
"""Fields that stand at the head of the record, with a form of their own."""

_EDITED: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (
        "contact",
        "Contact",
        ("FirstName", "LastName", "EmailAddress", "Phone", "Mobile", "Company", "JobTitle", "Website", "Fax"),
    ),
    (
        "address",
        "Address",
        (
            "mx_Street1",
            "mx_Street2",
            "mx_City",
            "mx_State",
            "mx_Zip",
            "mx_Country",
            "Region",
            "TimeZone",
            "Latitude",
            "Longitude",
        ),
    ),
    ("notes", "Notes", ("Notes",)),
    ("consent", "Consent", ("DoNotEmail", "DoNotCall", "DoNotSMS", "DoNotTrack")),
    ("source", "Where it came from", ("Source", "SourceMedium", "SourceCampaign", "SourceContent")),
)
"""Groups of the standard fields that people write: key, title, fields. Own fields come after the first, others at the end."""

_MADE: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("State", (*HEAD, "OwnerIdName", "OwnerIdEmailAddress", "Score", "EngagementScore", "Revenue", "Grade")),
    (
        "Activity",
        (
            "ProspectActivityDate_Max",
            "ProspectActivityName_Max",
            "ProspectActivityId_Max",
            "ProspectActivityDate_Min",
            "ProspectActivityId_Min",
            "NotableEvent",
            "NotableEventdate",
        ),
    ),
    (
        "Record",
        (
            "ProspectAutoId",
            "ProspectID",
            "Origin",
            "LeadType",
            "IsLead",
            "LeadConversionDate",
            "CreatedOn",
            "CreatedBy",
            "CreatedByName",
            "ModifiedOn",
            "ModifiedBy",
            "ModifiedByName",
            "LeadLastModifiedOn",
            "RelatedProspectId",
            "RelatedCompanyId",
            "CompanyType",
            "IsPrimaryContact",
        ),
    ),
)
"""Groups of the others, for who chooses columns; what is in none of them tells about visits to a website."""

VISITS = "Website"

_ELSEWHERE = frozenset((*HEAD, "RelatedCompanyId", "LeadType"))
_STANDARD = frozenset(field.name for field in LEAD_FIELDS)


def groups(defs: Definitions) -> list[tuple[str, str, list[Field]]]:
    """The fields that people edit, in groups: key, title, fields."""
    fields = {
        name: field
        for name, field in defs.lead.fields.items()
        if not field.read_only and name not in _ELSEWHERE
    }
    found = [
        (key, title, [fields[name] for name in names if name in fields]) for key, title, names in _EDITED
    ]
    own = [field for name, field in fields.items() if name not in _STANDARD]
    found.insert(1, ("own", "Details", own))
    named = {field.name for _, _, some in found for field in some}
    found.append(("more", "More", [field for name, field in fields.items() if name not in named]))
    return [group for group in found if group[2]]


def grouped(defs: Definitions, names: Iterable[str]) -> list[tuple[str, list[str]]]:
    """Names of attributes in groups with their titles; `mx_Set~Member` stands where its field set does."""
    places = {
        field.name: title for key, title, fields in groups(defs) if key != "more" for field in fields
    } | {name: title for title, some in _MADE for name in some}
    titles = [*(title for key, title, _ in groups(defs) if key != "more"), *(title for title, _ in _MADE)]
    found: dict[str, list[str]] = {title: [] for title in (*titles, VISITS)}
    for name in names:
        found[places.get(name.partition("~")[0], VISITS)].append(name)
    order = {name: at for at, name in enumerate((*places, ""))}
    for some in found.values():
        some.sort(key=lambda name: order.get(name.partition("~")[0], len(order)))
    return [(title, some) for title, some in found.items() if some]
