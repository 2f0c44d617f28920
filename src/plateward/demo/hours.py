"""Local time in the town: Pacific time, by the rule of 15 U.S.C. 260a (second Sunday of March to first Sunday of November).

Written out because a machine without a time-zone database must show the same town.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone

from plateward.core.ids import milliseconds

TIME_ZONE = "America/Los_Angeles"
"""The same in the words of the time-zone database, for settings that take a name."""
STANDARD = timezone(timedelta(hours=-8), "PST")
DAYLIGHT = timezone(timedelta(hours=-7), "PDT")
MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS


def _sunday(year: int, month: int, nth: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(6 - first.weekday()) % 7 + 7 * (nth - 1))


def _offset(at: datetime) -> timezone:
    """The offset in force at the instant ``at``; both changes happen at 2 a.m. local time."""
    begins = datetime.combine(_sunday(at.year, 3, 2), time(2), STANDARD)
    ends = datetime.combine(_sunday(at.year, 11, 1), time(2), DAYLIGHT)
    return DAYLIGHT if begins <= at < ends else STANDARD


def local(at: datetime) -> datetime:
    """The instant ``at`` as the town's clocks show it."""
    return at.astimezone(_offset(at))


def at_local(day: date, hour: int, minute: int = 0, second: int = 0) -> datetime:
    """The instant when the town's clocks show this time on ``day`` (the first of two when clocks are put back)."""
    naive = datetime.combine(day, time(hour, minute, second))
    early = naive.replace(tzinfo=DAYLIGHT)
    return (early if _offset(early) is DAYLIGHT else naive.replace(tzinfo=STANDARD)).astimezone(UTC)


def midnight_ms(day: date) -> int:
    """The start of ``day`` in the town, in Unix milliseconds."""
    return milliseconds(at_local(day, 0))
