"""Any search log into a stream of rows, in bounded memory: Flock's organisation and network audits, portals' audits, mapped CSV.

Every row of the file becomes a row of the stream or a counted, named rejection. Cells that somebody blacked out ("***",
"REDACTED", an exemption's citation) count as withheld, which is not the same as left empty by the person who searched.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any, BinaryIO

from plateward.core.access import WITHHELD, AccessRow, Columns
from plateward.core.errors import BadInput
from plateward.formats.audits.times import instant, window
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
    "plate": ("license plate", "licence plate", "plate", "plate number", "license plate number", "lp", "plate searched", "query"),
    "reason": ("reason", "search reason", "purpose", "justification", "reason for search"),
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

_WITHHELD = re.compile(
    r"\*{2,}|(?:\* ?){2,}|#{2,}|[█■▪]+|x{4,}|[\[(]?redacted[\])]?|[\[(]?withheld[\])]?"
    r"|(?:gov(?:t|ernment)?\.? ?code|gc|civ\.? ?code|cpra|foia)[ §]*\d{4}(?:\.\d+)?(?:\([a-z0-9]+\))*"
    r"|\d{4}\.\d+(?:\([a-z0-9]+\))* ?(?:gc|gov\.? ?code)",
    re.IGNORECASE,
)
_WINDOW = frozenset({"time_frame", "begins", "ends"})
_SUFFICIENT = frozenset({"at", "reason", "case", "plate", "networks", "search_type"})


@dataclass(slots=True)
class SearchLog:
    """A log being read: ``columns`` is complete, and ``rejected`` and ``count`` are, once ``rows`` is exhausted.

    ``format`` is "flock-network-audit", "flock-organization-audit", "portal-search-audit" or "csv".
    """

    format: str
    heading: tuple[str, ...]
    rows: Iterator[AccessRow]
    present: frozenset[str]
    withheld: dict[str, int] = field(default_factory=dict)
    rejected: list[Unread] = field(default_factory=list)
    rejected_count: int = 0
    count: int = 0

    @property
    def columns(self) -> Columns:
        """Which fields the log has; a column whose every cell is withheld counts as present and withheld."""
        return Columns(self.present, dict(self.withheld))

    def reject(self, where: Where, text: str, why: str) -> None:
        """Count a row that cannot be used and keep where it stands."""
        self.rejected_count += 1
        if len(self.rejected) < MAX_REJECTED:
            self.rejected.append(Unread(where, text[:200], why))


def looks_like_log(heading: tuple[str, ...]) -> bool:
    """Whether a table with this heading is a search log: it has a time or a count, and a reason, plate or case."""
    found = {KNOWN[plain(cell)] for cell in heading if plain(cell) in KNOWN}
    return bool(found & {"at", "networks"}) and bool(found & {"reason", "plate", "case", "search_type"})


def read_log(
    stream: BinaryIO,
    name: str,
    mapping: Mapping[str, str] | None = None,
    format: str | None = None,
    *,
    windows: bool = True,
) -> SearchLog:
    """Open a search log: CSV, TSV or the first sheet with a log's heading of an XLSX.

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
        "xlsx",
    ):
        raise BadInput(
            f"{format!r} is no format of search logs; leave --format out, or use csv with --column", where="--format"
        )
    for field_name in mapping or {}:
        if field_name not in _SPELLINGS:
            raise BadInput(f"{field_name!r} is no field; there are {', '.join(_SPELLINGS)}", where="--column")
    first: Table | None = None
    for table in read_tables(stream, name, KNOWN, needed=2):
        first = first or table
        found = columns(table.heading, KNOWN, mapping, name)
        if len(_SUFFICIENT & set(found)) >= 2 or mapping:
            return _open(table, {k: v for k, v in found.items() if windows or k not in _WINDOW}, name)
    if first is None or not first.heading:
        raise BadInput("the file is empty", where=name)
    raise BadInput(
        "the heading is no search log's: columns such as 'Search Time', 'Reason' and 'Case #' are missing; there are "
        f"{', '.join(first.heading)[:300]}. Say which is which with --column reason=HEADING",
        where=f"{name}, line {first.heading_line}",
    )


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
    width = len(table.heading)
    take = _taker(found, log)
    for line, cells in table.rows:
        if len(cells) != width:
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) < max(found.values(), default=0) + 1:
                log.reject(Where(line=line), ",".join(cells), f"has {len(cells)} cells where the heading has {width}")
                continue
        row = take(line, cells)
        if split is not None:
            row = _with_split_time(row, cells, split)
        if row.at is None and "at" in found:
            text = cells[found["at"]]
            if row.at is None and plain(text) in KNOWN:
                continue  # the heading again, where exports were stacked
            if row.at is None and text.strip() and not _WITHHELD.fullmatch(text.strip()):
                log.reject(Where(line=line, field=table.heading[found["at"]]), text, "is no date and time")
        log.count += 1
        yield row


