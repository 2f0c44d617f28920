"""Single fields as senders write them: instants, confidences, regions, boxes, positions, pictures."""

from __future__ import annotations

import binascii
import math
import re
from base64 import b64decode
from collections.abc import Iterable
from datetime import UTC, datetime, tzinfo
from email.utils import parsedate_to_datetime

from plateward.core.errors import BadInput
from plateward.core.place import Position
from plateward.core.plate import normalise
from plateward.core.read import MAX_CANDIDATES
from plateward.formats.payloads.message import Part
from plateward.formats.reads import check_picture

Box = tuple[float, float, float, float]

STATES = {
    "AL": "alabama", "AK": "alaska", "AZ": "arizona", "AR": "arkansas", "CA": "california", "CO": "colorado", "CT":
    "connecticut", "DE": "delaware", "DC": "washington_dc", "FL": "florida", "GA": "georgia", "HI": "hawaii", "ID":
    "idaho", "IL": "illinois", "IN": "indiana", "IA": "iowa", "KS": "kansas", "KY": "kentucky", "LA": "louisiana",
    "ME": "maine", "MD": "maryland", "MA": "massachusetts", "MI": "michigan", "MN": "minnesota", "MS":
    "mississippi", "MO": "missouri", "MT": "montana", "NE": "nebraska", "NV": "nevada", "NH": "new_hampshire", "NJ":
    "new_jersey", "NM": "new_mexico", "NY": "new_york", "NC": "north_carolina", "ND": "north_dakota", "OH": "ohio",
    "OK": "oklahoma", "OR": "oregon", "PA": "pennsylvania", "RI": "rhode_island", "SC": "south_carolina", "SD":
    "south_dakota", "TN": "tennessee", "TX": "texas", "UT": "utah", "VT": "vermont", "VA": "virginia", "WA":
    "washington", "WV": "west_virginia", "WI": "wisconsin", "WY": "wyoming", "PR": "puerto_rico", "GU": "guam",
    "VI": "virgin_islands", "AS": "american_samoa", "MP": "northern_mariana_islands",
}  # fmt: skip
"""Postal codes of the states and territories of the USA, and their names."""

_NAMED = {name: code for code, name in STATES.items()} | {"district_of_columbia": "DC"}
_FIRST, _LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
_MILLISECONDS, _MICROSECONDS, _NANOSECONDS = 1e11, 1e14, 1e17  # as seconds, in the years 5138, 3170843 and beyond
_COUNT = re.compile(r"\d{9,10}(\.\d+)?|\d{12,13}(\.\d+)?|\d{16}|\d{19}")
_COMPACT = re.compile(r"(\d{8})[ _-]?(\d{6})[.,]?(\d{3})?(?: ?([+-]\d{2}):?(\d{2}))?")
_NO_PLATE = frozenset(
    {
        "",
        "unknown",
        "noplate",
        "none",
        "null",
        "unlicensed",
        "unlicenced",
        "notdetected",
        "unrecognized",
        "unrecognised",
    }
)


def plate_text(text: str) -> str:
    """A plate as stored. Raises BadInput."""
    if "\ufffd" in text:
        raise BadInput("the plate holds bytes that are not UTF-8", where="plate")
    return normalise(text[:64])


def raw_text(text: str, plate: str) -> str | None:
    """The plate as the sender wrote it, where that differs from how it is stored."""
    return text[:64] if text[:64] != plate else None


def no_plate(text: str) -> bool:
    """Whether this is what senders write where they saw a vehicle and no plate (``unknown``, ``No Plate``, ``--``)."""
    return "".join(char for char in text.lower() if char.isalnum()) in _NO_PLATE


def instant(when: str | float, zone: tzinfo, where: str) -> datetime:
    """An instant as senders write it; one without offset is in ``zone``. Raises BadInput.

    ISO 8601, "20260112 083000123", the form of HTTP and mail, and a count since 1970 as text are read. "01/12/2026" is not: whether
    the day or the month comes first differs by country, and a guess would be wrong without anybody seeing it.
    """
    if not isinstance(when, str):
        return epoch(when, where)
    written = when.strip()
    if _COUNT.fullmatch(written):
        return epoch(float(written), where)
    if compact := _COMPACT.fullmatch(written):
        day, clock, milliseconds, hours, minutes = compact.groups()
        written = f"{day}T{clock}.{milliseconds or '000'}" + (f"{hours}:{minutes}" if hours else "")
    try:
        at = datetime.fromisoformat(re.sub(r" ?(UTC|GMT)$", "+00:00", written))
    except ValueError:
        try:
            at = parsedate_to_datetime(written[:64])
        except (ValueError, IndexError, TypeError):
            raise BadInput(f"{when[:40]!r} is no instant; write 2026-01-12T08:30:00-08:00", where=where) from None
    return _sane(at.replace(tzinfo=zone) if at.tzinfo is None else at, where)


