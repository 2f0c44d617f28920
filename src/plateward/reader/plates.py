"""Which lines of text are plates: rules over what was read, how it is drawn and what stands around it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from plateward.reader.geometry import Box, upright
from plateward.reader.recognise import Reading
from plateward.reader.regions import is_mark, is_overlay, known, shape, word_region

ACCEPT = 0.3
"""Least ``plateness`` of a line that counts as a plate."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text: where, and what it says. ``parts`` are the lines it was joined from."""

    box: Box
    reading: Reading
    parts: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """A plate in one picture, as first read. ``region`` where a word on the plate named it."""

    line: Line
    plateness: float
    region: str | None


def could_be_line(box: Box) -> bool:
    """Whether a box has the proportions of a plate's line: readable (7 px and more) and level enough."""
    return box.height >= 7 and 0.7 <= box.width / box.height <= 14 and abs(box.angle) < 0.8


def plateness(line: Line) -> float:
    """0 (a sign, a badge, an overlay, noise) to 1 (certainly a plate's number), from the text and its proportions alone."""
    reading, text = line.reading, line.reading.text
    if not 3 <= len(text) <= 10 or is_overlay(reading.raw) or is_mark(text):
        return 0.0
    marks = sum(1 for c in reading.raw if not c.isalnum())
    foreign = sum(1 for c in reading.raw if c.isalnum()) - len(text)
    if foreign > 1 or marks > 4:
        return 0.0
    sure = sum(reading.char_confidences) / len(text)
    spread = line.box.width / (line.box.height * len(text))
    drawn = 1.0 if line.parts or 0.28 <= spread <= 1.25 else 0.5
    return sure * sure * drawn * _textual(text)


def _textual(text: str) -> float:
    if shape(text) in known().all_shapes and len(text) >= 5:
        return 1.0
    digits = sum(c in "23456789" for c in text)
    doubtful = sum(c in "01" for c in text)
    length = {3: 0.25, 4: 0.6, 9: 0.7, 10: 0.5}.get(len(text), 0.9)
    if digits == 0 and (doubtful == 0 or len(text) <= 4):
        # Only letters, or "C00D": as likely a word as a vanity plate.
        return 0.45 * length if len(text) >= 5 else 0.2
    if digits + doubtful == len(text) and not 5 <= len(text) <= 8:
        # Years, house and telephone numbers.
        return 0.28 if len(text) < 5 else 0.1
    return length


def side_by_side(lines: Sequence[Line]) -> list[Box]:
    """Boxes over neighbours on one row that may be two halves of one number ("ABC" | "1234"), to be read as one."""
    joined = []
    for a in lines:
        for b in lines:
            gap = _row_gap(a.box, b.box)
            if a is b or gap is None or not -0.5 <= gap <= 1.1:
                continue
            if 2 <= len(a.reading.text) + len(b.reading.text) <= 10 and _related(a, b):
                tl, _, _, bl = a.box.corners
                _, tr, br, _ = b.box.corners
                joined.append(Box((tl, tr, br, bl), min(a.box.score, b.box.score)))
    return joined


def _related(a: Line, b: Line) -> bool:
    return not any(is_overlay(x.reading.raw) or word_region(x.reading.text) for x in (a, b))


def _row_gap(a: Box, b: Box) -> float | None:
    """Distance from the right end of ``a`` to the left end of ``b`` in heights, or None when they share no row."""
    height = max(a.height, b.height)
    if min(a.height, b.height) < 0.55 * height or a.centre[0] >= b.centre[0] or abs(a.angle - b.angle) > 0.25:
        return None
    right = ((a.corners[1][0] + a.corners[2][0]) / 2, (a.corners[1][1] + a.corners[2][1]) / 2)
    left = ((b.corners[0][0] + b.corners[3][0]) / 2, (b.corners[0][1] + b.corners[3][1]) / 2)
    if abs(right[1] - left[1]) > 0.4 * height:
        return None
    return (left[0] - right[0]) / height


def stacked(lines: Sequence[Line]) -> list[Line]:
    """Two-line plates: short lines of like height, one right above the other, read from the top."""
    pairs = ((top, low) for top in lines for low in lines if top is not low)
    return [_stack(a, b) for a, b in pairs if _above(a.box, b.box) and _halves(a.reading, b.reading)]


