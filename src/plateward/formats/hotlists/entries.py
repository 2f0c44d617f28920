"""A record becomes an entry of a hot list, or the reason why it is none. Nothing of a record's content is in that reason."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import BinaryIO

from plateward.core.errors import BadInput
from plateward.core.hotlist import KINDS, LONGEST, MAX_REASON, ListedPlate, concerns_immigration, kind_of
from plateward.core.plate import normalise
from plateward.formats.around import rows_stated, what_is
from plateward.formats.hotlists.edges import records_within
from plateward.formats.hotlists.layout import Fields, Layout
from plateward.formats.hotlists.records import Opened, Record, open_file
from plateward.formats.hotlists.states import no_state, region_of

_DATES = ("%Y%m%d", "%Y-%m-%d", "%d.%m.%Y", "%Y-%m-%d %H:%M:%S")
_AMERICAN = ("%m/%d/%Y", "%m/%d/%y", "%m-%d-%Y", "%m/%d/%Y %H:%M", "%m%d%Y")
"""Understood in files of the United States alone: elsewhere the day comes first. In this century MMDDYYYY is never YYYYMMDD too."""

_NO_DATE = re.compile(
    r"^(?:|[0/ -]+|9+|9{4}.*|none|never|n/?a|nx|null|indef(?:inite)?|non-?exp(?:iring)?|perm(?:anent)?)$", re.IGNORECASE
)
_PACKED = re.compile(r"(?:%[A-Za-z])+")
_PARTIAL = re.compile(r"[?*%_#]")
_SEVERAL = re.compile(r"[/;,&|+]")
_NO_PLATE = frozenset(
    {"UNKNOWN", "UNK", "NONE", "NOPLATE", "NOPLATES", "NOTAG", "NA", "NULL", "MISSING", "BLANK", "NOLIC"}
)
_FLAG = re.compile(r"^(?:y|yes|true|t|x|1)$", re.IGNORECASE)
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
    """One record: the entry, or an error, or neither where it has ended already. ``dated``: whether the file gave its end.

    ``remark``: what was not understood and an entry can do without. ``worry``: what makes the file as a whole doubtful (a count
    that does not fit), to be said before it is taken. With one of these alone it is no record.
    """

    line: int
    entry: ListedPlate | None = None
    error: str = ""
    dated: bool = False
    remark: str = ""
    worry: str = ""

    @property
    def is_record(self) -> bool:
        """Whether a record of the file is behind this."""
        return self.entry is not None or bool(self.error) or not (self.remark or self.worry)


def read_entries(stream: BinaryIO, layout: Layout | None, terms: Terms) -> Iterator[Row]:
    """Every record of ``stream`` in order. Raises BadInput where the file as a whole cannot be understood."""
    opened = open_file(stream, layout)
    reader = _Reader(opened, terms)
    for remark in opened.remarks:
        yield Row(1, remark=remark)
    for record in records_within(opened.records, opened.layout, opened.skipped):
        yield reader.row(record)


class _Reader:
    """Turns records of one file into rows; what is the same for all of them is worked out once."""

    def __init__(self, opened: Opened, terms: Terms) -> None:
        self._layout, self._heading, self._terms = opened.layout, opened.heading, terms
        self._kind = opened.layout.defaults.kind or terms.kind
        american = _AMERICAN if opened.layout.defaults.country == "US" else ()
        self._formats = opened.layout.dates or (*_DATES, *american)
        self._codes = {code.upper(): kind for code, kind in opened.layout.kinds.items()}
        self._variants = [(re.compile(variant.when), variant) for variant in opened.layout.records]
        self._states = {code.upper(): region for code, region in opened.layout.states.items()}
        self._flags = {at: name for name, at in opened.heading.items() if concerns_immigration(name.replace("_", " "))}
        self._read = 0
        self._regions: dict[str, str | None] = {}
        self._days: dict[str, datetime | None] = {}

    def row(self, record: Record) -> Row:
        if record.error or record.worry:
            return Row(record.line, error=record.error, worry=record.worry)
        cells = record.cells
        around = what_is(cells) if len(cells) < 3 or cells.count("") > len(cells) - 3 else None
        if around is not None:
            return Row(record.line, error=f"plate: this line is {around}, and no entry", worry=self._total(record))
        self._read += 1
        try:
            return self._row(record)
        except BadInput as wrong:
            return Row(record.line, error=f"{wrong.where}: {wrong.args[0]}" if wrong.where else wrong.args[0])

    def _total(self, record: Record) -> str:
        """What is to be said of a total of records other than were read."""
        stated = rows_stated(record.cells)
        if stated is None or stated == self._read:
            return ""
        return f"Line {record.line} speaks of {stated:,} records; {self._read:,} stand above it."

    def _row(self, record: Record) -> Row:
        heading = self._heading
        fields, usual = self._type_of(record)
        plate = _plate(record.get(fields.plate, heading))
        written = record.get(fields.expires, heading)
        expires = self._expires(written)
        if expires <= self._terms.now:
            return Row(record.line)
        code, nic = record.get(fields.kind, heading).upper(), record.get(fields.nic, heading).upper()
        words = _clean(record.get(fields.reason, heading)) or self._layout.defaults.reason or self._terms.reason
        kind = self._kind_of(record, code, nic, words, usual)
        vehicle = " ".join(filter(None, (record.get(place, heading) for place in fields.vehicle)))
        reason = words or KINDS[kind][0]
        region, odd = self._region(record.get(fields.state, heading) or self._layout.defaults.state)
        entry = ListedPlate(
            plate,
            region,
            kind,
            (f"{reason} ({_clean(vehicle)})" if vehicle else reason)[:MAX_REASON],
            _clean(record.get(fields.case, heading))[:_MAX_CASE] or nic or None,
            self._priority(record.get(fields.priority, heading)),
            expires,
        )
        return Row(record.line, entry, remark=odd, dated=not _NO_DATE.match(written))

    def _type_of(self, record: Record) -> tuple[Fields, str]:
        """The fields of a record and what its plate is wanted for where it does not say, by its type where the file has several."""
        if not self._variants:
            return self._layout.fields, self._kind
        text = self._layout.delimiter.join(record.cells)
        for pattern, variant in self._variants:
            if pattern.search(text):
                return variant.fields or self._layout.fields, variant.kind or self._kind
        raise BadInput("this is no type of record that the layout names", where="records")

    def _kind_of(self, record: Record, code: str, nic: str, words: str, usual: str) -> str:
        """The kind, by all that a record says wherever it stands: its code, number, words, cells, section, the columns it ticks."""
        cells = record.cells
        ticked = (name for at, name in self._flags.items() if at < len(cells) and _FLAG.match(cells[at].strip()))
        whole = " ".join((*cells, nic, record.under))
        return kind_of(code.removeprefix("MKE/"), " ".join((words, *ticked)), usual, self._codes, whole, nic)

    def _region(self, written: str) -> tuple[str | None, str]:
        """The region, and what is to be said of a code that is none; it is said once."""
        if written in self._regions:
            return self._regions[written], ""
        if len(self._regions) > 2_000:
            self._regions.clear()
        known = self._states.get(written.upper(), written)
        region = self._regions[written] = region_of(known, self._layout.defaults.country)
        if region is not None or no_state(written):
            return region, ""
        what = repr(written) if len(written) < 4 else "what stands there"  # more could be a plate that has shifted
        why = f"state: {what} is no state that is understood (said once): such a plate is looked for in any"
        return None, f"{why}; say in [states] what it stands for"

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


def parse_end(written: str, formats: tuple[str, ...] = (*_DATES, *_AMERICAN)) -> datetime | None:
    """The end of the day or the instant that is ``written`` (UTC where no offset is), or None where it is no date."""
    for known in formats:
        try:
            day = datetime.strptime(written, known).replace(tzinfo=UTC)
        except ValueError:
            continue
        if _PACKED.fullmatch(known) and day.strftime(known).upper() != written.upper():
            continue  # without signs between them, digits that are left out would be taken from what follows
        return day if "%H" in known else day + timedelta(days=1)
    try:
        instant = datetime.fromisoformat(written)
    except ValueError:
        return None
    if len(written) > 10:
        return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
    return instant.replace(tzinfo=UTC) + timedelta(days=1)


def _plate(written: str) -> str:
    if not written:
        raise BadInput("the record has no plate", where="plate")
    if _PARTIAL.search(written):
        raise BadInput("this is a part of a plate, with marks for what is not known; enter it by hand", where="plate")
    if _SEVERAL.search(written):
        raise BadInput("more than one plate seems to stand here; give each a record of its own", where="plate")
    if "".join(filter(str.isalnum, written)).upper() in _NO_PLATE:
        raise BadInput(
            "what stands here says that there is no plate; one that really reads so is entered by hand", where="plate"
        )
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
