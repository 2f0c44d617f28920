"""Vigilant's "Agency Data Sharing Report", as LEARN and VehicleManager print it: four sections, in one or two columns or a table.

A section begins with a heading ("Detections Shared", "Hot List Received" …) or with its sentence ("The … Agency is sharing its
Detection data with the following Agencies:"). Names stand in a grid, or in a table with city and state, or beside the names of
hot lists; long names are wrapped; every page repeats the title and ends with the date.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import pairwise

from plateward.core.errors import BadInput
from plateward.formats.sharing.layout import Cell, Page, Segment, Word, cell_of, cells, column_starts, grid, segments
from plateward.formats.sharing.lists import Direction, Entry, Kind, SharingList, Unread, Where, clean_name

_HEADING = re.compile(
    r"^(?:(?:detections?|lpr|hot[ -]?lists?)(?: data| records?)?(?: that are| being)? (?P<after>shar(?:ed|ing)|receiv(?:ed|ing))"
    r"|(?P<before>shar(?:ed|ing)|receiv(?:ed|ing)) (?:detections?|hot[ -]?lists?)(?: data| records?)?)"
    r"(?: (?:with|from|to|by)\b.{0,40})?(?: ?\(continued\)| ?\(?cont\.?\)?)?:?$",
    re.IGNORECASE,
)
_SENTENCE = re.compile(
    r"^(?:the )?(?P<owner>.+?)(?: agency)? (?:is|are) (?:currently )?(?P<way>sharing|receiving) (?:its |their )?"
    r"(?P<what>.*?(?:detection|hot[ -]?list).*?) (?:with|to|from) the following agenc(?:y|ies)\s*:?$",
    re.IGNORECASE,
)
_SENTENCE_BEGINS = re.compile(r"\b(?:is|are) (?:currently )?(?:sharing|receiving)\b|^the .{30,}", re.IGNORECASE)
_TITLE = re.compile(
    r"^(?:agenc(?:y|ies):?|(?:learn |vigilant |vehiclemanager )*(?:agency )?data sharing(?: report)?"
    r"|motorola solutions|vigilant(?: solutions| vehiclemanager)?)$",
    re.IGNORECASE,
)
_FOOTER = re.compile(
    r"date created\s*:|\bdata sharing report\b.*\bpage\s+\d+|^page \d+ (?:of|/)(?: \d+)?$", re.IGNORECASE
)
_DATE = re.compile(r"date created\s*:\s*(\d{1,2})[-/.](\d{1,2})[-/.](\d{4}|\d{2})", re.IGNORECASE)
_ISO_DATE = re.compile(r"date created\s*:\s*(\d{4}-\d{2}-\d{2})", re.IGNORECASE)
_TABLE_HEADS = {
    "agency": "name",
    "agencies": "name",
    "agency name": "name",
    "city": "city",
    "state": "state",
    "st": "state",
}
_HOTLIST_HEAD = re.compile(r"^hot[ -]?lists?(?: ?\(s\)| names?)?\s*:?$", re.IGNORECASE)
_HOTLIST_LINE = re.compile(r"^hot[ -]?lists?(?: ?\(s\))?\s*:\s*(.+)$", re.IGNORECASE)
_NOTHING = re.compile(r"^(?:none|no (?:agencies|records?|data)\b.*|n/a|-+)\.?$", re.IGNORECASE)


@dataclass(slots=True)
class _Section:
    direction: Direction
    kind: Kind
    items: list[Segment] = field(default_factory=list)
    heads: dict[str, float] = field(default_factory=dict)
    empty: bool = False


def looks_like(text: str) -> bool:
    """Whether the text of a document's first pages is such a report."""
    return re.search(r"data\s+sharing\s+report", text, re.IGNORECASE) is not None and (
        re.search(r"detections?|hot[ -]?lists?", text, re.IGNORECASE) is not None
    )


def parse_report(pages: Sequence[Page], name: str, format: str = "vigilant-pdf") -> SharingList:
    """The entries of a report, in its order. Raises BadInput where no section can be found at all."""
    reader = _Reader()
    for page in pages:
        reader.page(page)
    reader.finish()
    if not reader.sections:
        raise BadInput(
            "no section such as 'Detections Shared' or 'Hot List Received' was found: this is no Agency Data Sharing Report, "
            "or its pages are pictures",
            where=name,
        )
    entries: list[Entry] = []
    unread = list(reader.unread)
    for section in reader.sections:
        entries.extend(_entries(section, pages))
    empty = tuple((s.direction, s.kind) for s in reader.sections if not s.items)
    return SharingList(
        format, tuple(entries), reader.owner, reader.dated, tuple(unread), empty=empty,
        notes=("Some pages were read from pictures by OCR; check names of low confidence.",)
        if any(page.scanned for page in pages) else (),
    )  # fmt: skip


