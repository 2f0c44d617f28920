"""Sharing lists in tables and plain text: Flock's "networks shared" exports, one name a line, pairs of agencies, portals by row.

A table is understood by its heading, in any of the spellings seen, or by a mapping that the caller gives. A table of one column,
and text without a heading, is a plain list: outbound, as a person means who writes down with whom somebody shares.
"""

from __future__ import annotations

import io
import itertools
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from plateward.core.errors import BadInput
from plateward.formats.sharing import portal
from plateward.formats.sharing.headings import (
    NAME_HEADINGS,
    direction_of,
    direction_said,
    heading_within,
    is_inactive,
    is_name_heading,
    kind_of_file,
    no_agency,
)
from plateward.formats.sharing.lines import MAX_ENTRIES
from plateward.formats.sharing.lists import (
    Direction,
    Entry,
    Kind,
    SharingList,
    Unread,
    Where,
    clean_name,
    split_names,
)
from plateward.formats.sharing.names import apart, complete
from plateward.formats.spreadsheets import Table, columns, plain, read_tables

_SPELLINGS: Mapping[str, tuple[str, ...]] = {
    "name": NAME_HEADINGS,
    "owner": ("src agency", "source agency", "owner", "reporting agency", "owner agency", "from agency", "sharing agency"),
    "inbound": ("networks shared with me", "shared with me", "networks shared with us", "networks shared with you",
                "shared with us", "networks they're sharing", "networks shared to me", "receiving from"),
    "outbound": ("networks i'm sharing", "i'm sharing", "networks im sharing", "networks i am sharing", "networks shared by me",
                 "networks we're sharing", "sharing with them", "my shared networks", "networks you're sharing",
                 "networks shared", "shared networks"),
    "hot outbound": ("sharing hot lists", "hot lists shared", "hot list sharing", "shares hot lists"),
    "hot inbound": ("receiving hot lists", "hot lists received", "hot list received", "receives hot lists"),
    "direction": ("direction", "share direction", "section", "sharing direction"),
    "kind": ("kind", "share type", "data type", "type of data"),
    "status": ("status", "state of share", "share status", "active"),
    "state": ("state", "st", "state abbreviation"),
    "city": ("city", "town"),
    "hotlists": ("hot list", "hot lists", "hotlist", "hotlists", "hot list(s)", "hotlist name", "hotlists or city state"),
    "dated": ("report date", "date", "as of", "export date"),
    "page": ("page",),
}  # fmt: skip
KNOWN = {plain(spelling): name for name, spellings in _SPELLINGS.items() for spelling in spellings}
_NO = frozenset({"", "no", "n", "false", "0", "none", "n/a", "na", "-", "–", "—", "null"})
_EXTERNAL = frozenset(
    {"externalagency", "externalorganization", "receivingorganization", "receivingagency", "recipient"}
)


@dataclass(slots=True)
class _List:
    entries: list[Entry] = field(default_factory=list)
    dated: date | None = None


def parse_table(data: bytes, name: str, mapping: Mapping[str, str] | None = None) -> list[SharingList]:
    """The lists of a CSV or XLSX, an owner each. Raises BadInput naming the columns that are missing."""
    lists: list[SharingList] = []
    for table in read_tables(io.BytesIO(data), name, KNOWN | portal.portal_known()):
        if portal.looks_like(table.heading) and not mapping:
            lists.extend(_portals(table))
        elif table.heading:
            lists.extend(_lists(table, name, mapping))
    if not lists:
        raise BadInput("the table is empty", where=name)
    return lists


def _portals(table: Table) -> Iterator[SharingList]:
    for line, cells in table.rows:
        record = dict(zip(table.heading, cells, strict=False))
        if any(cell.strip() for cell in cells):
            yield portal.from_record(record, Where(line=line, sheet=table.sheet), "portal-table")


def _lists(table: Table, name: str, mapping: Mapping[str, str] | None) -> Iterator[SharingList]:
    table = _joined_headings(table)
    found = columns(table.heading, KNOWN, mapping, name)
    headed = bool(found)
    found |= _ways_of_headings(table.heading, found)
    for spelled in (plain(cell) for cell in table.heading):
        if spelled in _EXTERNAL:  # a pair's second agency is the one the list is about
            found["name"] = [plain(cell) for cell in table.heading].index(spelled)
    filled = [index for index, cell in enumerate(table.heading) if cell.strip()]
    if "name" not in found and not mapping and set(found) & _WAYS and set(found) <= _WAYS:
        yield from _side_by_side(table, found, name)
        return
    if "name" not in found:
        if len(filled) > 1 and headed:
            raise BadInput(
                f"no column holds the agencies' names: there are {', '.join(table.heading)[:300]}; "
                "say which with --column name=HEADING",
                where=f"{name}, line {table.heading_line}",
            )
        if len(filled) > 1 and not _all_names(table.heading):
            raise BadInput(
                f"the columns {', '.join(table.heading)[:300]} are unknown; say which holds the names with --column name=HEADING",
                where=f"{name}, line {table.heading_line}",
            )
        if len(filled) > 1 and not headed:
            yield _grid(table)
            return
        found = {"name": filled[0] if filled else 0}
    yield from _filled(table, found, name, headed=headed)


