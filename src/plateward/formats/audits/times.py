"""Instants as audit logs write them, parsed fast: a log has three in every row and a million rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache

_CLOCK = r"(\d{1,2}):(\d{2})(?::(\d{2}))?(?:\.\d+)? *([AaPp]\.?[Mm]\.?)? *(UTC|Z|GMT|[PMCE][SD]?T|AK[SD]T|HST)?$"
_AMERICAN = re.compile(rf"(\d{{1,2}})[/-](\d{{1,2}})[/-](\d{{4}}|\d{{2}})(?:$|,?[ T]+{_CLOCK})")
_DAY_FIRST = re.compile(rf"(\d{{1,2}})[/.-](\d{{1,2}})[/.-](\d{{4}}|\d{{2}})(?:$|,?[ T]+{_CLOCK})")
_NAMED = re.compile(r"(?:[A-Za-z]{3,9},? +)?([A-Za-z]{3,9})\.? (\d{1,2}),? (\d{4}),?(?: at)? +" + _CLOCK)
_DAY_NAMED = re.compile(r"(?:[A-Za-z]{3,9},? +)?(\d{1,2})[- ]([A-Za-z]{3,9})\.?[- ](\d{4}|\d{2}),? +" + _CLOCK)
_MONTHS = {name: number for number, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)}  # noqa: SIM905
ZONES = {
    "PST": -8,
    "PDT": -7,
    "MST": -7,
    "MDT": -6,
    "CST": -6,
    "CDT": -5,
    "EST": -5,
    "EDT": -4,
    "AKST": -9,
    "AKDT": -8,
    "HST": -10,
}
"""Hours from UTC that these letters mean in the USA; "PT" and the like say no offset and are not read."""
_OFFSET = re.compile(
    r"(?P<before>.*\d(?: *[AaPp]\.?[Mm]\.?)?)(?:"
    r" *(?:UTC|GMT)? ?(?<=[\d MmCT.])(?P<sign>[+-])(?P<hours>\d{1,2})(?::?(?P<minutes>\d{2}))?(?: *\([A-Za-z ]+\))?"
    r"|,? \(?(?<!\d{4} \()(?P<word>Pacific|Mountain|Central|Eastern|Alaskan?|Hawaii(?:an)?) (?P<half>Standard|Daylight) Time\)?)$",
    re.IGNORECASE,
)
"""A zone at the end as an offset ("-08:00", "GMT-0800 (Pacific Standard Time)") or in the words of a spreadsheet."""
_WORDS = {"p": "P", "m": "M", "c": "C", "e": "E", "a": "AK", "h": "H"}
_ISO = re.compile(
    r"(\d{4})[-/](\d{2})[-/](\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?)? ?(?:Z|UTC|([+-])(\d{2}):?(\d{2}))?$"
)
_BETWEEN = re.compile(r"\s+to\s+|\s+[-–]\s+")
_SERIAL_EPOCH = datetime(1899, 12, 30, tzinfo=UTC)
"""Day 0 of the serial dates of spreadsheets."""


_USUAL = 27
"""Length of "11/14/2025, 09:53:36 AM UTC", as most logs write instants."""


@lru_cache(maxsize=20_000)
def _hour(text: str) -> datetime:
    """The beginning of "MM/DD/YYYY, HHAM UTC": a log has few hours and many seconds. Raises ValueError for anything else."""
    if text[10:12] != ", " or text[14:] not in ("AM UTC", "PM UTC"):
        raise ValueError
    hour = int(text[12:14]) % 12 + (12 if text[14] == "P" else 0)
    return datetime(int(text[6:10]), int(text[:2]), int(text[3:5]), hour, tzinfo=UTC)


@lru_cache(maxsize=3600)
def _second(text: str) -> timedelta:
    """Minutes and seconds of ":MM:SS ". Raises ValueError for anything else."""
    minute, second = int(text[1:3]), int(text[4:6])
    if minute > 59 or second > 59 or text[0] + text[3] + text[6] != ":: ":
        raise ValueError
    return timedelta(minutes=minute, seconds=second)


def instants(texts: Sequence[str]) -> Sequence[datetime | None]:
    """What ``instant`` says of each text, in a fifth of the time where all are written as Flock writes them."""
    if set(map(len, texts)) == {_USUAL}:
        try:
            return [_hour(text[:14] + text[21:]) + _second(text[14:21]) for text in texts]
        except (ValueError, OverflowError):
            pass
    return list(map(instant, texts))


def windows(texts: Sequence[str]) -> tuple[Sequence[datetime | None], Sequence[datetime | None]]:
    """What ``window`` says of each text: all beginnings, all ends."""
    if set(map(len, texts)) == {2 * _USUAL + 1} and all(text[_USUAL] == "\n" for text in texts):
        return instants([text[:_USUAL] for text in texts]), instants([text[_USUAL + 1 :] for text in texts])
    begins, ends = zip(*map(window, texts), strict=True)
    return begins, ends


def instant(text: str) -> datetime | None:
    """The instant that ``text`` states, or None. Without a zone it is taken as UTC, as the exports that name one write.

    Understood: "11/14/2025, 09:53:36 AM UTC", ISO 8601 with or without zone, serial dates of spreadsheets, Unix milliseconds.
    """
    if not text:
        return None
    try:
        if len(text) == _USUAL and text.endswith("M UTC"):  # the common one, ten times as fast
            return _hour(text[:14] + text[21:]) + _second(text[14:21])
        if text[4:5] == "-" and text[10:11] == "T" and text[-1] == "Z":  # the next, five times as fast
            return datetime.fromisoformat(text)
        text = text.strip()
        if found := _AMERICAN.match(text):
            month, day, year, *clock = found.groups()
            return _dated(int(year), int(month), int(day), clock)
        if found := _ISO.match(text):
            return _iso(found)
        if found := _NAMED.match(text) or _DAY_NAMED.match(text):
            first, second, year, *clock = found.groups()
            name, day = (second, first) if first.isdecimal() else (first, second)
            month = _MONTHS.get(name[:3].lower())
            return _dated(int(year), month, int(day), clock) if month else None
        if re.fullmatch(r"\d{8}T\d{6}(?:\.\d+)?(?:Z|[+-]\d{2}:?\d{2})?", text):
            at = datetime.fromisoformat(text)
            return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
        if re.fullmatch(r"\d{5}(?:\.\d+)?", text):
            return _SERIAL_EPOCH + timedelta(days=float(text))
        if re.fullmatch(r"1\d{12}", text):
            return datetime.fromtimestamp(int(text) / 1000, UTC)
        return _with_offset(text, instant)
    except (ValueError, OverflowError):
        return None


def _with_offset(text: str, read: Callable[[str], datetime | None]) -> datetime | None:
    """A text that ends in an offset or a zone's words, its beginning read by ``read``; None for anything else."""
    found = _OFFSET.fullmatch(text) if ":" in text else None
    if found is None:
        return None
    if found["word"]:
        letters = _WORDS[found["word"][0].lower()] + ("DT" if found["half"][0] in "dD" else "ST")
        return read(f"{found['before']} {letters}")
    at, ahead = read(found["before"]), timedelta(hours=int(found["hours"]), minutes=int(found["minutes"] or 0))
    if at is None or ahead > timedelta(hours=14):
        return None
    return at - ahead if found["sign"] == "+" else at + ahead


