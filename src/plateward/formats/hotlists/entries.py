"""A record becomes an entry of a hot list, or the reason why it is none. Nothing of a record's content is in that reason."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import BinaryIO

from plateward.core.errors import BadInput
from plateward.core.hotlist import KINDS, LONGEST, MAX_REASON, ListedPlate, kind_of
from plateward.core.plate import normalise
from plateward.formats.hotlists.layout import Layout
from plateward.formats.hotlists.records import Opened, Record, open_file
from plateward.formats.hotlists.states import region_of

_DATES = ("%Y%m%d", "%Y-%m-%d", "%m/%d/%Y", "%m/%d/%y", "%m-%d-%Y", "%d.%m.%Y", "%Y-%m-%d %H:%M:%S", "%m/%d/%Y %H:%M")
_NO_DATE = re.compile(r"^(?:|0+|9+|9{4}.*|none|never|n/?a|null|indef(?:inite)?|nonexp)$", re.IGNORECASE)
_PRIORITY = {"high": 1, "critical": 1, "urgent": 1, "normal": 2, "medium": 2, "low": 3}
_MAX_CASE = 60


@dataclass(frozen=True, slots=True)
class Terms:
    """What a list says where a record does not: its kind, and days until an entry ends (None: a record must say so itself)."""

    now: datetime
    kind: str
    default_days: int | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One record: the entry, or an error, or neither where it has ended already. ``dated``: whether the file gave its end."""

    line: int
    entry: ListedPlate | None = None
    error: str = ""
    dated: bool = False


def read_entries(stream: BinaryIO, layout: Layout | None, terms: Terms) -> Iterator[Row]:
    """Every record of ``stream`` in order. Raises BadInput where the file as a whole cannot be understood."""
    opened = open_file(stream, layout)
    reader = _Reader(opened, terms)
    for record in opened.records:
        yield reader.row(record)


class _Reader:
    """Turns records of one file into rows; what is the same for all of them is worked out once."""

    def __init__(self, opened: Opened, terms: Terms) -> None:
        self._layout, self._heading, self._terms = opened.layout, opened.heading, terms
        self._kind = opened.layout.defaults.kind or terms.kind
        self._formats = opened.layout.dates or _DATES
        self._codes = {code.upper(): kind for code, kind in opened.layout.kinds.items()}
        self._regions: dict[str, str | None] = {}
        self._days: dict[str, datetime | None] = {}

    def row(self, record: Record) -> Row:
        if record.error:
            return Row(record.line, error=record.error)
        try:
            return self._row(record)
        except BadInput as wrong:
            return Row(record.line, error=f"{wrong.where}: {wrong.args[0]}" if wrong.where else wrong.args[0])

    def _row(self, record: Record) -> Row:
        fields, heading = self._layout.fields, self._heading
        plate = _plate(record.get(fields.plate, heading))
        written = record.get(fields.expires, heading)
        expires = self._expires(written)
        if expires <= self._terms.now:
            return Row(record.line)
        code, nic = record.get(fields.kind, heading).upper(), record.get(fields.nic, heading).upper()
        words = _clean(record.get(fields.reason, heading)) or self._layout.defaults.reason or self._terms.reason
        kind = kind_of(code or nic[:1], words, self._kind, self._codes, " ".join(record.cells))
        vehicle = " ".join(filter(None, (record.get(place, heading) for place in fields.vehicle)))
        reason = words or KINDS[kind][0]
        entry = ListedPlate(
            plate,
            self._region(record.get(fields.state, heading) or self._layout.defaults.state),
            kind,
            (f"{reason} ({_clean(vehicle)})" if vehicle else reason)[:MAX_REASON],
            _clean(record.get(fields.case, heading))[:_MAX_CASE] or nic or None,
            self._priority(record.get(fields.priority, heading)),
            expires,
        )
        return Row(record.line, entry, dated=not _NO_DATE.match(written))

    def _region(self, written: str) -> str | None:
        if written not in self._regions:
            if len(self._regions) > 2_000:
                self._regions.clear()
            self._regions[written] = region_of(written, self._layout.defaults.country)
        return self._regions[written]

    def _expires(self, written: str) -> datetime:
        """The end of the day that is written; where none is, the list's own term from now. Never further than a year ahead."""
        now, days = self._terms.now, self._terms.default_days
        if _NO_DATE.match(written):
            if days is None:
                raise BadInput("the record has no end, and the list gives none (set its default days)", where="expires")
            return now + timedelta(days=days)
        if written not in self._days:
            if len(self._days) > 10_000:
                self._days.clear()
            self._days[written] = parse_end(written, self._formats)
        end = self._days[written]
        if end is None:
            raise BadInput(
                "this is no date that is understood (say in the layout how dates are written)", where="expires"
            )
        return min(end, now + LONGEST)

    def _priority(self, written: str) -> int:
        if not written:
            return self._layout.defaults.priority
        number = _PRIORITY.get(written.lower()) or (int(written) if written in ("1", "2", "3") else None)
        if number is None:
            raise BadInput("priority is 1 (highest), 2 or 3, or high, normal, low", where="priority")
        return number


def parse_end(written: str, formats: tuple[str, ...] = _DATES) -> datetime | None:
    """The end of the day or the instant that is ``written`` (UTC where no offset is), or None where it is no date."""
    try:
        instant = datetime.fromisoformat(written)
        if len(written) > 10:
            return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
        return instant.replace(tzinfo=UTC) + timedelta(days=1)
    except ValueError:
        pass
    for known in formats:
        try:
            day = datetime.strptime(written, known).replace(tzinfo=UTC)
        except ValueError:
            continue
        return day if "%H" in known else day + timedelta(days=1)
    return None


def _plate(written: str) -> str:
    try:
        plate = normalise(written)
    except BadInput as wrong:
        raise BadInput(wrong.args[0], where="plate") from None
    if not plate.isascii():
        raise BadInput("a plate has letters A to Z and digits", where="plate")
    return plate


def _clean(text: str) -> str:
    """One line of printable text."""
    return "".join(ch if ch.isprintable() else " " for ch in " ".join(text.split())).strip()