def _split_time(heading: tuple[str, ...], found: Mapping[str, int]) -> tuple[int, int] | None:
    """Columns of day and clock where an export has them apart ("Search Date", "Search Time")."""
    spelled = [plain(cell) for cell in heading]
    for day, clock in (("searchdate", "searchtime"), ("date", "time")):
        if day in spelled and clock in spelled and found.get("at") in (spelled.index(day), spelled.index(clock)):
            return spelled.index(day), spelled.index(clock)
    return None


def _with_split_time(row: AccessRow, cells: list[str], split: tuple[int, int]) -> AccessRow:
    at = instant(f"{cells[split[0]].strip()[:10].strip()} {cells[split[1]].strip()}")
    return AccessRow(**{**{name: getattr(row, name) for name in row.__struct_fields__}, "at": at})


Take = Callable[[int, list[str]], AccessRow]
_POSITION = {name: index for index, name in enumerate(AccessRow.__struct_fields__)}
_EMPTY = [""] * len(_POSITION)
for _name in ("line", "at", "begins", "ends", "networks", "devices"):
    _EMPTY[_POSITION[_name]] = None  # type: ignore[call-overload]


def _taker(found: Mapping[str, int], log: SearchLog) -> Take:
    """A function from cells to a row, with the columns looked up once: this is where the time of a long log goes."""
    texts = [(name, _POSITION[name], found[name]) for name in _TEXTS if name in found]
    at, begins, ends, frame = (found.get(key) for key in ("at", "begins", "ends", "time_frame"))
    networks, devices = found.get("networks"), found.get("devices")
    withheld = log.withheld

    def take(line: int, cells: list[str]) -> AccessRow:
        values: list[Any] = _EMPTY.copy()
        for name, position, index in texts:
            cell = cells[index].strip()
            if cell and cell[0] in _MARKS and (cell[-1] not in _DIGITS or cell[0] in "gGcCfF") and _blacked_out(cell):
                withheld[name] = withheld.get(name, 0) + 1
                cell = WITHHELD
            values[position] = cell
        values[0], values[1] = line, _instant(cells, at)
        if frame is not None:
            values[_BEGINS], values[_ENDS] = window(cells[frame])
        else:
            values[_BEGINS], values[_ENDS] = _instant(cells, begins), _instant(cells, ends)
        values[_NETWORKS], values[_DEVICES] = _whole(cells, networks), _whole(cells, devices)
        return AccessRow(*values)

    return take


_TEXTS = (
    "user", "organisation", "plate", "reason", "case", "offence", "search_type", "on_behalf_of", "session", "address", "moderation",
    "filters", "id",
)  # fmt: skip
_BEGINS, _ENDS, _NETWORKS, _DEVICES = (_POSITION[name] for name in ("begins", "ends", "networks", "devices"))
_DIGITS = frozenset("0123456789")
_MARKS = frozenset("*#[(█■▪xXrRwWgGcCfF") | _DIGITS


@lru_cache(maxsize=20_000)
def _blacked_out(cell: str) -> bool:
    return _WITHHELD.fullmatch(cell) is not None


def _instant(cells: list[str], index: int | None) -> datetime | None:
    return instant(cells[index]) if index is not None and cells[index] else None


def _whole(cells: list[str], index: int | None) -> int | None:
    if index is None:
        return None
    cell = cells[index]
    if not cell.isdecimal():
        cell = cell.strip().replace(",", "")
    return int(cell) if len(cell) < 12 and cell.isdecimal() else None
