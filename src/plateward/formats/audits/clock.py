"""How the times of one log are to be read: day and clock in columns of their own, days before months, a zone in the heading.

It is settled once for a table, by its heading and its first rows, and said where it is no matter of course.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta

from plateward.formats.audits.times import ZONES, day_first, instant, order_of
from plateward.formats.spreadsheets import Table, plain

PEEKED = 2000
"""Rows looked at for how times are written."""

IN_BRACKETS = re.compile(r"[(\[]([^)\]]*)[)\]]")
_ZONE = re.compile(rf"\b({'|'.join(ZONES)})\b")
_DAYS = frozenset({"date", "searchdate", "dateofsearch", "day", "auditdate", "querydate", "eventdate", "accessdate",
                   "transactiondate", "datesearched", "logdate", "datum"})  # fmt: skip
_CLOCKS = frozenset({"time", "searchtime", "timeofsearch", "clock", "searchclock", "querytime", "audittime", "eventtime",
                     "accesstime", "transactiontime", "timesearched", "logtime", "hour", "uhrzeit"})  # fmt: skip
_CLOCK = re.compile(
    r"(\d{1,2}):?(\d{2})(?::?(\d{2})(?:\.\d+)?)?( *[AaPp]\.?[Mm]\.?)?( *(?:[A-Za-z]{1,4}|[+-]\d{2}:?\d{2}))?"
)
_SHARE_OF_DAY = re.compile(r"0?\.\d{1,18}")
_NO_CLOCK = re.compile(r"[T ]0{1,2}:00(?::00(?:\.0+)?)?$")
_MIDNIGHT = time(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Reading:
    """How a row's time is read.

    ``at``: the time from a row's cells; None where the column is read as it is. ``timed``: whether any row tells one.
    """

    table: Table
    at: Callable[[Sequence[str]], datetime | None] | None
    notes: tuple[str, ...]
    timed: bool


def day_and_clock(heading: Sequence[str], at: int | None) -> tuple[int, int] | None:
    """Columns whose headings say that they hold the day and the clock, one of which is ``at`` where that is known."""
    spelled = [plain(IN_BRACKETS.sub(" ", cell)) for cell in heading]
    pairs = [
        (abs(day - clock), day, clock)
        for day, clock in itertools.product(range(len(spelled)), repeat=2)
        if spelled[day] in _DAYS and spelled[clock] in _CLOCKS and at in (None, day, clock)
    ]
    return min(pairs)[1:] if pairs else None


def reading_of(table: Table, found: Mapping[str, int]) -> Reading:
    """How the times of ``table`` are read, by its heading and first rows, which the returned table gives again."""
    if "at" not in found:
        return Reading(table, None, (), False)
    seen = list(itertools.islice(table.rows, PEEKED))
    table = replace(table, rows=itertools.chain(seen, table.rows))
    apart = (found["at"], found["clock"]) if "clock" in found else None
    if apart is not None and not _tells_apart([cells for _, cells in seen], *apart):
        apart = None
    at, columns = found["at"], apart or (found["at"],)

    def written(cells: Sequence[str]) -> str:
        if apart is None:
            return cells[at].strip() if at < len(cells) else ""
        return _joined(*(cells[column].strip() if column < len(cells) else "" for column in apart))

    texts = [text for _, cells in seen if (text := written(cells))]
    named = _ZONE.search(" ".join(IN_BRACKETS.findall(" ".join(table.heading[column] for column in columns))))
    zone, order = named[1] if named else "", order_of(texts)
    notes = tuple(_notes(texts, order, zone))
    if apart is None and not zone and order != "day first":
        return Reading(table, None, notes, bool(texts))
    read = day_first if order == "day first" else instant
    ahead = timedelta(hours=ZONES.get(zone, 0))

    def reads(cells: Sequence[str]) -> datetime | None:
        told = read(written(cells))
        return told - ahead if told is not None else None

    return Reading(table, reads, notes, bool(texts))


def _notes(texts: Sequence[str], order: str, zone: str) -> list[str]:
    notes: list[str] = []
    if order == "either":
        notes.append("Dates such as 03/11/2025 are read as month/day/year: no date in the file shows which is meant.")
    if order == "day first":
        notes.append("Dates are read as day/month/year, as some of them can only be.")
    if zone:
        notes.append(f"Times are read in {zone}, as the heading says.")
    told = [at.timetz() for text in texts if (at := instant(text) or day_first(text))]
    if told and not any(map(_MIDNIGHT.__ne__, told)):
        notes.append(
            "All times are midnight, so that the rows tell days alone: what is asked about hours means nothing."
        )
    return notes


def _day(text: str) -> str:
    """A day as written, without the midnight that a spreadsheet puts behind it."""
    return _NO_CLOCK.sub("", text)


def _tells_apart(rows: Sequence[Sequence[str]], day: int, clock: int) -> bool:
    """Whether the one column holds days without a clock, and the other clocks without a day."""
    full = [(row[day].strip(), row[clock].strip()) for row in rows if max(day, clock) < len(row)]
    pairs = [(a, b) for a, b in full if a and b and any(map(str.isdecimal, a)) and any(map(str.isdecimal, b))]
    fit = sum(":" not in _day(a) and (_CLOCK.fullmatch(b) or _SHARE_OF_DAY.fullmatch(b)) is not None for a, b in pairs)
    return fit > 0.9 * len(pairs) > 0


def _joined(day: str, clock: str) -> str:
    """Day and clock as one text; empty where one of them is missing."""
    day = _day(day)
    if not day or not clock:
        return ""
    if _SHARE_OF_DAY.fullmatch(clock):
        minutes, seconds = divmod(round(float(clock) * 86_400) % 86_400, 60)
        clock = f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02}"
    if found := _CLOCK.fullmatch(clock):
        hour, minute, second, half, zone = found.groups()
        clock = f"{hour}:{minute}:{second or '00'}{half or ''}{zone or ''}"
    if re.fullmatch(r"\d{5}", day):
        day = f"{instant(day):%Y-%m-%d}"
    return f"{day} {clock}"
