"""Any search log into a stream of rows, in bounded memory: Flock's organisation and network audits, portals' audits, mapped CSV.

Every row of the file becomes a row of the stream or a counted, named rejection. Cells that somebody blacked out ("***",
"REDACTED", an exemption's citation) count as withheld, which is not the same as left empty by the person who searched.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import BinaryIO

from plateward.core import access
from plateward.core.access import AccessRow
from plateward.core.errors import BadInput
from plateward.formats.audits.actions import (
    DETAILED,
    KNOWN_ACTIONS,
    KNOWN_ALERTS,
    act_taker,
    fields_present,
    kind_of_actions,
)
from plateward.formats.audits.batches import BATCH, Cells, Columns, blacked_out
from plateward.formats.audits.times import ZONES, day_first, instant, order_of
from plateward.formats.sharing.lists import Unread, Where
from plateward.formats.spreadsheets import Table, columns, plain, read_tables

MAX_REJECTED = 1000
"""Rejections kept with their text; more are only counted."""

_SPELLINGS: Mapping[str, tuple[str, ...]] = {
    "id": ("id", "search id", "audit id", "event id", "record id"),
    "user": ("name", "user", "user name", "username", "user id", "userid", "searched by", "officer", "employee", "performed by",
             "email", "user email", "searcher"),
    "organisation": ("org name", "organization", "organization name", "organisation", "agency", "agency name", "slug",
                     "searching agency", "requesting agency", "user agency"),
    "networks": ("total networks searched", "networks searched", "network count", "networkcount", "networks", "total networks"),
    "devices": ("total devices searched", "devices searched", "device count", "total devices", "cameras searched"),
    "time_frame": ("time frame", "timeframe", "date range", "search range"),
    "begins": ("time frame start", "start", "start time", "search start", "from", "date from", "begin"),
    "ends": ("time frame end", "end", "end time", "search end", "to", "date to"),
    "plate": ("license plate", "licence plate", "plate", "plate number", "license plate number", "lp", "plate searched",
              "query plate", "searched plate", "query"),
    "reason": ("reason", "search reason", "purpose", "justification", "reason for search", "query reason"),
    "case": ("case #", "case number", "casenumber", "case no", "case", "case id", "incident number", "incident #"),
    "offence": ("offense type", "offence type", "offense", "offence", "crime type", "nibrs offense"),
    "at": ("search time", "search date/time", "searchdate", "search date", "date/time", "timestamp", "date", "time", "query time",
           "searched at", "audit date", "created at"),
    "clock": ("search clock",),
    "search_type": ("search type", "type", "searchtype", "query type"),
    "moderation": ("moderation", "moderation result"),
    "filters": ("filters", "filter", "text prompt", "prompt"),
    "on_behalf_of": ("on behalf of", "requested by agency", "requesting party", "assist agency"),
    "session": ("session", "session id"),
    "address": ("ip", "ip address", "device", "device id", "workstation", "address"),
}  # fmt: skip
KNOWN = {plain(spelling): name for name, spellings in _SPELLINGS.items() for spelling in spellings}

_WINDOW = frozenset({"time_frame", "begins", "ends"})
_SUFFICIENT = frozenset({"at", "reason", "case", "plate", "networks", "search_type"})


@dataclass(slots=True)
class SearchLog:
    """A log being read: ``columns``, ``rejected``, ``count`` and ``notes`` are complete once ``rows`` is exhausted.

    ``notes`` says how it was understood where that is no matter of course, and what of the file was not read.

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

    @property
    def columns(self) -> access.Columns:
        """Which fields the log has; a column whose every cell is withheld counts as present and withheld."""
        return access.Columns(self.present, dict(self.withheld))

    def reject(self, where: Where, text: str, why: str) -> None:
        """Count a row that cannot be used and keep where it stands."""
        self.rejected_count += 1
        if len(self.rejected) < MAX_REJECTED:
            self.rejected.append(Unread(where, text[:200], why))


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
    fields = dict.fromkeys((*_SPELLINGS, *KNOWN_ACTIONS.values(), *KNOWN_ALERTS.values()))
    for field_name in mapping or {}:
        if field_name not in fields:
            raise BadInput(f"{field_name!r} is no field; there are {', '.join(fields)}", where="--column")
    first: Table | None = None
    passed: list[str] = []
    tables = read_tables(stream, name, KNOWN_ACTIONS | KNOWN_ALERTS | KNOWN, needed=2)
    for table in tables:
        first = first or table
        if (kind := _actions(table, format, mapping)) is not None:
            spellings = KNOWN_ALERTS if kind == "alert-log" else KNOWN_ACTIONS
            return _open_actions(table, columns(table.heading, spellings, mapping, name), kind)
        found, notes = _found(table.heading, mapping, name)
        if len(_SUFFICIENT & set(found)) >= 2 or mapping:
            log = _open(table, {k: v for k, v in found.items() if windows or k not in _WINDOW}, name)
            log.notes += notes + [f"Not read: the sheet {sheet}, which is no log." for sheet in passed]
            log.rows = itertools.chain(log.rows, _further(tables, log, mapping, windows, name))
            return log
        passed.append(table.sheet)
    if first is None or not first.heading:
        raise BadInput("the file is empty", where=name)
    raise BadInput(
        "the heading is no search log's: columns such as 'Search Time', 'Reason' and 'Case #' are missing; there are "
        f"{', '.join(first.heading)[:300]}. Say which is which with --column reason=HEADING",
        where=f"{name}, line {first.heading_line}",
    )


