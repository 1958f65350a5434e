"""The fields a new opportunity type starts with (get-metadata-of-an-opportunity-type)."""

from fairlead.fields.model import DataType, Field, Option
from fairlead.fields.standard.activities import NOTE_LENGTH, TEXT_LENGTH

# Vendor: silent on the stages of a new type; each organisation configures its own.
_STAGES: dict[str, tuple[str, ...]] = {
    "Open": ("Prospecting", "Qualified", "Proposal", "Negotiation"),
    "Won": ("Closed Won",),
    "Lost": ("Closed Lost",),
}

# Not free to change: whatever a type is about, its opportunities are open, won or lost.
_STATUS_OPTIONS = (
    Option("Open", is_default=True, order=0, background_color="#FFFB83", font_color="#A08427"),
    Option("Won", order=1, background_color="#A5E887", font_color="#347715"),
    Option("Lost", order=2, background_color="#FFD4D0", font_color="#E31D00"),
)

OPPORTUNITY_FIELDS: tuple[Field, ...] = (
    Field("ActivityEvent_Note", "Notes", max_length=NOTE_LENGTH, sequence=0),
    Field(
        "Status",
        "Status",
        DataType.SELECT,
        mandatory=True,
        options=_STATUS_OPTIONS,
        sequence=2,
        render_type="SearchableDropdown",
    ),
    Field("Owner", "Owner", DataType.USER, sequence=4),
    Field("mx_Custom_1", "Opportunity Name", mandatory=True, max_length=TEXT_LENGTH, sequence=1),
    Field(
        "mx_Custom_2",
        "Stage",
        DataType.SELECT,
        mandatory=True,
        options=tuple(
            Option(stage, order=order)
            for order, stage in enumerate(stage for stages in _STAGES.values() for stage in stages)
        ),
        parent="Status",
        dependent=_STAGES,
        sequence=3,
        render_type="SearchableDropdown",
    ),
    Field("mx_Custom_3", "Source", max_length=TEXT_LENGTH, sequence=5),
    Field("mx_Custom_4", "Campaign", max_length=TEXT_LENGTH, sequence=6),
    Field("mx_Custom_5", "Description", max_length=TEXT_LENGTH, sequence=7),
    Field("mx_Custom_6", "Expected Deal Size", DataType.NUMBER, sequence=8),
    Field("mx_Custom_7", "Actual Deal Size", DataType.NUMBER, sequence=9),
    Field("mx_Custom_8", "Expected Closure Date", DataType.DATETIME, sequence=10),
    Field("mx_Custom_9", "Actual Closure Date", DataType.DATETIME, sequence=11),
    Field("mx_Custom_10", "Product", DataType.PRODUCT, sequence=12),
    Field("CreatedOn", "Created On", DataType.DATETIME, sequence=101, show_in_form=False, read_only=True),
    Field("CreatedBy", "Created By", DataType.USER, sequence=102, show_in_form=False, read_only=True),
    Field("ModifiedOn", "Modified On", DataType.DATETIME, sequence=103, show_in_form=False, read_only=True),
    Field("ModifiedBy", "Modified By", DataType.USER, sequence=104, show_in_form=False, read_only=True),
)
"""Every opportunity type; its own fields `mx_Custom_11…` follow. Stage is a drop-down under Status."""
