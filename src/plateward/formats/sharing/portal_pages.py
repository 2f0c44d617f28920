"""A transparency portal printed to PDF: its lines of words put together into headings, paragraphs and lists."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise, zip_longest

from plateward.formats.sharing.layout import Page, Segment, segments
from plateward.formats.sharing.portal_labels import label_of

_BROWSER = re.compile(
    r"^(?:https?|file):\S+(?:\s+\d+/\d+)?$|^\d{1,2}/\d{1,2}/\d{2,4}, \d{1,2}:\d{2}(?:\s?[AP]M)?\b|^(?:page )?\d+ ?(?:/|of) ?\d+$",
    re.IGNORECASE,
)

Block = tuple[str, bool, bool]
"""Text, whether it is set as a heading, whether it stands on lines of its own as one of several."""


def is_portal(pages: Sequence[Page]) -> bool:
    """Whether these pages are a portal's: two of its headings, one of them of more than a list, which a report has as well."""
    labels = {
        label for page in pages for line in page.lines if (label := label_of(" ".join(word.text for word in line)))
    }
    return len(labels) > 1 and bool(labels - {"outbound", "inbound"})


def blocks(pages: Sequence[Page]) -> Iterator[Block]:
    """The pieces of text in reading order. A paragraph that fills its lines is one piece, short lines are one each."""
    lines = [
        parts
        for page in pages
        for line in page.lines
        if (parts := segments(line, page.number)) and not _BROWSER.match(" ".join(part.text for part in parts))
    ]
    if not lines:
        return
    right = max(parts[-1].x1 for parts in lines)
    headings = [_is_heading(parts, below) for parts, below in zip_longest(lines, lines[1:], fillvalue=())]
    together: list[list[Segment]] = []
    for parts, heading, above_is in zip(lines, headings, [False, *headings], strict=False):
        if together and (heading or above_is or not _follows(together[-1], parts)):
            yield from _pieces(together, right, heading=above_is)
            together = []
        together.append(parts)
    yield from _pieces(together, right, heading=headings[-1])


def _follows(above: Sequence[Segment], parts: Sequence[Segment]) -> bool:
    """Whether a line goes on with the one above it: as many pieces, and no further down than a line is."""
    near = parts[0].page != above[0].page or parts[0].top - above[0].top < 1.9 * parts[0].size
    return near and len(above) == len(parts)


def _is_heading(parts: Sequence[Segment], below: Sequence[Segment]) -> bool:
    """Whether a line is a heading: a known one, or words set larger than what stands below them."""
    if len(parts) != 1:
        return False
    clearly = 1.08 if parts[0].confidence == 1 else 1.4  # the height of a line in a scan depends on its letters
    larger = bool(below) and parts[0].size > clearly * below[0].size
    return label_of(parts[0].text) is not None or (larger and not re.match(r"\d[\d,.]*(?: days?)?$", parts[0].text))


def _pieces(lines: Sequence[Sequence[Segment]], right: float, *, heading: bool) -> Iterator[Block]:
    if len(lines) == 1 and len(lines[0]) == 1:
        yield lines[0][0].text, heading, False
    elif all(len(parts) == 1 for parts in lines) and _wrapped([parts[0] for parts in lines], right):
        yield " ".join(parts[0].text for parts in lines), False, False
    else:
        for parts in lines:
            for part in parts:
                yield part.text, False, True


def _wrapped(lines: Sequence[Segment], right: float) -> bool:
    """Whether each line but the last had no room for the next one's first word."""
    return all(
        line.x1 + (len(after.text.split()[0]) + 1) * (line.x1 - line.x0) / max(len(line.text), 1) > right - line.size
        for line, after in pairwise(lines)
    )