class _Reader:
    """Walks the lines of all pages and sorts them into sections."""

    def __init__(self) -> None:
        self.sections: list[_Section] = []
        self.unread: list[Unread] = []
        self.owner: str | None = None
        self.dated: date | None = None
        self._sentence: list[tuple[Sequence[Word], str, int]] = []

    def page(self, page: Page) -> None:
        """Sort one page's lines."""
        for line in page.lines:
            text = " ".join(word.text for word in line)
            if self._footer(text) or self._begins(line, text, page.number) or _TITLE.match(text):
                continue
            self._body(line, text, page.number)

    def finish(self) -> None:
        """Give back lines that waited for the rest of a sentence."""
        waiting, self._sentence = self._sentence, []
        for line, text, page in waiting:
            self._body(line, text, page)

    def _body(self, line: Sequence[Word], text: str, page: int) -> None:
        parts = segments(line, page)
        if not self._table_head(parts):
            self._content(parts, text, page)

    def _footer(self, text: str) -> bool:
        if not _FOOTER.search(text):
            return False
        if self.dated is None:
            self.dated = _date(text)
        return True

    def _begins(self, line: Sequence[Word], text: str, page: int) -> bool:
        """Whether this line is a heading, or (a part of) the sentence that opens a section, which may be wrapped."""
        if heading := _HEADING.match(text):
            self.finish()
            self._open(text, heading["after"] or heading["before"])
            return True
        joined = " ".join((*(waiting for _, waiting, _ in self._sentence), text))
        if sentence := _SENTENCE.match(joined):
            self._sentence = []
            self.owner = self.owner or sentence["owner"].strip()
            self._open(sentence["what"], sentence["way"])
            return True
        if self._sentence or (_SENTENCE_BEGINS.search(text) and len(text) > 12):
            self._sentence.append((line, text, page))
            if len(self._sentence) == 4:
                self.finish()
            return True
        return False

    def _open(self, what: str, way: str) -> None:
        kind = Kind.HOTLIST if re.search(r"hot[ -]?list", what, re.IGNORECASE) else Kind.DETECTIONS
        direction = Direction.OUTBOUND if way.lower().startswith("shar") else Direction.INBOUND
        last = self.sections[-1] if self.sections else None
        if last is None or (last.direction, last.kind) != (direction, kind):
            self.sections.append(_Section(direction, kind))

    def _table_head(self, parts: Sequence[Segment]) -> bool:
        if not self.sections:
            return False
        named: dict[str, float] = {}
        for part in parts:
            label = part.text.rstrip(":").strip().lower()
            if label in _TABLE_HEADS:
                named[_TABLE_HEADS[label]] = part.centre
            elif _HOTLIST_HEAD.match(part.text):
                named["hotlist"] = part.centre
            else:
                return False
        if "name" not in named:
            return False
        self.sections[-1].heads = named
        return True

    def _content(self, parts: Sequence[Segment], text: str, page: int) -> None:
        if not self.sections:
            self.unread.append(Unread(Where(page=page), text[:200], "stands before the first section"))
        elif _NOTHING.match(text) and not self.sections[-1].items:
            self.sections[-1].empty = True
        else:
            self.sections[-1].items.extend(parts)


def _date(text: str) -> date | None:
    try:
        if found := _DATE.search(text):
            month, day, year = (int(part) for part in found.groups())
            return date(year + 2000 if year < 100 else year, month, day)
        if found := _ISO_DATE.search(text):
            return datetime.fromisoformat(found[1]).date()
    except ValueError:
        return None
    return None


def _entries(section: _Section, pages: Sequence[Page]) -> Iterator[Entry]:
    if not section.items:
        return
    if "state" in section.heads or "city" in section.heads:
        yield from _from_table(section, pages)
    elif section.kind is Kind.HOTLIST and (
        "hotlist" in section.heads or any(_HOTLIST_LINE.match(item.text) for item in section.items)
    ):
        yield from _from_hotlists(section, pages)
    else:
        columns = grid(section.items, pages)
        for cell in sorted(
            (c for column in columns for c in column), key=lambda c: (c.page, round(c.box[1]), c.box[0])
        ):
            yield _entry(section, cell)


