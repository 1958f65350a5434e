"""Countries, time zones and currencies, to choose from: read off the tables of the package tzdata, but for money."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import NamedTuple

UTC = "UTC"


class Currency(NamedTuple):
    """What a currency is called: `USD`, `$`, `US Dollars`."""

    code: str
    symbol: str
    name: str


_MONEY = """
AED | AED | UAE Dirhams            | AE
ARS | $   | Argentine Pesos        | AR
AUD | A$  | Australian Dollars     | AU KI NR TV
BDT | ৳   | Bangladeshi Taka       | BD
BHD | BHD | Bahraini Dinars        | BH
BRL | R$  | Brazilian Reais        | BR
CAD | C$  | Canadian Dollars       | CA
CHF | CHF | Swiss Francs           | CH LI
CLP | $   | Chilean Pesos          | CL
CNY | ¥   | Chinese Yuan           | CN
COP | $   | Colombian Pesos        | CO
CZK | Kč  | Czech Korunas          | CZ
DKK | kr  | Danish Kroner          | DK FO GL
EGP | E£  | Egyptian Pounds        | EG
EUR | €   | Euros                  | AD AT BE CY DE EE ES FI FR GR HR IE IT LT LU LV MC MT NL PT SI SK SM VA
GBP | £   | British Pounds         | GB GG IM JE
GHS | GH₵ | Ghanaian Cedis         | GH
HKD | HK$ | Hong Kong Dollars      | HK
HUF | Ft  | Hungarian Forints      | HU
IDR | Rp  | Indonesian Rupiah      | ID
ILS | ₪   | Israeli New Shekels    | IL PS
INR | ₹   | Indian Rupees          | IN BT
JPY | ¥   | Japanese Yen           | JP
KES | KSh | Kenyan Shillings       | KE
KRW | ₩   | South Korean Won       | KR
KWD | KWD | Kuwaiti Dinars         | KW
LKR | Rs  | Sri Lankan Rupees      | LK
MAD | MAD | Moroccan Dirhams       | MA EH
MXN | MX$ | Mexican Pesos          | MX
MYR | RM  | Malaysian Ringgit      | MY
NGN | ₦   | Nigerian Nairas        | NG
NOK | kr  | Norwegian Kroner       | NO SJ
NPR | Rs  | Nepalese Rupees        | NP
NZD | NZ$ | New Zealand Dollars    | NZ CK NU TK
OMR | OMR | Omani Rials            | OM
PEN | S/  | Peruvian Soles         | PE
PHP | ₱   | Philippine Pesos       | PH
PKR | Rs  | Pakistani Rupees       | PK
PLN | zł  | Polish Zlotys          | PL
QAR | QAR | Qatari Riyals          | QA
RON | lei | Romanian Lei           | RO
SAR | SAR | Saudi Riyals           | SA
SEK | kr  | Swedish Kronor         | SE
SGD | S$  | Singapore Dollars      | SG
THB | ฿   | Thai Baht              | TH
TRY | ₺   | Turkish Lira           | TR
TWD | NT$ | New Taiwan Dollars     | TW
UAH | ₴   | Ukrainian Hryvnias     | UA
UGX | USh | Ugandan Shillings      | UG
USD | $   | US Dollars             | US AS EC FM GU MH MP PR PW SV TC TL VG VI
VND | ₫   | Vietnamese Dong        | VN
ZAR | R   | South African Rand     | ZA
"""


def _money() -> list[list[str]]:
    return [[part.strip() for part in line.split("|")] for line in _MONEY.strip().splitlines()]


@cache
def currencies() -> dict[str, Currency]:
    """Code → currency, by code."""
    return {code: Currency(code, symbol, name) for code, symbol, name, _ in _money()}


@cache
def currency_of(region: str) -> Currency:
    """The currency of a country; US Dollars where none is known."""
    found = (code for code, _, _, regions in _money() if region in regions.split())
    return currencies()[next(found, "USD")]


def _table(name: str) -> list[list[str]]:
    """The lines of a table of tzdata without its comments, each with its columns."""
    text = files("tzdata").joinpath("zoneinfo", name).read_text("utf-8")
    return [line.split("\t") for line in text.splitlines() if line and not line.startswith("#")]


@cache
def countries() -> dict[str, str]:
    """ISO code → name, by name: every country whose phone numbers are known."""
    from phonenumbers import SUPPORTED_REGIONS  # noqa: PLC0415  commands that need no country start without it

    found = [(code, name) for code, name in _table("iso3166.tab") if code in SUPPORTED_REGIONS]
    return dict(sorted(found, key=lambda row: row[1].casefold()))


@cache
def zones() -> dict[str, str]:
    """Time zone → the country it is in, by zone; UTC, which is in none, first."""
    return {UTC: ""} | {row[2]: row[0] for row in sorted(_table("zone.tab"), key=lambda row: row[2])}


@cache
def former_names() -> dict[str, str]:
    """Former name of a time zone → its name now: browsers and other programs still say Asia/Calcutta."""
    known = zones()
    links = (line.split() for [line, *_] in _table("tzdata.zi") if line.startswith("L "))
    return {old: now for _, now, old in links if now in known and old not in known}


def calling_code(region: str) -> str:
    """The digits before a phone number from abroad: `91` for `IN`."""
    from phonenumbers import country_code_for_region  # noqa: PLC0415

    return str(country_code_for_region(region))
