"""How dates, numbers and money are shown: in the user's time zone, in the way of the organisation's country."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from fairlead.fields.model import Field
from fairlead.orgs.definitions import Definitions, User
from fairlead.wire.zones import WINDOWS_ZONES

_LAKHS = frozenset(("IN", "PK", "BD", "NP", "LK"))
_DOTS = frozenset(
    ("DE", "AT", "ES", "IT", "NL", "BE", "BR", "AR", "CL", "CO", "ID", "TR", "DK", "GR", "PT", "VN")
)
_BLANKS = frozenset(("FR", "SE", "NO", "FI", "PL", "CZ", "SK", "RU", "UA", "BG", "HU", "ZA"))
_THIN = "\u202f"
_FULL_DAYS = 7


@lru_cache(maxsize=256)
def zone(name: str) -> ZoneInfo:
    """The time zone with this IANA or Windows name; UTC for a name that is none."""
    try:
        return ZoneInfo(WINDOWS_ZONES.get(name, name))
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")


def zone_of(user: User, defs: Definitions) -> ZoneInfo:
    """The time zone of a user: their own, else the organisation's."""
    return zone(str(user.detail("time_zone") or defs.setting("time_zone")))


def instant(value: Any) -> datetime | None:
    """A stored instant (`2020-09-16 12:13:44.000`, UTC) or a datetime; None for what is neither."""
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    if not isinstance(value, str):
        return None
    try:
        return datetime.fromisoformat(value.strip()).replace(tzinfo=UTC)
    except ValueError:
        return None


def moment(value: datetime, zone: ZoneInfo) -> str:
    """`20 Nov 2026, 14:05`."""
    return f"{value.astimezone(zone):%-d %b %Y, %H:%M}"


def day(value: date) -> str:
    """`20 Nov 2026`."""
    return f"{value:%-d %b %Y}"


def ago(value: datetime, now: datetime, zone: ZoneInfo) -> str:
    """`5 min ago`, `in 2 h`, `3 d ago`; a date from a week on."""
    distance = now - value
    seconds = abs(distance.total_seconds())
    if seconds < 45:
        return "just now"
    if seconds < 3600:
        text = f"{max(1, round(seconds / 60))} min"
    elif seconds < 86400:
        text = f"{round(seconds / 3600)} h"
    elif seconds < _FULL_DAYS * 86400:
        text = f"{round(seconds / 86400)} d"
    else:
        return day(value.astimezone(zone).date())
    return f"{text} ago" if distance > timedelta(0) else f"in {text}"


def number(value: Any, region: str, *, places: int | None = None) -> str:
    """A number with groups and decimals as they are written in a country (`IN`); `places` rounds."""
    exact = value if isinstance(value, Decimal) else Decimal(str(value))
    if places is not None:
        exact = exact.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    whole, _, part = format(abs(exact), "f").partition(".")
    group, point = (".", ",") if region in _DOTS else (_THIN, ",") if region in _BLANKS else (",", ".")
    text = _lakhs(whole) if region in _LAKHS else f"{int(whole):,}".replace(",", group)
    sign = "−" if exact < 0 else ""
    return f"{sign}{text}{point}{part}" if part else f"{sign}{text}"


def _lakhs(digits: str) -> str:
    """Groups as in India: 12,34,567."""
    head, tail = digits[:-3], digits[-3:]
    pairs: list[str] = []
    while head:
        pairs.insert(0, head[-2:])
        head = head[:-2]
    return ",".join([*pairs, tail])


def money(value: Any, defs: Definitions) -> str:
    """An amount with the organisation's currency symbol: `₹12,34,567`, and `₹12,34,567.50` where it is not a whole one."""
    exact = value if isinstance(value, Decimal) else Decimal(str(value))
    text = number(exact, str(defs.setting("region")), places=0 if exact == exact.to_integral_value() else 2)
    symbol = str(defs.setting("currency_symbol"))
    between = _THIN if len(symbol) > 1 else ""
    return f"−{symbol}{between}{text[1:]}" if text.startswith("−") else f"{symbol}{between}{text}"


_MONEY = {
    "lead": ("Revenue",),
    "opportunity": ("mx_Custom_6", "mx_Custom_7"),
    "sale": ("mx_Custom_2",),
    "account": ("AnnualRevenue",),
}
"""Fields that every organisation has and that hold amounts, by the kind of record."""
_MONEY_NAMES = frozenset(name for names in _MONEY.values() for name in names)


def is_money(field: Field, defs: Definitions) -> bool:
    """True for a field whose number is an amount in the organisation's currency."""
    if field.name not in _MONEY_NAMES:
        return False
    kinds = (kind for kind in defs.types.values() if field.name in _MONEY.get(kind.kind, ()))
    return any(kind.fields.get(field.name) is field for kind in kinds)
