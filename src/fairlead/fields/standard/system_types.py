"""The activity types that every organisation has and nobody defines (get-list-of-activity-types)."""

from typing import NamedTuple

INBOUND, OUTBOUND = 0, 1


class SystemType(NamedTuple):
    """A system activity type: event code, name, direction (0 in, 1 out), score added to the lead."""

    code: int
    name: str
    direction: int = INBOUND
    score: int = 0


# Vendor: silent on the scores of system types; 0, so that a lead's score moves only where somebody asked for
# it.
# Vendor: silent on the single names of 24 to 28.
SYSTEM_TYPES: tuple[SystemType, ...] = (
    SystemType(0, "Email Opened"),
    SystemType(1, "Email Link Clicked"),
    SystemType(2, "Page Visited"),
    SystemType(3, "Web Form Submitted"),
    SystemType(4, "Tracking URL Clicked"),
    SystemType(5, "Unsubscribed"),
    SystemType(9, "Marked Spam"),
    SystemType(10, "Bounced"),
    SystemType(12, "Positive Response"),
    SystemType(13, "Negative Response"),
    SystemType(14, "Neutral Response"),
    SystemType(15, "Resubscribed"),
    SystemType(19, "Converted to Lead"),
    SystemType(20, "Conversion Button Clicked"),
    SystemType(21, "Inbound Phone Call"),
    SystemType(22, "Outbound Phone Call", OUTBOUND),
    SystemType(23, "Lead Capture"),
    SystemType(24, "Privacy"),
    SystemType(25, "Privacy"),
    SystemType(26, "Privacy"),
    SystemType(27, "Privacy"),
    SystemType(28, "Privacy"),
    SystemType(30, "Sales Activity"),
    SystemType(31, "Sales Activity Cancelled"),
    SystemType(32, "Duplicate Opportunity Detected"),
    SystemType(33, "Opportunity Captured"),
    SystemType(34, "Opportunity Shared"),
    SystemType(35, "Opportunity Share Revoked"),
    SystemType(97, "Dynamic Form Submission"),
    SystemType(98, "Payment"),
    SystemType(3001, "Lead Assigned"),
    SystemType(3002, "Stage Change"),
    SystemType(3006, "Lead Associated"),
)