def day_first(text: str) -> datetime | None:
    """What ``instant`` says of a text, where days stand before months ("14/11/2025 09:53", "14.11.2025 09:53")."""
    text = text.strip()
    found = _DAY_FIRST.match(text)
    if found is None:
        return _with_offset(text, day_first) or instant(text)
    day, month, year, *clock = found.groups()
    try:
        return _dated(int(year), int(month), int(day), clock)
    except (ValueError, OverflowError):
        return None


def order_of(texts: Iterable[str]) -> str:
    """What dates written with slashes show of their order: "day first", "month first", "either" or, without any, ""."""
    seen = ""
    for text in texts:
        offset = _OFFSET.fullmatch(text.strip()) if ":" in text else None
        found = _DAY_FIRST.match(offset["before"] if offset else text.strip())
        if found is None:
            continue
        first, second = int(found[1]), int(found[2])
        if second > 12:
            return "month first"
        if first > 12 or "." in text[:4]:
            return "day first"
        seen = "either"
    return seen


def _dated(year: int, month: int, day: int, clock: Sequence[str | None]) -> datetime | None:
    """A day with hour, minute, second, half of the day and zone as written. None for a zone that says no offset."""
    hour, minute, second, half, zone = clock
    hours = int(hour or 0)
    if half:
        hours = hours % 12 + (12 if half[0] in "pP" else 0)
    if zone and zone not in ("UTC", "Z", "GMT") and zone not in ZONES:
        return None
    at = datetime(
        year + 2000 if year < 100 else year, month, day, hours, int(minute or 0), int(second or 0), tzinfo=UTC
    )
    return at - timedelta(hours=ZONES.get(zone or "", 0))


def _iso(found: re.Match[str]) -> datetime:
    year, month, day, hour, minute, second, fraction, sign, zone_h, zone_m = found.groups()
    zone = UTC
    if sign:
        offset = timedelta(hours=int(zone_h), minutes=int(zone_m))
        zone = timezone(offset if sign == "+" else -offset)
    micro = int((fraction or "0").ljust(6, "0")[:6])
    at = datetime(
        int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0), micro, tzinfo=zone
    )
    return at.astimezone(UTC) if sign else at


def window(text: str) -> tuple[datetime | None, datetime | None]:
    """Both ends of a "Time Frame" cell: two lines, or "… to …", or "… - …" between instants."""
    before, line_end, after = text.partition("\n")
    parts = [before, after] if line_end and after else [p for p in _BETWEEN.split(text.strip()) if p.strip()]
    if len(parts) == 2:
        return instant(parts[0]), instant(parts[1])
    return (instant(parts[0]), None) if len(parts) == 1 else (None, None)