def _ways_of_headings(heading: Sequence[str], found: Mapping[str, int]) -> dict[str, int]:
    """Columns whose headings say a direction in other words, beside columns that are known or others of that kind."""
    filled = [cell for cell in heading if cell.strip()]
    if "direction" in found or not (found or (len(filled) > 1 and all(map(direction_of, filled)))):
        return {}
    ways: dict[str, int] = {}
    for index, cell in enumerate(heading):
        spare = KNOWN.get(plain(cell), "name") == "name" and found.get("name") != index
        way = direction_of(cell) if spare else None
        hot = "hot " if re.search(r"hot.?list", cell, re.IGNORECASE) else ""
        if way is not None and f"{hot}{way}" not in found:
            ways.setdefault(f"{hot}{way}", index)
    return ways


_WAYS = frozenset({"inbound", "outbound", "hot inbound", "hot outbound"})


def _joined_headings(table: Table) -> Table:
    """A heading over two rows, the first with merged cells ("Detections" over "Shared" and "Received"), as one."""
    first = next(table.rows, None)
    if first is None:
        return table
    line, cells = first
    over = ""
    spread = [over := cell.strip() or over for cell in table.heading]
    below = [cell.strip() for cell in cells] + [""] * (len(spread) - len(cells))
    known = [index for index, cell in enumerate(table.heading) if KNOWN.get(plain(cell)) == "name"]
    if known and not below[known[0]] and any(below) and all(
        not cell or direction_of(f"{top} {cell}") or plain(cell) in KNOWN for top, cell in zip(spread, below, strict=False)
    ):  # fmt: skip
        heading = tuple(
            f"{top} {cell}" if cell else own for own, top, cell in zip(table.heading, spread, below, strict=False)
        )
        return replace(table, heading=heading, heading_line=line)
    return replace(table, rows=_and_then(first, table.rows))


def _and_then(first: tuple[int, list[str]], rows: Iterator[tuple[int, list[str]]]) -> Iterator[tuple[int, list[str]]]:
    yield first
    yield from rows


def _side_by_side(table: Table, found: Mapping[str, int], name: str) -> Iterator[SharingList]:
    """Columns of names, one a direction ("Sharing to", "Receiving from")."""
    entries: list[Entry] = []
    unread: list[Unread] = []
    for line, cells in table.rows:
        for way, index in found.items():
            written = cells[index].strip() if index < len(cells) else ""
            where = Where(line=line, sheet=table.sheet)
            if written.lower() in _SAYS_YES:
                raise BadInput(
                    "no column holds the agencies' names; say which with --column name=HEADING",
                    where=f"{name}, line {line}",
                )
            if written and no_agency(written):
                unread.append(Unread(where, written[:200], "is no name of an agency"))
            elif written:
                bare, inactive = clean_name(written)
                kind = Kind.HOTLIST if way.startswith("hot ") else Kind.DETECTIONS
                entries.append(Entry(bare, Direction(way.removeprefix("hot ")), kind, where, inactive=inactive))
    yield SharingList("list", tuple(entries), unread=tuple(unread))


def _grid(table: Table) -> SharingList:
    """Cells of names without a heading, beside each other as a page's columns were."""
    entries: list[Entry] = []
    unread: list[Unread] = []
    for line, cells in _with_heading(table):
        where = Where(line=line, sheet=table.sheet)
        for written in filter(None, map(str.strip, cells)):
            if (
                no_agency(written)
                or not any(map(str.isalpha, written))
                or is_name_heading(written.rstrip("# 0123456789"))
            ):
                unread.append(Unread(where, written[:200], "is no name of an agency"))
                continue
            for one in apart(written):
                bare, inactive = clean_name(one)
                entries.append(Entry(bare, Direction.OUTBOUND, Kind.DETECTIONS, where, inactive=inactive))
    notes = ("There is no heading: every cell is taken for a name, and every share for outbound.",)
    return SharingList("list", tuple(entries), unread=tuple(unread), notes=notes)


def _all_names(cells: Sequence[str]) -> bool:
    """Whether a first row without known headings is names already (a list pasted on one line)."""
    return all(
        complete(cell) or (len(cell.split()) > 1 and direction_of(cell) is None) for cell in cells if cell.strip()
    )


