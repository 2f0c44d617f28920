"""Where words stand on a page: lines, segments, columns and cells. The same for a PDF, a scan and text laid out with spaces.

Lengths are points, from the top left corner of the page; for laid-out text one character is five points wide and a line ten high.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from plateward.formats.sharing.names import belongs, complete, is_state, is_tail

Box = tuple[float, float, float, float]

CHARACTER = 5.0
LINE = 10.0
SCANNED = "Some pages were read from pictures by OCR; check names of low confidence."


@dataclass(frozen=True, slots=True)
class Word:
    """A word and its box; ``size`` is the font's. ``confidence`` is below 1 only for OCR."""

    text: str
    x0: float
    x1: float
    top: float
    bottom: float
    size: float
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class Segment:
    """Words that stand together on one line: a cell's line, a heading."""

    text: str
    x0: float
    x1: float
    top: float
    bottom: float
    size: float
    page: int
    confidence: float = 1.0

    @property
    def centre(self) -> float:
        """The middle, across."""
        return (self.x0 + self.x1) / 2

    @property
    def middle(self) -> float:
        """The middle, down."""
        return (self.top + self.bottom) / 2


@dataclass(frozen=True, slots=True)
class Page:
    """A page's lines of words from the top, each from the left, and its horizontal rules as (y, x0, x1)."""

    number: int
    lines: tuple[tuple[Word, ...], ...]
    rules: tuple[tuple[float, float, float], ...] = ()
    scanned: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: its lines joined, its box, its page."""

    text: str
    page: int
    box: Box
    confidence: float
    parts: tuple[Segment, ...]


def page_of(
    number: int, words: Iterable[Word], rules: Iterable[tuple[float, float, float]] = (), *, scanned: bool = False
) -> Page:
    """Words put into lines: a word belongs to the line whose middle it stands on."""
    lines: list[list[Word]] = []
    for word in sorted(words, key=lambda w: ((w.top + w.bottom) / 2, w.x0)):
        middle = (word.top + word.bottom) / 2
        if lines and abs(middle - (lines[-1][0].top + lines[-1][0].bottom) / 2) < 0.45 * max(word.size, 4):
            lines[-1].append(word)
        else:
            lines.append([word])
    ordered = tuple(tuple(sorted(line, key=lambda w: w.x0)) for line in lines)
    return Page(number, ordered, tuple(sorted(rules)), scanned)


def pages_of_text(text: str) -> list[Page]:
    """Pages of text that was laid out with spaces (as ``pdftotext -layout`` writes it), a form feed between pages."""
    return [
        page_of(number, _words_of_text(content.expandtabs(8)))
        for number, content in enumerate(text.split("\f"), 1)
        if content.strip() or number == 1
    ]


def _words_of_text(content: str) -> Iterable[Word]:
    for row, line in enumerate(content.splitlines()):
        start = 0
        for text in line.split():
            at = line.index(text, start)
            start = at + len(text)
            yield Word(text, at * CHARACTER, start * CHARACTER, row * LINE, (row + 0.9) * LINE, LINE)


def segments(line: Sequence[Word], page: int, starts: Sequence[float] = ()) -> list[Segment]:
    """The segments of a line: split where a gap is wider than a space can be, and where a word stands at a column's start."""
    groups: list[list[Word]] = []
    for word in line:
        if groups:
            gap = word.x0 - groups[-1][-1].x1
            at_start = any(abs(word.x0 - start) < 1.5 for start in starts) and gap > 0.05 * word.size
            if gap <= 0.8 * word.size and not at_start:
                groups[-1].append(word)
                continue
        groups.append([word])
    return [_segment(group, page) for group in groups]


def _segment(words: Sequence[Word], page: int) -> Segment:
    return Segment(
        " ".join(word.text for word in words), words[0].x0, words[-1].x1, min(word.top for word in words),
        max(word.bottom for word in words), max(word.size for word in words), page, min(word.confidence for word in words),
    )  # fmt: skip


def rejoined(items: Sequence[Segment]) -> list[Segment]:
    """Segments with those put together that are one name: set with wide gaps, or with its state apart.

    A piece that stands where a column begins is left there, whatever it says: the other half may be on the line below.
    """
    firm = _firm_starts(items)
    found: list[Segment] = []
    for part in sorted(items, key=lambda item: (item.page, round(item.middle), item.x0)):
        high = found[-1] if found else None
        if high is not None and high.page == part.page and abs(high.middle - part.middle) < 0.3 * part.size and (
            is_state(part.text) or not any(abs(part.x0 - start) < 0.8 * part.size for start in firm)
        ) and belongs(high.text, part.text):  # fmt: skip
            found[-1] = replace(
                high, text=f"{high.text} {part.text}", x1=part.x1, confidence=min(high.confidence, part.confidence)
            )
        else:
            found.append(part)
    return found


