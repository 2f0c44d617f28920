"""Codes of states as hot lists write them, made ISO 3166-2.

Extracts write the letter O as a zero (``0H``), NCIC writes Nebraska ``NB`` and Quebec ``PQ``; spreadsheets write names.
"""

from __future__ import annotations

import re

_US = frozenset(
    {
        "AL", "AK", "AZ", "AR", "CA", "CO", "CT", "DE", "DC", "FL", "GA", "HI", "ID", "IL", "IN", "IA", "KS", "KY", "LA", "ME",
        "MD", "MA", "MI", "MN", "MS", "MO", "MT", "NE", "NV", "NH", "NJ", "NM", "NY", "NC", "ND", "OH", "OK", "OR", "PA", "RI",
        "SC", "SD", "TN", "TX", "UT", "VT", "VA", "WA", "WV", "WI", "WY", "PR", "GU", "VI", "AS", "MP",
    }
)  # fmt: skip
_CANADA = frozenset({"AB", "BC", "MB", "NB", "NL", "NS", "NT", "NU", "ON", "PE", "QC", "SK", "YT"})
_OTHERWISE = {
    "PQ": "CA-QC",
    "NF": "CA-NL",
    "YK": "CA-YT",
    "US": "US",
    "USA": "US",
    "MX": "MX",
    "MM": "MX",
    "CAN": "CA",
    "CD": "CA",
}
_NAMES = {
    "alabama": "AL", "alaska": "AK", "arizona": "AZ", "arkansas": "AR", "california": "CA", "colorado": "CO",
    "connecticut": "CT", "delaware": "DE", "district of columbia": "DC", "florida": "FL", "georgia": "GA", "hawaii": "HI",
    "idaho": "ID", "illinois": "IL", "indiana": "IN", "iowa": "IA", "kansas": "KS", "kentucky": "KY", "louisiana": "LA",
    "maine": "ME", "maryland": "MD", "massachusetts": "MA", "michigan": "MI", "minnesota": "MN", "mississippi": "MS",
    "missouri": "MO", "montana": "MT", "nebraska": "NE", "nevada": "NV", "new hampshire": "NH", "new jersey": "NJ",
    "new mexico": "NM", "new york": "NY", "north carolina": "NC", "north dakota": "ND", "ohio": "OH", "oklahoma": "OK",
    "oregon": "OR", "pennsylvania": "PA", "rhode island": "RI", "south carolina": "SC", "south dakota": "SD",
    "tennessee": "TN", "texas": "TX", "utah": "UT", "vermont": "VT", "virginia": "VA", "washington": "WA",
    "west virginia": "WV", "wisconsin": "WI", "wyoming": "WY", "puerto rico": "PR",
}  # fmt: skip
_ISO = re.compile(r"[A-Z]{2}-[A-Z0-9]{1,3}")


_SAYS_NONE = frozenset({"", "ZZ", "XX", "UNK", "UNKNOWN", "NONE", "N/A", "-", "--"})


def no_state(written: str) -> bool:
    """Whether this says that no state is known."""
    return " ".join(written.split()).upper() in _SAYS_NONE


def region_of(written: str, country: str = "US") -> str | None:
    """The region that ``written`` names, or None where it is empty or names none.

    ``country``: whose codes are meant where two countries use one; in a file of the United States ``NB`` is Nebraska, as in NCIC.
    """
    text = " ".join(written.split()).upper()
    if text in _SAYS_NONE:
        return None
    if _ISO.fullmatch(text):
        return text
    code = text.replace("0", "O") if len(text) == 2 else text
    if country == "US" and code == "NB":
        return "US-NE"
    if code in _OTHERWISE:
        return _OTHERWISE[code]
    first, second = (_US, _CANADA) if country == "US" else (_CANADA, _US)
    other = "CA" if country == "US" else "US"
    if country not in ("US", "CA"):
        return f"{country}-{code}" if re.fullmatch(r"[A-Z0-9]{1,3}", code) else None
    if code in first:
        return f"{country}-{code}"
    if code in second:
        return f"{other}-{code}"
    named = _NAMES.get(text.lower())
    return f"US-{named}" if named else None