def _above(top: Box, low: Box) -> bool:
    height = max(top.height, low.height)
    if min(top.height, low.height) < 0.65 * height or low.centre[1] <= top.centre[1]:
        return False
    gap = (low.centre[1] - top.centre[1]) - (top.height + low.height) / 2
    apart = abs(top.centre[0] - low.centre[0])
    return gap < 0.6 * height and apart < 0.35 * max(top.width, low.width) and max(top.width, low.width) < 5 * height


def _halves(top: Reading, low: Reading) -> bool:
    both = top.text + low.text
    return (
        1 <= len(top.text) <= 5
        and 2 <= len(low.text) <= 5
        and 4 <= len(both) <= 9
        and any(c.isdigit() for c in both)
        and min(top.confidence, low.confidence) > 0.2
        and not any(is_overlay(r.raw) or word_region(r.text) for r in (top, low))
    )


def _stack(top: Line, low: Line) -> Line:
    import numpy as np

    x, y, w, h = top.box.xywh
    x2, y2, w2, h2 = low.box.xywh
    left, right, bottom = min(x, x2), max(x + w, x2 + w2), max(y + h, y2 + h2)
    box = upright(left, y, right - left, bottom - y, min(top.box.score, low.box.score))
    a, b = top.reading, low.reading
    reading = Reading(
        np.concatenate([a.rows, b.rows]),
        a.places + b.places,
        f"{a.raw} {b.raw}",
        a.length_confidence * b.length_confidence,
    )
    return Line(box, reading, (top, low))


def choose(lines: Sequence[Line]) -> list[Found]:
    """The plates among ``lines`` (joined ones included): one a plate, the tallest and surest line of each, best first.

    What shares a row with a clock or a camera's name is written into the picture like it.
    """
    overlays = [line.box for line in lines if is_overlay(line.reading.raw)]
    drawn = [
        line for line in lines if not any(_row_gap(*sorted((line.box, o), key=_left)) is not None for o in overlays)
    ]
    scored = sorted((_with_context(line, drawn) for line in drawn), key=lambda f: -f.plateness * _size(f.line) ** 0.5)
    scored = [found for found in scored if found.plateness >= ACCEPT]
    kept: list[Found] = []
    for found in scored:
        if not any(_same_plate(found.line, other.line) for other in kept):
            kept.append(found)
    return _without_words(kept)


def _with_context(line: Line, lines: Sequence[Line]) -> Found:
    value = plateness(line)
    if value == 0.0:
        return Found(line, 0.0, None)
    region = next(
        (r for other in lines if _beside(line.box, other.box) and (r := word_region(other.reading.text))), None
    )
    # A joined line earns its place only by saying more than its parts.
    if line.parts:
        value *= 1.15
    return Found(line, min(1.0, value * 1.4) if region else value, region)


def _left(box: Box) -> float:
    return box.centre[0]


def _size(line: Line) -> float:
    tall = max(p.box.height for p in line.parts) if line.parts else line.box.height
    return float(tall * len(line.reading.text) ** 0.5)


def _beside(number: Box, word: Box) -> bool:
    """Whether ``word`` stands where a plate has its region or slogan: above or below the number and smaller."""
    dx, dy = abs(number.centre[0] - word.centre[0]), abs(number.centre[1] - word.centre[1])
    return (
        dx < 0.6 * number.width and 0.4 * number.height < dy < 1.8 * number.height and word.height < 0.9 * number.height
    )


def _same_plate(line: Line, kept: Line) -> bool:
    x, y, w, h = kept.box.xywh
    cx, cy = line.box.centre
    tall = max(p.box.height for p in kept.parts) if kept.parts else kept.box.height
    return x - 1.0 * tall < cx < x + w + 1.0 * tall and y - 1.6 * tall < cy < y + h + 1.6 * tall


def _without_words(found: list[Found]) -> list[Found]:
    """Words without a digit and very short texts go where a full number was found, unless a region's name stands beside them."""
    full = [f for f in found if len(f.line.reading.text) > 4 and any(c.isdigit() for c in f.line.reading.text)]
    return [f for f in found if f in full or f.region] if full else found