def epoch(count: float, where: str) -> datetime:
    """Seconds, or thousandths, millionths or billionths of them, since 1970-01-01 UTC: which, its size says. Raises BadInput."""
    scale = (
        1e9
        if abs(count) > _NANOSECONDS
        else 1e6
        if abs(count) > _MICROSECONDS
        else 1e3
        if abs(count) > _MILLISECONDS
        else 1.0
    )
    try:
        return _sane(datetime.fromtimestamp(count / scale, UTC), where)
    except (OverflowError, ValueError, OSError):
        raise BadInput(f"{count} is no count of seconds since 1970", where=where) from None


def _sane(at: datetime, where: str) -> datetime:
    try:
        sane = _FIRST <= at.astimezone(UTC) < _LAST
    except OverflowError:
        sane = False
    if not sane:
        raise BadInput("the time lies before 1970 or after 2200", where=where)
    return at


def share(value: float | None, where: str = "confidence") -> float:
    """A confidence from 0 to 1, given so or in per cent; 0 where there is none. Raises BadInput."""
    if value is None:
        return 0.0
    if not (math.isfinite(value) and 0 <= value <= 100):
        raise BadInput(f"{value} is no confidence: 0 to 1, or 0 to 100 per cent", where=where)
    return value / 100 if value > 1 else value


def per_cent(value: float | None, where: str = "confidence") -> float:
    """A confidence that the sender always gives in per cent, from 0 to 1. Raises BadInput."""
    if value is None:
        return 0.0
    if not (math.isfinite(value) and 0 <= value <= 100):
        raise BadInput(f"{value} is no percentage", where=where)
    return value / 100


def candidates(pairs: Iterable[tuple[str, float]], plate: str) -> tuple[tuple[str, float], ...]:
    """Other readings than ``plate``, likeliest first, at most ten; those that are no plates are left out."""
    best: dict[str, float] = {}
    for text, probability in pairs:
        try:
            other = plate_text(text)
        except BadInput:
            continue
        if other != plate and math.isfinite(probability) and 0 <= probability <= 1:
            best[other] = max(probability, best.get(other, 0.0))
    return tuple(sorted(best.items(), key=lambda pair: -pair[1])[:MAX_CANDIDATES])


def region(code: str | None, *, bare_is_state: bool) -> str | None:
    """ISO 3166-2 of a code: ``us-ca``, ``california``; a bare ``ca`` is a state of the USA only where the sender means so."""
    text = (code or "").strip().lower().replace(" ", "_")
    if text in _NAMED:
        return f"US-{_NAMED[text]}"
    country, dash, part = text.upper().replace("_", "-").partition("-")
    if len(country) != 2 or not (country.isascii() and country.isalpha()):
        return None
    if dash:
        return f"{country}-{part}" if part.isascii() and part.isalnum() and len(part) <= 3 else country
    return f"US-{country}" if bare_is_state and country in STATES else country


def corners(xmin: float, ymin: float, xmax: float, ymax: float) -> Box | None:
    """A box given by its corners as x, y, width, height; None where it is none."""
    sides = (xmin, ymin, xmax - xmin, ymax - ymin)
    return sides if all(math.isfinite(side) for side in sides) and sides[2] > 0 and sides[3] > 0 else None


def position(lat: float | None, lon: float | None) -> tuple[float, float] | None:
    """Latitude and longitude in degrees, or None: not given, not on the earth, or the 0, 0 and -1, -1 of a receiver without fix."""
    if lat is None or lon is None or (lat, lon) in ((0, 0), (-1, -1)):
        return None
    try:
        return (Position(lat, lon).lat, lon)
    except BadInput:
        return None


def picture_from(text: str | None, where: str, notes: list[str]) -> bytes | None:
    """A JPEG in base64, with or without a data address; None, and a note, where it is none that can be kept."""
    if not text or not text.strip():
        return None
    try:
        encoded = text.partition(",")[2] if text.lstrip().startswith("data:") else text
        jpeg = b64decode("".join(encoded.split()), validate=True)
        check_picture(jpeg)
    except (binascii.Error, ValueError):
        notes.append(f"{where} is not base64: the read is taken without it.")
    except BadInput as wrong:
        notes.append(f"{where}: {wrong.args[0]}. The read is taken without it.")
    else:
        return jpeg
    return None


def picture_beside(pictures: Iterable[Part], notes: list[str], last: str = "") -> bytes | None:
    """The first picture sent beside a message that can be kept; those whose name holds ``last`` only when no other can."""
    ranked = sorted(pictures, key=lambda part: bool(last) and last.lower() in part.name.lower())
    for part in ranked:
        try:
            check_picture(part.data)
        except BadInput as wrong:
            notes.append(f"Picture {part.name!r}: {wrong.args[0]}.")
        else:
            return part.data
    return None
