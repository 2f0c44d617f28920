"""States of the United States by their postal codes and the ways lists spell them."""

from __future__ import annotations

STATES: dict[str, str] = {
    "AL": "alabama", "AK": "alaska", "AZ": "arizona", "AR": "arkansas", "CA": "california", "CO": "colorado",
    "CT": "connecticut", "DE": "delaware", "DC": "district of columbia", "FL": "florida", "GA": "georgia",
    "HI": "hawaii", "ID": "idaho", "IL": "illinois", "IN": "indiana", "IA": "iowa", "KS": "kansas",
    "KY": "kentucky", "LA": "louisiana", "ME": "maine", "MD": "maryland", "MA": "massachusetts",
    "MI": "michigan", "MN": "minnesota", "MS": "mississippi", "MO": "missouri", "MT": "montana",
    "NE": "nebraska", "NV": "nevada", "NH": "new hampshire", "NJ": "new jersey", "NM": "new mexico",
    "NY": "new york", "NC": "north carolina", "ND": "north dakota", "OH": "ohio", "OK": "oklahoma",
    "OR": "oregon", "PA": "pennsylvania", "RI": "rhode island", "SC": "south carolina", "SD": "south dakota",
    "TN": "tennessee", "TX": "texas", "UT": "utah", "VT": "vermont", "VA": "virginia", "WA": "washington",
    "WV": "west virginia", "WI": "wisconsin", "WY": "wyoming", "PR": "puerto rico", "GU": "guam",
    "VI": "virgin islands", "AS": "american samoa", "MP": "northern mariana islands",
}  # fmt: skip
"""Postal code to name in lower case."""

BY_NAME: dict[str, str] = {name: code for code, name in STATES.items()}

ABBREVIATIONS: dict[str, str] = {
    "ala": "AL", "ariz": "AZ", "ark": "AR", "calif": "CA", "cal": "CA", "colo": "CO", "conn": "CT", "fla": "FL",
    "ill": "IL", "kan": "KS", "mass": "MA", "mich": "MI", "minn": "MN", "miss": "MS", "nebr": "NE", "nev": "NV",
    "okla": "OK", "ore": "OR", "penna": "PA", "tenn": "TN", "tex": "TX", "wash": "WA", "wis": "WI", "wisc": "WI",
}  # fmt: skip
"""Older abbreviations, met at the end of a name or in brackets only."""

WORD_CODES = frozenset({"LA", "DE", "CO", "IN", "OR", "ME", "AL", "HI", "OH", "OK", "PA", "MA", "ID", "AS", "VI", "MP"})
"""Codes that are also words, articles or abbreviations: in other than capitals they say nothing about a state."""

NEVER_FIRST = frozenset({"LA", "DE", "CO", "MT", "NE", "AS", "VI", "MP", "ME", "HI", "GU", "PR"})
"""Codes that open a name as something else (La Mesa, De Soto, Mt Vernon, NE for north-east) unless a dash follows."""

NEW_YORK_CITY = frozenset({"bronx county", "kings county", "new york county", "queens county", "richmond county"})
"""Counties that are boroughs of New York City: they have district attorneys but no sheriffs of their own."""
