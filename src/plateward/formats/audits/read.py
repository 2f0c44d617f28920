"""Any search log into a stream of rows, in bounded memory: Flock's organisation and network audits, portals' audits, mapped CSV.

Every row of the file becomes a row of the stream or a counted, named rejection. Cells that somebody blacked out ("***",
"REDACTED", an exemption's citation) count as withheld, which is not the same as left empty by the person who searched.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import BinaryIO

from plateward.core import access
from plateward.core.access import AccessRow
from plateward.core.errors import BadInput
from plateward.formats.around import rows_stated, told, what_is
from plateward.formats.audits.actions import (
    DETAILED,
    KNOWN_ACTIONS,
    KNOWN_ALERTS,
    act_taker,
    fields_present,
    kind_of_actions,
)
from plateward.formats.audits.batches import BATCH, Cells, Columns, blacked_out
from plateward.formats.audits.clock import reading_of
from plateward.formats.audits.headings import KNOWN, SPELLINGS, fields_of, in_two_lines
from plateward.formats.sharing.lists import Unread, Where
from plateward.formats.spreadsheets import HIDDEN, Table, columns, plain, read_tables

MAX_REJECTED = 1000
"""Rejections kept with their text; more are only counted."""

_WINDOW = frozenset({"time_frame", "begins", "ends"})
_SUFFICIENT = frozenset({"at", "reason", "case", "plate", "networks", "search_type"})


@dataclass(slots=True)
class SearchLog:
    """A log being read: ``columns``, ``rejected``, ``count`` and ``notes`` are complete once ``rows`` is exhausted.

    ``notes`` says how it was understood where that is no matter of course, and what of the file was not read. ``around``: lines
    that are no rows (a total, a page's number), as where and what.

    ``format`` is "flock-network-audit", "flock-organization-audit", "portal-search-audit" or "csv"; or, where the rows are
    ``ListAct``, "flock-hotlist-actions" or "alert-log".
    """

    format: str
    heading: tuple[str, ...]
    rows: Iterator[AccessRow]
    present: frozenset[str]
    withheld: dict[str, int] = field(default_factory=dict)
    rejected: list[Unread] = field(default_factory=list)
    rejected_count: int = 0
    count: int = 0
    notes: list[str] = field(default_factory=list)
    around: list[tuple[str, str]] = field(default_factory=list)

    @property
    def columns(self) -> access.Columns:
        """Which fields the log has; a column whose every cell is withheld counts as present and withheld."""
        return access.Columns(self.present, dict(self.withheld))

    def reject(self, where: Where, text: str, why: str) -> None:
        """Count a row that cannot be used and keep where it stands."""
        self.rejected_count += 1
        if len(self.rejected) < MAX_REJECTED:
            self.rejected.append(Unread(where, text[:200], why))

    def pass_over(self, table: Table, line: int, cells: list[str]) -> bool:
        """Whether a line stands around the rows; it is kept with what it is, and what it says of their number is looked at."""
        what = what_is(cells, table.titles)
        if what is None:
            return not any(cell.strip() for cell in cells)
        where = str(Where(line=line, sheet=table.sheet))
        self.around.append((where, what))
        stated = rows_stated(cells)
        if stated is not None and stated != self.count:
            self.notes.append(
                f"{where[0].upper()}{where[1:]} speaks of {stated:,} rows, and {self.count:,} stand above it: some may be missing."
            )
        return True

    def closed(self) -> Iterator[AccessRow]:
        """No row any more, but the note on what was passed over."""
        self.notes += told(self.around)
        yield from ()


def read_log(
    stream: BinaryIO,
    name: str,
    mapping: Mapping[str, str] | None = None,
    format: str | None = None,
    *,
    windows: bool = True,
) -> SearchLog:
    """Open a search log: CSV, TSV, or the sheets of an XLSX that have a log's heading (of logs of hot lists the first).

    ``windows`` False leaves the windows of time searched unread, which saves a third of the work where nobody asks about them.
    ``mapping`` names columns (field of ``AccessRow`` → heading or number). Raises BadInput where the heading is no log's, and
    while rows are read, naming the line that cannot be.
    """
    if format not in (
        None,
        "csv",
        "flock",
        "flock-network-audit",
        "flock-organization-audit",
        "portal-search-audit",
        "flock-hotlist-actions",
        "alert-log",
        "xlsx",
    ):
        raise BadInput(
            f"{format!r} is no format of search logs; leave --format out, or use csv with --column", where="--format"
        )
    fields = dict.fromkeys((*SPELLINGS, *KNOWN_ACTIONS.values(), *KNOWN_ALERTS.values()))
    for field_name in mapping or {}:
        if field_name not in fields:
            raise BadInput(f"{field_name!r} is no field; there are {', '.join(fields)}", where="--column")
    first: Table | None = None
    passed: list[str] = []
    tables = read_tables(stream, name, KNOWN_ACTIONS | KNOWN_ALERTS | KNOWN, needed=2)
    for given in tables:
        first = first or given
        table = given if mapping else in_two_lines(given)
        if (kind := _actions(table, format, mapping)) is not None:
            spellings = KNOWN_ALERTS if kind == "alert-log" else KNOWN_ACTIONS
            return _open_actions(table, columns(table.heading, spellings, mapping, name), kind)
        found, notes = fields_of(table.heading, mapping, name)
        if len(_SUFFICIENT & set(found)) >= 2 or mapping:
            log = _open(table, {k: v for k, v in found.items() if windows or k not in _WINDOW}, name)
            log.notes += notes + [f"Not read: the sheet {sheet}, which is no log." for sheet in passed]
            log.notes += [f"Read from a hidden sheet: {table.sheet}."] if table.sheet.endswith(HIDDEN) else []
            log.rows = itertools.chain(log.rows, _further(tables, log, mapping, windows, name), log.closed())
            return log
        passed.append(table.sheet)
    if first is None or not first.heading:
        raise BadInput("the file is empty", where=name)
    raise BadInput(
        "the heading is no search log's: columns such as 'Search Time', 'Reason' and 'Case #' are missing; there are "
        f"{', '.join(first.heading)[:300]}. Say which is which with --column reason=HEADING",
        where=f"{name}, line {first.heading_line}",
    )


def _further(
    tables: Iterator[Table], log: SearchLog, mapping: Mapping[str, str] | None, windows: bool, name: str
) -> Iterator[AccessRow]:
    """The rows of the workbook's other sheets that are logs too; the others are named."""
    for given in tables:
        table = given if mapping else in_two_lines(given)
        found, _ = fields_of(table.heading, mapping, name)
        if len(_SUFFICIENT & set(found)) < 2:
            log.notes += [f"Not read: the sheet {table.sheet}, which is no log."] if any(table.heading) else []
            continue
        before = log.count
        kept = {key: index for key, index in found.items() if windows or key not in _WINDOW}
        yield from _rows(table, kept, log)
        log.notes.append(
            f"The sheet {table.sheet} was read too: {log.count - before:,} rows; lines are counted in each sheet."
        )


def _actions(table: Table, format: str | None, mapping: Mapping[str, str] | None) -> str | None:
    """Which log of hot lists or alerts a table is, or None for a log of searches."""
    if format in ("flock-hotlist-actions", "alert-log"):
        return format
    if {"act", "outcome"} & set(mapping or {}):
        return "flock-hotlist-actions" if "act" in (mapping or {}) else "alert-log"
    return None if format or mapping else kind_of_actions(table.heading)


def _open_actions(table: Table, found: Mapping[str, int], kind: str) -> SearchLog:
    log = SearchLog(kind, table.heading, iter(()), fields_present(kind, found))
    log.rows = itertools.chain(_acts(table, found, log), log.closed())
    return log


def _acts(table: Table, found: Mapping[str, int], log: SearchLog) -> Iterator[AccessRow]:
    take = act_taker(log.format, found, log.withheld)
    valued: set[str] = set()
    for batch in _batches(table, found, log):
        for line, cells in batch:
            act = take(line, cells)
            text = cells[found["at"]].strip() if "at" in found else ""
            if act.at is None and not text and "at" in found and log.pass_over(table, line, cells):
                continue
            if act.at is None and text and not blacked_out(text):
                if plain(text) in KNOWN_ACTIONS or plain(text) in KNOWN_ALERTS or log.pass_over(table, line, cells):
                    continue
                log.reject(Where(line=line, field=table.heading[found["at"]]), text, "is no date and time")
            log.count += 1
            valued.update(name for name in DETAILED if getattr(act, name))
            yield act
    for name in (log.present & DETAILED) - valued if "details" in found else ():
        log.withheld[name] = log.count  # the details' names alone were handed over


def _open(table: Table, found: Mapping[str, int], name: str) -> SearchLog:
    spelled = {plain(cell) for cell in table.heading}
    if "orgname" in spelled and ({"totaldevicessearched", "timeframe"} & spelled or len(spelled) > 6):
        format = "flock-network-audit"
    elif {"networkcount", "userid"} <= spelled:
        format = "portal-search-audit"
    elif "totalnetworkssearched" in spelled:
        format = "flock-organization-audit"
    else:
        format = "csv"
    present = set(found) - {"time_frame", "clock"}
    if "time_frame" in found:
        present |= {"begins", "ends"}
    log = SearchLog(format, table.heading, iter(()), frozenset(present))
    log.rows = _rows(table, dict(found), log)
    return log


def _rows(table: Table, found: dict[str, int], log: SearchLog) -> Iterator[AccessRow]:
    reading = reading_of(table, found)
    log.notes += reading.notes
    table = reading.table
    reader = Columns(found, len(table.heading), log.withheld)
    bare = max(len(table.heading) - 2, 2)
    """Empty cells of a row that says next to nothing."""
    for batch in _batches(table, found, log):
        for row, (line, cells) in zip(reader.rows(batch), batch, strict=True):
            read = row if reading.at is None else _with_time(row, reading.at(cells))
            if (read.at is None or cells.count("") >= bare) and not _is_search(
                table, found, log, line, cells, read, reading.timed
            ):
                continue
            log.count += 1
            yield read


def _is_search(
    table: Table, found: Mapping[str, int], log: SearchLog, line: int, cells: list[str], row: AccessRow, timed: bool
) -> bool:
    """Whether a row of few words or without a time is a search; what it is otherwise is kept."""
    if log.pass_over(table, line, cells):
        return False
    if row.at is not None or "at" not in found:
        return True
    text = cells[found["at"]].strip()
    if plain(text) in KNOWN:
        return False  # the heading again, where exports were stacked
    filled = [cell.strip() for cell in cells if cell.strip()]
    if timed and len(filled) == 1 and len(table.heading) > 3 and not blacked_out(filled[0]):
        log.reject(Where(line=line, sheet=table.sheet), filled[0], "fills one cell and tells no time: it is no search")
        return False
    if text and not blacked_out(text):
        log.reject(Where(line=line, sheet=table.sheet, field=table.heading[found["at"]]), text, "is no date and time")
    return True


def _with_time(row: AccessRow, at: datetime | None) -> AccessRow:
    return AccessRow(**{**{name: getattr(row, name) for name in row.__struct_fields__}, "at": at})


_LINES = 20
"""Lines within one cell from which on a quote was left open: nobody types a reason of so many."""


def _swallowed(table: Table, line: int, cells: list[str]) -> str:
    """The end of a sentence about a row of a CSV that has many lines: they are lost to it, and must not be lost in silence."""
    lines = sum(cell.rstrip("\n").count("\n") for cell in cells)
    if lines < _LINES or table.sheet:
        return ""
    return f": a quote is not closed, so that lines {line} to {line + lines} were read as one and none of them counts"


def _batches(table: Table, found: Mapping[str, int], log: SearchLog) -> Iterator[list[Cells]]:
    """Rows with every cell that is asked for; the others are rejected, in their order among the rest."""
    width, needed = len(table.heading), max(found.values(), default=0) + 1
    batch: list[Cells] = []
    for row in table.rows:
        cells = row[1]
        if len(cells) != width:
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) < needed or any(cell.strip() for cell in cells[width:]):
                if batch:
                    yield batch
                    batch = []
                if log.pass_over(table, row[0], cells):
                    continue
                why = f"has {len(cells)} cells where the heading has {width}"
                log.reject(Where(line=row[0]), ",".join(cells), why + _swallowed(table, row[0], cells))
                continue
        elif "\n" in "".join(cells) and (swallowed := _swallowed(table, row[0], cells)):
            log.reject(Where(line=row[0]), ",".join(cells), f"is no row{swallowed}")
            continue
        batch.append(row)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