def _filled(table: Table, found: Mapping[str, int], name: str, *, headed: bool) -> Iterator[SharingList]:
    kind, notes = kind_of_file(f"{name} {table.sheet}", found)
    way = None if set(found) & (_WAYS | {"direction"}) else direction_of(table.sheet)
    notes += (f"Entries are taken as {way}, by the sheet's name, “{table.sheet}”.",) if way is Direction.INBOUND else ()
    left = [cell.strip() for index, cell in enumerate(table.heading) if cell.strip() and index not in found.values()]
    notes += (f"Not read: the columns {', '.join(left)[:300]}.",) if headed and left else ()
    gone: Counter[str] = Counter()
    lists: dict[str | None, _List] = {}
    unread: list[Unread] = []
    source = table.rows if headed else _with_heading(table)
    total = 0
    for line, cells in source:
        where = Where(line=line, sheet=table.sheet)
        if not any(cell.strip() for cell in cells):
            continue
        get = {key: cells[index].strip() if index < len(cells) else "" for key, index in found.items()}
        if plain(get["name"]) in KNOWN and KNOWN[plain(get["name"])] == "name":
            continue  # the heading again, as exports of several pages repeat it
        alone = sum(bool(cell.strip()) for cell in cells) == 1 or plain(cells[-1]) in KNOWN
        if (
            get["name"]
            and alone
            and not set(found) & (_WAYS | {"direction"})
            and (told := direction_of(get["name"])) is not None
        ):
            way = told
            unread.append(heading_within(where, get["name"], told))
            continue
        if not get["name"] or no_agency(get["name"]):
            unread.append(
                Unread(where, ",".join(cells)[:200], "is no name of an agency" if get["name"] else "has no name")
            )
            continue
        entries = [replace(entry, direction=way) if way else entry for entry in _row(get, where, kind)]
        if entries and entries[0].inactive and (status := get.get("status", "")):
            gone[status] += 1
        total += len(entries)
        if total > MAX_ENTRIES:
            raise BadInput(f"the list has more than {MAX_ENTRIES:,} entries", where=f"{name}, line {line}")
        mine = lists.setdefault(" ".join(get.get("owner", "").split()) or None, _List())
        mine.entries.extend(entries)
        mine.dated = mine.dated or _iso(get.get("dated", ""))
    if gone:
        stated = ", ".join(f"“{status}” ({number})" for status, number in gone.most_common(6))
        notes += (f"Taken as inactive by their status: {stated}.",)
    shape = "flock-sharing" if {"inbound", "outbound"} & set(found) else "edges" if "owner" in found else "list"
    for index, (owner, own) in enumerate(lists.items()):
        whose = owner or _whose_networks(own.entries)
        lost = tuple(unread) if index == 0 else ()
        yield SharingList(shape, tuple(own.entries), whose, own.dated, lost, notes=notes)
    if not lists:
        yield SharingList(shape, (), unread=tuple(unread), notes=notes)


def _with_heading(table: Table) -> Iterator[tuple[int, list[str]]]:
    yield table.heading_line, list(table.heading)
    yield from table.rows


def _whose_networks(entries: Sequence[Entry]) -> str | None:
    """The owner of a Flock matrix: "Networks I'm Sharing" names the owner's own networks, one of them on most rows."""
    named = Counter(network for e in entries if e.direction is Direction.OUTBOUND for network in e.networks)
    return named.most_common(1)[0][0] if named else None


def _row(get: Mapping[str, str], where: Where, kind: Kind) -> Iterator[Entry]:
    state = get.get("state", "").upper()
    hotlists = tuple(split_names(get.get("hotlists", "")))
    own_kind = (
        Kind.HOTLIST if re.search(r"hot.?list", get.get("kind", "") + get.get("direction", ""), re.IGNORECASE) else kind
    )
    named = [clean_name(one) for one in (apart(get["name"]) if _SEVERAL.search(get["name"]) else [get["name"]])]
    for (direction, hot, networks), (name, inactive) in itertools.product(_directions(get), named):
        yield Entry(
            name, direction, Kind.HOTLIST if hot else own_kind, where, state=state if re.fullmatch(r"[A-Z]{2}", state) else None,
            city=get.get("city") or None, inactive=inactive or is_inactive(get.get("status", "")), hotlists=hotlists,
            networks=networks,
        )  # fmt: skip


_SAYS_YES = frozenset({"yes", "y", "true", "x", "✓", "✔", "1", "on", "active"})


_SEVERAL = re.compile(r"[\n;\t]|\s{3}|\s[/|]\s")
"""What stands between names where a cell holds several (merged cells, a column pasted as one)."""


def _directions(get: Mapping[str, str]) -> Iterator[tuple[Direction, bool, tuple[str, ...]]]:
    """Each way data goes, whether that is a hot list's, and the networks that are named."""
    if _WAYS & set(get):
        for key in ("outbound", "inbound", "hot outbound", "hot inbound"):
            value = get.get(key, "")
            if value.lower() not in _NO:
                networks = () if value.lower() in _SAYS_YES else tuple(split_names(value))
                yield Direction(key.removeprefix("hot ")), key.startswith("hot "), networks
        return
    yield direction_said(get.get("direction", "")), False, ()


def _iso(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None
