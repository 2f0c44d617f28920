"""Lists of names as people type, paste and print them: one a line, or several beside each other, with bullets, numbers and remarks.

A line is one name unless it shows that it is more: gaps as between columns, or separators between names that are whole on both
sides. A line that goes on below is put together again. What is not sure is said with its line.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from plateward.core.errors import BadInput
from plateward.formats.sharing.headings import (
    direction_of,
    heading_within,
    is_name_heading,
    is_title,
    kind_of_file,
    no_agency,
)
from plateward.formats.sharing.lists import Direction, Entry, SharingList, Unread, Where, clean_name, split_names
from plateward.formats.sharing.names import WIDE, apart, complete, goes_on, is_tail, joined, running
from plateward.formats.text import decode

MAX_ENTRIES = 500_000
MAX_LINE = 50_000

_BULLET = re.compile(
    r"^\s*(?:[-*•·‣▪▫◦●○■□◾►➢✓✔➤\uf0b7\uf0a7\uf0d8–—>+]|o(?= [A-Z])|#?\d{1,4}(?:[.):]| [-–](?= ))|\(\d{1,4}\)"
    r"|[A-Za-z][.)](?= {1,4}[A-Z]))\s+"
)
_NUMBERED = re.compile(r"^\s*(\d{1,4})\s+(?=\S)")
_COUNT = re.compile(r"\s*(?:\(\s*\d[\d,]*\s*\)|\s[-–:]\s*\d[\d,]*(?: \w+)?)$")
_BESIDE = re.compile(
    r"<[^<>\s]+@[^<>\s]+>|\(?\b\d{3}\)?[ .-]\d{3}[.-]\d{4}\b|\b(?=[A-Z]{2}[A-Z0-9]{7}\b)[A-Z]{2}\d{2,}[A-Z0-9]*\b"
)
"""Addresses, telephones and ORIs that stand beside a name."""

_LABEL = re.compile(r"([^:;,]{3,60}):\s+(\S.*)")
_EMPHASIS = re.compile(r"\[([^\[\]]+)\]\([^()\s]*\)|(?<!\w)(?:\*\*|__|[*_`])(?=\S)(.+?)(?<=\S)(?:\*\*|__|[*_`])(?!\w)")
"""Links and emphasis as Markdown writes them."""

_HEADLINE = re.compile(
    r"^(?:#|agenc(?:y|ies)\b.*(?:with|from)|.*\b(?:shared? with|sharing with|access)\b.*:$|.*:$)", re.IGNORECASE
)
_LINE_END = re.compile(r"\r\n|[\r\n\x85\u2028]")


@dataclass(frozen=True, slots=True)
class _Line:
    """A line that holds something: ``indent`` in characters, ``marked`` with a bullet or number, ``text`` without these."""

    number: int
    indent: int
    marked: bool
    text: str


def parse_lines(data: bytes, name: str) -> list[SharingList]:
    """One name a line or more, with or without bullets or numbers. Headings, comments and what is not sure are named."""
    kind, notes = kind_of_file(name, ())
    reader = _Reader(Entry("", Direction.OUTBOUND, kind, Where()))
    lines, titles = _lines_of(decode(data))
    for line in _unrolled(lines):
        if line.text in titles and titles[line.text] > 1:
            reader.leave(line, "stands on every page")
        else:
            reader.line(line)
    if len(reader.entries) > MAX_ENTRIES:
        raise BadInput(f"the list has more than {MAX_ENTRIES:,} entries", where=name)
    return [SharingList("list", tuple(reader.entries), unread=tuple(reader.unread), notes=(*notes, *reader.notes()))]


def _lines_of(text: str) -> tuple[list[_Line], Counter[str]]:
    """The lines that hold something, and how often each stands at the head of a page, where it does on every page."""
    raw = _LINE_END.split(text)
    counted = _counts(raw)
    found: list[_Line] = []
    heads: list[list[str]] = [[]]
    for number, line in enumerate(raw, 1):
        if "\f" in line and found:
            heads.append([])
        shown = line.replace("\f", "").expandtabs(8) if not line.strip("\f \t") else line.replace("\f", "")
        bullet = _BULLET.match(shown) or (_NUMBERED.match(shown) if counted else None)
        written = _EMPHASIS.sub(
            lambda found: found[1] or found[2], (shown[bullet.end() :] if bullet else shown).strip()
        )
        if written:
            found.append(_Line(number, len(shown) - len(shown.lstrip()), bullet is not None, written))
            if len(heads[-1]) < 3:
                heads[-1].append(written)
    every = set.intersection(*map(set, heads)) if len(heads) > 1 else set()
    return found, Counter(text for page in heads for text in page if text in every)


def _unrolled(lines: Sequence[_Line]) -> Iterator[_Line]:
    """The lines, with a list that runs on over several of them put one name a line."""
    block: list[_Line] = []
    for line in [*lines, None]:
        if block and (line is None or line.marked or line.number != block[-1].number + 1):
            names = running([one.text for one in block])
            if names is None:
                yield from block
            else:
                yield from (replace(block[at], text=name, marked=True) for at, name in names)
            block = []
        if line is not None and line.marked:
            yield line
        elif line is not None:
            block.append(line)


def _counts(raw: Sequence[str]) -> bool:
    """Whether nearly all lines begin with rising numbers."""
    filled = [line for line in raw if line.strip()]
    numbers = [int(found[1]) for line in filled if (found := _NUMBERED.match(line))]
    rising = sum(after == before + 1 for before, after in pairwise(numbers))
    return len(numbers) > 2 and len(numbers) > 0.7 * len(filled) and rising > 0.9 * (len(numbers) - 1)


class _Reader:
    """Takes lines one by one. ``entries`` and ``unread`` are what came of them."""

    def __init__(self, empty: Entry) -> None:
        self.entries: list[Entry] = []
        self.unread: list[Unread] = []
        self._empty = empty
        self._before: _Line | None = None
        self._several: list[int] = []
        self._wrapped: list[int] = []
        self._counted: list[int] = []
        self._beside: list[int] = []

    def leave(self, line: _Line, why: str) -> None:
        """A line that is none of the names."""
        self.unread.append(Unread(Where(line=line.number), line.text[:200], why))
        self._before = None

    def line(self, line: _Line) -> None:
        """One line: a heading, a remark, the rest of the name above, or names."""
        if (label := _LABEL.match(line.text)) and (direction_of(label[1]) or is_name_heading(label[1])):
            self.line(replace(line, text=f"{label[1]}:"))
            line = replace(line, text=label[2])
        bare = " ".join(_BESIDE.sub(" ", line.text).split())
        if bare != " ".join(line.text.split()) and complete(bare):
            self._beside.append(line.number)
            line = replace(line, text=bare)
        text = line.text
        told = direction_of(text) if len(text.split()) <= 12 and not re.search(r"[,;]", text) else None
        if told is not None:
            self._empty = replace(self._empty, direction=told)
            self.unread.append(heading_within(Where(line=line.number), text, told))
            self._before = None
        elif self._goes_on(line):
            last = self.entries[-1]
            self.entries[-1] = replace(last, name=f"{last.name} {' '.join(text.split())}")
            self._wrapped.append(line.number)
            self._before = replace(line, indent=self._before.indent if self._before else 0, marked=True)
        elif self._remark(text):
            if not is_name_heading(text):
                self.leave(line, "is taken for a heading or a comment")
            self._before = None
        else:
            self._take(line)

    def _goes_on(self, line: _Line) -> bool:
        """Whether a line is the rest of the name on the line above: that one cannot end there, or this one hangs below it."""
        before = self._before
        if before is None or line.marked or line.number != before.number + 1 or not self.entries:
            return False
        name = self.entries[-1].name
        hangs = line.indent > before.indent + (0 if before.marked else 1)
        if goes_on(name) or (is_tail(line.text) and not complete(name)):
            return hangs or not complete(line.text)
        return hangs and not (complete(name) and complete(line.text))

    def _remark(self, text: str) -> bool:
        prose = (
            len(text.split()) > 14 and len(split_names(text)) < 3 and len(apart(text)) == 1 and not WIDE.search(text)
        )
        return bool(
            _HEADLINE.match(text) or no_agency(text) or is_title(text) or prose or len(text) > MAX_LINE
            or not any(char.isalpha() for char in text)
        )  # fmt: skip

    def _take(self, line: _Line) -> None:
        names = self._names(line)
        for one in names:
            bare, inactive = clean_name(one)
            where = Where(line=line.number)
            if no_agency(bare) or not any(char.isalpha() for char in bare):
                self.unread.append(Unread(where, bare[:200], "is no name of an agency"))
            else:
                self.entries.append(replace(self._empty, name=bare, where=where, inactive=inactive))
        self._before = line if len(names) == 1 else None

    def _names(self, line: _Line) -> list[str]:
        """The names on a line: of its columns, or between its separators. Counts behind them are left out."""
        parts = joined(WIDE.split(line.text))
        if len(parts) > 1 and re.fullmatch(r"\(?\d[\d,]*\)?", parts[-1]):
            self._counted.append(line.number)
            parts.pop()
        if len(parts) > 1 and (re.search(r"\t|\s{3}", line.text) or all(map(complete, parts))):
            self._several.append(line.number)
        else:
            parts = [" ".join(parts)]
        names = [name for part in parts for name in _between_marks(part)]
        if any(_COUNT.search(name) for name in names):
            self._counted.append(line.number)
        return [_COUNT.sub("", name) or name for name in names]

    def notes(self) -> list[str]:
        """How lines were read where that is no matter of course."""
        said = (
            (self._several, "Several names stand on a line, told apart by the gaps between them"),
            (self._wrapped, "A line is taken for the rest of the name above it"),
            (self._counted, "A count behind a name is not read"),
            (self._beside, "A number, telephone or address beside a name is not read"),
        )
        return [f"{what}: line {_first(numbers)}." for numbers, what in said if numbers]


def _between_marks(part: str) -> list[str]:
    """A piece is one name, unless marks make it several: whole names on all sides, or at least three pieces."""
    names = apart(part)
    if len(names) > 1:
        return names
    pieces = split_names(part) if re.search(r"[,;]", part) else [part]
    return pieces if len(pieces) >= 3 or ";" in part else [part.strip(' "')]


def _first(numbers: Sequence[int]) -> str:
    more = f" and {len(numbers) - 8:,} more" if len(numbers) > 8 else ""
    return ", ".join(map(str, numbers[:8])) + more
