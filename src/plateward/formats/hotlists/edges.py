"""What stands around the records of a file: opening and closing records with their counts, headings of sections, remarks.

A count that does not fit is said before anything is taken; a file that should end with a closing record and does not was cut off.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Iterator
from dataclasses import replace

from plateward.core.hotlist import concerns_immigration
from plateward.formats.hotlists.layout import Edge, Layout
from plateward.formats.hotlists.records import Record

_OTHER_FILES = re.compile(
    r"\b(?:vehicles?|cars?|autos?|plates?|wanted|missing|persons?|stolen|boats?|guns?|protection|gang|offenders?|release)\b",
    re.IGNORECASE,
)
_VIOLATORS = re.compile(r"\bimmigration violators?(?: (?:file|person)s?)?\b|\bwanted (?=immigration)", re.IGNORECASE)


def records_within(records: Iterable[Record], layout: Layout, skipped: Iterable[str] = ()) -> Iterator[Record]:
    """``records`` without the lines that are none, each with the section it stands ``under`` where that is one of immigration.

    Where a count does not fit, or the closing record is missing, a Record with a ``worry`` and without cells comes in its place.
    """
    watch = _Watch(layout)
    for text in skipped:
        watch.passes(text)
    if not (layout.opening or layout.closing or layout.ignore or watch.under):
        yield from records
        return
    for record in records:
        yield from watch.looks_at(record)
    yield from watch.ends()


class _Watch:
    """Counts one file as it passes. Extracts that were put one behind another are each counted on their own.

    ``under``: the heading of the section that records stand in, where it is one of immigration.
    """

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._ignore = [re.compile(pattern) for pattern in layout.ignore]
        self._opens, self._closes = (
            re.compile(edge.when) if edge else None for edge in (layout.opening, layout.closing)
        )
        self.under = ""
        self._records = self._lines = self._last = 0
        self._promised: int | None = None
        self._begun = self._closed = False

    def looks_at(self, record: Record) -> Iterator[Record]:
        """The record, or what an opening or closing one makes known."""
        text = self._layout.delimiter.join(record.cells)
        self._lines, self._last = self._lines + 1, record.line
        if self._opens is not None and self._opens.search(text):
            if self._begun:
                yield from self._ends_before(record.line)
            self._lines, self._begun = 1, True
            self._promised = yield from self._stated(self._layout.opening, record)
            self.passes(text)
        elif self._closes is not None and self._closes.search(text):
            stated = yield from self._stated(self._layout.closing, record)
            yield from self._compared(self._layout.closing, stated, record.line)
            self._lines = self._records = 0
            self._promised, self._begun, self._closed, self.under = None, False, True, ""
        elif any(pattern.search(text) for pattern in self._ignore):
            self.passes(text)
        else:
            self._records, self._begun = self._records + 1, True
            yield replace(record, under=self.under) if self.under else record

    def passes(self, text: str) -> None:
        """A line that is no record may be the heading of a section: of immigration, or of another file, which ends it."""
        other = _OTHER_FILES.search(_VIOLATORS.sub(" ", text))
        if other is not None:
            self.under = ""
        elif concerns_immigration(text, text):
            self.under = text.strip()[:200]

    def ends(self) -> Iterator[Record]:
        """What is to be said at the end of the file."""
        if self._begun or not self._closed:
            yield from self._ends_before(self._last)

    def _ends_before(self, line: int) -> Iterator[Record]:
        """An extract ended without a closing record, at the end of the file or where the next one opens."""
        if self._closes is None:
            yield from self._compared(None, None, line)
        else:
            yield Record(line, (), worry=f"After line {line} the closing record is missing: the file was cut off.")
        self._records, self._promised = 0, None

    def _stated(self, edge: Edge | None, record: Record) -> Generator[Record, None, int | None]:
        """The count that a record states, as the generator's value; a worry where its place holds none."""
        if edge is None or edge.count is None:
            return None
        written = record.get(edge.count, {}).replace(",", "")
        if written.isascii() and written.isdigit():
            return int(written)
        yield Record(record.line, (), worry=f"Line {record.line}: no number of records stands where the layout says.")
        return None

    def _compared(self, edge: Edge | None, stated: int | None, line: int) -> Iterator[Record]:
        """A worry for each count, of the closing record and of the opening one, that is not what was read."""
        for one, said, by in ((edge, stated, "closing"), (self._layout.opening, self._promised, "opening")):
            if said is None or one is None:
                continue
            lines = one.counts == "lines"
            read, what = (self._lines, "lines, edges included") if lines else (self._records, "records")
            if said != read:
                yield Record(line, (), worry=f"The {by} record speaks of {said:,} {what}; there are {read:,}.")