def _firm_starts(items: Sequence[Segment]) -> list[float]:
    """Where so many lines begin that it must be a column: of names, that is, not of the second halves of names."""
    lines = len({(item.page, round(item.top)) for item in items})
    places = Counter(round(item.x0) for item in items)
    near = {x: sum(places[x + by] for by in (-1, 0, 1)) for x in places}
    tails = Counter(round(item.x0) for item in items if is_tail(item.text))
    halves = {x: sum(tails[x + by] for by in (-1, 0, 1)) > 0.6 * count for x, count in near.items()}
    return [float(x) for x, count in near.items() if count >= max(3, 0.25 * lines) and not halves[x]]


def column_starts(items: Sequence[Segment]) -> list[float]:
    """Where columns of left-aligned text start: positions at which a good share of lines begins. Empty for centred text."""
    if not items:
        return []
    tolerance = 0.8 * items[0].size
    clusters: list[list[float]] = []
    for x in sorted(item.x0 for item in items):
        if clusters and x - clusters[-1][-1] <= tolerance:
            clusters[-1].append(x)
        else:
            clusters.append([x])
    lines = len({(item.page, round(item.top)) for item in items})
    kept = [cluster for cluster in clusters if len(cluster) >= max(1, 0.12 * lines)]
    if sum(len(cluster) for cluster in kept) < 0.6 * len(items) or any(c[-1] - c[0] > 3 * tolerance for c in kept):
        return []
    return [min(cluster) for cluster in kept]


def column_of(item: Segment, starts: Sequence[float]) -> int:
    """The column an item stands in: the last one that starts at or before it."""
    return max((i for i, start in enumerate(starts) if start <= item.x0 + 0.8 * item.size), default=0)


def wrap_limit(items: Sequence[Segment], starts: Sequence[float]) -> float:
    """The distance below which two lines of a column are one wrapped cell; 0 where nothing is wrapped.

    Wrapped lines follow each other at the font's leading, cells at more: the first clear jump in the distances found, whose lower
    side is no more than a leading can be (1.62 times the size), tells them apart.
    """
    if not items:
        return 0.0
    size = Counter(round(item.size, 1) for item in items).most_common(1)[0][0]
    gaps = sorted(gap for column in _columns(items, starts) for gap in _gaps(column) if 0.5 * size < gap < 6 * size)
    for low, high in pairwise(gaps):
        if low > 1.62 * size:
            break
        if high >= 1.18 * low:
            return (low + high) / 2
    return 0.0


def _columns(items: Sequence[Segment], starts: Sequence[float]) -> list[list[Segment]]:
    columns: dict[int, list[Segment]] = {}
    for item in sorted(items, key=lambda i: (i.page, i.top, i.x0)):
        columns.setdefault(column_of(item, starts), []).append(item)
    return [columns[key] for key in sorted(columns)]


def _gaps(column: Sequence[Segment]) -> list[float]:
    return [low.top - high.top for high, low in pairwise(column) if high.page == low.page]


def cells(
    items: Sequence[Segment], limit: float, rules: dict[int, tuple[tuple[float, float, float], ...]] | None = None
) -> list[Cell]:
    """The cells of one column, wrapped lines joined. A rule between two lines always separates them, and so do whole names."""
    groups: list[list[Segment]] = []
    for item in sorted(items, key=lambda i: (i.page, i.top, i.x0)):
        if groups and _continues(groups[-1], item, limit, (rules or {}).get(item.page, ())):
            groups[-1].append(item)
        else:
            groups.append([item])
    return [cell_of(group) for group in groups]


def _continues(
    above: Sequence[Segment], low: Segment, limit: float, rules: tuple[tuple[float, float, float], ...]
) -> bool:
    high = above[-1]
    if high.page != low.page or low.top - high.top >= limit:
        return False
    if complete(" ".join(part.text for part in above)) and complete(low.text):
        return False
    return not any(high.middle < y < low.middle and x0 <= low.centre <= x1 for y, x0, x1 in rules)


def cell_of(parts: Sequence[Segment]) -> Cell:
    """One cell of these lines."""
    box = (
        min(p.x0 for p in parts), min(p.top for p in parts), max(p.x1 for p in parts), max(p.bottom for p in parts),
    )  # fmt: skip
    joined = parts[0].text
    for part in parts[1:]:
        joined += part.text if joined.endswith("-") and len(joined) > 1 and joined[-2].isalpha() else f" {part.text}"
    return Cell(joined, parts[0].page, box, min(p.confidence for p in parts), tuple(parts))


def grid(items: Sequence[Segment], pages: Iterable[Page]) -> list[list[Cell]]:
    """The columns of cells in which ``items`` stand, each from the top of its first page."""
    items = rejoined(items)
    starts = column_starts(items)
    if not starts:
        return [[cell_of([item]) for item in items]]
    limit = wrap_limit(items, starts)
    rules = {page.number: page.rules for page in pages}
    return [cells(column, limit, rules) for column in _columns(items, starts)]
