"""Vigilant's "Agency Data Sharing Report", as LEARN and VehicleManager print it: four sections, in one or two columns or a table.

A section begins with a heading ("Detections Shared", "Hot List Received" …) or with its sentence ("The … Agency is sharing its
Detection data with the following Agencies:"). Names stand in a grid, or in a table with city and state, or beside the names of
hot lists; long names are wrapped; every page repeats the title and ends with the date.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime

from plateward.core.errors import BadInput
from plateward.formats.sharing.headings import direction_of, no_agency
from plateward.formats.sharing.layout import SCANNED, Page, Segment, Word, segments
from plateward.formats.sharing.lists import Direction, Entry, Kind, SharingList, Unread, Where
from plateward.formats.sharing.names import complete
from plateward.formats.sharing.report_tables import Section, entries_of, nearest

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
    r"date created\s*:|\bdata sharing report\b.*\bpage\s+\d+|^page \d+ (?:of|/)(?: \d+)?$"
    r"|^(?:https?|file):\S+(?:\s+\d+/\d+)?$|^\d{1,2}/\d{1,2}/\d{2,4}, \d{1,2}:\d{2}(?:\s?[AP]M)?\b",
    re.IGNORECASE,
)
_DATE = re.compile(r"date created\s*:\s*(\d{1,2})[-/.](\d{1,2})[-/.](\d{4}|\d{2})", re.IGNORECASE)
_ISO_DATE = re.compile(r"date created\s*:\s*(\d{4}-\d{2}-\d{2})", re.IGNORECASE)
_COUNTED = re.compile(r"\s*(?:\(\s*\d[\d,]*\s*\)|:\s*\d[\d,]*)\s*$")
_TABLE_HEADS = {
    label: head
    for head, labels in {
        "name": "agency, agencies, agency name, organization, organizations, organization name, network, networks, network name, "
        "name, department",
        "city": "city, town",
        "state": "state, st",
        "status": "status, share status, sharing status",
        "direction": "direction, share direction, sharing direction",
    }.items()
    for label in labels.split(", ")
}
_SURE_HEAD = re.compile(r"^(?:agency(?: name)?|agencies|city|state|st)\s*$", re.IGNORECASE)
_HOTLIST_HEAD = re.compile(r"^hot[ -]?lists?(?: ?\(s\)| names?)?\s*:?$", re.IGNORECASE)
_NOTHING = re.compile(r"^(?:none|no (?:agencies|records?|data)\b.*|n/a|-+)\.?$", re.IGNORECASE)


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
        entries.extend(entries_of(section, pages))
    filled = {(s.direction, s.kind) for s in reader.sections if s.items}
    empty = tuple(dict.fromkeys((s.direction, s.kind) for s in reader.sections if (s.direction, s.kind) not in filled))
    notes = [SCANNED] * any(p.scanned for p in pages)
    if left := list(dict.fromkeys(head for s in reader.sections for head in s.heads if head[:1].isupper())):
        notes.append(f"Not read: the columns {', '.join(left)[:300]}.")
    if reader.assumed:
        notes.append(
            "No heading says which way data goes: entries are taken as outbound unless their row says otherwise."
        )
    own = format if reader.own else "list"
    return SharingList(own, tuple(entries), reader.owner, reader.dated, tuple(unread), empty=empty, notes=tuple(notes))


class _Reader:
    """Walks the lines of all pages and sorts them into sections.

    ``own``: whether a heading is Vigilant's. ``assumed``: whether a table stands below no heading. ``lanes``: where sections or
    tables stand side by side, the heads over them.
    """

    def __init__(self) -> None:
        self.own = False
        self.assumed = False
        self._comment = False
        self._lanes: list[tuple[Segment, Section]] = []
        self.sections: list[Section] = []
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
        if (not complete(text) and self._table_head(parts)) or self._side_by_side(parts):
            return
        starts = [head.x0 for head, _ in self._lanes[1:]]
        self._content(parts, segments(line, page, starts) if starts else parts, text, page)

    def _footer(self, text: str) -> bool:
        if not _FOOTER.search(text):
            return False
        if self.dated is None:
            self.dated = _date(text)
        return True

    def _begins(self, line: Sequence[Word], text: str, page: int) -> bool:
        """Whether this line is a heading, or (a part of) the sentence that opens a section, which may be wrapped."""
        if heading := _HEADING.match(_COUNTED.sub("", text)):
            self.finish()
            self.own = True
            self._open(*_meant(text, heading["after"] or heading["before"]))
            return True
        joined = " ".join((*(waiting for _, waiting, _ in self._sentence), text))
        if sentence := _SENTENCE.match(joined):
            self._sentence = []
            self.owner = self.owner or sentence["owner"].strip()
            self.own = True
            self._open(*_meant(sentence["what"], sentence["way"]))
            return True
        if self._sentence or (_SENTENCE_BEGINS.search(text) and len(text) > 12):
            self._sentence.append((line, text, page))
            if len(self._sentence) == 4:
                self.finish()
            return True
        return False

    def _open(self, direction: Direction, kind: Kind) -> Section:
        last = self.sections[-1] if self.sections else None
        alone = len({id(section) for _, section in self._lanes}) < 2
        if last is None or (last.direction, last.kind) != (direction, kind) or not alone:
            self.sections.append(Section(direction, kind))
            self._lanes = []
        return self.sections[-1]

    def _table_head(self, parts: Sequence[Segment]) -> bool:
        """Whether this line is a table's heads. Tables side by side begin anew where a head comes again."""
        tables: list[dict[str, Segment]] = [{}]
        for part in parts:
            label = part.text.rstrip(":").strip()
            head = "hotlist" if _HOTLIST_HEAD.match(part.text) else _TABLE_HEADS.get(label.lower(), "")
            if not head and (len(label.split()) > 3 or not label[:1].isupper() or any(map(str.isdigit, label))):
                return False
            if (head or label) in tables[-1]:
                tables.append({})
            tables[-1][head or label] = part
        if not all("name" in heads for heads in tables) or not self._fits(tables, parts):
            return False
        self._under(tables)
        return True

    def _fits(self, tables: Sequence[dict[str, Segment]], parts: Sequence[Segment]) -> bool:
        """Whether such heads can stand here: first in a section, again as they stood, or in words of no agency."""
        if not self.sections or not self.sections[-1].items:
            return len(parts) > 1 or bool(self.sections)
        again = tables[0].keys() == self.sections[-1].heads.keys()
        sure = all(_SURE_HEAD.match(part.text.rstrip(":")) or _HOTLIST_HEAD.match(part.text) for part in parts)
        return sure or (again and len(parts) > 1)

    def _under(self, tables: Sequence[dict[str, Segment]]) -> None:
        if not self.sections:
            self.assumed = True
            self._open(Direction.OUTBOUND, Kind.DETECTIONS)
        beside = list({id(section): section for _, section in self._lanes}.values())
        if len(beside) != len(tables):
            last = self.sections[-1]
            beside = [last, *(Section(last.direction, last.kind) for _ in tables[1:])]
            if last.items and last.heads.keys() != tables[0].keys():
                beside[0] = Section(last.direction, last.kind)
            self.sections.extend(section for section in beside if section is not last)
        for section, heads in zip(beside, tables, strict=True):
            section.heads = heads
        self._lanes = [(head, section) for section in beside for head in section.heads.values()]

    def _side_by_side(self, parts: Sequence[Segment]) -> bool:
        """Whether this line is headings beside each other ("Detections Shared", "Detections Received")."""
        ways = [direction_of(part.text) if len(part.text.split()) <= 8 else None for part in parts]
        if len(parts) < 2 or None in ways or (self.sections and "hotlist" in self.sections[-1].heads):
            return False
        beside = [Section(way, _kind(part.text)) for part, way in zip(parts, ways, strict=True) if way is not None]
        self.own = self.own or all(_HEADING.match(_COUNTED.sub("", part.text)) for part in parts)
        self.sections.extend(beside)
        self._lanes = list(zip(parts, beside, strict=True))
        return True

    def _content(self, parts: Sequence[Segment], cut: Sequence[Segment], text: str, page: int) -> None:
        """``cut``: the same words, cut wherever one stands exactly below a column's head, however near the one before is."""
        heads = self.sections[-1].heads if self.sections else {}
        if len(parts) == 1 and "hotlist" not in heads and self._said(text, page):
            return
        if not self.sections:
            self.unread.append(Unread(Where(page=page), text[:200], "stands before the first section"))
        elif _NOTHING.match(text) and not self.sections[-1].items:
            return
        elif len({id(section) for _, section in self._lanes}) > 1:
            over = dict(enumerate(head for head, _ in self._lanes))
            for part in cut:
                section = self._lanes[nearest(part, over)][1]
                section.items.append(part)
                section.cut.append(part)
        elif heads:
            self.sections[-1].items.extend(parts)
            self.sections[-1].cut.extend(cut)
        else:
            for part in parts:
                if no_agency(part.text):
                    self.unread.append(Unread(Where(page=page), part.text[:200], "is no name of an agency"))
                else:
                    self.sections[-1].items.append(part)

    def _said(self, text: str, page: int) -> bool:
        """Whether a line alone is a heading in other words, or what a letter says about the list; both are named."""
        bare = _COUNTED.sub("", text)
        way, words = direction_of(bare), len(bare.split())
        if way is not None and words <= 12 and not re.search(r"[,;]|\.\s", bare):
            self._open(way, _kind(bare))
            self.unread.append(
                Unread(Where(page=page), text[:200], f"is taken for a heading: what follows it is {way}")
            )
            return True
        goes_on = self._comment and text[0].islower()
        prose = goes_on or words > 14 or way is not None or (text[0].islower() and text.endswith(".") and words > 4)
        self._comment = prose
        if self.sections and (prose or no_agency(text)):
            self.unread.append(Unread(Where(page=page), text[:200], "is taken for a comment, not for an agency"))
            return True
        return False


def _kind(what: str) -> Kind:
    return Kind.HOTLIST if re.search(r"hot[ -]?list", what, re.IGNORECASE) else Kind.DETECTIONS


def _meant(what: str, way: str) -> tuple[Direction, Kind]:
    return Direction.OUTBOUND if way.lower().startswith("shar") else Direction.INBOUND, _kind(what)


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
