"""Instants as audit logs write them, parsed fast: a log has three in every row and a million rows."""

from __future__ import annotations

import re
from collections.abc import Sequence
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