_LIKE: Mapping[str, re.Pattern[str]] = {
    name: re.compile(pattern, re.IGNORECASE)
    for name, pattern in (
        ("at", r"^(?:search|query|audit|event|log|access)?\W*(?:date|time|day)(?:\W+(?:and|of|&))?"
               r"\W*(?:time|search|query|access)?\b|time ?stamp"),
        ("user", r"\b(?:officer|user|employee|operator|analyst|investigator|searched by)\b"),
        ("plate", r"\b(?:licen[cs]e )?plate\b|\btag\b"), ("reason", r"\b(?:reason|justification|purpose)\b"),
        ("case", r"\b(?:case|incident|cad|report|rd)\b.{0,10}(?:#|no\b|num|id\b)|^(?:case|incident)$"),
        ("organisation", r"\b(?:agency|department|organi[sz]ation)\b"),
        ("networks", r"\bnetworks?\b.{0,12}\b(?:count|number|searched)\b"),
        ("offence", r"\b(?:offen[sc]e|crime)\b"),
    )
}  # fmt: skip
"""How headings that are not known say what they hold, for fields that no known heading names."""

_IN_BRACKETS = re.compile(r"[(\[]([^)\]]*)[)\]]")
_ZONE = re.compile(rf"\b({'|'.join(ZONES)})\b")


def _found(heading: tuple[str, ...], mapping: Mapping[str, str] | None, name: str) -> tuple[dict[str, int], list[str]]:
    """The columns of each field, and notes on those that were told by likeness. What is in brackets is no part of a heading."""
    found = columns(heading, KNOWN, mapping, name)
    bare = tuple(_IN_BRACKETS.sub(" ", cell) for cell in heading)
    for field_name, index in columns(bare, KNOWN, None, name).items():
        if index not in found.values():
            found.setdefault(field_name, index)
    if not found or plain(heading[0]) == "":
        return found, []
    notes: list[str] = []
    for field_name, pattern in _LIKE.items():
        like = [index for index, cell in enumerate(bare) if pattern.search(cell) and index not in found.values()]
        if field_name not in found and len(like) == 1:
            found[field_name] = like[0]
            notes.append(f"The column “{heading[like[0]]}” is taken for the {_CALLED.get(field_name, field_name)}.")
    return found, notes


_CALLED = {"at": "time of the search", "case": "case number", "networks": "number of networks"}


def _further(
    tables: Iterator[Table], log: SearchLog, mapping: Mapping[str, str] | None, windows: bool, name: str
) -> Iterator[AccessRow]:
    """The rows of the workbook's other sheets that are logs too; the others are named."""
    for table in tables:
        found, _ = _found(table.heading, mapping, name)
        if len(_SUFFICIENT & set(found)) < 2:
            log.notes += [f"Not read: the sheet {table.sheet}, which is no log."] if any(table.heading) else []
            continue
        before = log.count
        kept = {key: index for key, index in found.items() if windows or key not in _WINDOW}
        yield from _rows(table, kept, log, name)
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
    log.rows = _acts(table, found, log)
    return log


