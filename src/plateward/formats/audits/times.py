"""Instants as audit logs write them, parsed fast: a log has three in every row and a million rows."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache

_AMERICAN = re.compile(
    r"(\d{1,2})/(\d{1,2})/(\d{4}),? +(\d{1,2}):(\d{2})(?::(\d{2}))?(?:\.\d+)? *([AaPp][Mm])? *(?:UTC|Z|GMT)?$"
)
_ISO = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?)? ?(?:Z|UTC|([+-])(\d{2}):?(\d{2}))?$"
)
_BETWEEN = re.compile(r"\s+to\s+|\s+[-–]\s+")
_SERIAL_EPOCH = datetime(1899, 12, 30, tzinfo=UTC)
"""Day 0 of the serial dates of spreadsheets."""


@lru_cache(maxsize=5000)
def _day(text: str) -> tuple[int, int, int]:
    """Year, month and day of "MM/DD/YYYY": a log has few days and many seconds."""
    return int(text[6:]), int(text[:2]), int(text[3:5])


def instant(text: str) -> datetime | None:
    """The instant that ``text`` states, or None. Without a zone it is taken as UTC, as the exports that name one write.

    Understood: "11/14/2025, 09:53:36 AM UTC", ISO 8601 with or without zone, serial dates of spreadsheets, Unix milliseconds.
    """
    try:
        if len(text) == 27 and text[10:12] == ", " and text.endswith("M UTC"):  # the common one, ten times as fast
            y, m, d = _day(text[:10])
            hours = int(text[12:14]) % 12 + (12 if text[21] == "P" else 0)
            return datetime(y, m, d, hours, int(text[15:17]), int(text[18:20]), tzinfo=UTC)
        text = text.strip()
        if found := _AMERICAN.match(text):
            month, day, year, hour, minute, second, half = found.groups()
            hours = int(hour) % 12 + (12 if half in ("PM", "pm", "Pm") else 0) if half else int(hour)
            return datetime(int(year), int(month), int(day), hours, int(minute), int(second or 0), tzinfo=UTC)
        if found := _ISO.match(text):
            return _iso(found)
        if re.fullmatch(r"\d{5}(?:\.\d+)?", text):
            return _SERIAL_EPOCH + timedelta(days=float(text))
        if re.fullmatch(r"1\d{12}", text):
            return datetime.fromtimestamp(int(text) / 1000, UTC)
    except (ValueError, OverflowError):
        return None
    return None


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