def _entry(section: _Section, cell: Cell, **more: object) -> Entry:
    name, inactive = clean_name(cell.text)
    box = tuple(round(value, 1) for value in cell.box)
    return Entry(
        name, section.direction, section.kind, Where(page=cell.page, box=box),  # type: ignore[arg-type]
        inactive=inactive, confidence=round(cell.confidence, 3), **more,  # type: ignore[arg-type]
    )  # fmt: skip


def _from_table(section: _Section, pages: Sequence[Page]) -> Iterator[Entry]:
    """Rows of Agency, City, State, centred or not: each piece goes to the head it stands under, rows are told by the state."""
    columns: dict[str, list[Segment]] = {head: [] for head in section.heads}
    for item in _split_at_heads(section, pages):
        columns[_head_of(item, section.heads)].append(item)
    anchors = columns.get("state") or columns.get("city") or []
    gaps = sorted(b.top - a.top for a, b in pairwise(anchors) if a.page == b.page and b.top > a.top)
    limit = 0.9 * gaps[0] if gaps else 1.6 * section.items[0].size
    rules = {page.number: page.rules for page in pages}
    names = cells(columns["name"], limit, rules)
    rows = _with_anchor(names, anchors)
    cities = cells(columns.get("city", []), limit, rules)
    for cell, anchor in rows:
        city = next((c.text for c in cities if c.page == cell.page and _overlap(c.box, cell.box)), None)
        yield _entry(section, cell, state=_state(anchor.text) if anchor else None, city=city)


def _split_at_heads(section: _Section, pages: Sequence[Page]) -> Iterator[Segment]:
    """The section's segments; one that holds a name, its city and its state is split before a state at its end."""
    for item in section.items:
        found = re.match(r"^(.+\S)\s+([A-Z]{2})$", item.text)
        state = section.heads.get("state")
        if found and state is not None and abs(item.x1 - state) < 1.5 * item.size and item.x0 < state - 4 * item.size:
            cut = item.x1 - 1.5 * item.size
            yield Segment(found[1], item.x0, cut, item.top, item.bottom, item.size, item.page, item.confidence)
            yield Segment(found[2], cut, item.x1, item.top, item.bottom, item.size, item.page, item.confidence)
        else:
            yield item


def _head_of(item: Segment, heads: dict[str, float]) -> str:
    return min(heads, key=lambda head: abs(item.centre - heads[head]))


def _with_anchor(names: Sequence[Cell], anchors: Sequence[Segment]) -> list[tuple[Cell, Segment | None]]:
    """Each name with the state beside it. A piece of a name that has none beside it joins the nearest row that touches it."""
    rows: list[tuple[Cell, Segment | None]] = []
    for cell in names:
        beside = [a for a in anchors if a.page == cell.page and cell.box[1] - 2 <= a.middle <= cell.box[3] + 2]
        if beside or not rows:
            rows.append((cell, beside[0] if beside else None))
            continue
        last, anchor = rows[-1]
        size = cell.parts[0].size
        if last.page == cell.page and cell.box[1] - last.box[3] < 0.75 * size:
            rows[-1] = (cell_of((*last.parts, *cell.parts)), anchor)
        else:
            rows.append((cell, None))
    return rows


def _overlap(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    return one[1] < other[3] and other[1] < one[3]


def _state(text: str) -> str | None:
    text = text.strip(" .").upper()
    return text if re.fullmatch(r"[A-Z]{2}", text) else None


def _from_hotlists(section: _Section, pages: Sequence[Page]) -> Iterator[Entry]:
    """An agency and, beside or below it, the hot lists it is about."""
    below = [cell_of([item]) for item in section.items if _HOTLIST_LINE.match(item.text)]
    items = [item for item in section.items if not _HOTLIST_LINE.match(item.text)]
    beside = "hotlist" in section.heads and len(column_starts(items)) > 1
    columns = grid(items, pages)
    agencies = (
        columns[0] if beside else sorted((c for column in columns for c in column), key=lambda c: (c.page, c.box[1]))
    )
    for index, cell in enumerate(agencies):
        later = agencies[index + 1] if index + 1 < len(agencies) else None
        lists = [c.text for column in columns[1:] for c in column if _belongs(c, cell, later)] if beside else []
        lists += [m[1] for c in below if (m := _HOTLIST_LINE.match(c.text)) and _belongs(c, cell, later)]
        yield _entry(section, cell, hotlists=tuple(lists))


def _belongs(item: Cell, agency: Cell, later: Cell | None) -> bool:
    """Whether ``item`` stands beside or below ``agency`` and above the next agency."""
    after = (item.page, item.box[1] + 3) >= (agency.page, agency.box[1])
    return after and (later is None or (item.page, item.box[1] + 3) < (later.page, later.box[1]))