def _acts(table: Table, found: Mapping[str, int], log: SearchLog) -> Iterator[AccessRow]:
    take = act_taker(log.format, found, log.withheld)
    valued: set[str] = set()
    for batch in _batches(table, found, log):
        for line, cells in batch:
            act = take(line, cells)
            text = cells[found["at"]].strip() if "at" in found else ""
            if act.at is None and text and not blacked_out(text):
                if plain(text) in KNOWN_ACTIONS or plain(text) in KNOWN_ALERTS:
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
    log.rows = _rows(table, dict(found), log, name)
    return log


def _rows(table: Table, found: dict[str, int], log: SearchLog, name: str) -> Iterator[AccessRow]:
    split = _split_time(table.heading, found)
    table, reads = _reading_of_times(table, found, log)
    reader = Columns(found, len(table.heading), log.withheld)
    for batch in _batches(table, found, log):
        for read, (line, cells) in zip(reader.rows(batch), batch, strict=True):
            row = read if split is None else _with_split_time(read, cells, split)
            if reads is not None and split is None:
                row = _with_time(row, reads(cells[found["at"]]))
            if row.at is None and "at" in found:
                text = cells[found["at"]].strip()
                if plain(text) in KNOWN:
                    continue  # the heading again, where exports were stacked
                if text and not blacked_out(text):
                    log.reject(Where(line=line, field=table.heading[found["at"]]), text, "is no date and time")
            log.count += 1
            yield row


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
                log.reject(Where(line=row[0]), ",".join(cells), f"has {len(cells)} cells where the heading has {width}")
                continue
        batch.append(row)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _split_time(heading: tuple[str, ...], found: Mapping[str, int]) -> tuple[int, int] | None:
    """Columns of day and clock where an export has them apart ("Search Date", "Search Time")."""
    spelled = [plain(cell) for cell in heading]
    for day, clock in (("searchdate", "searchtime"), ("date", "time")):
        if day in spelled and clock in spelled and found.get("at") in (spelled.index(day), spelled.index(clock)):
            return spelled.index(day), spelled.index(clock)
    return None


_PEEKED = 2000
"""Rows looked at for the order of day and month in dates."""


def _reading_of_times(
    table: Table, found: Mapping[str, int], log: SearchLog
) -> tuple[Table, Callable[[str], datetime | None] | None]:
    """How times are to be read where not as ``instants`` does: with days first, or in a zone that the heading names."""
    if "at" not in found:
        return table, None
    at = found["at"]
    zone = _ZONE.search(" ".join(_IN_BRACKETS.findall(table.heading[at])))
    seen = list(itertools.islice(table.rows, _PEEKED))
    table = replace(table, rows=itertools.chain(seen, table.rows))
    order = order_of(cells[at] for _, cells in seen if at < len(cells))
    if order == "either":
        log.notes.append(
            "Dates such as 03/11/2025 are read as month/day/year: no date in the file shows which is meant."
        )
    if order == "day first":
        log.notes.append("Dates are read as day/month/year, as some of them can only be.")
    if zone is None and order != "day first":
        return table, None
    ahead = timedelta(hours=ZONES[zone[1]]) if zone is not None else timedelta()
    if zone is not None:
        log.notes.append(f"Times are read in {zone[1]}, as the heading says.")

    def reads(text: str) -> datetime | None:
        read = day_first(text.strip()) if order == "day first" else instant(text.strip())
        return read - ahead if read is not None else None

    return table, reads


def _with_time(row: AccessRow, at: datetime | None) -> AccessRow:
    return AccessRow(**{**{name: getattr(row, name) for name in row.__struct_fields__}, "at": at})


def _with_split_time(row: AccessRow, cells: list[str], split: tuple[int, int]) -> AccessRow:
    return _with_time(row, instant(f"{cells[split[0]].strip()[:10].strip()} {cells[split[1]].strip()}"))
